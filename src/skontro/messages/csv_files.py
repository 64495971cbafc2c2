# SPDX-License-Identifier: Apache-2.0
"""CSV files in: every field as text, every row with its number, no row lost to its neighbour."""

from __future__ import annotations

import csv
import mmap
import re
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.errors import EmptyTable, UnreadableFile, WrongEncoding
from skontro.core.intake import InputFile, rejection_table
from skontro.core.workers import workers
from skontro.messages import csv_scanning, scanning
from skontro.messages.raw import RawTable, check_columns, file_source, row_refusal
from skontro.messages.texts import broken_texts, buffers, is_text

_BYTES_PER_BLOCK = 1 << 21
_MOST_ROW_BYTES = 1 << 30
_FAULTS_PER_BLOCK = 1 << 18
_MOST_SHOWN_BYTES = 1000
_THREADS = 2
_MOST_HEADER_BYTES = 1 << 20
_MOST_HEADER_LINES = 100
MOST_RECODED_BYTES = 1 << 26
"""Bytes of a file in another encoding than UTF-8."""
FORMULA_STARTS = "=+-@\t\r"
"""First characters for which a spreadsheet may take a text for a formula."""

NEGATIVE_NUMBER = r"\A-[0-9]+(\.[0-9]+)?\z"
"""A plain negative number, which is no formula."""

_PLAIN_NEGATIVE = re.compile(r"-[0-9]+(\.[0-9]+)?", re.ASCII)
_RISKY = r"\A'*[=+\-@\t\r]"

_LINE = re.compile(rb"[\r\n]*([^\r\n]+)")
_SPECIAL = ',"\r\n'
_ROWS_PER_WRITE = 1 << 16
_UTF8_MARK = b"\xef\xbb\xbf"
_OTHER_FORMATS = {b"PAR1": "Parquet", b"PK\x03\x04": "a workbook", b"\x1f\x8b": "compressed"}
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_REASON = {csv_scanning.RAGGED: "RaggedRow", csv_scanning.BAD_QUOTES: "MisplacedQuote"}


@dataclass
class _Block:
    """Fields of some rows, found but not yet copied; places count in ``text``."""

    text: NDArray[np.uint8]
    begin: NDArray[np.int32]
    end: NDArray[np.int32]
    quoted: NDArray[np.uint8]
    row: NDArray[np.int64]
    faults: NDArray[np.int64]


def read_csv(
    name: str, path: Path, *, delimiter: str = "", encoding: str = "utf-8"
) -> RawTable:
    """Read a CSV file: a header line, commas (or semicolons, tabs or bars throughout).

    Fields may be quoted, doubled quotes inside; lines end with LF, CR LF or CR; blank lines are
    no rows. A row with too few or too many fields, a stray quote, text that is not UTF-8 or a
    NUL byte is refused by its number and the rows around it are read.

    Args:
        name: What the file is, for messages.
        path: Where it is.
        delimiter: Between fields; empty: the first of these that stands in the header.
        encoding: How the text is written down.

    Raises:
        EmptyTable: The file is empty.
        WrongEncoding: The header is not UTF-8, or the text is not what was declared.
        UnreadableFile: The file is not CSV.
    """
    source = file_source(name, path)
    if source.size == 0:
        raise EmptyTable(f"{name}: {path.name} is empty")
    with path.open("rb") as stream:
        # closed with the last array that looks into it, not here: an error may still hold one
        data: mmap.mmap | bytes = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    if encoding not in ("utf-8", "ascii"):
        data = _as_utf8(name, path, data, encoding)
    header, separator, first = _read_header(name, path, data, delimiter)
    check_columns(name, header, ())
    parts = _read_parts(np.frombuffer(data, np.uint8), first, separator, header, source)
    schema = pa.schema([(column, pa.string()) for column in header])
    return RawTable(
        name,
        pa.concat_tables([schema.empty_table(), *(part.table for part in parts)]),
        np.concatenate([np.zeros(0, np.int64), *(part.row for part in parts)]),
        source,
        pa.concat_tables([rejection_table([]), *(part.refused for part in parts)]),
    )


def _as_utf8(name: str, path: Path, data: mmap.mmap | bytes, encoding: str) -> bytes:
    """Return text of a declared encoding as UTF-8.

    Raises:
        WrongEncoding: It is not in that encoding.
        UnreadableFile: It is too large to be written anew.
    """
    if len(data) > MOST_RECODED_BYTES:
        raise UnreadableFile(f"{name}: {path.name} has more than {MOST_RECODED_BYTES:,} bytes",
                             next_step="save it as UTF-8")  # fmt: skip
    try:
        return bytes(data).decode(encoding).encode()
    except UnicodeError as error:
        where = getattr(error, "start", 0)
        raise WrongEncoding(
            f"{name}: {path.name} is not {encoding}: at byte {where}",
            next_step="declare the encoding it is in, or save it as UTF-8",
        ) from None


def _read_header(
    name: str, path: Path, data: mmap.mmap | bytes, delimiter: str
) -> tuple[list[str], str, int]:
    """Return column names, separator and where the line after the header begins."""
    start = data[:8]
    other = next((kind for mark, kind in _OTHER_FORMATS.items() if start.startswith(mark)), None)
    if other is not None:
        raise UnreadableFile(f"{name}: {path.name} is not CSV but {other}")
    if start.startswith(_UTF16_MARKS):
        raise WrongEncoding(f"{name}: {path.name} is UTF-16, not UTF-8")
    begin = len(_UTF8_MARK) if start.startswith(_UTF8_MARK) else 0
    line = _LINE.match(data, begin)
    if line is None:
        raise EmptyTable(f"{name}: {path.name} has no header line")
    first, end = line.start(1), line.end()
    for _ in range(_MOST_HEADER_LINES):
        if line is None or end - first > _MOST_HEADER_BYTES:
            break
        try:
            text = data[first:end].decode()
        except UnicodeDecodeError:
            raise WrongEncoding(f"{name}: the header of {path.name} is not UTF-8") from None
        if "\0" in text:
            raise WrongEncoding(f"{name}: the first line of {path.name} is not text: a NUL byte")
        separator = delimiter or next((mark for mark in ",;\t|" if mark in text), ",")
        try:
            # a name in quotes may hold line ends; if it does not close, it ends on a later line
            (header,) = csv.reader([text], delimiter=separator, strict=True)
        except (csv.Error, ValueError):
            line = _LINE.match(data, end)
            end = line.end() if line is not None else end
            continue
        return header, separator, end
    if end - first > _MOST_HEADER_BYTES:
        raise UnreadableFile(f"{name}: the header of {path.name} is longer than 2**20 bytes")
    raise UnreadableFile(f"{name}: the header of {path.name} has a misplaced quote")


def _read_parts(
    data: NDArray[np.uint8], first: int, separator: str, header: list[str], source: InputFile
) -> list[RawTable]:
    """Find fields on this thread and copy them on others, in order."""
    waiting = list[Future[RawTable]]()
    parts = list[RawTable]()
    with workers(_THREADS) as pool:
        for block in _scan(data, first, separator, len(header)):
            waiting.append(pool.submit(_copy, block, header, source))
            if len(waiting) > _THREADS + 1:
                parts.append(waiting.pop(0).result())
        parts.extend(item.result() for item in waiting)
    return parts


def _scan(data: NDArray[np.uint8], first: int, separator: str, columns: int) -> Iterator[_Block]:
    wanted = _bytes_wanted(separator + '"\r\n')
    position, ordinal, stretch = first, 0, _BYTES_PER_BLOCK
    mark = np.empty(0, np.int32)
    while position < len(data):
        after = min(len(data), position + stretch)
        if len(mark) <= after - position:
            mark = np.empty(after - position + 1, np.int32)
        marks = csv_scanning.find_marks(data, position, after, wanted, mark)
        mark[marks] = after - position
        most = marks // columns + 2
        begin, end = np.empty((columns, most), np.int32), np.empty((columns, most), np.int32)
        quoted, row = np.empty((columns, most), np.uint8), np.empty(most, np.int64)
        fault = np.empty((_FAULTS_PER_BLOCK, 4), np.int64)
        text, is_last = data[position:after], after == len(data)
        rows, faults, passed, ordinal = csv_scanning.split_rows(
            text, mark, marks, is_last, ordinal, begin, end, quoted, row, fault
        )
        if rows or faults:
            fields = begin[:, :rows], end[:, :rows], quoted[:, :rows]
            yield _Block(text[:passed], *fields, row[:rows], fault[:faults])
        elif passed == 0:
            stretch *= 2
            if stretch > _MOST_ROW_BYTES:
                raise UnreadableFile(f"the row after row {ordinal} is longer than 2**30 bytes")
            continue
        position += passed
        stretch = _BYTES_PER_BLOCK


def _copy(block: _Block, header: list[str], source: InputFile) -> RawTable:
    """Copy the fields of a block into text columns; set aside the rows that are not text."""
    refused = []
    for ordinal, begin, end, reason in block.faults.tolist():
        line = block.text[begin : min(end, begin + _MOST_SHOWN_BYTES)].tobytes()
        refused.append(row_refusal(ordinal, "", line.decode(errors="replace"), _REASON[reason]))
    columns = []
    for place in range(len(header)):
        offset = np.empty(len(block.row) + 1, np.int32)
        fields = (block.text, block.begin[place], block.end[place], block.quoted[place])
        csv_scanning.measure_fields(*fields, offset)
        result = np.empty(offset[-1], np.uint8)
        csv_scanning.copy_fields(*fields, offset, result)
        content = [None, pa.py_buffer(offset), pa.py_buffer(result)]
        columns.append(pa.Array.from_buffers(pa.string(), len(block.row), content))
    table = pa.Table.from_arrays(columns, header)
    part = RawTable(source.name, table, block.row.copy(), source, rejection_table(refused))
    low, high = scanning.byte_range(block.text)
    if low == 0 or high >= 0x80:
        part.set_aside(broken_texts(table))
    return part


def neutralised(text: str) -> str:
    """Return text as it stands in a CSV file of ours: never taken for a formula.

    A plain negative number is none and stays what it is. What has an apostrophe before a formula
    already gets one more, so that different texts stay different.

    Example:
        >>> neutralised("=1+1"), neutralised("A1"), neutralised("-5.00"), neutralised("-5+A1")
        ("'=1+1", 'A1', '-5.00', "'-5+A1")
    """
    risky = re.match(_RISKY, text) and not _PLAIN_NEGATIVE.fullmatch(text)
    return "'" + text if risky else text


def write_csv(table: pa.Table, path: Path) -> None:
    """Write a table as CSV: UTF-8, commas, LF, nulls as nothing, text neutralised.

    Names and fields are quoted only in files that need it, and then all text is.

    Args:
        table: What to write; plain columns only.
        path: Where to; overwritten if there.
    """
    import pyarrow.csv as pcsv

    names = [neutralised(name) for name in table.column_names]
    texts = [place for place, kind in enumerate(table.schema.types) if is_text(kind)]
    quoted = (
        table.num_columns == 1
        or any(mark in name for name in names for mark in _SPECIAL)
        or any(_has_any(table.column(place), _SPECIAL) for place in texts)
    )
    types = [pa.large_string() if is_text(kind) else kind for kind in table.schema.types]
    schema = pa.schema(list(zip(names, types, strict=True)))
    style = "needed" if quoted else "none"
    options = pcsv.WriteOptions(quoting_style=style, quoting_header=style)
    with pcsv.CSVWriter(path, schema, write_options=options) as writer:
        for batch in table.to_batches(max_chunksize=_ROWS_PER_WRITE):
            columns = list(batch.columns)
            for place in texts:
                columns[place] = _neutralised(columns[place])
            writer.write_batch(pa.RecordBatch.from_arrays(columns, schema=schema))


def _bytes_wanted(marks: str) -> NDArray[np.uint8]:
    wanted = np.zeros(256, np.uint8)
    wanted[list(marks.encode())] = 1
    return wanted


def _has_any(column: pa.ChunkedArray, marks: str) -> bool:
    wanted = _bytes_wanted(marks)
    for chunk in column.chunks:
        part = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
        offset, data = buffers(part.cast(pa.large_string()))
        if scanning.has_byte(data[offset[0] : offset[-1]], wanted):
            return True
    return False


def _neutralised(column: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    column = column.cast(pa.large_string())
    found = np.zeros(len(column), np.uint8)
    if not scanning.find_first_bytes(*buffers(column), _bytes_wanted("'" + FORMULA_STARTS), found):
        return column
    mark, nothing = (pa.scalar(text, pa.large_string()) for text in ("'", ""))
    marked = pc.binary_join_element_wise(mark, column, nothing)
    risky = pc.fill_null(pc.match_substring_regex(column, _RISKY), False)
    number = pc.fill_null(pc.match_substring_regex(column, NEGATIVE_NUMBER), False)
    return pc.if_else(pc.and_not(risky, number), marked, column)
