"""A stack whose operator has a policy on passkeys, with the one maker whose passkeys are taken there."""

from typing import NamedTuple

from demo.maker import Maker
from demo.passkey import Passkey
from tests.harness.stack import Stack


class Strict(NamedTuple):
    """Give its passkeys with `passkey()`."""

    stack: Stack
    maker: Maker

    def passkey(self, *, synced: bool = False) -> Passkey:
        """Make an empty passkey of the model that is taken."""
        return Passkey(backup_eligible=synced, backed_up=synced, maker=self.maker)
