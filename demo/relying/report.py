"""
The report on one signed document, for a person: a sentence, what is known of each signature, and what is doubtful.

It says what the validators found (`demo.validate`), in order, and adds no judgement of its own but where they disagree.
"""

from datetime import datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from demo.relying.jobs import JobDocument
from demo.relying.words import Words
from demo.validate import Facts

JAPAN = ZoneInfo("Asia/Tokyo")
Mark = Literal["good", "note", "bad"]
Standing = Literal["valid", "invalid", "unvalidated"]

SINCE: dict[str, tuple[Mark, Words]] = {
    "nothing": ("good", Words("署名のあと、変更されていません。", "Unchanged since it was signed.")),
    "permitted": (
        "good",
        Words(
            "署名のあとに加わったのは、ほかの署名など、許された更新だけです。",
            "Only permitted updates, such as another signature, came after it.",
        ),
    ),
    "forbidden": (
        "bad",
        Words("署名のあとに、許されていない変更が加わっています。", "Changes that are not permitted were made after it was signed."),
    ),
    "broken": ("bad", Words("内容が、署名されたものと一致しません。", "The content is not what was signed.")),
}


class Row(NamedTuple):
    """One fact: what it is about, how it weighs, and what is so."""

    name: Words
    mark: Mark
    words: Words


class Report(NamedTuple):
    """What the page shows of one document."""

    standing: Standing
    sentence: Words
    signatures: tuple[tuple[Row, ...], ...]  # the newest first
    doubts: tuple[Words, ...]


def report_on(document: JobDocument) -> Report:
    """Put together what is known."""
    accepted = [verdict.accepted for verdict in document.verdicts]
    standing: Standing = "unvalidated" if not accepted else "valid" if all(accepted) else "invalid"
    known = next((verdict.signatures for verdict in document.verdicts if verdict.signatures), ())
    return Report(
        standing,
        _sentence(standing, known[-1] if known else None),
        tuple(_rows(facts) for facts in reversed(known)),
        tuple(_doubts(document, known[-1] if known else None)),
    )


def _sentence(standing: Standing, facts: Facts | None) -> Words:
    if standing == "unvalidated":
        return Words(
            "署名は付いていますが、まだ検証できていません。検証するまで、有効なものとして扱わないでください。",
            "It is signed, and could not be validated. Do not treat the signature as valid before it has been.",
        )
    if standing == "invalid" or facts is None:
        return Words("この署名を使わないでください。理由は下にあります。", "Do not rely on this signature. The reasons are below.")
    time = facts.timestamp.time if facts.timestamp is not None else facts.claimed
    when = written(time) if time is not None else None
    return Words(
        f"{facts.signer} さんが{f' {when.ja}に' if when else ''}署名し、そのあと変更されていない文書です。",
        f"Signed by {facts.signer}{f' on {when.en}' if when else ''}, and unchanged since.",
    )


def _rows(facts: Facts) -> tuple[Row, ...]:
    start, end = written(facts.valid_from, with_time=False), written(facts.valid_until, with_time=False)
    return (
        Row(Words("署名者", "Signed by"), "note", Words(facts.signer, facts.signer)),
        Row(Words("署名した日時", "When"), *_when(facts)),
        Row(Words("文書", "The document"), *SINCE[facts.since]),
        Row(
            Words("証明書", "Certificate"),
            "note",
            Words(
                f"シリアル番号 {facts.serial}、有効期間 {start.ja}から{end.ja}まで",
                f"serial number {facts.serial}, valid from {start.en} to {end.en}",
            ),
        ),
        Row(Words("認証局", "Issued by"), *_issuer(facts)),
        Row(Words("失効", "Revocation"), *_revocation(facts)),
        Row(Words("タイムスタンプ", "Time-stamp"), *_timestamp(facts)),
    )


def _when(facts: Facts) -> tuple[Mark, Words]:
    if facts.claimed is None:
        return "note", Words("ファイルに書かれていません。", "The file does not say.")
    when = written(facts.claimed)
    return "note", Words(
        f"{when.ja}。署名を付けたコンピューターの時計によります。", f"{when.en}, by the clock of the computer that put it in"
    )


def _issuer(facts: Facts) -> tuple[Mark, Words]:
    if facts.is_trusted:
        return "good", Words(f"{facts.issuer}（信頼する認証局）", f"{facts.issuer} (a trusted CA)")
    if facts.is_revoked:
        return "note", Words(facts.issuer, facts.issuer)
    return "bad", Words(f"{facts.issuer}（信頼を確かめられません）", f"{facts.issuer} (trust could not be established)")


def _revocation(facts: Facts) -> tuple[Mark, Words]:
    if facts.is_revoked:
        return "bad", Words("証明書は失効しています。", "The certificate has been revoked.")
    if facts.revocation_known is None:
        return "note", Words("確認できませんでした。", "It could not be checked.")
    when = written(facts.revocation_known)
    return "good", Words(f"失効していません。失効リストの日時は {when.ja}。", f"Not revoked, by the list of {when.en}.")


def _timestamp(facts: Facts) -> tuple[Mark, Words]:
    if facts.timestamp is None:
        return "note", Words("ありません。", "None.")
    when = written(facts.timestamp.time)
    words = Words(f"{when.ja}、{facts.timestamp.authority}", f"{when.en}, {facts.timestamp.authority}")
    if facts.timestamp.is_trusted:
        return "good", words
    return "note", Words(f"{words.ja}（信頼を確かめられません）", f"{words.en} (trust could not be established)")


def _doubts(document: JobDocument, facts: Facts | None) -> list[Words]:
    doubts = []
    accepted = {verdict.accepted for verdict in document.verdicts}
    if accepted == {True, False}:
        doubts.append(Words("検証プログラムの判定が分かれています。", "The validators disagree."))
    if document.unvalidated:
        doubts.append(Words(f"検証できなかったもの：{document.unvalidated}", f"Could not be validated: {document.unvalidated}"))
    if facts is None:
        return doubts
    if facts.revocation_known is None and not facts.is_revoked:
        doubts.append(
            Words(
                "認証局の失効リストを取得できず、証明書が失効していないかどうかは確かめていません。",
                "Whether the certificate has been revoked is not known: the CA's list could not be had.",
            )
        )
    if facts.timestamp is None or not facts.timestamp.is_trusted:
        end = written(facts.valid_until, with_time=False)
        doubts.append(
            Words(
                f"日時を第三者が証明していません。証明書の期限（{end.ja}）のあとは、期限の前に署名されたことを示せません。",
                f"No third party vouches for the time. When the certificate has ended ({end.en}), nothing shows that it was signed before.",
            )
        )
    return doubts


def written(unix: float, *, with_time: bool = True) -> Words:
    """Write a time as people in Japan do, and as others read it."""
    local = datetime.fromtimestamp(unix, JAPAN)
    clock = f"{local:%H:%M:%S}"
    ja, en = f"{local.year}年{local.month}月{local.day}日", f"{local:%-d %B %Y}"
    return Words(f"{ja} {clock}（日本時間）", f"{en}, {clock} (Japan time)") if with_time else Words(ja, en)
