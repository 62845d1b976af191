"""The document for people: each call with its fields, answers and refusals, and a `curl` line; all of it read from the document itself."""

import json
import shlex
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct

DEEPEST = 3
ACCESS = {
    "accessToken": "An access token: Bearer, or DPoP",
    "client": "Your id and secret, key or certificate",
    "": "Nothing",
}
WORDS = {"string": "text", "integer": "number", "number": "number", "boolean": "true or false", "object": "object", "null": "null"}


class Field(Struct, frozen=True):
    """One field, by its way from the top; `kind` in words."""

    name: str
    kind: str
    needed: bool
    description: str


class Outcome(Struct, frozen=True):
    """One answer: what is in it, or which codes it may have."""

    status: str
    lines: tuple[str, ...]
    media_type: str
    headers: tuple[str, ...]
    fields: tuple[Field, ...]


class Call(Struct, frozen=True):
    """One call, ready to be shown."""

    id: str
    method: str
    path: str
    group: str
    summary: str
    source: str
    access: str
    curl: str
    fields: tuple[Field, ...]
    answers: tuple[Outcome, ...]
    refusals: tuple[Outcome, ...]
    deprecated: bool


def calls(document: dict[str, Any]) -> dict[str, Call]:
    """Give every call by its id, in the order of the document."""
    origin, schemas = document["servers"][0]["url"], document["components"]["schemas"]
    found = {}
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            found[one["operationId"]] = _call(origin, schemas, path, method.upper(), one)
    return found


def _call(origin: str, schemas: dict[str, Any], path: str, method: str, one: dict[str, Any]) -> Call:
    outcomes = [(status, _outcome(schemas, status, answer)) for status, answer in one["responses"].items()]
    sent: dict[str, Any] = one["requestBody"]["content"] if "requestBody" in one else {}
    body: dict[str, Any] = next(iter(sent.values()), {})
    given = [
        Field(f"{each['name']} ({each['in']})", _kind(each["schema"], schemas), each["required"], each["description"])
        for each in one.get("parameters", ())
    ]
    scheme = next(iter(one["security"][0])) if one["security"] else ""
    return Call(
        id=one["operationId"],
        method=method,
        path=path,
        group=one["tags"][0],
        summary=_plain(one["summary"]),
        source=_plain(one["description"]),
        access=ACCESS[scheme],
        curl=_curl(origin, path, method, one, scheme),
        fields=(*given, *_fields(body.get("schema", {}), schemas)),
        answers=tuple(outcome for status, outcome in outcomes if status < "400"),
        refusals=tuple(outcome for status, outcome in sorted(outcomes, key=lambda pair: pair[0]) if status >= "400"),
        deprecated=one.get("deprecated", False),
    )


def _plain(text: str) -> str:
    """Take away the marks of CommonMark that the document's texts have."""
    return text.replace("`", "")


def _outcome(schemas: dict[str, Any], status: str, answer: dict[str, Any]) -> Outcome:
    content: dict[str, Any] = answer.get("content", {})
    media_type = next(iter(content), "")
    lines = tuple(_plain(line.removeprefix("- ")) for line in answer["description"].split("\n"))
    schema = content[media_type]["schema"] if media_type else {}
    return Outcome(status, lines, media_type, tuple(answer.get("headers", ())), tuple(_fields(schema, schemas)) if status < "400" else ())


def _fields(schema: dict[str, Any], schemas: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[Field]:
    schema = _found(schema, schemas)
    for either in schema.get("anyOf", ()):
        yield from _fields(either, schemas, before, depth)
    if "items" in schema:
        yield from _fields(schema["items"], schemas, f"{before.removesuffix('.')}[].", depth)
    if depth > DEEPEST:
        return
    for name, inner in schema.get("properties", {}).items():
        found = _found(inner, schemas)
        told = (one["description"] for one in (inner, *inner.get("anyOf", [])) if "description" in one)
        yield Field(before + name, _kind(inner, schemas), name in schema.get("required", ()), _plain(next(told, "")))
        yield from _fields(found, schemas, f"{before}{name}.", depth + 1)


def _found(schema: dict[str, Any], schemas: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found


def _kind(schema: dict[str, Any], schemas: dict[str, Any]) -> str:
    schema = _found(schema, schemas)
    if "enum" in schema:
        return " · ".join(str(one) for one in schema["enum"])
    if "const" in schema:
        return str(schema["const"])
    if "anyOf" in schema:
        kinds = dict.fromkeys(_kind(one, schemas) for one in schema["anyOf"])
        return ", or ".join(kind for kind in kinds if kind != "null")  # what may be null may be left out as well
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}), schemas)}"
    return WORDS.get(schema.get("type", ""), "anything")


def _curl(origin: str, path: str, method: str, one: dict[str, Any], scheme: str) -> str:
    parameters = one.get("parameters", ())
    examples = {each["name"]: each.get("example", "…") for each in parameters}
    query = urlencode({each["name"]: examples[each["name"]] for each in parameters if each["in"] == "query"})
    for each in parameters:
        path = path.replace(f"{{{each['name']}}}", quote(examples[each["name"]]))
    lines = [f"curl {'' if method in ('GET', 'POST') else f'-X {method} '}{shlex.quote(origin + path + (f'?{query}' if query else ''))}"]
    if scheme:
        lines.append('-H "Authorization: Bearer $TOKEN"' if scheme == "accessToken" else '-u "$CLIENT_ID:$CLIENT_SECRET"')
    headers = [f"{each['name']}: {examples[each['name']]}" for each in parameters if each["in"] == "header"]
    lines += [f"-H {shlex.quote(one)}" for one in headers]
    if "requestBody" in one:
        media_type, media = next(iter(one["requestBody"]["content"].items()))
        if media_type == "application/json":
            lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(json.dumps(media['example'], ensure_ascii=False))}"]
        else:
            lines += [f"--data-urlencode {shlex.quote(f'{name}={value}')}" for name, value in media["example"].items()]
    elif method == "POST":
        lines[0] = lines[0].replace("curl ", "curl -X POST ", 1)
    return " \\\n  ".join(lines)
