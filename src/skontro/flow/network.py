# SPDX-License-Identifier: Apache-2.0
"""Who owed whom in a run, and who still does: the network, read from the run's archive."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from skontro.core.money import round_half_even
from skontro.flow.runs import check_archived_file

if TYPE_CHECKING:
    from skontro.flow.house import House

COLUMNS = ("debtor", "creditor", "currency", "gross_points", "set_off_points", "settled_points")


@dataclass(frozen=True, slots=True)
class Edge:
    """What one owes another in a run, in points of the unit.

    Attributes:
        debtor: Who owes: a firm, or a side.
        creditor: Who is owed.
        many: How many obligations.
        gross: What is owed before.
        set_off: What of it is set off.
        settled: What of it money is to settle.
    """

    debtor: str
    creditor: str
    many: int
    gross: int
    set_off: int
    settled: int


def edges_of_run(house: House, run: Any, currencies: Sequence[str]) -> list[Edge]:
    """Return what firms owe one another in a run, largest first.

    Args:
        house: The house.
        run: The run's row; its archive is checked against what it was signed with.
        currencies: Those that are cleared together.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    path = check_archived_file(house, run, "obligations.parquet")
    table = pq.read_table(path, columns=list(COLUMNS))
    texts = table.column("currency").cast(pa.string())
    table = table.filter(pc.is_in(texts, value_set=pa.array(list(currencies), pa.string())))
    sums = table.group_by(["debtor", "creditor"]).aggregate(
        [("gross_points", "count"), *((name, "sum") for name in COLUMNS[3:])]
    )
    names = ("debtor", "creditor", "gross_points_count", "gross_points_sum", "set_off_points_sum",
             "settled_points_sum")  # fmt: skip
    columns = [sums.column(name).to_pylist() for name in names]
    found = [Edge(*ends, *map(int, figures))
             for *ends, figures in zip(*columns[:2], zip(*columns[2:], strict=True), strict=True)]
    return sorted(found, key=lambda one: (-one.gross, one.debtor, one.creditor))


def by_side(edges: Sequence[Edge], sides: dict[str, str]) -> list[Edge]:
    """Return the same by the sides of the firms, what lies within a side included.

    Example:
        >>> edges = [Edge("A1", "B1", 1, 50, 20, 0), Edge("A2", "B1", 2, 70, 30, 5)]
        >>> by_side(edges, {"A1": "A", "A2": "A", "B1": "B"})
        [Edge(debtor='A', creditor='B', many=3, gross=120, set_off=50, settled=5)]
    """
    sums: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for one in edges:
        found = sums[sides.get(one.debtor, ""), sides.get(one.creditor, "")]
        for place, value in enumerate((one.many, one.gross, one.set_off, one.settled)):
            found[place] += value
    return sorted((Edge(*ends, *values) for ends, values in sums.items()),
                  key=lambda one: (-one.gross, one.debtor, one.creditor))  # fmt: skip


def largest(edges: Sequence[Edge], most: int, chosen: str = "") -> tuple[list[str], list[Edge]]:
    """Return the largest ends of a network by what they owe and are owed, and what joins them.

    Args:
        edges: The network.
        most: How many ends at most.
        chosen: One that is in it in any case, with those it owes and is owed by before others.

    Example:
        >>> edges = [Edge("A", "B", 1, 9, 0, 0), Edge("B", "C", 1, 5, 0, 0)]
        >>> largest(edges, 2)[0], largest(edges, 2, "C")[0]
        (['B', 'A'], ['C', 'B'])
    """
    sums, near = defaultdict[str, int](int), set[str]()
    for one in edges:
        sums[one.debtor] += one.gross
        sums[one.creditor] += one.gross
        if chosen in (one.debtor, one.creditor):
            near |= {one.debtor, one.creditor}
    ordered = sorted(sums, key=lambda end: (end != chosen, end not in near, -sums[end], end))
    kept = ordered[:most]
    inside = set(kept)
    return kept, [one for one in edges if {one.debtor, one.creditor} <= inside]


def minor_of(points: int, per_minor: int) -> int:
    """Return points of a unit as its minor units.

    Example:
        >>> minor_of(360, 180)
        2
    """
    return round_half_even(Fraction(points, per_minor))
