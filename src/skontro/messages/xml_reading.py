# SPDX-License-Identifier: Apache-2.0
"""XML from strangers: no document type, no entities, nothing fetched, everything bounded.

Two forms. :func:`read_xml` gives the whole tree of a document that fits into memory;
:func:`stream_xml` gives one record after the other of a document that need not. What is refused
raises :class:`~skontro.core.errors.XmlRefused`, whose message begins with the file and the line.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from skontro.core.errors import NoSuchFile, XmlRefused
from skontro.core.money import shorten

Element = Any
"""An element of the parser's tree: lxml is imported only when something is read."""

MOST_WHOLE = 16 * 2**20
"""Bytes of a document that is read whole, unless the caller says otherwise."""
MOST_STREAMED = 512 * 2**20
"""Bytes of a document that is read record by record, unless the caller says otherwise."""
MOST_TREE = 120 * 2**20
"""Bytes the tree of a whole document may take, as estimated before it is built."""
MOST_RECORD = 24 * 2**20
"""Bytes the tree of what lies between two records of a stream may take, as estimated."""

_PROLOG = 64 * 2**10
_CHUNK = 64 * 2**10
_NODE = 200  # bytes an element, its end, a text or an attribute takes in a tree, at most
_ENCODINGS = frozenset(
    {"utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "iso-8859-15", "latin1", "windows-1252"}
)
_DECLARATION = re.compile(rb"<\?xml[ \t\r\n][^>]{0,300}\?>")
_ENCODING = re.compile(rb"""[ \t\r\n]encoding[ \t\r\n]*=[ \t\r\n]*(?:"([^"]*)"|'([^']*)')""")
_SPACE = b" \t\r\n"

_NEXT = {
    "XmlEmpty": "ask the sender for the file anew",
    "XmlTooLarge": "ask the sender to send it in several files",
    "XmlTooDeep": "ask the sender for the file as the schema of the message has it",
    "XmlDocumentType": "ask the sender for the file without a document type; none of these "
    "messages has one",
    "XmlEntity": "ask the sender to write the characters themselves",
    "XmlEncoding": "ask the sender for the file in UTF-8",
    "XmlCutOff": "fetch the file anew: it ends in the middle",
    "XmlTwoRoots": "ask the sender for one document a file",
    "XmlNamespace": "look whether it is the kind of file that was meant; if so, ask the sender "
    "for the message as its schema has it",
    "XmlUnreadable": "ask the sender for the file anew; it is no well-formed XML",
}
_CODES = {4: "XmlEmpty", 26: "XmlEntity", 27: "XmlEntity", 77: "XmlCutOff", 5: "XmlTwoRoots",
          81: "XmlEncoding", 32: "XmlEncoding", 31: "XmlEncoding", 9: "XmlEncoding"}  # fmt: skip


def refuse_xml(
    code: str, name: str, reason: str, line: int = 0, *, next_step: str = ""
) -> XmlRefused:
    """Return the refusal of a document: file, place, reason and what to do.

    Args:
        code: One word, e.g. ``XmlNamespace``.
        name: The file.
        reason: Why, as a sentence without an end.
        line: Where, from 1; nought where it is the whole file.
        next_step: What to do; empty for what the code says.
    """
    place = f"{name}, line {line}" if line else name
    return XmlRefused(
        f"{place}: {reason}", code=code, next_step=next_step or _NEXT.get(code),
        details={"file": name, "line": line, "reason": reason},
    )  # fmt: skip


def read_xml(
    source: bytes | Path, *, most: int = MOST_WHOLE, name: str = "", roots: Collection[str] = ()
) -> Element:
    """Return the outermost element of a document, with everything in it.

    Comments and processing instructions are left out.

    Args:
        source: The bytes, or the file that holds them.
        most: How many bytes it may have.
        name: What messages call it; empty for the name of the file.
        roots: What the outermost element may be, e.g. ``{urn:x}Document``; a ``*`` at the end of
            the namespace stands for anything, as a version. Empty for any.

    Raises:
        NoSuchFile: There is no such file.
        XmlRefused: It has a document type or entities, is too large or too deep, in another
            encoding, cut off, no XML, or another document than was asked for.

    Example:
        >>> read_xml(b"<a><b>5</b></a>").findtext("b")
        '5'
        >>> read_xml(b"<!DOCTYPE a><a/>", name="a.xml")
        Traceback (most recent call last):
        skontro.core.errors.XmlRefused: a.xml, line 1: it has a document type
        >>> read_xml(b"<a/><b/>", name="a.xml")
        Traceback (most recent call last):
        skontro.core.errors.XmlRefused: a.xml, line 1: there is more after the end of the document
    """
    from lxml import etree

    name = name or (source.name if isinstance(source, Path) else "the document")
    with _opened(source, name, most) as file:
        data = file.read(most + 1)
    _check_size(len(data), most, name)
    _check_prolog(data[:_PROLOG], name)
    if _tree_size(data) > MOST_TREE:
        raise refuse_xml("XmlTooLarge", name, "it has too many elements to be read at once")
    parser = etree.XMLParser(**_SAFE)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise _unreadable(error, name) from None
    if roots:
        check_root(root, roots, name)
    return root


def stream_xml(
    source: bytes | Path,
    *,
    records: Collection[str],
    most: int = MOST_STREAMED,
    name: str = "",
    roots: Collection[str] = (),
) -> Iterator[Element]:
    """Yield the elements of some names when each has been read whole, then forget them.

    An element is taken out of the tree, with all that stands before it in the same parent, when
    the next one is asked for: who needs what stands before the first record of a parent reads it
    with that record. Elements that hold records should be records as well, so that memory stays
    bounded whatever the document holds.

    Args:
        source: The bytes, or the file that holds them.
        records: Local names; where they stand is for the caller to check.
        most: How many bytes it may have.
        name: What messages call it; empty for the name of the file.
        roots: As in :func:`read_xml`.

    Raises:
        NoSuchFile: There is no such file.
        XmlRefused: As in :func:`read_xml`; what was yielded before must be given up.

    Example:
        >>> [one.text for one in stream_xml(b"<a><b>5</b><c/><b>6</b></a>", records=["b"])]
        ['5', '6']
    """
    from lxml import etree

    name = name or (source.name if isinstance(source, Path) else "the document")
    wanted = [f"{{*}}{one}" for one in records]
    parser = etree.XMLPullParser(events=("end",), tag=wanted, **_SAFE)
    events = parser.read_events()
    size, weight, lines = 0, 0, 1
    etree.clear_error_log()
    checked = not roots
    with _opened(source, name, most) as file:
        chunk = file.read(_PROLOG)
        _check_prolog(chunk, name)
        while True:
            size += len(chunk)
            held = _tree_size(chunk)
            weight += held
            _check_size(size, most, name)
            if weight > MOST_RECORD:
                raise refuse_xml("XmlTooLarge", name, "one of its entries is too large", lines)
            lines += chunk.count(b"\n")
            try:
                if chunk:
                    parser.feed(chunk)
                else:
                    root = parser.close()
            except etree.XMLSyntaxError as error:
                raise _unreadable(error, name) from None
            for _, element in events:
                weight = held
                if not checked:
                    check_root(element.getroottree().getroot(), roots, name)
                    checked = True
                yield element
                _forget(element)
            if not chunk:
                break
            chunk = file.read(_CHUNK)
    if not checked:
        check_root(root, roots, name)


def _forget(element: Element) -> None:
    """Take an element out of the tree, with all before it in its parent."""
    parent = element.getparent()
    if parent is None:
        return
    while parent[0] is not element:
        del parent[0]
    del parent[0]


def check_root(root: Element, roots: Collection[str], name: str) -> None:
    """Refuse a document whose outermost element is another than was asked for.

    Raises:
        XmlRefused: It is, or is of another namespace.
    """
    tag = str(root.tag)
    if any(_fits(tag, one) for one in roots):
        return
    local = tag.rpartition("}")[2]
    known = {one.rpartition("}")[2] for one in roots}
    what = (
        f"its namespace {shorten(tag[1:].rpartition('}')[0], 80)!r} is not that of the message"
        if local in known
        else f"it is a {shorten(local, 40)!r}, not a {' or '.join(sorted(known))}"
    )
    raise refuse_xml("XmlNamespace", name, what, root.sourceline or 0)


def _fits(tag: str, wanted: str) -> bool:
    start, star, end = wanted.partition("*}")
    if not star:
        return tag == wanted
    return tag.startswith(start) and tag.endswith("}" + end) and tag.count("}") == 1


_SAFE: dict[str, Any] = {
    "resolve_entities": False, "no_network": True, "load_dtd": False, "dtd_validation": False,
    "attribute_defaults": False, "huge_tree": False, "recover": False,
    "remove_comments": True, "remove_pis": True,
}  # fmt: skip


@contextmanager
def _opened(source: bytes | Path, name: str, most: int) -> Iterator[BinaryIO]:
    """Open bytes or a regular file that is not too large."""
    import io

    if isinstance(source, bytes):
        _check_size(len(source), most, name)
        yield io.BytesIO(source)
        return
    try:
        handle = os.open(source, os.O_RDONLY | os.O_NONBLOCK | getattr(os, "O_CLOEXEC", 0))
    except (OSError, ValueError):
        raise NoSuchFile(f"there is no file {name!r} that can be read") from None
    known = os.fstat(handle)
    if not stat.S_ISREG(known.st_mode):
        os.close(handle)
        raise NoSuchFile(f"{name!r} is no file")
    with os.fdopen(handle, "rb") as file:
        _check_size(known.st_size, most, name)
        yield file


def _check_size(size: int, most: int, name: str) -> None:
    if size > most:
        raise refuse_xml("XmlTooLarge", name, f"it has more than {most:,} bytes")


def _tree_size(data: bytes) -> int:
    """How many bytes the tree of some XML takes at most: known before it is built."""
    return 2 * len(data) + _NODE * (data.count(b"<") + data.count(b"="))


def _check_prolog(start: bytes, name: str) -> None:
    """Refuse what stands before the outermost element and should not."""
    if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start[:4]:
        raise refuse_xml("XmlEncoding", name, "it is in UTF-16 or UTF-32", 1)
    place = 3 if start.startswith(b"\xef\xbb\xbf") else 0
    declared = _DECLARATION.match(start, place)
    if declared is not None:
        said = _ENCODING.search(declared.group())
        encoding = (said.group(1) or said.group(2) or b"").lower() if said else b"utf-8"
        if encoding.decode("ascii", "replace") not in _ENCODINGS:
            raise refuse_xml("XmlEncoding", name, f"it says it is in {encoding[:40]!r}", 1)
        place = declared.end()
    while True:
        while start[place : place + 1] and start[place] in _SPACE:
            place += 1
        line = start.count(b"\n", 0, place) + 1
        if start.startswith(b"<!--", place):
            end, mark = start.find(b"-->", place + 4), 3
        elif start.startswith(b"<?", place):
            end, mark = start.find(b"?>", place + 2), 2
        elif start.startswith(b"<!", place):
            raise refuse_xml("XmlDocumentType", name, "it has a document type", line)
        elif place >= len(start):
            if len(start) >= _PROLOG:
                break
            raise refuse_xml("XmlEmpty", name, "there is no XML in it", line)
        elif start[place] != ord("<"):
            raise refuse_xml("XmlUnreadable", name, "it is no XML", line)
        else:
            return
        if end < 0:
            break
        place = end + mark
    if len(start) < _PROLOG:
        raise refuse_xml("XmlCutOff", name, "it ends in the middle", line)
    raise refuse_xml("XmlTooLarge", name, "too much stands before its outermost element", line)


def _unreadable(error: Any, name: str) -> XmlRefused:
    """Return the refusal of a document that the parser could not read."""
    if error.code == 1 and len(error.error_log):  # the parser has forgotten why
        error = error.error_log.last_error
        return _told(error.type, error.message, error.line, name)
    return _told(error.code, error.msg, error.lineno, name)


def _told(kind: int, message: str | None, line: int | None, name: str) -> XmlRefused:
    text = str(message or "it is no XML").splitlines()[0]
    text = re.sub(r",? *line \d+, column \d+.*$", "", text)
    text = re.sub(r",? (use XML_PARSE_HUGE option|try XML_PARSE_HUGE)", "", text).strip()
    code, line = _CODES.get(kind, "XmlUnreadable"), int(line or 0)
    if kind == 114:
        if "depth" in text.lower():
            return refuse_xml("XmlTooDeep", name, "its elements stand too deep in each other", line)
        return refuse_xml("XmlTooLarge", name, "one of its texts is too long", line)
    if code == "XmlTwoRoots":
        return refuse_xml(code, name, "there is more after the end of the document", line)
    return refuse_xml(code, name, shorten(text, 200), line)
