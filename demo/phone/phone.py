"""The signer's phone as a library: enrol, sign in, look, approve, refuse; what it approves it has read and checked first."""

from typing import Any, Literal
from urllib.parse import quote, urlsplit

import aiohttp
import msgspec

from demo.ca.code import read_code
from demo.ca.errors import CodeMistyped as MistypedAtTheCa
from demo.passkey import FLAWLESS, Defects, Passkey, PasskeyError
from demo.phone.connection import Connection, origin_of
from demo.phone.contents import check_content
from demo.phone.errors import AddressRefused, AnswerMalformed, ApplicationDue, CodeMistyped, CodeRequired, Ended
from demo.phone.ocra import check_token
from demo.phone.transaction import ApprovalOtp, Authorization, check_challenge, compute_challenge, decode_canonical, read_transaction

Options = dict[str, Any]
Reason = Literal["declined", "not_me", "wrong_document"]


class Signer(msgspec.Struct, frozen=True):
    user_id: str
    name: str


class Enrolled(msgspec.Struct, frozen=True):
    user_id: str
    name: str
    credential_id: str
    not_after: int
    """End of the certificate, unix seconds."""
    here: bool
    """Whether the call that ended it showed the new passkey, and began a session."""


class Waiting(msgspec.Struct, frozen=True):
    """A line of the inbox."""

    id: str
    application: str
    description: str | None
    documents: int
    expires_in_s: int = msgspec.field(name="expires_in")
    lasting: bool = False


class _Registration(msgspec.Struct):
    public_key: Options | None = msgspec.field(name="publicKey")


class _Ceremony(msgspec.Struct):
    ceremony: str
    public_key: Options = msgspec.field(name="publicKey")


class _Inbox(msgspec.Struct):
    waiting: list[Waiting]


class _Page(msgspec.Struct):
    state: str
    transaction: str
    public_key: Options | None = msgspec.field(name="publicKey")
    code_digits: int
    expires_in_s: int = msgspec.field(name="expires_in")
    otp: ApprovalOtp | None = None


class _Led(msgspec.Struct):
    path: str


class _Quiet(msgspec.Struct):
    until: int | None


class _State(msgspec.Struct):
    state: str


class Phone:
    """
    One signer's phone.

    Every call raises the tree of `demo.phone.errors`, and `PasskeyError` where a browser would not let the passkey answer. `defects` spoil
    the passkey's answer, for tests of the server.

    Args:
        origin: scheme, host and port of the server.
        passkey: an empty one to enrol with, or the one that was enrolled.
        http: from `open_http`; phones may share it.
    """

    def __init__(self, origin: str, passkey: Passkey, http: aiohttp.ClientSession) -> None:
        self.passkey = passkey
        self._server = Connection(origin, http)

    @property
    def origin(self) -> str:
        return self._server.origin

    @property
    def server(self) -> Connection:
        """This phone's way to the server, with its session."""
        return self._server

    async def enroll(self, code_or_url: str, *, defects: Defects = FLAWLESS) -> Enrolled:
        """
        Make the passkey and have it registered; afterwards the phone is signed in.

        After `Unavailable` call it again with the same code or address: the passkey is kept, only what is missing is asked for.

        Raises:
            CodeMistyped: nothing was sent.
            ApplicationDue: the CA wants an application (demo.phone.application).
        """
        link = self.link_of(code_or_url)
        registration = await self._server.post("/enroll/options", {"link": link}, _Registration)
        credential = None
        if registration.public_key is not None:
            credential = self.passkey.create(registration.public_key, self.origin, defects=defects)
        elif self.passkey.is_empty:
            raise PasskeyError("this link was begun with another passkey")
        return await self.enrolled(await self._server.post("/enroll", {"link": link, "credential": credential}, dict))

    async def enrolled(self, answer: dict[str, Any]) -> Enrolled:
        """Read the answer to an enrolment, and sign in; raises ApplicationDue where the CA has not decided."""
        if "application" in answer:
            raise ApplicationDue(str(answer["application"]))
        try:
            enrolled = msgspec.convert(answer, Enrolled)
        except msgspec.ValidationError as error:
            raise AnswerMalformed("the enrolment was answered with something else than the interface promises") from error
        if not enrolled.here:
            await self.sign_in()
        return enrolled

    async def sign_in(self, *, defects: Defects = FLAWLESS) -> Signer:
        """Start a session with the passkey."""
        options = await self._server.post("/sign-in/options", {}, _Ceremony)
        credential = self.passkey.get(options.public_key, self.origin, defects=defects)
        return await self._server.post("/sign-in", {"ceremony": options.ceremony, "credential": credential}, Signer)

    async def sign_out(self) -> None:
        """End the session."""
        await self._server.post("/sign-out", {}, dict)

    async def inbox(self) -> list[Waiting]:
        """List what waits for this signer."""
        return (await self._server.get("/inbox", _Inbox)).waiting

    async def open(self, target: str) -> str:
        """
        Give the id, given it, the address of the approval page, or what the code on the application's screen says in this second.

        Raises:
            AddressRefused: it is a page of another server, or neither an approval page nor a code.
            ServerRefused: the code is over; read it again.
        """
        address = urlsplit(target)
        if address.path != "/s" or origin_of(target) != self.origin:
            return authorization_id_of(target, self.origin)
        led = await self._server.post("/s", {"code": address.fragment}, _Led)
        return authorization_id_of(self.origin + led.path, self.origin)

    async def look(self, authorization_id: str) -> Authorization:
        """
        Read one authorization.

        Raises:
            TransactionRefused: it cannot be read without doubt, or passkey or token would be made to answer for something else.
        """
        page = await self._server.get(_path(authorization_id), _Page)
        canonical = decode_canonical(page.transaction)
        transaction = read_transaction(canonical, authorization_id)
        challenge = compute_challenge(canonical)
        if page.public_key is not None:
            check_challenge(challenge, page.public_key)
        for token in page.otp.tokens if page.otp is not None else ():
            check_token(token, canonical)
        return Authorization(
            authorization_id, page.state, transaction, challenge, page.public_key, page.code_digits, page.expires_in_s, page.otp
        )

    async def approve(self, authorization: str | Authorization, code: str | None = None, *, defects: Defects = FLAWLESS) -> str:
        """
        Approve with the passkey and return the new state; by an id, or what `look` returned, so that what was seen is what is signed.

        Raises:
            CodeRequired: the application shows a code, and none was given.
            WrongCode: it shows another one.
            Ended: it is too late.
            TransactionRefused: a document is not the one that would be signed.
        """
        seen = await self.look(authorization) if isinstance(authorization, str) else authorization
        if seen.public_key is None:
            raise Ended("ended", 409, seen.state)
        if seen.code_digits and code is None:
            raise CodeRequired(f"the application shows a code of {seen.code_digits} digits: it is needed here")
        await self.compare(seen)
        credential = self.passkey.get(seen.public_key, self.origin, defects=defects)
        return (await self._server.post(_path(seen.id), {"credential": credential, "code": code}, _State)).state

    async def compare(self, seen: Authorization) -> list[bool]:
        """
        Open each document and compare it with what would be signed; False where the content was kept back, or is deleted at the end.

        Raises:
            TransactionRefused: a document is not the one that would be signed.
        """
        compared = [False] * len(seen.transaction.documents)
        for position, document in enumerate(seen.transaction.documents):
            if document.content is not None and seen.state == "pending":
                file = await self._server.get_file(f"{_path(seen.id)}/documents/{position}")
                check_content(file, document.content, document.hash, seen.transaction.hash_algorithm)
                compared[position] = True
        return compared

    async def refuse(self, authorization_id: str, reason: Reason = "declined") -> str:
        """
        Say no and return the new state.

        Raises:
            Ended: it is too late.
        """
        return (await self._server.post(f"{_path(authorization_id)}/refuse", {"reason": reason}, _State)).state

    async def put_off(self, authorization_id: str) -> str:
        """
        Leave it in the inbox, where it may wait for days, and return its state.

        Raises:
            Ended: it is too late.
        """
        return (await self._server.post(f"{_path(authorization_id)}/later", {}, _State)).state

    async def be_quiet(self, hours: int) -> int | None:
        """Want no requests for 1, 2 or 8 hours, or any again (0); gives until when (unix seconds), None where they come."""
        return (await self._server.post("/quiet", {"hours": hours}, _Quiet)).until

    def link_of(self, code_or_url: str) -> str:
        """Give the letters of a code, or what stands behind the # of a link; raises CodeMistyped, AddressRefused."""
        if not is_address(code_or_url):
            try:
                return read_code(code_or_url)
            except MistypedAtTheCa:
                raise CodeMistyped("this is not a code from a letter: please look at the letter again") from None
        address = urlsplit(code_or_url)
        if origin_of(code_or_url) != self.origin or address.path != "/enroll" or not address.fragment:
            raise AddressRefused(f"this is not an enrolment link of {self.origin}")
        return address.fragment


def is_address(code_or_url: str) -> bool:
    """Tell a link from a code."""
    return "/" in code_or_url


def authorization_id_of(target: str, origin: str) -> str:
    """
    Return the id, given it or the address of the approval page.

    Raises:
        AddressRefused: it is a page of another server, or not an approval page.
    """
    if "/" not in target:
        return target
    page, _, authorization_id = urlsplit(target).path.rpartition("/")
    if origin_of(target) != origin or page != "/approve" or not authorization_id:
        raise AddressRefused(f"this is not an approval page of {origin}")
    return authorization_id


def _path(authorization_id: str) -> str:
    return f"/approve/{quote(authorization_id, safe='')}"
