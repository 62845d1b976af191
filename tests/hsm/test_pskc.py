"""Seeds from PSKC: the examples of RFC 6030, files that openssl encrypted, and everything that is refused."""

import base64
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.errors import SeedsRefused
from hsm.messages.ocra import SCANNED, TYPED
from hsm.otp import Algorithm, Kind, OtpToken
from hsm.seeds import seed as seeds
from hsm.seeds.pskc import read_pskc
from hsm.seeds.pskc_encryption import WRONG_KEY
from hsm.seeds.seed import Seed
from tests.harness import rfc6030
from tests.harness.pskc import PRE_SHARED, Vendor, container, package, passphrase_key, plain, pskctool
from tests.harness.rfc6030 import FIGURE_6, FIGURE_6_KEY, FIGURE_7, FIGURE_7_PASSPHRASE, FIGURES

SECRET = b"12345678901234567890"
HOTP_8 = OtpToken(Kind.HOTP, digits=8)
INTERVAL = "<TimeInterval><PlainValue>30</PlainValue></TimeInterval>"
KEY = bytes(range(16))


def problems(text: str | bytes, key: bytes | None = None, passphrase: str | None = None) -> tuple[str, ...]:
    """What a file is refused for."""
    with pytest.raises(SeedsRefused) as refused:
        read_pskc(text if isinstance(text, bytes) else text.encode(), key=key, passphrase=passphrase)
    return refused.value.problems


def read(text: str, key: bytes | None = None, passphrase: str | None = None) -> tuple[Seed, ...]:
    return read_pskc(text.encode(), key=key, passphrase=passphrase)


# ------------------------------------------------------------------------------------------------ RFC 6030


@pytest.mark.parametrize("figure", [figure for figure in FIGURES if figure != 7])
def test_the_examples_are_as_the_standards_schema_has_them(figure: int) -> None:
    """A foreign tool says so; figure 7 has a DerivedKey, and figure 8 an `id`, which its schema does not know."""
    text = FIGURES[figure].replace(' id="KC0001"', "")
    assert pskctool("--validate", given=text).strip() == "OK"


def test_figure_2_is_refused_for_its_four_bytes() -> None:
    """It shows the least that a file may have: no device, no format of the code."""
    assert problems(rfc6030.FIGURE_2) == ("key 1: no DeviceInfo in KeyPackage",)
    assert problems(container(package("<PlainValue>MTIzNA==</PlainValue>"))) == ("key 1: the seed is not 16 to 128 bytes",)


def test_figure_3_is_a_plain_key() -> None:
    assert read(rfc6030.FIGURE_3) == (Seed("987654321", SECRET, HOTP_8),)


def test_figure_4_has_no_secret() -> None:
    assert problems(rfc6030.FIGURE_4) == ("key 1: it follows a profile that is not in the file",)
    assert problems(rfc6030.FIGURE_4.replace("<KeyProfileId>keyProfile1</KeyProfileId>", "")) == ("key 1: no Secret in Data",)


def test_figure_5_has_a_pin_that_is_the_tokens_own_business() -> None:
    """The key is taken without it; the PIN itself is nothing for us."""
    assert problems(rfc6030.FIGURE_5) == ("key 2: its algorithm is not hotp, totp or ocra",)
    assert read(rfc6030.FIGURE_5.replace(rfc6030.PIN_PACKAGE, "")) == (Seed("987654321", SECRET, HOTP_8),)


def test_figure_6_opens_with_its_pre_shared_key() -> None:
    assert read(FIGURE_6, key=FIGURE_6_KEY) == (Seed("987654321", SECRET, HOTP_8),)


def test_figure_7_opens_with_its_passphrase() -> None:
    assert read(FIGURE_7, passphrase=FIGURE_7_PASSPHRASE) == (Seed("987654321", SECRET, HOTP_8),)


def test_figure_8_is_encrypted_for_a_certificate() -> None:
    for key, passphrase in ((None, None), (KEY, None), (None, "qwerty")):
        assert problems(rfc6030.FIGURE_8, key, passphrase) == ("encrypted neither under a pre-shared key nor under a passphrase",)


def test_figure_9_is_read_as_if_it_were_not_signed() -> None:
    assert read(rfc6030.FIGURE_9) == (Seed("0755225266", SECRET, OtpToken(Kind.HOTP)),)


def test_figure_10_has_two_keys_for_one_device() -> None:
    """Which of them its holder uses can't be known; the others come with their dates."""
    assert problems(rfc6030.FIGURE_10) == ("key 4: the same serial number as one before",)
    may, march = (1146441600, 1149033600), (1141171200, 1143763200)
    assert read(rfc6030.FIGURE_10.replace(rfc6030.LAST_OF_FIGURE_10, "")) == (
        Seed("654321", SECRET, HOTP_8, *may),
        Seed("123456", SECRET, HOTP_8, *may),
        Seed("9999999", SECRET, HOTP_8, *march),
    )


@pytest.mark.parametrize("figure", [3, 5, 9])
def test_a_foreign_tool_reads_the_same(figure: int) -> None:
    text = FIGURES[figure].replace(rfc6030.PIN_PACKAGE, "")
    (seed,) = read(text)
    said = pskctool("--info", "--strict", given=text)
    assert f"SerialNo: {seed.serial}\n" in said
    assert f"Key Secret (base64): {base64.b64encode(seed.secret).decode()}\n" in said
    assert f"Response Format Length: {seed.token.digits}\n" in said


# ------------------------------------------------------------------------------------------------ kinds of tokens


@pytest.mark.parametrize(
    ("suite", "algorithm"), [("", "sha1"), ("HMAC-SHA1", "sha1"), ("HMAC-SHA256", "sha256"), ("HMAC-SHA512", "sha512")]
)
def test_a_totp_key_is_read(suite: str, algorithm: Algorithm) -> None:
    text = container(
        package(
            plain(SECRET),
            parameters=f"<Suite>{suite}</Suite>" if suite else "",
            response='Length="8" Encoding="DECIMAL" CheckDigits="false"',
            data="<Time><PlainValue>0</PlainValue></Time><TimeInterval><PlainValue>60</PlainValue></TimeInterval>"
            "<TimeDrift><PlainValue>4</PlainValue></TimeDrift>",
        )
    )
    assert pskctool("--validate", given=text).strip() == "OK"
    assert read(text) == (Seed("S-1", SECRET, OtpToken(Kind.TOTP, algorithm, 8, 60)),)


@pytest.mark.parametrize("suite", [TYPED, SCANNED])
def test_an_ocra_key_is_read(suite: str) -> None:
    challenge = '<ChallengeFormat Encoding="DECIMAL" Min="8" Max="8"/>'
    policy = "<Policy><KeyUsage>CR</KeyUsage></Policy>"
    response = 'Length="8" Encoding="DECIMAL"'
    made = package(plain(SECRET), kind="ocra", parameters=f"<Suite>{suite}</Suite>{challenge}", response=response, data="", policy=policy)
    assert pskctool("--validate", given=container(made)).strip() == "OK"
    assert read(container(made)) == (Seed("S-1", SECRET, OtpToken(Kind.OCRA, "sha256", 8, suite=suite)),)


def test_a_hotp_key_begins_at_its_counter() -> None:
    """What was shown before must not be accepted again."""
    made = package(plain(SECRET), kind="hotp", data="<Counter><PlainValue>17</PlainValue></Counter>")
    assert read(container(made)) == (Seed("S-1", SECRET, OtpToken(Kind.HOTP, last=16)),)


def test_the_narrower_of_two_pairs_of_dates_counts() -> None:
    """The device has dates of its own."""
    device = "<StartDate>2026-01-01T00:00:00Z</StartDate><ExpiryDate>2030-01-01T00:00:00+09:00</ExpiryDate>"
    policy = "<Policy><StartDate>2025-01-01T00:00:00Z</StartDate><ExpiryDate>2031-01-01T00:00:00Z</ExpiryDate></Policy>"
    (seed,) = read(container(package(plain(SECRET), device=device, policy=policy)))
    assert (seed.usable_from, seed.usable_until) == (1767225600, 1893423600)


DRIFTING = "<TimeInterval><PlainValue>30</PlainValue></TimeInterval><Time><PlainValue>5</PlainValue></Time>"
ENCRYPTED_COUNTER = "<Counter><EncryptedValue/></Counter>"
REFUSED = {
    "its algorithm is not hotp, totp or ocra": package(plain(SECRET), kind="securid"),
    "its codes are not decimal": package(plain(SECRET), response='Length="6" Encoding="HEXADECIMAL"'),
    "it has check digits": package(plain(SECRET), response='Length="6" Encoding="DECIMAL" CheckDigits="true"'),
    "not 6, 7 or 8 digits": package(plain(SECRET), response='Length="10" Encoding="DECIMAL"'),
    "the algorithm is not sha1, sha256 or sha512": package(plain(SECRET), parameters="<Suite>HMAC-MD5</Suite>"),
    f"the OCRA suite is not {TYPED} or {SCANNED}": package(plain(SECRET), kind="ocra", data=""),
    "the period is not 30 or 60 seconds": package(plain(SECRET), data=""),
    "only TOTP has a period": package(plain(SECRET), kind="hotp"),
    "only HOTP has a counter": package(plain(SECRET), data=INTERVAL + "<Counter><PlainValue>5</PlainValue></Counter>"),
    "its time does not begin with the Unix epoch": package(plain(SECRET), data=DRIFTING),
    "Counter is encrypted, and only a secret may be": package(plain(SECRET), kind="hotp", data=ENCRYPTED_COUNTER),
    "PlainValue is not a number": package(plain(SECRET), kind="hotp", data="<Counter><PlainValue>１</PlainValue></Counter>"),
    "PlainValue is not base64": package("<PlainValue>MTIz*NDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue>"),
    "a PIN is part of its codes": package(plain(SECRET), policy='<Policy><PINPolicy PINUsageMode="Append"/></Policy>'),
    "its policy does not allow this use": package(plain(SECRET), policy="<Policy><KeyUsage>Encrypt</KeyUsage></Policy>"),
    "something in Policy that is not known here": package(
        plain(SECRET), policy="<Policy><NumberOfTransactions>9</NumberOfTransactions></Policy>"
    ),
    "something in Data that is not known here": package(plain(SECRET), data=f'{INTERVAL}<Next xmlns="urn:x"/>'),
    "something in Secret that is not known here": package(f"{plain(SECRET)}<ValueMAC>AAAA</ValueMAC>"),
    "something in PlainValue that is not known here": package("<PlainValue>MTIzNDU2<Issuer/>Nzg5MDEyMzQ1Njc4OTA=</PlainValue>"),
    "more than one PlainValue in Secret": package(plain(SECRET) * 2),
    "more than one TimeInterval in Data": package(plain(SECRET), data=INTERVAL * 2),
    "StartDate is not a date": package(plain(SECRET), policy="<Policy><StartDate>tomorrow</StartDate></Policy>"),
    "ExpiryDate has no time zone": package(plain(SECRET), policy="<Policy><ExpiryDate>2030-01-01T00:00:00</ExpiryDate></Policy>"),
    "it ends before it begins": package(
        plain(SECRET), policy="<Policy><StartDate>2030-01-01T00:00:00Z</StartDate><ExpiryDate>2029-01-01T00:00:00Z</ExpiryDate></Policy>"
    ),
    "the serial number is not 1 to 64 letters, digits, dots, dashes or underscores": package(plain(SECRET), serial="a b"),
}


@pytest.mark.parametrize("problem", REFUSED)
def test_a_key_that_can_not_be_kept_to_is_refused(problem: str) -> None:
    assert problems(container(package(plain(SECRET), serial="S-0"), REFUSED[problem])) == (f"key 2: {problem}",)


def test_every_bad_key_is_listed_and_nothing_of_the_file_repeated() -> None:
    wrong = package(plain(SECRET), serial="S-1", response='Length="9" Encoding="DECIMAL"')
    said = problems(container(wrong, package(plain(SECRET), serial="S-2"), package("<PlainValue>Zm9v</PlainValue>", data="")))
    assert said == ("key 1: not 6, 7 or 8 digits", "key 3: the seed is not 16 to 128 bytes", "key 3: the period is not 30 or 60 seconds")


# ------------------------------------------------------------------------------------------------ encryption


@pytest.mark.parametrize("size", [16, 32])
@pytest.mark.parametrize("mac_hash", ["sha1", "sha256", "sha512"])
def test_what_openssl_encrypted_under_a_key_is_read(size: int, mac_hash: str) -> None:
    vendor = Vendor(bytes(range(size)), mac_hash=mac_hash)
    text = container(PRE_SHARED, vendor.mac_method(), *(package(vendor.secret(SECRET), serial=f"S-{number}") for number in range(3)))
    assert pskctool("--validate", given=text).strip() == "OK"
    assert read(text, key=vendor.key) == tuple(Seed(f"S-{number}", SECRET, OtpToken(Kind.TOTP)) for number in range(3))


@pytest.mark.parametrize("size", [16, 32])
@pytest.mark.parametrize("prf", ["sha1", "sha256", "sha512"])
def test_what_openssl_encrypted_under_a_passphrase_is_read(size: int, prf: str) -> None:
    """Said as XML Encryption 1.1 has it; figure 7 says it as PKCS #5 does."""
    key, described = passphrase_key("合言葉 open sesame", prf=prf, size=size)
    vendor = Vendor(key)
    text = container(described, vendor.mac_method(), package(vendor.secret(SECRET)))
    assert read(text, passphrase="合言葉 open sesame") == (Seed("S-1", SECRET, OtpToken(Kind.TOTP)),)


@pytest.mark.parametrize("secret", [bytes(range(16)), bytes(range(31)), bytes(range(32)), bytes(range(64))])
def test_a_secret_of_any_length_comes_out_whole(secret: bytes) -> None:
    vendor = Vendor(KEY)
    assert read(container(PRE_SHARED, vendor.mac_method(), package(vendor.secret(secret))), key=KEY)[0].secret == secret


@pytest.mark.parametrize("count", [0, 1, 12, 16, 17, 255])
def test_the_padding_is_that_of_xml_encryption(count: int) -> None:
    """Its last byte counts it, up to a block, and the others are arbitrary."""
    padded = bytes(range(31, 31 + 47)) + bytes([count])
    vendor = Vendor(KEY)
    text = container(PRE_SHARED, vendor.mac_method(), package(vendor.secret(padded, "-nopad")))
    if 1 <= count <= 16:
        assert read(text, key=KEY)[0].secret == padded[:-count]
    else:
        assert problems(text, key=KEY) == (f"key 1: {WRONG_KEY}",)


def test_another_key_or_passphrase_opens_nothing() -> None:
    vendor = Vendor(KEY)
    text = container(PRE_SHARED, vendor.mac_method(), package(vendor.secret(SECRET)))
    for number in range(40):  # about one in sixteen keys leaves a padding that could be one; then the secret's MAC does not hold
        assert problems(text, key=bytes([number]) * 16)[0].removeprefix("key 1: ") == WRONG_KEY
    for passphrase in ("", "Qwerty", "qwerty "):
        assert problems(FIGURE_7, passphrase=passphrase)[0].removeprefix("key 1: ") == WRONG_KEY


@pytest.mark.parametrize("place", ["AAECAwQFBgcICQoLDA0OD+cIHItlB3Wra1DU", "Su+NvtQfmvfJzF6bmQiJqoLRExc="])
def test_a_secret_is_not_used_before_its_mac_holds(place: str) -> None:
    """Any changed character of IV, ciphertext or MAC refuses it, whatever would come out."""
    for index in range(0, len(place) - 2, 3):
        changed = place[:index] + ("B" if place[index] == "A" else "A") + place[index + 1 :]
        assert problems(FIGURE_6.replace(place, changed), key=FIGURE_6_KEY) == (f"key 1: {WRONG_KEY}",)


def test_an_encrypted_secret_needs_a_mac() -> None:
    vendor = Vendor(KEY)
    bare = vendor.secret(SECRET).partition("<ValueMAC>")[0]
    assert problems(container(PRE_SHARED, vendor.mac_method(), package(bare)), key=KEY) == ("key 1: no ValueMAC in Secret",)
    assert problems(container(PRE_SHARED, package(vendor.secret(SECRET))), key=KEY) == ("no MACMethod in KeyContainer",)
    without_key = vendor.mac_method().partition("<MACKey>")[0] + "</MACMethod>"
    assert problems(container(PRE_SHARED, without_key, package(vendor.secret(SECRET))), key=KEY) == ("no MACKey in MACMethod",)


def test_a_plain_secret_does_not_pass_among_encrypted_ones() -> None:
    """Nor an encrypted one in a file that does not say how, nor a plain file where an encrypted one is expected."""
    vendor = Vendor(KEY)
    both = "key 2: either its secret is encrypted, or the file says how, but not both"
    mixed = container(PRE_SHARED, vendor.mac_method(), package(vendor.secret(SECRET)), package(plain(SECRET), serial="S-2"))
    assert problems(mixed, key=KEY) == (both,)
    assert problems(container(package(plain(SECRET), serial="S-0"), package(vendor.secret(SECRET)))) == (both,)
    for key, passphrase in ((KEY, None), (None, "qwerty")):
        assert problems(rfc6030.FIGURE_3, key, passphrase) == ("not encrypted, though a key or passphrase was given",)


def test_what_is_given_must_be_what_the_file_asks_for() -> None:
    under_key = "encrypted under a pre-shared key: give that, and no passphrase"
    under_passphrase = "encrypted under a passphrase: give that, and no key"
    for key, passphrase in ((None, None), (None, "qwerty"), (FIGURE_6_KEY, "qwerty")):
        assert problems(FIGURE_6, key, passphrase) == (under_key,)
    for key, passphrase in ((None, None), (FIGURE_6_KEY, None), (FIGURE_6_KEY, "qwerty")):
        assert problems(FIGURE_7, key, passphrase) == (under_passphrase,)
    assert problems(FIGURE_6, key=bytes(32)) == ("encrypted under a key of 16 bytes, and this one has 32",)
    assert problems(FIGURE_6, key=b"") == ("encrypted under a key of 16 bytes, and this one has 0",)


PBKDF2 = "PBKDF2 with another function, a salt under 8 bytes, or too few or too many iterations"


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("pkcs-5v2-0#pbkdf2", "pkcs-5v2-0#pbkdf1", "its key is not derived with PBKDF2"),
        ("<IterationCount>1000<", "<IterationCount>999<", PBKDF2),
        ("<IterationCount>1000<", "<IterationCount>10000001<", PBKDF2),
        ("<IterationCount>1000<", "<IterationCount>99999999999<", "IterationCount is not a number"),
        ("Ej7/PEpyEpw=", "Ej7/PEpyEg==", PBKDF2),
        ("<PRF/>", '<PRF Algorithm="http://www.w3.org/2000/09/xmldsig#hmac-md5"/>', PBKDF2),
        ("<KeyLength>16<", "<KeyLength>8<", "its derived key is not 16 or 32 bytes long"),
        ("<KeyLength>16<", "<KeyLength>32<", "encrypted under a key of 16 bytes, and this one has 32"),
        ("<KeyLength>16</KeyLength>", "", "not one KeyLength in PBKDF2-params"),
        ("xmldsig#hmac-sha1", "xmldsig#hmac-md5", "its MAC is not HMAC with SHA-1, SHA-256 or SHA-512"),
        ("xmlenc#aes128-cbc", "xmlenc#tripledes-cbc", "encrypted with something other than AES-128-CBC or AES-256-CBC"),
        ("2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx", "AAAA", "what is encrypted is not whole blocks after an IV"),
        (
            "2GTTnLwM3I4e5IO5FkufoOEiOhNj91fhKRQBtBJYluUDsPOLTfUvoU2dStyOwYZx",
            base64.b64encode(bytes(33)).decode(),
            "what is encrypted is not whole blocks after an IV",
        ),
    ],
)
def test_a_file_encrypted_in_another_way_is_refused(before: str, after: str, problem: str) -> None:
    assert before in FIGURE_7
    assert problems(FIGURE_7.replace(before, after, 1), passphrase=FIGURE_7_PASSPHRASE) == (problem,)


def test_no_refusal_shows_a_key_or_a_secret() -> None:
    vendor = Vendor(KEY)
    with pytest.raises(SeedsRefused) as refused:
        read(container(PRE_SHARED, vendor.mac_method(), package(vendor.secret(SECRET), serial="a b")), key=KEY)
    for hidden in (SECRET.decode(), base64.b64encode(SECRET).decode(), KEY.hex(), repr(KEY)):
        assert hidden not in f"{refused.value!r}{refused.value.__context__!r}"


# ------------------------------------------------------------------------------------------------ XML


ENTITY = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
EXTERNAL = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
DOCTYPES = [ENTITY, EXTERNAL, "<!DOCTYPE x>", '<!DOCTYPE x SYSTEM "http://127.0.0.1:1/x.dtd">', "<!DOCTYPE x [<!ENTITY % a 'b'> %a;]>"]


@pytest.mark.parametrize("doctype", DOCTYPES)
def test_a_document_type_is_refused(doctype: str) -> None:
    """So there is no entity to expand and nothing outside to fetch."""
    text = rfc6030.FIGURE_3.replace("<KeyContainer", doctype + "<KeyContainer").replace("<Issuer>Issuer", "<Issuer>&a;")
    assert problems(text) == ("a document type, which no PSKC file has",)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"seed",
        b"<KeyContainer>",
        b"<a/><b/>",
        b'<?xml version="1.0"?>',
        rfc6030.FIGURE_3.replace("<Issuer>Issuer", "<Issuer>&a;").encode(),
        rfc6030.FIGURE_3.replace("<Issuer>", "<x:Issuer>").replace("</Issuer>", "</x:Issuer>").encode(),
    ],
)
def test_what_is_not_well_formed_xml_is_refused(raw: bytes) -> None:
    (said,) = problems(raw)
    assert said.startswith("line ")
    assert said.endswith(": not well-formed XML")


def test_a_file_is_utf_8_whatever_it_says() -> None:
    for text, encoding in ((rfc6030.FIGURE_3, "utf-16"), (rfc6030.FIGURE_3.replace("Manufacturer<", "\xe9<"), "latin-1")):
        assert problems(text.encode(encoding)) == ("not UTF-8",)
    assert read(rfc6030.FIGURE_3.replace("UTF-8", "UTF-7")) == read(rfc6030.FIGURE_3)


@pytest.mark.parametrize(
    "text",
    [
        "<KeyContainer/>",
        rfc6030.FIGURE_3.replace('Version="1.0" Id', 'Version="2.0" Id'),
        rfc6030.FIGURE_3.replace('Version="1.0" Id', "Id"),
        rfc6030.FIGURE_3.replace("keyprov:pskc", "keyprov:pskc:1.0"),
    ],
)
def test_another_format_or_version_is_refused(text: str) -> None:
    assert problems(text) == ("not a PSKC file of version 1.0",)


def test_a_comment_does_not_cut_a_value() -> None:
    """What stands before and after it is one text."""
    assert read(rfc6030.FIGURE_3.replace("987654321", "9876<!-- -->54321"))[0].serial == "987654321"


def test_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packages = [package(plain(SECRET), serial=f"S-{number}") for number in range(4)]
    monkeypatch.setattr(seeds, "MAX_SEEDS", 3)
    assert len(read(container(*packages[:3]))) == 3
    assert problems(container(*packages)) == ("more than 3 seeds",)
    assert problems(container()) == ("no seed in it",)
    assert problems("<a>" * 31 + "</a>" * 31) == ("elements more than 30 deep",)
    monkeypatch.setattr(seeds, "MAX_FILE_BYTES", 100)
    assert problems(container()) == ("larger than 100 bytes",)


@settings(deadline=None)
@given(st.sampled_from(sorted(FIGURES)), st.integers(0, 3_000), st.integers(0, 200), st.text(max_size=8))
def test_a_damaged_file_is_taken_or_refused(figure: int, start: int, length: int, instead: str) -> None:
    """Nothing but a refusal ever comes out of it."""
    text = FIGURES[figure]
    damaged = (text[:start] + instead + text[start + length :]).encode("utf-8", "surrogatepass")
    for key, passphrase in ((None, None), (FIGURE_6_KEY, None), (None, FIGURE_7_PASSPHRASE)):
        with suppress(SeedsRefused):
            read_pskc(damaged, key=key, passphrase=passphrase)
