# SPDX-License-Identifier: Apache-2.0
"""A house's own lists: a table with the columns named here."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

from skontro.gate.entries import IDENTIFIERS, KINDS, Identifier, ListedName, ListEntry
from skontro.gate.lists.countries import country_code
from skontro.gate.lists.csv_rows import Rows, plain
from skontro.gate.lists.parts import Collected, Draft, dates_of, words
from skontro.gate.lists.source import Reading, refuse

COLUMNS = (
    "name", "identifier", "identifier_kind", "reference", "kind", "aliases", "weak_aliases",
    "countries", "dates", "programmes", "text",
)  # fmt: skip
"""Columns of an own list; ``name`` must be there, several values stand between semicolons.

Rows with one ``reference`` are one entry. Without a reference, an entry is known by its content.
"""


def read_own_csv(reading: Reading) -> list[ListEntry]:
    """Read an own list as CSV: commas, semicolons or tabs, a header, UTF-8.

    Raises:
        ListRefused: A row is not whole, or says what it cannot mean.
    """
    separator = _separator(reading)
    rows = Rows(reading, separator)
    header = next(iter(rows), None)
    if header is None:
        raise refuse("ListEmpty", f"{reading.name} is empty")

    def values() -> Iterable[Mapping[str, str]]:
        short = 0
        for row in rows:
            if short:
                raise refuse("ListUnreadable", f"{reading.name}, line {short}: another width")
            if len(row) != len(header):
                short = rows.line
                continue
            yield dict(zip(names, row, strict=True))
        if short:
            raise refuse("ListTruncated", f"{reading.name}: its last row is not whole")

    names = own_columns(header)
    return own_entries(values())


def _separator(reading: Reading) -> str:
    line = next(reading.lines(), b"").decode("utf-8", "replace")
    return next((mark for mark in ",;\t" if mark in line), ",")


def own_columns(header: Sequence[str]) -> list[str]:
    """Return the columns of an own list by the names they have.

    Raises:
        ListRefused: One is not known, stands there twice, or ``name`` is missing.

    Example:
        >>> own_columns(["Name", "Identifier Kind"])
        ['name', 'identifier_kind']
    """
    known = {plain(column): column for column in COLUMNS}
    names = list[str]()
    for column in header:
        name = known.get(plain(column))
        if name is None:
            raise refuse("ListHeaderChanged", f"no list has a column {column[:40]!r}",
                         f"its columns are: {', '.join(COLUMNS)}")  # fmt: skip
        if name in names:
            raise refuse("ListHeaderChanged", f"two columns {name!r}", "rename one of them")
        names.append(name)
    if "name" not in names:
        raise refuse("ListHeaderChanged", "there is no column 'name'", "add it")
    return names


def own_entries(rows: Iterable[Mapping[str, str]]) -> list[ListEntry]:
    """Return the entries of an own list, given row by row.

    Raises:
        ListRefused: A row says what it cannot mean, or nothing stands on the list.

    Example:
        >>> [entry] = own_entries([{"name": "Old Oak", "identifier": "DE 1"}])
        >>> entry.kind, entry.identifiers[0].value
        ('unknown', 'DE 1')
    """
    drafts = dict[str, Draft]()
    for number, row in enumerate(rows, 1):
        value = {column: (row.get(column) or "").strip() for column in COLUMNS}
        if not any(value.values()):
            continue
        if not value["name"] and not value["identifier"]:
            raise refuse("ListUnreadable", f"row {number} has neither name nor identifier",
                         "give it one, or take the row out")  # fmt: skip
        key = value["reference"] or f"\0{number}"
        draft = drafts.get(key)
        if draft is None:
            draft = drafts[key] = Draft(value["reference"] or _by_content(value))
        _row(draft, value, number)
    collected = Collected()
    for draft in drafts.values():
        collected.add(_entry(draft))
    if not collected.entries:
        raise refuse("ListEmpty", "nothing stands on it")
    return collected.entries


def _row(draft: Draft, value: Mapping[str, str], number: int) -> None:
    kind, id_kind = value["kind"].casefold(), value["identifier_kind"].casefold() or "other"
    if kind and kind not in KINDS:
        raise refuse("ListUnreadable", f"row {number}: kind {kind[:40]!r}",
                     f"it is one of: {', '.join(KINDS)}")  # fmt: skip
    if id_kind not in IDENTIFIERS:
        raise refuse("ListUnreadable", f"row {number}: identifier_kind {id_kind[:40]!r}",
                     f"it is one of: {', '.join(IDENTIFIERS)}")  # fmt: skip
    draft.kind = kind or draft.kind
    draft.name(ListedName(value["name"], "alias" if draft.names else "primary"))
    for column, quality in (("aliases", "alias"), ("weak_aliases", "weak")):
        for text in _several(value[column]):
            draft.name(ListedName(text, quality))
    if value["identifier"]:
        draft.identify(Identifier(id_kind, words(value["identifier"])))
    for text in _several(value["countries"]):
        if not country_code(text):
            raise refuse("ListUnreadable", f"row {number}: no country {text[:40]!r}",
                         "write its two letters of ISO 3166")  # fmt: skip
        draft.country(text)
    for text in _several(value["dates"]):
        if not dates_of(text):
            raise refuse("ListUnreadable", f"row {number}: no date {text[:40]!r}",
                         "write 1970, 1970-03 or 1970-03-12")  # fmt: skip
        draft.date(dates_of(text))
    for text in _several(value["programmes"]):
        draft.programme(text)
    draft.say(value["text"])


def _entry(draft: Draft) -> ListEntry:
    if draft.names:
        return draft.entry()
    return ListEntry(
        draft.reference, draft.kind, (), tuple(draft.identifiers), tuple(draft.dates),
        tuple(sorted(draft.countries)), tuple(draft.programmes), "; ".join(draft.texts),
    )  # fmt: skip


def _by_content(value: Mapping[str, str]) -> str:
    """Return what stands for an entry without a reference, the same in every version."""
    text = "\0".join(words(value[column]).casefold() for column in ("name", "identifier"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _several(text: str) -> list[str]:
    return [piece.strip() for piece in text.split(";") if piece.strip()]
