# SPDX-License-Identifier: Apache-2.0
"""What the database says while the gate judges is no verdict: the unit of work comes to nothing.

A fault of the gate's own holds what it judges. But where PostgreSQL went away meanwhile, or took
the unit back, nothing more can be written in it: whoever asked is told to try again.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.made_house import MadeHouse, lawful

from skontro.core.errors import Unavailable
from skontro.flow.once import request_digest
from skontro.house.obligations import Registration
from skontro.store.database import Unit
from skontro.store.rows import count, find_all
from skontro.store.schema import obligation, request_done, verdict

SAID = Registration("B1", "r1", "A1", "B1", 100_00, "EUR", document="d",
                    trade=lawful("A", "B", "r1"))  # fmt: skip
AWAY = "SELECT pg_terminate_backend(pg_backend_pid())"
COLLISION = "DO $$ BEGIN RAISE EXCEPTION 'in the way' USING ERRCODE = '40P01'; END $$"


@pytest.fixture
def made(tmp_path: Path, postgres_url: str) -> MadeHouse:
    """A house on PostgreSQL."""
    found = MadeHouse(tmp_path / "house", url=postgres_url)
    found.import_list()
    found.admit_firms()
    return found


def breaks_once(made: MadeHouse, monkeypatch: pytest.MonkeyPatch, statement: str) -> list[str]:
    """Let a statement go wrong while the gate judges, the first time; return where it did."""
    real, broken = made.house.goods.in_force, list[str]()

    def in_force(unit: Unit) -> object:
        if not broken:
            broken.append(unit.name)
            unit.run(sa.text(statement))
        return real(unit)

    monkeypatch.setattr(made.house.goods, "in_force", in_force)
    return broken


def test_a_database_that_goes_away_in_the_gate_is_told(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = breaks_once(made, monkeypatch, AWAY)
    with pytest.raises(Unavailable) as told:
        made.house.obligations.register(SAID)
    assert told.value.code == "StoreUnavailable"
    assert broken
    with made.house.database.read() as unit:
        assert count(unit, obligation) == 0
    number, state = made.house.obligations.register(SAID)
    assert state == "registered"
    with made.house.database.read() as unit:
        (said,) = find_all(unit, verdict, subject_kind="obligation", subject=number)
    assert "GateFault" not in said.reasons


def test_a_unit_that_is_in_the_way_of_the_gates_is_tried_again(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = breaks_once(made, monkeypatch, COLLISION)

    def work() -> tuple[int, str]:
        return 201, str(made.house.obligations.register(SAID))

    answer = made.house.once.do("P1", "one", request_digest("x"), work)
    assert (answer.status, answer.is_repeated) == (201, False)
    assert broken
    with made.house.database.read() as unit:
        assert count(unit, obligation) == count(unit, request_done) == 1
