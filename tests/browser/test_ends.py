"""A page that is open while its request ends elsewhere shows the end, never an error."""

from tests.browser.asking import Request
from tests.browser.phone import Phone


def test_a_request_whose_time_runs_out_ends_on_the_open_page(phone: Phone, asked: Request) -> None:
    """The page counts down, asks the server and says that nothing was signed; the application is told too."""
    phone.page.clock.install()
    phone.page.goto(asked.url)
    phone.shows("You are asked to sign")
    asked.end_now()
    phone.page.clock.run_for(182_000)
    phone.shows("The time ran out")
    assert "Nothing was signed." in phone.page.inner_text("main")
    assert asked.check()["error"] == "authorization_expired"


def test_a_page_left_behind_by_a_refusal_shows_it(phone: Phone, asked: Request) -> None:
    """The stale tab shows by itself what was decided in the other one."""
    phone.page.goto(asked.url)
    refuse_in_another_tab(phone, asked)
    phone.shows("Declined")
    assert asked.check()["reason"] == "declined"


def test_a_page_left_behind_by_an_approval_shows_it(phone: Phone, asked: Request) -> None:
    """It is too late to decline; the page says so by showing the approval."""
    stale = phone.context.new_page()
    phone.page.goto(asked.url)
    stale.goto(asked.url)
    phone.tap("Approve")
    phone.shows("Approved")
    stale.get_by_role("heading", name="Approved").wait_for()
    asked.signatures_verify()


def test_a_request_that_ended_leaves_the_list(phone: Phone, asked: Request) -> None:
    """The list of what waits follows by itself."""
    phone.page.clock.install()
    phone.page.goto("/")
    row = phone.page.locator(f'[data-id="{asked.handle}"]')
    row.wait_for()
    refuse_in_another_tab(phone, asked)
    phone.page.clock.run_for(4_000)
    row.wait_for(state="detached")


def refuse_in_another_tab(phone: Phone, request: Request) -> None:
    other = phone.context.new_page()
    other.goto(request.url)
    other.get_by_role("button", name="Decline").click()
    other.get_by_role("heading", name="Declined").wait_for()
    other.close()
