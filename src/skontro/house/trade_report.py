# SPDX-License-Identifier: Apache-2.0
"""What crossed a side's border in a cycle, for its authority: by country and chapter of goods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
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


def shares(amount: int, values: Sequence[int]) -> list[int]:
    """Divide an amount by what lines come to, to the last minor unit.

    Args:
        amount: Minor units.
        values: What each line comes to; their sum is above nought.

    Returns:
        The part of each line, rounded down; what is left goes to the first ones.

    Example:
        >>> shares(100, [70, 20, 10]), shares(10, [1, 1, 1])
        ([70, 20, 10], [4, 3, 3])
    """
    parts = [amount * value // sum(values) for value in values]
    for place in range(amount - sum(parts)):
        parts[place] += 1
    return parts


def of_lines(crossing: Crossing, lines: Sequence[tuple[str, int]]) -> list[Crossing]:
    """Return the parts of an obligation that crossed under each chapter.

    Args:
        crossing: The obligation, under any chapter.
        lines: Chapter and value of each of its lines.

    Example:
        >>> one = Crossing("in", "IN", "", "EUR", 11, 5, 6)
        >>> [part[2:] for part in of_lines(one, [("30", 8), ("10", 2)])]
        [('30', 'EUR', 9, 4, 5), ('10', 'EUR', 2, 1, 1)]
    """
    values = dict[str, int]()
    for chapter, value in lines:
        values[chapter] = values.get(chapter, 0) + value
    parts = [shares(amount, list(values.values())) for amount in crossing[4:]]
    return [
        Crossing(crossing.way, crossing.country, chapter, crossing.currency, *own)
        for chapter, own in zip(values, zip(*parts, strict=True), strict=True)
    ]


def summed(crossings: Iterable[Crossing]) -> list[dict[str, str | int]]:
    """Return obligations summed by way, country, chapter and currency, in that order.

    One whose lines are of several chapters counts in each of them, with its part of the amounts.

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


def totals(
    rows: Iterable[dict[str, str | int]], many: Mapping[tuple[str, str], int] | None = None
) -> list[dict[str, str | int]]:
    """Return the sums of all rows by way and currency.

    Args:
        rows: As :func:`summed` gives them.
        many: How many obligations there are by way and currency, where some stand in several rows.
    """
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for row in rows:
        found = sums[str(row["way"]), str(row["currency"])]
        for place, name in enumerate(("obligations", *SUMS)):
            found[place] += int(row[name])
    rows_of_all = list[dict[str, str | int]]()
    for (way, currency), found in sorted(sums.items()):
        count = found[0] if many is None else many[way, currency]
        row = {"way": way, "currency": currency, "obligations": count}
        row |= {name: str(amount) for name, amount in zip(SUMS, found[1:], strict=True)}
        rows_of_all.append(row)
    return rows_of_all
