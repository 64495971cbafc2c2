# SPDX-License-Identifier: Apache-2.0
"""The journal of a house: sums, seals, and the check of all of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.made_house import DATES, MadeHouse, worked_house

from skontro.core.errors import Conflict, Unbalanced
from skontro.store.journal import account_sums
from skontro.store.rows import change, remove
from skontro.store.schema import balance_seal, journal_entry, posting


def test_sums_go_on_from_the_last_seal(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house", funded=False)
    made.run_to_final()
    house = made.house
    before = house.journal.trial_balance()
    for _ in range(2):
        with house.database.unit("test", exclusive=True) as unit:
            house.journal.seal(unit)
            assert account_sums(unit) == before
    house.settlement.fund("B", "INR", 7, bank_reference="x")
    after = house.journal.trial_balance()
    assert after["bank:B:INR"] == (7, 0)
    assert {code: after[code] for code in before} == before
    assert house.journal.verify().ok
    assert house.journal.balances("payable:")["payable:A1:EUR"] == -5_000_000


def test_sums_beyond_64_bits_are_exact(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house")
    most = 2**62 - 1
    with made.house.database.unit("test", exclusive=True) as unit:
        for _ in range(9):
            lines = [("bank:A:EUR", most), ("working:A:EUR", -most)]
            made.house.note(unit, "money", {}, lines=lines)
    assert made.house.journal.balances("bank:") == {"bank:A:EUR": 9 * most}
    assert made.house.journal.balances("working:") == {"working:A:EUR": -9 * most}
    with made.house.database.unit("test", exclusive=True) as unit:
        made.house.journal.seal(unit)
    assert made.house.journal.verify().ok


def test_a_verdict_counts_as_people_do(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house")
    number, digest = made.house.journal.head()
    assert "1 head kept elsewhere: all holds" in made.house.journal.verify({number: digest}).text()
    assert "0 heads kept elsewhere" in made.house.journal.verify().text()
    said = made.house.journal.verify({number: "0" * 64}).text()
    assert "1 fault" in said.splitlines()[-2]


def test_what_does_not_balance_is_never_written(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house")
    head = made.house.journal.head()
    with (
        pytest.raises(Unbalanced, match="EUR"),
        made.house.database.unit("test", exclusive=True) as unit,
    ):
        made.house.note(unit, "money", {}, lines=[("bank:A:EUR", 1), ("bank:B:INR", -1)])
    assert made.house.journal.head() == head


def test_the_database_refuses_to_change_the_journal(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house")
    with made.house.database.unit("test", exclusive=True) as unit:
        made.house.note(unit, "money", {}, lines=[("bank:A:EUR", 1), ("held:A1:EUR", -1)])
        made.house.journal.seal(unit)
    for table, values in (
        (journal_entry, {"kind": "x"}), (posting, {"amount_minor": 2}),
        (balance_seal, {"debit_minor": "0"}),
    ):  # fmt: skip
        with (
            pytest.raises(Conflict, match="never changed"),
            made.house.database.unit("test") as unit,
        ):
            change(unit, table, {}, **values)
        with (
            pytest.raises(Conflict, match="never deleted"),
            made.house.database.unit("test") as unit,
        ):
            remove(unit, table)


def test_a_forged_head_is_said(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house")
    number, head = made.house.journal.head()
    assert made.house.journal.verify({number: head}).ok
    assert not made.house.journal.verify({number: "0" * 64}).ok
    verdict = made.house.journal.verify({number + 5: head})
    assert verdict.first_fault is not None
    assert "ends before" in verdict.text()


def test_entries_of_a_cycle(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    kinds = [one["kind"] for one in made.house.journal.entries(cycle=DATES.id)]
    assert kinds[:3] == ["cycle.open", "fixing", "cycle.step"]
    assert {"entered", "set_off"} <= set(kinds)
