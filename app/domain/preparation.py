"""A PDF that `signDoc` will sign: what was appended to the application's file before the signer saw it, and where its signature goes."""

from msgspec import Struct


class Plan(Struct, frozen=True, omit_defaults=True):
    """How a PDF is to be signed: `certify` makes a certification signature (ISO 32000-1 §12.8.2.2); `props` stand in its dictionary."""

    certify: bool = True
    props: dict[str, str] = {}


class Preparation(Struct, frozen=True):
    """
    `tail` comes after the application's file, whose digest is `original`; the signature fills `hole_start` to `hole_end` of both together.

    The file itself is not kept: the application sends it again.
    """

    original: bytes
    tail: bytes
    hole_start: int
    hole_end: int
    plan: Plan
