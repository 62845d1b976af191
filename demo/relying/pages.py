"""The first page of the relying application, what becomes of its form, and the pages for errors; what may be signed is said in `intake`."""

import asyncio
import re
from http import HTTPStatus

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response

from demo.relying.config import ApplicationMissing, Config, read_application
from demo.relying.intake import (
    MAX_PDF_BYTES,
    MAX_TOGETHER_BYTES,
    MOST_DOCUMENTS,
    NO_FILE,
    TOO_LARGE_TOGETHER,
    TOO_MANY_FILES,
    Document,
    UploadRefused,
    clean_label,
    inspect,
)
from demo.relying.show import HERE, show
from demo.relying.under_way import begin
from demo.relying.words import Words

SAMPLE = HERE.parent / "samples" / "contract.pdf"
SAMPLE_NAME, SAMPLE_SUBJECT = "工事請負契約書_AK-2026-118.pdf", "工事請負契約の締結"
FORM_OVERHEAD_BYTES = 100_000  # what a form may be longer than the files in it
MOST_PARTS = 1000  # of a form; more files than we take, so that too many have a sentence of ours
USER_ID = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
USER_ID_REFUSED = UploadRefused(
    Words(
        "署名者 ID は、半角の英数字と . _ @ + - で入力してください（64 文字まで）。",
        "A signer's ID is made of letters, digits and . _ @ + - (up to 64).",
    )
)
GONE = Words(
    "このページは見つかりません。依頼と文書は 1 時間後に削除されます。はじめからやり直してください。",
    "There is no such page. Requests and documents are deleted after one hour. Please start anew.",
)


async def start(request: Request) -> Response:
    """The first page: which documents, which signer."""
    return _start(request)


def _start(request: Request, refused: UploadRefused | None = None, **entered: str) -> Response:
    config: Config = request.app.state.config
    try:
        read_application(config.client_file)
        is_registered = True
    except ApplicationMissing:
        is_registered = False
    entered.setdefault("user_id", request.query_params.get("user", ""))
    return show(
        request,
        "start.html",
        refused.status if refused else 200,
        refused=refused.words if refused else None,
        is_registered=is_registered,
        client_file=config.client_file,
        max_bytes=MAX_PDF_BYTES,
        max_together_bytes=MAX_TOGETHER_BYTES,
        most=MOST_DOCUMENTS,
        too_large_together=TOO_LARGE_TOGETHER.words,
        too_many_files=TOO_MANY_FILES.words,
        entered=entered,
    )


async def ask(request: Request) -> Response:
    """Take the form of the first page and open a job."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise HTTPException(HTTPStatus.LENGTH_REQUIRED)
    if int(length) > MAX_TOGETHER_BYTES + FORM_OVERHEAD_BYTES:  # answered unread, with a page
        return _start(request, TOO_LARGE_TOGETHER)
    async with request.form(max_files=MOST_PARTS, max_fields=10) as form:
        user_id, subject = str(form.get("user_id", "")).strip(), clean_label(str(form.get("subject", "")))
        is_sample, with_seal = form.get("which") == "sample", form.get("seal") == "placed"
        try:
            documents = await _documents(form, is_sample)
            if USER_ID.fullmatch(user_id) is None:
                raise USER_ID_REFUSED
        except UploadRefused as refused:
            kept = {"which": "sample" if is_sample else "own", "seal": "placed" if with_seal else "none"}
            return _start(request, refused, user_id=user_id, subject=subject, **kept)
    if is_sample and not subject:
        subject = SAMPLE_SUBJECT
    job = request.app.state.jobs.create(documents, user_id=user_id, subject=subject, with_seal=with_seal)
    begin(request.app.state, job.id)
    return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)


async def _documents(form: FormData, is_sample: bool) -> list[Document]:
    """Check what is to be signed; raises UploadRefused."""
    if is_sample:
        return [inspect(SAMPLE.read_bytes(), SAMPLE_NAME)]
    files = [file for file in form.getlist("file") if isinstance(file, UploadFile) and file.filename]
    if not files:
        raise NO_FILE
    if len(files) > MOST_DOCUMENTS:
        raise TOO_MANY_FILES
    if sum(file.size or 0 for file in files) > MAX_TOGETHER_BYTES:
        raise TOO_LARGE_TOGETHER
    documents = []
    for file in files:
        name = file.filename or ""
        try:
            documents.append(await asyncio.to_thread(inspect, await file.read(), name))
        except UploadRefused as refused:
            raise refused.of(clean_label(name)) if len(files) > 1 else refused from None
    return documents


async def sample(request: Request) -> Response:
    """The sample contract, to look at."""
    return FileResponse(SAMPLE, media_type="application/pdf", headers={"Content-Disposition": 'inline; filename="contract.pdf"'})


async def not_found(request: Request, _: Exception) -> Response:
    """There is no such page."""
    return show(request, "problem.html", HTTPStatus.NOT_FOUND, words=GONE, is_nothing=True)


async def other_problem(request: Request, problem: Exception) -> Response:
    """Any other error: wrong method, unreadable form, or one that nobody foresaw."""
    status = problem.status_code if isinstance(problem, HTTPException) else HTTPStatus.INTERNAL_SERVER_ERROR
    if status == HTTPStatus.NOT_FOUND:
        return await not_found(request, problem)
    words = Words(
        f"この操作はできませんでした（{status}）。はじめの画面からやり直してください。",
        f"That did not work ({status}). Please start again from the first page.",
    )
    return show(request, "problem.html", status, words=words, is_nothing=False)
