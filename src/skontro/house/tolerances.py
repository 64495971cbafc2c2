# SPDX-License-Identifier: Apache-2.0
"""How far papers, customs and flags may let things be apart: what rules may say, and the bounds.

A house says it under ``[gate.papers]``, ``[gate.customs]`` and ``[gate.red_flags]``; what it leaves
out is as usual. No rule loosens past a bound that stands here: the largest share, or the least and
the most of a whole number.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

from skontro.house.reading import Section, refused

Bound = Fraction | tuple[int, int]

BOUNDS: Mapping[str, Mapping[str, Bound]] = {
    "papers": {
        "oldest_days": (1, 3650),
        "advance_days": (1, 1095),
        "amount_above": Fraction(1, 2),
        "amount_below": Fraction(1, 10),
    },
    "customs": {
        "value_share": Fraction(1, 4),
        "quantity_share": Fraction(1, 4),
        "price_share": Fraction(1, 2),
        "days": (1, 365),
    },
    "red_flags": {
        "least_values": (5, 100),
        "price_spreads": (3, 20),
        "price_share": Fraction(1),
        "weight_share": Fraction(1, 2),
        "volume_times": (2, 20),
        "least_cycles": (2, 24),
        "large_minor": (1, 10**10),
        "young_days": (30, 3650),
        "round_trip_share": Fraction(1, 4),
        "round_trip_days": (7, 366),
    },
}
"""Tables, their keys, and the bound of each: no share above, no whole number outside."""

FINEST = 10**6
"""Shares are multiples of a millionth or less fine, so that products of amounts stay exact."""

Said = tuple[tuple[str, tuple[tuple[str, int | str], ...]], ...]
"""What a house says of each table: whole numbers, and shares as exact text; sorted."""


def read_tolerances(section: Section, table: str) -> dict[str, int | Fraction]:
    """Read what is said in one table; what is left out is left out.

    Args:
        section: The table.
        table: Which: one of :data:`BOUNDS`.

    Raises:
        InvalidRules: A value is out of bounds, or too fine.

    Example:
        >>> read_tolerances(Section({"days": 30, "value_share": "2 %"}, "", BOUNDS["customs"]),
        ...                 "customs")
        {'value_share': Fraction(1, 50), 'days': 30}
    """
    found = dict[str, int | Fraction]()
    for key, bound in BOUNDS[table].items():
        if key not in section:
            continue
        if isinstance(bound, tuple):
            found[key] = section.whole(key, *bound)
            continue
        share = section.share(key, most=bound)
        if share.denominator > FINEST:
            raise refused(section.at(key), "it has more than six decimals", next_step="round it")
        found[key] = share
    return found


def all_tolerances(section: Section) -> Said:
    """Read every table of ``[gate]``; one that says nothing is left out.

    Raises:
        InvalidRules: A value is out of bounds, or too fine.
    """
    found = {
        table: read_tolerances(section.section(table, BOUNDS[table], needed=False), table)
        for table in sorted(BOUNDS)
    }
    return tuple(
        (table, tuple(sorted((key, value if isinstance(value, int) else str(value))
                             for key, value in said.items())))
        for table, said in found.items() if said
    )  # fmt: skip
