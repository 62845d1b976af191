"""What schemathesis makes up from /openapi.json: no 5xx, no answer that is not described, nothing wrong taken and nothing right refused."""

from pathlib import Path

from tests.fuzz.run import fuzz

SEED = 20261126
PER_OPERATION = 3
CALLS = 1_000
WITHIN_S = 600.0
# Calls that must have got past the first check, with good ids, handles and SADs, to be worth something.
WENT_THROUGH = {
    "POST /csc/v2/credentials/authorize": "202",
    "POST /csc/v2/signatures/signHash": "200",
    "POST /csc/v2/signatures/signPolling": "200",
    "POST /csc/v2/credentials/info": "200",
    "POST /oauth2/token": "200",
    "POST /oauth2/pushed_authorize": "201",
    "POST /oauth2/backchannel_authentication": "200",
}


def test_made_up_calls_are_answered_as_described(tmp_path: Path) -> None:
    result = fuzz(tmp_path, per_operation=PER_OPERATION, seed=SEED, within_s=WITHIN_S, deterministic=True)
    assert result.ok, result.report
    assert result.calls >= CALLS
    assert {call for call, status in WENT_THROUGH.items() if not result.tally[call].get(status)} == set(), result.tally
