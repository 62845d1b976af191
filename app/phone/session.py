"""The signer's session: a cookie that lets its holder look and refuse; approving always takes the passkey again."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from app.config import Config
from app.domain.identifiers import secret_sha256
from app.domain.parties import Passkey
from app.errors import SessionRequired, WrongOrigin
from app.phone.language import keep_in, kept_in
from app.reading import read_json
from app.services import Services
from app.store import parties, subscriptions
from app.store.redis import Session
from app.store.wakeups import of_signer

MAX_BODY_BYTES = 64_000
FRESH_S = 300  # for so long after a sign-in what is confidential is open


async def signer_of(services: Services, request: Request) -> str:
    """Give the user id of whoever is signed in; raises SessionRequired."""
    return (await device_of(services, request)).user_id


async def device_of(services: Services, request: Request) -> Passkey:
    """Give the passkey with which whoever is here signed in; raises SessionRequired, also where that passkey was removed since."""
    return await device_in(services, await session_of(services, request))


async def fresh_signer_of(services: Services, request: Request) -> tuple[str, bool]:
    """Give the user id of whoever is signed in, and whether that was just now; raises SessionRequired."""
    session = await session_of(services, request)
    return (await device_in(services, session)).user_id, services.now() - session.since <= FRESH_S


async def session_of(services: Services, request: Request) -> Session:
    """Give the session of whoever is here, also one without a passkey (`visitor`); raises SessionRequired."""
    cookie = request.cookies.get(cookie_name(services.config))
    session = await services.ephemeral.session(cookie) if cookie else None
    if session is None:
        raise SessionRequired
    return session


async def device_in(services: Services, session: Session) -> Passkey:
    """Give the passkey that began a session; raises SessionRequired where none did, or it was removed since."""
    passkey = await services.database.read(parties.passkey, session.passkey_id) if session.passkey_id is not None else None
    if passkey is None:
        raise SessionRequired
    return passkey


def session_sha256(services: Services, request: Request) -> bytes:
    """Give the hash that the session of this request is known by."""
    return secret_sha256(request.cookies.get(cookie_name(services.config), ""))


async def begin_session(services: Services, request: Request, holder: Session, response: Response, life_s: int | None = None) -> None:
    """Give a new session to a signer who has just shown who it is; the browser's earlier one, whoever began it, is forgotten."""
    config = services.config
    life_s = life_s or config.session_life_s
    session = await services.ephemeral.begin_session(msgspec.structs.replace(holder, since=int(services.now())), life_s)
    if (earlier := request.cookies.get(cookie_name(config))) is not None:
        await services.ephemeral.end_session(earlier)
        hashes = secret_sha256(earlier), secret_sha256(session)
        await services.database.write(subscriptions.hand_over, hashes[0], holder.user_id, holder.passkey_id, hashes[1])
    await _speak(services, request, holder.user_id, response)
    response.set_cookie(cookie_name(config), session, max_age=life_s, path="/", secure=config.secure, httponly=True, samesite="lax")


async def _speak(services: Services, request: Request, user_id: str, response: Response) -> None:
    """Have this browser keep the signer's language; who has chosen none anywhere takes the one that this browser was switched to."""
    signer, here = await services.database.read(parties.signer, user_id), kept_in(request)
    if signer is not None and signer.language not in (None, here):
        keep_in(response, request, str(signer.language))
    elif signer is not None and signer.language is None and here is not None:
        await services.database.write(parties.choose_language, user_id, here)


async def end_session(services: Services, request: Request, response: Response) -> None:
    """Forget the session of this request; its browser gets no push any more."""
    name = cookie_name(services.config)
    if (cookie := request.cookies.get(name)) is not None:
        await services.database.write(subscriptions.remove_of_session, secret_sha256(cookie))
        session = await services.ephemeral.session(cookie)
        await services.ephemeral.end_session(cookie)
        if session is not None:
            await services.wakeups.announce(of_signer(session.user_id))  # its pages that hear of changes hear no more
    response.delete_cookie(name, path="/", secure=services.config.secure, httponly=True, samesite="lax")


async def read_message(services: Services, request: Request) -> dict[str, object]:
    """
    Read what a page of ours sends.

    Raises:
        WrongOrigin: a page of another site sent it (Origin, RFC 6454; Sec-Fetch-Site).
        BadRequest: it is not one JSON object within the limit.
    """
    if request.headers.getlist("origin") != [services.config.origin]:
        raise WrongOrigin
    if request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        raise WrongOrigin
    return await read_json(request, MAX_BODY_BYTES)


def cookie_name(config: Config) -> str:
    # The prefix binds the cookie to this host over TLS; browsers refuse it on plain http://localhost.
    return "__Host-natsuin" if config.secure else "natsuin"
