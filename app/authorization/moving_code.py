"""Step 3, from another screen: the code that stood on it a moment ago leads to the request, once."""

from app.domain.opening import read_code
from app.errors import CodeOver
from app.services import Services
from app.store import openings


async def use_code(services: Services, text: str, browser_sha256: bytes) -> str:
    """
    Use a code for a browser, and give the authorization that it leads to.

    Raises:
        CodeOver: it is too old, it or a later one was used before, or no application of ours made it; no difference is made.
    """
    code = read_code(text)
    found = await services.database.read(openings.by_token, code.token) if code is not None else None
    if code is None or found is None:
        raise CodeOver
    authorization_id, opening = found
    if not code.is_of(opening) or not opening.is_fresh(code.second, services.now()):
        raise CodeOver
    if not await services.database.write(openings.take, code, browser_sha256):
        raise CodeOver
    return authorization_id
