# SPDX-License-Identifier: Apache-2.0
"""Figures of the house report: who gains by set-off, by side and by size, and how evenly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from skontro.core.money import round_half_even
from skontro.core.readable import share_text

SIZES = 5
"""Into how many groups of equal number the firms are put, smallest first."""


@dataclass(frozen=True, slots=True)
class FirmFigures:
    """What a run came to for one firm, in points.

    Attributes:
        firm: Its id.
        side: Its side.
        gross: What it owes and is owed.
        set_off: What was set off of both.
        settled: What money was to settle of both.
        net: What it is owed less what it owes.
    """

    firm: str
    side: str
    gross: int
    set_off: int
    settled: int
    net: int


def _sums(firms: Sequence[FirmFigures]) -> dict[str, Any]:
    gross = sum(one.gross for one in firms)
    set_off = sum(one.set_off for one in firms)
    return {
        "firms": len(firms),
        "gaining": sum(1 for one in firms if one.set_off),
        "gross_points": str(gross),
        "set_off_points": str(set_off),
        "planned_points": str(sum(one.settled for one in firms)),
        "share": share_text(set_off, gross),
    }


def by_side(firms: Sequence[FirmFigures]) -> list[dict[str, Any]]:
    """Return what the firms of each side had set off, and what the side is owed in net."""
    sides = defaultdict[str, list[FirmFigures]](list)
    for one in firms:
        sides[one.side].append(one)
    return [
        {"side": side, **_sums(mine), "net_points": str(sum(one.net for one in mine))}
        for side, mine in sorted(sides.items(), key=lambda pair: pair[0].encode())
    ]


def by_size(firms: Sequence[FirmFigures]) -> list[dict[str, Any]]:
    """Return who gains: the firms in groups of equal number by what they owe and are owed.

    Firms with nothing in the run are left out.
    """
    ordered = sorted(
        (one for one in firms if one.gross), key=lambda one: (one.gross, one.firm.encode())
    )
    groups = min(SIZES, len(ordered))
    found = []
    for group in range(groups):
        low, high = group * len(ordered) // groups, (group + 1) * len(ordered) // groups
        mine = ordered[low:high]
        found.append({
            "group": group + 1,
            "from_points": str(mine[0].gross), "to_points": str(mine[-1].gross), **_sums(mine),
        })  # fmt: skip
    return found


def fairness(firms: Sequence[FirmFigures]) -> dict[str, Any]:
    """Return how evenly set-off falls: shares of the firms' own debts and claims.

    Quartiles are over firms, each by the share of its own gross that was set off. The last two
    figures say how much of the gross and of the set-off is that of the largest tenth of firms.

    Example:
        >>> firms = [FirmFigures("A", "", 100, 50, 0, 0), FirmFigures("B", "", 100, 0, 0, 0)]
        >>> fairness(firms)["without"], fairness(firms)["median_share"]
        (1, '0.000000')
    """
    here = [one for one in firms if one.gross]
    shares = sorted(Fraction(one.set_off, one.gross) for one in here)
    largest = sorted(here, key=lambda one: (-one.gross, one.firm.encode()))
    top = largest[: -(-len(largest) // 10)]

    def quartile(number: int) -> str:
        if not shares:
            return share_text(0, 0)
        place = shares[(len(shares) - 1) * number // 4]
        return share_text(place.numerator, place.denominator)

    gross, set_off = sum(one.gross for one in here), sum(one.set_off for one in here)
    return {
        "firms": len(here),
        "without": sum(1 for one in here if not one.set_off),
        "lower_quartile_share": quartile(1),
        "median_share": quartile(2),
        "upper_quartile_share": quartile(3),
        "largest_tenth_of_gross": share_text(sum(one.gross for one in top), gross),
        "largest_tenth_of_set_off": share_text(sum(one.set_off for one in top), set_off),
    }


def block_totals(block: Mapping[str, Any], settled_points: int) -> dict[str, Any]:
    """Return the totals of one block for the report.

    Args:
        block: The block in the final run's summary.
        settled_points: What money did settle, in points; nought before the settlement.

    Returns:
        Gross; compensable (gross less the net positions above nought: what no money would have
        to move for, if all were discharged); set off; planned to be settled; settled; residual.
    """
    gross, debt = int(block["gross_minor"]), int(block["net_internal_debt_minor"])
    per_minor = int(block["unit_minor_points"])
    set_off, settled = int(block["set_off_points"]), settled_points

    def minor(points: int) -> str:
        return str(round_half_even(Fraction(points, per_minor)))

    residual = int(block["gross_points"]) - set_off - settled
    return {
        "unit": block["unit"],
        "unit_minor_points": str(per_minor),
        "obligations": block["obligations"],
        "participants": block["participants"],
        "gross_minor": str(gross),
        "compensable_minor": str(gross - debt),
        "set_off_minor": minor(set_off),
        "planned_minor": str(block["settled_minor"]),
        "settled_minor": minor(settled),
        "residual_minor": minor(residual),
        "compensable_share": share_text(gross - debt, gross),
        "set_off_share": share_text(set_off, int(block["gross_points"])),
        "settled_share": share_text(settled, int(block["gross_points"])),
    }


def currency_rows(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a block's currencies: gross, set off and planned, in their own minor units."""
    return [
        {
            "currency": row["currency"], "obligations": row["obligations"],
            "gross_minor": str(row["gross_minor"]), "set_off_minor": str(row["set_off_minor"]),
            "planned_minor": str(row["settled_minor"]),
            "share": share_text(row["set_off_minor"], row["gross_minor"]),
        }
        for row in block["currencies"]
    ]  # fmt: skip


def side_pairs(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return who owed whom across and within the sides, and what was set off of it."""
    return [
        {
            "debtor_side": row["debtor_side"], "creditor_side": row["creditor_side"],
            "obligations": row["obligations"], "gross_points": row["gross_points"],
            "set_off_points": row["set_off_points"], "planned_points": row["settled_points"],
        }
        for row in block["sides"]
    ]  # fmt: skip
