# SPDX-License-Identifier: Apache-2.0
"""A house is backed up and restored, on either database; nothing is paid twice."""

from __future__ import annotations

import datetime
import json
from pathlib import Path

import pytest
from tests.made_house import DATES, MadeHouse, worked_house

from skontro.core.errors import Conflict, Forbidden, NoSuchFile, UnreadableFile
from skontro.flow.backup import BankLine, back_up, propose_resume, restore
from skontro.ops.clock import SetClock
from skontro.store.rows import find_all
from skontro.store.schema import pay_out


def taken_over(made: MadeHouse, folder: Path, target: Path, url: str | None = None) -> MadeHouse:
    """Restore a backup as the same people's house."""
    house, _ = restore(folder, target, database_url=url, clock=SetClock(made.house.now))
    again = MadeHouse.__new__(MadeHouse)
    again.house, again.keys, again.number = house, made.keys, dict(made.number)
    return again


def test_a_restored_house_is_the_same_and_read_only(tmp_path: Path, database_url: str) -> None:
    """From SQLite to either database: rows, journal, archive, replay; then it goes on."""
    made = worked_house(tmp_path / "house", funded=False)
    made.run_to_final()
    manifest = back_up(made.house, tmp_path / "backup")
    again = taken_over(made, tmp_path / "backup", tmp_path / "again", database_url)
    assert again.house.journal.head() == tuple(manifest["head"]) == made.house.journal.head()
    assert again.left() == made.left()
    assert all(one["agrees"] for one in again.house.cycles.replay(DATES.id))
    with pytest.raises(Forbidden, match="read-only"):
        again.house.settlement.instruct(DATES.id)
    again.both(propose_resume(again.house, [], {}, "P1", made.keys["P1"]))
    assert {one["participant"] for one in again.house.settlement.instruct(DATES.id)} == {"A1", "B3"}
    assert again.house.journal.verify().ok
    again.house.close()


def test_what_left_must_be_explained(tmp_path: Path) -> None:
    """Resuming takes every line of the bank since the backup: lines and balances must agree."""
    made = worked_house(tmp_path / "house", funded=False)
    made.run_to_final()
    made.house.settlement.fund("A", "EUR", 900, bank_reference="sponsor 1")
    back_up(made.house, tmp_path / "backup")
    again = taken_over(made, tmp_path / "backup", tmp_path / "again")
    key = made.keys["P1"]
    out = BankLine("A", "EUR", -300, "bank 7", "cycle/A2/EUR")
    for lines, said, why in (
        ([], {"A:EUR": 600}, "has 900, the bank says 600"),
        ([], {}, "the bank says nothing"),
        ([out], {"A:EUR": 900}, "has 600"),
        ([BankLine("A", "EUR", -300, "bank 7")], {"A:EUR": 600}, "without the id"),
    ):
        with pytest.raises(Conflict, match=why):
            propose_resume(again.house, lines, said, "P1", key)
    again.both(propose_resume(again.house, [out], {"A:EUR": 600}, "P1", key))
    assert again.house.journal.balances("bank:A") == {"bank:A:EUR": 600}
    assert again.house.journal.balances("suspense:A") == {"suspense:A:EUR": 300}


def test_acts_proposed_before_the_backup_lapse(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house", funded=False)
    old = made.house.participants.propose_limits("P1", made.keys["P1"], quotas=[("A", "B", 5)])
    back_up(made.house, tmp_path / "backup")
    again = taken_over(made, tmp_path / "backup", tmp_path / "again")
    again.both(propose_resume(again.house, [], {}, "P1", made.keys["P1"]))
    with pytest.raises(Conflict, match="is withdrawn"):
        again.both(old)


def test_a_damaged_backup_is_refused(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house", funded=False)
    made.run_to_final()
    back_up(made.house, tmp_path / "backup")
    with pytest.raises(Conflict, match="there already"):
        back_up(made.house, tmp_path / "backup")
    table = tmp_path / "backup" / "tables" / "obligation.parquet"
    whole = table.read_bytes()
    table.write_bytes(whole[:-9] + b"X" + whole[-8:])
    with pytest.raises(UnreadableFile, match=r"obligation\.parquet"):
        restore(tmp_path / "backup", tmp_path / "again")
    table.write_bytes(whole)
    (tmp_path / "backup" / "tables" / "extra").write_text("x")
    with pytest.raises(UnreadableFile, match="extra"):
        restore(tmp_path / "backup", tmp_path / "again")
    with pytest.raises(NoSuchFile, match="no backup"):
        restore(tmp_path, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_a_backup_is_of_one_instant(tmp_path: Path) -> None:
    """What happens while it is written is not in it, or in it wholly; nothing is left aside."""
    made = worked_house(tmp_path / "house", funded=False)
    manifest = back_up(made.house, tmp_path / "backup")
    made.house.set_clock(made.house.now + datetime.timedelta(hours=1))
    made.import_list()
    assert manifest["head"][0] + 1 == made.house.journal.head()[0]
    kept = json.loads((tmp_path / "backup" / "backup.json").read_text())
    assert kept["demonstration"] is True
    assert [path.name for path in tmp_path.glob(".backup*")] == []


NAMES = {"A1": "Alder Pharma", "B3": "Brahmi Labs"}


def released_payments(made: MadeHouse) -> list[BankLine]:
    """Settle the January cycle and let every payment leave; what the banks then say left."""
    house, lines = made.house, []
    if house.cycles.show(DATES.id)["state"] == "planned":
        house.settlement.settle(DATES.id)
    for side, currency in (("A", "EUR"), ("B", "INR")):
        try:
            act = house.settlement.propose_release(DATES.id, side, currency, "P1", made.keys["P1"])
        except Conflict:
            continue
        made.both(act)
    with house.database.read() as unit:
        rows = find_all(unit, pay_out, order=["id"], state="released")
    for row in rows:
        reference = f"out {row.end_to_end}"
        house.settlement.sent(row.side, row.currency, row.id, bank_reference=reference)
        lines.append(
            BankLine(row.side, row.currency, -row.amount_minor, reference, row.end_to_end)
        )
    return lines


@pytest.mark.parametrize("when", ["planned", "settled"])
def test_what_left_after_the_backup_is_never_paid_again(tmp_path: Path, when: str) -> None:
    """Backed up before the payments, or when they were ready; they left; the house is restored.

    The bank says what left; the restored house settles the same cycle again, has nothing to let
    go for it, and its accounts agree with the bank to the cent.
    """
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    money = made.house.settlement
    for call in money.instruct(DATES.id):
        firm = call["participant"]
        money.receive(
            firm[0], call["currency"], call["due_minor"], bank_reference=call["reference"],
            reference=call["reference"], payer=NAMES[firm],
        )  # fmt: skip
    money.plan(DATES.id)
    if when == "settled":
        money.settle(DATES.id)
    back_up(made.house, tmp_path / "backup")
    lines = released_payments(made)
    assert len(lines) == 4
    bank = made.house.journal.balances("bank:")

    again = taken_over(made, tmp_path / "backup", tmp_path / "again")
    said = {code.removeprefix("bank:"): minor for code, minor in bank.items()}
    with pytest.raises(Conflict, match="the bank says"):
        propose_resume(again.house, lines[:-1], said, "P1", made.keys["P1"])
    again.both(propose_resume(again.house, lines, said, "P1", made.keys["P1"]))
    assert released_payments(again) == []
    again.house.cycles.close(DATES.id)
    assert again.house.journal.balances("bank:") == bank
    assert not any(again.house.journal.balances("suspense:").values())
    assert not any(again.house.journal.balances("due:").values())
    assert set(again.left().values()) == {0}
    assert again.house.journal.verify().ok
