"""What devices are called, and the digits by which people compare two screens."""

import re
import secrets

import pytest

from app.account.naming import LONGEST_NAME, clean_name, comparison_code
from app.errors import NameRefused
from app.phone.device_name import device_name
from tests.app.requests import request

ANDROID = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 {}Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Safari/604.1"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("書斎のパソコン", "書斎のパソコン"),
        ("  My phone\u3000", "My phone"),
        ("e\u0301", "é"),
        ("ガ" * LONGEST_NAME, "ガ" * LONGEST_NAME),
        ("カ\u3099" * LONGEST_NAME, "ガ" * LONGEST_NAME),
    ],
)
def test_name_is_kept_in_its_plain_form(given: str, kept: str) -> None:
    """NFC, without spaces around it."""
    assert clean_name(given) == kept


@pytest.mark.parametrize("given", ["", "  ", "x" * (LONGEST_NAME + 1), "x" * 10_000, "a\nb", "a\u202eb", "a\u200bb", "\u3164", "a\x00"])
def test_name_that_could_deceive_or_is_none_is_refused(given: str) -> None:
    """Empty, too long, control, bidi, invisible."""
    with pytest.raises(NameRefused):
        clean_name(given)


def test_comparison_code_is_six_digits_of_the_public_key() -> None:
    """The same for the same key, hardly ever for another; in two groups that can be read out."""
    keys = [secrets.token_bytes(77) for _ in range(100)]
    codes = [comparison_code(key) for key in keys]
    assert all(re.fullmatch(r"\d{3} \d{3}", code) for code in codes)
    assert codes == [comparison_code(key) for key in keys]
    assert len(set(codes)) > 95


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        (ANDROID.format("Mobile "), "Android phone"),
        (ANDROID.format(""), "Android tablet"),
        (IPHONE, "iPhone"),
        ("Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X)", "iPad"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "Windows PC"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7)", "Mac"),
        ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0)", "Chromebook"),
        ("Mozilla/5.0 (X11; Linux x86_64)", "Linux PC"),
        ("Python/3.11 aiohttp/3.14", "Device"),
        ("", "Device"),
    ],
)
def test_device_is_called_what_its_browser_says(agent: str, name: str) -> None:
    """In plain words, until its owner calls it something else."""
    assert device_name(request(user_agent=agent, accept_language="en")) == name


def test_device_is_called_in_its_owners_language() -> None:
    """Whose browser asks for Japanese gets Japanese."""
    assert device_name(request(user_agent=ANDROID.format("Mobile "), accept_language="ja-JP")) == "Android スマートフォン"
