"""The calls of a hostile `app/` about everything else: SADs, hashes, keys, enrolments, certificates, and requests of odd shapes."""

import base64
import hashlib
import json
from collections.abc import Iterator
from typing import Any

import msgspec

from demo.passkey import Defects
from hsm.messages import (
    ActivateRequest,
    ApproveRequest,
    CertifyRequest,
    CollectRequest,
    DestroyRequest,
    EnrollRequest,
    EnrollTransaction,
    RenewalRequest,
    ReplaceRequest,
    StatementRequest,
    challenge,
)
from hsm.server import MAX_REQUEST_BYTES, OPERATIONS
from tests.harness.forgeries import SHA1, SHA384, SHA512, Forgery, flipped, forgery
from tests.harness.hostile import World
from tests.harness.sam import ORIGIN, RP_ID, TestCa, TestSigner, b64, new_id

SAD_BYTES = 94
ID_BYTES, UNTIL = 22, 54  # where the SAD's parts end: authorization id, SHA-256 of the transaction, usable until, MAC
RSA, PSS, SHA256_RSA = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.10", "1.2.840.113549.1.1.11"
ECDSA_SHA1, ECDSA_SHA384, ECDSA_SHA512, ED25519 = "1.2.840.10045.4.1", "1.2.840.10045.4.3.3", "1.2.840.10045.4.3.4", "1.3.101.112"


def forged_sads(world: World) -> Iterator[Forgery]:
    """Every byte of a good SAD changed, SADs spliced of two, and what is no SAD."""
    good = _bytes(world.ready.sad)
    others = [_bytes(asked.sad) for asked in (world.signed, world.lapsed, world.bobs, world.mallorys)]
    assert len(good) == SAD_BYTES
    sads = {f"byte {number}": flipped(good, number * 8 + number % 8) for number in range(SAD_BYTES)}
    for number, other in enumerate(others):
        sads |= {
            f"MAC of {number}": good[:62] + other[62:],
            f"id of {number}": other[:ID_BYTES] + good[ID_BYTES:],
            f"digest of {number}": good[:ID_BYTES] + other[ID_BYTES:UNTIL] + good[UNTIL:],
            f"time of {number}": good[:UNTIL] + (2**40 + number).to_bytes(8, "big") + good[62:],
        }
    sads |= {
        "longer": good + b"\x00",
        "shorter": good[:-1],
        "twice": good * 2,
        "payload only": good[:62],
        "MAC only": good[62:],
        "zeros": bytes(94),
    }
    for name, raw in sads.items():
        yield _use(world, f"SAD: {name}", sad=b64(raw))
    for name, text in {
        "empty": "",
        "not base64": "!" * 126,
        "unicode": "界" * 42,
        "newline": "\n" + world.ready.sad,
        "id": world.ready.transaction.id,
    }.items():
        yield _use(world, f"SAD: {name}", sad=text)


def forged_activations(world: World) -> Iterator[Forgery]:
    """A good SAD with anything but what was approved, and SADs that are over."""
    first, second = (document.hash for document in world.ready.transaction.documents)
    elsewhere = world.pending.transaction.documents[0].hash
    hashes: list[tuple[bytes, ...]] = [
        (first,),
        (second,),
        (first, first),
        (second, second),
        (first, second, first),
        (first, second, elsewhere),
        (first, elsewhere),
        (elsewhere, second),
        (elsewhere,),
        (first, second) * 50,
        (first + second,),
        (first, second + b"\x00"),
        *((flipped(first, bit), second) for bit in (0, 1, 127, 255)),
        tuple(document.hash for document in world.bobs.transaction.documents),
        tuple(document.hash for document in world.held.transaction.documents),
        tuple(hashlib.sha256(digest).digest() for digest in (first, second)),
        (hashlib.sha384(first).digest(), hashlib.sha384(second).digest()),
    ]
    for number, digests in enumerate(hashes):
        yield _use(world, f"hashes: {number}", hashes=digests)
    for name, value in {
        "new": new_id(),
        "credential's": world.alice.credential_id,
        "lower": world.ready.transaction.application_id.lower(),
    }.items():
        yield _use(world, f"application: {name}", application_id=value)
    for name, value in {"Bob's": world.bob.credential_id, "Mallory's": world.mallory.credential_id, "new": new_id()}.items():
        yield _use(world, f"credential: {name}", credential_id=value)
    for oid in (SHA1, SHA384, SHA512, "2.16.840.1.101.3.4.2.4", "1.2.3"):
        yield _use(world, f"hash algorithm: {oid}", hash_algorithm=oid)
    for oid in (RSA, PSS, SHA256_RSA, ECDSA_SHA1, ECDSA_SHA384, ECDSA_SHA512, ED25519, "1.2.840.10045.4.3.1", "1.2.3"):
        yield _use(world, f"algorithm: {oid}", sign_algorithm=oid)
        yield _use(world, f"algorithm: {oid} of SHA-512", sign_algorithm=oid, hash_algorithm=SHA512)
    for parameters in (b"", b"\x30\x00", b"\x05\x01\x00", b"\xff" * 1_000):
        yield _use(world, f"parameters: {parameters[:4]!r}", sign_algorithm_parameters=parameters)
    for name, asked in {"signed": world.signed, "lapsed": world.lapsed}.items():
        for key in (None, "first", "second", "\x00", "first "):
            if (name, key) != ("signed", "first"):
                yield forgery(f"{name}: again with key {key!r}", "activate", asked.activation(idempotency_key=key))
    signed = world.signed.activation(idempotency_key="first")
    yield forgery("signed: same key, other hashes", "activate", msgspec.structs.replace(signed, hashes=(first, second)))
    yield forgery("signed: same key, other order", "activate", msgspec.structs.replace(signed, hashes=signed.hashes[::-1]))
    yield forgery("signed: same key, other application", "activate", msgspec.structs.replace(signed, application_id=new_id()))
    yield forgery("signed: same key, other algorithm", "activate", msgspec.structs.replace(signed, sign_algorithm="1.2.840.10045.2.1"))


def forged_collections(world: World) -> Iterator[Forgery]:
    """Ask for the SAD of what is not there, not approved, over, or someone else's."""
    ready = world.ready.transaction
    for name, request in {
        "another application": CollectRequest(ready.id, new_id()),
        "lower case": CollectRequest(ready.id, ready.application_id.lower()),
        "application for id": CollectRequest(ready.application_id, ready.application_id),
        "unknown": CollectRequest(new_id(), ready.application_id),
        **{
            f"state {number}": CollectRequest(asked.transaction.id, ready.application_id)
            for number, asked in enumerate(world.all)
            if not asked.sad
        },
        "signed": CollectRequest(world.signed.transaction.id, ready.application_id),
        "lapsed": CollectRequest(world.lapsed.transaction.id, ready.application_id),
    }.items():
        yield forgery(f"collect: {name}", "collect", request)


def forged_statements(world: World) -> Iterator[Forgery]:
    """Ask for a statement of what is not there, or one that says something."""
    key = world.alice.credential_id
    yield forgery("statement: unknown", "statement", StatementRequest(new_id()))
    yield forgery("statement: an authorization for a key", "statement", StatementRequest(world.ready.transaction.id))
    yield forgery("statement: an enrolment for a key", "statement", StatementRequest(world.alice.enrollment_id))
    odd: dict[str, Any] = {"first": -1, "payload": "Alice owes Mallory", "entries": [], "enrollment_id": world.bob.enrollment_id, "made": 0}
    odd |= {"total": 1, "tree": {"size": 1, "root_sha256": "0" * 64}, "nonce": "A" * 43, "salt": "", "key_id": "natsuin-statement"}
    for name, value in [*odd.items(), ("first", 2**53), ("first", "0"), ("first", 1.5), ("credential_id", "natsuin-statement")]:
        yield forgery(f"statement: {name} {value}", "statement", msgspec.json.encode({"credential_id": key, name: value}))


def forged_enrollments(world: World) -> Iterator[Forgery]:
    """The hostile side's own passkey, brought in beside or over what is enrolled; then used for what Alice did not approve."""
    alice, sam, clock = world.alice, world.sam, world.clock
    impostors = {
        "over Alice's credential": TestSigner(sam, clock, user_id=alice.user_id, credential_id=alice.credential_id),
        "over Alice's credential, as Mallory": TestSigner(sam, clock, credential_id=alice.credential_id),
        "under the name of Alice's enrolment": TestSigner(
            sam, clock, user_id=alice.user_id, user_handle=alice.user_handle, enrollment_id=alice.enrollment_id
        ),
        "over Bob's credential": TestSigner(sam, clock, user_id=alice.user_id, credential_id=world.bob.credential_id),
    }
    for name, impostor in impostors.items():
        yield forgery(f"enrol: {name}", "enroll", impostor.enrollment())
        yield forgery(f"enrol: {name}, used", "approve", ApproveRequest(world.held.raw, impostor.assertion(world.held.raw)))
    beside = TestSigner(sam, clock, user_id=alice.user_id, user_handle=alice.user_handle).enroll(TestCa(clock.now))
    yield forgery("enrol: beside Alice, used for hers", "approve", ApproveRequest(world.held.raw, beside.assertion(world.held.raw)))
    named = msgspec.structs.replace(world.held.transaction, credential_id=beside.credential_id).encode()
    yield forgery("enrol: beside Alice, with her evidence", "approve", ApproveRequest(named, world.held.evidence))
    yield from _forged_registrations(world)
    certificates = {
        "own key": TestCa(clock.now).certificate(_own_csr(world)),
        "Alice's key, another CA": TestCa(clock.now).certificate(sam.store.credential(alice.credential_id).csr or b""),
        "Bob's": world.bob.certificate,
        "cut": alice.certificate[:-1],
        "followed by more": alice.certificate + b"\x00",
        "empty": b"",
    }
    for name, certificate in certificates.items():
        yield forgery(f"certify: {name}", "certify", CertifyRequest(alice.credential_id, (certificate, alice.certificate)))
    begun = TestSigner(sam, clock)
    begun.begin()
    for name, certificate in (("own key", TestCa(clock.now).certificate(_own_csr(world))), ("Bob's", world.bob.certificate)):
        yield forgery(f"certify: {name}, on a key without certificate", "certify", CertifyRequest(begun.credential_id, (certificate,)))
    for name, credential_id in {"Alice's": alice.credential_id, "begun": begun.credential_id, "none": new_id()}.items():
        yield forgery(f"renewal: {name}, which nobody approved", "renewal", RenewalRequest(credential_id))
    announced = ReplaceRequest(alice.user_id, beside.enrollment_id)
    for operation, request in (("replace", announced), ("destroy", DestroyRequest(alice.credential_id))):
        yield forgery(f"{operation}: the operator's, at the web server's door", operation, request)
    yield forgery("certify: unknown credential", "certify", CertifyRequest(new_id(), (alice.certificate,)))


def _own_csr(world: World) -> bytes:
    return TestSigner(world.sam, world.clock).begin().csr


def _forged_registrations(world: World) -> Iterator[Forgery]:
    fresh = TestSigner(world.sam, world.clock)
    lies = {
        "Alice's passkey id": Defects(wrong_credential_id=world.alice.passkey.credential_id),
        "not verified": Defects(no_user_verified=True),
        "cross origin": Defects(cross_origin=True),
        "origin": Defects(wrong_origin="https://evil.example"),
        "challenge": Defects(wrong_challenge=bytes(32)),
    }
    for name, defects in lies.items():
        signer = TestSigner(world.sam, world.clock)
        yield forgery(f"register: {name}", "enroll", signer.enrollment(defects))
    request = fresh.enrollment()
    yield forgery(
        "register: another's transaction",
        "enroll",
        EnrollRequest(TestSigner(world.sam, world.clock).enroll_transaction().encode(), request.registration),
    )
    yield forgery("register: a sign transaction", "enroll", EnrollRequest(world.held.raw, request.registration))
    yield forgery("register: an assertion", "enroll", EnrollRequest(request.transaction, world.held.evidence))
    late = msgspec.structs.replace(
        fresh.enroll_transaction(), created=int(world.clock.now) - 700, expires=int(world.clock.now) - 100
    ).encode()
    options = {
        "rp": {"id": RP_ID},
        "user": {"id": b64(bytes(16)), "name": "x", "displayName": "x"},
        "challenge": b64(challenge(EnrollTransaction, late)),
        "pubKeyCredParams": [{"type": "public-key", "alg": -7}],
    }
    yield forgery("register: late", "enroll", EnrollRequest(late, TestSigner(world.sam, world.clock).passkey.create(options, ORIGIN)))


def odd_shapes(world: World) -> Iterator[Forgery]:
    """Requests that a parser may stumble over, to every operation."""
    good: dict[str, Any] = json.loads(msgspec.json.encode(world.held.approval))
    bodies = {
        "empty": b"",
        "null": b"null",
        "list": b"[]",
        "number": b"1",
        "text": b'"{}"',
        "object": b"{}",
        "cut": msgspec.json.encode(world.ready.activation())[:-1],
        "not UTF-8": b'{"authorization_id":"\xff"}',
        "lone surrogate": b'{"authorization_id":"\\ud800","reason":"\\udfff"}',
        "deep": b'{"transaction":"","assertion":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        "deep registration": b'{"transaction":"","registration":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
        "too large": b'{"transaction":"' + b"A" * MAX_REQUEST_BYTES + b'"}',
        "huge number": b'{"authorization_id":' + b"9" * 10_000 + b"}",
        "infinity": b'{"authorization_id":1e999}',
        "two": msgspec.json.encode(world.ready.activation()) * 2,
        "unknown field": msgspec.json.encode(good | {"role": "admin"}),
    }
    for operation in OPERATIONS:
        for name, body in bodies.items():
            yield Forgery(f"shape: {name} to {operation.name}", operation.name, body)
    for name in ("sign", "Activate", "activate%00", "..%2factivate", "health"):
        yield forgery(f"path: {name}", name, world.ready.activation())
    use: dict[str, Any] = json.loads(msgspec.json.encode(world.ready.activation()))
    odd: dict[str, Any] = {"hashes": "text", "sad": None, "credential_id": ["x"], "application_id": {}, "idempotency_key": ""}
    for name, value in [*odd.items(), ("sign_algorithm", "a.b")]:
        yield forgery(f"shape: {name} {value}", "activate", msgspec.json.encode(use | {name: value}))


def _use(world: World, name: str, **changes: Any) -> Forgery:
    request: ActivateRequest = world.ready.activation(**changes)
    return forgery(name, "activate", request)


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
