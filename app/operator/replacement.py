"""What the operator says at the SAM's own door about keys: that a new enrolment ends the earlier ones, and that one is destroyed."""

import asyncio
from typing import Any, NamedTuple

from app import sam as sams
from app.clock import system_clock
from app.config import Config
from app.domain.identifiers import new_id
from app.domain.parties import Credential
from app.errors import SamRefused, SamUnavailable
from app.operator.invitation import Invitation
from app.operator.refusal import Refusal
from app.store import credentials, parties
from app.store.database import Database
from hsm.messages import ErrorCode, ReplaceReply, ReplaceRequest

AWAY = "The SAM's operator door does not answer; run this on the SAM's machine, as the user who runs the SAM."


class Announcement(NamedTuple):
    """The name of the enrolment that is to come, the keys that end with it, and their certificates, which only the CA can end."""

    enrollment_id: str
    credential_ids: tuple[str, ...]
    certificates: list[dict[str, Any]]

    def told_with(self, invited: Invitation) -> Invitation:
        """Say it beside the invitation."""
        keys = ", ".join(self.credential_ids)
        text = f"{invited.text}\n[bold]It replaces everything[/]: when the new key is certified, these are destroyed for good: {keys}"
        if self.certificates:
            serials = ", ".join(one["serial"] for one in self.certificates)
            text += (
                "\nTheir certificates stand until the CA revokes them. Where it made the letter or the code, it was asked to do so when it"
            )
            text += f" issues the new one; see that it has, or have these revoked then: [bold]{serials}[/]"
        return Invitation(invited.value | {"replaces": list(self.credential_ids), "certificates": self.certificates}, text)


def announce(config: Config, opened: Database, user_id: str) -> Announcement:
    """Tell the SAM that an enrolment will come with which the person's keys end; raises Refusal where there is nothing to replace."""
    if opened.read_now(parties.signer, user_id) is None:
        raise Refusal(f"There is no signer {user_id} whose keys could be replaced.")
    enrollment_id = new_id()
    ending = asyncio.run(_replace(config, ReplaceRequest(user_id, enrollment_id))).credential_ids
    now = system_clock()
    held = [one for one in opened.read_now(credentials.of_signer, user_id) if one.credential_id in ending and one.not_after > now]
    return Announcement(enrollment_id, ending, [_certificate(one) for one in held])


def _certificate(credential: Credential) -> dict[str, Any]:
    issuer = credential.certificate.issuer.rfc4514_string()
    return {"credential_id": credential.credential_id, "serial": serial_of(credential), "issuer": issuer, "not_after": credential.not_after}


def serial_of(credential: Credential) -> str:
    """Give the serial number of a key's certificate, in hexadecimal."""
    return f"{credential.certificate.serial_number:x}"


async def _replace(config: Config, request: ReplaceRequest) -> ReplaceReply:
    client = sams.connect_as_operator(config)
    try:
        return await client.replace(request)
    except SamRefused as refusal:
        if refusal.code is ErrorCode.CREDENTIAL_UNKNOWN:
            raise Refusal(f"{request.signer} has no key: nothing is to be replaced. Leave out --replaces.") from None
        raise
    except SamUnavailable:
        raise Refusal(AWAY) from None
    finally:
        await client.close()


async def destroy_at_sam(config: Config, credential_id: str) -> None:
    """Have a key destroyed; one that is destroyed already stays so. Raises Refusal where the SAM does not answer."""
    client = sams.connect_as_operator(config)
    try:
        await client.destroy(credential_id)
    except SamRefused as refusal:
        if refusal.code is not ErrorCode.CREDENTIAL_UNUSABLE:
            raise
    except SamUnavailable:
        raise Refusal(AWAY) from None
    finally:
        await client.close()
