"""`info` (CSC 2.0 §11.1, and what 2.2 adds to it): what this service is and can do; needs no token."""

from typing import Literal

from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import Response

from app.answering import answer
from app.config import Config
from app.csc.algorithms import ECDSA, RSA
from app.csc.answers import Language, Service, ServiceV1, SignAlgorithms, SignatureFormats
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
DESCRIPTIONS: dict[Language, str] = {
    "en": "Remote signing with approval on the signer's phone",
    "ja": "署名者がスマートフォンで承認するリモート署名",
}


async def info(services: Services, request: Request) -> Response:
    """Describe the service."""
    lang = language_of(await read_body(request))
    config = services.config
    told = Service(
        **asdict(describe_service(config, SPECS, lang, METHODS, "oauth2code")),
        asynchronousOperationMode=True,
        validationInfo=True,
        signAlgorithms=SignAlgorithms([*RSA, *ECDSA]),
        signature_formats=SignatureFormats(["P"], [[CERTIFICATION, REVISION]], allowMix=False),
        conformance_levels=list(CONFORMANCE_LEVELS if config.tsa_url else CONFORMANCE_LEVELS[:1]),
        supportedHashTypes=["dtbsr", "sdr"],
        supportsRar=True,
    )
    return answer(told)


def methods(config: Config, there: tuple[str, ...] = METHODS) -> list[str]:
    """List what there is with these settings."""
    return [*there, *(TIMESTAMP_METHODS if config.tsa_url else ()), *(LOGIN_METHODS if config.csc_login else ())]


def describe_service(config: Config, specs: str, lang: Language, there: tuple[str, ...], *more_ways: Literal["oauth2code"]) -> ServiceV1:
    """Say what v1 and v2 say in the same words; v1 knows no pushed requests, so that its clients would not find the way by code."""
    return ServiceV1(
        specs=specs,
        name=config.service_name,
        logo=f"{config.origin}/static/logo.png",
        region=config.region,
        lang=lang,
        description=DESCRIPTIONS[lang],
        authType=["oauth2client", *more_ways, *(("basic",) if config.csc_login else ())],
        oauth2=config.origin,
        methods=methods(config, there),
    )
