"""`enroll`: one key for one enrolment, bound to the passkey that answered it, however often it is repeated."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from demo.passkey import Defects
from hsm import enrollment
from hsm.approval import approve
from hsm.credential import credential
from hsm.csr import POLICIES, X520_NAME
from hsm.enrollment import certify, enroll
from hsm.errors import CredentialUnknown, CredentialUnusable, EvidenceRefused, Expired, HsmUnavailable, Malformed, NotNew
from hsm.messages import (
    MAX_LIFE_S,
    ApproveRequest,
    CertifyRequest,
    CredentialRequest,
    EnrollRequest,
    EnrollTransaction,
    Factors,
    KeyAlgorithm,
)
from hsm.sam import Sam
from tests.harness.records import database, journal_entries
from tests.harness.sam import TestCa, TestClock, TestSigner, new_id
from tests.harness.token import count_keys


def subject_of(csr: bytes) -> x509.Name:
    request = x509.load_der_x509_csr(csr)
    assert request.is_signature_valid
    return request.subject


def test_the_new_key_signs_the_certification_request(sam: Sam, clock: TestClock) -> None:
    """The request proves possession, and names the person and the user id."""
    signer = TestSigner(sam, clock, name="山田 太郎", user_id="taro@example.jp")
    subject = subject_of(signer.begin().csr)
    assert [(part.oid, part.value) for part in subject] == [(NameOID.COMMON_NAME, "山田 太郎"), (NameOID.USER_ID, "taro@example.jp")]


@pytest.mark.parametrize("factors", POLICIES)
def test_the_request_asks_for_the_policy_of_its_factors(sam: Sam, clock: TestClock, factors: Factors) -> None:
    """So that the certificate says what may approve for the key."""
    request = x509.load_der_x509_csr(TestSigner(replace(sam, factors=factors), clock).begin().csr)
    (asked,) = request.extensions.get_extension_for_class(x509.CertificatePolicies).value
    assert asked.policy_identifier == POLICIES[factors]


@pytest.mark.parametrize("name", ["ア" * 100, "x" * 65, "山" * 22])
def test_a_long_name_fits_into_the_request(sam: Sam, clock: TestClock, name: str) -> None:
    """A name of 100 characters, of three bytes each, is requested whole."""
    subject = subject_of(TestSigner(sam, clock, name=name).begin().csr)
    assert [part.value for part in subject.get_attributes_for_oid(X520_NAME)] == [name]


@pytest.mark.parametrize(("key_algorithm", "bits"), [("rsa-2048", 2048), ("p-256", 256), ("p-384", 384)])
def test_the_key_is_of_the_kind_that_was_asked(sam: Sam, clock: TestClock, key_algorithm: KeyAlgorithm, bits: int) -> None:
    """Kind and size are the transaction's."""
    key = x509.load_der_x509_csr(TestSigner(sam, clock, key_algorithm=key_algorithm).begin().csr).public_key()
    assert isinstance(key, rsa.RSAPublicKey if key_algorithm.startswith("rsa") else ec.EllipticCurvePublicKey)
    assert key.key_size == bits


def test_the_passkey_is_recorded_for_this_enrolment(sam: Sam, clock: TestClock) -> None:
    """What the SAM keeps is what it verified, and the reply says the same."""
    signer = TestSigner(sam, clock)
    reply = signer.begin()
    kept = sam.store.passkey(signer.passkey.credential_id)
    assert (kept.enrollment_id, kept.signer, kept.user_handle) == (signer.enrollment_id, signer.user_id, signer.user_handle)
    assert sam.store.credential(signer.credential_id).enrollment_id == signer.enrollment_id
    assert kept.record() == reply.passkey
    assert (reply.passkey.sign_count, reply.passkey.backup_eligible) == (1, False)


def test_intent_and_key_are_journalled(sam: Sam, clock: TestClock) -> None:
    """Before the key there is an entry with the passkey, after it one with the public key."""
    signer = TestSigner(sam, clock)
    signer.begin()
    intended, made = journal_entries(sam, signer.credential_id)
    assert (intended["event"], intended["passkey"]) == ("key_intended", signer.passkey.credential_id.hex())
    assert (made["event"], "public_key" in made) == ("key_made", True)


def test_a_repeat_gives_the_same_request_and_makes_no_second_key(sam: Sam, clock: TestClock) -> None:
    """A lost reply is asked for again, also after the transaction's end."""
    signer = TestSigner(sam, clock)
    request = signer.enrollment()
    first = enroll(sam, request)
    clock.now += 86_400
    assert enroll(sam, request) == first
    assert count_keys(sam.token, signer.credential_id.encode()) == (1, 1)


def test_an_enrolment_cut_off_before_its_key_goes_on(sam: Sam, clock: TestClock, ca: TestCa, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the HSM was away, the repeat makes the one key."""
    request = (signer := TestSigner(sam, clock)).enrollment()

    def away(key_id: bytes, algorithm: KeyAlgorithm) -> bytes:
        raise HsmUnavailable("TokenNotPresent")

    monkeypatch.setattr(sam.token, "generate_signing_key", away)
    with pytest.raises(HsmUnavailable):
        enroll(sam, request)
    monkeypatch.undo()
    require_signs(signer, request, ca)


def test_an_enrolment_that_was_destroyed_before_its_key_stays_so(sam: Sam, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same request again makes no key for it."""

    def away(*_: object) -> bytes:
        raise HsmUnavailable("TokenNotPresent")

    signer = TestSigner(sam, clock)
    request = signer.enrollment()
    with monkeypatch.context() as patched:
        patched.setattr(sam.token, "generate_signing_key", away)
        with pytest.raises(HsmUnavailable):
            enroll(sam, request)
    signer.amend(signer.destroying())
    with pytest.raises(CredentialUnusable):
        enroll(sam, request)
    assert not sam.token.has_key(signer.credential_id.encode())


def test_an_enrolment_cut_off_after_its_key_goes_on(sam: Sam, clock: TestClock, ca: TestCa, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key whose record was lost is replaced, in every PKCS#11 session that had seen it."""
    request = (signer := TestSigner(sam, clock)).enrollment()

    def cut_off(*_: Any) -> bytes:
        raise KeyboardInterrupt

    monkeypatch.setattr(enrollment, "certification_request", cut_off)
    with pytest.raises(KeyboardInterrupt):
        enroll(sam, request)
    monkeypatch.undo()
    sam.token._lost = True  # as after a restart: every session looks for all keys
    require_signs(signer, request, ca)


def require_signs(signer: TestSigner, request: EnrollRequest, ca: TestCa) -> None:
    """The enrolment goes on with one key pair, and every session of the token signs with it."""
    signer.certificate = ca.certificate(enroll(signer.sam, request).csr)
    assert count_keys(signer.sam.token, signer.credential_id.encode()) == (1, 1)
    certify(signer.sam, CertifyRequest(signer.credential_id, (signer.certificate,)))
    for _ in range(8):
        signer.sign(signer.transaction())


def test_a_repeat_beside_the_first_waits_for_its_key(sam: Sam, clock: TestClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repeat that comes while the key is being made does not destroy it."""
    signer = TestSigner(sam, clock)
    request = signer.enrollment()
    making, generate = threading.Event(), sam.token.generate_signing_key

    def slow(key_id: bytes, algorithm: KeyAlgorithm) -> bytes:
        made = generate(key_id, algorithm)
        making.set()
        time.sleep(0.2)  # long enough for a repeat that would not wait
        return made

    monkeypatch.setattr(sam.token, "generate_signing_key", slow)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(enroll, sam, request)
        assert making.wait(10)
        repeat = pool.submit(enroll, sam, request)
        assert first.result().csr == repeat.result().csr
    assert count_keys(sam.token, signer.credential_id.encode()) == (1, 1)
    key = x509.load_der_x509_csr(first.result().csr).public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert sam.store.credential(signer.credential_id).public_key == key


def test_another_enrolment_of_the_same_credential_is_refused(sam: Sam, clock: TestClock) -> None:
    """A credential id is used once, by whoever came first."""
    signer = TestSigner(sam, clock)
    signer.begin()
    for later in (
        TestSigner(sam, clock, credential_id=signer.credential_id),
        TestSigner(sam, clock, credential_id=signer.credential_id, user_id=signer.user_id, user_handle=signer.user_handle),
    ):
        with pytest.raises(NotNew):
            later.begin()


def test_no_second_enrolment_takes_the_name_of_another(sam: Sam, clock: TestClock) -> None:
    """Its passkey would approve for the keys of the first; not even where somebody took the first one's records away."""
    signer = TestSigner(sam, clock).enroll()
    impostor = TestSigner(sam, clock, user_id=signer.user_id, user_handle=signer.user_handle, enrollment_id=signer.enrollment_id)
    enrollment = impostor.enrollment()
    for _ in range(2):
        with pytest.raises(NotNew):
            enroll(sam, enrollment)
        raw = signer.transaction().encode()
        with pytest.raises(EvidenceRefused, match="unknown"):
            approve(sam, ApproveRequest(raw, signer.assertion(raw, passkey=impostor.passkey)))
        with database(sam) as connection:
            connection.execute("DELETE FROM pins")


def test_what_may_approve_for_a_key_is_settled_when_it_is_made(sam: Sam, clock: TestClock) -> None:
    """By the SAM's own setting, which nobody can change for it afterwards."""
    weaker = TestSigner(replace(sam, factors="passkey_or_otp"), clock)
    request = weaker.enrollment()
    enroll(weaker.sam, request)
    enroll(sam, request)
    assert credential(sam, CredentialRequest(weaker.credential_id)).factors == "passkey_or_otp"
    assert credential(sam, CredentialRequest(TestSigner(sam, clock).enroll().credential_id)).factors == "passkey"


def test_a_passkey_enrols_once(sam: Sam, clock: TestClock) -> None:
    """A registration with the id of a passkey that is known already is refused, and no key is made for it."""
    signer = TestSigner(sam, clock)
    signer.begin()
    mallory = TestSigner(sam, clock)
    with pytest.raises(NotNew):
        mallory.begin(Defects(wrong_credential_id=signer.passkey.credential_id))
    with pytest.raises(CredentialUnknown):
        sam.store.credential(mallory.credential_id)
    assert count_keys(sam.token, mallory.credential_id.encode()) == (0, 0)


@pytest.mark.parametrize(
    "defects",
    [
        Defects(no_user_present=True),
        Defects(no_user_verified=True),
        Defects(backed_up_without_eligible=True),
        Defects(cross_origin=True),
        Defects(top_origin="https://evil.example"),
        Defects(wrong_origin="https://evil.example"),
        Defects(wrong_rp_id="evil.example"),
        Defects(wrong_type="webauthn.get"),
        Defects(wrong_challenge=bytes(32)),
    ],
    ids=lambda defects: next(name for name, value in vars(defects).items() if value),
)
def test_a_registration_with_a_defect_is_refused(sam: Sam, clock: TestClock, defects: Defects) -> None:
    """Each defect alone is enough, and leaves nothing behind."""
    signer = TestSigner(sam, clock)
    with pytest.raises(EvidenceRefused):
        signer.begin(defects)
    with pytest.raises(CredentialUnknown):
        sam.store.credential(signer.credential_id)


def changed(request: EnrollRequest, **fields: Any) -> EnrollRequest:
    transaction = msgspec.json.decode(request.transaction, type=EnrollTransaction)
    return EnrollRequest(msgspec.structs.replace(transaction, **fields).encode(), request.registration)


@pytest.mark.parametrize("field", ["nonce", "signer", "credential_id", "expires", "signer_name", "user_handle", "key_algorithm"])
def test_a_transaction_changed_after_the_registration_is_refused(sam: Sam, clock: TestClock, field: str) -> None:
    """The new passkey has answered for this person, this key and this kind of key."""
    other: dict[str, Any] = {"expires": int(clock.now) + 601, "user_handle": bytes(64), "key_algorithm": "p-384", "nonce": "A" * 43}
    with pytest.raises(EvidenceRefused):
        enroll(sam, changed(TestSigner(sam, clock).enrollment(), **{field: other.get(field, new_id())}))


def test_a_transaction_that_is_not_canonical_is_refused(sam: Sam, clock: TestClock) -> None:
    """As everywhere: one form, and no other."""
    request = TestSigner(sam, clock).enrollment()
    with pytest.raises(Malformed):
        enroll(sam, EnrollRequest(request.transaction + b" ", request.registration))
    with pytest.raises(Malformed):
        enroll(sam, changed(request, signer_name="山田\u202e太郎"))


@pytest.mark.parametrize("seconds", [-61, 600, MAX_LIFE_S], ids=["from the future", "expired", "long expired"])
def test_an_enrolment_out_of_its_time_is_refused(sam: Sam, clock: TestClock, seconds: int) -> None:
    """A link that was kept for later opens nothing."""
    request = TestSigner(sam, clock).enrollment()
    clock.now += seconds
    with pytest.raises(Expired):
        enroll(sam, request)
