# SPDX-License-Identifier: Apache-2.0
"""XML as lists have it: one record after the other, no DTD, no entities, everything bounded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

from skontro.gate.lists.parts import words
from skontro.gate.lists.source import (
    MOST_DEPTH,
    MOST_FIELD,
    MOST_OF_ONE,
    Reading,
    refuse,
    too_large,
)

_ENCODINGS = (None, "utf-8", "utf8", "us-ascii", "ascii")
_CUT = (
    expat.errors.XML_ERROR_NO_ELEMENTS,
    expat.errors.XML_ERROR_UNCLOSED_TOKEN,
    expat.errors.XML_ERROR_PARTIAL_CHAR,
    expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
)


@dataclass(slots=True)
class Node:
    """An element without its namespace.

    Attributes:
        tag: Its name.
        attributes: Its attributes.
        pieces: Its own text, in pieces.
        children: What stands in it.
    """

    tag: str
    attributes: dict[str, str]
    pieces: list[str] = field(default_factory=list)
    children: list[Node] = field(default_factory=list)

    @property
    def own(self) -> str:
        """Its own text with single spaces."""
        return words("".join(self.pieces))

    def all(self, *path: str) -> Iterator[Node]:
        """Yield what stands below it by tags."""
        tag, *rest = path
        for child in self.children:
            if child.tag == tag:
                if rest:
                    yield from child.all(*rest)
                else:
                    yield child

    def text(self, *path: str) -> str:
        """Return the text of the first element below it by tags; empty if there is none."""
        for found in self.all(*path):
            if found.own:
                return found.own
        return ""

    def texts(self, *path: str) -> list[str]:
        """Return the texts of the elements below it by tags that have any."""
        return [found.own for found in self.all(*path) if found.own]


class Records:
    """The records of an XML list.

    Attributes:
        root: The outermost element, without what stands in it.
        seen: Tags right below the outermost, and below those.

    Args:
        reading: The bytes.
        tags: Elements that are records, wherever they stand.
    """

    def __init__(self, reading: Reading, tags: tuple[str, ...]) -> None:
        self.root = Node("", {})
        self.seen = set[str]()
        self._reading = reading
        self._tags = tags
        self._open = list[Node]()
        self._depth = 0
        self._size = 0
        self._found = list[Node]()
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._refused
        parser.EntityDeclHandler = self._refused
        parser.ExternalEntityRefHandler = self._refused
        parser.SkippedEntityHandler = self._refused
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text
        self._parser = parser

    def __iter__(self) -> Iterator[Node]:
        """Yield the records, in order.

        Raises:
            ListRefused: It is cut off, no XML, has a DTD, or is past a bound.
        """
        name = self._reading.name
        silent = 0
        try:
            for chunk in self._reading.chunks():
                silent = 0 if b">" in chunk else silent + len(chunk)
                if silent > MOST_OF_ONE:
                    raise too_large(f"a tag of {name}")
                self._parser.Parse(chunk, False)
                yield from self._take()
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            text = expat.errors.messages.get(error.code, str(error))
            if text in _CUT:
                raise refuse("ListTruncated", f"{name} ends in the middle") from None
            raise refuse("ListUnreadable", f"{name}, line {error.lineno}: {text}") from None
        yield from self._take()

    def _take(self) -> Iterator[Node]:
        found, self._found = self._found, []
        yield from found

    def _declared(self, _version: str, encoding: str | None, _standalone: int) -> None:
        if (encoding.casefold() if encoding else None) not in _ENCODINGS:
            raise refuse("ListEncoding", f"{self._reading.name} says it is {encoding!r:.40}")

    def _refused(self, *_what: object) -> int:
        raise refuse("ListXml", f"{self._reading.name} has a document type or entities")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition("}")[2]
        self._depth += 1
        if self._depth > MOST_DEPTH:
            raise too_large(f"elements of {self._reading.name} within each other")
        kept = {name.rpartition("}")[2]: value for name, value in attributes.items()}
        self._bound(len(tag) + sum(map(len, attributes.values())) + 64)
        if self._depth == 1:
            self.root = Node(tag, kept)
        elif self._depth <= 3 and not self._open:
            self.seen.add(tag)
        if self._open or tag in self._tags:
            if not self._open:
                self._size = 0
            node = Node(tag, kept)
            if self._open:
                self._open[-1].children.append(node)
            self._open.append(node)

    def _end(self, _tag: str) -> None:
        self._depth -= 1
        if not self._open:
            return
        node = self._open.pop()
        if sum(map(len, node.pieces)) > MOST_FIELD:
            raise too_large(f"a text of {self._reading.name}")
        if not self._open:
            self._found.append(node)

    def _text(self, text: str) -> None:
        if self._open:
            self._bound(len(text))
            self._open[-1].pieces.append(text)

    def _bound(self, count: int) -> None:
        if self._open:
            self._size += count
            if self._size > MOST_OF_ONE:
                raise too_large(f"an entry of {self._reading.name}")
