"""What a person set in the system counts: no motion where none is wanted, and its own few colours."""

import pytest
from playwright.sync_api import Page

MOVES = "document.getAnimations().length"


@pytest.mark.parametrize("name", ["approved", "add-done", "unfreeze-active"])
def test_nothing_moves_where_no_motion_is_wanted(page: Page, name: str) -> None:
    page.emulate_media(reduced_motion="no-preference")
    page.goto(f"/{name}?lang=en")
    assert page.evaluate(MOVES) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(MOVES) == 0


def test_the_qr_code_stays_dark_on_light(page: Page) -> None:
    """A camera reads nothing else; forced colours would put it on the system's dark ground."""
    page.emulate_media(forced_colors="active", color_scheme="dark")
    page.goto("/account-add?lang=en")
    colours = (
        "(() => { const { backgroundColor, fill } = getComputedStyle(document.getElementById('qr')); return [backgroundColor, fill]; })()"
    )
    assert page.evaluate(colours) == ["rgb(255, 255, 255)", "rgb(29, 27, 26)"]
