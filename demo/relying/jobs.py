"""The jobs: one document on its way to a signature, kept for an hour in a directory each; it knows nothing of how signing goes."""

import asyncio
import secrets
import shutil
import time
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import msgspec

from demo.csc import MovingCode
from demo.relying.intake import Document
from demo.relying.words import Words
from demo.validate import Verdict

LIFE_S = 3600
INTERRUPTED = Words(
    "途中でこのアプリケーションが再起動したため、依頼は終わりました。もう一度依頼してください。",
    "This application was restarted meanwhile, so the request ended. Please ask again.",
)


class Step(StrEnum):
    """How far a job is; `ended` is an end without a signature."""

    PREPARED = "prepared"
    WAITING = "waiting"
    SIGNING = "signing"
    DONE = "done"
    ENDED = "ended"


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one job. The id is 128 random bits: whoever has the address may see the page."""

    id: str
    user_id: str
    subject: str
    file_name: str
    pages: int
    size_bytes: int
    created: float  # unix seconds
    version: int = 0  # one more at every change
    step: Step = Step.PREPARED
    approval_url: str = ""
    progress: str = ""  # the service's word for how far the request has come
    verification_code: str | None = None
    expires: float = 0.0  # unix seconds; when the signer's time ends
    problem: Words | None = None
    verdicts: tuple[Verdict, ...] = ()
    unvalidated: str = ""  # why a validator gave no verdict

    @property
    def is_over(self) -> bool:
        return self.step in (Step.DONE, Step.ENDED)


class JobUnknown(Exception):
    """There is no such job, or its hour is over."""


class Jobs:
    """All jobs, in memory and on disk; of a job that was under way when the program stopped, only the end remains."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._jobs: dict[str, Job] = {}
        self._changed: dict[str, asyncio.Event] = {}
        self._codes: dict[str, MovingCode] = {}
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for kept in directory.iterdir():
            try:
                job = msgspec.json.decode((kept / "job.json").read_bytes(), type=Job)
            except (OSError, msgspec.MsgspecError):  # cut short before it was a job, or of another version
                shutil.rmtree(kept)
                continue
            self._jobs[job.id] = job
            if not job.is_over:
                self.update(job.id, step=Step.ENDED, problem=INTERRUPTED)

    def create(self, document: Document, *, user_id: str, subject: str) -> Job:
        """Keep a document and open a job for it."""
        job = Job(
            id=secrets.token_urlsafe(16),
            user_id=user_id,
            subject=subject,
            file_name=document.name,
            pages=document.pages,
            size_bytes=len(document.pdf),
            created=time.time(),
        )
        (self._directory / job.id).mkdir(mode=0o700)
        self._file(job.id, "document.pdf").write_bytes(document.pdf)
        self._keep(job)
        return job

    def get(self, job_id: str) -> Job:
        """
        Return a job.

        Raises:
            JobUnknown: there is none by this id.
        """
        try:
            return self._jobs[job_id]
        except KeyError:
            raise JobUnknown from None

    def update(self, job_id: str, **changes: Any) -> None:
        """Change a job and wake everyone who waits for it."""
        job = self.get(job_id)
        self._keep(msgspec.structs.replace(job, version=job.version + 1, **changes))
        self._changed.pop(job_id, asyncio.Event()).set()

    async def wait(self, seen: Job, timeout_s: float) -> Job:
        """Return the job as soon as it is not any more as it was seen, or when the time is over."""
        if self.get(seen.id).version == seen.version:
            changed = self._changed.setdefault(seen.id, asyncio.Event())
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), timeout_s)
        return self.get(seen.id)

    def keep_code(self, job_id: str, code: MovingCode | None) -> None:
        """Keep what the moving code is made of: in memory only, because its key is a secret."""
        if code is not None:
            self._codes[self.get(job_id).id] = code

    def address(self, job_id: str, way: Literal["qr", "here"]) -> str:
        """Give where the request can be opened in this second."""
        code = self._codes.get(job_id)
        return code.address(way) if code is not None else self.get(job_id).approval_url

    def document(self, job_id: str) -> bytes:
        return self._file(self.get(job_id).id, "document.pdf").read_bytes()

    def signed(self, job_id: str) -> bytes:
        return self._file(self.get(job_id).id, "signed.pdf").read_bytes()

    def keep_signed(self, job_id: str, pdf: bytes) -> None:
        self._file(self.get(job_id).id, "signed.pdf").write_bytes(pdf)

    def sweep(self, now: float) -> None:
        """Delete every job whose hour is over, with its documents."""
        for job in [job for job in self._jobs.values() if now - job.created > LIFE_S]:
            del self._jobs[job.id]
            self._codes.pop(job.id, None)
            self._changed.pop(job.id, asyncio.Event()).set()
            shutil.rmtree(self._directory / job.id)

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        draft = self._file(job.id, "job.json.new")
        draft.write_bytes(msgspec.json.encode(job))
        draft.replace(self._file(job.id, "job.json"))

    def _file(self, job_id: str, name: str) -> Path:
        return self._directory / job_id / name
