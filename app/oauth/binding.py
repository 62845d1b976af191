"""
What an access token is bound to when it is given: the key of a DPoP proof (RFC 9449 §5), a client certificate (RFC 8705 §3), or nothing.
"""

from msgspec import UNSET, Struct, UnsetType
from starlette.requests import Request

from app.domain.parties import Application
from app.errors import ProofRefused
from app.oauth.answers import Confirmation, TokenType
from app.oauth.certificate import x5t_of
from app.oauth.dpop import proof_of
from app.services import Services


class Binding(Struct, frozen=True):
    """Thumbprints of what the holder must show with every use."""

    jkt: str | None = None
    x5t: str | None = None

    @property
    def token_type(self) -> TokenType:
        return "DPoP" if self.jkt is not None else "Bearer"

    @property
    def confirmation(self) -> Confirmation | UnsetType:
        """What `cnf` says of it (RFC 7800)."""
        return UNSET if self == Binding() else Confirmation(jkt=self.jkt or UNSET, x5t=self.x5t or UNSET)


async def binding_of(services: Services, request: Request, application: Application) -> Binding:
    """Give what the tokens of this request are to be bound to; raises ProofRefused where they must be, and nothing was shown."""
    jkt = await proof_of(services, request)
    if jkt is not None:
        return Binding(jkt)
    x5t = x5t_of(services, request)
    if x5t is None and application.must_bind:
        raise ProofRefused("invalid_dpop_proof", "A DPoP proof or a client certificate is needed", at_resource=False)
    return Binding(x5t=x5t)
