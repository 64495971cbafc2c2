# SPDX-License-Identifier: Apache-2.0
"""The worked example, lived through by a house: every figure of the design's table."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.made_house import DATES, FIRMS, MadeHouse, worked_house

from skontro.core.errors import Conflict, Forbidden

NAMES = {each: name for each, name, _, _ in FIRMS}
SIDES = {each: side for each, _, side, _ in FIRMS}
CURRENCIES = {"A": "EUR", "B": "INR"}
BOTH_WAYS = {
    "# [[border_quota]]\n# debtor_side = \"B\"\n# creditor_side = \"A\"\n# quota = \"15000.00\"\n"
    "# tranche_table = \"carried\"\n": "[[border_quota]]\ndebtor_side = \"B\"\n"
    "creditor_side = \"A\"\nquota = \"15000.00\"\ntranche_table = \"carried\"\n"
}


def pay(made: MadeHouse, call: dict[str, object], amount_minor: int) -> None:
    """A firm pays what it was called for, or less."""
    firm = str(call["participant"])
    made.house.settlement.receive(
        SIDES[firm],
        str(call["currency"]),
        amount_minor,
        bank_reference=f"bank {call['reference']} {amount_minor}",
        reference=str(call["reference"]),
        payer=NAMES[firm],
    )


def test_all_pay(tmp_path: Path, database_url: str) -> None:
    """Cut-off, both runs, pay-ins, pay-outs, border position; nothing is owed at the end."""
    made = worked_house(tmp_path / "house", url=database_url)
    made.run_to_final()
    house = made.house
    final = house.cycles.show(DATES.id)["runs"][-1]["summary"]
    assert final["set_off_minor"] == 32_000_000
    assert final["gross_minor"] == 42_500_000
    assert made.left() == {
        "o1": 50_000, "o2": 900_000, "o3": 30_000, "o4": 60_000,
        "o5": 0, "o6": 0, "o7": 0, "o8": 0,
    }  # fmt: skip
    calls = {one["participant"]: one for one in house.settlement.instruct(DATES.id)}
    assert {firm: call["due_minor"] for firm, call in calls.items()} == {
        "A1": 5_000_000, "B3": 135_000_000,
    }  # fmt: skip
    for call in calls.values():
        pay(made, call, call["due_minor"])
    planned = house.settlement.plan(DATES.id)
    assert planned["border"] == [
        {"debtor": "A", "creditor": "B", "flow_minor": 1_500_000, "position_minor": 1_500_000}
    ]
    house.settlement.settle(DATES.id)
    assert set(made.left().values()) == {0}
    for side in ("A", "B"):
        act = house.settlement.propose_release(DATES.id, side, CURRENCIES[side], "P1",
                                               made.keys["P1"])  # fmt: skip
        released = made.house.people.find_act(act)["content"]["payments"]
        assert {one["participant"]: one["amount_minor"] for one in released} == {
            "A": {"A2": 2_000_000, "A3": 1_500_000},
            "B": {"B1": 180_000_000, "B2": 90_000_000},
        }[side]
        made.both(act)
        for one in released:
            house.settlement.sent(side, CURRENCIES[side], one["pay_out"],
                                  bank_reference=f"out {one['pay_out']}")  # fmt: skip
    house.cycles.close(DATES.id)
    left = {code: amount for code, amount in house.journal.balances().items() if amount}
    assert left == {
        "bank:A:EUR": 1_500_000, "border:A:EUR": -1_500_000,
        "border:B:INR": 135_000_000, "working:B:INR": -135_000_000,
    }  # fmt: skip
    assert [one["agrees"] for one in house.cycles.replay(DATES.id)] == [True, True]


def test_b3_not_confirmed(tmp_path: Path, database_url: str) -> None:
    """B3 out before the cut-off: o4, o6, o8 drop out and the set-off falls to 120,000."""
    made = worked_house(tmp_path / "house", url=database_url)
    for name in ("o4", "o6", "o8"):
        by = "B3" if name == "o4" else "A3" if name == "o6" else "B2"
        made.house.obligations.dispute(made.number[name], by, "B3 withdraws")
    made.run_to_final()
    assert made.house.cycles.show(DATES.id)["runs"][-1]["summary"]["set_off_minor"] == 12_000_000


@pytest.mark.parametrize(
    ("paid", "left"),
    [
        (0, {"o1": 50_000, "o2": 900_000, "o3": 30_000, "o4": 0}),
        (2_000_000, {"o4": 0}),
    ],
)
def test_a1_does_not_pay(
    tmp_path: Path, database_url: str, paid: int, left: dict[str, int]
) -> None:
    """A1's pay-in fails: the set-off stands, the recast settles what the money can."""
    made = worked_house(tmp_path / "house", url=database_url, changes=BOTH_WAYS)
    made.run_to_final()
    house = made.house
    calls = {one["participant"]: one for one in house.settlement.instruct(DATES.id)}
    pay(made, calls["B3"], 135_000_000)
    if paid:
        pay(made, calls["A1"], paid)
    with pytest.raises(Conflict, match="missing"):
        house.settlement.plan(DATES.id)
    with pytest.raises(Conflict, match="may come until"):
        house.settlement.recast(DATES.id)
    made.until(DATES.pay_in_deadline)
    made.fund_a()
    recast = house.settlement.recast(DATES.id)
    assert recast["settled_minor"] == (6_500_000 if paid else 1_500_000)
    planned = house.settlement.plan(DATES.id)
    assert planned["border"][0]["debtor"] == "B"
    house.settlement.settle(DATES.id)
    assert left.items() <= made.left().items()


def test_out_of_order_and_alone(tmp_path: Path, database_url: str) -> None:
    """Steps out of order say what is missing; nobody does alone what takes two."""
    made = worked_house(tmp_path / "house", url=database_url)
    with pytest.raises(Conflict, match="needs it to be correcting"):
        made.house.cycles.irrevocable(DATES.id)
    act = made.house.participants.propose_limits("P1", made.keys["P1"], quotas=[("A", "B", 5)])
    with pytest.raises(Forbidden, match="another person"):
        made.house.people.approve(act, "P1", made.keys["P1"])
