"""The jobs: documents on their way to signatures, kept for an hour in a directory each; it knows nothing of how signing goes."""

import asyncio
import secrets
import shutil
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal

import msgspec

from demo.relying.intake import Document
from demo.relying.placing import Place
from demo.relying.wire import Call
from demo.relying.words import Words
from demo.validate import Verdict
from natsuin.client import MovingCode

LIFE_S = 3600
INTERRUPTED = Words(
    "依頼の途中でこのアプリケーションが再起動し、署名者に届いたかどうか分からないため、依頼を終わりにしました。文書は残っています。もう一度依頼してください。",
    "This application was restarted before it was sure that the signer had been asked. The documents are still here: please ask again.",
)


class Step(StrEnum):
    """How far a job is; `placing` waits for the person at the page, `ended` is an end without a signature."""

    PREPARED = "prepared"
    PLACING = "placing"
    WAITING = "waiting"
    SIGNING = "signing"
    DONE = "done"
    ENDED = "ended"


class JobDocument(msgspec.Struct, frozen=True):
    """One of its documents, and what became of it."""

    name: str
    pages: int
    size_bytes: int
    verdicts: tuple[Verdict, ...] = ()
    unvalidated: str = ""  # why a validator gave no verdict


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of one job. The id is 128 random bits: whoever has the address may see the page."""

    id: str
    user_id: str
    subject: str
    documents: tuple[JobDocument, ...]
    created: float  # unix seconds
    version: int = 0  # one more at every change
    step: Step = Step.PREPARED
    with_seal: bool = False
    seal: Place | None = None
    seal_text: str = ""  # empty where none can be drawn
    handle: str = ""  # the request's name at the service
    approval_url: str = ""
    progress: str = ""  # the service's word for how far the request has come
    verification_code: str | None = None
    expires: float = 0.0  # unix seconds; when the signer's time ends
    was_restarted: bool = False  # while it was under way
    stage: int = 0  # where it ended (`demo.relying.progress`)
    has_signed: bool = False  # the signed files are here
    problem: Words | None = None
    calls: int = 0

    @property
    def is_over(self) -> bool:
        return self.step in (Step.DONE, Step.ENDED)

    @property
    def has_begun(self) -> bool:
        """Whether the service has the request, so that it can be gone on with after a restart."""
        return self.step in (Step.WAITING, Step.SIGNING)


class JobUnknown(Exception):
    """There is no such job, or its hour is over."""


class Jobs:
    """All jobs, in memory and on disk."""

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
            if job.has_begun:
                self.update(job.id, was_restarted=True)
            elif job.step is Step.PREPARED:
                self.update(job.id, step=Step.ENDED, problem=INTERRUPTED)

    def create(self, documents: Sequence[Document], *, user_id: str, subject: str, with_seal: bool = False) -> Job:
        """Keep documents and open a job for them."""
        job = Job(
            id=secrets.token_urlsafe(16),
            user_id=user_id,
            subject=subject,
            documents=tuple(JobDocument(document.name, document.pages, len(document.pdf)) for document in documents),
            created=time.time(),
            with_seal=with_seal,
        )
        (self._directory / job.id).mkdir(mode=0o700)
        for position, document in enumerate(documents):
            self.keep_file(job.id, f"{position}.pdf", document.pdf)
        self._keep(job)
        return job

    def create_again(self, ended: Job) -> Job:
        """Open a job like one that has ended, with its documents, and its seal in its place."""
        pdfs = zip(ended.documents, self.files(ended.id, "pdf"), strict=True)
        documents = [Document(pdf, document.name, document.pages) for document, pdf in pdfs]
        job = self.create(documents, user_id=ended.user_id, subject=ended.subject, with_seal=ended.with_seal)
        if ended.seal is not None:
            self.update(job.id, seal=ended.seal, seal_text=ended.seal_text)
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

    def begun(self) -> list[Job]:
        """List those that the service has, and that nobody here looks after when the program starts."""
        return [job for job in self._jobs.values() if job.has_begun]

    def update(self, job_id: str, **changes: Any) -> None:
        """Change a job and wake everyone who waits for it."""
        job = self.get(job_id)
        self._keep(msgspec.structs.replace(job, version=job.version + 1, **changes))
        self._wake(job_id)

    def add_call(self, job_id: str, call: Call) -> None:
        """Write down what went over the wire."""
        job = self.get(job_id)
        with self._path(job.id, "calls.jsonl").open("ab") as out:
            out.write(msgspec.json.encode(call) + b"\n")
        self._keep(msgspec.structs.replace(job, calls=job.calls + 1))
        self._wake(job_id)

    def calls(self, job_id: str) -> Iterator[Call]:
        """Give what went over the wire, in order."""
        path = self._path(self.get(job_id).id, "calls.jsonl")
        for line in path.read_bytes().splitlines() if path.exists() else ():
            with suppress(msgspec.MsgspecError):  # the last line may have been cut short
                yield msgspec.json.decode(line, type=Call)

    async def wait(self, seen: Job, timeout_s: float) -> Job:
        """Return the job as soon as it is not any more as it was seen, or when the time is over."""
        if self.get(seen.id) == seen:
            changed = self._changed.setdefault(seen.id, asyncio.Event())
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), timeout_s)
        return self.get(seen.id)

    def keep_code(self, job_id: str, code: MovingCode | None) -> None:
        """Keep what the moving code is made of: in memory only, because its key is a secret."""
        if code is not None:
            self._codes[self.get(job_id).id] = code

    def address(self, job_id: str, way: Literal["qr", "here"]) -> str:
        """Give where the request can be opened in this second; nothing where only a code would open it that is gone."""
        code = self._codes.get(job_id)
        return code.address(way) if code is not None else self.get(job_id).approval_url

    def file(self, job_id: str, name: str) -> bytes:
        """
        Read one of its files.

        Raises:
            JobUnknown: there is none by this name.
        """
        try:
            return self._path(self.get(job_id).id, name).read_bytes()
        except FileNotFoundError:
            raise JobUnknown from None

    def files(self, job_id: str, kind: str) -> list[bytes]:
        """Read all of a kind, in the order of the documents: `pdf`, `prepared.pdf`, `signed.pdf`."""
        return [self.file(job_id, f"{position}.{kind}") for position in range(len(self.get(job_id).documents))]

    def keep_file(self, job_id: str, name: str, content: bytes) -> None:
        """Keep a file, whole or not at all."""
        draft = self._path(job_id, f"{name}.new")
        draft.write_bytes(content)
        draft.replace(self._path(job_id, name))

    def sweep(self, now: float) -> None:
        """Delete every job whose hour is over, with its documents."""
        for job in [job for job in self._jobs.values() if now - job.created > LIFE_S]:
            del self._jobs[job.id]
            self._codes.pop(job.id, None)
            self._wake(job.id)
            shutil.rmtree(self._directory / job.id)

    def _wake(self, job_id: str) -> None:
        self._changed.pop(job_id, asyncio.Event()).set()

    def _keep(self, job: Job) -> None:
        self._jobs[job.id] = job
        self.keep_file(job.id, "job.json", msgspec.json.encode(job))

    def _path(self, job_id: str, name: str) -> Path:
        return self._directory / job_id / name
