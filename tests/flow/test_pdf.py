"""PDFs are signed with each mechanism while the phone opens and compares them; others validate them."""

import asyncio
from pathlib import Path

import pytest

from demo.passkey import Passkey
from demo.phone import Phone, open_http
from demo.validate import Verdict, ask_authority, validate_with_pdfsig, validate_with_pyhanko
from natsuin.client import Account, Asked, AsyncClient
from natsuin.pdf import ask_for, prepare
from tests.harness.stack import Stack

CONTRACT = (Path(__file__).parent.parent.parent / "demo" / "samples" / "contract.pdf").read_bytes()


async def signed_and_validated(stack: Stack, *, prefer_pss: bool, digest_algorithm: str) -> list[Verdict]:
    """Enrol a phone, sign the contract while the phone approves, and ask both validators."""
    application = await asyncio.to_thread(stack.application)
    url = await asyncio.to_thread(stack.enrollment_url)
    account = Account(application.client_id, application.client_secret)
    async with open_http() as phones, AsyncClient(stack.origin, account) as client:
        phone = Phone(stack.origin, Passkey(), phones)
        enrolled = await phone.enroll(url)
        credential = await client.credential_of(enrolled.user_id)
        approvals = []

        async def open_and_approve(handle: str) -> None:
            seen = await phone.look(handle)
            assert await phone.compare(seen) == [True]
            await phone.approve(seen)

        def approve(asked: Asked) -> None:
            approvals.append(asyncio.create_task(open_and_approve(asked.handle)))

        prepared = await asyncio.to_thread(
            prepare, CONTRACT, credential, name="contract.pdf", digest_algorithm=digest_algorithm, prefer_pss=prefer_pss
        )
        (signature,) = await client.sign(ask_for([prepared]), on_asked=approve)
        pdf = await asyncio.to_thread(prepared.finish, signature)
        await asyncio.gather(*approvals)
    authority = await ask_authority(f"http://localhost:{stack.port + 2}")
    return [await validate_with_pyhanko(pdf, authority), await validate_with_pdfsig(pdf, authority)]


@pytest.mark.parametrize(("prefer_pss", "digest"), [(False, "sha256"), (True, "sha256"), (True, "sha384"), (False, "sha512")])
def test_rsa_signatures_are_valid(rsa_stack: Stack, prefer_pss: bool, digest: str) -> None:
    """PKCS#1 v1.5, and PSS with parameters, validate in pyHanko and in poppler."""
    verdicts = asyncio.run(signed_and_validated(rsa_stack, prefer_pss=prefer_pss, digest_algorithm=digest))
    assert [verdict.accepted for verdict in verdicts] == [True, True], verdicts


def test_ecdsa_signatures_are_valid(stack: Stack) -> None:
    """ECDSA with P-256 validates in pyHanko and in poppler."""
    verdicts = asyncio.run(signed_and_validated(stack, prefer_pss=False, digest_algorithm="sha256"))
    assert [verdict.accepted for verdict in verdicts] == [True, True], verdicts
