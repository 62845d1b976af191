"""
The old key's approval of a renewal that a registration authority brings: CMS SignedData (RFC 5652) around the request, as its attribute.

So nobody but the holder of the old key can have a certificate made in the place of the old one, whoever has the authority's key.
"""

import base64
import binascii
from datetime import datetime

from cryptography import x509

from demo.ca.authority import Authority
from demo.ca.csr import Csr, read_csr
from demo.ca.errors import ClientRefused, CsrRefused, SignatureRefused
from demo.ca.existing_certificate import verify_own


async def approver(authority: Authority, csr: Csr, now: datetime) -> x509.Certificate | None:
    """
    Return the certificate of this CA whose key has approved the request; None where the request carries no approval.

    Whether that certificate still stands, and is the one to be renewed, is for the records to say.

    Raises:
        ClientRefused: the approval is not believed, or is of another request.
    """
    if csr.renewal_approval is None:
        return None
    try:
        signed = await verify_own(base64.b64decode(csr.renewal_approval, validate=True), authority.certificate, now)
        approved = read_csr(signed.content)
    except (binascii.Error, SignatureRefused, CsrRefused) as error:
        raise ClientRefused("the old key's approval is not believed") from error
    if (approved.public_key, approved.subject, approved.alternative_names) != (csr.public_key, csr.subject, csr.alternative_names):
        raise ClientRefused("the old key has approved another request")
    return signed.certificate
