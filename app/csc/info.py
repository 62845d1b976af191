"""`info` (CSC 2.0 §11.1, and what 2.2 adds to it): what this service is and can do; needs no token."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from app.config import Config
from app.csc.algorithms import ECDSA, RSA
from app.csc.body import read_body
from app.csc.explicit import language_of
from app.csc.signature_plan import CERTIFICATION, CONFORMANCE_LEVELS, REVISION
from app.services import Services

SPECS = "2.0.0.0"
METHODS = (
    "credentials/list",
    "credentials/info",
    "credentials/authorize",
    "credentials/authorizeCheck",
    "credentials/getChallenge",
    "credentials/extendTransaction",
    "signatures/signHash",
    "signatures/signDoc",
    "signatures/signPolling",
)
TIMESTAMP_METHODS = ("signatures/timestamp",)
LOGIN_METHODS = ("auth/login", "auth/revoke")
DESCRIPTIONS = {
    "en": "Remote signing with approval on the signer's phone",
    "ja": "署名者がスマートフォンで承認するリモート署名",
}


async def info(services: Services, request: Request) -> Response:
    """Describe the service."""
    lang = language_of(await read_body(request))
    config = services.config
    return JSONResponse(
        describe_service(config, SPECS, lang, "oauth2code")
        | {
            "asynchronousOperationMode": True,
            "methods": methods(config),
            "validationInfo": True,
            "signAlgorithms": {"algos": [*RSA, *ECDSA]},
            "signature_formats": {"formats": ["P"], "envelope_properties": [[CERTIFICATION, REVISION]], "allowMix": False},
            "conformance_levels": list(CONFORMANCE_LEVELS if config.tsa_url else CONFORMANCE_LEVELS[:1]),
            "supportedHashTypes": ["dtbsr", "sdr"],
        }
    )


def methods(config: Config) -> list[str]:
    """List what there is with these settings."""
    return [*METHODS, *(TIMESTAMP_METHODS if config.tsa_url else ()), *(LOGIN_METHODS if config.csc_login else ())]


def describe_service(config: Config, specs: str, lang: str, *more_ways: str) -> dict[str, object]:
    """Say what v1 and v2 say in the same words; v1 knows no pushed requests, so that its clients would not find the way by code."""
    return {
        "specs": specs,
        "name": config.service_name,
        "logo": f"{config.origin}/static/logo.png",
        "region": config.region,
        "lang": lang,
        "description": DESCRIPTIONS[lang],
        "authType": ["oauth2client", *more_ways, *(["basic"] if config.csc_login else [])],
        "oauth2": config.origin,
    }
