"""
What schemathesis does not know, loaded into its process: ids, handles and SADs that are good, so that calls get past the first check.

Whether a good value takes the place of a made-up one follows from the call itself, so that the same seed makes the same calls; what is
wrong on purpose stays as it is. An answer may hold described fields only.
"""

import atexit
import base64
import hashlib
import json
import os
import zlib
from collections import Counter, defaultdict, deque
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis import Case, GenerationMode, HookContext, Response
from schemathesis.core.failures import Failure
from schemathesis.openapi.checks import IgnoredAuth, MissingHeaderNotRejected

from tests.harness.stack import ECDSA_SHA256, SHA256

KNOWN: dict[str, Any] = json.loads(Path(os.environ["NATSUIN_FUZZ"]).read_text())
KEPT = 20
DOCUMENT = b"Nothing is agreed."
DIGEST = base64.b64encode(hashlib.sha256(DOCUMENT).digest()).decode()
ASKING, CHECKING, ASKING_V1 = "/csc/v2/credentials/authorize", "/csc/v2/credentials/authorizeCheck", "/csc/v1/credentials/authorize"
SIGNING = ("/signatures/", "/credentials/extendTransaction")
PUSHING, BROUGHT = "/oauth2/pushed_authorize", "/oauth2/authorize"
IN_FORM = ("client_secret", "client_assertion", "client_assertion_type")
OF_THREE = 3
NO_SUCH_METHOD = 405
REFUSED_WITH_400 = ("got `400 Bad Request`", "Got 400 ")
Call = Case[Any]
handles: deque[str] = deque(KNOWN["unused"], maxlen=KEPT)
responses: deque[str] = deque(maxlen=KEPT)
pushed: deque[str] = deque(maxlen=1)
tally: dict[str, Counter[int]] = defaultdict(Counter)
asked: dict[str, dict[str, Any]] = {}
approved: deque[dict[str, Any]] = deque(KNOWN["approved"], maxlen=KEPT)


@schemathesis.hook
def before_load_schema(context: HookContext, raw_schema: dict[str, Any]) -> None:
    """Let no answer hold what is not described."""
    for path in raw_schema["paths"].values():
        for operation in path.values():
            for response in operation["responses"].values():
                for media_type, media in response.get("content", {}).items():
                    if media_type != "text/event-stream":  # what an event has beside its data, HTML says
                        _close(media["schema"], raw_schema["components"]["schemas"])


def _close(schema: Any, components: dict[str, Any]) -> None:
    if isinstance(schema, list):
        for one in schema:
            _close(one, components)
        return
    if not isinstance(schema, dict) or "additionalProperties" in schema:
        return
    if "properties" in schema:
        schema["additionalProperties"] = False
    for one in list(schema.values()):
        _close(components.get(one.rpartition("/")[2]) if isinstance(one, str) and one.startswith("#/") else one, components)
    for one in schema.get("properties", {}).values():
        _close(one, components)


@schemathesis.hook
def before_call(context: HookContext, case: Call, kwargs: dict[str, Any]) -> None:
    """Put good values where made-up ones are, in about two calls of three."""
    mode = case.meta.generation.mode if case.meta is not None else GenerationMode.POSITIVE
    if mode is not GenerationMode.POSITIVE:
        return
    chance = zlib.crc32(repr((case.path, case.body, case.path_parameters)).encode())
    if chance % OF_THREE and isinstance(case.body, dict):
        case.body = _better(case.path, case.body, chance)
    if chance % OF_THREE and "id" in case.path_parameters and handles:
        case.path_parameters["id"] = handles[chance % len(handles)]
    if case.path == BROUGHT and pushed and zlib.crc32(repr(case.query).encode()) % OF_THREE:
        case.query |= {"client_id": KNOWN["client_id"], "request_uri": pushed[-1]}


def _better(path: str, body: dict[str, Any], chance: int) -> dict[str, Any]:
    better = dict(body)
    signer = KNOWN["signers"][chance % len(KNOWN["signers"])]
    if "credentialID" in body:
        better["credentialID"] = signer["credential_id"]
    if "userID" in body:
        better["userID"] = signer["user_id"]
    if "login_hint" in body:
        better["login_hint"] = signer["user_id"]
    if path == PUSHING:
        better = {name: value for name, value in better.items() if name not in IN_FORM} | {"client_id": KNOWN["client_id"]}
    if "redirect_uri" in body:
        better["redirect_uri"] = KNOWN["redirect_uri"]
    if "handle" in body and handles:
        better["handle"] = (KNOWN["unused"] if chance % 2 else handles)[chance % min(len(handles), len(KNOWN["unused"]))]
    if "requestID" in body and responses:
        better |= {"requestID": responses[chance % len(responses)], "userID": None}
    if path in (ASKING, ASKING_V1):
        better |= _ask(path, body, chance)
    if any(one in path for one in SIGNING) and "SAD" in {**body, "SAD": ""} and approved and "credentialID" in body:
        better |= _activation(path, approved.pop() if len(approved) > 1 and "signatures" in path else approved[-1], chance)
    if path == "/oauth2/token" and chance % 2:
        better = {"grant_type": "client_credentials"}
    return better


def _ask(path: str, body: dict[str, Any], chance: int) -> dict[str, Any]:
    count = chance // OF_THREE % 3 + 1
    name = "hash" if path == ASKING_V1 else "hashes"
    plain = f"Request {chance}"
    better: dict[str, Any] = {"numSignatures": count, name: [DIGEST] * count, "description": plain, "requestedExpiry": 60}
    if path == ASKING:
        better |= {"hashAlgorithmOID": SHA256, "authData": [], "return_url": None, "state": None}
        if body.get("documents") is not None:
            content = base64.b64encode(DOCUMENT).decode()
            better["documents"] = [{"content": content, "mediaType": "text/plain"}] * count
    if body.get("documentLabels") is not None:
        better["documentLabels"] = ["a", "b", "c"][:count]
    return better


def _activation(path: str, sad: dict[str, Any], chance: int) -> dict[str, Any]:
    hashes = "hash" if path.startswith("/csc/v1") else "hashes"
    if "signDoc" in path:
        digests = {"hashes": sad["hashes"], "hashAlgorithmOID": SHA256, "signature_format": "P", "signAlgo": ECDSA_SHA256}
        return {"SAD": sad["SAD"], "credentialID": sad["credentialID"], "documentDigests": [digests], "documents": []}
    better = {"SAD": sad["SAD"], "credentialID": sad["credentialID"], hashes: sad["hashes"]}
    if "signHash" in path:
        later = {"operationMode": "A" if chance // OF_THREE % 2 else "S", "validity_period": None, "response_uri": None}
        return better | {"signAlgo": ECDSA_SHA256, "signAlgoParams": None} | ({} if path.startswith("/csc/v1") else later)
    return better | ({} if path.startswith("/csc/v1") else {"hashAlgorithmOID": SHA256})


@schemathesis.hook
def filter_failure(context: HookContext, failure: Failure, case: Call, response: Response) -> bool:
    """Let pass that it is 400, and not 401, for who does not show who he is: the standard says so (CSC 2.0 §10.1, §11.2)."""
    return not isinstance(failure, IgnoredAuth | MissingHeaderNotRejected) or not any(one in failure.message for one in REFUSED_WITH_400)


@schemathesis.hook
def after_call(context: HookContext, case: Call, response: Response) -> None:
    """Keep what was given out, and count."""
    if response.status_code != NO_SUCH_METHOD:
        tally[f"{case.method} {case.path}"][response.status_code] += 1
    if response.status_code not in (200, 201, 202) or not response.content or "json" not in response.headers.get("content-type", [""])[0]:
        return
    told: Any = response.json()
    body: dict[str, Any] = case.body if isinstance(case.body, dict) else {}
    if case.path == ASKING and "handle" in told:
        handles.append(told["handle"])
        asked[told["handle"]] = {"credentialID": body.get("credentialID"), "hashes": body.get("hashes")}
    elif case.path == CHECKING and "SAD" in told and body.get("handle") in asked:
        approved.append({"SAD": told["SAD"], **asked[body["handle"]]})
    elif case.path == ASKING_V1 and "SAD" in told:
        approved.append({"SAD": told["SAD"], "credentialID": body.get("credentialID"), "hashes": body.get("hash")})
    elif "request_uri" in told:
        pushed.append(told["request_uri"])
    elif "responseID" in told:
        responses.append(told["responseID"])


@atexit.register
def tell() -> None:
    """Leave behind how often each call was answered with which status."""
    Path(os.environ["NATSUIN_FUZZ"]).with_name("tally.json").write_text(json.dumps(tally))
