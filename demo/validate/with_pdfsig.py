"""
The second opinion: `pdfsig` of poppler, an independent implementation on NSS, which also asks the CA's OCSP responder (RFC 6960).

It is run on a copy in a directory of its own, with an NSS database that trusts the one root.
"""

import asyncio
import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from demo.validate.authority import Authority
from demo.validate.verdict import (
    Finding,
    ValidationImpossible,
    Verdict,
    bad,
    conclude,
    good,
    note,
)

TIMEOUT_S = 30
SIGNATURE_VALID = "Signature is Valid."
CERTIFICATE_TRUSTED = "Certificate is Trusted."
NOT_LOOKED_AT = "Signature has not yet been verified."  # its answer to a document timestamp, which it does not know
UNDECIDED = "Unknown issue with Certificate or corrupted data."  # also its answer where OCSP could not be asked
WORDS_JA = {
    SIGNATURE_VALID: "署名は有効です。",
    "Signature is Invalid.": "署名は無効です。",
    "Digest Mismatch.": "文書の内容が、署名された内容と一致しません。",
    CERTIFICATE_TRUSTED: "証明書は信頼できます。",
    "Certificate issuer isn't Trusted.": "証明書の発行者は信頼されていません。",
    "Certificate issuer is unknown.": "証明書の発行者が不明です。",
    "Certificate has been Revoked.": "証明書は失効しています。",
    "Certificate has Expired": "証明書の有効期限が切れています。",
    NOT_LOOKED_AT: "文書全体のタイムスタンプは、pdfsig では検証できません。",
    UNDECIDED: "証明書について判断できませんでした。",
}


async def validate_with_pdfsig(pdf: bytes, authority: Authority) -> Verdict:
    """
    Validate every signature in the file with `pdfsig`.

    Raises:
        ValidationImpossible: `pdfsig` or the NSS library is not here, or did not come to an end.
    """
    if shutil.which("pdfsig") is None:
        raise ValidationImpossible("pdfsig is not installed; on Debian: apt install poppler-utils")
    with TemporaryDirectory(prefix="pdfsig-") as directory:
        file, database = _lay_out(Path(directory), pdf)
        await _run(sys.executable, "-m", "demo.validate.nss", str(database), given=authority.root)
        version = re.search(r"\d[\d.]+", await _run("pdfsig", "-v"))
        arguments = ("-nssdir", f"sql:{database}", str(file))
        said = await _run("pdfsig", *arguments)
        findings = _read(said)
        if UNDECIDED in said and CERTIFICATE_TRUSTED in (without_ocsp := await _run("pdfsig", "-no-ocsp", *arguments)):
            findings = [*_read(without_ocsp), note("失効は確認できませんでした（OCSP）。", "Revocation could not be checked (OCSP).")]
    return conclude(f"pdfsig (poppler {version[0] if version else '?'})", findings)


def _lay_out(directory: Path, pdf: bytes) -> tuple[Path, Path]:
    file, database = directory / "document.pdf", directory / "nss"
    file.write_bytes(pdf)
    database.mkdir()
    return file, database


def _read(said: str) -> list[Finding]:
    findings = []
    # poppler 22.12 can't decide on a certificate that it has just trusted for an earlier signature of the same file.
    undecided = note if CERTIFICATE_TRUSTED in said else bad
    for label, text in re.findall(r"^  - (Signature Validation|Certificate Validation): (.+?)\s*$", said, re.MULTILINE):
        weigh = good if text in (SIGNATURE_VALID, CERTIFICATE_TRUSTED) else undecided if text == UNDECIDED else bad
        weigh = note if text == NOT_LOOKED_AT and SIGNATURE_VALID in said else weigh
        which_ja = "署名" if label.startswith("Signature") else "証明書"
        findings.append(weigh(f"{WORDS_JA.get(text, f'{which_ja}に問題があります。')}（“{text}”）", f"{label}: “{text}”"))
    if "Not total document signed" in said:
        findings.append(note("前の署名は、その時点の文書を覆っています。", "An earlier signature covers the document as it was then."))
    elif "Total document signed" in said:
        findings.append(good("署名は文書全体を覆っています。", "The signature covers the whole document."))
    return findings or [bad("この PDF には署名がありません。", "This PDF holds no signature.")]


async def _run(*command: str, given: bytes = b"") -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(given), TIMEOUT_S)
    except TimeoutError:
        raise ValidationImpossible(f"{Path(command[0]).name} did not come to an end within {TIMEOUT_S} s") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    text = output.decode("utf-8", "replace")
    if process.returncode not in (0, 2):  # 2: pdfsig found no signature
        raise ValidationImpossible(f"{Path(command[0]).name} failed: {text.strip()[-300:]}")
    return text
