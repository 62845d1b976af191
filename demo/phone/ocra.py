"""
What an OCRA token (RFC 6287) is asked for a transaction, computed from the bytes that are shown and not taken from the server.

Of the suites it knows the two that are used for transactions: 64 hex digits, and 8 decimal ones.
"""

import hashlib

from demo.phone.errors import TransactionRefused
from demo.phone.transaction import ApprovalToken

OCRA_DOMAIN = b"natsuin/v1/ocra\x00"
HEX_DIGITS, TYPED_DIGITS = "QH64", "QN08"


def check_token(token: ApprovalToken, canonical: bytes) -> None:
    """
    See that an OCRA token is asked for this transaction and nothing else.

    Raises:
        TransactionRefused: it is asked for something else.
    """
    if token.suite is not None and token.challenge != compute_ocra_challenge(token.suite, canonical):
        raise TransactionRefused("what is shown is not what the token is asked")


def compute_ocra_challenge(suite: str, canonical: bytes) -> str:
    """
    Give what a token of a suite is asked for the transaction of these bytes.

    Raises:
        TransactionRefused: no suite for transactions.
    """
    digest = hashlib.sha256(OCRA_DOMAIN + hashlib.sha256(canonical).digest()).hexdigest()
    if suite.endswith(HEX_DIGITS):
        return digest
    if suite.endswith(TYPED_DIGITS):
        return f"{int(digest, 16) % 10**8:08}"
    raise TransactionRefused("this token cannot be asked for a transaction")
