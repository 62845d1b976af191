"""A person who has a certificate of another CA already, and signs the application for a new key with openssl."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.demo.ca_existing import Applicant, OtherCa, other_ca
from tests.harness.stack import Stack

NAME = "山田 太郎"


@contextmanager
def trusted_ca(stack: Stack) -> Iterator[OtherCa]:
    """Run another CA that the stack's CA trusts for applications."""
    with other_ca() as other:
        folder = stack.data / "ca" / "trusted"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{os.urandom(4).hex()}.pem"
        file.write_bytes(other.root.public_bytes(Encoding.PEM))
        yield other
        file.unlink()


def certified(other: OtherCa, folder: Path, name: str = NAME) -> Applicant:
    """Give a person a certificate of this CA, and a folder for what is signed with it."""
    key = ec.generate_private_key(ec.SECP256R1())
    place = folder / f"person-{os.urandom(4).hex()}"
    place.mkdir()
    return Applicant(place, other.issue(key, name), key)


def invited(stack: Stack, user_id: str | None = None, *options: str) -> tuple[str, str]:
    """Let a person enrol who has a certificate; gives the user id and the link's address."""
    user_id = user_id or f"user-{os.urandom(4).hex()}"
    told = stack.natsuin("signer", "add", user_id, "--name", NAME, "--existing-certificate", *options)
    return user_id, str(told["enrollment_url"])
