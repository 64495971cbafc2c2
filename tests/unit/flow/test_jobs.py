# SPDX-License-Identifier: Apache-2.0
"""Jobs: asked once, taken by one worker, tried at least once, effective once."""

from __future__ import annotations

import datetime
import threading
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import DATES, MadeHouse, worked_house

from skontro.core.errors import Conflict, InvariantViolation, Unavailable
from skontro.flow import job_kinds
from skontro.flow.jobs import FAULTS, TRIES, Attempt, Fenced, Kind
from skontro.ops.clock import SetClock

CYCLE = "2026-01"


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    return idle(worked_house(tmp_path / "house"))


def idle(made: MadeHouse) -> MadeHouse:
    """A house all of whose jobs are done: it screens after every list."""
    while made.house.jobs.work_next("idle"):
        pass
    return made


def ask_step(made: MadeHouse, step: str, **given: Any) -> int:
    content = {"cycle": CYCLE, "step": step, **given}
    return made.house.jobs.ask("cycle.step", f"{CYCLE}: {step}", content, by="P1")


def with_kind(monkeypatch: pytest.MonkeyPatch, work: Any, **given: Any) -> None:
    monkeypatch.setitem(job_kinds.KINDS, "test", Kind("is tried", work, "acts.read", **given))


def move_clock(made: MadeHouse, seconds: int) -> None:
    """Move the machine's clock as this house sees it."""
    made.house.wall = SetClock(made.house.wall.now() + datetime.timedelta(seconds=seconds))


def test_a_run_in_the_background_is_the_run_of_the_foreground(tmp_path: Path) -> None:
    """Cut-off and preliminary run by jobs: the same digests as taken by hand, progress rises."""
    one, two = (idle(worked_house(tmp_path / each)) for each in ("one", "two"))
    seen = list[tuple[str, int]]()
    for made in (one, two):
        made.until(DATES.cut_off_at)
        idle(made)
    one.house.cycles.cut_off(CYCLE)
    one.house.cycles.preliminary(CYCLE)
    jobs = two.house.jobs
    wrote = jobs.house.database.unit

    def watched(name: str, **how: Any) -> Any:
        if name == "job.change":
            shown = jobs.show(number)
            seen.append((shown["stage"], int(shown["fraction"].replace(".", ""))))
        return wrote(name, **how)

    for step in ("cut_off", "preliminary"):
        number = ask_step(two, step)
        assert jobs.show(number)["state"] == "waiting"
        two.house.database.unit = watched  # type: ignore[method-assign]
        assert jobs.work_next("w") == number
        two.house.database.unit = wrote  # type: ignore[method-assign]
        ended = jobs.show(number)
        assert (ended["state"], ended["fraction"], ended["code"]) == ("done", "1.000", "")
        assert ended["result"] == {"cycle": CYCLE, "step": step}
    stages = [stage for stage, _ in seen]
    assert {"reading", "clearing", "checking", "archiving"} <= set(stages)
    parts = [permille for _, permille in seen]
    assert parts == sorted(parts)
    runs = [made.house.cycles.show(CYCLE)["runs"][0]["result_digest"] for made in (one, two)]
    assert runs[0] == runs[1]
    assert jobs.work_next("w") is None


def test_the_same_job_is_asked_once_while_it_lives(made: MadeHouse) -> None:
    made.until(DATES.cut_off_at)
    idle(made)
    number = ask_step(made, "cut_off")
    assert ask_step(made, "cut_off") == number
    assert made.house.jobs.work_next("w") == number
    again = ask_step(made, "cut_off")
    assert again != number
    assert made.house.jobs.work_next("w") == again
    assert made.house.jobs.show(again)["result"] == {"code": "AlreadyDone"}
    early = ask_step(made, "irrevocable")
    made.house.jobs.work_next("w")
    assert made.house.jobs.show(early)["state"] == "failed"
    assert made.house.jobs.show(early)["code"] == "OutOfOrder"


def test_the_end_is_in_the_unit_of_the_effect(made: MadeHouse) -> None:
    """What fails after the effect takes the end back with it; what is done is never done twice."""
    made.until(DATES.cut_off_at)
    idle(made)
    number = ask_step(made, "cut_off")
    row = made.house.jobs.take("gone")
    move_clock(made, 61)
    other = made.house.jobs.take("quick")
    assert (other.number, other.attempts) == (number, row.attempts + 1)
    Attempt(made.house, row, "gone").run()  # wakes up late: fenced, and its effect undone
    assert made.house.cycles.show(CYCLE)["state"] == "open"
    Attempt(made.house, other, "quick").run()
    assert made.house.cycles.show(CYCLE)["state"] == "entered"
    assert made.house.jobs.show(number)["state"] == "done"
    assert made.house.journal.verify().ok


def test_a_late_worker_cannot_end_a_job(made: MadeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    with_kind(monkeypatch, lambda house, content: None)
    made.house.jobs.ask("test", "x", {})
    row = made.house.jobs.take("gone")
    move_clock(made, 61)
    assert made.house.jobs.take("quick").number == row.number
    with pytest.raises(Fenced), made.house.database.unit("late") as unit:
        Attempt(made.house, row, "gone").end_in(unit, {})


def test_what_may_pass_is_tried_again_later(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = list[int]()

    def work(_house: Any, _content: Any) -> None:
        tried.append(1)
        if len(tried) < 3:
            raise Unavailable("not now", code="StoreBusy")

    with_kind(monkeypatch, work)
    jobs = made.house.jobs
    number = jobs.ask("test", "x", {}, by="P1")
    for _ in range(3):
        assert jobs.work_next("w") == number
        assert jobs.work_next("w") is None  # not before its time
        move_clock(made, 61)
    assert jobs.show(number)["state"] == "done"
    assert jobs.show(number)["attempts"] == 3


@pytest.mark.parametrize(
    ("fault", "tries", "code"),
    [(ValueError("ours"), FAULTS, "ValueError"), (InvariantViolation("wrong"), 1,
                                                  "InvariantViolation")],
)  # fmt: skip
def test_a_poisoned_job_ends_as_failed(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch, fault: Exception, tries: int, code: str
) -> None:
    """A fault of ours is tried a few times; then an operator sees it, and can have it again."""

    def work(_house: Any, _content: Any) -> None:
        raise fault

    with_kind(monkeypatch, work)
    jobs = made.house.jobs
    number = jobs.ask("test", "x", {}, by="P1")
    for _ in range(tries):
        if isinstance(fault, ValueError):
            with pytest.raises(ValueError, match="ours"):
                jobs.work_next("w")
        else:
            jobs.work_next("w")
        move_clock(made, 61)
    assert jobs.work_next("w") is None
    shown = jobs.show(number)
    assert (shown["state"], shown["code"], shown["attempts"]) == ("failed", code, tries)
    assert jobs.counts() == {"waiting": 0, "running": 0, "failed": 1}
    with_kind(monkeypatch, lambda house, content: None)
    jobs.retry(number)
    assert jobs.work_next("w") == number
    assert jobs.show(number)["state"] == "done"
    with pytest.raises(Conflict, match="is done"):
        jobs.retry(number)


def test_a_job_whose_workers_die_is_given_up(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_kind(monkeypatch, lambda house, content: None)
    number = made.house.jobs.ask("test", "x", {})
    for _ in range(TRIES):
        assert made.house.jobs.take("dies").number == number
        move_clock(made, 61)
    made.house.jobs.work_next("w")
    assert made.house.jobs.show(number)["code"] == "WorkerLost"


def test_the_calendars_job_waits_for_its_time(made: MadeHouse) -> None:
    """What the house refuses now is tried again, and ends where somebody else did it."""
    jobs = made.house.jobs
    number = jobs.ask("cycle.step", f"{CYCLE}: cut_off",
                      {"cycle": CYCLE, "step": "cut_off", "by_calendar": True})  # fmt: skip
    made.until(DATES.cut_off_at)
    made.house.cycles.cut_off(CYCLE)
    assert jobs.work_next("w") == number
    assert jobs.show(number)["result"] == {"code": "AlreadyDone"}


def test_workers_share_what_there_is(made: MadeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    _share(made, monkeypatch)


def test_workers_share_on_postgresql(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, postgres_url: str
) -> None:
    _share(idle(worked_house(tmp_path / "house", url=postgres_url)), monkeypatch)


def _share(made: MadeHouse, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four workers, sixty jobs: each is done exactly once."""
    did, lock = Counter[int](), threading.Lock()

    def work(_house: Any, content: Any) -> None:
        with lock:
            did[content["job"]] += 1

    with_kind(monkeypatch, work)
    jobs = made.house.jobs
    for each in range(60):
        jobs.ask("test", f"{each}", {"job": each})

    def worker(name: str) -> None:
        while jobs.work_next(name) is not None:
            pass

    workers = [threading.Thread(target=worker, args=(f"w{each}",)) for each in range(4)]
    for one in workers:
        one.start()
    for one in workers:
        one.join(60)
    for number in (row["number"] for row in jobs.table(states=["waiting"])):
        jobs.work_next("last")  # what a worker passed by while another held it
        assert number
    assert did == Counter(range(60))
    assert jobs.counts() == {"waiting": 0, "running": 0, "failed": 0}
