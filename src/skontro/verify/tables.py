# SPDX-License-Identifier: Apache-2.0
"""Tables of a folder: inputs as they came and outputs as they were written, column by column."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from skontro.verify.lines import Refused, broken_values, is_sound, read_csv
from skontro.verify.sheets import read_sheet
from skontro.verify.text import as_array
from skontro.verify.verdict import ClaimFailed, require

Int64 = NDArray[np.int64]
FEW = ("currency", "due_date")
ENDINGS = {
    ".csv": "csv", ".txt": "csv", ".tsv": "csv", ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip


class BrokenText(Exception):
    """A column read alone holds what is no text; the whole table must be looked at."""


def is_text(kind: pa.DataType) -> bool:
    """Whether a column of this type holds text, or bytes that may be text."""
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


class Table:
    """A table whose columns are read when they are asked for.

    Attributes:
        names: Column names.
        rows: How many rows could be read.
        number: Number of each row, 1 being the first row of data, shape (rows,).
        refused: Row, field, value and code of the rows that could not be read.
    """

    def __init__(
        self,
        names: list[str],
        number: Int64,
        refused: list[Refused],
        load: Callable[[str], pa.ChunkedArray],
    ) -> None:
        require(len(set(names)) == len(names), "a column stands twice")
        self.names = names
        self.rows = len(number)
        self.number = number
        self.refused = refused
        self._load = load
        self._kept: dict[str, pa.ChunkedArray] = {}

    def column(self, name: str) -> pa.ChunkedArray:
        """Read one column."""
        require(name in self.names, f"there is no column {name}")
        if name not in self._kept:
            column = self._load(name)
            require(len(column) == self.rows, f"column {name} is short")
            self._kept[name] = column
        return self._kept[name]

    def check_text(self, name: str) -> None:
        """Look at a column that only is carried, too: text that is none refuses its row.

        Raises:
            BrokenText: There is such text.
        """
        if name not in self._kept:
            self.column(name)
            self.drop(name)

    def drop(self, name: str) -> None:
        """Forget a column that was read."""
        self._kept.pop(name, None)


def open_table(path: Path, sheet: str | None, whole: bool) -> Table:
    """Open an input table.

    Args:
        path: The file, CSV, Parquet or XLSX by its ending.
        sheet: Name of the sheet, for a workbook.
        whole: Whether to look at all columns at once, to set aside rows that are not text.

    Raises:
        BrokenText: From a column, if ``whole`` is not set and a text in it is none.
    """
    ending = ENDINGS.get(path.suffix.lower(), "")
    if ending == "csv":
        table, number, refused = read_csv(path)
    elif ending == "xlsx":
        table, number, refused = read_sheet(path, sheet)
    elif ending == "parquet":
        return _open_parquet(path, whole)
    else:
        raise ClaimFailed(f"{path.name} is neither .csv nor .parquet nor .xlsx")
    return Table(table.column_names, number, refused, table.column)


def _open_parquet(path: Path, whole: bool) -> Table:
    file = pq.ParquetFile(path)
    schema, metadata = file.schema_arrow, file.metadata
    few = [item.name for item in schema if item.name in FEW and is_text(item.type)]
    number = np.arange(1, metadata.num_rows + 1, dtype=np.int64)
    if whole:
        return _without_broken(schema.names, number, file.read())

    def load(name: str) -> pa.ChunkedArray:
        column = read_column(path, metadata, name, coded=name in few)
        if is_text(column.type) and not all(all_text(chunk) for chunk in column.chunks):
            raise BrokenText
        return column

    return Table(list(schema.names), number, [], load)


def read_column(path: Path, metadata: Any, name: str, coded: bool = False) -> pa.ChunkedArray:
    """Read one column of a Parquet file; each read opens the file anew, for threads' sake.

    Args:
        path: The file.
        metadata: Its metadata, read before.
        name: The column.
        coded: Whether to keep the different texts and indices into them.
    """
    options = {"read_dictionary": [name]} if coded else {}
    with pq.ParquetFile(path, metadata=metadata, **options) as file:
        found = file.read(columns=[name])
    require(found.column_names == [name], f"{path.name} has no plain column {name}")
    return found.column(0)


def all_text(chunk: pa.Array) -> bool:
    """Whether every text of an array is UTF-8 without NUL bytes."""
    if pa.types.is_dictionary(chunk.type):
        return all_text(chunk.dictionary)
    if not (pa.types.is_string(chunk.type) or pa.types.is_large_string(chunk.type)):
        try:
            chunk = chunk.cast(pa.large_binary()).cast(pa.large_string())
        except pa.ArrowInvalid:
            return False
    if not is_sound(chunk):
        return False
    data = chunk.buffers()[2]
    if data is None or data.size == 0:
        return True
    # a NUL byte under a null or outside a slice only sends the whole table to be looked at
    return bool(np.count_nonzero(np.frombuffer(data, np.uint8)) == data.size)


def _without_broken(names: list[str], number: Int64, table: pa.Table) -> Table:
    keep = np.ones(len(number), np.bool_)
    refused: list[Refused] = []
    for name in names:
        column = table.column(name)
        if not is_text(column.type):
            continue
        if pa.types.is_dictionary(column.type):
            column = pc.cast(column, column.type.value_type)
        for k, (code, value) in broken_values(column).items():
            if keep[k]:
                keep[k] = False
                refused.append((int(number[k]), name, value, code))
    kept = table.filter(pa.array(keep))
    return Table(list(names), number[keep], refused, kept.column)


def bits(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Binary fractions as the whole numbers that have the same bits, so that equal is the same."""
    whole = {16: pa.int16(), 32: pa.int32(), 64: pa.int64()}[column.type.bit_width]
    return pa.chunked_array([chunk.view(whole) for chunk in column.chunks], whole)


def text_of(column: pa.ChunkedArray) -> pa.Array:
    """A column as text: text as it is, whole numbers and dates as they are written."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    if pa.types.is_null(column.type):
        return pa.array([""] * len(column), pa.large_string())
    if is_text(column.type):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            return as_array(column)
        return as_array(column.cast(pa.large_binary()).cast(pa.large_string()))
    require(not pa.types.is_floating(column.type), "a column of binary fractions is not exact")
    return as_array(column.cast(pa.string()))


def coded_text(column: pa.ChunkedArray) -> tuple[NDArray[Any], list[str]]:
    """Index of each text among the different ones of a column, and these."""
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(text_of(column))
        column = pa.chunked_array([column])
    column = column.unify_dictionaries()
    if column.num_chunks == 0:
        return np.zeros(0, np.int32), []
    values = [text or "" for text in text_of(pa.chunked_array([column.chunk(0).dictionary]))
              .to_pylist()]
    parts = []
    for chunk in column.chunks:
        index = chunk.indices
        if index.null_count:
            index = pc.fill_null(index.cast(pa.int64()), len(values))
        parts.append(index.to_numpy(zero_copy_only=False).astype(np.int32, copy=False))
    return np.concatenate(parts), [*values, ""]


def small_table(path: Path, sheet: str | None, names: tuple[str, ...], needed: int) -> list[
    dict[str, str]
]:
    """Rows of a small input, all of which must be right.

    Args:
        path: The file.
        sheet: Its sheet, for a workbook.
        names: Columns wanted.
        needed: How many of these, from the first, must be there.
    """
    table = open_table(path, sheet, whole=True)
    require(not table.refused, f"{path.name} has a row that cannot be read")
    missing = [name for name in names[:needed] if name not in table.names]
    require(not missing, f"{path.name} has no column {', '.join(missing)}")
    columns = {
        name: text_of(table.column(name)).to_pylist() if name in table.names else [""] * table.rows
        for name in names
    }
    return [{name: columns[name][k] for name in names} for k in range(table.rows)]
