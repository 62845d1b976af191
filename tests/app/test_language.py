"""Which language a person reads."""

import pytest

from app.phone.language import language_of
from tests.app.requests import request


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("ja", "ja"),
        ("ja-JP", "ja"),
        ("JA-jp", "ja"),
        ("en-US,en;q=0.9,ja;q=0.8", "en"),
        ("ja,en;q=0.9", "ja"),
        ("en;q=0.5,ja;q=0.8", "ja"),
        ("fr-FR,ja;q=0.3", "ja"),
        ("fr", "en"),
        ("ja;q=0", "en"),
        ("ja;q=0,en;q=0.1", "en"),
        ("ja;q=nonsense", "en"),
        ("ja;q=nan,en", "en"),
        ("ja, en", "ja"),
        (" ja ; q=0.5 , en ; q=0.6", "en"),
        ("*", "en"),
        (",;=,q=", "en"),
        ("fr," * 5_000 + "ja", "en"),
    ],
)
def test_browser_says_what_its_owner_reads(header: str, language: str) -> None:
    """Accept-Language by weight, then by order (RFC 9110 §12.5.4); what is not understood counts for nothing."""
    assert language_of(request(Accept_Language=header)) == language


def test_owners_own_choice_goes_first() -> None:
    """The switch on the page, then what it left in the cookie, then the browser."""
    headers = {"Cookie": "language=ja", "Accept_Language": "en"}
    assert language_of(request(query="lang=en", **headers)) == "en"
    assert language_of(request(**headers)) == "ja"
    assert language_of(request(query="lang=xx", Cookie="language=../../etc", Accept_Language="ja")) == "ja"
