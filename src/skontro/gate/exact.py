# SPDX-License-Identifier: Apache-2.0
"""The first gate: exact names and identifiers against the list in force; in doubt it holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

RULES_VERSION = "exact/1"
RELEASED, HELD, REFUSED = "released", "held", "refused"


def plain_name(name: str) -> str:
    """Return a name as it is compared: compatible forms, one case, single spaces.

    Example:
        >>> plain_name("  Alder   PHARMA ")
        'alder pharma'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def plain_identifier(identifier: str) -> str:
    """Return an identifier as it is compared: letters and digits alone, in capitals.

    Example:
        >>> plain_identifier("de-12 34")
        'DE1234'
    """
    return "".join(mark for mark in identifier.upper() if mark.isalnum())


@dataclass(frozen=True)
class ListInForce:
    """A screening list as it is looked up.

    Attributes:
        id: Its number.
        is_stale: Whether it is older than the house's limit.
        names: Rows of the list by plain name.
        identifiers: Rows of the list by plain identifier.
    """

    id: int
    is_stale: bool
    names: Mapping[str, int]
    identifiers: Mapping[str, int]

    @classmethod
    def from_rows(
        cls, number: int, rows: Iterable[tuple[int, str, str]], *, is_stale: bool
    ) -> ListInForce:
        """Index the rows of a list: position, name, identifier."""
        names, identifiers = dict[str, int](), dict[str, int]()
        for position, name, identifier in rows:
            if name:
                names.setdefault(plain_name(name), position)
            if plain_identifier(identifier):
                identifiers.setdefault(plain_identifier(identifier), position)
        return cls(number, is_stale, names, identifiers)

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands on it."""
        return not self.names and not self.identifiers


def judge_party(
    names: Sequence[str], identifiers: Sequence[str], listed: ListInForce | None
) -> tuple[str, list[str]]:
    """Judge a party by its names (owners' and banks' included) and identifiers.

    Returns:
        ``released`` or ``held``, and why: one sentence a reason.

    Example:
        >>> judge_party(["Alder"], [], None)
        ('held', ['no list is in force'])
    """
    if listed is None:
        return HELD, ["no list is in force"]
    if listed.is_empty:
        return HELD, [f"list {listed.id} is empty"]
    if listed.is_stale:
        return HELD, [f"list {listed.id} is older than the house's limit"]
    reasons = []
    if not any(plain_name(name) for name in names):
        reasons.append("no name to compare")
    for name in names:
        row = listed.names.get(plain_name(name))
        if row is not None:
            reasons.append(f"the name stands in row {row} of list {listed.id}")
    for identifier in identifiers:
        row = listed.identifiers.get(plain_identifier(identifier))
        if row is not None:
            reasons.append(f"the identifier stands in row {row} of list {listed.id}")
    return (HELD if reasons else RELEASED), reasons
