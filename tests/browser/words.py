"""The words that the tests look for on the pages, in both languages, as a person reads them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One language; `locale` is what the browser asks for."""

    locale: str
    register: str
    registered: str
    sign_in: str
    approve: str
    decline: str
    ask: str
    unexpected: str
    see_waiting: str
    asked: str
    inbox: str
    nothing: str
    approved: str
    signed: str
    declined: str
    reported: str


ENGLISH = Words(
    locale="en-US",
    register="Register this phone",
    registered="This phone is registered",
    sign_in="Sign in",
    approve="Approve",
    decline="Decline",
    ask="I did not expect this",
    unexpected="Refuse and report",
    see_waiting="See what waits for you",
    asked="You are asked to sign",
    inbox="Waiting for you",
    nothing="Nothing is waiting",
    approved="Approved",
    signed="Signed",
    declined="Declined",
    reported="Refused and reported",
)
JAPANESE = Words(
    locale="ja-JP",
    register="このスマートフォンを登録する",
    registered="登録が完了しました",
    sign_in="サインイン",
    approve="承認する",
    decline="拒否する",
    ask="心当たりがない場合",
    unexpected="拒否して報告する",
    see_waiting="承認待ちの依頼を見る",
    asked="署名を求められています",
    inbox="承認待ちの依頼",
    nothing="承認待ちの依頼はありません",
    approved="承認しました",
    signed="署名が完了しました",
    declined="拒否しました",
    reported="拒否して報告しました",
)
