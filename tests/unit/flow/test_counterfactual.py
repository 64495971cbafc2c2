# SPDX-License-Identifier: Apache-2.0
"""The run with and without a frozen party: nothing of it entered, and what others lost by that."""

from __future__ import annotations

import pytest
from tests.made_house import DATES, MadeHouse, worked_house
from tests.made_obligations import said
from tests.scenarios.test_worked_house import pay

from skontro.core.errors import Forbidden, Rejected
from skontro.flow.counterfactual import counterfactual
from skontro.ops.keys import SigningKey


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeHouse:
    """The worked example, B1 frozen before the cut-off."""
    made = worked_house(tmp_path_factory.mktemp("frozen") / "house")
    house, key = made.house, made.keys["P1"]
    house.set_clock(DATES.cut_off_at)
    made.import_list([("Bakul Mills", "")])
    (case,) = house.cases.work_list("P1", key)
    made.both(house.cases.propose_decision(case["case"], "the same", "it is", "P1", key))
    house.cycles.cut_off(DATES.id)
    house.cycles.preliminary(DATES.id)
    house.set_clock(DATES.window_ends_at)
    made.import_list([("Bakul Mills", "")])
    house.cycles.irrevocable(DATES.id)
    made.both(house.cycles.propose_final(DATES.id, "P1", key))
    return made


LOST = [
    {"participant": who, "currency": currency, "lost_minor": amount * 100}
    for who, currency, amount in (
        ("A1", "EUR", 70_000),  # 50,000 of o1 and 20,000 of o7
        ("A1", "INR", 2_700_000),  # 30,000 EUR of o5
        ("A2", "EUR", 50_000),  # of o3
        ("A2", "INR", 4_500_000),  # 50,000 EUR of o2
        ("A3", "AED", 80_000),  # 20,000 EUR of o4
        ("A3", "EUR", 20_000),  # of o7
        ("B2", "INR", 9_000_000),  # 50,000 of o2, 30,000 of o5 and 20,000 of o8, in EUR
        ("B3", "AED", 80_000),
        ("B3", "INR", 1_800_000),  # 20,000 EUR of o8
    )
]
"""Without B1 the 50,000 EUR that go A1, B1, A2, B2 and back, 30,000 by o5 straight to A1 and 20,000
by B3 and A3, are not set off: what goes into each firm comes out of it."""


def test_with_and_without(made: MadeHouse) -> None:
    """Goal: with B1 the figures are those of the worked example; without it, the published ones;
    what each of the others lost is what the freeze took of it, and all of it, counted at debtor
    and creditor, is the difference but for what B1 itself lost."""
    found = counterfactual(made.house, DATES.id, "B1", "P1", made.keys["P1"])
    assert {name: found["proof"][name] for name in
            ("in_run", "in_set", "planned_minor", "pay_outs", "paid_minor")} == dict.fromkeys(
        ("in_run", "in_set", "planned_minor", "pay_outs", "paid_minor"), 0
    )  # fmt: skip
    assert found["agrees"]
    assert {one["obligation"] for one in found["kept_out"]} == {
        made.number["o1"], made.number["o3"],
    }  # fmt: skip
    assert found["with_it"]["set_off_minor"] == 32_000_000
    published = made.house.cycles.show(DATES.id)["runs"][-1]["summary"]
    assert found["published"]["set_off_minor"] == published["set_off_minor"] < 32_000_000
    worth = {"EUR": 1, "INR": 1 / 90, "AED": 1 / 4}
    lost = sum(one["lost_minor"] * worth[one["currency"]] for one in found["lost"])
    assert found["lost"] == LOST
    of_b1 = 2 * 50_000_00
    assert lost == 2 * (32_000_000 - published["set_off_minor"]) - of_b1


def test_what_came_after_the_run_does_not_matter(made: MadeHouse) -> None:
    """Settlement moves border positions, and what is confirmed later was not kept out."""
    house, key = made.house, made.keys["P1"]
    before = counterfactual(house, DATES.id, "B1", "P1", key)
    for call in house.settlement.instruct(DATES.id):
        pay(made, call, call["due_minor"])
    house.settlement.plan(DATES.id)
    house.settlement.settle(DATES.id)
    late = said("B1", "late", document="late", due_date="2026-01-09")
    number, _ = house.obligations.register(late)
    house.obligations.confirm(number, "A1")
    assert counterfactual(house, DATES.id, "B1", "P1", key) == before
    assert before["agrees"]


def test_a_party_that_was_not_kept_out(made: MadeHouse) -> None:
    with pytest.raises(Rejected, match="was not kept out"):
        counterfactual(made.house, DATES.id, "A1", "P1", made.keys["P1"])


def test_for_compliance_alone(made: MadeHouse) -> None:
    with pytest.raises(Forbidden, match="compliance and the authority"):
        counterfactual(made.house, DATES.id, "B1", "P9", SigningKey.new())
