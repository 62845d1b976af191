"""What the demo uses of `natsuin.pdf`, against a service in memory: each mechanism, and what the signer is shown."""

import base64
import hashlib

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from natsuin.client import Asked
from tests.demo.relying_service import CONTRACT, Service, both_verdicts, sign, with_service


@pytest.mark.parametrize(
    ("curve", "prefer_pss", "digest", "how"),
    [
        (None, False, "sha256", "RSA PKCS #1 v1.5, SHA-256, PAdES"),
        (None, True, "sha384", "RSA-PSS, SHA-384, PAdES"),
        (ec.SECP256R1(), False, "sha256", "ECDSA, SHA-256, PAdES"),
        (ec.SECP384R1(), False, "sha384", "ECDSA, SHA-384, PAdES"),
    ],
)
def test_both_validators_accept_and_what_the_signer_is_shown_is_what_is_signed(
    curve: ec.EllipticCurve | None, prefer_pss: bool, digest: str, how: str
) -> None:
    """File, byte range, attributes and hash lead to each other, and the signed file is the same but for the hole."""

    async def test(service: Service) -> None:
        waiting: list[Asked] = []
        signed = await sign(service, prefer_pss=prefer_pss, digest=digest, waiting=waiting)
        assert signed.startswith(CONTRACT)
        pyhanko, pdfsig = await both_verdicts(service, signed)
        assert pyhanko.accepted, pyhanko
        assert pdfsig.accepted, pdfsig
        assert how in pyhanko.findings[0].en
        assert [asked.verification_code for asked in waiting] == ["47"]
        asked = next(body for path, body, _ in service.calls if path.endswith("/authorize"))
        (document,) = asked["documents"]
        file, der = base64.b64decode(document["content"]), base64.b64decode(document["signedAttributes"])
        start, before, after, rest = document["byteRange"]
        assert (start, after + rest, document["mediaType"]) == (0, len(file), "application/pdf")
        assert file[before:after].replace(b"0", b"") == b"<>"
        covered = hashlib.new(digest, file[:before] + file[after:]).digest()
        named = {one["type"].native: one["values"][0].native for one in cms.CMSAttributes.load(der)}
        assert (named["content_type"], named["message_digest"]) == ("data", covered)
        assert asked["hashes"] == [base64.b64encode(hashlib.new(digest, der).digest()).decode()]
        assert (signed[:before], signed[after:]) == (file[:before], file[after:])

    with_service(rsa.generate_private_key(65537, 2048) if curve is None else ec.generate_private_key(curve), test)
