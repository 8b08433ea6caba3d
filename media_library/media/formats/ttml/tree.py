"""TTML's XML as a small tree that knows its lines, read with document types and entities refused and depth bounded."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler, feature_namespaces
from xml.sax.xmlreader import AttributesNSImpl, Locator

from defusedxml import DefusedXmlException
from defusedxml.expatreader import create_parser

from media_library.media.formats.errors import InvalidCaptions
from media_library.media.formats.ttml.names import short

MAX_DEPTH = 64
_MAX_ELEMENTS = 400_000
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")


@dataclass(slots=True)
class Node:
    name: str
    line: int
    attributes: dict[str, str]
    children: list[Node | str] = field(default_factory=list)

    def get(self, name: str) -> str:
        return self.attributes.get(name, "")

    @property
    def elements(self) -> list[Node]:
        return [child for child in self.children if isinstance(child, Node)]

    @property
    def text(self) -> str:
        """All text below, for names and for what is told about a part that was left out."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    def size(self) -> int:
        """Characters and elements below: what it costs to read this."""
        return sum(len(child) if isinstance(child, str) else 1 + child.size() for child in self.children)


class _Builder(ContentHandler):
    def __init__(self, locator: Locator) -> None:
        super().__init__()
        self.root: Node | None = None
        self.open: list[Node] = []
        self.count = 0
        self.locator = locator

    @property
    def line(self) -> int:
        return self.locator.getLineNumber() or 0

    def startElementNS(  # noqa: N802 - SAX's name
        self, name: tuple[str | None, str], _qname: str | None, attrs: AttributesNSImpl
    ) -> None:
        self.count += 1
        if len(self.open) >= MAX_DEPTH:
            raise InvalidCaptions(self.line, f"elements are nested more than {MAX_DEPTH} deep")
        if self.count > _MAX_ELEMENTS:
            raise InvalidCaptions(self.line, f"the file has more than {_MAX_ELEMENTS:,} elements")
        values: dict[str, str] = {short(*key, bare=""): value for key, value in attrs.items()}
        node = Node(short(*name, bare="tt:"), self.line, values)
        if self.open:
            self.open[-1].children.append(node)
        else:
            self.root = node
        self.open.append(node)

    def endElementNS(self, _name: tuple[str | None, str], _qname: str | None) -> None:  # noqa: N802 - SAX's name
        self.open.pop()

    def characters(self, content: str) -> None:
        if self.open:
            children = self.open[-1].children
            children.append(content)


def parse(text: str) -> Node:
    """The root element."""
    # The text is decoded already; what its declaration says about bytes no longer holds, and the line count must.
    text = _DECLARATION.sub(lambda found: "\n" * found[0].count("\n"), text)
    parser: Any = create_parser(forbid_dtd=True)
    builder = _Builder(parser)
    parser.setFeature(feature_namespaces, True)
    parser.setContentHandler(builder)
    try:
        parser.feed(text)
        parser.close()
    except DefusedXmlException as error:
        raise InvalidCaptions(builder.line, "a document type or entity is not allowed in captions") from error
    except SAXParseException as error:
        raise InvalidCaptions(error.getLineNumber() or 1, "the XML breaks off or is damaged here") from error
    except (SAXException, ValueError) as error:
        raise InvalidCaptions(builder.line, "the XML is damaged") from error
    if builder.root is None:
        raise InvalidCaptions(1, "the file is not whole XML")
    return builder.root
