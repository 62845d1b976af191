"""Which fields of a request the code reads, found in its source: from an endpoint through every function that it leads to."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from types import FunctionType, ModuleType
from typing import Any

PACKAGES = ("app.csc.", "app.oauth.", "app.grant.")
# These read what stands inside a field: a JWT, the JSON of `authorization_details`; and a certificate of ours.
INSIDE = ("app.oauth.account_token", "app.oauth.assertion", "app.oauth.dpop", "app.oauth.certificate")
INSIDE_FUNCTIONS = {
    "app.grant.details._from_details",
    "app.grant.details._one_object",
    "app.grant.details._read_ask",
    "app.oauth.by_code._parsed",
    "app.csc.certificate.read_out",
}
# Methods of `Body` whose first argument is a field, and one that reads always the same.
READERS = {
    "text", "optional_text", "has", "text_or_texts", "is_empty", "text_or_wrong", "text_where_given", "choice", "flag", "number", "whole",
    "number_within", "texts", "list_where_given", "objects", "with_text", "get",
}  # fmt: skip
SENT = {"form", "given", "fields", "body", "one"}


def names_read(endpoint: Any) -> set[str]:
    """Name every field that is read on the way of an endpoint."""
    found: set[str] = set()
    seen: set[FunctionType] = set()
    waiting = [endpoint]
    while waiting:
        function = waiting.pop()
        if function in seen or function.__module__ in INSIDE or f"{function.__module__}.{function.__name__}" in INSIDE_FUNCTIONS:
            continue
        seen.add(function)
        tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        found |= set(_names(tree, function.__globals__))
        waiting += _called(tree, function.__globals__)
    return found


def _called(tree: ast.AST, known: dict[str, Any]) -> Iterator[FunctionType]:
    for node in ast.walk(tree):
        value = known.get(node.id) if isinstance(node, ast.Name) else None
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(known.get(node.value.id), ModuleType):
            value = getattr(known[node.value.id], node.attr, None)
        for one in value.values() if isinstance(value, dict) else [value]:
            if isinstance(one, FunctionType) and one.__module__.startswith(PACKAGES):
                yield one


def _names(tree: ast.AST, known: dict[str, Any]) -> Iterator[str]:
    loops = {}  # what the variable of a loop over fixed words stands for
    for node in ast.walk(tree):
        if isinstance(node, ast.comprehension | ast.For) and isinstance(node.target, ast.Name):
            loops[node.target.id] = _words(node.iter, known)
    for node in ast.walk(tree):
        for name in _read_by(node):
            if isinstance(name, ast.Constant) and isinstance(name.value, str):
                yield name.value
            elif isinstance(name, ast.Name):
                yield from loops.get(name.id, ())


def _read_by(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        owner = node.func.value
        headers = isinstance(owner, ast.Attribute)
        if node.func.attr in READERS and not headers:
            yield node.args[0]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "hashes":
        yield ast.Constant("hashes")
    elif isinstance(node, ast.Call) and len(node.args) == 2 and isinstance(node.args[0], ast.Name) and node.args[0].id in SENT:
        yield node.args[1]
    elif isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name) and node.value.id in SENT:
        yield node.slice
    elif isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.In):
        container = node.comparators[0]
        if isinstance(container, ast.Name) and container.id in SENT:
            yield node.left


def _words(node: ast.expr, known: dict[str, Any]) -> tuple[str, ...]:
    if isinstance(node, ast.Name):
        value = known.get(node.id)
        return value if isinstance(value, tuple) else ()
    if isinstance(node, ast.Tuple):
        return tuple(str(one.value) for one in node.elts if isinstance(one, ast.Constant))
    return ()
