# SPDX-License-Identifier: Apache-2.0
"""Rows of who owes whom, grouped into ordered pairs of nodes."""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.kernel.room import room32, room64
from skontro.kernel.threads import parts_of, side_by_side

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


_DIGIT = 11
_GROUP_ROWS = 1 << 15


@njit(cache=True, nogil=True)
def _count_groups(debtor, begin, end, shift, count):
    """Count the rows of a part that fall to each group of debtors."""
    for k in range(begin, end):
        count[debtor[k] >> shift] += 1


@njit(cache=True, nogil=True)
def _deal_out(debtor, creditor, amount, begin, end, shift, place, key, row, dealt):
    """Write the rows of a part to the places of their groups, one after the other."""
    for k in range(begin, end):
        group = debtor[k] >> shift
        at = place[group]
        place[group] = at + 1
        key[at] = np.int64(debtor[k]) << 32 | np.int64(creditor[k])
        row[at] = k
        dealt[at] = amount[k]


@njit(cache=True, nogil=True)
def _sort_groups(first, begin, end, bits, shift, key, row, dealt, order, pairs):
    """Sort each group by (debtor, creditor), stable, digit by digit, and count its pairs.

    A group fits a cache, so nothing here waits for memory. The pairs, their sums and first rows
    are left at the beginning of the group's share of ``key``, ``dealt`` and ``row``.
    """
    most = np.int64(0)
    for g in range(begin, end):
        most = max(most, first[g + 1] - first[g])
    spare = np.empty(most, np.int64)
    place = np.empty(most, np.int32)
    spare_place = np.empty(most, np.int32)
    count = np.empty((1 << _DIGIT) + 1, np.int64)
    for g in range(begin, end):
        low = first[g]
        size = first[g + 1] - low
        keys = key[low : low + size]
        for i in range(size):
            place[i] = i
        for half in range(2):
            digit = 32 * half
            top = digit + (bits if half == 0 else shift)
            while digit < top:
                mask = (1 << min(_DIGIT, top - digit)) - 1
                count[: mask + 2] = 0
                for i in range(size):
                    count[((keys[i] >> digit) & mask) + 1] += 1
                for x in range(mask):
                    count[x + 1] += count[x]
                for i in range(size):
                    x = (keys[i] >> digit) & mask
                    at = count[x]
                    count[x] = at + 1
                    spare[at] = keys[i]
                    spare_place[at] = place[i]
                for i in range(size):
                    keys[i] = spare[i]
                    place[i] = spare_place[i]
                digit += _DIGIT
        for i in range(size):
            spare[i] = dealt[low + place[i]]
            order[low + i] = row[low + place[i]]
        last = np.int64(-1)
        at = low - 1
        for i in range(size):
            if keys[i] != last:
                last = keys[i]
                at += 1
                key[at] = last
                dealt[at] = spare[i]
                row[at] = low + i
            else:
                dealt[at] += spare[i]
        pairs[g] = at + 1 - low


@njit(cache=True, nogil=True)
def _collect(first, before, begin, end, key, row, dealt, tail, head, limit, start):
    """Write the pairs of the groups one after the other."""
    for g in range(begin, end):
        at = first[g]
        for pair in range(before[g], before[g + 1]):
            tail[pair] = key[at] >> 32
            head[pair] = key[at] & 0xFFFFFFFF
            limit[pair] = dealt[at]
            start[pair] = row[at]
            at += 1


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
    rows = debtor.shape[0]
    bits = max(1, (nodes - 1).bit_length())
    shift = max(0, bits - min(_DIGIT, (rows // _GROUP_ROWS).bit_length()))
    groups = ((nodes - 1) >> shift) + 1 if nodes > 0 else 1
    parts = parts_of(rows)
    counts = np.zeros((len(parts), groups), np.int64)
    side_by_side(
        _count_groups,
        [(debtor, *part, shift, count) for part, count in zip(parts, counts, strict=True)],
    )
    first = np.zeros(groups + 1, np.int64)
    np.cumsum(counts.sum(axis=0), out=first[1:])
    place = first[:-1] + np.cumsum(counts, axis=0) - counts
    key = room64(rows)
    row = room32(rows)
    dealt = room64(rows)
    side_by_side(
        _deal_out,
        [
            (debtor, creditor, amount, *part, shift, at, key, row, dealt)
            for part, at in zip(parts, place, strict=True)
        ],
    )
    order = room64(rows)
    pairs = np.zeros(groups, np.int64)
    marks = np.searchsorted(first, [begin for begin, _ in parts[1:]]).tolist()
    shares = list(pairwise([0, *marks, groups]))
    side_by_side(
        _sort_groups,
        [(first, *share, bits, shift, key, row, dealt, order, pairs) for share in shares],
    )
    before = np.zeros(groups + 1, np.int64)
    np.cumsum(pairs, out=before[1:])
    tail = room32(before[-1])
    head = room32(before[-1])
    limit = room64(before[-1])
    start = room64(before[-1] + 1)
    start[-1] = rows
    side_by_side(
        _collect,
        [(first, before, *share, key, row, dealt, tail, head, limit, start) for share in shares],
    )
    return Pairs(tail, head, limit, start, order)
