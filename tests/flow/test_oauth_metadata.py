"""What programs read before they begin: the metadata (RFC 8414), and the keys of ID tokens, which can be changed under way."""

import json
import stat
import time
from pathlib import Path

import pytest
from jwskate import Jwk, Jwt

from app.errors import CannotStart
from app.oauth_keys import CACHED_S, ServerKeys, load_or_make_server_keys, rotate
from app.proxy_secret import load_proxy_secret
from app.routes import GET, POST
from tests.harness.stack import Stack

NOW = time.time()


def test_metadata_names_what_is_there(stack: Stack) -> None:
    """The issuer is the origin, exactly; every endpoint is one of the URL table."""
    told = stack.http.get("/.well-known/oauth-authorization-server").json()
    assert told["issuer"] == stack.origin
    paths = {value.removeprefix(stack.origin) for name, value in told.items() if name.endswith(("_endpoint", "_uri"))}
    assert paths <= {path for path, _ in (*GET, *POST)}
    assert (told["response_types_supported"], told["code_challenge_methods_supported"]) == (["code"], ["S256"])
    assert told["require_pushed_authorization_requests"] is told["authorization_response_iss_parameter_supported"] is True
    info = stack.http.post("/csc/v2/info", json={}).json()
    assert (info["oauth2"], info["authType"]) == (stack.origin, ["oauth2client", "oauth2code"])
    assert info["supportsRar"] is bool(told["authorization_details_types_supported"]) is True
    assert "oauth2Servers" not in info  # CSC 2.2 §11.1: there where `oauth2` is not


def test_published_keys_are_public(stack: Stack) -> None:
    """Not a private part among them."""
    keys = stack.http.get("/oauth2/jwks").json()["keys"]
    assert keys
    assert all(set(one) == {"kty", "crv", "x", "y", "kid", "alg", "use"} for one in keys)
    assert stat.S_IMODE((stack.data / "app" / "oauth-keys.json").stat().st_mode) == 0o600


def test_key_is_published_before_it_is_used_and_after(tmp_path: Path) -> None:
    """Whoever has fetched the set within its time can verify whatever was signed; the command changes the keys of a running server."""
    file = tmp_path / "keys.json"
    server = load_or_make_server_keys(file, NOW)
    assert kid_of(server, NOW) == published(server)[0]
    new = rotate(file, NOW + 1000)
    assert published(server)[-1] == new
    assert kid_of(server, NOW + 1000 + CACHED_S - 1) == published(server)[0]
    assert kid_of(server, NOW + 1000 + CACHED_S) == new
    for step in range(3):
        rotate(file, NOW + 10_000 * (step + 1))
    assert len(published(server)) == 3


def test_command_rotates_the_keys_of_a_running_server(stack: Stack) -> None:
    before = [one["kid"] for one in stack.http.get("/oauth2/jwks").json()["keys"]]
    made = stack.natsuin("jwks", "rotate")
    after = [one["kid"] for one in stack.http.get("/oauth2/jwks").json()["keys"]]
    assert after == [*before, made["kid"]][-3:] == made["published"]


@pytest.mark.parametrize("content", ["", "{", '{"keys": []}', '{"keys": [{"kty": "EC"}]}', "[]"])
def test_file_that_holds_no_keys_stops_the_start(tmp_path: Path, content: str) -> None:
    """None is made in its place."""
    file = tmp_path / "keys.json"
    file.write_text(content)
    file.chmod(0o600)
    with pytest.raises(CannotStart, match=r"keys\.json"):
        load_or_make_server_keys(file, NOW)
    assert file.read_text() == content


def test_files_that_others_may_read_stop_the_start(tmp_path: Path) -> None:
    """Keys and the proxy's secret are their owner's only; a short secret is none."""
    file = tmp_path / "keys.json"
    load_or_make_server_keys(file, NOW)
    secret = tmp_path / "secret"
    secret.write_text("x" * 30)
    for path in (file, secret):
        path.chmod(0o640)
    with pytest.raises(CannotStart, match="owner"):
        load_or_make_server_keys(file, NOW)
    with pytest.raises(CannotStart, match="owner"):
        load_proxy_secret(secret)
    secret.chmod(0o600)
    assert load_proxy_secret(secret) is not None
    secret.write_text("short")
    with pytest.raises(CannotStart, match="at least"):
        load_proxy_secret(secret)
    assert load_proxy_secret(None) is None


def kid_of(server: ServerKeys, now: float) -> str:
    """Sign, verify with the published set, and give which key it was."""
    token = Jwt(server.sign({"sub": "x"}, now))
    key = next(one for one in server.public()["keys"] if one["kid"] == token.kid)
    assert token.verify_signature(Jwk(json.loads(json.dumps(key))), alg="ES256")  # type: ignore[union-attr]
    return str(key["kid"])


def published(server: ServerKeys) -> list[str]:
    return [one["kid"] for one in server.public()["keys"]]
