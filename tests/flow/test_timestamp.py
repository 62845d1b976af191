"""`signatures/timestamp`: tokens that `openssl ts` accepts, and the error table of CSC 2.0 §11.15."""

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest
from asn1crypto import cms

from tests.flow.wire import ABSENT, DIGEST, SHA1, SHA384, b64, error_of, refused, with_changes
from tests.harness.stack import SHA256, Application, Stack

TIMESTAMP = "signatures/timestamp"
NO_HASH = refused("Missing (or invalid type) string parameter hash")
BAD_BASE64 = refused("Invalid Base64 hash string parameter")
BAD_ALGORITHM = refused("Invalid parameter hashAlgo")
BAD_NONCE = refused("Invalid parameter nonce")
BAD_LENGTH = refused("Invalid digest value length")
GOOD = b64(DIGEST)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"hash": ABSENT}, NO_HASH),
        ({"hash": 5}, NO_HASH),
        ({"hash": [GOOD]}, NO_HASH),
        ({"hash": ""}, refused("Empty hash parameter")),
        ({"hash": "*"}, BAD_BASE64),
        ({"hash": GOOD.rstrip("=")}, BAD_BASE64),
        ({"hash": GOOD[:-2] + "9="}, BAD_BASE64),
        ({"hash": b64(bytes(31))}, BAD_LENGTH),
        ({"hashAlgo": SHA384}, BAD_LENGTH),
        ({"hashAlgo": ABSENT}, BAD_ALGORITHM),
        ({"hashAlgo": SHA1}, BAD_ALGORITHM),
        ({"hashAlgo": "SHA-256"}, BAD_ALGORITHM),
        ({"hashAlgo": 5}, BAD_ALGORITHM),
        ({"nonce": ""}, BAD_NONCE),
        ({"nonce": "0x12"}, BAD_NONCE),
        ({"nonce": "-1"}, BAD_NONCE),
        ({"nonce": "1" * 65}, BAD_NONCE),
        ({"nonce": 12}, BAD_NONCE),
        ({"clientData": 5}, refused("Invalid parameter clientData")),
    ],
)
def test_refused_with_the_words_of_the_table(shop: Application, changes: dict[str, Any], expected: tuple[int, str, str]) -> None:
    assert error_of(shop.post(TIMESTAMP, with_changes({"hash": GOOD, "hashAlgo": SHA256}, changes))) == expected


@pytest.mark.parametrize(("algorithm", "digest"), [(SHA256, DIGEST), (SHA384, bytes(48)), ("2.16.840.1.101.3.4.2.3", b"\xff" * 64)])
def test_openssl_verifies_the_token(shop: Application, stack: Stack, tmp_path: Path, algorithm: str, digest: bytes) -> None:
    """Against the CA's root alone, for this digest and for no other; with the nonce that was asked for inside."""
    answer = shop.post(TIMESTAMP, {"hash": b64(digest), "hashAlgo": algorithm, "nonce": "00C0ffee"})
    assert answer.status_code == 200, answer.text
    token = base64.b64decode(answer.json()["timestamp"])
    (tmp_path / "token.der").write_bytes(token)
    root = str(stack.data / "ca" / "root.pem")

    def verify(named: bytes) -> subprocess.CompletedProcess[str]:
        words = ["openssl", "ts", "-verify", "-token_in", "-in", str(tmp_path / "token.der"), "-digest", named.hex(), "-CAfile", root]
        return subprocess.run(words, capture_output=True, text=True, check=False, timeout=30)

    good, bad = verify(digest), verify(digest[:-1] + b"\x55")
    assert (good.returncode, "Verification: OK" in good.stdout + good.stderr) == (0, True), good
    assert bad.returncode != 0
    info = cms.ContentInfo.load(token)["content"]["encap_content_info"]["content"].parsed
    assert info["nonce"].native == 0xC0FFEE


def test_only_applications_get_one(stack: Stack) -> None:
    bare = stack.http.post(f"/csc/v2/{TIMESTAMP}", json={"hash": GOOD, "hashAlgo": SHA256})
    assert error_of(bare) == refused("Malformed authorization header.")
