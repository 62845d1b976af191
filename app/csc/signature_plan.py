"""How a document is to be signed, in the words of `signDoc` (CSC 2.0 §11.11): format, level, envelope and properties; PAdES only."""

from typing import Literal

from app.csc.body import Body, decode_base64
from app.domain.preparation import Plan
from app.errors import BadParameter

FORMATS = ("C", "X", "P", "J")
LEVELS = {"ades-b-b": 0, "ades-b-t": 1, "ades-b-lt": 2, "ades-b-lta": 3}  # the standard writes Ades and AdES
Level = Literal["Ades-B-B", "Ades-B-T", "Ades-B-LT", "Ades-B-LTA"]
CONFORMANCE_LEVELS: tuple[Level, ...] = ("Ades-B-B", "Ades-B-T", "Ades-B-LT", "Ades-B-LTA")
B_T, B_LT, B_LTA = 1, 2, 3
CERTIFICATION: Literal["Certification"] = "Certification"
REVISION: Literal["Revision"] = "Revision"
PROPERTIES = ("Location", "Reason", "Name", "ContactInfo")
LONGEST_PROPERTY = 200


def read_format(body: Body) -> None:
    """Refuse every format but PAdES."""
    if body.text("signature_format") != "P":
        raise BadParameter("Invalid parameter signature_format")


def read_level(body: Body, *, timestamped: bool) -> int:
    """Give the level; what needs a timestamp is none where there is no authority for one."""
    given = body.optional_text("conformance_level", longest=20)
    level = LEVELS.get((given if given is not None else "Ades-B-B").lower())
    if level is None or (level >= B_T and not timestamped):
        raise BadParameter("Invalid parameter conformance_level")
    return level


def read_plan(body: Body) -> Plan:
    """Give envelope and properties, the standard's defaults where they are not given."""
    props: dict[str, str] = {}
    wrong = []
    for one in _properties(body):
        name, value = one.get("attribute_name"), one.get("attribute_value")
        decoded = decode_base64(value) if isinstance(value, str) else None
        text = decoded.decode(errors="replace") if decoded else ""
        if name in PROPERTIES and name not in props and text and len(text) <= LONGEST_PROPERTY and text.isprintable():
            props[name] = text
        else:
            wrong.append(str(name)[:100])
    if wrong:
        raise BadParameter(f"Invalid parameter signed_props ({', '.join(wrong)})")
    return Plan(read_envelope(body) == CERTIFICATION, props)


def read_envelope(body: Body) -> str:
    return body.choice("signed_envelope_property", (CERTIFICATION, REVISION), CERTIFICATION)


def names_of_properties(body: Body) -> list[str]:
    """List the properties that are named, whatever their values."""
    return [str(one.get("attribute_name"))[:100] for one in _properties(body)]


def _properties(body: Body) -> list[dict[str, object]]:
    try:
        return body.objects("signed_props")
    except BadParameter:
        raise BadParameter("Invalid parameter signed_props ()") from None
