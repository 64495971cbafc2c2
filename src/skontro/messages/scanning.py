# SPDX-License-Identifier: Apache-2.0
"""Compiled passes over the bytes of text columns.

A text column is handed over as Arrow keeps it: text ``k`` is ``data[offset[k]:offset[k + 1]]``.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Flags = NDArray[np.uint8]
Small = NDArray[np.int8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Offsets = NDArray[np.int32] | NDArray[np.int64]
Hashes = NDArray[np.uint64]

MALFORMED_AMOUNT = 1
TOO_MANY_DECIMALS = 2
TOO_LARGE = 3

_SPACE, _POINT, _ZERO = 0x20, 0x2E, 0x30
_LIMIT = 2**62
_HASH_START = np.uint64(0xCBF29CE484222325)
_HASH_STEP = np.uint64(0x100000001B3)
_LONG = np.uint64(1 << 63)
_HASH_MIX = np.uint64(0x9E3779B97F4A7C15)


@njit(cache=True, nogil=True)
def read_amounts(offset: Offsets, data: Bytes, decimals: Small, minor: Int64, fault: Flags) -> None:
    """Read decimal texts as minor units: digits, or digits, a point and digits.

    Args:
        offset: Where each text begins, shape (m + 1,).
        data: The bytes of all texts.
        decimals: Number of decimals allowed for each, shape (m,).
        minor: Written: the amount, nought where refused, shape (m,).
        fault: Written: nought, or one of this module's three reasons, shape (m,).
    """
    for row in range(len(minor)):
        begin, end = offset[row], offset[row + 1]
        value, point, reason = np.int64(0), np.int64(-1), 0
        overflow = False
        for place in range(begin, end):
            digit = np.int64(data[place]) - _ZERO
            if 0 <= digit <= 9:
                if value > 461168601842738790:
                    overflow = True
                else:
                    value = value * 10 + digit
            elif data[place] == _POINT and point < 0:
                point = np.int64(place)
            else:
                reason = MALFORMED_AMOUNT
                break
        places = np.int64(0)
        if begin == end or point == begin or point == end - 1:
            reason = MALFORMED_AMOUNT
        elif point >= 0:
            places = end - 1 - point
        missing = decimals[row] - places
        if reason == 0 and missing < 0:
            reason = TOO_MANY_DECIMALS
        if reason == 0:
            for _ in range(missing):
                if value > 461168601842738790:
                    overflow = True
                else:
                    value *= 10
            if overflow or value >= _LIMIT:
                reason = TOO_LARGE
        fault[row] = reason
        minor[row] = 0 if reason else value


@njit(cache=True, nogil=True)
def scale_integers(value: Int64, decimals: Small, minor: Int64, fault: Flags) -> None:
    """Scale whole numbers of major units to minor units.

    Args:
        value: Whole numbers, none negative, shape (m,).
        decimals: Number of decimals of each currency, shape (m,).
        minor: Written: the amount, nought where refused, shape (m,).
        fault: Written: nought or ``TOO_LARGE``, shape (m,).
    """
    for row in range(len(value)):
        result, reason = value[row], 0
        for _ in range(decimals[row]):
            if result > 461168601842738790:
                reason = TOO_LARGE
                break
            result *= 10
        if result >= _LIMIT:
            reason = TOO_LARGE
        fault[row] = reason
        minor[row] = 0 if reason else result


@njit(cache=True, nogil=True)
def _is_odd_text(data: Bytes, begin: int, end: int) -> bool:
    """Tell whether a text may be empty, too long, spaced at an end or hold a control character."""
    if begin == end or end - begin > 256:
        return True
    if data[begin] == _SPACE or data[end - 1] == _SPACE:
        return True
    for place in range(begin, end):
        byte = data[place]
        if byte < _SPACE or byte == 0x7F:
            return True
        if byte == 0xC2 and place + 1 < end and data[place + 1] <= 0xA0:
            return True
        if (byte == 0xE1 or byte == 0xE2 or byte == 0xE3) and (place == begin or place == end - 3):
            return True
    return False


@njit(cache=True, nogil=True)
def find_odd_texts(offset: Offsets, data: Bytes, odd: Flags) -> None:
    """Mark texts that must be looked at before they can be ids.

    Args:
        offset: Where each text begins, shape (m + 1,).
        data: The bytes of all texts.
        odd: Written: 1 for a text that may not be an id, shape (m,).
    """
    for row in range(len(odd)):
        odd[row] = _is_odd_text(data, offset[row], offset[row + 1])


@njit(cache=True, nogil=True)
def hash_texts(offset: Offsets, data: Bytes, result: Hashes) -> None:
    """Hash texts to 64 bits; equal texts have equal hashes.

    Args:
        offset: Where each text begins, shape (m + 1,).
        data: The bytes of all texts.
        result: Written: the hashes, shape (m,).
    """
    for row in range(len(result)):
        value = _HASH_START
        for place in range(offset[row], offset[row + 1]):
            value = (value ^ np.uint64(data[place])) * _HASH_STEP
        value ^= value >> np.uint64(32)
        result[row] = value * _HASH_MIX


@njit(cache=True, nogil=True)
def _key_of(data: Bytes, begin: int, end: int, seed: np.uint64) -> np.uint64:
    """Return 64 bits for a text: itself with its length if it has at most 7 bytes, else a hash."""
    length = np.uint64(end - begin)
    if end - begin <= 7:
        key = length
        for place in range(begin, end):
            key = (key << np.uint64(8)) | np.uint64(data[place])
        return key
    value = _HASH_START ^ seed
    for place in range(begin, end):
        value = (value ^ np.uint64(data[place])) * _HASH_STEP
    return (value ^ (value >> np.uint64(29))) | _LONG


@njit(cache=True, nogil=True)
def _slot_of(key: np.uint64, seed: np.uint64, mask: int) -> np.int64:
    mixed = (key ^ seed) * _HASH_MIX
    mixed = (mixed ^ (mixed >> np.uint64(32))) * seed
    return np.int64((mixed >> np.uint64(20)) & np.uint64(mask))


@njit(cache=True, nogil=True)
def number_texts(
    offset: Offsets,
    data: Bytes,
    row: int,
    index: Int32,
    slots: Hashes,
    start: Int64,
    stored: Bytes,
    count: int,
    seed: np.uint64,
) -> tuple[int, int]:
    """Number texts by first appearance, as far as the table has room.

    Args:
        offset: Where each text begins, shape (m + 1,).
        data: The bytes of all texts.
        row: The first text to number.
        index: Written: number of each text, shape (m,).
        slots: Hash table: 64 bits of a text, and its number plus one (nought if free), shape
            (a power of two, 2).
        start: Where each numbered text begins in ``stored``; one more than there are is set.
        stored: Bytes of the numbered texts, one after another.
        count: How many are numbered.
        seed: Odd and random, so that nobody can choose texts that meet in one slot.

    Returns:
        The first text not numbered (m if all are), and how many are now numbered.
    """
    mask = len(slots) - 1
    for at in range(row, len(index)):
        begin, end = offset[at], offset[at + 1]
        length = end - begin
        full = 2 * count >= len(slots) or count + 1 >= len(start)
        if full or start[count] + length > len(stored):
            return at, count
        key = _key_of(data, begin, end, seed)
        slot = _slot_of(key, seed, mask)
        while slots[slot, 1] != 0:
            if slots[slot, 0] == key:
                found = np.int64(slots[slot, 1]) - 1
                stop = start[found + 1]
                if length <= 7 or _is_same(data, begin, end, stored, start[found], stop):
                    break
            slot = (slot + 1) & mask
        if slots[slot, 1] == 0:
            for shift in range(length):
                stored[start[count] + shift] = data[begin + shift]
            start[count + 1] = start[count] + length
            count += 1
            slots[slot, 0] = key
            slots[slot, 1] = count
        index[at] = np.int64(slots[slot, 1]) - 1
    return len(index), count


@njit(cache=True, nogil=True)
def move_slots(old: Hashes, slots: Hashes, seed: np.uint64) -> None:
    """Move the contents of a hash table to a larger one.

    Args:
        old: Slots as in :func:`number_texts`.
        slots: Written; all nought before.
        seed: As there.
    """
    mask = len(slots) - 1
    for place in range(len(old)):
        if old[place, 1] != 0:
            slot = _slot_of(old[place, 0], seed, mask)
            while slots[slot, 1] != 0:
                slot = (slot + 1) & mask
            slots[slot, 0] = old[place, 0]
            slots[slot, 1] = old[place, 1]


@njit(cache=True, nogil=True)
def _is_same(
    data: Bytes, begin: int, end: int, other: Bytes, other_begin: int, other_end: int
) -> bool:
    if other_end - other_begin != end - begin:
        return False
    for shift in range(end - begin):
        if other[other_begin + shift] != data[begin + shift]:
            return False
    return True


@njit(cache=True, nogil=True)
def find_first_bytes(offset: Offsets, data: Bytes, wanted: Flags, found: Flags) -> bool:
    """Mark texts whose first byte is one of those wanted, and say whether there is one.

    Args:
        offset: Where each text begins, shape (m + 1,).
        data: The bytes of all texts.
        wanted: 1 for each byte value wanted, shape (256,).
        found: Written: 1 for a text that begins so, shape (m,).
    """
    some = False
    for row in range(len(found)):
        hit = offset[row + 1] > offset[row] and wanted[data[offset[row]]] == 1
        found[row] = hit
        some = some or hit
    return some


@njit(cache=True, nogil=True)
def has_byte(data: Bytes, wanted: Flags) -> bool:
    """Tell whether a byte that is wanted stands anywhere.

    Args:
        data: The bytes.
        wanted: 1 for each byte value wanted, shape (256,).
    """
    for place in range(len(data)):
        if wanted[data[place]] == 1:
            return True
    return False


@njit(cache=True, nogil=True)
def byte_range(data: Bytes) -> tuple[int, int]:
    """Return the smallest and the largest byte."""
    low, high = np.uint8(255), np.uint8(0)
    for place in range(len(data)):
        low = min(low, data[place])
        high = max(high, data[place])
    return int(low), int(high)
