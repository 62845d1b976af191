"""What a device is called before its owner calls it something else: plain words for what the browser says of itself (User-Agent)."""

from starlette.requests import Request

from app.phone.language import language_of, translations


def device_name(request: Request) -> str:
    """Say what this device is, in its owner's language."""
    _ = translations(language_of(request)).gettext
    agent = request.headers.get("user-agent", "")
    if "Android" in agent and "Mobile" not in agent:
        return _("Android tablet")
    known = (
        ("iPhone", _("iPhone")),
        ("iPad", _("iPad")),
        ("Android", _("Android phone")),
        ("CrOS", _("Chromebook")),
        ("Windows", _("Windows PC")),
        ("Macintosh", _("Mac")),
        ("Linux", _("Linux PC")),
    )
    return next((name for sign, name in known if sign in agent), _("Device"))
