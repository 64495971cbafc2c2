# SPDX-License-Identifier: Apache-2.0
"""What banks charge, small differences, and answers that contradict each other, by files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.made_bank import Booked, Paid, write_status
from tests.scenarios.test_bank_files import AtTheBank

from skontro.core.errors import Conflict, Rejected
from skontro.flow.reconciliation import ordered_in
from skontro.messages.xml_reading import MOST_WHOLE
from skontro.store.rows import change
from skontro.store.schema import bank_status, pay_out, payment_file

CHARGE = Booked(-2_50, "2026-02-04", "C1", text="account keeping", code=("PMNT", "MCOP", "CHRG"))


@pytest.fixture
def at(tmp_path: Path, database_url: str) -> AtTheBank:
    return AtTheBank(tmp_path / "house", database_url)


@pytest.fixture
def here(tmp_path: Path) -> AtTheBank:
    return AtTheBank(tmp_path / "house")


def assign(at: AtTheBank, line: int, **said: Any) -> dict[str, Any]:
    return dict(at.made.both(at.made.money.propose_assignment(line, *at.made.p1, **said)))


def open_line(at: AtTheBank) -> dict[str, Any]:
    (line,) = at.made.money.suspense()
    return line


# ---- charges -------------------------------------------------------------------------------------


def test_a_charge_is_booked_by_two_and_borne(at: AtTheBank) -> None:
    """Goal: a charge has an account; pay-outs wait until who bears it pays; all even to the cent.

    Method: the bank takes 2.50 from A's account before the pay-outs are let go; two people book it
    as a charge; one pay-out waits for cover; the bearer pays in, the pay-out goes, and the bank's
    balance is the journal's at each step.
    """
    at.called()
    at.day([at.came(10000, "S1", reference=at.reference("A1")), CHARGE])
    at.check()
    line = open_line(at)
    assert line["open_minor"] == -2_50
    assert assign(at, line["id"], as_what="charge")["charge"] == 2_50
    at.check()
    assert at.made.money.suspense() == []
    assert at.made.books()["charges:A:EUR"] == 2_50
    at.made.money.plan(at.made.cycle)
    at.made.money.settle(at.made.cycle)
    side = at.made.money.board(at.made.cycle)["sides"][0]
    assert (side["account"]["charges_minor"], side["account"]["cover_minor"]) == (-2_50, 97_50)
    assert [one["why"] for one in side["pay_outs"]["waiting"]] == ["cover"]
    at.made.money.fund("A", "EUR", 2_50, bank_reference="by hand", purpose="charges",
                       payer="The Bearer")  # fmt: skip
    at.balance += 2_50
    assert "charges:A:EUR" not in at.made.books()
    content = at.made.release("A")
    assert sum(one["amount_minor"] for one in content["payments"]) == 100_00
    at.day([at.went(one, f"W{n}") for n, one in enumerate(content["payments"])], day="2026-02-05")
    at.made.house.cycles.close(at.made.cycle)
    assert at.made.books().get("bank:A:EUR", 0) == at.balance == 0


def test_a_charge_booked_by_mistake_is_undone(here: AtTheBank) -> None:
    here.called()
    here.day([here.came(10000, "S1", reference=here.reference("A1")), CHARGE])
    line = open_line(here)
    (shown,) = here.rec.work_list()["lines"]
    assert shown["partners"] == [{"kind": "charge", "number": 0, "why": "the bank says so"}]
    assign(here, line["id"], as_what="charge")
    entry = here.made.house.journal.entries(most=10_000)[-1]
    assert entry["content"]["charge"] == 2_50
    here.made.both(here.made.money.propose_reversal(entry["number"], "a mistake", *here.made.p1))
    assert open_line(here)["open_minor"] == -2_50
    assert "charges:A:EUR" not in here.made.books()
    here.check()


def test_what_is_no_charge(here: AtTheBank) -> None:
    """Money that came, a payment too large, and an unknown word are refused."""
    here.day([here.came(1_00, "S1", name="Nobody")])
    line = open_line(here)
    with pytest.raises(Conflict, match="is no charge"):
        assign(here, line["id"], as_what="charge")
    with pytest.raises(Rejected):
        assign(here, line["id"], as_what="gift")
    with pytest.raises(Rejected):
        assign(here, line["id"], as_what="charge", to=1)


@pytest.mark.parametrize(
    ("amount", "may"), [(1_00, True), (-1_00, True), (1_01, False), (-1_01, False)]
)
def test_small_differences_are_written_off(here: AtTheBank, amount: int, may: bool) -> None:
    """Up to the limit of the rules, in either direction, by two people; not a cent more."""
    entry = (here.came(amount, "S1", name="Nobody") if amount > 0
             else Booked(amount, "2026-02-04", "S1", (Paid(name="Nobody"),)))  # fmt: skip
    here.day([entry])
    line = open_line(here)
    if not may:
        with pytest.raises(Conflict, match="and 100 may be written off"):
            assign(here, line["id"], as_what="difference")
        return
    assign(here, line["id"], as_what="difference")
    assert here.made.money.suspense() == []
    assert here.made.books()["charges:A:EUR"] == -amount
    here.check()


def test_what_was_paid_too_much_is_written_off(here: AtTheBank) -> None:
    """The bank paid a pay-out with 0.30 too much: written off, and the books are even."""
    outs = here.let_go()
    one = outs["A2"]
    here.day([here.went(one, "S2", amount=one["amount_minor"] + 30)])
    line = open_line(here)
    assign(here, line["id"], as_what="difference")
    assert here.made.books()["charges:A:EUR"] == 30
    here.check()


# ---- refused and paid ----------------------------------------------------------------------------


def doubted(at: AtTheBank) -> tuple[dict[str, Any], dict[str, Any]]:
    """A pay-out refused by the bank, ready again, and then said to be paid: it and the doubt."""
    one = at.let_go()["A2"]
    at.give(write_status("X1", [(one["end_to_end"], "RJCT", "AC04")]))
    assert [row.state for row in at.rows(pay_out, participant=2)] == ["returned", "ready"]
    at.give(write_status("X2", [(one["end_to_end"], "ACSC", "")]))
    (doubt,) = at.rec.work_list()["statuses"]
    return one, doubt


def waiting(at: AtTheBank) -> list[str]:
    side = at.made.money.board(at.made.cycle)["sides"][0]
    return [one["why"] for one in side["pay_outs"]["waiting"]]


def test_nothing_is_paid_anew_in_doubt(at: AtTheBank) -> None:
    """Goal: after RJCT and then ACSC the new payment is held, and says why.

    Method: look at the board, try to release it; settle it by two people as refused; it goes.
    """
    _, doubt = doubted(at)
    assert waiting(at) == ["doubt"]
    with pytest.raises(Conflict, match="nothing is ready"):
        at.made.release("A")
    act = at.rec.propose_settling(doubt["id"], *at.made.p1, paid=False)
    at.made.both(act)
    assert waiting(at) == []
    assert at.rec.work_list()["statuses"] == []
    (again,) = at.made.release("A")["payments"]
    at.day([at.went(again, "S2")])
    assert at.out(again) == "paid"
    with pytest.raises(Conflict, match="does not contradict"):
        at.rec.propose_settling(doubt["id"], *at.made.p1, paid=True)
    at.check()


def test_it_was_paid_after_all(here: AtTheBank) -> None:
    """Two people write down that it was paid: the first payment stands, and there is no second."""
    one, doubt = doubted(here)
    here.made.both(here.rec.propose_settling(doubt["id"], *here.made.p1, paid=True))
    assert here.out(one) == "released"
    here.give(write_status("X3", [(one["end_to_end"], "ACCC", "")]))
    here.give(write_status("X4", [(one["end_to_end"], "RJCT", "AC04")]))
    assert here.rec.work_list()["statuses"] == []
    here.day([here.went(one, "S2")])
    assert here.out(one) == "paid"
    assert [row.state for row in here.rows(pay_out, participant=2)] == ["paid", "stopped"]
    with pytest.raises(Conflict, match="nothing is ready"):
        here.made.release("A")
    here.check()


def test_paid_and_then_refused(here: AtTheBank) -> None:
    """ACSC and then RJCT: nothing is due again until two people say that it was refused."""
    one = here.let_go()["A2"]
    here.give(write_status("X1", [(one["end_to_end"], "ACSC", "")]))
    here.give(write_status("X2", [(one["end_to_end"], "RJCT", "AC04")]))
    (doubt,) = here.rec.work_list()["statuses"]
    assert here.out(one) == "released"
    here.made.both(here.rec.propose_settling(doubt["id"], *here.made.p1, paid=False))
    assert [row.state for row in here.rows(pay_out, participant=2)] == ["returned", "ready"]
    here.check()


def test_a_file_that_was_let_go_is_not_written_in_doubt(here: AtTheBank, tmp_path: Path) -> None:
    """The doubt comes between release and bank: the file is not written out until it is settled."""
    one = here.let_go()["A2"]
    for row in here.house.payment_files.files():
        here.house.payment_files.sent(row["id"])
    here.give(write_status("X1", [(one["end_to_end"], "RJCT", "AC04")]))
    here.made.release("A")
    here.give(write_status("X2", [(one["end_to_end"], "ACSC", "")]))
    with pytest.raises(Conflict, match="refused and paid") as refused:
        here.house.payment_files.write(tmp_path / "out")
    assert "reconcile settle" in refused.value.next_step
    assert not (tmp_path / "out").exists()
    (doubt,) = here.rec.work_list()["statuses"]
    with pytest.raises(Conflict, match="let go or booked in its place"):
        here.made.both(here.rec.propose_settling(doubt["id"], *here.made.p1, paid=True))
    here.made.both(here.rec.propose_settling(doubt["id"], *here.made.p1, paid=False))
    assert len(here.house.payment_files.write(tmp_path / "out")) == 2


def test_no_doubt_is_settled_alone(at: AtTheBank) -> None:
    """The database refuses it, whoever asks, but for an act of two people."""
    _, doubt = doubted(at)
    with pytest.raises(Exception, match="two people"), at.house.database.unit("alone") as unit:
        change(unit, bank_status, {"id": doubt["id"]}, outcome="settled")


# ---- a pay-out that comes back with a part missing -----------------------------------------------


def test_a_pay_out_comes_back_short(at: AtTheBank) -> None:
    """Goal: A2's 60.00 come back as 59.20; two people say so; A2 is owed 60.00 again, and gets it.

    Method: by files; the missing 0.80 waits for who bears it, and so does the payment; undone once.
    """
    one = at.let_go()["A2"]
    paid = Paid(end_to_end=one["end_to_end"], reason="AC04", name="whoever")
    at.day([at.went(one, "S2"), Booked(5920, "2026-02-05", "S3", (paid,))], day="2026-02-05")
    (line,) = at.made.money.suspense()
    before = at.made.books()
    told = assign(at, line["id"], back_of=("pay_out", one["pay_out"]))
    assert (told["short_minor"], at.out(one)) == (80, "returned")
    at.check()
    entry = at.made.house.journal.entries(most=10_000)[-1]["number"]
    at.made.both(at.made.money.propose_reversal(entry, "no", *at.made.p1))
    assert (at.out(one), at.made.books()) == ("paid", before)
    told = assign(at, line["id"], back_of=("pay_out", one["pay_out"]))
    assert waiting(at) == ["cover"]
    with pytest.raises(Conflict, match="nothing is ready"):
        at.made.release("A")
    assign(at, told["missing_line"], as_what="charge")
    assert waiting(at) == ["cover"]
    at.made.money.fund("A", "EUR", 80, bank_reference="by hand", purpose="charges")
    at.balance += 80
    (again,) = at.made.release("A")["payments"]
    assert again["amount_minor"] == 6000
    at.day([at.went(again, "S4", day="2026-02-06")], day="2026-02-06")
    assert at.made.money.suspense() == []
    assert at.made.books().get("bank:A:EUR", 0) == at.balance


# ---- whole orders, withdrawals, chains -----------------------------------------------------------


def whole(order: str, status: str, name: str) -> bytes:
    data = write_status(name, [])
    for old, new in ((b"<OrgnlMsgId>O-1</OrgnlMsgId>", f"<OrgnlMsgId>{order}</OrgnlMsgId>"),
                     (b"</OrgnlMsgNmId>", f"</OrgnlMsgNmId><GrpSts>{status}</GrpSts>")):
        assert old in data
        data = data.replace(old, new.encode())
    return data


@pytest.mark.parametrize("paid_whole", [False, True])
@pytest.mark.parametrize("first", ["RJCT", "paid"])
def test_a_whole_order_refused_and_one_paid(
    here: AtTheBank, first: str, paid_whole: bool
) -> None:  # fmt: skip
    """Whatever is said of the whole order and whatever of one payment: nothing leaves twice."""
    outs = here.let_go()
    one = outs["A2"]
    order = here.rows(payment_file, state="released")[0].message_id
    refused = (write_status("X1", [(one["end_to_end"], "RJCT", "")]) if paid_whole
               else whole(order, "RJCT", "X1"))  # fmt: skip
    paid = (whole(order, "ACSC", "X2") if paid_whole
            else write_status("X2", [(one["end_to_end"], "ACSC", "")]))  # fmt: skip
    for data in (refused, paid) if first == "RJCT" else (paid, refused):
        here.give(data)
    (doubt,) = here.rec.work_list()["statuses"]
    assert doubt["end_to_end"] == one["end_to_end"]
    if first == "RJCT":
        assert "doubt" in waiting(here)
    here.made.both(here.rec.propose_settling(doubt["id"], *here.made.p1, paid=True))
    assert here.out(one) == "released"
    assert here.rec.work_list()["statuses"] == []
    here.day([here.went(one, "S2")])
    here.check()
    ready = here.rows(pay_out, state="ready")
    assert one["participant"] not in {f"A{row.participant}" for row in ready}


def withdrawn(at: AtTheBank, amount: int = 500_00) -> dict[str, Any]:
    at.made.money.withdraw("A", "EUR", amount)
    (one,) = at.made.release("A", None)["payments"]
    return dict(one)


def test_a_withdrawal_in_doubt_is_not_taken_out_twice(at: AtTheBank) -> None:
    """Goal: a withdrawal refused and then paid holds the next of that fund, and nothing else.

    Method: 500.00 of a working balance of 500.00; refused, made ready anew, then said to be paid:
    it is left out of a release; two people say that it was paid: the second is stopped.
    """
    at.made.fund("A", 500_00)
    at.balance = 500_00
    one = withdrawn(at)
    at.give(write_status("X1", [(one["end_to_end"], "RJCT", "AC04")]))
    second = at.made.money.withdraw("A", "EUR", 500_00)
    at.give(write_status("X2", [(one["end_to_end"], "ACSC", "")]))
    with pytest.raises(Conflict, match="refused and paid"):
        at.made.release("A", None)
    at.made.fund("A", 10_00, "pool")
    at.balance += 10_00
    other = at.made.money.withdraw("A", "EUR", 10_00, purpose="pool", firm="A1")
    (let_go,) = at.made.release("A", None)["payments"]
    assert let_go["pay_out"] == other
    (doubt,) = at.rec.work_list()["statuses"]
    at.made.both(at.rec.propose_settling(doubt["id"], *at.made.p1, paid=True))
    assert [row.state for row in at.rows(pay_out, purpose="working")] == ["released", "stopped"]
    assert second == at.rows(pay_out, purpose="working")[1].id
    with pytest.raises(Conflict, match="0 minor units of EUR may be taken out"):
        at.made.money.withdraw("A", "EUR", 1)
    at.day([at.went(one, "S2")])
    assert at.out(one) == "paid"
    at.check()


def test_a_withdrawal_refused_after_all(here: AtTheBank) -> None:
    """Two people say that it was refused: the second goes."""
    here.made.fund("A", 500_00)
    here.balance = 500_00
    one = withdrawn(here)
    here.give(write_status("X1", [(one["end_to_end"], "RJCT", "AC04")]))
    here.made.money.withdraw("A", "EUR", 500_00)
    here.give(write_status("X2", [(one["end_to_end"], "ACSC", "")]))
    (doubt,) = here.rec.work_list()["statuses"]
    here.made.both(here.rec.propose_settling(doubt["id"], *here.made.p1, paid=False))
    (again,) = here.made.release("A", None)["payments"]
    here.day([here.went(again, "S2")])
    here.check()


def test_a_withdrawal_that_left_again_cannot_have_stood(here: AtTheBank) -> None:
    """It was taken out anew and left before the doubt: saying that the first was paid is refused;
    where the fund bears both, both stand."""
    here.made.fund("A", 500_00)
    here.balance = 500_00
    one = withdrawn(here, 200_00)
    here.give(write_status("X1", [(one["end_to_end"], "RJCT", "AC04")]))
    second = withdrawn(here, 400_00)
    here.give(write_status("X2", [(one["end_to_end"], "ACSC", "")]))
    (doubt,) = here.rec.work_list()["statuses"]
    with pytest.raises(Conflict, match="let go or booked in its place"):
        here.made.both(here.rec.propose_settling(doubt["id"], *here.made.p1, paid=True))
    here.made.fund("A", 100_00)
    here.balance += 100_00
    here.made.both(here.rec.propose_settling(doubt["id"], *here.made.p1, paid=True))
    here.day([here.went(one, "S2"), here.went(second, "S3")])
    assert (here.out(one), here.out(second)) == ("paid", "paid")
    here.check()


def test_an_order_of_any_size_is_read() -> None:
    """A refused order of 120,000 payments and more bytes than are read whole; its groups apart."""
    pad = "x" * 160
    one = "<CdtTrfTxInf><PmtId><EndToEndId>{0}</EndToEndId></PmtId><Nm>{1}</Nm></CdtTrfTxInf>"
    groups = "".join(
        f"<PmtInf><PmtInfId>{group}</PmtInfId>"
        + "".join(one.format(f"{group}-{n}", pad) for n in range(60_000)) + "</PmtInf>"
        for group in "AB"
    )  # fmt: skip
    data = f"<Document>{groups}</Document>".encode()
    assert len(data) > MOST_WHOLE
    found = list(ordered_in(data))
    assert len(found) == 120_000
    assert (found[0], found[-1]) == (("A", "A-0"), ("B", "B-59999"))
