"""
pyHanko's `CSCSigner`, unmodified, signs through /csc/v1 with the authorization manager that its documentation asks for, and nothing else;
and through /csc/v2 with one that polls, where only the names of fields that v2 changed are changed.

The signer's phone approves meanwhile, without a screen. pyHanko and poppler validate.
"""

import asyncio
from http import HTTPStatus
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, async_sign_pdf
from pyhanko.sign.fields import SigSeedSubFilter
from pyhanko.sign.signers.csc_signer import (
    CSCAuthorizationInfo,
    CSCAuthorizationManager,
    CSCCredentialInfo,
    CSCServiceSessionInfo,
    CSCSigner,
    fetch_certs_in_csc_credential,
)

from demo.phone import Phone, open_http
from demo.validate import ask_authority, validate_with_pdfsig, validate_with_pyhanko
from tests.flow.parties import Person, new_application
from tests.flow.test_pdf import CONTRACT
from tests.harness.signer import Signer
from tests.harness.stack import SHA256, Application, Stack


class Blocking(CSCAuthorizationManager):
    """One POST of the standard's body, made by pyHanko's own helper; the answer is the SAD."""

    def __init__(self, http: aiohttp.ClientSession, place: CSCServiceSessionInfo, credential: CSCCredentialInfo) -> None:
        super().__init__(place, credential)
        self.http = http
        self.asked: list[int] = []

    async def authorize_signature(self, hash_b64s: list[str]) -> CSCAuthorizationInfo:
        body = self.format_csc_auth_request(hash_b64s=hash_b64s, description="Contract")
        self.asked.append(body["numSignatures"])
        url = f"{self.csc_session_info.service_url}/csc/v1/credentials/authorize"
        async with self.http.post(url, headers=self.auth_headers, json=body, raise_for_status=True) as answer:
            return self.parse_csc_auth_response(await answer.json())


class Polling(Blocking):
    """Asks, and asks again by the handle until the signer has decided (CSC 2.0 §11.7, §11.9)."""

    async def authorize_signature(self, hash_b64s: list[str]) -> CSCAuthorizationInfo:
        body = self.format_csc_auth_request(hash_b64s=hash_b64s, description="Contract")
        self.asked.append(body["numSignatures"])
        status, answer = await self._post("credentials/authorize", renamed(body) | {"hashAlgorithmOID": SHA256})
        handle = answer["handle"]
        while status == HTTPStatus.ACCEPTED:
            status, answer = await self._post("credentials/authorizeCheck", {"handle": handle}, Prefer="wait=20")
        return self.parse_csc_auth_response(answer)

    async def _post(self, method: str, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any]]:
        url = f"{self.csc_session_info.service_url}/csc/v2/{method}"
        async with self.http.post(url, headers=self.auth_headers | headers, json=body, raise_for_status=True) as answer:
            return answer.status, await answer.json()


class SignerOfV2(CSCSigner):
    """Says in the words of v2 what it says in those of v1."""

    async def format_csc_signing_req(self, tbs_hashes: list[str], digest_algorithm: str) -> dict[str, Any]:
        body = renamed(await super().format_csc_signing_req(tbs_hashes, digest_algorithm))
        return body | {"hashAlgorithmOID": body.pop("hashAlgo")}


def renamed(body: dict[str, Any]) -> dict[str, Any]:
    return {"hashes" if name == "hash" else name: value for name, value in body.items()}


async def signed(
    application: Application, signer: Signer, count: int = 1, version: str = "v1", **signing: Any
) -> tuple[list[bytes], list[int]]:
    """Sign the contract `count` times at once, while the phone approves whatever comes; gives the files, and what was asked for."""
    stack = application.stack

    async def approve(phone: Phone) -> None:
        while True:
            for one in await phone.inbox():
                await phone.approve(one.id)
            await asyncio.sleep(0.1)

    async with aiohttp.ClientSession() as http, open_http() as phones:
        phone = Phone(stack.origin, signer.passkey, phones)
        await phone.sign_in()
        place = CSCServiceSessionInfo(stack.origin, signer.credential_id, oauth_token=application.token, api_ver=version)
        asking, signing_as = {"v1": (Blocking, CSCSigner), "v2": (Polling, SignerOfV2)}[version]
        manager = asking(http, place, await fetch_certs_in_csc_credential(http, place))
        remote = signing_as(http, manager, batch_size=count, **signing)
        metadata = PdfSignatureMetadata(field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        approving = asyncio.create_task(approve(phone))
        try:
            outputs = await asyncio.gather(
                *(
                    async_sign_pdf(IncrementalPdfFileWriter(BytesIO(CONTRACT)), metadata, signer=remote, output=BytesIO())
                    for _ in range(count)
                )
            )
        finally:
            approving.cancel()
    return [bytes(one.getvalue()) for one in outputs], manager.asked


async def accepted(stack: Stack, pdf: bytes) -> list[bool]:
    authority = await ask_authority(f"http://localhost:{stack.port + 2}")
    return [(await validate(pdf, authority)).accepted for validate in (validate_with_pyhanko, validate_with_pdfsig)]


@pytest.mark.parametrize("version", ["v1", "v2"])
@pytest.mark.parametrize("signing", [{}, {"prefer_pss": True}], ids=["pkcs1", "pss"])
def test_one_document(rsa_stack: Stack, version: str, signing: dict[str, Any]) -> None:
    """RSA by PKCS #1 v1.5, and by PSS with the parameters that pyHanko gives."""
    application, signer = new_application(rsa_stack), Person(rsa_stack)
    (pdf,), asked = asyncio.run(signed(application, signer, version=version, **signing))
    assert asked == [1]
    assert asyncio.run(accepted(rsa_stack, pdf)) == [True, True]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_several_documents_with_one_approval(stack: Stack, version: str) -> None:
    """A batch of three is one request of three hashes, and three signatures that are valid; with an EC key."""
    application, signer = new_application(stack), Person(stack)
    pdfs, asked = asyncio.run(signed(application, signer, count=3, version=version))
    assert asked == [3]
    assert [asyncio.run(accepted(stack, pdf)) for pdf in pdfs] == [[True, True]] * 3
