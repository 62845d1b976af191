"""Enrolling with a certificate that one has: the application for the new key, signed elsewhere, instead of a letter's code."""

import base64

import msgspec

from demo.passkey import PasskeyError
from demo.phone.errors import AnswerMalformed
from demo.phone.phone import Enrolled, Options, Phone


class _Offer(msgspec.Struct):
    public_key: Options | None = msgspec.field(name="publicKey")
    application: str | None


class _Application(msgspec.Struct):
    content: str


class _Made(msgspec.Struct):
    made: str


async def get_application(phone: Phone, url: str) -> bytes:
    """
    Have passkey and key made where they are not yet, and give the application that is to be signed, a file.

    Raises:
        AnswerMalformed: the link wants no application.
    """
    link = phone.link_of(url)
    offer = await phone.server.post("/enroll/options", {"link": link}, _Offer)
    if offer.application is None:
        raise AnswerMalformed("this link wants no application: use `enroll`")
    if offer.public_key is not None:
        credential = phone.passkey.create(offer.public_key, phone.origin)
        await phone.server.post("/enroll/key", {"link": link, "credential": credential}, _Made)
    return (await phone.server.post("/enroll/application", {"link": link}, _Application)).content.encode()


async def send_application(phone: Phone, url: str, signed: bytes) -> Enrolled:
    """
    Send the signed application (CMS, DER or PEM); afterwards the phone is signed in.

    Raises:
        ApplicationRefused: it was not taken; another one may be sent.
        ApplicationDue: it was, and is not decided: `Phone.enroll` asks again.
    """
    if phone.passkey.is_empty:
        raise PasskeyError("this phone has not begun with the link")
    body = {"link": phone.link_of(url), "signed": base64.b64encode(signed).decode(), "credential": None}
    return await phone.enrolled(await phone.server.post("/enroll/application/signed", body, dict))
