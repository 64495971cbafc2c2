# SPDX-License-Identifier: Apache-2.0
"""Several units of work as one: all of it, or none; what fails inside never stays half."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from tests.made_house import MadeHouse

from skontro.core.errors import InvariantViolation
from skontro.store.database import Database, Unit
from skontro.store.rows import count, insert_rows
from skontro.store.schema import audit_entry

ENTRY = {"at": "2026", "caller": "x", "roles": "", "what": "x", "subject": "x", "outcome": "done"}


@pytest.fixture
def made(database_url: str, tmp_path: Path) -> MadeHouse:
    return MadeHouse(tmp_path / "house", url=database_url)


def write_and_fail(unit: Unit, done: list[str]) -> None:
    insert_rows(unit, (audit_entry, ENTRY))
    unit.after.append(lambda: done.append("never"))
    raise ZeroDivisionError


def fail_within(database: Database, told: list[str]) -> None:
    with database.whole("both") as whole:
        with database.unit("first") as unit:
            insert_rows(unit, (audit_entry, ENTRY))
            unit.after.append(lambda: told.append("after"))
        whole.otherwise.append(lambda: told.append("otherwise"))
        with database.unit("second"):
            raise ZeroDivisionError


def pass_over(database: Database) -> None:
    with database.whole("both"), suppress(ZeroDivisionError), database.unit("part") as unit:
        write_and_fail(unit, [])


def entries(made: MadeHouse) -> int:
    with made.house.database.read() as unit:
        return count(unit, audit_entry)


def test_units_within_a_whole_are_one(made: MadeHouse) -> None:
    """Nothing is seen from outside before the end; what is to be done after is done then."""
    database, done = made.house.database, list[str]()
    with database.whole("both") as whole:
        with database.unit("first") as unit:
            insert_rows(unit, (audit_entry, ENTRY))
            unit.after.append(lambda: done.append("first"))
        with database.unit("second", exclusive=True) as unit, database.read() as seen:
            insert_rows(unit, (audit_entry, ENTRY))
            assert count(seen, audit_entry) == 2
        assert done == []
        assert not whole.is_reading
    assert (entries(made), done) == (2, ["first"])


def test_what_fails_takes_all_with_it(made: MadeHouse) -> None:
    told = list[str]()
    with pytest.raises(ZeroDivisionError):
        fail_within(made.house.database, told)
    assert (entries(made), told) == (0, ["otherwise"])


def test_an_exclusive_part_that_failed_is_taken_back_alone(made: MadeHouse) -> None:
    """As a dry run does: it raises, and whoever called it goes on."""
    database, done = made.house.database, list[str]()
    with database.whole("both"):
        with pytest.raises(ZeroDivisionError), database.unit("dry", exclusive=True) as unit:
            write_and_fail(unit, done)
        with database.unit("then") as unit:
            insert_rows(unit, (audit_entry, ENTRY))
    assert (entries(made), done) == (1, [])


def test_another_part_that_failed_and_was_passed_over_is_a_fault(made: MadeHouse) -> None:
    with pytest.raises(InvariantViolation):
        pass_over(made.house.database)
    assert entries(made) == 0
