"""
Who is here, on the pages that may also be seen without a passkey: with a registered device, or for a short while with PIN and one-time
password. Every other page takes the passkey (`session`).
"""

from msgspec import Struct
from starlette.requests import Request

from app.authorization.otp_sign_in import token_of
from app.domain.parties import Passkey
from app.errors import SessionRequired
from app.phone.session import device_in, session_of
from app.services import Services
from hsm.messages import TokenInfo


class Visitor(Struct, frozen=True):
    """Whoever is signed in; without a `device` there is a `token`, and only what belongs to `enrollment_id` may be seen; since when."""

    user_id: str
    device: Passkey | None = None
    token: TokenInfo | None = None
    enrollment_id: str | None = None
    since: int = 0  # unix seconds

    def may_see(self, enrollment_id: str) -> bool:
        return self.enrollment_id in (None, enrollment_id)


async def visitor_of(services: Services, request: Request) -> Visitor:
    """
    Say who is here.

    Raises:
        SessionRequired: nobody is signed in; or passkey or token were removed since.
        SamUnavailable: whether the token still is the signer's can't be told.
    """
    session = await session_of(services, request)
    if session.token_id is None:
        device = await device_in(services, session)
        return Visitor(device.user_id, device, since=session.since)
    found = await token_of(services, session)
    if found is None:
        raise SessionRequired
    credential, token = found
    return Visitor(session.user_id, token=token, enrollment_id=credential.enrollment_id, since=session.since)
