"""What is known of one signature in a PDF, as data: who, when, by which certificate, and what has happened since. It judges nothing."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from asn1crypto import crl as asn1_crl
from asn1crypto import x509
from pyhanko.sign.validation.status import PdfSignatureStatus, SignatureCoverageLevel

Since = Literal["nothing", "permitted", "forbidden", "broken"]
"""What came after the signature: nothing, other signatures and the like, something else; `broken`: the content is not what was signed."""


@dataclass(frozen=True)
class Timestamp:
    """A time-stamp (RFC 3161) on the signature."""

    time: float  # unix seconds
    authority: str
    is_trusted: bool


@dataclass(frozen=True)
class Facts:
    """One signature; times are unix seconds."""

    signer: str
    claimed: float | None
    """When it was made, as the program that made the file says."""
    timestamp: Timestamp | None
    serial: str
    valid_from: float
    valid_until: float
    issuer: str
    is_trusted: bool
    is_revoked: bool
    revocation_known: float | None
    """The date of the list of revoked certificates that was looked at; None where there was none."""
    since: Since


def facts_of(status: PdfSignatureStatus, crl: bytes | None) -> Facts:
    """Take the facts out of pyHanko's findings."""
    certificate = status.signing_cert
    return Facts(
        signer=common_name(certificate),
        claimed=_unix(status.signer_reported_dt),
        timestamp=_timestamp(status),
        serial=f"{certificate.serial_number:x}",
        valid_from=certificate.not_valid_before.timestamp(),
        valid_until=certificate.not_valid_after.timestamp(),
        issuer=common_name(certificate, of_issuer=True),
        is_trusted=status.trusted,
        is_revoked=status.revoked,
        revocation_known=_date_of(crl) if crl is not None else None,
        since=_since(status),
    )


def common_name(certificate: x509.Certificate, *, of_issuer: bool = False) -> str:
    """Give the name that people know it by."""
    names = (certificate.issuer if of_issuer else certificate.subject).native
    return str(names.get("common_name") or names.get("organization_name") or "?")


def _since(status: PdfSignatureStatus) -> Since:
    if not (status.intact and status.valid):
        return "broken"
    if status.coverage is SignatureCoverageLevel.ENTIRE_FILE:
        return "nothing"
    return "permitted" if status.docmdp_ok else "forbidden"


def _timestamp(status: PdfSignatureStatus) -> Timestamp | None:
    stamp = status.timestamp_validity
    if stamp is None or not (stamp.intact and stamp.valid):
        return None
    return Timestamp(stamp.timestamp.timestamp(), common_name(stamp.signing_cert), stamp.trusted)


def _date_of(crl: bytes) -> float:
    date: datetime = asn1_crl.CertificateList.load(crl)["tbs_cert_list"]["this_update"].native
    return date.timestamp()


def _unix(time: datetime | None) -> float | None:
    return time.timestamp() if time is not None else None
