"""
PDFs that the application sends to `authorize` so that `signDoc` may sign them: each gets its hole and its attributes before anyone looks.

The digest of a file is not what a PDF signature is over: a part is appended first. So the file with that part is what the signer opens and
approves (docs/decisions/024-what-sign-doc-signs-was-shown.md).
"""

import asyncio
import hashlib
from typing import Any

import msgspec

from app import pades
from app.authorization.request import Ask
from app.csc.body import Body, decode_base64
from app.csc.documents import DIGESTS, MAX_FILES_BYTES, Wrong, covered, is_for_sign_doc
from app.csc.signature_plan import read_format, read_plan
from app.domain.document import Upload
from app.domain.preparation import Preparation
from app.errors import BadParameter, PdfUnusable
from app.oauth.bearer import Caller
from app.oauth.reach import credential_of
from app.services import Services
from hsm.messages import MAX_FILE_BYTES, Content


async def prepare_documents(services: Services, caller: Caller, ask: Ask, body: Body) -> Ask:
    """
    Prepare what is to be prepared, and ask for the hashes that come of it.

    Raises:
        CredentialUnknown: there is no such credential.
        BadParameter: one can't be signed so; the text says which and why.
    """
    given = {position: one for position, one in enumerate(body.list_where_given("documents") or ()) if is_for_sign_doc(one)}
    if not given:
        return ask
    credential = await credential_of(services, caller, ask.credential_id)
    timestamped = services.config.tsa_url is not None
    return await asyncio.to_thread(_prepared, ask, given, credential.certificates, services.now(), timestamped)


def _prepared(ask: Ask, given: dict[int, dict[str, Any]], certificates: tuple[bytes, ...], now: float, timestamped: bool) -> Ask:
    hashes, uploads = list(ask.hashes), list(ask.uploads)
    preparations: list[Preparation | None] = [None] * len(hashes)
    for position, one in given.items():
        try:
            upload, preparation = _prepare(Body(one), ask.hash_algorithm, hashes[position], certificates, now, timestamped)
        except (Wrong, PdfUnusable) as wrong:
            why = "this PDF can't be signed so" if isinstance(wrong, PdfUnusable) else str(wrong)
            raise BadParameter(f"Invalid parameter documents[{position}]: {why}") from None
        attributes = upload.content.signed_attributes or b""
        hashes[position] = hashlib.new(DIGESTS[ask.hash_algorithm], attributes).digest()
        uploads[position], preparations[position] = upload, preparation
    if sum(len(one.file) for one in uploads if one is not None) > MAX_FILES_BYTES:
        raise BadParameter(f"Invalid parameter documents: together they may have {MAX_FILES_BYTES} bytes")
    return msgspec.structs.replace(ask, hashes=tuple(hashes), uploads=tuple(uploads), preparations=tuple(preparations))


def _prepare(
    body: Body, hash_algorithm: str, digest: bytes, certificates: tuple[bytes, ...], now: float, timestamped: bool
) -> tuple[Upload, Preparation]:
    read_format(body)
    plan = read_plan(body)
    file = decode_base64(body.optional_text("content", longest=MAX_FILE_BYTES * 2) or "")
    if not file or body.optional_text("mediaType") != "application/pdf":
        raise Wrong("content must be a PDF in base64, mediaType application/pdf")
    hash_name = DIGESTS[hash_algorithm]
    if hashlib.new(hash_name, file).digest() != digest:
        raise Wrong("the hash is not the digest of the content")
    made = pades.prepare(file, plan, certificates, hash_name, now, timestamped=timestamped)
    if len(made.pdf) > MAX_FILE_BYTES or not made.pdf.startswith(file):
        raise Wrong(f"a file may have {MAX_FILE_BYTES} bytes")
    byte_range = (0, made.hole_start, made.hole_end, len(made.pdf) - made.hole_end)
    shown = hashlib.new(hash_name, covered(made.pdf, list(byte_range))).digest()
    content = Content("application/pdf", shown, byte_range, made.signed_attributes)
    return Upload(content, made.pdf), Preparation(digest, made.pdf[len(file) :], made.hole_start, made.hole_end, plan)
