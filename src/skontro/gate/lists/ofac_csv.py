# SPDX-License-Identifier: Apache-2.0
"""OFAC's SDN list as its set of four CSV files: parties, addresses, aliases, long remarks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping

from skontro.gate.entries import ListedName, ListEntry
from skontro.gate.lists.csv_rows import Rows
from skontro.gate.lists.parts import Collected, Draft, person_name
from skontro.gate.lists.remarks import read_remarks
from skontro.gate.lists.source import Part, Reading, refuse

ROLES = {12: "sdn", 6: "add", 5: "alt", 2: "sdn_comments"}
"""How many columns each of the files has."""

KINDS = {"individual": "person", "vessel": "vessel", "aircraft": "aircraft", "": "organisation"}
_NULL = "-0-"
_CUT_NULL = ("-", "-0")
_FIRST = re.compile(rb"\s*\d+,")
_REMARK = 1000
_WHOLE_REMARK = 950
_PROGRAMMES = re.compile(r"[\]\[]+")
_SET = "put sdn.csv, add.csv, alt.csv and sdn_comments.csv of one day beside each other"


def role_of(head: bytes) -> str:
    """Return which of the four files bytes begin, or nothing.

    Example:
        >>> role_of(b'36,12,"aka","OLD OAK",-0- '), role_of(b"name,identifier")
        ('alt', '')
    """
    if not _FIRST.match(head):
        return ""
    try:
        line = head.lstrip().split(b"\n")[0].rstrip(b"\x1a").decode("utf-8")
        row = next(csv.reader([line]))
    except (UnicodeDecodeError, csv.Error, StopIteration):
        return ""
    return ROLES.get(len(row), "")


def read_ofac_csv(parts: Mapping[str, Part]) -> tuple[list[ListEntry], dict[str, str], list[str]]:
    """Read the set.

    Args:
        parts: The four files by what they are: ``sdn, add, alt, sdn_comments``.

    Returns:
        The entries; the digest of each file; what was noticed.

    Raises:
        ListRefused: A file is missing, damaged, or the files are not of one set.
    """
    missing = [name for name in ROLES.values() if name not in parts]
    if missing:
        raise refuse("ListSet", f"{missing[0]}.csv is missing", _SET)
    drafts = dict[str, Draft]()
    remarks = dict[str, str]()
    readings = {name: Reading(part) for name, part in parts.items()}
    marks = dict[str, bool]()

    def rows(name: str) -> Iterator[list[str]]:
        width = next(count for count, role in ROLES.items() if role == name)
        return _rows(Rows(readings[name]), width, marks, name)

    for row in rows("sdn"):
        if row[0] in drafts:
            raise refuse("ListUnreadable", f"sdn.csv has entry {row[0]} twice")
        drafts[row[0]], remarks[row[0]] = _party(row), row[11]
    if not drafts:
        raise refuse("ListEmpty", "nothing stands in sdn.csv")
    for name, take in (("add", _address), ("alt", _alias)):
        for row in rows(name):
            draft = drafts.get(row[0])
            if draft is None:
                raise refuse(
                    "ListTruncated", f"{name}.csv names entry {row[0]}, which is not in sdn.csv",
                    _SET,
                )  # fmt: skip
            take(draft, row)
    strange = 0
    for number, text in rows("sdn_comments"):
        if number not in drafts:
            strange += 1
        elif len(remarks[number]) >= _WHOLE_REMARK:
            remarks[number] += text
        else:
            remarks[number] = f"{remarks[number]}; {text}".strip("; ")
    if len({marks[name] for name in ("sdn", "add", "alt")}) > 1:
        raise refuse("ListTruncated", "not all files of the set have their end mark", _SET)
    collected = Collected()
    for number, draft in drafts.items():
        if remarks[number]:
            read_remarks(draft, remarks[number])
        collected.add(draft.entry())
    notes = [f"remarks of {strange} entries that are not in sdn.csv were left out"]
    digests = {name: reading.digest() for name, reading in readings.items()}
    return collected.entries, digests, notes if strange else []


def _rows(rows: Rows, width: int, marks: dict[str, bool], name: str) -> Iterator[list[str]]:
    """Yield rows of texts, nulls as empty texts."""
    short = 0
    for row in rows:
        if short:
            raise refuse("ListUnreadable", f"{name}.csv, line {short}: another width")
        if len(row) != width:
            short = rows.line
            continue
        found = [value.strip() for value in row]
        # Nothing is written as a mark, so an empty field is a cut; a cut within the very last mark
        # loses nothing, and some copies of the files have it.
        if found[-1] in _CUT_NULL and not rows.ended_in_line:
            found[-1] = _NULL
        if not found[0].isdigit() or not all(found):
            short = rows.line
            continue
        yield ["" if value == _NULL else value for value in found]
    if short:
        raise refuse("ListTruncated", f"{name}.csv: line {short} is not whole")
    marks[name] = rows.end_mark


def _party(row: list[str]) -> Draft:
    number, name, kind, programmes, title, call, ship, tonnage, gross, flag, owner, _ = row
    if kind.casefold() not in KINDS:
        raise refuse("ListHeaderChanged", f"sdn.csv: entry {number} is of kind {kind[:40]!r}")
    draft = Draft(number, KINDS[kind.casefold()])
    draft.name(person_name(name, "primary") if draft.kind == "person" else ListedName(name))
    for programme in _PROGRAMMES.split(programmes):
        draft.programme(programme)
    draft.country(flag)
    for what, text in (
        ("title", title), ("call sign", call), ("vessel type", ship), ("tonnage", tonnage),
        ("gross tonnage", gross), ("vessel owner", owner),
    ):  # fmt: skip
        draft.say(text, what)
    return draft


def _address(draft: Draft, row: list[str]) -> None:
    _, _, street, city, country, remark = row
    draft.country(country)
    draft.say(", ".join(text for text in (street, city, country) if text), "address")
    draft.say(remark)


def _alias(draft: Draft, row: list[str]) -> None:
    _, _, kind, name, remark = row
    weak = "weak" in kind.casefold() or "weak" in remark.casefold()
    quality = "weak" if weak else "alias"
    draft.name(
        person_name(name, quality) if draft.kind == "person" else ListedName(name, quality)
    )
    draft.say(remark)
