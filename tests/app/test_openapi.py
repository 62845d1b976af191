"""/openapi.json says all that the code does: every route, every field that is read, every type that is sent, every error."""

import inspect
import json
from collections.abc import Iterator
from typing import Any, get_args

import jsonschema_rs
import msgspec
import pytest

from app import errors, routes
from app.openapi.document import OPERATIONS, document, refusals_of
from app.openapi.operation import Operation
from app.openapi.requests import v1, v2
from app.problems import PROBLEMS, csc_words

from .names_read import names_read

ORIGIN = "https://sign.example.jp"
FOR_APPLICATIONS = ("/csc/", "/oauth2/", "/authorizations/", "/.well-known/", "/openapi.json", "/health")
TABLES = (("POST", routes.POST), ("GET", routes.GET), ("DELETE", routes.DELETE), ("OPTIONS", routes.OPTIONS))
ENDPOINTS = {(method, path): endpoint for method, table in TABLES for path, endpoint in table}
WITH_BODIES = [one for one in OPERATIONS if one.body is not None]
# What v1 reads under the names of v2, and what it fills in before it reads.
V1_NAMES = {"hashes": "hash", "hashAlgorithmOID": "hashAlgo"}
FILLED_IN: dict[Any, set[str]] = {
    v1.AuthorizeV1: {"hashAlgo", "documents", "authData", "return_url", "state"},
    v1.ExtendV1: {"hashAlgo"},
    v1.SignHashV1: {"operationMode", "validity_period", "response_uri"},
}
# Errors that no call for applications ends with: people's own, and those that are told in other words.
ELSEWHERE = {errors.WrongOrigin}


@pytest.fixture(scope="module")
def told() -> Any:
    return json.loads(msgspec.json.encode(document(ORIGIN)))


def test_every_route_for_applications_is_described_and_no_other() -> None:
    served = {one for one in ENDPOINTS if one[1].startswith(FOR_APPLICATIONS)}
    served |= {("POST", f"/csc/{method}") for method in routes.NOT_IMPLEMENTED}
    assert {(one.method, one.path) for one in OPERATIONS} == served
    assert len({one.id for one in OPERATIONS}) == len(OPERATIONS)


def test_every_schema_is_one_and_every_link_leads_to_a_call(told: Any) -> None:
    text = json.dumps(told)
    for name, schema in told["components"]["schemas"].items():
        assert f'"#/components/schemas/{name}"' in text
        jsonschema_rs.validator_for({**schema, "components": told["components"]})
    for one in OPERATIONS:
        for link in one.links:
            assert link.to in {other.id for other in OPERATIONS}
            assert link.status in {answer.status for answer in one.answers}
    assert told["servers"] == [{"url": ORIGIN}]


@pytest.mark.parametrize("one", WITH_BODIES, ids=[one.id for one in WITH_BODIES])
def test_every_field_that_is_read_is_described_and_no_other(one: Operation) -> None:
    read = names_read(ENDPOINTS[one.method, one.path])
    if one.body is not None and one.body.__module__ == v1.__name__:
        read = {V1_NAMES.get(name, name) for name in read} - FILLED_IN.get(one.body, set())
        if one.body is v1.AuthorizeV1:
            read -= set(fields(v2.Document)) | set(fields(v2.NamedObject))
    assert set(fields(one.body)) == read


@pytest.mark.parametrize("one", WITH_BODIES, ids=[one.id for one in WITH_BODIES])
def test_every_example_fits_its_description(told: Any, one: Operation) -> None:
    for media in told["paths"][one.path][one.method.lower()]["requestBody"]["content"].values():
        validator = jsonschema_rs.validator_for({**media["schema"], "components": told["components"]})
        validator.validate(media["example"])


def test_every_error_of_the_table_is_described_where_an_application_may_meet_it() -> None:
    """By status and code; what only people meet has words of its own for them, and the code `access_denied`."""
    said = {(one.status, one.error) for operation in OPERATIONS for one in refusals_of(operation)}
    for kind in PROBLEMS.keys() - ELSEWHERE:
        needs = len(inspect.signature(kind.__init__).parameters) > 1 and kind.__init__ is not Exception.__init__
        if needs and issubclass(kind, errors.GrantRefused | errors.ProofRefused | errors.ApplicationRefused):
            continue
        status, code, _, _ = csc_words(kind(1) if needs else kind())
        assert (status, code) in said or code == "access_denied" or PROBLEMS[kind].phone not in ("invalid_request", "unavailable"), kind


def fields(kind: Any) -> Iterator[str]:
    """Name the fields of a type, and of those within it."""
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        for one in msgspec.structs.fields(kind):
            yield one.encode_name
            yield from fields(one.type)
    for inner in get_args(kind):
        yield from fields(inner)
