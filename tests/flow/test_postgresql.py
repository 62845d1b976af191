"""The same stack with PostgreSQL under both processes."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

from tests.flow.browser import Browser
from tests.flow.fapi import Fapi, redeemed_at_once
from tests.flow.wire import authorize_body
from tests.harness.postgresql import PostgreSQL, running_postgresql
from tests.harness.signer import Signer
from tests.harness.stack import SHA256, Stack, running_stack

RECOVERS_WITHIN_S = 20


@contextmanager
def stack_on_postgresql(folder: Path) -> Iterator[tuple[Stack, PostgreSQL]]:
    with running_postgresql("app", "sam") as server:
        urls = {"NATSUIN_DATABASE_URL": server.url + "app", "NATSUIN_SAM_DATABASE_URL": server.url + "sam"}
        with running_stack(folder, NATSUIN_OPEN_PER_SIGNER="2", **urls) as stack:
            yield stack, server


def test_signatures_are_made_once_with_postgresql_under_both_processes(tmp_path: Path) -> None:
    """Approvals, refusals, sixteen redemptions of one SAD and eight of one OAuth code at once end as they do with SQLite."""
    with stack_on_postgresql(tmp_path) as (stack, _):
        application, person = stack.application(), Signer(stack)
        asked = application.authorize(person.credential_id)
        assert person.approve(asked["handle"]) == "approved"
        sad = application.sad(asked["handle"])
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: application.sign(person.credential_id, sad, asked["hashes"]).status_code, range(16)))
        assert sorted(answers) == [200] + [400] * 15

        refused, open_one = application.authorize(person.credential_id), application.authorize(person.credential_id)
        body = {"credentialID": person.credential_id, "numSignatures": 1, "hashes": asked["hashes"], "hashAlgorithmOID": SHA256}
        assert application.post("credentials/authorize", body).status_code == 429
        assert person.refuse(refused["handle"]) == "refused"
        assert application.post("credentials/authorizeCheck", {"handle": refused["handle"]}).json()["reason"] == "declined"
        assert [one.id for one in person.inbox()] == [open_one["handle"]]
        with closing(Browser(stack, person.passkey)) as browser:
            assert redeemed_at_once(Fapi(stack), browser.signed_in()) == [200] + [400] * 7


def test_quotas_count_with_postgresql(tmp_path: Path) -> None:
    """Of eight at once, for as many signers, no more than the quota are recorded: there nothing else makes writers wait for each other."""
    with stack_on_postgresql(tmp_path) as (stack, _):
        application, people = stack.application(), [Signer(stack) for _ in range(4)]
        stack.natsuin("client", "set", application.client_id, "--per-day", "3")
        bodies = [authorize_body(person.credential_id) for person in people * 2]
        with ThreadPoolExecutor(8) as pool:
            statuses = list(pool.map(lambda body: application.post("credentials/authorize", body).status_code, bodies))
        assert sorted(statuses) == [202] * 3 + [429] * 5


def test_own_keys_and_devices_are_changed_with_postgresql(tmp_path: Path) -> None:
    """A second phone, removal, freezing by two refusals, the history: as they are with SQLite."""
    with stack_on_postgresql(tmp_path) as (stack, _):
        application, person = stack.application(), Signer(stack)
        second = person.with_passkey(person.add_phone("Second"))
        for _ in range(2):
            second.refuse(application.authorize(person.credential_id)["handle"], "not_me")
        (key,) = second.own(lambda account: account.look()).keys
        assert (key.state, key.until) == ("frozen", None)
        second.own(lambda account: account.unfreeze(person.credential_id))
        (first,) = [one for one in second.own(lambda account: account.look()).devices if not one.current]
        second.own(lambda account: account.remove(first))
        kinds = sorted(one.kind for one in second.own(lambda account: account.history()).entries)
        assert kinds == ["device_added", "device_removed", "key_frozen", "key_unfrozen", "signature", "signature"]


def test_stack_goes_on_when_postgresql_goes_and_comes_back(tmp_path: Path) -> None:
    """While it is away the answer is 503; afterwards an approval that was given before is still good, once."""
    with stack_on_postgresql(tmp_path) as (stack, server):
        application, person = stack.application(), Signer(stack)
        asked = application.authorize(person.credential_id)
        assert person.approve(asked["handle"]) == "approved"
        sad = application.sad(asked["handle"])
        server.stop()
        away = application.sign(person.credential_id, sad, asked["hashes"])
        assert (away.status_code, "Retry-After" in away.headers) == (503, True)
        assert application.post("credentials/list", {"userID": person.user_id}).status_code == 503
        server.start()
        deadline = time.monotonic() + RECOVERS_WITHIN_S
        while (signed := application.sign(person.credential_id, sad, asked["hashes"])).status_code == 503 and time.monotonic() < deadline:
            time.sleep(0.1)
        assert signed.status_code == 200, signed.text
        assert application.sign(person.credential_id, sad, asked["hashes"]).status_code == 400
        asked = application.authorize(person.credential_id)
        assert person.approve(asked["handle"]) == "approved"
