# SPDX-License-Identifier: Apache-2.0
"""The financial sanctions of the European Union, as their CSV 1.1: one row for each alias, address,
date and document of a party."""

from __future__ import annotations

import datetime
from collections.abc import Callable

from skontro.gate.entries import ListedName, ListEntry
from skontro.gate.lists.countries import country_code
from skontro.gate.lists.csv_rows import Rows, Table
from skontro.gate.lists.parts import (
    Collected,
    Draft,
    about,
    dates_of,
    identifier,
    instant_of,
    words,
    years,
)
from skontro.gate.lists.source import Reading, refuse

NEEDED = (
    "fileGenerationDate", "Entity_LogicalId", "Entity_EU_ReferenceNumber",
    "Entity_Regulation_Programme", "NameAlias_LastName", "NameAlias_FirstName",
    "NameAlias_MiddleName", "NameAlias_WholeName", "Address_CountryIso2Code",
    "BirthDate_BirthDate", "BirthDate_Year", "BirthDate_CountryIso2Code", "Identification_Number",
    "Identification_TypeDescription", "Identification_CountryIso2Code",
    "Citizenship_CountryIso2Code",
)  # fmt: skip
_KIND = ("Entity_SubjectType_ClassificationCode", "Entity_SubjectType")
_KINDS = {"person": "person", "p": "person", "enterprise": "organisation", "e": "organisation"}
_WEAK = ("low quality", "weak alias", "low-quality")
_NO_COUNTRY = frozenset({"00", "EU"})

Value = Callable[[str], str]


def read_eu_csv(reading: Reading) -> tuple[list[ListEntry], datetime.datetime]:
    """Read the list: its entries and when its file was generated.

    Raises:
        ListRefused: It is damaged, or has not the columns of its format.
    """
    rows = Rows(reading, ";")
    header = next(iter(rows), None)
    if header is None:
        raise refuse("ListEmpty", f"{reading.name} is empty")
    table = Table(rows, header, NEEDED)
    if not any(table.has(column) for column in _KIND):
        raise refuse("ListHeaderChanged", f"{reading.name} does not say who is a person")
    places = {column: table.place(column) for column in header}
    drafts = dict[str, Draft]()
    generated = set[str]()
    for row in table:
        def value(column: str, row: list[str] = row) -> str:
            return row[places.get(column, -1)].strip()

        number = value("Entity_LogicalId")
        if not number:
            raise refuse("ListUnreadable", f"{reading.name}, line {rows.line}: whose row is it?")
        generated.add(value("fileGenerationDate"))
        draft = drafts.get(number)
        if draft is None:
            draft = drafts[number] = _party(number, value)
        _row(draft, value)
    if len(generated) > 1:
        raise refuse("ListUnreadable", f"{reading.name} is of several days")
    collected = Collected()
    for draft in drafts.values():
        collected.add(draft.entry())
    if not collected.entries:
        raise refuse("ListEmpty", f"nothing stands in {reading.name}")
    return collected.entries, instant_of(generated.pop(), reading.name)


def _party(number: str, value: Value) -> Draft:
    kind = value("Entity_SubjectType_ClassificationCode") or value("Entity_SubjectType")
    draft = Draft(value("Entity_EU_ReferenceNumber") or number,
                  _KINDS.get(kind.casefold(), "unknown"))  # fmt: skip
    draft.say(value("Entity_Remark"))
    draft.say(value("Entity_UnitedNationId"), "United Nations")
    draft.say(value("Entity_DesignationDate"), "listed on")
    draft.say(value("Entity_Regulation_NumberTitle"), "regulation")
    return draft


def _row(draft: Draft, value: Value) -> None:
    draft.programme(value("Entity_Regulation_Programme"))
    given = words(f"{value('NameAlias_FirstName')} {value('NameAlias_MiddleName')}")
    family = value("NameAlias_LastName")
    text = value("NameAlias_WholeName") or words(f"{given} {family}")
    if text:
        weak = (value("NameAlias_Strong").casefold() == "false" or
                any(word in value("NameAlias_Remark").casefold() for word in _WEAK))  # fmt: skip
        quality = "weak" if weak else "alias" if draft.names else "primary"
        parts = (("given", given), ("family", family)) if given and family else ()
        draft.name(ListedName(text, quality, parts))
    draft.say(value("NameAlias_Function"))
    born = dates_of(value("BirthDate_BirthDate") or value("BirthDate_Year"))
    first, last = value("BirthDate_YearRangeFrom"), value("BirthDate_YearRangeTo")
    if not born and first.isdigit() and last.isdigit():
        born = years(int(first), int(last))
    elif value("BirthDate_Circa").casefold() == "true":
        born = [year for one in born for year in about(int(one[:4]))]
    draft.date(born)
    for column in ("Address", "BirthDate", "Citizenship"):
        code = value(f"{column}_CountryIso2Code")
        if code.upper() not in _NO_COUNTRY:
            draft.country(code)
    address = [value(f"Address_{name}") for name in ("Street", "ZipCode", "City", "Region",
                                                      "CountryDescription")]  # fmt: skip
    draft.say(", ".join(piece for piece in address if piece), "address")
    label = f"{value('Identification_TypeCode')} {value('Identification_TypeDescription')}"
    number = value("Identification_Number") or value("Identification_LatinNumber")
    country = value("Identification_CountryIso2Code")
    draft.identify(identifier(label, number, country_code(country) if country else ""))
