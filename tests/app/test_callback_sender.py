"""Callbacks: what is sent is what receivers' own library verifies, and no address makes us connect inside."""

import asyncio
import ipaddress
import json
import time

import pytest
from aiohttp.abc import AbstractResolver
from standardwebhooks import Webhook, WebhookVerificationError

from app.config import read_config
from app.errors import CannotStart, EndpointRefused, PushLater
from app.push.address import Network
from app.push.callback import CallbackSender, Message, new_secret, require_callback_url, signature
from app.push.endpoint import PUSH_SERVICES
from tests.app.test_push_endpoints import ADDRESSES, HOSTILE, Names, connections
from tests.harness.push_service import push_service

NOW = 1_800_000_000.0
GOOD = [
    "https://shop.example.jp/decided",
    "https://shop.example.jp:8443/a/b/c",
    "https://localhost:9443/decided",
    "https://xn--fiqs8s.example/x",
]


def send(url: str, resolver: AbstractResolver | None = None, networks: tuple[Network, ...] = ()) -> None:
    async def run() -> None:
        sender = CallbackSender(lambda: NOW, networks, resolver)
        try:
            await sender.send(Message(url, new_secret(), "A" * 22, "{}"))
        finally:
            await sender.close()

    asyncio.run(run())


def test_a_receivers_library_verifies_what_we_sign() -> None:
    """Standard Webhooks 1.0; another body, id, time or secret does not verify."""
    secret, body, at = new_secret(), json.dumps({"handle": "H" * 22}), str(int(time.time()))
    signed = {"webhook-id": "m1", "webhook-timestamp": at, "webhook-signature": signature(secret, "m1", at, body.encode())}
    assert Webhook(secret).verify(body, signed) == {"handle": "H" * 22}
    for changed in (
        (secret, body + " ", signed),
        (secret, body, signed | {"webhook-id": "m2"}),
        (secret, body, signed | {"webhook-timestamp": str(int(at) + 1)}),
        (new_secret(), body, signed),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(changed[0]).verify(changed[1], changed[2])


@pytest.mark.parametrize("url", GOOD)
def test_addresses_that_operators_register_are_taken(url: str) -> None:
    require_callback_url(url)


def test_hostile_addresses_reach_no_listener() -> None:
    """All that pushes must not reach; a few of them are well written, and lead to this machine or nowhere."""
    with push_service() as listener, connections() as made:
        port = listener.origin.rpartition(":")[2]
        for hostile in HOSTILE:
            url = hostile.replace("{port}", port)
            if any(name in url for name in PUSH_SERVICES) or url.startswith(("https://metadata", "https://evil", "https://push.apple")):
                continue  # names of the public Internet, which an operator may register; what they lead to is the next test's
            with pytest.raises(EndpointRefused):
                send(url)
        with pytest.raises(EndpointRefused):
            send(f"https://localhost:{port}/decided")
    assert listener.came == []
    assert made == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_name_that_leads_inside_is_not_connected_to(address: str) -> None:
    answers = [[address], ["142.250.196.106", address]]
    with connections() as made:
        for answer in answers:
            with pytest.raises(EndpointRefused):
                send("https://shop.example.jp/decided", Names(answer))
    assert made == []


def test_the_operators_own_networks_are_reached_and_no_others() -> None:
    """With NATSUIN_CALLBACK_NETWORKS; the mapped form of an address is not the address."""
    own = (ipaddress.ip_network("127.0.0.0/8"),)
    with push_service() as listener, connections() as made:
        port = listener.origin.rpartition(":")[2]
        with pytest.raises(PushLater):  # it is connected to, and speaks no TLS
            send(f"https://shop.example.jp:{port}/decided", Names(["127.0.0.1"]), own)
        assert len(made) == 1
        for inside in ("10.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254"):
            with pytest.raises(EndpointRefused):
                send("https://shop.example.jp/decided", Names([inside]), own)
        assert len(made) == 1
    assert listener.came == []


def test_networks_are_read_at_the_start() -> None:
    assert read_config({"NATSUIN_CALLBACK_NETWORKS": "10.20.0.0/16, fd12::/64"}).callback_networks == (
        ipaddress.ip_network("10.20.0.0/16"),
        ipaddress.ip_network("fd12::/64"),
    )
    with pytest.raises(CannotStart, match=r"10\.20\.0\.1/16 is not a network"):
        read_config({"NATSUIN_CALLBACK_NETWORKS": "10.20.0.1/16"})
