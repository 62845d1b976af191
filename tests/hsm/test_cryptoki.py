"""Keys on the token: what they are when they are made, and what stops the start."""

from pathlib import Path
from typing import Any

import pkcs11
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pkcs11 import Attribute, KeyType, Mechanism, ObjectClass
from pkcs11.util.ec import decode_ec_private_key, encode_named_curve_parameters
from pkcs11.util.rsa import decode_rsa_private_key

from hsm.cryptoki import ENCRYPTION, MAC, SIGNING, Module, Token
from hsm.embedded import point_softhsm_at
from hsm.errors import CannotStart, HsmUnavailable, KeyUnacceptable, SecretUnreadable
from hsm.keyring import SEAL_KEY_ID, SECRETS_KEY_ID, Keyring
from hsm.messages import KeyAlgorithm
from hsm.policy import Padding, Scheme
from hsm.sam import Sam
from tests.harness.forked import in_own_process
from tests.harness.sam import PIN, new_id, softhsm
from tests.harness.token import count_keys, find

TRUE = ("TOKEN", "PRIVATE", "SENSITIVE", "ALWAYS_SENSITIVE", "NEVER_EXTRACTABLE", "LOCAL", "SIGN")
FALSE = ("EXTRACTABLE", "MODIFIABLE", "COPYABLE", "DECRYPT", "UNWRAP", "DERIVE")


def require_kept_inside(key: Any) -> None:
    """The key says of itself that it can't leave, and the token agrees."""
    assert {name: key[Attribute[name]] for name in TRUE} == dict.fromkeys(TRUE, True)
    assert {name: key[Attribute[name]] for name in FALSE} == dict.fromkeys(FALSE, False)
    secret = Attribute.VALUE if key.key_type is not KeyType.RSA else Attribute.PRIVATE_EXPONENT
    with pytest.raises(pkcs11.exceptions.AttributeSensitive):
        key[secret]
    for attribute in (Attribute.EXTRACTABLE, Attribute.MODIFIABLE, Attribute.DECRYPT):
        with pytest.raises(pkcs11.PKCS11Error):
            key[attribute] = True
    with pytest.raises(pkcs11.PKCS11Error):
        key[Attribute.SENSITIVE] = False
    with pytest.raises(pkcs11.PKCS11Error):
        key.copy({Attribute.EXTRACTABLE: True})


@pytest.mark.parametrize("algorithm", ["rsa-2048", "p-256", "p-384"])
def test_a_signing_key_never_leaves_the_token(token: Token, algorithm: KeyAlgorithm) -> None:
    """Made there, private, sensitive, never extractable, for signing only; and nobody can change that."""
    key_id = new_id().encode()
    token.generate_signing_key(key_id, algorithm)
    (private,), (public,) = find(token, ObjectClass.PRIVATE_KEY, key_id), find(token, ObjectClass.PUBLIC_KEY, key_id)
    require_kept_inside(private)
    assert (public[Attribute.VERIFY], public[Attribute.ENCRYPT], public[Attribute.WRAP], public[Attribute.MODIFIABLE]) == (
        True,
        False,
        False,
        False,
    )


def test_the_sams_own_keys_never_leave_the_token(sam: Sam) -> None:
    """Seals and SADs rest on keys of the same kind, which can't encrypt or wrap either."""
    keys = [key for key in find(sam.token, ObjectClass.SECRET_KEY) if bytes(key[Attribute.ID]) in (SEAL_KEY_ID, b"natsuin-sad")]
    assert len(keys) == 2
    for key in keys:
        require_kept_inside(key)
        assert (key[Attribute.ENCRYPT], key[Attribute.WRAP], key[Attribute.VALUE_LEN]) == (False, False, 32)


def test_the_key_for_secrets_encrypts_and_does_nothing_else(sam: Sam) -> None:
    """It never leaves the token either, and can't be made to sign, wrap, unwrap or derive."""
    (key,) = find(sam.token, ObjectClass.SECRET_KEY, SECRETS_KEY_ID)
    assert {name: key[Attribute[name]] for name in (*TRUE[:-1], "ENCRYPT", "DECRYPT")} == dict.fromkeys(
        (*TRUE[:-1], "ENCRYPT", "DECRYPT"), True
    )
    never = ("EXTRACTABLE", "MODIFIABLE", "COPYABLE", "SIGN", "VERIFY", "WRAP", "UNWRAP", "DERIVE")
    assert {name: key[Attribute[name]] for name in never} == dict.fromkeys(never, False)
    assert (key[Attribute.KEY_TYPE], key[Attribute.VALUE_LEN]) == (KeyType.AES, 32)
    with pytest.raises(pkcs11.exceptions.AttributeSensitive):
        key[Attribute.VALUE]
    for attribute in (Attribute.EXTRACTABLE, Attribute.WRAP, Attribute.SIGN):
        with pytest.raises(pkcs11.PKCS11Error):
            key[attribute] = True


def test_a_key_is_made_anew_over_what_a_broken_attempt_left(token: Token) -> None:
    """Under one id there is one pair, the newest."""
    key_id = new_id().encode()
    first = token.generate_signing_key(key_id, "p-256")
    assert token.generate_signing_key(key_id, "p-256") != first
    assert count_keys(token, key_id) == (1, 1)
    token.destroy(key_id)
    assert count_keys(token, key_id) == (0, 0)
    with pytest.raises(HsmUnavailable, match=key_id.hex()):
        token.sign(key_id, Scheme(Padding.ECDSA, hashes.SHA256()), bytes(32))


def _pair(session: Any, name: str, **changes: bool) -> None:
    """A P-256 pair that differs from ours in some attributes."""
    template = SIGNING.template() | {Attribute[attribute]: value for attribute, value in changes.items()}
    parameters = session.create_domain_parameters(KeyType.EC, {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}, local=True)
    parameters.generate_keypair(mechanism=Mechanism.EC_KEY_PAIR_GEN, id=name.encode(), store=True, private_template=template)


def _rsa_pair(session: Any, name: str, **changes: bool) -> None:
    template = SIGNING.template() | {Attribute[attribute]: value for attribute, value in changes.items()}
    session.generate_keypair(KeyType.RSA, 1024, id=name.encode(), store=True, private_template=template)


def _imported_ec(session: Any, name: str) -> None:
    der = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    session.create_object(decode_ec_private_key(der) | SIGNING.template() | {Attribute.ID: name.encode()})


def _imported_rsa(session: Any, name: str) -> None:
    der = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.DER, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    session.create_object(decode_rsa_private_key(der) | SIGNING.template() | {Attribute.ID: name.encode()})


def _secret(session: Any, name: str, **changes: bool) -> None:
    template = MAC.template() | {Attribute[attribute]: value for attribute, value in changes.items()}
    session.generate_key(
        KeyType.GENERIC_SECRET, 256, mechanism=Mechanism.GENERIC_SECRET_KEY_GEN, id=name.encode(), store=True, template=template
    )


def _imported_secret(session: Any, name: str) -> None:
    kind = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.GENERIC_SECRET, Attribute.VALUE: bytes(32)}
    session.create_object(MAC.template() | kind | {Attribute.ID: name.encode()})


def _aes(session: Any, name: str, **changes: bool) -> None:
    template = ENCRYPTION.template() | {Attribute[attribute]: value for attribute, value in changes.items()}
    session.generate_key(KeyType.AES, 256, id=name.encode(), store=True, template=template)


def _imported_aes(session: Any, name: str) -> None:
    kind = {Attribute.CLASS: ObjectClass.SECRET_KEY, Attribute.KEY_TYPE: KeyType.AES, Attribute.VALUE: bytes(32)}
    session.create_object(ENCRYPTION.template() | kind | {Attribute.ID: name.encode()})


def _triple_des(session: Any, name: str) -> None:
    session.generate_key(KeyType.DES3, id=name.encode(), store=True, template=ENCRYPTION.template())


KEYS: dict[str, tuple[Any, dict[str, bool], str | None]] = {  # how it is made, and which of its attributes the refusal names
    "ours": (_pair, {}, None),
    "ours-secret": (_secret, {}, None),
    "extractable": (_pair, {"EXTRACTABLE": True}, "EXTRACTABLE"),
    "not-sensitive": (_pair, {"SENSITIVE": False}, "SENSITIVE"),
    "modifiable": (_pair, {"MODIFIABLE": True}, "MODIFIABLE"),
    "copyable": (_pair, {"COPYABLE": True}, "COPYABLE"),
    "derives": (_pair, {"DERIVE": True}, "DERIVE"),
    "public": (_pair, {"PRIVATE": False}, "PRIVATE"),
    "not-for-signing": (_pair, {"SIGN": False}, "SIGN"),
    "decrypts": (_rsa_pair, {"DECRYPT": True}, "DECRYPT"),
    "unwraps": (_rsa_pair, {"UNWRAP": True}, "UNWRAP"),
    "imported-ec": (_imported_ec, {}, "LOCAL"),
    "imported-rsa": (_imported_rsa, {}, "LOCAL"),
    "imported-secret": (_imported_secret, {}, "LOCAL"),
    "extractable-secret": (_secret, {"EXTRACTABLE": True}, "EXTRACTABLE"),
    "wrapping-secret": (_secret, {"WRAP": True}, "WRAP"),
    "encrypting-secret": (_secret, {"ENCRYPT": True}, "ENCRYPT"),
    "decrypting-secret": (_secret, {"DECRYPT": True}, "DECRYPT"),
    "ours-aes": (_aes, {}, None),
    "imported-aes": (_imported_aes, {}, "LOCAL"),
    "extractable-aes": (_aes, {"EXTRACTABLE": True}, "EXTRACTABLE"),
    "not-sensitive-aes": (_aes, {"SENSITIVE": False}, "SENSITIVE"),
    "public-aes": (_aes, {"PRIVATE": False}, "PRIVATE"),
    "modifiable-aes": (_aes, {"MODIFIABLE": True}, "MODIFIABLE"),
    "copyable-aes": (_aes, {"COPYABLE": True}, "COPYABLE"),
    "signing-aes": (_aes, {"SIGN": True}, "SIGN"),
    "verifying-aes": (_aes, {"VERIFY": True}, "VERIFY"),
    "wrapping-aes": (_aes, {"WRAP": True}, "WRAP"),
    "unwrapping-aes": (_aes, {"UNWRAP": True}, "UNWRAP"),
    "deriving-aes": (_aes, {"DERIVE": True}, "DERIVE"),
    "only-encrypting-aes": (_aes, {"DECRYPT": False}, "DECRYPT"),
    "only-decrypting-aes": (_aes, {"ENCRYPT": False}, "ENCRYPT"),
    "triple-des": (_triple_des, {}, "KEY_TYPE"),
}


def start_with_each_key(folder: Path) -> dict[str, str | None]:
    """Start on one token for each of these keys; give what the start said, or None where it went well."""
    point_softhsm_at(folder)
    module = Module(softhsm())
    said: dict[str, str | None] = {}
    for name, (make, changes, _) in KEYS.items():
        module.make_token(name, "so-pin-for-tests", PIN)
        session = module.token(name).open(rw=True, user_pin=PIN)
        make(session, name, **changes)
        session.close()
        try:
            Token(module, name, lambda: PIN, 2)
            said[name] = None
        except KeyUnacceptable as error:
            said[name] = str(error)
    return said


@pytest.fixture(scope="module")
def starts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str | None]:
    return in_own_process(start_with_each_key, tmp_path_factory.mktemp("starts"))


@pytest.mark.parametrize("name", KEYS)
def test_a_key_that_could_leave_stops_the_start(starts: dict[str, str | None], name: str) -> None:
    """The refusal names the key and what is wrong with it; a key as ours are does not stop anything."""
    wrong, said = KEYS[name][2], starts[name]
    if wrong is None:
        assert said is None
    else:
        assert said is not None
        assert name.encode().hex() in said
        assert wrong in said.split("wrong ")[1].split(", ")


@pytest.mark.parametrize("content", [b"", b"not a library", b"\x7fELF"])
def test_what_is_no_pkcs11_module_stops_the_start(tmp_path: Path, content: bytes) -> None:
    """With a sentence, not with a trace."""
    module = tmp_path / "module.so"
    module.write_bytes(content)
    with pytest.raises(CannotStart, match="can't be loaded"):
        Module(module)


def lose_the_seal_key(folder: Path) -> tuple[str, str]:
    """Take the seal key off the token, and start with records and without."""
    point_softhsm_at(folder)
    module = Module(softhsm())
    module.make_token("test", "so-pin-for-tests", PIN)
    token = Token(module, "test", lambda: PIN, 1)
    sealed = Keyring(token, records_exist=False).seal_mac(b"row")
    assert Keyring(token, records_exist=True).seal_mac(b"row") == sealed
    token.destroy(SEAL_KEY_ID)
    try:
        Keyring(token, records_exist=True)
        refusal = ""
    except KeyUnacceptable as error:
        refusal = str(error)
    made = Keyring(token, records_exist=False).seal_mac(b"row")
    return refusal, "another key" if made != sealed else "the same key"


def take_keys_away(folder: Path) -> tuple[list[str], bool]:
    """Put an AES key where the seal's MAC key was, and start; then take the key for secrets away, and start."""
    point_softhsm_at(folder)
    module = Module(softhsm())
    module.make_token("test", "so-pin-for-tests", PIN)
    token = Token(module, "test", lambda: PIN, 2)
    keyring = Keyring(token, records_exist=False)
    iv, secret = bytes(12), b"secret"
    kept = keyring.encrypt_secret(iv, secret, b"")
    same = Keyring(token, records_exist=True).decrypt_secret(iv, kept, b"") == secret
    said = []
    token.destroy(SECRETS_KEY_ID)
    try:
        Keyring(token, records_exist=True).decrypt_secret(iv, kept, b"")
    except SecretUnreadable as error:
        said.append(str(error))
    token.destroy(SEAL_KEY_ID)
    token.generate_secret_key(SEAL_KEY_ID)
    try:
        Keyring(token, records_exist=True)
    except KeyUnacceptable as error:
        said.append(str(error))
    try:
        token.mac(SEAL_KEY_ID, b"row")
    except HsmUnavailable as error:
        said.append(str(error))
    return said, same


def test_no_key_stands_in_for_another(tmp_path: Path) -> None:
    """A key for secrets that is gone is made anew, and old secrets do not open; an AES key under the seal's name makes no seals."""
    said, same = in_own_process(take_keys_away, tmp_path)
    assert same
    assert len(said) == 3
    assert said[0] == "its tag does not hold"
    assert "natsuin-seal is not on the token" in said[1]
    assert "NoSuchKey" in said[2]


def test_records_without_their_seal_key_stop_the_start(tmp_path: Path) -> None:
    """A new key would make every record look forged: the wrong token is refused. An empty database gets new keys."""
    refusal, made = in_own_process(lose_the_seal_key, tmp_path)
    assert "natsuin-seal" in refusal
    assert made == "another key"
