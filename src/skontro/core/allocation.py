# SPDX-License-Identifier: Apache-2.0
"""A pair's flow is split over its obligations: oldest first, or pro rata."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.core.ordering import sort_by_key
from skontro.core.wide import share_of

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


def split_flow(
    how: str, flow: Int64, limit: Int64, start: Int64, points: Int64, due_day: Int32
) -> Int64:
    """Divide the flow of each pair over its obligations.

    The rows of a pair stand in the order of their ids' bytes, which settles ties.

    Args:
        how: ``oldest``: by due date, each filled before the next, those without a date last;
            ``pro-rata``: in proportion, what is left over going by largest remainder.
        flow: Flow of each pair, shape (p,).
        limit: Sum of the points of each pair, shape (p,).
        start: First row of each pair and one past the last, shape (p + 1,).
        points: Open points of each row, shape (m,).
        due_day: Due day of each row, a great number for none, shape (m,).

    Returns:
        The flow of each row, shape (m,).

    Example:
        >>> import numpy as np
        >>> pair = [np.array([7]), np.array([10]), np.array([0, 2]), np.array([4, 6])]
        >>> split_flow("oldest", *pair, np.array([20, 10], np.int32)).tolist()
        [1, 6]
        >>> split_flow("pro-rata", *pair, np.array([20, 10], np.int32)).tolist()
        [3, 4]
    """
    split = _split_pro_rata if how == "pro-rata" else _split_oldest
    longest = int(np.diff(start).max(initial=0))
    order, key = np.empty((2, longest), np.int64)
    part: Int64 = split(flow, limit, start, points, due_day, order, key)
    return part


@njit(cache=True, nogil=True)
def _split_oldest(
    flow: Any, limit: Any, start: Any, points: Any, due_day: Any, order: Any, key: Any
) -> Any:
    part = np.zeros(points.shape[0], np.int64)
    for k in range(flow.shape[0]):
        low = start[k]
        count = start[k + 1] - low
        if flow[k] == limit[k]:
            for i in range(low, low + count):
                part[i] = points[i]
        elif flow[k] > 0:
            for i in range(count):
                key[i] = due_day[low + i]
            sort_by_key(order, key, count)
            left = flow[k]
            for i in range(count):
                taken = min(left, points[low + order[i]])
                part[low + order[i]] = taken
                left -= taken
    return part


@njit(cache=True, nogil=True)
def _split_pro_rata(
    flow: Any, limit: Any, start: Any, points: Any, due_day: Any, order: Any, key: Any
) -> Any:
    part = np.zeros(points.shape[0], np.int64)
    for k in range(flow.shape[0]):
        low = start[k]
        count = start[k + 1] - low
        if flow[k] == limit[k]:
            for i in range(low, low + count):
                part[i] = points[i]
        elif flow[k] > 0:
            left = flow[k]
            for i in range(count):
                share, remainder = share_of(points[low + i], flow[k], limit[k])
                part[low + i] = share
                key[i] = -remainder
                left -= share
            if left > 0:
                sort_by_key(order, key, count)
                for i in range(left):
                    part[low + order[i]] += 1
    return part
