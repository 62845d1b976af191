"""Addresses that an attacker chose: none of them makes us connect to anything."""

import asyncio
import ipaddress
import re
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from cryptography.hazmat.primitives.asymmetric import ec

from app.config import HOST_NAME, read_config
from app.errors import CannotStart, EndpointRefused
from app.push.address import is_public
from app.push.endpoint import PUSH_SERVICES, read_endpoint, read_keys
from app.push.sender import Sender, Target
from app.push.vapid import Vapid
from tests.harness.browser_keys import BrowserKeys, base64url
from tests.harness.push_service import push_service

GOOD = [
    "https://fcm.googleapis.com/fcm/send/dkN-PbVhJzM:APA91bG_x",
    "https://fcm.googleapis.com:443/wp/x",
    "https://updates.push.services.mozilla.com/wpush/v2/gAAAAABk",
    "https://web.push.apple.com/QOXmLz7Yc8",
    "https://wns2-par02p.notify.windows.com/w/?token=BQYAAAD%2b",
]
# Each is sent as it stands; {port} is a listener on this machine that must never be reached.
HOSTILE = [
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "https://localhost:{port}/",
    "https://localhost/",
    "https://LOCALHOST/",
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0x7f.0x0.0x0.0x1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://0/",
    "https://0.0.0.0/",
    "https://127.0.0.1.:{port}/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://[::1]:{port}/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]:{port}/",
    "https://[::ffff:7f00:1]/",
    "https://[0:0:0:0:0:ffff:127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[fe80::1%25lo]/",
    "https://[fc00::1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fd00:ec2::254]/latest/meta-data/",
    "https://metadata.google.internal/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://192.168.0.1/",
    "https://100.64.0.1/",
    "https://198.18.0.1/",
    "https://224.0.0.1/",
    "https://255.255.255.255/",
    "https://8.8.8.8/",
    "https://fcm.googleapis.com@127.0.0.1:{port}/",
    "https://fcm.googleapis.com:443@127.0.0.1:{port}/",
    "https://user:password@fcm.googleapis.com/",
    "https://@fcm.googleapis.com/",
    "https://fcm.googleapis.com:{port}/",
    "https://fcm.googleapis.com:80/",
    "https://fcm.googleapis.com:/",
    "https://fcm.googleapis.com:0443/",
    "http://fcm.googleapis.com/",
    "HTTPS://fcm.googleapis.com/",
    "ftp://fcm.googleapis.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{port}/",
    "//127.0.0.1:{port}/",
    "https:/127.0.0.1:{port}/",
    "https:\\\\127.0.0.1:{port}\\",
    "https://127.0.0.1:{port}\\@fcm.googleapis.com/",
    "https://127.0.0.1:{port}#@fcm.googleapis.com/",
    "https://127.0.0.1:{port}?@fcm.googleapis.com/",
    "https://127.0.0.1:{port}/fcm.googleapis.com/",
    "https://fcm.googleapis.com\\@127.0.0.1:{port}/",
    "https://fcm.googleapis.com.evil.example/",
    "https://fcm.googleapis.com./",
    "https://.push.apple.com/",
    "https://push.apple.com/",
    "https://evilpush.apple.com/",
    "https://push.apple.com.evil.example/",
    "https://evil.example/push.apple.com",
    "https://a..push.apple.com/",
    "https://-.push.apple.com/",
    "https://fcm.googleapis.com%2eevil.example/",
    "https://fcm.googleapis.com%00.evil.example/",
    "https://fcm\u3002googleapis\u3002com/",
    "https://fcm.g\u043e\u043egleapis.com/",
    "https://xn--fcm.googleapis.com-x/",
    "https://fcm.googleapis.com/a b",
    "https://fcm.googleapis.com/\r\nHost: 127.0.0.1",
    "https://fcm.googleapis.com/\x00",
    "https://fcm.googleapis.com/#here",
    "https://fcm.googleapis.com",
    " https://fcm.googleapis.com/",
    "https://fcm.googleapis.com/\n",
    "https://fcm.googleapis.com/" + "a" * 1_000,
    "",
]
ADDRESSES = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "169.254.169.254",
    "172.31.255.255",
    "192.168.1.1",
    "192.0.2.1",
    "198.18.0.1",
    "203.0.113.1",
    "224.0.0.251",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::a00:1",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a00:1::1",
    "2001:0:a00:1::f5ff:fffe",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%lo",
    "fec0::1",
    "ff02::1",
]
_connections: list[object] | None = None


def _listen(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and _connections is not None:
        _connections.append(arguments[1])


sys.addaudithook(_listen)  # stays for the whole run: it can't be taken back, and does nothing outside the block below


@contextmanager
def connections() -> Iterator[list[object]]:
    """Give the addresses that this process connects to within the block, whichever library does it."""
    global _connections
    _connections = []
    try:
        yield _connections
    finally:
        _connections = None


class Names(AbstractResolver):
    """A resolver in an attacker's hand: each answer in turn, then the last one again."""

    def __init__(self, *answers: list[str]) -> None:
        self._answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        addresses = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        return [
            ResolveResult(
                hostname=host,
                host=one,
                port=port,
                family=socket.AF_INET6 if ":" in one else socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for one in addresses
        ]

    async def close(self) -> None:
        pass


def send(*endpoints: str, resolver: AbstractResolver | None = None, test_service: str | None = None) -> None:
    """Send one push to each; raises what the last one raises, and every one before it must be refused."""

    async def run() -> None:
        vapid, browser = Vapid(ec.generate_private_key(ec.SECP256R1()), "mailto:operator@sign.example.jp"), BrowserKeys()
        sender = Sender(vapid, lambda: 1_800_000_000.0, PUSH_SERVICES, test_service, resolver)

        async def one(endpoint: str) -> None:
            await sender.send(Target(endpoint, browser.p256dh, browser.auth), b"{}", ttl_s=60, topic="topic")

        try:
            for endpoint in endpoints[:-1]:
                with pytest.raises(EndpointRefused):
                    await one(endpoint)
            await one(endpoints[-1])
        finally:
            await sender.close()

    asyncio.run(run())


@pytest.mark.parametrize("endpoint", GOOD)
def test_addresses_of_the_push_services_are_taken(endpoint: str) -> None:
    """As browsers give them; the origin is without the default port (RFC 6454 §6.1)."""
    read = read_endpoint(endpoint, PUSH_SERVICES)
    assert read.url == endpoint
    assert read.origin == f"https://{read.host}"


def test_hostile_addresses_reach_no_listener() -> None:
    """More than sixty: numbers in every notation, other hosts and ports, look-alikes, addresses that parsers read differently."""
    assert len(HOSTILE) == len(set(HOSTILE)) >= 60
    with push_service() as listener, connections() as made:
        port = listener.origin.rpartition(":")[2]
        with pytest.raises(EndpointRefused):
            send(*(hostile.replace("{port}", port) for hostile in HOSTILE))
    assert listener.came == []
    assert made == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_push_services_name_that_leads_inside_is_not_connected_to(address: str) -> None:
    """Private, local, shared, documentation, multicast, and IPv4 within IPv6."""
    assert not is_public(address)
    answers = [[address], ["142.250.196.106", address], [address, "142.250.196.106"]]
    with connections() as made, pytest.raises(EndpointRefused):
        send(*[GOOD[0]] * len(answers), resolver=Names(*answers))
    assert made == []


@pytest.mark.parametrize("address", ["142.250.196.106", "17.188.143.34", "2404:6800:4004:80e::200a", "64:ff9b::8efa:c46a"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


def test_what_was_looked_at_is_what_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that leads inside at the second look is looked at once; the first answer is connected to, on port 443."""
    public, asked = "142.250.196.106", []

    async def refuse(_: asyncio.AbstractEventLoop, where: socket.socket, address: tuple[str, int]) -> None:
        asked.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.SelectorEventLoop, "sock_connect", refuse)
    with connections() as made, pytest.raises(Exception, match="ClientConnector"):
        send(GOOD[0], resolver=Names([public], ["127.0.0.1"]))
    assert asked == [(public, 443)]
    assert made == []


def test_no_redirect_is_followed_and_no_proxy_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of a push service moves us nowhere; the statement that goes with the request stays with it."""
    with push_service() as service, push_service() as inside:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, inside.origin)
        for status in (301, 302, 303, 307, 308):
            service.answers = [(status, {"Location": f"{inside.origin}/"})]
            with pytest.raises(Exception, match=f"HTTP {status}"):
                send(service.endpoint("a"), test_service=service.origin)
    assert len(service.came) == 5
    assert inside.came == []


def test_without_the_switch_for_tests_this_machine_is_not_reached() -> None:
    """The switch opens one origin, as it stands."""
    with push_service() as service, push_service() as other:
        with pytest.raises(EndpointRefused):
            send(service.endpoint("a"))
        hostile = (other.endpoint("a"), f"{service.origin}@{other.origin[7:]}/", f"{service.origin}1/a", f"{service.origin}/a?b")
        send(*hostile, service.endpoint("a"), test_service=service.origin)
    assert [one.path for one in service.came] == ["/push/a"]
    assert other.came == []


def test_keys_must_be_a_point_and_sixteen_bytes() -> None:
    """RFC 8291 §2: uncompressed P-256; whatever else would fail later, or worse."""
    good = BrowserKeys()
    assert read_keys(**good.as_json()) == (good.p256dh, good.auth)
    keys = [
        good.p256dh[:64],
        good.p256dh + b"\x00",
        b"\x04" + bytes(64),
        b"\x04" + b"\xff" * 64,
        b"\x02" + good.p256dh[1:33],
        b"\x05" + good.p256dh[1:],
        b"\x00",
    ]
    for key in keys:
        with pytest.raises(EndpointRefused):
            read_keys(base64url(key), base64url(good.auth))
    for auth in (good.auth[:15], good.auth + b"\x00"):
        with pytest.raises(EndpointRefused):
            read_keys(base64url(good.p256dh), base64url(auth))
    for text in ("", "=", "a", "あ", "a b", "+/+/", "A" * 1_000):
        with pytest.raises(EndpointRefused):
            read_keys(text, base64url(good.auth))


@pytest.mark.parametrize("bad", ["*", "*.", "10.0.0.1", "localhost", "push.example.jp:8443", "a*.example.jp", "push.example.1"])
def test_an_operator_adds_names_only(bad: str) -> None:
    """No number, no port, nothing local."""
    good = ("push.example.jp", "*.push.example.jp")
    assert read_config({"NATSUIN_PUSH_HOSTS": ", ".join(good)}).push_hosts == good
    with pytest.raises(CannotStart, match=rf"^NATSUIN_PUSH_HOSTS: {re.escape(bad)} [^\n]+$"):
        read_config({"NATSUIN_PUSH_HOSTS": f"{good[0]},{bad}"})


def test_no_listed_service_is_an_address() -> None:
    """aiohttp asks no resolver about numbers: a number on the list would not be looked at."""
    for pattern in PUSH_SERVICES:
        assert HOST_NAME.match(pattern.removeprefix("*."))
        with pytest.raises(ValueError, match="does not appear"):
            ipaddress.ip_address(pattern.removeprefix("*."))
