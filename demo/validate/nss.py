"""
Make an NSS certificate database that trusts one CA: `python -m demo.validate.nss DIRECTORY < root.der`.

`pdfsig` reads its trust anchors from such a database and can't write one. The NSS library that it is linked with can. It is a program
of its own because NSS keeps state for the whole process.
"""

import ctypes
import sys
from ctypes import POINTER, Structure, byref, c_char_p, c_int, c_uint, c_ulong, c_void_p

TRUSTED_CA = b"C,C,C"  # for servers, e-mail, objects; `pdfsig` asks for e-mail


class Item(Structure):
    """SECItem: a length and bytes."""

    _fields_ = (("type", c_uint), ("data", c_char_p), ("len", c_uint))


class Trust(Structure):
    """CERTCertTrust: three sets of flags."""

    _fields_ = (("ssl", c_uint), ("email", c_uint), ("object", c_uint))


class NssFailed(Exception):
    """A call into the NSS library failed."""


def trust(directory: str, root: bytes) -> None:
    """
    Create the database in an existing, empty directory, with this root (DER) as a trusted CA and no password.

    Raises:
        NssFailed: the library is not here or refused; the text names the call.
    """
    nss = _load()
    _check(nss, "NSS_InitReadWrite", f"sql:{directory}".encode())
    slot = nss.PK11_GetInternalKeySlot()
    _check(nss, "PK11_InitPin", slot, None, b"")
    database = nss.CERT_GetDefaultCertDB()
    certificate = nss.CERT_NewTempCertificate(database, byref(Item(0, root, len(root))), None, 0, 1)
    if certificate is None:
        raise NssFailed("CERT_NewTempCertificate: not a certificate")
    _check(nss, "PK11_ImportCert", slot, certificate, 0, b"root", 0)
    wanted = Trust()
    _check(nss, "CERT_DecodeTrustString", byref(wanted), TRUSTED_CA)
    _check(nss, "CERT_ChangeCertTrust", database, certificate, byref(wanted))
    nss.CERT_DestroyCertificate(certificate)
    nss.PK11_FreeSlot(slot)
    _check(nss, "NSS_Shutdown")


def _load() -> ctypes.CDLL:
    try:
        nss = ctypes.CDLL("libnss3.so")
    except OSError as failure:
        raise NssFailed("libnss3.so is not here; on Debian: apt install libnss3") from failure
    for name, result, arguments in (
        ("NSS_InitReadWrite", c_int, [c_char_p]),
        ("NSS_Shutdown", c_int, []),
        ("PK11_GetInternalKeySlot", c_void_p, []),
        ("PK11_InitPin", c_int, [c_void_p, c_char_p, c_char_p]),
        ("PK11_ImportCert", c_int, [c_void_p, c_void_p, c_ulong, c_char_p, c_int]),
        ("PK11_FreeSlot", None, [c_void_p]),
        ("CERT_GetDefaultCertDB", c_void_p, []),
        ("CERT_NewTempCertificate", c_void_p, [c_void_p, POINTER(Item), c_char_p, c_int, c_int]),
        ("CERT_DecodeTrustString", c_int, [POINTER(Trust), c_char_p]),
        ("CERT_ChangeCertTrust", c_int, [c_void_p, c_void_p, POINTER(Trust)]),
        ("CERT_DestroyCertificate", None, [c_void_p]),
    ):
        function = getattr(nss, name)
        function.restype, function.argtypes = result, arguments
    return nss


def _check(nss: ctypes.CDLL, name: str, *arguments: object) -> None:
    if getattr(nss, name)(*arguments) != 0:
        raise NssFailed(f"{name}: NSS error {nss.PORT_GetError()}")


if __name__ == "__main__":
    try:
        trust(sys.argv[1], sys.stdin.buffer.read())
    except NssFailed as failure:
        sys.exit(str(failure))
