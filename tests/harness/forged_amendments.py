"""The calls of a hostile `app/` about what belongs to a signer: a passkey beside hers; hers removed, her key used or destroyed."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from demo.passkey import Defects, Passkey
from hsm.messages import (
    AMENDMENTS,
    AddPasskeyTransaction,
    Amendment,
    AmendRequest,
    ApproveRequest,
    Registration,
)
from tests.harness.forgeries import Forgery, forgery
from tests.harness.hostile import World
from tests.harness.recovery import new_codes, setting
from tests.harness.sam import TestSigner, new_id


def forged_amendments(world: World) -> Iterator[Forgery]:
    """Each would be a good one but for one thing; Alice approved one more passkey of hers, which the hostile side has kept back."""
    yield from _others_proofs(world)
    yield from _others_things(world)
    yield from _swapped_passkeys(world)
    yield from _changed(world)


def amendments_of(signer: TestSigner, target: bytes) -> dict[str, Amendment]:
    """Compose one amendment of each kind but the adding."""
    return {
        "remove": signer.removing(signer.passkey, passkey_id=target),
        "unfreeze": signer.unfreezing(),
        "destroy": signer.destroying(),
        "renew": signer.renewing(),
        "recovery": setting(signer, new_codes()),
    }


def _others_proofs(world: World) -> Iterator[Forgery]:
    """Of Mallory's passkey, of what Alice signed for something else, and of Alice's with every lie."""
    alice, mallory = world.alice, world.mallory
    evil = Passkey()
    made = alice.make_passkey(evil)
    composed = amendments_of(alice, alice.passkey.credential_id) | {"add": alice.adding(evil, made)}
    for name, amendment in composed.items():
        raw, kind = amendment.encode(), type(amendment)
        proofs: dict[str, dict[str, Any]] = {
            "Mallory's": mallory.assertion(raw, kind=kind),
            "the new passkey's": alice.assertion(raw, passkey=evil, kind=kind),
            "of an approval": world.held.evidence,
            "of a refused approval": world.refused.evidence,
            "as if an approval": alice.assertion(raw),
            "not verified": alice.assertion(raw, Defects(no_user_verified=True), kind=kind),
            "another origin": alice.assertion(raw, Defects(wrong_origin="https://evil.example"), kind=kind),
            "bogus": alice.assertion(raw, Defects(bogus_signature=True), kind=kind),
            "none": {},
        }
        proofs |= {f"of {other}": alice.assertion(raw, kind=of) for other, of in AMENDMENTS.items() if of is not kind}
        for whose, proof in proofs.items():
            yield forgery(f"amend: {name}, proof {whose}", "amend", AmendRequest(raw, proof, made if name == "add" else None))
        yield forgery(f"amend: {name} as an approval", "approve", ApproveRequest(raw, alice.assertion(raw, kind=kind)))
    yield forgery("amend: the new passkey, used", "approve", ApproveRequest(world.held.raw, alice.assertion(world.held.raw, passkey=evil)))
    held = ApproveRequest(world.held.raw, alice.assertion(world.held.raw, kind=AddPasskeyTransaction))
    yield forgery("approve: a proof of an adding", "approve", held)


def _others_things(world: World) -> Iterator[Forgery]:
    """Mallory, with her own good passkey, names what is Alice's."""
    alice, mallory = world.alice, world.mallory
    second = mallory.add(Passkey())
    for name, changes in {
        "enrolment": {"enrollment_id": alice.enrollment_id},
        "enrolment and name": {"enrollment_id": alice.enrollment_id, "signer": alice.user_id},
        "name": {"signer": alice.user_id},
    }.items():
        for kind, amendment in (amendments_of(mallory, second.credential_id)).items():
            yield _approved(mallory, f"amend: {kind} with Alice's {name}", msgspec.structs.replace(amendment, **changes))
    for credential_id in (alice.credential_id, world.bob.credential_id, new_id()):
        yield _approved(mallory, "amend: unfreeze another's", mallory.unfreezing(credential_id=credential_id))
        yield _approved(mallory, "amend: destroy another's", mallory.destroying(credential_id=credential_id))
        yield _approved(mallory, "amend: renew another's", mallory.renewing(credential_id=credential_id))
    for passkey in (alice.passkey, world.bob.passkey, mallory.passkey):
        yield _approved(mallory, "amend: remove another's, or her own", mallory.removing(passkey))
    for passkey_id in (b"x", alice.user_handle):
        yield _approved(mallory, "amend: remove none", mallory.removing(second, passkey_id=passkey_id))


def _swapped_passkeys(world: World) -> Iterator[Forgery]:
    """Alice's proof over one more passkey of hers, with another one in its place; then used for what she did not approve."""
    alice, hers, evil = world.alice, Passkey(), Passkey()
    good, bad = alice.make_passkey(hers), alice.make_passkey(evil)
    amendment = alice.adding(hers, good)
    proof = alice.assertion(amendment.encode(), kind=AddPasskeyTransaction)
    copied = Passkey()
    same_id = alice.make_passkey(copied, Defects(wrong_credential_id=hers.credential_id))
    for name, made in {
        "none": None,
        "evil": bad,
        "evil's answer": Registration(good.transaction, bad.response),
        "evil's transaction": Registration(bad.transaction, good.response),
        "another key under its id": same_id,
        "an assertion": Registration(good.transaction, world.held.evidence),
        "a sign transaction": Registration(world.held.raw, good.response),
        "nothing": Registration(b"", {}),
    }.items():
        yield forgery(f"amend: add, made {name}", "amend", AmendRequest(amendment.encode(), proof, made))
        used = alice.assertion(world.held.raw, passkey=evil)
        yield forgery(f"amend: add, made {name}, used", "approve", ApproveRequest(world.held.raw, used))


def _changed(world: World) -> Iterator[Forgery]:
    """Alice's proof over an adding, with each single field of it changed."""
    alice, hers, evil = world.alice, Passkey(), Passkey()
    made, bad = alice.make_passkey(hers), alice.make_passkey(evil)
    amendment = alice.adding(hers, made)
    proof = alice.assertion(amendment.encode(), kind=AddPasskeyTransaction)
    fields: dict[str, Any] = json.loads(amendment.encode())
    others = json.loads(alice.adding(evil, bad).encode())
    values: dict[str, list[Any]] = {name: [others[name]] for name in ("id", "nonce", "passkey_id", "public_key", "made_over_sha256")}
    values |= {
        "enrollment_id": [world.bob.enrollment_id, new_id()],
        "signer": [world.bob.user_id],
        "created": [fields["created"] - 1],
        "expires": [fields["expires"] - 1],
        "name": ["別の名前"],
        "type": ["remove_passkey", "sign"],
        "version": [2],
    }
    for name, news in values.items():
        for new in news:
            raw = json.dumps(fields | {name: new}, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
            for registration in (made, bad):
                yield forgery(f"amend: add, {name} changed", "amend", AmendRequest(raw, proof, registration))


def _approved(signer: TestSigner, name: str, amendment: Amendment) -> Forgery:
    raw, kind = amendment.encode(), type(amendment)
    return forgery(name, "amend", AmendRequest(raw, signer.assertion(raw, kind=kind)))
