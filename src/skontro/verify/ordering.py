# SPDX-License-Identifier: Apache-2.0
"""Rows in the order that digests and pairs go by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from skontro.verify.text import Text, _before

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _by_digit(key: Any, order: Any, shift: Any, out: Any) -> Any:
    place = np.zeros(2049, np.int64)
    for k in range(key.shape[0]):
        place[((key[k] >> shift) & 2047) + 1] += 1
    for d in range(2048):
        place[d + 1] += place[d]
    for i in range(order.shape[0]):
        k = order[i]
        d = (key[k] >> shift) & 2047
        out[place[d]] = k
        place[d] += 1


def order_by(keys: list[tuple[NDArray[Any], int]], order: Int32) -> Int32:
    """Sort rows stably by several keys, the last key counting least.

    Args:
        keys: Non-negative integers per row and one more than the greatest of them.
        order: The rows in the order that decides where all keys are equal.
    """
    for key, top in reversed(keys):
        shift = 0
        while (top - 1) >> shift > 0:
            out = np.empty_like(order)
            _by_digit(key, order, shift, out)
            order = out
            shift += 11
    return order


def sort_packed(
    keys: list[tuple[NDArray[Any], int]], rows: int
) -> tuple[Int32, list[NDArray[Any]]] | None:
    """Sort rows by several keys, packed with the row's number into 64 bits; none if too long.

    Args:
        keys: Non-negative integers per row and one more than the greatest of them.
        rows: How many rows there are.

    Returns:
        The order, and each key in that order.
    """
    widths = [max(0, (top - 1).bit_length()) for _, top in keys]
    own = max(1, (rows - 1).bit_length())
    if sum(widths) + own > 64:
        return None
    packed = np.zeros(rows, np.uint64)
    for (key, _), width in zip(keys, widths, strict=True):
        packed <<= np.uint64(width)
        packed |= key.astype(np.uint64)
    packed <<= np.uint64(own)
    packed |= np.arange(rows, dtype=np.uint64)
    packed.sort()
    order = (packed & np.uint64((1 << own) - 1)).astype(np.int32)
    packed >>= np.uint64(own)
    found = []
    for width in reversed(widths):
        found.append(packed & np.uint64((1 << width) - 1))
        packed >>= np.uint64(width)
    return order, found[::-1]


@njit(cache=True, nogil=True)
def _group_starts(a: Any, b: Any, c: Any) -> Any:
    n = a.shape[0]
    out = np.empty(n + 1, np.int64)
    count = 0
    for i in range(n):
        if i == 0 or a[i] != a[i - 1] or b[i] != b[i - 1] or c[i] != c[i - 1]:
            out[count] = i
            count += 1
    out[count] = n
    return out[: count + 1].copy()


def group_starts(keys: list[NDArray[Any]]) -> Int64:
    """Where the groups of equal keys start in rows sorted by them, and how many rows there are.

    Args:
        keys: Two or three columns.
    """
    found: Int64 = _group_starts(keys[0], keys[1], keys[-1])
    return found


@njit(cache=True, nogil=True)
def _sort_small_groups(order: Any, starts: Any, start: Any, data: Any, largest: Any) -> Any:
    for g in range(starts.shape[0] - 1):
        lo = starts[g]
        hi = starts[g + 1]
        if hi - lo < 2 or hi - lo > largest:
            continue
        for i in range(lo + 1, hi):
            k = order[i]
            j = i
            while j > lo and _before(
                data, start[k], start[k + 1], start[order[j - 1]], start[order[j - 1] + 1]
            ):
                order[j] = order[j - 1]
                j -= 1
            order[j] = k


def sort_groups_by_text(order: Int32, starts: Int64, text: Text, array: pa.Array) -> None:
    """Put the rows of each group into the order of their texts' bytes, in place.

    Args:
        order: Row numbers, group by group.
        starts: Where each group starts.
        text: The text of each row.
        array: The same as an Arrow array, for the long groups.
    """
    largest = 24
    _sort_small_groups(order, starts, text.start, text.data, largest)
    for g in np.flatnonzero(np.diff(starts) > largest):
        rows = order[starts[g] : starts[g + 1]]
        order[starts[g] : starts[g + 1]] = rows[pc.sort_indices(array.take(rows)).to_numpy()]
