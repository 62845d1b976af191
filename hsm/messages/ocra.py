"""
What an OCRA token (RFC 6287) is asked for a transaction, and how a token is named by its serial number: the same on both sides.

For transactions two suites are taken: with eight digits that a person types into the token, and with 64 hex digits that the token reads
from a QR code or over a cable.
"""

import base64
import hashlib

TYPED = "OCRA-1:HOTP-SHA256-8:QN08"
SCANNED = "OCRA-1:HOTP-SHA256-8:QH64"
TRANSACTION_SUITES = (TYPED, SCANNED)

DOMAIN = b"natsuin/v1/ocra\x00"
TOKEN_DOMAIN = b"natsuin/v1/token\x00"


def ocra_challenge(suite: str, transaction: bytes) -> str:
    """Give what a token of one of TRANSACTION_SUITES is to be asked for a transaction, given in its canonical bytes."""
    digest = hashlib.sha256(transaction).digest()
    return {TYPED: challenge_digits, SCANNED: challenge_hex}[suite](digest)


def challenge_hex(transaction_sha256: bytes) -> str:
    """Give the challenge of a transaction as 64 hex digits: SHA-256 over DOMAIN and the SHA-256 of the transaction's canonical bytes."""
    return hashlib.sha256(DOMAIN + transaction_sha256).hexdigest()


def challenge_digits(transaction_sha256: bytes) -> str:
    """
    Give the challenge of a transaction as 8 decimal digits: `challenge_hex` as one number, modulo 10^8.

    Of a number of 256 bits the remainder favours no digits by more than 1 in 2^229. But eight digits are few: whoever can choose among
    10^8 transactions (a nonce of his own gives as many) finds one with the digits of another, and the signer's answer is good for both.
    So they do not bind against whoever makes the transactions; 64 hex digits do.
    """
    return f"{int(challenge_hex(transaction_sha256), 16) % 10**8:08}"


def token_id_of(serial: str) -> str:
    """Name a token that was delivered with this serial number: the first 128 bits of a SHA-256, base64url."""
    return base64.urlsafe_b64encode(hashlib.sha256(TOKEN_DOMAIN + serial.encode()).digest()[:16]).rstrip(b"=").decode()
