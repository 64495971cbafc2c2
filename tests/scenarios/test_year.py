# SPDX-License-Identifier: Apache-2.0
"""The demonstration house: months of an invented trade, stopped half-way and gone on with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from skontro.cli import main
from skontro.flow.counterfactual import counterfactual
from skontro.flow.house import DEMO_PASSPHRASE, House
from skontro.flow.verdict_replay import replay_verdicts
from skontro.lab.scenes import CLEARED_MONTH, FROZEN_MONTH
from skontro.lab.trade import InventedTrade
from skontro.lab.year import DemonstrationYear
from skontro.store.papers import obligations_of
from skontro.store.rows import find_all
from skontro.store.schema import cycle_member, obligation


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


def entered_of(year: DemonstrationYear, cycle: str, firm: str) -> int:
    """How many obligations of a firm a cycle entered and kept."""
    with year.house.database.read() as unit:
        own = obligations_of(unit, year.house.participants.row(unit, firm).number)
        members = find_all(unit, cycle_member, cycle=cycle, left_why=None)
    return sum(one.obligation in own for one in members)


def test_the_gate_holds_in_four_scenes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Cleared, licensed, fictitious, frozen: each is so in the house, and its commands show it.

    Goal: what the demonstration tells of the gate is what happened. Method: nine months; the
    parties' obligations by cycle, licences, declarations and the counterfactual are read again;
    every command that is printed is run; every verdict of the nine months replays to the byte.
    """
    year = live(tmp_path, FROZEN_MONTH)
    house, who = year.house, year.maker
    cycles = [one["cycle"] for one in year.figures()]
    cleared, licensed, fictitious, frozen = year.scenes.told(cycles)

    case, *others = [one for one in house.cases.work_list(*who, states=["cleared"])
                     if one["subject_kind"] == "participant"]  # fmt: skip
    assert (case["whom"], case["about"]) == (year.scenes.namesake.id, "firm")
    assert all(one["about"].startswith("owner") for one in others)
    assert {one["subject_kind"] for one in house.cases.work_list(*who)} <= {"obligation"}
    assert entered_of(year, cycles[CLEARED_MONTH - 1], case["whom"]) > 0
    shown = house.cases.show(case["case"], *who)
    assert [one["event"] for one in shown["events"]] == ["opened", "cleared"]

    (case,) = house.cases.work_list(*who, states=["confirmed"])
    assert case["whom"] == year.scenes.frozen.id
    assert entered_of(year, cycles[FROZEN_MONTH - 2], case["whom"]) > 0
    assert entered_of(year, cycles[FROZEN_MONTH - 1], case["whom"]) == 0
    seen = counterfactual(house, cycles[FROZEN_MONTH - 1], case["whom"], *who)
    assert seen["agrees"]
    assert len(seen["kept_out"]) > 0
    assert (seen["proof"]["in_run"], seen["proof"]["paid_minor"]) == (0, 0)
    assert f"{len(seen['kept_out'])} obligations of it stayed out" in frozen.told

    lines = house.licences.table()
    assert len(lines) == 2
    assert all(0 < one["used_minor"] < one["value_minor"] for one in lines)
    assert f"{lines[0]['used_minor'] // 100:,} EUR" in licensed.told

    held = {one["obligation"]: one["reasons"] for one in house.authorities.held(*who)}
    with house.database.read() as unit:
        (row,) = find_all(unit, obligation, document=year.goods.fictitious)
        assert find_all(unit, cycle_member, obligation=row.number) == []
    assert "ValueAboveDeclared" in {one["code"] for one in held[row.number]}
    assert f"obligations show {row.number}" in fictitious.look

    verdicts = replay_verdicts(house)
    assert len(verdicts) > 1000
    assert [one for one in verdicts if not one.agrees] == []
    house.close()
    with pytest.MonkeyPatch.context() as env:
        env.setenv("SKONTRO_PASSPHRASE", DEMO_PASSPHRASE)
        for scene in (cleared, licensed, fictitious, frozen):
            for look in scene.look:
                words = [*look.split(), "--house", str(tmp_path / "house")]
                if look.startswith("gate"):
                    words += ["--as", "P1", "--key", str(tmp_path / "keys" / "P1.pem")]
                assert main(words) == 0, (words, capsys.readouterr().err)
                assert capsys.readouterr().out


@pytest.mark.soak
def test_every_verdict_of_the_year_replays(tmp_path: Path) -> None:
    year = DemonstrationYear(tmp_path)
    year.live()
    verdicts = replay_verdicts(year.house)
    assert len(verdicts) > 20_000
    assert [one for one in verdicts if not one.agrees] == []
    assert len(year.scenes.told(year.cycles())) == 4
    year.house.close()


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
