"""Which algorithms a key may be used with: what callers name, what it means, and what is refused."""

import itertools

import pytest
from cryptography.hazmat.primitives import hashes
from hypothesis import given, settings
from hypothesis import strategies as st

from hsm.errors import AlgorithmRefused, HashAlgorithmRefused, HashesDiffer, ParametersRefused, Refused
from hsm.messages import KeyAlgorithm
from hsm.policy import (
    EC_PUBLIC_KEY,
    HASHES,
    RSA_ENCRYPTION,
    RSASSA_PSS,
    Padding,
    Scheme,
    require_digests,
    scheme_for,
)
from tests.harness.pss import pss_parameters

SHA1, SHA256, SHA384, SHA512 = "1.3.14.3.2.26", "2.16.840.1.101.3.4.2.1", "2.16.840.1.101.3.4.2.2", "2.16.840.1.101.3.4.2.3"
RSA_WITH = {"1.2.840.113549.1.1.11": SHA256, "1.2.840.113549.1.1.12": SHA384, "1.2.840.113549.1.1.13": SHA512}
ECDSA_WITH = {"1.2.840.10045.4.3.2": SHA256, "1.2.840.10045.4.3.3": SHA384, "1.2.840.10045.4.3.4": SHA512}
RSA_KEYS: list[KeyAlgorithm] = ["rsa-2048", "rsa-3072", "rsa-4096"]
EC_KEYS: list[KeyAlgorithm] = ["p-256", "p-384"]
REFUSED_OIDS = [
    "1.2.840.113549.1.1.5",  # RSA with SHA-1
    "1.2.840.113549.1.1.4",  # RSA with MD5
    "1.2.840.113549.1.1.14",  # RSA with SHA-224
    "1.2.840.113549.1.1.7",  # RSAES-OAEP
    "1.2.840.10045.4.1",  # ECDSA with SHA-1
    "1.2.840.10045.4.3.1",  # ECDSA with SHA-224
    "1.2.840.10040.4.3",  # DSA
    "1.3.101.112",  # Ed25519
    SHA256,
    "",
]


@pytest.mark.parametrize("key", RSA_KEYS)
@pytest.mark.parametrize(("oid", "hash_oid"), RSA_WITH.items())
def test_rsa_with_a_hash(key: KeyAlgorithm, oid: str, hash_oid: str) -> None:
    """The OID says everything; the hash may be named beside it, and NULL parameters may be given (RFC 8017 §A.2.4)."""
    expected = Scheme(Padding.PKCS1, HASHES[hash_oid])
    for named, parameters in itertools.product((None, hash_oid), (None, b"\x05\x00")):
        assert scheme_for(key, oid, named, parameters) == expected
    assert scheme_for(key, RSA_ENCRYPTION, hash_oid, None) == expected


@pytest.mark.parametrize("key", EC_KEYS)
@pytest.mark.parametrize(("oid", "hash_oid"), ECDSA_WITH.items())
def test_ecdsa_with_a_hash(key: KeyAlgorithm, oid: str, hash_oid: str) -> None:
    """As with RSA."""
    expected = Scheme(Padding.ECDSA, HASHES[hash_oid])
    for named in (None, hash_oid):
        assert scheme_for(key, oid, named, None) == expected
    assert scheme_for(key, EC_PUBLIC_KEY, hash_oid, None) == expected


def test_an_algorithm_is_for_one_kind_of_key() -> None:
    """RSA keys don't sign with ECDSA, nor the other way round."""
    for key, oid in [
        *itertools.product(RSA_KEYS, [*ECDSA_WITH, EC_PUBLIC_KEY]),
        *itertools.product(EC_KEYS, [*RSA_WITH, RSA_ENCRYPTION, RSASSA_PSS]),
    ]:
        with pytest.raises(AlgorithmRefused):
            scheme_for(key, oid, SHA256, None)


@pytest.mark.parametrize("oid", REFUSED_OIDS)
def test_weak_and_unknown_algorithms_are_refused(oid: str) -> None:
    """SHA-1, MD5, SHA-224, encryption, DSA, and what is not a signature at all."""
    for key in RSA_KEYS + EC_KEYS:
        with pytest.raises(AlgorithmRefused):
            scheme_for(key, oid, SHA256, None)


@pytest.mark.parametrize(
    "hash_oid", [SHA1, "2.16.840.1.101.3.4.2.4", "1.2.840.113549.2.5", "2.16.840.1.101.3.4.2.8", RSA_ENCRYPTION, "", None]
)
def test_a_hash_in_no_table_is_refused(hash_oid: str | None) -> None:
    """With every algorithm that leaves the hash open."""
    for key, oid in (("rsa-2048", RSA_ENCRYPTION), ("rsa-2048", RSASSA_PSS), ("p-256", EC_PUBLIC_KEY)):
        with pytest.raises(HashAlgorithmRefused):
            scheme_for(key, oid, hash_oid, None)  # type: ignore[arg-type]


def test_a_hash_that_contradicts_the_algorithm_is_refused() -> None:
    """Nothing is guessed."""
    for (oid, own), other in itertools.product((RSA_WITH | ECDSA_WITH).items(), (SHA256, SHA384, SHA512, SHA1)):
        if other != own:
            with pytest.raises(HashAlgorithmRefused):
                scheme_for("rsa-2048" if oid in RSA_WITH else "p-256", oid, other, None)


@pytest.mark.parametrize("parameters", [b"", b"\x30\x00", b"\x05\x00\x00", b"\x05", pss_parameters("sha256", 32)])
def test_parameters_where_there_are_none_are_refused(parameters: bytes) -> None:
    """Only PSS has parameters; elsewhere NULL is all that may stand there."""
    for key, oid in (("rsa-2048", "1.2.840.113549.1.1.11"), ("rsa-2048", RSA_ENCRYPTION), ("p-256", "1.2.840.10045.4.3.2")):
        with pytest.raises(ParametersRefused):
            scheme_for(key, oid, SHA256, parameters)  # type: ignore[arg-type]


@pytest.mark.parametrize(("name", "oid"), [("sha256", SHA256), ("sha384", SHA384), ("sha512", SHA512)])
@pytest.mark.parametrize("salt_bytes", [0, 20, 32, 64, 126])
def test_pss_takes_the_salt_that_is_named(name: str, oid: str, salt_bytes: int) -> None:
    """The hash is in the parameters; naming it beside them is allowed, where it is the same."""
    for named in (None, oid):
        assert scheme_for("rsa-2048", RSASSA_PSS, named, pss_parameters(name, salt_bytes)) == Scheme(Padding.PSS, HASHES[oid], salt_bytes)
    with pytest.raises(HashAlgorithmRefused):
        scheme_for("rsa-2048", RSASSA_PSS, SHA256 if oid != SHA256 else SHA384, pss_parameters(name, salt_bytes))


@pytest.mark.parametrize(("key", "longest"), [("rsa-2048", 222), ("rsa-3072", 350), ("rsa-4096", 478)])
def test_pss_takes_no_longer_salt_than_there_is_room_for(key: KeyAlgorithm, longest: int) -> None:
    """emLen - hLen - 2 for SHA-256 (RFC 8017 §9.1.1), so that the HSM is never asked for what it can't do."""
    assert scheme_for(key, RSASSA_PSS, None, pss_parameters("sha256", longest)).salt_bytes == longest
    for salt_bytes in (longest + 1, 2**31, 2**63, -1):
        with pytest.raises(ParametersRefused):
            scheme_for(key, RSASSA_PSS, None, pss_parameters("sha256", salt_bytes))


def test_pss_without_parameters_follows_the_hash() -> None:
    """Mask and salt are the hash's."""
    for oid, algorithm in HASHES.items():
        assert scheme_for("rsa-2048", RSASSA_PSS, oid, None) == Scheme(Padding.PSS, algorithm, algorithm.digest_size)


def test_pss_has_one_trailer() -> None:
    """Some encoders write it out, though 1 is the default; there is no other (RFC 4055 §3.1)."""
    without = pss_parameters("sha256", 32)[2:]
    first, second = (bytes([0x30, len(without) + 5]) + without + b"\xa3\x03\x02\x01" + bytes([trailer]) for trailer in (1, 2))
    assert scheme_for("rsa-2048", RSASSA_PSS, None, first).salt_bytes == 32
    with pytest.raises(ParametersRefused):
        scheme_for("rsa-2048", RSASSA_PSS, None, second)


@pytest.mark.parametrize(
    ("parameters", "error"),
    [
        (b"\x30\x00", HashAlgorithmRefused),  # every default: SHA-1
        (pss_parameters("sha1", 20), HashAlgorithmRefused),
        (pss_parameters("sha224", 28), HashAlgorithmRefused),
        (pss_parameters("md5", 16), HashAlgorithmRefused),
        (pss_parameters("sha256", 32, "sha1"), ParametersRefused),
        (pss_parameters("sha256", 32, "sha512"), ParametersRefused),
        (pss_parameters("sha256", 32) + b"\x00", ParametersRefused),
        (pss_parameters("sha256", 32)[:-1], ParametersRefused),
        (b"", ParametersRefused),
        (b"\x05\x00", ParametersRefused),
        (b"\x30\x80\x00\x00", ParametersRefused),  # BER, not DER
    ],
)
def test_pss_parameters_that_are_not_ours_are_refused(parameters: bytes, error: type[Refused]) -> None:
    """Other hashes, another mask, what is not DER, and what stands after it."""
    with pytest.raises(error):
        scheme_for("rsa-2048", RSASSA_PSS, None, parameters)


@settings(derandomize=True, deadline=None, database=None, max_examples=300)
@given(st.binary(max_size=100), st.integers(0, 60), st.integers(0, 255))
def test_any_pss_parameters_are_read_or_refused(garbage: bytes, position: int, value: int) -> None:
    """Bytes from outside never make the parser fail."""
    mutant = bytearray(pss_parameters("sha256", 32))
    mutant[position % len(mutant)] = value
    for parameters in (garbage, bytes(mutant), bytes(mutant) + garbage):
        try:
            scheme_for("rsa-2048", RSASSA_PSS, None, parameters)
        except (ParametersRefused, HashAlgorithmRefused):
            continue


def test_digests_have_the_length_of_their_hash() -> None:
    """One that is shorter or longer makes all of them refused."""
    scheme = Scheme(Padding.PKCS1, hashes.SHA384())
    require_digests(scheme, (bytes(48), bytes(48)))
    for wrong in (bytes(32), bytes(47), bytes(49), bytes(64)):
        with pytest.raises(HashesDiffer):
            require_digests(scheme, (bytes(48), wrong))
