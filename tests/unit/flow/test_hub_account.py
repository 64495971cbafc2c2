# SPDX-License-Identifier: Apache-2.0
"""The hub's own account: what its orders carry, and its bank's files held against the journal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from tests.made_bank import Booked, Paid, Sheet
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import InvalidRules, Rejected
from skontro.house.rules import NO_HUB, HouseRules, Hub, PaymentRules

EUR = {"EUR": "1"}
SYSTEM = PaymentRules("plain", payment_system="TGT", bic="ABNANL2A")


def union(folder: Path, hub: Hub | None = None, **payments: PaymentRules) -> MadeSettlement:
    """A1 owes B1 400 EUR under the union's table: A pays the hub 40, and the hub pays B 100."""
    quotas = [(side, "", "1000.00") for side in "AB"] + [("", side, "1000.00") for side in "AB"]
    rules = made_rules({"A": "EUR", "B": "EUR"}, quotas=quotas, table="union",
                       working={"B": "2000.00"})  # fmt: skip
    rules = replace(
        rules, hub=rules.hub if hub is None else hub,
        sides=tuple(replace(one, payments=payments.get(one.id, one.payments))
                    for one in rules.sides),
    )  # fmt: skip
    made = MadeSettlement(folder / "house", rules, ("A1", "B1"))
    made.fund("B", 2000_00)
    made.fund("", 200_00, "capital")
    made.owe("A1", "B1", 400_00, "EUR")
    made.run(EUR)
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    return made


def leaving(made: MadeSettlement, side: str) -> tuple[dict[str, Any], Any]:
    """Release what a side pays; return the act and the first file of it, read."""
    content = made.release(side)
    files = {one["digest"]: one["id"] for one in made.house.payment_files.files()}
    data = made.house.payment_files.read(files[content["files"][0]["digest"]])
    root = etree.fromstring(data)
    accounts = [*root.iter("{*}DbtrAcct"), *root.iter("{*}CdtrAcct"), *root.iter("{*}CdtrAgt")]
    whole = [root] if side == "" else accounts
    assert all(b"NOTPROVIDED" not in etree.tostring(one) for one in whole)
    return content, root


def hub_of(made: MadeSettlement) -> str:
    account = made.house.rules.account("", "EUR")
    assert account is not None
    return account.iban


def test_orders_to_and_from_the_hub(tmp_path: Path) -> None:
    """Goal: the hub's account stands in the orders, and its bank's files end at the journal's sum.

    Method: A pays the hub and the hub pays B by files; the hub's bank tells of both, once more in
    a copy, and of the capital typed before; a line of nobody waits in the hub's suspense.
    """
    made = union(tmp_path)
    own = hub_of(made)
    sent, root = leaving(made, "A")
    assert own in [one.text for one in root.iterfind(".//{*}CdtrAcct//{*}IBAN")]
    made.send(sent)
    (into,) = [one for one in made.hard() if one["creditor_side"] == ""]
    first = Booked(40_00, "2026-02-05", "H1", (Paid(40_00, reference=into["reference"]),))
    sheet = Sheet(own, "EUR", "HUB-1", "2026-02-05", (first,), opening=200_00)
    told = made.house.reconciliation.import_files([("hub.xml", sheet.bytes())])
    assert (told["files"][0]["new"], told["done"]["matched"]) == (1, 1)
    paid, root = leaving(made, "")
    assert root.findtext(".//{*}DbtrAcct//{*}IBAN") == own
    assert paid["border"][0]["amount_minor"] == 100_00
    entries = (
        Booked(-100_00, "2026-02-06", "H2",
               (Paid(100_00, end_to_end=paid["border"][0]["reference"]),)),
        Booked(7_00, "2026-02-06", "H3", (Paid(7_00, name="Nobody We Know", account="NL1"),)),
    )  # fmt: skip
    sheet = Sheet(own, "EUR", "HUB-2", "2026-02-06", entries, opening=240_00)
    again = replace(sheet, copy=True)
    for one in (sheet, again):
        told = made.house.reconciliation.import_files([(one.id, one.bytes())])
    assert (told["done"]["suspense"], told["done"]["refused"]) == (1, 0)
    (account,) = made.house.reconciliation.show()["accounts"]
    assert (account["side"], account["journal_minor"], account["closing_minor"]) == (
        "", 147_00, 147_00
    )  # fmt: skip
    assert account["faults"] == []
    assert made.books()["bank::EUR"] == 147_00


def test_a_line_is_of_the_account_it_is_on(tmp_path: Path) -> None:
    """Goal: what is told on another account than the house said fills nothing there.

    Method: the border money for the hub is told on side B's account, and B's on the hub's; both
    files are good. Each waits in the suspense of the account it is on, and nothing has arrived.
    """
    made = union(tmp_path)
    sent, _ = leaving(made, "A")
    made.send(sent)
    (into,) = [one for one in made.hard() if one["creditor_side"] == ""]
    (out,) = [one for one in made.hard() if one["creditor_side"] == "B"]
    side = made.house.rules.account("B", "EUR")
    assert side is not None
    before = made.books()
    for number, (account, amount, reference) in enumerate([
        (side.number, 40_00, into["reference"]), (hub_of(made), 100_00, out["reference"]),
        (hub_of(made), 5_00, made.calls["A1"]["reference"]),
    ]):  # fmt: skip
        paid = Paid(amount, reference=reference, name="Firm A1", account="NL1")
        line = Booked(amount, "2026-02-05", f"L{number}", (paid,))
        sheet = Sheet(account, "EUR", f"X{number}", "2026-02-05", (line,), opening=0, number=number)
        told = made.house.reconciliation.import_files([(f"{number}.xml", sheet.bytes())])
        assert told["done"]["suspense"] == number + 1, told
    hard = {(one["arrived_minor"], one["sent_minor"]) for one in made.hard()}
    assert hard == {(0, 40_00), (0, 0)}
    waiting = [(one["side"], one["open_minor"]) for one in made.money.suspense()]
    assert waiting == [("B", 40_00), ("", 100_00), ("", 5_00)]
    after = made.books()
    moved = {code: after.get(code, 0) - before.get(code, 0) for code in before | after}
    assert {code: minor for code, minor in moved.items() if minor} == {
        "bank:B:EUR": 40_00, "suspense:B:EUR": -40_00,
        "bank::EUR": 105_00, "suspense::EUR": -105_00,
    }  # fmt: skip


def test_the_hub_in_a_payment_system(tmp_path: Path) -> None:
    """pacs.009 from the hub, and pacs.029 where the side is in the system too, with its account."""
    accounts = made_rules({"A": "EUR", "B": "EUR"}).hub.accounts
    made = union(tmp_path, Hub(accounts, replace(SYSTEM, border="pacs.029")), A=SYSTEM, B=SYSTEM)
    content, root = leaving(made, "A")
    assert content["files"][0]["message"] == "pacs.009.001.08"
    assert hub_of(made) in [one.text for one in root.iter("{*}IBAN")]
    content, root = leaving(made, "")
    assert content["files"][0]["message"] == "pacs.029.001.02"
    assert hub_of(made) in [one.text for one in root.iter("{*}IBAN")]


def test_nothing_leaves_to_or_from_a_hub_without_an_account(tmp_path: Path) -> None:
    made = union(tmp_path, NO_HUB)
    for side in ("A", ""):
        with pytest.raises(Rejected, match="the hub has no account in EUR") as refused:
            made.release(side)
        assert "[hub.account]" in refused.value.next_step
    assert made.house.payment_files.files() == []


def test_its_rules() -> None:
    """Written and read again the same; another currency, and a side's own account, are refused."""
    rules = made_rules({"A": "EUR", "B": "INR"})
    assert HouseRules.from_json(rules.as_json()) == rules
    without = replace(rules, hub=NO_HUB)
    assert "hub" not in without.as_json()
    said: dict[str, Any] = rules.as_json()
    said["hub"] = {"account": {"INR": said["hub"]["account"]["EUR"]}}
    with pytest.raises(InvalidRules, match="no currency of the hub"):
        HouseRules.from_json(said)
    said["hub"] = {"account": {"EUR": said["side"]["A"]["account"]["EUR"]}}
    with pytest.raises(InvalidRules, match="the account of side A"):
        HouseRules.from_json(said)
