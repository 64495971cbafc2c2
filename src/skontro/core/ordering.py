# SPDX-License-Identifier: Apache-2.0
"""Orders that hang on nothing but content: by an id's bytes, by a keyed hash of ids."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from skontro.core.workers import workers

GATHERED = 1 << 20
"""Texts are gathered so many at a time, the parts side by side."""

FEW = 24
"""So many are sorted by insertion."""

UInt8 = NDArray[np.uint8]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


def text_buffers(texts: Any) -> tuple[Int64, UInt8]:
    """Return the offsets and the UTF-8 bytes of a column of texts without gaps.

    Args:
        texts: An Arrow array or chunked array of text, or a sequence of ``str``.

    Returns:
        Offsets, shape (k + 1,), and bytes; text ``i`` is ``data[offsets[i]:offsets[i + 1]]``.

    Example:
        >>> offsets, data = text_buffers(["ab", "", "c"])
        >>> offsets.tolist(), data.tobytes()
        ([0, 2, 2, 3], b'abc')
    """
    if not isinstance(texts, pa.Array | pa.ChunkedArray):
        texts = pa.array(list(texts), pa.large_string())
    if isinstance(texts, pa.ChunkedArray):
        texts = texts.chunk(0) if texts.num_chunks == 1 else texts.combine_chunks()
    if isinstance(texts, pa.ChunkedArray):
        texts = pa.concat_arrays(texts.chunks) if texts.num_chunks else pa.array([], pa.string())
    if not pa.types.is_large_string(texts.type):
        texts = texts.cast(pa.large_string())
    _, places, data = texts.buffers()
    count = len(texts)
    if count == 0:
        return np.zeros(1, np.int64), np.zeros(0, np.uint8)
    offsets = np.frombuffer(places, np.int64)[texts.offset : texts.offset + count + 1]
    held = np.zeros(0, np.uint8) if data is None else np.frombuffer(data, np.uint8)
    return offsets, held


@njit(cache=True)
def _comes_before(a: Any, b: Any, offsets: Any, data: Any) -> Any:
    """Whether text a comes before text b by bytes."""
    length_a = offsets[a + 1] - offsets[a]
    length_b = offsets[b + 1] - offsets[b]
    for i in range(min(length_a, length_b)):
        x = data[offsets[a] + i]
        y = data[offsets[b] + i]
        if x != y:
            return x < y
    return length_a < length_b


@njit(cache=True)
def _merge_sort(rows: Any, low: Any, high: Any, spare: Any, offsets: Any, data: Any) -> Any:
    """Sort rows[low:high] by text: runs of 8 by insertion, then merged two by two."""
    for begin in range(low, high, 8):
        for i in range(begin + 1, min(begin + 8, high)):
            row = rows[i]
            j = i
            while j > begin and _comes_before(row, rows[j - 1], offsets, data):
                rows[j] = rows[j - 1]
                j -= 1
            rows[j] = row
    width = 8
    while width < high - low:
        for begin in range(low, high - width, 2 * width):
            middle = begin + width
            end = min(middle + width, high)
            count = middle - begin
            for i in range(count):
                spare[i] = rows[begin + i]
            i = 0
            j = middle
            k = begin
            while i < count:
                if j < end and _comes_before(rows[j], spare[i], offsets, data):
                    rows[k] = rows[j]
                    j += 1
                else:
                    rows[k] = spare[i]
                    i += 1
                k += 1
        width *= 2


@njit(cache=True)
def sort_groups_by_text(rows: Int64, start: Int64, offsets: Int64, data: UInt8) -> None:
    """Sort the rows inside each group by the bytes of their texts, in place.

    Args:
        rows: Positions of texts, group after group, shape (m,).
        start: First row of each group and one past the last, shape (groups + 1,).
        offsets: Offsets of the texts.
        data: Bytes of the texts.
    """
    longest = np.int64(0)
    for k in range(start.shape[0] - 1):
        longest = max(longest, start[k + 1] - start[k])
    spare = np.empty(longest, rows.dtype)
    for k in range(start.shape[0] - 1):
        if start[k + 1] - start[k] > 1:
            _merge_sort(rows, start[k], start[k + 1], spare, offsets, data)


@njit(cache=True, nogil=True)
def _gather_places(rows: Any, offsets: Any, starts: Any, lengths: Any) -> Any:
    """Where each text starts and how long it is; returns the sum of the lengths."""
    total = 0
    for i in range(rows.shape[0]):
        starts[i] = offsets[rows[i]]
        lengths[i] = offsets[rows[i] + 1] - starts[i]
        total += lengths[i]
    return total


@njit(cache=True, nogil=True)
def _gather_bytes(starts: Any, lengths: Any, data: Any, held: Any) -> Any:
    """Copy the texts one after the other, 16 bytes at a time where there is room to overrun."""
    at = 0
    last = min(data.shape[0], held.shape[0]) - 16
    for i in range(starts.shape[0]):
        start = starts[i]
        length: Any = np.int64(lengths[i])
        if length <= 16 and start <= data.shape[0] - 16 and at <= last:
            for j in range(16):
                held[at + j] = data[start + j]
        else:
            for j in range(length):
                held[at + j] = data[start + j]
        at += length


def gather_text(
    rows: Int64, offsets: Int64, data: UInt8
) -> tuple[list[NDArray[np.uint32]], list[UInt8]]:
    """Return the byte lengths and the bytes of some texts, in parts, one after the other.

    Args:
        rows: Which texts, shape (k,).
        offsets: Offsets of all texts.
        data: Bytes of all texts.
    """

    def gather(part: Int64) -> tuple[NDArray[np.uint32], UInt8]:
        starts = np.empty(part.shape[0], np.int64)
        lengths = np.empty(part.shape[0], np.uint32)
        held = np.empty(int(_gather_places(part, offsets, starts, lengths)), np.uint8)
        _gather_bytes(starts, lengths, data, held)
        return lengths, held

    parts = [rows[low : low + GATHERED] for low in range(0, rows.shape[0], GATHERED)]
    with workers() as pool:
        gathered = list(pool.map(gather, parts))
    return [lengths for lengths, _ in gathered], [held for _, held in gathered]


def keyed_rank(ids: Sequence[str], key: bytes) -> Int64:
    """Rank ids by a keyed hash, so that no chosen id comes first every time.

    Args:
        ids: The ids, shape (k,).
        key: The digest of the frozen set, 32 bytes.

    Returns:
        For each id how many come before it, shape (k,).

    Example:
        >>> sorted(keyed_rank(["A", "B", "C"], bytes(32)).tolist())
        [0, 1, 2]
    """
    blake2b = hashlib.blake2b
    hashed = b"".join(
        [blake2b(str(one).encode(), digest_size=16, key=key).digest() for one in ids]
    )
    halves = np.frombuffer(hashed, ">u8").reshape(-1, 2).astype(np.uint64)
    rank = np.empty(halves.shape[0], np.int64)
    rank[np.lexsort((halves[:, 1], halves[:, 0]))] = np.arange(halves.shape[0])
    return rank


@njit(cache=True, nogil=True)
def _after(a: Any, b: Any, key: Any) -> Any:
    """Whether place a comes after place b by key, equal keys by place."""
    return key[a] > key[b] or (key[a] == key[b] and a > b)


@njit(cache=True, nogil=True)
def _sift(order: Any, key: Any, top: Any, count: Any) -> Any:
    """Let the place at the top of a heap sink to where it belongs."""
    held = order[top]
    while True:
        child = 2 * top + 1
        if child >= count:
            break
        if child + 1 < count and _after(order[child + 1], order[child], key):
            child += 1
        if not _after(order[child], held, key):
            break
        order[top] = order[child]
        top = child
    order[top] = held


@njit(cache=True, nogil=True)
def sort_by_key(order: Any, key: Any, count: Any) -> None:
    """Write the places 0 to count - 1 into ``order``, by key, equal keys by place.

    Few by insertion, many by a heap; a sort of the library would take seconds to compile.
    """
    for i in range(count):
        order[i] = i
    if count <= FEW:
        for i in range(1, count):
            j = i
            while j > 0 and _after(order[j - 1], i, key):
                order[j] = order[j - 1]
                j -= 1
            order[j] = i
        return
    for i in range(count // 2 - 1, -1, -1):
        _sift(order, key, i, count)
    for last in range(count - 1, 0, -1):
        held = order[0]
        order[0] = order[last]
        order[last] = held
        _sift(order, key, 0, last)


def renumber_pairs(
    tail: Int32, head: Int32, limit: Int64, rank: Int64
) -> tuple[Int32, Int32, Int64, Int64]:
    """Number the nodes of sorted pairs anew and sort the pairs by their new numbers.

    Args:
        tail: Node each pair leaves, sorted, shape (p,).
        head: Node each pair enters, shape (p,).
        limit: Limit of each pair, shape (p,).
        rank: New number of each node, shape (n,).

    Returns:
        New tails, heads and limits, and for each new pair which old one it is.
    """
    first = np.searchsorted(tail, np.arange(rank.shape[0] + 1, dtype=tail.dtype))
    node_of = np.empty_like(rank)
    node_of[rank] = np.arange(rank.shape[0])
    pairs = tail.shape[0]
    new_tail = np.empty(pairs, np.int32)
    new_head = np.empty(pairs, np.int32)
    new_limit = np.empty(pairs, np.int64)
    old = np.empty(pairs, np.int64)
    spare = np.empty((2, int(np.diff(first).max(initial=0))), np.int64)
    _renumber(first, node_of, head, limit, rank, spare, new_tail, new_head, new_limit, old)
    return new_tail, new_head, new_limit, old


@njit(cache=True, nogil=True)
def _renumber(
    first: Any, node_of: Any, head: Any, limit: Any, rank: Any, spare: Any,
    new_tail: Any, new_head: Any, new_limit: Any, old: Any,
) -> None:  # fmt: skip
    key = spare[0]
    order = spare[1]
    at = 0
    for r in range(node_of.shape[0]):
        begin = first[node_of[r]]
        count = first[node_of[r] + 1] - begin
        for i in range(count):
            key[i] = rank[head[begin + i]]
        sort_by_key(order, key, count)
        for i in range(count):
            k = begin + order[i]
            new_tail[at] = r
            new_head[at] = key[order[i]]
            new_limit[at] = limit[k]
            old[at] = k
            at += 1
