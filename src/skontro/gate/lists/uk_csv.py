# SPDX-License-Identifier: Apache-2.0
"""The UK Sanctions List of the Foreign, Commonwealth & Development Office, as CSV."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator

from skontro.gate.entries import ListedName, ListEntry
from skontro.gate.lists.countries import country_code
from skontro.gate.lists.csv_rows import Rows, Table
from skontro.gate.lists.parts import Collected, Draft, dates_of, identifier, instant_of
from skontro.gate.lists.source import Reading, refuse

NEEDED = (
    "Unique ID", "Name 6", "Name 1", "Name 2", "Name 3", "Name 4", "Name 5", "Name type",
    "Alias strength", "Name non-latin script", "Regime Name", "Address Country", "D.O.B",
    "Nationality(/ies)", "National Identifier number", "Passport number", "Country of birth",
    "Business registration number (s)", "IMO number",
)  # fmt: skip
_KIND = ("Designation Type", "Individual, Entity, Ship")
_KINDS = {"individual": "person", "entity": "organisation", "ship": "vessel"}
_IDENTIFIERS = (
    ("Passport number", "passport"), ("National Identifier number", "national identifier"),
    ("Business registration number (s)", "registration"), ("IMO number", "IMO"),
    ("Hull identification number (HIN)", "hull"),
)  # fmt: skip
_TEXTS = ("Title", "Position", "Sanctions Imposed", "UN Reference Number", "Other Information",
          "UK Statement of Reasons", "Date Designated", "Type of entity", "Subsidiaries",
          "Parent Company", "Current owner/operator (s)", "Previous owner/operator (s)",
          "Type of ship")  # fmt: skip
_REPORT = re.compile(r"report date:?\s*(\S.*)", re.IGNORECASE)
_SEVERAL = re.compile(r"\(\d{1,2}\)|\||;")
_OF_COUNTRY = re.compile(r"(.+?)\s*\(([^()]+)\)")


def read_uk_csv(reading: Reading) -> tuple[list[ListEntry], datetime.datetime]:
    """Read the list: its entries and the date of its report.

    Raises:
        ListRefused: It is damaged, or has not the columns of its format.
    """
    rows = Rows(reading)
    first = next(iter(rows), None)
    if first is None:
        raise refuse("ListEmpty", f"{reading.name} is empty")
    match = _REPORT.fullmatch(" ".join(text.strip() for text in first if text.strip()))
    if match is None:
        raise refuse("ListHeaderChanged", f"{reading.name} does not begin with its report's date")
    dated = instant_of(match[1], reading.name)
    table = Table(rows, next(iter(rows), []), NEEDED)
    kind_column = next((column for column in _KIND if table.has(column)), None)
    if kind_column is None:
        raise refuse("ListHeaderChanged", f"{reading.name} does not say who is a person")
    drafts = dict[str, Draft]()
    for row in table:
        number = row[table.place("Unique ID")].strip()
        if not number:
            raise refuse("ListUnreadable", f"{reading.name}, line {rows.line}: whose row is it?")
        draft = drafts.get(number)
        if draft is None:
            kind = row[table.place(kind_column)].strip().casefold()
            draft = drafts[number] = Draft(number, _KINDS.get(kind, "unknown"))
        _row(draft, table, row)
    collected = Collected()
    for draft in drafts.values():
        collected.add(draft.entry())
    if not collected.entries:
        raise refuse("ListEmpty", f"nothing stands in {reading.name}")
    return collected.entries, dated


def _row(draft: Draft, table: Table, row: list[str]) -> None:
    def value(column: str) -> str:
        return row[table.place(column)].strip()

    draft.name(_name(draft.kind, [value(f"Name {number}") for number in range(1, 7)],
                     _quality(value("Name type"), value("Alias strength"))))  # fmt: skip
    draft.name(ListedName(value("Name non-latin script"), "alias"))
    draft.programme(value("Regime Name"))
    for text in _several(value("D.O.B")):
        draft.date(dates_of(text))
    for column in ("Nationality(/ies)", "Address Country", "Country of birth",
                   "Current believed flag of ship", "Previous flags"):  # fmt: skip
        for text in _several(value(column)):
            draft.country(text)
    for column, label in _IDENTIFIERS:
        for text in _several(value(column)):
            match = _OF_COUNTRY.fullmatch(text)
            country = country_code(match[2]) if match else ""
            number = match[1] if match and country else text
            draft.identify(identifier(label, number, country))
    address = [value(f"Address Line {number}") for number in range(1, 7)]
    address += [value("Address Postal Code"), value("Address Country")]
    draft.say(", ".join(text for text in address if text), "address")
    for column in _TEXTS:
        draft.say(value(column), column.casefold())


def _name(kind: str, pieces: list[str], quality: str) -> ListedName:
    given, family = " ".join(piece for piece in pieces[:5] if piece), pieces[5]
    text = f"{given} {family}".strip()
    if kind == "person" and given and family:
        return ListedName(text, quality, (("given", given), ("family", family)))
    return ListedName(text, quality)


def _quality(kind: str, strength: str) -> str:
    if kind.casefold() == "primary name":
        return "primary"
    weak = any(word in strength.casefold() for word in ("low", "weak"))
    return "weak" if weak else "alias"


def _several(text: str) -> Iterator[str]:
    for piece in _SEVERAL.split(text):
        if piece.strip():
            yield piece.strip()
