"""
What the CA wants in a certificate request (RFC 7030 §4.5.2 `CsrAttrs`): the keys and signatures that it takes.

challengePassword is taken but not asked for: asking would make clients put the TLS channel's identity there (RFC 7030 §3.5).
"""

from typing import ClassVar

from asn1crypto import core

from demo.ca.csr import RSA_BITS

EC_PUBLIC_KEY, RSA_ENCRYPTION = "1.2.840.10045.2.1", "1.2.840.113549.1.1.1"
CURVES = ("1.2.840.10045.3.1.7", "1.3.132.0.34")
SIGNATURES = (
    "1.2.840.10045.4.3.2",
    "1.2.840.10045.4.3.3",
    "1.2.840.10045.4.3.4",
    "1.2.840.113549.1.1.11",
    "1.2.840.113549.1.1.12",
    "1.2.840.113549.1.1.13",
)
"""ecdsa-with-SHA256, -384, -512 (RFC 5758 §3.2) and sha256-, sha384-, sha512WithRSAEncryption (RFC 8017 appendix C)."""


class _Values(core.SetOf):  # type: ignore[misc]  # asn1crypto has no types
    _child_spec = core.Any


class _Attribute(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("type", core.ObjectIdentifier), ("values", _Values)]


class _AttrOrOid(core.Choice):  # type: ignore[misc]
    _alternatives: ClassVar = [("oid", core.ObjectIdentifier), ("attribute", _Attribute)]


class _CsrAttrs(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _AttrOrOid


def csr_attributes() -> bytes:
    """The DER of the sequence."""
    curves = [core.Any(core.ObjectIdentifier(curve)) for curve in CURVES]
    sizes = [core.Any(core.Integer(bits)) for bits in RSA_BITS]
    wanted = [
        _AttrOrOid("attribute", _Attribute({"type": EC_PUBLIC_KEY, "values": curves})),
        _AttrOrOid("attribute", _Attribute({"type": RSA_ENCRYPTION, "values": sizes})),
        *(_AttrOrOid("oid", core.ObjectIdentifier(signature)) for signature in SIGNATURES),
    ]
    der: bytes = _CsrAttrs(wanted).dump()
    return der
