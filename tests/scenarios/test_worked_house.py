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


ONLY_A_OWES = "quota = \"15000.00\"            # in the house's unit"
LIMITS = {"pay_in = \"full\"  ": "pay_in = \"limits\""}


@pytest.mark.parametrize(
    ("quotas", "discharged"),
    [
        ({}, 425_000),
        ({ONLY_A_OWES: "quota = \"10000.00\""}, 420_000),
        ({ONLY_A_OWES: "quota = \"0.00\""}, 410_000),
        ({ONLY_A_OWES: "quota = \"0.00\"", **BOTH_WAYS}, 410_000),
    ],
    ids=["15,000", "10,000", "0", "the other way round"],
)  # fmt: skip
def test_the_quota_bounds_what_is_discharged(
    tmp_path: Path, quotas: dict[str, str], discharged: int
) -> None:
    """The last rows of the table: pay-in limits of A1 and B3, and four quotas of "A owes B"."""
    made = worked_house(tmp_path / "house", changes=LIMITS | quotas)
    made.both(made.house.participants.propose_limits(
        "P1", made.keys["P1"],
        pay_in=[("A1", "EUR", 5_000_000), ("B3", "INR", 135_000_000)],
    ))  # fmt: skip
    if len(quotas) == 2:
        made.fund_a()
    made.run_to_final()
    final = made.house.cycles.show(DATES.id)["runs"][-1]["summary"]
    assert final["discharged_minor"] == discharged * 100


def waiting(made: MadeHouse) -> dict[str, tuple[int, str]]:
    """What waits to be paid, in units of the side's currency, and why."""
    return {
        row["participant"]: (row["amount_minor"] // 100, row["why"])
        for side in made.house.settlement.board(DATES.id)["sides"]
        for row in side["pay_outs"]["waiting"]
    }


def left_without_a1(made: MadeHouse) -> None:
    """B3 pays and A1 does not; the deadline passes."""
    made.run_to_final()
    calls = {one["participant"]: one for one in made.house.settlement.instruct(DATES.id)}
    pay(made, calls["B3"], 135_000_000)
    made.until(DATES.pay_in_deadline)


def recast(made: MadeHouse) -> int:
    """Two people recast what the rules want recast; what is settled by it."""
    money = made.house.settlement
    assert money.missed(DATES.id) == {"covered": {}, "recast": True}
    outcome = made.both(money.propose_recast(DATES.id, "P1", made.keys["P1"]))
    return int(str(outcome["settled_minor"]))


NOT_PAID = {"o1": 50_000, "o2": 900_000, "o3": 30_000, "o5": 0, "o6": 0, "o7": 0, "o8": 0}


def test_a1_does_not_pay(tmp_path: Path, database_url: str) -> None:
    """Goal: every figure of the rows about A1's failed pay-in.

    Before the recast the set-off of 320,000 stands, 35,000 of pay-outs on side A wait and so does
    the border leg of 15,000. After it o4's 15,000 settle: B3 in, A3 out, B owes A 15,000, which A's
    working balance carries. o1, o2, o3 stay at 50,000, 10,000, 30,000; A2, B1, B2 are not paid.
    """
    made = worked_house(tmp_path / "house", url=database_url, changes=BOTH_WAYS)
    made.fund_a()
    left_without_a1(made)
    money = made.house.settlement
    final = made.house.cycles.show(DATES.id)["runs"][-1]["summary"]
    assert final["set_off_minor"] == 32_000_000
    assert waiting(made) == {
        "A2": (20_000, "pay-ins"), "A3": (15_000, "pay-ins"),
        "B1": (1_800_000, "pay-ins"), "B2": (900_000, "pay-ins"),
    }  # fmt: skip
    assert money.positions_now() == {}
    with pytest.raises(Conflict, match="missing"):
        money.plan(DATES.id)
    assert recast(made) == 1_500_000
    assert money.plan(DATES.id)["border"] == [
        {"debtor": "B", "creditor": "A", "flow_minor": 1_500_000, "position_minor": 1_500_000}
    ]
    money.settle(DATES.id)
    assert made.left() == NOT_PAID | {"o4": 0}
    assert waiting(made) == {
        "A2": (20_000, "recast"), "B1": (1_800_000, "recast"), "B2": (900_000, "recast"),
    }  # fmt: skip
    act = money.propose_release(DATES.id, "A", "EUR", "P1", made.keys["P1"])
    made.both(act)
    (one,) = made.house.people.find_act(act)["content"]["payments"]
    assert (one["participant"], one["amount_minor"]) == ("A3", 1_500_000)
    money.sent("A", "EUR", one["pay_out"], bank_reference="out 1")
    made.house.cycles.close(DATES.id)
    left = {code: amount for code, amount in made.house.journal.balances().items() if amount}
    assert left == {
        "border:A:EUR": 1_500_000, "working:A:EUR": -1_500_000,
        "bank:B:INR": 270_000_000, "border:B:INR": -135_000_000, "working:B:INR": -135_000_000,
    }  # fmt: skip


@pytest.mark.parametrize("why", ["no working balance", "no quota"])
def test_a3_waits_where_nobody_carries_it(tmp_path: Path, why: str) -> None:
    """Without a working balance on A, or without that quota, o4 is not settled: A3 waits.

    B3's money is not needed, and goes back to B3 by two people.
    """
    made = worked_house(tmp_path / "house", changes=BOTH_WAYS if "balance" in why else {})
    if "quota" in why:
        made.fund_a()
    left_without_a1(made)
    money = made.house.settlement
    assert recast(made) == 0
    money.plan(DATES.id)
    money.settle(DATES.id)
    assert made.left() == NOT_PAID | {"o4": 60_000}
    assert waiting(made)["A3"] == (15_000, "recast")
    act = money.propose_release(DATES.id, "B", "INR", "P1", made.keys["P1"])
    (one,) = made.house.people.find_act(act)["content"]["payments"]
    assert (one["participant"], one["purpose"], one["amount_minor"]) == (
        "B3", "return", 135_000_000,
    )  # fmt: skip


def test_a1_pays_only_20000(tmp_path: Path) -> None:
    """65,000 settles; B owes A 5,000."""
    made = worked_house(tmp_path / "house", changes=BOTH_WAYS)
    made.fund_a()
    made.run_to_final()
    money = made.house.settlement
    calls = {one["participant"]: one for one in money.instruct(DATES.id)}
    pay(made, calls["B3"], 135_000_000)
    pay(made, calls["A1"], 2_000_000)
    made.until(DATES.pay_in_deadline)
    assert recast(made) == 6_500_000
    money.plan(DATES.id)
    money.settle(DATES.id)
    assert made.left()["o4"] == 0
    assert money.positions_now() == {("B", "A"): 500_000}


def test_out_of_order_and_alone(tmp_path: Path, database_url: str) -> None:
    """Steps out of order say what is missing; nobody does alone what takes two."""
    made = worked_house(tmp_path / "house", url=database_url)
    with pytest.raises(Conflict, match="needs it to be correcting"):
        made.house.cycles.irrevocable(DATES.id)
    act = made.house.participants.propose_limits("P1", made.keys["P1"], quotas=[("A", "B", 5)])
    with pytest.raises(Forbidden, match="another person"):
        made.house.people.approve(act, "P1", made.keys["P1"])
