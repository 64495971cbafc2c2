# SPDX-License-Identifier: Apache-2.0
"""OFAC's SDN list as sdn.xml."""

from __future__ import annotations

import datetime

from skontro.gate.entries import ListedName, ListEntry
from skontro.gate.lists.countries import country_code
from skontro.gate.lists.parts import Collected, Draft, dates_of, identifier, instant_of, words
from skontro.gate.lists.remarks import read_remarks
from skontro.gate.lists.source import Reading, refuse
from skontro.gate.lists.xml_records import Node, Records

_KINDS = {"individual": "person", "entity": "organisation", "vessel": "vessel",
          "aircraft": "aircraft"}  # fmt: skip
_NO_IDENTIFIER = frozenset({
    "gender", "website", "email address", "phone number", "fax", "title", "vessel type",
    "vessel year of build", "vessel flag", "former vessel flag", "other vessel flag",
    "other vessel type", "additional sanctions information -", "secondary sanctions risk:",
})  # fmt: skip


def read_ofac_xml(reading: Reading) -> tuple[list[ListEntry], datetime.datetime, int]:
    """Read sdn.xml: its entries, its date, and how many entries it says it has.

    Raises:
        ListRefused: It is damaged, or says another number of entries than it has.
    """
    collected = Collected()
    dated: datetime.datetime | None = None
    claimed = -1
    for node in Records(reading, ("publshInformation", "sdnEntry")):
        if node.tag == "publshInformation":
            dated = _published(node.text("Publish_Date"))
            count = node.text("Record_Count")
            if not (count.isascii() and count.isdigit() and len(count) < 9):
                raise refuse("ListHeaderChanged", f"{reading.name} says no number of records")
            claimed = int(count)
        else:
            collected.add(_entry(node))
    if dated is None:
        raise refuse("ListHeaderChanged", f"{reading.name} says nothing of its publication")
    if claimed != len(collected.entries):
        raise refuse(
            "ListCount",
            f"{reading.name} says it has {claimed} entries and has {len(collected.entries)}",
        )
    return collected.entries, dated, claimed


def _published(text: str) -> datetime.datetime:
    month, _, rest = text.partition("/")
    day, slash, year = rest.partition("/")
    return instant_of(f"{day}/{month}/{year}" if slash else text, "the list")


def _entry(node: Node) -> ListEntry:
    reference, kind = node.text("uid"), node.text("sdnType").casefold()
    if not reference or kind not in _KINDS:
        raise refuse("ListHeaderChanged", f"an entry {reference[:40]!r} of kind {kind[:40]!r}")
    draft = Draft(reference, _KINDS[kind])
    draft.name(_name(node, "primary"))
    for alias in node.all("akaList", "aka"):
        weak = alias.text("category").casefold() == "weak"
        draft.name(_name(alias, "weak" if weak else "alias"))
    for programme in node.texts("programList", "program"):
        draft.programme(programme)
    for one in node.all("idList", "id"):
        label, country = one.text("idType"), one.text("idCountry")
        value = one.text("idNumber")
        if "established" in label.casefold():
            draft.date(dates_of(value))
        elif label.casefold() in _NO_IDENTIFIER:
            draft.say(value, label)
        else:
            draft.identify(identifier(label, value, country_code(country) if country else ""))
    for path in (("nationalityList", "nationality"), ("citizenshipList", "citizenship"),
                 ("addressList", "address")):  # fmt: skip
        for one in node.all(*path):
            draft.country(one.text("country"))
    for text in node.texts("dateOfBirthList", "dateOfBirthItem", "dateOfBirth"):
        draft.date(dates_of(text))
    for text in node.texts("placeOfBirthList", "placeOfBirthItem", "placeOfBirth"):
        draft.say(text, "born in")
        code = country_code(words(text.rpartition(",")[2]))
        draft.country(code)
    for one in node.all("addressList", "address"):
        draft.say(", ".join(child.own for child in one.children if child.tag != "uid"), "address")
    draft.country(node.text("vesselInfo", "vesselFlag"))
    draft.identify(identifier("IMO", node.text("vesselInfo", "imoNumber")))
    for one in node.all("vesselInfo"):
        for child in one.children:
            draft.say(child.own, child.tag)
    draft.say(node.text("title"), "title")
    if remarks := node.text("remarks"):
        read_remarks(draft, remarks)
    return draft.entry()


def _name(node: Node, quality: str) -> ListedName:
    given, family = node.text("firstName"), node.text("lastName")
    if given and family:
        return ListedName(f"{given} {family}", quality, (("given", given), ("family", family)))
    return ListedName(family or given, quality)
