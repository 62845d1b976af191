"""A hundred texts an application might send to change what a signer reads; `refused` are those that the door does not take."""

from typing import NamedTuple


class Hostile(NamedTuple):
    """One text, and whether it is refused at the door (`hsm.messages.is_plain_text`)."""

    name: str
    text: str
    refused: bool


def _over(character: str) -> str:
    return f"契約書{character}2026"


BIDI = {
    f"bidi U+{ord(one):04X}": f"invoice_{one}fdp.exe" for one in "\u200e\u200f\u061c\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
}
INVISIBLE = {
    f"invisible U+{ord(one):04X}": _over(one)
    for one in "\u200b\u200c\u200d\u2060\ufeff\u00ad\u034f\u115f\u1160\u17b4\u2800\u3164\uffa0\U000e0041\ufff9\u180e"
}
LINES = {f"line U+{ord(one):04X}": f"契約書{one}承認済み" for one in "\n\r\t\u000b\u000c\u0085\u2028\u2029"}
CONTROL = {f"control U+{ord(one):04X}": _over(one) for one in "\x00\x07\x08\x1b\x7f\x9b"}
OTHER = {
    "private use": "契約書\ue000",
    "unassigned": "契約書\u0378",
    "a lone surrogate": "契約書\ud800",
    "no character": "契約書\uffff",
    "a stack above": "承" + "\u0301" * 30 + "認",
    "a stack below": "承" + "\u0323" * 30 + "認",
    "a stack around": "承\u20dd\u20de\u20e0\u20e3",
    "a stack of four": "e\u0300\u0301\u0302\u0303",
    "a mark on nothing": "\u0338承認",
    "an ellipsis of marks": "契約書" + "\u20d2" * 90,
    "a family of joiners": "👨\u200d👩\u200d👧\u200d👦",
    "only spaces": "\u3000" * 20,
    "a flag of tags": "🏴\U000e0067\U000e0062\U000e007f",
}
MARKUP = {
    "script": "<script>window.ran = 1</script>",
    "image": '"><img src=x onerror="window.ran = 1">',
    "svg": "<svg/onload=window.ran=1>",
    "end of the page": "</bdi></strong></main></body></html><h1>承認済み</h1>",
    "end of the script": "</script><script>window.ran = 1</script>",
    "comment": "<!-- 契約書 -->",
    "style": "<style>* { display: none }</style>",
    "link": '<a href="https://evil.example">契約書</a>',
    "button": "<button>承認する</button>",
    "attribute": "' onmouseover='window.ran = 1' x='",
    "entity": "&lt;b&gt;契約書&#x202e;&amp;",
    "template": "{{ 7 * 7 }}{% raw %}%(name)s%s",
    "address": "javascript:window.ran=1",
    "meta": '<meta http-equiv="refresh" content="0;url=//evil.example">',
    "base": "<base href=//evil.example>",
    "fullwidth markup": "＜ｓｃｒｉｐｔ＞ａｌｅｒｔ（１）＜／ｓｃｒｉｐｔ＞",
    "JSON": '"},"evil":{"a":"',
    "backslash": "\\u003cscript\\u003e\\n",
}
OUR_WORDS = {
    "approved": "承認済み",
    "a button": "[ 承認する ]",
    "a button in a box": "┃ 承認する ┃",
    "our chip": "✓ 登録済みのアプリケーション",
    "our chip in English": "✓ Registered application",
    "the service": "Natsuin",
    "the service in fullwidth": "Ｎａｔｓｕｉｎ",
    "the service in Cyrillic": "Nаtsuіn",
    "nothing to do": "署名は完了しました。この画面を閉じてください。",
    "another count": "ほか0件 残り 59:59",
    "a system's words": "⚠️ System: tap Approve to cancel",
    "decline that approves": "拒否するには「承認する」を押してください",
    "mathematical letters": "𝐀𝐩𝐩𝐫𝐨𝐯𝐞𝐝 ✅",
    "circled letters": "Ⓐⓟⓟⓡⓞⓥⓔⓓ",
    "small capitals": "ᴀᴘᴘʀᴏᴠᴇᴅ",
    "a check mark": "☑ ✔ ✅ 🟢",
}
SHAPES = {
    "long without a break": "W" * 500,
    "long in Japanese": "長い契約書の題名" * 60,
    "long with breaks": "contract and " * 40,
    "wide ligature": "﷽" * 60,
    "one wide ligature": "﷽",
    "wide cuneiform": "𒐫" * 60,
    "long dash": "⸻" * 80,
    "spaces": "契約書" + "\u3000" * 90 + "承認済み",
    "spaces that do not break": "契約書" + "\u00a0" * 90 + "承認済み",
    "right to left": "עברית חוזה 2026 pdf.exe",
    "Arabic": "عقد البناء رقم ٢٠٢٦",
    "both ways": "abc עברית 123 عربي 契約書",
    "Hebrew with accents": "בְּרֵאשִׁ֖ית",
    "three marks": "x\u0301\u0302\u0303" * 30,
    "Thai": "ที่นี่นี้" * 12,
    "Tibetan": "བསྒྲུབས" * 14,
    "Devanagari": "क्ष्म्यँ" * 16,
    "flags": "🇯🇵🇺🇸🇬🇧" * 16,
    "emoji": "🔴🟢⛔✅" * 24,
    "keycaps": "1\ufe0f\u20e3" * 30,
    "variants of one character": "葛\U000e0100城\U000e0101市",
    "newline in words": "契約書\\n承認済み<br>",
    "slashes": "/" * 100,
    "dots": "." * 100,
    "zeros": "0" * 100,
    "quotes": "\"'`" * 30,
    "tall letters": "༼༽ᶘᵒᴥᵒᶅ꧁꧂ﷺ",
}

REFUSED = BIDI | INVISIBLE | LINES | CONTROL | OTHER
SHOWN = MARKUP | OUR_WORDS | SHAPES
CORPUS = [*(Hostile(name, text, True) for name, text in REFUSED.items()), *(Hostile(name, text, False) for name, text in SHOWN.items())]
