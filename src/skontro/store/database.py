# SPDX-License-Identifier: Apache-2.0
"""Connections and units of work, on SQLite or PostgreSQL.

A unit of work is everything that becomes true together. An exclusive one holds the house's own
row, so that of two sensitive steps at the same instant one waits and then sees what the other
did. What is acknowledged is on the disk: SQLite runs with WAL and synchronous FULL.
"""

from __future__ import annotations

import os
import sqlite3
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from skontro.core.errors import Unavailable
from skontro.store.schema import house

FAILPOINT = "SKONTRO_FAILPOINT"
"""Environment variable of the fault tests: ``NAME.POINT`` or ``*.N``, where the process dies."""

STREAMED = {"stream_results": True}
"""Options of a statement whose rows are not to be held all at once."""

_passed = 0


def failpoint(name: str) -> None:
    """Die here if a fault test asked for it: by name, or at the n-th point passed."""
    wanted = os.environ.get(FAILPOINT)
    if wanted is None:
        return
    global _passed
    _passed += 1
    if wanted in (name, f"*.{_passed}"):
        os._exit(137)


@dataclass(frozen=True)
class Unit:
    """A unit of work under way.

    Attributes:
        name: What it does, for fault tests and messages.
        connection: What runs its statements.
        after: Called once all of it is true; never if it is not.
    """

    name: str
    connection: sa.Connection
    after: list[Callable[[], None]] = field(default_factory=list, compare=False)

    def all(self, statement: Any, values: Any = None) -> Sequence[Any]:
        """Return every row of a statement."""
        return self.connection.execute(statement, values).all()

    def first(self, statement: Any, values: Any = None) -> Any:
        """Return the first row of a statement, or None."""
        return self.connection.execute(statement, values).first()

    def value(self, statement: Any, values: Any = None) -> Any:
        """Return the first column of the first row, or None."""
        row = self.connection.execute(statement, values).first()
        return None if row is None else row[0]

    def columns(self, statement: Any) -> dict[str, list[Any]]:
        """Return every row of a statement, column by column; made for millions of rows."""
        result = self.connection.execute(statement, execution_options=STREAMED)
        found: dict[str, list[Any]] = {name: [] for name in result.keys()}  # noqa: SIM118
        for part in result.partitions(50_000):
            for values, kept in zip(zip(*part, strict=True), found.values(), strict=True):
                kept.extend(values)
        return found

    def run(self, statement: Any, values: Any = None) -> int:
        """Run a statement; return how many rows it touched."""
        return int(self.connection.execute(statement, values).rowcount)

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.connection.dialect.name == "sqlite"


class Database:
    """A house's database.

    Args:
        url: ``sqlite:///path`` or ``postgresql://...``.
    """

    def __init__(self, url: str) -> None:
        if url.startswith("postgresql://"):
            url = "postgresql+psycopg" + url.removeprefix("postgresql")
        self.url = sa.make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = sa.create_engine(
                self.url, poolclass=NullPool, connect_args={"timeout": 60}
            )
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = sa.create_engine(self.url, pool_pre_ping=True, pool_size=4)
        weakref.finalize(self, self.engine.dispose)

    def close(self) -> None:
        """Let go of every connection; left to itself, a database that is forgotten does so too."""
        self.engine.dispose()

    @contextmanager
    def unit(self, name: str, *, exclusive: bool = False) -> Iterator[Unit]:
        """Run a unit of work: all of it becomes true, or nothing does.

        Args:
            name: What it does; its commit points are named after it.
            exclusive: Let no other exclusive unit run at the same time.

        Raises:
            Unavailable: The database cannot be reached, or is too busy; try again.
        """
        failpoint(f"{name}.begin")
        with _translated(), self.engine.connect() as connection:
            connection = connection.execution_options(skontro_writes=True)
            with connection.begin():
                unit = Unit(name, connection)
                if exclusive and not self.is_sqlite:
                    unit.all(sa.select(house.c.id).with_for_update())
                yield unit
                failpoint(f"{name}.commit")
        for call in unit.after:
            call()
        failpoint(f"{name}.committed")

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """Read one consistent state of the house."""
        with _translated(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            with connection.begin():
                yield Unit("read", connection)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what a busy or lost database says into what callers know."""
    try:
        yield
    except (sa.exc.OperationalError, sa.exc.InterfaceError) as error:
        raise Unavailable(
            f"the database does not answer: {str(error.orig).strip()}",
            code="StoreUnavailable",
            next_step="see that it runs and try again: nothing was half done",
        ) from error


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for setting in (
        "journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "busy_timeout = 60000",
        "temp_store = MEMORY", "cache_size = -262144",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {setting}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("skontro_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def insert_many(unit: Unit, table: sa.Table, columns: Mapping[str, Any]) -> int:
    """Insert many rows fast: executemany on SQLite, COPY on PostgreSQL.

    Args:
        unit: The unit of work.
        table: The table.
        columns: Values by column, lists or arrays of one length; a value that is neither stands
            in every row.

    Returns:
        How many rows there were.
    """
    many = {name: value for name, value in columns.items() if _is_many(value)}
    count = len(next(iter(many.values())))
    lists = [
        (value.tolist() if isinstance(value, np.ndarray) else value)
        if name in many
        else [value] * count
        for name, value in columns.items()
    ]
    driver: Any = unit.connection.connection.driver_connection
    names = ", ".join(f'"{name}"' for name in columns)
    if unit.is_sqlite:
        marks = ", ".join("?" * len(lists))
        driver.executemany(
            f"INSERT INTO {table.name} ({names}) VALUES ({marks})", zip(*lists, strict=True)
        )
        return count
    with driver.cursor() as cursor, cursor.copy(
        f"COPY {table.name} ({names}) FROM STDIN"
    ) as copy:
        for row in zip(*lists, strict=True):
            copy.write_row(row)
    return count


def _is_many(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray)
