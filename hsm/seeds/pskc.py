"""
Seeds from a Portable Symmetric Key Container (PSKC, RFC 6030): HOTP, TOTP, OCRA; plain, under a pre-shared key, or under a passphrase.

Elements that are not known here are refused, also where the standard would let them pass: a policy that we could not keep to, a PIN that
changes the code, an encrypted counter or time; and so are several keys of one device. A signature is not checked: a file is trusted for the
way it came.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial

from hsm.errors import SeedsRefused
from hsm.otp import Kind
from hsm.seeds.pskc_encryption import XMLDSIG, Decryption, read_decryption
from hsm.seeds.pskc_xml import PSKC, Node, parse_xml
from hsm.seeds.seed import Seed, gather, make_seed, require_size

KINDS = {f"{PSKC}:{kind}": kind for kind in Kind}
# What the Suite of a TOTP or HOTP key may say; there is none where the hash is SHA-1 (draft-hoyer-keyprov-pskc-algorithm-profiles-01).
SUITES = {"": "sha1", "HMAC-SHA1": "sha1", "HMAC-SHA256": "sha256", "HMAC-SHA512": "sha512"}
USAGES = {Kind.TOTP: "OTP", Kind.HOTP: "OTP", Kind.OCRA: "CR"}

PASSED_OVER_IN_DEVICE = ("Manufacturer", "Model", "IssueNo", "DeviceBinding", "UserId", "Extensions")
PASSED_OVER_IN_KEY = ("Issuer", "KeyReference", "FriendlyName", "UserId", "Extensions")


def read_pskc(raw: bytes, *, key: bytes | None = None, passphrase: str | None = None) -> tuple[Seed, ...]:
    """
    Read a file of seeds, in its order; an encrypted one needs what it is encrypted under, a plain one must not be given any.

    Raises:
        SeedsRefused: with a sentence for each key that can't be taken, and its number in the file.
    """
    require_size(raw)
    container = parse_xml(raw)
    if container.name != f"{PSKC}}}KeyContainer" or container.attributes.get("Version") != "1.0":
        raise SeedsRefused("not a PSKC file of version 1.0")
    container.only("EncryptionKey", "MACMethod", "KeyPackage", f"{XMLDSIG}}}Signature", "Extensions")
    return gather(_packages(container, read_decryption(container, key, passphrase)))


def _packages(container: Node, decryption: Decryption | None) -> Iterator[tuple[str, Callable[[], Seed]]]:
    for number, package in enumerate(container.all("KeyPackage"), 1):
        yield f"key {number}", partial(_read, package, decryption)


def _read(package: Node, decryption: Decryption | None) -> Seed:
    package.only("DeviceInfo", "CryptoModuleInfo", "Key", "Extensions")
    device = package.one("DeviceInfo").only("SerialNo", "StartDate", "ExpiryDate", *PASSED_OVER_IN_DEVICE)
    key = package.one("Key").only("AlgorithmParameters", "KeyProfileId", "Data", "Policy", *PASSED_OVER_IN_KEY)
    kind = KINDS.get(key.attributes.get("Algorithm", ""))
    if kind is None:
        raise SeedsRefused("its algorithm is not hotp, totp or ocra")
    if key.optional("KeyProfileId") is not None:
        raise SeedsRefused("it follows a profile that is not in the file")
    parameters = key.one("AlgorithmParameters").only("Suite", "ChallengeFormat", "ResponseFormat", "Extensions")
    data = key.one("Data").only("Secret", "Counter", "Time", "TimeInterval", "TimeDrift")
    policy = key.optional("Policy")
    if policy is not None:
        _require_keepable(policy, kind)
    if _plain_number(data, "Time"):
        raise SeedsRefused("its time does not begin with the Unix epoch")
    places = [place for place in (device, policy) if place is not None]
    starts = [time for place in places if (time := _date(place, "StartDate")) is not None]
    ends = [time for place in places if (time := _date(place, "ExpiryDate")) is not None]
    return make_seed(
        device.one("SerialNo").value(),
        _secret(data.one("Secret"), decryption),
        kind,
        _algorithm(parameters, kind),
        _digits(parameters),
        _plain_number(data, "TimeInterval"),
        next_counter=_plain_number(data, "Counter") or 0,
        usable_from=max(starts, default=None),
        usable_until=min(ends, default=None),
    )


def _algorithm(parameters: Node, kind: Kind) -> str:
    suite = parameters.optional("Suite")
    named = suite.value() if suite is not None else ""
    return named if kind is Kind.OCRA else SUITES.get(named, "another")


def _digits(parameters: Node) -> int:
    response = parameters.one("ResponseFormat")
    challenge = parameters.optional("ChallengeFormat")
    if response.attributes.get("Encoding") != "DECIMAL":
        raise SeedsRefused("its codes are not decimal")
    if any(form is not None and form.attributes.get("CheckDigits", "false") not in ("false", "0") for form in (response, challenge)):
        raise SeedsRefused("it has check digits")
    length = response.attributes.get("Length", "")
    return int(length) if length in ("6", "7", "8") else 0  # which make_seed refuses


def _secret(secret: Node, decryption: Decryption | None) -> bytes:
    encrypted = secret.optional("EncryptedValue")
    if decryption is None and encrypted is None:
        return secret.only("PlainValue").one("PlainValue").octets()
    if decryption is None or encrypted is None:
        raise SeedsRefused("either its secret is encrypted, or the file says how, but not both")
    secret.only("EncryptedValue", "ValueMAC")
    return decryption.open(encrypted, secret.one("ValueMAC"))


def _plain_number(data: Node, name: str) -> int | None:
    found = data.optional(name)
    if found is None:
        return None
    if found.optional("EncryptedValue") is not None:
        raise SeedsRefused(f"{name} is encrypted, and only a secret may be")
    return found.only("PlainValue").one("PlainValue").number()


def _require_keepable(policy: Node, kind: Kind) -> None:
    """RFC 6030 §5: a policy that is not understood means that the key may not be used."""
    policy.only("StartDate", "ExpiryDate", "PINPolicy", "KeyUsage")
    pin = policy.optional("PINPolicy")
    if pin is not None and pin.attributes.get("PINUsageMode") != "Local":  # the token's own business
        raise SeedsRefused("a PIN is part of its codes")
    usages = [usage.value() for usage in policy.all("KeyUsage")]
    if usages and USAGES[kind] not in usages:
        raise SeedsRefused("its policy does not allow this use")


def _date(place: Node, name: str) -> int | None:
    found = place.optional(name)
    if found is None:
        return None
    try:
        read = datetime.fromisoformat(found.value())
    except ValueError:
        raise SeedsRefused(f"{name} is not a date") from None
    if read.tzinfo is None:
        raise SeedsRefused(f"{name} has no time zone")
    return int(read.timestamp())
