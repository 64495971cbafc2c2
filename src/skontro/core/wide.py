# SPDX-License-Identifier: Apache-2.0
"""Products of two amounts, which need 128 bits, by hand for compiled loops."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Integers = NDArray[np.signedinteger[Any]]

LIMB_BITS = 21
"""An amount below 2**63 is three limbs of this many bits; a limb times a level fits 64 bits."""


@njit(cache=True, nogil=True)
def share_of(amount: Any, part: Any, whole: Any) -> Any:
    """Return floor and remainder of amount * part / whole, 0 <= part <= whole, all below 2**62.

    The product is four products of halves; if it fits 64 bits one division does, else the
    quotient is found bit by bit.

    Example:
        >>> share_of(2**61, 2**60 + 1, 2**61 + 1) == divmod(2**61 * (2**60 + 1), 2**61 + 1)
        True
    """
    mask = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    one = np.uint64(1)
    a = np.uint64(amount)
    b = np.uint64(part)
    c = np.uint64(whole)
    low = (a & mask) * (b & mask)
    cross_a = (a & mask) * (b >> half)
    cross_b = (a >> half) * (b & mask)
    middle = (low >> half) + (cross_a & mask) + (cross_b & mask)
    low = (low & mask) | (middle << half)
    high = (a >> half) * (b >> half) + (cross_a >> half) + (cross_b >> half) + (middle >> half)
    if high == np.uint64(0):
        return np.int64(low // c), np.int64(low % c)
    quotient = np.uint64(0)
    top = np.uint64(63)
    for _ in range(64):
        high = (high << one) | (low >> top)
        low = low << one
        quotient = quotient << one
        if high >= c:
            high -= c
            quotient |= one
    return np.int64(quotient), np.int64(high)


@njit(cache=True, nogil=True)
def shares_of(amount: Int64, part: Int64, whole: Int64) -> Any:
    """Return floors and remainders of amount * part / whole, element by element."""
    floor = np.empty(amount.shape[0], np.int64)
    rest = np.empty(amount.shape[0], np.int64)
    for k in range(amount.shape[0]):
        floor[k], rest[k] = share_of(amount[k], part[k], whole[k])
    return floor, rest


@njit(cache=True, nogil=True)
def sum_limbs(values: Any, factors: Any) -> Any:
    """Return the sum of value * factor in three limbs; value >= 0, factor below 2**40 in size.

    A factor array of one element stands for all.
    """
    mask = np.int64((1 << LIMB_BITS) - 1)
    far = np.int64(1) << np.int64(61)
    low = np.int64(0)
    middle = np.int64(0)
    high = np.int64(0)
    single = factors.shape[0] == 1
    for k in range(values.shape[0]):
        factor = np.int64(factors[0 if single else k])
        value = values[k]
        if factor == 0 or value == 0:
            continue
        low += (value & mask) * factor
        middle += ((value >> LIMB_BITS) & mask) * factor
        high += (value >> (2 * LIMB_BITS)) * factor
        if low > far or low < -far:
            middle += low >> LIMB_BITS
            low &= mask
        if middle > far or middle < -far:
            high += middle >> LIMB_BITS
            middle &= mask
    return low, middle, high


def from_limbs(low: int, middle: int, high: int) -> int:
    """Return the exact integer of three limbs."""
    return int(low) + (int(middle) << LIMB_BITS) + (int(high) << (2 * LIMB_BITS))


def weighted_sum(values: Int64, factors: Integers) -> int:
    """Return the exact sum of value * factor as a Python integer.

    Args:
        values: Amounts, not negative, below 2**62, shape (k,).
        factors: Levels or gains of either sign, below 2**40 in size, shape (k,) or (1,).

    Example:
        >>> weighted_sum(np.array([2**61, 2**61]), np.array([2**30, -1])) == 2**91 - 2**61
        True
    """
    return from_limbs(*sum_limbs(values, factors))


@njit(cache=True, nogil=True)
def _halves_by_index(values: Any, index: Any, count: Any) -> Any:
    low = np.zeros(count, np.int64)
    high = np.zeros(count, np.int64)
    for k in range(values.shape[0]):
        low[index[k]] += values[k] & 0xFFFFFFFF
        high[index[k]] += values[k] >> 32
    return low, high


def sums_by_index(values: Int64, index: NDArray[np.int16], count: int) -> list[int]:
    """Return the exact sums of values by an index, as Python integers.

    Args:
        values: Integers of either sign, fewer than 2**31 of them, shape (k,).
        index: Which sum each belongs to, below ``count``, shape (k,).
        count: How many sums.

    Example:
        >>> sums_by_index(np.array([2**62, 2**62, 5]), np.array([0, 0, 1], np.int16), 2)
        [9223372036854775808, 5]
    """
    low, high = _halves_by_index(values, index, count)
    return [(int(b) << 32) + int(a) for a, b in zip(low, high, strict=True)]


def exact_sum(values: Int64) -> int:
    """Return the exact sum of integers of either sign as a Python integer.

    Example:
        >>> exact_sum(np.array([2**62, 2**62, -1])) == 2**63 - 1
        True
    """
    return int((values >> 32).sum()) * 2**32 + int((values & 0xFFFFFFFF).sum())
