"""
A client of a Natsuin server (CSC API 2.0.0.2 over OAuth 2.0 client credentials, and docs/api.md): ask a signer, wait, get the signatures.

    with Client("https://sign.example", Account(client_id, client_secret)) as client:
        credential = client.credential_of("taro")
        ask = Ask(credential, [hashlib.sha256(data).digest()], labels=["contract.txt"], description="Building contract")
        (signature,) = client.sign(ask, on_asked=lambda asked: print(asked.approval_url))

`AsyncClient` has the same methods, to be awaited. Every call raises the tree of `natsuin.client.errors`. The client repeats what can be
repeated: it takes a new access token when one ends, goes on waiting after a lost connection, and gets the signature whose answer was lost.
"""

from natsuin.client.answers import Approval, Asked, Credential
from natsuin.client.ask import SHA256, SHA384, SHA512, Ask, Document
from natsuin.client.client import AsyncClient, Client
from natsuin.client.errors import (
    AlreadySigned,
    AnswerUnusable,
    ApplicationRefused,
    Cancelled,
    ClientError,
    Ended,
    Expired,
    Lapsed,
    NoCredential,
    NotAsked,
    OutcomeUnknown,
    Refused,
    SignerRefused,
    Unreachable,
)
from natsuin.client.moving_code import MovingCode
from natsuin.client.wire import Account

__all__ = [
    "SHA256",
    "SHA384",
    "SHA512",
    "Account",
    "AlreadySigned",
    "AnswerUnusable",
    "ApplicationRefused",
    "Approval",
    "Ask",
    "Asked",
    "AsyncClient",
    "Cancelled",
    "Client",
    "ClientError",
    "Credential",
    "Document",
    "Ended",
    "Expired",
    "Lapsed",
    "MovingCode",
    "NoCredential",
    "NotAsked",
    "OutcomeUnknown",
    "Refused",
    "SignerRefused",
    "Unreachable",
]
