# SPDX-License-Identifier: Apache-2.0
"""Border positions in a house: limits, tranches, hard money, working balances, fixings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.made_settlement import RATES, STRANGER, MadeSettlement, made_rules

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.house.border import BothWays
from skontro.store.rows import find_all
from skontro.store.schema import money_line, pay_out

TWO = {"A": "EUR", "B": "INR"}
BOTH = [("A", "B", "1000.00"), ("B", "A", "1000.00")]


def two_sides(folder: Path, *, funded: int = 90_000_00, **options: Any) -> MadeSettlement:
    """Sides A in EUR and B in INR, quotas of 1,000 EUR, and a working balance on both."""
    options = {"quotas": BOTH, "working": {"A": "1000.00", "B": "90000.00"}} | options
    made = MadeSettlement(folder / "house", made_rules(TWO, **options), ("A1", "A2", "B1", "B2"))
    if funded:
        made.fund("A", funded // 90)
        made.fund("B", funded)
    return made


def gain(made: MadeSettlement, amount: int, payee: str = "The Bearer") -> int:
    """What a revaluation brought B is to be paid to who bears it."""
    return made.money.withdraw("B", "INR", amount, purpose="revaluation", payee=payee,
                               payee_account=STRANGER)  # fmt: skip


def through(made: MadeSettlement, rates: dict[str, str] | None = None) -> dict[str, Any]:
    """A whole cycle up to the settlement: everybody who is called pays."""
    made.run(rates or RATES)
    for firm in made.calls:
        made.pay(firm)
    made.check()
    planned = made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()
    return planned


def finish(made: MadeSettlement) -> None:
    """Everything that may leaves, and the cycle is closed."""
    made.pay_what_is_ready()
    for payment in made.hard():
        made.border_comes(payment)
    made.pay_what_is_ready()
    made.house.cycles.close(made.cycle)
    made.check()


def test_nothing_flows_without_the_money_to_cover_it(tmp_path: Path) -> None:
    """A quota alone lets nothing through; a working balance does once its money is there."""
    made = two_sides(tmp_path, funded=0)
    owed = made.owe("A1", "B1", 300_00, "EUR")
    assert made.run() == {}
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.house.cycles.close(made.cycle)
    made.fund("B", 18_000_00)
    made.open()
    assert made.to_final()["settled_minor"] == 200_00
    calls = made.call()
    assert {firm: one["due_minor"] for firm, one in calls.items()} == {"A1": 200_00}
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    assert made.left(owed) == 100_00
    fund = next(one for one in made.money.funds() if one["side"] == "B")
    assert (fund["there_minor"], fund["drawn_minor"], fund["drawable_minor"]) == (
        18_000_00, 18_000_00, 0,
    )  # fmt: skip
    finish(made)
    assert made.books() == {
        "bank:A:EUR": 200_00, "border:A:EUR": -200_00,
        "border:B:INR": 18_000_00, "working:B:INR": -18_000_00,
    }  # fmt: skip


def test_the_agreed_limit_bounds_what_is_drawn(tmp_path: Path) -> None:
    made = two_sides(tmp_path)
    made.both(made.money.propose_working_balance(
        "B", "INR", 9_000_00, *made.p1, sponsor="Another sponsor", agreement="WB-9",
    ))  # fmt: skip
    made.owe("A1", "B1", 300_00, "EUR")
    assert made.run()["A1"]["due_minor"] == 100_00
    assert {one["agreement"] for one in made.money.funds()} == {"WB-A", "WB-9"}


def test_what_is_drawn_or_counted_on_is_not_taken_out(tmp_path: Path) -> None:
    """A published run counts on the money; then pay-outs do; what is left may go, by two people."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 300_00, "EUR")
    made.run()
    with pytest.raises(Conflict, match="6300000 minor units of INR may be taken out"):
        made.money.withdraw("B", "INR", 63_000_01)
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    number = made.money.withdraw("B", "INR", 63_000_00)
    with pytest.raises(Conflict, match="0 minor units of INR may be taken out"):
        made.money.withdraw("B", "INR", 1)
    content = made.release("B", None)
    assert [(one["pay_out"], one["purpose"]) for one in content["payments"]][-1] == (
        number, "working",
    )  # fmt: skip
    made.send(content)
    made.check()
    assert made.books()["working:B:INR"] == -27_000_00
    assert made.books().get("bank:B:INR", 0) == 0


def test_what_is_with_the_bank_counts_before_what_is_ready(tmp_path: Path) -> None:
    """Cover that is typed away is what was let go's first: what is only ready is stopped."""
    made = two_sides(tmp_path, funded=0)
    made.fund("B", 9_000_00)
    made.fund("B", 9_000_00)
    with made.house.database.read() as unit:
        first, _ = find_all(unit, money_line, order=["id"], reference="working")
    made.owe("A1", "B1", 100_00, "EUR")
    made.owe("A1", "B2", 100_00, "EUR")
    people = made.house.participants
    through(made)
    made.both(people.propose_state("B2", "suspended", "a test", *made.p1))
    assert [one["participant"] for one in made.release("B")["payments"]] == ["B1"]
    made.both(people.propose_state("B2", "admitted", "a test", *made.p1))
    made.import_list()
    made.money.propose_release(made.cycle, "B", "INR", *made.p1)
    with made.house.database.read() as unit:
        rows = find_all(unit, pay_out, order=["id"], side="B", state=["ready", "released"])
        assert [row.state for row in rows] == ["released", "ready"]
    made.both(made.money.propose_reversal(first.entry, "typed wrongly", *made.p1))
    made.bank["B", "INR"] -= 9_000_00
    made.check()
    assert made.waits("B") == {"B2": (9_000_00, "cover")}


def test_what_waits_for_its_sponsor_is_told(tmp_path: Path) -> None:
    """A run computed before the sponsor left is not published after."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 300_00, "EUR")
    made.open()
    cycles = made.house.cycles
    made.at("cut_off_at")
    cycles.cut_off(made.cycle)
    cycles.preliminary(made.cycle)
    made.at("window_ends_at")
    cycles.irrevocable(made.cycle)
    act = cycles.propose_final(made.cycle, *made.p1)
    made.money.withdraw("B", "INR", 80_000_00)
    with pytest.raises(Conflict, match="30000 would flow between A and B, and 11111 may now"):
        made.both(act)
    made.both(cycles.propose_final(made.cycle, *made.p1))
    assert made.call()["A1"]["due_minor"] == 111_11


def test_a_position_turns(tmp_path: Path) -> None:
    """A owes B, trade turns, B owes A: the position goes through nought, and so does the money."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 300_00, "EUR")
    through(made)
    finish(made)
    assert made.money.positions_now() == {("A", "B"): 300_00}
    made.owe("B2", "A2", 500_00, "EUR")
    assert through(made)["border"] == [
        {"debtor": "B", "creditor": "A", "flow_minor": 500_00, "position_minor": 200_00}
    ]
    finish(made)
    assert made.money.positions_now() == {("B", "A"): 200_00}
    assert made.books() == {
        "bank:A:EUR": 800_00, "border:A:EUR": 200_00, "working:A:EUR": -1000_00,
        "bank:B:INR": 108_000_00, "border:B:INR": -18_000_00, "working:B:INR": -90_000_00,
    }  # fmt: skip


def test_a_new_fixing_is_booked_per_side(tmp_path: Path) -> None:
    """The rupee falls from 90 to 93: B is owed more rupees, and nothing changes in euro."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 300_00, "EUR")
    through(made)
    finish(made)
    dear = {"EUR": "1", "INR": "1/93", "AED": "1/4"}
    made.open(dear)
    made.check()
    assert made.books()["border:B:INR"] == 27_900_00
    assert made.books()["revaluation:B:INR"] == -900_00
    assert made.books()["border:A:EUR"] == -300_00
    entry = made.house.journal.entries(most=1000, cycle=made.cycle)[-1]
    assert entry["kind"] == "revaluation"
    assert entry["content"]["sides"] == {
        "B": {"currency": "INR", "before_minor": -27_000_00, "now_minor": -27_900_00}
    }
    # The whole position comes back at the new rate; what it gained stays booked as money.
    made.owe("B1", "A1", 300_00, "EUR")
    made.to_final()
    made.call()
    made.pay("B1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    finish(made)
    assert made.money.positions_now() == {}
    assert made.books() == {
        "bank:A:EUR": 1000_00, "working:A:EUR": -1000_00,
        "bank:B:INR": 90_900_00, "revaluation:B:INR": -900_00, "working:B:INR": -90_000_00,
    }  # fmt: skip


def test_a_loss_at_the_fixing_bounds_what_may_come_back(tmp_path: Path) -> None:
    """B owes A 300 EUR and holds 27,000 INR for it; at 93 that is 290.32 EUR, and B has no more.

    Only so much may flow back as B has money for: no pay-out on B is planned without cover.
    """
    made = two_sides(tmp_path, working={"A": "1000.00", "B": "0.00"})
    made.owe("B1", "A1", 300_00, "EUR")
    through(made)
    finish(made)
    made.money.withdraw("B", "INR", 90_000_00)
    made.send(made.release("B", None))
    owed = made.owe("A2", "B2", 300_00, "EUR")
    through(made, {"EUR": "1", "INR": "1/93", "AED": "1/4"})
    assert made.left(owed) == 300_00 - 290_32
    finish(made)
    assert made.money.positions_now() == {("B", "A"): 9_68}
    assert 0 <= made.bank["B", "INR"] < 93


def test_half_hard(tmp_path: Path) -> None:
    """Half is settled in money: what needs it waits for it, the rest goes."""
    made = two_sides(tmp_path, table="half", working={"B": "18000.00"})
    made.owe("A1", "B1", 300_00, "EUR")
    made.owe("A1", "B2", 100_00, "EUR")
    through(made)
    (payment,) = made.hard()
    assert (payment["amount_minor"], payment["debtor_minor"], payment["creditor_minor"]) == (
        200_00, 200_00, 18_000_00,
    )  # fmt: skip
    assert made.pay_all("B") == {"B2": 9_000_00}
    assert made.waits("B") == {"B1": (27_000_00, "cover")}
    with pytest.raises(Conflict, match="was not released"):
        made.border_comes(payment)
    made.bank["B", "INR"] -= 18_000_00
    with pytest.raises(Conflict, match="not paid"):
        made.house.cycles.close(made.cycle)
    made.pay_all("A")
    made.check()
    made.border_comes(payment, 10_000_00)
    made.check()
    assert made.waits("B") == {"B1": (27_000_00, "cover")}
    made.border_comes(payment, 9_000_00)
    made.check()
    assert made.books()["suspense:B:INR"] == -1_000_00
    assert made.waits("B") == {}
    assert made.pay_all("B") == {"B1": 27_000_00}
    made.house.cycles.close(made.cycle)
    made.check()
    assert made.books() == {
        "bank:A:EUR": 1200_00, "border:A:EUR": -200_00, "working:A:EUR": -1000_00,
        "bank:B:INR": 73_000_00, "border:B:INR": 18_000_00, "working:B:INR": -90_000_00,
        "suspense:B:INR": -1_000_00,
    }  # fmt: skip
    leg = made.money.border()["positions"][0]
    assert (leg["position_minor"], leg["carried_minor"]) == (400_00, 200_00)


def test_hard_money_is_found_by_its_reference(tmp_path: Path) -> None:
    made = two_sides(tmp_path, table="half")
    made.owe("A1", "B1", 300_00, "EUR")
    through(made)
    (payment,) = made.hard()
    made.send(made.release("A"))
    came = made.stray("B", payment["creditor_minor"], payment["reference"], "A correspondent")
    assert came["state"] == "matched"
    made.check()
    assert made.hard()[0]["state"] == "arrived"


def test_past_the_quota_all_is_hard(tmp_path: Path) -> None:
    """The table has a rule for what is past the quota: it may flow, and is paid in money."""
    made = two_sides(
        tmp_path, table="half", quotas=[("A", "B", "200.00"), ("B", "A", "200.00")],
        working={"B": "9000.00"},
    )  # fmt: skip
    made.owe("A1", "B1", 500_00, "EUR")
    through(made)
    (payment,) = made.hard()
    assert payment["amount_minor"] == 100_00 + 300_00
    finish(made)
    assert made.money.border()["positions"][0]["carried_minor"] == 100_00


def test_a_union_with_capital(tmp_path: Path) -> None:
    """Debtors pay 0/20/40/60/80 %, creditors receive 0/50/50/50/50 %: the capital account bears it.

    A comes to owe 500 of a quota of 1,000 in two cycles: it pays 0 + 40 of the first 400 and 40 of
    the rest; B receives 100 and 50. The hub's account pays what A does not.
    """
    made = two_sides(tmp_path, table="union")
    made.fund("", 200_00, "capital")
    made.owe("A1", "B1", 400_00, "EUR")
    through(made)
    assert [(one["debtor_side"], one["creditor_side"], one["amount_minor"])
            for one in made.hard()] == [("A", "", 40_00), ("", "B", 100_00)]  # fmt: skip
    for side in ("A", "", "B"):
        made.pay_all(side)
        made.check()
    for payment in made.hard():
        made.border_comes(payment)
    made.check()
    made.house.cycles.close(made.cycle)
    assert made.books()["bank::EUR"] == 140_00
    assert made.books()["border::EUR"] == 60_00
    made.owe("A1", "B1", 100_00, "EUR")
    through(made)
    assert [one["amount_minor"] for one in made.hard()] == [40_00, 50_00]
    position = made.money.border()["positions"][0]
    assert (position["position_minor"], position["carried_minor"]) == (500_00, 420_00)


def test_the_union_waits_for_its_capital(tmp_path: Path) -> None:
    made = two_sides(tmp_path, table="union")
    made.owe("A1", "B1", 400_00, "EUR")
    through(made)
    made.pay_all("A")
    with pytest.raises(Conflict, match="cover for 0 minor units"):
        made.release("")
    made.fund("", 60_00, "capital")
    for payment in made.hard():
        if payment["creditor_side"] == "":
            made.border_comes(payment)
    made.pay_all("")
    made.check()


def test_a_lowered_quota_touches_no_published_run(tmp_path: Path) -> None:
    """Two people lower the quota after the final run: its plan stands; the next keeps to it."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 300_00, "EUR")
    made.run()
    made.both(made.house.participants.propose_limits(*made.p1, quotas=[("A", "B", 100_00)]))
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    finish(made)
    assert made.money.positions_now() == {("A", "B"): 300_00}
    made.owe("A1", "B1", 50_00, "EUR")
    made.owe("B2", "A2", 30_00, "EUR")
    made.run()
    # What meets within a side needs no border: 30 of the 50, and nothing more.
    assert {firm: one["due_minor"] for firm, one in made.calls.items()} == {
        "A1": 30_00, "B2": 30_00 * 90,
    }  # fmt: skip


def test_two_cycles_under_way_never_count_on_the_same_money(tmp_path: Path) -> None:
    """The next run is published before this one is planned: together they keep the limit."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 700_00, "EUR")
    made.run()
    first, calls = made.cycle, made.calls
    owed = made.owe("A2", "B2", 700_00, "EUR")
    made.run()
    assert {firm: one["due_minor"] for firm, one in made.calls.items()} == {"A2": 300_00}
    second = made.cycle
    made.pay("A2")
    made.money.plan(second)
    made.money.settle(second)
    made.check()
    made.calls = calls
    made.pay("A1")
    made.money.plan(first)
    made.money.settle(first)
    made.check()
    assert made.money.positions_now() == {("A", "B"): 1000_00}
    assert made.left(owed) == 400_00
    made.cycle = second
    finish(made)
    made.cycle = first
    finish(made)


def test_two_cycles_under_way_never_pass_the_quota(tmp_path: Path) -> None:
    """Money enough lies with both sides: it is the quota that the published run counts on."""
    made = two_sides(tmp_path, working={"A": "5000.00", "B": "500000.00"}, funded=450_000_00)
    made.owe("A1", "B1", 700_00, "EUR")
    made.run()
    made.owe("A2", "B2", 700_00, "EUR")
    made.run()
    assert {firm: one["due_minor"] for firm, one in made.calls.items()} == {"A2": 300_00}


def test_what_is_planned_is_worth_nothing_before_it_is_settled(tmp_path: Path) -> None:
    """Another cycle's fixing revalues what is booked, and not what is only planned."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 100_00, "EUR")
    made.run()
    made.pay("A1")
    made.money.plan(made.cycle)
    before = made.books()
    made.open(RATES | {"INR": "1/100"})
    assert made.books() == before
    made.check()


def test_a_cycle_waits_for_hard_money_to_arrive(tmp_path: Path) -> None:
    made = two_sides(tmp_path, table="half")
    made.owe("A1", "B1", 300_00, "EUR")
    through(made)
    made.pay_what_is_ready()
    (payment,) = made.hard()
    assert payment["sent_minor"] == payment["debtor_minor"]
    for amount in (5_000_00, payment["creditor_minor"] - 5_000_00):
        with pytest.raises(Conflict, match="under way"):
            made.house.cycles.close(made.cycle)
        made.border_comes(payment, amount)
    made.house.cycles.close(made.cycle)
    made.check()


def test_cover_is_looked_at_again_when_payments_are_let_go(tmp_path: Path) -> None:
    """Between the proposal and the second signature two others lower what may be drawn."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 100_00, "EUR")
    through(made)
    act = made.money.propose_release(made.cycle, "B", "INR", *made.p1)
    made.both(made.money.propose_working_balance(
        "B", "INR", 0, *made.p1, sponsor="Sponsor of B", agreement="WB-0",
    ))  # fmt: skip
    with pytest.raises(Conflict, match="has cover for 0"):
        made.both(act)
    made.check_schemes()
    assert made.books()["bank:B:INR"] == 90_000_00


def test_what_a_sponsor_is_about_to_take_out_carries_nothing(tmp_path: Path) -> None:
    made = two_sides(tmp_path)
    made.money.withdraw("B", "INR", 81_000_00)
    made.owe("A1", "B1", 300_00, "EUR")
    assert made.run()["A1"]["due_minor"] == 100_00


def test_hard_money_goes_before_pay_outs(tmp_path: Path) -> None:
    """Goal: what an account must pay hard is not paid out, though pay-outs are smaller.

    A is to get 200 hard from C, and to pay B 100 hard; it took in 100. Once its working balance
    may not be drawn any more, the 100 that are there are B's: A's own creditors wait for C.
    """
    every = {"step": [{"width": "1", "debtor_hard": "1", "creditor_hard": "1"}], "beyond": "hard"}
    pairs = [("A", "B"), ("B", "A"), ("A", "C"), ("C", "A")]
    rules = made_rules(
        {"A": "EUR", "B": "INR", "C": "AED"}, quotas=[(*pair, "1000.00") for pair in pairs],
        table="every", tables={"every": every}, working={"A": "1000.00", "B": "90000.00"},
    )  # fmt: skip
    made = MadeSettlement(tmp_path / "house", rules, ("A1", "A2", "A3", "B1", "C1"))
    made.fund("A", 1_000_00)
    made.fund("B", 90_000_00)
    made.owe("A1", "B1", 100_00, "EUR")
    made.owe("C1", "A2", 100_00, "EUR")
    made.owe("C1", "A3", 100_00, "EUR")
    through(made)
    made.both(made.money.propose_working_balance(
        "A", "EUR", 0, *made.p1, sponsor="Sponsor of A", agreement="WB-0",
    ))  # fmt: skip
    content = made.release("A")
    assert (content["payments"], len(content["border"])) == ([], 1)
    made.send(content)
    made.check()
    assert made.waits("A") == {"A2": (100_00, "cover"), "A3": (100_00, "cover")}


def test_an_alarm_for_a_structural_debtor(tmp_path: Path) -> None:
    """A owes more each cycle and nothing comes back: past half its quota for three cycles."""
    made = two_sides(tmp_path, alarm=(3, "1/2"))
    seen = []
    for _ in range(4):
        made.owe("A1", "B1", 150_00, "EUR")
        through(made)
        finish(made)
        seen.append(made.money.border())
    position = [one["positions"][0] for one in seen]
    assert [one["position_minor"] for one in position] == [150_00, 300_00, 450_00, 600_00]
    assert [one["share"] for one in position] == ["3/20", "3/10", "9/20", "3/5"]
    assert [one["alarm"] for one in position] == [False, False, False, True]
    assert position[-1]["speed"] == "15000"
    assert position[-1]["cycles_left"] == 3
    sides = {one["side"]: one for one in seen[-1]["sides"]}
    assert (sides["A"]["position_minor"], sides["B"]["position_minor"]) == (600_00, -600_00)
    assert sides["B"]["alarm"]
    assert seen[-1]["compensable"] == "0"
    made.owe("B1", "A1", 100_00, "EUR")
    through(made)
    assert made.money.border()["compensable"] == "2/7"


def test_a_side_with_two_currencies_exchanges(tmp_path: Path) -> None:
    """A keeps euro and is short of dollars; two people let it exchange, and the pay-out goes.

    A1 owes B1 100 EUR, B2 owes A2 100 USD; a dollar is 7/8 of a euro. A takes in 100 EUR and is to
    pay 100 USD, 87.50 EUR, so that it owes 12.50 EUR. The bank wants 88 EUR for 100 USD.
    """
    rates = {"EUR": "1", "INR": "1/90", "USD": "7/8"}
    rules = made_rules(TWO, quotas=BOTH, working={"A": "1000.00", "B": "90000.00"},
                       more={"A": ["USD"]})  # fmt: skip
    made = MadeSettlement(
        tmp_path / "house", rules, ("A1", "A2", "B1", "B2"), home={"A2": "USD"}
    )
    made.fund("B", 90_000_00)
    made.owe("A1", "B1", 100_00, "EUR")
    made.owe("B2", "A2", 100_00, "USD")
    made.fund("A", 100_00)
    through(made, rates)
    assert made.money.positions_now() == {("A", "B"): 12_50}
    assert made.waits("A") == {"A2": (100_00, "cover")}
    assert made.books()["border:A:EUR"] == -100_00
    assert made.books()["border:A:USD"] == 100_00
    for sell, buy in ((("EUR", 1), ("INR", 1)), (("EUR", 1), ("EUR", 1)), (("EUR", 0), ("USD", 1))):
        with pytest.raises(Rejected):
            made.money.exchange("A", sell, buy)
    with pytest.raises(Conflict, match="10000 minor units of EUR may be exchanged"):
        made.money.exchange("A", ("EUR", 100_01), ("USD", 110_00))
    wrong = made.money.exchange("A", ("EUR", 88_00), ("USD", 1))
    made.money.stop(wrong, exchange=True)
    number = made.money.exchange("A", ("EUR", 88_00), ("USD", 100_00))
    with pytest.raises(Conflict, match="1200 minor units"):
        made.money.exchange("A", ("EUR", 88_00), ("USD", 100_00))
    content = made.release("A", None)
    assert [one["border_payment"] for one in content["border"]] == [number]
    for gone in (wrong, number):
        with pytest.raises(Conflict, match="no exchange that waits for two people"):
            made.money.stop(gone, exchange=True)
    with pytest.raises(Conflict, match="was not released"):
        made.money.border_sent(wrong, bank_reference="of a stopped one")
    made.send(content)
    made.check()
    made.open(rates)  # the same rates: money on its way is no loss
    assert "revaluation:A:EUR" not in made.books()
    stopped, exchanged = made.money.exchanges()
    assert (stopped["state"], exchanged["state"]) == ("stopped", "released")
    made.border_comes(exchanged)
    made.check()
    made.cycle = made.house.cycles.table()[0]["id"]
    assert made.waits("A") == {}
    assert made.send(made.release("A", currency="USD")) == {"A2": 100_00}
    made.check()
    with made.house.database.unit("test", exclusive=True) as unit:
        made.money.revalue(unit, made.cycle)
    made.check()
    # It still owes 12.50, and has 12.00 for it: the bank took half a euro.
    assert made.books()["border:A:EUR"] == -12_50
    assert made.books()["revaluation:A:EUR"] == 50
    assert made.bank["A", "EUR"] == 112_00


def test_who_bears_a_revaluation_pays_or_is_paid(tmp_path: Path) -> None:
    """A loss at a fixing is paid in by who bears it, a gain in money is paid out, by two people."""
    made = two_sides(tmp_path)
    made.owe("B1", "A1", 300_00, "EUR")
    through(made)
    finish(made)
    with pytest.raises(Conflict, match="0 minor units of INR may be taken out"):
        gain(made, 1)
    made.open({"EUR": "1", "INR": "1/93", "AED": "1/4"})
    assert made.books()["revaluation:B:INR"] == 900_00
    made.fund("B", 900_00, "revaluation")
    made.check()
    assert "revaluation:B:INR" not in made.books()
    made.to_final()
    made.call()
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.house.cycles.close(made.cycle)
    made.open({"EUR": "1", "INR": "1/92", "AED": "1/4"})
    # B owes 300 EUR, 27,600 INR now, and has 27,900 for it.
    with pytest.raises(Conflict, match="30000 minor units of INR may be taken out"):
        gain(made, 300_01)
    gain(made, 300_00)
    made.check()
    with pytest.raises(Conflict, match="0 minor units of INR may be taken out"):
        gain(made, 1)
    content = made.release("B", None)
    assert [one["purpose"] for one in content["payments"]] == ["revaluation"]
    made.check()
    made.send(content)
    made.check()
    assert "revaluation:B:INR" not in made.books()
    assert made.books()["border:B:INR"] == -27_600_00


def test_border_money_that_is_over_goes_back(tmp_path: Path) -> None:
    made = two_sides(tmp_path, table="half")
    made.owe("A1", "B1", 300_00, "EUR")
    through(made)
    (payment,) = made.hard()
    made.send(made.release("A"))
    came = made.stray("B", payment["creditor_minor"] + 5_00, payment["reference"], "A Bank")
    assert came["state"] == "suspense"
    made.check()
    (row,) = made.money.suspense()
    assert (row["open_minor"], row["payer_said"]) == (5_00, f"A Bank\n{STRANGER}")
    made.both(made.money.propose_assignment(row["id"], *made.p1))
    made.send(made.release("B", None))
    made.check()
    assert "suspense:B:INR" not in made.books()


def test_what_a_run_counts_on_is_not_exchanged_nor_paid_as_a_gain(tmp_path: Path) -> None:
    """B has 300 EUR of A's money at home; a final run is to pay 200 of them out at B.

    A gain and an exchange may take what is over, no more. When that run is settled, its pay-outs
    go, and with nothing left of other sides' money nothing may leave but the sponsor's.
    """
    rates = {"EUR": "1", "INR": "1/90", "USD": "7/8"}
    rules = made_rules(TWO, quotas=BOTH, working={"A": "1000.00", "B": "90000.00"},
                       more={"B": ["USD"]})  # fmt: skip
    made = MadeSettlement(tmp_path / "house", rules, ("A1", "B1"))
    made.fund("A", 1000_00)
    made.owe("B1", "A1", 300_00, "EUR")
    through(made, rates)
    finish(made)
    made.both(made.money.propose_working_balance(
        "B", "INR", 0, *made.p1, sponsor="Sponsor of B", agreement="WB-0",
    ))  # fmt: skip
    assert made.books()["bank:B:INR"] == 27_000_00
    made.owe("A1", "B1", 200_00, "EUR")
    made.run(rates)
    with pytest.raises(Conflict, match="900000 minor units of INR may be exchanged"):
        made.money.exchange("B", ("INR", 9_000_01), ("USD", 100_00))
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.open(rates | {"INR": "1/45"})
    # B owes 100 EUR: 4,500 INR of the 9,000 that are over are a gain.
    made.money.exchange("B", ("INR", 8_000_00), ("USD", 100_00))
    with pytest.raises(Conflict, match="100000 minor units of INR may be taken out"):
        gain(made, 4_000_00)
    made.check()


def test_a_revaluation_that_the_bank_gave_back_is_there_again(tmp_path: Path) -> None:
    """Paid out, given back, paid out again; a withdrawal is the same to whoever is paid."""
    made = two_sides(tmp_path)
    made.owe("B1", "A1", 300_00, "EUR")
    through(made)
    finish(made)
    made.open({"EUR": "1", "INR": "1/89", "AED": "1/4"})
    assert made.books()["revaluation:B:INR"] == -300_00
    for wrong in ({"purpose": "revaluation"}, {"payee": "The Bearer"}):
        with pytest.raises(Rejected):
            made.money.withdraw("B", "INR", 300_00, **wrong)
    held = gain(made, 200_00)
    made.money.stop(held)
    with pytest.raises(Conflict, match="no withdrawal that waits for two people"):
        made.money.stop(held)
    number = gain(made, 300_00)
    content = made.release("B", None)
    (said,) = content["payments"]
    with made.house.database.read() as unit:
        assert made.house.record(unit, said["payee"][0]) == f"The Bearer\n{STRANGER}"
    made.send(content)
    made.check()
    assert "revaluation:B:INR" not in made.books()
    made.give_back(number)
    made.check()
    assert made.books()["revaluation:B:INR"] == -300_00
    gain(made, 300_00)
    made.send(made.release("B", None))
    made.check()
    assert "revaluation:B:INR" not in made.books()


def test_the_gate_holds_whom_a_list_names_of_a_revaluation(tmp_path: Path) -> None:
    made = two_sides(tmp_path)
    made.owe("B1", "A1", 300_00, "EUR")
    through(made)
    finish(made)
    made.open({"EUR": "1", "INR": "1/89", "AED": "1/4"})
    made.import_list("The Bearer")
    with pytest.raises(Forbidden, match="house review"):
        gain(made, 1, "The  bearer")
    gain(made, 2, "Another")
    act = made.money.propose_release(None, "B", "INR", *made.p1)
    made.import_list("The Bearer", "Another")
    with pytest.raises(Forbidden, match="house review of pay-out"):
        made.both(act)
    made.check()


def test_a_quota_at_the_hub_agreed_later_goes_by_the_hub_s_table(tmp_path: Path) -> None:
    """The rules name no quota of B against the hub; two people agree one. It is settled as A's."""
    quotas = [("A", "", "1000.00"), ("", "A", "1000.00"), ("", "B", "1000.00")]
    whole = {"step": [{"width": "1", "debtor_hard": "1", "creditor_hard": "1"}], "beyond": "hard"}
    made = two_sides(tmp_path, quotas=quotas, table="whole", tables={"whole": whole})
    made.both(made.house.participants.propose_limits(
        *made.p1, quotas=[("B", "", 500_00), ("", "B", 500_00)],
    ))  # fmt: skip
    with made.house.database.read() as unit:
        hub = made.money.terms(unit).hub
    assert hub is not None
    assert hub.table.name == "whole"
    assert hub.quotas["B"] == BothWays(500_00, 500_00)
    made.owe("B1", "A1", 300_00, "EUR")
    through(made)
    assert [(one["debtor_minor"], one["creditor_minor"]) for one in made.hard()] == [
        (27_000_00, 300_00)
    ]
    finish(made)


def test_who_makes_money_ready_to_leave_is_written_down(tmp_path: Path) -> None:
    """A withdrawal and an exchange, and each taken back: the journal says by whom."""
    made = MadeSettlement(
        tmp_path / "house", made_rules({"A": "EUR"}, working={"A": "100.00"}), ["A1"]
    )
    made.fund("A", 100_00)
    number = made.money.withdraw("A", "EUR", 40_00, person="P1")
    made.money.stop(number, person="P2")
    steps = [one["content"] for one in made.house.journal.entries(most=1000)
             if one["kind"] == "money.step"]  # fmt: skip
    assert steps == [
        {"step": "withdraw", "person": "P1", "pay_out": number},
        {"step": "stop", "person": "P2", "pay_out": number},
    ]


def half(folder: Path) -> tuple[MadeSettlement, dict[str, Any]]:
    """A must pay B 150 EUR hard, and its bank was told to."""
    made = two_sides(folder, table="half")
    made.owe("A1", "B1", 300_00, "EUR")
    through(made)
    made.release("A")
    (payment,) = made.hard()
    assert (payment["state"], payment["debtor_minor"]) == ("released", 150_00)
    return made, payment


def left(made: MadeSettlement, payment: dict[str, Any], amount: int, line: str) -> dict[str, int]:
    """A's bank pays an amount of hard money; saying it again changes nothing."""
    made.bank["A", "EUR"] -= amount
    said: dict[str, Any] = {"bank_reference": line, "amount_minor": amount}
    told = made.money.border_sent(payment["id"], **said)
    again = made.money.border_sent(payment["id"], **said)
    assert again == told
    with pytest.raises(Conflict, match="something else"):
        made.money.border_sent(payment["id"], bank_reference=line, amount_minor=amount + 1)
    made.check()
    return told


def test_hard_money_leaves_in_parts(tmp_path: Path) -> None:
    """The rest must still leave: it is no cover, and the cycle waits; a part is undone alone."""
    made, payment = half(tmp_path)
    for wrong in (0, -1, 2**62):
        with pytest.raises(Rejected):
            made.money.border_sent(payment["id"], bank_reference="x", amount_minor=wrong)
    with pytest.raises(Rejected, match="leaves in EUR"):
        made.money.border_sent(payment["id"], bank_reference="x", amount_minor=5, currency="INR")
    assert left(made, payment, 100_00, "first") == {"less_minor": 50_00, "more_minor": 0}
    assert left(made, payment, 20_00, "second") == {"less_minor": 30_00, "more_minor": 0}
    with made.house.database.read() as unit:
        assert made.money.account(unit, "A", "EUR").hard_out == 30_00
        entry = find_all(unit, money_line, bank_reference="second")[0].entry
    made.border_comes(payment)
    made.pay_what_is_ready()
    with pytest.raises(Conflict, match="border payments of"):
        made.house.cycles.close(made.cycle)
    made.both(made.money.propose_reversal(entry, "typed wrongly", *made.p1))
    made.bank["A", "EUR"] += 20_00
    made.check()
    assert made.hard()[0]["sent_minor"] == 100_00
    made.bank["A", "EUR"] -= 50_00
    told = made.money.border_sent(payment["id"], bank_reference="third")
    assert told == {"less_minor": 0, "more_minor": 0}
    with pytest.raises(Conflict, match="was paid before"):
        made.money.border_sent(payment["id"], bank_reference="fourth", amount_minor=1)
    made.check()
    made.pay_what_is_ready()
    made.house.cycles.close(made.cycle)
    made.check()
    assert not [one for one in made.books() if one.startswith("suspense:")]


def test_hard_money_that_left_too_much_is_missing(tmp_path: Path) -> None:
    made, payment = half(tmp_path)
    assert left(made, payment, 153_00, "too much") == {"less_minor": 0, "more_minor": 3_00}
    (missing,) = made.money.suspense()
    assert missing["open_minor"] == -3_00
    back = made.stray("A", 3_00, payer="the bank")["line"]
    made.both(made.money.propose_assignment(back, *made.p1, missing=missing["id"]))
    made.check()
    made.border_comes(payment)
    made.pay_what_is_ready()
    made.house.cycles.close(made.cycle)
    made.check()
    assert not [one for one in made.books() if one.startswith("suspense:")]
