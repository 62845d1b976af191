"""Why a job ended without a signature, in words for the person at the page: what happened, and what to do next."""

from demo.relying.config import ApplicationMissing
from demo.relying.words import Words
from natsuin import client

REFUSED = {
    "declined": Words(
        "署名者がこの依頼を断りました。内容を署名者と確かめてから、もう一度依頼してください。",
        "The signer declined. Talk the document over with the signer, then ask again.",
    ),
    "not_me": Words(
        "署名者は、この依頼に心当たりがないと答えました。宛先の署名者 ID が正しいか確かめてください。",
        "The signer did not expect this request. Check that the signer's ID is the right one.",
    ),
    "wrong_document": Words(
        "署名者は、文書が違うと答えました。正しい文書を選んで、もう一度依頼してください。",
        "The signer says that it is the wrong document. Choose the right one, and ask again.",
    ),
    "wrong_code": Words(
        "番号が続けて間違っていたため、依頼は終わりました。画面の番号を署名者に伝えて、もう一度依頼してください。",
        "The number was wrong too often, so the request ended. Ask again, and tell the signer the number on this screen.",
    ),
}
EXPIRED = Words(
    "時間内に承認されませんでした。署名者に知らせてから、もう一度依頼してください。",
    "Nobody approved in time. Let the signer know, then ask again.",
)
WITHDRAWN = Words(
    "この依頼は取り消されました。必要なら、もう一度依頼してください。",
    "The request was withdrawn. Ask again if it is still needed.",
)
UNKNOWN = Words(
    "署名が作られたかどうか、署名サービスにも確かめられませんでした。同じ承認で作り直されることはありません。もう一度依頼してください。",
    "Not even the signing service can tell whether a signature was made. The approval will not be used again. Please ask anew.",
)
LAPSED = Words(
    "承認されましたが、時間内に署名を受け取れませんでした。署名は付いていません。もう一度依頼してください。",
    "The signer approved, but the signatures were not fetched in time. Nothing was signed. Please ask again.",
)
SIGNED_BEFORE = Words(
    "署名サービスでは署名が作られましたが、受け取る前にこのアプリケーションが再起動したため、失われました。もう一度依頼してください。",
    "The service made the signatures, but this application was restarted before it had them. They are not given twice: please ask again.",
)
UNREACHABLE = Words(
    "署名サービスから応答がありません。動いていることを確かめてから、もう一度依頼してください。",
    "The signing service does not answer. Make sure that it is running, then ask again.",
)
MISSING = Words(
    "このアプリケーションは、署名サービスにまだ登録されていません。はじめの画面の案内に従ってください。",
    "This application is not registered with the signing service yet. The first page says how to do it.",
)
NOT_RECOGNIZED = Words(
    "署名サービスが、このアプリケーションの登録を認めませんでした。client.json を作り直してください。",
    "The signing service did not recognize this application. Make client.json anew.",
)
TOO_MANY = Words(
    "この署名者には、まだ答えていない依頼がほかにもあります。少し待ってから、もう一度依頼してください。",
    "This signer still has other requests to answer. Wait a moment, then ask again.",
)


PLAIN: dict[type[Exception], Words] = {
    client.Expired: EXPIRED,
    client.Cancelled: WITHDRAWN,
    client.Lapsed: LAPSED,
    client.AlreadySigned: SIGNED_BEFORE,
    client.OutcomeUnknown: UNKNOWN,
    client.Unreachable: UNREACHABLE,
    client.ApplicationRefused: NOT_RECOGNIZED,
}


class TooManyDocuments(Exception):
    """The signer's key signs fewer documents with one approval than were chosen."""

    def __init__(self, chosen: int, most: int) -> None:
        super().__init__(f"{chosen} documents, {most} at most")
        self.chosen, self.most = chosen, most


class Unsignable(Exception):
    """A document could not be prepared; the text is its name."""


Failure = client.ClientError | ApplicationMissing | TooManyDocuments | Unsignable


def explain(failure: Failure, user_id: str) -> Words:
    """Say what happened and what to do next."""
    match failure:
        case ApplicationMissing():
            return MISSING
        case TooManyDocuments(chosen=chosen, most=most):
            return Words(
                f"この署名者の鍵で一度に署名できる文書は {most} 件までですが、{chosen} 件あります。分けて依頼してください。",
                f"This signer's key signs up to {most} documents with one approval, and these are {chosen}. Ask in smaller groups.",
            )
        case Unsignable():
            return Words(
                f"「{failure}」は、署名の準備ができませんでした。もとのソフトウェアで保存し直してから、もう一度選んでください。",
                f"“{failure}” could not be prepared for a signature. Save it anew in the program that made it, then choose it again.",
            )
        case client.SignerRefused(reason=reason):
            return REFUSED.get(reason, REFUSED["declined"])
        case client.NoCredential():
            return _no_key(user_id)
        case client.Refused(description=description) if "userID" in description:
            return _no_key(user_id)
        case client.Refused(status=429):
            return TOO_MANY
        case client.Refused(error=error, description=description):
            said = f"{error}: {description}" if description else error
            return Words(
                f"署名サービスが依頼を受け付けませんでした（{said}）。", f"The signing service did not accept the request ({said})."
            )
    return PLAIN.get(type(failure)) or Words(
        f"署名サービスとのやり取りができませんでした（{failure}）。", f"It did not work out with the signing service: {failure}."
    )


def _no_key(user_id: str) -> Words:
    return Words(
        f"「{user_id}」という署名者の鍵が、署名サービスにありません。ID を確かめるか、先にスマートフォンの登録を済ませてください。",
        f"The signing service holds no key of a signer “{user_id}”. Check the ID, or have the signer register a phone first.",
    )


def surprise() -> Words:
    """What to say when we don't know either."""
    return Words(
        "このアプリケーションの中で問題が起きました。署名は付いていません。もう一度依頼してください。",
        "Something went wrong in this application. Nothing was signed for you to download. Please ask again.",
    )
