"""What a validator will want to know of certificates once nobody answers for them any more: the words of their issuers, fetched now."""

from msgspec import Struct

from app.certificate_status import CertificateStatuses
from app.errors import StatusUnavailable


class ValidationData(Struct, frozen=True):
    """OCSP responses, CRLs and certificates, all DER, each once."""

    ocsps: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()
    certificates: tuple[bytes, ...] = ()

    def __add__(self, other: "ValidationData") -> "ValidationData":
        both = ((*mine, *theirs) for mine, theirs in zip(self._parts(), other._parts(), strict=True))
        return ValidationData(*(tuple(dict.fromkeys(part)) for part in both))

    def _parts(self) -> tuple[tuple[bytes, ...], ...]:
        return self.ocsps, self.crls, self.certificates


async def validation_data(statuses: CertificateStatuses, chain: tuple[bytes, ...]) -> ValidationData:
    """
    Ask about every certificate of a chain (DER, leaf first) but the last, whom nobody vouches for.

    Raises:
        StatusUnavailable: one issuer does not answer, or that of the leaf is not known.
    """
    if len(chain) < 2:
        raise StatusUnavailable("nobody is known to ask about a certificate")
    gathered = ValidationData(certificates=chain)
    for place in range(len(chain) - 1):
        status = await statuses.about(chain[place:])
        if status is None:
            raise StatusUnavailable("nobody tells of a certificate of the chain")
        ocsps, crls = ((one,) if one is not None else () for one in (status.ocsp, status.crl))
        gathered += ValidationData(ocsps, crls)
    return gathered
