# SPDX-License-Identifier: Apache-2.0
"""Every verdict is derived again to the same bytes; what was tampered with is found."""

from __future__ import annotations

import contextlib

import pytest
from tests.made_house import DATES, MadeHouse, worked_house
from tests.made_obligations import said
from tests.owner import as_owner
from tests.scenarios.test_worked_house import pay

from skontro.flow.verdict_replay import replay_verdicts


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeHouse:
    """A house that saw every kind of verdict: released, alerted, cleared, refused, stale, paid."""
    made = worked_house(tmp_path_factory.mktemp("replayed") / "house")
    house, key = made.house, made.keys["P1"]
    made.import_list([("Bakul Mills", ""), ("Banyan Tea", "")])
    house.obligations.register(said("B1", "held", document="held"))
    first, second = (one["case"] for one in house.cases.work_list("P1", key))
    made.both(house.cases.propose_decision(first, "not the same", "looked", "P1", key))
    made.both(house.cases.propose_decision(second, "the same", "looked", "P1", key))
    made.both(house.cases.propose_release(second, "delisted", "order 7", "P1", key))
    made.run_to_final()
    for call in house.settlement.instruct(DATES.id):
        pay(made, call, call["due_minor"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    house.set_clock(DATES.pay_in_deadline.replace(day=20))
    with house.database.unit("judge") as unit:
        house.gate.judge_participants(unit)
    made.import_list([("Bakul Mills", "")])
    with house.database.unit("judge") as unit:
        house.gate.judge_participants(unit)
    return made


def test_every_verdict_comes_out_the_same(made: MadeHouse) -> None:
    found = replay_verdicts(made.house)
    assert {(one.subject_kind, one.outcome) for one in found} >= {
        ("participant", "released"), ("participant", "held"), ("participant", "refused"),
        ("obligation", "released"), ("obligation", "held"), ("pay_out", "released"),
    }  # fmt: skip
    assert [one for one in found if not one.agrees] == []


def test_those_behind_a_cycle(made: MadeHouse) -> None:
    found = replay_verdicts(made.house, cycle=DATES.id)
    assert sum(one.subject_kind == "obligation" for one in found) == 8
    assert {one.subject_kind for one in found} == {"obligation", "participant"}
    assert all(one.agrees for one in found)


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE verdict SET outcome = 'released' WHERE outcome = 'held' "
         "AND subject_kind = 'participant'", "outcome"),
        ("UPDATE verdict SET reasons = '[]' WHERE reasons <> '[]'", "reasons"),
        ("UPDATE list_text SET content = replace(content, 'Bakul', 'Somebody')",
         "is not what was imported"),
        ("UPDATE gate_setting SET content = '{}'", "is not what it was"),
        ("UPDATE obligation SET amount_minor = amount_minor + 1", "content"),
    ],
)  # fmt: skip
def test_what_was_tampered_with_is_found(made: MadeHouse, statement: str, why: str) -> None:
    class Undo(Exception):
        pass

    from skontro.flow.verdict_replay import VerdictReplay
    from skontro.store.rows import find_all
    from skontro.store.schema import verdict

    with contextlib.suppress(Undo), as_owner(made.house.database) as unit:
        assert unit.connection.exec_driver_sql(statement).rowcount
        found = VerdictReplay(made.house, unit).run(find_all(unit, verdict, order=["id"]))
        raise Undo
    assert any(why in one.why for one in found if not one.agrees)
