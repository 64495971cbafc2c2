# SPDX-License-Identifier: Apache-2.0
"""Rows by the million: written from columns, set beside the tables for a while, numbered.

PostgreSQL takes columns as one stream of text made by Arrow, SQLite as rows of plain values.
"""

from __future__ import annotations

import gc
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa
from numpy.typing import NDArray
from sqlalchemy.dialects.postgresql import ARRAY

from skontro.store.database import FEW, STREAMED, Unit, beside, insert_few

_PART = 1 << 22
_ROWS = 1 << 16
_STREAM = 1 << 13
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def insert_columns(unit: Unit, table: sa.Table | str, columns: Mapping[str, Any]) -> int:
    """Insert many rows fast.

    Args:
        unit: The unit of work.
        table: The table, or its name.
        columns: Values by column: Arrow or NumPy arrays or lists, all of one length; digests as
            bytes of one length, or an array of bytes a row, shape (m, 32); a value that is none
            of these stands in every row.

    Returns:
        How many rows there were.
    """
    name = table if isinstance(table, str) else str(table.name)
    count = next(len(value) for value in columns.values() if _is_column(value))
    if count == 0:
        return 0
    if unit.is_sqlite:
        return _insert_rows(unit, name, columns, count)
    if count <= FEW:
        lists = [_plain_values(value, slice(0, count)) for value in columns.values()]
        insert_few(unit, name, list(columns), list(zip(*lists, strict=True)))
        return count
    return _copy_text(unit, name, columns, count)


def _is_column(value: object) -> bool:
    return isinstance(value, pa.Array | pa.ChunkedArray | np.ndarray | list | tuple)


def _insert_rows(unit: Unit, name: str, columns: Mapping[str, Any], count: int) -> int:
    marks, names = ", ".join("?" * len(columns)), ", ".join(f'"{column}"' for column in columns)
    driver: Any = unit.connection.connection.driver_connection
    for start in range(0, count, _ROWS):
        part = slice(start, min(start + _ROWS, count))
        lists = [_plain_values(value, part) for value in columns.values()]
        driver.executemany(
            f"INSERT INTO {name} ({names}) VALUES ({marks})", zip(*lists, strict=True)
        ).close()
    return count


def _plain_values(value: Any, part: slice) -> list[Any]:
    if not _is_column(value):
        return [value] * (part.stop - part.start)
    value = value[part]
    if isinstance(value, np.ndarray) and value.ndim == 2:
        joined, width = value.tobytes(), value.shape[1]
        return [joined[place : place + width] for place in range(0, len(joined), width)]
    if isinstance(value, np.ndarray):
        return list(value.tolist())
    return list(value.to_pylist() if isinstance(value, pa.Array | pa.ChunkedArray) else value)


def _copy_text(unit: Unit, name: str, columns: Mapping[str, Any], count: int) -> int:
    """Stream rows as CSV: a text stands in quotation marks, nothing at all is null."""
    import pyarrow.csv as csv

    table = pa.table({column: _arrow(value, count) for column, value in columns.items()})
    driver: Any = unit.connection.connection.driver_connection
    options = csv.WriteOptions(include_header=False, quoting_style="needed")
    step = max(1, _PART // max(1, table.nbytes // count))
    with (
        beside(unit, name, list(columns)) as place, driver.cursor() as cursor,
        cursor.copy(f"COPY {place} FROM STDIN (FORMAT csv)") as copy,
    ):  # fmt: skip
        for start in range(0, count, step):
            sink = pa.BufferOutputStream()
            csv.write_csv(table.slice(start, step), sink, options)
            copy.write(memoryview(sink.getvalue()))
    return count


def _arrow(value: Any, count: int) -> pa.Array | pa.ChunkedArray:
    if isinstance(value, list) and value and isinstance(value[0], bytes):
        value = np.frombuffer(b"".join(value), np.uint8).reshape(len(value), -1)
    if isinstance(value, np.ndarray) and value.ndim == 2:
        return _as_hexadecimal(value)
    if isinstance(value, pa.DictionaryArray):
        return value.dictionary_decode()
    if _is_column(value):
        return value if isinstance(value, pa.Array | pa.ChunkedArray) else pa.array(value)
    if value is None:
        return pa.nulls(count, pa.string())
    return pa.repeat(pa.scalar(value), count)


def _as_hexadecimal(digests: NDArray[np.uint8]) -> pa.Array:
    """Return bytes as PostgreSQL reads them: ``\\\\x`` and hexadecimal digits."""
    count, width = digests.shape[0], 2 + 2 * digests.shape[1]
    text = np.empty((count, width), np.uint8)
    text[:, 0], text[:, 1] = ord("\\"), ord("x")
    text[:, 2::2], text[:, 3::2] = _HEX[digests >> 4], _HEX[digests & 15]
    offset = np.arange(count + 1, dtype=np.int64) * width
    return pa.Array.from_buffers(
        pa.large_string(), count, [None, pa.py_buffer(offset), pa.py_buffer(text)]
    )


_TYPES: dict[str, Any] = {"bigint": sa.BigInteger(), "text": sa.Text()}


@contextmanager
def staged(unit: Unit, kinds: Mapping[str, str], columns: Mapping[str, Any]) -> Iterator[Any]:
    """Set columns beside the tables while they are needed, so that SQL can join them.

    SQLite keeps them in a temporary table in memory; PostgreSQL takes them as arrays with the
    statement, so that the house's role needs no right to make tables.

    Args:
        unit: The unit of work.
        kinds: Type of each column: ``bigint`` or ``text``.
        columns: Values by column, Arrow or NumPy arrays or lists, none of them missing.

    Returns:
        What statements select from, its columns under their names.
    """
    if not unit.is_sqlite:
        arrays: list[Any] = [
            sa.cast(sa.literal(_array_text(columns[name], kind)), ARRAY(_TYPES[kind]))
            for name, kind in kinds.items()
        ]
        yield sa.func.unnest(*arrays).table_valued(
            *(sa.column(name, _TYPES[kind]) for name, kind in kinds.items()), name="given"
        ).render_derived()
        return
    name = f"staged_{secrets.token_hex(6)}"
    described = ", ".join(f'"{column}" {kind}' for column, kind in kinds.items())
    unit.run(sa.text(f"CREATE TEMPORARY TABLE {name} ({described})"))
    insert_columns(unit, name, columns)
    yield sa.table(name, *(sa.column(column) for column in kinds))
    unit.run(sa.text(f"DROP TABLE {name}"))


def _array_text(values: Any, kind: str) -> str:
    """Return a column as PostgreSQL reads an array: ``{1,2}``, or ``{"a","b"}``."""
    column = values if isinstance(values, pa.Array | pa.ChunkedArray) else pa.array(values)
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    texts = column.cast(pa.large_string())
    if kind == "text":
        texts = pc.replace_substring(texts, "\\", "\\\\")
        texts = pc.replace_substring(texts, '"', '\\"')
        quote = pa.scalar('"', pa.large_string())
        texts = pc.binary_join_element_wise(quote, texts, quote, pa.scalar("", pa.large_string()))
    offset = pa.array([0, len(texts)], pa.int64())
    whole = pa.LargeListArray.from_arrays(offset, texts)
    joined = pc.binary_join(whole, pa.scalar(",", pa.large_string()))
    return "{" + str(joined[0].as_py()) + "}"


def fetch_rows(unit: Unit, statement: Any, values: Any = None) -> list[tuple[Any, ...]]:
    """Return the rows of a statement as plain tuples: faster than named rows by the million."""
    result: Any = unit.connection.execute(statement, values)
    with uncollected():
        rows = list(result.cursor.fetchall())
    result.close()
    return rows


def stream_rows(unit: Unit, statement: Any) -> Iterator[Sequence[Any]]:
    """Yield the rows of a statement in portions, as tuples, without holding them all."""
    if unit.is_sqlite:
        result: Any = unit.connection.execute(statement)
        while rows := result.cursor.fetchmany(_STREAM):
            yield rows
        result.close()
        return
    named = unit.connection.execute(statement, execution_options=STREAMED)
    yield from named.partitions(_STREAM)


def new_numbers(unit: Unit, table: sa.Table, many: int) -> NDArray[np.int64]:
    """Return so many new numbers for rows of a table, in order.

    PostgreSQL hands them out of the table's own sequence, so that two units of work never take
    the same; SQLite has one writer.
    """
    (column,) = table.primary_key.columns
    if many == 0:
        return np.zeros(0, np.int64)
    if unit.is_sqlite or column.autoincrement is False:
        last = unit.value(sa.select(sa.func.max(column))) or 0
        return np.arange(last + 1, last + 1 + many, dtype=np.int64)
    driver: Any = unit.connection.connection.driver_connection
    sequence = f"{table.name}_{column.name}_seq"
    if many > FEW:
        first, last = driver.execute(
            f"SELECT min(number), max(number) FROM (SELECT nextval('{sequence}') AS number "
            f"FROM generate_series(1, {int(many)})) AS drawn"
        ).fetchone()
        if last - first == many - 1:
            return np.arange(first, last + 1, dtype=np.int64)
        # Somebody else drew in between: those are left out, and drawn one by one.
    with driver.cursor() as cursor:
        cursor.execute(
            f"SELECT nextval('{sequence}') FROM generate_series(1, {int(many)})", binary=True
        )
        drawn = cursor.fetchall()
    return np.fromiter((number for (number,) in drawn), np.int64, many)


@contextmanager
def uncollected() -> Iterator[None]:
    """Let the collector of cycles rest while rows go by.

    None of them holds another, yet each ten thousand make it look at everything there is.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def fetch_columns(unit: Unit, statement: Any, kinds: Mapping[str, str]) -> dict[str, Any]:
    """Return the rows of a statement column by column; made for millions of rows.

    Args:
        unit: The unit of work.
        statement: What to read.
        kinds: Kind of each column by the name it gets, in the order of the statement's:
            ``number`` becomes a NumPy array of whole numbers, ``day`` an Arrow array of them, null
            where there is none, ``text`` an Arrow array, ``digest`` 32 bytes a row, shape (m, 32).

    Returns:
        The columns by name, all of one length.
    """
    parts: list[list[Any]] = [[] for _ in kinds]
    result: Any = unit.connection.execute(statement)
    with uncollected():
        while rows := result.cursor.fetchmany(_ROWS):
            for kept, kind, values in zip(
                parts, kinds.values(), zip(*rows, strict=True), strict=True
            ):
                kept.append(_PACKED[kind](values))
    result.close()
    return {
        name: _JOINED[kind](kept) for (name, kind), kept in zip(kinds.items(), parts, strict=True)
    }


def _as_numbers(values: Sequence[int]) -> NDArray[np.int64]:
    return np.array(values, np.int64)


_PACKED: dict[str, Callable[[Sequence[Any]], Any]] = {
    "number": _as_numbers,
    "day": lambda values: pa.array(values, pa.int32()),
    "text": lambda values: pa.array(values, pa.large_string()),
    "digest": b"".join,
}
_JOINED: dict[str, Callable[[list[Any]], Any]] = {
    "number": lambda parts: np.concatenate([np.zeros(0, np.int64), *parts]),
    "day": lambda parts: pa.chunked_array(parts, pa.int32()).combine_chunks(),
    "text": lambda parts: pa.chunked_array(parts, pa.large_string()).combine_chunks(),
    "digest": lambda parts: np.frombuffer(b"".join(parts), np.uint8).reshape(-1, 32),
}
