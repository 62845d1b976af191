"""The software passkey against the `webauthn` library: flawless answers verify, each defect shows, and the file keeps the counter."""

import json
import secrets
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers import options_to_json_dict
from webauthn.helpers.exceptions import InvalidAuthenticationResponse, InvalidRegistrationResponse, WebAuthnException
from webauthn.helpers.structs import CredentialDeviceType, PublicKeyCredentialDescriptor
from webauthn.registration.verify_registration_response import VerifiedRegistration

from demo.passkey import Defects, Passkey, PasskeyError, from_base64url

ORIGIN = "https://sign.example"
RP_ID = "sign.example"


def register(passkey: Passkey, defects: Defects = Defects()) -> VerifiedRegistration:  # noqa: B008 -- frozen
    options = generate_registration_options(rp_id=RP_ID, rp_name="Natsuin", user_name="alice", user_id=b"handle of alice")
    return verify_registration_response(
        credential=passkey.create(options_to_json_dict(options), ORIGIN, defects=defects),
        expected_challenge=options.challenge,
        expected_rp_id=RP_ID,
        expected_origin=ORIGIN,
        require_user_verification=True,
    )


class Relying:
    """A relying party that has registered one passkey."""

    def __init__(self, passkey: Passkey) -> None:
        self.passkey = passkey
        self.registered = register(passkey)
        self.sign_count = self.registered.sign_count

    def ask(self, defects: Defects = Defects(), **changes: Any) -> tuple[bytes, dict[str, Any]]:  # noqa: B008 -- frozen
        allow = [PublicKeyCredentialDescriptor(id=self.registered.credential_id)]
        options = generate_authentication_options(rp_id=RP_ID, allow_credentials=allow)
        return options.challenge, self.passkey.get(options_to_json_dict(options) | changes, ORIGIN, defects=defects)

    def verify(self, challenge: bytes, answer: dict[str, Any]) -> VerifiedAuthentication:
        verified = verify_authentication_response(
            credential=answer,
            expected_challenge=challenge,
            expected_rp_id=RP_ID,
            expected_origin=ORIGIN,
            credential_public_key=self.registered.credential_public_key,
            credential_current_sign_count=self.sign_count,
            require_user_verification=True,
        )
        self.sign_count = verified.new_sign_count
        return verified


@pytest.fixture
def relying() -> Relying:
    return Relying(Passkey())


@pytest.mark.parametrize(("backup_eligible", "backed_up"), [(False, False), (True, False), (True, True)])
def test_flawless_answers_verify(backup_eligible: bool, backed_up: bool) -> None:
    relying = Relying(Passkey(backup_eligible=backup_eligible, backed_up=backed_up))
    kind = CredentialDeviceType.MULTI_DEVICE if backup_eligible else CredentialDeviceType.SINGLE_DEVICE
    assert (relying.registered.credential_device_type, relying.registered.credential_backed_up) == (kind, backed_up)
    for expected_count in (2, 3, 4):
        challenge, answer = relying.ask()
        verified = relying.verify(challenge, answer)
        assert (verified.new_sign_count, verified.user_verified) == (expected_count, True)
        assert (verified.credential_device_type, verified.credential_backed_up) == (kind, backed_up)
        assert from_base64url(answer["response"]["userHandle"]) == b"handle of alice"


REFUSED_BY_THE_LIBRARY = [
    (Defects(no_user_present=True), "not present"),
    (Defects(no_user_verified=True), "not verified"),
    (Defects(backed_up_without_eligible=True), "backed up"),
    (Defects(counter_stands_still=True), "sign count of 2 was not greater"),
    (Defects(counter_goes_back=True), "sign count of 1 was not greater"),
    (Defects(bogus_signature=True), "Could not verify"),
    (Defects(signature_over_other_challenge=True), "Could not verify"),
    (Defects(wrong_origin="https://sign.example.evil.example"), "origin"),
    (Defects(wrong_rp_id="evil.example"), "RP ID hash"),
    (Defects(wrong_type="webauthn.create"), "client data type"),
    (Defects(wrong_challenge=b"of another transaction"), "challenge"),
]

LEFT_TO_THE_SERVER = [
    (Defects(backup_eligible_flipped=True), lambda answer: from_base64url(answer["response"]["authenticatorData"])[32] & 0x08 == 0x08),
    (Defects(cross_origin=True), lambda answer: client_data(answer)["crossOrigin"] is True),
    (Defects(top_origin="https://evil.example"), lambda answer: client_data(answer)["topOrigin"] == "https://evil.example"),
    (Defects(wrong_credential_id=b"unknown"), lambda answer: from_base64url(answer["id"]) == b"unknown"),
    (Defects(wrong_user_handle=b"mallory"), lambda answer: from_base64url(answer["response"]["userHandle"]) == b"mallory"),
    (Defects(no_user_handle=True), lambda answer: "userHandle" not in answer["response"]),
]


def client_data(answer: dict[str, Any]) -> Any:
    return json.loads(from_base64url(answer["response"]["clientDataJSON"]))


@pytest.mark.parametrize(("defects", "why"), REFUSED_BY_THE_LIBRARY, ids=str)
def test_defect_is_refused(relying: Relying, defects: Defects, why: str) -> None:
    relying.verify(*relying.ask())
    with pytest.raises(WebAuthnException, match=why):
        relying.verify(*relying.ask(defects))
    relying.verify(*relying.ask())


@pytest.mark.parametrize(("defects", "shows"), LEFT_TO_THE_SERVER, ids=str)
def test_defect_that_the_library_accepts_shows_in_the_answer(relying: Relying, defects: Defects, shows: Any) -> None:
    challenge, answer = relying.ask(defects)
    assert shows(answer)
    relying.verify(challenge, answer)


def test_every_defect_is_in_one_of_the_two_lists() -> None:
    tried = [defects for defects, _ in (*REFUSED_BY_THE_LIBRARY, *LEFT_TO_THE_SERVER)]
    for field in fields(Defects):
        assert any(getattr(defects, field.name) != field.default for defects in tried), field.name


@pytest.mark.parametrize(
    "defects",
    [
        Defects(no_user_present=True),
        Defects(no_user_verified=True),
        Defects(wrong_origin="http://sign.example"),
        Defects(wrong_rp_id="example"),
        Defects(wrong_type="webauthn.get"),
        Defects(wrong_challenge=b"x"),
    ],
    ids=str,
)
def test_defective_registration_is_refused(defects: Defects) -> None:
    with pytest.raises(InvalidRegistrationResponse):
        register(Passkey(), defects)


def test_refuses_what_a_browser_would_refuse(relying: Relying) -> None:
    options = options_to_json_dict(generate_registration_options(rp_id=RP_ID, rp_name="Natsuin", user_name="alice"))
    with pytest.raises(PasskeyError, match="exists already"):
        relying.passkey.create(options, ORIGIN)
    with pytest.raises(PasskeyError, match="may not ask"):
        Passkey().create(options, "https://evil.example")
    with pytest.raises(PasskeyError, match="ES256"):
        Passkey().create(options | {"pubKeyCredParams": [{"type": "public-key", "alg": -257}]}, ORIGIN)
    with pytest.raises(PasskeyError, match="did not ask"):
        relying.ask(allowCredentials=[{"type": "public-key", "id": "AAAA"}])
    with pytest.raises(PasskeyError, match="is for"):
        relying.ask(rpId="example")
    with pytest.raises(PasskeyError, match="no passkey yet"):
        Passkey().get({"challenge": "AAAA", "rpId": RP_ID}, ORIGIN)


def test_answers_where_nobody_is_named(relying: Relying) -> None:
    relying.verify(*relying.ask(allowCredentials=[]))


def test_an_origin_may_use_the_domain_above_it() -> None:
    options = options_to_json_dict(generate_registration_options(rp_id=RP_ID, rp_name="Natsuin", user_name="alice"))
    passkey = Passkey()
    passkey.create(options, "https://phone.sign.example:8443")
    assert (passkey.rp_id, passkey.origin) == (RP_ID, "https://phone.sign.example:8443")


def test_file_is_private_and_carries_everything(tmp_path: Path) -> None:
    path = tmp_path / "passkey.json"
    relying = Relying(Passkey(path, backup_eligible=True, backed_up=True))
    relying.verify(*relying.ask())
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["passkey.json"]
    relying.passkey = Passkey.load(path)
    assert (relying.passkey.user_name, relying.passkey.origin) == ("alice", ORIGIN)
    assert relying.verify(*relying.ask()).credential_backed_up


def test_two_programs_with_one_file_never_use_a_count_twice(tmp_path: Path) -> None:
    path = tmp_path / "passkey.json"
    relying = Relying(Passkey(path))
    programs = [relying.passkey, Passkey.load(path)]
    for turn in range(6):
        relying.passkey = programs[turn % 2]
        relying.verify(*relying.ask())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"private_key":"AAAA"}', '{"private_key":7}'])
def test_file_that_is_no_passkey(tmp_path: Path, content: str) -> None:
    path = tmp_path / "passkey.json"
    path.write_text(content)
    with pytest.raises(PasskeyError, match="is not a passkey"):
        Passkey.load(path)


def test_old_answer_does_not_verify_for_a_new_challenge(relying: Relying) -> None:
    _, answer = relying.ask()
    with pytest.raises(InvalidAuthenticationResponse):
        relying.verify(secrets.token_bytes(32), answer)
