# SPDX-License-Identifier: Apache-2.0
"""What an act says of the register is read for the checker, and only if it was not changed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.made_house import MadeHouse
from tests.owner import as_owner

from skontro.core.errors import Conflict
from skontro.house.firms import Agreement, Firm
from skontro.store.rows import change
from skontro.store.schema import register

SIGNED = Agreement("SOA-1", "1", "NL", "LO-1", "for Alder", "2026-01-01")


@pytest.fixture
def made(tmp_path: Path) -> Iterator[MadeHouse]:
    house = MadeHouse(tmp_path / "house")
    house.import_list()
    yield house
    house.house.close()


def propose(made: MadeHouse) -> int:
    firm = Firm("A1", "Alder Pharma", "A", "EUR", SIGNED, owners=("Anna Alder",))
    return made.house.participants.propose_admission([firm], "P1", made.keys["P1"])


def test_a_checker_reads_names_not_numbers(made: MadeHouse) -> None:
    content = made.house.people.find_act(propose(made))["content"]
    (said,) = made.house.register.told(content)["firms"]
    number, commitment = content["firms"][0]["name"]
    assert said["name"] == {"record": number, "commitment": commitment, "says": "Alder Pharma"}
    assert [one["says"] for one in said["owners"]] == ["Anna Alder"]
    assert said["agreement"]["signatories"]["says"] == "for Alder"
    assert said["side"] == "A"


@pytest.mark.parametrize("changes", [
    {"content": "Somebody Else"},
    {"salt": "00"},
    {"commitment": "0" * 64},
])
def test_a_record_that_was_changed_is_neither_read_nor_approved(
    made: MadeHouse, changes: dict[str, str]
) -> None:
    """The database's owner changes a name between proposal and approval: nothing is signed."""
    act = propose(made)
    content = made.house.people.find_act(act)["content"]
    number = content["firms"][0]["name"][0]
    with as_owner(made.house.database) as unit:
        change(unit, register, {"id": number}, **changes)
    with pytest.raises(Conflict, match=f"record {number} of the register is not"):
        made.house.register.told(content)
    with pytest.raises(Conflict, match=f"record {number} of the register is not"):
        made.both(act)
    assert made.house.participants.firms() == []


def test_an_erased_record_says_nothing(made: MadeHouse) -> None:
    act, key = propose(made), made.keys["P1"]
    content = made.house.people.find_act(act)["content"]
    made.both(act)
    made.both(made.house.participants.propose_state("A1", "left", "its wish", "P1", key))
    made.house.set_clock(datetime.datetime(2036, 1, 1, tzinfo=datetime.UTC))
    made.both(made.house.register.propose_erasure("participant", "A1", "P1", key))
    assert made.house.register.told(content)["firms"][0]["name"]["says"] is None
