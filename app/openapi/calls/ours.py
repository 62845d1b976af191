"""Calls that are in no standard: what may be done with a request that waits, and what the service says of itself."""

from typing import Any

from msgspec import structs

from app import errors as e
from app.csc import answers
from app.domain.authorization import State
from app.health import Health
from app.openapi.calls.parameters import HANDLE
from app.openapi.operation import Access, Answer, Group, Operation
from app.openapi.refusals import NOT_FOUND, TOO_FAST, ended, refusals

OPERATIONS = (
    Operation(
        method="DELETE",
        path="/authorizations/{id}",
        id="cancel",
        group=Group.OURS,
        summary="Withdraw a request that waits",
        source="Natsuin",
        access=Access.SERVICE,
        parameters=(HANDLE,),
        answers=(Answer(kind=answers.Cancelled, description="It is withdrawn, or was before"),),
        refusals=(*refusals(e.HandleUnknown()), *ended(State.CANCELLED), NOT_FOUND),
    ),
    Operation(
        method="GET",
        path="/authorizations/{id}/events",
        id="events",
        group=Group.OURS,
        summary="How a request stands, as an event stream; it ends with the decision",
        source="Natsuin",
        access=Access.EVENTS,
        parameters=(HANDLE,),
        answers=(
            Answer(
                kind=answers.Standing,
                description="Server-sent events, each with this as JSON",
                media_type="text/event-stream",
                headers=("Access-Control-Allow-Origin",),
            ),
        ),
        refusals=(*refusals(e.HandleUnknown()), *TOO_FAST, NOT_FOUND),
    ),
    Operation(
        method="OPTIONS",
        path="/authorizations/{id}/events",
        id="eventsBeforehand",
        group=Group.OURS,
        summary="Tells browsers that a page of any site may ask with the secret",
        source="Fetch, CORS preflight",
        access=Access.NOBODY,
        parameters=(structs.replace(HANDLE, kind=str),),  # nobody looks at it
        answers=(Answer(status=204, description="It may", headers=("Access-Control-Allow-Origin",)),),
        refusals=(NOT_FOUND,),
    ),
    Operation(
        method="GET",
        path="/health",
        id="health",
        group=Group.SERVICE,
        summary="Whether the service can work",
        source="Natsuin",
        access=Access.NOBODY,
        answers=(
            Answer(kind=Health, description="It can"),
            Answer(status=503, kind=Health, description="It can't"),
        ),
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        id="openapi",
        group=Group.SERVICE,
        summary="All of this for programs (OpenAPI 3.1)",
        source="OpenAPI 3.1",
        access=Access.NOBODY,
        answers=(Answer(kind=dict[str, Any], description="The document"),),
    ),
)
