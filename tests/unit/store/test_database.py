# SPDX-License-Identifier: Apache-2.0
"""Units of work: all or nothing, one writer where one is asked for, clear words when it fails."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from skontro.core.errors import Conflict, InvariantViolation, Rejected, Unavailable
from skontro.house.reach import WHOLE
from skontro.store.bulk import insert_columns
from skontro.store.database import DURABLE, Database, Unit, check_durable, insert_many
from skontro.store.migrations import make_tables
from skontro.store.rows import change, count, find_all, insert, next_numbers
from skontro.store.schema import filing, house, list_entry, list_import, list_text


@pytest.fixture
def database(database_url: str) -> Database:
    """A database with a house's tables and the row of a house, on either kind."""
    return opened(database_url)


@pytest.fixture
def on_postgresql(postgres_url: str) -> Database:
    """The same on PostgreSQL, for what SQLite with its one writer does not know."""
    return opened(postgres_url)


def opened(url: str) -> Database:
    made = Database(url)
    made.standing = WHOLE
    make_tables(made)
    with made.unit("open") as unit:
        insert(unit, house, id="h", name="H", kind="live", unit="EUR", opened_at="x")
    return made


def note_filing(database: Database, *, digest: str = "x", exclusive: bool = False) -> int:
    with database.unit("note", exclusive=exclusive) as unit:
        number = next_numbers(unit, filing)[0]
        insert(unit, filing, id=number, source="hand", digest=digest, rows=1, refused=0,
               filed_at="x")  # fmt: skip
    return number


def test_all_or_nothing(database: Database) -> None:
    def half() -> None:
        with database.unit("half") as unit:
            change(unit, house, {"id": "h"}, read_only=1)
            raise KeyError("ours")

    with pytest.raises(KeyError, match="ours"):
        half()
    with database.read() as unit:
        assert find_all(unit, house)[0].read_only == 0


def test_what_comes_after_comes_only_if_it_is_true(database: Database) -> None:
    called: list[str] = []
    with database.unit("good") as unit:
        unit.after.append(lambda: called.append("good"))

    def bad() -> None:
        with database.unit("bad") as unit:
            unit.after.append(lambda: called.append("bad"))
            insert(unit, house, id="i", name="I", kind="live", unit="EUR", opened_at="x")

    with pytest.raises(Conflict, match="there is one here"):
        bad()
    assert called == ["good"]


def test_exclusive_units_wait_for_each_other(database: Database) -> None:
    """While one exclusive unit is under way no second one comes to its first line."""
    inside, order = threading.Event(), list[str]()

    def other() -> None:
        inside.wait(30)
        with database.unit("second", exclusive=True):
            order.append("second")

    thread = threading.Thread(target=other)
    thread.start()
    with database.unit("first", exclusive=True):
        inside.set()
        thread.join(0.3)
        assert thread.is_alive()
        order.append("first")
    thread.join(30)
    assert order == ["first", "second"]


def test_a_name_is_held_until_the_unit_ends(on_postgresql: Database) -> None:
    """Two units that hold the same name follow each other, others do not wait."""
    database = on_postgresql
    inside, order = threading.Event(), list[str]()

    def other(name: str) -> None:
        inside.wait(30)
        with database.unit("other") as unit:
            unit.hold("pair", name)
            order.append(name)

    threads = [threading.Thread(target=other, args=(name,)) for name in ("same", "else")]
    for thread in threads:
        thread.start()
    with database.unit("first") as unit:
        unit.hold("pair", "same")
        inside.set()
        threads[1].join(30)
        threads[0].join(0.2)
        order.append("first")
    threads[0].join(30)
    assert order == ["else", "first", "same"]


def test_a_reading_sees_one_instant_and_changes_nothing(database: Database) -> None:
    with database.read() as unit:
        before = count(unit, filing)
        note_filing(database)
        assert count(unit, filing) == before
    with database.read() as unit:
        assert count(unit, filing) == before + 1


def make_list(unit: Unit, entries: int) -> None:
    insert(unit, list_import, id=1, name="l", format="f", source="s", dated="d", imported_at="i",
           digest="x", content_digest="x", entries=entries, names=0, identifiers=0,
           invented=0)  # fmt: skip
    insert(unit, list_text, digest="x", content="")


def test_many_rows_of_every_type(database: Database) -> None:
    """What insert_many writes is what is read: text with any mark in it, empty, none, large."""
    texts = ["", "tab\tline\nback\\slash", '"quoted", \'both\'', "\\N", "ü 漢 🜚", "\\."]
    with database.unit("many") as unit:
        make_list(unit, len(texts))
        found = insert_many(
            unit, list_entry,
            {"list_id": 1, "position": list(range(len(texts))), "reference": texts, "digest": "x"},
        )  # fmt: skip
        assert found == len(texts)
    with database.read() as unit:
        assert [row.reference for row in find_all(unit, list_entry, order=["position"])] == texts


def test_text_is_in_the_order_of_its_bytes(database: Database) -> None:
    names = ["b", "B", "a", "Z", "é", "z", "_", "A1", "A-1", "A 1", "ß", "ss"]
    with database.unit("many") as unit:
        make_list(unit, len(names))
        insert_many(
            unit, list_entry,
            {"list_id": 1, "position": list(range(len(names))), "reference": names, "digest": "x"},
        )  # fmt: skip
    with database.read() as unit:
        rows = find_all(unit, list_entry, order=["reference"])
    assert [row.reference for row in rows] == sorted(names, key=str.encode)


def test_numbers_are_new_and_in_order(database: Database) -> None:
    with database.unit("numbers") as unit:
        numbers = next_numbers(unit, filing, 3)
    assert numbers == sorted(set(numbers))
    assert note_filing(database) not in numbers or database.is_sqlite


# ---- what it says when it fails ----------------------------------------------------------------


def test_a_taken_key_is_said(database: Database) -> None:
    number = note_filing(database)
    with pytest.raises(Conflict, match="refuses") as refused, database.unit("again") as unit:
        insert(unit, filing, id=number, source="hand", digest="x", rows=1, refused=0, filed_at="x")
    assert refused.value.code == "StoreTaken"
    columns = {"id": [number], "source": "hand", "digest": "x", "rows": 1, "refused": 0,
               "filed_at": "x"}  # fmt: skip
    for write in (insert_many, insert_columns):
        with pytest.raises(Conflict, match="refuses") as refused, database.unit("many") as unit:
            write(unit, filing, columns)
        assert refused.value.code == "StoreTaken"


def test_a_rule_of_the_database_is_said(database: Database) -> None:
    with pytest.raises(Conflict, match="only_in_demo") as refused, database.unit("bad") as unit:
        change(unit, house, {"id": "h"}, clock_at="2026-01-01T00:00:00.000000Z")
    assert refused.value.code == "StoreRefuses"


def test_what_cannot_be_kept_is_said(on_postgresql: Database) -> None:
    """PostgreSQL keeps no text with a NUL in it; the house says so instead of falling over."""
    with pytest.raises(Rejected, match="NUL") as refused:
        note_filing(on_postgresql, digest="a\0b")
    assert refused.value.code == "UnstorableValue"


def test_a_database_that_is_not_there(tmp_path: Path) -> None:
    for url in (
        f"sqlite:///{tmp_path / 'no' / 'folder' / 'house.db'}",
        f"postgresql://nobody@/none?host={tmp_path}",
    ):
        with (
            pytest.raises(Unavailable, match="does not answer") as refused,
            Database(url).unit("x"),
        ):
            pass
        assert refused.value.code == "StoreUnavailable"


@pytest.mark.parametrize(
    "url", ["", "house.db", "mysql://x/y", "postgresql+pg8000://x/y", "postgresql://x:secret/y"]
)
def test_a_database_of_another_kind_is_refused(url: str) -> None:
    """And what was given is not repeated: it may hold a password."""
    with pytest.raises(Rejected) as refused:
        Database(url)
    assert "postgresql://role@host/database" in refused.value.next_step
    assert "secret" not in f"{refused.value.message} {refused.value.next_step}"


def test_a_mistake_in_a_statement_is_no_refusal(database: Database) -> None:
    """What is wrong in the program stays what it is: nobody is told to try again."""
    for text in ("SELECT nothing FROM nowhere", "SELEKT 1"):
        with pytest.raises(sa.exc.DBAPIError), database.unit("wrong") as unit:
            unit.run(sa.text(text))


def test_repeat_tries_again_where_another_was_in_the_way() -> None:
    database = Database("sqlite://")
    tries: list[int] = []

    def work(error: Exception, fails: int) -> Callable[[], int]:
        tries.clear()

        def once() -> int:
            tries.append(1)
            if len(tries) <= fails:
                raise error
            return len(tries)

        return once

    collision = Unavailable("in the way", code="StoreCollision")
    assert database.repeat(work(collision, 3)) == 4
    assert database.repeat(work(Conflict("taken", code="StoreTaken"), 1)) == 2
    with pytest.raises(Unavailable, match="in the way"):
        database.repeat(work(collision, 99), attempts=5)
    assert len(tries) == 5
    for final in (
        Unavailable("gone", code="OutcomeUnknown"),
        Unavailable("gone", code="StoreUnavailable"),
        Conflict("no", code="AlreadyDone"),
    ):
        with pytest.raises(type(final)):
            database.repeat(work(final, 99))
        assert len(tries) == 1


def test_two_that_wait_for_each_other_are_repeated(on_postgresql: Database) -> None:
    """Two units take two names in opposite order: one is sent back, tries again and is done."""
    database = on_postgresql
    barrier, done, seen = threading.Barrier(2), list[str](), list[int]()

    def both(first: str, second: str) -> None:
        once = [True]

        def work() -> None:
            seen.append(1)
            with database.unit("both") as unit:
                unit.hold(first)
                if once:
                    once.pop()
                    barrier.wait(30)
                unit.hold(second)
            done.append(first)

        database.repeat(work)

    threads = [threading.Thread(target=both, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(done) == ["a", "b"]
    assert len(seen) == 3


# ---- what is acknowledged is on the disk -------------------------------------------------------


@pytest.mark.parametrize("name", DURABLE)
def test_an_unsafe_setting_is_refused(name: str) -> None:
    check_durable({name: DURABLE[name][0]})
    with pytest.raises(Unavailable, match=f"{name} = ") as refused:
        check_durable({name: "off"})
    assert refused.value.code == "UnsafeStore"


def test_sqlite_runs_with_wal_and_full(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'house.db'}")
    with database.read() as unit:
        for setting, value in (("journal_mode", "wal"), ("synchronous", 2), ("foreign_keys", 1)):
            assert unit.value(sa.text(f"PRAGMA {setting}")) == value
    with pytest.raises(Unavailable, match="journal_mode = memory"), Database("sqlite://").read():
        pass


def test_references_are_kept_again_after_the_tables_were_changed(tmp_path: Path) -> None:
    """Making the tables suspends foreign keys on SQLite, for that unit alone."""
    database = Database(f"sqlite:///{tmp_path / 'house.db'}")
    make_tables(database)
    with database.read() as unit:
        assert unit.value(sa.text("PRAGMA foreign_keys")) == 1
    with pytest.raises(Conflict, match="FOREIGN KEY"), database.unit("attack") as unit:
        insert_many(
            unit, list_entry, {"list_id": 7, "position": [1], "reference": "", "digest": ""}
        )


def test_tables_are_changed_only_so_that_references_hold(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'house.db'}")
    with database.unit("make") as unit:
        unit.run(sa.text("CREATE TABLE a (id INTEGER PRIMARY KEY)"))
        unit.run(sa.text("CREATE TABLE b (a INTEGER REFERENCES a (id))"))
        unit.run(sa.text("INSERT INTO a VALUES (1)"))
        unit.run(sa.text("INSERT INTO b VALUES (1)"))
    with (
        pytest.raises(InvariantViolation, match="1 rows refer to what is not there"),
        database.unit("change", of_tables=True) as unit,
    ):
        unit.run(sa.text("DELETE FROM a"))
    with sqlite3.connect(tmp_path / "house.db") as connection:
        assert connection.execute("SELECT count(*) FROM a").fetchone() == (1,)
    connection.close()
