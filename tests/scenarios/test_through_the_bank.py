# SPDX-License-Identifier: Apache-2.0
"""The worked example through files and a bank: from a table to the closing balance, to the cent.

Nothing is typed in by hand but what two people sign. Half of the obligations come in as e-invoices
(UBL, CII and PDF), half in a table; the firms pay at the bank under the references they were given;
the house's payment files go into the bank's box, and the house knows of money only what the bank's
own files say.
"""

from __future__ import annotations

import csv
import datetime
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.made_house import (
    ACCOUNTS,
    DATES,
    FIRMS,
    OBLIGATIONS,
    PASSPHRASE,
    SIDE,
    MadeHouse,
    lawful,
)
from tests.made_invoices import KINDS, admit_invoice_firms, worked_invoices

from skontro.core.errors import Conflict
from skontro.house.identifiers import check_creditor_reference
from skontro.lab.bank import LoopbackBank
from skontro.lab.year import trade_columns
from skontro.messages.beside import Beside
from skontro.store.rows import find_all
from skontro.store.schema import pay_out
from skontro.verify.notices import verify_paper

NAMES = {each: name for each, name, _, _ in FIRMS}
SIDES = {each: side for each, _, side, _ in FIRMS}
EUR, INR = ("A", "EUR"), ("B", "INR")
IBAN = {each: ACCOUNTS["EUR"](number).iban for number, (each, *_) in enumerate(FIRMS)}
WORKING_B = 1_350_000_00
SEPA = {'profile = "plain"    ': 'profile = "sepa"     '}


ROWS = {row["id"]: row for row in csv.DictReader(OBLIGATIONS.splitlines())}
AS_INVOICES = ("o1", "o2", "o3", "o4")


def hand_in(made: MadeHouse, folder: Path) -> None:
    """Four obligations come in as e-invoices, four in a table; who owes says yes to each."""
    folder.mkdir()
    trades = {
        name: lawful(SIDE[row["debtor"]], SIDE[row["creditor"]], name)
        for name, row in ROWS.items()
    }
    makers = list(KINDS.values())
    for place, name in enumerate(AS_INVOICES):
        make, suffix = makers[place % len(makers)]
        (folder / f"{name}{suffix}").write_bytes(make(worked_invoices()[name]))
    report = made.house.documents.read([folder], beside={
        f"invoice {name}": Beside(trades[name], ROWS[name]["debtor"]) for name in AS_INVOICES
    })  # fmt: skip
    assert report.count("taken") == len(AS_INVOICES), report.files
    rest = [name for name in ROWS if name not in AS_INVOICES]
    table = folder / "claims.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        columns = trade_columns([trades[name] for name in rest])
        writer = csv.writer(file)
        writer.writerow(["sender", "reference", "document", *ROWS["o1"], *columns])
        writer.writerows(
            [ROWS[name]["creditor"], name, f"invoice {name}", *ROWS[name].values(),
             *(column[place] for column in columns.values())]
            for place, name in enumerate(rest)
        )  # fmt: skip
    made.house.obligations.import_file(table)
    for name, row in ROWS.items():
        reference = f"invoice {name}" if name in AS_INVOICES else name
        made.number[name] = made.house.obligations.find(row["creditor"], reference)
        if name not in AS_INVOICES:
            made.house.obligations.confirm(made.number[name], row["debtor"])


class ThroughTheBank:
    """The worked example's house, and the bank both sides' accounts are at."""

    def __init__(self, folder: Path, *, changes: dict[str, str] | None = None) -> None:
        self.folder = folder
        self.made = MadeHouse(folder / "house", changes=SEPA | (changes or {}))
        self.house, self.money = self.made.house, self.made.house.settlement
        self.made.import_list()
        admit_invoice_firms(self.made)
        hand_in(self.made, folder / "in")
        self.made.open_cycle()
        self.made.fund_b()  # it stands on B's account when the bank opens it
        self.bank = LoopbackBank(
            folder / "bank", self.house.rules, self.house.now, {INR: WORKING_B}
        )
        self.calls = dict[str, dict[str, Any]]()
        self.done = dict[str, int]()

    # ---- the days ----------------------------------------------------------------------------

    def until(self, at: datetime.datetime) -> None:
        """Time passes in the house and at the bank, and the house reads what the bank wrote."""
        self.made.until(at)
        self.bank.move(at)
        self.read()

    def tomorrow(self, days: int = 1) -> None:
        self.until(self.house.now + datetime.timedelta(days=days))

    def read(self, *more: tuple[str, bytes]) -> None:
        """The house reads every file in the box that it has not read."""
        files = [*self.bank.waiting(), *more]
        told = self.house.reconciliation.import_files(files)
        assert not [one for one in told["files"] if "refused" in one], told
        self.bank.taken([name for name, _ in files[: len(files) - len(more)]])
        self.done = told["done"]

    # ---- the steps ---------------------------------------------------------------------------

    def to_final(self) -> None:
        """Cut-off, both runs, pay-ins announced under their references."""
        self.made.run_to_final()
        self.calls = {one["participant"]: one for one in self.money.instruct(DATES.id)}
        self.bank.move(self.house.now)
        for call in self.calls.values():
            assert check_creditor_reference(call["reference"]) == call["reference"]

    def pay(self, firm: str, amount_minor: int | None = None) -> None:
        """A firm pays at its bank what it was called for, under its reference."""
        call = self.calls[firm]
        self.bank.pay_in(
            (SIDES[firm], call["currency"]), amount_minor or call["due_minor"],
            key=f"{firm} pays", payer=NAMES[firm], reference=call["reference"],
            account=IBAN[firm] if SIDES[firm] == "A" else "",
        )  # fmt: skip
        self.read()

    def settle(self) -> None:
        self.money.plan(DATES.id)
        self.money.settle(DATES.id)

    def release(self, side: str) -> list[Path]:
        """Two people let go what is ready; the files are written; the payment file's path."""
        act = self.money.propose_release(DATES.id, *{"A": EUR, "B": INR}[side], "P1",
                                         self.made.keys["P1"])  # fmt: skip
        outcome: Any = self.made.both(act)
        written = self.house.payment_files.write(self.folder / "out", outcome["files"])
        return [Path(one["path"]) for one in written if one["message"] != "transparency"]

    def send(self, side: str) -> str:
        """Release, write, and put the payment file into the bank's box; the bank's answer."""
        (path,) = self.release(side)
        found = self.house.payment_files.check(path)
        said = self.bank.drop(path)
        self.house.payment_files.sent(found["file"])
        self.read()
        return str(said["status"])

    # ---- what must hold ----------------------------------------------------------------------

    def outs(self) -> dict[str, list[str]]:
        """States of the payments of each firm, oldest first."""
        found = dict[str, list[str]]()
        ids = {firm["number"]: firm["id"] for firm in self.house.participants.firms()}
        with self.house.database.read() as unit:
            for row in find_all(unit, pay_out, order=["id"]):
                found.setdefault(ids[row.participant], []).append(row.state)
        return found

    def books_are_the_banks(self) -> None:
        """The bank's closing balance is the journal's settlement account, to the cent."""
        books = self.house.journal.balances("bank:")
        for place in (EUR, INR):
            assert books[f"bank:{place[0]}:{place[1]}"] == self.bank.balance(place), place
        for one in self.house.reconciliation.show()["accounts"]:
            assert one["difference_minor"] == 0, one
            assert one["faults"] == [], one
        assert self.house.journal.verify().ok

    def nothing_waits(self) -> None:
        assert self.house.reconciliation.work_list() == {
            "lines": [], "statuses": [], "accounts": [],
        }  # fmt: skip


@pytest.fixture
def there(tmp_path: Path) -> Iterator[ThroughTheBank]:
    made = ThroughTheBank(tmp_path)
    yield made
    made.bank.close()
    made.house.close()


def all_paid_in(there: ThroughTheBank) -> None:
    """The two net debtors pay; the bank's notifications say so, and the cycle settles."""
    there.to_final()
    there.pay("A1")
    there.pay("B3")
    there.settle()


def test_from_a_table_to_the_closing_balance(there: ThroughTheBank) -> None:
    """Goal: every figure of the worked example, through files alone.

    1. Eight obligations come in, four as e-invoices and four in a table; they are cut off and run
       to final: 320,000 of 425,000 EUR set off.
    2. Notices go out to all six. A1 and B3 pay in at the bank; before that nothing may leave.
    3. Payment files go out by two people; the bank answers with pain.002, camt.054, camt.053.
    4. The cycle closes; the bank's closing balances are the journal's accounts, to the cent.
    """
    there.to_final()
    final = there.house.cycles.show(DATES.id)["runs"][-1]["summary"]
    assert (final["gross_minor"], final["set_off_minor"]) == (42_500_000, 32_000_000)
    there.house.statements.unlock(PASSPHRASE)
    for firm in NAMES:
        notice = there.house.statements.set_off_notice(DATES.id, firm)
        assert notice.content["participant"] == firm
    assert {firm: call["due_minor"] for firm, call in there.calls.items()} == {
        "A1": 5_000_000, "B3": 135_000_000,
    }  # fmt: skip

    there.pay("B3")
    with pytest.raises(Conflict, match="missing"):
        there.money.plan(DATES.id)  # A1 has not paid
    with pytest.raises(Conflict, match="nothing is ready"):
        there.release("A")
    there.pay("A1")
    there.settle()

    assert there.send("A") == "ACCP"
    assert there.send("B") == "ACCP"
    assert there.outs() == {"A2": ["paid"], "A3": ["paid"], "B1": ["paid"], "B2": ["paid"]}
    there.tomorrow()
    there.house.cycles.close(DATES.id)
    there.books_are_the_banks()
    there.nothing_waits()
    left = {code: minor for code, minor in there.house.journal.balances().items() if minor}
    assert left == {
        "bank:A:EUR": 1_500_000, "border:A:EUR": -1_500_000,
        "border:B:INR": 135_000_000, "working:B:INR": -135_000_000,
    }  # fmt: skip
    assert set(there.made.left().values()) == {0}
    told_the_authorities(there)


def told_the_authorities(there: ThroughTheBank) -> None:
    """All that crossed each side's border: o1 to o4 and o6, by country and chapter; checked."""
    found = {}
    for side, country in (("A", "IN"), ("B", "NL")):
        paper = there.house.statements.trade_report(DATES.id, side)
        path = there.folder / f"trade-{side}.json"
        path.write_bytes(paper.as_bytes())
        assert verify_paper(path).ok
        assert "By country and chapter" in paper.as_text()
        rows = paper.content["rows"]
        assert {(row["country"], row["chapter"]) for row in rows} == {(country, "30")}
        found[side] = {
            (row["way"], row["currency"]): [
                int(row[name]) // 100 for name in ("gross_minor", "set_off_minor", "paid_minor")
            ]
            for row in rows
        }
    turned = {"in": "out", "out": "in"}
    assert found["B"] == {(turned[way], code): sums for (way, code), sums in found["A"].items()}
    assert found["A"] == {
        ("in", "EUR"): [140_000, 90_000, 50_000],  # o1, o6
        ("in", "INR"): [5_400_000, 4_500_000, 900_000],  # o2
        ("out", "AED"): [300_000, 240_000, 60_000],  # o4
        ("out", "EUR"): [80_000, 50_000, 30_000],  # o3
        ("out", "INR"): [2_700_000, 2_700_000, 0],  # o5
    }


def test_the_payment_file_says_what_it_pays(there: ThroughTheBank) -> None:
    """The SEPA file of side A, and what stands behind each payment of it."""
    all_paid_in(there)
    (path,) = there.release("A")
    root = etree.parse(path).getroot()
    assert {
        str(one.findtext("{*}Cdtr/{*}Nm")): str(one.findtext(".//{*}InstdAmt"))
        for one in root.iter("{*}CdtTrfTxInf")
    } == {NAMES["A2"]: "20000.00", NAMES["A3"]: "15000.00"}
    assert [one.text for one in root.iter("{*}CtrlSum")] == ["35000.00", "35000.00"]
    assert {one.text for one in root.iter("{*}SvcLvl")} != set()
    behind = json.loads(next((there.folder / "out").glob("*transparency.json")).read_text("utf-8"))
    by_firm = {one["payee"]["id"]: one for one in behind["payments"]}
    assert {firm: [o["paid"] for o in one["obligations"]] for firm, one in by_firm.items()} == {
        "A2": ["30000.00"], "A3": ["60000.00"],
    }  # fmt: skip


def test_the_bank_rejects_one_payment(there: ThroughTheBank) -> None:
    """A2's account is closed: pain.002 says so, it is due again, and goes once it has another."""
    there.bank.close_account_of("A2", IBAN["A2"], "EUR")
    all_paid_in(there)
    assert there.send("A") == "PART"
    assert there.outs()["A2"] == ["returned", "ready"]
    assert there.outs()["A3"] == ["paid"]
    there.tomorrow()
    there.books_are_the_banks()
    with pytest.raises(Conflict, match="not paid"):
        there.house.cycles.close(DATES.id)
    new = replace(ACCOUNTS["EUR"](77))
    there.made.both(there.house.participants.propose_bank_details(
        "A2", "EUR", new, "called back", "P1", there.made.keys["P1"],
    ))  # fmt: skip
    there.tomorrow(7)
    assert there.send("A") == "ACCP"
    there.send("B")
    assert there.outs()["A2"] == ["returned", "stopped", "paid"]
    there.tomorrow()
    there.house.cycles.close(DATES.id)
    there.books_are_the_banks()
    there.nothing_waits()


def test_a_payment_comes_back_days_later(there: ThroughTheBank) -> None:
    """A3's payment was booked, and comes back after two business days; then it is paid again."""
    all_paid_in(there)
    there.bank.behave(EUR, "return-later", days=2, reason="AC04",
                      end_to_end_id=f"{DATES.id}/A3/EUR/1")  # fmt: skip
    there.send("A")
    there.send("B")
    assert there.outs()["A3"] == ["paid"]
    there.tomorrow(3)
    assert there.outs()["A3"] == ["returned", "ready"]
    there.books_are_the_banks()
    there.bank.behave(EUR)
    there.send("A")
    assert there.outs()["A3"] == ["returned", "paid"]
    there.tomorrow()
    there.house.cycles.close(DATES.id)
    there.books_are_the_banks()
    there.nothing_waits()


def test_the_bank_says_everything_twice(there: ThroughTheBank) -> None:
    """Goal: a duplicate has no effect, whichever way it comes.

    Method: each file of the bank is read again under another name, the payment file is put into
    the bank's box again, and the same debt is not in a file of another id.
    """
    all_paid_in(there)
    (path,) = there.release("A")
    assert there.bank.drop(path)["status"] == "ACCP"
    there.read()
    again = path.with_name("again.xml")
    again.write_bytes(path.read_bytes())
    assert there.bank.drop(again)["reason"] == "DUPL"
    there.read()
    there.send("B")
    there.tomorrow()
    taken = there.folder / "bank" / "from-bank" / "taken"
    before = there.house.journal.balances()
    there.read(*((f"copy of {file.name}", file.read_bytes()) for file in taken.glob("*.xml")))
    assert there.house.journal.balances() == before
    assert there.outs() == {"A2": ["paid"], "A3": ["paid"], "B1": ["paid"], "B2": ["paid"]}
    with pytest.raises(Conflict, match="nothing is ready"):
        there.release("A")
    there.house.cycles.close(DATES.id)
    there.books_are_the_banks()
    # The bank's refusal of the second file stands on the work list, for somebody to look at.
    work = there.house.reconciliation.work_list()
    assert work["lines"] == []
    assert work["accounts"] == []
    doubted = {one["end_to_end"] for one in work["statuses"]}
    assert doubted <= {"2026-01/A2/EUR/1", "2026-01/A3/EUR/1"}
    assert len(work["statuses"]) == len(doubted)


def test_an_entry_is_missing_from_the_statement(there: ThroughTheBank) -> None:
    """A statement that does not add up: the house sees the gap, and says which account."""
    all_paid_in(there)
    there.bank.behave(EUR, "statement-gap")
    there.send("A")
    there.send("B")
    there.tomorrow()
    accounts = there.house.reconciliation.work_list()["accounts"]
    assert [one["side"] for one in accounts] == ["A"]
    assert accounts[0]["faults"]
    # Its notification named every payment: the books are the bank's all the same.
    books = there.house.journal.balances("bank:")
    assert books["bank:A:EUR"] == there.bank.balance(EUR)
    assert there.outs()["A3"] == ["paid"]


def without_one(data: bytes, end_to_end: str) -> bytes:
    """A statement as it was first sent, a minute earlier: the entry of one payment is not in it."""
    root = etree.fromstring(data)
    for entry in list(root.iter("{*}Ntry")):
        if end_to_end in [one.text for one in entry.iter("{*}EndToEndId")]:
            entry.getparent().remove(entry)
    for made in root.iter("{*}CreDtTm"):
        at = datetime.datetime.fromisoformat(str(made.text)) - datetime.timedelta(minutes=1)
        made.text = at.isoformat()
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def test_an_entry_that_nobody_told_comes_with_the_amended_statement(there: ThroughTheBank) -> None:
    """Goal: what is missing everywhere is seen and holds the cycle; told later, all is even.

    Method: the notices of A's bank are withheld, and its statement lacks A3's payment; the house
    names the gap, the payment stays on its way, the cycle does not close; then the amended
    statement comes, and the bank's closing balance is the journal's.
    """
    all_paid_in(there)
    there.send("B")
    (path,) = there.release("A")
    assert there.bank.drop(path)["status"] == "ACCP"
    there.made.until(there.house.now + datetime.timedelta(days=1))
    there.bank.move(there.house.now)
    name = f"{DATES.id}/A3/EUR/1"
    files = there.bank.waiting()
    whole = [(each, data) for each, data in files if b"camt.053" in data]
    assert any(name.encode() in data for _, data in whole)
    first = [(f"first-{each}", without_one(data, name)) for each, data in whole]
    told = there.house.reconciliation.import_files(first)
    assert not [one for one in told["files"] if "refused" in one], told
    assert there.outs()["A3"] == ["released"]
    (account,) = there.house.reconciliation.work_list()["accounts"]
    assert (account["side"], account["difference_minor"]) == ("A", -15_000_00)
    with pytest.raises(Conflict, match="not paid"):
        there.house.cycles.close(DATES.id)
    there.read()
    assert there.outs()["A3"] == ["paid"]
    there.house.cycles.close(DATES.id)
    there.books_are_the_banks()
    there.nothing_waits()
