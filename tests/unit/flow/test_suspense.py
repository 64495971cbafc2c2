# SPDX-License-Identifier: Apache-2.0
"""A bank that pays another amount than two people let go: nothing is lost, all can be settled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.store.rows import find_all
from skontro.store.schema import money_line

PLACE = ("A", "EUR")


def released(folder: Path) -> tuple[MadeSettlement, dict[str, int]]:
    """A1 has paid what it owes A2 and A3, and both pay-outs are with the bank."""
    rules = made_rules({"A": "EUR"})
    made = MadeSettlement(folder / "house", rules, ("A1", "A2", "A3"))
    made.owe("A1", "A2", 100_00, "EUR")
    made.owe("A1", "A3", 50_00, "EUR")
    made.run({"EUR": "1"})
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    content = made.release("A")
    return made, {one["participant"]: one["pay_out"] for one in content["payments"]}


def sent(made: MadeSettlement, pay_out: int, amount: int, line: str) -> dict[str, Any]:
    """The bank pays another amount; saying it again changes nothing."""
    made.bank[PLACE] -= amount
    said: dict[str, Any] = {"bank_reference": line, "amount_minor": amount}
    told = made.money.sent(*PLACE, pay_out, **said)
    assert made.money.sent(*PLACE, pay_out, **said) == told
    with pytest.raises(Conflict, match="something else"):
        made.money.sent(*PLACE, pay_out, bank_reference=line, amount_minor=amount + 1)
    made.check()
    return dict(told)


def undo(made: MadeSettlement, line: int) -> None:
    with made.house.database.read() as unit:
        entry = find_all(unit, money_line, id=line)[0].entry
    made.both(made.money.propose_reversal(entry, "typed wrongly", *made.p1))


def line_of(made: MadeSettlement, reference: str) -> int:
    with made.house.database.read() as unit:
        return int(find_all(unit, money_line, bank_reference=reference, reversed_by=0)[0].id)


def test_what_a_bank_paid_too_little_is_owed_on(tmp_path: Path) -> None:
    """The rest is made ready, and leaves like any payment: by two people, under another id."""
    made, outs = released(tmp_path)
    made.send({"side": "A", "currency": "EUR", "border": [], "payments": [
        {"participant": "A3", "pay_out": outs["A3"], "amount_minor": 50_00}]})  # fmt: skip
    assert sent(made, outs["A2"], 97_00, "too little") == {"less_minor": 3_00, "more_minor": 0}
    assert made.books() == {"bank:A:EUR": 3_00, "held:A2:EUR": -3_00}
    with pytest.raises(Conflict, match="not paid"):
        made.house.cycles.close(made.cycle)
    with pytest.raises(Conflict, match="did not leave from there"):
        made.money.returned(*PLACE, outs["A2"], bank_reference="back")
    assert made.pay_all("A") == {"A2": 3_00}
    made.check()
    with pytest.raises(Conflict, match="rest of it was let go"):
        undo(made, line_of(made, "too little"))
    made.house.cycles.close(made.cycle)
    assert made.books() == {}
    assert made.house.journal.verify().ok


def test_too_little_typed_wrongly_is_undone(tmp_path: Path) -> None:
    made, outs = released(tmp_path)
    sent(made, outs["A2"], 97_00, "out")
    undo(made, line_of(made, "out"))
    made.bank[PLACE] += 97_00
    made.check()
    assert made.books() == {"bank:A:EUR": 150_00, "due:A2:EUR": -100_00, "due:A3:EUR": -50_00}
    with pytest.raises(Conflict, match="nothing is ready"):
        made.release("A")
    made.bank[PLACE] -= 100_00
    made.money.sent(*PLACE, outs["A2"], bank_reference="out")
    made.check()


def test_what_a_bank_paid_too_much_is_missing_until_it_comes_back(tmp_path: Path) -> None:
    """Goal: what left that nobody let go is seen, is no cover, and is settled by two people.

    3.00 too much leave; 2.00 come back, then 1.00 with 0.50 of somebody else's. Each part is
    assigned to the line that is missing; then nothing is in suspense but the 0.50.
    """
    made, outs = released(tmp_path)
    made.stray("A", 9_00)
    assert sent(made, outs["A2"], 103_00, "too much") == {"less_minor": 0, "more_minor": 3_00}
    missing = line_of(made, "too much")
    with made.house.database.read() as unit:
        account = made.money.account(unit, *PLACE)
    assert (account.missing, account.due, account.cover) == (3_00, 50_00, 47_00)
    assert [one["open_minor"] for one in made.money.suspense()] == [9_00, -3_00]
    with pytest.raises(Conflict, match="nobody's money"):
        made.both(made.money.propose_assignment(missing, *made.p1))
    other = made.money.suspense()[0]["id"]
    with pytest.raises(Conflict, match="nothing is missing"):
        made.both(made.money.propose_assignment(other, *made.p1, missing=other))
    for amount, left in ((2_00, -1_00), (1_50, None)):
        back = made.stray("A", amount, payer="the bank")["line"]
        act = made.money.propose_assignment(back, *made.p1, missing=missing)
        again = made.money.propose_assignment(back, *made.p1, missing=missing)
        made.both(act)
        with pytest.raises(Conflict, match="open"):
            made.both(again)
        made.check()
        rows = {one["id"]: one["open_minor"] for one in made.money.suspense()}
        assert rows.get(missing) == left
    assert sorted(rows.values()) == [50, 9_00]
    made.bank[PLACE] -= 50_00
    made.money.sent(*PLACE, outs["A3"], bank_reference="out A3")
    made.check()
    made.house.cycles.close(made.cycle)
    assert made.books() == {"bank:A:EUR": 9_50, "suspense:A:EUR": -9_50}


def test_what_came_back_of_too_much_is_undone_from_its_end(tmp_path: Path) -> None:
    made, outs = released(tmp_path)
    made.send({"side": "A", "currency": "EUR", "border": [], "payments": [
        {"participant": "A3", "pay_out": outs["A3"], "amount_minor": 50_00}]})  # fmt: skip
    made.stray("A", 10_00)  # so that the bank has it
    sent(made, outs["A2"], 103_00, "too much")
    missing = line_of(made, "too much")
    back = made.stray("A", 3_00, payer="the bank")["line"]
    made.both(made.money.propose_assignment(back, *made.p1, missing=missing))
    with pytest.raises(Conflict, match="assigned or returned since"):
        undo(made, missing)
    assignment = max(
        one["number"] for one in made.house.journal.entries(most=1000) if one["kind"] == "suspense"
    )
    made.both(made.money.propose_reversal(assignment, "another's", *made.p1))
    made.check()
    assert [one["open_minor"] for one in made.money.suspense()] == [10_00, -3_00, 3_00]
    undo(made, missing)
    made.bank[PLACE] += 103_00
    made.check()
    assert made.books()["due:A2:EUR"] == -100_00


def test_a_return_paid_too_little_leaves_the_rest_in_suspense(tmp_path: Path) -> None:
    made, _ = released(tmp_path)
    line = made.stray("A", 9_00)["line"]
    made.both(made.money.propose_assignment(line, *made.p1))
    (one,) = made.release("A", None)["payments"]
    sent(made, one["pay_out"], 8_00, "return")
    assert [row["open_minor"] for row in made.money.suspense()] == [1_00]
    made.both(made.money.propose_assignment(line, *made.p1))
    (rest,) = made.release("A", None)["payments"]
    assert rest["amount_minor"] == 1_00
    assert rest["end_to_end"] != one["end_to_end"]
    with pytest.raises(Conflict, match="assigned or returned since"):
        undo(made, line_of(made, "return"))


def test_nothing_leaves_by_an_amount_of_nought(tmp_path: Path) -> None:
    made, outs = released(tmp_path)
    for amount in (0, -1):
        with pytest.raises(Rejected, match="above nought"):
            made.money.sent(*PLACE, outs["A2"], bank_reference="out", amount_minor=amount)


def test_what_is_missing_is_not_made_up_with_money_of_others(tmp_path: Path) -> None:
    """Goal: what leaves is never more than what is there, though each payment is owed.

    All pay-outs are paid, one 3.00 too much, so that 6.00 are there of a stranger's 9.00. They go
    back whole once the 3.00 came back, and not before.
    """
    made, outs = released(tmp_path)
    made.send({"side": "A", "currency": "EUR", "border": [], "payments": [
        {"participant": "A3", "pay_out": outs["A3"], "amount_minor": 50_00}]})  # fmt: skip
    stranger = made.stray("A", 9_00)["line"]
    sent(made, outs["A2"], 103_00, "too much")
    assert made.bank[PLACE] == 6_00
    made.both(made.money.propose_assignment(stranger, *made.p1))
    act = made.money.propose_release(None, *PLACE, *made.p1)
    with pytest.raises(Conflict, match="900 would leave"):
        made.both(act)
    made.check()
    back = made.stray("A", 3_00, payer="the bank")["line"]
    missing = line_of(made, "too much")
    made.both(made.money.propose_assignment(back, *made.p1, missing=missing))
    made.send(made.release("A", None))
    made.check()
    assert made.books() == {}


def test_money_of_a_held_payer_fills_no_gap(tmp_path: Path) -> None:
    """What somebody on a list paid in does not become what is missing; the sponsor's does.

    So charges a bank took are borne: whoever bears them pays them in, and two people assign it.
    """
    made, outs = released(tmp_path)
    sent(made, outs["A2"], 103_00, "too much")
    missing = line_of(made, "too much")
    held = made.stray("A", 3_00, payer="Somebody Else")["line"]
    made.import_list("Somebody Else")
    with pytest.raises(Forbidden, match="house review"):
        made.both(made.money.propose_assignment(held, *made.p1, missing=missing))
    assert {one["id"]: one["open_minor"] for one in made.money.suspense()} == {
        missing: -3_00, held: 3_00,
    }  # fmt: skip
    borne = made.stray("A", 3_00, payer="Sponsor of A")["line"]
    made.both(made.money.propose_assignment(borne, *made.p1, missing=missing))
    assert [one["id"] for one in made.money.suspense()] == [held]
    made.check()
