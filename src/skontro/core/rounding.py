# SPDX-License-Identifier: Apache-2.0
"""From points to minor units: the flow itself is rounded, currency by currency.

Each obligation gets the floor or the ceiling of its share, and the choice is itself a flow: one
arc of room one per obligation with a broken share. So balances stay whole: a node that refuses
conversion conserves exactly, and an accepting one misses its exact net by less than a minor unit.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.core.certificate import balances
from skontro.core.errors import Unbalanced
from skontro.core.network import CONVERTS, Block
from skontro.core.wide import shares_of
from skontro.kernel.circulation import InfeasibleSupply, optimal_flow

Int16 = NDArray[np.int16]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

FINE_BITS = 256
"""Broken shares are added up in 2**-256ths; what that cannot decide is added up exactly."""


@dataclass(frozen=True, slots=True, eq=False)
class Discharge:
    """What a group discharged of the rows of a block, before rounding.

    Attributes:
        amount_minor: Open amount of each row, minor units, shape (m,).
        points: The same in points, shape (m,).
        flow: Points discharged, shape (m,).
        currency_index: Currency of each row, shape (m,).
    """

    amount_minor: Int64
    points: Int64
    flow: Int64
    currency_index: Int16


def round_discharge(
    block: Block, discharge: Discharge, order: Int64, *, everyone_accepts: bool
) -> Int64:
    """Turn the points discharged into minor units.

    Args:
        block: The block the rows belong to.
        discharge: Amounts, points and flow of its rows.
        order: Rank of each pair of the block, from the keyed hash; settles ties, shape (p,).
        everyone_accepts: Treat refusing nodes as accepting ones, as pay-ins and pay-outs close
            their balances.

    Returns:
        Minor units discharged of each row, shape (m,): floor or ceiling of
        amount * flow / points.

    Raises:
        Unbalanced: No such rounding conserves; it always does on a grid fine enough.
    """
    minor = np.where(discharge.flow == discharge.points, discharge.amount_minor, 0)
    partial = np.flatnonzero((discharge.flow > 0) & (discharge.flow < discharge.points))
    if block.grid.kind == "minor" or partial.shape[0] == 0:
        minor[partial] = discharge.flow[partial]
        return minor
    currency = discharge.currency_index[partial]
    for index in np.unique(currency):
        rows = partial[currency == index]
        floor, rest, whole = _shares(block, discharge, rows, int(index))
        minor[rows] = floor
        broken = np.flatnonzero(rest > 0)
        if broken.shape[0] == 0:
            continue
        broken = broken[np.lexsort((rows[broken], order[block.pair_of(rows[broken])]))]
        chosen = _Broken(int(index), rows[broken], rest[broken], whole[broken])
        _round_currency(block, discharge, minor, chosen, everyone_accepts=everyone_accepts)
    return minor


@dataclass(frozen=True, slots=True, eq=False)
class _Broken:
    """Rows of one currency whose share is no whole number: what is above the floor."""

    currency: int
    rows: Int64
    rest: Int64
    whole: Int64


def _shares(
    block: Block, discharge: Discharge, rows: Int64, index: int
) -> tuple[Int64, Int64, Int64]:
    """Floor, remainder and divisor of the shares of some rows of one currency."""
    worth = block.grid.points_per_minor[block.currencies[index]]
    flow = discharge.flow[rows]
    if worth.denominator == 1:
        divisor = int(worth)
        return flow // divisor, flow % divisor, np.full(rows.shape[0], divisor, np.int64)
    points = discharge.points[rows]
    return (*shares_of(discharge.amount_minor[rows], flow, points), points)


def _round_currency(
    block: Block, discharge: Discharge, minor: Int64, broken: _Broken, *, everyone_accepts: bool
) -> None:
    """Add one to some of the broken rows of one currency, in place."""
    pair = block.pair_of(broken.rows)
    node, tail, head = _numbered_by_sight(block.tail[pair], block.head[pair])
    count = node.shape[0]
    accepts = np.full(count, True)
    if not everyone_accepts:
        accepts = block.nodes.currency_index[node] == CONVERTS
    supply = np.zeros(count + 1, np.int64)
    floor, is_whole = _floor_of_nets(tail, head, broken, count)
    supply[:count][accepts] = floor[accepts]
    if not np.all(accepts):
        place = np.full(block.nodes.count, -1, np.int64)
        place[node] = np.arange(count)
        chosen = discharge.currency_index == broken.currency
        balance = _balances(block.tail, block.head, block.start, minor, chosen, place, count)
        supply[:count][~accepts] = -balance[~accepts]
    supply[count] = -int(supply.sum())
    ground = np.flatnonzero(accepts & ~is_whole)
    arcs = broken.rows.shape[0] + ground.shape[0]
    try:
        up, _ = optimal_flow(
            np.concatenate([tail, np.full(ground.shape[0], count)]).astype(np.int32),
            np.concatenate([head, ground]).astype(np.int32),
            np.ones(arcs, np.int64),
            np.zeros(arcs, np.int32),
            count + 1,
            supply=supply,
        )
    except InfeasibleSupply as error:
        raise Unbalanced(f"no rounding of {block.currencies[broken.currency]} conserves") from error
    minor[broken.rows] += up[: broken.rows.shape[0]]


def _numbered_by_sight(tail: Int32, head: Int32) -> tuple[Int64, Int64, Int64]:
    """Number nodes in the order in which they are first seen: (nodes, tails, heads)."""
    ends = np.concatenate([tail, head]).astype(np.int64)
    _, first_seen, dense = np.unique(ends, return_index=True, return_inverse=True)
    by_sight = np.argsort(first_seen, kind="stable")
    number = np.empty(by_sight.shape[0], np.int64)
    number[by_sight] = np.arange(by_sight.shape[0])
    new_tail, new_head = np.split(number[dense], 2)
    return ends[first_seen[by_sight]], new_tail, new_head


@njit(cache=True)
def _balances(
    tail: Any, head: Any, start: Any, minor: Any, chosen: Any, place: Any, count: Any
) -> Any:
    """What leaves each node less what enters it, over the chosen rows."""
    balance = np.zeros(count, np.int64)
    for k in range(tail.shape[0]):
        a = place[tail[k]]
        b = place[head[k]]
        if a < 0 and b < 0:
            continue
        total = np.int64(0)
        for i in range(start[k], start[k + 1]):
            if chosen[i]:
                total += minor[i]
        if a >= 0:
            balance[a] += total
        if b >= 0:
            balance[b] -= total
    return balance


def _floor_of_nets(
    tail: Int64, head: Int64, broken: _Broken, count: int
) -> tuple[Int64, NDArray[np.bool_]]:
    """Floor of each node's sum of rest / whole, out less in, and whether it is an integer."""
    rest, whole = broken.rest, broken.whole
    if np.all(whole == whole[0]):
        net = balances(tail, head, rest, count)
        return net // whole[0], net % whole[0] == 0
    fine = [(int(a) << FINE_BITS) // int(b) for a, b in zip(rest, whole, strict=True)]
    sums = [0] * count
    terms = [0] * count
    for a, b, part in zip(tail.tolist(), head.tolist(), fine, strict=True):
        sums[a] += part
        sums[b] -= part
        terms[a] += 1
        terms[b] += 1
    floor = np.empty(count, np.int64)
    is_whole = np.zeros(count, np.bool_)
    one = 1 << FINE_BITS
    unclear = []
    for v in range(count):
        low, high = sums[v] - terms[v], sums[v] + terms[v]
        floor[v] = low // one
        if low // one != high // one or low % one == 0:
            unclear.append(v)
    if unclear:
        by_node = _terms_of(tail, head, broken, set(unclear))
        for v in unclear:
            exact = _exact_sum(by_node[v])
            floor[v] = exact.numerator // exact.denominator
            is_whole[v] = exact.denominator == 1
    return floor, is_whole


def _terms_of(
    tail: Int64, head: Int64, broken: _Broken, nodes: set[int]
) -> dict[int, list[Fraction]]:
    """The signed broken parts of some nodes."""
    terms: dict[int, list[Fraction]] = {v: [] for v in nodes}
    for a, b, rest, whole in zip(
        tail.tolist(), head.tolist(), broken.rest.tolist(), broken.whole.tolist(), strict=True
    ):
        if a in terms:
            terms[a].append(Fraction(rest, whole))
        if b in terms:
            terms[b].append(Fraction(-rest, whole))
    return terms


def _exact_sum(terms: list[Fraction]) -> Fraction:
    """The exact sum, two by two so that denominators grow late."""
    while len(terms) > 1:
        odd = [terms[-1]] if len(terms) % 2 else []
        terms = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)] + odd
    return terms[0] if terms else Fraction(0)
