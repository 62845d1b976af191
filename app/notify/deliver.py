"""One push: claimed, sent, and its outcome written down. A push service that is slow or down is tried again; what it refuses is not."""

import base64
import hashlib
import logging
import random
from enum import Enum

from app.domain.subscription import EventPush, Notice, Subscription
from app.errors import EndpointRefused, PushFailed, PushGone, PushLater, PushRefused
from app.notify.parties import Parties
from app.phone.notification import notification
from app.push.sender import DEADLINE_S, Target
from app.store import event_pushes, notices, subscriptions

SENDING_S = DEADLINE_S + 5  # a claim that lasts longer belongs to a process that died
OVER_TTL_S = 3_600
TEST_TTL_S = 60
LONGEST_TTL_S = 28 * 86_400  # what push services keep at most
HURRIED_S = 600  # what waits for longer need not wake a phone that sleeps
FIRST_RETRY_S, LONGEST_RETRY_S = 2, 60
log = logging.getLogger("natsuin.push")


class Outcome(Enum):
    """What became of a push that need not be tried again."""

    TAKEN = "taken"  # the push service has it
    NEVER = "never"  # it will never be taken
    GONE = "gone"  # the browser does not want any more, and what was to be sent to it is forgotten


async def deliver(parties: Parties, notice: Notice) -> None:
    """Send what is due to one browser about one authorization, unless another process does, or it is not due any more."""
    now = parties.now()
    if not await parties.database.write(notices.claim, notice, now, now + SENDING_S):
        return
    ttl_s = OVER_TTL_S if notice.is_over else min(notice.expires - int(now), LONGEST_TTL_S)
    match await _send(parties, notice.subscription, notice.kind, notice.id, ttl_s, notice.authorization_id):
        case PushLater() as later:
            await parties.database.write(notices.put_off, notice, _again_at(parties, later, notice.attempts))
        case Outcome.NEVER:
            await parties.database.write(notices.fail, notice)
        case Outcome.TAKEN:
            await parties.database.write(notices.sent, notice)


async def deliver_event(parties: Parties, push: EventPush) -> None:
    """Tell one browser that something happened to its signer's key, unless another process does."""
    now = parties.now()
    if not await parties.database.write(event_pushes.claim, push, now, now + SENDING_S):
        return
    match await _send(parties, push.subscription, "event", push.id, push.expires - int(now), push.id):
        case PushLater() as later:
            await parties.database.write(event_pushes.put_off, push, _again_at(parties, later, push.attempts))
        case Outcome.NEVER | Outcome.TAKEN:
            await parties.database.write(event_pushes.end, push)


async def deliver_test(parties: Parties, subscription_id: str) -> None:
    """Send the push that a signer asked for to see whether pushes come; once, for they ask again."""
    subscription = await parties.database.read(subscriptions.get, subscription_id)
    if subscription is None:
        return
    if isinstance(later := await _send(parties, subscription, "test", subscription.id, TEST_TTL_S, subscription.id), PushLater):
        log.warning("a test push was not sent: %s", later)


def topic(subject: str) -> str:
    """Name what a push is about to the push service, which keeps the newest of a name only (RFC 8030 §5.4); it tells nothing else."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"topic {subject}".encode()).digest()).decode()[:32]


def urgency(kind: str, ttl_s: int) -> str:
    """Say how much it matters that a phone is woken (RFC 8030 §5.3)."""
    return "high" if kind in ("request", "test", "reported", "event") and (kind != "request" or ttl_s <= HURRIED_S) else "normal"


def backoff_s(attempts: int) -> float:
    """Wait longer each time, and not all at once."""
    return float(min(LONGEST_RETRY_S, FIRST_RETRY_S * 2 ** min(attempts, 10)) * random.uniform(0.75, 1.25))  # noqa: S311  # spreads load


def _again_at(parties: Parties, later: PushLater, attempts: int) -> float:
    wait_s = later.retry_after_s if later.retry_after_s is not None else backoff_s(attempts)
    log.warning("the push service does not take a push now (%s); again in %.0f s", later, wait_s)
    return parties.now() + wait_s


async def _send(parties: Parties, subscription: Subscription, kind: str, push_id: str, ttl_s: int, about: str) -> Outcome | PushLater:
    """Send one, write down what it says of the browser, and tell what became of it."""
    message = notification(kind, push_id, parties.config.origin, subscription.language)
    target = Target(subscription.endpoint, subscription.p256dh, subscription.auth)
    try:
        await parties.sender.send(target, message, ttl_s=ttl_s, topic=topic(about), urgency=urgency(kind, ttl_s))
    except PushLater as later:
        return later
    except (PushFailed, EndpointRefused) as refusal:
        log.warning("a push will not be sent: %s: %s", type(refusal).__name__, refusal)
        return Outcome.NEVER
    except PushGone:
        await parties.database.write(subscriptions.remove_one, subscription.id)
        return Outcome.GONE
    except PushRefused as refusal:
        await _refused(parties, subscription, refusal)
        return Outcome.NEVER
    await parties.database.write(subscriptions.taken, subscription.id, parties.now())
    return Outcome.TAKEN


async def _refused(parties: Parties, subscription: Subscription, refusal: PushRefused) -> None:
    log.error(
        "ALARM: a push service refuses us (%s): is the push key another than the browser subscribed with, or NATSUIN_PUSH_CONTACT "
        "not real? No push is sent to that browser until it subscribes anew.",
        refusal,
    )
    await parties.database.write(subscriptions.refuse, subscription.id, refusal.status)
