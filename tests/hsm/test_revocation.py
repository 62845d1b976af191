"""The CA's word on a certificate: what counts as one, and what is signed, or not, because of it."""

import datetime
from collections.abc import Callable
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from hsm.activation import activate, status
from hsm.approval import approve
from hsm.credential import credential
from hsm.enrollment import certify
from hsm.errors import CertificateInvalid, CertificateRevoked, CertificateSuspended, Refused, StatusUnknown
from hsm.messages import ApproveRequest, CertificateStatus, CertifyRequest, CredentialRequest, StatusRequest
from hsm.revocation import Requirement, StatusPolicy, require_good, standing
from hsm.sam import Sam
from tests.harness.authority import Authority, Holder
from tests.harness.sam import NOW, TestClock, TestSigner

GOOD, REVOKED, UNKNOWN = ocsp.OCSPCertStatus.GOOD, ocsp.OCSPCertStatus.REVOKED, ocsp.OCSPCertStatus.UNKNOWN
HOLD, COMPROMISE = x509.ReasonFlags.certificate_hold, x509.ReasonFlags.key_compromise
MINUTE = datetime.timedelta(minutes=1)
REQUIRE = StatusPolicy(Requirement.REQUIRE, 300)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority(NOW)


@pytest.fixture(scope="module")
def elsewhere() -> Authority:
    """Another CA, that bears the same name."""
    return Authority(NOW)


@pytest.fixture(scope="module")
def certificate(authority: Authority) -> x509.Certificate:
    return made_by(authority)


def made_by(authority: Authority, *, with_responder: bool = True) -> x509.Certificate:
    key = rsa.generate_private_key(65537, 2048)
    csr = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256()).public_bytes(Encoding.DER)
    return authority.certify(csr, with_responder=with_responder)


def renamed(authority: Authority) -> Holder:
    """The same key, under another name."""
    return Authority(NOW, authority.root.key, "Other CA").root


def check(authority: Authority, certificate: x509.Certificate, given: CertificateStatus | None, policy: StatusPolicy = REQUIRE) -> None:
    require_good(policy, certificate, authority.root.certificate, given, NOW)


@pytest.mark.parametrize("named_by", list(ocsp.OCSPResponderEncoding))
def test_a_good_certificate_stands(authority: Authority, certificate: x509.Certificate, named_by: ocsp.OCSPResponderEncoding) -> None:
    """By the CA's own key, or by one that it named for this; the responder says who it is by name or by key."""
    check(authority, certificate, authority.says(certificate, named_by=named_by))
    check(authority, certificate, authority.says(certificate, by=authority.responder(), named_by=named_by))
    check(authority, certificate, authority.says(certificate, life=None))


def test_a_ca_with_an_rsa_key_is_believed() -> None:
    authority = Authority(NOW, rsa.generate_private_key(65537, 2048))
    certificate = made_by(authority)
    check(authority, certificate, authority.says(certificate))
    with pytest.raises(CertificateRevoked):
        check(authority, certificate, authority.says(certificate, REVOKED))


@pytest.mark.parametrize(
    ("reason", "error"), [(None, CertificateRevoked), (COMPROMISE, CertificateRevoked), (HOLD, CertificateSuspended)], ids=str
)
def test_a_revoked_certificate_is_told_from_one_on_hold(
    authority: Authority, certificate: x509.Certificate, reason: x509.ReasonFlags | None, error: type[Refused]
) -> None:
    with pytest.raises(error):
        check(authority, certificate, authority.says(certificate, REVOKED, reason))
    listed = made_by(authority, with_responder=False)
    with pytest.raises(error):
        check(authority, listed, authority.lists((listed, reason)))


def test_a_list_counts_where_there_is_no_responder(authority: Authority, certificate: x509.Certificate) -> None:
    listed = made_by(authority, with_responder=False)
    check(authority, listed, authority.lists((certificate, COMPROMISE)))
    with pytest.raises(StatusUnknown, match="responder to ask"):
        check(authority, certificate, authority.lists())


Lie = Callable[[Authority, Authority, x509.Certificate], CertificateStatus | None]
LIES: dict[str, Lie] = {
    "none": lambda authority, elsewhere, certificate: None,
    "empty": lambda authority, elsewhere, certificate: CertificateStatus(),
    "nothing": lambda authority, elsewhere, certificate: CertificateStatus(ocsp=b""),
    "no response": lambda authority, elsewhere, certificate: CertificateStatus(ocsp=b"0" * 100),
    "unknown": lambda authority, elsewhere, certificate: authority.says(certificate, UNKNOWN),
    "about another": lambda authority, elsewhere, certificate: authority.says(made_by(authority)),
    "about another CA's": lambda authority, elsewhere, certificate: authority.says(certificate, issuer=elsewhere.root.certificate),
    "about a CA of another name": lambda authority, elsewhere, certificate: authority.says(
        certificate, issuer=renamed(authority).certificate
    ),
    "try later": lambda authority, elsewhere, certificate: CertificateStatus(
        ocsp=ocsp.OCSPResponseBuilder.build_unsuccessful(ocsp.OCSPResponseStatus.TRY_LATER).public_bytes(Encoding.DER)
    ),
    "by another CA": lambda authority, elsewhere, certificate: elsewhere.says(certificate),
    "by another CA of that name": lambda authority, elsewhere, certificate: elsewhere.says(
        certificate, issuer=authority.root.certificate, named_by=ocsp.OCSPResponderEncoding.NAME
    ),
    "by a responder of another CA": lambda authority, elsewhere, certificate: authority.says(certificate, by=elsewhere.responder()),
    "by one who may sign e-mail": lambda authority, elsewhere, certificate: authority.says(
        certificate, by=authority.responder(for_ocsp=False)
    ),
    "by a responder of later": lambda authority, elsewhere, certificate: authority.says(
        certificate, by=authority.responder(begins=2 * MINUTE)
    ),
    "old": lambda authority, elsewhere, certificate: authority.says(certificate, at=-7 * MINUTE),
    "over": lambda authority, elsewhere, certificate: authority.says(certificate, at=-2 * MINUTE, life=MINUTE),
    "early": lambda authority, elsewhere, certificate: authority.says(certificate, at=2 * MINUTE),
    "weak": lambda authority, elsewhere, certificate: authority.says(certificate, algorithm=hashes.SHA224()),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_what_is_no_word_of_the_ca_does_not_count(
    authority: Authority, elsewhere: Authority, certificate: x509.Certificate, lie: Lie
) -> None:
    """And without a word there is no signature, unless the operator wants it so; what is wrong does not count even then."""
    given = lie(authority, elsewhere, certificate)
    with pytest.raises(StatusUnknown):
        check(authority, certificate, given)
    prefer = StatusPolicy(Requirement.PREFER, 300)
    if given is None:
        check(authority, certificate, given, prefer)
    else:
        with pytest.raises(StatusUnknown):
            check(authority, certificate, given, prefer)
    check(authority, certificate, given, StatusPolicy(Requirement.OFF, 300))


def test_a_responder_that_can_not_answer_is_named(authority: Authority, certificate: x509.Certificate) -> None:
    with pytest.raises(StatusUnknown, match="TRY_LATER"):
        check(authority, certificate, LIES["try later"](authority, authority, certificate))


def test_every_bit_of_a_response_counts(authority: Authority, certificate: x509.Certificate) -> None:
    """A response that says revoked is not made into one that says good."""
    raw = authority.says(certificate, REVOKED, COMPROMISE).ocsp or b""
    for place in range(len(raw)):
        for bit in (1, 128):
            changed = raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :]
            with pytest.raises((StatusUnknown, CertificateRevoked)):
                check(authority, certificate, CertificateStatus(ocsp=changed))


def test_a_list_of_another_time_ca_or_scope_does_not_count(authority: Authority, elsewhere: Authority) -> None:
    listed = made_by(authority, with_responder=False)
    scope = x509.IssuingDistributionPoint(None, None, False, True, None, False, False)
    day = datetime.timedelta(days=1)
    for given in (
        elsewhere.lists(),
        authority.lists(by=renamed(authority)),
        authority.lists(at=-2 * day),
        authority.lists(at=day),
        authority.lists(scope=scope),
        CertificateStatus(crl=b"x"),
    ):
        with pytest.raises(StatusUnknown):
            check(authority, listed, given)


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_of_what_is_no_word_of_the_ca_nobody_can_tell(
    authority: Authority, elsewhere: Authority, certificate: x509.Certificate, lie: Lie
) -> None:
    """Neither good nor bad is said on the strength of it."""
    assert standing(300, certificate, authority.root.certificate, lie(authority, elsewhere, certificate), NOW) is None


# ------------------------------------------------------------------------------------------------------------------ in the SAM


@pytest.fixture
def strict(sam: Sam) -> Sam:
    """The same SAM, whose operator requires the CA's word."""
    return replace(sam, status_policy=REQUIRE)


@pytest.fixture
def signer(strict: Sam, clock: TestClock, authority: Authority) -> TestSigner:
    signer = TestSigner(strict, clock)
    issued = authority.certify(signer.begin().csr)
    signer.certificate = issued.public_bytes(Encoding.DER)
    certify(strict, CertifyRequest(signer.credential_id, (signer.certificate, authority.root.der)))
    return signer


def word(
    signer: TestSigner, authority: Authority, state: ocsp.OCSPCertStatus = GOOD, reason: x509.ReasonFlags | None = None
) -> CertificateStatus:
    return authority.says(x509.load_der_x509_certificate(signer.certificate), state, reason)


def test_step_2_a_revoked_certificate_is_not_approved_for(signer: TestSigner, authority: Authority) -> None:
    raw = signer.transaction().encode()
    evidence = signer.assertion(raw)
    for state, reason, error in (
        (REVOKED, COMPROMISE, CertificateRevoked),
        (REVOKED, HOLD, CertificateSuspended),
        (UNKNOWN, None, StatusUnknown),
    ):
        with pytest.raises(error):
            approve(signer.sam, ApproveRequest(raw, evidence, word(signer, authority, state, reason)))
    with pytest.raises(StatusUnknown):
        approve(signer.sam, ApproveRequest(raw, evidence))
    approve(signer.sam, ApproveRequest(raw, evidence, word(signer, authority)))


def test_step_4_a_certificate_revoked_since_the_approval_signs_nothing(signer: TestSigner, authority: Authority) -> None:
    """Nothing is spent; when the hold is lifted, the approval is still good."""
    transaction = signer.transaction()
    raw = transaction.encode()
    approve(signer.sam, ApproveRequest(raw, signer.assertion(raw), word(signer, authority)))
    sad = signer.collect(transaction).sad
    for given, error in (
        (word(signer, authority, REVOKED, HOLD), CertificateSuspended),
        (word(signer, authority, REVOKED), CertificateRevoked),
        (None, StatusUnknown),
    ):
        with pytest.raises(error):
            activate(signer.sam, signer.activation(transaction, sad, status=given))
    assert status(signer.sam, StatusRequest(transaction.id)).outcome == "approved"
    assert activate(signer.sam, signer.activation(transaction, sad, status=word(signer, authority))).signatures


def test_a_certificate_is_told_of_in_the_words_of_its_ca(signer: TestSigner, authority: Authority, clock: TestClock) -> None:
    """Whatever the operator requires of it for signing; what is over is over, and nothing is said without a word."""
    day = 86_400

    def told(given: CertificateStatus | None) -> str | None:
        return credential(signer.sam, CredentialRequest(signer.credential_id, given)).certificate

    held, revoked = word(signer, authority, REVOKED, HOLD), word(signer, authority, REVOKED, COMPROMISE)
    assert [told(given) for given in (word(signer, authority), held, revoked, None)] == ["valid", "suspended", "revoked", None]
    careless = replace(signer.sam, status_policy=StatusPolicy(Requirement.OFF, 300))
    assert credential(careless, CredentialRequest(signer.credential_id, held)).certificate == "suspended"
    clock.now += 366 * day
    assert [told(given) for given in (held, None)] == ["expired", "expired"]
    clock.now -= 368 * day
    early = authority.says(x509.load_der_x509_certificate(signer.certificate), at=-2 * datetime.timedelta(days=1))
    assert told(early) is None  # good, and not valid yet, for which the standard has no word


def test_the_ca_word_is_no_part_of_what_makes_two_requests_the_same(signer: TestSigner, authority: Authority) -> None:
    """A repeat under the same key brings a newer word, or none, and gets the same answer."""
    transaction = signer.transaction()
    raw = transaction.encode()
    approve(signer.sam, ApproveRequest(raw, signer.assertion(raw), word(signer, authority)))
    sad = signer.collect(transaction).sad
    asked = {"idempotency_key": "order 47"}
    first = activate(signer.sam, signer.activation(transaction, sad, status=word(signer, authority), **asked))
    for given in (word(signer, authority), word(signer, authority, REVOKED), None):
        assert activate(signer.sam, signer.activation(transaction, sad, status=given, **asked)) == first


def test_a_certificate_comes_with_its_issuers(strict: Sam, clock: TestClock, authority: Authority, elsewhere: Authority) -> None:
    """Whose word will count is settled, and sealed, when the certificate is registered."""
    signer = TestSigner(strict, clock)
    der = authority.certify(signer.begin().csr).public_bytes(Encoding.DER)
    for chain in ((der,), (der, elsewhere.root.der), (der, der), (der, b"x")):
        with pytest.raises(CertificateInvalid):
            certify(strict, CertifyRequest(signer.credential_id, chain))
    certify(strict, CertifyRequest(signer.credential_id, (der, authority.root.der)))
    assert strict.store.credential(signer.credential_id).issuer_certificate == authority.root.der
