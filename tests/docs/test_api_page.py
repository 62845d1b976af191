"""docs/api.md is true: every request in it is sent, in its order, to a running stack, and gets the answer that stands beside it."""

import base64
import re
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from app.openapi.document import OPERATIONS
from tests.flow.browser import Browser
from tests.flow.fapi import went
from tests.harness.signer import Signer
from tests.harness.stack import ROOT, Application, Stack, running_stack

from .pairs import Pair, compare, compare_text, filled, parsed, read

PAGE = (ROOT / "docs" / "api.md").read_text()
SHOWN = list(read(PAGE))
REDIRECT_URI = "https://shop.example.jp/callback"
DIGEST = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg="
WITHIN_S = 60.0
LOOK_S = 0.2
NOT_YET = ("authorization_pending", "slow_down")


class Reader:
    """Somebody who does what the page says, step by step."""

    def __init__(self, stack: Stack, shop: Application, careful: Application, taro: Signer) -> None:
        self.stack, self.shop, self.taro = stack, shop, taro
        basic = base64.b64encode(f"{shop.client_id}:{shop.client_secret}".encode()).decode()
        self.known = {"BASIC": basic, "CLIENT_ID": shop.client_id, "TOKEN_WITH_CODE": careful.token}
        self.meanwhile: threading.Thread | None = None

    def follow(self, step: Pair | str) -> None:
        """Send a request, or let happen what is said to happen in between."""
        if isinstance(step, Pair):
            self._send(step)
            return
        for pattern, act in ACTS.items():
            if (found := re.fullmatch(pattern, step)) is not None:
                act(self, *found.groups())
                return
        raise AssertionError(f"nobody knows what to do: {step}")

    def approve(self, name: str) -> None:
        self.taro.approve(self.known[name])

    def approve_what_waits(self) -> None:
        deadline = time.monotonic() + WITHIN_S
        while not (waiting := self.taro.inbox()):
            assert time.monotonic() < deadline, "nothing waits"
            time.sleep(LOOK_S)
        for one in waiting:
            self.taro.approve(one.id)

    def approve_next(self) -> None:
        self.meanwhile = threading.Thread(target=self.approve_what_waits)
        self.meanwhile.start()

    def approved(self, name: str) -> None:
        handle = self._asked()
        self.taro.approve(handle)
        self.known[name] = self.shop.sad(handle)

    def wait(self, name: str) -> None:
        self.known[name] = self._asked()

    def bring(self, uri: str, name: str) -> None:
        with closing(Browser(self.stack, self.taro.passkey)) as browser:
            self.known[name] = went(browser.signed_in(), self.shop.client_id, self.known[uri])["code"]

    def _asked(self) -> str:
        return str(self.shop.authorize(self.taro.credential_id, base64.b64decode(DIGEST))["handle"])

    def _send(self, pair: Pair) -> None:
        deadline = time.monotonic() + WITHIN_S
        answer = self._sent(pair)
        while self._is_to_be_asked_again(pair, answer) and time.monotonic() < deadline:
            time.sleep(float(answer.headers.get("retry-after", 2)))
            answer = self._sent(pair)
        if self.meanwhile is not None:
            self.meanwhile.join()
            self.meanwhile = None
        where = f"{pair.method} {pair.path}"
        assert answer.status_code == pair.status, f"{where}: {answer.status_code} {answer.text}"
        for name, value in pair.answer.headers.items():
            compare_text(value, answer.headers[name], self.known, f"{where} {name}")
        compare(parsed(pair.answer.body), parsed(answer.text), self.known, where)

    def _sent(self, pair: Pair) -> httpx2.Response:
        headers = {name: filled(value, self.known) for name, value in pair.request.headers.items()}
        body = filled(pair.request.body, self.known)
        if body.startswith("{"):
            headers["Content-Type"] = "application/json"
        elif body:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = quote(body, safe="=&")
        return self.stack.http.request(pair.method, filled(pair.path, self.known), content=body.encode(), headers=headers)

    def _is_to_be_asked_again(self, pair: Pair, answer: httpx2.Response) -> bool:
        """As every client does: told that it is not done yet, or asked too fast."""
        if answer.status_code == pair.status and (pair.status != 400 or answer.json()["error"] != "slow_down"):
            return False
        if answer.status_code in (202, 429):
            return True
        return answer.status_code == 400 and answer.json()["error"] in NOT_YET


ACTS: dict[str, Callable[..., None]] = {
    r"the signer approves \$(\w+)": Reader.approve,
    r"the signer approves what waits": Reader.approve_what_waits,
    r"the signer approves what comes next": Reader.approve_next,
    r"an approved SAD: \$(\w+)": Reader.approved,
    r"a request that waits: \$(\w+)": Reader.wait,
    r"the browser brings \$(\w+) and comes back with \$(\w+)": Reader.bring,
}


def test_every_request_of_the_page_gets_the_answer_beside_it(tmp_path: Path) -> None:
    with running_stack(tmp_path, NATSUIN_CSC_LOGIN="on") as stack:
        shop = stack.application("My application", "--redirect-uri", REDIRECT_URI)
        reader = Reader(stack, shop, stack.application("Careful", "--code"), Signer(stack, "taro"))
        for step in SHOWN:
            reader.follow(step)


def test_every_call_is_shown_with_a_good_answer() -> None:
    pairs = [one for one in SHOWN if isinstance(one, Pair)]
    for operation in OPERATIONS:
        if operation.deprecated:
            continue
        path = re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(operation.path)))
        good = {answer.status for answer in operation.answers}
        shown = [
            one for one in pairs if one.method == operation.method and path.fullmatch(one.path.partition("?")[0]) and one.status in good
        ]
        assert shown, f"{operation.method} {operation.path}"


@pytest.mark.parametrize(
    ("shown", "came"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": "x"}, {"a": "y"}),
        ({"a": 1}, {"a": "1"}),
        ({"a": True}, {"a": False}),
        ({"a": ["…", "…"]}, {"a": ["x"]}),
        ({"a": ["x"]}, {"a": ["x", "y"]}),
        ({"a": "$KNOWN"}, {"a": "other"}),
        ({"a": "…/end"}, {"a": "https://x/start"}),
    ],
)
def test_another_answer_than_the_one_that_is_shown_is_noticed(shown: object, came: object) -> None:
    with pytest.raises(AssertionError):
        compare(shown, came, {"KNOWN": "this"})
