# SPDX-License-Identifier: Apache-2.0
"""OFAC's SDN list as sdn_advanced.xml: parties that refer to tables of words, places and papers.

The tables stand before the parties, and why a party is listed stands behind them.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator

from skontro.gate.entries import ListedName, ListEntry
from skontro.gate.lists.countries import country_code
from skontro.gate.lists.parts import Collected, Draft, about, identifier, years
from skontro.gate.lists.source import Reading, refuse
from skontro.gate.lists.xml_records import Node, Records

_WORDS = ("AliasType", "AreaCode", "Country", "FeatureType", "IDRegDocType", "NamePartType",
          "PartySubType", "PartyType", "Script")  # fmt: skip
_RECORDS = (*_WORDS, "DateOfIssue", "Location", "IDRegDocument", "DistinctParty", "SanctionsEntry")
_KINDS = {"individual": "person", "entity": "organisation", "vessel": "vessel",
          "aircraft": "aircraft"}  # fmt: skip
_OF_COUNTRY = ("nationality", "citizenship", "flag", "country", "location", "place of birth")


class _Tables:
    """What parties refer to, by kind and number."""

    def __init__(self) -> None:
        self.words = dict[tuple[str, str], Node]()
        self.places = dict[str, Node]()
        self.papers = dict[str, list[Node]]()

    def take(self, node: Node) -> None:
        number = node.attributes.get("ID", "")
        if node.tag == "Location":
            self.places[number] = node
        elif node.tag == "IDRegDocument":
            self.papers.setdefault(node.attributes.get("IdentityID", ""), []).append(node)
        else:
            self.words[node.tag, number] = node

    def word(self, tag: str, number: str) -> str:
        node = self.words.get((tag, number))
        return "" if node is None else node.own

    def country(self, number: str) -> str:
        node = self.words.get(("Country", number))
        if node is None:
            return ""
        return country_code(node.attributes.get("ISO2", "")) or country_code(node.own)

    def kind(self, party: Node) -> str:
        """Return what a party is: by its sort, or by what that is a sort of."""
        sort = self.words.get(("PartySubType", party.attributes.get("PartySubTypeID", "")))
        if sort is None:
            return ""
        kind = _KINDS.get(sort.own.casefold())
        above = self.word("PartyType", sort.attributes.get("PartyTypeID", ""))
        return kind or _KINDS.get(above.casefold(), "")


def read_ofac_advanced(reading: Reading) -> tuple[list[ListEntry], datetime.datetime]:
    """Read sdn_advanced.xml: its entries and its date.

    Raises:
        ListRefused: It is damaged, or a part of it is missing.
    """
    tables = _Tables()
    drafts = dict[str, Draft]()
    dated: datetime.datetime | None = None
    entered = 0
    for node in Records(reading, _RECORDS):
        if node.tag == "DateOfIssue":
            dated = _issued(node)
        elif node.tag == "DistinctParty":
            for profile in node.all("Profile"):
                number = profile.attributes.get("ID", "")
                drafts[number] = _party(node, profile, tables)
        elif node.tag == "SanctionsEntry":
            entered += 1
            _listed(node, drafts)
        else:
            tables.take(node)
    if dated is None or not entered:
        raise refuse("ListHeaderChanged", f"{reading.name} has no date, or says of nobody why")
    collected = Collected()
    for draft in drafts.values():
        collected.add(draft.entry())
    return collected.entries, dated


def _issued(node: Node) -> datetime.datetime:
    parts = [node.text(part) for part in ("Year", "Month", "Day")]
    try:
        year, month, day = map(int, parts)
        return datetime.datetime(year, month, day, tzinfo=datetime.UTC)
    except ValueError:
        raise refuse("ListHeaderChanged", "its date of issue is none") from None


def _party(node: Node, profile: Node, tables: _Tables) -> Draft:
    reference = node.attributes.get("FixedRef", "")
    kind = tables.kind(profile)
    if not reference or not kind:
        raise refuse("ListHeaderChanged", f"party {reference[:40]!r}: no sort of party is known")
    draft = Draft(reference, kind)
    draft.say(node.text("Comment"))
    for identity in profile.all("Identity"):
        groups = {
            group.attributes.get("ID", ""): tables.word(
                "NamePartType", group.attributes.get("NamePartTypeID", "")
            )
            for group in identity.all("NamePartGroups", "MasterNamePartGroup", "NamePartGroup")
        }
        for alias in identity.all("Alias"):
            _names(draft, alias, groups)
        for paper in tables.papers.get(identity.attributes.get("ID", ""), ()):
            _paper(draft, paper, tables)
    for feature in profile.all("Feature"):
        _feature(draft, feature, tables)
    return draft


def _names(draft: Draft, alias: Node, groups: dict[str, str]) -> None:
    quality = "alias"
    if alias.attributes.get("LowQuality") == "true":
        quality = "weak"
    elif alias.attributes.get("Primary") == "true" and not draft.names:
        quality = "primary"
    for documented in alias.all("DocumentedName"):
        given, family = list[str](), list[str]()
        for value in documented.all("DocumentedNamePart", "NamePartValue"):
            sort = groups.get(value.attributes.get("NamePartGroupID", ""), "").casefold()
            (family if "last" in sort or "maiden" in sort else given).append(value.own)
        first, last = " ".join(filter(None, given)), " ".join(filter(None, family))
        parts = (("given", first), ("family", last)) if first and last else ()
        draft.name(ListedName(f"{first} {last}", quality, parts))
        quality = "alias" if quality == "primary" else quality


def _paper(draft: Draft, paper: Node, tables: _Tables) -> None:
    label = tables.word("IDRegDocType", paper.attributes.get("IDRegDocTypeID", ""))
    country = tables.country(paper.attributes.get("IssuedBy-CountryID", ""))
    draft.identify(identifier(label, paper.text("IDRegistrationNo"), country))


def _feature(draft: Draft, feature: Node, tables: _Tables) -> None:
    label = tables.word("FeatureType", feature.attributes.get("FeatureTypeID", ""))
    plain = label.casefold()
    for version in feature.all("FeatureVersion"):
        if "birthdate" in plain or "established" in plain:
            for period in version.all("DatePeriod"):
                draft.date(_dates(period))
        for detail in version.all("VersionDetail"):
            if any(word in plain for word in ("bic", "digital currency", "vessel registration",
                                              "identification", "lei")):  # fmt: skip
                draft.identify(identifier(label, detail.own))
            draft.say(detail.own, label)
        for place in version.all("VersionLocation"):
            _place(draft, tables.places.get(place.attributes.get("LocationID", "")), tables, plain)


def _place(draft: Draft, place: Node | None, tables: _Tables, label: str) -> None:
    if place is None:
        raise refuse("ListHeaderChanged", f"party {draft.reference}: a place is not there")
    for country in place.all("LocationCountry"):
        draft.country(tables.country(country.attributes.get("CountryID", "")))
    texts = place.texts("LocationPart", "LocationPartValue", "Value")
    draft.say(", ".join(texts), label)
    if any(word in label for word in _OF_COUNTRY) and texts:
        draft.country(country_code(texts[-1].rpartition(",")[2].strip()))


def _dates(period: Node) -> list[str]:
    """Return what a period says: one date, as precise as it is, or the years it spans."""
    first, last = (list(_days(period, *path)) for path in (("Start", "From"), ("End", "To")))
    if not first:
        return []
    start, end = first[0], (last or first)[0]
    vague = any(one.attributes.get("Approximate") == "true"
                for tag in ("Start", "End") for one in period.all(tag))  # fmt: skip
    if start[0] != end[0]:
        return years(start[0], end[0])
    if vague:
        return about(start[0]) if start == end else [f"{start[0]:04}"]
    if start == end:
        return [f"{start[0]:04}-{start[1]:02}-{start[2]:02}"]
    same_month = start[1] == end[1]
    return [f"{start[0]:04}-{start[1]:02}" if same_month else f"{start[0]:04}"]


def _days(period: Node, *path: str) -> Iterator[tuple[int, int, int]]:
    for found in period.all(*path):
        parts = [found.text(part) for part in ("Year", "Month", "Day")]
        if all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
            day = (int(parts[0]), int(parts[1]), int(parts[2]))
            if day[0] >= 1000 and 1 <= day[1] <= 12 and 1 <= day[2] <= 31:
                yield day


def _listed(node: Node, drafts: dict[str, Draft]) -> None:
    draft = drafts.get(node.attributes.get("ProfileID", ""))
    if draft is None:
        raise refuse("ListTruncated", "somebody is listed who is not among the parties")
    for measure in node.all("SanctionsMeasure"):
        draft.programme(measure.text("Comment"))
