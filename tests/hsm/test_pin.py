"""PINs: which are refused, and how one is checked."""

import pytest
from argon2 import PasswordHasher, Type, extract_parameters
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.errors import PinRefused, PinUnacceptable
from hsm.pin import check_pin, make_verifier, require_acceptable_pin

PIN = "493817"
SALT = bytes(range(16))
OTHER_SALT = bytes(range(16, 32))

REPEATED = ["000000", "777777777777", "121212", "909090", "123123", "12341234", "1231231", "123456123456", "010101010101"]
RUNS = ["123456", "1234567890", "890123", "987654", "321098", "246802", "975319"]
STUTTERED = ["112233", "995500", "111222", "444999000", "11223344"]
NO_PINS = ["", "12345", "4938175160284", "49381a", "４９３８１７", "٤٩٣٨١٧", "49381²", "493 17", "493817\n", "-93817"]


@pytest.fixture
def light_pins() -> None:
    """Leave the cost of a PIN as it is."""


@pytest.mark.parametrize("pin", REPEATED + RUNS + STUTTERED)
def test_a_pin_that_anyone_would_try_first_is_refused(pin: str) -> None:
    with pytest.raises(PinUnacceptable) as refused:
        require_acceptable_pin(pin)
    assert pin not in str(refused.value)


@pytest.mark.parametrize("pin", NO_PINS)
def test_what_is_not_six_to_twelve_digits_is_no_pin(pin: str) -> None:
    """Neither a new one, nor one that is compared."""
    with pytest.raises(PinUnacceptable, match="6 to 12 digits"):
        require_acceptable_pin(pin)
    with pytest.raises(PinRefused):
        check_pin(make_verifier(pin, SALT), pin, OTHER_SALT)


@pytest.mark.parametrize("pin", [PIN, "123457", "112234", "121213", "493817516028", "100000", "000001", "113355771"])
def test_other_pins_are_taken(pin: str) -> None:
    require_acceptable_pin(pin)


def test_few_of_all_pins_are_refused() -> None:
    """Whoever chooses one of six digits at random meets a refusal one time in four hundred; the first digit makes no difference."""
    refused = 0
    for number in range(100_000):
        try:
            require_acceptable_pin(f"{number:06}")
        except PinUnacceptable:
            refused += 1
    assert refused == 225


def test_a_pin_is_checked_against_its_verifier() -> None:
    verifier = make_verifier(PIN, SALT)
    assert check_pin(verifier, PIN, OTHER_SALT) == verifier
    for wrong in ("493818", "4938170", "093817"):
        with pytest.raises(PinRefused) as refused:
            check_pin(verifier, wrong, OTHER_SALT)
        assert wrong not in str(refused.value)
        assert PIN not in str(refused.value)


def test_a_verifier_is_argon2id_as_rfc_9106_recommends_it() -> None:
    """The second recommended option of its section 4: 3 passes, 64 MiB, 4 lanes, 128-bit salt, 256-bit tag; and the salt counts."""
    parameters = extract_parameters(make_verifier(PIN, SALT))
    assert (parameters.type, parameters.version) == (Type.ID, 19)
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (3, 65_536, 4)
    assert (parameters.salt_len, parameters.hash_len) == (16, 32)
    assert make_verifier(PIN, SALT) != make_verifier(PIN, OTHER_SALT)


def test_another_implementation_agrees() -> None:
    """OpenSSL's Argon2id, which makes and checks the same strings."""
    Argon2id.verify_phc_encoded(PIN.encode(), make_verifier(PIN, SALT))
    foreign = Argon2id(salt=SALT, length=32, iterations=3, lanes=4, memory_cost=65_536).derive_phc_encoded(PIN.encode())
    assert check_pin(foreign, PIN, OTHER_SALT) == foreign


def test_a_verifier_of_older_parameters_is_made_anew_when_its_pin_comes() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8_192, parallelism=1).hash(PIN, salt=SALT)
    assert check_pin(old, PIN, OTHER_SALT) == make_verifier(PIN, OTHER_SALT)
    with pytest.raises(PinRefused):
        check_pin(old, "493818", OTHER_SALT)


@pytest.mark.parametrize("verifier", ["", "x", "$argon2id$v=19$m=65536,t=3,p=4$AAAA", "$2b$12$" + "a" * 53])
def test_a_verifier_that_can_not_be_read_refuses(verifier: str) -> None:
    with pytest.raises(PinRefused):
        check_pin(verifier, PIN, SALT)


@settings(deadline=None)
@given(st.text(max_size=20))
def test_a_pin_of_any_text_is_taken_or_refused(text: str) -> None:
    try:
        require_acceptable_pin(text)
    except PinUnacceptable:
        return
    assert text.isascii()
    assert 6 <= len(text) <= 12
    assert text.isdigit()
