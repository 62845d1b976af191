"""Push messages and our statement to push services, against the examples in the standards."""

import base64
import json
import os
import stat
import threading
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from app.errors import CannotStart
from app.push.encryption import PADDED_BYTES, encrypt, padded
from app.push.vapid import STATEMENT_LIFE_S, Vapid, load_or_make
from tests.harness.browser_keys import BrowserKeys

NOW = 1_800_000_000.0


def raw(base64url: str) -> bytes:
    return base64.urlsafe_b64decode(base64url + "=" * (-len(base64url) % 4))


def test_the_example_of_the_standard_encrypts_to_its_bytes() -> None:
    """RFC 8291 Appendix A."""
    key = ec.derive_private_key(int.from_bytes(raw("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")), ec.SECP256R1())
    encrypted = encrypt(
        b"When I grow up, I want to be a watermelon",
        raw("BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"),
        raw("BTBZMqHH6r4Tts7J_aSIgg"),
        key=key,
        salt=raw("DGv6ra1nlYgDCS1FRnbzlw"),
    )
    assert encrypted == raw(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_"
        "yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )


def test_only_the_browser_reads_it_and_its_length_says_nothing() -> None:
    """A short message and a long one are as long; key and salt are new each time."""
    browser = BrowserKeys()
    messages = [b"{}", b'{"a": "' + b"x" * 900 + b'"}']
    sent = [encrypt(padded(message), browser.p256dh, browser.auth) for message in (*messages, messages[0])]
    assert [json.loads(browser.read(one)) for one in sent[:2]] == [json.loads(message) for message in messages]
    assert len({len(one) for one in sent}) == 1
    assert sent[0] != sent[2]
    with pytest.raises(ValueError, match="too long"):
        padded(b"x" * (PADDED_BYTES + 1))


def claims_in(header: str) -> tuple[dict[str, object], dict[str, object]]:
    """Verify a statement as a push service does (RFC 8292 §3), and give its head and claims."""
    scheme, _, rest = header.partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    head, claims, signature = parts["t"].split(".")
    key = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), raw(parts["k"]))
    both = raw(signature)
    encoded = utils.encode_dss_signature(int.from_bytes(both[:32]), int.from_bytes(both[32:]))
    key.verify(encoded, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
    return json.loads(raw(head)), json.loads(raw(claims))


def test_this_files_verifier_takes_the_example_of_the_standard_and_no_other() -> None:
    """RFC 8292 §2.4."""
    example = (
        "vapid t=eyJ0eXAiOiJKV1QiLCJhbGciOiJFUzI1NiJ9.eyJhdWQiOiJodHRwczovL3B1c2guZXhhbXBsZS5uZXQiLCJleHAiOjE0NTM1MjM3NjgsInN1YiI6Im1haWx0"
        "bzpwdXNoQGV4YW1wbGUuY29tIn0.i3CYb7t4xfxCDquptFOepC9GAu_HLGkMlMuCGSK2rpiUfnK9ojFwDXb1JrErtmysazNjjvW2L9OkSSHzvoD1oA, "
        "k=BA1Hxzyi1RUM1b5wjxsn7nGxAszw2u61m164i3MrAIxHF6YK5h4SDYic-dRuU_RCPCfA5aq9ojSwk5Y2EmClBPs"
    )
    assert claims_in(example)[1] == {"aud": "https://push.example.net", "exp": 1453523768, "sub": "mailto:push@example.com"}
    with pytest.raises(InvalidSignature):
        claims_in(example.replace("i3CYb7", "i3CYb8"))


def test_each_push_service_gets_a_statement_of_its_own() -> None:
    """Audience, end and contact are right for both, whichever came first, and are made anew in time."""
    vapid = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:operator@sign.example.jp")
    for now in (NOW, NOW + 60, NOW + STATEMENT_LIFE_S * 0.6, NOW + STATEMENT_LIFE_S * 2):
        for origin in ("https://fcm.googleapis.com", "https://web.push.apple.com"):
            head, claims = claims_in(vapid.statement(origin, now))
            assert head == {"typ": "JWT", "alg": "ES256"}
            assert (claims["aud"], claims["sub"]) == (origin, "mailto:operator@sign.example.jp")
            assert now < float(str(claims["exp"])) <= now + 86_400
    later = NOW + STATEMENT_LIFE_S * 2
    assert vapid.statement("https://fcm.googleapis.com", later) == vapid.statement("https://fcm.googleapis.com", later + 1)


def test_one_key_is_made_by_many_at_once_and_kept(tmp_path: Path) -> None:
    """For its owner alone; nothing else is left in the folder."""
    file, found = tmp_path / "push" / "vapid.pem", []
    starting = [threading.Thread(target=lambda: found.append(load_or_make(file).private_numbers().private_value)) for _ in range(8)]
    for one in starting:
        one.start()
    for one in starting:
        one.join()
    assert len(found) == 8
    assert set(found) == {load_or_make(file).private_numbers().private_value}
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert os.listdir(file.parent) == ["vapid.pem"]


@pytest.mark.parametrize("kind", ["text", "another curve"])
def test_a_file_that_is_no_such_key_stops_the_start_and_stays(tmp_path: Path, kind: str) -> None:
    """A new key would make every subscription useless, so that none is made in its place."""
    other = ec.generate_private_key(ec.SECP384R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    content = b"not a key" if kind == "text" else other
    file = tmp_path / "vapid.pem"
    file.write_bytes(content)
    with pytest.raises(CannotStart, match="push key"):
        load_or_make(file)
    assert file.read_bytes() == content
