"""Requests that could be read in two ways, or were meant for another host: refused before any route sees them (RFC 9112 §6.1, §3.2)."""

import json

import pytest

from tests.flow.raw import answer_to
from tests.flow.records import Records
from tests.flow.wire import authorize_body
from tests.harness.signer import Signer
from tests.harness.stack import Application

# HOST and TOKEN stand for the right ones; BODY for a good request to authorize, SIZE for its length in bytes.
POST = "POST /csc/v2/credentials/authorize HTTP/1.1\r\n"
HOST = "Host: HOST\r\n"
REST = "Connection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer TOKEN\r\n"
HEAD = POST + HOST + REST
LENGTH = "Content-Length: SIZE\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
CHUNKS = "\r\nHEXSIZE\r\nBODY\r\n0\r\n\r\n"
BODY = "\r\nBODY"
GOOD = {"by length": HEAD + LENGTH + BODY, "in chunks": HEAD + CHUNKED + CHUNKS, "HTTP/1.0": HEAD.replace("1.1", "1.0") + LENGTH + BODY}
BAD = {
    "length, then encoding": HEAD + LENGTH + CHUNKED + CHUNKS,
    "encoding, then length": HEAD + CHUNKED + LENGTH + CHUNKS,
    "two equal lengths": HEAD + LENGTH + LENGTH + BODY,
    "two different lengths": HEAD + LENGTH + "Content-Length: 2\r\n" + BODY,
    "a list of lengths": HEAD + "Content-Length: SIZE, SIZE\r\n" + BODY,
    "a negative length": HEAD + "Content-Length: -2\r\n" + BODY,
    "a length with a sign": HEAD + "Content-Length: +SIZE\r\n" + BODY,
    "a length in hexadecimal": HEAD + "Content-Length: 0xff\r\n" + BODY,
    "two encodings": HEAD + CHUNKED + CHUNKED + CHUNKS,
    "an unknown encoding": HEAD + "Transfer-Encoding: xchunked\r\n" + CHUNKS,
    "identity": HEAD + "Transfer-Encoding: identity\r\n" + CHUNKS,
    "an encoding after a vertical tab": HEAD + "Transfer-Encoding: \x0bchunked\r\n" + CHUNKS,
    "a chunk size that is no number": HEAD + CHUNKED + CHUNKS.replace("HEXSIZE", "zz"),
    "a space before the colon": HEAD + "Content-Length : SIZE\r\n" + BODY,
    "a folded header": HEAD + "X-A: b\r\n c\r\n" + LENGTH + BODY,
    "a NUL in a header": HEAD + "X-A: a\0b\r\n" + LENGTH + BODY,
    "bare LF": (HEAD + LENGTH + BODY).replace("\r\n", "\n"),
    "no host": POST + REST + LENGTH + BODY,
    "two hosts": POST + HOST + HOST + REST + LENGTH + BODY,
    "another host": POST + "Host: evil.example\r\n" + REST + LENGTH + BODY,
    "another host's subdomain": POST + "Host: HOST.evil.example\r\n" + REST + LENGTH + BODY,
    "a host with a path": POST + "Host: localhost/x?\r\n" + REST + LENGTH + BODY,
    "a host with a user": POST + "Host: a@localhost\r\n" + REST + LENGTH + BODY,
    "a method in lower case": (HEAD + LENGTH + BODY).replace("POST", "post"),
    "a method that HTTP doesn't have": (HEAD + LENGTH + BODY).replace("POST", "BREW"),
    "a head of 20 kB": HEAD + f"X-A: {'a' * 20_000}\r\n" + LENGTH + BODY,
    "a thousand headers": HEAD + "X-A: aaaaaaaaaaaaaaaaaaaa\r\n" * 1_000 + LENGTH + BODY,
    "a URL of 20 kB": (HEAD + LENGTH + BODY).replace("authorize ", f"authorize?{'a' * 20_000} "),
}


def send(shop: Application, signer: Signer, text: str) -> bytes:
    body = json.dumps(authorize_body(signer.credential_id))
    values = {
        "HEXSIZE": f"{len(body):x}",
        "SIZE": str(len(body)),
        "HOST": f"localhost:{shop.stack.port}",
        "TOKEN": shop.token,
        "BODY": body,
    }
    for name, value in values.items():
        text = text.replace(name, value)
    return answer_to(shop.stack, text.encode())


@pytest.mark.parametrize("case", GOOD)
def test_clear_framing_is_read(shop: Application, taro: Signer, case: str) -> None:
    """What the other requests here are made from is a good request."""
    assert b" 202 Accepted\r\n" in send(shop, taro, GOOD[case])


@pytest.mark.parametrize("case", BAD)
def test_unclear_framing_is_refused_in_the_standards_form(shop: Application, taro: Signer, records: Records, case: str) -> None:
    """One answer, 400 with `invalid_request` in JSON; nothing is created, and what follows on the connection is not taken for a request."""
    before = records.authorizations()
    answer = send(shop, taro, BAD[case])
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert answer.count(b"HTTP/1.1") == 1
    assert b"content-type: application/json" in head.lower()
    assert json.loads(body)["error"] == "invalid_request"
    assert records.authorizations() == before


def test_what_is_not_http_is_refused(shop: Application) -> None:
    """A TLS greeting on the plain port gets an answer and no more."""
    assert answer_to(shop.stack, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n").startswith(b"HTTP/1.1 400 ")
