"""The CSC client against a service in memory: pyHanko signs through it with each mechanism, and every way to fail has its exception."""

import asyncio
import base64
import hashlib
import re
from typing import Any

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from demo import csc
from tests.demo.relying_service import (
    APPLICATION,
    CONTRACT,
    Service,
    both_verdicts,
    sign,
    with_service,
)


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture(autouse=True)
def _no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.csc.session.PAUSES_S", (0.01, 0.02))
    monkeypatch.setattr("demo.csc.approval.PLAIN_POLL_S", 0.02)


@pytest.mark.parametrize(
    ("curve", "prefer_pss", "digest", "how"),
    [
        (None, False, "sha256", "RSA PKCS #1 v1.5, SHA-256, PAdES"),
        (None, True, "sha256", "RSA-PSS, SHA-256, PAdES"),
        (None, True, "sha384", "RSA-PSS, SHA-384, PAdES"),
        (ec.SECP256R1(), False, "sha256", "ECDSA, SHA-256, PAdES"),
        (ec.SECP384R1(), False, "sha384", "ECDSA, SHA-384, PAdES"),
    ],
)
def test_pyhanko_signs_and_both_validators_accept(
    curve: ec.EllipticCurve | None, prefer_pss: bool, digest: str, how: str, rsa_key: rsa.RSAPrivateKey
) -> None:
    async def test(service: Service) -> None:
        waiting: list[Any] = []
        signed = await sign(service, prefer_pss=prefer_pss, digest=digest, waiting=waiting, description="工事請負契約")
        assert signed.startswith(CONTRACT)
        pyhanko, pdfsig = await both_verdicts(service, signed)
        assert pyhanko.accepted, pyhanko
        assert pdfsig.accepted, pdfsig
        assert how in pyhanko.findings[0].en
        (handle, url, expires_in, code) = waiting[0]
        assert url.endswith(handle)
        assert (expires_in, code) == (180, "47")

    with_service(rsa_key if curve is None else ec.generate_private_key(curve), test)


def test_authorize_carries_the_v2_names(rsa_key: rsa.RSAPrivateKey) -> None:
    async def test(service: Service) -> None:
        await sign(service, description="工事請負契約", document_labels=["contract.pdf"])
        asked = next(body for path, body, _ in service.calls if path.endswith("/authorize"))
        assert asked.keys() == {"credentialID", "numSignatures", "hashes", "hashAlgorithmOID", "description", "documentLabels"}
        assert (asked["numSignatures"], len(asked["hashes"]), asked["documentLabels"]) == (1, 1, ["contract.pdf"])
        polls = [headers for path, _, headers in service.calls if path.endswith("/authorizeCheck")]
        assert {headers["Prefer"] for headers in polls} == {"wait=25"}
        signing = next(body for path, body, _ in service.calls if path.endswith("/signHash"))
        assert signing["hashes"] == asked["hashes"]
        assert not signing.keys() & {"hash", "hashAlgo"}

    with_service(rsa_key, test)


@pytest.mark.parametrize("digest", ["sha256", "sha384"])
def test_what_the_signer_is_shown_is_what_is_signed(rsa_key: rsa.RSAPrivateKey, digest: str) -> None:
    """File, byte range, attributes and hash lead to each other, and the signed file is the same but for the hole."""

    async def test(service: Service) -> None:
        signed = await sign(service, digest=digest, prefer_pss=True, is_shown=True)
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
        assert all(verdict.accepted for verdict in await both_verdicts(service, signed))

    with_service(rsa_key, test)


def test_a_file_that_is_too_long_to_be_shown_is_signed_all_the_same(rsa_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    """Only its digest goes to the service then, as where nothing is to be shown."""

    async def test(service: Service) -> None:
        monkeypatch.setattr("demo.csc.signature.MAX_SHOWN_BYTES", len(CONTRACT))
        signed = await sign(service, is_shown=True)
        asked = next(body for path, body, _ in service.calls if path.endswith("/authorize"))
        assert "documents" not in asked
        assert all(verdict.accepted for verdict in await both_verdicts(service, signed))

    with_service(rsa_key, test)


@pytest.mark.parametrize(
    ("error", "reason", "exception"),
    [
        ("access_denied", "not_me", csc.SignerRefused),
        ("access_denied", None, csc.SignerRefused),
        ("authorization_expired", None, csc.ApprovalExpired),
        ("authorization_cancelled", None, csc.ApprovalEnded),
        ("outcome_unknown", None, csc.OutcomeUnknown),
        ("server_error", None, csc.ServiceRefused),
    ],
)
def test_no_approval_is_an_exception_that_says_why(
    error: str, reason: str | None, exception: type[csc.CscError], rsa_key: rsa.RSAPrivateKey
) -> None:
    async def test(service: Service) -> None:
        service.decision, service.reason = error, reason
        with pytest.raises(exception) as raised:
            await sign(service)
        if isinstance(raised.value, csc.SignerRefused):
            assert raised.value.reason == (reason or "declined")
        assert service.count("/signHash") == 0

    with_service(rsa_key, test)


def test_a_service_that_never_decides_is_left_after_the_grace(rsa_key: rsa.RSAPrivateKey, monkeypatch: pytest.MonkeyPatch) -> None:
    async def test(service: Service) -> None:
        service.polls_before_decision = 10**9
        monkeypatch.setattr("demo.csc.approval.GRACE_S", -179.9)
        with pytest.raises(csc.ApprovalExpired):
            await sign(service)

    with_service(rsa_key, test)


def test_a_lost_reply_to_sign_hash_is_asked_for_again_with_the_same_key(rsa_key: rsa.RSAPrivateKey) -> None:
    async def test(service: Service) -> None:
        service.replies_to_lose = 2
        pyhanko, _ = await both_verdicts(service, await sign(service))
        assert pyhanko.accepted
        keys = [headers["Idempotency-Key"] for path, _, headers in service.calls if path.endswith("/signHash")]
        assert len(keys) == 3
        assert len(set(keys)) == 1

    with_service(rsa_key, test)


def test_a_reply_that_stays_lost_is_an_error(rsa_key: rsa.RSAPrivateKey) -> None:
    async def test(service: Service) -> None:
        service.replies_to_lose = 99
        with pytest.raises(csc.ServiceUnreachable):
            await sign(service)

    with_service(rsa_key, test)


def test_a_service_that_is_unavailable_for_a_moment_is_asked_again(rsa_key: rsa.RSAPrivateKey) -> None:
    async def test(service: Service) -> None:
        service.times_unavailable = 1
        pyhanko, _ = await both_verdicts(service, await sign(service))
        assert pyhanko.accepted
        assert service.count("/credentials/authorize") == 1

    with_service(rsa_key, test)


def test_a_revoked_access_token_is_renewed_once(rsa_key: rsa.RSAPrivateKey) -> None:
    async def test(service: Service) -> None:
        def revoke_tokens(*_: object) -> None:
            service.tokens.clear()

        async with csc.open_session(service.origin, APPLICATION) as http:
            place, credential = await csc.fetch_credential(http, service.origin, "taro")
            manager = csc.PollingAuthorizationManager(http, place, credential, on_waiting=revoke_tokens)
            await csc.sign_pdf(CONTRACT, csc.RemoteSigner(http, manager))
        assert service.count("/oauth2/token") == 2

    with_service(rsa_key, test)


def test_a_wrong_client_secret_is_refused_without_showing_it(rsa_key: rsa.RSAPrivateKey) -> None:
    async def test(service: Service) -> None:
        wrong = csc.Application("relying", "not-the-secret")
        async with csc.open_session(service.origin, wrong) as http:
            with pytest.raises(csc.ApplicationRefused) as raised:
                await csc.fetch_credential(http, service.origin, "taro")
        assert "not-the-secret" not in f"{raised.value!r}{wrong!r}"

    with_service(rsa_key, test)


def test_an_unknown_signer_has_no_credential(rsa_key: rsa.RSAPrivateKey) -> None:
    async def test(service: Service) -> None:
        with pytest.raises(csc.NoCredential):
            await sign(service, user_id="nobody")

    with_service(rsa_key, test)


def test_no_service_at_all() -> None:
    async def run() -> None:
        async with csc.open_session("http://localhost:9", APPLICATION) as http:
            with pytest.raises(csc.ServiceUnreachable, match=re.escape("http://localhost:9")):
                await csc.fetch_credential(http, "http://localhost:9", "taro")

    asyncio.run(run())


def test_a_second_signature_leaves_the_first_valid(rsa_key: rsa.RSAPrivateKey) -> None:
    async def test(service: Service) -> None:
        async with csc.open_session(service.origin, APPLICATION) as http:
            place, credential = await csc.fetch_credential(http, service.origin, "taro")
            signed = CONTRACT
            for _ in range(2):
                manager = csc.PollingAuthorizationManager(http, place, credential, on_waiting=lambda *_: None)
                signed = await csc.sign_pdf(signed, csc.RemoteSigner(http, manager))
        for verdict in await both_verdicts(service, signed):
            assert verdict.accepted, verdict

    with_service(rsa_key, test)
