"""The words of the receipt: who has received which certificate for which key, and that the key is in the HSM; Japanese and English."""

import hashlib

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from msgspec import Struct

from app.domain.parties import Credential, Passkey, Signer
from app.paper import Paper, date_en, date_ja, grouped, time_of_day

ASIDE_BYTES = 8  # of a passkey's fingerprint: enough to tell a person's few apart
NAMES = {NameOID.SERIAL_NUMBER: "serialNumber"}  # RFC 4514 has no short name for it
TITLE = "受領書 / Receipt"
SUBJECT = "電子証明書の受領と署名鍵の確認 / Receipt of a certificate, and of its key in the HSM"
REASON = "Receipt of the certificate"


class Matter(Struct, frozen=True):
    """What a receipt is about; `passkeys` are those that may approve for the key."""

    signer: Signer
    credential: Credential
    passkeys: list[Passkey]


def compose(matter: Matter, *, service_name: str, origin: str, now: float) -> bytes:
    """Write the receipt as PDF, unsigned; raises FontsMissing."""
    signer, credential = matter.signer, matter.credential
    certificate = credential.certificate
    paper = Paper(TITLE, author=signer.name, subject=SUBJECT, now=now)
    paper.heading("受領書", "Receipt", (date_ja(now), date_en(now)))
    paper.sentence(
        "私は、|下記の電子証明書を|受け取りました。|また、|その署名鍵が、|サービスの|ハードウェア・セキュリティ・モジュール|（HSM）の中に|あることを|確認しました。",
        "I have received the certificate named below, and confirm that its signing key is in the service’s hardware security module (HSM).",
        13,
    )
    paper.facts(
        [
            ("署名者", "Signer", [signer.name, f"ID: {signer.user_id}"]),
            ("署名サービス", "Service", [service_name, origin]),
            ("署名鍵の指紋", "Key fingerprint (SHA-256 of the public key)", grouped(key_fingerprint(certificate))),
            ("証明書の番号", "Certificate serial number", grouped(f"{certificate.serial_number:x}")),
            ("証明書の名義", "Certificate holder", [certificate.subject.rfc4514_string(NAMES)]),
            ("発行した認証局", "Issued by", [certificate.issuer.rfc4514_string(NAMES)]),
            (
                "証明書の有効期間",
                "Valid",
                [
                    f"{date_ja(credential.not_before)} から {date_ja(credential.not_after)} まで",
                    f"{date_en(credential.not_before)} to {date_en(credential.not_after)}",
                ],
            ),
            (
                "承認に使うパスキー",
                "Passkey that approves",
                [line for one in matter.passkeys for line in (one.name, passkey_fingerprint(one))],
            ),
            ("作成日時", "Time", [f"{date_ja(now)} {time_of_day(now)}（日本標準時）", f"{date_en(now)}, {time_of_day(now)} JST (UTC+9)"]),
        ]
    )
    paper.sentence(
        "この PDF には、|上の署名鍵による|署名者の電子署名が|付きます。|署名は、|署名者が承認したときにだけ|行われます。",
        "This PDF is signed electronically with the key named above, which signs only what the signer has approved.",
        10.5,
    )
    return paper.output()


def key_fingerprint(certificate: x509.Certificate) -> str:
    """Give the SHA-256 of the public key (SubjectPublicKeyInfo, DER) in hex."""
    return hashlib.sha256(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()


def passkey_fingerprint(passkey: Passkey) -> str:
    """Give the beginning of the SHA-256 of a passkey's id, in groups."""
    return grouped(hashlib.sha256(passkey.passkey_id).hexdigest()[: 2 * ASIDE_BYTES])[0]
