"""
What a signer is to approve, read from OAuth parameters (CSC 2.0 §8.3.2) or from one `authorization_details` object (RFC 9396), of CSC 2.0
or 2.2.

Both come to the same `Ask` as `credentials/authorize` reads, and are checked by the same rules.
"""

import base64
import binascii
import json
from typing import Any

import msgspec

from app.authorization.request import Ask
from app.csc.authorize import read_ask
from app.csc.body import Body
from app.errors import BadParameter, CredentialUnknown, GrantRefused
from app.oauth.metadata import DETAILS
from app.services import Services

SCOPES = ("service", "credential")


def read_scope(form: dict[str, str]) -> tuple[str, bool]:
    """Give the scope that is asked for, and whether an ID token is wanted beside (`openid`); raises GrantRefused."""
    words = form.get("scope", "").split()
    openid = "openid" in words
    wanted = [word for word in words if word != "openid"]
    if "authorization_details" in form:
        if wanted not in ([], ["credential"]):
            raise GrantRefused("invalid_scope", "Invalid parameter scope")
        return "credential", openid
    scope = wanted[0] if wanted else "service"
    if len(wanted) > 1 or scope not in SCOPES:
        raise GrantRefused("invalid_scope", "Invalid parameter scope")
    return scope, openid


def read_credential_ask(services: Services, form: dict[str, str]) -> tuple[Ask, dict[str, object] | None]:
    """
    Give what is to be approved, and the RAR object that said so.

    Raises:
        BadParameter, CredentialUnknown: a parameter is not what it must be.
        GrantRefused: the RAR object is not one that we know (`invalid_authorization_details`).
    """
    life_s = services.config.authorization_life_s
    if "authorization_details" not in form:
        return _read_ask(_from_parameters(form), life_s), None
    if any(name in form for name in ("credentialID", "hashes", "hashAlgorithmOID", "numSignatures", "signatureQualifier")):
        raise BadParameter("authorization_details excludes the parameters of scope credential")
    details = _one_object(services, form["authorization_details"])
    try:
        return _read_ask(_from_details(details) | _texts(form), life_s), details
    except (BadParameter, CredentialUnknown) as wrong:
        raise GrantRefused("invalid_authorization_details", str(wrong) or "Invalid parameter credentialID") from None


def _read_ask(fields: dict[str, Any], life_s: int) -> Ask:
    """Read it as `credentials/authorize` does; but the same words again are another request, since each belongs to a grant of its own."""
    return msgspec.structs.replace(read_ask(Body(fields), life_s), asked_sha256=None)


def _from_parameters(form: dict[str, str]) -> dict[str, Any]:
    if "signatureQualifier" in form:
        raise BadParameter("Invalid parameter signatureQualifier")
    fields: dict[str, Any] = {name: form[name] for name in ("credentialID", "hashAlgorithmOID") if name in form}
    if form.get("numSignatures", "").isascii() and form.get("numSignatures", "").isdigit():
        fields["numSignatures"] = int(form["numSignatures"][:6])
    if "hashes" in form:
        fields["hashes"] = [_standard(one) for one in form["hashes"].split(",")]
    return fields | _texts(form)


def _texts(form: dict[str, str]) -> dict[str, str]:
    return {name: form[name] for name in ("description", "clientData") if name in form}


def _standard(text: str) -> str:
    """Turn base64url, as queries need it, into the base64 of JSON; what is neither stays, and is refused."""
    try:
        return base64.b64encode(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)).decode()
    except (binascii.Error, ValueError):
        return text


def _one_object(services: Services, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict) or value[0].get("type") not in DETAILS:
        raise GrantRefused("invalid_authorization_details", "One object of a type of the Cloud Signature Consortium is needed")
    details: dict[str, Any] = value[0]
    locations = details.get("locations", [services.config.origin])
    ours = services.config.origin
    if not isinstance(locations, list) or not any(isinstance(one, str) and (one + "/").startswith(f"{ours}/") for one in locations):
        raise GrantRefused("invalid_authorization_details", "Invalid parameter locations")
    return details


def _from_details(details: dict[str, Any]) -> dict[str, Any]:
    known = {"type", "credentialID", "documentDigests", "hashAlgorithmOID", "numSignatures", "locations"}
    if unknown := sorted(set(details) - known):
        raise BadParameter(f"Invalid parameter {unknown[0]}")  # RFC 9396 §5: fields that are not of the type are refused
    digests = details.get("documentDigests")
    if not isinstance(digests, list) or not all(isinstance(one, dict) for one in digests):
        raise BadParameter("Missing (or invalid type) array parameter documentDigests")
    if any(str(one.get("hashType", "dtbsr")).lower() != "dtbsr" for one in digests):
        raise BadParameter("Invalid parameter hashType")
    return {
        "credentialID": details.get("credentialID"),
        "hashAlgorithmOID": details.get("hashAlgorithmOID"),
        "numSignatures": details.get("numSignatures", len(digests)),
        "hashes": [one.get("hash") for one in digests],
        "documentLabels": [one.get("label", "") for one in digests],
    }
