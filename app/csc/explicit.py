"""
The objects of explicit authorization (CSC 2.0 §8.3): what an application may name in `authData`, and the challenge of `getChallenge`.

Every object is out of band: passkey, PIN and one-time password go from the signer to this service, never through an application
(docs/decisions/023-no-factor-through-the-application.md). Which of them is used, the signer decides.
"""

from typing import Any, Literal

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.csc.answers import Auth, AuthObject, Challenge, Language
from app.csc.body import Body, read_body
from app.domain.parties import Application, Credential
from app.domain.verification_code import new_code
from app.errors import BadParameter, InvalidAuthenticationData, TokenUnknown
from app.oauth.bearer import Caller, service_caller_of
from app.oauth.reach import credential_of
from app.services import Services
from app.store import parties

Way = Literal["mobile", "otp"]
MOBILE: Literal["mobile"] = "mobile"
OTP: Literal["otp"] = "otp"
WORDS: dict[tuple[Way, Language], tuple[str, str]] = {
    (MOBILE, "en"): ("Approval on the phone", "The signer approves on this service's page, with a passkey"),
    (MOBILE, "ja"): ("スマートフォンで承認", "署名者が、このサービスのページで、パスキーを使って承認します"),
    (OTP, "en"): ("PIN and one-time password", "The signer types both on this service's page; show them the link"),
    (OTP, "ja"): ("PIN とワンタイムパスワード", "署名者が、このサービスのページで入力します。リンクを表示してください"),
}


class Offer(Struct, frozen=True):
    """One way to approve; `has_challenge` where a code from the application's screen is typed beside it."""

    id: Way
    has_challenge: bool

    def describe(self, lang: Language) -> AuthObject:
        label, description = WORDS[self.id, lang]
        return AuthObject("ChallengeResponseOOB" if self.has_challenge else "PasswordOOB", self.id, label, description)


def objects_for(credential: Credential, asks_code: bool) -> tuple[Offer, ...]:
    """List what there is for a credential, for an application that has the signer type a code from its screen or not."""
    ways: tuple[Way, ...] = (MOBILE, OTP) if credential.factors == "passkey_or_otp" else (MOBILE,)
    return tuple(Offer(way, asks_code) for way in ways)


def describe_explicit(credential: Credential, asks_code: bool, lang: Language) -> Auth:
    """Say how a credential is authorized, as the `auth` of `credentials/info`."""
    objects = objects_for(credential, asks_code)
    return Auth("explicit", " XOR ".join(one.id for one in objects), [one.describe(lang) for one in objects])


async def challenged_code(services: Services, caller: Caller, credential_id: str, named: list[dict[str, Any]]) -> str | None:
    """
    Check the objects that `authData` names, and give the code that `getChallenge` told for this request; None where there was none.

    Raises:
        CredentialUnknown: there is no such credential.
        InvalidAuthenticationData: not exactly one of the credential's, one with a value, or one whose challenge was not asked for.
    """
    if not named:
        return None
    application, credential = await _parties(services, caller, credential_id)
    found = [one for one in objects_for(credential, application.asks_code) if one.id == named[0].get("id")]
    if len(named) != 1 or not found or named[0].get("value") is not None:
        raise InvalidAuthenticationData
    if not found[0].has_challenge:
        return None
    code = await services.ephemeral.take_challenge(caller.client_id, credential_id)
    if code is None:
        raise InvalidAuthenticationData
    return code


async def get_challenge(services: Services, request: Request) -> Response:
    """`credentials/getChallenge` (CSC 2.0 §11.9): the code to show, which the signer will type for the next request."""
    caller = await service_caller_of(services, request)
    body = await read_body(request)
    credential_id, object_id = _wanted(body, "credentialID"), _wanted(body, "authObjectID")
    application, credential = await _parties(services, caller, credential_id)
    if not any(one.id == object_id and one.has_challenge for one in objects_for(credential, application.asks_code)):
        raise BadParameter("Invalid parameter authObjectID")
    code = new_code()
    await services.ephemeral.keep_challenge(caller.client_id, credential_id, code, services.config.authorization_life_s)
    return answer(Challenge(code))


def language_of(body: Body) -> Language:
    """Choose between the languages that there are, by `lang` (RFC 5646); English where another one is asked for, or none."""
    return "ja" if (body.optional_text("lang") or "").lower().partition("-")[0] == "ja" else "en"


def _wanted(body: Body, name: str) -> str:
    value = body.optional_text(name, longest=100)
    if not value:
        raise BadParameter(f"Invalid parameter {name}")
    return value


async def _parties(services: Services, caller: Caller, credential_id: str) -> tuple[Application, Credential]:
    application = await services.database.read(parties.application, caller.client_id)
    if application is None:
        raise TokenUnknown
    return application, await credential_of(services, caller, credential_id)
