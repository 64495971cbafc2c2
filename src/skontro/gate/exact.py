# SPDX-License-Identifier: Apache-2.0
"""The first gate: exact names and identifiers against the lists in force; in doubt it holds."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

RULES_VERSION = "exact/1"
RELEASED, HELD, REFUSED = "released", "held", "refused"

Row = tuple[int, int]
"""Number of a list and row in it."""


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
class ListsInForce:
    """All lists in force, as they are looked up.

    Attributes:
        id: Number of the newest of them: an import changes it, so it stands for all of them.
        names: Where each plain name stands.
        identifiers: Where each plain identifier stands.
        empty: Numbers of lists on which nothing stands.
        stale: Numbers of lists older than the house's limit.
    """

    id: int
    names: Mapping[str, Row]
    identifiers: Mapping[str, Row]
    empty: tuple[int, ...] = ()
    stale: tuple[int, ...] = field(default=())

    @classmethod
    def from_rows(cls, lists: Mapping[int, Iterable[tuple[int, str, str]]]) -> ListsInForce:
        """Index the rows of lists by number: position, name, identifier of each row.

        Example:
            >>> ListsInForce.from_rows({1: [(1, "Old  Oak", "")], 2: []}).empty
            (2,)
        """
        names, identifiers = dict[str, Row](), dict[str, Row]()
        empty = list[int]()
        for number, rows in lists.items():
            found = 0
            for position, name, identifier in rows:
                for text, index in (
                    (plain_name(name), names), (plain_identifier(identifier), identifiers),
                ):  # fmt: skip
                    if text:
                        index.setdefault(text, (number, position))
                        found += 1
            if not found:
                empty.append(number)
        return cls(max(lists), names, identifiers, tuple(empty))


def is_of_lists(reasons: Iterable[str]) -> bool:
    """Tell whether reasons are about the lists themselves, and so hold everybody.

    Example:
        >>> is_of_lists(["list 1 is empty"]), is_of_lists(["no name to compare"])
        (True, False)
    """
    return any(reason.startswith(("no list ", "list ")) for reason in reasons)


def judge_party(
    names: Sequence[str], identifiers: Sequence[str], lists: ListsInForce | None
) -> tuple[str, list[str]]:
    """Judge a party by its names (owners' and banks' included) and identifiers.

    Returns:
        ``released`` or ``held``, and why: one sentence a reason.

    Example:
        >>> judge_party(["Alder"], [], None)
        ('held', ['no list is in force'])
    """
    if lists is None:
        return HELD, ["no list is in force"]
    reasons = [f"list {number} is empty" for number in lists.empty]
    reasons += [f"list {number} is older than the house's limit" for number in lists.stale]
    if reasons:
        return HELD, reasons
    if not any(plain_name(name) for name in names):
        reasons.append("no name to compare")
    for name in names:
        row = lists.names.get(plain_name(name))
        if row is not None:
            reasons.append(f"the name stands in row {row[1]} of list {row[0]}")
    for identifier in identifiers:
        row = lists.identifiers.get(plain_identifier(identifier))
        if row is not None:
            reasons.append(f"the identifier stands in row {row[1]} of list {row[0]}")
    return (HELD if reasons else RELEASED), reasons
