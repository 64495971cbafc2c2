# SPDX-License-Identifier: Apache-2.0
"""The consolidated list of the Security Council of the United Nations, as XML."""

from __future__ import annotations

import datetime

from skontro.gate.entries import ListedName, ListEntry
from skontro.gate.lists.countries import country_code
from skontro.gate.lists.parts import (
    Collected,
    Draft,
    about,
    dates_of,
    identifier,
    instant_of,
    years,
)
from skontro.gate.lists.source import Reading, refuse
from skontro.gate.lists.xml_records import Node, Records

_PARTS = (("FIRST_NAME", "given"), ("SECOND_NAME", "given"), ("THIRD_NAME", "family"),
          ("FOURTH_NAME", "family"))  # fmt: skip


def read_un_xml(reading: Reading) -> tuple[list[ListEntry], datetime.datetime]:
    """Read the list: its entries and when it was generated.

    Raises:
        ListRefused: It is damaged, or one of its two sections is missing.
    """
    collected = Collected()
    records = Records(reading, ("INDIVIDUAL", "ENTITY"))
    for node in records:
        collected.add(_entry(node))
    for section in ("INDIVIDUALS", "ENTITIES"):
        if section not in records.seen:
            raise refuse("ListHeaderChanged", f"{reading.name} has no section {section}")
    dated = instant_of(records.root.attributes.get("dateGenerated", ""), reading.name)
    return collected.entries, dated


def _entry(node: Node) -> ListEntry:
    reference = node.text("REFERENCE_NUMBER") or node.text("DATAID")
    if not reference:
        raise refuse("ListHeaderChanged", "an entry has no reference")
    person = node.tag == "INDIVIDUAL"
    draft = Draft(reference, "person" if person else "organisation")
    pieces = [(part, node.text(tag)) for tag, part in _PARTS]
    given = " ".join(text for part, text in pieces if text)
    draft.name(ListedName(given, "primary"))
    draft.name(ListedName(node.text("NAME_ORIGINAL_SCRIPT"), "alias"))
    for alias in node.all(f"{node.tag}_ALIAS"):
        weak = alias.text("QUALITY").casefold() in ("low", "weak")
        draft.name(ListedName(alias.text("ALIAS_NAME").strip('"“”'), "weak" if weak else "alias"))
        draft.say(alias.text("NOTE"))
        draft.date(dates_of(alias.text("DATE_OF_BIRTH")))
    for born in node.all("INDIVIDUAL_DATE_OF_BIRTH"):
        draft.date(_dates(born))
    for one in node.all("INDIVIDUAL_DOCUMENT"):
        country = one.text("ISSUING_COUNTRY") or one.text("COUNTRY_OF_ISSUE")
        label = one.text("TYPE_OF_DOCUMENT") or one.text("TYPE_OF_DOCUMENT2")
        draft.identify(
            identifier(label, one.text("NUMBER"), country_code(country) if country else "")
        )
        draft.say(one.text("NOTE"), "document")
    for nationality in node.texts("NATIONALITY", "VALUE"):
        draft.country(nationality)
    for tag in (f"{node.tag}_ADDRESS", "INDIVIDUAL_PLACE_OF_BIRTH"):
        for one in node.all(tag):
            draft.country(one.text("COUNTRY"))
            draft.say(", ".join(child.own for child in one.children if child.own),
                      "born in" if "BIRTH" in tag else "address")  # fmt: skip
    draft.programme(node.text("UN_LIST_TYPE"))
    for title in node.texts("TITLE", "VALUE") + node.texts("DESIGNATION", "VALUE"):
        draft.say(title)
    draft.say(node.text("LISTED_ON"), "listed on")
    draft.say(node.text("COMMENTS1"))
    return draft.entry()


def _dates(born: Node) -> list[str]:
    first, last = born.text("FROM_YEAR"), born.text("TO_YEAR")
    if first.isdigit() and last.isdigit():
        return years(int(first), int(last))
    exact = dates_of(born.text("DATE") or born.text("YEAR"))
    if born.text("TYPE_OF_DATE").casefold().startswith("approx"):
        return [year for one in exact for year in about(int(one[:4]))]
    return exact
