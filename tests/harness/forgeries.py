"""
The calls of a hostile `app/` about approvals: each would be a good one but for one thing.

Where a signer's evidence is needed, the hostile side asks the passkey itself for whatever it likes; a passkey does not know what it signs.
"""

import base64
import hashlib
import json
import string
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import rfc8785

from demo.passkey import Defects
from hsm.messages import ApproveRequest, EnrollTransaction, RefuseRequest, challenge
from tests.harness.contents import attributes, pdf
from tests.harness.hostile import DAY_S, Asked, World
from tests.harness.sam import ORIGIN, RP_ID, b64, new_id

ALPHABET = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
FLAG_BITS = (259, 260, 261, 263)  # backed up, backup eligible, user verified, user present: byte 32 of the authenticator data
SHA1, SHA384, SHA512 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"


@dataclass(frozen=True)
class Forgery:
    """One call that must be refused."""

    name: str
    operation: str
    body: bytes


def forgery(name: str, operation: str, message: msgspec.Struct | bytes) -> Forgery:
    return Forgery(name, operation, message if isinstance(message, bytes) else msgspec.json.encode(message))


def flipped(data: bytes, bit: int) -> bytes:
    """Flip one bit, counted from the start."""
    changed = bytearray(data)
    changed[bit // 8] ^= 0x80 >> bit % 8
    return bytes(changed)


def claims_to_have_seen(signed: str) -> list[dict[str, Any]]:
    """What a hostile side might say of a file that leads to another hash, or to this one with no file behind it."""
    prepared = pdf()
    content: dict[str, Any] = json.loads(msgspec.json.encode(prepared.document().content))
    return [
        content,
        content | {"digest": signed},
        content | {"signed_attributes": base64.b64encode(attributes(base64.b64decode(signed))).decode()},
        {"media_type": "application/pdf", "digest": content["digest"]},
        {"media_type": "application/pdf", "digest": signed, "byte_range": content["byte_range"]},
        {"media_type": "text/plain", "digest": signed},
    ]


def changed_transactions(world: World) -> Iterator[Forgery]:
    """Alice's evidence for one transaction, with each single field of it changed."""
    good: dict[str, Any] = json.loads(world.held.raw)
    documents: list[dict[str, str]] = good["documents"]
    other = json.loads(world.pending.raw)
    values: dict[str, list[Any]] = {
        "version": [0, 2, "1", None],
        "type": ["enroll", "Sign", ""],
        "id": [new_id(), world.ready.transaction.id, good["id"].lower(), good["id"] + "\n"],
        "nonce": [other["nonce"], good["nonce"][:-1]],
        "signer": [world.bob.user_id, world.mallory.user_id, good["signer"] + " "],
        "credential_id": [world.bob.credential_id, world.mallory.credential_id, new_id()],
        "created": [good["created"] - 1, good["created"] + 1, 0],
        "expires": [good["expires"] + 1, good["expires"] - 1, good["expires"] + 29 * DAY_S, 2**53 - 1],
        "application_id": [new_id(), world.ready.transaction.id],
        "application_name": ["Natsuin", good["application_name"] + " "],
        "certificate_sha256": ["0" * 64, hashlib.sha256(world.bob.certificate).hexdigest(), good["certificate_sha256"].upper()],
        "hash_algorithm": [SHA1, SHA384, SHA512],
        "description": ["", "別の契約"],
        "documents": [
            [],
            documents[:1],
            documents[1:],
            documents[::-1],
            documents * 2,
            [*documents, documents[0]],
            [*documents, other["documents"][0]],
            other["documents"],
            [documents[0], documents[0]],
            [documents[0] | {"label": "契約書"}, documents[1]],
            [
                {"label": documents[0]["label"], "hash": documents[1]["hash"]},
                {"label": documents[1]["label"], "hash": documents[0]["hash"]},
            ],
            *([_with_hash(documents[0], bit), documents[1]] for bit in (0, 7, 128, 255)),
            documents * 60,
            *([documents[0] | {"content": claim}, documents[1]] for claim in claims_to_have_seen(documents[0]["hash"])),
        ],
        "more": [1],
    }
    for name, changes in values.items():
        for number, value in enumerate(changes):
            raw = rfc8785.dumps(good | {name: value})
            yield forgery(f"transaction: {name} {number} changed", "approve", ApproveRequest(raw, world.held.evidence))
    for name in good:
        raw = rfc8785.dumps({key: value for key, value in good.items() if key != name})
        yield forgery(f"transaction: no {name}", "approve", ApproveRequest(raw, world.held.evidence))


def _with_hash(document: dict[str, str], bit: int) -> dict[str, str]:
    digest = flipped(base64.b64decode(document["hash"]), bit)
    return document | {"hash": base64.b64encode(digest).decode()}


def other_encodings(world: World) -> Iterator[Forgery]:
    """Another encoding of a good transaction, with evidence over these very bytes: two readers might read them in two ways."""
    good = world.held.raw
    fields = json.loads(good)
    other = json.loads(world.pending.raw)
    encodings: dict[str, bytes] = {
        "space before": b" " + good,
        "newline after": good + b"\n",
        "NUL after": good + b"\x00",
        "byte order mark": b"\xef\xbb\xbf" + good,
        "spaces inside": json.dumps(fields, ensure_ascii=False, sort_keys=True).encode(),
        "keys in another order": json.dumps(dict(reversed(fields.items())), ensure_ascii=False, separators=(",", ":")).encode(),
        "escaped characters": json.dumps(fields, sort_keys=True, separators=(",", ":")).encode(),
        "escaped solidus": good.replace(b'"type":"sign"', b'"type":"\\u0073ign"'),
        "UTF-16": good.decode().encode("utf-16"),
        "fraction": good.replace(b'"version":1', b'"version":1.0'),
        "exponent": good.replace(b'"version":1', b'"version":1e0'),
        "key twice": good.replace(b'"version":1', b'"version":1,"version":1'),
        "documents twice": good.replace(b'"version":1', b'"version":1,"documents":' + json.dumps(other["documents"]).encode()),
        "documents first twice": b'{"documents":' + json.dumps(other["documents"]).encode() + b"," + good[1:],
        "in a list": b"[" + good + b"]",
        "followed by another": good + world.pending.raw,
        "as a string": json.dumps(good.decode()).encode(),
        "base64 without padding": good.replace(b'="', b'"'),
        "bidi label": _relabelled(fields, "a\u202egnp.fdp"),
        "zero width label": _relabelled(fields, "con\u200btract"),
        "control character in label": _relabelled(fields, "a\u0000b"),
        "long label": _relabelled(fields, "a" * 101),
        "short hash": rfc8785.dumps(fields | {"documents": [fields["documents"][0] | {"hash": base64.b64encode(bytes(20)).decode()}]}),
        "too large": rfc8785.dumps(fields | {"documents": [{"label": "界" * 100, "hash": fields["documents"][0]["hash"]}] * 700}),
        "not yet": rfc8785.dumps(fields | {"created": fields["created"] + 3_600, "expires": fields["expires"] + 3_600}),
        "for ever": rfc8785.dumps(fields | {"expires": fields["created"] + 31 * DAY_S}),
        "SHA-1 of the certificate's bytes": rfc8785.dumps(fields | {"certificate_sha256": "0" * 64}),
        "signer of another key": rfc8785.dumps(fields | {"credential_id": world.bob.credential_id}),
        "key of another signer": rfc8785.dumps(fields | {"signer": world.bob.user_id}),
    }
    for name, raw in encodings.items():
        yield forgery(f"encoding: {name}", "approve", ApproveRequest(raw, world.alice.assertion(raw)))


def _relabelled(fields: dict[str, Any], label: str) -> bytes:
    return rfc8785.dumps(fields | {"documents": [fields["documents"][0] | {"label": label}]})


def swapped_evidence(world: World) -> Iterator[Forgery]:
    """The evidence of one transaction with another, and everything again that was used or is over."""
    for asked in world.all:
        for source in world.all:
            if source.evidence and not (asked is source is world.held):
                name = f"swap: {_name(world, source)}'s evidence for {_name(world, asked)}"
                yield forgery(name, "approve", ApproveRequest(asked.raw, source.evidence))
    again = replace(world.signed, transaction=msgspec.structs.replace(world.signed.transaction, description="twice"))
    yield forgery("swap: new words under a used id", "approve", ApproveRequest(again.raw, world.alice.assertion(again.raw)))
    for ended in (world.signed, world.lapsed, world.ready, world.refused, world.late):
        yield forgery(
            f"replay: fresh evidence for {_name(world, ended)}", "approve", ApproveRequest(ended.raw, world.alice.assertion(ended.raw))
        )
    for decided in (world.signed, world.ready, world.refused, world.bobs):
        yield forgery(f"refuse {_name(world, decided)} afterwards", "refuse", RefuseRequest(decided.raw, "not_me"))
    late_words = msgspec.structs.replace(world.ready.transaction, description="other words")
    yield forgery("refuse other words under the same id", "refuse", RefuseRequest(late_words.encode(), "cancelled"))


def _name(world: World, asked: Asked) -> str:
    return next(name for name, value in vars(world).items() if value is asked)


def lying_passkeys(world: World) -> Iterator[Forgery]:
    """Evidence over the right transaction, signed by a real passkey, wrong in one thing."""
    held, alice, bob, mallory = world.held, world.alice, world.bob, world.mallory
    origins = (
        "http://sign.example.jp",
        "https://sign.example.jp:8443",
        "https://www.sign.example.jp",
        "https://example.jp",
        "https://sign.example.jp.evil.example",
        "https://evil.example/?https://sign.example.jp",
        "https://sign.example.jp.",
        "https://SIGN.example.jp",
        "https://sign.example.jp/",
        "android:apk-key-hash:x",
        "null",
        "",
    )
    lies = {
        "user not present": Defects(no_user_present=True),
        "user not verified": Defects(no_user_verified=True),
        "backup eligible": Defects(backup_eligible_flipped=True),
        "backed up without eligible": Defects(backed_up_without_eligible=True),
        "bogus signature": Defects(bogus_signature=True),
        "signature over another challenge": Defects(signature_over_other_challenge=True),
        "cross origin": Defects(cross_origin=True),
        "top origin": Defects(top_origin=ORIGIN),
        "RP ID": Defects(wrong_rp_id="example.jp"),
        "ceremony": Defects(wrong_type="webauthn.create"),
        "payment": Defects(wrong_type="payment.get"),
        "another transaction's challenge": Defects(wrong_challenge=challenge(type(held.transaction), world.pending.raw)),
        "enrolment's challenge": Defects(wrong_challenge=challenge(EnrollTransaction, held.raw)),
        "no domain": Defects(wrong_challenge=hashlib.sha256(held.raw).digest()),
        "empty challenge": Defects(wrong_challenge=b""),
        "the bytes themselves": Defects(wrong_challenge=held.raw[:1_000]),
        "Bob's passkey id": Defects(wrong_credential_id=bob.passkey.credential_id),
        "unknown passkey id": Defects(wrong_credential_id=bytes(32)),
        "Bob's user handle": Defects(wrong_user_handle=bob.user_handle),
        "Alice's user handle, longer": Defects(wrong_user_handle=alice.user_handle + b"\x00"),
        **{f"origin {origin!r}": Defects(wrong_origin=origin) for origin in origins if origin},
    }
    for name, defects in lies.items():
        yield forgery(f"passkey: {name}", "approve", ApproveRequest(held.raw, alice.assertion(held.raw, defects)))
    for name, signer in (("Bob", bob), ("Mallory", mallory)):
        yield forgery(f"passkey: {name}'s own", "approve", ApproveRequest(held.raw, signer.assertion(held.raw)))
        under = signer.assertion(held.raw, Defects(wrong_credential_id=alice.passkey.credential_id))
        yield forgery(f"passkey: {name}'s under Alice's id", "approve", ApproveRequest(held.raw, under))
        as_alice = signer.assertion(held.raw, Defects(wrong_credential_id=alice.passkey.credential_id, wrong_user_handle=alice.user_handle))
        yield forgery(f"passkey: {name}'s as Alice", "approve", ApproveRequest(held.raw, as_alice))
    yield from _stale_counters(world)


def _stale_counters(world: World) -> Iterator[Forgery]:
    passkey = world.alice.passkey
    newest, passkey.sign_count = passkey.sign_count, world.sam.store.passkey(passkey.credential_id).sign_count
    for name, defects in (("stands still", Defects(counter_stands_still=True)), ("goes back", Defects(counter_goes_back=True))):
        yield forgery(f"passkey: counter {name}", "approve", ApproveRequest(world.held.raw, world.alice.assertion(world.held.raw, defects)))
    passkey.sign_count = newest


def edited_evidence(world: World) -> Iterator[Forgery]:
    """Alice's own good evidence, edited after she gave it."""
    good = world.held.evidence
    response = good["response"]
    sizes = {name: len(_bytes(response[name])) * 8 for name in ("signature", "authenticatorData", "clientDataJSON")}
    for name, size in sizes.items():
        for bit in sorted({0, 5, 255, *FLAG_BITS, 264, size - 1}):
            yield _edited(world, f"{name} bit {bit}", {name: b64(flipped(_bytes(response[name]), bit))})
        yield _edited(world, f"{name} empty", {name: ""})
        yield _edited(world, f"{name} longer", {name: b64(_bytes(response[name]) + b"\x00")})
        yield _edited(world, f"{name} shorter", {name: b64(_bytes(response[name])[:-1])})
        yield _edited(world, f"{name} null", {name: None})
        yield _edited(world, f"{name} a list", {name: [response[name]]})
        yield _edited(world, f"{name} of another", {name: world.refused.evidence["response"][name]})
    client_data = _bytes(response["clientDataJSON"])
    for name, changed in {
        "other origin": client_data.replace(ORIGIN.encode(), b"https://evil.example"),
        "key twice": client_data.replace(b"{", b'{"type":"webauthn.get",'),
        "not JSON": b"{",
    }.items():
        yield _edited(world, f"client data: {name}", {"clientDataJSON": b64(changed)})
    yield _edited(world, "user handle a number", {"userHandle": 7})
    ids: list[tuple[str, Any]] = [("id", b64(world.bob.passkey.credential_id)), ("rawId", b64(world.bob.passkey.credential_id))]
    for name, value in [*ids, ("rawId", None), ("id", 1), ("type", "password")]:
        yield forgery(f"evidence: {name} {value}", "approve", ApproveRequest(world.held.raw, good | {name: value}))
    loose = good["id"][:-1] + ALPHABET[ALPHABET.index(good["id"][-1]) ^ 1]  # the last character's lowest bits say nothing
    for name, value in (("loose", loose), ("padded", good["id"] + "=")):
        yield forgery(f"evidence: ids {name}", "approve", ApproveRequest(world.held.raw, good | {"id": value, "rawId": value}))
    odd: list[Any] = [None, [], "x", {}, {"clientDataJSON": response["clientDataJSON"]}]
    for value in odd:
        yield forgery(f"evidence: response {value}", "approve", ApproveRequest(world.held.raw, good | {"response": value}))
    yield forgery("evidence: none", "approve", ApproveRequest(world.held.raw, {}))
    sign_in = world.alice.passkey.get({"challenge": b64(bytes(32)), "rpId": RP_ID, "userVerification": "required"}, ORIGIN)
    yield forgery("evidence: of a sign-in", "approve", ApproveRequest(world.held.raw, sign_in))


def _edited(world: World, name: str, changes: dict[str, Any]) -> Forgery:
    evidence = deepcopy(world.held.evidence)
    evidence["response"] |= changes
    return forgery(f"evidence: {name}", "approve", ApproveRequest(world.held.raw, evidence))


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
