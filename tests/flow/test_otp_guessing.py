"""Wrong one-time passwords from several processes at several web workers at once: no more are looked at than one after the other."""

import random
from contextlib import closing
from pathlib import Path

from tests.flow.otp_visit import Visit, enrollment_of
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.harness.guess import guess_at_once
from tests.harness.hand import OTHER_PIN, give_token
from tests.harness.stack import running_stack

SETTINGS = {"NATSUIN_FACTORS": "passkey_or_otp", "NATSUIN_REVOCATION": "off", "NATSUIN_WORKERS": "3", "NATSUIN_OPEN_PER_SIGNER": "10"}
GUESSES = 1_000
FOR_ONE, IN_A_ROW = 5, 10
TRIED = """SELECT count(*) FROM journal WHERE json_extract(CAST(entry AS TEXT), '$.event') = 'tried'"""


def test_a_thousand_guesses_at_once_are_ten(tmp_path: Path) -> None:
    """Of PIN or code, for three requests: five for one and ten in all are compared, by the SAM's journal; the right ones are locked out."""
    with running_stack(tmp_path, **SETTINGS) as stack:
        shop, signer = new_application(stack), Person(stack)
        hand = give_token(stack, signer, enrollment_of(stack, signer))
        with closing(Visit(stack, hand)) as phone:
            phone.passkey = signer.passkey
            phone.signed_in()
            paths = [f"/approve/{shop.authorize(signer.credential_id)['handle']}" for _ in range(3)]
            wrong = [hand.otp(pin=OTHER_PIN), hand.otp(code=hand.wrong_code())]
            chance = random.Random(1)
            guesses = [(chance.choice(paths), {"otp": chance.choice(wrong), "code": None}) for _ in range(GUESSES)]
            told = guess_at_once(stack.origin, f"natsuin={phone.http.cookies['natsuin']}", guesses)

            assert told.total() == GUESSES
            assert {error for _, error, _ in told} <= {"otp_refused", "otp_locked", "ended"}
            compared = [sum(told[one] for one in told if one[:2] == (path, "otp_refused")) for path in paths]
            assert max(compared) <= FOR_ONE
            assert sum(compared) <= IN_A_ROW
            assert Records(stack).one_of_sam(TRIED) == IN_A_ROW
            assert {reason for _, error, reason in told if error == "ended"} <= {"wrong_code"}
            late = phone.approve_with_otp(shop.authorize(signer.credential_id)["handle"])
            assert (late.status_code, late.json()) == (403, {"error": "otp_locked"})
