"""What the signer changes of his own, as a library: passkeys, freezing and the history; what it approves it has read and checked first."""

import base64
import hashlib
from collections.abc import Callable
from typing import Any, Literal, TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from demo.passkey import FLAWLESS, Defects, Passkey, cose_key
from demo.phone.amendment import AddPasskey, Common, Destroy, NewPasskey, RemovePasskey, Unfreeze, encoded
from demo.phone.connection import origin_of
from demo.phone.errors import AddressRefused, TransactionRefused
from demo.phone.phone import Options, Phone
from demo.phone.transaction import check_challenge, compute_challenge, decode_canonical, read_canonical

Change = TypeVar("Change", bound=Common)
FreezeFor = Literal["hour", "day", "until_i_say"]


class Device(msgspec.Struct, frozen=True):
    """A passkey that may approve; times in unix seconds, `last_used` is 0 for never."""

    id: str
    name: str
    added: int
    last_used: int
    synced: bool
    current: bool


class Key(msgspec.Struct, frozen=True):
    """A signing key; `until` is None where it is not frozen, or its signer ends it."""

    credential_id: str
    state: str
    until: int | None
    not_after: int


class Own(msgspec.Struct, frozen=True):
    """What is the signer's own."""

    user_id: str
    name: str
    keys: list[Key]
    devices: list[Device]


class Frozen(msgspec.Struct, frozen=True):
    """How a key stands after it was frozen."""

    credential_id: str
    state: str
    until: int | None


class Entry(msgspec.Struct, frozen=True):
    """A line of the history: a signature that was asked for, or an event."""

    id: str
    kind: str
    at: int
    receipt: str
    application: str | None = None
    description: str | None = None
    state: str | None = None
    reason: str | None = None
    device: str | None = None
    by_device: str | None = None


class History(msgspec.Struct, frozen=True):
    """A page of the history; `next` is where the next one begins, None at the end."""

    entries: list[Entry]
    next: str | None


class Link(msgspec.Struct, frozen=True):
    """A one-time link for a new phone."""

    id: str
    link: str
    expires_in: int


class Joined(msgspec.Struct, frozen=True):
    """What the new phone was told: six digits, to be compared with those on the old one."""

    state: str
    name: str
    code: str | None


class _Invitation(msgspec.Struct):
    transaction: str
    public_key: Options = msgspec.field(name="publicKey")


class _Addition(msgspec.Struct):
    state: str
    code: str | None


class _Proposal(msgspec.Struct):
    id: str
    transaction: str
    public_key: Options = msgspec.field(name="publicKey")


class _Frozen(msgspec.Struct):
    keys: list[Frozen]


class Account:
    """
    What is the signer's own, over a phone that is signed in.

    Every call raises the tree of `demo.phone.errors`, and `PasskeyError` where a browser would not let the passkey answer.
    """

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self._server = phone.server

    async def look(self) -> Own:
        return await self._server.get("/account", Own)

    async def history(self, before: str | None = None) -> History:
        """Give a page of what has happened, the newest first."""
        return await self._server.get("/history" + (f"?before={quote(before)}" if before else ""), History)

    async def begin_adding(self) -> Link:
        """Have a one-time link made for a new phone."""
        return await self._server.post("/account/add", {}, Link)

    async def approve_new(self, link: Link, made: "NewPhone", *, defects: Defects = FLAWLESS) -> None:
        """
        Approve the passkey that a new phone of one's own has made with the link.

        Raises:
            TransactionRefused: the server shows other digits than the new phone, or would have another passkey added.
        """
        addition = await self._server.get(f"/account/add/{quote(link.id)}", _Addition)
        if addition.code is None or addition.code != made.joined.code:
            raise TransactionRefused("this is not the passkey that the new phone has made: the digits differ")

        def is_it(asked: AddPasskey) -> bool:
            passkey = made.passkey
            expected = (encoded(passkey.credential_id), encoded(cose_key(passkey.public_key)), made.made_over_sha256)
            return (asked.passkey_id, asked.public_key, asked.made_over_sha256) == expected

        await self.change("add_passkey", link.id, AddPasskey, is_it, defects)

    async def refuse_new(self, link: Link) -> None:
        """Let the link, or what was made with it, come to nothing."""
        await self._server.post(f"/account/add/{quote(link.id)}/refuse", {}, dict)

    async def remove(self, device: Device, *, defects: Defects = FLAWLESS) -> None:
        """Remove another passkey than this phone's."""

        def is_it(asked: RemovePasskey) -> bool:
            digest = hashlib.sha256(base64.b64decode(asked.passkey_id, validate=True)).digest()
            return base64.urlsafe_b64encode(digest).decode()[:22] == device.id and asked.name == device.name

        await self.change("remove_passkey", device.id, RemovePasskey, is_it, defects)

    async def freeze(self, how_long: FreezeFor) -> list[Frozen]:
        """Freeze every key at once."""
        return (await self._server.post("/freeze", {"for": how_long}, _Frozen)).keys

    async def unfreeze(self, credential_id: str, *, defects: Defects = FLAWLESS) -> None:
        """Use a frozen key again."""
        await self.change("unfreeze", credential_id, Unfreeze, lambda asked: asked.credential_id == credential_id, defects)

    async def destroy(self, credential_id: str, *, defects: Defects = FLAWLESS) -> None:
        """Destroy a key, for good."""
        await self.change("destroy", credential_id, Destroy, lambda asked: asked.credential_id == credential_id, defects)

    async def change(self, change: str, of: str, kind: type[Change], is_it: Callable[[Change], bool], defects: Defects) -> None:
        """Have a change composed, see that it is what was asked for and that the passkey signs nothing else, and approve it."""
        proposal = await self._server.post("/account/change", {"change": change, "of": of}, _Proposal)
        canonical = decode_canonical(proposal.transaction)
        asked = read_canonical(canonical, kind)
        if asked.id != proposal.id or not is_it(asked):
            raise TransactionRefused("the server would have another change approved than the one that was asked for")
        check_challenge(compute_challenge(canonical, kind.domain), proposal.public_key)
        answer = self._phone.passkey.get(proposal.public_key, self._phone.origin, defects=defects)
        await self._server.post(f"/account/change/{quote(proposal.id)}", {"credential": answer}, dict)


class NewPhone:
    """A phone that is being added: it has a link, and no session."""

    def __init__(self, phone: Phone) -> None:
        self._phone = phone
        self.made_over_sha256 = ""
        self.joined = Joined("open", "", None)

    @property
    def passkey(self) -> Passkey:
        return self._phone.passkey

    async def join(self, link: str, name: str | None = None, *, defects: Defects = FLAWLESS) -> Joined:
        """
        Make the passkey with a one-time link; it may approve nothing before the old phone approves it.

        Raises:
            TransactionRefused: the passkey would answer something else than what is shown.
        """
        secret = _secret(link, self._phone.origin)
        invitation = await self._phone.server.post("/new-device/options", {"link": secret}, _Invitation)
        canonical = decode_canonical(invitation.transaction)
        read_canonical(canonical, NewPasskey)
        check_challenge(compute_challenge(canonical, NewPasskey.domain), invitation.public_key)
        answer = self.passkey.create(invitation.public_key, self._phone.origin, defects=defects)
        self.made_over_sha256 = hashlib.sha256(canonical).hexdigest()
        body: dict[str, Any] = {"link": secret, "credential": answer} | ({"name": name} if name else {})
        self.joined = await self._phone.server.post("/new-device", body, Joined)
        return self.joined


def _secret(link: str, origin: str) -> str:
    address = urlsplit(link)
    if origin_of(link) != origin or address.path != "/new-device" or not address.fragment:
        raise AddressRefused(f"this is not a link for a new device of {origin}")
    return address.fragment
