"""Settings: every problem is listed at once, and no secret is shown."""

import re
from pathlib import Path

import pytest

from demo.maker import Maker
from hsm.attestation import EVERYTHING, PasskeyPolicy
from hsm.config import Config, read_config
from hsm.errors import BadConfiguration
from hsm.revocation import Requirement, StatusPolicy

TLS = ("NATSUIN_SAM_TLS_CERTIFICATE", "NATSUIN_SAM_TLS_KEY", "NATSUIN_SAM_TLS_CLIENT_CA")


def problems(**environ: str) -> list[str]:
    with pytest.raises(BadConfiguration) as caught:
        read_config(environ)
    return str(caught.value).splitlines()


def test_without_settings_everything_is_under_var() -> None:
    """A trial needs no settings at all."""
    config = read_config({})
    assert config.data == Path("var/sam").absolute()
    assert (config.origin, config.rp_id, config.embedded) == ("http://localhost:8080", "localhost", True)
    assert (config.sessions, config.sad_life_s, config.token_label) == (4, 120, "natsuin")
    assert config.status_policy == StatusPolicy(Requirement.REQUIRE, 300)
    assert config.listen == f"unix:{config.data}/run/sam.sock"
    assert config.database_url == f"sqlite:///{config.data}/sam.db"


def test_the_data_folder_holds_all_that_is_not_named_otherwise(tmp_path: Path) -> None:
    """One folder can be kept, moved and backed up."""
    config = read_config({"NATSUIN_DATA": str(tmp_path), "NATSUIN_PORT": "9000"})
    assert config.origin == "http://localhost:9000"
    for place in (str(config.data), config.database_url, config.listen, str(config.pin_file)):
        assert f"{tmp_path}/sam" in place


@pytest.mark.parametrize(
    ("origin", "rp_id"),
    [
        ("https://sign.example.jp", "sign.example.jp"),
        ("https://sign.example.jp:8443/", "sign.example.jp"),
        ("http://localhost:1", "localhost"),
    ],
)
def test_the_origin_says_whose_passkeys_count(origin: str, rp_id: str) -> None:
    """Its host is the relying party's id; a slash at its end is no part of it."""
    config = read_config({"NATSUIN_ORIGIN": origin})
    assert (config.origin, config.rp_id) == (origin.rstrip("/"), rp_id)


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "sign.example.jp",
        "http://sign.example.jp",
        "http://127.0.0.1:8080",
        "https://",
        "https://[::1",
        "https://[::1]",
        "https://sign.example.jp/natsuin",
        "https://sign.example.jp?x",
        "https://sign.example.jp#x",
        "https://user:password@sign.example.jp",
        "https://Sign.example.jp",
        "https://署名.example.jp",
        "https://sign.example.jp:port",
        "https://sign.example.jp:1234567",
        "ftp://sign.example.jp",
        "https://sign.example.jp\n",
    ],
)
def test_an_origin_that_no_browser_has_is_refused(origin: str) -> None:
    """What browsers write is compared exactly, so another form would lock everyone out."""
    (problem,) = problems(NATSUIN_ORIGIN=origin)
    assert problem.startswith("NATSUIN_ORIGIN must")
    assert "password" not in problem


@pytest.mark.parametrize("text", ["", "0", "x", "-1", "1.5", "65", " 4", "４", "9" * 5_000])
def test_numbers_have_limits(text: str) -> None:
    """The problem names the setting and its limits."""
    assert problems(NATSUIN_HSM_SESSIONS=text) == ["NATSUIN_HSM_SESSIONS must be a number from 1 to 64"]


def test_every_problem_is_listed(tmp_path: Path) -> None:
    """One start shows all there is to mend."""
    listed = problems(
        NATSUIN_PORT="http",
        NATSUIN_ORIGIN="http://sign.example.jp",
        NATSUIN_SAD_LIFE="4",
        NATSUIN_REVOCATION="sometimes",
        NATSUIN_STATUS_MAX_AGE="0",
        NATSUIN_HSM_MODULE=str(tmp_path / "absent.so"),
        NATSUIN_SAM_LISTEN="everywhere",
        NATSUIN_SAM_TLS_KEY=str(tmp_path / "absent.key"),
    )
    named = [re.match("[A-Z_]+", problem) for problem in listed]
    assert {found[0] for found in named if found} == {
        "NATSUIN_PORT",
        "NATSUIN_ORIGIN",
        "NATSUIN_SAD_LIFE",
        "NATSUIN_REVOCATION",
        "NATSUIN_STATUS_MAX_AGE",
        "NATSUIN_HSM_MODULE",
        "NATSUIN_HSM_TOKEN",
        "NATSUIN_HSM_PIN_FILE",
        "NATSUIN_SAM_LISTEN",
        *TLS,
    }


@pytest.mark.parametrize("requirement", list(Requirement))
def test_the_operator_says_what_the_word_of_the_ca_is_needed_for(requirement: Requirement) -> None:
    """And how old it may be."""
    config = read_config({"NATSUIN_REVOCATION": requirement.value, "NATSUIN_STATUS_MAX_AGE": "3600"})
    assert config.status_policy == StatusPolicy(requirement, 3_600)


def test_a_real_hsm_needs_its_token_and_pin(tmp_path: Path) -> None:
    """With a module of its own nothing is made up, and nothing is made."""
    (tmp_path / "module.so").touch()
    (tmp_path / "pin").touch()
    module = str(tmp_path / "module.so")
    assert len(problems(NATSUIN_HSM_MODULE=module)) == 2
    config = read_config({"NATSUIN_HSM_MODULE": module, "NATSUIN_HSM_TOKEN": "prod", "NATSUIN_HSM_PIN_FILE": str(tmp_path / "pin")})
    assert (config.embedded, config.token_label, config.pin_file) == (False, "prod", tmp_path / "pin")


@pytest.mark.parametrize("listen", ["127.0.0.1:8090", "sam.example.jp:1"])
def test_over_tcp_there_is_mutual_tls_or_nothing(tmp_path: Path, listen: str) -> None:
    """Certificate, key, and the CA of those who may call: without one of them the SAM does not start."""
    files = dict.fromkeys(TLS, str(tmp_path / "file"))
    (tmp_path / "file").touch()
    assert read_config({"NATSUIN_SAM_LISTEN": listen} | files).listen == listen
    for name in TLS:
        without = {key: value for key, value in files.items() if key != name}
        assert problems(NATSUIN_SAM_LISTEN=listen, **without) == [f"{name} is needed: over TCP the SAM speaks mutual TLS only"]


@pytest.mark.parametrize("listen", ["", "8090", ":8090", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:0", "127.0.0.1:65536"])
def test_a_place_to_listen_is_a_socket_or_a_host_and_port(tmp_path: Path, listen: str) -> None:
    """Anything else is a problem, said before anything is opened."""
    (tmp_path / "file").touch()
    (problem,) = problems(NATSUIN_SAM_LISTEN=listen, **dict.fromkeys(TLS, str(tmp_path / "file")))
    assert problem == "NATSUIN_SAM_LISTEN must be unix:PATH or HOST:PORT"


def test_a_problem_shows_no_secret() -> None:
    """The password of the database is in its URL, and in nothing that is said about it."""
    listed = problems(NATSUIN_SAM_DATABASE_URL="postgresql://sam:hunter2@db/sam", NATSUIN_PORT="x")
    assert "hunter2" not in "\n".join(listed)


@pytest.mark.parametrize("listen", ["", "unix:", "8091", "127.0.0.1:8091", "unix:/run/sam.sock"])
def test_the_operators_door_is_a_socket_of_its_own(listen: str) -> None:
    """Not over the network, and not the web server's."""
    (problem,) = problems(NATSUIN_SAM_LISTEN="unix:/run/sam.sock", NATSUIN_SAM_OPERATOR_LISTEN=listen)
    assert problem == "NATSUIN_SAM_OPERATOR_LISTEN must be unix:PATH, and another path than the web server's"


@pytest.mark.parametrize("text", ["", "otp", "passkey or otp", "PASSKEY", "passkey_or_otp "])
def test_factors_are_one_of_two(text: str) -> None:
    """Without the setting a passkey is needed."""
    assert problems(NATSUIN_FACTORS=text) == ["NATSUIN_FACTORS must be passkey or passkey_or_otp"]
    assert (read_config({}).factors, read_config({"NATSUIN_FACTORS": "passkey_or_otp"}).factors) == ("passkey", "passkey_or_otp")


def test_which_passkeys_are_taken_is_said_with_roots_models_and_synced(tmp_path: Path) -> None:
    """By default all are; roots come in one file, or in a folder of them."""
    assert read_config({}).passkeys == EVERYTHING
    roots = [Maker().root_pem for _ in range(3)]
    (tmp_path / "one.pem").write_bytes(roots[0] + roots[1])
    model, other = "2fc0579f-8113-47ea-b116-bb5a8db9202a", "d8522d9f-575b-4866-88a9-ba99fa02f35b"
    settings = {
        "NATSUIN_ATTESTATION_ROOTS": str(tmp_path / "one.pem"),
        "NATSUIN_AAGUIDS": f"{model.upper()}, {other}",
        "NATSUIN_SYNCED_PASSKEYS": "refuse",
    }
    assert read_config(settings).passkeys == PasskeyPolicy(tuple(roots[:2]), (model, other), synced=False)
    (tmp_path / "two.pem").write_bytes(roots[2])
    (tmp_path / "README").write_text("roots")
    assert read_config({"NATSUIN_ATTESTATION_ROOTS": str(tmp_path)}).passkeys == PasskeyPolicy(tuple(roots))


def test_a_policy_on_passkeys_that_says_nothing_is_a_problem(tmp_path: Path) -> None:
    """A folder without roots would refuse everyone, or nobody; a model that nobody attests is only a claim."""
    leaf = tmp_path / "leaf.pem"
    leaf.write_bytes(Maker().attesting_pem)
    (tmp_path / "text.pem").write_text("roots")
    (tmp_path / "empty").mkdir()
    for place in (leaf, tmp_path / "text.pem", tmp_path / "absent.pem"):
        (problem,) = problems(NATSUIN_ATTESTATION_ROOTS=str(place))
        assert problem.startswith(f"NATSUIN_ATTESTATION_ROOTS: {place} does not hold root certificates in PEM (")
    (problem,) = problems(NATSUIN_ATTESTATION_ROOTS=str(tmp_path / "empty"))
    assert problem == f"NATSUIN_ATTESTATION_ROOTS: there is no certificate in {tmp_path / 'empty'}"
    assert len(problems(NATSUIN_ATTESTATION_ROOTS=str(tmp_path))) == 2
    (problem,) = problems(NATSUIN_AAGUIDS="2fc0579f-8113-47ea-b116-bb5a8db9202a")
    assert problem == "NATSUIN_AAGUIDS needs NATSUIN_ATTESTATION_ROOTS: without attestation a passkey only claims to be of a model"
    (problem,) = problems(NATSUIN_AAGUIDS="YubiKey")
    assert problem == "NATSUIN_AAGUIDS: YubiKey is no AAGUID, such as 2fc0579f-8113-47ea-b116-bb5a8db9202a"
    (problem,) = problems(NATSUIN_SYNCED_PASSKEYS="no")
    assert problem == "NATSUIN_SYNCED_PASSKEYS must be allow or refuse"


@pytest.mark.parametrize("text", ["", "-1", "2592001", "1 day", "3e3"])
def test_recovery_waits_up_to_thirty_days(text: str) -> None:
    """A day, unless the operator says otherwise; none at all, if he says so."""
    assert problems(NATSUIN_RECOVERY_WAIT=text) == ["NATSUIN_RECOVERY_WAIT must be a number from 0 to 2592000"]
    chosen = [
        read_config(environ).recovery_wait_s for environ in ({}, {"NATSUIN_RECOVERY_WAIT": "0"}, {"NATSUIN_RECOVERY_WAIT": "2592000"})
    ]
    assert chosen == [86_400, 0, 2_592_000]


def test_settings_are_values() -> None:
    """Read once, and never changed."""
    config: Config = read_config({})
    with pytest.raises(AttributeError):
        config.origin = "https://evil.example"  # type: ignore[misc]
