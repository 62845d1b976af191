"""How the figures are shown: one table for people, one JSON file for programs; each aim with what was reached."""

import json
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from msgspec import Struct, to_builtins
from rich.console import Console
from rich.table import Table

OUTPUT = Path("var/bench.json")


class Figure(Struct):
    """One measured value; `aim` is a sentence, `reached` whether it holds, where there is an aim."""

    name: str
    value: float
    unit: str
    aim: str = ""
    reached: bool | None = None


class Report:
    """Collects figures and prints each as it comes."""

    def __init__(self) -> None:
        self.figures: list[Figure] = []
        self._console = Console(highlight=False)

    def add(self, name: str, value: float, unit: str, aim: str = "", reached: bool | None = None) -> None:
        self.figures.append(Figure(name, round(value, 3), unit, aim, reached))
        self._console.print(f"  {name}: [bold]{value:,.4g}[/] {unit}")

    def say(self, text: str) -> None:
        self._console.print(f"[bold]{text}[/]")

    def finish(self) -> None:
        """Print the table, and write the JSON."""
        table = Table("figure", "value", "unit", "aim", "", title="Measured in one run on this machine, client included")
        for one in self.figures:
            mark = "" if one.reached is None else "[green]✓[/]" if one.reached else "[red]missed[/]"
            table.add_row(one.name, f"{one.value:,.4g}", one.unit, one.aim, mark)
        self._console.print(table)
        OUTPUT.parent.mkdir(parents=True, exist_ok=True)
        OUTPUT.write_text(json.dumps(self._document(), indent=1) + "\n")
        self._console.print(f"as JSON: {OUTPUT}")

    def _document(self) -> dict[str, Any]:
        machine = {
            "cores": psutil.cpu_count(),
            "machine": platform.machine(),
            "python": platform.python_version(),
            "system": platform.system(),
        }
        return {"at": datetime.now(UTC).isoformat(timespec="seconds"), "on": machine, "figures": to_builtins(self.figures)}
