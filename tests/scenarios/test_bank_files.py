# SPDX-License-Identifier: Apache-2.0
"""A house that lives on its banks' files: what came, what went, what came back, what was wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.made_bank import Booked, Paid, Sheet, write_return, write_status
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import XmlRefused
from skontro.store.rows import find_all
from skontro.store.schema import bank_line, money_line, pay_in, pay_out, payment_file, register

FIRMS = ("A1", "A2", "A3", "B1")
DAY = "2026-02-04"


class AtTheBank:
    """A made house whose bank of side A speaks in files only."""

    def __init__(self, folder: Path, url: str | None = None) -> None:
        self.made = MadeSettlement(folder, made_rules({"A": "EUR", "B": "INR"}, quotas=[
            ("A", "B", "15000.00"), ("B", "A", "15000.00")]), FIRMS, url=url)  # fmt: skip
        self.house = self.made.house
        self.rec = self.house.reconciliation
        self.account = self.house.rules.side("A").account("EUR").number  # type: ignore[union-attr]
        self.balance = 0
        self.sheets = 0

    def called(self) -> None:
        """A1 owes A2 60.00 and A3 40.00; A1 is called for 100.00."""
        self.made.owe("A1", "A2", 6000, "EUR")
        self.made.owe("A1", "A3", 4000, "EUR")
        self.made.run()

    def let_go(self) -> dict[str, dict[str, Any]]:
        """A1 pays by file, the cycle settles, pay-outs are let go; return them by participant."""
        self.called()
        self.day([self.came(10000, "S1", reference=self.reference("A1"))])
        self.made.money.plan(self.made.cycle)
        self.made.money.settle(self.made.cycle)
        content = self.made.release("A")
        return {one["participant"]: one for one in content["payments"]}

    def reference(self, firm: str) -> str:
        return str(self.made.calls[firm]["reference"])

    def came(self, amount: int, ref: str, *, name: str = "Firm A1", day: str = DAY,
             **paid: Any) -> Booked:  # fmt: skip
        return Booked(amount, day, ref, (Paid(name=name, **paid),))

    def went(self, one: dict[str, Any], ref: str, *, amount: int = 0, day: str = DAY) -> Booked:
        paid = Paid(end_to_end=one["end_to_end"], name="whoever")
        return Booked(-(amount or one["amount_minor"]), day, ref, (paid,))

    def sheet(self, entries: Sequence[Booked], *, day: str = DAY, **more: Any) -> Sheet:
        self.sheets += 1
        opening = self.balance
        if more.get("kind", "camt.053") == "camt.053":
            self.balance += sum(one.amount for one in entries if one.state == "BOOK")
        else:
            more["opening"] = None
        return Sheet(self.account, "EUR", f"ST{self.sheets}", day, tuple(entries),
                     **{"opening": opening, "number": self.sheets} | more)  # fmt: skip

    def give(self, *files: bytes) -> dict[str, Any]:
        return self.rec.import_files((f"f{n}.xml", one) for n, one in enumerate(files))

    def day(self, entries: Sequence[Booked], **more: Any) -> dict[str, Any]:
        return self.give(self.sheet(entries, **more).bytes())

    def rows(self, table: Any, **wanted: Any) -> list[Any]:
        with self.house.database.read() as unit:
            return list(find_all(unit, table, order=["id"], **wanted))

    def out(self, one: dict[str, Any]) -> str:
        return str(self.rows(pay_out, id=one["pay_out"])[0].state)

    def check(self) -> None:
        """The journal has what the bank has, but for what waits; every account holds what it
        must."""
        with self.house.database.read() as unit:
            self.made.money.accounts(unit)
        for one in self.rec.show()["accounts"]:
            waits = sum(row.amount_minor for row in self.rows(bank_line, outcome="waits")
                        if row.why not in ("kept open", "taken back"))  # fmt: skip
            assert one["closing_minor"] == one["journal_minor"] + waits, one


@pytest.fixture
def at(tmp_path: Path, database_url: str) -> AtTheBank:
    return AtTheBank(tmp_path / "house", database_url)


@pytest.fixture
def here(tmp_path: Path) -> AtTheBank:
    return AtTheBank(tmp_path / "house")


def test_a_cycle_by_files(at: AtTheBank) -> None:
    """Pay-in, pay-outs, one of them back: by file, each once, and the books are the bank's."""
    outs = at.let_go()
    assert at.rows(pay_in)[0].arrived_minor == 10000
    entries = [at.went(one, f"S{2 + n}") for n, one in enumerate(outs.values())]
    notice = at.sheet(entries, kind="camt.054").bytes()
    statement = at.sheet(entries).bytes()
    found = at.give(notice, statement, notice, statement)
    assert [one["known"] for one in found["files"]] == [False, False, True, True]
    assert [one["new"] for one in found["files"]] == [2, 0, 0, 0]
    assert found["done"] == {"matched": 2, "suspense": 0, "waits": 0, "refused": 0}
    assert {at.out(one) for one in outs.values()} == {"paid"}
    back = Paid(end_to_end=outs["A2"]["end_to_end"], reason="AC04", name="whoever")
    at.give(write_return("R1", outs["A2"]["end_to_end"], 6000, "EUR", "2026-02-06"))
    at.day([Booked(6000, "2026-02-06", "S9", (back,))], day="2026-02-06")
    assert at.out(outs["A2"]) == "returned"
    assert [row.state for row in at.rows(pay_out)][-1] == "ready"
    at.check()
    assert at.rec.work_list() == {"lines": [], "statuses": [], "accounts": []}


def test_rejected(at: AtTheBank) -> None:
    """A pain.002 with RJCT: nothing left, the payment is due again; said twice, done once."""
    outs = at.let_go()
    one, other = outs["A2"], outs["A3"]
    said = [(one["end_to_end"], "RJCT", "AC04"), (other["end_to_end"], "ACCP", "")]
    at.give(write_status("X1", said), write_status("X2", said))
    assert (at.out(one), at.out(other)) == ("returned", "released")
    assert [row.state for row in at.rows(pay_out, participant=2)] == ["returned", "ready"]
    assert at.rec.work_list()["statuses"] == []
    at.give(write_status("X3", [("nobody knows it", "RJCT", "AC01")]))
    (doubt,) = at.rec.work_list()["statuses"]
    assert "ask the bank" in doubt["why"]


def test_a_whole_order_rejected(here: AtTheBank) -> None:
    """A pain.002 that refuses a whole order refuses each payment in it; one nobody sent is seen."""
    outs = here.let_go()
    order = here.rows(payment_file, state="released")[0]
    assert order.message_id
    data = write_status("X1", []).replace(
        b"<OrgnlMsgId>O-1</OrgnlMsgId>", f"<OrgnlMsgId>{order.message_id}</OrgnlMsgId>".encode()
    ).replace(b"</OrgnlMsgNmId>", b"</OrgnlMsgNmId><GrpSts>RJCT</GrpSts>")  # fmt: skip
    here.give(data)
    assert {here.out(one) for one in outs.values()} == {"returned"}
    assert here.rec.work_list()["statuses"] == []
    here.give(data.replace(order.message_id.encode(), b"another"))
    (doubt,) = here.rec.work_list()["statuses"]
    assert doubt["why"] == "no order 'another' was let go: ask which it means"


def test_rejected_and_booked(here: AtTheBank) -> None:
    """What is refused and booked as well is seen, whichever comes first, and never paid twice."""
    outs = here.let_go()
    first, then = outs["A2"], outs["A3"]
    here.give(write_status("X1", [(first["end_to_end"], "RJCT", "AC04")]))
    here.day([here.went(first, "S2"), here.went(then, "S3")])
    here.give(write_status("X2", [(then["end_to_end"], "RJCT", "AC04")]))
    assert (here.out(first), here.out(then)) == ("returned", "paid")
    (line,) = here.rec.work_list()["lines"]
    assert (line["outcome"], line["amount_minor"]) == ("suspense", -6000)
    (status,) = here.rec.work_list()["statuses"]
    assert "booked it" in status["why"]
    here.check()


def test_another_amount(at: AtTheBank) -> None:
    """Goal: a bank that sends another amount than was let go ends in a state one can work on.

    Method: A2's 60.00 goes as 59.00: the missing 1.00 is made ready again, let go and sent. A3's
    40.00 goes as 45.00: 5.00 are missing and on the work list; they come back, and two people say
    that they are that. At each step the journal is the bank's.
    """
    outs = at.let_go()
    at.day([at.went(outs["A2"], "S2", amount=5900), at.went(outs["A3"], "S3", amount=4500)])
    at.check()
    assert (at.out(outs["A2"]), at.out(outs["A3"])) == ("paid", "paid")
    (line,) = at.rec.work_list()["lines"]
    assert (line["amount_minor"], line["outcome"]) == (-4500, "suspense")
    given = Paid(end_to_end=outs["A3"]["end_to_end"], name="A Payee Overpaid")
    back = Booked(500, "2026-02-05", "S5", (given,))
    at.day([back], day="2026-02-05")
    missing, came = at.made.money.suspense()
    assert (missing["open_minor"], came["open_minor"]) == (-500, 500)
    at.made.both(at.made.money.propose_assignment(came["id"], *at.made.p1, missing=missing["id"]))
    (rest,) = at.made.release("A")["payments"]
    assert rest["amount_minor"] == 100
    at.day([at.went(rest, "S6", day="2026-02-06")], day="2026-02-06")
    assert at.made.money.suspense() == []
    assert at.rec.work_list()["lines"] == []
    at.check()


def test_paid_twice(here: AtTheBank) -> None:
    """The second of two equal payments is missing, whatever its id: it is never taken for one."""
    outs = here.let_go()
    here.day([here.went(outs["A2"], "S2"), here.went(outs["A2"], "S3")])
    assert here.out(outs["A2"]) == "paid"
    (line,) = here.rec.work_list()["lines"]
    assert (line["outcome"], line["amount_minor"]) == ("suspense", -6000)
    here.check()


def test_nobodys(here: AtTheBank) -> None:
    """What cannot be matched goes to suspense, with those it is likely of; nothing is refused."""
    here.called()
    reference = here.reference("A1")
    here.day([
        here.came(10000, "S1", name="Somebody Else", reference=reference),
        here.came(10000, "S2", name="A Stranger", text="for the goods"),
        Booked(-250, DAY, "S3", text="charges"),
    ])
    lines = {one["name"]: one for one in here.rec.work_list()["lines"]}
    assert lines["2026/B/S1"]["partners"][0]["why"].startswith("it carries the reference, but")
    assert lines["2026/B/S2"]["partners"] == [
        {"kind": "pay-in", "number": 1, "why": "the same amount"}
    ]
    assert lines["2026/B/S3"]["amount_minor"] == -250
    assert here.rows(pay_in)[0].arrived_minor == 0
    assert [one["open_minor"] for one in here.made.money.suspense()] == [10000, 10000, -250]
    here.check()


def test_ways_to_pay(here: AtTheBank) -> None:
    """In two parts by reference, by amount and party alone, in a text, and one for several."""
    here.called()
    reference = here.reference("A1")
    spaced = " ".join(reference[n : n + 4] for n in range(0, len(reference), 4))
    here.day([here.came(4000, "S1", text=f"Rechnung {spaced} danke"),
              here.came(5000, "S2", end_to_end=reference)])  # fmt: skip
    assert here.rows(pay_in)[0].arrived_minor == 9000
    here.day([here.came(3000, "S3", reference=reference)])
    assert here.rows(pay_in)[0].arrived_minor == 10000
    (over,) = here.made.money.suspense()
    assert over["open_minor"] == 2000
    here.check()


def test_by_amount_and_party(here: AtTheBank) -> None:
    """No reference at all, the exact amount, from the firm's own account."""
    here.called()
    with here.house.database.read() as unit:
        text = find_all(unit, register, what="account", subject="A1")[0].content
    account = text.partition(" ")[0]
    here.day([here.came(10000, "S1", name="FIRM A1 Ltd", account=account)])
    assert here.rows(pay_in)[0].arrived_minor == 10000
    (line,) = here.rec.show()["lines"]
    assert (line["outcome"], line["why"]) == ("matched", "amount and party")


def test_batched(here: AtTheBank) -> None:
    """Two pay-outs in one sum wait for the notice that tells them, whichever comes first."""
    outs = here.let_go()
    sum_only = Booked(-10000, DAY, "S7", batch="P-1", count=2)
    here.day([sum_only])
    (line,) = here.rec.work_list()["lines"]
    assert line["outcome"] == "waits"
    assert "camt.054" in line["why"]
    here.check()
    paid = tuple(Paid(one["amount_minor"], one["end_to_end"]) for one in outs.values())
    told = Booked(-10000, DAY, "S7", paid, batch="P-1", count=2)
    here.give(here.sheet([told], kind="camt.054").bytes())
    assert {here.out(one) for one in outs.values()} == {"paid"}
    here.check()


def test_fuller_word(here: AtTheBank) -> None:
    """Money in suspense is matched after all when a notice brings its reference."""
    here.called()
    here.day([Booked(10000, DAY, "S1", (Paid(name="Firm A1 and more"),))])
    assert here.rows(money_line)[0].state == "suspense"
    fuller = here.came(10000, "S1", reference=here.reference("A1"))
    here.give(here.sheet([fuller], kind="camt.054").bytes())
    assert here.rows(pay_in)[0].arrived_minor == 10000
    assert here.made.money.suspense() == []
    here.check()


def test_pending(here: AtTheBank) -> None:
    """What is pending has no effect until it is booked."""
    here.called()
    line = here.came(10000, "S1", reference=here.reference("A1"))
    pending = Booked(line.amount, line.day, line.ref, line.paid, state="PDNG")
    here.give(here.sheet([pending], kind="camt.052").bytes())
    assert here.rows(pay_in)[0].arrived_minor == 0
    assert here.rec.work_list()["lines"][0]["why"] == "it is not booked yet"
    here.day([line])
    assert here.rows(pay_in)[0].arrived_minor == 10000


def test_amended(here: AtTheBank) -> None:
    """A line an amended statement lacks waits, whichever version comes first."""
    here.called()
    right = here.came(6000, "S1", reference=here.reference("A1"))
    wrong = here.came(4000, "S2", reference=here.reference("A1"))
    first = Sheet(here.account, "EUR", "ST1", DAY, (right, wrong), opening=0, number=1,
                  created=f"{DAY}T20:00:00Z")  # fmt: skip
    second = Sheet(here.account, "EUR", "ST1", DAY, (right,), opening=0, number=1,
                   created=f"{DAY}T23:00:00Z")  # fmt: skip
    here.give(second.bytes(), first.bytes())
    assert here.rows(pay_in)[0].arrived_minor == 6000
    (line,) = here.rec.work_list()["lines"]
    assert (line["name"], line["outcome"]) == ("2026/B/S2", "waits")
    assert "amended" in line["why"]
    third = Sheet(here.account, "EUR", "ST1", DAY, (right, wrong), opening=0, number=1,
                  created=f"{DAY}T23:30:00Z")  # fmt: skip
    here.give(third.bytes())
    assert here.rows(pay_in)[0].arrived_minor == 10000
    assert here.rec.work_list()["lines"] == []


def test_gaps(here: AtTheBank) -> None:
    """A statement that does not continue the last one is seen until the missing one comes."""
    here.called()
    one = here.sheet([here.came(1000, "S1", name="X")]).bytes()
    two = here.sheet([here.came(2000, "S2", name="X", day="2026-02-05")], day="2026-02-05").bytes()
    three = here.sheet([here.came(3000, "S3", name="X", day="2026-02-06")], day="2026-02-06")
    here.give(one, three.bytes())
    (account,) = here.rec.work_list()["accounts"]
    assert account["faults"] == [
        "statement ST3 of 2026-02-06 begins with 3000, and the one before of 2026-02-04 ended "
        "with 1000: a statement is missing; fetch it"
    ]
    here.give(two)
    assert here.rec.work_list()["accounts"] == []
    assert here.rec.show()["accounts"][0]["difference_minor"] == 0


def test_a_hole(here: AtTheBank) -> None:
    """A statement whose lines do not make its balances says by how much."""
    here.called()
    sheet = Sheet(here.account, "EUR", "ST1", DAY, (here.came(1000, "S1"),), opening=0, number=1,
                  closing=1700)  # fmt: skip
    here.give(sheet.bytes())
    (account,) = here.rec.work_list()["accounts"]
    assert "700 minor units are missing in its lines" in account["faults"][0]
    assert account["difference_minor"] == 700


def test_ids_used_again(here: AtTheBank) -> None:
    """The same id a year later is another line; the same year it is a contradiction, and waits."""
    here.called()
    here.day([here.came(100, "S1", name="X")])
    here.day([here.came(200, "S1", name="X", day="2027-02-04")], day="2027-02-04")
    assert len(here.rows(money_line)) == 2
    here.day([here.came(300, "S1", name="X", day="2027-02-05")], day="2027-02-05")
    assert len(here.rows(money_line)) == 2
    (line,) = [one for one in here.rec.work_list()["lines"] if one["outcome"] == "waits"]
    assert "different amounts" in line["why"]


def test_wrong_account_and_currency(here: AtTheBank) -> None:
    """Refused whole, with what to do; the next file is taken all the same."""
    here.called()
    good = here.came(10000, "S1", reference=here.reference("A1"))
    other = Sheet("NL91ABNA0417164300", "EUR", "ST8", DAY, (good,), opening=0)
    dollars = Sheet(here.account, "USD", "ST9", DAY, (good,), opening=0)
    found = here.give(other.bytes(), dollars.bytes(), b"<x/>", here.sheet([good]).bytes())
    codes = [one.get("refused", "") for one in found["files"]]
    assert codes == ["WrongAccount", "WrongAccount", "XmlNamespace", ""]
    assert all(one["next_step"] for one in found["files"][:3])
    assert "USD" in found["files"][1]["message"]
    assert here.rows(pay_in)[0].arrived_minor == 10000
    assert len(here.rows(bank_line)) == 1


def test_dry_run(here: AtTheBank) -> None:
    """It says what would happen, and nothing is written."""
    here.called()
    file = here.sheet([here.came(10000, "S1", reference=here.reference("A1"))]).bytes()
    found = here.rec.import_files([("f.xml", file)], dry_run=True)
    (match,) = found["files"][0]["matches"]
    assert (match["does"], match["by"], match["parts"]) == (
        "pay-in", "reference", [{"number": 1, "amount_minor": 10000}],
    )  # fmt: skip
    assert here.rows(bank_line) == []
    assert here.rows(money_line) == []


def test_typed_by_hand_before(here: AtTheBank) -> None:
    """A line somebody typed with the bank's id is not taken in again when the file comes."""
    here.called()
    here.made.money.receive("A", "EUR", 10000, bank_reference="S1", payer="Firm A1",
                            reference=here.reference("A1"), value_day=DAY)  # fmt: skip
    here.day([here.came(10000, "S1", reference=here.reference("A1"))])
    assert len(here.rows(money_line)) == 1
    assert here.rec.show()["lines"][0]["outcome"] == "matched"
    here.check()


def test_kept_and_erasable(at: AtTheBank) -> None:
    """The bytes are kept as they came; names stand in the register alone; all of it has an end."""
    at.called()
    file = at.sheet([at.came(10000, "S1", name="Mr Nobody")]).bytes()
    at.give(file)
    assert at.rec.original(1) == ("f0.xml", file)
    for table in (bank_line,):
        for row in at.rows(table):
            assert "Nobody" not in json.dumps(list(row), default=str)
    kept = at.rows(register, subject_kind=["bank_file", "bank_line"])
    assert len(kept) == 2
    assert all(row.purpose == "reconciliation" and row.retain_until > "2030" for row in kept)


def test_hostile_files_stop_nothing(here: AtTheBank) -> None:
    """A bomb among the files is refused, the others are taken."""
    here.called()
    bomb = b'<!DOCTYPE a [<!ENTITY a "b">]><a>&a;</a>'
    found = here.give(bomb, here.sheet([here.came(1, "S1")]).bytes())
    assert found["files"][0]["refused"] == "XmlDocumentType"
    assert found["files"][1]["new"] == 1
    with pytest.raises(XmlRefused):
        here.rec.take(bomb, "bomb.xml")


def test_at_the_command_line(here: AtTheBank, capsys: pytest.CaptureFixture[str]) -> None:
    """A folder, a zip file and a file; what is refused, what is new, what is left to look at."""
    import zipfile

    from skontro.cli import main

    here.called()
    place = here.house.folder / "from-the-bank"
    place.mkdir()
    (place / "a.xml").write_bytes(here.sheet([here.came(10000, "S1", name="Firm\nA1",
                                                       reference=here.reference("A1"))]).bytes())
    (place / "b.xml").write_bytes(b"no XML")
    (place / "readme.txt").write_text("not the bank's", "utf-8")
    packed = here.house.folder / "more.zip"
    with zipfile.ZipFile(packed, "w") as out:
        stray = here.came(55, "S2", name="Mr\nX", text="hi \u202eho\x85")
        out.writestr("c.xml", here.sheet([stray]).bytes())
    there = ["--house", str(here.house.folder)]

    def said(*words: str, ends: int = 0) -> str:
        assert main(["reconcile", *words, *there]) == ends
        return capsys.readouterr().out

    dry = said("import", str(place / "a.xml"), "--dry-run")
    assert "pay-in 1 by reference" in dry
    assert "nothing was written" in dry
    told = said("import", str(place), str(packed), ends=3)
    assert "1 line, 1 of them new" in told
    assert "b.xml, line 1: it is no XML" in told
    assert "next: " in told
    assert "matched: 1, in suspense: 1, waiting: 0, refused: 0" in told
    again = json.loads(said("import", str(place), str(packed), "--json", ends=3))
    assert [one.get("known") for one in again["files"]] == [True, None, True]
    assert "Mr X, hi ho: suspense" in said("list")
    shown = said("show")
    assert "100.55" in shown
    assert "reference" in shown
    assert json.loads(said("show", "--json"))["accounts"][0]["difference_minor"] == 0
