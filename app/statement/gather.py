"""The statement of a signer's history is asked of the SAM, part by part, up to a limit, and made into a file."""

from app.domain.parties import Credential, Signer
from app.errors import SamRefused, SamUnavailable, StatementRefused
from app.services import Services
from app.statement.entries import Reading
from app.statement.file import as_json, as_pdf
from app.statement.proof import key_sha256_of, read_statements

MOST_PARTS = 10
"""In one file: at most 2,000 entries, or 10 MB; a longer history goes on in the next one."""


async def gather(services: Services, credential: Credential, first: int) -> tuple[bytes, int | None]:
    """
    Give the signed parts from an entry on as one JSON file, and where the next file begins.

    Raises:
        SamUnavailable: it does not answer.
    """
    parts, place = list[bytes](), first
    try:
        for _ in range(MOST_PARTS):
            reply = await services.sam.statement(credential.credential_id, place)
            parts.append(reply.statement)
            if reply.next is None:
                return as_json(parts, None), None
            place = reply.next
    except SamRefused as refusal:
        raise SamUnavailable(f"statement: {refusal.code}") from None
    return as_json(parts, place), place


def print_for_people(file: bytes, parts: list[bytes], signer: Signer, service: str, more: str) -> bytes:
    """Write the PDF around it; raises SamUnavailable where the SAM's own words do not hold, FontsMissing."""
    try:
        statements = read_statements(parts, None)
        reading = Reading(is_whole=statements[0].first == 0)
        for entry in (one.entry for statement in statements for one in statement.entries):
            reading.take(entry)
    except StatementRefused as refusal:
        raise SamUnavailable(f"statement: {refusal}") from None
    return as_pdf(
        statements, list(reading.lines.values()), file, name=signer.name, service=service, key_sha256=key_sha256_of(parts[0]), more=more
    )
