# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from tests.made_house import ACCOUNTS
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import Conflict, Forbidden, InvariantViolation
from skontro.flow.backup import BankLine, back_up, propose_resume, restore
from skontro.ops.clock import SetClock
from skontro.store.rows import find_all
from skontro.store.schema import money_line


def one_side(folder: Path, *firms: str, **options: object) -> MadeSettlement:
    """A house with one side, where no border is in the way."""
    rules = made_rules({"A": "EUR"}, **options)  # type: ignore[arg-type]
    return MadeSettlement(folder / "house", rules, firms or ("A1", "A2", "A3"))


def test_a_side_alone_settles(tmp_path: Path) -> None:
    made = one_side(tmp_path)
    owed = made.owe("A1", "A2", 100_00, "EUR")
    assert made.run({"EUR": "1"})["A1"]["due_minor"] == 100_00
    made.pay("A1")
    made.check()
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()
    assert made.left(owed) == 0
    assert made.pay_all("A") == {"A2": 100_00}
    made.check()
    made.house.cycles.close(made.cycle)
    made.check()
    assert made.books() == {}
    with pytest.raises(Conflict, match="is done"):
        made.money.settle(made.cycle)


def settled(made: MadeSettlement) -> None:
    """Everything arrived: place it, settle it, pay it, close."""
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()


# ---- money that comes otherwise ----------------------------------------------------------------


def test_parts_too_much_and_twice(tmp_path: Path) -> None:
    """A pay-in is filled by parts; what is over waits; the same line again changes nothing."""
    made = one_side(tmp_path)
    made.owe("A1", "A2", 100_00, "EUR")
    made.run({"EUR": "1"})
    assert made.pay("A1", 40_00)["matched_minor"] == 40_00
    before = made.books()
    last = f"line {made._lines}"
    assert made.pay("A1", 40_00, line=last)["matched_minor"] == 40_00
    assert made.books() == before
    with pytest.raises(Conflict, match="something else"):
        made.pay("A1", 41_00, line=last)
    over = made.pay("A1", 70_00)
    assert (over["state"], over["matched_minor"]) == ("suspense", 60_00)
    assert made.pay("A1", 5_00)["matched_minor"] == 0
    made.check()
    assert made.books()["held:A1:EUR"] == -100_00
    assert made.books()["suspense:A:EUR"] == -15_00


@pytest.mark.parametrize(
    "said",
    [
        {"payer": "Firm A2"},
        {"payer_account": "NL64ABNA0417164301"},  # A2's
        {"reference": "RF18539007547034"},
        {"reference": ""},
    ],
)
def test_what_is_not_the_participants_goes_to_suspense(
    tmp_path: Path, said: dict[str, str]
) -> None:
    made = one_side(tmp_path)
    made.owe("A1", "A2", 100_00, "EUR")
    made.run({"EUR": "1"})
    assert made.pay("A1", **said)["state"] == "suspense"
    made.check()
    assert made.books()["suspense:A:EUR"] == -100_00
    assert "held:A1:EUR" not in made.books()


def test_the_own_account_is_enough_and_the_other_sides_is_not(tmp_path: Path) -> None:
    made = MadeSettlement(
        tmp_path / "house", made_rules({"A": "EUR", "B": "EUR"}), ("A1", "A2", "B1")
    )
    made.owe("A1", "A2", 100_00, "EUR")
    call = made.run({"EUR": "1"})["A1"]
    assert made.stray("B", 100_00, call["reference"], "Firm A1")["state"] == "suspense"
    made.pay("A1", payer="a clerk", payer_account="NL91 ABNA 0417 1643 00")
    made.check()
    assert made.books()["held:A1:EUR"] == -100_00


def test_suspense_is_assigned_or_returned_by_two(tmp_path: Path) -> None:
    """Goal: what was nobody's becomes a pay-in's, or goes back; each by two people, each once."""
    made = one_side(tmp_path)
    made.owe("A1", "A2", 100_00, "EUR")
    call = made.run({"EUR": "1"})["A1"]
    one = made.stray("A", 130_00, payer="The Parent of A1")["line"]
    other = made.stray("A", 7_00, payer="Nobody We Know")["line"]
    assert [row["line"] if "line" in row else row["id"] for row in made.money.suspense()] == [
        one, other,
    ]  # fmt: skip
    act = made.money.propose_assignment(one, *made.p1, to=call["pay_in"])
    again = made.money.propose_assignment(one, *made.p1, to=call["pay_in"])
    assert made.both(act)["left_minor"] == 30_00
    with pytest.raises(Conflict, match="30"):
        made.both(again)
    made.check()
    assert made.books()["held:A1:EUR"] == -100_00
    with pytest.raises(Conflict, match="needs no more money"):
        made.both(made.money.propose_assignment(other, *made.p1, to=call["pay_in"]))
    for line in (one, other):
        made.both(made.money.propose_assignment(line, *made.p1))
    with pytest.raises(Conflict, match="is returned"):
        made.both(made.money.propose_assignment(other, *made.p1))
    assert made.money.suspense() == []
    content = made.release("A", None)
    assert [one["amount_minor"] for one in content["payments"]] == [30_00, 7_00]
    made.send(content)
    made.check()
    assert "suspense:A:EUR" not in made.books()


def test_what_a_bank_gives_back_of_a_return_goes_back_again_under_another_id(
    tmp_path: Path,
) -> None:
    made = one_side(tmp_path)
    line = made.stray("A", 7_00, payer="Nobody We Know")["line"]
    ids = []
    for _ in range(3):
        made.both(made.money.propose_assignment(line, *made.p1))
        content = made.release("A", None)
        ids.append(content["payments"][0]["end_to_end"])
        made.send(content)
        made.check()
        made.give_back(content["payments"][0]["pay_out"])
        made.check()
        assert [one["open_minor"] for one in made.money.suspense()] == [7_00]
    assert len({*ids}) == 3


def test_what_a_listed_payer_sent_stays_where_it_is(tmp_path: Path) -> None:
    made = one_side(tmp_path)
    line = made.stray("A", 7_00, payer="Somebody Listed")["line"]
    made.import_list("Somebody Listed")
    with pytest.raises(Forbidden, match="house review"):
        made.both(made.money.propose_assignment(line, *made.p1))
    assert made.books()["suspense:A:EUR"] == -7_00


def test_whoever_is_listed_before_the_second_signature_is_not_paid(tmp_path: Path) -> None:
    """The payer of money in suspense: released by the gate when proposed, and no longer."""
    made = one_side(tmp_path)
    line = made.stray("A", 7_00, payer="Somebody Listed")["line"]
    made.both(made.money.propose_assignment(line, *made.p1))
    act = made.money.propose_release(None, "A", "EUR", *made.p1)
    made.import_list("Somebody Listed")
    with pytest.raises(Forbidden, match="house review"):
        made.both(act)
    with pytest.raises(Conflict, match="nothing is ready"):
        made.money.propose_release(None, "A", "EUR", *made.p1)
    assert [one["open_minor"] for one in made.money.suspense()] == [7_00]


# ---- what does not come ------------------------------------------------------------------------


def late_house(folder: Path, **options: object) -> tuple[MadeSettlement, int, int]:
    """A1 and A2 each owe A3; both pay-ins are called."""
    made = one_side(folder, **options)
    first, second = made.owe("A1", "A3", 100_00, "EUR"), made.owe("A2", "A3", 50_00, "EUR")
    made.run({"EUR": "1"})
    return made, first, second


def test_recast_again_where_something_came(tmp_path: Path) -> None:
    """Recasts have numbers; each goes by what came; the plan goes by the last, and no older one."""
    made, first, second = late_house(tmp_path)
    made.pay("A2")
    with pytest.raises(Conflict, match="may come until"):
        made.missed()
    with pytest.raises(Conflict, match="are missing"):
        made.money.plan(made.cycle)
    made.at("pay_in_deadline")
    assert made.missed()["recast"]["settled_minor"] == 50_00
    with pytest.raises(Conflict, match="nothing came since recast 1"):
        made.recast()
    made.pay("A1", 30_00)
    with pytest.raises(Conflict, match="money came since"):
        made.money.plan(made.cycle)
    assert made.recast()["settled_minor"] == 80_00
    settled(made)
    assert (made.left(first), made.left(second)) == (70_00, 0)
    steps = made.house.cycles.show(made.cycle)["steps"]
    assert [one["number"] for one in steps if one["step"] == "recast"] == [1, 2]
    assert [one["agrees"] for one in made.house.cycles.replay(made.cycle)] == [True] * 4
    assert made.pay_all("A") == {"A3": 80_00}
    made.house.cycles.close(made.cycle)
    made.check()


def test_two_people_recast(tmp_path: Path) -> None:
    """Goal: money goes by no recast that two people did not approve as it stands.

    Method: proposed and not approved, approved by its maker, overtaken by money, by another
    recast, by a later deadline, by a changed archive; after each the plan is still refused.
    """
    made, *_ = late_house(tmp_path)
    people, money = made.house.people, made.money
    made.pay("A2")
    made.at("pay_in_deadline")
    assert money.missed(made.cycle) == {"covered": {}, "recast": True}
    first, other = (money.propose_recast(made.cycle, *made.p1) for _ in range(2))
    with pytest.raises(Conflict, match="are missing"):
        money.plan(made.cycle)
    with pytest.raises(Forbidden, match="another person must check it"):
        people.approve(first, *made.p1)
    with pytest.raises(Conflict, match="is not what was shown"):
        people.approve(first, "P2", made.keys["P2"], digest=people.find_act(other)["digest"])
    longer = made.house.now + datetime.timedelta(hours=1)
    made.both(made.house.rule_book.propose_times(made.cycle, *made.p1, pay_in_deadline=longer))
    with pytest.raises(Conflict, match="may come until"):
        made.both(first)
    made.until(longer)
    made.pay("A1", 30_00)
    with pytest.raises(Conflict, match="money came since"):
        made.both(first)
    with pytest.raises(Conflict, match="are missing"):
        money.plan(made.cycle)
    now, same = (money.propose_recast(made.cycle, *made.p1) for _ in range(2))
    assert made.both(now)["settled_minor"] == 80_00
    with pytest.raises(Conflict, match="or it was recast"):
        made.both(same)
    made.pay("A1", 20_00)
    last = money.propose_recast(made.cycle, *made.p1)
    content = people.find_act(last)["content"]
    table = made.house.folder / content["folder"] / "obligations.parquet"
    table.write_bytes(table.read_bytes() + b"x")
    with pytest.raises(InvariantViolation, match="was changed"):
        made.both(last)
    with pytest.raises(Conflict, match="money came since the last recast"):
        money.plan(made.cycle)
    again = money.propose_recast(made.cycle, *made.p1)
    assert people.find_act(again)["content"]["folder"] != content["folder"]
    assert made.both(again)["settled_minor"] == 100_00
    settled(made)
    made.check()


def test_all_comes_after_the_recast(tmp_path: Path) -> None:
    """Then the final run's plan is the one to go by."""
    made, first, second = late_house(tmp_path)
    made.pay("A2")
    made.at("pay_in_deadline")
    made.missed()
    made.pay("A1")
    with pytest.raises(Conflict, match="every pay-in"):
        made.missed()
    settled(made)
    assert (made.left(first), made.left(second)) == (0, 0)
    board = made.money.board(made.cycle)["sides"][0]["pay_ins"]
    assert (board["due_minor"], board["arrived_minor"]) == (150_00, 150_00)


def test_nobody_pays(tmp_path: Path) -> None:
    made, first, second = late_house(tmp_path)
    made.at("pay_in_deadline")
    assert made.missed()["recast"]["settled_minor"] == 0
    settled(made)
    assert (made.left(first), made.left(second)) == (100_00, 50_00)
    made.house.cycles.close(made.cycle)
    made.check()
    assert made.books() == {}


def test_a_queue_waits_for_business_days(tmp_path: Path) -> None:
    """The deadline is a Thursday; three business days later is a Tuesday, at the same hour."""
    made, *_ = late_house(tmp_path, missed=("queue", 3))
    made.pay("A2")
    made.at("pay_in_deadline")
    deadline = made.house.now
    assert deadline.strftime("%A %d %H") == "Thursday 05 12"
    with pytest.raises(Conflict, match="may come until 2026-02-10T12"):
        made.missed()
    made.until(deadline + datetime.timedelta(days=5))
    made.pay("A1", 60_00)
    board = made.money.board(made.cycle)["sides"][0]["pay_ins"]
    assert (board["late_minor"], board["missing_minor"]) == (60_00, 40_00)
    assert made.missed()["recast"]["settled_minor"] == 110_00


def test_a_pool_covers_and_is_repaid(tmp_path: Path) -> None:
    """The pool covers the smallest whole; what comes late repays it first, even after the plan."""
    made, first, second = late_house(tmp_path, missed=("pool", 0), pools={"A": "80.00"})
    made.fund("A", 80_00, "pool")
    made.at("pay_in_deadline")
    with pytest.raises(Conflict, match="pool"):
        made.recast()
    done = made.missed()
    ins = {firm: call["pay_in"] for firm, call in made.calls.items()}
    assert done["covered"] == {ins["A2"]: 50_00, ins["A1"]: 30_00}
    assert done["recast"]["settled_minor"] == 80_00
    made.check()
    assert made.books()["claim:A1:EUR"] == 30_00
    with pytest.raises(Conflict, match="0 minor units"):
        made.money.withdraw("A", "EUR", 1, purpose="pool", firm="A1")
    made.pay("A2", 20_00)
    settled(made)
    assert (made.left(first), made.left(second)) == (70_00, 0)
    assert made.books()["claim:A2:EUR"] == 30_00
    made.pay("A2", 40_00)
    made.check()
    assert "claim:A2:EUR" not in made.books()
    assert made.books()["suspense:A:EUR"] == -10_00
    fund = next(one for one in made.money.funds() if one["side"] == "A")
    assert (fund["pool_minor"], fund["pool_owed_minor"]) == (50_00, 30_00)
    assert made.pay_all("A") == {"A3": 80_00}
    made.check()
    number = made.money.withdraw("A", "EUR", 50_00, purpose="pool", firm="A1")
    content = made.release("A", None)
    assert content["payments"][0]["pay_out"] == number
    made.send(content)
    made.check()
    assert made.books() == {
        "bank:A:EUR": 10_00, "claim:A1:EUR": 30_00, "pool:A:EUR": -30_00, "suspense:A:EUR": -10_00,
        "payable:A1:EUR": -70_00, "receivable:A3:EUR": 70_00,
    }  # fmt: skip


def test_a_pool_that_covers_all_needs_no_recast_and_gets_back_what_is_not_needed(
    tmp_path: Path,
) -> None:
    made, first, second = late_house(tmp_path, missed=("pool", 0), pools={"A": "200.00"})
    made.fund("A", 200_00, "pool")
    made.at("pay_in_deadline")
    done = made.missed()
    assert sum(done["covered"].values()) == 150_00
    assert done["recast"] is None
    made.pay("A1")
    assert made.books()["claim:A2:EUR"] == 50_00
    assert "claim:A1:EUR" not in made.books()
    settled(made)
    assert (made.left(first), made.left(second)) == (0, 0)


def test_what_is_to_be_taken_out_of_a_pool_covers_nothing(tmp_path: Path) -> None:
    made, *_ = late_house(tmp_path, missed=("pool", 0), pools={"A": "500.00"})
    made.fund("A", 100_00, "pool")
    made.money.withdraw("A", "EUR", 60_00, purpose="pool", firm="A3")
    made.pay("A2")
    made.at("pay_in_deadline")
    covered = made.money.missed(made.cycle)
    assert covered == {"covered": {made.calls["A1"]["pay_in"]: 40_00}, "recast": True}
    made.check()


def test_late_money_is_never_lost(tmp_path: Path) -> None:
    """After plan and close it waits in suspense, for the next pay-in or to go back."""
    made, first, _ = late_house(tmp_path)
    made.pay("A2")
    made.at("pay_in_deadline")
    made.missed()
    made.money.plan(made.cycle)
    assert made.pay("A1", 20_00)["state"] == "suspense"
    made.money.settle(made.cycle)
    made.pay_all("A")
    made.house.cycles.close(made.cycle)
    late = made.pay("A1", 80_00)
    made.check()
    assert late["state"] == "suspense"
    assert made.books() == {"bank:A:EUR": 100_00, "suspense:A:EUR": -100_00}
    calls = made.run({"EUR": "1"})
    assert calls["A1"]["due_minor"] == 100_00
    for line in [row["id"] for row in made.money.suspense()]:
        made.both(made.money.propose_assignment(line, *made.p1, to=calls["A1"]["pay_in"]))
    settled(made)
    assert made.left(first) == 0
    made.pay_all("A")
    made.house.cycles.close(made.cycle)
    made.check()
    assert made.books() == {}


def test_what_another_cycle_counts_on_is_not_returned(tmp_path: Path) -> None:
    """Goal: money that came for a call stays, though the same firm's earlier cycle is settled.

    Looked at again and again, nothing of it is made ready, and what is ready is so once.
    """
    made, *_ = late_house(tmp_path)
    made.pay("A1")
    made.pay("A2")
    settled(made)
    for _ in range(2):
        act = made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
        payments = made.house.people.find_act(act)["content"]["payments"]
        assert [one["participant"] for one in payments] == ["A3"]
    made.pay_all("A")
    made.house.cycles.close(made.cycle)
    made.owe("A1", "A2", 30_00, "EUR")
    made.run({"EUR": "1"})
    made.pay("A1")
    with pytest.raises(Conflict, match="nothing is ready"):
        made.money.propose_release(None, "A", "EUR", *made.p1)
    made.check()
    settled(made)
    assert made.pay_all("A") == {"A2": 30_00}
    assert made.books() == {}


def test_what_came_of_a_chain_goes_as_far_as_it_does(tmp_path: Path) -> None:
    """A chain: A1 pays A2, who pays A3; A2 is whole only if A1 pays."""
    made = one_side(tmp_path)
    made.owe("A1", "A2", 40_00, "EUR")
    made.owe("A2", "A3", 100_00, "EUR")
    calls = made.run({"EUR": "1"})
    assert {firm: one["due_minor"] for firm, one in calls.items()} == {"A1": 40_00, "A2": 60_00}
    made.pay("A1", 10_00)
    made.pay("A2")
    made.at("pay_in_deadline")
    made.missed()
    settled(made)
    content = made.release("A")
    assert {one["participant"]: (one["purpose"], one["amount_minor"])
            for one in content["payments"]} == {"A3": ("settlement", 70_00)}  # fmt: skip
    made.send(content)
    made.house.cycles.close(made.cycle)
    made.check()
    assert made.books() == {}


# ---- what goes and comes back ------------------------------------------------------------------


@pytest.mark.parametrize("first", ["sent", "returned"])
def test_what_a_bank_gives_back_is_due_again(tmp_path: Path, first: str) -> None:
    """The order in which the bank says paid and returned makes no difference."""
    made, *_ = late_house(tmp_path)
    made.pay("A1")
    made.pay("A2")
    settled(made)
    content = made.release("A")
    (one,) = content["payments"]
    if first == "sent":
        made.send(content)
        made.give_back(one["pay_out"])
    else:
        made.give_back(one["pay_out"])
        made.check()
        assert made.books()["suspense:A:EUR"] == -150_00
        with pytest.raises(Conflict, match="not paid"):
            made.house.cycles.close(made.cycle)
        made.send(content)
    made.check()
    with pytest.raises(Conflict, match="did not leave"):
        made.give_back(one["pay_out"])
    made.bank["A", "EUR"] -= 150_00
    assert made.books()["due:A3:EUR"] == -150_00
    assert "suspense:A:EUR" not in made.books()
    again = made.release("A")
    assert again["payments"][0]["end_to_end"] == f"{made.cycle}/A3/EUR/2"
    assert made.send(again) == {"A3": 150_00}
    made.check()
    made.house.cycles.close(made.cycle)
    assert made.books() == {}


def test_nothing_leaves_that_waits_for_somebody(tmp_path: Path) -> None:
    """Gate, account, suspension: each reason is told, and the pay-out goes once it is over."""
    made, *_ = late_house(tmp_path)
    made.pay("A1")
    made.pay("A2")
    made.money.plan(made.cycle)
    made.import_list("Firm A3")
    assert made.money.settle(made.cycle)["waiting"] == 1
    assert made.waits("A") == {"A3": (150_00, "house review")}
    made.import_list()
    act = made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
    made.import_list("Firm A3")
    with pytest.raises(Forbidden, match="may not be paid now: house review"):
        made.both(act)
    with pytest.raises(Conflict, match="nothing is ready"):
        made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
    made.import_list()
    made.both(made.house.participants.propose_state("A3", "suspended", "a check", *made.p1))
    with pytest.raises(Conflict, match="nothing is ready"):
        made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
    assert made.waits("A") == {"A3": (150_00, "suspended")}
    made.both(made.house.participants.propose_state("A3", "admitted", "it is well", *made.p1))
    assert made.pay_all("A") == {"A3": 150_00}
    made.check()


def test_no_account_no_payment(tmp_path: Path) -> None:
    made = MadeSettlement(
        tmp_path / "house", made_rules({"A": "EUR"}), ("A1", "A2"), accounts=("A1",)
    )
    made.owe("A1", "A2", 100_00, "EUR")
    made.run({"EUR": "1"})
    made.pay("A1")
    settled(made)
    assert made.waits("A") == {"A2": (100_00, "account")}
    made.both(made.house.participants.propose_bank_details(
        "A2", "EUR", ACCOUNTS["EUR"](7), "called back", *made.p1,
    ))  # fmt: skip
    with pytest.raises(Conflict, match="nothing is ready"):
        made.release("A")
    made.until(made.house.now + datetime.timedelta(hours=48))
    assert made.pay_all("A") == {"A2": 100_00}
    made.check()


def test_the_account_is_part_of_what_is_approved(tmp_path: Path) -> None:
    """Bank details that come into force between the two signatures make the act stale."""
    made, *_ = late_house(tmp_path)
    made.pay("A1")
    made.pay("A2")
    settled(made)
    made.both(made.house.participants.propose_bank_details(
        "A3", "EUR", ACCOUNTS["EUR"](7), "called back", *made.p1,
    ))  # fmt: skip
    act = made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
    made.until(made.house.now + datetime.timedelta(hours=48))
    with pytest.raises(Conflict, match="account was changed"):
        made.both(act)


# ---- mistakes ----------------------------------------------------------------------------------


def entry_of(made: MadeSettlement, line: int) -> int:
    with made.house.database.read() as unit:
        return int(find_all(unit, money_line, id=line)[0].entry)


def undo(made: MadeSettlement, entry: int) -> None:
    made.both(made.money.propose_reversal(entry, "typed wrongly", *made.p1))


def test_a_mistake_is_undone_by_a_reversal(tmp_path: Path) -> None:
    """A line typed wrongly is undone, and the true one may come under the same id of the bank."""
    made, *_ = late_house(tmp_path)
    line = made.pay("A1", 10_00)
    typed = f"line {made._lines}"
    entry = entry_of(made, line["line"])
    undo(made, entry)
    made.bank["A", "EUR"] = 0
    made.check()
    assert "held:A1:EUR" not in made.books()
    with pytest.raises(Conflict, match="undone before"):
        undo(made, entry)
    made.bank["A", "EUR"] = 100_00
    assert made.pay("A1", 100_00, line=typed)["matched_minor"] == 100_00
    made.check()
    assert made.books()["held:A1:EUR"] == -100_00
    assert made.house.journal.verify().ok


def test_what_was_built_on_is_not_undone(tmp_path: Path) -> None:
    """Settled money, assigned money, set-off: each must be undone from its end, or not at all."""
    made, *_ = late_house(tmp_path)
    stray = made.stray("A", 100_00)["line"]
    made.both(made.money.propose_assignment(stray, *made.p1, to=made.calls["A1"]["pay_in"]))
    with pytest.raises(Conflict, match="assigned or returned since"):
        undo(made, entry_of(made, stray))
    assignment = max(
        one["number"] for one in made.house.journal.entries(most=1000) if one["kind"] == "suspense"
    )
    undo(made, assignment)
    made.check()
    assert made.books()["suspense:A:EUR"] == -100_00
    made.pay("A1")
    paid = made.pay("A2")["line"]
    settled(made)
    with pytest.raises(Conflict, match="has settled"):
        undo(made, entry_of(made, paid))
    kinds = {one["kind"]: one["number"] for one in made.house.journal.entries(most=1000)}
    for kind in ("entered", "settled", "cycle.step", "reversal"):
        with pytest.raises(Forbidden, match="none that can be undone"):
            undo(made, kinds[kind])


def test_a_payment_noted_by_mistake_is_on_its_way_again(tmp_path: Path) -> None:
    made, *_ = late_house(tmp_path)
    made.pay("A1")
    made.pay("A2")
    settled(made)
    content = made.release("A")
    made.send(content)
    with made.house.database.read() as unit:
        line = find_all(unit, money_line, pay_out=content["payments"][0]["pay_out"])[0]
    undo(made, line.entry)
    made.bank["A", "EUR"] += 150_00
    made.check()
    assert made.books()["due:A3:EUR"] == -150_00
    assert made.send(content) == {"A3": 150_00}
    made.check()
    assert made.books().get("due:A3:EUR") is None


def test_a_fund_typed_wrongly_is_undone_unless_it_is_drawn(tmp_path: Path) -> None:
    """Money of a pool that covers a pay-in cannot be typed away."""
    made, *_ = late_house(tmp_path, missed=("pool", 0), pools={"A": "500.00"})
    made.fund("A", 100_00, "pool")
    made.fund("A", 60_00, "pool")
    with made.house.database.read() as unit:
        first, second = find_all(unit, money_line, order=["id"], reference="pool")
    made.at("pay_in_deadline")
    made.missed()
    with pytest.raises(Conflict, match="would have less EUR"):
        undo(made, first.entry)
    with pytest.raises(Conflict, match="would have less EUR"):
        undo(made, second.entry)
    made.pay("A1")
    undo(made, second.entry)
    made.bank["A", "EUR"] -= 60_00
    made.check()


def test_a_return_typed_wrongly_is_undone_from_its_end(tmp_path: Path) -> None:
    """First what made it due again, then the line; not once it was released anew."""
    made, *_ = late_house(tmp_path)
    made.pay("A1")
    made.pay("A2")
    settled(made)
    content = made.release("A")
    made.send(content)
    made.give_back(content["payments"][0]["pay_out"])
    line = f"line {made._lines}"
    with made.house.database.read() as unit:
        row = find_all(unit, money_line, bank_reference=line)[0]
    again = max(
        one["number"] for one in made.house.journal.entries(most=1000) if one["kind"] == "suspense"
    )
    with pytest.raises(Conflict, match="undo the entry that made it due again first"):
        undo(made, row.entry)
    undo(made, again)
    undo(made, row.entry)
    made.bank["A", "EUR"] -= 150_00
    made.check()
    assert "due:A3:EUR" not in made.books()
    made.house.cycles.close(made.cycle)
    made.check()
    assert made.books() == {}


def test_what_left_before_a_restore_is_not_paid_again(tmp_path: Path) -> None:
    """Goal: a house restored to before its settlement settles again, and pays nothing twice.

    The backup is taken with the pay-ins in; then the cycle is settled, and A3 is paid. The restored
    house does the same steps; the pay-out is paid already by the bank's word.
    """
    made, *_ = late_house(tmp_path)
    made.pay("A1")
    made.pay("A2")
    back_up(made.house, tmp_path / "backup")
    settled(made)
    content = made.release("A")
    assert made.send(content) == {"A3": 150_00}
    made.house.close()
    house, _ = restore(tmp_path / "backup", tmp_path / "again", clock=SetClock(made.house.now))
    made.house, made.money = house, house.settlement
    gone = BankLine("A", "EUR", -150_00, "out 1", content["payments"][0]["end_to_end"])
    made.both(propose_resume(house, [gone], {"A:EUR": 0}, *made.p1))
    made.money.plan(made.cycle)
    assert made.money.settle(made.cycle) == {"run": 2, "ready": 1, "waiting": 0}
    assert made.money.board(made.cycle)["sides"][0]["pay_outs"]["paid_minor"] == 150_00
    with pytest.raises(Conflict, match="nothing is ready"):
        made.release("A")
    made.house.cycles.close(made.cycle)
    assert made.books() == {}
