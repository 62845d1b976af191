"""
pyHanko's validation of a signed PDF (ETSI EN 319 142-1, RFC 5280): integrity, certificate path, revocation by CRL, later changes.

It fetches nothing: whatever addresses stand in a certificate that somebody else made are not visited.
"""

from io import BytesIO

from asn1crypto import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko.sign.validation.pdf_embedded import EmbeddedPdfSignature
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel
from pyhanko.version import __version__ as pyhanko_version
from pyhanko_certvalidator import ValidationContext

from demo.validate.authority import Authority
from demo.validate.facts import Facts, common_name, facts_of
from demo.validate.verdict import Finding, Verdict, bad, conclude, good, note

MECHANISMS = {"pss": "RSA-PSS", "ecdsa": "ECDSA", "rsa": "RSA PKCS #1 v1.5"}
VALIDATOR = f"pyHanko {pyhanko_version}"


async def validate_with_pyhanko(pdf: bytes, authority: Authority) -> Verdict:
    """Validate every signature in the file against the authority's root."""
    try:
        signatures = list(PdfFileReader(BytesIO(pdf)).embedded_regular_signatures)
        validated = [await _validate(signature, authority) for signature in signatures]
    except (PdfError, ValueError) as failure:
        return conclude(
            VALIDATOR, [bad(f"この PDF の署名は読めません（{failure}）。", f"The signatures in this PDF can't be read ({failure}).")]
        )
    if not validated:
        return conclude(VALIDATOR, [bad("この PDF には署名がありません。", "This PDF holds no signature.")])
    findings = [finding for found, _ in validated for finding in found]
    return conclude(VALIDATOR, findings, tuple(facts for _, facts in validated))


async def _validate(signature: EmbeddedPdfSignature, authority: Authority) -> tuple[list[Finding], Facts]:
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(authority.root)],
        crls=[authority.crl] if authority.crl else None,
        revocation_mode="hard-fail" if authority.crl else "soft-fail",
    )
    status = await async_validate_pdf_signature(signature, signer_validation_context=context)
    findings = [_signer(status, signature), _integrity(status)]
    if status.intact and status.valid:
        findings += [_trust(status), *([] if status.revoked else [_revocation(authority)]), _later_changes(status)]
    if not status.bottom_line and not any(finding.weight is finding.weight.BAD for finding in findings):
        findings.append(bad(f"pyHanko の判定：{status.summary()}", f"pyHanko's verdict: {status.summary()}"))
    return findings, facts_of(status, authority.crl)


def _signer(status: PdfSignatureStatus, signature: EmbeddedPdfSignature) -> Finding:
    name = common_name(status.signing_cert)
    family = next((words for part, words in MECHANISMS.items() if part in status.pkcs7_signature_mechanism), "?")
    is_pades = signature.sig_object.get("/SubFilter") == "/ETSI.CAdES.detached"
    how = f"{family}, {status.md_algorithm.upper().replace('SHA', 'SHA-')}, {'PAdES' if is_pades else 'CMS'}"
    return note(f"署名者は「{name}」です（{how}）。", f"The signer is “{name}” ({how}).")


def _integrity(status: PdfSignatureStatus) -> Finding:
    if status.intact and status.valid:
        return good(
            "署名は、この内容に対して署名者の鍵で作られたものです。", "The signature was made over this content with the signer's key."
        )
    if status.valid:
        return bad("文書は署名のあとに変更されています。", "The document was changed after it was signed.")
    return bad("署名の値が、署名者の鍵と一致しません。", "The signature does not match the signer's key.")


def _trust(status: PdfSignatureStatus) -> Finding:
    issuer = common_name(status.signing_cert, of_issuer=True)
    if status.revoked:
        return bad("署名者の証明書は失効しています。", "The signer's certificate has been revoked.")
    if status.trusted:
        return good(
            f"証明書は認証局「{issuer}」が発行し、有効期間内です。",
            f"The certificate was issued by the trusted CA “{issuer}” and has not expired.",
        )
    why = str(status.trust_problem_indic or "no path to a trusted CA")
    return bad(f"証明書を信頼できません（発行者「{issuer}」、{why}）。", f"The certificate is not trusted (issuer “{issuer}”, {why}).")


def _revocation(authority: Authority) -> Finding:
    if authority.crl:
        return good("認証局の失効リストに、この証明書はありません。", "The certificate is not on the CA's list of revoked certificates.")
    return note(
        "認証局の失効リストを取得できず、失効は確認していません。",
        "The CA's list of revoked certificates could not be had; revocation was not checked.",
    )


def _later_changes(status: PdfSignatureStatus) -> Finding:
    if status.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return good("署名はファイル全体を覆い、署名後の変更はありません。", "It covers the whole file; nothing was changed since.")
    if status.docmdp_ok:
        return good(
            "署名後に加わったのは、許された更新（別の署名など）だけです。",
            "Only permitted updates, such as another signature, came after it.",
        )
    return bad("署名のあとに、許されていない変更が加わっています。", "Changes that are not permitted were made after it.")
