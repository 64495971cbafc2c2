# SPDX-License-Identifier: Apache-2.0
"""Connections and units of work, on SQLite or PostgreSQL.

A unit of work is everything that becomes true together. An exclusive one holds the house's own
row, so that of two sensitive steps at the same instant one waits and then sees what the other
did. What is acknowledged is on the disk: SQLite runs with WAL and synchronous FULL, and neither
it nor PostgreSQL is worked with where a setting would take that back.
"""

from __future__ import annotations

import hashlib
import os
import random
import secrets
import sqlite3
import time
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeVar

import numpy as np
import sqlalchemy as sa

from skontro.core.errors import Conflict, Rejected, Unavailable, invariant
from skontro.house.reach import NOTHING, Reach
from skontro.store.faults import COLLISION, TAKEN, WAIT_S, translated
from skontro.store.schema import house
from skontro.store.walls import WIDENINGS

FAILPOINT = "SKONTRO_FAILPOINT"
"""Environment variable of the fault tests: ``NAME.POINT`` or ``*.N``, where the process dies."""

STREAMED = {"stream_results": True}
"""Options of a statement whose rows are not to be held all at once."""

READING = "read"
"""Name of every unit that only reads."""

FRESH_S = 1
"""How long a connection that was given back is taken to be alive without being asked."""
ATTEMPTS = 8
Result = TypeVar("Result")

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
        otherwise: Called once it failed and none of it is true, to write down that it did.
        failed: Names of parts of a whole that failed, and cannot be taken back alone.
        ahead: What was asked for before it is needed: see :meth:`~.prepared.Prepared.ask_ahead`.
    """

    name: str
    connection: sa.Connection
    after: list[Callable[[], None]] = field(default_factory=list, compare=False)
    otherwise: list[Callable[[], None]] = field(default_factory=list, compare=False)
    failed: list[str] = field(default_factory=list, compare=False)
    ahead: dict[Any, Any] = field(default_factory=dict, compare=False)

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

    def run(self, statement: Any, values: Any = None) -> int:
        """Run a statement; return how many rows it touched."""
        return int(self.connection.execute(statement, values).rowcount)

    def hold(self, *name: object) -> None:
        """Hold a name until this unit ends: others that would hold the same wait.

        For units that are not exclusive and must not find nothing at the same time, such as two
        parties that register the same obligation. SQLite has one writer: nothing to do.
        """
        if not self.is_sqlite:
            text = "\x1f".join(str(part) for part in name)
            key = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big", signed=True)
            self.all(sa.select(sa.func.pg_advisory_xact_lock(key)))

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Do a part that may fail alone: what it wrote is undone then, and the rest stands."""
        with self.connection.begin_nested():
            yield

    def outlive(self, fault: BaseException) -> None:
        """Raise a fault again if it broke this unit, which can then only be taken back.

        For whoever would go on after a fault: where the database went away, or refused a
        statement and with it the unit, nothing that is written from then on would become true.

        Args:
            fault: What went wrong just now.
        """
        if not self.is_sqlite and _is_broken(self.connection):
            raise fault

    @contextmanager
    def in_one_go(self) -> Iterator[None]:
        """Send what is asked within to PostgreSQL one after the other, and wait for it once.

        Each statement sees what those before it did. Answers are read after this; one that is
        read within it is waited for there. A fault of any is raised at the end.
        """
        if self.is_sqlite:
            yield
            return
        driver: Any = self.connection.connection.driver_connection
        with driver.pipeline():
            yield

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite."""
        return self.connection.dialect.name == "sqlite"

    @property
    def is_reading(self) -> bool:
        """Whether it only reads."""
        return self.name == READING


class Beside(NamedTuple):
    """What is written at the end of a unit of another's.

    Attributes:
        name: Of the unit.
        write: Writes it.
    """

    name: str
    write: Callable[[Unit], None]


class Database:
    """A house's database.

    Args:
        url: ``sqlite:///path`` or ``postgresql://...``.

    Attributes:
        standing: How far units reach for which nothing else was said; nothing to begin with.
        sees_rules: Told at the beginning of each unit which version of the rules is in force.

    Raises:
        Rejected: It is neither, or what it takes to reach PostgreSQL is not installed.
    """

    def __init__(self, url: str) -> None:
        self.standing = NOTHING
        self.sees_rules: Callable[[int | None], None] | None = None
        self._reach: ContextVar[Reach | None] = ContextVar("reach", default=None)
        self.url = _read_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # Kept open: to close the last connection folds the log into the file, each time.
            self.engine = sa.create_engine(
                self.url, pool_size=4, connect_args={"timeout": WAIT_S, "check_same_thread": False}
            )
            sa.event.listen(self.engine, "connect", _prepare_sqlite)
            sa.event.listen(self.engine, "begin", _begin_sqlite)
        else:
            self.engine = sa.create_engine(
                self.url, pool_size=4,
                connect_args={"connect_timeout": 10, "application_name": "skontro",
                              "options": f"-c timezone=UTC -c lock_timeout={WAIT_S}s"},
            )  # fmt: skip
            sa.event.listen(self.engine, "connect", _check_postgresql)
            sa.event.listen(self.engine, "checkin", _note_use)
            sa.event.listen(self.engine, "checkout", self._ask_whether_alive)
        self._whole: ContextVar[Unit | None] = ContextVar("whole", default=None)
        self._beside: ContextVar[Beside | None] = ContextVar("beside", default=None)
        weakref.finalize(self, self.engine.dispose)

    def _ask_whether_alive(self, connection: Any, record: Any, _proxy: object) -> None:
        """See that a connection that lay idle is still one; those just used are taken to be."""
        if time.monotonic() - record.info.get(_USED, -FRESH_S) < FRESH_S:
            return
        try:
            self.engine.dialect.do_ping(connection)
        except Exception as error:
            raise sa.exc.InvalidatePoolError("the server went away") from error

    def close(self) -> None:
        """Let go of every connection; left to itself, a database that is forgotten does so too."""
        self.engine.dispose()

    @contextmanager
    def unit(
        self, name: str, *, exclusive: bool = False, of_tables: bool = False
    ) -> Iterator[Unit]:
        """Run a unit of work: all of it becomes true, or nothing does.

        Args:
            name: What it does; its commit points are named after it.
            exclusive: Let no other exclusive unit run at the same time.
            of_tables: It changes the tables themselves: let no other such unit run at the same
                time, and see at its end that what refers to other rows still does.

        Raises:
            Unavailable: The database cannot be reached, is too busy, or another unit got in the
                way (``StoreCollision``): try again. ``OutcomeUnknown``: it went away while it was
                taking this in, so look before trying again.
            Conflict: A rule of the database refuses it.
        """
        failpoint(f"{name}.begin")
        whole = self._whole.get()
        if whole is not None:
            with self._joined(whole, name, exclusive=exclusive) as part:
                yield part
                self._end_beside(part)
            failpoint(f"{name}.commit")
            return
        unit, ending = None, False
        try:
            with translated(lambda: ending), self.engine.connect() as connection:
                connection = connection.execution_options(skontro_writes=True)
                if of_tables and self.is_sqlite:
                    _suspend_foreign_keys(connection)
                with connection.begin():
                    unit = Unit(name, connection)
                    if of_tables:
                        unit.hold("tables")
                    if exclusive and not self.is_sqlite:
                        unit.all(sa.select(house.c.id).with_for_update())
                    self._begin(connection)
                    yield unit
                    self._end_beside(unit)
                    if of_tables and self.is_sqlite:
                        broken = unit.all(sa.text("PRAGMA foreign_key_check"))
                        invariant(not broken, f"{len(broken)} rows refer to what is not there")
                    failpoint(f"{name}.commit")
                    ending = True
        except BaseException:
            for call in unit.otherwise if unit is not None else ():
                call()
            raise
        for call in unit.after:
            call()
        failpoint(f"{name}.committed")

    @property
    def is_whole(self) -> bool:
        """Whether several units are being run as one here, so that what fails undoes all."""
        return self._whole.get() is not None

    @contextmanager
    def whole(self, name: str) -> Iterator[Unit]:
        """Run several units of work as one: what is opened within it joins it.

        Args:
            name: What it does.

        Raises:
            Unavailable, Conflict: As :meth:`unit`.
        """
        with self.unit(name) as unit:
            token = self._whole.set(unit)
            try:
                yield unit
            finally:
                self._whole.reset(token)
            failed = ", ".join(unit.failed)
            invariant(not failed, f"{failed} failed, and what it is part of went on")

    def though_undone(self, write: Callable[[], None]) -> None:
        """Write down that something failed: now, or once all that it is part of is undone.

        Args:
            write: Writes it, in a unit of its own.
        """
        whole = self._whole.get()
        if whole is None:
            write()
        else:
            whole.otherwise.append(write)

    @contextmanager
    def beside(self, name: str, write: Callable[[Unit], None]) -> Iterator[None]:
        """Write something in the same unit of work as a flow that does not know of it.

        Args:
            name: Of the unit.
            write: Called at the end of the first unit of that name opened within this.
        """
        token = self._beside.set(Beside(name, write))
        try:
            yield
        finally:
            self._beside.reset(token)

    def _end_beside(self, unit: Unit) -> None:
        found = self._beside.get()
        if found is not None and found.name == unit.name:
            self._beside.set(None)
            found.write(unit)

    @property
    def is_in_whole(self) -> bool:
        """Whether several units of work are being run as one here."""
        return self._whole.get() is not None

    @contextmanager
    def _joined(self, whole: Unit, name: str, *, exclusive: bool) -> Iterator[Unit]:
        """Join a whole. What fails and is exclusive is taken back alone, and the rest may go on;
        what is not exclusive spares the two statements that takes, and takes all with it."""
        calls = len(whole.after)
        try:
            if not exclusive:
                yield replace(whole, name=name)
                return
            if not self.is_sqlite:
                whole.all(sa.select(house.c.id).with_for_update())
                self._begin(whole.connection)
            with whole.connection.begin_nested():
                yield replace(whole, name=name)
        except BaseException:
            del whole.after[calls:]
            if not exclusive:
                whole.failed.append(name)
            raise

    @contextmanager
    def read(self) -> Iterator[Unit]:
        """Read one consistent state of the house; within a whole, what that sees."""
        whole = self._whole.get()
        if whole is not None:
            yield whole  # under its own name: what it has written may still come to nothing
            return
        with translated(), self.engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                self._begin(connection)
                yield Unit(READING, connection)

    # ---- how far units reach -----------------------------------------------------------------

    @property
    def reach(self) -> Reach:
        """How far a unit that is opened here and now reaches: see store/walls.py."""
        found = self._reach.get()
        return self.standing if found is None else found

    def take_reach(self, reach: Reach) -> None:
        """Let all that is done from here on in this context reach as far as somebody does."""
        if reach != self._reach.get():
            self._reach.set(reach)
            whole = self._whole.get()
            if whole is not None:
                self._tell(whole.connection)

    @contextmanager
    def reaching(self, reach: Reach, unit: Unit | None = None) -> Iterator[None]:
        """Let what is done meanwhile reach so far, and no further.

        Args:
            reach: How far.
            unit: The unit of work that is under way; that of a whole if not given.
        """
        if self.is_sqlite:
            yield
            return
        under_way = unit or self._whole.get()
        token = self._reach.set(reach)
        if under_way is not None:
            self._tell(under_way.connection)
        try:
            yield
        finally:
            self._reach.reset(token)
            if under_way is not None and not _is_broken(under_way.connection):
                self._tell(under_way.connection)

    @contextmanager
    def widened(self, name: str, unit: Unit | None = None) -> Iterator[None]:
        """Reach further for a moment, where that is one of :data:`~.walls.WIDENINGS`.

        Nothing is widened for whoever that widening is not for: the wall stands, and what is
        done meanwhile meets it.

        Args:
            name: Which.
            unit: As :meth:`reaching` has it.
        """
        which, reach = WIDENINGS[name], self.reach
        adds = frozenset(which.adds.split())
        is_given = not which.given or not reach.words.isdisjoint(which.given.split())
        if not is_given or adds <= reach.words:
            yield
            return
        with self.reaching(reach.with_words(*adds), unit):
            yield

    def _begin(self, connection: sa.Connection) -> None:
        """Tell how far the unit reaches, and see by which rules it goes: others change them too.

        An exclusive unit sees it once nobody else is at it.
        """
        if self.sees_rules is None:
            self._tell(connection)
            return
        driver: Any = connection.connection.driver_connection
        if self.is_sqlite:
            cursor = driver.execute(f"SELECT {_RULES}")
        else:
            cursor = driver.execute(f"{_TELL}, {_RULES}", self.reach.settings())
        self.sees_rules(cursor.fetchone()[-1])
        cursor.close()

    def _tell(self, connection: sa.Connection) -> None:
        """Tell the database how far the unit under way reaches, until it ends."""
        if not self.is_sqlite:
            driver: Any = connection.connection.driver_connection
            driver.execute(_TELL, self.reach.settings()).close()

    def repeat(self, work: Callable[[], Result], *, attempts: int = ATTEMPTS) -> Result:
        """Do a unit of work, and do it again where another unit got in its way.

        Args:
            work: Opens its own unit; does the same whenever it is called, but for what it finds
                in the database.
            attempts: How often at most.

        Returns:
            What the work returned.

        Raises:
            Unavailable: It was in the way every time.

        Example:
            >>> Database("sqlite:///house.db").repeat(lambda: "done")
            'done'
        """
        for attempt in range(1, 1 if self._whole.get() else attempts):
            try:
                return work()
            except (Unavailable, Conflict) as error:
                if error.code not in (COLLISION, TAKEN):
                    raise
            time.sleep(random.uniform(0, 0.02 * attempt))  # not money: seconds
        return work()

    def concerns(self) -> list[str]:
        """Return what is not as it should be with this database, one sentence each.

        What makes it unsafe is refused when a connection is made; this is what a house can live
        with, but its operator should know.
        """
        if self.is_sqlite:
            return []
        found = []
        with self.read() as unit:
            if unit.value(sa.text("SHOW data_checksums")) != "on":
                found.append("the server keeps no checksums of its pages: pg_checksums --enable")
            if unit.value(sa.text(_STANDS_ABOVE)):
                found.append(
                    "the house works with a role that owns its tables, or stands above their "
                    "walls, and could take their guards off: give it a role of its own, see "
                    "docs/postgresql.md"
                )
        return found


_TELL = (
    "SELECT set_config('skontro.reach', %s, true), set_config('skontro.firms', %s, true), "
    "set_config('skontro.sides', %s, true), set_config('skontro.caller', %s, true)"
)

_RULES = "(SELECT max(version) FROM house_rules)"


def _is_broken(connection: sa.Connection) -> bool:
    """Whether the unit failed and can only be taken back, with whatever it was told."""
    if connection.invalidated or connection.closed:
        return True
    driver: Any = connection.connection.driver_connection
    if driver.closed or driver.info.pipeline_status.name == "ON":
        return bool(driver.closed)  # in one go with others: its state is known at the end
    return bool(driver.info.transaction_status.name != "INTRANS")


_USED = "skontro_used"


def _note_use(_connection: object, record: Any) -> None:
    record.info[_USED] = time.monotonic()


_STANDS_ABOVE = """
    SELECT rolsuper OR rolbypassrls OR EXISTS (
        SELECT 1 FROM pg_tables
        WHERE schemaname = current_schema() AND pg_has_role(tableowner, 'USAGE')
    ) FROM pg_roles WHERE rolname = current_user
"""


def _read_url(text: str) -> sa.URL:
    """Understand where a database is; the text is not repeated, for it may hold a password."""
    if text.startswith("postgresql://"):
        text = "postgresql+psycopg" + text.removeprefix("postgresql")
    try:
        url = sa.make_url(text)
        if url.drivername in ("sqlite", "postgresql+psycopg"):
            url.get_dialect().import_dbapi()
            return url
    except ImportError:
        raise Rejected(
            "psycopg is not installed: PostgreSQL cannot be reached", code="DriverMissing",
            next_step="install it: pip install 'skontro[postgres]'",
        ) from None  # fmt: skip
    except (sa.exc.ArgumentError, ValueError):
        pass
    raise Rejected("this is not where a database of a house can be", code="InvalidOptions",
                   next_step="write postgresql://role@host/database") from None  # fmt: skip


def _prepare_sqlite(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None
    for setting in (
        f"busy_timeout = {WAIT_S * 1000}", "journal_mode = WAL", "synchronous = FULL",
        "foreign_keys = ON", "temp_store = MEMORY", "cache_size = -262144",
    ):  # fmt: skip
        connection.execute(f"PRAGMA {setting}").close()
    check_durable({
        name: str(connection.execute(f"PRAGMA {name}").fetchone()[0])
        for name in ("journal_mode", "synchronous", "foreign_keys")
    })


def _suspend_foreign_keys(connection: sa.Connection) -> None:
    """Let tables be made anew under others that refer to them; SQLite heeds it outside units.

    The connection is not used again.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys = OFF").close()
    connection.detach()


def _check_postgresql(connection: Any, _record: object) -> None:
    wanted = [name for name in DURABLE if name not in _OF_SQLITE]
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", (wanted,))
        found = dict(cursor.fetchall())
    connection.rollback()
    check_durable(found)


_OF_SQLITE = ("journal_mode", "synchronous", "foreign_keys")
DURABLE = {
    "journal_mode": ("wal",),
    "synchronous": ("2", "3"),
    "foreign_keys": ("1",),
    "fsync": ("on",),
    "full_page_writes": ("on",),
    "synchronous_commit": ("on", "local", "remote_write", "remote_apply"),
    "server_encoding": ("UTF8",),
}
"""Settings without which what is acknowledged may be lost or bent, and what they must be."""


def check_durable(settings: Mapping[str, str]) -> None:
    """Refuse a database that may lose what it acknowledged.

    Args:
        settings: What it says of itself, by name; see :data:`DURABLE`.

    Raises:
        Unavailable: A setting is not what it must be.

    Example:
        >>> check_durable({"fsync": "on"})
        >>> check_durable({"fsync": "off"})
        Traceback (most recent call last):
        skontro.core.errors.Unavailable: fsync = off: the database may lose what it acknowledged
    """
    for name, value in settings.items():
        if value not in DURABLE[name]:
            raise Unavailable(
                f"{name} = {value}: the database may lose what it acknowledged",
                code="UnsafeStore",
                next_step=f"set {name} to {DURABLE[name][0]}, or give another place",
            )


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
    rows = zip(*lists, strict=True)
    driver: Any = unit.connection.connection.driver_connection
    if unit.is_sqlite:
        names = ", ".join(f'"{name}"' for name in columns)
        statement = f"INSERT INTO {table.name} ({names}) VALUES ({', '.join('?' * len(lists))})"
        driver.executemany(statement, rows).close()
    elif count <= FEW:
        insert_few(unit, str(table.name), list(columns), list(rows))
    else:
        with (
            beside(unit, str(table.name), list(columns)) as place, driver.cursor() as cursor,
            cursor.copy(f"COPY {place} FROM STDIN") as copy,
        ):  # fmt: skip
            for row in rows:
                copy.write_row(row)
    return count


FEW = 64
"""So many rows are written with one statement of their values."""


def insert_few(
    unit: Unit, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]
) -> None:
    """Insert a few rows with one statement, on PostgreSQL.

    Args:
        unit: The unit of work.
        table: Name of the table.
        columns: Names of its columns.
        rows: Their values, plain ones.
    """
    if not rows:
        return
    names = ", ".join(f'"{name}"' for name in columns)
    marks = f"({', '.join(['%s'] * len(columns))})"
    driver: Any = unit.connection.connection.driver_connection
    driver.execute(
        f"INSERT INTO {table} ({names}) VALUES {', '.join([marks] * len(rows))}",
        [value for row in rows for value in row],
    ).close()


@contextmanager
def beside(unit: Unit, table: str, columns: Sequence[str]) -> Iterator[str]:
    """Give a place to copy rows to, on PostgreSQL; at the end they are put into the table.

    PostgreSQL copies nothing into a table with row security. What it is copied to is a temporary
    table, which is not written to the log, and is gone at the end.

    Args:
        unit: The unit of work.
        table: Name of the table the rows are for.
        columns: Names of its columns, in the order of what is copied.
    """
    names = ", ".join(f'"{name}"' for name in columns)
    place = f"beside_{secrets.token_hex(6)}"
    driver: Any = unit.connection.connection.driver_connection
    driver.execute(
        f"CREATE TEMPORARY TABLE {place} ON COMMIT DROP AS SELECT {names} FROM {table} WITH NO DATA"
    ).close()
    yield place
    driver.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM {place}").close()
    driver.execute(f"DROP TABLE {place}").close()


def _is_many(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray)
