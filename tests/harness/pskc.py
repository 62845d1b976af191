"""PSKC files, made with `openssl` as a vendor would make them."""

import base64
import subprocess
from dataclasses import dataclass

from tests.harness.rfc6030 import OPENING

XMLDSIG = "http://www.w3.org/2000/09/xmldsig#"
XMLDSIG_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
XMLENC = "http://www.w3.org/2001/04/xmlenc#"
HMACS = {"sha1": f"{XMLDSIG}hmac-sha1", "sha256": f"{XMLDSIG_MORE}hmac-sha256", "sha512": f"{XMLDSIG_MORE}hmac-sha512"}


def openssl(*arguments: str, given: bytes = b"") -> bytes:
    return subprocess.run(["openssl", *arguments], input=given, capture_output=True, timeout=20, check=True).stdout


def pskctool(*arguments: str, given: str) -> str:
    """A foreign reader of PSKC: OATH Toolkit's `pskctool`."""
    ran = subprocess.run(["pskctool", *arguments], input=given, capture_output=True, text=True, timeout=20, check=True)
    return ran.stdout


@dataclass(frozen=True)
class Vendor:
    """Encrypts secrets for a PSKC file, with `openssl`; `iv` stands for what a vendor draws at random."""

    key: bytes
    mac_key: bytes = bytes(range(100, 120))
    mac_hash: str = "sha1"
    iv: bytes = bytes(range(16))

    def value(self, plain: bytes, *options: str) -> tuple[str, str]:
        """Give an xenc:EncryptedDataType's content, and the MAC over its octets."""
        cipher = f"aes{len(self.key) * 8}-cbc"
        keys = ("-K", self.key.hex(), "-iv", self.iv.hex())
        encrypted = self.iv + openssl("enc", "-" + cipher.replace("aes", "aes-"), *keys, *options, given=plain)
        mac = openssl("dgst", f"-{self.mac_hash}", "-mac", "HMAC", "-macopt", f"hexkey:{self.mac_key.hex()}", "-binary", given=encrypted)
        content = f"""<xenc:EncryptionMethod Algorithm="{XMLENC}{cipher}"/>
            <xenc:CipherData><xenc:CipherValue>{base64.b64encode(encrypted).decode()}</xenc:CipherValue></xenc:CipherData>"""
        return content, base64.b64encode(mac).decode()

    def secret(self, plain: bytes, *options: str) -> str:
        content, mac = self.value(plain, *options)
        return f"<EncryptedValue>{content}</EncryptedValue><ValueMAC>{mac}</ValueMAC>"

    def mac_method(self) -> str:
        return f'<MACMethod Algorithm="{HMACS[self.mac_hash]}"><MACKey>{self.value(self.mac_key)[0]}</MACKey></MACMethod>'


PRE_SHARED = "<EncryptionKey><ds:KeyName>Pre-shared-key</ds:KeyName></EncryptionKey>"


def passphrase_key(passphrase: str, *, prf: str = "sha256", iterations: int = 2_000, size: int = 16) -> tuple[bytes, str]:
    """Derive a key with `openssl kdf`, and describe it as XML Encryption 1.1 does."""
    salt = bytes(range(40, 56))
    options = {"digest": prf.upper(), "pass": passphrase, "hexsalt": salt.hex(), "iter": str(iterations)}
    arguments = [part for name, value in options.items() for part in ("-kdfopt", f"{name}:{value}")]
    key = openssl("kdf", "-keylen", str(size), *arguments, "-binary", "PBKDF2")
    described = f"""<EncryptionKey><xenc11:DerivedKey xmlns:xenc11="http://www.w3.org/2009/xmlenc11#">
        <xenc11:KeyDerivationMethod Algorithm="http://www.w3.org/2009/xmlenc11#pbkdf2"><xenc11:PBKDF2-params>
          <xenc11:Salt><xenc11:Specified>{base64.b64encode(salt).decode()}</xenc11:Specified></xenc11:Salt>
          <xenc11:IterationCount>{iterations}</xenc11:IterationCount>
          <xenc11:KeyLength>{size}</xenc11:KeyLength>
          <xenc11:PRF Algorithm="{HMACS[prf]}"/>
        </xenc11:PBKDF2-params></xenc11:KeyDerivationMethod>
      </xenc11:DerivedKey></EncryptionKey>"""
    return key, described


def package(
    secret: str,
    *,
    serial: str = "S-1",
    kind: str = "totp",
    parameters: str = "",
    response: str = 'Length="6" Encoding="DECIMAL"',
    data: str = "<TimeInterval><PlainValue>30</PlainValue></TimeInterval>",
    policy: str = "",
    device: str = "",
) -> str:
    """Compose one KeyPackage around the content of its Secret."""
    return f"""<KeyPackage><DeviceInfo><SerialNo>{serial}</SerialNo>{device}</DeviceInfo>
      <Key Id="{serial}" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:{kind}">
        <AlgorithmParameters>{parameters}<ResponseFormat {response}/></AlgorithmParameters>
        <Data><Secret>{secret}</Secret>{data}</Data>{policy}
      </Key></KeyPackage>"""


def plain(secret: bytes) -> str:
    return f"<PlainValue>{base64.b64encode(secret).decode()}</PlainValue>"


def container(*parts: str) -> str:
    return OPENING + "".join(parts) + "</KeyContainer>\n"
