# SPDX-License-Identifier: Apache-2.0
"""Rows found, written and changed, whatever the table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit


def _where(table: sa.Table, wanted: Mapping[str, Any]) -> list[Any]:
    """Conditions: equal to a value, among a list of values, or empty for None."""
    conditions: list[Any] = []
    for name, value in wanted.items():
        column = table.c[name]
        if value is None:
            conditions.append(column.is_(None))
        elif isinstance(value, list | tuple | set | frozenset):
            conditions.append(column.in_(list(value)))
        else:
            conditions.append(column == value)
    return conditions


def find(unit: Unit, table: sa.Table, /, *, lock: bool = False, **wanted: Any) -> Any:
    """Return the row with these values, or None.

    Args:
        unit: The unit of work.
        table: The table.
        lock: Keep others from changing it until the unit ends.
        wanted: Values by column; a list stands for any of its values.
    """
    statement = sa.select(table).where(*_where(table, wanted))
    if lock and not unit.is_sqlite:
        statement = statement.with_for_update()
    return unit.first(statement)


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
    statement = sa.select(table).where(*_where(table, wanted))
    for name in order:
        column = table.c[name.removeprefix("-")]
        statement = statement.order_by(column.desc() if name.startswith("-") else column)
    return unit.all(statement if limit is None else statement.limit(limit))


def count(unit: Unit, table: sa.Table, /, **wanted: Any) -> int:
    """Return how many rows have these values."""
    return int(
        unit.value(sa.select(sa.func.count()).select_from(table).where(*_where(table, wanted)))
    )


def insert(unit: Unit, table: sa.Table, /, **values: Any) -> None:
    """Write a row."""
    unit.run(sa.insert(table).values(**values))


def change(unit: Unit, table: sa.Table, wanted: Mapping[str, Any], /, **values: Any) -> int:
    """Change the rows with these values; return how many there were."""
    return unit.run(sa.update(table).where(*_where(table, wanted)).values(**values))


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
    return unit.run(sa.delete(table).where(*_where(table, wanted)))
