# SPDX-License-Identifier: Apache-2.0
"""A licence and a declaration that two units of work take from at the same moment, on PostgreSQL:
neither is used past its value."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import ROOT
from tests.made_authorities import (
    all_replay,
    declared,
    entered_licence,
    licence,
    licensed,
    owed,
    registered_house,
    said_of,
    take_customs,
)
from tests.made_authorities import taken as every_taken
from tests.made_house import DATES, RATES, MadeHouse
from tests.racer import Operator, at_the_same_instant
from tests.unit.flow.test_shared_declarations import PAPER, owed_in_lines, used

from skontro.core.errors import Conflict
from skontro.flow.authorities import Authorities
from skontro.flow.house import House
from skontro.gate.licences import Entry
from skontro.store.database import Unit

Step = tuple[str, dict[str, Any]]

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


def set_off(made: MadeHouse) -> None:
    """Run the cycle to its final run, with 90 owed the other way: what there is is set off."""
    entered_licence(made, licence("A1", 1000, "L-2"))
    take_customs(made, "B", declared("shared", "A1", "B1", 100, 10),
                 declared("back", "B1", "A1", 90, 20))  # fmt: skip
    owed(made, "back", "A1", "B1", 90, [("licence", "L-2")], quantity="20", weight="20")
    made.run_to_final()


def taken(made: MadeHouse) -> list[tuple[str, str, int]]:
    """What was written about the licence; of the one for what is owed the other way, nothing."""
    return [one for one in every_taken(made) if one[0] != "back"]


@pytest.fixture(scope="module")
def operators() -> Iterator[list[Operator]]:
    """Two operators, each a process with connections of its own."""
    both = [Operator(ROOT), Operator(ROOT)]
    yield both
    for one in both:
        one.leave()


def raced(made: MadeHouse, operators: list[Operator], *steps: Step) -> list[dict[str, Any]]:
    """Let the operators take a step each at the same instant; what came of each."""
    for one, step in zip(operators, steps, strict=True):
        one.get_ready(made.house.folder, {}, step)
    return at_the_same_instant(operators)


def test_two_cut_offs_take_once(made: MadeHouse, operators: list[Operator]) -> None:
    """Two of 60 wait; two operators, each a process, cut off: 60 are taken of each, once."""
    owed_in_lines(made, "two", 60, PAPERS)
    made.until(DATES.cut_off_at)
    done = raced(made, operators, ("cut_off", {}), ("cut_off", {}))
    assert sorted("done" in one for one in done) == [False, True], done
    assert sorted(said_of(made, name)[0] for name in ("one", "two")) == ["held", "released"]
    assert taken(made) == [("one", "reserve", 60)]
    assert used(made) == 60
    all_replay(made)


def test_one_licence_drawn_on_by_two_cycles(made: MadeHouse, operators: list[Operator]) -> None:
    """A cycle used 60 of a licence and a declaration of 100; another 60 wait for the next cycle. It
    is cut off by one process while another gives a credit note of 30 on the first 60: whichever
    comes first, both are served, and no more is taken than there is."""
    set_off(made)
    cycles, following = made.house.cycles, made.house.cycles.next_dates()
    cycles.open(following)
    made.both(cycles.propose_fixing(following.id, RATES, "the example", "P1", made.keys["P1"]))
    owed_in_lines(made, "two", 60, [("licence", "L-1"), ("customs_declaration", "P other")])
    take_customs(made, "B", declared("other", "A1", "B1", 100, 10))
    made.until(following.cut_off_at)
    note = {"number": made.number["one"], "by": "A1", "reference": "CN 1", "amount_minor": 30_00}
    done = raced(made, operators, ("cut_off", {"cycle": following.id}), ("credit", note))
    assert all("done" in one for one in done), done
    written = sorted(taken(made))
    assert written[:2] == [("one", "reserve", 60), ("one", "return", 30)]
    assert written[2:] in ([("one", "use", 60)], [("one", "use", 60), ("two", "reserve", 60)])
    assert (said_of(made, "two")[0] == "released") == (len(written) == 4)
    all_replay(made)


def test_two_credit_notes_return_to_one_licence(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Notes on two obligations of two documents, neither in an exclusive unit: what each returns to
    the licence that both used is written, since whoever takes or returns holds the authorities."""
    take_customs(made, "B", declared("other", "A1", "B1", 30, 6))
    owed_in_lines(made, "two", 30, [("licence", "L-1"), ("customs_declaration", "P other")])
    set_off(made)
    write, looked = Authorities._write_entries, threading.Barrier(2)

    def slowly(own: Authorities, unit: Unit, entries: list[Entry], cycle: str | None) -> None:
        with suppress(threading.BrokenBarrierError):
            looked.wait(1)
        write(own, unit, entries, cycle)

    monkeypatch.setattr(Authorities, "_write_entries", slowly)
    with House.open(made.house.folder) as other:
        done = at_once(
            lambda: made.house.obligations.credit(made.number["one"], "A1", "CN 1", 10_00),
            lambda: other.obligations.credit(made.number["two"], "A1", "CN 2", 20_00),
        )
    assert all(isinstance(one, dict) for one in done), done
    assert sorted(one for one in taken(made) if one[1] == "return") == [
        ("one", "return", 10), ("two", "return", 20),
    ]  # fmt: skip


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
