"""The calls of a hostile `app/` about recovery: codes used, replaced or another's, passkeys made for something else, no waiting."""

from collections.abc import Iterator
from typing import Any

import msgspec

from demo.passkey import Defects, Passkey
from hsm.messages import BeginRecoveryRequest, RecoveryRequest, Registration, StopRecoveryRequest
from tests.harness.forgeries import Forgery, forgery
from tests.harness.hostile import World
from tests.harness.recovery import new_codes, with_code
from tests.harness.sam import new_id


def forged_recoveries(world: World) -> Iterator[Forgery]:
    """Each would be a good one but for one thing; the hostile side knows Alice's codes that were used or replaced, and all of Mallory's."""
    alice, mallory, (own,) = world.alice, world.mallory, world.mallorys_codes
    hers: dict[str, Any] = {"enrollment_id": alice.enrollment_id, "signer": alice.user_id}
    good = with_code(mallory, own)
    begins: dict[str, BeginRecoveryRequest] = {
        "used": with_code(alice, world.used_code),
        "replaced": with_code(alice, world.old_code),
        "Mallory's for Alice's enrolment": with_code(mallory, own, enrollment_id=alice.enrollment_id),
        "Mallory's for Alice": with_code(mallory, own, **hers),
        "Mallory's for no enrolment": with_code(mallory, own, enrollment_id=new_id()),
        "Mallory's as Alice": with_code(mallory, own, signer=alice.user_id),
        "Mallory's without a user": with_code(mallory, own, defects=Defects(no_user_verified=True)),
        "Mallory's, too late": with_code(mallory, own, created=int(world.clock.now) - 700, expires=int(world.clock.now) - 100),
        "Mallory's, made for a link": BeginRecoveryRequest(own, mallory.make_passkey(Passkey())),
        "Mallory's, an approval": BeginRecoveryRequest(own, Registration(good.registration.transaction, world.held.evidence)),
        "Mallory's, under Alice's recovery": with_code(mallory, own, id=world.stopped.recovery_id),
        "used, with Mallory's passkey": msgspec.structs.replace(good, code=world.used_code),
        "under a transaction that is signed": with_code(mallory, own, id=world.signed.transaction.id),
    }
    begins |= {f"guessed {number}": with_code(alice, code) for number, code in enumerate(new_codes(12))}
    for name, request in begins.items():
        yield forgery(f"recovery: code {name}", "begin_recovery", request)
    for name, recovery_id in {
        "that waits": world.waiting.recovery_id,
        "that was stopped": world.stopped.recovery_id,
        "of no one": new_id(),
        "of an enrolment": alice.enrollment_id,
        "of an approval": world.ready.transaction.id,
    }.items():
        yield forgery(f"recovery: complete one {name}", "complete_recovery", RecoveryRequest(recovery_id))
    yield forgery("recovery: stop none", "stop_recovery", StopRecoveryRequest(new_id(), "signer"))
    yield forgery("recovery: stop by nobody", "stop_recovery", b'{"recovery_id":"AAAAAAAAAAAAAAAAAAAAAA","by":"app"}')
    yield forgery("recovery: the operator's list", "list_recoveries", b"{}")
    for code in ("", own.lower(), own + "0", "O" * 20, own[:-1]):
        yield forgery("recovery: no code", "begin_recovery", msgspec.structs.replace(good, code=code))
