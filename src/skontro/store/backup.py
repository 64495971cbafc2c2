# SPDX-License-Identifier: Apache-2.0
"""Every table of a house written to files and read back, the same on both kinds of database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from skontro.core.errors import UnreadableFile
from skontro.store.database import STREAMED, Unit, insert_many
from skontro.store.schema import metadata

_CHUNK = 100_000


def table_names() -> list[str]:
    """Return the tables in an order in which each refers to earlier ones alone."""
    return [table.name for table in _tables()]


def _tables() -> list[sa.Table]:
    """The journal last: with its first entry a house is open, and guarded."""
    journal = ("journal_entry", "posting", "balance_seal")
    tables = metadata.sorted_tables
    return [
        *(table for table in tables if table.name not in journal),
        *(metadata.tables[name] for name in journal),
    ]


def _arrow_type(column: sa.Column[Any]) -> pa.DataType:
    if isinstance(column.type, sa.LargeBinary):
        return pa.binary()
    if isinstance(column.type, sa.Integer):
        return pa.int64()
    return pa.string()


def write_tables(unit: Unit, folder: Path) -> dict[str, int]:
    """Write every table of one consistent state, a Parquet file each.

    Args:
        unit: A reading: all tables are of the same instant.
        folder: Where to.

    Returns:
        Rows by table.
    """
    counts = {}
    for table in metadata.sorted_tables:
        schema = pa.schema([(column.name, _arrow_type(column)) for column in table.columns])
        counts[table.name] = 0
        with pq.ParquetWriter(folder / f"{table.name}.parquet", schema) as writer:
            for rows in _parts(unit, table):
                columns = zip(*rows, strict=True)
                arrays = [
                    pa.array(values, kind.type)
                    for values, kind in zip(columns, schema, strict=True)
                ]
                writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
                counts[table.name] += len(rows)
    return counts


def _parts(unit: Unit, table: sa.Table) -> Iterator[list[Any]]:
    statement = sa.select(table).order_by(*table.primary_key.columns)
    found = unit.connection.execute(statement, execution_options=STREAMED)
    for rows in found.partitions(_CHUNK):
        yield [tuple(row) for row in rows]


def read_tables(unit: Unit, folder: Path) -> dict[str, int]:
    """Read every table into a house whose tables are empty.

    Returns:
        Rows by table.

    Raises:
        UnreadableFile: A file is missing, or has other columns than the table.
    """
    counts = {}
    for table in _tables():
        path = folder / f"{table.name}.parquet"
        names = [column.name for column in table.columns]
        try:
            file = pq.ParquetFile(path)
        except (OSError, pa.ArrowInvalid) as error:
            raise UnreadableFile(f"{path.name}: {error}") from error
        if file.schema_arrow.names != names:
            raise UnreadableFile(
                f"{path.name}: written by another release",
                next_step="restore it with that release, then upgrade",
            )
        counts[table.name] = 0
        for part in file.iter_batches(_CHUNK):
            if part.num_rows:
                columns = {name: part.column(name).to_pylist() for name in names}
                counts[table.name] += insert_many(unit, table, columns)
        _set_sequence(unit, table)
    return counts


def _set_sequence(unit: Unit, table: sa.Table) -> None:
    """Let new numbers go on after those that are there."""
    keys = list(table.primary_key.columns)
    if unit.is_sqlite or len(keys) != 1 or not isinstance(keys[0].type, sa.Integer):
        return
    name = unit.value(sa.select(sa.func.pg_get_serial_sequence(table.name, keys[0].name)))
    last = unit.value(sa.select(sa.func.max(keys[0])))
    if name is not None and last is not None:
        drawn = sa.text("SELECT max(nextval(:name)) FROM generate_series(1, :last)")
        unit.value(drawn, {"name": name, "last": last})
