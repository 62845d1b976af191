"""
The embedded token: SoftHSM2 under the data directory, made at the first start, so that a trial needs no hardware.

A software token is no protection against whoever owns the machine. With NATSUIN_HSM_MODULE set, nothing here runs.
"""

import os
import secrets
from pathlib import Path

from hsm.config import Config
from hsm.cryptoki import Module


def point_softhsm_at(data: Path) -> None:
    """Write SoftHSM2's configuration and name it to the library, which reads it at C_Initialize."""
    tokens = data / "tokens"
    tokens.mkdir(mode=0o700, parents=True, exist_ok=True)
    settings = data / "softhsm2.conf"
    settings.write_text(f"directories.tokendir = {tokens}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = false\n")
    os.environ["SOFTHSM2_CONF"] = str(settings)


def make_token(module: Module, config: Config) -> None:
    """Make the token and its PIN file (0600) unless they are there."""
    if module.has_token(config.token_label):
        return
    pin = config.pin_file.read_text().strip() if config.pin_file.is_file() else secrets.token_urlsafe(24)
    with os.fdopen(os.open(config.pin_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(pin)
    # The security officer can only erase the token; nobody will, so nobody keeps that PIN.
    module.make_token(config.token_label, secrets.token_urlsafe(24), pin)
