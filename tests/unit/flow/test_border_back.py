# SPDX-License-Identifier: Apache-2.0
"""Hard border money that a bank refuses or gives back: due again, released again, paid once."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from tests.made_bank import Booked, Paid, Sheet, write_status
from tests.made_settlement import RATES, MadeSettlement, made_rules

from skontro.core.errors import Conflict
from skontro.house.identifiers import check_creditor_reference

QUOTAS = [("A", "B", "1000.00"), ("B", "A", "1000.00")]


class Border:
    """A1 owes B1 300 EUR, half of it hard: 150 EUR must go from A to B; the money is released."""

    def __init__(self, folder: Path) -> None:
        rules = made_rules({"A": "EUR", "B": "INR"}, quotas=QUOTAS, table="half",
                           working={"A": "1000.00", "B": "90000.00"})  # fmt: skip
        self.made = MadeSettlement(folder / "house", rules, ("A1", "B1"))
        self.made.fund("A", 1000_00)
        self.made.fund("B", 90_000_00)
        self.made.owe("A1", "B1", 300_00, "EUR")
        self.made.run(RATES)
        self.made.pay("A1")
        self.made.money.plan(self.made.cycle)
        self.made.money.settle(self.made.cycle)
        self.content = self.made.release("A")
        (self.said,) = self.content["border"]
        account = self.made.house.rules.account("A", "EUR")
        assert account is not None
        self.account, self.sheets = account.number, 0
        self.known = set[str]()

    def day(self, *entries: Booked) -> dict[str, Any]:
        """A's bank tells of some lines."""
        self.sheets += 1
        sheet = Sheet(self.account, "EUR", f"S{self.sheets}", "2026-02-06", entries)
        told = self.made.house.reconciliation.import_files([(f"{sheet.id}.xml", sheet.bytes())])
        for one in entries:
            if one.ref not in self.known:
                self.made.bank["A", "EUR"] += one.amount
        self.known |= {one.ref for one in entries}
        self.made.check()
        return told

    def went(self, reference: str, ref: str) -> Booked:
        return Booked(-150_00, "2026-02-06", ref, (Paid(150_00, end_to_end=reference),))

    def back(self, reference: str, ref: str) -> Booked:
        paid = Paid(150_00, end_to_end=reference, reason="AC04")
        return Booked(150_00, "2026-02-06", ref, (paid,))

    def answer(self, status: str, reference: str) -> None:
        data = write_status(f"{status}-{reference}", [(reference, status, "AC04")])
        self.made.house.reconciliation.import_files([(f"{status}-{reference}.xml", data)])

    def rows(self) -> list[tuple[str, str]]:
        return [(one["reference"], one["state"]) for one in self.made.hard()]


def again(border: Border) -> dict[str, Any]:
    """The payment that is ready in place of the first; released and sent, it arrives once."""
    first, second = border.made.hard()
    assert (first["state"], second["state"]) == ("returned", "ready")
    assert second["reference"] != first["reference"]
    check_creditor_reference(second["reference"])
    assert second["debtor_minor"] == 150_00
    with border.made.house.database.read() as unit:
        assert border.made.money.account(unit, "A", "EUR").hard_out == 150_00
    content = border.made.release("A")
    assert [one["reference"] for one in content["border"]] == [second["reference"]]
    border.day(border.went(second["reference"], "W2"))
    border.made.border_comes(second)
    border.made.check()
    border.made.pay_what_is_ready()
    border.made.house.cycles.close(border.made.cycle)
    assert "suspense:A:EUR" not in border.made.books()
    return dict(second)


def test_rejected(tmp_path: Path) -> None:
    """RJCT: nothing left; ready under a new reference; said twice it changes nothing."""
    border = Border(tmp_path)
    border.answer("RJCT", border.said["reference"])
    assert len(border.rows()) == 2
    assert border.made.money.rejected(border.said["reference"], "AC04")
    assert border.made.house.reconciliation.work_list()["statuses"] == []
    again(border)


@pytest.mark.parametrize("order", list(itertools.permutations(range(2))))
def test_given_back(tmp_path: Path, order: tuple[int, int]) -> None:
    """It leaves and comes back, told in either order: due again, and the books are even."""
    border = Border(tmp_path)
    name = border.said["reference"]
    lines = [border.went(name, "W1"), border.back(name, "R1")]
    for place in order:
        border.day(lines[place])
    border.day(*lines)
    again(border)


def test_given_back_again_and_undone(tmp_path: Path) -> None:
    """A second return makes a third payment; one noted by mistake is undone by two people."""
    border = Border(tmp_path)
    border.made.send(border.content)
    money = border.made.money
    bank = border.made.bank
    for _ in range(2):
        money.border_returned(border.said["border_payment"], bank_reference="back 1")
    bank["A", "EUR"] += 150_00
    with pytest.raises(Conflict, match="did not leave, came back already"):
        money.border_returned(border.said["border_payment"], bank_reference="back 2")
    entries = border.made.house.journal.entries()
    suspense = [one["number"] for one in entries if one["kind"] == "suspense"]
    with pytest.raises(Conflict, match="due again first"):
        border.made.both(money.propose_reversal(suspense[-1] - 1, "a mistake", *border.made.p1))
    border.made.both(money.propose_reversal(suspense[-1], "a mistake", *border.made.p1))
    border.made.check()
    assert [state for _, state in border.rows()] == ["released", "stopped"]
    border.made.both(money.propose_reversal(suspense[-1] - 1, "a mistake", *border.made.p1))
    bank["A", "EUR"] -= 150_00
    border.made.check()
    money.border_returned(border.said["border_payment"], bank_reference="back 3")
    bank["A", "EUR"] += 150_00
    border.made.send(border.made.release("A"))
    third = border.made.hard()[-1]
    money.border_returned(third["id"], bank_reference="back 4")
    bank["A", "EUR"] += 150_00
    names = [one["reference"] for one in border.made.hard()]
    assert len({*names}) == len(names) == 4
    border.made.send(border.made.release("A"))
    border.made.border_comes(border.made.hard()[-1])
    border.made.check()


def test_the_third_is_held_by_a_doubt_about_the_first(tmp_path: Path) -> None:
    """Refused, refused again, and then the first is said to be paid: nothing leaves; it stands."""
    border = Border(tmp_path)
    first = border.said["reference"]
    border.answer("RJCT", first)
    (second,) = border.made.release("A")["border"]
    border.answer("RJCT", second["reference"])
    border.answer("ACSC", first)
    with pytest.raises(Conflict, match="refused and paid"):
        border.made.release("A")
    (doubt,) = border.made.house.reconciliation.work_list()["statuses"]
    border.made.both(border.made.house.reconciliation.propose_settling(
        doubt["id"], *border.made.p1, paid=True
    ))  # fmt: skip
    assert [state for _, state in border.rows()] == ["released", "returned", "stopped"]
    with pytest.raises(Conflict, match="nothing is ready"):
        border.made.release("A")
    border.day(border.went(first, "W1"))
    border.made.border_comes(border.made.hard()[0])
    border.made.check()
    border.made.pay_what_is_ready()
    border.made.house.cycles.close(border.made.cycle)


def test_what_arrived_does_not_come_back(tmp_path: Path) -> None:
    """The other side has it: a return, or a refusal, is a doubt and nothing is due again."""
    border = Border(tmp_path)
    border.made.send(border.content)
    border.made.border_comes(border.made.hard()[0])
    border.answer("RJCT", border.said["reference"])
    (doubt,) = border.made.house.reconciliation.work_list()["statuses"]
    assert "refused border payment" in doubt["why"]
    told = border.day(border.back(border.said["reference"], "R1"))
    assert told["done"]["suspense"] == 1
    assert len(border.rows()) == 1


# ---- a part of it missing ------------------------------------------------------------------------


def short(border: Border, amount: int = 149_50, ref: str = "R1", payer: str = "") -> int:
    """It left, and less came back: the number of the line, which is nobody's."""
    name = border.said["reference"]
    paid = Paid(amount, end_to_end=name, reason="AC04", name=payer)
    border.day(border.went(name, "W1"), Booked(amount, "2026-02-06", ref, (paid,)))
    (line,) = border.made.money.suspense()
    assert (line["open_minor"], len(border.rows())) == (amount, 1)
    return int(line["id"])


def assign(border: Border, line: int, **said: Any) -> Any:
    return border.made.both(border.made.money.propose_assignment(line, *border.made.p1, **said))


def of(border: Border) -> tuple[str, int]:
    return "border_payment", border.said["border_payment"]


def test_given_back_with_a_part_missing(tmp_path: Path) -> None:
    """Goal: two people say that it came back; it goes again, whole, and what the bank kept is
    borne. Method: 150.00 leave, 149.50 come; assigned, charged, paid in; the books at each step."""
    border = Border(tmp_path)
    line = short(border)
    told = assign(border, line, back_of=of(border))
    assert (told["short_minor"], told["left_minor"]) == (50, 0)
    border.made.check()
    (missing,) = border.made.money.suspense()
    assert (missing["id"], missing["open_minor"]) == (told["missing_line"], -50)
    with pytest.raises(Conflict):
        assign(border, line, back_of=of(border))
    assert assign(border, missing["id"], as_what="charge")["charge"] == 50
    border.made.check()
    assert border.made.books()["charges:A:EUR"] == 50
    border.made.money.fund("A", "EUR", 50, bank_reference="bearer", purpose="charges")
    border.made.bank["A", "EUR"] += 50
    border.made.check()
    assert "charges:A:EUR" not in border.made.books()
    again(border)


def test_given_back_in_two_parts(tmp_path: Path) -> None:
    """100.00 come and are assigned, then 50.00: what was missing; nothing is left over."""
    border = Border(tmp_path)
    told = assign(border, short(border, 100_00), back_of=of(border))
    border.made.check()
    paid = Paid(50_00, end_to_end=border.rows()[0][0], name="A Bank")
    border.day(Booked(50_00, "2026-02-06", "R2", (paid,)))
    rest = next(one for one in border.made.money.suspense() if one["open_minor"] > 0)
    assign(border, rest["id"], missing=told["missing_line"])
    assert border.made.money.suspense() == []
    border.made.check()
    again(border)


def test_more_came_back_than_left(tmp_path: Path) -> None:
    """151.00 of 150.00: the payment is due again, and 1.00 stays nobody's."""
    border = Border(tmp_path)
    line = short(border, 151_00, payer="A Bank")
    assert assign(border, line, back_of=of(border))["left_minor"] == 1_00
    (left,) = border.made.money.suspense()
    assert (left["id"], left["open_minor"]) == (line, 1_00)
    border.made.check()
    assign(border, line, as_what="difference")
    border.made.check()


def test_a_part_missing_undone(tmp_path: Path) -> None:
    """Undone by two people it is as before; not once what was missing is settled, or it left."""
    border = Border(tmp_path)
    line = short(border)
    before = border.made.books()
    for settled in (False, True):
        told = assign(border, line, back_of=of(border))
        entry = border.made.house.journal.entries(most=10_000)[-1]["number"]
        if settled:
            assign(border, told["missing_line"], as_what="charge")
            with pytest.raises(Conflict, match="was settled since"):
                border.made.both(border.made.money.propose_reversal(entry, "no", *border.made.p1))
            break
        border.made.both(border.made.money.propose_reversal(entry, "no", *border.made.p1))
        border.made.check()
        assert border.made.books() == before
        (one,) = border.made.money.suspense()
        assert (one["id"], one["open_minor"]) == (line, 149_50)
    border.made.check()


def test_what_did_not_come_back(tmp_path: Path) -> None:
    """Of what arrived, of what never left, of another account's, twice: refused, nothing moves."""
    border = Border(tmp_path)
    border.day(Booked(149_50, "2026-02-06", "R1", (Paid(149_50, name="Nobody"),)))
    (line,) = border.made.money.suspense()
    with pytest.raises(Conflict, match="did not leave from there"):
        assign(border, line["id"], back_of=of(border))
    with pytest.raises(Conflict, match="there is no payment"):
        assign(border, line["id"], back_of=("border_payment", 99))
    border.made.send(border.content)
    border.made.stray("B", 100_00)
    other = border.made.money.suspense()[-1]
    with pytest.raises(Conflict, match="did not leave from there"):
        assign(border, other["id"], back_of=of(border))
    border.made.border_comes(border.made.hard()[0])
    with pytest.raises(Conflict, match="did not leave from there"):
        assign(border, line["id"], back_of=of(border))
    border.made.check()
