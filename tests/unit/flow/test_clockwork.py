# SPDX-License-Identifier: Apache-2.0
"""Cycles go by their calendar, and wait where two people must sign."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES, worked_house

from skontro.core.errors import InvariantViolation
from skontro.flow.clockwork import Tick, ask_due, due_step, tick
from skontro.flow.worker import Worker
from skontro.store.rows import change
from skontro.store.schema import house as house_table


def test_the_calendar_takes_what_needs_nobody(tmp_path: Path) -> None:
    """From the open cycle to the end of its window; the final run waits for two people, and only
    then the next cycle is opened."""
    made = worked_house(tmp_path / "house")
    house = made.house
    assert due_step(house) is None
    assert tick(house) is None
    made.until(DATES.cut_off_at)
    assert tick(house) == Tick("2026-01", "cut_off", "")
    assert tick(house) == Tick("2026-01", "preliminary", "")
    assert tick(house) is None
    made.until(DATES.window_ends_at)
    assert tick(house) == Tick("2026-01", "irrevocable", "")
    assert tick(house) is None
    made.both(house.cycles.propose_final("2026-01", "P1", made.keys["P1"]))
    opened = tick(house)
    assert opened is not None
    assert (opened.step, opened.code) == ("open", "")
    assert house.cycles.table()[-1]["id"] == opened.cycle
    assert tick(house) is None
    assert house.journal.verify().ok


def test_what_cannot_be_done_is_told_and_tried_again(tmp_path: Path) -> None:
    """A house that is read-only takes no step: the reason is told, and nothing has changed."""
    made = worked_house(tmp_path / "house")
    made.until(DATES.cut_off_at)
    with made.house.database.unit("restored") as unit:
        change(unit, house_table, {"id": made.house.id}, read_only=1)
    for _ in range(2):
        assert tick(made.house) == Tick(DATES.id, "cut_off", "ReadOnly")
    assert made.house.cycles.show(DATES.id)["state"] == "open"


def test_a_cycle_that_is_paused_waits(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    made.until(DATES.cut_off_at)
    made.both(made.house.rule_book.propose_pause(DATES.id, "a look", "P1", made.keys["P1"]))
    assert due_step(made.house) is None


def test_two_workers_take_each_step_once(tmp_path: Path) -> None:
    """They ask for the same jobs; the calendar's steps are taken once each, in order."""
    made = worked_house(tmp_path / "house")
    made.until(DATES.cut_off_at)
    told: list[str] = []
    seen = threading.Event()

    def tell(what: str, said: dict[str, Any]) -> None:
        if said.get("kind") != "gate.screen":
            told.append(f"{what} {said.get('subject')} {said.get('state')}")
        if len(told) >= 2:
            seen.set()

    works = [Worker(made.house, tell) for _ in range(2)]
    for work in works:
        work.start()
    assert seen.wait(120)
    for work in works:
        work.stop()
    assert told == [f"job {DATES.id}: {step} done" for step in ("cut_off", "preliminary")]
    assert [one["step"] for one in made.house.cycles.show(DATES.id)["steps"]] == [
        "cut_off", "preliminary",
    ]  # fmt: skip


def test_a_step_that_failed_is_not_asked_again_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something of ours is wrong: somebody looks at it, and has it tried again."""
    made = worked_house(tmp_path / "house")
    made.until(DATES.cut_off_at)

    def wrong(*_: Any, **__: Any) -> None:
        raise InvariantViolation("it does not balance")

    monkeypatch.setattr(made.house.cycles, "cut_off", wrong)
    while made.house.jobs.work_next("w"):
        pass
    number = ask_due(made.house)
    assert number is not None
    assert ask_due(made.house) == number
    made.house.jobs.work_next("w")
    assert made.house.jobs.show(number)["state"] == "failed"
    assert ask_due(made.house) is None
    monkeypatch.undo()
    made.house.jobs.retry(number)
    made.house.jobs.work_next("w")
    assert made.house.cycles.show(DATES.id)["state"] == "entered"
    assert ask_due(made.house) is not None
