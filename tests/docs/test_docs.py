"""Docs and code never disagree: what can be compared is compared."""

import ast
import re
from pathlib import Path
from typing import Any

import pytest
import typer.main

from app import routes
from app.cli.main import commands
from app.csc.info import METHODS
from app.operator.door import CALLS

ROOT = Path(__file__).parent.parent.parent
DOCS = ROOT / "docs"


def text(name: str) -> str:
    return (ROOT / name).read_text()


def test_every_route_is_in_the_api_page_and_no_other() -> None:
    """docs/api.md lists exactly the routes of app/routes.py."""
    served = {f"POST {path}" for path, _ in routes.POST} | {f"GET {path}" for path, _ in routes.GET}
    served |= {f"DELETE {path}" for path, _ in routes.DELETE}
    assert set(re.findall(r"\| `((?:GET|POST|DELETE) [^`]+)` \|", text("docs/api.md"))) == served


def test_every_call_of_the_operators_api_is_on_its_page_and_no_other() -> None:
    """docs/operator-api.md lists exactly the calls of app/operator/door.py, each with a request and an answer."""
    page, served = text("docs/operator-api.md"), {(call.method, f"/operator/v1{call.path}") for call in CALLS}
    assert set(re.findall(r"\| `(GET|POST|DELETE) ([^`]+)` \|", page)) == served
    shown = re.findall(r"^(GET|POST|DELETE) (/operator/v1\S+)(?: \{.*\})?\n200 [\[{]", page, re.MULTILINE)
    patterns = {one: re.compile(re.sub(r"\{\w+\}", "[^/]+", one[1])) for one in served}
    assert {one for one in served if not any(one[0] == method and patterns[one].fullmatch(path) for method, path in shown)} == set()


def test_every_missing_method_is_named() -> None:
    """docs/api.md names the methods that answer 501."""
    names = {method.partition("/")[2] for method in routes.NOT_IMPLEMENTED}
    assert all(f"`{name}`" in text("docs/api.md") for name in names)
    assert not set(METHODS) & names


@pytest.mark.parametrize("module", ["app/config.py", "hsm/config.py"])
def test_every_setting_is_in_the_operating_page(module: str) -> None:
    """docs/operate.md lists each environment variable that is read."""
    read = set(re.findall(r'"(NATSUIN_[A-Z_]+)"', text(module)))
    assert read <= set(re.findall(r"`(NATSUIN_[A-Z_]+)`", text("docs/operate.md")))


def test_no_setting_is_invented() -> None:
    """docs/operate.md lists no environment variable that nobody reads."""
    read = set(re.findall(r'"(NATSUIN_[A-Z_]+)"', text("app/config.py") + text("hsm/config.py")))
    assert set(re.findall(r"`(NATSUIN_[A-Z_]+)`", text("docs/operate.md"))) <= read


def test_every_command_is_in_the_operating_page() -> None:
    """docs/operate.md lists each command of `natsuin`."""
    group: Any = typer.main.get_command(commands)
    named = set()
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            named |= {f"natsuin {name} {inner}" for inner in command.commands}
        elif not command.hidden:
            named.add(f"natsuin {name}")
    rows = re.findall(r"^\| `(natsuin [a-z ]*[a-z])[^`]*` \|", text("docs/operate.md"), re.MULTILINE)
    assert set(rows) == named


@pytest.mark.parametrize(
    ("page", "module"),
    [
        ("`approve`:", "hsm/approval.py"),
        ("`approve` with", "hsm/otp_approval.py"),
        ("`sign_in` with", "hsm/otp_sign_in.py"),
        ("`activate`", "hsm/activation.py"),
        ("`amend`", "hsm/amendment.py"),
        ("`begin_recovery`", "hsm/recovery.py"),
    ],
)
def test_the_numbered_steps_are_the_same_in_code_and_docs(page: str, module: str) -> None:
    """docs/flow.md numbers the steps as the code does."""
    section = text("docs/flow.md").partition(f"## {page}")[2].partition("\n## ")[0]
    documented = re.findall(r"^\| \((\d)\)", section, re.MULTILINE)
    assert documented == [str(number) for number in range(len(documented))]
    assert set(re.findall(r"\((\d)\)", text(module))) <= set(documented)


def test_every_test_that_the_threats_page_names_exists() -> None:
    """docs/threats.md names tests as file::function."""
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text("docs/threats.md"))
    assert len(named) > 20
    for file, function in named:
        tree = ast.parse(text(file))
        assert function in {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}, (
            f"{file}::{function}"
        )


def test_decisions_are_numbered_and_dated() -> None:
    """docs/decisions holds short pages, numbered without gaps, each with its date."""
    pages = sorted((DOCS / "decisions").glob("*.md"))
    assert [page.name[:3] for page in pages] == [f"{number:03}" for number in range(1, len(pages) + 1)]
    assert all(re.search(r"^\d{4}-\d{2}-\d{2}$", page.read_text(), re.MULTILINE) for page in pages)


def test_links_between_pages_lead_somewhere() -> None:
    """Every relative link and picture of the pages exists."""
    for page in (ROOT / "README.md", *DOCS.rglob("*.md")):
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"
