# SPDX-License-Identifier: Apache-2.0
"""What two people sign is what leaves: the files, byte for byte."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import Conflict, Rejected
from skontro.house.rules import HouseRules, PaymentRules
from skontro.house.trade import LineSaid
from skontro.messages.schema_check import check_schema
from skontro.store.rows import change, find_all
from skontro.store.schema import obligation, pay_out, payment_file, register

TWO = {"A": "EUR", "B": "INR"}
BOTH = [("A", "B", "1000.00"), ("B", "A", "1000.00")]
RATES = {"EUR": "1", "INR": "1/90"}


def with_payments(rules: HouseRules, **said: PaymentRules) -> HouseRules:
    """The rules with what sides say of payment orders."""
    return replace(rules, sides=tuple(
        replace(side, payments=said.get(side.id, side.payments)) for side in rules.sides
    ))  # fmt: skip


def settled(folder: Path, *, table: str = "half", **said: PaymentRules) -> MadeSettlement:
    """A1 owes A2 100 EUR and B1 300 EUR, B2 owes A2 2,700 INR; all is paid in and settled."""
    rules = made_rules(TWO, quotas=BOTH, working={"A": "1000.00", "B": "90000.00"}, table=table)
    made = MadeSettlement(folder / "house", with_payments(rules, **said),
                          ("A1", "A2", "B1", "B2"))  # fmt: skip
    made.fund("A", 1000_00)
    made.fund("B", 90_000_00)
    made.owe("A1", "A2", 100_00, "EUR")
    made.owe("A1", "B1", 300_00, "EUR")
    made.owe("B2", "A2", 2_700_00, "INR")
    made.run(RATES)
    for firm in made.calls:
        made.pay(firm)
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    return made


def test_what_was_signed_is_what_leaves(tmp_path: Path) -> None:
    """Goal: from the proposal to the folder the bytes are those whose digest two people signed.

    Method: propose, look what was kept, approve, write twice; then alter one byte of the written
    file, and one of the kept one; both are refused, and nothing else is written.
    """
    made = settled(tmp_path)
    orders, folder = made.house.payment_files, tmp_path / "out"
    act = made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
    content = made.house.people.find_act(act)["content"]
    assert [one["message"] for one in content["files"]] == ["pain.001.001.09", "transparency"]
    kept = {one["digest"]: one for one in orders.files(made.cycle)}
    assert set(kept) == {one["digest"] for one in content["files"]}
    assert {one["state"] for one in kept.values()} == {"written"}
    number = min(one["id"] for one in kept.values())
    with pytest.raises(Conflict, match="was not released"):
        orders.write(folder, [number])
    assert orders.write(folder) == []
    outcome = made.both(act)
    assert outcome["files"] == sorted(one["id"] for one in kept.values())
    assert [one["is"] for one in orders.write(folder, dry_run=True)] == ["written"] * 2
    assert not folder.exists()
    written = orders.write(folder)
    assert [one["is"] for one in orders.write(folder)] == ["there", "there"]
    pain = Path(written[0]["path"])
    assert "DEMONSTRATION" in pain.name
    data = pain.read_bytes()
    assert data == orders.read(number)
    assert b"DEMONSTRATION" in data
    check_schema(data, "pain.001.001.09")
    assert orders.check(pain) | {"act": act} == orders.check(pain)
    assert "Firm A2" not in json.dumps(content)  # no name in what is kept for ever

    pain.write_bytes(data.replace(b"130.00", b"930.00"))
    with pytest.raises(Conflict, match="is not what was released"):
        orders.write(folder)
    with pytest.raises(Conflict, match="no file of this house as it was released"):
        orders.check(pain)
    with made.house.database.unit("a forger", exclusive=True) as unit:
        (row,) = find_all(unit, payment_file, id=number)
        unit.run(_without_guard(unit))
        text = data.decode().replace("130.00", "930.00")
        change(unit, register, {"id": row.record}, content=text)
    with pytest.raises(Conflict, match="not what was committed to"):
        orders.read(number)
    with pytest.raises(Conflict, match="not what was committed to"):
        orders.write(tmp_path / "elsewhere")
    assert not (tmp_path / "elsewhere").exists()


def _without_guard(unit: Any) -> Any:
    import sqlalchemy as sa

    return sa.text("DROP TRIGGER register_is_erased")


def test_what_stands_behind_each_payment(tmp_path: Path) -> None:
    """Both parties, country, invoice, goods, gross, set off, paid and verdict of each obligation.

    A2 is paid for two obligations; border money for the one between the sides; the file says so,
    and the sums are those of the books.
    """
    made = settled(tmp_path)
    made.release("A")
    files = {one["message"]: one["id"] for one in made.house.payment_files.files()}
    said = json.loads(made.house.payment_files.read(files["transparency"]))
    pain = etree.fromstring(made.house.payment_files.read(files["pain.001.001.09"]))
    amounts = {
        str(one.findtext(".//{*}EndToEndId")): str(one.findtext(".//{*}InstdAmt"))
        for one in pain.iter("{*}CdtTrfTxInf")
    }
    assert {one["end_to_end"]: one["amount"] for one in said["payments"]} == amounts
    (paid, border) = said["payments"]
    assert (paid["payee"]["id"], paid["amount"]) == ("A2", "130.00")
    assert (paid["payee"]["name"], paid["payee"]["country"]) == ("Firm A2", "NL")
    assert [one["gross"] for one in paid["obligations"]] == ["100.00", "2700.00"]
    assert [one["paid"] for one in paid["obligations"]] == ["100.00", "2700.00"]
    assert [one["debtor"]["country"] for one in paid["obligations"]] == ["NL", "IN"]
    assert [one["invoice"] for one in paid["obligations"]] == ["invoice 3", "invoice 5"]
    assert {one["goods"]["code"] for one in paid["obligations"]} == {"300490"}
    assert all(one["verdict"] for one in paid["obligations"])
    assert (border["purpose"], border["payee"]["side"]) == ("border", "B")
    assert [one["gross"] for one in border["obligations"]] == ["300.00"]
    assert said["demonstration"] is True
    assert said["payment_files"][0]["digest"] == next(
        one["digest"] for one in made.house.payment_files.files() if one["id"] == 1
    )


def test_every_line_stands_behind_its_payment(tmp_path: Path) -> None:
    """An obligation of two lines says both, in their order: code, origin, quantity and value."""
    rules = with_payments(made_rules(TWO, working={"A": "1000.00", "B": "90000.00"}))
    made = MadeSettlement(tmp_path / "house", rules, ("A1", "A2", "B1", "B2"))
    made.fund("A", 1000_00)
    lines = (LineSaid(70_00, "901890", "2", "H87", origin="DE"),
             LineSaid(30_00, "300490", "7.5", "KGM", "7.5"))  # fmt: skip
    made.owe("A1", "A2", 100_00, "EUR", lines)
    made.run(RATES)
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.release("A")
    files = {one["message"]: one["id"] for one in made.house.payment_files.files()}
    said = json.loads(made.house.payment_files.read(files["transparency"]))
    ((one,),) = [payment["obligations"] for payment in said["payments"]]
    names = ("code", "origin", "quantity_milli", "value_minor")
    assert [tuple(line[name] for name in names) for line in one["goods"]["lines"]] == [
        ("901890", "DE", "2000", "7000"), ("300490", "NL", "7500", "3000"),
    ]  # fmt: skip


def test_one_obligation_behind_a_payment(tmp_path: Path) -> None:
    """B1 is owed by A1 alone: the payment says whose debt it pays, and to whom."""
    made = settled(tmp_path)
    made.send(made.release("A"))
    for payment in made.hard():
        made.border_comes(payment)
    made.release("B")
    number = max(one["id"] for one in made.house.payment_files.files()
                 if one["message"] == "pain.001.001.09")  # fmt: skip
    root = etree.fromstring(made.house.payment_files.read(number))
    assert root.findtext(".//{*}UltmtDbtr/{*}Nm") == "Firm A1"
    assert root.findtext(".//{*}UltmtCdtr/{*}Nm") == "Firm B1"


def test_a_payment_that_can_not_go_on_the_rail(tmp_path: Path) -> None:
    """Nothing is written while one payment breaks a rule; left out, the others go."""
    made = settled(tmp_path, A=PaymentRules("sepa"))
    made.stray("A", 5_00, payer="Somebody", account="")
    (line,) = made.money.suspense()
    made.both(made.money.propose_assignment(line["id"], *made.p1))
    with pytest.raises(Rejected, match=r"of Somebody is no IBAN \(sepa\.account\)") as refused:
        made.money.propose_release(None, "A", "EUR", *made.p1)
    details: Any = refused.value.details["breaches"]
    assert {one["rule"] for one in details} == {"sepa.account"}
    assert made.house.payment_files.files() == []
    with made.house.database.read() as unit:
        (back,) = find_all(unit, pay_out, purpose="return")
    would = made.money.what_would_leave(None, "A", "EUR", without=[back.id])
    # Border money leaves the euro: it goes in a file of its own, on another rail.
    assert [one["message"] for one in would["files"]] == [
        "pain.001.001.09", "pain.001.001.09", "transparency",
    ]  # fmt: skip
    act = made.money.propose_release(None, "A", "EUR", *made.p1, without=[back.id])
    content = made.house.people.find_act(act)["content"]
    assert [one["purpose"] for one in content["payments"]] == ["settlement"]
    made.both(act)


def test_nobody_is_paid_without_an_account(tmp_path: Path) -> None:
    """On the plain rail too: the refusal says who, and how the account comes to be known."""
    made = settled(tmp_path)
    made.stray("A", 5_00, payer="Somebody", account="")
    (line,) = made.money.suspense()
    made.both(made.money.propose_assignment(line["id"], *made.p1))
    with pytest.raises(Rejected, match=r"the account of Somebody is not known \(plain") as refused:
        made.release("A", None)
    assert "settlement reverse" in refused.value.next_step
    assert made.house.payment_files.files() == []
    number = made.money.withdraw("B", "INR", 1_00)
    made.release("B", None)  # its sponsor's account is known, as its money came from there
    held = settled(tmp_path / "other")
    held.money.fund("B", "INR", 1_00, bank_reference="late", payer="Another Sponsor")
    held.both(held.money.propose_working_balance(
        "B", "INR", 1_00, *held.p1, sponsor="Another Sponsor", agreement="WB-9"
    ))  # fmt: skip
    number = held.money.withdraw("B", "INR", 1_00)
    with pytest.raises(Rejected, match="the account of Another Sponsor is not") as refused:
        held.release("B", None)
    assert "--account" in refused.value.next_step
    held.money.stop(number)
    held.both(held.money.propose_working_balance(
        "B", "INR", 1_00, *held.p1, sponsor="Another Sponsor", agreement="WB-9",
        account="50100012345678 HDFCINBB",
    ))  # fmt: skip
    held.money.withdraw("B", "INR", 1_00)
    files = held.release("B", None)["files"]
    pain = next(one for one in held.house.payment_files.files()
                if one["digest"] == files[0]["digest"])  # fmt: skip
    assert b"50100012345678" in held.house.payment_files.read(pain["id"])


def test_border_money_in_a_payment_system(tmp_path: Path) -> None:
    """By pacs.009 where the side's account is in one; by pacs.029 where both are, in a currency."""
    system = PaymentRules("plain", payment_system="TGT", bic="ABNANL2A")
    made = settled(tmp_path, A=system)
    content = made.release("A")
    assert [one["message"] for one in content["files"]] == [
        "pain.001.001.09", "pacs.009.001.08", "transparency",
    ]  # fmt: skip
    root = etree.fromstring(made.house.payment_files.read(2))
    assert root.findtext(".//{*}EndToEndId") == content["border"][0]["reference"]
    assert root.findtext(".//{*}IntrBkSttlmAmt") == "135.00"
    pain = etree.fromstring(made.house.payment_files.read(1))
    assert len(list(pain.iter("{*}CdtTrfTxInf"))) == len(content["payments"])


def test_a_settlement_request_needs_both_sides_in_the_system(tmp_path: Path) -> None:
    system = PaymentRules("plain", payment_system="TGT", bic="ABNANL2A", border="pacs.029")
    made = settled(tmp_path, A=system)
    with pytest.raises(Rejected, match="side 'B' is not in TGT in EUR"):
        made.money.propose_release(made.cycle, "A", "EUR", *made.p1)


def test_several_movements_in_one_request(tmp_path: Path) -> None:
    """Both sides in the system and in euro: border money leaves as one settlement request."""
    system = PaymentRules("plain", payment_system="TGT", bic="ABNANL2A", border="pacs.029")
    rules = made_rules({"A": "EUR", "B": "EUR"}, quotas=BOTH, table="half",
                       working={"A": "1000.00", "B": "1000.00"})  # fmt: skip
    made = MadeSettlement(tmp_path / "house", with_payments(rules, A=system, B=system),
                          ("A1", "B1"))  # fmt: skip
    made.fund("B", 1000_00)
    made.owe("A1", "B1", 300_00, "EUR")
    made.run({"EUR": "1"})
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    content = made.release("A")
    assert [one["message"] for one in content["files"]] == ["pacs.029.001.02", "transparency"]
    root = etree.fromstring(made.house.payment_files.read(1))
    assert [
        (one.findtext(".//{*}CdtDbt"), one.findtext("{*}Amt/{*}Amt"))
        for one in root.iter("{*}MvmntRcrd")
    ] == [("DBIT", "150.00"), ("CRDT", "150.00")]
    assert root.findtext(".//{*}SttlmCycl") == made.cycle


def test_nothing_is_written_of_what_is_not_known(tmp_path: Path) -> None:
    """An obligation without an invoice or goods: its payment does not leave, and says why."""
    made = settled(tmp_path)
    with made.house.database.unit("a forger", exclusive=True) as unit:
        import sqlalchemy as sa

        for trigger in unit.all(sa.text(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND "
            "tbl_name IN ('obligation', 'registration')"
        )):  # fmt: skip
            unit.run(sa.text(f"DROP TRIGGER {trigger[0]}"))
        change(unit, obligation, {"document": "invoice 3"}, document="")
        unit.run(sa.text("DELETE FROM registration"))
    with pytest.raises(Conflict, match="obligation 1 has no invoice"):
        made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
    assert made.house.payment_files.files() == []


def test_files_are_erased_when_they_need_not_be_kept(tmp_path: Path) -> None:
    """After the retention two people erase the bytes; the digest stays, and nothing is written."""
    made = settled(tmp_path)
    made.release("A")
    register_of = made.house.register
    with pytest.raises(Conflict, match="may be erased"):
        register_of.propose_erasure("payment_file", "1", *made.p1)
    made.house.set_clock(made.house.now.replace(year=made.house.now.year + 9))
    made.both(register_of.propose_erasure("payment_file", "1", *made.p1))
    with pytest.raises(Conflict, match="was erased"):
        made.house.payment_files.read(1)
    assert made.house.payment_files.files()[0]["digest"]
    assert made.house.journal.verify().ok
