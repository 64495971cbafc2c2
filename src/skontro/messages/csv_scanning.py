# SPDX-License-Identifier: Apache-2.0
"""Compiled passes over the bytes of a CSV file: where its fields are, and copies of them."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Flags = NDArray[np.uint8]
FlagGrid = NDArray[np.uint8]
Grid = NDArray[np.int32]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

RAGGED = 1
BAD_QUOTES = 2
ENDED, OPEN, MISQUOTED = 0, 1, 2

MOST_QUOTED_BYTES = 1 << 20
"""A quoted field longer than this is taken for one whose closing quote is missing."""

_QUOTE, _LINE_FEED, _RETURN = 0x22, 0x0A, 0x0D


@njit(cache=True, nogil=True)
def find_marks(data: Bytes, begin: int, end: int, wanted: Flags, mark: Int32) -> int:
    """List the bytes between two places that are wanted.

    Args:
        data: The file.
        begin: First byte looked at.
        end: Byte after the last looked at.
        wanted: 1 for each byte value wanted, shape (256,).
        mark: Written: places from ``begin`` on, shape (end - begin + 1,).

    Returns:
        How many there are.
    """
    found = 0
    for place in range(end - begin):
        mark[found] = place
        found += wanted[data[begin + place]]
    return found


@njit(cache=True, nogil=True)
def _pass_field(
    text: Bytes, mark: Int32, marks: int, at: int, begin: int
) -> tuple[int, int, bool, int]:
    """Pass the field that begins at ``begin``, the next mark being number ``at``.

    Returns:
        The byte after the field's last, the number of the mark that ends it (``marks`` where the
        stretch ends it), whether quotes are doubled inside, and ``ENDED``, ``OPEN`` or
        ``MISQUOTED``.
    """
    if begin == len(text) or text[begin] != _QUOTE:
        while at < marks and text[mark[at]] == _QUOTE:
            at += 1
        return mark[at], at, False, ENDED
    doubled = False
    at += 1
    while at < marks and mark[at] - begin < MOST_QUOTED_BYTES:
        place = mark[at]
        if text[place] != _QUOTE:
            at += 1
        elif mark[at + 1] == place + 1 < len(text) and text[place + 1] == _QUOTE:
            doubled = True
            at += 2
        elif mark[at + 1] == place + 1:
            return place, at + 1, doubled, ENDED
        else:
            return place, at, doubled, MISQUOTED
    too_long = mark[at] - begin >= MOST_QUOTED_BYTES
    return begin, at, doubled, MISQUOTED if too_long else OPEN


@njit(cache=True, nogil=True)
def _is_line_end(byte: int) -> bool:
    return byte == _LINE_FEED or byte == _RETURN


@njit(cache=True, nogil=True)
def split_rows(
    text: Bytes,
    mark: Int32,
    marks: int,
    is_last: bool,
    ordinal: int,
    begin: Grid,
    end: Grid,
    quoted: FlagGrid,
    row: Int64,
    fault: Int64,
) -> tuple[int, int, int, int]:
    """Find the fields of the rows of a CSV file that are whole in a stretch of it.

    Blank lines are no rows. A row with too few or too many fields, or with a quote that does
    not close where a field ends, is a fault: its line is passed over and the next line begins a
    new row, so that one stray quote cannot swallow the rows below it.

    Args:
        text: The stretch; it begins where a row begins.
        mark: Places of separators, line ends and quotes, then ``len(text)``, shape (marks + 1,).
        marks: Number of these.
        is_last: Whether the file ends where the stretch ends.
        ordinal: Number of the row before.
        begin: Written: first byte of each field, shape (columns, rows).
        end: Written: byte after each field, shape (columns, rows).
        quoted: Written: 1 where a doubled quote stands in the field, shape (columns, rows).
        row: Written: number of each row, shape (rows,).
        fault: Written: number, first byte, byte after, reason of each fault, shape (faults, 4).

    Returns:
        Rows found, faults found, place of the first row not passed, number of the last row.
    """
    columns = len(begin)
    position = rows = faults = at = 0
    while position < len(text) and faults < len(fault):
        if _is_line_end(text[position]):
            position += 1
            at += 1
            continue
        first, field, field_begin = at, 0, position
        while True:
            field_end, at, doubled, state = _pass_field(text, mark, marks, at, field_begin)
            if state != ENDED:
                break
            if field < columns:
                quoted[field, rows] = doubled
                begin[field, rows] = field_begin + (field_end < mark[at])
                end[field, rows] = field_end
            field += 1
            if at == marks or _is_line_end(text[mark[at]]):
                break
            field_begin = mark[at] + 1
            at += 1
        if state != ENDED and (state == MISQUOTED or is_last):
            state, at = MISQUOTED, first
            while at < marks and not _is_line_end(text[mark[at]]):
                at += 1
        if not is_last and (state == OPEN or at == marks):
            break
        ordinal += 1
        if state == ENDED and field == columns:
            row[rows] = ordinal
            rows += 1
        else:
            fault[faults, 0], fault[faults, 1], fault[faults, 2] = ordinal, position, mark[at]
            fault[faults, 3] = BAD_QUOTES if state == MISQUOTED else RAGGED
            faults += 1
        position = mark[at]
    return rows, faults, position, ordinal


@njit(cache=True, nogil=True)
def measure_fields(data: Bytes, begin: Int32, end: Int32, quoted: Flags, offset: Int32) -> None:
    """Write where each field begins once the fields stand one after another.

    Args:
        data: The bytes of the block.
        begin: First byte of each field, shape (m,).
        end: Byte after each field, shape (m,).
        quoted: 1 where a doubled quote stands in the field, shape (m,).
        offset: Written: shape (m + 1,).
    """
    total = 0
    offset[0] = 0
    for row in range(len(begin)):
        total += end[row] - begin[row]
        if quoted[row]:
            place = begin[row]
            while place < end[row]:
                if data[place] == _QUOTE:
                    total -= 1
                    place += 1
                place += 1
        offset[row + 1] = total


@njit(cache=True, nogil=True)
def copy_fields(
    data: Bytes, begin: Int32, end: Int32, quoted: Flags, offset: Int32, result: Bytes
) -> None:
    """Copy the fields one after another, doubled quotes made single.

    Args:
        data: The bytes of the block.
        begin: First byte of each field, shape (m,).
        end: Byte after each field, shape (m,).
        quoted: 1 where a doubled quote stands in the field, shape (m,).
        offset: As :func:`measure_fields` wrote it, shape (m + 1,).
        result: Written: the bytes, shape (offset[m],).
    """
    for row in range(len(begin)):
        target = offset[row]
        place = begin[row]
        if quoted[row]:
            while place < end[row]:
                result[target] = data[place]
                target += 1
                place += 2 if data[place] == _QUOTE else 1
        else:
            for shift in range(end[row] - place):
                result[target + shift] = data[place + shift]
