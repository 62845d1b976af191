"""Both validators on real signatures: what they must accept, and every kind of file that at least one of them must refuse."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from demo.validate import (
    Authority,
    ValidationImpossible,
    Verdict,
    Weight,
    ask_authority,
    validate_with_pdfsig,
    validate_with_pyhanko,
)
from demo.validate.verdict import conclude, note
from tests.demo.relying_pki import Pki
from tests.demo.relying_service import CONTRACT, Service, sign


def verdicts_of(
    change: Callable[[Service, bytes], bytes], *, authority: Callable[[Authority], Authority] = lambda same: same
) -> list[Verdict]:
    """Sign the contract, change the file or the world, and ask both validators."""

    async def run() -> list[Verdict]:
        async with Service(ec.generate_private_key(ec.SECP256R1())) as service:
            pdf = change(service, await sign(service))
            known = authority(Authority(service.pki.root.public_bytes(Encoding.DER), service.pki.crl()))
            return [await validate_with_pyhanko(pdf, known), await validate_with_pdfsig(pdf, known)]

    return asyncio.run(run())


def said(verdict: Verdict, weight: Weight) -> str:
    return " ".join(finding.en for finding in verdict.findings if finding.weight is weight)


def test_a_good_signature_is_accepted_and_revocation_was_asked() -> None:
    pyhanko, pdfsig = verdicts_of(lambda _, pdf: pdf)
    assert (pyhanko.accepted, pdfsig.accepted) == (True, True)
    assert "山田 太郎" in said(pyhanko, Weight.NOTE)
    assert "not on the CA's list" in said(pyhanko, Weight.GOOD)
    assert "Certificate is Trusted." in said(pdfsig, Weight.GOOD)
    assert "Revocation" not in said(pdfsig, Weight.NOTE)  # asked over OCSP, and answered
    assert all(finding.ja and finding.en for verdict in (pyhanko, pdfsig) for finding in verdict.findings)


def test_a_changed_byte_is_refused() -> None:
    def tamper(_: Service, pdf: bytes) -> bytes:
        return pdf.replace(b"/Producer", b"/Producfr", 1)

    pyhanko, pdfsig = verdicts_of(tamper)
    assert (pyhanko.accepted, pdfsig.accepted) == (False, False)
    assert "changed after it was signed" in said(pyhanko, Weight.BAD)
    assert "Digest Mismatch." in said(pdfsig, Weight.BAD)


def test_an_unknown_root_is_refused() -> None:
    stranger = Pki(name="Stranger").root.public_bytes(Encoding.DER)
    pyhanko, pdfsig = verdicts_of(lambda _, pdf: pdf, authority=lambda _: Authority(stranger))
    assert (pyhanko.accepted, pdfsig.accepted) == (False, False)
    assert "not trusted" in said(pyhanko, Weight.BAD)
    assert "Certificate issuer" in said(pdfsig, Weight.BAD)


def test_a_revoked_certificate_is_refused_by_crl_and_by_ocsp() -> None:
    def revoke(service: Service, pdf: bytes) -> bytes:
        service.pki.revoked.add(service.certificate.serial_number)
        return pdf

    pyhanko, pdfsig = verdicts_of(revoke)
    assert (pyhanko.accepted, pdfsig.accepted) == (False, False)
    assert said(pyhanko, Weight.BAD) == "The signer's certificate has been revoked."
    assert "Certificate has been Revoked." in said(pdfsig, Weight.BAD)


def test_without_revocation_data_it_is_accepted_and_said() -> None:
    def silence(service: Service, pdf: bytes) -> bytes:
        service.is_ca_silent = True
        return pdf

    pyhanko, pdfsig = verdicts_of(silence, authority=lambda known: replace(known, crl=None))
    assert (pyhanko.accepted, pdfsig.accepted) == (True, True)
    assert "revocation was not checked" in said(pyhanko, Weight.NOTE)
    assert "Revocation could not be checked" in said(pdfsig, Weight.NOTE)


def test_a_certificate_that_pdfsig_cannot_decide_on_is_not_accepted() -> None:
    async def run() -> Verdict:
        async with Service(ec.generate_private_key(ec.SECP256R1())) as service:
            service.certificate = service.pki.issue(service.key, for_email=False)
            pdf = await sign(service)
            return await validate_with_pdfsig(pdf, Authority(service.pki.root.public_bytes(Encoding.DER)))

    verdict = asyncio.run(run())
    assert not verdict.accepted
    assert "Unknown issue" in said(verdict, Weight.BAD)


@pytest.mark.parametrize("content", [CONTRACT, b"", b"not a PDF", CONTRACT[: len(CONTRACT) // 2]])
def test_a_file_without_a_signature_is_refused(content: bytes) -> None:
    authority = Authority(Pki().root.public_bytes(Encoding.DER))
    verdict = asyncio.run(validate_with_pyhanko(content, authority))
    assert not verdict.accepted
    assert said(verdict, Weight.BAD)


def test_pdfsig_on_a_file_without_a_signature() -> None:
    verdict = asyncio.run(validate_with_pdfsig(CONTRACT, Authority(Pki().root.public_bytes(Encoding.DER))))
    assert said(verdict, Weight.BAD) == "This PDF holds no signature."


def test_a_cut_signed_file_is_refused() -> None:
    assert not any(verdict.accepted for verdict in verdicts_of(lambda _, pdf: pdf[:-2000]))


def test_pdfsig_that_is_not_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValidationImpossible, match="poppler-utils"):
        asyncio.run(validate_with_pdfsig(CONTRACT, Authority(b"")))


def test_something_that_is_no_certificate_can_not_be_trusted() -> None:
    with pytest.raises(ValidationImpossible, match="not a certificate"):
        asyncio.run(validate_with_pdfsig(CONTRACT, Authority(b"no certificate")))


def test_notes_alone_accept_nothing() -> None:
    assert not conclude("nobody", [note("何もわかりません。", "Nothing is known.")]).accepted


def test_a_ca_that_is_not_there_is_said() -> None:
    with pytest.raises(ValidationImpossible, match="is it running"):
        asyncio.run(ask_authority("http://localhost:9"))


def test_root_and_crl_come_from_the_ca() -> None:
    async def run() -> None:
        async with Service(ec.generate_private_key(ec.SECP256R1())) as service:
            authority = await ask_authority(service.origin)
            assert authority == Authority(service.pki.root.public_bytes(Encoding.DER), authority.crl)
            assert authority.crl
            service.is_ca_silent = True
            assert (await ask_authority(service.origin)).crl is None

    asyncio.run(run())
