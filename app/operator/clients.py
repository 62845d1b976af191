"""The applications that may ask for signatures: registering, listing and removing them."""

import asyncio
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from msgspec import field, structs
from redis.asyncio import Redis
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from app.clock import system_clock
from app.config import Config
from app.domain.identifiers import new_id
from app.domain.parties import Application
from app.domain.policy import Policy
from app.errors import EndpointRefused, RedisUnavailable
from app.operator.desk import Desk
from app.operator.mark import read_mark
from app.operator.record import recorded
from app.operator.refusal import Refusal, Unknown
from app.operator.registration import Registration, read_registration, told
from app.operator.return_url import MOST_RETURN_URLS, read_return_url
from app.push.callback import new_secret, require_callback_url
from app.store import marks, parties
from app.store.batch import Batches
from app.store.database import Database
from app.store.redis import Ephemeral
from hsm.messages import MAX_LIFE_S, MAX_NAME_CHARACTERS, is_plain_text

FLAGS = {"code": "asks_code", "inbox": "inbox", "for_all": "for_all"}
BOUNDS = {"most_documents": (1, 100), "longest_life_s": (30, MAX_LIFE_S), "per_minute": (1, 1_000_000), "per_day": (1, 1_000_000)}


class NewApplication(Registration, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What an operator says of an application to be registered; `mark` is a PNG."""

    name: str
    code: bool = False
    moving_code: bool = False
    return_urls: list[str] = field(default_factory=list)
    mark: bytes | None = None
    inbox: bool = False
    callback_url: str | None = None
    for_all: bool = False


def add(desk: Desk, new: NewApplication) -> dict[str, Any]:
    """Register an application, and give its secret, once, where it has one; raises Refusal."""
    with recorded(desk, "client add", new.name):
        if new.name == desk.config.service_name:
            raise Refusal(f"{new.name} is this service itself; signers could not tell the two apart.")
        application, secret = add_application(desk.database, new)
    secrets_once = {"client_secret": secret} if application.auth == "secret" else {}
    if application.callback_secret is not None:
        secrets_once["callback_secret"] = application.callback_secret
    return {"client_id": application.client_id} | secrets_once | _told(application, has_mark=new.mark is not None)


def listed(desk: Desk) -> list[dict[str, Any]]:
    """List the applications."""
    return desk.database.read_now(_listed)


def change(desk: Desk, client_id: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """
    Change what an application may, each by its name in `list`; a limit of None is as for all. Raises Refusal.

    With `new_callback_secret` callbacks are signed with a new secret, which is given once.
    """
    with recorded(desk, "client set", client_id):
        application = desk.database.read_now(parties.application, client_id)
        if application is None:
            raise Unknown(f"There is no application {client_id}; `natsuin client list` shows them.")
        limits = {name: value for name, value in changes.items() if name in Policy.__struct_fields__}
        for name, value in limits.items():
            low, high = BOUNDS.get(name, (0, 1))
            if value is not None and not low <= value <= high:
                raise Refusal(f"{name} is a number from {low} to {high}.")
        flags = {FLAGS[name]: value for name, value in changes.items() if name in FLAGS}
        policy = structs.replace(application.policy, **limits)
        changed = structs.replace(application, policy=policy, **flags)
        secret = _new_callback_secret(application) if changes.get("new_callback_secret") else None
        desk.database.write_now(_change, changed, secret)
        has_mark = desk.database.read_now(marks.has_one, client_id)
    return {"client_id": client_id} | ({"callback_secret": secret} if secret else {}) | _told(changed, has_mark=has_mark)


def remove(desk: Desk, client_id: str) -> dict[str, Any]:
    """Remove an application, and end its tokens; raises Refusal."""
    with recorded(desk, "client remove", client_id):
        if not desk.database.write_now(parties.remove_application, client_id):
            raise Unknown(f"There is no application {client_id}; `natsuin client list` shows them.")
        _revoke_tokens(desk.config, client_id)
    return {"client_id": client_id, "removed": True}


def add_application(opened: Database, new: NewApplication) -> tuple[Application, str]:
    """Register an application, and give it with its secret; raises Refusal where the name is taken, or something can't be used."""
    if not 0 < len(new.name) <= MAX_NAME_CHARACTERS or not is_plain_text(new.name):
        raise Refusal(f"A name has 1 to {MAX_NAME_CHARACTERS} characters, none of them control, bidi or zero-width.")
    registered = read_registration(new)
    urls = tuple(read_return_url(url) for url in new.return_urls)
    if len(urls) > MOST_RETURN_URLS:
        raise Refusal(f"At most {MOST_RETURN_URLS} return URLs.")
    png = read_mark(new.mark) if new.mark is not None else None
    if new.callback_url is not None:
        _require_callback_url(new.callback_url)
    secret = secrets.token_urlsafe(32)
    application = Application(
        client_id=new_id(),
        name=new.name,
        secret_sha256=hashlib.sha256(secret.encode()).digest() if registered.auth == "secret" else b"",
        asks_code=new.code,
        created=int(system_clock()),
        moving_code=new.moving_code,
        return_urls=urls,
        inbox=new.inbox,
        callback_url=new.callback_url,
        callback_secret=new_secret() if new.callback_url is not None else None,
        for_all=new.for_all,
        **structs.asdict(registered),
    )
    try:
        opened.write_now(_add, application, png)
    except IntegrityError:
        raise Refusal(f"An application is called {new.name} already; signers could not tell the two apart.") from None
    return application, secret


def _require_callback_url(url: str) -> None:
    try:
        require_callback_url(url)
    except EndpointRefused:
        raise Refusal(f"{url!r} is not an address like https://shop.example.jp/decided, in plain letters, without a query.") from None


def _new_callback_secret(application: Application) -> str:
    if application.callback_url is None:
        raise Refusal(f"{application.name} has no address for callbacks, so there is nothing to sign with a secret.")
    return new_secret()


def _change(connection: Connection, changed: Application, callback_secret: str | None) -> None:
    parties.change_application(connection, changed)
    if callback_secret is not None:
        parties.renew_callback_secret(connection, changed.client_id, callback_secret)


def _add(connection: Connection, application: Application, png: bytes | None) -> None:
    parties.add_application(connection, application)
    if png is not None:
        marks.add(connection, application.client_id, png)


def _listed(connection: Connection) -> list[dict[str, Any]]:
    return [
        {"client_id": one.client_id} | _told(one, has_mark=marks.has_one(connection, one.client_id)) | {"created": one.created}
        for one in parties.all_applications(connection)
    ]


def _told(application: Application, *, has_mark: bool) -> dict[str, Any]:
    return {
        "name": application.name,
        "code": application.asks_code,
        "moving_code": application.moving_code,
        "return_urls": list(application.return_urls),
        "inbox": application.inbox,
        "callback_url": application.callback_url,
        "for_all": application.for_all,
        "policy": structs.asdict(application.policy),
        "mark": has_mark,
    } | told(application.auth, application.redirect_uris)


def _revoke_tokens(config: Config, client_id: str) -> None:
    """Forget the application's tokens, where Redis is there to have any."""
    try:
        asyncio.run(_revoke(config, client_id))
    except RedisUnavailable:
        raise Refusal("The application is removed, but Redis does not answer: its tokens live until they expire.") from None


async def _revoke(config: Config, client_id: str) -> None:
    redis: Redis = Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=2)
    await Ephemeral(Batches(redis)).revoke_tokens_of(client_id)
