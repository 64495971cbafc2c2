# SPDX-License-Identifier: Apache-2.0
"""How far things may be apart is a rule of the house: two people change it, within bounds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.made_authorities import (
    all_replay,
    cut_off,
    declared,
    owed,
    registered_house,
    said_of,
    take_customs,
)
from tests.made_house import DATES, MadeHouse

from skontro.house.tolerances import Said


def rules_changed(made: MadeHouse, said: Said) -> None:
    book = made.house.rule_book
    made.both(book.propose(replace(made.house.rules, tolerances=said), "P1", made.keys["P1"]))


def judged_anew(made: MadeHouse) -> None:
    with made.house.database.unit("judge", exclusive=True) as unit:
        made.house.gate.judge_obligations(unit)


def test_a_stricter_rule_holds_and_what_was_said_before_is_derived_by_the_old_one(
    tmp_path: Path, database_url: str
) -> None:
    """c1 says 4 % more than was declared, f1 weighs 8 % off: both pass by the usual rules and are
    held by stricter ones. Every verdict and both looks are derived by the rules they were made by,
    though others are in force, and the report of the run prints those it was made by."""
    made = registered_house(tmp_path / "house", url=database_url)
    house, key = made.house, made.keys["P1"]
    take_customs(made, "B", declared("c1", "B1", "A1", 100), declared("f1", "B1", "A1", 100),
                 declared("c2", "B1", "A1", 100))  # fmt: skip
    owed(made, "c1", "A1", "B1", 104)
    owed(made, "f1", "A1", "B1", 100, weight="10.8")
    owed(made, "c2", "A1", "B1", 100)
    assert house.red_flags.look_ahead(DATES.id, "P1", key)["raised"] == 0
    judged_anew(made)
    assert {said_of(made, name)[0] for name in ("c1", "c2", "f1")} == {"released"}
    assert any("value_share 1/20" in words for words in house.gate.settings()["words"])
    rules_changed(made, (
        ("customs", (("value_share", "1/100"),)), ("red_flags", (("weight_share", "1/20"),)),
    ))  # fmt: skip
    assert cut_off(made)["entered"] == 1
    assert said_of(made, "c1") == ("held", ["ValueAboveDeclared"])
    assert said_of(made, "f1") == ("held", ["WeightOff"])
    assert said_of(made, "c2") == ("released", [])
    all_replay(made)
    house.cycles.preliminary(DATES.id)
    rules_changed(made, (("customs", (("value_share", "1/4"),)),))
    all_replay(made)
    with house.database.read() as unit:
        from skontro.flow.runs import released_by

        words = released_by(unit, DATES.id)[1]
    assert any(one.startswith("customs ") and "value_share 1/100" in one for one in words)
    made.house = type(house)(house.folder, house.database, house.clock)
    all_replay(made)
