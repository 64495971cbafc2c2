# SPDX-License-Identifier: Apache-2.0
"""Signs of laundering by trade in the cycle: a flag holds, a case is opened, two people decide."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_authorities import all_replay, cut_off, owed, registered_house, said_of
from tests.made_house import DATES, RATES, MadeHouse

from skontro.core.errors import Forbidden, Rejected

NEXT = replace(
    DATES, id="2026-02", business_day=datetime.date(2026, 2, 27),
    **{name: getattr(DATES, name) + datetime.timedelta(days=28)
       for name in ("cut_off_at", "window_ends_at", "pay_in_deadline")},
)  # fmt: skip


def closed_cycle(made: MadeHouse) -> None:
    """From the cut-off to the close: nothing is left to pay."""
    cycles, key = made.house.cycles, made.keys["P1"]
    cycles.preliminary(DATES.id)
    made.until(DATES.window_ends_at)
    cycles.irrevocable(DATES.id)
    made.both(cycles.propose_final(DATES.id, "P1", key))
    made.house.settlement.instruct(DATES.id)
    made.house.settlement.plan(DATES.id)
    made.house.settlement.settle(DATES.id)
    cycles.close(DATES.id)
    cycles.open(NEXT)
    made.both(cycles.propose_fixing(NEXT.id, RATES, "the example", "P1", key))


def both_ways(made: MadeHouse, count: int) -> None:
    """Obligations that set each other off whole, a unit at a hundred or so."""
    for place in range(count):
        for debtor, creditor in (("A1", "B1"), ("B1", "A1")):
            name = f"{debtor}{place}"
            owed(made, name, debtor, creditor, 1000 + place,
                 quantity=str(10 + place % 2 * 5 + (3 if debtor == "B1" else 0)),
                 weight=str(10 + place % 2 * 5 + (3 if debtor == "B1" else 0)),
                 code="300490" if debtor == "A1" else "300410")  # fmt: skip


def open_cases(made: MadeHouse) -> list[dict[str, object]]:
    return list(made.house.cases.work_list("P1", made.keys["P1"]))


def test_weight_that_does_not_go_with_the_quantity_is_held_until_two_people_explain_it(
    tmp_path: Path, database_url: str
) -> None:
    made = registered_house(tmp_path / "house", url=database_url)
    number = owed(made, "f1", "A1", "B1", 100, weight="15")
    owed(made, "f2", "A1", "B1", 100)
    house, key = made.house, made.keys["P1"]
    found = house.red_flags.look_ahead(DATES.id, "P1", key)
    assert (found["looked"], found["raised"], len(found["cases"])) == (2, 1, 1)
    (case,) = open_cases(made)
    assert (case["whom"], case["about"]) == (f"obligation {number}", "WeightOff")
    with pytest.raises(Rejected, match="not decided so"):
        house.cases.propose_decision(int(str(case["case"])), "not the same", "why", "P1", key)
    act = house.cases.propose_decision(int(str(case["case"])), "explained", "packing", "P1", key)
    with pytest.raises(Forbidden):
        house.people.approve(act, "P1", key)
    made.both(act)
    assert cut_off(made)["entered"] == 2
    assert said_of(made, "f1") == ("released", ["FlagExplained"])
    assert open_cases(made) == []
    all_replay(made)


def test_a_flag_holds_and_never_refuses_though_it_is_upheld(tmp_path: Path) -> None:
    made = registered_house(tmp_path / "house")
    owed(made, "f1", "A1", "B1", 100, weight="15")
    owed(made, "f2", "A1", "B1", 100)
    assert cut_off(made)["entered"] == 1
    assert said_of(made, "f1") == ("held", ["WeightOff"])
    (case,) = open_cases(made)
    key = made.keys["P1"]
    made.both(made.house.cases.propose_decision(case["case"], "upheld", "false", "P1", key))
    assert said_of(made, "f1") == ("held", ["WeightOff"])
    assert made.house.obligations.why_not(made.number["f1"], "A1") == (
        "not in this cycle: house review"
    )
    all_replay(made)


def test_a_round_trip_is_seen_though_its_way_back_comes_a_cycle_later(
    tmp_path: Path, database_url: str
) -> None:
    made = registered_house(tmp_path / "house", url=database_url)
    both_ways(made, 1)
    assert cut_off(made)["entered"] == 2
    closed_cycle(made)
    owed(made, "back", "B1", "A1", 500, quantity="10", weight="10")
    made.until(NEXT.cut_off_at)
    assert made.house.cycles.cut_off(NEXT.id)["held"] == 1
    assert said_of(made, "back") == ("held", ["RoundTrip"])
    all_replay(made)


def test_a_price_far_from_the_goods_own_history_is_held(
    tmp_path: Path, database_url: str
) -> None:
    made = registered_house(tmp_path / "house", url=database_url)
    both_ways(made, 10)
    assert cut_off(made)["entered"] == 20
    closed_cycle(made)
    owed(made, "dear", "A1", "B1", 90_000, quantity="10", weight="10")
    owed(made, "fair", "A1", "B1", 1_000, quantity="11", weight="11")
    made.until(NEXT.cut_off_at)
    made.house.cycles.cut_off(NEXT.id)
    assert said_of(made, "dear") == ("held", ["PriceFarOff"])
    assert said_of(made, "fair") == ("released", [])
    all_replay(made)
    made.house = type(made.house)(made.house.folder, made.house.database, made.house.clock)
    all_replay(made)
