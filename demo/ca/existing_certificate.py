"""
Believing a certificate from another CA: the CMS signature (RFC 5652), the path to a trusted root, and revocation (RFC 5280 §6).

pyHanko does the cryptography and the path. Nothing is fetched from an address in a certificate before its chain has been verified.
"""

import unicodedata
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import aiohttp
from asn1crypto import cms
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from pyhanko.sign.validation import async_validate_cms_signature
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.fetchers.aiohttp_fetchers import AIOHttpFetcherBackend
from pyhanko_certvalidator.policy_decl import NO_REVOCATION, REQUIRE_REVINFO, CertRevTrustPolicy

from demo.ca.errors import SignatureRefused
from demo.ca.profile import NAME

FETCHED_WITHIN = aiohttp.ClientTimeout(total=10)
FOR_SIGNING = KeyUsageConstraints(key_usage={"non_repudiation"})
"""A certificate for signing, not one for signing in: those of Japan's individual number card differ in this bit."""


class Signed(NamedTuple):
    """What was signed, to the byte, and with which certificate."""

    content: bytes
    certificate: x509.Certificate


async def verify_signed(der: bytes, trusted: Path, now: datetime) -> Signed:
    """
    Return what a CMS SignedData holds, if its signer has a certificate for signing that is good now; `trusted` has the roots, as `*.pem`.

    Raises:
        SignatureRefused: malformed, more than one signer, changed; another chain, expired, revoked, or a state that can't be learned.
    """
    signed_data, content = _read(der)
    roots = _roots(trusted)
    offline = ValidationContext(trust_roots=roots, moment=now, revinfo_policy=CertRevTrustPolicy(NO_REVOCATION))
    certificate = await _verify(
        signed_data, offline, "the signature does not verify, or not with a certificate for signing from a trusted CA"
    )
    async with aiohttp.ClientSession(timeout=FETCHED_WITHIN) as http:
        online = ValidationContext(
            trust_roots=roots,
            moment=now,
            allow_fetching=True,
            revinfo_policy=CertRevTrustPolicy(REQUIRE_REVINFO),
            fetcher_backend=AIOHttpFetcherBackend(http),
        )
        await _verify(signed_data, online, "the certificate is revoked, or its state can't be learned", "revoked")
    return Signed(content, certificate)


async def verify_own(der: bytes, root: x509.Certificate, now: datetime) -> Signed:
    """
    Return what a CMS SignedData holds, if its signer has a certificate for signing from this root that is valid now.

    Whether it was revoked is not asked: its CA knows by itself.

    Raises:
        SignatureRefused: malformed, more than one signer, changed; another chain, or expired.
    """
    signed_data, content = _read(der)
    own = asn1_x509.Certificate.load(root.public_bytes(Encoding.DER))
    offline = ValidationContext(trust_roots=[own], moment=now, revinfo_policy=CertRevTrustPolicy(NO_REVOCATION))
    return Signed(content, await _verify(signed_data, offline, "the signature does not verify, or not with a certificate from this CA"))


def name_of(certificate: x509.Certificate) -> str:
    """Return the person's name in the subject; raises SignatureRefused where there is not exactly one."""
    named = [attribute.value for attribute in certificate.subject if attribute.oid in (NameOID.COMMON_NAME, NAME)]
    if len(named) != 1 or not isinstance(named[0], str):
        raise SignatureRefused("the certificate does not name one person", "another_person")
    return named[0]


def same_name(one: str, other: str) -> bool:
    """Tell whether two names are written alike; width of letters and of spaces does not count."""
    return _plain(one) == _plain(other)


def _plain(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).split())


def _read(der: bytes) -> tuple[cms.SignedData, bytes]:
    try:
        outer = cms.ContentInfo.load(der, strict=True)
        if outer["content_type"].native != "signed_data":
            raise SignatureRefused("this is not CMS SignedData", "not_signed")
        signed_data = outer["content"]
        inner, signers = signed_data["encap_content_info"], signed_data["signer_infos"]
        content = inner["content"].native
        # Without signed attributes, those of another signature could be passed off as content (RFC 5652 §5.4).
        has_attributes = all(signer["signed_attrs"].native for signer in signers)
        if inner["content_type"].native != "data" or not isinstance(content, bytes) or len(signers) != 1 or not has_attributes:
            raise SignatureRefused("the CMS must hold the application, and one signature with signed attributes", "not_signed")
    except (ValueError, TypeError, KeyError) as error:
        raise SignatureRefused("this is not CMS SignedData", "not_signed") from error
    return signed_data, content


async def _verify(signed_data: cms.SignedData, context: ValidationContext, otherwise: str, reason: str = "not_trusted") -> x509.Certificate:
    try:
        status = await async_validate_cms_signature(signed_data, validation_context=context, key_usage_settings=FOR_SIGNING)
        certificate = x509.load_der_x509_certificate(status.signing_cert.dump())
    except (ValueError, TypeError, KeyError, NotImplementedError, UnsupportedAlgorithm) as error:
        raise SignatureRefused(otherwise, reason) from error
    if not (status.valid and status.intact and status.trusted):
        raise SignatureRefused(otherwise, reason)
    return certificate


def _roots(trusted: Path) -> list[asn1_x509.Certificate]:
    found = [one for file in sorted(trusted.glob("*.pem")) for one in x509.load_pem_x509_certificates(file.read_bytes())]
    if not found:
        raise SignatureRefused("this CA trusts no other")
    return [asn1_x509.Certificate.load(one.public_bytes(Encoding.DER)) for one in found]
