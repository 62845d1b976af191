"""`credentials/list` and `credentials/info` (CSC 2.0 §11.5, §11.6): which keys a signer has, and what each can do."""

import asyncio
import base64

from msgspec import UNSET, Struct
from msgspec.structs import asdict
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from app.account.standing import Standing, standing
from app.answering import answer
from app.csc.algorithms import MULTISIGN, key_description
from app.csc.answers import Certificate, Credentials, KeyAndCertificate, Language, NamedCredential
from app.csc.answers import Credential as CredentialInfo
from app.csc.body import Body, read_body
from app.csc.certificate import read_out
from app.csc.explicit import describe_explicit, language_of
from app.domain.parties import Application, Credential
from app.errors import BadParameter, TokenUnknown
from app.oauth.bearer import Caller, caller_of, service_caller_of
from app.oauth.reach import credential_of, signer_of
from app.services import Services
from app.store import agreements, credentials, parties

CERTIFICATES = ("none", "single", "chain")


class Wanted(Struct, frozen=True):
    """What is to be said of a credential: which certificates, whether the first is read out, and the language of labels."""

    certificates: str
    cert_info: bool
    lang: Language


async def list_credentials(services: Services, request: Request) -> Response:
    """List a signer's credentials; nothing is seen of a signer who did not agree to the application."""
    caller = await service_caller_of(services, request)
    application = await application_of(services, caller)
    body = await read_body(request)
    user_id = named_user(caller, body)
    with_info, only_valid = body.flag("credentialInfo"), body.flag("onlyValid")
    wanted = read_wanted(body)
    standings = await standings_of(services, application.client_id, user_id, ask=with_info or only_valid)
    now = services.now()
    if only_valid:  # of which nobody can tell stays: asking for a signature will
        standings = [one for one in standings if one.credential.is_usable(now) and one.certificate in ("valid", None)]
    told = Credentials(
        credentialIDs=[one.credential.credential_id for one in standings],
        credentialInfos=[_named(one, now, wanted, application.asks_code) for one in standings] if with_info else UNSET,
        onlyValid=True if only_valid else UNSET,
    )
    return answer(told)


async def credential_info(services: Services, request: Request) -> Response:
    """Describe one credential; one whose signer did not agree to this application is unknown."""
    caller = await caller_of(services, request)
    application = await application_of(services, caller)
    body = await read_body(request)
    stands, wanted = await read_one(services, caller, body)
    return answer(describe(stands, services.now(), wanted, application.asks_code))


async def application_of(services: Services, caller: Caller) -> Application:
    """Give the application that asks; raises TokenUnknown where it is gone."""
    application = await services.database.read(parties.application, caller.client_id)
    if application is None:
        raise TokenUnknown
    return application


def named_user(caller: Caller, body: Body) -> str:
    """Give the signer whose credentials are listed: who granted the token, or else whom the application must name (§11.5)."""
    user_id = signer_of(caller, body.optional_text("userID", longest=64))
    if not user_id:
        raise BadParameter("Invalid parameter userID")
    return user_id


async def standings_of(services: Services, client_id: str, user_id: str, *, ask: bool) -> list[Standing]:
    """List the credentials that this application may see, newest first where one renewed another; with `ask`, also how they stand."""
    found = await services.database.read(_seen_by, client_id, user_id)
    found.sort(key=lambda one: one.renewed_by is not None)  # an application that takes the first is to take the newer one
    if not ask:
        return [Standing(one, None) for one in found]
    return await asyncio.gather(*(standing(services, one) for one in found))


async def read_one(services: Services, caller: Caller, body: Body) -> tuple[Standing, Wanted]:
    """Read which credential is to be described and how, and ask how it stands; raises CredentialUnknown."""
    credential_id = body.text("credentialID")
    wanted = read_wanted(body)
    return await standing(services, await credential_of(services, caller, credential_id)), wanted


def _seen_by(connection: Connection, client_id: str, user_id: str) -> list[Credential]:
    return credentials.of_signer(connection, user_id) if agreements.has_agreed(connection, user_id, client_id) else []


def read_wanted(body: Body) -> Wanted:
    body.flag("authInfo")  # the mode is always said
    body.optional_text("clientData")
    lang = language_of(body)
    return Wanted(body.choice("certificates", CERTIFICATES, "single"), body.flag("certInfo"), lang)


def describe(stands: Standing, now: float, wanted: Wanted, asks_code: bool) -> CredentialInfo:
    """Put a credential in the words of v2."""
    told = describe_key(stands, now, wanted)
    return CredentialInfo(**asdict(told), auth=describe_explicit(stands.credential, asks_code, wanted.lang))


def _named(stands: Standing, now: float, wanted: Wanted, asks_code: bool) -> NamedCredential:
    return NamedCredential(**asdict(describe(stands, now, wanted, asks_code)), credentialID=stands.credential.credential_id)


def describe_key(stands: Standing, now: float, wanted: Wanted) -> KeyAndCertificate:
    """Put key and certificate in the standard's words, the same in v1 and v2; `cert.status` is there only where it is so now."""
    credential = stands.credential
    cert = read_out(credential.certificate) if wanted.cert_info else Certificate()
    if stands.certificate is not None:
        cert.status = stands.certificate
    if wanted.certificates != "none":
        shown = credential.certificates if wanted.certificates == "chain" else credential.certificates[:1]
        cert.certificates = [base64.b64encode(one).decode() for one in shown]
    return KeyAndCertificate(
        key=key_description(credential.key_algorithm, enabled=credential.state == "enabled" and not credential.is_frozen(now)),
        cert=cert,
        SCAL="2",
        multisign=MULTISIGN,
        lang=wanted.lang,
        factors=["passkey", "otp"] if credential.factors == "passkey_or_otp" else ["passkey"],
    )
