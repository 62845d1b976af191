"""A key whose state has changed since the approval signs nothing, by any route over HTTP; what was approved is not used up by asking."""

from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.flow.browser import Browse, Browser
from tests.flow.fapi import Fapi, credential_details
from tests.flow.parties import Person, new_application
from tests.flow.polls import wait_until
from tests.flow.records import Records
from tests.flow.test_credential_token import USES
from tests.flow.test_revocation import at_the_ca
from tests.flow.wire import DIGEST, error_of, refused
from tests.harness.elsewhen import start_elsewhen
from tests.harness.stack import Stack, running_stack

CERTIFICATE_S, AHEAD_S = 300, 330  # less than an approval may be used here
SETTINGS = {"NATSUIN_SAD_LIFE": "600", "NATSUIN_STATUS_MAX_AGE": "3600"}
ROUTES = [route for route in USES if route.startswith("sign")]
DISABLED = "The credential identified by credentialID is disabled"
Act = Callable[["Case"], object]


class Case:
    """Somebody whose approvals wait to be used: a SAD for one application, and a credential token of another."""

    def __init__(self, stack: Stack, browse: Browse) -> None:
        self.stack, self.shop, self.bank, self.signer = stack, new_application(stack), Fapi(stack), Person(stack)
        self.browser: Browser = browse(stack, self.signer.passkey).signed_in()
        details = credential_details(self.signer.credential_id)
        self.token = self.bank.tokens(self.browser, "credential", authorization_details=details)["access_token"]
        handle = self.shop.authorize(self.signer.credential_id, DIGEST)["handle"]
        assert self.browser.approve(handle).status_code == 200
        self.sad = self.shop.sad(handle)

    def answers(self, route: str) -> list[httpx2.Response]:
        """Use the SAD, and the token as bearer, on one route; gives what came of it in the end."""
        method, fields = USES[route]
        body = {"credentialID": self.signer.credential_id} | fields
        shop_headers = {"Authorization": f"Bearer {self.shop.token}"}
        return [
            ended(lambda how, sent: self.stack.http.post(f"/csc/{how}", json=sent, headers=shop_headers), method, body | {"SAD": self.sad}),
            ended(lambda how, sent: self.bank.call(how, sent, self.token), method, body),
        ]

    def subject(self) -> str:
        info = self.shop.post("credentials/info", {"credentialID": self.signer.credential_id, "certInfo": True}).json()
        return str(info["cert"]["subjectDN"])


def ended(post: Callable[[str, dict[str, object]], httpx2.Response], method: str, body: dict[str, object]) -> httpx2.Response:
    """Ask; where the answer is to be fetched, give the one that is fetched."""
    answers = [post(method, body)]
    if "operationMode" in body and answers[0].status_code == 200:
        polling = {"requestID": answers[0].json()["responseID"]}

        def is_there() -> bool:
            answers.append(post("v2/signatures/signPolling", polling))
            return answers[-1].status_code not in (202, 429)

        wait_until(is_there, 60)
    return answers[-1]


def freeze(case: Case) -> None:
    assert case.browser.post("/freeze", {"for": "hour"}).status_code == 200


def unfreeze(case: Case) -> None:
    assert case.browser.change("unfreeze", case.signer.credential_id).status_code == 200


def destroy(case: Case) -> None:
    assert case.browser.change("destroy", case.signer.credential_id).status_code == 200


def at_ca(command: str) -> Act:
    return lambda case: at_the_ca(case.stack, command, case.shop, case.signer)


STATES: dict[str, tuple[Act, str, Act | None]] = {
    "frozen": (freeze, DISABLED, unfreeze),
    "suspended": (at_ca("suspend"), "Signing certificate '{}' is suspended.", at_ca("lift")),
    "revoked": (at_ca("revoke"), "Signing certificate '{}' is revoked.", None),
    "destroyed": (destroy, DISABLED, None),
}


@pytest.mark.parametrize("state", STATES)
def test_nothing_is_signed_by_any_route(stack: Stack, browse: Browse, state: str) -> None:
    """Where the state can end, both approvals are good afterwards."""
    case = Case(stack, browse)
    change, words, change_back = STATES[state]
    change(case)
    refuses_everywhere(case, words)
    if change_back is not None:
        change_back(case)
        assert [len(answer.json()["signatures"]) for answer in case.answers("signHash")] == [1, 1]


def test_nothing_is_signed_when_the_certificate_has_expired(tmp_path: Path, browse: Browse) -> None:
    """By the SAM's own clock, between the approval and the use of it."""
    with running_stack(tmp_path, **SETTINGS) as own:
        start_elsewhen(own, "ca", CERTIFICATE_S)
        case = Case(own, browse)
        start_elsewhen(own, "sam", AHEAD_S)
        refuses_everywhere(case, "Signing certificate '{}' is expired.")


def refuses_everywhere(case: Case, words: str) -> None:
    """Each route says why, and no signature is begun."""
    count = "SELECT count(*) FROM activations"
    records, said = Records(case.stack), refused(words.format(case.subject()))
    begun = records.one_of_sam(count)
    for route in ROUTES:
        assert [error_of(answer) for answer in case.answers(route)] == [said] * 2, route
    assert records.one_of_sam(count) == begun
