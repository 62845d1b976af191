"""
The file that a signer gets: its parts as JSON, and a PDF for people with that JSON attached inside.

What counts is the JSON; the PDF repeats it in words. Nothing is decided here.
"""

from io import BytesIO

import msgspec
from msgspec import Raw, Struct
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.pdf_utils.reader import PdfFileReader

from app.errors import StatementRefused
from app.paper import Paper, date_en, date_ja, grouped, time_of_day
from app.statement.entries import Line
from hsm.messages import Statement

ATTACHMENT = "statement.json"
PDF_MAGIC = b"%PDF"
STATES = {
    "signed": "署名した / Signed",
    "approved": "承認した（署名には使われていない） / Approved, not used for a signature",
    "unknown": "結果不明 / Outcome unknown",
    "declined": "拒否した / Declined",
    "not_me": "心当たりがないと報告した / Refused as not expected",
    "wrong_document": "文書が違うとして拒否した / Refused as the wrong document",
    "wrong_code": "番号または符号の誤りで終了 / Ended by wrong codes",
    "expired": "時間切れ / Time ran out",
    "cancelled": "取り下げられた / Withdrawn",
}
CHANGES = {
    "add_passkey": "端末を追加した / Device added",
    "remove_passkey": "端末を外した / Device removed",
    "unfreeze": "鍵をふたたび使えるようにした / Key in use again",
    "destroy": "鍵を廃棄した / Key destroyed",
}
PROOFS = {
    "passkey": "パスキーを検証済み / Passkey verified",
    "otp": "PIN と符号（後から検証不可） / PIN and code, not verifiable later",
}


class Parts(Struct, forbid_unknown_fields=True):
    """The parts of one statement in their order, each as the SAM signed it; `next` is where the next file begins, null at the end."""

    parts: list[Raw]
    next: int | None = None


def as_json(parts: list[bytes], following: int | None) -> bytes:
    """Put the parts into one file."""
    return msgspec.json.encode(Parts([Raw(part) for part in parts], following))


def parts_of(content: bytes) -> list[bytes]:
    """Take the parts out of a file, PDF or JSON; raises StatementRefused."""
    try:
        file = _attachment(content) if content.startswith(PDF_MAGIC) else content
        return [bytes(part) for part in msgspec.json.decode(file, type=Parts).parts]
    except (PdfError, ValueError, KeyError, IndexError) as error:
        raise StatementRefused(f"there is no statement in this file ({type(error).__name__})") from None


def as_pdf(
    statements: list[Statement], lines: list[Line], attached: bytes, *, name: str, service: str, key_sha256: str, more: str
) -> bytes:
    """Write it for people; `more` is the address of the next file, where there is one. Raises FontsMissing."""
    newest = statements[-1]
    made = newest.made
    paper = Paper("署名の記録 / Statement of approvals", author=service, subject="署名と承認の記録 / Signatures and approvals", now=made)
    paper.heading("署名の記録", "Statement of your approvals", (date_ja(made), date_en(made)))
    paper.sentence(
        "あなたの鍵について|求められた署名と、|その結果の|一覧です。|署名モジュールの|ジャーナルから|作成しました。",
        "Every signature that was asked of your key, and how it ended, from the journal of the signing module.",
    )
    shown = sum(len(one.entries) for one in statements)
    rows = [
        ("署名者", "Signer", [name]),
        ("署名サービス", "Service", [service]),
        ("作成日時", "Made", [f"{date_ja(made)} {time_of_day(made)}（日本標準時）", f"{date_en(made)}, {time_of_day(made)} JST (UTC+9)"]),
        ("登録の番号", "Enrolment", [newest.enrollment_id]),
        ("ジャーナル", "Journal", [f"{newest.tree.size} 件 / entries", *grouped(newest.tree.root_sha256)]),
        ("この書類の範囲", "In this file", [f"{statements[0].first + 1}–{statements[0].first + shown} / {newest.total}"]),
        ("検証用の鍵の指紋", "Fingerprint of the key that signed this", grouped(key_sha256)),
    ]
    if more:
        rows.append(("続き", "Continued at", [more]))
    paper.facts(rows)
    paper.section("一覧", "List")
    paper.facts([_row(line) for line in lines])
    paper.sentence(
        "添付の statement.json が|正式な記録です。|電子署名が付き、|natsuin statement verify で|検証できます。",
        "What counts is the attached statement.json. It is signed, and `natsuin statement verify` checks it without asking this service.",
        10.5,
    )
    paper.attach(ATTACHMENT, attached, "Signed statement (JWS, RFC 7515)")
    return paper.output()


def _row(line: Line) -> tuple[str, str, list[str]]:
    what = CHANGES.get(line.kind, line.kind) if line.kind != "signature" else STATES.get(line.reason or line.state, line.state)
    lines = [what, *(text for text in (line.application, line.description) if text), *(f"・{label}" for label in line.documents if label)]
    if line.proof:
        lines.append(PROOFS.get(line.proof, line.proof))
    return f"{date_ja(line.at)} {time_of_day(line.at)}", line.id, lines


def _attachment(pdf: bytes) -> bytes:
    names = PdfFileReader(BytesIO(pdf)).root["/Names"]["/EmbeddedFiles"]["/Names"]
    for place in range(0, len(names), 2):
        if str(names[place]) == ATTACHMENT or str(names[place + 1].get_object()["/F"]) == ATTACHMENT:
            return bytes(names[place + 1].get_object()["/EF"]["/F"].get_object().data)
    raise KeyError(ATTACHMENT)
