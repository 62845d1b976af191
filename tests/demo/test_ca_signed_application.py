"""Applying with an existing certificate: what openssl signs counts only if it is from a trusted CA, in force, and the person's own."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from tests.demo.ca_desk import Desk, certificate_of, make_csr
from tests.demo.ca_existing import Applicant, OtherCa, application, other_ca
from tests.demo.ca_process import run


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


@dataclass
class Scene:
    """Our CA, another one that it trusts, and a person whom that one has certified."""

    desk: Desk
    other: OtherCa
    directory: Path

    def applicant(self, certify: Any = None, name: str = "山田 花子") -> Applicant:
        key = new_key()
        place = self.directory / f"applicant-{random.randbytes(4).hex()}"
        place.mkdir()
        return Applicant(place, (certify or self.other.issue)(key, name), key)

    def send(self, cms: bytes, media_type: str = "application/pkcs7-mime; smime-type=signed-data") -> Any:
        return self.desk.http.post("/applications/signed", content=cms, headers={"Content-Type": media_type})

    def application(self, key: ec.EllipticCurvePrivateKey | None = None, **changes: Any) -> bytes:
        return application(self.desk.now, key or new_key(), **changes)

    @property
    def count(self) -> int:
        with self.desk.office.records.reading() as sql:
            return int(sql.execute("SELECT count(*) FROM certificate WHERE kind = 'signer'").fetchone()[0])


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with other_ca() as other:
        desk = Desk(tmp_path / "ca", datetime.now(UTC))
        desk.office.config.trusted.mkdir()
        (desk.office.config.trusted / "other.pem").write_bytes(other.root.public_bytes(Encoding.PEM))
        yield Scene(desk, other, tmp_path)


def test_the_person_of_the_certificate_gets_one_for_the_new_key(scene: Scene) -> None:
    key = new_key()
    certificate = certificate_of(scene.send(scene.applicant().sign(scene.application(key))))
    assert certificate.subject.rfc4514_string() == "UID=hanako,CN=山田 花子,C=JP"
    assert certificate.public_key() == key.public_key()
    certificate.verify_directly_issued_by(scene.desk.root)
    assert scene.other.asked > 0


def test_a_request_will_do_instead_of_a_bare_key(scene: Scene) -> None:
    key = new_key()
    csr = base64.b64encode(make_csr(key)).decode()
    certificate = certificate_of(scene.send(scene.applicant().sign(scene.application(public_key=None, csr=csr))))
    assert certificate.public_key() == key.public_key()


def test_a_refusal_names_its_reason_in_one_word_to_who_reads_such(scene: Scene) -> None:
    """RFC 9457, beside the sentence that others get."""
    accept = {"Content-Type": "application/pkcs7-mime", "Accept": "application/pkcs7-mime, application/problem+json"}

    def refused(cms: bytes) -> tuple[int, str]:
        answer = scene.desk.http.post("/applications/signed", content=cms, headers=accept)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["detail"]
        return answer.status_code, answer.json()["reason"]

    applicant = scene.applicant()
    assert refused(b"") == (403, "not_signed")
    assert refused(scene.applicant(name="別人 太郎").sign(scene.application())) == (403, "another_person")
    assert refused(applicant.sign(scene.application(), "-md", "sha1")) == (403, "not_trusted")
    assert refused(applicant.sign(scene.application(ca="http://ca.elsewhere"))) == (400, "application")
    assert refused(applicant.sign(scene.application(public_key="MAo="))) == (400, "key")
    scene.desk.register("taken", "山田 花子")
    assert refused(applicant.sign(scene.application(user_id="taken"))) == (400, "user_id")
    scene.other.revoked.update(scene.other.issued)
    assert refused(applicant.sign(scene.application())) == (403, "revoked")


def test_the_certificate_may_write_the_name_in_another_width(scene: Scene) -> None:
    certificate_of(scene.send(scene.applicant(name="ＹＡＭＡＤＡ　Hanako").sign(scene.application(name="YAMADA Hanako"))))


def test_refused_from_a_ca_that_is_not_trusted_and_it_is_not_even_asked(scene: Scene) -> None:
    with other_ca() as stranger:
        assert scene.send(scene.applicant(stranger.issue).sign(scene.application())).status_code == 403
        assert stranger.asked == 0
    (scene.desk.office.config.trusted / "other.pem").unlink()
    assert scene.send(scene.applicant().sign(scene.application())).status_code == 403
    assert scene.count == 0


def test_refused_when_revoked(scene: Scene) -> None:
    applicant = scene.applicant()
    scene.other.revoked.update(scene.other.issued)
    answer = scene.send(applicant.sign(scene.application()))
    assert (answer.status_code, "revoked" in answer.text, scene.count) == (403, True, 0)


def test_refused_when_the_other_ca_does_not_say(scene: Scene) -> None:
    applicant = scene.applicant()
    signed = applicant.sign(scene.application())
    scene.other.answers = False
    assert (scene.send(signed).status_code, scene.count) == (403, 0)
    scene.other.answers = True
    certificate_of(scene.send(signed))


def test_refused_when_expired(scene: Scene) -> None:
    scene.other.now -= timedelta(days=31)
    applicant = scene.applicant()
    scene.other.now += timedelta(days=31)
    assert (scene.send(applicant.sign(scene.application())).status_code, scene.count) == (403, 0)


def test_refused_from_a_certificate_for_signing_in(scene: Scene) -> None:
    applicant = scene.applicant(scene.other.for_signing_in)
    assert (scene.send(applicant.sign(scene.application())).status_code, scene.count) == (403, 0)


def test_refused_in_another_persons_name(scene: Scene) -> None:
    answer = scene.send(scene.applicant(name="別人 太郎").sign(scene.application()))
    assert (answer.status_code, scene.count) == (403, 0)


def test_refused_when_changed(scene: Scene) -> None:
    signed = scene.applicant().sign(scene.application())
    assert b'"hanako"' in signed
    assert (scene.send(signed.replace(b'"hanako"', b'"kanako"')).status_code, scene.count) == (403, 0)
    certificate_of(scene.send(signed))


def test_whatever_is_changed_no_certificate_and_no_crash(scene: Scene) -> None:
    """A bit anywhere, or an end anywhere; unsigned parts (a spare certificate, say) may change, and then it is the same application."""
    signed = scene.applicant().sign(scene.application())
    first = certificate_of(scene.send(signed))
    drawn = random.Random(7)
    for _ in range(150):
        place, bit = drawn.randrange(len(signed)), drawn.randrange(8)
        changed = signed[:place] + bytes([signed[place] ^ 1 << bit]) + signed[place + 1 :]
        answer = scene.send(drawn.choice([changed, signed[:place]]))
        assert answer.status_code in (200, 400, 403)
        assert answer.status_code != 200 or certificate_of(answer) == first
    assert scene.count == 1


@pytest.mark.parametrize("options", [("-noattr",), ("-md", "sha1"), ("-nocerts",)])
def test_refused_without_attributes_with_a_weak_hash_or_without_its_certificate(scene: Scene, options: tuple[str, ...]) -> None:
    assert (scene.send(scene.applicant().sign(scene.application(), *options)).status_code, scene.count) == (403, 0)


def test_refused_with_two_signers_and_when_it_is_something_else(scene: Scene) -> None:
    first, second = scene.applicant(), scene.applicant()
    signed = first.sign(scene.application())
    more = ("-resign", "-in", "application.p7m", "-inform", "DER", "-outform", "DER", "-out", "two.p7m")
    signer = ("-signer", str(second.directory / "certificate.pem"), "-inkey", str(second.directory / "key.pem"))
    run(first.directory, "openssl", "cms", *more, *signer)
    assert scene.send((first.directory / "two.p7m").read_bytes()).status_code == 403
    detached = ("-sign", "-binary", "-in", "application.json", "-outform", "DER", "-out", "detached.p7m")
    run(first.directory, "openssl", "cms", *detached, "-signer", "certificate.pem", "-inkey", "key.pem")
    assert scene.send((first.directory / "detached.p7m").read_bytes()).status_code == 403
    for body in (b"", b"\x30\x00", first.directory.joinpath("certificate.pem").read_bytes(), signed + b"\x00"):
        assert scene.send(body).status_code == 403
    assert scene.send(signed, "application/json").status_code == 403
    assert scene.count == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": "other"},
        {"ca": "http://ca.elsewhere"},
        {"user_id": "a:b"},
        {"user_id": None},
        {"created": "2020-01-01T00:00:00+00:00"},
        {"created": "2099-01-01T00:00:00+00:00"},
        {"created": "2026-11-26T00:00:00"},
        {"public_key": None},
        {"csr": base64.b64encode(make_csr()).decode()},
        {"public_key": "%"},
        {"public_key": "MAo="},
        {"extra": 1},
    ],
)
def test_a_signed_application_that_says_something_else_is_400(scene: Scene, changes: dict[str, Any]) -> None:
    assert (scene.send(scene.applicant().sign(scene.application(**changes))).status_code, scene.count) == (400, 0)


def test_a_key_that_has_a_certificate_gets_no_other(scene: Scene) -> None:
    key = new_key()
    certificate_of(scene.desk.enroll(scene.desk.apply("bob"), make_csr(key), "bob"))
    answer = scene.send(scene.applicant().sign(scene.application(key)))
    assert (answer.status_code, scene.count) == (400, 1)


def test_a_replay_makes_nothing_new(scene: Scene) -> None:
    """Within the day it gives the certificate that was made, for a client that lost the answer; signed again it is still the same."""
    applicant = scene.applicant()
    content = scene.application()
    signed = applicant.sign(content)
    first = certificate_of(scene.send(signed))
    assert certificate_of(scene.send(signed)) == first
    assert certificate_of(scene.send(applicant.sign(content))) == first
    scene.desk.now += timedelta(days=1)
    assert (scene.send(signed).status_code, scene.count) == (400, 1)


def test_a_user_id_stays_with_the_person_who_has_it(scene: Scene) -> None:
    applicant = scene.applicant()
    certificate_of(scene.send(applicant.sign(scene.application())))
    certificate_of(scene.send(applicant.sign(scene.application())))  # another key of the same person
    namesake = OtherCa(scene.other.url, "Third CA")
    (scene.desk.office.config.trusted / "third.pem").write_bytes(namesake.root.public_bytes(Encoding.PEM))
    scene.other.crl, scene.other.ocsp = namesake.crl, namesake.ocsp  # type: ignore[method-assign]  # it answers for both
    answer = scene.send(scene.applicant(namesake.issue).sign(scene.application()))
    assert (answer.status_code, "user id" in answer.text, scene.count) == (400, True, 2)


def test_who_only_applied_for_a_user_id_does_not_have_it(scene: Scene) -> None:
    form = {"name": "誰か", "user_id": "hanako", "postal_code": "1", "address": "x"}
    assert scene.desk.http.post("/apply", data=form, follow_redirects=False).status_code == 303
    certificate_of(scene.send(scene.applicant().sign(scene.application())))
    scene.desk.register("taro", "山田 太郎")
    answer = scene.send(scene.applicant(name="別人 太郎").sign(scene.application(user_id="taro", name="別人 太郎")))
    assert answer.status_code == 400
