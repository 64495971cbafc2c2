# SPDX-License-Identifier: Apache-2.0
"""Clearing for those who bring arrays: nodes are numbers, amounts are integers of one unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import ArrayLike, NDArray

from skontro.core.certificate import check_flow, check_stage
from skontro.core.errors import AmountOverflow, Rejected
from skontro.kernel.circulation import maximum_circulation
from skontro.kernel.pairs import group_pairs
from skontro.kernel.room import room64
from skontro.kernel.threads import parts_of, side_by_side

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

_MOST = 2**62


class BadArrays(Rejected):
    """The arrays do not describe obligations: shapes, nodes or amounts are out of range."""


@dataclass(frozen=True, slots=True, eq=False)
class ArrayResult:
    """The largest set-off of a network given as arrays, with the levels that prove it.

    A calculation: nothing has been set off, nobody has been screened.

    Attributes:
        set_off: Part of each row's amount that is set off, in the caller's order, shape (m,).
        level: Least non-negative level of each node, shape (nodes,); with
            ``c = 1 + level[debtor] - level[creditor]`` a row with c > 0 is set off in full, one
            with c < 0 not at all.
        volume: Sum of ``set_off``.
    """

    set_off: Int64
    level: Int32
    volume: int


@njit(cache=True, nogil=True)
def _faults(debtor: Int32, creditor: Int32, amount: Int64, nodes: int) -> tuple[int, bool, bool]:
    """(first bad row or -1, whether rows are strictly sorted, whether the sum is too large)."""
    m = debtor.shape[0]
    ordered = True
    total = np.uint64(0)
    most = np.uint64(_MOST)
    for k in range(m):
        s = debtor[k]
        t = creditor[k]
        if s < 0 or s >= nodes or t < 0 or t >= nodes or amount[k] < 0:
            return k, ordered, False
        total += np.uint64(amount[k])
        if total >= most:
            return -1, ordered, True
        if k > 0 and (debtor[k - 1] > s or (debtor[k - 1] == s and creditor[k - 1] >= t)):
            ordered = False
    return -1, ordered, False


@njit(cache=True, nogil=True)
def _split(
    order: Int64, start: Int64, amount: Int64, flow: Int64, begin: int, end: int, set_off: Int64
) -> None:
    """Fill the rows of some pairs in the caller's order."""
    for p in range(begin, end):
        left = flow[p]
        low = start[p]
        high = start[p + 1]
        if high == low + 1:
            set_off[order[low]] = left
            continue
        for i in range(low, high):
            k = order[i]
            part = min(left, amount[k])
            set_off[k] = part
            left -= part


def clear_arrays(
    debtor: ArrayLike, creditor: ArrayLike, amount: ArrayLike, nodes: int
) -> ArrayResult:
    """Find the largest set-off of a network of debts, exactly, with its certificate checked.

    Rows between the same debtor and creditor share their pair's set-off, the first row first. A
    row owed to oneself is set off in full: it changes nobody's net position, and c = 1 says so.
    A row of nought is set off by nought, whatever c says.

    Args:
        debtor: Node that owes, int32, shape (m,), values in [0, nodes).
        creditor: Node that is owed, int32, shape (m,).
        amount: Amount owed, int64, at least 0, shape (m,); the sum stays under 2**62.
        nodes: How many nodes there are.

    Returns:
        Set-off per row in the caller's order, least levels per node.

    Raises:
        BadArrays: Shapes differ, a node is out of range, an amount is negative or no integer.
        AmountOverflow: The sum of the amounts reaches 2**62.
        CertificateFailed: The result does not prove itself (a fault of ours, never published).

    Example:
        >>> result = clear_arrays([0, 1, 2], [1, 2, 0], [100, 80, 60], 3)
        >>> result.set_off.tolist(), result.level.tolist(), result.volume
        ([60, 60, 60], [0, 1, 2], 180)
    """
    debtors = _integers("debtor", debtor, np.int32)
    creditors = _integers("creditor", creditor, np.int32)
    amounts = _integers("amount", amount, np.int64)
    if not debtors.shape == creditors.shape == amounts.shape:
        raise BadArrays("debtor, creditor and amount must be of one length")
    nodes = int(nodes)
    if nodes < 0 or nodes >= 2**29 or debtors.shape[0] >= 2**31:
        raise BadArrays("at most 2**29 nodes and 2**31 rows")
    wrong, ordered, too_large = _faults(debtors, creditors, amounts, nodes)
    if wrong >= 0:
        raise BadArrays(
            f"row {wrong}, counted from 0: debtor {debtors[wrong]}, creditor {creditors[wrong]}, "
            f"amount {amounts[wrong]}: nodes are 0 to {nodes - 1}, amounts at least 0"
        )
    if too_large:
        raise AmountOverflow("the sum of the amounts reaches 2**62")
    if ordered:
        set_off, level = maximum_circulation(debtors, creditors, amounts, nodes)
    else:
        pairs = group_pairs(debtors, creditors, amounts, nodes)
        flow, level = maximum_circulation(pairs.tail, pairs.head, pairs.limit, nodes)
        set_off = room64(amounts.shape[0])
        side_by_side(
            _split,
            [
                (pairs.order, pairs.start, amounts, flow, *part, set_off)
                for part in parts_of(flow.shape[0])
            ],
        )
    check_flow(debtors, creditors, amounts, set_off, nodes)
    volume, _ = check_stage(
        debtors,
        creditors,
        amounts,
        set_off,
        np.ones(1, np.int32),
        level,
        np.ones(amounts.shape[0], np.bool_),
    )
    return ArrayResult(set_off, level, volume)


def _integers(name: str, values: ArrayLike, kind: type) -> NDArray[np.signedinteger]:
    """A contiguous array of the wanted integer type, or a refusal."""
    given = np.asarray(values)
    if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
        raise BadArrays(f"{name} must be a one-dimensional array of integers")
    if given.dtype.itemsize > np.dtype(kind).itemsize or given.dtype.kind == "u":
        bounds = np.iinfo(kind)
        if given.size and (int(given.max()) > bounds.max or int(given.min()) < bounds.min):
            raise BadArrays(f"{name} holds a value beyond {np.dtype(kind).name}")
    return np.ascontiguousarray(given, dtype=kind)
