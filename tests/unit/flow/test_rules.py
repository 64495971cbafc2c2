# SPDX-License-Identifier: Apache-2.0
"""Rules and times of a house change by two people, and only forwards."""

from __future__ import annotations

import datetime
import json
import threading
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_house import DATES, MadeHouse, worked_house
from tests.made_obligations import said, states

from skontro.core.errors import Conflict, Rejected
from skontro.flow.house import House
from skontro.house.rules import Expiry, Tolerance


def test_new_rules_hold_from_their_approval(tmp_path: Path) -> None:
    made = MadeHouse(tmp_path / "house")
    rules, key = made.house.rules, made.keys["P1"]
    stricter = replace(rules, list_limit_days=1)
    act = made.house.rule_book.propose(stricter, "P1", key)
    other = made.house.rule_book.propose(replace(rules, cooling_off_hours=72), "P1", key)
    assert made.house.rules.list_limit_days == 2
    made.both(act)
    assert made.house.rules.list_limit_days == 1
    assert [one["version"] for one in made.house.rule_book.versions()] == [1, 2]
    with pytest.raises(Conflict, match="changed since"):
        made.both(other)
    with pytest.raises(Rejected, match="never change"):
        made.house.rule_book.propose(replace(rules, kind="live"), "P1", key)


def test_what_another_process_changed_holds_from_the_next_unit(
    tmp_path: Path, database_url: str
) -> None:
    """Goal: of several processes on one database none goes by old rules. Method: two houses opened
    on it; each changes the rules in turn, and the other's next unit finds them changed, also one
    that waited for the change itself; what comes to nothing is not gone by."""
    made = MadeHouse(tmp_path / "house", url=database_url)
    rules, key = made.house.rules, made.keys["P1"]
    with House.open(tmp_path / "house") as other:
        assert other.rules.list_limit_days == 2
        made.both(made.house.rule_book.propose(replace(rules, list_limit_days=1), "P1", key))
        with other.database.read():
            assert other.rules.list_limit_days == 1
        with other.database.unit("test", exclusive=True):
            assert other.rules.list_limit_days == 1
        act = other.rule_book.propose(replace(rules, list_limit_days=3), "P1", key)
        with suppress(ZeroDivisionError), other.database.whole("comes to nothing"):
            other.people.approve(act, "P2", made.keys["P2"])
            assert other.rules.list_limit_days == 3
            raise ZeroDivisionError
        with other.database.read():
            assert other.rules.list_limit_days == 1
        other.people.approve(act, "P2", made.keys["P2"])
        with made.house.database.unit("test"):
            assert made.house.rules.list_limit_days == 3
    made.house.close()


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_who_waited_for_a_change_of_the_rules_goes_by_the_new_ones(
    tmp_path: Path, database_url: str
) -> None:
    made = MadeHouse(tmp_path / "house", url=database_url)
    rules, key, seen = made.house.rules, made.keys["P1"], list[int]()
    act = made.house.rule_book.propose(replace(rules, list_limit_days=1), "P1", key)

    def wait(other: House) -> None:
        with other.database.unit("test", exclusive=True):
            seen.append(other.rules.list_limit_days)

    with House.open(tmp_path / "house") as other:
        assert other.rules.list_limit_days == 2
        waiting = threading.Thread(target=wait, args=(other,))
        with made.house.database.whole("changing"):
            made.house.people.approve(act, "P2", made.keys["P2"])
            waiting.start()
            waiting.join(0.5)
            assert seen == []
        waiting.join(30)
    assert seen == [1]
    made.house.close()


def test_times_move_on_and_never_back(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    book, key = made.house.rule_book, made.keys["P1"]
    later = DATES.cut_off_at + datetime.timedelta(hours=3)
    made.both(book.propose_times(DATES.id, "P1", key, cut_off_at=later))
    made.until(DATES.cut_off_at)
    with pytest.raises(Conflict, match="18:00"):
        made.house.cycles.cut_off(DATES.id)
    with pytest.raises(Conflict, match="never back"):
        made.both(book.propose_times(DATES.id, "P1", key, cut_off_at=DATES.cut_off_at))
    with pytest.raises(Rejected, match="follow each other"):
        made.both(book.propose_times(DATES.id, "P1", key, cut_off_at=DATES.pay_in_deadline))
    made.until(later)
    made.house.cycles.cut_off(DATES.id)
    with pytest.raises(Conflict, match="is past"):
        made.both(book.propose_times(DATES.id, "P1", key,
                                     cut_off_at=later + datetime.timedelta(hours=1)))  # fmt: skip


def test_a_paused_cycle_takes_no_step(tmp_path: Path) -> None:
    made = worked_house(tmp_path / "house")
    book, key = made.house.rule_book, made.keys["P1"]
    made.both(book.propose_pause(DATES.id, "a storm", "P1", key))
    made.until(DATES.cut_off_at)
    with pytest.raises(Conflict, match="paused"):
        made.house.cycles.cut_off(DATES.id)
    with pytest.raises(Conflict, match="paused already"):
        made.both(book.propose_pause(DATES.id, "again", "P1", key))
    made.both(book.propose_pause(DATES.id, "over", "P1", key, ends=True))
    assert made.house.cycles.cut_off(DATES.id)["entered"] == 8


def test_a_cycle_goes_by_the_rules_it_was_opened_under(tmp_path: Path) -> None:
    """Two people change how a set-off is split and what goes first: not for the cycle under way."""
    made = worked_house(tmp_path / "house")
    book, key = made.house.rule_book, made.keys["P1"]
    rules = made.house.rules
    assert (rules.split, rules.prefer) == ("oldest", None)
    made.both(book.propose(replace(rules, split="pro-rata", prefer="smallest"), "P1", key))
    assert made.house.rules.split == "pro-rata"
    made.run_to_final()
    preliminary, final = made.house.cycles.show(DATES.id)["runs"]
    asked = json.loads(preliminary["parameters"])
    assert (asked["split"], asked["prefer"]) == ("oldest", None)
    assert final["result_digest"] == preliminary["result_digest"]


def test_a_cut_off_goes_by_the_tolerances_and_ages_its_cycle_was_opened_under(
    tmp_path: Path
) -> None:
    """Two people take away all tolerance, and let everything expire, while a cycle is open."""
    made = MadeHouse(tmp_path / "house")
    made.import_list()
    made.admit_firms()
    house, book = made.house, made.house.rule_book
    wide = replace(house.rules, matching=Tolerance(amount_minor=5))
    made.both(book.propose(wide, "P1", made.keys["P1"]))
    house.obligations.register(said("B1", "near"))
    house.obligations.register(said("A1", "near", amount_minor=10_002))
    house.obligations.register(said("B1", "old", document="OLD"))
    house.obligations.confirm(house.obligations.find("B1", "old"), "A1")
    made.open_cycle()
    strict = replace(wide, matching=Tolerance(), expiry=Expiry(days=1))
    made.both(book.propose(strict, "P1", made.keys["P1"]))
    made.until(DATES.cut_off_at)
    house.cycles.cut_off(DATES.id)
    assert states(made, "B1/near", "B1/old") == ["entered", "entered"]
    house.close()
