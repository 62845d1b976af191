"""
The CA's TLS server: a certificate from its own root, renewed in time, and what TLS says of the client, for the application.

The client's chain is checked by OpenSSL against the root (RFC 7030 §3.3.2); whether the certificate is in force is for the records to say.
"""

import asyncio
import os
import ssl
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from demo.ca.authority import Authority
from demo.ca.profile import certify_server
from demo.ca.records import Records, add_certificate

RENEWED_BEFORE_END = timedelta(days=30)
LOOKED_AT_EVERY_S = 3_600
LOCAL_NAMES = ("localhost", "127.0.0.1", "::1")


class Tls:
    """The server's certificate and context, in the CA's directory."""

    def __init__(self, directory: Path, authority: Authority, records: Records, url: str, host: str) -> None:
        self._file = directory / "tls.pem"
        self._authority = authority
        self._records = records
        self._url = url
        self._names = tuple(dict.fromkeys((*LOCAL_NAMES, host)))
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.verify_mode = ssl.CERT_OPTIONAL
        self.context.load_verify_locations(directory / "root.pem")

    def renew(self, now: datetime) -> None:
        """Make a new key and certificate where there is none for our names, or it ends soon; then take what there is into use."""
        if not self._is_good(now):
            key = ec.generate_private_key(ec.SECP256R1())
            certificate = certify_server(self._authority, self._url, names=self._names, public_key=key.public_key(), now=now)
            with self._records.transaction() as sql:
                add_certificate(sql, "server", certificate)
            draft = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
                file.write(certificate.public_bytes(Encoding.PEM))
            draft.replace(self._file)
        self.context.load_cert_chain(self._file)

    async def keep_renewed(self, now: Callable[[], datetime]) -> None:
        """Renew when it is time, for as long as the server runs; connections that are made later get the new certificate."""
        while True:
            await asyncio.sleep(LOOKED_AT_EVERY_S)
            self.renew(now())

    def _is_good(self, now: datetime) -> bool:
        if not self._file.exists():
            return False
        certificate = x509.load_pem_x509_certificate(self._file.read_bytes())
        alternative = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = {str(name.value) for name in alternative}
        return names == set(self._names) and certificate.not_valid_after_utc - now > RENEWED_BEFORE_END


class TlsHttp(HttpToolsProtocol):
    """HTTP/1.1 as uvicorn reads it, which also puts the client's certificate into the scope, as the ASGI TLS extension says."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        tls = self.transport.get_extra_info("ssl_object")
        der = tls.getpeercert(binary_form=True)
        chain = [] if der is None else [ssl.DER_cert_to_PEM_cert(der)]
        self.scope["extensions"] = {"tls": {"client_cert_chain": chain}}  # type: ignore[typeddict-unknown-key,unused-ignore]


def client_certificate(scope: Scope) -> x509.Certificate | None:
    """Return the certificate that the client has shown in the handshake and whose key it holds."""
    chain = scope.get("extensions", {}).get("tls", {}).get("client_cert_chain", [])
    return x509.load_pem_x509_certificate(chain[0].encode()) if chain else None
