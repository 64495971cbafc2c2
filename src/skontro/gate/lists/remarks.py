# SPDX-License-Identifier: Apache-2.0
"""OFAC's remarks: one text that holds dates, identifiers, countries and weak aliases."""

from __future__ import annotations

import re

from skontro.gate.entries import ListedName
from skontro.gate.lists.parts import Draft, dates_of, identifier, identifier_kind

_ALSO_KNOWN = re.compile(r"(?:[afn]\.k\.a\.)\s+['\"](.+?)['\"]?", re.IGNORECASE)
_DATED = re.compile(r"(?:DOB|Organization Established Date|Organisation Established Date)\s+(.+)")
_COUNTRY = re.compile(r"(?:nationality|citizen|Vessel Flag|Nationality of Registration)\s+(.+)")
_BORN = re.compile(r"POB\s+(.+)")
_NOT_NUMBERS = re.compile(
    r"(?:Linked To|Telephone|Phone|Fax|Email|Website|Gender|Title|Aircraft|Vessel (?:Type|Year)"
    r"|Secondary sanctions|Additional Sanctions|Transactions|Executive Order|For more|Effective"
    r"|Listing|Government Gazette|Target Type|Former|Other Vessel|Vessel Call|Vessel Owner)"
)
_LABELLED = re.compile(
    r"(?P<label>(?:[A-Z][A-Za-z.,#/&'’() -]*?)?"
    r"(?:No\.?|#|Number|BIC|Code|Identification|Passport|SSN|RTN|RFC|R\.F\.C\.|C\.U\.R\.P\.|NIT"
    r"|RIF|RUC|D\.N\.I\.|LEI|MMSI|IMO|ID|FEIN|Cedula|I\.F\.E\.|C\.U\.I\.P\.|CUI|CUIT"
    r"|License|Credencial electoral|Militar Nacional|Numero de Identidad|C\.I\.F\.|C\.U\.I\.T\."
    r"|BIK \(RU\)|identification number"
    r"|Digital Currency Address - [A-Z0-9]+))"
    r"(?:\s*[:#])*\s+(?P<value>(?:IMO\s)?[^\s(].*?)"
    r"(?:\s*\((?P<country>[^()]*(?:\([^()]*\))?)\))?"
    r"(?:\s+(?:issued|expires|expired)\b.*)?"
)
_HAS_DIGIT = re.compile(r"\d")
_CODES = frozenset({"bic", "lei", "account"})


def read_remarks(draft: Draft, remarks: str) -> None:
    """Add what remarks say to an entry; the whole text stays for the reader of a case.

    Example:
        >>> draft = Draft("1", "person")
        >>> read_remarks(draft, "DOB 12 Mar 1970; nationality Iran; Passport A123 (Iran); "
        ...                     "a.k.a. 'OAKY'.")
        >>> [name.quality for name in draft.names.values()], list(draft.dates)
        (['weak'], ['1970-03-12'])
        >>> [(one.kind, one.value, one.country) for one in draft.identifiers]
        [('passport', 'A123', 'IR')]
    """
    draft.say(remarks)
    for piece in remarks.rstrip(". ").split(";"):
        _read_piece(draft, piece.strip().removeprefix("alt. ").removeprefix("Alt. "))


def _read_piece(draft: Draft, piece: str) -> None:
    if match := _ALSO_KNOWN.fullmatch(piece):
        draft.name(ListedName(match[1], "weak"))
    elif match := _DATED.fullmatch(piece):
        draft.date(dates_of(match[1]))
    elif match := _COUNTRY.fullmatch(piece):
        _known_country(draft, match[1])
    elif match := _BORN.fullmatch(piece):
        _known_country(draft, match[1].rpartition(",")[2] or match[1])
    elif not _NOT_NUMBERS.match(piece) and (match := _LABELLED.fullmatch(piece)):
        kind = identifier_kind(match["label"])
        if _HAS_DIGIT.search(match["value"]) or kind in _CODES:
            country = match["country"] or ""
            draft.identify(identifier(match["label"], match["value"], _code(country)))


def _code(country: str) -> str:
    from skontro.gate.lists.countries import country_code

    return country_code(country) if country else ""


def _known_country(draft: Draft, text: str) -> None:
    code = _code(text.strip())
    if code:
        draft.country(code)
