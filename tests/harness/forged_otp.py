"""The calls of a hostile `app/` about PINs and one-time passwords: used codes, other people's tokens, tokens that nobody confirmed."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec

from demo.passkey import Defects
from hsm.messages import (
    AMENDMENTS,
    Amendment,
    AmendRequest,
    ApproveRequest,
    NewOtp,
    NewPin,
    OfferTokenRequest,
    Otp,
    SignInRequest,
    SuccessiveCodes,
    TokensRequest,
)
from hsm.records import PINS
from tests.harness.forgeries import Forgery, forgery
from tests.harness.hostile import World
from tests.harness.otp import OTHER_PIN, Authenticator
from tests.harness.records import reseal
from tests.harness.sam import new_id


def forged_otps(world: World) -> Iterator[Forgery]:
    """Each would be a good one but for one thing; the hostile side knows the PIN, and no code of Alice's that was not used."""
    yield from _codes(world)
    yield from _evidence(world)
    yield from _amendments(world)
    yield from _attachments(world)
    yield from _sign_ins(world)
    yield forgery("tokens: of no key", "tokens", TokensRequest(new_id()))
    yield forgery("offer: for no key", "offer_token", OfferTokenRequest(new_id()))
    for operation in ("import_tokens", "list_tokens"):
        yield forgery(f"the operator's {operation}", operation, b'{"format":"csv","file":""}')


def _codes(world: World) -> Iterator[Forgery]:
    """For what Alice has not approved: a used code, others' codes, codes of tokens that are not hers yet or any more."""
    pending, mallory = world.pending.raw, world.mallorys_token
    otps: dict[str, Otp] = {
        "used": world.used,
        "of a removed token": world.gone.otp(pending),
        "of an offered token": world.offer.otp(pending),
        "Mallory's": mallory.otp(pending),
        "Mallory's under Alice's token": mallory.otp(pending, token_id=world.alices_token.token_id),
        "used, under Mallory's token": msgspec.structs.replace(world.used, token_id=mallory.token_id),
        "of no token": mallory.otp(pending, token_id=new_id()),
        "of a credential": mallory.otp(pending, token_id=world.alice.credential_id),
        "of an enrolment": mallory.otp(pending, token_id=world.alice.enrollment_id),
        "older": msgspec.structs.replace(world.used, code=world.alices_token.code(ahead=-1)),
        "far": msgspec.structs.replace(world.used, code=world.alices_token.code(ahead=50)),
        "none": msgspec.structs.replace(world.used, code=""),
        "other digits": msgspec.structs.replace(world.used, code="１２３４５６"),
        "with a space": msgspec.structs.replace(world.used, code=world.used.code + " "),
        "two": msgspec.structs.replace(world.used, code=world.used.code * 2),
        "right, with another PIN": world.alices_token.otp(pending, pin=OTHER_PIN, code=world.alices_token.code(ahead=1)),
    }
    for name, otp in otps.items():
        for asked in (world.pending, world.ready, world.refused, world.late, world.bobs_pending):
            reseal(world.sam, PINS, world.alice.enrollment_id, wrong="")  # each is refused for itself, not for those before it
            yield forgery(f"otp: {name}", "approve", ApproveRequest(asked.raw, otp=otp))
    named = msgspec.structs.replace(world.mallorys.transaction, id=new_id(), credential_id=world.alice.credential_id)
    yield forgery("otp: Mallory's, Alice's key", "approve", ApproveRequest(named.encode(), otp=mallory.otp(named.encode())))
    as_alice = msgspec.structs.replace(named, signer=world.alice.user_id)
    yield forgery("otp: Mallory's, as Alice", "approve", ApproveRequest(as_alice.encode(), otp=mallory.otp(as_alice.encode())))


def _evidence(world: World) -> Iterator[Forgery]:
    """Two kinds of evidence at once, none, and shapes that are neither."""
    raw = world.held.raw
    yield forgery("otp: beside a passkey", "approve", ApproveRequest(raw, world.held.evidence, otp=world.used))
    yield forgery("otp: beside an empty passkey", "approve", ApproveRequest(raw, {}, otp=world.used))
    yield forgery("otp: neither", "approve", ApproveRequest(raw))
    good = json.loads(msgspec.json.encode(ApproveRequest(raw, otp=world.used)))
    shapes: list[Any] = [{}, [], "", 0, True, {"token_id": world.used.token_id}, good["otp"] | {"more": 1}, good["otp"] | {"code": 123456}]
    shapes += [good["otp"] | {"pin": "9" * 65}, good["otp"] | {"token_id": "x"}, good["otp"] | {"pin": None}, [good["otp"]]]
    for number, shape in enumerate(shapes):
        yield forgery(f"otp: shape {number}", "approve", json.dumps(good | {"otp": shape}).encode())


def _amendments(world: World) -> Iterator[Forgery]:
    """Mallory's proofs over what is Alice's, Alice's proofs over something else, and her passkey's with every lie."""
    alice, mallory = world.alice, world.mallory
    code = world.offer.code()
    beside: dict[str, Any] = {"otp": NewOtp(world.offer.pin, code), "codes": SuccessiveCodes(code, world.offer.code(ahead=1))}
    beside["pin"] = NewPin(OTHER_PIN)
    for token in (world.offer, world.alices_token):
        for kind, amendment in _all_kinds(token).items():
            raw = amendment.encode()
            proofs: dict[str, dict[str, Any]] = {
                "Mallory's": mallory.assertion(raw, kind=type(amendment)),
                "of an approval": world.held.evidence,
                "as if an approval": alice.assertion(raw),
                "not verified": alice.assertion(raw, Defects(no_user_verified=True), kind=type(amendment)),
                "another origin": alice.assertion(raw, Defects(wrong_origin="https://evil.example"), kind=type(amendment)),
                "none": {},
            }
            proofs |= {f"of {name}": alice.assertion(raw, kind=of) for name, of in AMENDMENTS.items() if of is not type(amendment)}
            for whose, proof in proofs.items():
                yield forgery(f"otp: {kind}, proof {whose}", "amend", msgspec.structs.replace(AmendRequest(raw, proof), **beside))
            yield forgery(f"otp: {kind} with a code for proof", "amend", json.dumps({"transaction": "", "otp": {}}).encode())
    for token in (world.offer, world.alices_token, world.gone, world.bobs_token):
        hers = Authenticator(mallory, token.token_id, token.seed)
        for kind, amendment in _all_kinds(hers).items():
            if kind not in ("unlock_otp", "change_pin"):
                name = f"otp: {kind} of another's token"
                yield forgery(name, "amend", hers.amendment(amendment, NewOtp(hers.pin, hers.code()), SuccessiveCodes("000000", "000001")))
            for changes in ({"enrollment_id": alice.enrollment_id}, {"enrollment_id": alice.enrollment_id, "signer": alice.user_id}):
                named = msgspec.structs.replace(amendment, **changes)
                yield forgery(f"otp: {kind} as Alice", "amend", hers.amendment(named, beside["otp"], beside["codes"], beside["pin"]))


def _attachments(world: World) -> Iterator[Forgery]:
    """Alice's proof that her offered token is to be set, with another token in its place, or no good code."""
    offer = world.offer
    amendment = offer.setting()
    request = offer.amendment(amendment)
    for name, otp in {
        "none": None,
        "a wrong code": NewOtp(offer.pin, offer.wrong_code()),
        "Mallory's code": NewOtp(offer.pin, world.mallorys_token.code()),
        "a poor PIN": NewOtp("123456", offer.code()),
    }.items():
        yield forgery(f"otp: set with {name}", "amend", msgspec.structs.replace(request, otp=otp))
    for token in (world.gone, world.mallorys_token, world.alices_token):
        swapped = msgspec.structs.replace(amendment, token_id=token.token_id).encode()
        forged = msgspec.structs.replace(request, transaction=swapped, otp=NewOtp(token.pin, token.code()))
        yield forgery("otp: set another token", "amend", forged)
    changing = world.alices_token.amendment(world.alices_token.changing_pin())
    for number, pin in enumerate((None, NewPin(""), NewPin("123456"), NewPin("７３９１５４"))):
        yield forgery(f"otp: change the PIN, {number}", "amend", msgspec.structs.replace(changing, pin=pin))
    yield forgery("otp: the offered token, used", "approve", ApproveRequest(world.pending.raw, otp=offer.otp(world.pending.raw)))


def _sign_ins(world: World) -> Iterator[Forgery]:
    """Signing in as Alice with codes that are used, not hers, or hers over something else; and what a sign-in would be taken for."""
    alice, mallory = world.alices_token, world.mallorys_token
    of_alice = alice.signing_in()
    raw = of_alice.encode()
    right = alice.code(ahead=1)
    otps: dict[str, Otp] = {
        "used": world.used,
        "of a removed token": world.gone.otp(raw),
        "of an offered token": world.offer.otp(raw),
        "Mallory's": mallory.otp(raw),
        "Mallory's under Alice's token": mallory.otp(raw, token_id=alice.token_id),
        "Alice's under Mallory's token": alice.otp(raw, token_id=mallory.token_id, code=right),
        "of no token": alice.otp(raw, token_id=new_id(), code=right),
        "right, with another PIN": alice.otp(raw, pin=OTHER_PIN, code=right),
        "right, without a PIN": alice.otp(raw, pin="", code=right),
        "far": alice.otp(raw, code=alice.code(ahead=50)),
    }
    for name, otp in otps.items():
        reseal(world.sam, PINS, world.alice.enrollment_id, wrong="")
        yield forgery(f"sign-in: {name}", "sign_in", SignInRequest(raw, otp))
    named: dict[str, dict[str, Any]] = {
        "Mallory's key": {"credential_id": world.mallory.credential_id},
        "Mallory's enrolment": {"enrollment_id": world.mallory.enrollment_id},
        "Mallory's name": {"signer": world.mallory.user_id},
        "of no key": {"credential_id": new_id()},
        "over": {"created": of_alice.created - 601, "expires": of_alice.created - 1},
        "not yet": {"created": of_alice.created + 300},
        "for a day": {"expires": of_alice.created + 86_400},
        "decided": {"id": world.signed.transaction.id},
    }
    for name, changes in named.items():
        lied = msgspec.structs.replace(of_alice, **changes).encode()
        yield forgery(f"sign-in: {name}", "sign_in", SignInRequest(lied, alice.otp(lied, code=right)))
        mallorys = mallory.otp(lied)
        yield forgery(f"sign-in: {name}, Mallory's code", "sign_in", SignInRequest(lied, mallorys))
    for other in (world.pending.raw, world.ready.raw, alice.unlocking().encode(), raw + b" ", raw[:-1], b"[]"):
        yield forgery("sign-in: another transaction", "sign_in", SignInRequest(other, alice.otp(raw, code=right)))
    yield forgery("sign-in: as an approval", "approve", ApproveRequest(raw, otp=alice.otp(raw, code=right)))
    yield forgery("sign-in: as an approval, passkey", "approve", ApproveRequest(raw, world.held.evidence))
    yield forgery("sign-in: as an amendment", "amend", AmendRequest(raw, world.held.evidence))
    good = json.loads(msgspec.json.encode(SignInRequest(raw, alice.otp(raw, code=right))))
    for number, shape in enumerate([{}, good | {"more": 1}, good | {"otp": None}, good | {"otp": [good["otp"]]}, {"otp": good["otp"]}]):
        yield forgery(f"sign-in: shape {number}", "sign_in", json.dumps(shape).encode())


def _all_kinds(token: Authenticator) -> dict[str, Amendment]:
    return {
        "set_otp": token.setting(),
        "remove_otp": token.removing(),
        "unlock_otp": token.unlocking(),
        "change_pin": token.changing_pin(),
        "resynchronise_otp": token.resynchronising(),
    }
