"""The happy path as a whole: request, push, notification, page, passkey, done, in Debian's Chromium with its own service worker."""

import statistics
import tempfile
import time
from pathlib import Path

from bench.page import COUNT_TAPS, MOST_S
from bench.report import Report
from tests.browser.asking import Request
from tests.browser.conftest import credential_of
from tests.browser.phone import Phone
from tests.browser.pushes import OwnProfile, Pushes
from tests.browser.words import ENGLISH
from tests.harness.chromium import chromium
from tests.harness.desktop import desktop
from tests.harness.stack import running_stack
from tests.harness.web_push_testing import web_push_testing

ROUNDS = 4  # fewer than the pushes that one signer gets in ten minutes
ASKED = "You are asked to sign."
MOST_TAPS = 2


def measure_notified(report: Report) -> None:
    """
    Measure with web-push-testing (npm) as the push service, and a desktop on which the notification is clicked.

    What a push takes through a browser maker's service, and a person to look and to confirm, comes on top.
    """
    report.say("From the push to the signature")
    with tempfile.TemporaryDirectory() as name, web_push_testing(Path(name) / "pushes.log") as service, desktop() as screen:
        folder = Path(name) / "stack"
        folder.mkdir()
        with running_stack(folder, NATSUIN_PUSH_TEST_SERVICE=service.origin) as stack, chromium() as browser:
            application = stack.application("Bench")
            phone = Phone(OwnProfile(browser, Path(name) / "profile", screen.address), stack.origin, permissions=["notifications"])
            phone.enroll(stack.enrollment_url("bench-push", "山田 太郎"))
            key, pushes = credential_of(application, "bench-push"), Pushes(phone, service)
            pushes.turn_on(ENGLISH)
            phone.page.add_init_script(COUNT_TAPS)
            came, done = [], []
            for _ in range(ROUNDS):
                phone.page.goto("/")
                screen.shown.clear()
                begun = time.perf_counter()
                Request(application, key)
                pushes.deliver(len(service.messages(pushes.client_hash, 0)) + 1)
                shown = screen.wait_for(ASKED)
                came.append(time.perf_counter() - begun)
                screen.click(shown)
                phone.shows(ENGLISH.asked)
                phone.can_tap(ENGLISH.approve)
                phone.tap(ENGLISH.approve)
                phone.shows(ENGLISH.approved)
                done.append(time.perf_counter() - begun)
            taps = 1 + int(phone.page.evaluate("Number(sessionStorage.taps)")) / ROUNDS
            phone.close()
    report.add("from the request to the notification", statistics.median(came), "s")
    report.add(
        "from the request to `Approved`, without a person", statistics.median(done), "s", "under 10 s", statistics.median(done) < MOST_S
    )
    report.add("taps, the one on the notification and those on the page", taps, "", "2", taps == MOST_TAPS)
