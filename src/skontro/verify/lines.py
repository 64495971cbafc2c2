# SPDX-License-Identifier: Apache-2.0
"""CSV files as columns of text, every row with its number, read by this checker's own rules.

UTF-8, a header line, one separator (comma, else semicolon, else tab, as the header has it).
Lines end with LF, CR LF or CR; empty lines are no rows. A field that begins with a quote ends
with one, quotes inside doubled. What breaks these rules is refused by its row.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from skontro.verify.amounts import shown
from skontro.verify.verdict import ClaimFailed, require

Refused = tuple[int, str, str, str]
LONGEST_QUOTED = 1 << 20
MOST_HEADER_LINES = 100
_CODES = {1: "RaggedRow", 2: "MisplacedQuote"}


@njit(cache=True, nogil=True)
def _ends_line(byte: Any) -> Any:
    return byte == 10 or byte == 13


@njit(cache=True, nogil=True)
def _scan(data: Any, at: Any, mark: Any, columns: Any, begin: Any, length: Any, faults: Any) -> Any:
    """Fields of each row; counts only where the arrays are empty. Rows found, faults found."""
    size = data.shape[0]
    keep = begin.shape[1] > 0
    rows = 0
    wrong = 0
    number = 0
    while at < size:
        if _ends_line(data[at]):
            at += 1
            continue
        number += 1
        first = at
        field = 0
        reason = 0
        while True:
            doubled = 0
            if at < size and data[at] == 34:
                start = at + 1
                at += 1
                closed = False
                stop = min(size, first_limit(start))
                while at < stop:
                    if data[at] != 34:
                        at += 1
                    elif at + 1 < size and data[at + 1] == 34:
                        doubled = 1
                        at += 2
                    else:
                        closed = True
                        break
                end = at
                at += 1
                if not closed or (at < size and data[at] != mark and not _ends_line(data[at])):
                    reason = 2
                    break
            else:
                start = at
                while at < size and data[at] != mark and not _ends_line(data[at]):
                    at += 1
                end = at
            if keep and field < columns:
                begin[field, rows] = 2 * start + doubled
                length[field, rows] = end - start
            field += 1
            if at >= size or _ends_line(data[at]):
                break
            at += 1
        if reason == 2:
            at = first
            while at < size and not _ends_line(data[at]):
                at += 1
        elif field != columns:
            reason = 1
        if reason:
            if keep:
                faults[wrong, 0] = number
                faults[wrong, 1] = first
                faults[wrong, 2] = at
                faults[wrong, 3] = reason
            wrong += 1
        else:
            if keep:
                begin[columns, rows] = number
            rows += 1
    return rows, wrong


@njit(cache=True, nogil=True)
def first_limit(start: Any) -> Any:
    """Where a quoted field must have ended."""
    return start - 1 + 1048576


@njit(cache=True, nogil=True)
def _copy(data: Any, begin: Any, length: Any, offset: Any, out: Any) -> Any:
    """Copy one column's fields, doubled quotes made single; counts only where ``out`` is empty."""
    at = 0
    keep = out.shape[0] > 0
    for k in range(begin.shape[0]):
        offset[k] = at
        start = begin[k] >> 1
        if begin[k] & 1:
            i = start
            while i < start + length[k]:
                if keep:
                    out[at] = data[i]
                at += 1
                i += 2 if data[i] == 34 else 1
        else:
            if keep:
                for i in range(length[k]):
                    out[at + i] = data[start + i]
            at += length[k]
    offset[begin.shape[0]] = at
    return at


def _header(data: bytes, name: str) -> tuple[list[str], str, int]:
    require(data[:4] not in (b"PAR1", b"PK\x03\x04"), f"{name} is not CSV")
    skip = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    one_line = re.compile(rb"[\r\n]*([^\r\n]+)")
    found = one_line.match(data, skip)
    require(found, f"{name} has no header line")
    start = found.start(1) if found else 0
    for _ in range(MOST_HEADER_LINES):
        if found is None or found.end() - start > LONGEST_QUOTED:
            break
        end = found.end()
        text = data[start:end].decode()
        require("\0" not in text, f"the header of {name} is not text")
        mark = "," if "," in text else ";" if ";" in text else "\t" if "\t" in text else ","
        try:
            (header,) = csv.reader([text], delimiter=mark, strict=True)
        except (csv.Error, ValueError):
            found = one_line.match(data, end)  # a quote that does not close may do so further on
            continue
        return header, mark, end
    raise ClaimFailed(f"the header of {name} has a misplaced quote")


def read_csv(path: Path) -> tuple[pa.Table, NDArray[np.int64], list[Refused]]:
    """Read a CSV file.

    Returns:
        The rows that could be read, all columns large strings; the number of each; and row,
        field, value and code of those that could not.
    """
    raw = path.read_bytes()
    header, mark, at = _header(raw, path.name)
    require(len(set(header)) == len(header), f"{path.name}: a column stands twice")
    data = np.frombuffer(raw, np.uint8)
    columns = len(header)
    none = np.zeros((columns + 1, 0), np.int64)
    short = np.zeros((columns, 0), np.int32)
    rows, wrong = _scan(data, at, ord(mark), columns, none, short, np.zeros((0, 4), np.int64))
    # one place more than there are rows: the fields of a row that turns out bad go there
    begin = np.empty((columns + 1, rows + 1), np.int64)
    length = np.empty((columns, rows + 1), np.int32)
    faults = np.empty((wrong, 4), np.int64)
    if rows or wrong:
        _scan(data, at, ord(mark), columns, begin, length, faults)
    refused = [
        (number, "", shown(raw[first : min(end, first + 1000)].decode(errors="replace")),
         _CODES[reason])
        for number, first, end, reason in faults.tolist()
    ]
    arrays = [_column(data, begin[k, :rows], length[k, :rows]) for k in range(columns)]
    number = begin[columns, :rows].copy()
    arrays, number = _set_aside_broken(header, arrays, number, refused, b"\0" in raw)
    return pa.table(arrays, names=header), number, refused


def _column(data: NDArray[np.uint8], begin: NDArray[Any], length: NDArray[Any]) -> pa.Array:
    offset = np.zeros(begin.shape[0] + 1, np.int64)
    size = int(_copy(data, begin, length, offset, np.zeros(0, np.uint8)))
    out = np.empty(max(size, 1), np.uint8)
    _copy(data, begin, length, offset, out)
    buffers = [None, pa.py_buffer(offset), pa.py_buffer(out[:size])]
    return pa.Array.from_buffers(pa.large_string(), begin.shape[0], buffers)


def broken_values(column: pa.Array | pa.ChunkedArray) -> dict[int, tuple[str, str]]:
    """Code and shown value of each text that is not UTF-8 or holds a NUL byte, by its place."""
    found = {}
    for k, value in enumerate(column.cast(pa.large_binary()).to_pylist()):
        value = value or b""
        try:
            text = value.decode()
        except UnicodeDecodeError:
            found[k] = "InvalidUtf8", shown(value.decode(errors="replace"))
            continue
        if "\0" in text:
            found[k] = "ControlCharacter", shown(text)
    return found


def is_sound(array: pa.Array) -> bool:
    """Whether every text of an array is UTF-8."""
    try:
        array.validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def _set_aside_broken(
    header: list[str],
    arrays: list[pa.Array],
    number: NDArray[np.int64],
    refused: list[Refused],
    nul: bool,
) -> tuple[list[pa.Array], NDArray[np.int64]]:
    if not nul and all(is_sound(array) for array in arrays):
        return arrays, number
    keep = np.ones(len(number), np.bool_)
    for name, array in zip(header, arrays, strict=True):
        for k, (code, value) in broken_values(array).items():
            if keep[k]:
                keep[k] = False
                refused.append((int(number[k]), name, value, code))
    mask = pa.array(keep)
    return [array.filter(mask) for array in arrays], number[keep]
