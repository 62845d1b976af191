"""
The CA's time-stamping authority (RFC 3161): a key and certificate of its own, and tokens that say when a digest was there.

Its clock is this machine's. It keeps no record of what it stamped; the number of a token is random.
"""

import hashlib
import os
import secrets
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from demo.ca.authority import Authority
from demo.ca.profile import certify_timestamp_authority
from demo.ca.records import Records, add_certificate

POLICY = "2.25.48813219164301875610459283776501234871"  # made at random (ITU-T X.667); it promises nothing
DIGEST_BYTES = {"sha256": 32, "sha384": 48, "sha512": 64}
MAX_NONCE_BITS = 512


class _Refused(Exception):
    """The request gets no token; the text is the PKIFailureInfo of RFC 3161 §2.4.2."""


class _Refusal(core.Sequence):  # type: ignore[misc]  # asn1crypto says no types, and has the token for needed (RFC 3161 §2.4.2: optional)
    _fields: ClassVar = [("status", tsp.PKIStatusInfo)]


@dataclass(frozen=True)
class TimestampAuthority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    issuer: x509.Certificate

    def answer(self, der: bytes, now: datetime) -> bytes:
        """Answer a TimeStampReq with a TimeStampResp; what can't be stamped is refused in one (RFC 3161 §2.4)."""
        try:
            token = self._token(*_read(der), now)
        except _Refused as why:
            return bytes(_Refusal({"status": {"status": "rejection", "fail_info": {str(why)}}}).dump())
        return bytes(tsp.TimeStampResp({"status": {"status": "granted"}, "time_stamp_token": token}).dump())

    def _token(self, imprint: tsp.MessageImprint, nonce: int | None, with_certificates: bool, now: datetime) -> cms.ContentInfo:
        fields = {
            "version": "v1",
            "policy": POLICY,
            "message_imprint": imprint,
            "serial_number": secrets.randbits(64),
            "gen_time": now.replace(microsecond=0),
            "accuracy": {"seconds": 1},
        }
        info = tsp.TSTInfo(fields | ({"nonce": nonce} if nonce is not None else {})).dump()
        certificate = asn1_x509.Certificate.load(self.certificate.public_bytes(Encoding.DER))
        attributes = cms.CMSAttributes(
            [
                _attribute("content_type", cms.ContentType("tst_info")),
                _attribute("message_digest", core.OctetString(hashlib.sha256(info).digest())),
                _attribute("signing_certificate_v2", _signing_certificate(certificate)),
            ]
        )
        digest_algorithm = algos.DigestAlgorithm({"algorithm": "sha256"})
        signed = cms.SignerInfo(
            {
                "version": "v1",
                "sid": {"issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number}},
                "digest_algorithm": digest_algorithm,
                "signed_attrs": attributes,
                "signature_algorithm": {"algorithm": "sha256_ecdsa"},
                "signature": self.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
            }
        )
        issuer = asn1_x509.Certificate.load(self.issuer.public_bytes(Encoding.DER))
        content = {
            "version": "v3",
            "digest_algorithms": [digest_algorithm],
            "encap_content_info": {"content_type": "tst_info", "content": core.ParsableOctetString(info)},
            "signer_infos": [signed],
        }
        content |= {"certificates": [certificate, issuer]} if with_certificates else {}
        return cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(content)})


def open_timestamp_authority(directory: Path, authority: Authority, records: Records, url: str, now: datetime) -> TimestampAuthority:
    """Load the key and the certificate, in one file; make both at the first start."""
    file = directory / "tsa.pem"
    if not file.exists():
        _make(file, authority, records, url, now)
    pem = file.read_bytes()
    key = load_pem_private_key(pem, password=None)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("tsa.pem holds no EC key")
    return TimestampAuthority(key, x509.load_pem_x509_certificate(pem), authority.certificate)


def _make(file: Path, authority: Authority, records: Records, url: str, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certify_timestamp_authority(authority, url, public_key=key.public_key(), now=now)
    with records.transaction() as sql:
        add_certificate(sql, "timestamp_authority", certificate)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
        out.write(pem)
    draft.replace(file)


def _read(der: bytes) -> tuple[tsp.MessageImprint, int | None, bool]:
    try:
        request = tsp.TimeStampReq.load(der, strict=True)
        imprint = request["message_imprint"]
        name, length = imprint["hash_algorithm"]["algorithm"].native, len(imprint["hashed_message"].native)
        policy, nonce, extensions = request["req_policy"].native, request["nonce"].native, request["extensions"].native
        with_certificates = bool(request["cert_req"].native)
    except (ValueError, TypeError):
        raise _Refused("bad_data_format") from None
    if name not in DIGEST_BYTES:
        raise _Refused("bad_alg")
    if length != DIGEST_BYTES[name] or (nonce is not None and nonce.bit_length() > MAX_NONCE_BITS):
        raise _Refused("bad_data_format")
    if policy not in (None, POLICY):
        raise _Refused("unaccepted_policy")
    if extensions:
        raise _Refused("unaccepted_extension")
    return imprint, nonce, with_certificates


def _signing_certificate(certificate: asn1_x509.Certificate) -> tsp.SigningCertificateV2:
    return tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(certificate.dump()).digest()}]})


def _attribute(name: str, value: core.Asn1Value) -> cms.CMSAttribute:
    return cms.CMSAttribute({"type": name, "values": (value,)})
