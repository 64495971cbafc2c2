# SPDX-License-Identifier: Apache-2.0
"""A process whose clock is behind that of another one of the same house."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from tests.made_house import OPENED, MadeHouse, lawful

from skontro.core.errors import Unavailable
from skontro.flow.house import House
from skontro.flow.once import request_digest
from skontro.house.obligations import Registration
from skontro.store.rows import count, find_all
from skontro.store.schema import gate_setting, obligation, verdict

LATER = OPENED + datetime.timedelta(days=20)


class Behind:
    """A machine's clock that was not set."""

    def __init__(self) -> None:
        self.at = OPENED + datetime.timedelta(days=19, hours=23)
        self.asked = 0

    def now(self) -> datetime.datetime:
        self.asked += 1
        return self.at


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    found = MadeHouse(tmp_path / "house")
    found.import_list()
    found.admit_firms()
    return found


def said(name: str) -> Registration:
    return Registration("B1", name, "A1", "B1", 100_00, "EUR", document=name,
                        trade=lawful("A", "B", name))  # fmt: skip


def test_what_is_registered_goes_by_the_time_another_process_set(made: MadeHouse) -> None:
    """A demonstration's server looks at its clock once a second; months may pass in between. It
    had told firms that the database refuses their registrations (409)."""
    other = House.open(made.house.folder)
    other.obligations.register(said("before"))
    made.until(LATER)
    number, state = other.obligations.register(said("after"))
    assert state == "registered"
    with other.database.read() as unit:
        (found,) = find_all(unit, verdict, subject_kind="obligation", subject=number)
        (setting,) = find_all(unit, gate_setting, id=found.setting)
    assert setting.made_at <= found.judged_at
    assert other.now == LATER


def test_a_machine_whose_clock_is_behind_is_told_to_try_again(made: MadeHouse) -> None:
    clock = Behind()
    other = House.open(made.house.folder, clock=clock)
    made.until(LATER)
    with pytest.raises(Unavailable, match="the clock is behind"):
        other.obligations.register(said("too early"))
    with other.database.read() as unit:
        assert count(unit, obligation) == 0

    def work() -> tuple[int, str]:
        clock.at += datetime.timedelta(minutes=30)
        return 201, str(other.obligations.register(said("a moment later")))

    assert other.once.do("P1", "one", request_digest("x"), work).status == 201
