# SPDX-License-Identifier: Apache-2.0
"""Codes of goods and classes of services: which can be any, and what their chapters are about.

Goods bear codes of the Harmonized System (HS): two digits are a chapter, four a heading, six a
subheading, the same in all countries; up to four more are a country's own. Services bear classes
of the balance of payments (EBOPS): ``SC`` transport, ``SC1`` by sea.
"""

from __future__ import annotations

import re

CHAPTERS = {
    1: "live animals", 2: "meat", 3: "fish and shellfish", 4: "dairy, eggs, honey",
    5: "other products of animals", 6: "live plants, flowers", 7: "vegetables", 8: "fruit and nuts",
    9: "coffee, tea, spices", 10: "cereals", 11: "flour, malt, starch", 12: "oil seeds, seeds",
    13: "gums, resins, plant extracts", 14: "plants for plaiting", 15: "fats and oils",
    16: "prepared meat and fish", 17: "sugar", 18: "cocoa", 19: "prepared cereals, bakery",
    20: "prepared vegetables and fruit", 21: "other prepared food", 22: "drinks and vinegar",
    23: "food residues, fodder", 24: "tobacco", 25: "salt, earths, stone", 26: "ores, slag, ash",
    27: "mineral fuels and oils", 28: "inorganic chemicals", 29: "organic chemicals",
    30: "pharmaceutical products", 31: "fertilisers", 32: "dyes, paints", 33: "perfumery",
    34: "soap, waxes", 35: "proteins, glues, enzymes", 36: "explosives", 37: "photographic goods",
    38: "other chemical products", 39: "plastics", 40: "rubber", 41: "hides and leather",
    42: "articles of leather", 43: "furskins", 44: "wood", 45: "cork", 46: "basketware",
    47: "pulp", 48: "paper", 49: "printed matter", 50: "silk", 51: "wool", 52: "cotton",
    53: "other vegetable fibres", 54: "man-made filaments", 55: "man-made staple fibres",
    56: "wadding, felt, rope", 57: "carpets", 58: "special fabrics", 59: "coated textiles",
    60: "knitted fabrics", 61: "knitted clothing", 62: "other clothing", 63: "other textiles",
    64: "footwear", 65: "headgear", 66: "umbrellas", 67: "feathers, artificial flowers",
    68: "articles of stone", 69: "ceramics", 70: "glass", 71: "precious metals and stones",
    72: "iron and steel", 73: "articles of iron and steel", 74: "copper", 75: "nickel",
    76: "aluminium", 78: "lead", 79: "zinc", 80: "tin", 81: "other base metals", 82: "tools",
    83: "other articles of base metal", 84: "machinery, reactors", 85: "electrical machinery",
    86: "railway vehicles", 87: "road vehicles, tanks", 88: "aircraft", 89: "ships",
    90: "optical, medical, measuring instruments", 91: "clocks and watches",
    92: "musical instruments", 93: "arms and ammunition", 94: "furniture, lamps",
    95: "toys, games, sport", 96: "other manufactured articles", 97: "works of art",
}  # fmt: skip
"""Chapters of the HS, in a few words of our own; 77 is kept free, 98 and 99 mean what a country
wants them to."""

SERVICES = {
    "SA": "manufacturing for others", "SB": "maintenance and repair", "SC": "transport",
    "SD": "travel", "SE": "construction", "SF": "insurance", "SG": "financial services",
    "SH": "use of intellectual property", "SI": "telecommunications, computers, information",
    "SJ": "other business services", "SK": "personal and cultural services",
    "SL": "government services",
}  # fmt: skip
"""Classes of services, in a few words of our own."""

WEAPONS = (
    "2844", "3601", "3602", "3603", "8401", "8710", "890610", "93",
)  # fmt: skip
"""Radioactive materials, explosives, nuclear reactors, tanks, warships, arms and ammunition."""

_GOODS = re.compile(r"[0-9]{6,10}", re.A)
_SERVICE = re.compile(r"S[A-L][0-9]{0,4}", re.A)
_PREFIX = re.compile(r"[0-9]{2,10}", re.A)


def goods_fault(code: str) -> str:
    """Say why a text is no HS code of a line of goods; empty where it is one.

    Example:
        >>> goods_fault("300490"), goods_fault("3004"), goods_fault("770100")
        ('', 'an HS code has 6 to 10 digits', 'the HS has no chapter 77')
    """
    if _GOODS.fullmatch(code) is None:
        return "an HS code has 6 to 10 digits"
    return _chapter_fault(code)


def prefix_fault(prefix: str) -> str:
    """Say why a text cannot be the beginning of codes in a rule; empty where it can.

    Example:
        >>> prefix_fault("30"), prefix_fault("SC1"), prefix_fault("3")
        ('', '', 'a rule is for 2 to 10 digits of the HS, or a class of services')
    """
    if _SERVICE.fullmatch(prefix):
        return ""
    if _PREFIX.fullmatch(prefix) is None:
        return "a rule is for 2 to 10 digits of the HS, or a class of services"
    return _chapter_fault(prefix)


def _chapter_fault(code: str) -> str:
    if int(code[:2]) not in CHAPTERS:
        return f"the HS has no chapter {code[:2]}"
    if code[2:4] == "00":
        return f"the HS has no heading {code[:4]}"
    return ""


def service_fault(code: str) -> str:
    """Say why a text is no class of services; empty where it is one.

    Example:
        >>> service_fault("SC1"), service_fault("freight")
        ('', 'a class of services is S, a letter A to L, and up to 4 digits')
    """
    if _SERVICE.fullmatch(code) is None:
        return "a class of services is S, a letter A to L, and up to 4 digits"
    return ""


def is_service(code: str) -> bool:
    """Tell whether a code is a class of services.

    Example:
        >>> is_service("SF"), is_service("300490")
        (True, False)
    """
    return _SERVICE.fullmatch(code) is not None


def about(code: str) -> str:
    """Say in a few words what a code is about, by its chapter or class.

    Example:
        >>> about("300490"), about("SC1"), about("xx")
        ('pharmaceutical products', 'transport', '')
    """
    if is_service(code):
        return SERVICES[code[:2]]
    return CHAPTERS.get(int(code[:2]), "") if code[:2].isascii() and code[:2].isdigit() else ""


def is_weapon(code: str) -> bool:
    """Tell whether goods under a code may be weapons or explosives, or are nuclear.

    Example:
        >>> is_weapon("930200"), is_weapon("87100010"), is_weapon("871310")
        (True, True, False)
    """
    return code.startswith(WEAPONS)
