"""The same stack with PostgreSQL under both processes."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.harness.postgresql import running_postgresql
from tests.harness.signer import Signer
from tests.harness.stack import running_stack


def test_signatures_are_made_once_with_postgresql_under_both_processes(tmp_path: Path) -> None:
    """Approvals, refusals and sixteen redemptions of one SAD at once end as they do with SQLite."""
    with (
        running_postgresql("app", "sam") as url,
        running_stack(
            tmp_path, NATSUIN_DATABASE_URL=url + "app", NATSUIN_SAM_DATABASE_URL=url + "sam", NATSUIN_OPEN_PER_SIGNER="2"
        ) as stack,
    ):
        application, person = stack.application(), Signer(stack)
        asked = application.authorize(person.credential_id)
        assert person.approve(asked["handle"]) == "approved"
        sad = application.sad(asked["handle"])
        with ThreadPoolExecutor(16) as pool:
            answers = list(pool.map(lambda _: application.sign(person.credential_id, sad, asked["hashes"]).status_code, range(16)))
        assert sorted(answers) == [200] + [400] * 15

        refused, open_one = application.authorize(person.credential_id), application.authorize(person.credential_id)
        body = {
            "credentialID": person.credential_id,
            "numSignatures": 1,
            "hashes": asked["hashes"],
            "hashAlgorithmOID": "2.16.840.1.101.3.4.2.1",
        }
        assert application.post("credentials/authorize", body).status_code == 429
        assert person.refuse(refused["handle"]) == "refused"
        assert application.post("credentials/authorizeCheck", {"handle": refused["handle"]}).json()["reason"] == "declined"
        assert [one.id for one in person.inbox()] == [open_one["handle"]]
