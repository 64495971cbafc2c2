# SPDX-License-Identifier: Apache-2.0
"""What crossed a side's border in a cycle, for its authority: by country and chapter of goods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import NamedTuple

IN, OUT = "in", "out"
"""Goods that came in, which firms of the side owe for; that went out, which they are owed for."""
KEYS = ("way", "country", "chapter", "currency")
SUMS = ("gross_minor", "set_off_minor", "paid_minor")


class Crossing(NamedTuple):
    """An obligation across the border, as one side sees it.

    Attributes:
        way: :data:`IN` or :data:`OUT`.
        country: Of the other party.
        chapter: First two digits of the HS code; what else it is for where there is none.
        currency: In which currency.
        gross_minor: What was entered into the cycle, minor units.
        set_off_minor: What of it was set off.
        paid_minor: What of it money paid.
    """

    way: str
    country: str
    chapter: str
    currency: str
    gross_minor: int
    set_off_minor: int
    paid_minor: int


def chapter_of(code: str, kind: str) -> str:
    """Return the chapter of goods; for what has no HS code its kind.

    Example:
        >>> chapter_of("300490", "cross_border_goods"), chapter_of("SC1", "services")
        ('30', 'services')
    """
    return code[:2] if code[:2].isdigit() and len(code) >= 2 else kind or "not said"


def summed(crossings: Iterable[Crossing]) -> list[dict[str, str | int]]:
    """Return obligations summed by way, country, chapter and currency, in that order.

    Example:
        >>> summed([Crossing("in", "IN", "30", "EUR", 5, 2, 3)] * 2)[0]["gross_minor"]
        '10'
    """
    sums: dict[tuple[str, ...], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in crossings:
        found = sums[one[:4]]
        for place, amount in enumerate((1, one.gross_minor, one.set_off_minor, one.paid_minor)):
            found[place] += amount
    rows = list[dict[str, str | int]]()
    for key, found in sorted(sums.items()):
        row: dict[str, str | int] = dict(zip(KEYS, key, strict=True))
        row["obligations"] = found[0]
        row |= {name: str(amount) for name, amount in zip(SUMS, found[1:], strict=True)}
        rows.append(row)
    return rows


def totals(rows: Iterable[dict[str, str | int]]) -> list[dict[str, str | int]]:
    """Return the sums of all rows by way and currency."""
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        found = sums[str(row["way"]), str(row["currency"])]
        for place, name in enumerate(("obligations", *SUMS)):
            found[place] += int(row[name])
    rows_of_all = list[dict[str, str | int]]()
    for (way, currency), found in sorted(sums.items()):
        row = {"way": way, "currency": currency, "obligations": found[0]}
        row |= {name: str(amount) for name, amount in zip(SUMS, found[1:], strict=True)}
        rows_of_all.append(row)
    return rows_of_all
