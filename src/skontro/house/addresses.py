# SPDX-License-Identifier: Apache-2.0
"""Where a firm is, part by part: banks take no address any more that is one line of text."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

from skontro.core.digest import canonical_json
from skontro.core.errors import Rejected

PARTS = ("street", "building", "postcode", "town", "region", "country")
"""What an address is made of, as it is written: ``town=Utrecht, country=NL``."""

_PART = re.compile(rf"\s*({'|'.join(PARTS)})\s*=\s*([^=]*?)\s*", re.A)
_COUNTRY = re.compile("[A-Z]{2}")
_LINE = 70


@dataclass(frozen=True, slots=True)
class PostalAddress:
    """An address, as far as its parts are known.

    Attributes:
        street: Name of the street.
        building: Number of the house.
        postcode: Postal code.
        town: Town.
        region: Part of the country.
        country: ISO 3166, two letters.
        lines: What was never taken apart.
    """

    street: str = ""
    building: str = ""
    postcode: str = ""
    town: str = ""
    region: str = ""
    country: str = ""
    lines: tuple[str, ...] = ()

    @property
    def is_structured(self) -> bool:
        """Whether town and country are known, which banks ask for."""
        return bool(self.town and self.country)

    @property
    def words(self) -> str:
        """The address on one line.

        Example:
            >>> PostalAddress("Kade", "1", "3511 AB", "Utrecht", "", "NL").words
            'Kade 1, 3511 AB Utrecht, NL'
        """
        street = " ".join(filter(None, (self.street, self.building)))
        town = " ".join(filter(None, (self.postcode, self.town)))
        return ", ".join(filter(None, (*self.lines, street, town, self.region, self.country)))


NOWHERE = PostalAddress()
"""No part is known."""


def said_address(text: str) -> str | PostalAddress:
    """Return an address as a person writes it: part by part, or else the text as it is.

    Args:
        text: Such as ``street=Kade, building=1, town=Utrecht, country=NL``.

    Example:
        >>> said_address("town=Utrecht, country=NL").town, said_address("1 Trade Street")
        ('Utrecht', '1 Trade Street')
    """
    found = dict[str, Any]()
    for piece in re.split(rf",(?=\s*(?:{'|'.join(PARTS)})\s*=)", text):
        part = _PART.fullmatch(piece)
        if part is None:
            return text
        found[part[1]] = part[2]
    return PostalAddress(**found)


def address_text(address: str | PostalAddress) -> str:
    """Return an address as the register keeps it: on one line, and its parts below.

    Raises:
        Rejected: The country is none.

    Example:
        >>> address_text(PostalAddress(town="Utrecht", country="NL"))
        'Utrecht, NL\\n{"country":"NL","town":"Utrecht"}'
    """
    if isinstance(address, str):
        said = said_address(address)
        if isinstance(said, str):
            return said
        address = said
    if address.country and not _COUNTRY.fullmatch(address.country):
        raise Rejected(f"address: {address.country!r} is no country", code="InvalidAddress",
                       next_step="use the two capital letters of ISO 3166, e.g. NL")  # fmt: skip
    parts = {name: value for name, value in asdict(address).items() if value}
    return f"{address.words}\n{canonical_json(parts).decode()}"


def address_words(text: str) -> str:
    """Return an address on one line, from what the register keeps."""
    return text.partition("\n")[0]


def read_address(text: str) -> PostalAddress:
    """Return an address from what the register keeps.

    Example:
        >>> read_address('Utrecht, NL\\n{"country":"NL","town":"Utrecht"}').country
        'NL'
        >>> read_address("1 Trade Street").lines
        ('1 Trade Street',)
    """
    words, _, more = text.partition("\n")
    if more:
        parts = json.loads(more)
        return PostalAddress(**parts | {"lines": tuple(parts.get("lines", ()))})
    return PostalAddress(lines=tuple(
        words[start : start + _LINE] for start in range(0, len(words), _LINE)
    ))  # fmt: skip
