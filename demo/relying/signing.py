"""The way of one job to its end: ask the signing service, wait for the signer, embed the signature, validate it with two validators."""

import logging
import time
from collections.abc import Awaitable

from demo import csc
from demo.relying.config import ApplicationMissing, Config, read_application, read_return_url
from demo.relying.jobs import Jobs, JobUnknown, Step
from demo.relying.problems import explain, surprise
from demo.validate import ValidationImpossible, Verdict, ask_authority, validate_with_pdfsig, validate_with_pyhanko

log = logging.getLogger(__name__)


async def carry_out(job_id: str, jobs: Jobs, config: Config) -> None:
    """Bring a job to `done` or `ended`, and say on its page how far it is."""
    try:
        await _sign(job_id, jobs, config)
        await _validate(job_id, jobs, config)
    except (csc.CscError, ApplicationMissing) as failure:
        log.info("job ended: %s", failure)
        jobs.update(job_id, step=Step.ENDED, problem=explain(failure, jobs.get(job_id).user_id))
    except JobUnknown:
        log.info("job deleted before it came to its end")
    except Exception:  # the last one who can tell the person at the page
        log.exception("job failed")
        jobs.update(job_id, step=Step.ENDED, problem=surprise())


async def _sign(job_id: str, jobs: Jobs, config: Config) -> None:
    job = jobs.get(job_id)

    def on_waiting(_handle: str, approval_url: str, expires_in_s: int, verification_code: str | None) -> None:
        expires = time.time() + expires_in_s
        jobs.keep_code(job_id, approval.moving_code)
        jobs.update(job_id, step=Step.WAITING, approval_url=approval_url, verification_code=verification_code, expires=expires)

    def on_progress(word: str) -> None:
        if jobs.get(job_id).progress != word:
            jobs.update(job_id, progress=word)

    return_url = read_return_url(config.client_file)
    async with csc.open_session(config.service, read_application(config.client_file)) as session:
        service, credential = await csc.fetch_credential(session, config.service, job.user_id)
        approval = csc.PollingAuthorizationManager(
            session,
            service,
            credential,
            on_waiting=on_waiting,
            on_approved=lambda: jobs.update(job_id, step=Step.SIGNING),
            description=job.subject or None,
            document_labels=[job.file_name],
            on_progress=on_progress,
            return_url=return_url,
            state=job_id if return_url is not None else None,
        )
        signer = csc.RemoteSigner(session, approval)
        jobs.keep_signed(job_id, await csc.sign_pdf(jobs.document(job_id), signer, is_shown=True))


async def _validate(job_id: str, jobs: Jobs, config: Config) -> None:
    verdicts: list[Verdict] = []
    unvalidated: list[str] = []

    async def ask(validation: Awaitable[Verdict]) -> None:
        try:
            verdicts.append(await validation)
        except ValidationImpossible as failure:
            unvalidated.append(str(failure))

    pdf = jobs.signed(job_id)
    try:
        authority = await ask_authority(config.ca)
    except ValidationImpossible as failure:
        unvalidated.append(str(failure))
    else:
        await ask(validate_with_pyhanko(pdf, authority))
        await ask(validate_with_pdfsig(pdf, authority))
    jobs.update(job_id, step=Step.DONE, verdicts=tuple(verdicts), unvalidated=" ".join(unvalidated))
