"""`make lighthouse`: every page of the URL table on Lighthouse's phone profile; ends with 1 where a score is under 95."""

import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.browser.every_page import SETTINGS, every_page
from tests.harness.chromium import chromium
from tests.harness.lighthouse import ALL, lighthouse
from tests.harness.stack import running_stack

BAR = 95


def main() -> None:
    """Measure, print the table of docs/speed.md."""
    console, low = Console(highlight=False), 0
    table = Table("page", *ALL, "first paint, its estimate", title="Lighthouse, phone profile, nothing stored")
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), **SETTINGS) as stack:
        with chromium() as browser:
            pages = every_page(browser, stack)
        with lighthouse() as running:
            for page in pages:
                found = running.look(stack.origin + page.address, page.cookie)
                scores = [found.scores[category] for category in ALL]
                low += min(scores) < BAR
                name = f"{page.path} {page.template and f'({page.template})'}".strip()
                table.add_row(name, *map(str, scores), f"{(found.paint_ms or 0) / 1_000:.1f} s")
                console.print(name, scores, *(f"\n    {miss}" for miss in found.misses if min(scores) < BAR))
    console.print(table)
    sys.exit(1 if low else 0)


if __name__ == "__main__":
    main()
