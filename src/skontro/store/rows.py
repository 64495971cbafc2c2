# SPDX-License-Identifier: Apache-2.0
"""Rows found, written and changed, whatever the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from skontro.core.errors import Forbidden, invariant
from skontro.store.database import Unit

Shape = tuple[tuple[str, str], ...]
"""Columns that are looked at, each with how: equal to a value, among some, or empty."""


def _shape(wanted: Mapping[str, Any]) -> tuple[Shape, dict[str, Any]]:
    """Return what is asked for without the values, and the values."""
    shape, values = [], {}
    for name, value in wanted.items():
        if value is None:
            shape.append((name, "empty"))
        elif isinstance(value, list | tuple | set | frozenset):
            shape.append((name, "among"))
            values[f"wanted_{name}"] = list(value)
        else:
            shape.append((name, "equal"))
            values[f"wanted_{name}"] = value
    return tuple(shape), values


def _where(table: sa.Table, shape: Shape) -> list[Any]:
    """Conditions of a shape; the values come when the statement is run."""
    conditions: list[Any] = []
    for name, how in shape:
        column = table.c[name]
        value = sa.bindparam(f"wanted_{name}", type_=column.type, expanding=how == "among")
        if how == "empty":
            conditions.append(column.is_(None))
        else:
            conditions.append(column.in_(value) if how == "among" else column == value)
    return conditions


@lru_cache(maxsize=1024)
def _select(
    table: sa.Table, shape: Shape, lock: bool, order: tuple[str, ...], limit: int | None
) -> Any:
    """The statement that finds rows: made once for all values."""
    statement = sa.select(table).where(*_where(table, shape))
    for name in order:
        column = table.c[name.removeprefix("-")]
        statement = statement.order_by(column.desc() if name.startswith("-") else column)
    if limit is not None:
        statement = statement.limit(limit)
    return statement.with_for_update() if lock else statement


def find(unit: Unit, table: sa.Table, /, *, lock: bool = False, **wanted: Any) -> Any:
    """Return the row with these values, or None.

    Args:
        unit: The unit of work.
        table: The table.
        lock: Keep others from changing it until the unit ends.
        wanted: Values by column; a list stands for any of its values.
    """
    shape, values = _shape(wanted)
    return unit.first(_select(table, shape, lock and not unit.is_sqlite, (), None), values)


def find_all(
    unit: Unit,
    table: sa.Table,
    /,
    *,
    order: Sequence[str] = (),
    limit: int | None = None,
    **wanted: Any,
) -> Sequence[Any]:
    """Return every row with these values.

    Args:
        unit: The unit of work.
        table: The table.
        order: Columns to order by; a name that begins with ``-`` goes down.
        limit: How many at most.
        wanted: Values by column; a list stands for any of its values.
    """
    shape, values = _shape(wanted)
    return unit.all(_select(table, shape, False, tuple(order), limit), values)


def count(unit: Unit, table: sa.Table, /, **wanted: Any) -> int:
    """Return how many rows have these values."""
    shape, values = _shape(wanted)
    statement = sa.select(sa.func.count()).select_from(table).where(*_where(table, shape))
    return int(unit.value(statement, values))


def insert(unit: Unit, table: sa.Table, /, **values: Any) -> None:
    """Write a row."""
    unit.run(sa.insert(table), values)


def insert_rows(unit: Unit, *rows: tuple[sa.Table, Mapping[str, Any]]) -> None:
    """Write rows of several tables in one go.

    What a guard reads of other tables is what was there before, on PostgreSQL; but for guards of
    all new rows of a statement, which see the others.

    Args:
        unit: The unit of work.
        rows: Table and values of each; plain values only.
    """
    driver: Any = unit.connection.connection.driver_connection
    shape = tuple((table, tuple(values)) for table, values in rows)
    if unit.is_sqlite:
        for one, (_, values) in zip(shape, rows, strict=True):
            driver.execute(_insert_text((one,), "?"), tuple(values.values())).close()
        return
    given = [value for _, values in rows for value in values.values()]
    driver.execute(_insert_text(shape, "%s"), given).close()


@lru_cache(maxsize=256)
def _insert_text(shape: tuple[tuple[sa.Table, tuple[str, ...]], ...], mark: str) -> str:
    """One statement that writes a row of each table."""
    parts = []
    for table, names in shape:
        columns, marks = ", ".join(f'"{name}"' for name in names), ", ".join([mark] * len(names))
        parts.append(f"INSERT INTO {table.name} ({columns}) VALUES ({marks})")
    *others, last = parts
    written = ", ".join(f"row_{place} AS ({part})" for place, part in enumerate(others))
    return f"WITH {written} {last}" if others else last


def change(
    unit: Unit, table: sa.Table, wanted: Mapping[str, Any], /, *, or_none: bool = False,
    **values: Any,
) -> int:  # fmt: skip
    """Change the rows with these values; return how many there were.

    Row security keeps rows from being changed without a word: that none was is a fault, so that
    nothing is said to be done that is not.

    Args:
        unit: The unit of work.
        table: The table.
        wanted: Values by column that the rows have now.
        or_none: Whether it is as well if there is none.
        values: Values they get.

    Raises:
        Forbidden: There was none, and the database keeps them from whoever asks, on PostgreSQL.
        InvariantViolation: There was none, on SQLite, which keeps nothing from anybody.
    """
    shape, given = _shape(wanted)
    done = unit.run(sa.update(table).where(*_where(table, shape)).values(**values), given)
    if not done and not or_none:
        invariant(not unit.is_sqlite, f"{table.name}: there was nothing to change")
        raise Forbidden(
            f"{table.name}: the database keeps it from whoever asks, or it is not there",
            code="BeyondRights", next_step="ask somebody who may",
        )  # fmt: skip
    return done


def next_numbers(unit: Unit, table: sa.Table, many: int = 1) -> list[int]:
    """Return new numbers for rows of a table, in order.

    PostgreSQL hands them out of the table's own sequence, so that two units of work that are not
    exclusive never take the same; SQLite has one writer.
    """
    (column,) = table.primary_key.columns
    if not unit.is_sqlite and column.autoincrement is not False:
        name = f"{table.name}_{column.name}_seq"
        drawn = unit.all(
            sa.text("SELECT nextval(:name) FROM generate_series(1, :many)"),
            {"name": name, "many": many},
        )
        return [int(row[0]) for row in drawn]
    last = unit.value(sa.select(sa.func.max(column))) or 0
    return list(range(last + 1, last + 1 + many))


def remove(unit: Unit, table: sa.Table, /, **wanted: Any) -> int:
    """Delete the rows with these values; return how many there were. Few tables allow it."""
    shape, values = _shape(wanted)
    return unit.run(sa.delete(table).where(*_where(table, shape)), values)
