"""
What the web server may do with tokens without the signer's proof, because it grants nothing: have one made for an app, and list them.

The seed of a token for an app is given out once, and passes through the web server (docs/threats.md). What makes a token the signer's is in
`otp_amendment`.
"""

import base64

from hsm.errors import CredentialUnusable
from hsm.journal import Event
from hsm.messages import OfferTokenReply, OfferTokenRequest, TokenInfo, TokensReply, TokensRequest
from hsm.otp import Kind
from hsm.otp_secrets import conceal_seed
from hsm.records import TokenRecord
from hsm.sam import Sam
from hsm.tries import is_locked

ID_BYTES = 16
SEED_BYTES = 20  # RFC 4226 §4, R6; and what authenticator apps expect, as they do SHA-1, six digits and 30 s


def offer_token(sam: Sam, request: OfferTokenRequest) -> OfferTokenReply:
    """
    Make a token for an authenticator app; the enrolment's older offer, if there is one, is withdrawn.

    Raises:
        CredentialUnknown, CredentialUnusable: there is no such key, it was destroyed, or it is used with a passkey only.
    """
    now = sam.now()
    credential = sam.store.credential(request.credential_id)
    if credential.state == "destroyed":
        raise CredentialUnusable(credential.state)
    if credential.factors != "passkey_or_otp":
        raise CredentialUnusable("used with a passkey only")
    token_id = base64.urlsafe_b64encode(sam.random(ID_BYTES)).rstrip(b"=").decode()
    seed = sam.random(SEED_BYTES)
    token = TokenRecord(
        token_id=token_id,
        serial=token_id,
        kind=Kind.TOTP.value,
        algorithm="sha1",
        digits=6,
        period_s=30,
        suite=None,
        seed=conceal_seed(sam, token_id, seed),
        state="offered",
        enrollment_id=credential.enrollment_id,
    )
    with sam.store.change(now) as change:
        older = change.offered_token(credential.enrollment_id)
        if older is not None:
            change.change_token(older, state="removed", seed=b"")
        change.add_tokens([token])
        change.journal(Event.OFFERED, credential.credential_id, token=token_id)
    return OfferTokenReply(token_id, seed, token.algorithm, token.digits, token.period_s)


def tokens(sam: Sam, request: TokensRequest) -> TokensReply:
    """List the tokens of an enrolment, and say whether they may be used; raises CredentialUnknown, EvidenceRefused."""
    credential = sam.store.credential(request.credential_id)
    pin = sam.store.pin(credential.enrollment_id)
    found = sam.store.tokens_of(credential.enrollment_id)
    return TokensReply(tuple(map(told, found)), pin.verifier is not None, is_locked(pin.wrong), credential.factors)


def told(token: TokenRecord) -> TokenInfo:
    """Tell of a token what is no secret."""
    return TokenInfo(
        token_id=token.token_id,
        enrollment_id=token.enrollment_id,
        serial=token.serial,
        kind=token.kind,
        algorithm=token.algorithm,
        digits=token.digits,
        period_s=token.period_s,
        suite=token.suite,
        usable_from=token.usable_from,
        usable_until=token.usable_until,
        state=token.state,
    )
