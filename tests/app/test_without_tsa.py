"""Without a time-stamping authority nothing is promised that needs one; and validation data that could not be whole is none."""

import asyncio

import aiohttp
import pytest

from app.certificate_status import CertificateStatuses
from app.config import read_config
from app.csc.body import Body
from app.csc.info import METHODS, methods
from app.csc.signature_plan import read_level
from app.errors import BadParameter, StatusUnavailable
from app.validation_data import ValidationData, validation_data


def test_timestamps_are_announced_where_there_is_an_authority() -> None:
    """The demo CA's by default; with another CA, or where it was taken away, none."""
    assert set(methods(read_config({}))) == {*METHODS, "signatures/timestamp"}
    for environment in ({"NATSUIN_TSA_URL": ""}, {"NATSUIN_CA_URL": "https://ca.example.jp"}):
        assert set(methods(read_config(environment))) == set(METHODS)
    assert read_config({"NATSUIN_PORT": "9000"}).tsa_url == "http://localhost:9002/tsa"


@pytest.mark.parametrize("level", ["Ades-B-T", "AdES-B-LT", "ades-b-lta"])
def test_levels_with_a_timestamp_are_refused_without_an_authority(level: str) -> None:
    assert read_level(Body({"conformance_level": level}), timestamped=True) > 0
    with pytest.raises(BadParameter, match="Invalid parameter conformance_level"):
        read_level(Body({"conformance_level": level}), timestamped=False)
    assert read_level(Body({"conformance_level": "Ades-B-B"}), timestamped=False) == 0


@pytest.mark.parametrize("chain", [(), (b"alone",)])
def test_a_certificate_whose_issuer_is_not_known_lasts_not(chain: tuple[bytes, ...]) -> None:
    async def ask() -> ValidationData:
        async with aiohttp.ClientSession() as session:
            return await validation_data(CertificateStatuses(session, 0, lambda: 0.0), chain)

    with pytest.raises(StatusUnavailable):
        asyncio.run(ask())


def test_data_is_gathered_once_each_in_its_order() -> None:
    both = ValidationData((b"1",), (b"2",), (b"3", b"4")) + ValidationData((b"1", b"5"), (), (b"4", b"6"))
    assert both == ValidationData((b"1", b"5"), (b"2",), (b"3", b"4", b"6"))
