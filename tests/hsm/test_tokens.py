"""Tokens for authenticator apps: an offer grants nothing, one stands at a time, and what is told of tokens is no secret."""

import json
from dataclasses import replace

import msgspec
import pytest

from hsm.errors import CredentialUnknown, CredentialUnusable, EvidenceRefused
from hsm.messages import OfferTokenRequest, TokensRequest
from hsm.otp import Kind
from hsm.sam import Sam
from hsm.tokens import offer_token, tokens
from tests.harness.otp import OTHER_PIN, Authenticator, delivered, offered
from tests.harness.records import database, journal_entries
from tests.harness.sam import TestCa, TestClock, TestSigner, new_id


def listed(signer: TestSigner) -> dict[str, str]:
    reply = tokens(signer.sam, TokensRequest(signer.credential_id))
    return {token.token_id: token.state for token in reply.tokens}


def test_an_offer_is_a_token_that_apps_know(held: Authenticator) -> None:
    """Its seed is fresh, 160 bits, and given out once: the records have it encrypted, the journal not at all."""
    signer = held.signer
    reply = offer_token(signer.sam, OfferTokenRequest(signer.credential_id))
    assert (len(reply.seed), reply.algorithm, reply.digits, reply.period_s) == (20, "sha1", 6, 30)
    assert reply.seed != held.seed
    with database(signer.sam) as connection:
        dump = "\n".join(connection.iterdump())
    assert reply.seed.hex() not in dump.lower()
    assert reply.token_id in dump
    assert journal_entries(signer.sam, signer.credential_id)[-1]["event"] == "offered"


def test_an_offer_grants_nothing(held: Authenticator) -> None:
    """Its codes are none until a passkey approved it."""
    waiting = offered(held.signer)
    with pytest.raises(EvidenceRefused, match="no active token"):
        waiting.approve(held.signer.transaction())


def test_one_offer_stands_for_an_enrolment(held: Authenticator) -> None:
    """A newer one withdraws it, and leaves alone what is active; a withdrawn one can't be set."""
    older, newer = offered(held.signer), offered(held.signer)
    assert listed(held.signer) == {held.token_id: "active", newer.token_id: "offered"}
    with pytest.raises(EvidenceRefused, match="not to be had"):
        older.set()
    newer.set()
    assert held.signer.sam.store.token(older.token_id).seed == b""


def test_there_is_no_offer_for_a_key_that_has_no_use_for_it(sam: Sam, lenient: Sam, clock: TestClock, ca: TestCa) -> None:
    """One for passkeys only, one that was destroyed, and none."""
    strict, gone = TestSigner(sam, clock).enroll(ca), TestSigner(lenient, clock).enroll(ca)
    gone.amend(gone.destroying())
    for signer in (strict, gone):
        with pytest.raises(CredentialUnusable):
            offered(replace(signer, sam=lenient))
    with pytest.raises(CredentialUnknown):
        offer_token(lenient, OfferTokenRequest(new_id()))


def test_tokens_are_told_of_without_their_secrets(held: Authenticator, clock: TestClock, ca: TestCa) -> None:
    """An enrolment's own, in every detail that a page needs; not those that were removed."""
    signer = held.signer
    TestSigner(signer.sam, clock).enroll(ca)
    card = delivered(signer, Kind.OCRA).set()
    gone = delivered(signer, Kind.HOTP).set()
    gone.amend(gone.removing())
    reply = tokens(signer.sam, TokensRequest(signer.credential_id))
    assert {(token.kind, token.digits, token.suite) for token in reply.tokens} == {("totp", 6, None), ("ocra", 8, card.stand.suite)}
    assert {token.enrollment_id for token in reply.tokens} == {signer.enrollment_id}
    assert (reply.has_pin, reply.locked, reply.factors) == (True, False, "passkey_or_otp")
    assert set(json.loads(msgspec.json.encode(reply))["tokens"][0]) & {"seed", "last", "drift", "seal"} == set()


def test_a_locked_factor_is_told_of(held: Authenticator) -> None:
    for _ in range(10):
        with pytest.raises(EvidenceRefused):
            held.approve(held.signer.transaction(), pin=OTHER_PIN)
    assert tokens(held.signer.sam, TokensRequest(held.signer.credential_id)).locked
    held.amend(held.unlocking())
    assert not tokens(held.signer.sam, TokensRequest(held.signer.credential_id)).locked


def test_a_signer_without_tokens_has_none(sam: Sam, clock: TestClock, ca: TestCa) -> None:
    reply = tokens(sam, TokensRequest(TestSigner(sam, clock).enroll(ca).credential_id))
    assert (reply.tokens, reply.has_pin, reply.locked, reply.factors) == ((), False, False, "passkey")
