"""`info` (CSC 2.0 §11.1): what this service is and can do; needs no token."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.csc.algorithms import ECDSA, RSA
from app.csc.body import read_body
from app.services import Services

SPECS = "2.0.0.0"
METHODS = (
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "credentials/authorizeCheck",
    "signatures/signHash",
)


async def info(services: Services, request: Request) -> Response:
    """Describe the service."""
    body = await read_body(request)
    body.optional_text("lang")
    config = services.config
    return JSONResponse(
        {
            "specs": SPECS,
            "name": config.service_name,
            "logo": f"{config.origin}/static/logo.png",
            "region": config.region,
            "lang": "en",
            "description": "Remote signing with approval on the signer's phone",
            "authType": ["oauth2client", "oauth2code"],
            "oauth2": config.origin,
            "asynchronousOperationMode": False,
            "methods": list(METHODS),
            "validationInfo": False,
            "signAlgorithms": {"algos": [*RSA, *ECDSA]},
            "signature_formats": {"formats": [], "envelope_properties": []},
            "conformance_levels": [],
        }
    )
