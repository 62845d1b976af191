"""axe on the pages of the running service, beside the samples that `tests/pages` looks at in every state."""

from tests.browser.asking import Request
from tests.browser.phone import Phone
from tests.harness.axe import LOOKS, bring_axe, findings


def test_axe_finds_nothing_on_the_way_of_a_request(phone: Phone, careful_request: Request) -> None:
    """What waits, the question, its end, what is one's own and what has been; and signing in."""
    bring_axe(phone.page)
    phone.page.goto("/")
    look(phone)
    phone.page.goto(careful_request.url)
    look(phone)
    phone.tap(phone.words.decline)
    phone.shows(phone.words.declined)
    look(phone)
    for place, inside in (("/account", "#devices a"), ("/history", ".history a")):
        phone.page.goto(place)
        look(phone)
        with phone.page.expect_navigation():
            phone.page.locator(inside).first.click()
        look(phone)
    phone.page.goto("/freeze")
    look(phone)
    phone.context.clear_cookies()
    phone.open_sign_in()
    look(phone)


def look(phone: Phone) -> None:
    assert findings(phone.page, LOOKS["en"]) == [], phone.page.url
