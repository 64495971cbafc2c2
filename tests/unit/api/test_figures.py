# SPDX-License-Identifier: Apache-2.0
"""Figures for a monitor after a cycle that was worked from its cut-off to its close."""

from __future__ import annotations

import datetime

import pytest
from tests.made_house import DATES
from tests.made_service import MadeService, worked_service
from tests.security.test_auditor import close

from skontro.ops.clock import SetClock

SET_OFF = 320_000_00 * 180
"""What the example sets off, in points: 180 make a cent, as rupees at 1/90 and dirhams at 1/4 are
whole in these."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeService:
    found = worked_service(tmp_path_factory.mktemp("figures") / "house", rate_minute=10**6)
    found.admit("CA")
    return found


def figures(made: MadeService) -> dict[str, float]:
    """What /metrics says of the house, by name and label."""
    answer = made.desk("P1").get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    lines = [line for line in answer.text.splitlines() if line.startswith("skontro_")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_figures_of_a_worked_cycle(made: MadeService) -> None:
    """Goal: each figure says what is so: nought before, and after a cycle its seconds, what it set
    off, what waits, lines without a payer, the age of the oldest event, and never an imbalance.

    Method: the worked example run and closed; then two obligations that wait, a line that nobody
    called, an act for a second person, and the clock moved on for the outbox.
    """
    before = figures(made)
    assert "skontro_cycle_seconds" not in before
    assert before["skontro_journal_imbalance"] == 0
    assert before['skontro_waiting{what="obligations"}'] == 0
    made.made.run_to_final()
    close(made.made)
    house = made.house
    while house.webhooks.spread():
        pass
    assert figures(made)["skontro_outbox_age_seconds"] == 0
    desk = made.desk("P1")
    for number in (1, 2):
        said = {"sender": "B1", "reference": f"w{number}", "debtor": "A1", "creditor": "B1",
                "amount": f"{number}.00", "currency": "EUR"}  # fmt: skip
        assert desk.post("/obligations", said).status_code == 201
    house.settlement.receive("A", "EUR", 7_00, bank_reference="stray", reference="for whom",
                             payer="Somebody", payer_account="NL91ABNA0417164300")  # fmt: skip
    house.people.propose_leave("CA", "P1", made.keys["P1"])
    wall = house.wall
    house.wall = SetClock(wall.now() + datetime.timedelta(seconds=90))
    try:
        found = figures(made)
    finally:
        house.wall = wall
    whole = DATES.window_ends_at - DATES.cut_off_at
    assert found["skontro_cycle_seconds"] == whole.total_seconds()
    set_off = {name: value for name, value in found.items() if name.startswith("skontro_set_off")}
    shown = house.cycles.show(DATES.id)["runs"][-1]["summary"]["blocks"]
    assert set_off == {
        f'skontro_set_off_points{{unit="{one["unit"]}"}}': float(one["set_off_points"])
        for one in shown
    }  # fmt: skip
    assert set_off == {'skontro_set_off_points{unit="EUR"}': SET_OFF}
    waits = {what: found[f'skontro_waiting{{what="{what}"}}']
             for what in ("obligations", "lines", "acts")}  # fmt: skip
    assert waits == {"obligations": 2, "lines": 1, "acts": 1}
    assert 90 <= found["skontro_outbox_age_seconds"] < 120
    assert found["skontro_journal_imbalance"] == 0


def test_an_imbalance_would_be_seen(made: MadeService, monkeypatch: pytest.MonkeyPatch) -> None:
    """A posting without its other half counts as its currency's, so nought says something."""
    balance = made.house.journal.trial_balance()
    code = next(one for one in balance if one.endswith(":EUR"))
    debits, credits_ = balance[code]
    monkeypatch.setattr(made.house.journal, "trial_balance",
                        lambda: balance | {code: (debits + 1, credits_)})  # fmt: skip
    assert figures(made)["skontro_journal_imbalance"] == 1
