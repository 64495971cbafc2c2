# SPDX-License-Identifier: Apache-2.0
"""Sanctions lists in: recognised by what is in them, read whole, or refused whole.

A list that is cut off, empty, of another shape, in another encoding, with a document type, or past
a bound is refused with a code and a next step; no part of it is ever taken.
"""

from __future__ import annotations

import csv
import datetime
import hashlib
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from skontro.gate.entries import ListEntry
from skontro.gate.lists import ofac_csv
from skontro.gate.lists.csv_rows import plain
from skontro.gate.lists.eu_csv import read_eu_csv
from skontro.gate.lists.ofac_advanced import read_ofac_advanced
from skontro.gate.lists.ofac_xml import read_ofac_xml
from skontro.gate.lists.opensanctions import read_nested, read_simple
from skontro.gate.lists.own import read_own_csv
from skontro.gate.lists.source import (
    UNREADABLE,
    ListRefused,
    Part,
    Reading,
    beside,
    part_of_bytes,
    parts_of,
    refuse,
)
from skontro.gate.lists.uk_csv import read_uk_csv
from skontro.gate.lists.un_xml import read_un_xml

__all__ = [
    "AUTHORITIES", "OWN", "ListRefused", "ReadList", "read_list", "read_list_bytes",
]  # fmt: skip

OWN = "own"
AUTHORITIES = ("un", "ofac", "eu", "uk", "opensanctions", OWN)
"""Whose lists are known; own lists are kept as ``own:`` and their name."""

_ROOT = re.compile(rb"<\s*(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)")
_NOT_ROOT = re.compile(rb"\s*(?:<\?.*?\?>|<!--.*?-->)", re.DOTALL)
_FORMATS = {
    "ofac-csv": "ofac", "ofac-xml": "ofac", "ofac-advanced": "ofac",
    "un-xml": "un", "eu-csv": "eu", "uk-csv": "uk",
    "opensanctions-nested": "opensanctions", "opensanctions-simple": "opensanctions",
    "own-csv": OWN,
}  # fmt: skip
_BY_ROOT = {
    b"sdnList": "ofac-xml", b"Sanctions": "ofac-advanced", b"CONSOLIDATED_LIST": "un-xml",
}  # fmt: skip
_OTHER_ROOTS = {
    b"export": ("the European Union's XML", "take its CSV, version 1.1"),
    b"Designations": ("the United Kingdom's XML", "take its CSV"),
    b"html": ("a web page", "fetch the file itself; the page may ask to sign in"),
    b"HTML": ("a web page", "fetch the file itself; the page may ask to sign in"),
}
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class ReadList:
    """A list as it was read.

    Attributes:
        authority: Whose it is: one of :data:`AUTHORITIES`.
        format: What the file is.
        dated: The time the list itself is of, UTC.
        entries: What stands on it, in the file's order.
        digest: SHA-256 of what was read; of several files, over their names and digests.
        claims: What the file says of itself: ``entries``, ``dated``.
        notes: What was noticed and left out.
    """

    authority: str
    format: str
    dated: datetime.datetime
    entries: tuple[ListEntry, ...]
    digest: str
    claims: Mapping[str, str | int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """Return how many entries, names and identifiers it has."""
        return {
            "entries": len(self.entries),
            "names": sum(len(entry.names) for entry in self.entries),
            "identifiers": sum(len(entry.identifiers) for entry in self.entries),
        }


def read_list(path: str | Path, *, dated: datetime.datetime | None = None) -> ReadList:
    """Read a list from a file, a zip or gzip, or a folder.

    Of OFAC's CSV set any of its four files may be given: the others lie beside it.

    Args:
        path: Where it is.
        dated: The time the list is of; needed where the file itself does not say it, and
            otherwise the same day.

    Raises:
        ListRefused: It is not taken; its code, message and next step say why.
    """
    path = Path(path)
    return _whole(lambda: _read_path(path, dated), path.name)


def read_list_bytes(
    content: bytes, *, dated: datetime.datetime | None = None, name: str = "list"
) -> ReadList:
    """Read a list that is one file, from its bytes.

    Raises:
        ListRefused: It is not taken.

    Example:
        >>> at = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
        >>> read_list_bytes(b"name,identifier\\nOld Oak,\\n", dated=at).counts()
        {'entries': 1, 'names': 1, 'identifiers': 0}
    """
    return _whole(lambda: _read_parts([part_of_bytes(name, content)], dated), name)


def _whole(read: Callable[[], ReadList], name: str) -> ReadList:
    try:
        return read()
    except ListRefused:
        raise
    except UNREADABLE as error:
        raise refuse("ListUnreadable", f"{name} is damaged: {type(error).__name__}") from error


def _read_path(path: Path, dated: datetime.datetime | None) -> ReadList:
    parts = parts_of(path)
    if path.is_dir():
        return _read_set(parts, dated)
    if len(parts) == 1 and ofac_csv.role_of(parts[0].head()):
        return _read_set(_one_each(beside(path), parts[0]), dated)
    return _read_parts(parts, dated)


def _one_each(parts: Sequence[Part], given: Part) -> list[Part]:
    """Return OFAC's files beside a given one, those named as OFAC names them."""
    names = {f"{role}.csv" for role in ofac_csv.ROLES.values()}
    return [part for part in parts if part.name.casefold() in names or part.name == given.name]


def _read_parts(parts: Sequence[Part], dated: datetime.datetime | None) -> ReadList:
    heads = [(part, part.head()) for part in parts]
    if any(ofac_csv.role_of(head) for _, head in heads):
        return _read_set(parts, dated)
    if len(parts) > 1:
        kinds = [(part, head) for part, head in heads if _known(part, head)]
        if len(kinds) != 1:
            raise refuse("ListSet", f"{len(kinds)} lists in one file", "give one list at a time")
        heads = kinds
    part, head = heads[0]
    return _read_one(part, recognise(part.name, head), dated)


def _known(part: Part, head: bytes) -> bool:
    try:
        return recognise(part.name, head) in _FORMATS
    except ListRefused:
        return False


def _read_set(parts: Sequence[Part], dated: datetime.datetime | None) -> ReadList:
    roles = dict[str, Part]()
    for part in parts:
        role = ofac_csv.role_of(part.head())
        if role in roles:
            raise refuse("ListSet", f"{part.name} and {roles[role].name} are both {role}.csv",
                         "give a folder with the files of one list alone")  # fmt: skip
        if role:
            roles[role] = part
    if not roles:
        raise refuse("ListUnknown", "there is no list in this folder", "name the file itself")
    at = _dated(dated, None)
    entries, digests, notes = ofac_csv.read_ofac_csv(roles)
    text = json.dumps(sorted(digests.items()), separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return ReadList("ofac", "ofac-csv", at, tuple(entries), digest, notes=tuple(notes))


def _read_one(part: Part, kind: str, dated: datetime.datetime | None) -> ReadList:
    reading = Reading(part)
    claims = dict[str, str | int]()
    found: datetime.datetime | None = None
    if kind == "own-csv":
        entries = read_own_csv(reading)
    elif kind == "ofac-xml":
        entries, found, claims["entries"] = read_ofac_xml(reading)
    else:
        read = {
            "ofac-advanced": read_ofac_advanced, "un-xml": read_un_xml,
            "eu-csv": read_eu_csv, "uk-csv": read_uk_csv,
            "opensanctions-nested": read_nested, "opensanctions-simple": read_simple,
        }[kind]  # fmt: skip
        entries, found = read(reading)
    if not entries:
        raise refuse("ListEmpty", f"nothing stands in {part.name}")
    if found is not None:
        claims["dated"] = found.isoformat()
    return ReadList(
        _FORMATS[kind], kind, _dated(dated, found), tuple(entries), reading.digest(),
        claims,
    )  # fmt: skip


def _dated(given: datetime.datetime | None, found: datetime.datetime | None) -> datetime.datetime:
    """Return the time a list is of: the file's own word goes before what is said of it."""
    if given is not None:
        given = given.astimezone(datetime.UTC)
    if found is None:
        if given is None:
            raise refuse("ListNotDated", "the file does not say of what day it is",
                         "give the day its authority published it, with --dated")  # fmt: skip
        return given
    if given is not None and given.date() != found.date():
        raise refuse("ListDate", f"it says it is of {found.date()}, not of {given.date()}",
                     "leave --dated out: the file has its own date")  # fmt: skip
    return found


def recognise(name: str, head: bytes) -> str:
    """Return what a file is by its first bytes.

    Raises:
        ListRefused: It is no list that can be read.

    Example:
        >>> recognise("x", b"<?xml version='1.0'?><CONSOLIDATED_LIST a='b'>")
        'un-xml'
        >>> recognise("x", b"name,identifier\\n")
        'own-csv'
    """
    if not head.strip(b" \t\r\n\x1a\xef\xbb\xbf"):
        raise refuse("ListEmpty", f"{name} is empty")
    if head.startswith(_UTF16):
        raise refuse("ListEncoding", f"{name} is UTF-16, not UTF-8", "save it as UTF-8")
    text = head.removeprefix(_MARK).lstrip()
    if text.startswith(b"<"):
        return _recognise_xml(name, text)
    if text.startswith(b"{"):
        return "opensanctions-nested"
    if b"\0" in head[:1024]:
        raise refuse("ListUnknown", f"{name} is not text")
    return _recognise_csv(name, text)


def _recognise_xml(name: str, text: bytes) -> str:
    while match := _NOT_ROOT.match(text):
        text = text[match.end() :]
    if text.lstrip()[:9].upper() == b"<!DOCTYPE":
        if b"html" in text[:100].lower():
            raise refuse("ListUnknown", f"{name} is a web page", _OTHER_ROOTS[b"html"][1])
        raise refuse("ListXml", f"{name} has a document type or entities")
    root = _ROOT.match(text.lstrip())
    if root is None:
        raise refuse("ListTruncated", f"{name} ends before its first element")
    kind = _BY_ROOT.get(root[1])
    if kind is None:
        what, step = _OTHER_ROOTS.get(root[1], (f"XML of {root[1][:40]!r}", None))
        raise refuse("ListUnknown", f"{name} is {what}", step)
    return kind


def _recognise_csv(name: str, text: bytes) -> str:
    try:
        lines = text.decode("utf-8", "replace").splitlines()
        rows = [next(csv.reader([line], delimiter=mark), []) for mark in ",;\t"
                for line in lines[:1]]  # fmt: skip
    except csv.Error:
        raise refuse("ListUnreadable", f"{name}: its first line is no header") from None
    if lines[0].lower().lstrip('"').startswith("report date"):
        return "uk-csv"
    for row in rows:
        names = {plain(column) for column in row}
        if "entitylogicalid" in names or "filegenerationdate" in names:
            return "eu-csv"
        if {"uniqueid", "name6"} <= names:
            return "uk-csv"
        if {"id", "schema", "name"} <= names:
            return "opensanctions-simple"
        if "name" in names:
            return "own-csv"
    raise refuse("ListUnknown", f"{name} is no list that is known",
                 "see the formats in the documentation of lists")  # fmt: skip
