# SPDX-License-Identifier: Apache-2.0
"""What stands on a list, and what is compared with it."""

from __future__ import annotations

from dataclasses import dataclass

KINDS = ("person", "organisation", "vessel", "aircraft", "unknown")
"""What an entry or a subject can be; ``unknown`` is compared with every kind."""

IDENTIFIERS = (
    "lei", "bic", "imo", "account", "tax_number", "registration_number", "passport", "other",
)  # fmt: skip
"""Kinds of identifiers; ``other`` is compared with every kind."""

NAMES = ("primary", "alias", "weak")
"""How well a listed name is known: the list's own, another one, one the list itself calls weak."""


@dataclass(frozen=True, slots=True)
class ListedName:
    """A name as the list has it.

    Attributes:
        text: The name, in reading order where the list says what is what.
        quality: One of :data:`NAMES`.
        parts: Parts the list itself tells apart, such as ``("given", "Ada")``; may be empty.
    """

    text: str
    quality: str = "primary"
    parts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier of a party.

    Attributes:
        kind: One of :data:`IDENTIFIERS`.
        value: As it was written.
        country: Who gave it out, ISO 3166 alpha-2, or empty.
    """

    kind: str
    value: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class ListEntry:
    """One party on a list.

    Attributes:
        reference: The list's own id of it, the same from version to version.
        kind: One of :data:`KINDS`.
        names: Its names, the primary one first.
        identifiers: What identifies it.
        dates: Of birth or founding, as precise as the list is: ``1970``, ``1970-05``, or a day.
        countries: Countries it has to do with, ISO 3166 alpha-2, sorted.
        programmes: Under which programmes it is listed.
        text: What else the list says of it, for the reader of a case.

    Example:
        >>> ListEntry("7", "organisation", (ListedName("Old Oak Trading"),)).names[0].quality
        'primary'
    """

    reference: str
    kind: str
    names: tuple[ListedName, ...]
    identifiers: tuple[Identifier, ...] = ()
    dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
    programmes: tuple[str, ...] = ()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """A party that is screened: a firm, an owner, a bank, a payer.

    Attributes:
        kind: One of :data:`KINDS`.
        names: Every name it goes by.
        identifiers: What identifies it.
        dates: Of birth or founding.
        countries: Countries it has to do with, ISO 3166 alpha-2.
    """

    kind: str
    names: tuple[str, ...]
    identifiers: tuple[Identifier, ...] = ()
    dates: tuple[str, ...] = ()
    countries: tuple[str, ...] = ()
