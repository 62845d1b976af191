"""
The XML of a PSKC file, read without anything that XML can do beyond elements, attributes and text.

A document type is refused as it begins, so that there are no entities and nothing external; all is UTF-8, whatever the file says of itself.
Elements that nobody here knows are refused by who reads them, never passed over.
"""

import base64
import re
from xml.parsers import expat

from hsm.errors import SeedsRefused

PSKC = "urn:ietf:params:xml:ns:keyprov:pskc"
MAX_DEPTH = 30

_SPACE = re.compile("[ \t\r\n]+")


class Node:
    """An element: its name as `namespace}local`, its attributes, its children, and the pieces of text directly in it."""

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name, self.attributes = name, attributes
        self.children: list[Node] = []
        self.texts: list[str] = []

    @property
    def local(self) -> str:
        return self.name.rpartition("}")[2]

    def only(self, *names: str) -> "Node":
        """Refuse children that are not among these names; give the element itself. A name without namespace is one of PSKC's."""
        known = {_full(name) for name in names}
        if any(child.name not in known for child in self.children):
            raise SeedsRefused(f"something in {self.local} that is not known here")
        return self

    def all(self, name: str) -> "list[Node]":
        return [child for child in self.children if child.name == _full(name)]

    def optional(self, name: str) -> "Node | None":
        """Give the child of this name, if there is one; raises SeedsRefused where there are several."""
        found = self.all(name)
        if len(found) > 1:
            raise SeedsRefused(f"more than one {found[0].local} in {self.local}")
        return found[0] if found else None

    def one(self, name: str) -> "Node":
        """Give the child of this name; raises SeedsRefused where there is not exactly one."""
        found = self.optional(name)
        if found is None:
            raise SeedsRefused(f"no {name.rpartition('}')[2]} in {self.local}")
        return found

    def value(self) -> str:
        """Give its text, without the white space around; raises SeedsRefused where elements are in it too."""
        self.only()
        return "".join(self.texts).strip(" \t\r\n")

    def octets(self) -> bytes:
        """Read its text as xs:base64Binary; raises SeedsRefused."""
        try:
            return base64.b64decode(_SPACE.sub("", self.value()), validate=True)
        except ValueError:
            raise SeedsRefused(f"{self.local} is not base64") from None

    def number(self) -> int:
        """Read its text as a whole number of at most ten digits; raises SeedsRefused."""
        if not re.fullmatch("[0-9]{1,10}", self.value()):
            raise SeedsRefused(f"{self.local} is not a number")
        return int(self.value())


def parse_xml(raw: bytes) -> Node:
    """Read a document and give its root; raises SeedsRefused where it is not well-formed, has a document type, or is too deep."""
    try:
        document = raw.decode()
    except UnicodeDecodeError:
        raise SeedsRefused("not UTF-8") from None
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    path = [Node("", {})]

    def begin(name: str, attributes: dict[str, str]) -> None:
        if len(path) > MAX_DEPTH:
            raise SeedsRefused(f"elements more than {MAX_DEPTH} deep")
        path.append(Node(name, attributes))
        path[-2].children.append(path[-1])

    def refuse(*_: object) -> None:
        raise SeedsRefused("a document type, which no PSKC file has")

    parser.StartElementHandler = begin
    parser.EndElementHandler = lambda _: path.pop()
    parser.CharacterDataHandler = lambda data: path[-1].texts.append(data)
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(document, True)  # told so, expat asks neither the document nor a byte order mark for its encoding
    except expat.ExpatError as error:
        raise SeedsRefused(f"line {error.lineno}: not well-formed XML") from None
    return path[0].children[0]


def _full(name: str) -> str:
    return name if "}" in name else f"{PSKC}}}{name}"
