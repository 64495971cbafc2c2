# SPDX-License-Identifier: Apache-2.0
"""Registrations written together: each as it would be alone, and what is not plain left alone."""

from __future__ import annotations

import datetime
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.made_house import MadeHouse
from tests.made_obligations import said
from tests.made_service import Desk, worked_service

from skontro.flow.once import Answer
from skontro.flow.together import Asked
from skontro.house.obligations import Registration
from skontro.house.roles import Actor, Grant
from skontro.house.trade import NOTHING
from skontro.store.rows import find_all
from skontro.store.schema import (
    filing,
    obligation,
    obligation_trade,
    outbox,
    registration,
    request_done,
    verdict,
)

PROGRAM = Actor("key 1", (Grant("operator"),), is_program=True)
OF_B1, OF_B2, OF_A1 = (
    Actor(f"key of {firm}", (Grant("participant_clerk", firm),), is_program=True)
    for firm in ("B1", "B2", "A1")
)
TABLES = (filing, obligation, obligation_trade, registration, request_done, verdict)


@pytest.fixture
def made(tmp_path: Path, database_url: str) -> Iterator[MadeHouse]:
    house = MadeHouse(tmp_path / "house", url=database_url)
    house.import_list()
    house.admit_firms()
    yield house
    house.house.close()


def asked(one: Registration, actor: Actor = PROGRAM, request: str = "") -> Asked:
    return Asked(actor, request or f"{one.sender}/{one.reference}", "ab" * 32, one)


def register(made: MadeHouse, *many: Asked) -> list[Answer | None]:
    return made.house.together.register(list(many), lambda number, state: f"{number} {state}")


def content(made: MadeHouse) -> dict[str, Any]:
    """What the tables hold, without the times of the machine."""
    with made.house.database.read() as unit:
        return {
            table.name: sorted(
                (tuple(bytes(value) if isinstance(value, memoryview) else value
                       for name, value in row._mapping.items()
                       if (table.name, name) not in (("request_done", "at"), ("verdict", "id")))
                 for row in find_all(unit, table)
                 if table is not verdict or row.subject_kind == "obligation"),
                key=repr,
            )
            for table in TABLES
        }  # fmt: skip


MANY = [
    said("B1", "1", document="D-1"),
    said("A1", "2", document="D-2", amount_minor=7),
    said("B1", "3", document="D-3", due_date="", document_date=""),
    said("B2", "4", document="D-4", debtor="A2", creditor="B2", currency="INR"),
    said("B1", "5", document="D-5", trade=NOTHING),
    said("B1", "6", document=""),
]  # fmt: skip


def test_together_as_alone(made: MadeHouse, tmp_path: Path) -> None:
    answers = register(made, *(asked(one) for one in MANY))
    assert all(answers)
    assert not any(one and one.is_repeated for one in answers)
    alone = MadeHouse(tmp_path / "alone")
    alone.import_list()
    alone.admit_firms()
    for one in MANY:
        def work(one: Registration = one) -> tuple[int, str]:
            number, state = alone.house.obligations.register(one)
            return 201, f"{number} {state}"

        alone.house.once.do(PROGRAM.id, f"{one.sender}/{one.reference}", "ab" * 32, work)
    assert content(made) == content(alone)
    outcomes = {row[2] for row in content(made)["obligation"]}
    assert len(content(made)["verdict"]) == len(MANY)
    assert outcomes
    alone.house.close()


def test_of_several_callers_each_has_its_own(made: MadeHouse) -> None:
    """Goal: callers share a unit of work and nothing else. Method: firms and a program of the house
    ask under the same ids; each has its effect and its answer, and asks again for its own alone."""
    many = [
        asked(said("B1", "1", document="D-1"), OF_B1, "same"),
        asked(said("A1", "2", document="D-2"), OF_A1, "same"),
        asked(said("A2", "6", document="D-6", debtor="A2"), OF_A1, "other"),  # not A1's to say
        asked(said("B2", "4", document="D-4", debtor="A2", creditor="B2"), OF_B2, "same"),
        asked(said("B1", "5", document="D-5", trade=NOTHING), PROGRAM, "same"),
    ]
    answers = register(made, *many)
    assert [one is not None for one in answers] == [True, True, False, True, True]
    with made.house.database.read() as unit:
        done = {row.caller: row.answer for row in find_all(unit, request_done)}
    assert done == {
        ask.actor.id: answer.text for ask, answer in zip(many, answers, strict=True) if answer
    }
    assert register(made, *many) == [None] * 5


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("of", ["another's word", "another's request"])
def test_nobody_gets_into_the_row_of_another(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch, of: str
) -> None:
    """Goal: with every check of the flow taken away, row security refuses what one firm's program
    would write for another that is in the same unit, and nothing is written. Method: a word in the
    other's name; a request kept as the other's."""
    from skontro.flow import together

    monkeypatch.setattr(together, "_may_ask", lambda _asked: True)
    theirs = asked(said("B2", "1", document="D-1", debtor="A2", creditor="B2"), OF_B2)
    mine = asked(said("B1", "2", document="D-2"), OF_B1)
    assert all(register(made, theirs, mine))
    before = content(made)
    bad = asked(said("B2", "4", document="D-4", debtor="A2", creditor="B2"), OF_B1)
    if of == "another's request":
        write, bad = made.house.together._write, asked(said("B1", "4", document="D-4"), OF_B1)

        def written(unit: Any, every: Any, found: Any) -> None:
            for one in found:
                one.rows[-1][1]["caller"] = OF_B2.id
            write(unit, every, found)

        monkeypatch.setattr(made.house.together, "_write", written)
    good = asked(said("B2", "3", document="D-3", debtor="A2", creditor="B2"), OF_B2)
    assert register(made, good, bad) == [None, None]
    assert content(made) == before


def test_together_they_are_one_event_of_a_kind(made: MadeHouse) -> None:
    """What is registered together is told as what is registered alone, in fewer rows."""

    def told() -> list[tuple[str, int]]:
        with made.house.database.read() as unit:
            rows = find_all(unit, outbox)
        return [(row.kind, number) for row in rows if row.kind.startswith("obligation.")
                for number in json.loads(row.content)["obligations"]]  # fmt: skip

    register(made, *(asked(one) for one in MANY))
    with made.house.database.read() as unit:
        rows = find_all(unit, outbox)
        held = [row.subject for row in find_all(unit, verdict, outcome="held")]
        numbers = [row.number for row in find_all(unit, obligation)]
    kinds = [row.kind for row in rows if row.kind.startswith("obligation.")]
    assert sorted(kinds) == ["obligation.held", "obligation.registered"]
    assert held
    assert sorted(told()) == sorted(
        [("obligation.registered", number) for number in numbers]
        + [("obligation.held", int(number)) for number in held]
    )


def test_what_is_not_plain_is_left_alone(made: MadeHouse) -> None:
    """Goal: whatever needs more than being written is written by nobody here. Method: one of each
    kind between two that are plain; these alone are in the tables afterwards."""
    made.house.obligations.register(said("B1", "old", document="D-9"))
    unlike = [
        asked(said("B1", "old", document="D-10")),  # a used reference
        asked(said("A1", "x", document="D-9")),  # what the other party said
        asked(said("B1", "y", document="D-9")),  # a double of one's own
        asked(said("A2", "z", document="D-11")),  # no party to it
        asked(said("B1", "n", document="D-12", creditor="ZZ")),  # nobody's creditor
        asked(said("B1", "s", document="D-13", amount_minor=0)),  # no obligation
        asked(said("A1", "o", document="D-14"), OF_B1),  # not who it works for
        asked(said("B1", "p", document="D-15"), Actor("P1", (Grant("operator"),), person="P1")),
    ]
    first, last = asked(said("B1", "1", document="D-1")), asked(said("B1", "2", document="D-2"))
    before = content(made)
    answers = register(made, first, *unlike, last)
    assert [one is not None for one in answers] == [True, *[False] * len(unlike), True]
    assert len(content(made)["registration"]) == len(before["registration"]) + 2


def test_a_second_of_a_kind_is_left_alone(made: MadeHouse) -> None:
    answers = register(
        made,
        asked(said("B1", "1", document="D-1")),
        asked(said("B1", "2", document="D-1")),  # the same document
        asked(said("B1", "1", document="D-3")),  # the same reference
        asked(said("B1", "4", document="D-4"), request="B1/1"),  # the same request
        asked(said("B1", "5", document="D-5")),
    )
    assert [one is not None for one in answers] == [True, False, False, False, True]


def test_a_request_that_had_its_effect_is_left_alone(made: MadeHouse) -> None:
    both = [asked(said("B1", name, document=f"D-{name}")) for name in "12"]
    assert all(register(made, *both))
    other = asked(said("B1", "3", document="D-3"))
    again = register(made, *both, other, asked(said("B1", "4", document="D-4")))
    assert [one is not None for one in again] == [False, False, True, True]


def test_nothing_is_written_where_the_house_is_read_only(made: MadeHouse) -> None:
    """Goal: a unit that comes to nothing leaves nothing, and no request held. Method: the house is
    read-only for a while."""
    from skontro.store.rows import change
    from skontro.store.schema import house as of_house

    both = [asked(said("B1", name, document=f"D-{name}")) for name in "12"]
    with made.house.database.unit("a test") as unit:
        change(unit, of_house, {"id": made.house.id}, read_only=1)
    assert register(made, *both) == [None, None]
    assert not content(made)["registration"]
    assert not content(made)["request_done"]
    assert made.house.once._under_way == set()


def test_many_at_once_over_http_have_one_effect_each(tmp_path: Path, database_url: str) -> None:
    """Goal: what is written together is answered as what is written alone. Method: six programs, of
    firms and of the house, ask at once, each twice, half of them for what another said already."""
    served = worked_service(tmp_path / "house", database=database_url)
    ends = served.house.wall.now() + datetime.timedelta(days=1)
    keys = [
        served.house.access.make_key("P1", "a test", *whose, ends)["key"]
        for whose in (("participant_clerk", "A1"), ("participant_clerk", "B1"), ("operator", ""))
    ]
    before = len(content(served.made)["registration"])

    def body(sender: str, name: str) -> dict[str, str]:
        return {"sender": sender, "reference": name, "debtor": "A1", "creditor": "B1",
                "amount": "1.00", "currency": "EUR", "document": f"T-{name}"}  # fmt: skip

    def work(mine: int) -> list[tuple[int, str, bool]]:
        desk, told = Desk(served.service, key=keys[mine % 2 if mine < 4 else 2]), []
        for turn in range(4):
            sender = "B1" if mine % 2 else "A1"
            name = f"{mine // 2}-{turn}"
            for _ in range(2):
                one = desk.post("/obligations", body(sender, name), key=f"{mine}-{turn}")
                told.append((one.status_code, one.text, "idempotent-replayed" in one.headers))
        return told

    with ThreadPoolExecutor(6) as pool:
        told = [one for each in pool.map(work, range(6)) for one in each]
    assert {status for status, _, _ in told} == {201}
    for first, second in zip(told[::2], told[1::2], strict=True):
        assert first[1] == second[1]
        assert not first[2]
        assert second[2]
    after = content(served.made)
    assert len(after["registration"]) == before + 24
    said_by_both = [row for row in after["obligation"] if "T-" in str(row)]
    assert len(said_by_both) == 12
    served.house.close()
