# SPDX-License-Identifier: Apache-2.0
"""A fault of the gate's own holds, and leaves a note for compliance; nothing of it is swallowed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.made_house import MadeHouse, worked_house

from skontro.flow.screening import Screening

BAKUL = ("Bakul Mills", "")


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    return worked_house(tmp_path / "house")


def fail(*_: object, **__: object) -> Any:
    raise ZeroDivisionError("of Bakul Mills")


def outcome(made: MadeHouse, firm: str = "B1") -> str:
    with made.house.database.unit("judge") as unit:
        number = made.house.participants.row(unit, firm).number
        return made.house.gate.judge_participants(unit, [number])[number][0]


def test_a_list_whose_change_cannot_be_followed_is_noted_and_judges_all_anew(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert made.house.gate.faults() == []
    with monkeypatch.context() as broken:
        broken.setattr("skontro.flow.gate.touched_by", fail)
        made.import_list([BAKUL])
    (fault,) = made.house.gate.faults()
    assert (fault["where"], fault["fault"]) == ("change of the lists", "ZeroDivisionError")
    assert "Bakul" not in str(fault)
    assert outcome(made) == "held"
    assert made.house.journal.verify().ok


def test_an_act_that_cannot_be_looked_ahead_at_is_noted(
    made: MadeHouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Screening, "screen", fail)
        made.house.participants.propose_change(
            "B1", "P1", made.keys["P1"], records={"name": "Bakul Mills and Sons"}
        )
    (fault,) = made.house.gate.faults()
    assert fault["where"].startswith("look ahead at participant")
    assert fault["fault"] == "ZeroDivisionError"
    assert made.house.journal.verify().ok
