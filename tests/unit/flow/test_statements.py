# SPDX-License-Identifier: Apache-2.0
"""What stands on a signed paper, and what does not yet."""

from __future__ import annotations

from pathlib import Path

from tests.made_house import DATES, PASSPHRASE, worked_house


def test_a_name_that_is_only_proposed_stands_on_no_paper(tmp_path: Path) -> None:
    """Goal: papers say what two people approved. Method: a notice before and after approval."""
    made = worked_house(tmp_path / "house")
    made.run_to_final()
    house, key = made.house, made.keys["P1"]
    house.statements.unlock(PASSPHRASE)
    act = house.participants.propose_change("B1", "P1", key, records={"name": "Bakul United"})
    assert house.statements.set_off_notice(DATES.id, "A1").names["B1"] == "Bakul Mills"
    made.both(act)
    assert house.statements.set_off_notice(DATES.id, "A1").names["B1"] == "Bakul United"
