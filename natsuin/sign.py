"""`natsuin sign`: ask a signer for signatures on PDFs, wait, write the signed files, and validate them."""

import json
import os
from base64 import b64decode
from enum import IntEnum
from pathlib import Path
from re import DOTALL, findall
from typing import Annotated

import typer
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign.general import SigningError

from natsuin.client import (
    Account,
    Client,
    ClientError,
    Credential,
    Ended,
    NotAsked,
    OutcomeUnknown,
    Refused,
    SignerRefused,
    Unreachable,
)
from natsuin.pdf import PreparedPdf, ask_for, prepare
from natsuin.terminal import Display
from natsuin.validation import Validation, validate

SECRET = "NATSUIN_CLIENT_SECRET"  # noqa: S105  # the variable's name


class ExitCode(IntEnum):
    """How it ended, for scripts (docs/api.md)."""

    SIGNER_REFUSED = 1
    USAGE = 2
    NOT_IN_TIME = 3
    TRY_AGAIN = 4
    SERVICE_REFUSED = 5
    OUTCOME_UNKNOWN = 6
    NOT_VALID = 7
    INTERRUPTED = 130


class Misused(Exception):
    """The command can't be carried out as it was given; nobody was asked."""


def sign(
    files: Annotated[list[Path], typer.Argument(metavar="FILE.pdf...", help="All of them in one request.", exists=True, dir_okay=False)],
    server: Annotated[str, typer.Option("--server", help="The service.")] = "http://localhost:8080",
    user: Annotated[str | None, typer.Option("--user", help="Whose first key signs.")] = None,
    credential: Annotated[str | None, typer.Option("--credential", help="Which key signs.")] = None,
    client: Annotated[
        Path | None, typer.Option("--client", help="What `natsuin client add --json` printed.", exists=True, dir_okay=False)
    ] = None,
    client_id: Annotated[str | None, typer.Option("--client-id", help=f"Instead of --client; the secret comes from {SECRET}.")] = None,
    secret_file: Annotated[Path | None, typer.Option("--secret-file", help=f"Instead of {SECRET}.", exists=True, dir_okay=False)] = None,
    description: Annotated[str, typer.Option("--description", help="What for; the signer reads it.")] = "",
    life_s: Annotated[int | None, typer.Option("--expiry", help="Seconds that the signer has.")] = None,
    hidden: Annotated[bool, typer.Option("--fingerprint-only", help="Keep the files here; the phone shows their fingerprints.")] = False,
    trust: Annotated[
        Path | None, typer.Option("--trust", help="PEM file of the CA's root, to validate with.", exists=True, dir_okay=False)
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite signed files.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object a line, for programs.")] = False,
) -> None:
    """Sign PDFs with a key at a service: shows a QR code, waits for the signer's phone, writes FILE.signed.pdf, validates."""
    display = Display(as_json)
    try:
        account = _account(client, client_id, secret_file)
        roots = _roots(trust)
        targets = [_target(file, force) for file in files]
        with Client(server, account) as service:
            key = _credential(service, user, credential)
            prepared = [_prepare(file, key) for file in files]
            signatures = _ask(service, prepared, description, life_s, hidden, display)
        validations = [
            _finish(one, signature, target, roots, force, display)
            for one, signature, target in zip(prepared, signatures, targets, strict=True)
        ]
    except Misused as problem:
        display.error(str(problem), event="error", error="usage")
        raise typer.Exit(ExitCode.USAGE) from None
    except ClientError as problem:
        reason = {"reason": problem.reason} if isinstance(problem, SignerRefused | NotAsked) else {}
        display.error(str(problem), event="error", error=type(problem).__name__, **reason)
        raise typer.Exit(exit_code(problem)) from None
    if not all(one.is_good for one in validations):
        raise typer.Exit(ExitCode.NOT_VALID)


def main() -> None:
    """Run the command where the operator's commands are not installed."""
    typer.run(sign)


def exit_code(problem: ClientError) -> ExitCode:
    """Give the exit code for what went wrong."""
    match problem:
        case SignerRefused():
            return ExitCode.SIGNER_REFUSED
        case OutcomeUnknown():
            return ExitCode.OUTCOME_UNKNOWN
        case Ended():
            return ExitCode.NOT_IN_TIME
        case Unreachable() | NotAsked() | Refused(status=429 | 503):
            return ExitCode.TRY_AGAIN
    return ExitCode.SERVICE_REFUSED


def _account(client: Path | None, client_id: str | None, secret_file: Path | None) -> Account:
    """The secret is never an argument: every user of the machine can read those."""
    if client is not None:
        try:
            given = json.loads(client.read_text())
            return Account(str(given["client_id"]), str(given["client_secret"]))
        except (ValueError, KeyError, TypeError):
            raise Misused(f"{client} is not what `natsuin client add --json` prints") from None
    secret = secret_file.read_text().strip() if secret_file is not None else os.environ.get(SECRET, "")
    if not client_id or not secret:
        raise Misused(f"say which application asks: --client FILE, or --client-id with {SECRET} or --secret-file")
    return Account(client_id, secret)


def _roots(trust: Path | None) -> tuple[bytes, ...]:
    if trust is None:
        return ()
    found = findall(r"-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----", trust.read_text(errors="replace"), DOTALL)
    if not found:
        raise Misused(f"{trust} has no certificate in PEM")
    return tuple(b64decode(one) for one in found)


def _target(file: Path, force: bool) -> Path:
    target = file.with_name(f"{file.stem}.signed.pdf")
    if target.exists() and not force:
        raise Misused(f"{target} is there already; --force overwrites it")
    return target


def _credential(service: Client, user: str | None, credential: str | None) -> Credential:
    if (user is None) == (credential is None):
        raise Misused("say whose key signs: --user or --credential")
    return service.credential_of(user) if user is not None else service.credential(str(credential))


def _prepare(file: Path, key: Credential) -> PreparedPdf:
    try:
        return prepare(file.read_bytes(), key, name=file.name)
    except (PdfError, SigningError, ValueError) as problem:
        raise Misused(f"{file} can't be signed: {problem}") from None


def _ask(
    service: Client, prepared: list[PreparedPdf], description: str, life_s: int | None, hidden: bool, display: Display
) -> tuple[bytes, ...]:
    """Ask and wait; whoever interrupts it withdraws the request."""
    ask = ask_for(prepared, description=description, are_shown=not hidden, life_s=life_s)
    asked = service.authorize(ask)
    try:
        display.asked(asked)
        with display.waiting():
            approval = service.wait(asked.handle, display.progress)
    except KeyboardInterrupt:
        try:
            service.cancel(asked.handle)
        except ClientError as problem:
            display.error(f"It could not be withdrawn, and ends by itself: {problem}", event="error", error=type(problem).__name__)
        raise typer.Exit(ExitCode.INTERRUPTED) from None
    return service.sign_hashes(ask, approval, asked.handle)


def _finish(prepared: PreparedPdf, signature: bytes, target: Path, roots: tuple[bytes, ...], force: bool, display: Display) -> Validation:
    """Write first, whatever the validation says: a signature that was made is not thrown away."""
    signed = prepared.finish(signature)
    written = _write(target, signed, force)
    found = validate(signed, roots)
    trusted = {True: "trusted", False: "NOT trusted", None: "not judged (--trust says whom to trust)"}[found.trusted]
    whole = "whole" if found.intact and found.covers_all else "NOT whole"
    display.result(
        f"{written}: signed by {found.signer}; the signature is {whole}, its certificate {trusted}",
        event="signed",
        file=str(written),
        signer=found.signer,
        intact=found.intact,
        covers_all=found.covers_all,
        trusted=found.trusted,
    )
    return found


def _write(target: Path, content: bytes, force: bool) -> Path:
    """Write beside a file that has come meanwhile, never over it."""
    number = 1
    while True:
        name = target if number == 1 else target.with_name(f"{target.stem}.{number}.pdf")
        try:
            with name.open("wb" if force else "xb") as out:
                out.write(content)
        except FileExistsError:
            number += 1
        else:
            return name
