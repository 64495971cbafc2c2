# SPDX-License-Identifier: Apache-2.0
"""After finality: payments are blocked, and what was final is made good on an order alone."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from tests.made_house import DATES, PASSPHRASE, MadeHouse, worked_house
from tests.scenarios.test_worked_house import pay

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow import case_orders
from skontro.flow.case_reports import exposure, report_case
from skontro.store.rows import find_all
from skontro.store.schema import case_event, discharge, journal_entry, verdict

DOCUMENT = hashlib.sha256(b"the order").hexdigest()
SAID = {"order": "FIU 2026/17", "document": DOCUMENT, "reason": "proceeds to be returned"}


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    """A house whose final run is published and paid in; then B1 turns up on a list."""
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    for call in made.house.settlement.instruct(DATES.id):
        pay(made, call, call["due_minor"])
    made.house.settlement.plan(DATES.id)
    made.house.settlement.settle(DATES.id)
    made.import_list([("Bakul Mills", "")])
    return made


def by(made: MadeHouse) -> tuple[str, object]:
    return "P1", made.keys["P1"]


def confirmed(made: MadeHouse) -> int:
    house = made.house
    (case,) = [one["case"] for one in house.cases.work_list(*by(made))]
    made.both(house.cases.propose_decision(case, "the same", "we looked", *by(made)))
    return int(case)


def propose(made: MadeHouse, case: int, reached: dict[int, int], **changed: str) -> int:
    maker, signer = by(made)
    return case_orders.propose_order(
        made.house, case, reached, maker=maker, signer=signer, **(SAID | changed)
    )


def final_rows(made: MadeHouse) -> list[tuple[object, ...]]:
    with made.house.database.read() as unit:
        return [tuple(row) for row in find_all(unit, discharge, order=["run", "obligation"])]


def test_an_order_makes_good_by_opposite_obligations(made: MadeHouse) -> None:
    """Nothing final moves; what was final is owed the other way round, and is held by the gate."""
    case, house = confirmed(made), made.house
    reached = case_orders.final_of(house, case, *by(made))
    before, balances = final_rows(made), house.journal.trial_balance()
    told = exposure(house, "B1", *by(made))
    assert reached == {
        one["obligation"]: one["final_minor"] for one in told["obligations"] if one["final_minor"]
    }
    done = made.both(propose(made, case, reached))
    assert [number for number, _ in done["opposites"]] == list(reached)
    for number, opposite in done["opposites"]:
        first, second = house.obligations.show(number), house.obligations.show(opposite)
        assert (second["debtor"], second["creditor"]) == (first["creditor"], first["debtor"])
        assert (second["amount_minor"], second["state"]) == (reached[number], "confirmed")
        with house.database.read() as unit:
            said = find_all(unit, verdict, subject_kind="obligation", subject=opposite)
        assert [one.outcome for one in said] == ["held"]
    assert final_rows(made) == before
    assert house.journal.trial_balance() == balances
    assert house.journal.verify().ok
    assert case_orders.final_of(house, case, *by(made)) == {}
    with house.database.read() as unit:
        (event,) = find_all(unit, case_event, event="reversed")
        (entry,) = find_all(unit, journal_entry, kind="order")
    assert (event.gate_case, event.digest) == (case, DOCUMENT)
    assert "FIU" not in entry.content
    assert "Bakul" not in entry.content
    shown = house.cases.show(case, *by(made))["events"][-1]
    assert shown["said"] == {"case": case} | SAID
    house.statements.unlock(PASSPHRASE)
    report = report_case(house, case, *by(made))
    assert report.content["decisions"][-1]["kind"] == "order.reverse"


def test_an_order_reaches_no_more_than_is_final(made: MadeHouse) -> None:
    case = confirmed(made)
    reached = case_orders.final_of(made.house, case, *by(made))
    number, amount = next(iter(reached.items()))
    with pytest.raises(Rejected, match="are final and not made good"):
        propose(made, case, {number: amount + 1})
    both = [propose(made, case, {number: amount}), propose(made, case, {number: 1})]
    made.both(both[0])
    with pytest.raises(Rejected, match="are final and not made good"):
        made.both(both[1])
    part = next(one for one in reached if one != number)
    made.both(propose(made, case, {part: 1}))
    assert case_orders.final_of(made.house, case, *by(made))[part] == reached[part] - 1


def test_without_an_order_nothing_is_made_good(made: MadeHouse) -> None:
    house = made.house
    (case,) = [one["case"] for one in house.cases.work_list(*by(made))]
    with pytest.raises(Conflict, match="no confirmed one"):
        propose(made, case, {made.number["o1"]: 1})
    case = confirmed(made)
    others = [number for number in made.number.values()
              if number not in case_orders.final_of(house, case, *by(made))]  # fmt: skip
    own = next(iter(case_orders.final_of(house, case, *by(made))))
    for changed in ({"order": " "}, {"document": "page 1"}, {"reason": ""}):
        with pytest.raises(Rejected):
            propose(made, case, {own: 1}, **changed)
    with pytest.raises(Rejected, match="reaches no obligation"):
        propose(made, case, {})
    with pytest.raises(Rejected):
        propose(made, case, {others[0]: 1})
    act = propose(made, case, {own: 1})
    with pytest.raises(Forbidden, match="another person"):
        house.people.approve(act, "P1", made.keys["P1"])
    made.both(house.cases.propose_release(case, "delisted", "2026/18", *by(made)))
    with pytest.raises(Conflict, match="no confirmed one"):
        made.both(act)


def test_an_exposure_adds_up(made: MadeHouse) -> None:
    """What is final, what came, what was paid, is on its way and waits, by currency."""
    house = made.house
    confirmed(made)
    told = exposure(house, "B1", *by(made))
    sums = told["sums"]
    owes = sum(one["final_minor"] for one in told["obligations"] if one["debtor"] == "B1")
    owed = sum(one["final_minor"] for one in told["obligations"] if one["creditor"] == "B1")
    assert owes == sum(one["owes_final_minor"] for one in sums.values()) > 0
    assert owed == sum(one["is_owed_final_minor"] for one in sums.values()) > 0
    waits = sum(one["amount_minor"] for one in told["pay_outs"])
    assert waits == sum(one["waits_minor"] for one in sums.values()) > 0
    assert all(one["paid_out_minor"] == one["on_the_way_minor"] == 0 for one in sums.values())
    act = house.settlement.propose_release(DATES.id, "B", "INR", *by(made))
    made.both(act)
    assert exposure(house, "B1", *by(made))["sums"] == sums
