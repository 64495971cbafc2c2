# SPDX-License-Identifier: Apache-2.0
"""Totals that everyone may see, and those that would say too much about one firm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]

FEWEST_FIRMS = 3
MOST_PERCENT = 85


@dataclass(frozen=True, eq=False)
class Cell:
    """One total, with what each firm has of it.

    Attributes:
        total: The total.
        firms: Which firms the cell covers, shape (firms,).
        part: What each firm takes part in, as debtor or creditor, shape (firms,).
    """

    total: int
    firms: NDArray[np.bool_]
    part: Int64

    def is_safe(self) -> bool:
        """Whether it covers three firms, none of which has over 85 % of it."""
        if int(np.count_nonzero(self.firms)) < FEWEST_FIRMS:
            return False
        return int(self.part.max(initial=0)) * 100 <= MOST_PERCENT * self.total

    def with_(self, other: Cell) -> Cell:
        """Both cells as one, which is what a subtraction from their sum would show."""
        return Cell(self.total + other.total, self.firms | other.firms, self.part + other.part)


def cell_of(debtor: NDArray[np.int32], creditor: NDArray[np.int32], value: Int64, firms: int) -> (
    Cell
):
    """Make a cell from the rows it covers.

    Args:
        debtor: Who owes each row, shape (k,).
        creditor: Who is owed it, never the debtor, shape (k,).
        value: What is added up, shape (k,).
        firms: How many firms there are.

    Example:
        >>> cell_of(np.array([0, 1]), np.array([1, 2]), np.array([9, 1]), 3).is_safe()
        False
    """
    covered = np.zeros(firms, np.bool_)
    part = np.zeros(firms, np.int64)
    for who in (debtor, creditor):
        covered[who] = True
        np.add.at(part, who, value)
    return Cell(int(value.sum()), covered, part)


def withheld(
    cells: Sequence[Cell], *, total_is_shown: bool, also: Sequence[bool] = ()
) -> list[bool]:
    """Say which cells of one table must be withheld.

    A cell that is not safe is. Where the sum of the table is shown, what is withheld could be
    found by subtraction: so more cells are withheld, the smallest first, until what they come to
    together is safe as well and is more than one cell.

    Args:
        cells: The cells, which add up to the table's sum.
        total_is_shown: Whether that sum is shown.
        also: Cells that are withheld for another reason.

    Example:
        >>> rows = np.array([0, 1, 2]), np.array([1, 2, 0])
        >>> wide = cell_of(*rows, np.array([5, 5, 5]), 3)
        >>> thin = cell_of(np.array([0]), np.array([1]), np.array([5]), 3)
        >>> withheld([wide, thin, wide], total_is_shown=True)
        [True, True, False]
    """
    hidden = [not cell.is_safe() for cell in cells]
    for place, is_hidden in enumerate(also):
        hidden[place] = hidden[place] or is_hidden
    if not total_is_shown or not any(hidden):
        return hidden
    while not all(hidden):
        chosen = [cell for cell, is_hidden in zip(cells, hidden, strict=True) if is_hidden]
        union = chosen[0]
        for cell in chosen[1:]:
            union = union.with_(cell)
        if len(chosen) > 1 and union.is_safe():
            break
        shown = [place for place, is_hidden in enumerate(hidden) if not is_hidden]
        hidden[min(shown, key=lambda place: (cells[place].total, place))] = True
    return hidden


def shown_table(
    measures: Mapping[str, Sequence[Cell]],
    is_shown: Mapping[str, bool],
    *,
    tied: Sequence[str] = (),
) -> list[dict[str, int | None]]:
    """Return a row per cell with each measure, ``None`` where it is withheld.

    Args:
        measures: For each measure the cells of the table, in one order.
        is_shown: For each measure whether the sum over the table is shown.
        tied: Measures each of which follows from the others; they are withheld together.
    """
    hidden = {
        name: withheld(cells, total_is_shown=is_shown[name]) for name, cells in measures.items()
    }
    changed = bool(tied)
    while changed:
        either = [any(column) for column in zip(*(hidden[name] for name in tied), strict=True)]
        after = {
            name: withheld(measures[name], total_is_shown=is_shown[name], also=either)
            for name in tied
        }
        changed = any(after[name] != hidden[name] for name in tied)
        hidden |= after
    count = len(next(iter(measures.values()), []))
    return [
        {name: None if hidden[name][k] else cells[k].total for name, cells in measures.items()}
        for k in range(count)
    ]
