"""The calls of a hostile `app/` that has a new passkey looked at: what would not be taken, and what is no new passkey's answer."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from demo.passkey import FLAWLESS, Defects, Passkey
from hsm.messages import Registration
from tests.harness.forgeries import Forgery, forgery
from tests.harness.hostile import World
from tests.harness.sam import new_id

SHOWN: dict[str, Any] = {"top_origin": "https://evil.example", "wrong_origin": "https://evil.example", "wrong_rp_id": "evil.example"}
SHOWN |= {"wrong_type": "webauthn.get", "wrong_challenge": bytes(32)}
SHOWN |= dict.fromkeys(("no_user_present", "no_user_verified", "backed_up_without_eligible", "cross_origin"), True)


def forged_passkeys(world: World) -> Iterator[Forgery]:
    """Each would be a good one but for one thing; none is recorded, whatever the answer."""
    assert SHOWN.keys() <= {field.name for field in fields(Defects)}
    for name, value in SHOWN.items():
        yield forgery(f"examine: {name}", "examine", world.alice.make_passkey(Passkey(), Defects(**{name: value})))
    made, other = (world.alice.make_passkey(Passkey()) for _ in range(2))
    yield forgery("examine: another one's answer", "examine", Registration(made.transaction, other.response))
    yield forgery("examine: an enrolment's", "examine", Registration(world.mallory.enroll_transaction().encode(), made.response))
    raw = world.held.raw
    yield forgery("examine: an approval", "examine", Registration(raw, world.alice.assertion(raw)))
    yield forgery("examine: a signature's transaction", "examine", Registration(raw, made.response))
    yield forgery("examine: not canonical", "examine", Registration(made.transaction + b" ", made.response))
    for field in ("id", "enrollment_id", "nonce"):
        changed = world.alice.make_passkey(Passkey(), FLAWLESS, **{field: new_id() + "A" * 21 if field == "nonce" else new_id()})
        yield forgery(f"examine: {field} of another", "examine", Registration(changed.transaction, made.response))
