"""The pages of the relying application, one function each; what happens to a job is said in `signing`, what may be signed in `intake`."""

import asyncio
import re
import time
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from urllib.parse import quote, urlsplit

import segno
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.templating import Jinja2Templates

from demo.relying.config import ApplicationMissing, Config, read_application
from demo.relying.intake import MAX_PDF_BYTES, NO_FILE, TOO_LARGE, UploadRefused, clean_label, inspect
from demo.relying.jobs import Job, Jobs, JobUnknown, Step
from demo.relying.signing import carry_out
from demo.relying.words import COOKIE, Words, choose_language

HERE = Path(__file__).parent
SAMPLE = HERE.parent / "samples" / "contract.pdf"
SAMPLE_NAME, SAMPLE_SUBJECT = "工事請負契約書_AK-2026-118.pdf", "工事請負契約の締結"
FORM_OVERHEAD_BYTES = 100_000  # what a form may be longer than the file in it
USER_ID = re.compile(r"[A-Za-z0-9._@+-]{1,64}")
HOLD_S = 20.0
LOOK_UP_S = 0.5  # how often a held poll looks whether anybody still waits for it
YEAR_S = 366 * 86_400
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

templates = Jinja2Templates(HERE / "templates")
templates.env.trim_blocks = templates.env.lstrip_blocks = True


def show(request: Request, template: str, status: int = 200, **context: object) -> Response:
    """Render a page in the visitor's language; a language that was switched to is remembered."""
    language = choose_language(request)

    def say(ja: str, en: str) -> str:
        return Words(ja, en).said_in(language)

    shown = {"language": language, "say": say, "said": lambda words: Words(*words).said_in(language), **context}
    page = templates.TemplateResponse(request, template, shown, status_code=status)
    page.headers["Vary"] = "Accept-Language, Cookie"
    page.headers["Content-Language"] = language
    if request.query_params.get("lang") == language:
        page.set_cookie(COOKIE, language, max_age=YEAR_S, httponly=True, samesite="lax")
    return page


async def start(request: Request) -> Response:
    """The first page: which document, which signer."""
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
        entered=entered,
    )


async def ask(request: Request) -> Response:
    """Take the form of the first page and open a job."""
    length = request.headers.get("content-length", "")
    if not length.isdigit():
        raise HTTPException(HTTPStatus.LENGTH_REQUIRED)
    if int(length) > MAX_PDF_BYTES + FORM_OVERHEAD_BYTES:  # answered unread, with a page
        return _start(request, TOO_LARGE)
    async with request.form(max_files=1, max_fields=10) as form:
        user_id, subject = str(form.get("user_id", "")).strip(), clean_label(str(form.get("subject", "")))
        file, is_sample = form.get("file"), form.get("which") == "sample"
        try:
            if is_sample:
                pdf, name, subject = SAMPLE.read_bytes(), SAMPLE_NAME, subject or SAMPLE_SUBJECT
            elif isinstance(file, UploadFile) and file.filename:
                pdf, name = await file.read(), file.filename
            else:
                raise NO_FILE
            if USER_ID.fullmatch(user_id) is None:
                raise USER_ID_REFUSED
            document = await asyncio.to_thread(inspect, pdf, name)
        except UploadRefused as refused:
            return _start(request, refused, user_id=user_id, subject=subject, which="sample" if is_sample else "own")
    return _open(request, request.app.state.jobs.create(document, user_id=user_id, subject=subject))


async def ask_again(request: Request) -> Response:
    """Open a new job with the document, signer and subject of one that has ended."""
    jobs: Jobs = request.app.state.jobs
    job = _find(request)
    if job.step is not Step.ENDED:
        return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)
    document = await asyncio.to_thread(inspect, jobs.document(job.id), job.file_name)
    return _open(request, jobs.create(document, user_id=job.user_id, subject=job.subject))


def _open(request: Request, job: Job) -> Response:
    state = request.app.state
    task = asyncio.create_task(carry_out(job.id, state.jobs, state.config))
    state.under_way.add(task)  # or else nobody holds the task
    task.add_done_callback(state.under_way.discard)
    return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)


async def follow(request: Request) -> Response:
    """The page of a job, by its state."""
    job = _find(request)
    here = urlsplit(request.app.state.config.service).hostname in ("localhost", "127.0.0.1")
    return show(request, "job.html", job=job, left_s=max(0, round(job.expires - time.time())), is_local=here, Step=Step)


async def follow_state(request: Request) -> Response:
    """Where the job is, held until it is further than `seen` (the version that the page shows)."""
    seen = request.query_params.get("seen", "")
    job = _find(request)
    ends = time.monotonic() + HOLD_S
    while str(job.version) == seen and time.monotonic() < ends and not request.app.state.is_stopping():
        job = await request.app.state.jobs.wait(job, LOOK_UP_S)
        if await request.is_disconnected():
            break
    return JSONResponse({"version": job.version, "step": job.step})


async def qr_code(request: Request) -> Response:
    """What opens the request in this second, as a QR code (ISO/IEC 18004), for the signer's phone; nothing when it is over."""
    job = _find(request)
    if job.step is not Step.WAITING:
        return Response(status_code=HTTPStatus.NO_CONTENT)  # a page that is open may ask once more
    picture = BytesIO()
    address = request.app.state.jobs.address(job.id, "qr")
    segno.make(address, error="m", micro=False).save(picture, kind="svg", border=3, dark="#14203f", light="#ffffff", xmldecl=False)
    return Response(picture.getvalue(), media_type="image/svg+xml")


async def here(request: Request) -> Response:
    """Lead on to the request on this very device, with a code that is made now."""
    job = _find(request)
    if job.step is not Step.WAITING:
        return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)
    return RedirectResponse(request.app.state.jobs.address(job.id, "here"), HTTPStatus.SEE_OTHER)


async def back(request: Request) -> Response:
    """Take back the signer who was sent to the service from here; how it ended is asked of the service, never read from the address."""
    job: Job = request.app.state.jobs.get(request.query_params.get("state", ""))
    return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)


async def download(request: Request) -> Response:
    """The signed PDF."""
    job = _find(request)
    if job.step is not Step.DONE:
        raise JobUnknown
    name = quote(f"{job.file_name.removesuffix('.pdf')}-signed.pdf", safe="")
    disposition = f"attachment; filename=\"signed.pdf\"; filename*=UTF-8''{name}"  # RFC 6266 §5
    pdf = request.app.state.jobs.signed(job.id)
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": disposition})


async def sample(request: Request) -> Response:
    """The sample contract, to look at."""
    return FileResponse(SAMPLE, media_type="application/pdf", headers={"Content-Disposition": 'inline; filename="contract.pdf"'})


def _find(request: Request) -> Job:
    job: Job = request.app.state.jobs.get(request.path_params["job_id"])
    return job


async def not_found(request: Request, _: Exception) -> Response:
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
