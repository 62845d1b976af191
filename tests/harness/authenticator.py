"""What shows one-time passwords to people in the tests: an authenticator app, and tokens as a maker delivers them; by `oathtool`."""

import base64
import secrets
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.harness import oathtool
from tests.harness.stack import Stack

GOOD_PIN, OTHER_PIN = "739154", "846205"


class App:
    """An authenticator app that has read an `otpauth:` address (Key Uri Format), with the defaults that all of them take."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
        self.fields = {name: value for name, (value,) in parse_qs(parts.query, strict_parsing=True).items()}
        secret = self.fields["secret"]
        self.seed = base64.b32decode(secret + "=" * (-len(secret) % 8))

    def code(self) -> str:
        """Show the code of now; within the same 30 seconds it is the same one."""
        return oathtool.totp(self.seed, int(time.time()))

    def wrong_code(self) -> str:
        near = {oathtool.totp(self.seed, int(time.time()) + 30 * step) for step in range(-3, 4)}
        return next(code for code in ("000000", "000001", "000002", "000003", "000004", "000005", "000006", "000007") if code not in near)


@dataclass
class Token:
    """A token with a button (HOTP), of which the operator has taken in the seed."""

    serial: str = field(default_factory=lambda: f"SN-{secrets.token_hex(4)}")
    seed: bytes = field(default_factory=lambda: secrets.token_bytes(20))
    presses: int = 0

    def code(self) -> str:
        """Press the button."""
        self.presses += 1
        return oathtool.hotp(self.seed, self.presses - 1)


def delivered(stack: Stack, folder: Path, count: int = 1) -> list[Token]:
    """Have the operator take in tokens."""
    tokens = [Token() for _ in range(count)]
    file = folder / "tokens.csv"
    rows = "".join(f"{one.serial},hex:{one.seed.hex()},hotp,sha1,6,\n" for one in tokens)
    file.write_text("serial,seed,kind,algorithm,digits,period\n" + rows)
    assert stack.natsuin("token", "import", str(file)) == {"imported": count}
    file.unlink()
    return tokens
