# SPDX-License-Identifier: Apache-2.0
"""Columns of minor units as decimal text, and as minor units of another grid."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from skontro.core.money import round_half_even

Int8 = NDArray[np.int8]
Int64 = NDArray[np.int64]


@njit(cache=True, nogil=True)
def _digits(value: Any) -> Any:
    """How many decimal digits a number has that is not negative."""
    count = 1
    while value >= 10:
        value //= 10
        count += 1
    return count


@njit(cache=True, nogil=True)
def _lengths(minor: Any, decimals: Any) -> Any:
    offsets = np.empty(minor.shape[0] + 1, np.int64)
    offsets[0] = 0
    single = decimals.shape[0] == 1
    for k in range(minor.shape[0]):
        places = decimals[0 if single else k]
        length = max(_digits(abs(minor[k])), places + 1)
        if places > 0:
            length += 1
        if minor[k] < 0:
            length += 1
        offsets[k + 1] = offsets[k] + length
    return offsets


@njit(cache=True, nogil=True)
def _write(minor: Any, decimals: Any, offsets: Any, out: Any) -> Any:
    single = decimals.shape[0] == 1
    for k in range(minor.shape[0]):
        places = decimals[0 if single else k]
        value = abs(minor[k])
        low = offsets[k]
        at = offsets[k + 1] - 1
        if minor[k] < 0:
            out[low] = 45
            low += 1
        if places > 0:
            for _ in range(places):
                out[at] = 48 + value % 10
                value //= 10
                at -= 1
            out[at] = 46
            at -= 1
        while at >= low:
            out[at] = 48 + value % 10
            value //= 10
            at -= 1


def readable(minor: Int64, decimals: int | Int8) -> pa.LargeStringArray:
    """Write amounts of minor units as decimal text.

    Args:
        minor: Amounts, shape (k,).
        decimals: Number of decimals of the currency, of all or of each, shape (k,).

    Example:
        >>> readable(np.array([-5, 123456]), 2).to_pylist()
        ['-0.05', '1234.56']
    """
    places = np.atleast_1d(np.asarray(decimals, np.int8))
    offsets = _lengths(minor, places)
    out = np.empty(int(offsets[-1]), np.uint8)
    _write(minor, places, offsets, out)
    return pa.LargeStringArray.from_buffers(
        minor.shape[0], pa.py_buffer(offsets), pa.py_buffer(out)
    )


def minor_of(points: Int64, worth: Fraction) -> Int64:
    """Turn points of either sign into minor units, to the nearest, a half to the even one.

    Args:
        points: Points, below 2**62 in size, shape (k,).
        worth: What a minor unit is worth in points.

    Example:
        >>> minor_of(np.array([3, 5, -3]), Fraction(2)).tolist()
        [2, 2, -2]
    """
    if worth == 1:
        return points
    if worth.denominator != 1 or worth.numerator >= 2**62:
        exact = [round_half_even(Fraction(int(value)) / worth) for value in points]
        return np.array(exact, np.int64).reshape(points.shape)
    divisor = np.int64(worth.numerator)
    quotient = points // divisor
    rest = points % divisor
    over = rest - (divisor - rest)
    rounded: Int64 = quotient + ((over > 0) | ((over == 0) & (quotient % 2 == 1)))
    return rounded


def minor_of_sum(points: int, worth: Fraction | int) -> int:
    """Turn a sum of points into minor units, a half to the even one."""
    return round_half_even(Fraction(points) / worth)


def share_text(part: int, whole: int) -> str:
    """Write part / whole with six decimals, a half to the even digit; nothing of nothing is 0.

    Example:
        >>> share_text(320, 425), share_text(0, 0)
        ('0.752941', '0.000000')
    """
    millionths = round_half_even(Fraction(part * 10**6, whole)) if whole else 0
    return f"{millionths // 10**6}.{millionths % 10**6:06d}"
