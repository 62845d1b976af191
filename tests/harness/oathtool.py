"""A foreign maker of one-time passwords: OATH Toolkit's `oathtool`."""

import subprocess

from hsm.otp import Algorithm


def totp(seed: bytes, now: int, *, algorithm: Algorithm = "sha1", digits: int = 6, period_s: int = 30) -> str:
    """Give the code at a time (unix seconds)."""
    return _run(seed, f"--totp={algorithm.upper()}", f"--digits={digits}", f"--time-step-size={period_s}s", f"--now=@{now}")


def hotp(seed: bytes, counter: int, digits: int = 6) -> str:
    """Give the code at a counter; `oathtool` knows HOTP with SHA-1 only."""
    return _run(seed, "--hotp", f"--digits={digits}", f"--counter={counter}")


def _run(seed: bytes, *arguments: str) -> str:
    ran = subprocess.run(["oathtool", *arguments, "-"], input=seed.hex(), capture_output=True, text=True, timeout=20, check=True)
    return ran.stdout.strip()
