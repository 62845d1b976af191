"""
The document (OpenAPI 3.1): operations, their schemas from the types that are sent, and every answer, the refusals among them.

A refusal's schema lists the codes that there are for the call and the status, so that an answer which nobody foresaw is none that is
described.
"""

from collections import defaultdict
from typing import Any

import msgspec

from app.openapi.calls import oauth, ours, v1, v2
from app.openapi.operation import Access, Answer, Operation, Parameter
from app.openapi.refusals import BODY, BUSY, CLIENT, FORM, SCOPE, TOKEN, UNFORESEEN, Refusal

VERSION = "1"
OPERATIONS: tuple[Operation, ...] = (*v2.OPERATIONS, *ours.OPERATIONS, *oauth.OPERATIONS, *v1.OPERATIONS)
REF = "#/components/schemas/{name}"
SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.NOBODY: [],
    Access.SERVICE: [{"accessToken": []}],
    Access.ANY: [{"accessToken": []}],
    Access.CLIENT: [{"client": []}, {}],  # or in the form, or by certificate
    Access.BASIC: [{"client": []}],
    Access.EVENTS: [{"accessToken": []}],
}
SCHEMES = {
    "accessToken": {
        "type": "http",
        "scheme": "bearer",
        "description": "An access token of `/oauth2/token`; one that is bound to a DPoP key comes as `DPoP`, with a proof",
    },
    "client": {"type": "http", "scheme": "basic", "description": "`client_id` and `client_secret`"},
}
HEADERS = {
    "Retry-After": ({"type": "integer", "minimum": 0}, "Seconds after which to try again"),
    "WWW-Authenticate": ({"type": "string"}, "How to show who you are"),
    "DPoP-Nonce": ({"type": "string"}, "With `use_dpop_nonce`: what the proof must hold"),
    "Preference-Applied": ({"type": "string"}, "How long the answer was held, where you asked for it"),
    "Location": ({"type": "string"}, "Where to go on"),
    "Access-Control-Allow-Origin": ({"type": "string"}, "Any site"),
}
FIELDS: dict[str, dict[str, Any]] = {
    "state": {"type": "string", "description": "How the request ended"},
    "reason": {"type": "string", "description": "Why"},
}


def document(origin: str) -> dict[str, Any]:
    """Compose it for a service at this origin."""
    schemas, components = _schemas()
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for one in OPERATIONS:
        paths[one.path][one.method.lower()] = _operation(one, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Natsuin",
            "version": VERSION,
            "description": "Remote signing with approval on the signer's phone: CSC 2.0 and 1.0.4 over OAuth 2.0",
        },
        "servers": [{"url": origin}],
        "paths": dict(paths),
        "components": {"schemas": components, "securitySchemes": SCHEMES},
    }


def refusals_of(one: Operation) -> tuple[Refusal, ...]:
    """List every way in which a call may be refused, each code once for each status and meaning."""
    return tuple(dict.fromkeys((*_first(one), *one.refusals, *_last(one))))


def _first(one: Operation) -> tuple[Refusal, ...]:
    asked: tuple[Refusal, ...] = ()
    if one.access in (Access.SERVICE, Access.ANY, Access.EVENTS):
        asked = TOKEN if one.access is Access.ANY else (*TOKEN, *SCOPE)
    elif one.access is Access.CLIENT:
        asked = CLIENT
    if one.body is None:
        return asked
    return (*asked, *(FORM if one.is_form else BODY))


def _last(one: Operation) -> tuple[Refusal, ...]:
    """Whatever asks nobody for anything can't be in doubt."""
    return () if not one.body and one.access is Access.NOBODY else (*BUSY, UNFORESEEN)


def _schemas() -> tuple[dict[Any, dict[str, Any]], dict[str, Any]]:
    kinds: list[Any] = []
    for one in OPERATIONS:
        kinds += [one.body] if one.body is not None else []
        kinds += [answer.kind for answer in one.answers if answer.kind is not None]
        kinds += [parameter.kind for parameter in one.parameters]
    made, components = msgspec.json.schema_components(kinds, ref_template=REF)
    return {_key(kind): schema for kind, schema in zip(kinds, made, strict=True)}, components


def _key(kind: Any) -> str:
    return repr(kind)


def _operation(one: Operation, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "operationId": one.id,
        "tags": [one.group.value],
        "summary": one.summary,
        "description": one.source,
        "security": SECURITY[one.access],
        "responses": _answers(one, schemas) | _refusals(one),
    }
    if one.parameters:
        told["parameters"] = [_parameter(parameter, schemas) for parameter in one.parameters]
    if one.body is not None:
        media_type = "application/x-www-form-urlencoded" if one.is_form else "application/json"
        told["requestBody"] = {"required": True, "content": {media_type: {"schema": schemas[_key(one.body)], "example": one.example}}}
    for link in one.links:
        told["responses"][str(link.status)].setdefault("links", {})[link.to] = {
            "operationId": link.to,
            **({"requestBody": link.body} if link.body else {}),
            **({"parameters": link.parameters} if link.parameters else {}),
        }
    if one.deprecated:
        told["deprecated"] = True
    return told


def _parameter(one: Parameter, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    told = {"name": one.name, "in": one.where, "description": one.description, "schema": schemas[_key(one.kind)]}
    return told | {"required": one.required} | ({"example": one.example} if one.example else {})


def _answers(one: Operation, schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    by_status: dict[str, list[Answer]] = defaultdict(list)
    for answer in one.answers:
        by_status[str(answer.status)].append(answer)
    return {status: _answer(answers, schemas) for status, answers in by_status.items()}


def _answer(answers: list[Answer], schemas: dict[Any, dict[str, Any]]) -> dict[str, Any]:
    told: dict[str, Any] = {"description": "; or: ".join(one.description for one in answers)}
    kinds = [schemas[_key(one.kind)] for one in answers if one.kind is not None]
    first = answers[0]
    if first.media_type == "text/event-stream":
        data = {"type": "string", "contentMediaType": "application/json", "contentSchema": kinds[0]}
        event = {"description": "Each event (HTML §9.2)", "type": "object", "required": ["data"], "properties": {"data": data}}
        told["content"] = {first.media_type: {"schema": event}}
    elif kinds:
        told["content"] = {first.media_type: {"schema": kinds[0] if len(kinds) == 1 else {"anyOf": kinds}}}
    elif first.media_type == "text/html":
        told["content"] = {first.media_type: {"schema": {"type": "string"}}}
    headers = dict.fromkeys(name for one in answers for name in one.headers)
    return told | ({"headers": {name: _header(name) for name in headers}} if headers else {})


def _refusals(one: Operation) -> dict[str, Any]:
    by_status: dict[int, list[Refusal]] = defaultdict(list)
    for refusal in refusals_of(one):
        by_status[refusal.status].append(refusal)
    return {str(status): _refused(status, found) for status, found in sorted(by_status.items())}


def _refused(status: int, found: list[Refusal]) -> dict[str, Any]:
    codes = list(dict.fromkeys(one.error for one in found))
    fields = {name: FIELDS[name] for one in found for name in one.fields}
    lines = dict.fromkeys(f"- `{one.error}`: {one.meaning}" for one in found)
    headers = {400: ("DPoP-Nonce",), 401: ("WWW-Authenticate", "DPoP-Nonce"), 429: ("Retry-After",), 503: ("Retry-After",)}.get(status, ())
    told: dict[str, Any] = {
        "description": "\n".join(lines),
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["error", "error_description"],
                    "properties": {"error": {"enum": codes}, "error_description": {"type": "string"}, **fields},
                }
            }
        },
    }
    return told | ({"headers": {name: _header(name, required=name == "Retry-After") for name in headers}} if headers else {})


def _header(name: str, *, required: bool = False) -> dict[str, Any]:
    schema, description = HEADERS[name]
    return {"schema": schema, "description": description, "required": required}
