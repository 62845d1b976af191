"""EST by the text of RFC 7030, driven by curl and openssl alone: TLS, all operations, and who may renew what."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo.ca.csr import FACTORS
from tests.demo.ca_process import CaProcess, approve_renewal, basic, enroll, est, make_request, run, running_ca, unpack

CLIENT_AUTH = "extendedKeyUsage = clientAuth"


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CaProcess]:
    with running_ca(tmp_path_factory.mktemp("ca-est")) as started:
        yield started


@pytest.fixture
def enrolled(ca: CaProcess, tmp_path: Path) -> Path:
    """A person with `old.pem`, who may use it for TLS as well; and a registration authority, `ra.pem`."""
    make_request(tmp_path, "old", extensions=CLIENT_AUTH)
    assert enroll(ca, tmp_path, "old", "simpleenroll", *basic(tmp_path, "alice", ca.code("alice"))) == "200"
    ca.command("registration-authority", "署名サービス", "--key", str(tmp_path / "ra-key.pem"), "--certificate", str(tmp_path / "ra.pem"))
    return tmp_path


def by(name: str) -> tuple[str, ...]:
    return "--cert", f"{name}.pem", "--key", f"{name}-key.pem"


def serial(directory: Path, name: str) -> str:
    return run(directory, "openssl", "x509", "-in", f"{name}.pem", "-noout", "-serial").strip().partition("=")[2]


def test_cacerts_is_the_root_and_the_trust_of_its_tls(ca: CaProcess, tmp_path: Path) -> None:
    assert est(ca, tmp_path, "cacerts", "ca.answer") == "200"
    unpack(tmp_path, "ca")
    assert run(tmp_path, "openssl", "verify", "-x509_strict", "-CAfile", ca.root, "ca.pem") == "ca.pem: OK\n"
    port = ca.est.split(":")[2].partition("/")[0]
    asked = ("-connect", f"127.0.0.1:{port}", "-CAfile", ca.root, "-verify_return_error", "-verify_ip", "127.0.0.1", "-x509_strict")
    assert "Verify return code: 0 (ok)" in run(tmp_path, "sh", "-c", 'exec openssl s_client "$@" < /dev/null', "s_client", *asked)


def test_est_is_not_to_be_had_without_tls(ca: CaProcess, tmp_path: Path) -> None:
    plain = run(tmp_path, "curl", "-s", "-w", "%{http_code}", "-o", "out", f"{ca.url}/.well-known/est/cacerts")
    assert plain == "404"
    run(tmp_path, "curl", "-s", ca.est.replace("https:", "http:") + "/cacerts", status=52)
    run(tmp_path, "curl", "-s", "--ciphers", "DEFAULT@SECLEVEL=0", "--tls-max", "1.1", "--cacert", ca.root, f"{ca.est}/cacerts", status=35)
    run(tmp_path, "curl", "-s", f"{ca.est}/cacerts", status=60)  # the system does not trust it


def test_csrattrs_names_keys_and_signatures(ca: CaProcess, tmp_path: Path) -> None:
    assert est(ca, tmp_path, "csrattrs", "attrs.b64", "-D", "headers") == "200"
    assert "content-type: application/csrattrs" in (tmp_path / "headers").read_text().lower()
    run(tmp_path, "openssl", "base64", "-d", "-A", "-in", "attrs.b64", "-out", "attrs.der")
    parsed = run(tmp_path, "openssl", "asn1parse", "-inform", "DER", "-in", "attrs.der")
    named = set(re.findall(r"OBJECT\s+:(\S+)", parsed))
    assert {"id-ecPublicKey", "prime256v1", "secp384r1", "rsaEncryption", "ecdsa-with-SHA256", "sha256WithRSAEncryption"} <= named
    assert "challengePassword" not in named  # it would ask for something else, RFC 7030 §3.5


def test_a_code_as_password_a_code_in_the_request_or_both(ca: CaProcess, tmp_path: Path) -> None:
    for ways in ("basic", "request", "both"):
        code = ca.code("alice")
        spoken = code.lower().replace("-", " ").replace("0", "o").replace("1", "l")  # as people type
        make_request(tmp_path, ways, attributes=f"challengePassword = {spoken}" if ways != "basic" else "")
        credential = basic(tmp_path, "alice", code) if ways != "request" else ()
        assert enroll(ca, tmp_path, ways, "simpleenroll", *credential) == "200", ways
        assert run(tmp_path, "openssl", "verify", "-x509_strict", "-CAfile", ca.root, f"{ways}.pem") == f"{ways}.pem: OK\n"


def test_a_client_that_waits_to_be_asked_for_a_code_is_asked(ca: CaProcess, tmp_path: Path) -> None:
    make_request(tmp_path, "asked")
    assert enroll(ca, tmp_path, "asked", "simpleenroll", "--anyauth", *basic(tmp_path, "alice", ca.code("alice"))) == "200"


def test_two_codes_must_agree_and_the_request_must_say_who(ca: CaProcess, tmp_path: Path) -> None:
    first, second = ca.code("alice"), ca.code("alice")
    make_request(tmp_path, "two", attributes=f"challengePassword = {second}")
    assert enroll(ca, tmp_path, "two", "simpleenroll", *basic(tmp_path, "alice", first)) == "401"
    make_request(tmp_path, "bob", user_id="bob", attributes=f"challengePassword = {first}")
    assert enroll(ca, tmp_path, "bob") == "401"
    make_request(tmp_path, "none")
    assert enroll(ca, tmp_path, "none", "simpleenroll", "-D", "headers") == "401"
    assert 'www-authenticate: basic realm="' in (tmp_path / "headers").read_text().lower()
    make_request(tmp_path, "fine", attributes=f"challengePassword = {first}")
    assert enroll(ca, tmp_path, "fine") == "200"


def test_a_mistyped_code_is_told_and_not_counted(ca: CaProcess, tmp_path: Path) -> None:
    code = ca.code("carol")
    make_request(tmp_path, "typo", user_id="carol")
    mistyped = ("8" if code[0] != "8" else "9") + code[1:]
    for _ in range(6):
        assert enroll(ca, tmp_path, "typo", "simpleenroll", *basic(tmp_path, "carol", mistyped)) == "401"
        assert "typing error" in (tmp_path / "typo.answer").read_text()
    assert enroll(ca, tmp_path, "typo", "simpleenroll", *basic(tmp_path, "carol", code)) == "200"


@pytest.mark.parametrize("client", ["old", "ra"])
def test_renewed_with_a_new_key_by_the_holder_or_a_registration_authority(ca: CaProcess, enrolled: Path, client: str) -> None:
    make_request(enrolled, "new")
    if client == "ra":
        approve_renewal(enrolled, "new", "old")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by(client)) == "200"
    subjects = [run(enrolled, "openssl", "x509", "-in", f"{name}.pem", "-noout", "-subject") for name in ("old", "new")]
    assert subjects[0] == subjects[1]
    keys = [run(enrolled, "openssl", "x509", "-in", f"{name}.pem", "-noout", "-pubkey") for name in ("old", "new")]
    assert keys[0] != keys[1]
    first = serial(enrolled, "new")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by(client)) == "200"  # the answer was lost
    assert serial(enrolled, "new") == first


def test_a_certificate_says_the_factors_that_the_request_asks_for(ca: CaProcess, tmp_path: Path) -> None:
    """By the policies of docs/ca.md, also to openssl; another's policy, or several of ours, are left aside."""
    ours = [one.dotted_string for one in FACTORS]
    for number, (asked, given) in enumerate([([ours[0]], ours[0]), (["1.2.3.4", ours[1]], ours[1]), (["1.2.3.4"], None), (ours, None)]):
        user_id = f"policy-{number}"
        make_request(tmp_path, user_id, user_id=user_id, name="Bob", extensions=f"certificatePolicies = {', '.join(asked)}")
        assert enroll(ca, tmp_path, user_id, "simpleenroll", *basic(tmp_path, user_id, ca.code(user_id, "Bob"))) == "200"
        said = run(tmp_path, "openssl", "x509", "-in", f"{user_id}.pem", "-noout", "-ext", "certificatePolicies")
        assert re.findall(r"Policy: (\S+)", said) == ([given] if given else [])


def test_a_registration_authority_renews_nothing_without_the_old_keys_approval(ca: CaProcess, enrolled: Path) -> None:
    """None, one that somebody else has signed, and one that was given for another request; each is refused, and nothing is issued."""
    make_request(enrolled, "new")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("ra")) == "403"
    make_request(enrolled, "bob", user_id="bob", name="Bob")
    assert enroll(ca, enrolled, "bob", "simpleenroll", *basic(enrolled, "bob", ca.code("bob", "Bob"))) == "200"
    approve_renewal(enrolled, "new", "bob")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("ra")) == "400"
    approve_renewal(enrolled, "new", "ra")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("ra")) == "403"
    run(enrolled, "openssl", "req", "-x509", "-key", "old-key.pem", "-config", "old.cnf", "-days", "9", "-out", "self.pem")
    (enrolled / "self-key.pem").write_bytes((enrolled / "old-key.pem").read_bytes())
    approve_renewal(enrolled, "new", "self")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("ra")) == "403"
    make_request(enrolled, "other")
    approve_renewal(enrolled, "other", "old")
    (enrolled / "new.cnf").write_text((enrolled / "other-approved.cnf").read_text())
    run(enrolled, "openssl", "req", "-new", "-key", "new-key.pem", "-config", "new.cnf", "-outform", "DER", "-out", "new.csr")
    run(enrolled, "openssl", "base64", "-in", "new.csr", "-out", "new.b64")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("ra")) == "403"
    assert "another request" in (enrolled / "new.answer").read_text()


def test_nothing_is_renewed_without_the_right(ca: CaProcess, enrolled: Path) -> None:
    make_request(enrolled, "new")
    assert enroll(ca, enrolled, "new", "simplereenroll") == "403"
    make_request(enrolled, "bob", user_id="bob", name="Bob", extensions=CLIENT_AUTH)
    assert enroll(ca, enrolled, "bob", "simpleenroll", *basic(enrolled, "bob", ca.code("bob", "Bob"))) == "200"
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("bob")) == "403"  # somebody else's certificate
    self_made = ("-newkey", "rsa:2048", "-nodes", "-keyout", "own-key.pem", "-x509", "-subj", "/CN=x", "-out", "own.pem")
    run(enrolled, "openssl", "req", "-new", *self_made)
    refused = ("curl", "-s", "--tls-max", "1.2", "--cacert", ca.root, *by("own"), f"{ca.est}/cacerts")
    run(enrolled, *refused, status=35)  # another CA's: TLS ends


def test_nothing_else_is_renewed(ca: CaProcess, enrolled: Path) -> None:
    for base, request in {
        "other-name": {"name": "別人"},
        "other-person": {"user_id": "nobody"},
        "other-san": {"extensions": "subjectAltName = email:a@example.jp"},
    }.items():
        make_request(enrolled, base, **request)
        approve_renewal(enrolled, base, "old")
        assert enroll(ca, enrolled, base, "simplereenroll", *by("ra")) == "400", base
    (enrolled / "same.b64").write_bytes((enrolled / "old.b64").read_bytes())
    again = ("-key", "old-key.pem", "-config", "old.cnf", "-outform", "DER", "-out", "same.csr", "-sha384")
    run(enrolled, "openssl", "req", "-new", *again)
    run(enrolled, "openssl", "base64", "-in", "same.csr", "-out", "same.b64")
    for what in ("key.pem", ".cnf"):
        name = f"same-{what}" if what == "key.pem" else f"same{what}"
        (enrolled / name).write_bytes((enrolled / name.replace("same", "old")).read_bytes())
    approve_renewal(enrolled, "same", "old")
    assert enroll(ca, enrolled, "same", "simplereenroll", *by("ra")) == "400"  # the old key once more
    assert "this key has a certificate already" in (enrolled / "same.answer").read_text()


def test_a_held_or_revoked_certificate_neither_renews_nor_is_renewed(ca: CaProcess, enrolled: Path) -> None:
    make_request(enrolled, "new", user_id="dave", name="Dave")
    make_request(enrolled, "dave", user_id="dave", name="Dave", extensions=CLIENT_AUTH)
    assert enroll(ca, enrolled, "dave", "simpleenroll", *basic(enrolled, "dave", ca.code("dave", "Dave"))) == "200"
    ca.command("suspend", serial(enrolled, "dave"))
    approve_renewal(enrolled, "new", "dave")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("dave")) == "403"
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("ra")) == "400"
    ca.command("lift", serial(enrolled, "dave"))
    ca.command("suspend", serial(enrolled, "ra"))
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("ra")) == "403"
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("dave")) == "200"


def test_key_and_certificate_of_a_registration_authority_are_the_owners_alone(ca: CaProcess, enrolled: Path) -> None:
    for name in ("ra-key.pem", "ra.pem"):
        assert (enrolled / name).stat().st_mode & 0o777 == 0o600
    purpose = run(enrolled, "openssl", "x509", "-in", "ra.pem", "-noout", "-ext", "extendedKeyUsage")
    assert "CMC Registration Authority" in purpose
    words = ("registration-authority", "x", "--key", str(enrolled / "ra-key.pem"), "--certificate", str(enrolled / "new.pem"))
    assert "exists already" in ca.command(*words, status=1)
    assert not (enrolled / "new.pem").exists()


def test_a_registration_authority_collects_what_the_keys_holder_has_applied_for(ca: CaProcess, enrolled: Path) -> None:
    """RFC 7030 §4.2.3: 202 and when to ask again, until the key has its certificate; nobody else is told."""
    make_request(enrolled, "waits")
    assert enroll(ca, enrolled, "waits", "simpleenroll", *by("ra"), "-D", "headers") == "202"
    assert re.search(r"(?im)^retry-after: \d+\s*$", (enrolled / "headers").read_text())
    assert enroll(ca, enrolled, "waits", "simpleenroll", *by("old")) == "403"
    assert enroll(ca, enrolled, "waits", "simpleenroll") == "401"
    assert enroll(ca, enrolled, "waits", "simpleenroll", *basic(enrolled, "waiter", ca.code("waiter"))) == "200"
    first = serial(enrolled, "waits")
    assert enroll(ca, enrolled, "waits", "simpleenroll", *by("ra")) == "200"
    assert serial(enrolled, "waits") == first
    assert enroll(ca, enrolled, "waits", "simpleenroll", *by("old")) == "403"


def test_a_signing_service_beside_the_ca_is_a_registration_authority_from_the_first_start(ca: CaProcess, enrolled: Path) -> None:
    """It renews with the files that the CA has made for it."""
    for name in ("signing-service.pem", "signing-service-key.pem"):
        (enrolled / name).write_bytes((ca.data / "ca" / name).read_bytes())
    make_request(enrolled, "new")
    approve_renewal(enrolled, "new", "old")
    assert enroll(ca, enrolled, "new", "simplereenroll", *by("signing-service")) == "200"
