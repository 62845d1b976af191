"""
What an operator can never do: approve, sign, add a passkey, use a frozen key again, read a seed. There is no call for it in the SAM.

Each call of both doors is made with everything that an operator may have, and what the SAM holds afterwards is compared with before.
"""

import base64
from dataclasses import replace
from typing import Any

import pytest
from starlette.testclient import TestClient

from hsm.credential import freeze
from hsm.messages import FOR_EVER, FreezeRequest
from hsm.sam import Sam
from hsm.server import OPERATIONS, OPERATOR_OPERATIONS, create_operator_server, create_server
from tests.harness.otp import Authenticator, offered
from tests.harness.records import database
from tests.harness.sam import TestClock, TestSigner, b64, new_id

SEED = bytes(range(20))
FILE = b"serial,seed,kind,algorithm,digits,period\nA,hex:" + SEED.hex().encode() + b",totp,sha1,6,30\n"
POWERS = ("passkeys", "activations", "pins")
"""The tables of which an operator can change nothing; of the others it is looked at more closely."""
HARMLESS = {"freeze", "refuse", "credential", "offer_token", "tokens", "statement", "status", "certify"}
"""Of the web door, what answers without evidence: it takes away, or tells, or makes something that is nothing without evidence."""


@pytest.fixture
def signer(sam: Sam, clock: TestClock) -> TestSigner:
    """Somebody with a key, which is frozen."""
    signer = TestSigner(replace(sam, factors="passkey_or_otp"), clock).enroll()
    freeze(sam, FreezeRequest(signer.credential_id, FOR_EVER, "signer"))
    return signer


@pytest.fixture
def card(signer: TestSigner) -> Authenticator:
    """Her one-time-password token."""
    return offered(signer).set()


def held(sam: Sam) -> dict[str, list[Any]]:
    """All rows that are powers, how keys stand, and whose tokens are."""
    with database(sam) as connection:
        rows = {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in POWERS}
        rows["approvals"] = list(connection.execute("SELECT * FROM approvals WHERE outcome != 'refused' ORDER BY authorization_id"))
        rows["keys"] = list(
            connection.execute("SELECT credential_id, state, frozen_until, factors FROM credentials ORDER BY credential_id")
        )
        rows["tokens"] = list(connection.execute("SELECT token_id, state, enrollment_id FROM tokens WHERE state = 'active'"))
    return rows


def shows(answer: bytes, secret: bytes) -> bool:
    """Tell whether a secret can be read from an answer, in whatever writing."""
    return any(written in answer.lower() for written in (secret, secret.hex().encode(), base64.b64encode(secret).lower()))


def test_the_operators_door_has_no_such_power(signer: TestSigner, card: Authenticator) -> None:
    """What it has is: tokens in, their list, freezing, which no call makes shorter, and the end of keys, which gives nobody one."""
    door, best, before = TestClient(create_operator_server(signer.sam)), requests(signer), held(signer.sam)
    for operation in sorted(OPERATOR_OPERATIONS, key=lambda one: one.name == "destroy"):  # it is the last of a key
        answer = door.post(f"/v1/{operation.name}", json=best[operation.name])
        assert answer.status_code == (403 if operation.name == "stop_recovery" else 200), operation.name  # there is none to stop
        assert not shows(answer.content, card.seed)
        assert not shows(answer.content, SEED)
    after = held(signer.sam)
    assert after.pop("keys") == [(one, "destroyed", *rest) for one, _, *rest in before.pop("keys")]
    assert after == before
    for name in {operation.name for operation in OPERATIONS} - {operation.name for operation in OPERATOR_OPERATIONS}:
        assert door.post(f"/v1/{name}", json=best[name]).status_code == 404


def test_without_evidence_the_web_door_gives_no_such_power(signer: TestSigner, card: Authenticator) -> None:
    """To an operator who goes there instead, with all that the databases and the API tell."""
    door, best, before = TestClient(create_server(signer.sam, 1)), requests(signer), held(signer.sam)
    for operation in OPERATIONS:
        answer = door.post(f"/v1/{operation.name}", json=best[operation.name])
        assert (answer.status_code == 200) == (operation.name in HARMLESS), (operation.name, answer.text)
        assert not shows(answer.content, card.seed)
    assert held(signer.sam) == before


def requests(signer: TestSigner) -> dict[str, dict[str, Any]]:
    """The best that somebody without the signer's passkey can send, for each operation of both doors."""
    raw = signer.transaction().encode()
    transaction = base64.b64encode(raw).decode()
    assertion = {"id": b64(signer.passkey.credential_id), "rawId": b64(signer.passkey.credential_id), "type": "public-key", "response": {}}
    hashes = [base64.b64encode(bytes(32)).decode()]
    certificate = base64.b64encode(signer.certificate).decode()
    return {
        "import_tokens": {"format": "csv", "file": base64.b64encode(FILE).decode()},
        "list_tokens": {},
        "replace": {"signer": signer.user_id, "enrollment_id": new_id()},
        "destroy": {"credential_id": signer.credential_id},
        "renewal": {"credential_id": new_id()},
        "list_recoveries": {},
        "begin_recovery": {"code": "0" * 20, "registration": {"transaction": transaction, "response": assertion}},
        "complete_recovery": {"recovery_id": new_id()},
        "stop_recovery": {"recovery_id": new_id(), "by": "operator"},
        "recovery": {"recovery_id": new_id()},
        "freeze": {"credential_id": signer.credential_id, "until": 0, "by": "operator"},
        "enroll": {"transaction": base64.b64encode(signer.enroll_transaction().encode()).decode(), "registration": assertion},
        "certify": {"credential_id": signer.credential_id, "certificates": [certificate]},
        "approve": {"transaction": transaction, "assertion": assertion},
        "refuse": {"transaction": transaction, "reason": "declined"},
        "collect": {"authorization_id": new_id(), "application_id": new_id()},
        "activate": {
            "sad": "x", "application_id": new_id(), "credential_id": signer.credential_id, "hashes": hashes,
            "sign_algorithm": "1.2.840.10045.4.3.2",
        },
        "amend": {"transaction": base64.b64encode(signer.unfreezing().encode()).decode(), "assertion": assertion},
        "sign_in": {"transaction": transaction, "otp": {"token_id": new_id(), "pin": "739154", "code": "123456"}},
        "examine": {"transaction": transaction, "response": assertion},
        "credential": {"credential_id": signer.credential_id},
        "offer_token": {"credential_id": signer.credential_id},
        "tokens": {"credential_id": signer.credential_id},
        "statement": {"credential_id": signer.credential_id, "first": 0},
        "status": {"authorization_id": new_id()},
    }  # fmt: skip
