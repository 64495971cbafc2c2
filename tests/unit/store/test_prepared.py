# SPDX-License-Identifier: Apache-2.0
"""Statements asked past SQLAlchemy say what it says; connections that lay idle are asked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.made_house import MadeHouse

from skontro.core.errors import SkontroError
from skontro.store import database as store
from skontro.store.database import Database
from skontro.store.obligations import find_firms
from skontro.store.prepared import Prepared, several, some_of
from skontro.store.rows import find_all, insert_rows
from skontro.store.schema import filing, participant
from skontro.store.verdicts import last_verdicts, screened_records


@pytest.fixture
def made(database_url: str, tmp_path: Path) -> Iterator[MadeHouse]:
    """A house with firms, on either database."""
    url = None if database_url.startswith("sqlite") else database_url
    house = MadeHouse(tmp_path / "house", url=url)
    house.import_list()
    house.admit_firms()
    yield house
    house.house.close()


def test_few_and_many_say_the_same(made: MadeHouse) -> None:
    """What is asked past SQLAlchemy for few, against what SQLAlchemy finds for all."""
    kinds = ("name", "lei", "tax_number", "account", "owner")
    with made.house.database.read() as unit:
        rows = find_all(unit, participant, order=["number"])
        ids, numbers = [row.id for row in rows], [row.number for row in rows]
        found = find_firms(unit, [*ids, ids[0], "nobody"])
        assert {name: row.number for name, row in found.items()} == dict(
            zip(ids, numbers, strict=True)
        )
        assert {row.state for row in found.values()} == {"admitted"}
        assert find_firms(unit, []) == {}
        records = screened_records(unit, ids, kinds)
        verdicts = last_verdicts(unit, "participant", numbers)
        assert len(ids) > 2
        assert (set(records), set(verdicts)) == (set(ids), set(numbers))
        for some in (1, 2):
            few, who = ids[:some], numbers[-some:]
            assert screened_records(unit, few, kinds) == {name: records[name] for name in few}
            assert last_verdicts(unit, "participant", who) == {one: verdicts[one] for one in who}
        assert screened_records(unit, ids[:1], ["name"])[ids[0]][0].what == "name"
        assert last_verdicts(unit, "obligation", numbers[:1]) == {}


def test_values_go_where_they_are_named(made: MadeHouse) -> None:
    """Fixed and given values in one statement, whatever their order in it, texts with a sign of
    per cent among them."""
    column = participant.c
    some = Prepared(
        sa.select(column.number, column.id.label("name")).where(
            column.state == "admitted", some_of(column.id, "id", 3), column.id != "100 %",
            column.number > sa.bindparam("after"),
        ).order_by(column.number)
    )  # fmt: skip
    with made.house.database.read() as unit:
        rows = some.rows(unit, after=1, **several("id", ["A1", "A2"], 3))
        assert [(row.number, row.name) for row in rows] == [(2, "A2")]
        assert some.first(unit, after=99, **several("id", ["A1"], 3)) is None


def test_rows_of_one_go_stand_or_fall_together(made: MadeHouse) -> None:
    row = {"id": 901, "sender": 1, "person": None, "source": "hand", "digest": "00", "rows": 1,
           "refused": 0, "filed_at": made.house.at}  # fmt: skip
    with made.house.database.unit("test") as unit:
        insert_rows(unit, (filing, row), (filing, row | {"id": 902, "sender": 2}))
    with pytest.raises(SkontroError), made.house.database.unit("test") as unit:
        insert_rows(unit, (filing, row | {"id": 903}), (filing, row | {"id": 904, "sender": 99}))
    with made.house.database.read() as unit:
        assert [one.id for one in find_all(unit, filing, order=["id"])] == [901, 902]


def test_a_connection_that_lay_idle_is_asked(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was cut while it lay there is replaced; one just used is not asked."""
    database, asked = Database(postgres_url), list[object]()
    ping = database.engine.dialect.do_ping

    def count(connection: object) -> bool:
        asked.append(connection)
        return bool(ping(connection))  # type: ignore[arg-type]

    monkeypatch.setattr(database.engine.dialect, "do_ping", count)
    pids = list[int]()
    for _ in range(3):
        with database.read() as unit:
            pids.append(int(unit.value(sa.text("SELECT pg_backend_pid()"))))
    assert len(set(pids)) == 1
    assert len(asked) == 1  # when it was made
    other = Database(postgres_url)
    with other.unit("cut") as unit:
        unit.all(sa.text(f"SELECT pg_terminate_backend({pids[0]}, 5000)"))
    other.close()
    monkeypatch.setattr(store, "FRESH_S", 0)
    with database.read() as unit:
        assert unit.value(sa.text("SELECT pg_backend_pid()")) != pids[0]
    assert len(asked) == 3  # the one that was cut, and the one in its place
    database.close()
