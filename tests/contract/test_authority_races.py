# SPDX-License-Identifier: Apache-2.0
"""A licence and a declaration that two units of work take from at the same moment, on PostgreSQL:
neither is used past its value."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.made_authorities import (
    all_replay,
    declared,
    entered_licence,
    licence,
    licensed,
    registered_house,
    said_of,
    take_customs,
    taken,
)
from tests.made_house import DATES, MadeHouse
from tests.unit.flow.test_shared_declarations import PAPER, owed_in_lines, used

from skontro.core.errors import Conflict
from skontro.flow.authorities import Authorities
from skontro.flow.house import House
from skontro.gate.licences import Entry
from skontro.store.database import Unit

PAPERS = (PAPER, ("licence", "L-1"))


@pytest.fixture
def made(postgres_url: str, tmp_path: Path) -> MadeHouse:
    """A licence and a declaration of 100 each; 60 in two lines wait, and take both."""
    made = registered_house(tmp_path / "house", url=postgres_url)
    licensed(made, "A")
    entered_licence(made, licence("A1", 100))
    take_customs(made, "B", declared("shared", "A1", "B1", 100, 10))
    owed_in_lines(made, "one", 60, PAPERS)
    return made


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Let acts go at the same moment, each in a thread; what each returned, or was refused with."""
    found, gate = list[object]([None] * len(acts)), threading.Barrier(len(acts))

    def go(place: int) -> None:
        gate.wait()
        try:
            found[place] = acts[place]()
        except Exception as refused:
            found[place] = refused

    threads = [threading.Thread(target=go, args=(place,)) for place in range(len(acts))]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    return found


def test_two_cut_offs_take_once(made: MadeHouse) -> None:
    """Two of 60 wait; two operators cut off: 60 are taken of each, once."""
    owed_in_lines(made, "two", 60, PAPERS)
    made.until(DATES.cut_off_at)
    with House.open(made.house.folder) as other:
        done = at_once(lambda: made.house.cycles.cut_off(DATES.id),
                       lambda: other.cycles.cut_off(DATES.id))  # fmt: skip
    assert sorted(isinstance(one, dict) for one in done) == [False, True], done
    assert sorted(said_of(made, name)[0] for name in ("one", "two")) == ["held", "released"]
    assert taken(made) == [("one", "reserve", 60)]
    assert used(made) == 60
    all_replay(made)


def test_two_cut_offs_wait_for_each_other(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first cut-off has looked at what there was and has not written yet: the second, of
    another operator, waits, finds the cycle cut off, and takes nothing."""
    owed_in_lines(made, "two", 60, PAPERS)
    made.until(DATES.cut_off_at)
    write, looked = Authorities._write_entries, threading.Event()

    def slowly(own: Authorities, unit: Unit, entries: list[Entry], cycle: str | None) -> None:
        assert not looked.is_set(), "two looked before either had written"
        looked.set()
        time.sleep(0.5)
        write(own, unit, entries, cycle)

    monkeypatch.setattr(Authorities, "_write_entries", slowly)
    with House.open(made.house.folder) as other:
        first, second = at_once(
            lambda: made.house.cycles.cut_off(DATES.id),
            lambda: looked.wait(20) and other.cycles.cut_off(DATES.id),
        )
    assert isinstance(first, dict)
    assert isinstance(second, Conflict)
    assert (taken(made), used(made)) == ([("one", "reserve", 60)], 60)


def test_registered_while_a_cut_off_takes(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another of 60 is sent in when the cut-off has looked at what there was and has not written
    yet: whether it waits or is registered before, nothing is taken for it, and it is held next."""
    made.until(DATES.cut_off_at)
    write, looked, written = Authorities._write_entries, threading.Event(), threading.Event()

    def slowly(own: Authorities, unit: Unit, entries: list[Entry], cycle: str | None) -> None:
        looked.set()
        written.wait(1)
        write(own, unit, entries, cycle)

    def register() -> None:
        assert looked.wait(20)
        owed_in_lines(made, "two", 60, PAPERS)
        written.set()

    monkeypatch.setattr(Authorities, "_write_entries", slowly)
    done, said = at_once(lambda: made.house.cycles.cut_off(DATES.id), register)
    assert isinstance(done, dict)
    assert done["entered"] == 1
    assert said is None
    assert (taken(made), used(made)) == ([("one", "reserve", 60)], 60)
    with made.house.database.unit("look", exclusive=True) as unit:
        made.house.authorities.judge_numbers(unit, [made.number["two"]])
    assert said_of(made, "two")[0] == "held"
    all_replay(made)
