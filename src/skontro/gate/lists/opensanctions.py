# SPDX-License-Identifier: Apache-2.0
"""Lists in the two shapes of OpenSanctions: nested JSON, a target a line, and the simple CSV."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skontro.gate.entries import ListedName, ListEntry
from skontro.gate.lists.countries import country_code
from skontro.gate.lists.csv_rows import Rows, Table
from skontro.gate.lists.parts import Collected, Draft, dates_of, identifier, instant_of
from skontro.gate.lists.source import Reading, refuse, too_large

KINDS = {
    "Person": "person", "Organization": "organisation", "Company": "organisation",
    "PublicBody": "organisation", "Vessel": "vessel", "Airplane": "aircraft",
}  # fmt: skip
SIMPLE = ("id", "schema", "name", "aliases", "birth_date", "countries", "identifiers", "sanctions",
          "dataset", "last_seen")  # fmt: skip
_NAMES = (("name", "primary"), ("alias", "alias"), ("previousName", "alias"),
          ("abbreviation", "weak"), ("weakAlias", "weak"))  # fmt: skip
_IDENTIFIERS = {
    "leiCode": "lei", "swiftBic": "bic", "bikCode": "bik", "imoNumber": "imo", "iban": "iban",
    "accountNumber": "account number", "publicKey": "wallet", "passportNumber": "passport",
    "taxNumber": "tax", "innCode": "inn", "vatCode": "vat", "ogrnCode": "ogrn",
    "registrationNumber": "registration", "uniqueEntityId": "uei", "dunsCode": "duns",
    "idNumber": "id", "mmsi": "mmsi", "okpoCode": "okpo", "kppCode": "kpp", "npiCode": "npi",
    "cikCode": "cik", "isin": "isin", "callSign": "call sign", "serialNumber": "serial",
}  # fmt: skip
_DATES = ("birthDate", "incorporationDate", "buildDate")
_COUNTRIES = ("country", "nationality", "citizenship", "jurisdiction", "birthCountry",
              "mainCountry", "flag", "pastFlags")  # fmt: skip
_TEXTS = ("topics", "position", "notes", "legalForm", "summary", "birthPlace", "address")
_PAPERS = ("Identification", "Passport")
_MOST_NESTED = 6


def read_nested(reading: Reading) -> tuple[list[ListEntry], datetime.datetime]:
    """Read targets.nested.json: its entries and when they were last seen.

    Raises:
        ListRefused: A line is no target.
    """
    collected = Collected()
    seen = ""
    for number, line in enumerate(reading.lines(), 1):
        if not line.strip():
            continue
        try:
            target = json.loads(line.decode("utf-8"))
            if b"\\ud" in line.lower():
                json.dumps(target, ensure_ascii=False).encode()
        except UnicodeError:
            raise refuse("ListEncoding", f"{reading.name} is not UTF-8") from None
        except RecursionError:
            raise too_large(f"{reading.name}, line {number}: things within each other") from None
        except ValueError:
            if line.endswith(b"\n"):
                raise refuse(
                    "ListUnreadable", f"{reading.name}: line {number} is not JSON"
                ) from None
            raise refuse("ListTruncated", f"{reading.name} ends inside line {number}") from None
        entry, last = _target(target, f"{reading.name}, line {number}")
        collected.add(entry)
        seen = max(seen, last)
    if not collected.entries:
        raise refuse("ListEmpty", f"nothing stands in {reading.name}")
    return collected.entries, instant_of(seen, reading.name)


def _target(target: Any, where: str) -> tuple[ListEntry, str]:
    if not isinstance(target, dict):
        raise refuse("ListHeaderChanged", f"{where}: not an object")
    reference, schema = target.get("id"), target.get("schema")
    properties = target.get("properties")
    last = target.get("last_seen", "")
    if not (isinstance(reference, str) and reference and isinstance(schema, str)
            and isinstance(properties, dict) and isinstance(last, str)):  # fmt: skip
        raise refuse("ListHeaderChanged", f"{where}: no id, schema, properties or last_seen")
    draft = Draft(reference, KINDS.get(schema, "unknown"))
    for name, quality in _NAMES:
        for text in _values(properties, name):
            first = quality == "primary" and not draft.names
            draft.name(ListedName(text, quality if first or quality == "weak" else "alias"))
    caption = target.get("caption")
    if not draft.names and isinstance(caption, str):
        draft.name(ListedName(caption))
    _properties(draft, properties)
    _nested(draft, properties, 1)
    for dataset in target.get("datasets") or ():
        draft.say(str(dataset), "dataset")
    return draft.entry(), last


def _properties(draft: Draft, properties: Mapping[str, Any]) -> None:
    for name, label in _IDENTIFIERS.items():
        for text in _values(properties, name):
            draft.identify(identifier(label, text))
    for name in _DATES:
        for text in _values(properties, name):
            draft.date(dates_of(text))
    for name in _COUNTRIES:
        for text in _values(properties, name):
            draft.country(text)
    for name in _TEXTS:
        for text in _values(properties, name):
            draft.say(text, name)
    for text in _values(properties, "programId"):
        draft.programme(text)


def _nested(draft: Draft, properties: Mapping[str, Any], depth: int) -> None:
    """Take what nested things say of the target itself: sanctions, papers, addresses."""
    if depth > _MOST_NESTED:
        return
    for name, values in properties.items():
        for value in values if isinstance(values, list) else ():
            if not isinstance(value, dict):
                continue
            within = value.get("properties")
            if not isinstance(within, dict):
                continue
            schema = value.get("schema")
            if schema == "Sanction":
                for what in ("programId", "program", "authority"):
                    for text in _values(within, what):
                        draft.programme(text)
            elif schema in _PAPERS:
                _paper(draft, schema, within)
            elif schema == "Address":
                for text in _values(within, "country"):
                    draft.country(text)
                for text in _values(within, "full"):
                    draft.say(text, "address")
            else:
                caption = value.get("caption")
                draft.say(caption if isinstance(caption, str) else "", name)
                _linked(draft, within, name)


def _linked(draft: Draft, properties: Mapping[str, Any], name: str) -> None:
    """Say who is linked with a target through a relation."""
    for values in properties.values():
        for value in values if isinstance(values, list) else ():
            if isinstance(value, dict) and isinstance(value.get("caption"), str):
                draft.say(value["caption"], name)


def _paper(draft: Draft, schema: str, properties: Mapping[str, Any]) -> None:
    label = "passport" if schema == "Passport" else ""
    label = label or next(_values(properties, "type"), "id")
    country = next(_values(properties, "country"), "")
    for number in _values(properties, "number"):
        draft.identify(identifier(label, number, country_code(country) if country else ""))


def _values(properties: Mapping[str, Any], name: str) -> Iterator[str]:
    values = properties.get(name)
    for value in values if isinstance(values, list) else ():
        if isinstance(value, str):
            yield value


def read_simple(reading: Reading) -> tuple[list[ListEntry], datetime.datetime]:
    """Read targets.simple.csv: its entries and when they were last seen.

    Raises:
        ListRefused: It is damaged, or has not the columns of its format.
    """
    rows = Rows(reading)
    header = next(iter(rows), None)
    if header is None:
        raise refuse("ListEmpty", f"{reading.name} is empty")
    table = Table(rows, header, SIMPLE)
    collected = Collected()
    seen = ""
    for row in table:
        value = {column: row[table.place(column)].strip() for column in SIMPLE}
        if not value["id"] or not value["schema"]:
            raise refuse("ListUnreadable", f"{reading.name}, line {rows.line}: no id or schema")
        draft = Draft(value["id"], KINDS.get(value["schema"], "unknown"))
        draft.name(ListedName(value["name"]))
        for text in _split(value["aliases"]):
            draft.name(ListedName(text, "alias"))
        for text in _split(value["birth_date"]):
            draft.date(dates_of(text))
        for text in _split(value["countries"]):
            draft.country(text)
        for text in _split(value["identifiers"]):
            draft.identify(identifier("", text))
        for text in _split(value["sanctions"]):
            draft.programme(text)
        draft.say(value["dataset"], "dataset")
        seen = max(seen, value["last_seen"])
        collected.add(draft.entry())
    if not collected.entries:
        raise refuse("ListEmpty", f"nothing stands in {reading.name}")
    return collected.entries, instant_of(seen, reading.name)


def _split(text: str) -> Sequence[str]:
    return [piece.strip() for piece in text.split(";") if piece.strip()]
