"""What each part imports is declared for it, and what is declared is locked: a stranger's machine has nothing else."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
PARTS = {"app": (), "hsm": (), "demo": ("demo",), "natsuin": ()}
OURS = {"app", "hsm", "demo", "natsuin", "tests", "bench"}
LOCKS = {"run": (), "demo": ("demo",), "test": ("demo", "test")}


def declared(extras: tuple[str, ...]) -> set[str]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    listed = [*project["dependencies"], *(line for extra in extras for line in project["optional-dependencies"][extra])]
    return {normal(re.match(r"[A-Za-z0-9._-]+", line)[0]) for line in listed}  # type: ignore[index]  # each line names one


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(part: str) -> set[str]:
    found = set()
    for file in (ROOT / part).rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {name.name.partition(".")[0] for name in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - OURS - sys.stdlib_module_names


@pytest.mark.parametrize(("part", "extras"), PARTS.items(), ids=PARTS)
def test_what_a_part_imports_is_declared_for_it(part: str, extras: tuple[str, ...]) -> None:
    """Not only there because another package happens to need it."""
    distributions = packages_distributions()
    needed = {normal(distributions[name][0]) for name in imported(part)}
    assert needed <= declared(extras), needed - declared(extras)


@pytest.mark.parametrize(("lock", "extras"), LOCKS.items(), ids=LOCKS)
def test_what_is_declared_is_locked_with_hashes(lock: str, extras: tuple[str, ...]) -> None:
    """Each lock is whole by itself."""
    text = (ROOT / "locks" / f"{lock}.txt").read_text()
    locked = {normal(name) for name in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^]]*])?==", text, re.MULTILINE)}
    assert declared(extras) <= locked, declared(extras) - locked
    assert text.count("--hash=sha256:") >= len(locked)
    assert "://" not in text


def test_what_the_bench_measures_beside_us_is_locked_with_hashes() -> None:
    """It has a lock and an environment of its own."""
    text = (ROOT / "bench" / "csc-dummy.txt").read_text()
    locked = re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE)
    assert "certomancer-csc-dummy" in locked
    assert text.count("--hash=sha256:") >= len(locked)
    assert "://" not in text
