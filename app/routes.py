"""The whole URL table."""

from collections.abc import Awaitable, Callable

from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.csc import login, v1
from app.csc.asynchronous import sign_polling
from app.csc.authorize import authorize, authorize_check
from app.csc.cancel import cancel
from app.csc.credentials import credential_info, list_credentials
from app.csc.events import beforehand, events
from app.csc.explicit import get_challenge
from app.csc.extend import extend_transaction
from app.csc.info import info
from app.csc.not_implemented import not_implemented
from app.csc.sign_doc import sign_doc
from app.csc.sign_hash import sign_hash
from app.csc.timestamp import timestamp
from app.grant.authorize import authorize as authorize_browser
from app.grant.backchannel import authenticate_signer
from app.grant.pushed import push as push_request
from app.health import health
from app.oauth.introspect import introspect
from app.oauth.metadata import jwks, metadata
from app.oauth.revoke import revoke
from app.oauth.token import token
from app.openapi import pages as developers
from app.openapi.serve import openapi
from app.phone import (
    access,
    account,
    add_device,
    agreement,
    approve,
    change,
    device,
    document,
    enroll,
    entry,
    freeze,
    history,
    inbox,
    installed,
    key,
    later,
    live,
    mark,
    new_device,
    notifications,
    otp,
    otp_pin,
    otp_sign_in,
    otp_token,
    push,
    quiet,
    receipt,
    recover,
    recovery,
    reminder,
    replacement,
    screen_code,
    second_way,
    sign_in,
    statement,
)
from app.phone.sandbox import SANDBOX, VIEWER
from app.phone.static import STATIC, static_digest
from app.services import Services

Endpoint = Callable[[Services, Request], Awaitable[Response]]

POST: tuple[tuple[str, Endpoint], ...] = (
    ("/csc/v2/info", info),
    ("/csc/v2/credentials/list", list_credentials),
    ("/csc/v2/credentials/info", credential_info),
    ("/csc/v2/credentials/authorize", authorize),
    ("/csc/v2/credentials/authorizeCheck", authorize_check),
    ("/csc/v2/signatures/signHash", sign_hash),
    ("/csc/v2/auth/login", login.login),
    ("/csc/v2/auth/revoke", login.revoke),
    ("/csc/v2/credentials/getChallenge", get_challenge),
    ("/csc/v2/credentials/extendTransaction", extend_transaction),
    ("/csc/v2/signatures/timestamp", timestamp),
    ("/csc/v2/signatures/signDoc", sign_doc),
    ("/csc/v2/signatures/signPolling", sign_polling),
    ("/csc/v1/info", v1.info),
    ("/csc/v1/auth/login", login.login),
    ("/csc/v1/auth/revoke", login.revoke),
    ("/csc/v1/credentials/list", v1.list_credentials),
    ("/csc/v1/credentials/info", v1.credential_info),
    ("/csc/v1/credentials/authorize", v1.authorize),
    ("/csc/v1/credentials/extendTransaction", v1.extend_transaction),
    ("/csc/v1/signatures/signHash", v1.sign_hash),
    ("/csc/v1/signatures/timestamp", timestamp),
    ("/oauth2/token", token),
    ("/oauth2/revoke", revoke),
    ("/enroll/options", enroll.options),
    ("/enroll/key", enroll.key),
    ("/enroll", enroll.enroll),
    ("/enroll/application", enroll.application),
    ("/enroll/application/signed", enroll.signed_application),
    ("/sign-in/options", sign_in.options),
    ("/sign-in", sign_in.sign_in),
    ("/sign-in/otp", otp_sign_in.sign_in),
    ("/sign-out", sign_in.sign_out),
    ("/approve/{id}", approve.approve),
    ("/approve/{id}/refuse", approve.refuse),
    ("/account/add", add_device.link),
    ("/account/add/{id}/refuse", add_device.refuse),
    ("/account/devices/{id}/rename", device.rename),
    ("/account/change", change.propose),
    ("/account/change/{id}", change.approve),
    ("/new-device/options", new_device.options),
    ("/new-device", new_device.register),
    ("/new-device/state", new_device.state),
    ("/freeze", freeze.freeze),
    ("/account/otp/offer", otp.offer_token),
    ("/account/otp/serial", otp.name_token),
    ("/second-way", second_way.later),
    ("/receipt", receipt.ask),
    ("/account/replacement/stop", replacement.stop),
    ("/account/reminders/{id}/dismiss", reminder.dismiss),
    ("/account/recovery/{id}/stop", recovery.stop),
    ("/recover/options", recover.options),
    ("/recover", recover.register),
    ("/push/subscribe", push.subscribe),
    ("/push/unsubscribe", push.unsubscribe),
    ("/push/test", push.test),
    ("/push/delivered", push.delivered),
    ("/s", screen_code.use),
    ("/approve/{id}/later", later.later),
    ("/quiet", quiet.quiet),
    ("/agree/{id}", agreement.decide),
    ("/oauth2/introspect", introspect),
    ("/oauth2/pushed_authorize", push_request),
    ("/oauth2/backchannel_authentication", authenticate_signer),
    ("/access/{id}", access.answer),
)
GET: tuple[tuple[str, Endpoint], ...] = (
    ("/", inbox.show),
    ("/inbox", inbox.inbox),
    ("/enroll", enroll.show),
    ("/sign-in", sign_in.show),
    ("/approve/{id}", approve.show),
    ("/approve/{id}/documents/{position}", document.show),
    ("/account", account.show),
    ("/account/add", add_device.show),
    ("/account/replacement", replacement.show),
    ("/account/add/{id}", add_device.look),
    ("/account/devices/{id}", device.show),
    ("/new-device", new_device.show),
    ("/freeze", freeze.show),
    ("/keys/{id}/unfreeze", key.show_unfreeze),
    ("/keys/{id}/destroy", key.show_destroy),
    ("/keys/{id}/renew", key.show_renew),
    ("/history", history.show),
    ("/history/{id}", entry.show),
    ("/account/otp", otp.show),
    ("/account/otp/unlock", otp_token.show_unlock),
    ("/account/otp/pin", otp_pin.show),
    ("/account/otp/{id}", otp_token.show),
    ("/account/otp/{id}/resynchronise", otp_token.show_resynchronise),
    ("/second-way", second_way.show),
    ("/history/statement/{id}", statement.show),
    ("/receipt", receipt.show),
    ("/receipt/{id}/document", receipt.document),
    ("/account/recovery", recovery.show),
    ("/account/recovery/{id}", recovery.look),
    ("/recover", recover.show),
    ("/notifications", notifications.show),
    ("/push/key", push.key),
    ("/push/{id}", push.open_push),
    ("/service-worker.js", installed.service_worker),
    ("/manifest.webmanifest", installed.manifest),
    ("/offline", installed.offline),
    ("/s", screen_code.show),
    ("/applications/{id}/mark", mark.show),
    ("/inbox/events", live.inbox_events),
    ("/approve/{id}/events", live.approval_events),
    ("/authorizations/{id}/events", events),
    ("/agree/{id}", agreement.show),
    ("/health", health),
    ("/.well-known/oauth-authorization-server", metadata),
    ("/oauth2/jwks", jwks),
    ("/oauth2/authorize", authorize_browser),
    ("/access/{id}", access.show),
    ("/openapi.json", openapi),
    ("/developers", developers.show),
    ("/developers/{id}", developers.show_call),
)
DELETE: tuple[tuple[str, Endpoint], ...] = (("/authorizations/{id}", cancel),)
OPTIONS: tuple[tuple[str, Endpoint], ...] = (("/authorizations/{id}/events", beforehand),)
# Methods of the standard that this service does not have (CSC 2.0 §10.1: 501).
NOT_IMPLEMENTED = ("v1/credentials/sendOTP", "v2/credentials/sendOTP")


def routes(services: Callable[[], Services]) -> list[BaseRoute]:
    """List the routes; `services` gives what the running worker works with."""

    def route(path: str, endpoint: Endpoint, method: str) -> Route:
        async def handle(request: Request) -> Response:
            return await endpoint(services(), request)

        return Route(path, handle, methods=[method], name=f"{method} {path}")

    return [
        *(route(path, endpoint, "POST") for path, endpoint in POST),
        *(route(path, endpoint, "GET") for path, endpoint in GET),
        *(route(path, endpoint, "DELETE") for path, endpoint in DELETE),
        *(route(path, endpoint, "OPTIONS") for path, endpoint in OPTIONS),
        *(Route(f"/csc/{method}", _not_implemented, methods=["POST"]) for method in NOT_IMPLEMENTED),
        Mount("/static", GZipMiddleware(_Static(directory=STATIC))),  # what is compressed, and what is not: docs/decisions/019
    ]


async def _not_implemented(_: Request) -> Response:
    return not_implemented()


class _Static(StaticFiles):
    """Files of the pages; under the digest of them all they never change, elsewhere they are looked at anew."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        digest, _, rest = path.partition("/")
        fixed = digest == static_digest() and bool(rest)
        response = await super().get_response(rest if fixed else path, scope)
        if (rest if fixed else path).startswith(VIEWER):
            response.headers.update(SANDBOX)
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable" if fixed else "no-cache"
        return response
