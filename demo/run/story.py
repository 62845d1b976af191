"""The main job, step by step: an operator, a relying application and a signer with a phone, each only by what anyone may use."""

import asyncio
import secrets
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from demo.passkey import Passkey
from demo.phone import Phone, open_http
from demo.phone.phone import authorization_id_of
from demo.run.errors import DemoFailed
from demo.run.places import Places
from demo.run.report import Report
from demo.run.stack import Stack
from demo.validate import ask_authority, validate_with_pdfsig, validate_with_pyhanko
from natsuin.client import Account, Asked, AsyncClient
from natsuin.pdf import ask_for, prepare

CONTRACT = Path(__file__).parent.parent / "samples" / "contract.pdf"
LABEL, DESCRIPTION = "工事請負契約書_AK-2026-118.pdf", "工事請負契約の締結"
SIGNER, APPLICATION = "山田 太郎", "青葉建設株式会社 電子契約"


async def sign_the_contract(stack: Stack, places: Places, report: Report) -> bool:
    """
    Sign the sample contract and write it to `places.signed`; tell whether both validators accept it.

    Raises:
        DemoFailed, ClientError, PhoneError, PasskeyError, ValidationImpossible: something did not work out; the text says what.
    """
    run = secrets.token_hex(3)
    user_id = f"taro-demo-{run}"
    with report.step("Operator invites a signer") as step:
        invited = await stack.natsuin("signer", "add", user_id, "--name", SIGNER)
        step.say(f"Operator invites a signer: {SIGNER} ({user_id})")
    with report.step("Operator registers the application") as step:
        account = await stack.natsuin("client", "add", f"{APPLICATION} {run}", "--code", "--for-all")
        step.say(f"Operator registers the application: {APPLICATION} {run}")
    application = Account(account["client_id"], account["client_secret"])
    try:
        async with open_http() as http:
            phone = Phone(places.origin, Passkey(), http)
            with report.step("Phone enrols") as step:
                enrolled = await phone.enroll(invited["enrollment_url"])
                until = datetime.fromtimestamp(enrolled.not_after, UTC)
                step.say(f"Phone enrols: passkey, key in the HSM, certificate until {until:%Y-%m-%d}")
            signed = await _sign(places, application, user_id, phone, report)
    finally:
        with suppress(DemoFailed):  # an account that nobody uses any more does no harm; what failed before says more
            await stack.natsuin("client", "remove", application.client_id)
    places.signed.write_bytes(signed)
    return await _validate(places, signed, report)


async def _sign(places: Places, application: Account, user_id: str, phone: Phone, report: Report) -> bytes:
    asked: asyncio.Future[Asked] = asyncio.get_running_loop().create_future()
    signing = asyncio.create_task(_ask(places.origin, application, user_id, asked))
    try:
        with report.step("Application asks for a signature on the contract") as step:
            either: set[asyncio.Future[Any]] = {signing, asked}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done():
                return await signing
            code = asked.result().verification_code
            step.say("Application asks for a signature on the contract" + (f", shows the number {code}" if code else ""))
        with report.step("Phone reads the request") as step:
            seen = await phone.look(authorization_id_of(asked.result().approval_url or "", places.origin))
            documents = ", ".join(document.label or "?" for document in seen.transaction.documents)
            step.say(f"Phone reads: {seen.transaction.application_name} / {seen.transaction.description} / {documents}")
        with report.step("Phone opens the document") as step:
            is_seen = all(await phone.compare(seen))
            step.say("Phone opens the document: this is the document being signed" if is_seen else "Phone has seen the fingerprint only")
        with report.step("Signer approves with the passkey") as step:
            await phone.approve(seen, code if seen.code_digits else None)
            step.say("Signer approves with the passkey" + (" and the number" if seen.code_digits else ""))
        with report.step("HSM signs") as step:
            signed = await signing
            step.say(f"HSM signs; {places.signed.name} is made (PAdES B-B)")
    finally:
        signing.cancel()
    return signed


async def _ask(origin: str, application: Account, user_id: str, asked: "asyncio.Future[Asked]") -> bytes:
    """What a relying application does: everything it needs of `natsuin`, in one place."""
    async with AsyncClient(origin, application) as client:
        credential = await client.credential_of(user_id)
        prepared = await asyncio.to_thread(prepare, CONTRACT.read_bytes(), credential, name=LABEL)
        (signature,) = await client.sign(ask_for([prepared], description=DESCRIPTION), on_asked=asked.set_result)
    return await asyncio.to_thread(prepared.finish, signature)


async def _validate(places: Places, signed: bytes, report: Report) -> bool:
    with report.step("Two validators check the signed PDF") as step:
        authority = await ask_authority(places.ca)
        verdicts = [await validate_with_pyhanko(signed, authority), await validate_with_pdfsig(signed, authority)]
        accepting = sum(verdict.accepted for verdict in verdicts)
        step.say(f"{accepting} of {len(verdicts)} independent validators accept it")
    for verdict in verdicts:
        report.verdict(verdict)
    return accepting == len(verdicts)


async def invite_a_person(stack: Stack, places: Places, report: Report) -> None:
    """Say how to go the same way by hand."""
    user_id = f"hanako-demo-{secrets.token_hex(3)}"
    invited = await stack.natsuin("signer", "add", user_id, "--name", "佐藤 花子")
    report.lines(
        "Now try it by hand, in a browser on this computer (README says how to use a real phone):",
        f"  1  register as the signer    {invited['enrollment_url']}",
        f"  2  ask for a signature       {places.relying}/?user={user_id}",
        "  3  approve it                in the page that step 2 leads to",
        "Ctrl-C stops everything.",
    )
