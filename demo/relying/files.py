"""The files of a job that can be fetched: as uploaded, prepared for the signature, signed, all signed ones as one ZIP, and the seal."""

import re
import zipfile
from io import BytesIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from demo.relying.jobs import Job, Jobs, JobUnknown, Step
from demo.relying.seal import draw_svg

FORBIDDEN = re.compile(r'[\\/:*?"<>|]')  # in file names, on one system or another


def find(request: Request) -> Job:
    """Give the job that the address names; raises JobUnknown."""
    jobs: Jobs = request.app.state.jobs
    return jobs.get(request.path_params["job_id"])


async def document(request: Request) -> Response:
    """A PDF as it was uploaded, for the page on which the seal is placed."""
    job = find(request)
    return _pdf(request.app.state.jobs.file(job.id, f"{_position(request, job)}.pdf"), "inline", "document.pdf")


async def prepared(request: Request) -> Response:
    """A PDF with the hole for its signature, as it was sent to the signing service."""
    job = find(request)
    return _pdf(request.app.state.jobs.file(job.id, f"{_position(request, job)}.prepared.pdf"), "attachment", "prepared.pdf")


async def signed(request: Request) -> Response:
    """A signed PDF."""
    job = find(request)
    position = _position(request, job)
    if job.step is not Step.DONE:
        raise JobUnknown
    return _pdf(request.app.state.jobs.file(job.id, f"{position}.signed.pdf"), "attachment", signed_names(job)[position])


async def all_signed(request: Request) -> Response:
    """All signed PDFs as one ZIP."""
    job = find(request)
    if job.step is not Step.DONE:
        raise JobUnknown
    archive = BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, pdf in zip(signed_names(job), request.app.state.jobs.files(job.id, "signed.pdf"), strict=True):
            packed.writestr(name, pdf)
    return Response(archive.getvalue(), media_type="application/zip", headers={"Content-Disposition": 'attachment; filename="signed.zip"'})


def signed_names(job: Job) -> list[str]:
    """Name the signed files after the uploaded ones: no folders, nothing that a file system takes amiss, none twice."""
    names: list[str] = []
    taken: set[str] = set()
    for uploaded in job.documents:
        stem = FORBIDDEN.sub("_", re.sub(r"\.pdf$", "", uploaded.name, flags=re.IGNORECASE)).strip(". ") or "document"
        name, number = f"{stem}-signed.pdf", 1
        while name.casefold() in taken:
            number += 1
            name = f"{stem}-signed-{number}.pdf"
        taken.add(name.casefold())
        names.append(name)
    return names


def seal_picture(job: Job) -> str:
    """Draw the seal of a job (SVG); raises JobUnknown where it has none."""
    if not job.seal_text:
        raise JobUnknown
    return draw_svg(job.seal_text)


def _position(request: Request, job: Job) -> int:
    number = int(request.path_params["number"])
    if not 1 <= number <= len(job.documents):
        raise JobUnknown
    return number - 1


def _pdf(pdf: bytes, disposition: str, name: str) -> Response:
    """Answer with a PDF under its own name (RFC 6266 §5)."""
    header = f"{disposition}; filename=\"document.pdf\"; filename*=UTF-8''{quote(name, safe='')}"
    return Response(pdf, media_type="application/pdf", headers={"Content-Disposition": header})
