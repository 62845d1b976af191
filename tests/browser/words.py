"""The words that the tests look for on the pages, in both languages, as a person reads them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """One language; `locale` is what the browser asks for."""

    locale: str
    register: str
    registered: str
    next: str
    sign_in: str
    approve: str
    decline: str
    ask: str
    unexpected: str
    go_on: str
    second_way: str
    later: str
    receipt: str
    asked: str
    inbox: str
    nothing: str
    approved: str
    signed: str
    declined: str
    reported: str
    call_it: str
    add_this: str
    go_back: str
    is_it_yours: str
    add: str
    do_not_add: str
    added: str
    this_added: str
    remove_ask: str
    remove: str
    account: str
    pause: str
    pause_hour: str
    paused: str
    use_again: str
    in_use: str
    destroy_ask: str
    destroy: str
    destroyed: str
    history: str
    turn_on: str
    is_on: str


ENGLISH = Words(
    locale="en-US",
    register="Register this phone",
    registered="This phone is registered",
    next="Next",
    sign_in="Sign in",
    approve="Approve",
    decline="Decline",
    ask="I did not expect this",
    unexpected="Refuse and report",
    go_on="Go on",
    second_way="If your phone is lost or broken",
    later="Later, I know the risk",
    receipt="The receipt for your certificate",
    asked="You are asked to sign",
    inbox="Waiting for you",
    nothing="Nothing is waiting",
    approved="Approved",
    signed="Signed",
    declined="Declined",
    reported="Refused and reported",
    call_it="What shall this device be called?",
    add_this="Add this device",
    go_back="Now go back to your other device",
    is_it_yours="Is this your new device?",
    add="Add",
    do_not_add="Do not add",
    added="The device is added",
    this_added="This device is added",
    remove_ask="Remove…",
    remove="Remove it",
    account="Key and devices",
    pause="Pause my key",
    pause_hour="Pause for one hour",
    paused="Your key is paused",
    use_again="Use it again",
    in_use="Your key is in use",
    destroy_ask="Destroy the key…",
    destroy="Destroy it for good",
    destroyed="The key is destroyed",
    history="History",
    turn_on="Turn on notifications",
    is_on="On for this phone",
)
JAPANESE = Words(
    locale="ja-JP",
    register="このスマートフォンを登録する",
    registered="登録が完了しました",
    next="次へ",
    sign_in="サインイン",
    approve="承認する",
    decline="拒否する",
    ask="心当たりがない場合",
    unexpected="拒否して報告する",
    go_on="続ける",
    second_way="スマートフォンをなくしたり、壊れたりしたときのために",
    later="あとで（危険は理解しました）",
    receipt="電子証明書の受領書",
    asked="署名を求められています",
    inbox="承認待ちの依頼",
    nothing="承認待ちの依頼はありません",
    approved="承認しました",
    signed="署名が完了しました",
    declined="拒否しました",
    reported="拒否して報告しました",
    call_it="この端末の呼び名",
    add_this="この端末を追加する",
    go_back="もとの端末に戻ってください",
    is_it_yours="あなたの新しい端末ですか",
    add="追加する",
    do_not_add="追加しない",
    added="端末を追加しました",
    this_added="この端末を追加しました",
    remove_ask="外す…",
    remove="外す",
    account="鍵と端末",
    pause="鍵を止める",
    pause_hour="1時間止める",
    paused="鍵を止めています",
    use_again="ふたたび使う",
    in_use="鍵は使用中です",
    destroy_ask="鍵を廃棄する…",
    destroy="廃棄する（元に戻せません）",
    destroyed="鍵を廃棄しました",
    history="履歴",
    turn_on="通知をオンにする",
    is_on="このスマートフォンではオンです",
)
