"""One catalogue file is one more language: the page in it, its switch, its dates, and what it does not say yet in English."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness.stack import ROOT

FRENCH = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"

msgid "There is no such page"
msgstr "Cette page n’existe pas"

msgid "No connection"
msgstr "Pas de connexion"

msgid "You are asked to sign. Tap to see by whom."
msgstr "On vous demande une signature. Touchez pour voir qui."
"""
ASK = """
import json
from pathlib import Path
from starlette.testclient import TestClient
from app.config import read_config
from app.main import create_app
from app.phone.notification import notification
from app.phone.page import date_and_time

config = read_config({"NATSUIN_ORIGIN": "http://localhost:8080", "NATSUIN_DATA": str(Path.cwd())})
with TestClient(create_app(config), base_url="http://localhost:8080") as client:
    pages = {language: client.get("/nothing", headers={"Accept-Language": language}).text for language in ("fr-CH, ja;q=0.5", "ja", "en")}
    switched = client.get("/nothing?lang=fr")
    kept = client.get("/nothing", headers={"Accept-Language": "ja"})
    offline = client.get("/offline", headers={"Accept-Language": "ja"})
push = notification("request", "A" * 22, "http://localhost:8080", "fr").decode()
print(json.dumps([pages, switched.text, kept.text, offline.text, push, date_and_time(1795427000, "fr")]))
"""


@pytest.fixture
def speaking_french(tmp_path: Path) -> Path:
    """A copy of the application with one file more."""
    shutil.copytree(ROOT / "app", tmp_path / "app")
    for name in ("hsm", "templates", "static"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / "app" / "locale" / "fr.po").write_text(FRENCH)
    return tmp_path


def test_a_third_catalogue_is_all_that_a_third_language_needs(speaking_french: Path) -> None:
    """By Accept-Language and by the switch, which every page offers by the language's own name; kept by the browser, and in pushes."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(speaking_french)}
    asked = subprocess.run(
        [sys.executable, "-c", ASK], cwd=speaking_french, env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    pages, switched, kept, offline, push, moment = json.loads(asked.stdout)
    for french in (pages["fr-CH, ja;q=0.5"], switched, kept):
        assert '<html lang="fr">' in french
        assert "Cette page n’existe pas" in french
        assert "Number for enquiries" in french
        assert 'href="?lang=ja" hreflang="ja" lang="ja">日本語</a>' in french
        assert 'href="?lang=en" hreflang="en" lang="en">English</a>' in french
    for other in ("ja", "en"):
        assert f'<html lang="{other}">' in pages[other]
        assert 'href="?lang=fr" hreflang="fr" lang="fr">Français</a>' in pages[other]
    assert all(heading in offline for heading in ("通信できません", "No connection", "Pas de connexion"))
    assert "On vous demande une signature" in push
    assert moment == "23 novembre 2026, 18:43 JST"
