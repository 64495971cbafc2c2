# SPDX-License-Identifier: Apache-2.0
"""Columns of text as plain bytes, and what must be read out of them millions at a time."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
UInt8 = NDArray[np.uint8]
UInt64 = NDArray[np.uint64]

NO_DAY = 2**31 - 1


class Text(NamedTuple):
    """A column of text: value ``k`` is ``data[start[k]:start[k + 1]]``.

    Attributes:
        start: Where each value starts, shape (n + 1,).
        data: The UTF-8 bytes.
    """

    start: Int64
    data: UInt8

    def __len__(self) -> int:
        return int(self.start.shape[0]) - 1

    def value(self, k: int) -> str:
        """One value as a Python string."""
        return bytes(self.data[self.start[k] : self.start[k + 1]]).decode()


def as_array(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    """One contiguous array of large strings; nothing is read as empty text."""
    if isinstance(column, pa.ChunkedArray):
        if column.type != pa.large_string():
            column = column.cast(pa.large_string())
        column = column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()
    if column.type != pa.large_string():
        column = column.cast(pa.large_string())
    if column.null_count:
        column = pc.fill_null(column, "")
    return column


def as_text(column: pa.ChunkedArray | pa.Array) -> Text:
    """View a column of strings as offsets and bytes, without copying where it can be helped."""
    array = as_array(column)
    n = len(array)
    if n == 0:
        return Text(np.zeros(1, np.int64), np.zeros(0, np.uint8))
    _, offsets, data = array.buffers()
    start = np.frombuffer(offsets, np.int64)[array.offset : array.offset + n + 1]
    return Text(start, np.frombuffer(data, np.uint8) if data is not None else np.zeros(0, np.uint8))


def make_text(values: list[str]) -> Text:
    """The same from Python strings."""
    return as_text(pa.array(values, pa.large_string()))


@njit(cache=True, nogil=True)
def _mix(h: Any, word: Any) -> Any:
    h = (h ^ word) * np.uint64(0x9FB21C651E98DF25)
    return h ^ (h >> np.uint64(29))


@njit(cache=True, nogil=True)
def _hash_one(data: Any, begin: Any, end: Any, seed: Any) -> Any:
    h = seed ^ (np.uint64(end - begin) * np.uint64(0xC2B2AE3D27D4EB4F))
    k = begin
    while k < end:
        word = np.uint64(0)
        last = min(k + 8, end)
        shift = np.uint64(0)
        while k < last:
            word |= np.uint64(data[k]) << shift
            shift += np.uint64(8)
            k += 1
        h = _mix(h, word)
    h = _mix(h, seed)
    return h ^ (h >> np.uint64(32))


@njit(cache=True, nogil=True)
def _hash_all(start: Any, data: Any, seed: Any) -> Any:
    n = start.shape[0] - 1
    out = np.empty(n, np.uint64)
    for k in range(n):
        out[k] = _hash_one(data, start[k], start[k + 1], seed)
    return out


@njit(cache=True, nogil=True)
def _equal(data: Any, begin: Any, end: Any, other: Any, begin2: Any, end2: Any) -> Any:
    if end - begin != end2 - begin2:
        return False
    for k in range(end - begin):
        if data[begin + k] != other[begin2 + k]:
            return False
    return True


@njit(cache=True, nogil=True)
def _before(data: Any, begin: Any, end: Any, begin2: Any, end2: Any) -> Any:
    shared = min(end - begin, end2 - begin2)
    for k in range(shared):
        a = data[begin + k]
        b = data[begin2 + k]
        if a != b:
            return a < b
    return end - begin < end2 - begin2


@njit(cache=True, nogil=True)
def _first_of_each(start: Any, data: Any, seed: Any) -> Any:
    """Number of the first value with the same text, by small tables, one per range of hashes."""
    n = start.shape[0] - 1
    hashes = _hash_all(start, data, seed)
    bits = 0
    while bits < 16 and (n >> bits) > 2048:
        bits += 1
    parts = 1 << bits
    place = np.zeros(parts + 1, np.int64)
    shift = np.uint64(64 - bits) if bits else np.uint64(63)
    mask_part = np.uint64(parts - 1)
    for k in range(n):
        place[np.int64((hashes[k] >> shift) & mask_part) + 1] += 1
    for p in range(parts):
        place[p + 1] += place[p]
    order = np.empty(n, np.int32)
    sorted_hash = np.empty(n, np.uint64)
    fill = place[:-1].copy()
    for k in range(n):
        part = np.int64((hashes[k] >> shift) & mask_part)
        order[fill[part]] = k
        sorted_hash[fill[part]] = hashes[k]
        fill[part] += 1
    first = np.arange(n).astype(np.int32)
    slots = 16
    table = np.full(slots, -1, np.int32)
    for p in range(parts):
        count = place[p + 1] - place[p]
        if count < 2:
            continue
        while slots < 2 * count:
            slots *= 2
        if table.shape[0] < slots:
            table = np.full(slots, -1, np.int32)
        else:
            table[:] = -1
        mask = np.uint64(table.shape[0] - 1)
        for i in range(place[p], place[p + 1]):
            at = np.int64(sorted_hash[i] & mask)
            while table[at] >= 0:
                if sorted_hash[table[at]] == sorted_hash[i]:
                    k = order[i]
                    other = order[table[at]]
                    if _equal(data, start[k], start[k + 1], data, start[other], start[other + 1]):
                        break
                at = (at + 1) & np.int64(mask)
            if table[at] >= 0:
                first[order[i]] = order[table[at]]
            else:
                table[at] = i
    return first


def random_seed() -> np.uint64:
    """A seed nobody who made the folder can know, so that no chosen texts collide."""
    return np.uint64(int.from_bytes(os.urandom(8), "little") | 1)


def first_of_each(text: Text) -> Int32:
    """For each value the number of the first value with the same text, shape (n,)."""
    found: Int32 = _first_of_each(text.start, text.data, random_seed())
    return found


@njit(cache=True, nogil=True)
def _fill_table(start: Any, data: Any, seed: Any, slots: Any) -> Any:
    table = np.zeros(slots, np.uint64)
    low = np.uint64(0xFFFFFFFF)
    mask = np.uint64(slots - 1)
    for k in range(start.shape[0] - 1):
        h = _hash_one(data, start[k], start[k + 1], seed)
        at = np.int64(h & mask)
        while table[at] != 0:
            at = (at + 1) & np.int64(mask)
        table[at] = (h & ~low) | np.uint64(k + 1)
    return table


@njit(cache=True, nogil=True)
def _look_up(
    table: Any, base: Any, base_data: Any, start: Any, data: Any, seed: Any, out: Any,
    lo: Any, hi: Any,
) -> Any:
    low = np.uint64(0xFFFFFFFF)
    mask = np.uint64(table.shape[0] - 1)
    for k in range(lo, hi):
        begin = start[k]
        end = start[k + 1]
        h = _hash_one(data, begin, end, seed)
        at = np.int64(h & mask)
        found = np.int64(-1)
        while table[at] != 0:
            if (table[at] & ~low) == (h & ~low):
                v = np.int64(table[at] & low) - 1
                if _equal(data, begin, end, base_data, base[v], base[v + 1]):
                    found = v
                    break
            at = (at + 1) & np.int64(mask)
        out[k] = found


@njit(cache=True, nogil=True)
def _pack_one(data: Any, begin: Any, end: Any) -> Any:
    """A text of at most 8 bytes as a number; without NUL bytes no two texts give the same."""
    word = np.uint64(0)
    shift = np.uint64(0)
    for i in range(begin, end):
        word |= np.uint64(data[i]) << shift
        shift += np.uint64(8)
    return word


@njit(cache=True, nogil=True)
def _place_of(a: Any, b: Any, seed: Any, mask: Any) -> Any:
    h = _mix(_mix(seed, a), b)
    return np.int64((h ^ (h >> np.uint64(32))) & mask)


@njit(cache=True, nogil=True)
def _fill_short(start: Any, data: Any, seed: Any, slots: Any) -> Any:
    """A table of short texts: their 16 bytes and, from 1, their number, all in one place."""
    table = np.zeros((slots, 4), np.uint64)
    mask = np.uint64(slots - 1)
    for k in range(start.shape[0] - 1):
        middle = min(start[k] + 8, start[k + 1])
        a = _pack_one(data, start[k], middle)
        b = _pack_one(data, middle, start[k + 1])
        at = _place_of(a, b, seed, mask)
        while table[at, 2] != 0:
            at = (at + 1) & np.int64(mask)
        table[at, 0] = a
        table[at, 1] = b
        table[at, 2] = np.uint64(k + 1)
    return table


@njit(cache=True, nogil=True)
def _look_up_short(
    table: Any, start: Any, data: Any, seed: Any, out: Any, lo: Any, hi: Any
) -> Any:
    """Look up some at a time: first their bytes, then the table, so that its misses overlap."""
    mask = np.uint64(table.shape[0] - 1)
    first = np.empty(64, np.uint64)
    second = np.empty(64, np.uint64)
    place = np.empty(64, np.int64)
    for block in range(lo, hi, 64):
        count = min(64, hi - block)
        for i in range(count):
            k = block + i
            end = start[k + 1]
            middle = min(start[k] + 8, end)
            first[i] = _pack_one(data, start[k], middle)
            # what is longer than any known text is unknown: its last bytes only must not fit
            second[i] = _pack_one(data, middle, min(end, middle + 8))
            place[i] = _place_of(first[i], second[i], seed, mask)
            out[k] = -1 if end - start[k] <= 16 else -2
        for i in range(count):
            at = place[i]
            while table[at, 2] != 0:
                if table[at, 0] == first[i] and table[at, 1] == second[i]:
                    if out[block + i] == -1:
                        out[block + i] = np.int64(table[at, 2]) - 1
                    break
                at = (at + 1) & np.int64(mask)
            if out[block + i] == -2:
                out[block + i] = -1


class TextIndex:
    """Finds the number of a text among distinct ones.

    Args:
        known: The distinct texts; none holds a NUL byte.
    """

    def __init__(self, known: Text) -> None:
        slots = 16
        while slots < 2 * len(known):
            slots *= 2
        self.known = known
        self.seed = random_seed()
        self.is_short = int(np.diff(known.start).max(initial=0)) <= 16
        fill = _fill_short if self.is_short else _fill_table
        self.table: UInt64 = fill(known.start, known.data, self.seed, slots)

    def find(self, text: Text) -> Int32:
        """Number of each value among the known ones, -1 where it is not among them."""
        out = np.empty(len(text), np.int32)

        def work(lo: int, hi: int) -> None:
            if self.is_short:
                _look_up_short(self.table, text.start, text.data, self.seed, out, lo, hi)
            else:
                _look_up(
                    self.table, self.known.start, self.known.data, text.start, text.data,
                    self.seed, out, lo, hi,
                )

        in_halves(len(text), work)
        return out


def in_halves(n: int, work: Any) -> None:
    """Do the same to two halves of n values, on two threads where there are many."""
    if n < 200_000:
        work(0, n)
        return
    from concurrent.futures import ThreadPoolExecutor

    work(0, 1)
    with ThreadPoolExecutor(2) as pool:
        for done in [pool.submit(work, 1, n // 2), pool.submit(work, n // 2, n)]:
            done.result()


@njit(cache=True, nogil=True)
def _gather(start: Any, data: Any, order: Any, length: Any, out: Any) -> Any:
    at = 0
    for i in range(order.shape[0]):
        begin = start[order[i]]
        size = start[order[i] + 1] - begin
        length[i] = size
        for j in range(size):
            out[at + j] = data[begin + j]
        at += size
    return at


@njit(cache=True, nogil=True)
def _take(values: Any, order: Any, out: Any, lo: Any, hi: Any) -> Any:
    for i in range(lo, hi):
        out[i] = values[order[i]]


def take(values: NDArray[Any], order: NDArray[Any]) -> NDArray[Any]:
    """Values in another order, fetched by two threads where there are many."""
    out = np.empty(order.shape[0], values.dtype)
    in_halves(order.shape[0], lambda lo, hi: _take(values, order, out, lo, hi))
    return out


def take_text(text: Text, order: NDArray[Any]) -> tuple[NDArray[np.uint32], UInt8]:
    """Lengths and bytes of all values in another order, as a digest wants them.

    Args:
        text: The values.
        order: The place of each value, every place once.
    """
    length = np.empty(order.shape[0], np.uint32)
    out = np.empty(int(text.start[-1] - text.start[0]), np.uint8)
    _gather(text.start, text.data, order, length, out)
    return length, out


@njit(cache=True, nogil=True)
def _check_decimal(start: Any, data: Any, minor: Any, exponent: Any, lo: Any, hi: Any) -> Any:
    """First value that is not this integer written with its decimals; -1 if none."""
    for k in range(lo, hi):
        at = start[k]
        end = start[k + 1]
        rest = minor[k]
        places = exponent[k]
        if rest < 0:
            if at >= end or data[at] != 45:
                return k
            at += 1
            rest = -rest
        i = end - 1
        count = 0
        while True:
            if count == places and places > 0:
                if i < at or data[i] != 46:
                    return k
                i -= 1
            if i < at or np.int64(data[i]) - 48 != rest % 10:
                return k
            rest //= 10
            i -= 1
            count += 1
            if rest == 0 and count > places:
                break
        if i != at - 1:
            return k
    return -1


def first_not_written(text: Text, minor: Int64, exponent: NDArray[np.int8]) -> int:
    """First value that is not its integer written in the one readable form, -1 if all are.

    Example:
        >>> import numpy as np
        >>> first_not_written(make_text(["12.00", "-0.05", "7"]), np.array([1200, -5, 7]),
        ...                   np.array([2, 2, 0], np.int8))
        -1
    """
    found = [-1, -1]
    half = len(text) // 2

    def work(lo: int, hi: int) -> None:
        wrong = int(_check_decimal(text.start, text.data, minor, exponent, lo, hi))
        if wrong >= 0:
            found[lo >= half and lo > 1] = wrong

    in_halves(len(text), work)
    wrong = [k for k in found if k >= 0]
    return min(wrong) if wrong else -1


@njit(cache=True, nogil=True)
def _parse_integers(start: Any, data: Any, out: Any) -> Any:
    for k in range(start.shape[0] - 1):
        at = start[k]
        end = start[k + 1]
        negative = at < end and data[at] == 45
        if negative:
            at += 1
        if at >= end or end - at > 19 or (data[at] == 48 and (end - at > 1 or negative)):
            return k
        value = np.int64(0)
        for j in range(at, end):
            digit = np.int64(data[j]) - 48
            if digit < 0 or digit > 9:
                return k
            if value > 922337203685477580 or (value == 922337203685477580 and digit > 7):
                return k
            value = value * 10 + digit
        out[k] = -value if negative else value
    return -1


def parse_integers(text: Text) -> tuple[Int64, int]:
    """Integers written in their one form; and the number of the first that is not, or -1."""
    out = np.zeros(len(text), np.int64)
    return out, int(_parse_integers(text.start, text.data, out))
