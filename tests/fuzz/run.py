"""One run: a stack of its own, two signers with phones that answer, and schemathesis as its own command, with all checks and phases."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from demo.phone.watch import approve, decline
from tests.flow.parties import Person, new_application
from tests.fuzz.phones import answering
from tests.harness.signer import Signer
from tests.harness.stack import BIN, ROOT, Application, running_stack

REDIRECT_URI = "https://shop.example.jp/callback"
READY, UNUSED = 10, 4
SETTINGS = {"NATSUIN_OPEN_PER_SIGNER": "100000", "NATSUIN_CSC_LOGIN": "on", "NATSUIN_TOKEN_LIFE": "86400", "NATSUIN_REVOCATION": "off"}
# Refused by the clause of the standard with 400 though the form is right: ids that there are not, hashes that were not approved.
CONFIG = """
seed = {seed}
max-redirects = 0
request-timeout = 70.0
suppress-health-check = ["all"]

[auth.openapi]
accessToken = {{ bearer = "{token}" }}
client = {{ username = "{client_id}", password = "{client_secret}" }}

[generation]
deterministic = {deterministic}
database = "none"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", 303, 400, 401, 403, 404, 429]
"""


@dataclass(frozen=True)
class Result:
    """How a run ended: whether nothing was found, how many calls were made, and what was printed."""

    ok: bool
    calls: int
    tally: dict[str, dict[str, int]]
    report: str


def fuzz(data: Path, *, per_operation: int, seed: int, within_s: float, deterministic: bool = False) -> Result:
    """Run about `per_operation` examples for each operation and phase; raises TimeoutExpired."""
    with running_stack(data, **SETTINGS) as stack:
        application = new_application(stack, redirect_uris=[REDIRECT_URI])
        taro, hanako = Person(stack), Person(stack)
        known: dict[str, Any] = {"signers": [{"user_id": one.user_id, "credential_id": one.credential_id} for one in (taro, hanako)]}
        (data / "fuzz.toml").write_text(_config(application, seed, deterministic))
        with answering({approve: taro, decline: hanako}):
            ready = [_approved(application, taro) for _ in range(READY)]
            unused = [one["handle"] for one in ready[:UNUSED]]
            (data / "fuzz.json").write_text(
                json.dumps(
                    known | {"client_id": application.client_id, "redirect_uri": REDIRECT_URI, "approved": ready[UNUSED:], "unused": unused}
                )
            )
            done = subprocess.run(
                [
                    str(BIN / "st"),
                    "--config-file",
                    str(data / "fuzz.toml"),
                    "run",
                    f"{stack.origin}/openapi.json",
                    "--max-examples",
                    str(per_operation),
                    "--checks",
                    "all",
                    "--no-color",
                    "--exclude-deprecated",
                ],
                env=os.environ
                | {"SCHEMATHESIS_HOOKS": "tests.fuzz.hooks", "NATSUIN_FUZZ": str(data / "fuzz.json"), "PYTHONPATH": str(ROOT)},
                cwd=data,
                capture_output=True,
                text=True,
                timeout=within_s,
                check=False,
            )
        report = done.stdout + done.stderr
        calls = re.search(r"(\d+) generated", report.replace(",", ""))
        tally = json.loads((data / "tally.json").read_text())
        return Result(done.returncode == 0, int(calls[1]) if calls else 0, tally, report)


def _approved(application: Application, signer: Signer) -> dict[str, Any]:
    """Have a request approved, and give it with its SAD: what the first calls need."""
    asked = application.authorize(signer.credential_id)
    return {
        "handle": asked["handle"],
        "SAD": application.sad(asked["handle"]),
        "credentialID": signer.credential_id,
        "hashes": asked["hashes"],
    }


def _config(application: Application, seed: int, deterministic: bool) -> str:
    return CONFIG.format(
        seed=seed,
        deterministic=str(deterministic).lower(),
        token=application.token,
        client_id=application.client_id,
        client_secret=application.client_secret,
    )
