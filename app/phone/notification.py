"""
What a push says, in its reader's language: that something waits, that nothing does any more, that something happened, or that pushes come.

The same few sentences for everybody; the only thing that differs is an opaque id. The form is that of Declarative Web Push, which
Safari shows without a script; elsewhere static/service-worker.js shows it.
"""

import json

from app.phone.language import translations

WEB_PUSH = 8030  # says to Safari that this is a declarative message


def notification(kind: str, push_id: str, origin: str, language: str) -> bytes:
    """Compose a message: `kind` is one of those below; `push_id` names the push to us, and tells nobody else anything."""
    _ = translations(language).gettext
    sentence = {
        "request": _("You are asked to sign. Tap to see by whom."),
        "over": _("Nothing is to do any more: the request has ended."),
        "reported": _("A request was refused because it was not expected. Tap to see it."),
        "later": _("A request was put off. It waits on your start page."),
        "event": _("Something happened to your key. Tap to look at it."),
        "test": _("Notifications come to this phone."),
    }[kind]
    message = {
        "web_push": WEB_PUSH,
        "notification": {
            "title": "Natsuin",
            "body": sentence,
            "lang": language,
            "navigate": f"{origin}/push/{push_id}",
            "tag": push_id,
            "silent": kind in ("over", "later"),
        },
    }
    return json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode()
