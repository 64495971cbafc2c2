# SPDX-License-Identifier: Apache-2.0
"""Somebody wants money to leave twice, without cover, or without two people who know of it."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import Conflict, Forbidden, InvariantViolation, Rejected
from skontro.flow.backup import BankLine, back_up, propose_resume, restore
from skontro.house.identifiers import bank_account
from skontro.ops.clock import SetClock
from skontro.store.rows import find_all
from skontro.store.schema import border_payment, money_line, pay_out, register

TWO = {"A": "EUR", "B": "INR"}
BOTH = [("A", "B", "1000.00"), ("B", "A", "1000.00")]
RATES = {"EUR": "1", "INR": "1/90", "USD": "7/8"}
WORKING = {"A": "1000.00", "B": "90000.00"}


def two_sides(folder: Path, **options: Any) -> MadeSettlement:
    """Sides A in EUR and USD, B in INR; half of each position is settled hard; both funded."""
    rules = made_rules(TWO, quotas=BOTH, working=WORKING, table="half", more={"A": ["USD"]},
                       **options)  # fmt: skip
    made = MadeSettlement(folder / "house", rules, ("A1", "A2", "B1", "B2"))
    made.fund("A", 1000_00)
    made.fund("B", 90_000_00)
    return made


def settle(made: MadeSettlement) -> None:
    """A1 owes B1 300 EUR, B2 owes A2 2,700 INR; all is paid in, planned and settled."""
    made.owe("A1", "B1", 300_00, "EUR")
    made.owe("B2", "A2", 2_700_00, "INR")
    made.run(RATES)
    for firm in made.calls:
        made.pay(firm)
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()


def lines_of(made: MadeSettlement, after: int) -> list[BankLine]:
    """What the banks say left since a bank line of the house."""
    with made.house.database.read() as unit:
        rows = [row for row in find_all(unit, money_line, order=["id"]) if row.id > after]
    return [BankLine(row.side, row.currency, row.amount_minor, row.bank_reference,
                     row.reference if row.amount_minor < 0 else "") for row in rows]  # fmt: skip


def restored(made: MadeSettlement, folder: Path, taken: Mapping[str, Any]) -> MadeSettlement:
    """The house as the backup has it, after two people let it resume on what the banks say."""
    house, report = restore(folder / "backup", folder / "again", clock=SetClock(made.house.now))
    again = MadeSettlement.__new__(MadeSettlement)
    again.__dict__.update(made.__dict__)
    again.house, again.money, again.bank, again._seen = house, house.settlement, dict(made.bank), 0
    assert len(report["border_payments"]) == taken["hard"]
    said = {code.removeprefix("bank:"): minor
            for code, minor in made.house.journal.balances("bank:").items()}  # fmt: skip
    again.both(propose_resume(house, lines_of(made, taken["line"]), said, *made.p1))
    again.check()
    return again


def backed_up(made: MadeSettlement, folder: Path) -> dict[str, Any]:
    with made.house.database.read() as unit:
        lines = find_all(unit, money_line, order=["-id"], limit=1)
        hard = find_all(unit, border_payment, sent_minor=0, state=["ready", "released"])
    back_up(made.house, folder / "backup")
    return {"line": lines[0].id, "hard": len(hard)}


# ---- after a restore ---------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["planned", "ready", "released"])
def test_border_money_that_left_after_the_backup_is_not_sent_again(
    tmp_path: Path, when: str
) -> None:
    """Backed up before the hard payment was due, when it was ready, or released."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 300_00, "EUR")
    made.run(RATES)
    made.pay("A1")
    made.money.plan(made.cycle)
    taken = {} if when != "planned" else backed_up(made, tmp_path)
    made.money.settle(made.cycle)
    if when == "ready":
        taken = backed_up(made, tmp_path)
    content = made.release("A")
    if when == "released":
        taken = backed_up(made, tmp_path)
    made.send(content)
    (sent,) = made.hard()
    assert (sent["sent_minor"], made.bank["A", "EUR"]) == (150_00, 1150_00)
    again = restored(made, tmp_path, taken)
    if when == "planned":
        again.money.settle(again.cycle)
        again.check()
    (row,) = again.hard()
    assert (row["reference"], row["sent_minor"]) == (sent["reference"], 150_00)
    with pytest.raises(Conflict, match="nothing is ready on side A"):
        again.release("A")
    reference = lines_of(made, taken["line"])[-1].bank_reference
    again.money.border_sent(row["id"], bank_reference=reference)  # the bank's word once more
    with pytest.raises(Conflict, match="was paid before"):
        again.money.border_sent(row["id"], bank_reference="another")
    again.border_comes(row)
    again.pay_what_is_ready()
    again.house.cycles.close(again.cycle)
    again.check()
    assert "suspense:A:EUR" not in again.books()


def test_another_amount_of_border_money_than_is_due_is_held(tmp_path: Path) -> None:
    """The bank says that 149 left under the id of a payment of 150: it is not sent as well."""
    made = two_sides(tmp_path)
    made.owe("A1", "B1", 300_00, "EUR")
    made.run(RATES)
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    taken = backed_up(made, tmp_path)
    (row,) = made.hard()
    made.bank["A", "EUR"] -= 149_00
    house, _ = restore(tmp_path / "backup", tmp_path / "again", clock=SetClock(made.house.now))
    line = BankLine("A", "EUR", -149_00, "odd", row["reference"])
    said = {"A:EUR": made.bank["A", "EUR"], "B:INR": made.bank["B", "INR"]}
    house.people.approve(propose_resume(house, [line], said, *made.p1), "P2", made.keys["P2"])
    with pytest.raises(Conflict, match="nothing is ready on side A"):
        house.settlement.propose_release(None, "A", "EUR", *made.p1)
    with pytest.raises(Conflict, match="are not paid"):
        house.cycles.close(made.cycle)
    assert taken["hard"] == 1


def test_what_sponsors_took_out_after_the_backup_is_theirs_no_more(tmp_path: Path) -> None:
    """It cannot be drawn or taken out again; said again, it is known as what left."""
    made = two_sides(tmp_path)
    taken = backed_up(made, tmp_path)
    made.money.withdraw("A", "EUR", 900_00)
    made.send(made.release("A", None))
    again = restored(made, tmp_path, taken)
    with again.house.database.read() as unit:
        account = again.money.account(unit, "A", "EUR")
    assert (account.working, account.drawable, account.suspense) == (1000_00, 100_00, -900_00)
    with pytest.raises(Conflict, match="10000 minor units of EUR may be taken out"):
        again.money.withdraw("A", "EUR", 100_01)
    number = again.money.withdraw("A", "EUR", 900_00)
    with again.house.database.read() as unit:
        (row,) = find_all(unit, pay_out, id=number)
    assert (row.state, row.release_act_kind) == ("paid", "house.resume")
    with pytest.raises(Conflict, match="nothing is ready"):
        again.release("A", None)
    assert again.books()["working:A:EUR"] == -100_00
    again.check()
    again.money.withdraw("A", "EUR", 100_00)
    assert [one["amount_minor"] for one in again.release("A", None)["payments"]] == [100_00]


def test_an_exchange_that_left_after_the_backup(tmp_path: Path) -> None:
    """What it took is not there any more; said again it is known."""
    made = two_sides(tmp_path)
    settle(made)
    made.pay_what_is_ready()
    (hard,) = made.hard()
    made.border_comes(hard)
    made.pay_what_is_ready()
    made.house.cycles.close(made.cycle)
    free = -made.books()["border:A:EUR"]
    taken = backed_up(made, tmp_path)
    made.money.exchange("A", ("EUR", free - 1_00), ("USD", 100_00))
    made.send(made.release("A", None))
    again = restored(made, tmp_path, taken)
    with pytest.raises(Conflict, match="left as RF"):
        again.money.exchange("A", ("EUR", free - 2_00), ("USD", 100_00))
    number = again.money.exchange("A", ("EUR", free - 1_00), ("USD", 100_00))
    assert again.money.exchanges()[-1]["sent_minor"] == free - 1_00
    again.check()
    with pytest.raises(Conflict, match="nothing is ready"):
        again.release("A", None)
    with pytest.raises(Conflict, match="100 minor units of EUR may be exchanged"):
        again.money.exchange("A", ("EUR", 1_01), ("USD", 1_00))
    again.border_comes(again.money.exchanges()[-1])
    again.check()
    assert number == 2


def test_money_in_suspense_that_went_back_after_the_backup(tmp_path: Path) -> None:
    """Two people return it again in the restored house: it is known to have left."""
    made = two_sides(tmp_path)
    made.stray("A", 5_00)
    taken = backed_up(made, tmp_path)
    (line,) = made.money.suspense()
    made.both(made.money.propose_assignment(line["id"], *made.p1))
    made.send(made.release("A", None))
    again = restored(made, tmp_path, taken)
    (line,) = again.money.suspense()
    again.both(again.money.propose_assignment(line["id"], *again.p1))
    with pytest.raises(Conflict, match="nothing is ready"):
        again.release("A", None)
    assert again.money.suspense() == []
    again.check()
    assert "suspense:A:EUR" not in again.books()


# ---- acts that say something else ---------------------------------------------------------------


BODY = ("cycle", "side", "currency", "payments", "border")


def sealed(made: MadeSettlement, content: Mapping[str, Any]) -> dict[str, Any]:
    """An act with the files that would say it, kept as the desk keeps them, where they can be."""
    body, orders = {name: content[name] for name in BODY}, made.house.payment_files
    with suppress(Exception), made.house.database.unit("forged", exclusive=True) as unit:
        files = orders.prepare(unit, body, content["at"])
        orders.keep(unit, body, files)
        return body | {"at": content["at"], "files": [file.as_json() for file in files]}
    return dict(content)


Change = Callable[[MadeSettlement, dict[str, Any]], dict[str, Any]]


def _twice(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    return sealed(made, content | {"payments": content["payments"] * 2})


def _border_twice(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    return sealed(made, content | {"border": content["border"] * 2})


def _other_account(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    """Paid to the account of another firm."""
    with made.house.database.read() as unit:
        other = made.house.settlement._usable_accounts(unit, {1, 2, 3, 4})
        (record,) = [row for key, row in other.items() if key[0] == 1]
        (row,) = find_all(unit, register, id=record)
    first = content["payments"][0] | {"account": [row.id, row.commitment]}
    return sealed(made, content | {"payments": [first, *content["payments"][1:]]})


def _more(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    first = content["payments"][0]
    more = first | {"amount_minor": first["amount_minor"] + 1}
    return sealed(made, content | {"payments": [more]})


def _from_another_side(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    """Checked against the cover of a side that has more."""
    return sealed(made, content | {"side": "B", "currency": "INR"})


def _another_digest(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    return content | {"files": [one | {"digest": "0" * 64} for one in content["files"]]}


def _another_time(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    """The files are of one time, the act says another."""
    return content | {"at": "2026-01-01T00:00:00.000000Z"}


def _without_files(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    return {name: content[name] for name in BODY}


def _one_file_less(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    """What stands behind the payments is not to be released with them."""
    return content | {"files": content["files"][:1]}


def _another_cycle(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    return sealed(made, content | {"cycle": "2026-09"})


def _nothing(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    return sealed(made, content | {"payments": [], "border": []})


def _not_there(made: MadeSettlement, content: dict[str, Any]) -> dict[str, Any]:
    return sealed(made, content | {"payments": [content["payments"][0] | {"pay_out": 99}]})


@pytest.mark.parametrize("change", [
    _twice, _border_twice, _other_account, _more, _from_another_side, _another_digest,
    _another_cycle, _nothing, _not_there, _another_time, _without_files, _one_file_less,
])  # fmt: skip
def test_two_people_cannot_sign_what_is_not_so(tmp_path: Path, change: Change) -> None:
    """An act made by hand, not by the desk: a payment twice, to others, of another side."""
    made = two_sides(tmp_path)
    settle(made)
    act = made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
    honest = made.house.people.find_act(act)["content"]
    assert len(honest["border"]) == len(honest["payments"]) == 1
    assert sealed(made, honest) == honest
    forged = made.house.people.propose("payment.release", change(made, honest), *made.p1)
    with pytest.raises(Conflict, match="does not say what is to leave as it stands"):
        made.both(forged)
    made.check()
    with made.house.database.read() as unit:
        assert find_all(unit, pay_out, state="released") == []
    made.both(act)
    with pytest.raises(Conflict, match="is released"):
        made.both(made.house.people.propose("payment.release", honest, *made.p1))
    made.send(honest)
    made.check()


def test_a_recast_that_is_another_run(tmp_path: Path) -> None:
    """The final run's archive, or another recast's, under the name of this recast."""
    made = two_sides(tmp_path)
    made.owe("A1", "A2", 100_00, "EUR")
    made.run(RATES)
    made.pay("A1", 40_00)
    made.at("pay_in_deadline")
    act = made.money.propose_recast(made.cycle, *made.p1)
    honest = made.house.people.find_act(act)["content"]
    final = next(one for one in made.house.cycles.show(made.cycle)["runs"]
                 if one["kind"] == "final")  # fmt: skip
    forged = honest | {
        "folder": final["folder"], "manifest": final["manifest_digest"],
        "result": final["result_digest"], "input": final["input_digest"],
    }  # fmt: skip
    with pytest.raises(Conflict, match="another run than this recast"):
        made.both(made.house.people.propose("run.recast", forged, *made.p1))
    with pytest.raises((Conflict, InvariantViolation)):
        made.both(made.house.people.propose("run.recast", honest | {"number": 2}, *made.p1))
    assert made.both(act)["settled_minor"] == 40_00


# ---- without cover -------------------------------------------------------------------------------


def test_what_covers_released_border_money_is_not_undone(tmp_path: Path) -> None:
    """Goal: a line was noted wrongly, they say; what it covers was let go, and stays covered.

    Method: B1 owes A1 300 EUR, of which 13,500 INR are released to A and not sent yet. Who bears a
    revaluation leaves 4,500 INR with B. In a second cycle B pays 18,000 INR out. Of other sides'
    money 13,500 are left, just what was let go; the sponsor's may not be drawn.
    """
    made = two_sides(tmp_path)
    made.owe("B1", "A1", 300_00, "EUR")
    made.run(RATES)
    made.pay("B1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.both(made.money.propose_working_balance(
        "B", "INR", 0, *made.p1, sponsor="Sponsor of B", agreement="WB-0",
    ))  # fmt: skip
    assert [one["amount_minor"] for one in made.release("B")["border"]] == [13_500_00]
    made.fund("B", 4_500_00, "revaluation")
    made.owe("A1", "B1", 200_00, "EUR")
    made.run(RATES)
    made.pay("A1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    assert made.send(made.release("B")) == {"B1": 18_000_00}
    made.check()
    with made.house.database.read() as unit:
        account = made.money.account(unit, "B", "INR")
        (line,) = find_all(unit, money_line, reference="revaluation")
    assert (account.border_money, account.hard_out, account.drawable) == (13_500_00, 13_500_00, 0)
    with pytest.raises(Conflict, match="would have less INR than has been let go"):
        made.both(made.money.propose_reversal(line.entry, "wrong", *made.p1))
    made.fund("B", 4_500_00, "revaluation")
    made.both(made.money.propose_reversal(line.entry, "wrong", *made.p1))
    made.bank["B", "INR"] -= 4_500_00
    made.check()


# ---- one that may not be paid holds nobody else ------------------------------------------------


def test_a_payee_the_gate_holds_stops_no_other_payment(tmp_path: Path) -> None:
    """A sponsor on a list since its withdrawal was made ready: the firms' payments go."""
    made = two_sides(tmp_path)
    settle(made)
    made.stray("A", 5_00, payer="Somebody Else")
    (line,) = made.money.suspense()
    made.both(made.money.propose_assignment(line["id"], *made.p1))
    made.money.withdraw("A", "EUR", 1_00)
    made.import_list("Sponsor of A", "Somebody Else")
    content = made.release("A", None)
    assert [one["purpose"] for one in content["payments"]] == ["settlement"]
    made.send(content)
    made.check()
    assert [one["id"] for one in made.money.suspense()] == [line["id"]]
    with pytest.raises(Forbidden, match="house review"):
        made.both(made.money.propose_assignment(line["id"], *made.p1))


def test_an_account_changed_since_is_made_ready_anew(tmp_path: Path) -> None:
    """Ready to the old account; the new one comes into use; it is released to the new one."""
    made = two_sides(tmp_path)
    settle(made)
    old = made.money.propose_release(made.cycle, "A", "EUR", *made.p1)
    new = bank_account(iban="NL91ABNA0417164300")
    made.both(made.house.participants.propose_bank_details(
        "A2", "EUR", new, "called back", *made.p1,
    ))  # fmt: skip
    made.until(made.house.now + datetime.timedelta(days=7))
    with pytest.raises(Conflict, match="the account was changed since"):
        made.both(old)
    content = made.release("A")
    with made.house.database.read() as unit:
        record = made.house.record(unit, content["payments"][0]["account"][0])
    assert "NL91ABNA0417164300" in record
    assert made.send(content) == {"A2": 30_00}
    made.check()


def test_a_pool_is_of_its_side_s_participants(tmp_path: Path) -> None:
    made = two_sides(tmp_path, pools={"A": "80.00"})
    made.fund("A", 80_00, "pool")
    with pytest.raises(Rejected, match="B1 is not of side 'A'"):
        made.money.withdraw("A", "EUR", 1_00, purpose="pool", firm="B1")
    with pytest.raises(Rejected, match="a line of the bank has an id"):
        made.money.fund("A", "EUR", 1_00, bank_reference=" ")
    made.money.withdraw("A", "EUR", 80_00, purpose="pool", firm="A1")
    made.check()
