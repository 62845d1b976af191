"""What a browser keeps: the service worker, the manifest that makes an app of the pages (W3C App Manifest), the page without network."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.phone.language import LANGUAGES, language_of, translations
from app.phone.page import page
from app.phone.static import STATIC, static_path
from app.services import Services

PAPER = "#fbfaf7"  # as static/natsuin.css has it


async def service_worker(_: Services, __: Request) -> Response:
    """Give the script that gets pushes, for all pages; browsers look for a new one themselves (Service Workers §8.4)."""
    headers = {"Service-Worker-Allowed": "/"}
    return Response((STATIC / "service-worker.js").read_bytes(), media_type="text/javascript", headers=headers)


async def manifest(services: Services, request: Request) -> Response:
    """Say how the pages are called and look when they are put on the home screen."""
    language = language_of(request)
    _ = translations(language).gettext
    icons = [("icon-192.png", "192x192", "any"), ("icon-512.png", "512x512", "any"), ("icon-maskable.png", "512x512", "maskable")]
    return JSONResponse(
        {
            "id": "/",
            "name": _("Natsuin: approve signatures"),
            "short_name": "Natsuin",
            "description": _("Approve signatures with your passkey."),
            "lang": language,
            "dir": "ltr",
            "start_url": "/",
            "scope": "/",
            "display": "standalone",
            "background_color": PAPER,
            "theme_color": PAPER,
            "icons": [
                {"src": static_path(file), "sizes": sizes, "type": "image/png", "purpose": purpose} for file, sizes, purpose in icons
            ],
        },
        media_type="application/manifest+json",
    )


async def offline(_: Services, request: Request) -> Response:
    """Say in every language that there is no network, first in the reader's own; the service worker keeps it."""
    own = language_of(request)
    return page(request, "offline.html", said=[offline_words(one) for one in (own, *(other for other in LANGUAGES if other != own))])


def offline_words(language: str) -> dict[str, str]:
    """Give what that page says in one language."""
    _ = translations(language).gettext
    return {
        "language": language,
        "heading": _("No connection"),
        "text": _("Check the network, then try again. Requests wait until their time is over."),
        "again": _("Try again"),
    }
