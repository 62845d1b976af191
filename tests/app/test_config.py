"""The settings: read once, every problem listed, no secret shown."""

from pathlib import Path

import pytest

from app.config import read_config
from app.errors import CannotStart


def problems(**environment: str) -> list[str]:
    with pytest.raises(CannotStart) as caught:
        read_config(environment)
    return str(caught.value).splitlines()


def test_nothing_need_be_set() -> None:
    """Without a setting everything is embedded, below var/, on port 8080."""
    config = read_config({})
    assert (config.port, config.origin, config.rp_id, config.secure) == (8080, "http://localhost:8080", "localhost", False)
    assert config.data == Path("var").absolute()
    assert config.database_url == f"sqlite:///{config.data}/app/natsuin.db"
    assert config.redis_url == f"unix://{config.data}/redis/redis.sock"
    assert config.sam == f"unix:{config.data}/sam/run/sam.sock"
    assert (config.ca_url, config.ca_tls_ca) == ("https://localhost:8083", config.data / "ca" / "root.pem")
    assert config.ca_office_url == "http://localhost:8082"
    assert (config.key_algorithm, config.authorization_life_s, config.open_per_signer) == ("rsa-3072", 180, 3)


def test_everything_follows_port_and_data(tmp_path: Path) -> None:
    """Two settings place the whole stack."""
    config = read_config({"NATSUIN_PORT": "9000", "NATSUIN_DATA": str(tmp_path)})
    assert (config.origin, config.ca_url, config.ca_office_url) == (
        "http://localhost:9000",
        "https://localhost:9003",
        "http://localhost:9002",
    )
    assert all(str(tmp_path) in place for place in (config.database_url, config.redis_url, config.sam, str(config.ca_registration_file)))


def test_every_part_can_be_elsewhere() -> None:
    """Each has an address of its own."""
    config = read_config(
        {
            "NATSUIN_ORIGIN": "https://sign.example.jp/",
            "NATSUIN_DATABASE_URL": "postgresql+psycopg://db/natsuin",
            "NATSUIN_REDIS_URL": "rediss://redis:6380/1",
            "NATSUIN_CA_URL": "https://ca.example.jp/",
            "NATSUIN_CA_OFFICE_URL": "https://office.example.jp/",
        }
    )
    assert (config.origin, config.rp_id, config.secure) == ("https://sign.example.jp", "sign.example.jp", True)
    assert config.database_url.startswith("postgresql+psycopg:")
    assert config.redis_url.startswith("rediss:")
    assert (config.ca_url, config.ca_office_url) == ("https://ca.example.jp", "https://office.example.jp")
    assert config.ca_tls_ca is None  # whom the system trusts


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NATSUIN_PORT", "0"),
        ("NATSUIN_PORT", "65533"),
        ("NATSUIN_PORT", "80a"),
        ("NATSUIN_PORT", ""),
        ("NATSUIN_PORT", "-1"),
        ("NATSUIN_PORT", "８０８０"),
        ("NATSUIN_PORT", "8_080"),
        ("NATSUIN_WORKERS", "0"),
        ("NATSUIN_CSC_LOGIN", "yes"),
        ("NATSUIN_CSC_LOGIN", ""),
        ("NATSUIN_TSA_URL", "ftp://tsa.example.jp"),
        ("NATSUIN_TSA_URL", "tsa.example.jp"),
        ("NATSUIN_WORKERS", "65"),
        ("NATSUIN_AUTHORIZATION_LIFE", "29"),
        ("NATSUIN_AUTHORIZATION_LIFE", "601"),
        ("NATSUIN_OPEN_PER_SIGNER", "0"),
        ("NATSUIN_TOKEN_LIFE", "86401"),
        ("NATSUIN_SESSION_LIFE", "1e9"),
        ("NATSUIN_STATUS_REUSE", "-1"),
        ("NATSUIN_ORIGIN", "http://sign.example.jp"),
        ("NATSUIN_ORIGIN", "http://127.0.0.1:8080"),
        ("NATSUIN_ORIGIN", "https://sign.example.jp/app"),
        ("NATSUIN_ORIGIN", "https://user@sign.example.jp"),
        ("NATSUIN_ORIGIN", "https://sign.example.jp?x"),
        ("NATSUIN_ORIGIN", "ftp://sign.example.jp"),
        ("NATSUIN_ORIGIN", "sign.example.jp"),
        ("NATSUIN_ORIGIN", ""),
        ("NATSUIN_SAM", "http://sam:8443"),
        ("NATSUIN_SAM", "/run/sam.sock"),
        ("NATSUIN_KEY_ALGORITHM", "rsa-1024"),
        ("NATSUIN_KEY_ALGORITHM", "ed25519"),
        ("NATSUIN_SAM_CA", "/nowhere/ca.pem"),
        ("NATSUIN_CA_URL", "http://ca.example.jp"),
        ("NATSUIN_CA_TLS_CA", "/nowhere/ca.pem"),
        ("NATSUIN_OPERATOR_LISTEN", "unix:"),
        ("NATSUIN_OPERATOR_TLS_KEY", "/nowhere/key.pem"),
    ],
)
def test_what_can_not_be_used_stops_the_start(name: str, value: str) -> None:
    """One line, which names the setting."""
    (problem,) = problems(**{name: value})
    assert name in problem


def test_all_problems_are_listed_at_once() -> None:
    """Whoever mends the settings mends them once."""
    listed = problems(NATSUIN_PORT="x", NATSUIN_WORKERS="x", NATSUIN_KEY_ALGORITHM="x", NATSUIN_ORIGIN="x")
    assert len(listed) == 4


def test_sam_elsewhere_needs_mutual_tls(tmp_path: Path) -> None:
    """Over the network only with our certificate and key, and the CA that the SAM's must come from."""
    names = ("NATSUIN_SAM_CLIENT_CERTIFICATE", "NATSUIN_SAM_CLIENT_KEY", "NATSUIN_SAM_CA")
    listed = problems(NATSUIN_SAM="https://sam:8443")
    assert [problem.split()[0] for problem in listed] == list(names)
    files = {name: tmp_path / name for name in names}
    for file in files.values():
        file.touch()
    config = read_config({"NATSUIN_SAM": "https://sam:8443"} | {name: str(file) for name, file in files.items()})
    assert config.sam_tls_ca == files["NATSUIN_SAM_CA"]


def test_operator_over_tcp_needs_mutual_tls(tmp_path: Path) -> None:
    """By default the door is a socket under the data directory."""
    assert read_config({"NATSUIN_DATA": "/srv/n"}).operator_listen == "unix:/srv/n/operator/operator.sock"
    names = ("NATSUIN_OPERATOR_TLS_CERTIFICATE", "NATSUIN_OPERATOR_TLS_KEY", "NATSUIN_OPERATOR_TLS_CLIENT_CA")
    listed = problems(NATSUIN_OPERATOR_LISTEN="127.0.0.1:8100")
    assert [problem.split()[0] for problem in listed] == list(names)
    (tmp_path / "file").touch()
    files = dict.fromkeys(names, str(tmp_path / "file"))
    assert read_config({"NATSUIN_OPERATOR_LISTEN": "127.0.0.1:8100"} | files).operator_listen == "127.0.0.1:8100"
    for place in ("", "8100", ":8100", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:65536", "127.0.0.1:http"):
        assert problems(NATSUIN_OPERATOR_LISTEN=place, **files) == ["NATSUIN_OPERATOR_LISTEN must be unix:PATH or HOST:PORT"]


def test_no_secret_of_an_address_is_shown() -> None:
    """Passwords in addresses are in no problem's text, whatever else is wrong."""
    listed = problems(
        NATSUIN_DATABASE_URL="postgresql://u:s3cret@db/x",
        NATSUIN_REDIS_URL="redis://:s3cret@r",
        NATSUIN_PORT="x",
        NATSUIN_ORIGIN="https://u:s3cret@h",
    )
    assert "s3cret" not in "\n".join(listed)
