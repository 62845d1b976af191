"""Pages that a request may lead back to: plain https addresses, and nothing that could be read in two ways."""

import pytest

from app.operator.refusal import Refusal
from app.operator.return_url import read_return_url

GOOD = [
    "https://shop.example.jp/",
    "https://shop.example.jp/signed",
    "https://shop.example.jp:8443/a/b-c/d.html",
    "http://localhost:8081/back",
    "http://localhost/",
    "https://localhost/x",
]
HOSTILE = [
    "",
    "shop.example.jp/signed",
    "//shop.example.jp/signed",
    "/signed",
    "https:///signed",
    "https:/shop.example.jp/signed",
    "https:shop.example.jp/signed",
    "http://shop.example.jp/signed",
    "HTTPS://shop.example.jp/signed",
    "https://Shop.example.jp/signed",
    "ftp://shop.example.jp/signed",
    "javascript:alert(1)",
    "javascript://shop.example.jp/%0aalert(1)",
    "data:text/html,x",
    "https://shop.example.jp",
    "https://shop.example.jp?x",
    "https://shop.example.jp/signed?state=1",
    "https://shop.example.jp/signed#x",
    "https://shop.example.jp@evil.example/signed",
    "https://user:pw@shop.example.jp/signed",
    "https://shop.example.jp\\@evil.example/",
    "https://shop.example.jp\\evil.example/",
    "https://shop.example.jp/..",
    "https://shop.example.jp/../admin",
    "https://shop.example.jp/a/./b",
    "https://shop.example.jp//evil.example",
    "https://shop.example.jp/%2e%2e/admin",
    "https://shop.example.jp/%0d%0aSet-Cookie:x",
    "https://shop.example.jp/sig ned",
    " https://shop.example.jp/signed",
    "https://shop.example.jp/signed\n",
    "https://shop.example.jp/sig\tned",
    "https://shop.example.jp/signed\x00",
    "https://shop.example.jp:0/signed",
    "https://shop.example.jp:99999/signed",
    "https://shop.example.jp:/signed",
    "https://192.0.2.1/signed",
    "https://2130706433/signed",
    "https://0x7f.1/signed",
    "https://[::1]/signed",
    "http://127.0.0.1:8081/back",
    "http://localhost.evil.example/back",
    "https://shop.example.jp./signed",
    "https://-shop.example.jp/signed",
    "https://青葉.example.jp/signed",
    "https://shop.example.jp/署名",
    "https://shop\u3002example.jp/signed",
    "https://shop.example.jp/signed\u202e",
    "https://shop.example.jp/" + "a" * 500,
    "https://*.example.jp/signed",
    '"><script>alert(1)</script>',
]


@pytest.mark.parametrize("url", GOOD)
def test_plain_address_is_taken_as_it_is(url: str) -> None:
    assert read_return_url(url) == url


@pytest.mark.parametrize("url", HOSTILE)
def test_whatever_else_is_refused(url: str) -> None:
    with pytest.raises(Refusal):
        read_return_url(url)
