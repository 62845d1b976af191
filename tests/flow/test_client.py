"""`natsuin.client` and what stands on it, against the real stack: ends, real PDFs, and a server that is killed in the middle."""

import asyncio
import hashlib
import threading
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import PdfSignatureMetadata, async_sign_pdf
from pyhanko.sign.fields import SigSeedSubFilter

from natsuin.client import Account, ApplicationRefused, Ask, Asked, AsyncClient, Cancelled, Client, NoCredential, Refused, SignerRefused
from natsuin.pdf import RemoteSigner, ask_for, prepare
from tests.flow.parties import Person, new_application
from tests.flow.records import Records
from tests.flow.wire import has_signed
from tests.harness.mortal import start_mortal
from tests.harness.stack import Application, Stack
from tests.harness.validators import validated

CONTRACT = (Path(__file__).parents[2] / "demo" / "samples" / "contract.pdf").read_bytes()
DIGEST = hashlib.sha256(b"a paper").digest()


def account(shop: Application) -> Account:
    return Account(shop.client_id, shop.client_secret)


def test_both_clients_go_the_whole_way(stack: Stack) -> None:
    """One digest with the one, two with the other: the signatures are the certificate's, in the order of the digests."""
    shop, signer = account(new_application(stack)), Person(stack)
    seen: list[str] = []

    def approve(asked: Asked) -> None:
        assert asked.approval_url == f"{stack.origin}/approve/{asked.handle}"
        signer.approve(asked.handle)

    with Client(stack.origin, shop) as client:
        credential = client.credential_of(signer.user_id)
        assert (credential.id, credential.is_usable, credential.factors) == (signer.credential_id, True, ("passkey",))
        (signature,) = client.sign(Ask(credential, [DIGEST]), on_asked=approve)
        assert has_signed(credential.certificates[0], signature, DIGEST)

    async def both() -> tuple[bytes, ...]:
        async with AsyncClient(stack.origin, shop) as client:
            key = await client.credential_of(signer.user_id)
            asked = await client.authorize(Ask(key, [DIGEST, bytes(32)], labels=["a", "b"], description="two"))
            approving = asyncio.create_task(asyncio.to_thread(approve, asked))
            approval = await client.wait(asked.handle, seen.append)
            await approving
            assert approval.factor == "passkey"
            return await client.sign_hashes(Ask(key, [DIGEST, bytes(32)]), approval)

    signatures = asyncio.run(both())
    assert [has_signed(credential.certificates[0], *one) for one in zip(signatures, (DIGEST, bytes(32)), strict=True)] == [True, True]


def test_the_ends_have_types(stack: Stack) -> None:
    """Declined with its reason, three wrong numbers, nobody by that name, a secret that is another's."""
    shop, signer = new_application(stack, asks_code=True), Person(stack)
    with Client(stack.origin, account(shop)) as client:
        credential = client.credential_of(signer.user_id)

        def mistype(asked: Asked) -> None:
            assert asked.verification_code is not None
            for _ in range(3):
                with pytest.raises(Exception, match=r"not the code|over"):
                    signer.approve(asked.handle, "none")

        ends: list[tuple[Callable[[Asked], object], str]] = [
            (lambda asked: signer.refuse(asked.handle), "declined"),
            (lambda asked: signer.refuse(asked.handle, "wrong_document"), "wrong_document"),
            (mistype, "wrong_code"),
        ]
        for act, reason in ends:
            with pytest.raises(SignerRefused) as refused:
                client.sign(Ask(credential, [DIGEST]), on_asked=act)
            assert refused.value.reason == reason
        with pytest.raises(NoCredential):
            client.credential_of("nobody at all")
    with Client(stack.origin, Account(shop.client_id, "another's")) as client, pytest.raises(ApplicationRefused):
        client.credential_of(signer.user_id)


def test_both_clients_withdraw_what_waits(stack: Stack) -> None:
    """Nobody is asked any more; twice is no fault. An approval or a refusal that came first stands, and nobody else's is withdrawn."""
    shop, rival, signer = account(new_application(stack)), account(new_application(stack)), Person(stack)

    async def cancel(handle: str) -> None:
        async with AsyncClient(stack.origin, shop) as client:
            await client.cancel(handle)

    with Client(stack.origin, shop) as client, Client(stack.origin, rival) as other:
        credential = client.credential_of(signer.user_id)
        first, second, approved, refused = (client.authorize(Ask(credential, [bytes([number]) * 32])).handle for number in range(4))
        with pytest.raises(Refused, match="handle"):
            other.cancel(first)
        client.cancel(first)
        client.cancel(first)
        asyncio.run(cancel(second))
        assert {one.id for one in signer.inbox()} == {approved, refused}
        for handle in (first, second):
            with pytest.raises(Cancelled):
                client.wait(handle)
        signer.approve(approved)
        signer.refuse(refused, "wrong_document")
        with pytest.raises(Refused) as late:
            client.cancel(approved)
        assert late.value.error == "already_approved"
        with pytest.raises(SignerRefused, match="wrong_document"):
            client.cancel(refused)
        assert client.wait(approved).factor == "passkey"


def test_pdfs_are_signed_together_and_seen_by_the_signer(stack: Stack) -> None:
    """Two PDFs, one of them signed before: one approval, in which the phone has opened and compared both; others validate them."""
    signer = Person(stack)
    with Client(stack.origin, account(new_application(stack))) as client:
        credential = client.credential_of(signer.user_id)
        files = [CONTRACT]
        for names in (["contract.pdf"], ["again.pdf", "another.pdf"]):
            prepared = [prepare(pdf, credential, name=name) for pdf, name in zip((files[0], CONTRACT), names, strict=False)]
            asking = ask_for(prepared, description="Building contract")
            assert all(document is not None for document in asking.documents)
            signatures = client.sign(asking, on_asked=lambda asked: signer.approve(asked.handle))
            files = [one.finish(signature) for one, signature in zip(prepared, signatures, strict=True)]
            assert [validated(stack, pdf) for pdf in files] == [[True, True]] * len(names)


@pytest.mark.parametrize("kind", [Client, AsyncClient])
def test_pyhanko_signs_with_the_remote_signer(stack: Stack, kind: type[Client] | type[AsyncClient]) -> None:
    """pyHanko's own way to sign a PDF, with either client behind it."""
    signer, shop = Person(stack), account(new_application(stack))
    with Client(stack.origin, shop) as client:
        credential = client.credential_of(signer.user_id)

    async def sign() -> bytes:
        client = kind(stack.origin, shop)
        approving = []

        def approve(asked: Asked) -> None:
            approving.append(threading.Thread(target=signer.approve, args=(asked.handle,)))
            approving[0].start()

        remote = RemoteSigner(client, credential, on_asked=approve, label="contract.pdf")
        writer = IncrementalPdfFileWriter(BytesIO(CONTRACT))
        metadata = PdfSignatureMetadata(field_name="Signature", md_algorithm="sha256", subfilter=SigSeedSubFilter.PADES)
        signed = await async_sign_pdf(writer, metadata, signer=remote)
        approving[0].join()
        if isinstance(client, AsyncClient):
            await client.close()
        else:
            client.close()
        return bytes(signed.getvalue())

    assert validated(stack, asyncio.run(sign())) == [True, True]


def test_a_server_that_is_killed_in_the_middle_signs_once(fragile: Stack) -> None:
    """
    It dies while the poll is held, and again when the signature was made and no answer had gone out: the client goes on by itself.

    One request, one signature, the certificate's.
    """
    shop, signer, records = new_application(fragile), Person(fragile), Records(fragile)
    restarts: list[threading.Thread] = []

    def go_on(asked: Asked) -> None:
        fragile.kill("web")
        restart = threading.Thread(target=_come_back, args=(fragile, signer, asked.handle))
        restarts.append(restart)
        restart.start()

    with Client(fragile.origin, account(shop)) as client:
        credential = client.credential_of(signer.user_id)
        (signature,) = client.sign(Ask(credential, [DIGEST]), on_asked=go_on)
    restarts[0].join()
    assert has_signed(credential.certificates[0], signature, DIGEST)
    assert records.one("SELECT count(*) FROM authorizations WHERE credential_id = ?", signer.credential_id) == 1


def _come_back(stack: Stack, signer: Person, handle: str) -> None:
    stack.start("web")
    dying = start_mortal(stack, "web", "after", "app.csc.sign_hash:sign")
    signer.approve(handle)
    assert dying.wait(60) == -9
    stack.processes.pop("web")
    stack.start("web")
