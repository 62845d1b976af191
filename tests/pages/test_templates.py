"""The rendered pages: every sentence has its Japanese, what an application wrote stays text, nothing needs a looser security policy."""

import re
from html.parser import HTMLParser
from io import BytesIO

import pytest
from babel.messages.extract import extract

from app.phone.static import STATIC

from .rendering import LANGUAGES, PAGES, TEMPLATES, catalogue, render
from .sample import HOSTILE, Sample
from .samples import SAMPLES

PLACEHOLDER = re.compile(r"%\(\w+\)s")
HIDDEN_CHARACTERS = str.maketrans("", "", "\u0000\u200b\u202e\u2066")  # removed before they get here; the parser drops some of them as well
# The one address of another site that a page may have: the application's, which the operator registered.
WAYS_BACK = {sample.context["view"]["return_url"] for sample in SAMPLES.values() if sample.template == "ended.html"} - {None}


def sentences() -> set[str]:
    found: set[str] = set()
    for template in TEMPLATES.glob("*.html"):
        source = BytesIO(template.read_bytes())
        found.update(str(message) for _, message, _, _ in extract("jinja2", source, options={"encoding": "utf-8", "silent": "false"}))
    for module in PAGES.glob("*.py"):
        found.update(str(message) for _, message, _, _ in extract("python", BytesIO(module.read_bytes())))
    return found


def test_every_sentence_is_written_in_japanese() -> None:
    japanese = {message.id: message for message in catalogue("ja") if message.id}
    assert sentences() - japanese.keys() == set()
    for sentence in sentences():
        assert japanese[sentence].string, sentence
        assert not japanese[sentence].fuzzy, sentence
        assert set(PLACEHOLDER.findall(sentence)) == set(PLACEHOLDER.findall(str(japanese[sentence].string))), sentence


def test_no_sentence_in_the_catalogue_is_left_over() -> None:
    assert {str(message.id) for message in catalogue("ja") if message.id} - sentences() == set()


class Page(HTMLParser):
    """The elements, attributes and text of a page, as a browser would separate them."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.in_data = self.in_style = False
        self.data = self.style = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.in_data = tag == "script"
        self.in_style = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self.in_data = self.in_data and tag != "script"
        self.in_style = self.in_style and tag != "style"

    def handle_data(self, data: str) -> None:
        if self.in_data:
            self.data += data
        elif self.in_style:
            self.style += data
        else:
            self.text += data


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
def test_nothing_inline_but_the_style(sample: Sample, lang: str) -> None:
    """Its digest stands in the security policy; another would not be used."""
    page = Page(render(sample, lang))
    assert page.style == (STATIC / "natsuin.css").read_text()
    for tag, attributes in page.elements:
        assert tag not in {"base", "object", "embed"}
        assert tag != "iframe" or attributes["sandbox"] == "allow-scripts"  # without an origin
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        if tag == "script":
            assert attributes.get("type") == "application/json" or str(attributes["src"]).startswith("/static/")
        for name in ("src", "href", "action"):
            address = attributes.get(name) or ""
            assert re.match(r"$|/(?!/)|\?lang=", address) or address in WAYS_BACK, f"{address} leaves this server"


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith("hostile")])
def test_hostile_text_stays_text(name: str) -> None:
    plain = {
        "ended-hostile": "approved",
        "add-hostile": "add-made",
        "history-hostile": "history",
        "approve-otp-hostile": "approve-otp-two",
    }.get(name, name.removesuffix("-hostile"))
    page = Page(render(SAMPLES[name], "en"))
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in Page(render(SAMPLES[plain], "en")).elements} | {
        "span",
        "details",
        "summary",
    }
    assert page.data.count("</script") == 0
    if name in ("approve-hostile", "inbox-hostile", "ended-hostile", "account-hostile", "entry-hostile"):
        for text in HOSTILE:
            assert text.translate(HIDDEN_CHARACTERS) in page.text.translate(HIDDEN_CHARACTERS)


@pytest.mark.parametrize(
    "name", ["approve-hostile", "inbox-hostile", "ended-hostile", "account-hostile", "history-hostile", "entry-hostile"]
)
def test_what_the_application_wrote_is_isolated(name: str) -> None:
    source = render(SAMPLES[name], "en")
    for text in ("alert(1)", "契約書"):
        outside = re.sub(r"<bdi[^>]*>.*?</bdi>|<script.*?</script>|<[^>]*>", "", source, flags=re.DOTALL)
        assert text not in outside


def test_a_document_without_a_name_gets_a_number() -> None:
    assert "文書 2" in render(SAMPLES["approve-unnamed"], "ja")
    assert "Document 2" in render(SAMPLES["approved-three"], "en")


def luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_contrast_is_aa(scheme: int) -> None:
    """WCAG 2.2 §1.4.3 and §1.4.11, for every pair of colours that meet."""
    block = re.findall(r":root \{(.*?)\}", (STATIC / "natsuin.css").read_text(), re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#\w{6})", block))
    text = [(ink, ground) for ink in ("ink", "ink-2") for ground in ("paper", "card", "wash")]
    text += [(f, f"{f}-wash") for f in ("ok", "warn", "stop")] + [("on-seal", "seal"), ("on-seal", "seal-press"), ("warn", "paper")]
    edges = [(edge, ground) for edge in ("edge", "seal") for ground in ("paper", "card")]
    for pairs, least in ((text, 4.5), (edges, 3.0)):
        for front, back in pairs:
            lighter, darker = sorted((luminance(colours[front]), luminance(colours[back])), reverse=True)
            assert (lighter + 0.05) / (darker + 0.05) >= least, (front, back)
