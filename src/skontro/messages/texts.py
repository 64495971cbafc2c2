# SPDX-License-Identifier: Apache-2.0
"""Text columns of Arrow tables: their bytes, and whether these are text at all."""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.messages import scanning

_NUL = np.zeros(256, np.uint8)
_NUL[0] = 1


def is_text(kind: pa.DataType) -> bool:
    """Tell whether a column of this type holds text (or bytes that may be text)."""
    if pa.types.is_dictionary(kind):
        return is_text(kind.value_type)
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
    )


def as_chunks(column: pa.ChunkedArray | pa.Array) -> Iterator[pa.Array]:
    """Return a column's chunks of text as string or large_string arrays, nulls as empty text."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    for chunk in chunks:
        if pa.types.is_dictionary(chunk.type):
            chunk = chunk.dictionary_decode()
        if pa.types.is_null(chunk.type):
            chunk = chunk.cast(pa.string())
        if not (pa.types.is_string(chunk.type) or pa.types.is_large_string(chunk.type)):
            chunk = chunk.cast(pa.large_string())
        yield chunk.fill_null("") if chunk.null_count else chunk


def buffers(chunk: pa.Array) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """Return where each text of a string array begins, and the bytes, without copying.

    Args:
        chunk: A string or large_string array; what stands under a null is not looked at.

    Example:
        >>> offset, data = buffers(pa.array(["ab", "c"]))
        >>> offset.tolist(), bytes(data)
        ([0, 2, 3], b'abc')
    """
    wide = pa.types.is_large_string(chunk.type) or pa.types.is_large_binary(chunk.type)
    width = np.dtype(np.int64 if wide else np.int32)
    _, offset_buffer, data_buffer = chunk.buffers()
    if offset_buffer is None or len(chunk) == 0:
        return np.zeros(len(chunk) + 1, width), np.zeros(0, np.uint8)
    offset = np.frombuffer(offset_buffer, width)[chunk.offset : chunk.offset + len(chunk) + 1]
    if data_buffer is None or data_buffer.size == 0:
        return offset, np.zeros(0, np.uint8)
    return offset, np.frombuffer(data_buffer, np.uint8)


def broken_rows(column: pa.ChunkedArray) -> list[tuple[int, str, str]]:
    """Find texts that are not UTF-8 or hold a NUL byte.

    Args:
        column: A text column.

    Returns:
        Place (from 0), code of the fault, and the text as far as it can be shown.

    Example:
        >>> broken_rows(pa.chunked_array([["a", "b\\0c"]]))
        [(1, 'ControlCharacter', 'b\\x00c')]
    """
    found = list[tuple[int, str, str]]()
    start = 0
    for chunk in column.chunks:
        if _may_be_broken(chunk):
            found.extend((start + place, code, text) for place, code, text in _broken_in(chunk))
        start += len(chunk)
    return found


def broken_texts(table: pa.Table) -> Iterator[tuple[int, str, str, str]]:
    """Find rows in which a text is not UTF-8 or holds a NUL byte, column by column.

    Returns:
        Place (from 0), column, code and value of each such text.
    """
    for column in table.column_names:
        if is_text(table.schema.field(column).type):
            for place, code, value in broken_rows(table.column(column)):
                yield place, column, code, value


def _may_be_broken(chunk: pa.Array) -> bool:
    if pa.types.is_dictionary(chunk.type):
        return _may_be_broken(chunk.dictionary)
    kind = pa.types
    if kind.is_string_view(chunk.type) or kind.is_binary_view(chunk.type):
        try:
            chunk = chunk.cast(pa.large_binary()).cast(pa.large_string())
        except pa.ArrowInvalid:
            return True
    elif kind.is_binary(chunk.type) or kind.is_large_binary(chunk.type):
        wide = kind.is_large_binary(chunk.type)
        try:
            chunk = chunk.cast(pa.large_string() if wide else pa.string())
        except pa.ArrowInvalid:
            return True
    else:
        try:
            chunk.validate(full=True)
        except pa.ArrowInvalid:
            return True
    offset, data = buffers(chunk)
    part = data[offset[0] : offset[-1]]
    return bool(scanning.has_byte(part, _NUL))


def _broken_in(chunk: pa.Array) -> Iterator[tuple[int, str, str]]:
    if pa.types.is_dictionary(chunk.type):
        bad = {place: (code, text) for place, code, text in _broken_in(chunk.dictionary)}
        indices = chunk.indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        for place in np.flatnonzero(np.isin(indices, list(bad))):
            code, text = bad[int(indices[place])]
            yield int(place), code, text
        return
    offset, data = buffers(chunk.cast(pa.large_binary()))
    valid = chunk.is_valid().to_numpy(zero_copy_only=False)
    for place in np.flatnonzero(valid):
        content = data[offset[place] : offset[place + 1]].tobytes()
        try:
            shown = content.decode()
        except UnicodeDecodeError:
            yield int(place), "InvalidUtf8", content.decode(errors="replace")
            continue
        if "\0" in shown:
            yield int(place), "ControlCharacter", shown


def to_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column of text, whole numbers or dates as one of text, nulls as empty text.

    Args:
        column: Anything but binary fractions, whose text is a matter of taste.

    Example:
        >>> to_text(pa.chunked_array([[1, None]])).to_pylist()
        ['1', '']
    """
    if not is_text(column.type):
        column = column.cast(pa.string())
    chunks = list(as_chunks(column))
    if any(pa.types.is_large_string(chunk.type) for chunk in chunks):
        chunks = [chunk.cast(pa.large_string()) for chunk in chunks]
        return pa.chunked_array(chunks, pa.large_string())
    return pa.chunked_array(chunks, pa.string())


def encode(column: pa.ChunkedArray) -> tuple[NDArray[np.int32], pa.Array]:
    """Number the different texts of a column by first appearance.

    Args:
        column: A text column; nulls count as empty text.

    Returns:
        Number of each row's text, shape (m,), and the texts as a large_string array.

    Example:
        >>> index, texts = encode(pa.chunked_array([["b", "a"], ["b"]]))
        >>> index.tolist(), texts.to_pylist()
        ([0, 1, 0], ['b', 'a'])
    """
    table = TextNumbers()
    index = np.empty(len(column), np.int32)
    place = 0
    for chunk in column.chunks:
        index[place : place + len(chunk)] = table.add(chunk)
        place += len(chunk)
    return index, table.texts()


class TextNumbers:
    """Different texts, numbered in the order in which they are first seen."""

    def __init__(self) -> None:
        self._seed = np.uint64(int.from_bytes(os.urandom(8)) | 1)
        self._slots = np.zeros((1 << 10, 2), np.uint64)
        self._start = np.zeros(1 << 10, np.int64)
        self._stored = np.zeros(1 << 14, np.uint8)
        self._count = 0

    def add(self, chunk: pa.Array) -> NDArray[np.int32]:
        """Return the number of each text of an array, numbering those not seen before."""
        if pa.types.is_dictionary(chunk.type):
            numbers = self.add(chunk.dictionary)
            indices = chunk.indices
            if indices.null_count == 0:
                return np.asarray(numbers[indices.to_numpy(zero_copy_only=False)], np.int32)
        (texts,) = as_chunks(chunk)
        offset, data = buffers(texts)
        index = np.empty(len(texts), np.int32)
        row = 0
        while True:
            row, self._count = scanning.number_texts(
                offset, data, row, index, self._slots, self._start, self._stored, self._count,
                self._seed,
            )  # fmt: skip
            if row == len(index):
                return index
            self._grow(int(offset[row + 1] - offset[row]))

    def texts(self) -> pa.Array:
        """Return the texts numbered so far, in order, as a large_string array."""
        start = self._start[: self._count + 1].copy()
        content = [None, pa.py_buffer(start), pa.py_buffer(self._stored[: start[-1]].copy())]
        return pa.Array.from_buffers(pa.large_string(), self._count, content)

    def _grow(self, length: int) -> None:
        """Make room for one more text of so many bytes, and for others like it."""
        if 2 * self._count >= len(self._slots):
            slots = np.zeros((2 * len(self._slots), 2), np.uint64)
            scanning.move_slots(self._slots, slots, self._seed)
            self._slots = slots
        if self._count + 1 >= len(self._start):
            self._start = np.concatenate([self._start, np.zeros(len(self._start), np.int64)])
        if self._start[self._count] + length > len(self._stored):
            more = np.zeros(len(self._stored) + length, np.uint8)
            self._stored = np.concatenate([self._stored, more])


def take_rows(column: pa.ChunkedArray, rows: NDArray[np.int64]) -> pa.ChunkedArray:
    """Return some rows of a column without putting its chunks together first.

    Args:
        column: The column.
        rows: Places from 0, ascending.

    Example:
        >>> take_rows(pa.chunked_array([["a", "b"], ["c"]]), np.array([1, 2])).to_pylist()
        ['b', 'c']
    """
    parts, start = [], 0
    for chunk in column.chunks:
        low, high = np.searchsorted(rows, [start, start + len(chunk)])
        if high > low:
            parts.append(chunk.take(pa.array(rows[low:high] - start)))
        start += len(chunk)
    return pa.chunked_array(parts, column.type)
