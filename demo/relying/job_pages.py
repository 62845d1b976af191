"""The page of a job, by its state, and what its script asks for; what happens to a job is said in `signing`."""

import math
import time
from http import HTTPStatus
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import segno
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from demo.relying.curl import curl
from demo.relying.files import find, seal_picture
from demo.relying.intake import UploadRefused
from demo.relying.jobs import Job, Jobs, Step
from demo.relying.placing import FARTHEST_MM, LARGEST_MM, LAST, SMALLEST_MM, Place, read_sheet, usual_place
from demo.relying.progress import stage_of
from demo.relying.report import report_on
from demo.relying.show import show
from demo.relying.under_way import begin
from demo.relying.wire import Call
from demo.relying.words import Words

HOLD_S = 20.0
LOOK_UP_S = 0.5  # how often a held poll looks whether anybody still waits for it
NO_PLACE = UploadRefused(
    Words(
        f"位置は数字で入力してください。大きさは {SMALLEST_MM:.0f} mm から {LARGEST_MM:.0f} mm までです。",
        f"Enter the place as numbers; the size is {SMALLEST_MM:.0f} mm to {LARGEST_MM:.0f} mm.",
    )
)
NO_SUCH_PAGE = UploadRefused(Words("そのページは文書にありません。", "The document has no such page."))


async def follow(request: Request) -> Response:
    """The page of a job, by its state."""
    return _follow(request, find(request))


def _follow(request: Request, job: Job, refused: UploadRefused | None = None, entered: FormData | None = None) -> Response:
    jobs: Jobs = request.app.state.jobs
    here = urlsplit(request.app.state.config.service).hostname in ("localhost", "127.0.0.1")
    place = usual_place(read_sheet(jobs.file(job.id, "0.pdf"), LAST)) if job.step is Step.PLACING else None
    return show(
        request,
        "job.html",
        refused.status if refused else 200,
        job=job,
        stage=stage_of(job),
        left_s=max(0, round(job.expires - time.time())),
        is_local=here,
        can_be_opened=bool(jobs.address(job.id, "here")),
        calls=[described(request, job, call) for call in jobs.calls(job.id)],
        reports=[report_on(document) for document in job.documents] if job.step is Step.DONE else [],
        refused=refused.words if refused else None,
        entered=entered or {},
        place=place,
        sizes_mm=(SMALLEST_MM, LARGEST_MM),
    )


async def follow_state(request: Request) -> Response:
    """Where the job is, held until it is further than `seen` (the version that the page shows) or has made more than `calls` calls."""
    seen, calls = (request.query_params.get(name, "") for name in ("seen", "calls"))
    job = find(request)
    ends = time.monotonic() + HOLD_S
    while (str(job.version), str(job.calls)) == (seen, calls) and time.monotonic() < ends and not request.app.state.is_stopping():
        job = await request.app.state.jobs.wait(job, LOOK_UP_S)
        if await request.is_disconnected():
            break
    return JSONResponse({"version": job.version, "step": job.step, "calls": job.calls})


async def follow_calls(request: Request) -> Response:
    """What went over the wire since the page has looked: the calls behind the first `known`."""
    job, known = find(request), request.query_params.get("known", "")
    calls = list(request.app.state.jobs.calls(job.id))[int(known) if known.isascii() and known.isdigit() else 0 :]
    return JSONResponse([described(request, job, call) for call in calls])


def described(request: Request, job: Job, call: Call) -> dict[str, Any]:
    """Give a call as the page shows it."""
    files = f"{str(request.base_url).rstrip('/')}/jobs/{job.id}/prepared/"
    return {
        "method": call.method,
        "path": call.path,
        "status": str(call.status or "–"),
        "is_good": 0 < call.status < 400,
        "took": f"{call.took_s:.2f} s",
        "curl": curl(call, files),
        "answer": call.answer,
    }


async def place_seal(request: Request) -> Response:
    """Take where the seal goes, or that there is none, and have the signer asked."""
    job = find(request)
    async with request.form(max_files=0, max_fields=10) as form:
        if job.step is not Step.PLACING:
            return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)
        try:
            place = read_place(form, job) if form.get("seal") == "placed" and job.seal_text else None
        except UploadRefused as refused:
            return _follow(request, job, refused, form)
    request.app.state.jobs.update(job.id, step=Step.PREPARED, with_seal=place is not None, seal=place)
    begin(request.app.state, job.id)
    return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)


def read_place(form: FormData, job: Job) -> Place:
    """Read the fields of the form; raises UploadRefused. What would stand beside the page is moved onto it when it is drawn."""
    try:
        page = int(str(form.get("page")))
        left, top, size = (float(str(form.get(name))) for name in ("left", "top", "size"))
    except ValueError:
        raise NO_PLACE from None
    if not all(math.isfinite(number) and 0 <= number <= FARTHEST_MM for number in (left, top)) or not SMALLEST_MM <= size <= LARGEST_MM:
        raise NO_PLACE
    if page != LAST and not 1 <= page <= min(document.pages for document in job.documents):
        raise NO_SUCH_PAGE
    return Place(page, left, top, size)


async def ask_again(request: Request) -> Response:
    """Open a new job with the documents, signer, subject and seal of one that has ended."""
    jobs: Jobs = request.app.state.jobs
    job = find(request)
    if job.step is Step.ENDED:
        job = jobs.create_again(job)
        begin(request.app.state, job.id)
    return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)


async def qr_code(request: Request) -> Response:
    """What opens the request in this second, as a QR code (ISO/IEC 18004), for the signer's phone; nothing when it is over."""
    job = find(request)
    address = request.app.state.jobs.address(job.id, "qr")
    if job.step is not Step.WAITING or not address:
        return Response(status_code=HTTPStatus.NO_CONTENT)  # a page that is open may ask once more
    picture = BytesIO()
    segno.make(address, error="m", micro=False).save(picture, kind="svg", border=3, dark="#14203f", light="#ffffff", xmldecl=False)
    return Response(picture.getvalue(), media_type="image/svg+xml")


async def seal(request: Request) -> Response:
    """The seal of the signer, as it will stand on the page."""
    return Response(seal_picture(find(request)), media_type="image/svg+xml")


async def here(request: Request) -> Response:
    """Lead on to the request on this very device, with a code that is made now."""
    job = find(request)
    address = request.app.state.jobs.address(job.id, "here")
    if job.step is not Step.WAITING or not address:
        return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)
    return RedirectResponse(address, HTTPStatus.SEE_OTHER)


async def back(request: Request) -> Response:
    """Take back the signer who was sent to the service from here; how it ended is asked of the service, never read from the address."""
    job: Job = request.app.state.jobs.get(request.query_params.get("state", ""))
    return RedirectResponse(f"/jobs/{job.id}", HTTPStatus.SEE_OTHER)
