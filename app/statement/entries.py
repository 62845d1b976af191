"""
What the entries of a statement tell: each authorization with its end, and whether its evidence proves it, without asking anybody.

A passkey's approval is checked as WebAuthn L3 §7.2 has it, over the very bytes that were shown, signatures with the key that the journal
names. An approval by one-time password proves nothing to others: the journal only says that there was one.
"""

import base64
import hashlib
import json

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key
from msgspec import Struct
from webauthn.helpers import decode_credential_public_key, decoded_public_key_to_cryptography
from webauthn.helpers.verify_signature import verify_signature

from app.errors import StatementRefused
from app.webauthn import unb64
from hsm.messages import SignTransaction, challenge, digests_to_sign, parse_amendment, parse_transaction

USER_PRESENT_AND_VERIFIED = 0b101  # WebAuthn L3 §6.1, flags
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}


class Line(Struct, kw_only=True):
    """
    One authorization, or one change of what the signer has.

    `state` is approved, signed, unknown, refused or amended; `reason` why it was refused; `at` unix seconds. `proof` is `passkey` where its
    answer verifies over the transaction, the name of another factor where only the journal says so, else empty.
    """

    id: str
    kind: str
    at: int
    state: str
    reason: str = ""
    application: str = ""
    description: str = ""
    documents: tuple[str, ...] = ()
    hashes: tuple[bytes, ...] = ()
    credential_id: str = ""
    proof: str = ""
    signatures: int = 0


class Entry(Struct, frozen=True):
    """The parts of a journal entry that are read here; bytes are base64."""

    at_ms: int
    event: str
    subject: str
    transaction: bytes | None = None
    reason: str = ""
    factor: str = ""
    passkey: str = ""  # base64, except where a key was made
    rows: tuple[tuple[str, str, int], ...] = ()
    passkey_public_key: bytes = b""
    client_data: bytes = b""
    authenticator_data: bytes = b""
    signature: bytes = b""
    public_key: bytes = b""
    hashes: tuple[bytes, ...] = ()
    hash: str = ""
    padding: str = ""
    signed_attributes: tuple[bytes, ...] = ()
    signatures: tuple[bytes, ...] = ()


class Reading:
    """
    Takes the entries of one enrolment in their order; `lines` is what they tell, `origins` where its passkeys answered.

    Where they are not the whole from the beginning, passkeys are taken as they come, and signatures of keys that were made before are not
    looked at.
    """

    def __init__(self, *, is_whole: bool = True) -> None:
        self._is_whole = is_whole
        self.lines: dict[str, Line] = {}
        self.origins: set[str] = set()
        self._passkeys: dict[str, bytes | None] = {}  # by their ids in hex, with their public keys once one has approved
        self._keys: dict[str, bytes] = {}
        self._intents: dict[str, Entry] = {}

    def take(self, raw: bytes) -> None:
        """Read one entry, and check its evidence; raises StatementRefused where that does not hold."""
        try:
            entry = msgspec.json.decode(raw, type=Entry)
            self._take(entry)
        # What a statement holds may come from anyone: whatever its parsers raise, it does not hold.
        except Exception as error:
            if isinstance(error, StatementRefused):
                raise
            raise StatementRefused(f"an entry whose evidence does not hold ({type(error).__name__})") from error

    def _take(self, entry: Entry) -> None:
        for table, key, version in entry.rows:
            if table == "passkeys" and version == 1:
                self._passkeys.setdefault(key, None)
        if entry.event == "key_made":
            self._keys[entry.subject] = entry.public_key
        elif entry.event in ("approved", "refused") and entry.transaction is not None:
            self._decided(entry, entry.transaction)
        elif entry.event == "amended" and entry.transaction is not None:
            self._amended(entry, entry.transaction)
        elif entry.event == "sign_intended":
            self._intents[entry.subject] = entry
        elif entry.event == "signed":
            self._signed(entry)
        elif entry.event == "unknown" and entry.subject in self.lines:
            self.lines[entry.subject].state = "unknown"

    def _decided(self, entry: Entry, raw: bytes) -> None:
        transaction = parse_transaction(raw, SignTransaction)
        if transaction.id != entry.subject:
            raise StatementRefused("an entry about another transaction than its own")
        self.lines[entry.subject] = Line(
            id=entry.subject,
            kind="signature",
            at=entry.at_ms // 1000,
            state=entry.event,
            reason=entry.reason,
            application=transaction.application_name,
            description=transaction.description,
            documents=tuple(one.label for one in transaction.documents),
            hashes=tuple(one.hash for one in transaction.documents),
            credential_id=transaction.credential_id,
            proof=self._proof(entry, challenge(SignTransaction, raw)) if entry.event == "approved" else "",
        )

    def _amended(self, entry: Entry, raw: bytes) -> None:
        amendment = parse_amendment(raw)
        proof = self._proof(entry, challenge(type(amendment), raw))
        kind = str(json.loads(raw)["type"])
        self.lines[entry.subject] = Line(id=entry.subject, kind=kind, at=entry.at_ms // 1000, state="amended", proof=proof)

    def _proof(self, entry: Entry, asked: bytes) -> str:
        """Check a passkey's answer; raises InvalidSignature, StatementRefused."""
        if entry.factor != "passkey":
            return entry.factor
        passkey_id = base64.b64decode(entry.passkey, validate=True).hex()
        if self._is_whole and passkey_id not in self._passkeys:
            raise StatementRefused("approved with a passkey that is not of this enrolment")
        if self._passkeys.get(passkey_id) not in (None, entry.passkey_public_key):
            raise StatementRefused("approved with another key than the passkey's")
        self._passkeys[passkey_id] = entry.passkey_public_key
        client = json.loads(entry.client_data)
        if client["type"] != "webauthn.get" or unb64(client["challenge"]) != asked or client.get("crossOrigin", False) is not False:
            raise StatementRefused("the passkey answered something else")
        if entry.authenticator_data[32] & USER_PRESENT_AND_VERIFIED != USER_PRESENT_AND_VERIFIED:
            raise StatementRefused("the passkey's user was not verified")
        self.origins.add(str(client["origin"]))
        key = decode_credential_public_key(entry.passkey_public_key)
        signed = entry.authenticator_data + hashlib.sha256(entry.client_data).digest()
        verify_signature(public_key=decoded_public_key_to_cryptography(key), signature_alg=key.alg, signature=entry.signature, data=signed)
        return "passkey"

    def _signed(self, entry: Entry) -> None:
        if not self._is_whole and not (entry.subject in self._intents and entry.subject in self.lines):
            return
        line, intent = self.lines[entry.subject], self._intents[entry.subject]
        if line.state != "approved" or sorted(intent.hashes) != sorted(line.hashes) or len(entry.signatures) != len(intent.hashes):
            raise StatementRefused("something else was signed than what was approved")
        if self._is_whole or line.credential_id in self._keys:
            key = load_der_public_key(self._keys[line.credential_id])
            attributes = intent.signed_attributes
            signed = digests_to_sign(intent.hashes, attributes, intent.hash) if attributes else intent.hashes
            for digest, signature in zip(signed, entry.signatures, strict=True):
                _verify(key, intent, digest, signature)
        line.state, line.signatures = "signed", len(entry.signatures)


def _verify(key: object, intent: Entry, digest: bytes, signature: bytes) -> None:
    chosen = HASHES[intent.hash]
    if isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, digest, ec.ECDSA(utils.Prehashed(chosen)))
    elif isinstance(key, rsa.RSAPublicKey):
        scheme = padding.PSS(padding.MGF1(chosen), padding.PSS.AUTO) if intent.padding == "pss" else padding.PKCS1v15()
        key.verify(signature, digest, scheme, utils.Prehashed(chosen))
    else:
        raise TypeError("not a key that signs")
