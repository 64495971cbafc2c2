# SPDX-License-Identifier: Apache-2.0
"""A list of the house's own is retired by two people; nothing else is, and nothing else stops."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.made_house import MadeHouse, worked_house
from tests.owner import as_owner

from skontro.core.errors import Conflict, Forbidden
from skontro.flow.verdict_replay import replay_verdicts


@pytest.fixture
def made(tmp_path: Path) -> MadeHouse:
    """A house whose own list names B1, beside that of the United Nations."""
    made = worked_house(tmp_path / "house")
    watch(made)
    return made


def watch(made: MadeHouse, *more: str) -> int:
    path = made.house.folder.parent / "watch.csv"
    path.write_text("".join(f"{row}\n" for row in ("name", "Bakul Mills", *more)), "utf-8")
    return made.house.gate.import_list(
        path, source="our own", dated=made.house.now, name="own:watch"
    )


def outcome(made: MadeHouse, firm: str = "B1") -> str:
    with made.house.database.unit("judge") as unit:
        number = made.house.participants.row(unit, firm).number
        return made.house.gate.judge_participants(unit, [number])[number][0]


def in_force(made: MadeHouse) -> dict[str, str]:
    return {one["name"]: one["state"] for one in made.house.lists.table()}


def test_two_people_retire_a_list_and_a_later_version_holds_again(made: MadeHouse) -> None:
    house, who = made.house, ("P1", made.keys["P1"])
    assert outcome(made) == "held"
    act = house.lists.propose_retirement("own:watch", *who)
    with pytest.raises(Forbidden, match="another person"):
        house.people.approve(act, *who)
    assert outcome(made) == "held"
    made.both(act)
    assert outcome(made) == "released"
    assert in_force(made) == {"own:watch": "retired", "un": "in force"}
    with pytest.raises(Conflict, match="is not in force"):
        house.lists.propose_retirement("own:watch", *who)
    watch(made, "Somebody Else")
    assert (outcome(made), in_force(made)["own:watch"]) == ("held", "in force")
    assert all(one.agrees for one in replay_verdicts(house))
    assert house.journal.verify().ok


def test_who_is_confirmed_stays_frozen_though_the_list_is_retired(made: MadeHouse) -> None:
    house, who = made.house, ("P1", made.keys["P1"])
    (case,) = house.cases.work_list(*who)
    made.both(house.cases.propose_decision(case["case"], "the same", "it is", *who))
    made.both(house.lists.propose_retirement("own:watch", *who))
    assert outcome(made) == "refused"


def test_no_other_list_is_retired(made: MadeHouse) -> None:
    house, who = made.house, ("P1", made.keys["P1"])
    with pytest.raises(Forbidden, match="nobody retires it"):
        house.lists.propose_retirement("un", *who)
    stale = house.lists.propose_retirement("own:watch", *who)
    watch(made, "Somebody Else")
    with pytest.raises(Conflict, match="another version"):
        made.both(stale)
    act = house.lists.propose_retirement("own:watch", *who)
    made.both(act)
    un = next(one["id"] for one in house.lists.versions() if one["name"] == "un")
    with (
        pytest.raises(Conflict, match="own lists may be retired"),
        house.database.unit("an attack") as unit,
    ):
        unit.connection.exec_driver_sql(
            f"INSERT INTO list_retired (list_id, at, retire_act) VALUES ({un}, 'x', {act})"
        )
    with as_owner(house.database) as unit:
        unit.connection.exec_driver_sql("DELETE FROM list_retired")
    house.forget()
    assert in_force(made)["own:watch"] == "in force"
