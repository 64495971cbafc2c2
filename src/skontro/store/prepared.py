# SPDX-License-Identifier: Apache-2.0
"""Statements that are asked all the time, put into the driver's words once.

SQLAlchemy looks at a statement anew whenever it is run: what it is, how it was compiled, what its
rows are called. That is a tenth of a millisecond each time, as much as the database takes to
answer. A registration asks seven times.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.schema import house


class Prepared:
    """A statement with named values, asked without SQLAlchemy once it was compiled.

    Args:
        statement: A query whose columns have names, and whose values are of plain types: whole
            numbers, texts, bytes. A value that stands for several is :func:`some_of`.

    Example:
        >>> house = sa.table("house", sa.column("id"), sa.column("kind"))
        >>> houses = Prepared(sa.select(house.c.id).where(house.c.kind == sa.bindparam("kind")))
        >>> with sa.create_engine("sqlite://").connect() as connection:
        ...     unit = Unit("example", connection)
        ...     _ = unit.run(sa.text("CREATE TABLE house (id TEXT, kind TEXT)"))
        ...     _ = unit.run(sa.text("INSERT INTO house VALUES ('H', 'demo')"))
        ...     houses.rows(unit, kind="demo"), houses.first(unit, kind="live")
        ([Row(id='H')], None)
    """

    def __init__(self, statement: sa.Select[Any]) -> None:
        self._statement = statement
        names = [column.name for column in statement.selected_columns]
        row: Any = namedtuple("Row", names)  # type: ignore[misc]
        self._row: Callable[[Sequence[Any]], Any] = row._make
        self._made: dict[str, tuple[str, Callable[[dict[str, Any]], Any]]] = {}

    def rows(self, unit: Unit, **values: Any) -> list[Any]:
        """Return the rows, each with its columns under their names."""
        cursor = unit.ahead.pop((self, *values.values()), None) if unit.ahead else None
        return list(map(self._row, (cursor or self._ask(unit, values)).fetchall()))

    def ask_ahead(self, unit: Unit, **values: Any) -> None:
        """Ask within :meth:`~.database.Unit.in_one_go` for rows that the unit needs soon.

        Whoever asks for the same rows next in this unit, with the values in the same order, gets
        what was there now, once; so nothing of it may be written in between. On SQLite, where
        asking costs no way there and back, nothing is done.
        """
        if not unit.is_sqlite:
            unit.ahead[(self, *values.values())] = self._ask(unit, values)

    def _ask(self, unit: Unit, values: dict[str, Any]) -> Any:
        found = self._made.get(unit.connection.dialect.name) or self._compile(unit)
        text, bind = found
        driver: Any = unit.connection.connection.driver_connection
        return driver.execute(text, bind(values))

    def first(self, unit: Unit, **values: Any) -> Any:
        """Return the first row, or None."""
        rows = self.rows(unit, **values)
        return rows[0] if rows else None

    def _compile(self, unit: Unit) -> tuple[str, Callable[[dict[str, Any]], Any]]:
        """Put it into the driver's words: its text, and how it takes the values."""
        compiled = self._statement.compile(dialect=unit.connection.dialect)
        places = getattr(compiled, "positiontup", None)
        fixed = {name: value for name, value in compiled.params.items() if value is not None}

        def named(values: dict[str, Any]) -> Any:
            return fixed | values

        def in_order(values: dict[str, Any]) -> Any:
            given = fixed | values
            return [given[name] for name in places or ()]

        found = (str(compiled), named if places is None else in_order)
        self._made[unit.connection.dialect.name] = found
        return found


def some_of(column: Any, name: str, many: int) -> Any:
    """Return that a column is one of a few values, to be given by :func:`several`.

    Args:
        column: Which column.
        name: Of the values.
        many: How many at most.
    """
    names = (f"some_{name}_{place}" for place in range(many))
    return column.in_([sa.bindparam(each, type_=column.type) for each in names])


def several(name: str, values: Sequence[Any], many: int) -> dict[str, Any]:
    """Return what a few values are called in a statement with :func:`some_of`.

    Args:
        name: As there.
        values: At least one, and not more than there is room for.
        many: As there.

    Example:
        >>> several("id", ["A", "B"], 3)
        {'some_id_0': 'A', 'some_id_1': 'B', 'some_id_2': 'B'}
    """
    last = len(values) - 1
    return {f"some_{name}_{place}": values[min(place, last)] for place in range(many)}


class Sizes:
    """A statement with values of which there are some more or less, prepared for a few numbers.

    Args:
        made: Makes the statement for so many values.

    Example:
        >>> firm = sa.table("firm", sa.column("number", sa.Integer))
        >>> some = Sizes(lambda many: sa.select(firm).where(some_of(firm.c.number, "n", many)))
        >>> some.fits(17), some.size(17), some.fits(1000)
        (True, 128, False)
    """

    MANY = (2, 16, 128)
    """For how many values there is a statement."""

    def __init__(self, made: Callable[[int], sa.Select[Any]]) -> None:
        self._of = {many: Prepared(made(many)) for many in self.MANY}

    def fits(self, count: int) -> bool:
        """Whether there is one for so many."""
        return 0 < count <= self.MANY[-1]

    def size(self, count: int) -> int:
        """Return for how many the one is that takes so many."""
        return next(many for many in self.MANY if count <= many)

    def of(self, count: int) -> Prepared:
        """Return the statement for so many values."""
        return self._of[self.size(count)]


_READ_ONLY = Prepared(sa.select(house.c.read_only))


def ask_read_only(unit: Unit) -> None:
    """Ask ahead for what :func:`is_read_only` says."""
    _READ_ONLY.ask_ahead(unit)


def is_read_only(unit: Unit) -> bool:
    """Return whether the house was restored and nobody has let it resume."""
    return bool(_READ_ONLY.rows(unit)[0].read_only)
