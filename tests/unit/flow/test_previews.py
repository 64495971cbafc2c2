# SPDX-License-Identifier: Apache-2.0
"""Previews: at the calendar's times alone, of confirmed obligations alone, the same for all."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from tests.made_house import DATES, MadeHouse, worked_house

from skontro.core.errors import Conflict
from skontro.flow.clockwork import Tick, tick
from skontro.house.obligations import Registration
from skontro.house.previews import told_of
from skontro.store.rows import count
from skontro.store.schema import obligation_event, preview, preview_line, verdict

NOON = datetime.datetime(2026, 1, 29, 11, tzinfo=datetime.UTC)
"""Twelve o'clock in Amsterdam."""


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    return worked_house(tmp_path / "house")


def test_a_preview_is_made_once_for_each_time(made: MadeHouse) -> None:
    """Whoever changes own rows and asks again sees the same until the calendar's next time."""
    house = made.house
    made.until(NOON)
    assert tick(house) == Tick(DATES.id, "preview", "")
    assert tick(house) is None
    with pytest.raises(Conflict, match="no preview"):
        house.previews.make(DATES.id)
    before = house.previews.of_firm(DATES.id, "A1")
    assert (before["due_at"], before["next_at"]) == (
        "2026-01-29T11:00:00.000000Z", "2026-01-29T14:00:00.000000Z",
    )  # fmt: skip
    house.obligations.dispute(made.number["o7"], "A3", "a trial")
    made.until(NOON + datetime.timedelta(hours=2, minutes=59))
    assert tick(house) is None
    assert house.previews.of_firm(DATES.id, "A1") == before | {"next_at": before["next_at"]}
    made.until(NOON + datetime.timedelta(hours=3))
    assert tick(house) == Tick(DATES.id, "preview", "")
    after = house.previews.of_firm(DATES.id, "A1")
    assert after["made_at"] > before["made_at"]
    seen = {one["number"] for one in after["rows"]}
    assert seen == {one["number"] for one in before["rows"]} - {made.number["o7"]}


def test_it_says_what_the_final_run_sets_off(made: MadeHouse) -> None:
    """Goal: a preview is the clearing itself, told down to a whole per cent of each row.

    Method: nothing changes between the last preview and the cut-off; each row of each firm is held
    against the discharge of the final run. It writes no verdict and no event.
    """
    house = made.house
    made.until(DATES.cut_off_at - datetime.timedelta(hours=1))
    with house.database.read() as unit:
        untouched = [count(unit, table) for table in (verdict, obligation_event)]
    assert tick(house) == Tick(DATES.id, "preview", "")
    with house.database.read() as unit:
        assert [count(unit, table) for table in (verdict, obligation_event)] == untouched
    told = {
        row["number"]: (row["open_minor"], row["set_off_minor"])
        for firm in ("A1", "A2", "A3", "B1", "B2", "B3")
        for row in house.previews.of_firm(DATES.id, firm)["rows"]
    }
    sums = house.previews.of_firm(DATES.id, "B3")["sums"]
    assert sums
    made.run_to_final()
    from skontro.store.rows import find_all
    from skontro.store.schema import discharge

    with house.database.read() as unit:
        done = {row.obligation: row for row in find_all(unit, discharge)}
    assert told == {
        number: (row.before_minor, told_of(row.before_minor, row.set_off_minor))
        for number, row in done.items()
    }
    assert any(0 < part < whole for whole, part in told.values()), "one of them is told in part"


def test_only_what_is_confirmed_and_released_is_in_it(made: MadeHouse) -> None:
    house = made.house
    number, _ = house.obligations.register(Registration(
        sender="B1", reference="not yet", debtor="A1", creditor="B1", amount_minor=999_00,
        currency="EUR", due_date="2026-01-10", document="d",
    ))  # fmt: skip
    made.until(NOON)
    house.previews.make(DATES.id)
    assert number not in {one["number"] for one in house.previews.of_firm(DATES.id, "A1")["rows"]}
    assert house.previews.of_firm(DATES.id, "nobody")["rows"] == []
    with house.database.read() as unit:
        assert (count(unit, preview), count(unit, preview_line)) == (1, len(made.number))


def test_none_before_the_first_time_nor_after_the_cut_off(made: MadeHouse) -> None:
    assert made.house.previews.due() is None
    assert made.house.previews.of_firm(DATES.id, "A1")["made_at"] is None
    made.until(DATES.cut_off_at)
    assert made.house.previews.due() is None
