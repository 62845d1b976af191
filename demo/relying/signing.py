"""The way of one job to its end: ask the signing service, wait for the signer, embed the signatures, validate them with two validators."""

import asyncio
import dataclasses
import logging
import time
from collections.abc import Awaitable

import httpx2
import msgspec
from asn1crypto import x509
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import SigningError

from demo.relying.config import ApplicationMissing, Config, read_application, read_return_url
from demo.relying.jobs import Job, JobDocument, Jobs, JobUnknown, Step
from demo.relying.kept import keep, restore
from demo.relying.placing import appearance_at
from demo.relying.problems import TooManyDocuments, Unsignable, explain, surprise
from demo.relying.progress import stage_of
from demo.relying.seal import SealImpossible, draw_svg, name_on_seal
from demo.relying.wire import Recording
from demo.relying.words import Words
from demo.validate import Authority, ValidationImpossible, Verdict, ask_authority, validate_with_pdfsig, validate_with_pyhanko
from natsuin.client import Ask, AsyncClient, ClientError, Credential
from natsuin.pdf import PreparedPdf, ask_for, prepare

log = logging.getLogger(__name__)
PATIENCE_S = 30.0  # for how long a service that does not answer is asked again
TIMEOUT = httpx2.Timeout(60, connect=5)  # longer than a poll is held
KEPT = "prepared.json"


async def carry_out(job_id: str, jobs: Jobs, config: Config) -> None:
    """Bring a job to `done` or `ended` from wherever it is, also after a restart, and say on its page how far it is."""
    try:
        transport = Recording(lambda call: jobs.add_call(job_id, call), httpx2.AsyncHTTPTransport())
        async with httpx2.AsyncClient(transport=transport, timeout=TIMEOUT) as http:
            client = AsyncClient(config.service, read_application(config.client_file), patience_s=PATIENCE_S, http=http)
            if jobs.get(job_id).step is Step.PREPARED:
                await _ask(job_id, jobs, config, client)
            if jobs.get(job_id).has_begun and not jobs.get(job_id).has_signed:
                await _collect(job_id, jobs, client)
        if jobs.get(job_id).has_signed:
            await _validate(job_id, jobs, config)
    except (ClientError, ApplicationMissing, TooManyDocuments, Unsignable) as failure:
        log.info("job ended: %s", failure)
        _end(job_id, jobs, explain(failure, jobs.get(job_id).user_id))
    except JobUnknown:
        log.info("job deleted before it came to its end")
    except Exception:  # the last one who can tell the person at the page
        log.exception("job failed")
        _end(job_id, jobs, surprise())


def _end(job_id: str, jobs: Jobs, problem: Words) -> None:
    jobs.update(job_id, stage=stage_of(jobs.get(job_id)), step=Step.ENDED, problem=problem)


async def _ask(job_id: str, jobs: Jobs, config: Config, client: AsyncClient) -> None:
    """Have the signer asked; or, where a seal is wanted that has no place yet, let the person at the page place it."""
    job = jobs.get(job_id)
    credential = await client.credential_of(job.user_id)
    if len(job.documents) > credential.most_signatures:
        raise TooManyDocuments(len(job.documents), credential.most_signatures)
    if job.with_seal and job.seal is None:
        jobs.update(job_id, step=Step.PLACING, seal_text=_seal_text(credential))
        return
    prepared = await asyncio.to_thread(_prepare, job, jobs.files(job_id, "pdf"), credential)
    for position, one in enumerate(prepared):
        jobs.keep_file(job_id, f"{position}.prepared.pdf", one.pdf)
    jobs.keep_file(job_id, KEPT, keep(prepared))
    return_url = read_return_url(config.client_file)
    ask = dataclasses.replace(_request(job, prepared), return_url=return_url, state=job_id if return_url is not None else None)
    asked = await client.authorize(ask)
    jobs.keep_code(job_id, asked.moving_code)
    jobs.update(
        job_id,
        step=Step.WAITING,
        handle=asked.handle,
        approval_url=asked.approval_url or "",
        verification_code=asked.verification_code,
        expires=time.time() + asked.expires_in_s,
        progress=asked.progress or "",
    )


def _prepare(job: Job, pdfs: list[bytes], credential: Credential) -> list[PreparedPdf]:
    """Make the holes for the signatures, each with the seal where it goes; raises Unsignable."""
    prepared = []
    for document, pdf in zip(job.documents, pdfs, strict=True):
        try:
            appearance = appearance_at(job.seal, pdf, job.seal_text) if job.seal is not None else None
            prepared.append(prepare(pdf, credential, name=document.name, appearance=appearance))
        except (PdfError, SigningError, SealImpossible, ValueError, LookupError, TypeError) as failure:
            raise Unsignable(document.name) from failure
    return prepared


def _request(job: Job, prepared: list[PreparedPdf]) -> Ask:
    return ask_for(prepared, description=job.subject)


async def _collect(job_id: str, jobs: Jobs, client: AsyncClient) -> None:
    """Wait until the signer has decided, have it signed, and put the signatures into the files; the handle makes a repeat harmless."""

    def on_progress(word: str) -> None:
        if jobs.get(job_id).progress != word:
            jobs.update(job_id, progress=word)

    job = jobs.get(job_id)
    prepared = restore(jobs.file(job_id, KEPT), jobs.files(job_id, "prepared.pdf"))
    approval = await client.wait(job.handle, on_progress)
    jobs.update(job_id, step=Step.SIGNING)
    signatures = await client.sign_hashes(_request(job, prepared), approval, job.handle)
    for position, (one, signature) in enumerate(zip(prepared, signatures, strict=True)):
        jobs.keep_file(job_id, f"{position}.signed.pdf", await asyncio.to_thread(one.finish, signature))
    jobs.update(job_id, has_signed=True)


async def _validate(job_id: str, jobs: Jobs, config: Config) -> None:
    try:
        authority: Authority | ValidationImpossible = await ask_authority(config.ca)
    except ValidationImpossible as failure:
        authority = failure
    pairs = zip(jobs.get(job_id).documents, jobs.files(job_id, "signed.pdf"), strict=True)
    jobs.update(job_id, documents=tuple([await _judged(document, pdf, authority) for document, pdf in pairs]), step=Step.DONE)


async def _judged(document: JobDocument, pdf: bytes, authority: Authority | ValidationImpossible) -> JobDocument:
    if isinstance(authority, ValidationImpossible):
        return msgspec.structs.replace(document, unvalidated=str(authority))
    verdicts: list[Verdict] = []
    unvalidated: list[str] = []

    async def ask(validation: Awaitable[Verdict]) -> None:
        try:
            verdicts.append(await validation)
        except ValidationImpossible as failure:
            unvalidated.append(str(failure))

    await ask(validate_with_pyhanko(pdf, authority))
    await ask(validate_with_pdfsig(pdf, authority))
    return msgspec.structs.replace(document, verdicts=tuple(verdicts), unvalidated=" ".join(unvalidated))


def _seal_text(credential: Credential) -> str:
    """Say what the seal of this signer shows; nothing where it can't be drawn."""
    subject = x509.Certificate.load(credential.certificates[0]).subject.native
    text = name_on_seal(str(subject.get("common_name", "?")))
    try:
        draw_svg(text)
    except SealImpossible as failure:
        log.warning("no seal: %s", failure)
        return ""
    return text
