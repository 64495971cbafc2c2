# SPDX-License-Identifier: Apache-2.0
"""From obligations to nodes and pairs: what the clearing counts in and over.

With a fixing everything is one block; a participant that accepts conversion is one node, any other
one node per currency. Without a fixing each currency is a block of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skontro.core.fixing import Grid, choose_grid, to_points
from skontro.core.ordering import sort_groups_by_text, text_buffers
from skontro.core.wide import exact_sum, sums_by_index
from skontro.kernel.pairs import group_pairs

if TYPE_CHECKING:
    from skontro.core.intake import Intake

Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

CONVERTS = -1
"""The currency index of a node that accepts conversion: it has every currency."""


@dataclass(frozen=True, slots=True, eq=False)
class Nodes:
    """The nodes of a block, in the order (participant, currency).

    Attributes:
        participant: Number of the participant of each node, shape (n,).
        currency_index: Which currency the node is in, ``CONVERTS`` where it has all, shape (n,).
        first: First node of each participant, shape (participants,).
        row_of: For each participant its row of ``offset``, -1 where it has one node, or None.
        offset: Node after ``first`` for each refusing participant and currency, -1 for none.
    """

    participant: Int32
    currency_index: Int16
    first: Int32
    row_of: Int32 | None
    offset: Int16 | None

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return int(self.participant.shape[0])

    def of(self, participant: Int32, currency_index: Int16) -> Int32:
        """Return the node of each (participant, currency) that has an obligation."""
        if self.row_of is None or self.offset is None:
            if self.count == self.first.shape[0]:
                return participant
            return self.first[participant]
        node = self.first[participant]
        row = self.row_of[participant]
        refusing = np.flatnonzero(row >= 0)
        node[refusing] += self.offset[row[refusing], currency_index[refusing]]
        return node


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What clears together: obligations as pairs of nodes, in points.

    Rows are sorted by (debtor node, creditor node, bytes of the id); those of pair ``k`` are
    ``start[k]:start[k + 1]``.

    Attributes:
        unit: The unit of account: that of the fixing, else the currency of the block.
        grid: What one minor unit of each currency is in points.
        currencies: The currencies of the intake, by code; rows and nodes count in these.
        nodes: The nodes.
        rows: Position of each row among the intake's obligations, shape (m,).
        amount_minor: Open amount of each row in minor units, shape (m,).
        currency_index: Currency of each row, shape (m,).
        points: Open amount of each row in points, shape (m,).
        tail: Debtor node of each pair, shape (p,).
        head: Creditor node of each pair, shape (p,).
        limit: Sum of the points of each pair, shape (p,).
        start: First row of each pair and one past the last, shape (p + 1,).
    """

    unit: str
    grid: Grid
    currencies: tuple[str, ...]
    nodes: Nodes
    rows: Int64
    amount_minor: Int64
    currency_index: Int16
    points: Int64
    tail: Int32
    head: Int32
    limit: Int64
    start: Int64

    @property
    def lone(self) -> bool:
        """Whether every pair has just one obligation: rows are pairs then."""
        return bool(self.rows.shape[0] == self.tail.shape[0])

    def pair_of(self, row: Int64) -> Int64:
        """Return the pair of each of some rows of the block."""
        return np.searchsorted(self.start, row, side="right") - 1

    def per_pair(self, value: Int64) -> Int64:
        """Add up one value per row over the rows of each pair."""
        if value.shape[0] == 0:
            return np.zeros(0, np.int64)
        if self.lone:
            return value
        return np.add.reduceat(value, self.start[:-1])

    def per_row(self, value: NDArray[Any]) -> NDArray[Any]:
        """Repeat one value per pair for each of its rows."""
        return value if self.lone else np.repeat(value, np.diff(self.start))

    def points_of(self, amount_minor: Int64, currency_index: Int16) -> Int64:
        """Turn minor units of some rows into points, to the nearest, a half to the even one."""
        if self.grid.kind == "minor":
            return amount_minor
        return to_points(amount_minor, currency_index, self.grid, codes=self.currencies)


def build_blocks(intake: Intake) -> list[Block]:
    """Group the obligations of an intake into blocks of pairs.

    Args:
        intake: What was accepted of the files.

    Returns:
        One block with a fixing, else one per currency, by code.

    Raises:
        NoGridFits: The fixing has no unit of account fine and coarse enough.
        AmountOverflow: A sum would reach 2**62 points.
    """
    obligations = intake.obligations
    used = np.bincount(obligations.currency_index, minlength=len(obligations.currencies))
    if intake.fixing is not None:
        return [_fixed_block(intake, used)] if obligations.amount_minor.shape[0] else []
    blocks = []
    for index in np.flatnonzero(used):
        position = None
        if used[index] != obligations.amount_minor.shape[0]:
            position = np.flatnonzero(obligations.currency_index == index)
        blocks.append(_currency_block(intake, int(index), position))
    return blocks


def _currency_block(intake: Intake, index: int, position: Int64 | None) -> Block:
    obligations = intake.obligations
    code = obligations.currencies[index]
    debtor, creditor = obligations.debtor, obligations.creditor
    if position is not None:
        debtor, creditor = debtor[position], creditor[position]
    count = len(intake.participants.id)
    present = np.zeros(count, np.bool_)
    present[debtor] = True
    present[creditor] = True
    participant = np.flatnonzero(present).astype(np.int32)
    nodes = Nodes(
        participant=participant,
        currency_index=np.full(participant.shape[0], index, np.int16),
        first=(np.cumsum(present, dtype=np.int32) - present.astype(np.int32)),
        row_of=None,
        offset=None,
    )
    chosen = obligations.amount_minor if position is None else obligations.amount_minor[position]
    grid = choose_grid(None, [code], {code: chosen.shape[0]}, {code: exact_sum(chosen)})
    currency_index = np.zeros(0, np.int16)
    return _pair_up(
        intake, grid, nodes, position,
        nodes.of(debtor, currency_index), nodes.of(creditor, currency_index),
    )


def _fixed_block(intake: Intake, used: Int64) -> Block:
    obligations = intake.obligations
    sums = sums_by_index(obligations.amount_minor, obligations.currency_index, len(used))
    codes = obligations.currencies
    present = [index for index in range(len(codes)) if used[index]]
    grid = choose_grid(
        intake.fixing,
        [codes[index] for index in present],
        {codes[index]: int(used[index]) for index in present},
        {codes[index]: sums[index] for index in present},
    )
    nodes = _fixed_nodes(intake)
    return _pair_up(
        intake, grid, nodes, None,
        nodes.of(obligations.debtor, obligations.currency_index),
        nodes.of(obligations.creditor, obligations.currency_index),
    )


def _fixed_nodes(intake: Intake) -> Nodes:
    """One node where conversion is accepted, else one per currency with an obligation."""
    obligations = intake.obligations
    accepts = np.asarray(intake.participants.accepts, np.bool_)
    total = accepts.shape[0]
    refusing = np.flatnonzero(~accepts)
    if refusing.shape[0] == 0:
        everyone = np.arange(total, dtype=np.int32)
        return Nodes(everyone, np.full(total, CONVERTS, np.int16), everyone, None, None)
    row_of = np.full(total, -1, np.int32)
    row_of[refusing] = np.arange(refusing.shape[0], dtype=np.int32)
    used = np.zeros((refusing.shape[0], len(obligations.currencies)), np.bool_)
    for end in (obligations.debtor, obligations.creditor):
        row = row_of[end]
        mask = row >= 0
        used[row[mask], obligations.currency_index[mask]] = True
    width = np.ones(total, np.int64)
    width[refusing] = used.sum(axis=1)
    first = (np.cumsum(width) - width).astype(np.int32)
    offset = np.where(used, np.cumsum(used, axis=1) - 1, -1).astype(np.int16)
    count = int(width.sum())
    currency_index = np.full(count, CONVERTS, np.int16)
    refused, code = np.nonzero(used)
    currency_index[first[refusing[refused]] + offset[refused, code]] = code
    return Nodes(
        participant=np.repeat(np.arange(total, dtype=np.int32), width),
        currency_index=currency_index,
        first=first,
        row_of=row_of,
        offset=offset,
    )


def _pair_up(
    intake: Intake, grid: Grid, nodes: Nodes, position: Int64 | None, debtor: Int32, creditor: Int32
) -> Block:
    """Group rows into pairs and sort those of a pair by their ids' bytes.

    ``debtor`` and ``creditor`` are the nodes of the obligations at ``position``.
    """
    obligations = intake.obligations
    amount = obligations.amount_minor if position is None else obligations.amount_minor[position]
    pairs = group_pairs(debtor, creditor, amount, nodes.count)
    rows = pairs.order if position is None else position[pairs.order]
    sort_groups_by_text(rows, pairs.start, *text_buffers(obligations.id))
    amount = obligations.amount_minor[rows]
    currency_index = obligations.currency_index[rows]
    points, limit = amount, pairs.limit
    codes = obligations.currencies
    if any(grid.points_per_minor[codes[index]] != 1 for index in np.unique(currency_index)):
        points = to_points(amount, currency_index, grid, codes=codes)
        limit = np.add.reduceat(points, pairs.start[:-1])
    return Block(
        unit=grid.unit,
        grid=grid,
        currencies=codes,
        nodes=nodes,
        rows=rows,
        amount_minor=amount,
        currency_index=currency_index,
        points=points,
        tail=pairs.tail,
        head=pairs.head,
        limit=limit,
        start=pairs.start,
    )
