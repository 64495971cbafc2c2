# SPDX-License-Identifier: Apache-2.0
"""Rows of who owes whom, grouped into ordered pairs of nodes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


class Pairs(NamedTuple):
    """Ordered pairs with at least one row, sorted by (tail, head).

    Attributes:
        tail: Debtor node of each pair, shape (p,).
        head: Creditor node of each pair, shape (p,).
        limit: Sum of the amounts of the pair's rows, shape (p,).
        start: Rows of pair ``k`` are ``order[start[k]:start[k + 1]]``, shape (p + 1,).
        order: Row numbers by (debtor, creditor), the caller's order inside a pair, shape (m,).
    """

    tail: Int32
    head: Int32
    limit: Int64
    start: Int64
    order: Int64


@njit(cache=True)
def _sort_rows(debtor, creditor, nodes):
    """Stable counting sort of the rows by creditor, then by debtor."""
    m = debtor.shape[0]
    place = np.zeros(nodes + 1, np.int64)
    for k in range(m):
        place[creditor[k] + 1] += 1
    for v in range(nodes):
        place[v + 1] += place[v]
    by_creditor = np.empty(m, np.int32)
    for k in range(m):
        v = creditor[k]
        by_creditor[place[v]] = k
        place[v] += 1
    place[:] = 0
    for k in range(m):
        place[debtor[k] + 1] += 1
    for v in range(nodes):
        place[v + 1] += place[v]
    order = np.empty(m, np.int64)
    for i in range(m):
        k = by_creditor[i]
        v = debtor[k]
        order[place[v]] = k
        place[v] += 1
    return order


@njit(cache=True)
def _collect(debtor, creditor, amount, order):
    m = order.shape[0]
    pairs = 0
    last_s = -1
    last_t = -1
    for i in range(m):
        k = order[i]
        if debtor[k] != last_s or creditor[k] != last_t:
            pairs += 1
            last_s = debtor[k]
            last_t = creditor[k]
    tail = np.empty(pairs, np.int32)
    head = np.empty(pairs, np.int32)
    limit = np.zeros(pairs, np.int64)
    start = np.empty(pairs + 1, np.int64)
    last_s = -1
    last_t = -1
    p = -1
    for i in range(m):
        k = order[i]
        if debtor[k] != last_s or creditor[k] != last_t:
            p += 1
            last_s = debtor[k]
            last_t = creditor[k]
            tail[p] = last_s
            head[p] = last_t
            start[p] = i
        limit[p] += amount[k]
    start[pairs] = m
    return tail, head, limit, start


def group_pairs(debtor: Int32, creditor: Int32, amount: Int64, nodes: int) -> Pairs:
    """Group rows by (debtor, creditor) and add up their amounts.

    Args:
        debtor: Debtor node of each row, shape (m,), values in [0, nodes).
        creditor: Creditor node of each row, shape (m,).
        amount: Amount of each row, shape (m,); the sum of all stays under 2**62.
        nodes: How many nodes there are.

    Example:
        >>> import numpy as np
        >>> group_pairs(np.array([1, 0, 1], np.int32), np.array([0, 1, 0], np.int32),
        ...             np.array([5, 7, 2]), 2).limit
        array([7, 7])
    """
    order = _sort_rows(debtor, creditor, nodes)
    tail, head, limit, start = _collect(debtor, creditor, amount, order)
    return Pairs(tail, head, limit, start, order)
