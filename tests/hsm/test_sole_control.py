"""A hostile `app/`, with everything that it can send to the SAM, gets no signature that the signer did not approve."""

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature

from demo.passkey import from_base64url
from hsm.messages import ActivateReply, ApproveRequest, CollectReply, CollectRequest, FreezeRequest, RefuseRequest
from hsm.sam import Sam
from tests.harness import forged_amendments, forged_otp, forged_passkeys, forged_recovery, forged_uses, forgeries
from tests.harness.hostile import Asked, Door, Ledger, World
from tests.harness.sam import APPLICATION, TestClock, b64

FORGERIES = (
    forgeries.changed_transactions,
    forgeries.other_encodings,
    forgeries.swapped_evidence,
    forgeries.lying_passkeys,
    forgeries.edited_evidence,
    forged_uses.forged_sads,
    forged_uses.forged_activations,
    forged_uses.forged_collections,
    forged_uses.forged_statements,
    forged_uses.forged_enrollments,
    forged_amendments.forged_amendments,
    forged_otp.forged_otps,
    forged_passkeys.forged_passkeys,
    forged_recovery.forged_recoveries,
    forged_uses.odd_shapes,
)
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@pytest.fixture
def ledger() -> Iterator[Ledger]:
    kept = Ledger()
    with kept.watching():
        yield kept


def test_forged_calls_are_refused(sam: Sam, clock: TestClock, ledger: Ledger) -> None:
    """More than 1,000 calls, each good but for one thing, are refused without a fault of the SAM; what was real still works afterwards."""
    world = World(sam, clock, ledger)
    door = Door(sam)
    sent: set[tuple[str, bytes]] = set()
    wrong: dict[str, int] = {}
    for forged in (forged for group in FORGERIES for forged in group(world)):
        sent.add((forged.operation, forged.body))
        answer = door.call(forged.operation, forged.body)
        if not 400 <= answer.status < 500:
            wrong[forged.name] = answer.status

    assert wrong == {}
    assert len(sent) > 1_000
    assert door.call("approve", world.held.approval).status == 200
    world.held.sad = door.collect(world.held)
    signing_in = world.bobs_token.signing_in()
    clock.now += 30
    assert door.call("sign_in", world.bobs_token.sign_in_request(signing_in)).status == 200
    assert door.call("collect", CollectRequest(signing_in.id, APPLICATION)).status == 403
    ledger.approved(world.bobs_pending.transaction)
    clock.now += 30
    assert door.call("approve", world.bobs_token.approval(world.bobs_pending.transaction)).status == 200
    world.bobs_pending.sad = door.collect(world.bobs_pending)
    for asked in (world.held, world.ready, world.bobs, world.mallorys, world.bobs_pending):
        assert len(door.call("activate", asked.activation()).read(ActivateReply).signatures) == 2
    assert door.call("activate", world.signed.activation(idempotency_key="first")).status == 200
    ledger.require_approved()
    ledger.require_no_other()


def test_one_approval_in_several_shapes_counts_once(sam: Sam, clock: TestClock, ledger: Ledger) -> None:
    """Evidence that stays good in another shape (its signature's twin, without the user handle) approves the same transaction, once."""
    world = World(sam, clock, ledger)
    door = Door(sam)
    for change in (_twin_signature, _no_user_handle, _more_fields):
        asked = world.approved_by(world.alice)
        raw = asked.raw
        answers = [
            door.call("approve", ApproveRequest(raw, evidence)).status
            for evidence in (change(asked.evidence), asked.evidence, change(asked.evidence))
        ]
        assert answers == [200, 409, 409], change.__name__
        asked.sad = door.collect(asked)
        answers = [door.call("activate", asked.activation()).status for _ in range(2)]
        assert answers == [200, 409]
    ledger.require_approved()


def _twin_signature(evidence: dict[str, Any]) -> dict[str, Any]:
    r, s = decode_dss_signature(from_base64url(evidence["response"]["signature"]))
    return evidence | {"response": evidence["response"] | {"signature": b64(encode_dss_signature(r, P256_ORDER - s))}}


def _no_user_handle(evidence: dict[str, Any]) -> dict[str, Any]:
    return evidence | {"response": evidence["response"] | {"userHandle": None}}


def _more_fields(evidence: dict[str, Any]) -> dict[str, Any]:
    return evidence | {"approved": True, "response": evidence["response"] | {"uv": True}}


@pytest.mark.parametrize("seed", range(3))
def test_calls_in_any_order_sign_only_what_was_approved(sam: Sam, clock: TestClock, ledger: Ledger, seed: int) -> None:
    """Signers approve now and then; meanwhile everything that is known is sent to the SAM in any order and combination."""
    chance = random.Random(seed)
    world = World(sam, clock, ledger)
    door = Door(sam)
    known = list(world.all)
    answers = Counter[tuple[str, int]]()
    for _ in range(400):
        one, other = chance.choice(known[-6:]), chance.choice(known)
        (move,) = chance.choices(("ask", "approve", "collect", "activate", "refuse", "freeze", "wait"), (9, 18, 18, 27, 3, 1, 6))
        if move == "ask":
            signer = chance.choice((world.alice, world.bob))
            known.append(chance.choice((world.approved_by, world.asked_of))(signer))
        elif move == "approve":
            answers[move, door.call(move, ApproveRequest(one.raw, chance.choice((one, one, other)).evidence)).status] += 1
        elif move == "collect":
            answer = door.call(move, CollectRequest(one.transaction.id, one.transaction.application_id))
            answers[move, answer.status] += 1
            one.sad = answer.read(CollectReply).sad if answer.status == 200 else one.sad
        elif move == "activate":
            asked = Asked(one.signer, one.transaction, sad=chance.choice((one, one, other)).sad)
            hashes = tuple(document.hash for document in chance.choice((one, one, other)).transaction.documents)
            key = chance.choice((None, "first", "second"))
            answers[move, door.call(move, asked.activation(hashes=hashes[:: chance.choice((1, -1))], idempotency_key=key)).status] += 1
        elif move == "refuse":
            answers[move, door.call(move, RefuseRequest(one.raw, "declined")).status] += 1
        elif move == "freeze":
            answers[move, door.call(move, FreezeRequest(one.signer.credential_id, int(clock.now) + 5, "signer")).status] += 1
        else:
            clock.now += chance.choice((1, 10, 30))

    assert all(status < 500 for _, status in answers), answers
    assert answers["activate", 200] >= 3, answers
    ledger.require_approved()
    ledger.require_no_other()
