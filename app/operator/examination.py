"""Looks at every part, and says what to mend."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from typing import Any

from cryptography import x509
from msgspec import Struct, to_builtins
from redis.asyncio import Redis
from sqlalchemy import Connection, text

from app import sam as sams
from app.ca import CertificationAuthority
from app.clock import system_clock
from app.config import Config, read_config
from app.errors import CannotStart, NatsuinError
from app.paper import FONTS, has_fonts
from app.store import credentials, subscriptions
from app.store.batch import Batches
from app.store.database import Database, migrate
from app.store.redis import Ephemeral
from hsm.messages import HealthReply, PasskeyPolicyReply

CLOCK_TOLERANCE_S = 2
LOW_DISK_BYTES = 500_000_000
SOON_S = 30 * 86_400


class Finding(Struct, frozen=True):
    """One part: how it is, and what to do where it is not well."""

    part: str
    ok: bool
    state: str
    mend: str = ""


def examined() -> dict[str, Any]:
    """Tell whether all is well, and what was found."""
    findings = asyncio.run(examine())
    return {"ok": all(one.ok for one in findings), "findings": to_builtins(findings)}


async def examine() -> list[Finding]:
    """Look at every part; nothing is changed but the tables, which are brought up to date."""
    try:
        config = read_config()
    except CannotStart as problem:
        return [Finding("settings", False, str(problem), "Correct the environment variables that are named.")]
    findings = [Finding("settings", True, f"origin {config.origin}, data {config.data}")]
    findings += await _sam(config)
    findings.append(await _database(config))
    findings.append(await _redis(config))
    findings.append(await _push(config))
    findings.append(await _ca(config))
    findings.append(await _certificates(config))
    findings.append(_disk(config))
    findings.append(_fonts())
    return findings


async def _sam(config: Config) -> list[Finding]:
    client = sams.connect(config)
    try:
        health, policy = await client.health(), await client.passkey_policy()
    except NatsuinError as problem:
        return [Finding("sam", False, str(problem), f"Start it (`make up`, or `python -m hsm`); it should listen at {config.sam}.")]
    finally:
        await client.close()
    return [
        Finding("sam", True, f"answers, {health.keys} signing keys"),
        *_parts(health),
        _passkeys(policy),
        _clock(health),
        Finding("statement key", True, health.statement_key),
    ]


def _parts(health: HealthReply) -> list[Finding]:
    mends = {
        "hsm": "Look at the token and the SAM's log; after a wrong PIN, correct the PIN file and restart the SAM.",
        "store": "Look at the SAM's database and its disk.",
    }
    return [Finding(name, state == "ok", state, "" if state == "ok" else mends.get(name, "")) for name, state in health.parts.items()]


def _passkeys(policy: PasskeyPolicyReply) -> Finding:
    words = ["attested by a root of NATSUIN_ATTESTATION_ROOTS"] if policy.attestation else ["of any kind"]
    words += [f"of {len(policy.models)} models (NATSUIN_AAGUIDS)"] if policy.models else []
    words += [] if policy.synced else ["not synced"]
    return Finding("passkeys", True, f"new ones are taken: {', '.join(words)}")


def _clock(health: HealthReply) -> Finding:
    apart_s = abs(health.time - system_clock())
    ok = apart_s <= CLOCK_TOLERANCE_S
    return Finding("clock", ok, f"{apart_s:.1f} s from the SAM's", "" if ok else "Let NTP set both clocks.")


async def _database(config: Config) -> Finding:
    def ask(connection: Connection) -> object:
        return connection.execute(text("SELECT 1")).scalar_one()

    return await _answers("sql", lambda: _ask_database(config, ask), "Check NATSUIN_DATABASE_URL, and that the server runs and has disk.")


async def _ask_database(config: Config, ask: Callable[[Connection], object]) -> None:
    migrate(config.database_url)
    opened = Database(config.database_url)
    try:
        await opened.read(ask)
    finally:
        opened.close()


async def _redis(config: Config) -> Finding:
    redis: Redis = Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=2)
    try:
        return await _answers("redis", Ephemeral(Batches(redis)).ping, "Start it (`make up`), or check NATSUIN_REDIS_URL.")
    finally:
        await redis.aclose()


async def _push(config: Config) -> Finding:
    redis: Redis = Redis.from_url(config.redis_url, socket_connect_timeout=1, socket_timeout=2)
    opened = Database(config.database_url)
    try:
        alive = await Ephemeral(Batches(redis)).push_process_lives()
        refused = await opened.read(subscriptions.refused)
    except NatsuinError as problem:
        return Finding("push", False, f"{type(problem).__name__}: {problem}", "Mend Redis and the database first.")
    finally:
        await redis.aclose()
        opened.close()
    if not alive:
        return Finding("push", False, "the push process does not run", "Start it (`make up`, or `python -m app.notify`).")
    if refused:
        mend = "Check NATSUIN_PUSH_CONTACT, and that NATSUIN_PUSH_KEY_FILE is the key of before. Then phones turn notifications on again."
        return Finding("push", False, f"{refused} subscriptions whose push service refuses us", mend)
    return Finding("push", True, "runs")


async def _ca(config: Config) -> Finding:
    async def ask() -> None:
        await CertificationAuthority(config.ca_url, config.ca_tls_ca).own_certificates()

    mend = "Start it (`make up`), or check NATSUIN_CA_URL and NATSUIN_CA_TLS_CA. Without its word nothing is signed (NATSUIN_REVOCATION)."
    return await _answers("ca", ask, mend)


async def _answers(part: str, ask: Callable[[], Awaitable[None]], mend: str) -> Finding:
    try:
        await ask()
    except NatsuinError as problem:
        return Finding(part, False, f"{type(problem).__name__}: {problem}", mend)
    return Finding(part, True, "answers")


async def _certificates(config: Config) -> Finding:
    """Tell how many signers have to renew, and whether the registration authority's own certificate still lets them."""
    now = system_clock()
    try:
        opened = Database(config.database_url)
        try:
            held = await opened.read(credentials.all_by_end)
        finally:
            opened.close()
    except NatsuinError as problem:
        return Finding("certificates", False, type(problem).__name__, "Mend the database first.")
    state = f"{sum(one.is_ending(now, SOON_S) for one in held)} end within 30 days (`natsuin credential list --expiring`)"
    if config.ca_client_certificate is None or not config.ca_client_certificate.is_file():
        return Finding("certificates", True, f"{state}; nothing is renewed: no registration authority's certificate")
    own = x509.load_pem_x509_certificate(config.ca_client_certificate.read_bytes())
    left_s = own.not_valid_after_utc.timestamp() - now
    mend = "" if left_s > SOON_S else f"Have the CA issue a new registration authority's certificate for {config.ca_client_certificate}."
    return Finding("certificates", not mend, f"{state}; our own for renewing ends {own.not_valid_after_utc:%Y-%m-%d}", mend)


def _disk(config: Config) -> Finding:
    place = next(one for one in (config.data, *config.data.parents) if one.exists())
    free = shutil.disk_usage(place).free
    ok = free >= LOW_DISK_BYTES
    return Finding("disk", ok, f"{free // 1_000_000} MB free", "" if ok else "Make room: without a durable write nothing is signed.")


def _fonts() -> Finding:
    ok = has_fonts()
    return Finding("fonts", ok, str(FONTS), "" if ok else "Install fonts-morisawa-bizud-gothic: without it no receipt can be printed.")
