"""The phone as a library: it does what the signer wants, and signs nothing that it does not show."""

import base64
import hashlib
import json
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from typing import Any

import aiohttp
import msgspec
import pytest
import rfc8785

from demo.passkey import Defects, Passkey, PasskeyError, from_base64url, to_base64url
from demo.phone import Phone, open_http
from demo.phone.cookies import Cookies
from demo.phone.errors import (
    AddressRefused,
    AnswerMalformed,
    CodeRequired,
    Ended,
    ServerRefused,
    SessionRequired,
    TransactionRefused,
    Unavailable,
    Unreachable,
    WrongCode,
)
from demo.phone.transaction import ApprovalToken
from demo.phone.without_passkey import WithoutPasskey
from tests.demo.phone_server import Server, in_loop, serving
from tests.harness.contents import pdf, text


@asynccontextmanager
async def enrolled() -> AsyncIterator[tuple[Server, Phone]]:
    async with serving() as server, open_http() as http:
        phone = Phone(server.origin, Passkey(), http)
        await phone.enroll(f"{server.origin}/enroll#link-secret")
        yield server, phone


@in_loop
async def test_enrols_approves_and_declines() -> None:
    async with enrolled() as (server, phone):
        first, second = server.ask(), server.ask()
        assert [waiting.id for waiting in await phone.inbox()] == [first, second]
        seen = await phone.look(first)
        assert (seen.state, seen.transaction.description, seen.code_digits) == ("pending", "売買契約書への署名", 0)
        assert seen.transaction.documents[0].fingerprint.replace(" ", "") == hashlib.sha256(b"contract").hexdigest()
        assert await phone.approve(seen) == "approved"
        assert await phone.refuse(second, "not_me") == "refused"
        assert (server.authorizations[second]["reason"], await phone.inbox()) == ("not_me", [])
        with pytest.raises(Ended) as ended:
            await phone.approve(first)
        assert ended.value.state == "approved"


@in_loop
async def test_session_ends_and_starts_again() -> None:
    async with enrolled() as (_, phone):
        await phone.sign_out()
        with pytest.raises(SessionRequired):
            await phone.inbox()
        assert (await phone.sign_in()).user_id == "alice"
        assert await phone.inbox() == []


@in_loop
async def test_phones_that_share_a_client_do_not_share_a_session() -> None:
    async with serving() as server, open_http() as http:
        signed_in, other = Phone(server.origin, Passkey(), http), Phone(server.origin, Passkey(), http)
        await signed_in.enroll(f"{server.origin}/enroll#link-secret")
        with pytest.raises(SessionRequired):
            await other.inbox()
    async with aiohttp.ClientSession() as careless:
        with pytest.raises(ValueError, match="cookies"):
            Phone(server.origin, Passkey(), careless)


@in_loop
async def test_enrolment_is_resumed_when_the_certificate_was_late() -> None:
    async with serving() as server, open_http() as http:
        phone, url = Phone(server.origin, Passkey(), http), f"{server.origin}/enroll#link-secret"
        server.has_certificate = False
        with pytest.raises(Unavailable) as late:
            await phone.enroll(url)
        assert (late.value.code, late.value.retry_after_s) == ("certificate_unavailable", 7)
        with pytest.raises(PasskeyError, match="another passkey"):
            await Phone(server.origin, Passkey(), http).enroll(url)
        server.has_certificate = True
        assert (await phone.enroll(url)).credential_id == "key-1"
        with pytest.raises(ServerRefused) as used:
            await phone.enroll(url)
        assert (used.value.code, used.value.status) == ("link_unknown", 404)


@in_loop
async def test_code_is_asked_for_and_counted() -> None:
    async with enrolled() as (server, phone):
        authorization_id = server.ask(code="47")
        with pytest.raises(CodeRequired):
            await phone.approve(authorization_id)
        with pytest.raises(WrongCode) as wrong:
            await phone.approve(authorization_id, "48")
        assert wrong.value.tries_left == 2
        assert await phone.approve(authorization_id, "47") == "approved"


def _other_challenge(page: dict[str, Any]) -> None:
    page["publicKey"]["challenge"] = to_base64url(secrets.token_bytes(32))


def _other_document(page: dict[str, Any]) -> None:
    transaction = json.loads(from_base64url(page["transaction"]))
    transaction["documents"][0]["hash"] = base64.b64encode(hashlib.sha256(b"another contract").digest()).decode()
    page["transaction"] = to_base64url(rfc8785.dumps(transaction))


def _rebound(change: Callable[[bytes], bytes]) -> Callable[[dict[str, Any]], None]:
    """A server that lies consistently: other bytes, and the challenge that fits them."""

    def alter(page: dict[str, Any]) -> None:
        canonical = change(from_base64url(page["transaction"]))
        page["transaction"] = to_base64url(canonical)
        page["publicKey"]["challenge"] = to_base64url(hashlib.sha256(b"natsuin/v1/sign\x00" + canonical).digest())

    return alter


@pytest.mark.parametrize(
    "alter",
    [
        _other_challenge,
        _other_document,
        _rebound(lambda canonical: canonical.replace(b'"version":1', b'"version":2')),
        _rebound(lambda canonical: canonical.replace(b'"type":"sign"', b'"type":"enroll"')),
        _rebound(lambda canonical: canonical.replace(b'"version":1', b'"version": 1')),
        _rebound(lambda canonical: canonical.replace(b'"version":1', b'"version":1,"zero":0')),
        _rebound(lambda canonical: canonical.replace(b'"signer":"alice"', b'"signer":"alice","signer":"alice"')),
        _rebound(lambda canonical: canonical.replace(b'"id":"', b'"id":"x')),
        _rebound(lambda canonical: canonical[:-1]),
        _rebound(lambda canonical: canonical.replace(b'"hash":"', b'"hash":"*')),
        lambda page: page.update(transaction="*"),
    ],
    ids=["challenge", "document", "version", "type", "white space", "unknown field", "twice", "other id", "cut", "hash", "base64"],
)
@in_loop
async def test_refuses_to_sign_what_it_does_not_show(alter: Callable[[dict[str, Any]], None]) -> None:
    async with enrolled() as (server, phone):
        authorization_id, count = server.ask(), phone.passkey.sign_count
        server.alter = alter
        with pytest.raises(TransactionRefused):
            await phone.approve(authorization_id)
        assert phone.passkey.sign_count == count


@in_loop
async def test_defects_reach_the_server() -> None:
    async with enrolled() as (server, phone):
        authorization_id = server.ask()
        with pytest.raises(ServerRefused) as refusal:
            await phone.approve(authorization_id, defects=Defects(bogus_signature=True))
        assert refusal.value.code == "evidence_refused"
        with pytest.raises(ServerRefused) as refusal:
            await phone.sign_in(defects=Defects(no_user_verified=True))
        assert refusal.value.code == "sign_in_refused"


@in_loop
async def test_says_where_an_answer_is_missing_or_odd() -> None:
    async with enrolled() as (server, phone):
        authorization_id = server.ask()
        server.alter = lambda page: page.pop("code_digits")
        with pytest.raises(AnswerMalformed):
            await phone.look(authorization_id)
        with pytest.raises(AddressRefused):
            await phone.enroll("http://localhost:1/enroll#link-secret")
    async with open_http() as http:
        with pytest.raises(Unreachable):
            await Phone(server.origin, Passkey(), http).inbox()


@pytest.mark.parametrize(
    ("origin", "cookie", "is_kept"),
    [
        ("http://localhost", "natsuin=1; HttpOnly; SameSite=Lax; Path=/", True),
        ("http://localhost", "natsuin=1; Secure", False),
        ("https://sign.example", "__Host-natsuin=1; Secure; HttpOnly; SameSite=Lax; Path=/", True),
        ("https://sign.example", "__Host-natsuin=1; Path=/", False),
        ("https://sign.example", "natsuin=1; Max-Age=0", False),
    ],
)
def test_keeps_cookies_as_a_browser_does(origin: str, cookie: str, is_kept: bool) -> None:
    cookies = Cookies(origin)
    cookies.keep(SimpleCookie(cookie))
    assert bool(cookies.header) == is_kept


def ask_with_files(server: Server) -> str:
    """Ask for a PDF, a text, and a hash whose content nobody sends."""
    documents = msgspec.to_builtins([pdf().document(), text().document()])
    asked = server.ask(documents=[*documents, {"hash": base64.b64encode(bytes(32)).decode(), "label": "kept back"}])
    server.files = {f"/approve/{asked}/documents/0": pdf().file, f"/approve/{asked}/documents/1": text().file}
    return asked


@in_loop
async def test_a_swapped_document_is_not_approved_with_pin_and_code_either() -> None:
    """They are not sent at all."""
    async with serving() as server, open_http() as http:
        server.is_guarded = False
        computer = WithoutPasskey(server.origin, http)
        seen = await computer.look(ask_with_files(server))
        server.files[f"/approve/{seen.id}/documents/1"] = b"another"
        with pytest.raises(TransactionRefused, match="not the document"):
            await computer.approve(seen, ApprovalToken("T" * 22, "totp", 6), "2580", "123456")


@in_loop
async def test_each_document_that_can_be_opened_is_compared() -> None:
    """And it is said of which nobody has seen the content."""
    async with enrolled() as (server, phone):
        asked = ask_with_files(server)
        assert await phone.compare(await phone.look(asked)) == [True, True, False]
        assert await phone.approve(asked) == "approved"
        assert await phone.compare(await phone.look(asked)) == [False, False, False]


@pytest.mark.parametrize("position", [0, 1])
def test_a_swapped_document_is_not_approved(position: int) -> None:
    """Though the server never says so: the passkey does not answer at all."""

    @in_loop
    async def check() -> None:
        async with enrolled() as (server, phone):
            asked = ask_with_files(server)
            address = f"/approve/{asked}/documents/{position}"
            server.files[address] = server.files[address].replace(b"AK-2026-118", b"AK-2026-119")
            before = server.sign_count
            with pytest.raises(TransactionRefused, match="not the document"):
                await phone.approve(asked)
            assert (server.authorizations[asked]["state"], server.sign_count) == ("pending", before)

    check()
