"""The operator's policy on new passkeys: what shows its model, and is of one that is taken; at enrolment, and where a passkey is added."""

import uuid
from collections.abc import Callable
from dataclasses import fields, replace

import msgspec
import pytest
from starlette.testclient import TestClient

from demo.maker import Flaws, Maker
from demo.passkey import Passkey
from hsm.assertion import RelyingParty
from hsm.attestation import EVERYTHING, PasskeyPolicy
from hsm.enrollment import enroll
from hsm.errors import CredentialUnknown, EvidenceRefused, Malformed, PasskeySynced, PasskeyUnacceptable, Refused
from hsm.messages import PasskeyPolicyReply, Registration
from hsm.new_passkey import examine
from hsm.sam import Sam
from hsm.server import create_server
from tests.harness.sam import ORIGIN, RP_ID, TestCa, TestClock, TestSigner

Way = Callable[[Sam, TestClock, TestCa, Passkey], object]


def by_enrolling(sam: Sam, clock: TestClock, _: TestCa, passkey: Passkey) -> object:
    signer = TestSigner(sam, clock, passkey=passkey)
    try:
        return signer.begin()
    except Refused:
        with pytest.raises(CredentialUnknown):
            sam.store.credential(signer.credential_id)
        raise


def by_adding(sam: Sam, clock: TestClock, ca: TestCa, passkey: Passkey) -> object:
    """Somebody who has a passkey from before there was a policy approves one more."""
    signer = TestSigner(taking(sam, EVERYTHING), clock).enroll(ca)
    signer.sam = sam
    made = signer.make_passkey(passkey)
    try:
        return signer.amend(signer.adding(passkey, made), made=made)
    except Refused:
        with pytest.raises(EvidenceRefused):
            sam.store.passkey(passkey.credential_id)
        raise


def by_asking(sam: Sam, clock: TestClock, _: TestCa, passkey: Passkey) -> object:
    made = TestSigner(sam, clock).make_passkey(passkey)
    return examine(sam, made)


WAYS: list[Way] = [by_enrolling, by_adding, by_asking]
every_way = pytest.mark.parametrize("take", WAYS)


def taking(sam: Sam, policy: PasskeyPolicy) -> Sam:
    return replace(sam, party=RelyingParty(RP_ID, ORIGIN, policy))


@pytest.fixture(scope="module")
def maker() -> Maker:
    return Maker()


@every_way
@pytest.mark.parametrize("synced", [True, False])
def test_everything_is_taken_by_default(sam: Sam, clock: TestClock, ca: TestCa, take: Way, synced: bool) -> None:
    take(sam, clock, ca, Passkey(backup_eligible=synced))
    take(sam, clock, ca, Passkey(backup_eligible=synced, maker=Maker(Flaws(root_of_its_own=True))))


@every_way
def test_a_passkey_that_its_maker_attests_is_taken(sam: Sam, clock: TestClock, ca: TestCa, take: Way, maker: Maker) -> None:
    """Also where several makers count, and where models are named."""
    others = [Maker().root_pem for _ in range(2)]
    for policy in (PasskeyPolicy((*others, maker.root_pem)), PasskeyPolicy((maker.root_pem,), (str(uuid.uuid4()), maker.aaguid))):
        take(taking(sam, policy), clock, ca, Passkey(maker=maker))


@every_way
@pytest.mark.parametrize("flaw", [field.name for field in fields(Flaws)])
def test_what_is_attested_wrongly_is_refused(sam: Sam, clock: TestClock, ca: TestCa, take: Way, flaw: str) -> None:
    """Each flaw alone is enough, and leaves nothing behind."""
    made_by = Maker(Flaws(**{flaw: True}))
    not_even_signed = flaw in ("bogus_signature", "changed_after_signing")
    with pytest.raises(EvidenceRefused if not_even_signed else PasskeyUnacceptable):
        take(taking(sam, PasskeyPolicy((made_by.root_pem,))), clock, ca, Passkey(maker=made_by))


@every_way
def test_a_maker_who_does_not_count_is_refused(sam: Sam, clock: TestClock, ca: TestCa, take: Way, maker: Maker) -> None:
    with pytest.raises(PasskeyUnacceptable):
        take(taking(sam, PasskeyPolicy((Maker().root_pem,))), clock, ca, Passkey(maker=maker))


@every_way
def test_another_model_is_refused(sam: Sam, clock: TestClock, ca: TestCa, take: Way, maker: Maker) -> None:
    """What counts is the model in what was attested."""
    with pytest.raises(PasskeyUnacceptable, match=maker.aaguid):
        take(taking(sam, PasskeyPolicy((maker.root_pem,), (str(uuid.uuid4()),))), clock, ca, Passkey(maker=maker))


@every_way
@pytest.mark.parametrize("backed_up", [True, False])
def test_a_synced_passkey_is_refused_where_none_is_taken(
    sam: Sam, clock: TestClock, ca: TestCa, take: Way, maker: Maker, backed_up: bool
) -> None:
    """Also one that is not copied yet, and one whose maker counts; one that stays on its device is taken."""
    for policy in (PasskeyPolicy(synced=False), PasskeyPolicy((maker.root_pem,), synced=False)):
        with pytest.raises(PasskeySynced):
            take(taking(sam, policy), clock, ca, Passkey(backup_eligible=True, backed_up=backed_up, maker=maker))
        take(taking(sam, policy), clock, ca, Passkey(maker=maker))


def test_an_enrolment_that_has_begun_goes_on_under_another_policy(sam: Sam, clock: TestClock) -> None:
    """Its passkey was taken; the code of a letter would be lost with it."""
    signer = TestSigner(sam, clock)
    request = signer.enrollment()
    begun = enroll(sam, request)
    strict = taking(sam, PasskeyPolicy((Maker().root_pem,), synced=False))
    assert enroll(strict, request) == begun
    with pytest.raises(PasskeyUnacceptable):
        TestSigner(strict, clock).begin()


def test_a_passkey_that_was_taken_approves_under_another_policy(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    signer = TestSigner(sam, clock).enroll(ca)
    signer.sam = taking(sam, PasskeyPolicy((Maker().root_pem,), synced=False))
    assert signer.sign(signer.transaction()).signatures


def test_the_policy_is_told(sam: Sam, maker: Maker) -> None:
    """Whoever makes the options for a new passkey needs to know; the roots stay here."""
    strict = taking(sam, PasskeyPolicy((maker.root_pem,), (maker.aaguid,), synced=False))
    for asked, expected in ((sam, (False, (), True)), (strict, (True, (maker.aaguid,), False))):
        answer = TestClient(create_server(asked, 1)).get("/v1/passkey_policy")
        told = msgspec.json.decode(answer.content, type=PasskeyPolicyReply)
        assert (told.attestation, told.models, told.synced) == expected


def test_nothing_is_examined_but_a_new_passkeys_own_transaction(sam: Sam, clock: TestClock) -> None:
    request = TestSigner(sam, clock).enrollment()
    with pytest.raises(Malformed):
        examine(sam, Registration(request.transaction, request.registration))
