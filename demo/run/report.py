"""What the demo shows on the terminal: a line for each step as it happens, the verdicts, and where to go on by hand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from demo.validate import Verdict, Weight

MARKS = {Weight.GOOD: "[green]✓[/]", Weight.NOTE: "[dim]·[/]", Weight.BAD: "[bold red]✗[/]"}
WIDTH_OF_STEP = 78


class Step:
    """One step while it happens; `say` what came out of it."""

    def __init__(self, what: str) -> None:
        self.what = what

    def say(self, what: str) -> None:
        self.what = what


class Report:
    """Prints to a terminal or a file; steps are counted."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._count = 0

    @contextmanager
    def step(self, doing: str) -> Iterator[Step]:
        """Show a step: a moving line while it lasts, then what came out and the seconds it took."""
        self._count += 1
        step = Step(doing)
        started = time.monotonic()
        mark = "[bold red]✗[/]"
        try:
            with self._console.status(f"{self._count}  {escape(doing)} …"):
                yield step
            mark = "[bold green]✓[/]"
        finally:
            line = Table.grid(padding=(0, 1))
            line.add_column(width=1)
            line.add_column(width=2, justify="right", style="dim")
            line.add_column(width=min(WIDTH_OF_STEP, max(20, self._console.width - 14)), overflow="fold")
            line.add_column(width=7, justify="right", style="dim")
            line.add_row(mark, str(self._count), escape(step.what), f"{time.monotonic() - started:.2f} s")
            self._console.print(line)

    def title(self, text: str) -> None:
        self._console.print(f"\n[bold]{escape(text)}[/]\n")

    def verdict(self, verdict: Verdict) -> None:
        outcome = "[bold green]accepts it[/]" if verdict.accepted else "[bold red]does not accept it[/]"
        self._console.print(f"\n[bold]{escape(verdict.validator)}[/] {outcome}")
        for finding in verdict.findings:
            self._console.print(f"  {MARKS[finding.weight]} {escape(finding.en)}", soft_wrap=True)

    def lines(self, *lines: str) -> None:
        self._console.print()
        for line in lines:
            self._console.print(escape(line), soft_wrap=True)

    def failure(self, text: str) -> None:
        self._console.print(f"\n[bold red]✗[/] {escape(text)}", soft_wrap=True)
