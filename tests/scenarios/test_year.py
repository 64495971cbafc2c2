# SPDX-License-Identifier: Apache-2.0
"""The demonstration house: months of an invented trade, stopped half-way and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skontro.flow.house import House
from skontro.flow.verdict_replay import replay_verdicts
from skontro.lab.trade import InventedTrade
from skontro.lab.year import DemonstrationYear
from skontro.store.rows import find_all
from skontro.store.schema import obligation


class Stopped(Exception):
    """The demonstration was interrupted."""


def live(folder: Path, months: int, **options: Any) -> DemonstrationYear:
    year = DemonstrationYear(folder, firms=30, **options)
    year.live(months)
    return year


def test_two_months(tmp_path: Path) -> None:
    """Each month is closed, the journal checks, runs replay, and money is somebody's."""
    year = live(tmp_path, 2)
    figures = year.figures()
    assert [one["state"] for one in figures] == ["closed", "closed"]
    assert all(0 < one["set_off_minor"] < one["gross_minor"] for one in figures)
    assert all(one["settled_minor"] > 0 for one in figures)
    assert year.house.journal.verify().ok
    for one in figures:
        assert all(run["agrees"] for run in year.house.cycles.replay(one["cycle"]))
    verdicts = replay_verdicts(year.house)
    assert len(verdicts) > 100
    assert [one for one in verdicts if not one.agrees] == []
    balances = year.house.journal.balances()
    assert all(minor >= 0 for code, minor in balances.items() if code.startswith("bank:"))
    assert not any(minor for code, minor in balances.items() if code.startswith("payable:"))
    with year.house.database.read() as unit:
        states = {row.state for row in find_all(unit, obligation)}
    assert {"discharged", "disputed"} <= states
    again = year.live(2)
    assert again == figures
    year.house.close()


def test_stopped_half_way_it_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Interrupted in the middle of the payments, the year ends as one that was not."""
    whole = live(tmp_path / "whole", 1)
    calls = 0
    honest = DemonstrationYear._arrives

    def stopping(self: DemonstrationYear, call: dict[str, Any], payer: str) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise Stopped
        honest(self, call, payer)

    monkeypatch.setattr(DemonstrationYear, "_arrives", stopping)
    with pytest.raises(Stopped):
        live(tmp_path / "stopped", 1)
    monkeypatch.setattr(DemonstrationYear, "_arrives", honest)
    with House.open(tmp_path / "stopped" / "house") as looked_at:
        assert looked_at.cycles.show("2026-01")["state"] == "instructed"
    again = live(tmp_path / "stopped", 1)
    assert again.figures() == whole.figures()
    assert again.house.journal.balances() == whole.house.journal.balances()


def test_the_trade_follows_from_its_seed() -> None:
    first, second = InventedTrade(60, 7), InventedTrade(60, 7)
    assert first.firms == second.firms
    assert first.month(2026, 3) == second.month(2026, 3)
    assert first.month(2026, 3) != InventedTrade(60, 8).month(2026, 3)
    flow = {"WE": [0, 0], "EW": [0, 0]}
    for month in range(1, 13):
        for one in first.month(2026, month):
            ways = one.debtor[0] + one.creditor[0]
            if ways in flow:
                flow[ways][month > 6] += 1
    assert flow["WE"][0] > flow["WE"][1]
    assert flow["EW"][0] < flow["EW"][1]
