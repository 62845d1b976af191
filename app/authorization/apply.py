"""
An enrolment for who has a certificate already: the person applies at the CA with it, by signing an application that names the new key.

The signature is CMS (RFC 5652), made with the person's own software; whether it is believed, the CA says. The certificate is then collected
over EST (`enroll`), so that a person may as well hand the application in at the CA by another way.
"""

import base64
from datetime import UTC, datetime

import msgspec
from asn1crypto import cms, pem
from msgspec import Struct

from app.authorization.enroll import Awaited, Enrolled, Registration, csr_of, enroll
from app.ca import send_application
from app.domain.parties import Signer
from app.errors import ApplicationRefused
from app.services import Services
from app.store import links


class CertificateApplication(Struct, frozen=True, omit_defaults=True):
    """What the person signs, as JSON (docs/ca.md): at which CA, who, when (UTC), and the new key as PKCS#10 in base64 of DER."""

    purpose: str
    ca: str
    user_id: str
    name: str
    created: datetime
    csr: str
    replaces: bool = False


async def compose(services: Services, text: str) -> str:
    """
    Write the application for the key of an enrolment; good for a day, by the CA's rule.

    Raises:
        LinkUnknown, RegistrationRefused: there is none for this link, or no key yet.
        SamUnavailable: the same call again gives it.
    """
    link, signer, csr = await csr_of(services, text, None)
    made = CertificateApplication(
        purpose="natsuin/certificate-application",
        ca=services.config.ca_office_url,
        user_id=signer.user_id,
        name=signer.name,
        created=datetime.fromtimestamp(int(services.now()), UTC),
        csr=base64.b64encode(csr).decode(),
        replaces=link.replaces_as is not None,
    )
    return msgspec.json.format(msgspec.json.encode(made)).decode() + "\n"


async def send(services: Services, text: str, registration: Registration | None, signed: bytes) -> Enrolled | Awaited:
    """
    Hand a signed application in at the CA, unless the CA has certified the key already, and register the certificate.

    Raises:
        ApplicationRefused: not taken; the key waits for another application.
        LinkUnknown, RegistrationRefused: as `enroll`.
        SamUnavailable, CertificateUnavailable: the same call again goes on.
    """
    link, signer, csr = await csr_of(services, text, registration)
    if await services.ca.collect(csr) is None:
        await send_application(services.config.ca_office_url, for_key(signed, csr, signer))
        await services.database.write(links.application_sent, link)
    return await enroll(services, text, registration)


def for_key(signed: bytes, csr: bytes, signer: Signer) -> bytes:
    """Give a signed application as DER, after making sure that it is for this key and person; raises ApplicationRefused."""
    try:
        der = pem.unarmor(signed)[2] if signed.lstrip().startswith(b"-----") else signed
        outer = cms.ContentInfo.load(der, strict=True)
        content = outer["content"]["encap_content_info"]["content"].native if outer["content_type"].native == "signed_data" else None
        said = msgspec.json.decode(content or b"", type=CertificateApplication)
    except (ValueError, TypeError, KeyError):
        raise ApplicationRefused("not_signed") from None
    if said.csr != base64.b64encode(csr).decode():
        raise ApplicationRefused("another_key")
    if (said.user_id, said.name) != (signer.user_id, signer.name):
        raise ApplicationRefused("another_person")
    return der
