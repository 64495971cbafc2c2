# SPDX-License-Identifier: Apache-2.0
"""Parquet files and tables in memory: columns as given, text made sure of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from skontro.core.errors import EmptyTable, InexactColumn, UnknownFormat, UnreadableFile
from skontro.core.intake import InputFile, rejection_table
from skontro.messages.raw import RawTable, check_columns, file_source
from skontro.messages.texts import broken_texts, is_text

_INDEX_PREFIX = "__index_level_"


def read_parquet(name: str, path: Path) -> RawTable:
    """Read a Parquet file, all columns.

    Args:
        name: What the file is, for messages.
        path: Where it is.

    Raises:
        EmptyTable: The file is empty.
        UnreadableFile: It is damaged or not Parquet.
    """
    import pyarrow.parquet as pq

    source = file_source(name, path)
    if source.size == 0:
        raise EmptyTable(f"{name}: {path.name} is empty")
    try:
        with pq.ParquetFile(path) as file:
            check_columns(name, file.schema_arrow.names, ())
            table = file.read().replace_schema_metadata(None)
    except (pa.ArrowException, OSError, ValueError, MemoryError, OverflowError) as error:
        raise UnreadableFile(f"{name}: {path.name} cannot be read as Parquet: {error}") from error
    return _raw(name, table, source)


def read_arrow(name: str, given: Any) -> RawTable:
    """Take a table in memory: anything with the Arrow interface.

    Args:
        name: What the table is, for messages.
        given: A pyarrow, Polars or pandas frame, a DuckDB relation, ...

    Raises:
        UnknownFormat: It has no Arrow interface.
    """
    if isinstance(given, pa.Table):
        table = given
    elif isinstance(given, pa.RecordBatch):
        table = pa.Table.from_batches([given])
    elif hasattr(given, "__arrow_c_stream__"):
        try:
            table = pa.RecordBatchReader.from_stream(given).read_all()
        except (pa.ArrowException, TypeError) as error:
            raise InexactColumn(
                f"{name}: the table cannot be handed over: {str(error).splitlines()[0]}",
                next_step="give each column values of one kind, best of all text",
            ) from None
    else:
        raise UnknownFormat(
            f"{name}: an object of type {type(given).__name__} is neither a path nor a table with "
            "the Arrow interface",
            next_step="give a path, or a pyarrow, Polars, pandas or DuckDB table",
        )
    index = [column for column in table.column_names if column.startswith(_INDEX_PREFIX)]
    table = _without_views(table.drop_columns(index).replace_schema_metadata(None))
    table = _as_parquet_keeps_it(table)
    check_columns(name, table.column_names, ())
    return _raw(name, table, InputFile(name, table=table))


def _without_views(table: pa.Table) -> pa.Table:
    """Turn categories whose texts are views, as Polars hands them over, into plain text."""
    for place, item in enumerate(table.schema):
        if pa.types.is_dictionary(item.type) and pa.types.is_string_view(item.type.value_type):
            chunks = [
                chunk.dictionary.cast(pa.large_string()).take(chunk.indices)
                for chunk in table.column(place).chunks
            ]
            plain = pa.chunked_array(chunks, pa.large_string())
            table = table.set_column(place, item.name, plain)
    return table


def _as_parquet_keeps_it(table: pa.Table) -> pa.Table:
    """Turn whole seconds into milliseconds: Parquet, in which the table is kept, has no others."""
    finer = {
        pa.timestamp("s"): pa.timestamp("ms"),
        pa.time32("s"): pa.time32("ms"),
    }
    for place, item in enumerate(table.schema):
        kind = finer.get(item.type)
        if kind is None and pa.types.is_timestamp(item.type) and item.type.unit == "s":
            kind = pa.timestamp("ms", item.type.tz)
        if kind is not None:
            try:
                column = table.column(place).cast(kind)
            except pa.ArrowInvalid as error:
                raise InexactColumn(f"column {item.name!r} cannot be kept: {error}") from None
            table = table.set_column(place, item.name, column)
    return table


def write_parquet(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet, types kept, text as it is.

    Args:
        table: What to write.
        path: Where to; overwritten if there.
    """
    import pyarrow.parquet as pq

    repeating = [item.name for item in table.schema if pa.types.is_dictionary(item.type)]
    pq.write_table(table, path, use_dictionary=repeating)


def _raw(name: str, table: pa.Table, source: InputFile) -> RawTable:
    row = np.arange(1, table.num_rows + 1, dtype=np.int64)
    raw = RawTable(name, table, row, source, rejection_table([]))
    raw.set_aside(broken_texts(table))
    for place, item in enumerate(table.schema):
        column, kind = item.name, item.type
        if pa.types.is_nested(kind):
            raise InexactColumn(
                f"{name}: column {column!r} holds values of several parts ({kind})",
                next_step="leave the column out or make it text",
            )
        if not _can_be_carried(kind):
            raise InexactColumn(
                f"{name}: column {column!r} is of type {kind}, which no table of a result holds",
                next_step="leave the column out or make it text",
            )
        plain = _plain_type(kind)
        if plain != kind:
            raw.table = raw.table.set_column(place, column, _plain(raw.table.column(place), plain))
    return raw


def _can_be_carried(kind: pa.DataType) -> bool:
    """Tell whether a column of this type can be written to every kind of table and read again."""
    if pa.types.is_dictionary(kind):
        return _can_be_carried(kind.value_type)
    if pa.types.is_decimal(kind):
        return bool(kind.scale >= 0)
    known = (
        is_text, pa.types.is_null, pa.types.is_boolean, pa.types.is_integer, pa.types.is_floating,
        pa.types.is_date, pa.types.is_time, pa.types.is_timestamp, pa.types.is_duration,
    )  # fmt: skip
    return any(is_one(kind) for is_one in known)


def _plain_type(kind: pa.DataType) -> pa.DataType:
    """Return the type of text a column of text is turned into; other types stay."""
    if not is_text(kind):
        return kind
    if pa.types.is_dictionary(kind):
        return pa.dictionary(pa.int32(), _plain_type(kind.value_type))
    return kind if pa.types.is_string(kind) else pa.large_string()


def _plain(column: pa.ChunkedArray, plain: pa.DataType) -> pa.ChunkedArray:
    if not pa.types.is_dictionary(plain):
        return column.cast(plain)
    chunks = [
        pa.DictionaryArray.from_arrays(
            chunk.indices.cast(pa.int32()), chunk.dictionary.cast(plain.value_type)
        )
        for chunk in column.chunks
    ]
    return pa.chunked_array(chunks, plain)
