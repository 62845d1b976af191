"""The approval page as a person meets it: its weight, its first paint on a slow phone, and the happy path in taps and seconds."""

import statistics
import threading
import time

from bench.report import Report
from tests.browser.asking import Request
from tests.browser.conftest import credential_of
from tests.browser.phone import Phone
from tests.browser.words import ENGLISH
from tests.harness.chromium import chromium
from tests.harness.stack import Application, Stack
from tests.harness.weight import Weight

ROUNDS, OPENINGS = 5, 5
MOST_BYTES, MOST_PAINT_MS, MOST_S, MOST_TAPS = 60_000, 1_000, 10, 1
COUNT_TAPS = "addEventListener('click', () => { sessionStorage.taps = Number(sessionStorage.taps ?? 0) + 1; }, true);"


def measure_page(report: Report, stack: Stack) -> None:
    """Measure in Debian's Chromium with its virtual authenticator, which confirms at once: a person's finger comes on top."""
    report.say("The approval page")
    application = stack.application("Bench")
    with chromium() as browser:
        phone = Phone(browser, stack.origin, ENGLISH)
        phone.page.add_init_script(COUNT_TAPS)
        phone.enroll(stack.enrollment_url("bench-page", "山田 太郎"))
        credential_id = credential_of(application, "bench-page")
        phone.page.evaluate("sessionStorage.clear()")
        taken = [happy_path(phone, Request(application, credential_id), application) for _ in range(ROUNDS)]
        taps = int(phone.page.evaluate("Number(sessionStorage.taps)")) / ROUNDS
        weight, request = Weight(phone.page), Request(application, credential_id)
        weight.slow_phone()
        first = [weight.open(request.url) for _ in range(OPENINGS)]
        bytes_first = weight.bytes
        weight.may_store()
        weight.open(request.url)
        again = [weight.open(request.url) for _ in range(OPENINGS)]
        phone.close()
    seconds, after = statistics.median(s for s, _ in taken), statistics.median(ms for _, ms in taken)
    report.add("approval page, bytes over the wire, nothing stored", bytes_first, "bytes", "60 kB", bytes_first <= MOST_BYTES)
    report.add("the same, opened again", weight.bytes, "bytes")
    for when, opened in (("nothing stored", first), ("opened again", again)):
        painted = statistics.median(one.painted_ms for one in opened)
        report.add(f"first paint, 4x slower, slow 4G, {when}", painted, "ms", "under 1 s", painted < MOST_PAINT_MS)
        report.add(f"its buttons work, 4x slower, slow 4G, {when}", statistics.median(one.usable_ms for one in opened), "ms")
    report.add("happy path, from the open page to `Approved`", seconds, "s", "under 10 s", seconds < MOST_S)
    report.add("happy path, taps on the page, beside the one on the notification", taps, "", "1", taps == MOST_TAPS)
    report.add("from the tap on Approve to the application's held poll", after, "ms")


def happy_path(phone: Phone, request: Request, application: Application) -> tuple[float, float]:
    """Open, approve, done: give the seconds until the page says so, and the milliseconds from the tap to the held poll's answer."""
    answered: list[float] = []

    def wait() -> None:
        application.post("credentials/authorizeCheck", {"handle": request.handle}, Prefer="wait=60")
        answered.append(time.perf_counter())

    poll = threading.Thread(target=wait)
    poll.start()
    begun = time.perf_counter()
    phone.page.goto(request.url)
    phone.can_tap(phone.words.approve)
    tapped = time.perf_counter()
    phone.tap(phone.words.approve)
    phone.shows(phone.words.approved)
    done = time.perf_counter()
    poll.join()
    return done - begun, (answered[0] - tapped) * 1_000
