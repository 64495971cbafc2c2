# SPDX-License-Identifier: Apache-2.0
"""Countries by the many names that lists give them, as ISO 3166 codes of two letters."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

import pycountry

# Names that lists use and ISO does not; the left-hand side as `_plain` makes it.
_ALSO = {
    "abkhazia": "GE",
    "bahamas": "BS",
    "bolivia": "BO",
    "bosnia": "BA",
    "britain": "GB",
    "british virgin islands": "VG",
    "brunei": "BN",
    "burma": "MM",
    "cape verde": "CV",
    "china mainland": "CN",
    "congo brazzaville": "CG",
    "congo democratic republic": "CD",
    "congo kinshasa": "CD",
    "congo republic": "CG",
    "cote divoire": "CI",
    "crimea": "UA",
    "curacao": "CW",
    "czech republic": "CZ",
    "dagestan": "RU",
    "democratic republic congo": "CD",
    "dem rep congo": "CD",
    "dprk": "KP",
    "dr congo": "CD",
    "drc": "CD",
    "east timor": "TL",
    "england": "GB",
    "falkland islands": "FK",
    "former yugoslav republic macedonia": "MK",
    "gambia": "GM",
    "gaza": "PS",
    "gaza strip": "PS",
    "great britain": "GB",
    "guernsey": "GG",
    "holy see": "VA",
    "hong kong china": "HK",
    "hong kong sar": "HK",
    "iran": "IR",
    "iran islamic republic": "IR",
    "islamic republic iran": "IR",
    "ivory coast": "CI",
    "korea": "KR",
    "korea dem peoples rep": "KP",
    "korea north": "KP",
    "korea south": "KR",
    "kosovo": "XK",
    "kyrgyz republic": "KG",
    "laos": "LA",
    "libyan arab jamahiriya": "LY",
    "macao": "MO",
    "macau": "MO",
    "macedonia": "MK",
    "macedonia former yugoslav republic": "MK",
    "micronesia": "FM",
    "moldova": "MD",
    "myanmar burma": "MM",
    "netherlands antilles": "CW",
    "north korea": "KP",
    "north macedonia": "MK",
    "northern ireland": "GB",
    "occupied palestinian territories": "PS",
    "palestine": "PS",
    "palestinian": "PS",
    "palestinian territories": "PS",
    "palestinian territory": "PS",
    "peoples republic china": "CN",
    "republic cyprus": "CY",
    "republic iran": "IR",
    "republic korea": "KR",
    "republic moldova": "MD",
    "republic south sudan": "SS",
    "republic yemen": "YE",
    "reunion": "RE",
    "russia": "RU",
    "saint martin": "MF",
    "sao tome principe": "ST",
    "scotland": "GB",
    "south korea": "KR",
    "south ossetia": "GE",
    "st kitts nevis": "KN",
    "st lucia": "LC",
    "st vincent grenadines": "VC",
    "state palestine": "PS",
    "swaziland": "SZ",
    "syria": "SY",
    "taiwan": "TW",
    "taiwan china": "TW",
    "tanzania": "TZ",
    "transnistria": "MD",
    "trinidad tobago": "TT",
    "turkey": "TR",
    "uae": "AE",
    "uk": "GB",
    "united republic tanzania": "TZ",
    "united states": "US",
    "united states america": "US",
    "us": "US",
    "usa": "US",
    "vatican": "VA",
    "vatican city": "VA",
    "venezuela": "VE",
    "vietnam": "VN",
    "viet nam": "VN",
    "virgin islands british": "VG",
    "virgin islands us": "VI",
    "wales": "GB",
    "west bank": "PS",
}

_DROPPED = frozenset({"the", "of", "and", "region"})
_BESIDE = re.compile(r"\(.*?\)")


def _plain(text: str) -> str:
    """Return a name as it is looked up: no accents, no marks, no small words."""
    folded = unicodedata.normalize("NFKD", text).casefold()
    kept = "".join(
        mark if mark.isalnum() or mark.isspace() else " " if mark in ",-/&:()" else ""
        for mark in folded
        if not unicodedata.combining(mark)
    )
    return " ".join(word for word in kept.split() if word not in _DROPPED)


@cache
def _codes() -> dict[str, str]:
    found = dict[str, str]()
    for country in pycountry.countries:
        for name in ("name", "official_name", "common_name"):
            text = getattr(country, name, None)
            if text:
                found[_plain(text)] = country.alpha_2
        found[country.alpha_3.casefold()] = country.alpha_2
        found[country.alpha_2.casefold()] = country.alpha_2
    return found | _ALSO | {"xk": "XK"}


@cache
def country_code(text: str) -> str:
    """Return the ISO 3166 code of a country by name or code, or nothing.

    A part of a country given as ``ua-cri`` is that country.

    Example:
        >>> country_code("Korea, North"), country_code("Iran (Islamic Republic of)")
        ('KP', 'IR')
        >>> country_code("de"), country_code("ua-cri"), country_code("Atlantis")
        ('DE', 'UA', '')
    """
    codes = _codes()
    whole = _plain(text)
    if whole in codes:
        return codes[whole]
    if re.fullmatch(r"[a-z]{2}-[a-z0-9]{1,3}", text):
        return codes.get(text[:2], "")
    return codes.get(_plain(_BESIDE.sub(" ", text)), "")
