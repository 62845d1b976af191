"""`credentials/list` and `credentials/info` (CSC 2.0 §11.5, §11.6): which keys a signer has, and what each can do."""

import asyncio
import base64
from datetime import datetime

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.account.standing import Standing, standing
from app.csc.algorithms import MULTISIGN, key_description
from app.csc.body import Body, read_body
from app.errors import BadParameter, CredentialUnknown
from app.oauth.bearer import caller_of, service_caller_of
from app.oauth.credential_token import require_credential
from app.services import Services
from app.store import credentials

CERTIFICATES = ("none", "single", "chain")
OUT_OF_BAND = {"type": "PasswordOOB", "id": "mobile", "label": "Approval on the phone", "description": "The signer approves there"}


async def list_credentials(services: Services, request: Request) -> Response:
    """List a signer's credentials; the application names the signer by `userID`."""
    caller = await service_caller_of(services, request)
    body = await read_body(request)
    user_id = body.optional_text("userID", longest=64)
    if caller.user_id is not None and user_id is not None:
        raise BadParameter("userID parameter MUST be null")
    user_id = caller.user_id or user_id
    if not user_id:
        raise BadParameter("Invalid parameter userID")
    with_info, only_valid = body.flag("credentialInfo"), body.flag("onlyValid")
    described = _options(body)
    now = services.now()
    found = await services.database.read(credentials.of_signer, user_id)
    found.sort(key=lambda one: one.renewed_by is not None)  # an application that takes the first is to take the newer one
    standings = [Standing(one, None) for one in found]
    if with_info or only_valid:
        standings = await asyncio.gather(*(standing(services, one) for one in found))
    if only_valid:  # of which nobody can tell stays: asking for a signature will
        standings = [one for one in standings if one.credential.is_usable(now) and one.certificate in ("valid", None)]
    answer: dict[str, object] = {"credentialIDs": [one.credential.credential_id for one in standings]}
    if with_info:
        answer["credentialInfos"] = [{"credentialID": one.credential.credential_id} | describe(one, now, *described) for one in standings]
    if only_valid:
        answer["onlyValid"] = True
    return JSONResponse(answer)


async def credential_info(services: Services, request: Request) -> Response:
    """Describe one credential."""
    caller = await caller_of(services, request)
    body = await read_body(request)
    credential_id = body.text("credentialID")
    described = _options(body)
    credential = await services.database.read(credentials.get, credential_id)
    if credential is None or caller.user_id not in (None, credential.user_id):
        raise CredentialUnknown
    await require_credential(services, caller, credential_id)
    return JSONResponse(describe(await standing(services, credential), services.now(), *described))


def describe(stands: Standing, now: float, certificates: str, cert_info: bool) -> dict[str, object]:
    """Put a credential in the standard's words; `cert.status` is there only where it is so now."""
    credential, leaf = stands.credential, stands.credential.certificate
    cert: dict[str, object] = {}
    if stands.certificate is not None:
        cert["status"] = stands.certificate
    if certificates != "none":
        shown = credential.certificates if certificates == "chain" else credential.certificates[:1]
        cert["certificates"] = [base64.b64encode(one).decode() for one in shown]
    if cert_info:
        cert |= {
            "issuerDN": leaf.issuer.rfc4514_string(),
            "serialNumber": f"{leaf.serial_number:x}",
            "subjectDN": leaf.subject.rfc4514_string(),
            "validFrom": _time(leaf.not_valid_before_utc),
            "validTo": _time(leaf.not_valid_after_utc),
        }
    return {
        "key": key_description(credential.key_algorithm, enabled=credential.state == "enabled" and not credential.is_frozen(now)),
        "cert": cert,
        "auth": {"mode": "explicit", "expression": "mobile", "objects": [OUT_OF_BAND]},
        "SCAL": "2",
        "multisign": MULTISIGN,
        "lang": "ja",
        "factors": ["passkey", "otp"] if credential.factors == "passkey_or_otp" else ["passkey"],
    }


def _options(body: Body) -> tuple[str, bool]:
    body.flag("authInfo")  # the mode is always said
    body.optional_text("lang")
    body.optional_text("clientData")
    return body.choice("certificates", CERTIFICATES, "single"), body.flag("certInfo")


def _time(moment: datetime) -> str:
    return moment.strftime("%Y%m%d%H%M%SZ")
