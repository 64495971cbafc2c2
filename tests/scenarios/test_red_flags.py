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
from skontro.house.calendar import CycleDates

NEXT = replace(
    DATES, id="2026-02", business_day=datetime.date(2026, 2, 27),
    **{name: getattr(DATES, name) + datetime.timedelta(days=28)
       for name in ("cut_off_at", "window_ends_at", "pay_in_deadline")},
)  # fmt: skip

THIRD = replace(
    NEXT, id="2026-03", business_day=datetime.date(2026, 3, 31),
    **{name: getattr(NEXT, name) + datetime.timedelta(days=32)
       for name in ("cut_off_at", "window_ends_at", "pay_in_deadline")},
)  # fmt: skip
TWO_CYCLES = {"volume_times = 4 ": "least_cycles = 2\nlarge_minor = 500000\nvolume_times = 4 "}


def closed_cycle(
    made: MadeHouse, now: CycleDates = DATES, following: CycleDates = NEXT
) -> None:
    """From the cut-off to the close: nothing is left to pay."""
    cycles, key = made.house.cycles, made.keys["P1"]
    cycles.preliminary(now.id)
    made.until(now.window_ends_at)
    cycles.irrevocable(now.id)
    made.both(cycles.propose_final(now.id, "P1", key))
    made.house.settlement.instruct(now.id)
    made.house.settlement.plan(now.id)
    made.house.settlement.settle(now.id)
    cycles.close(now.id)
    cycles.open(following)
    made.both(cycles.propose_fixing(following.id, RATES, "the example", "P1", key))


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


def two_cycles(folder: Path, url: str, volumes: tuple[int, int]) -> MadeHouse:
    """A house whose first two cycles cleared so much between A1 and B1, both ways, in units."""
    made = registered_house(folder, url=url, changes=TWO_CYCLES)
    for now, following, amount in ((DATES, NEXT, volumes[0]), (NEXT, THIRD, volumes[1])):
        for debtor, creditor, code in (("A1", "B1", "300490"), ("B1", "A1", "300410")):
            owed(made, f"{now.id} {debtor}", debtor, creditor, amount, code=code,
                 quantity=str(amount // 10), weight=str(amount // 10))  # fmt: skip
        made.until(now.cut_off_at)
        assert made.house.cycles.cut_off(now.id)["entered"] == 2
        closed_cycle(made, now, following)
    return made


def third(made: MadeHouse, *rows: tuple[str, str, str, int]) -> None:
    """The third cut-off, with obligations: name, debtor, creditor, units."""
    for name, debtor, creditor, amount in rows:
        owed(made, name, debtor, creditor, amount, quantity=str(amount // 10),
             weight=str(amount // 10))  # fmt: skip
    made.until(THIRD.cut_off_at)
    made.house.cycles.cut_off(THIRD.id)


def test_a_sudden_volume_is_held_and_says_what_was_usual(
    tmp_path: Path, database_url: str
) -> None:
    """A steady firm sells five times its usual volume: what goes past four times is held, what came
    before it in the same cycle enters; two people explain it, and it enters too."""
    made = two_cycles(tmp_path / "house", database_url, (1000, 1000))
    third(made, ("usual", "A1", "B1", 3900), ("sudden", "A1", "B1", 1100))
    assert said_of(made, "usual") == ("released", [])
    assert said_of(made, "sudden") == ("held", ["SuddenVolume"] * 2)
    words = [case for case in open_cases(made) if case["about"] == "SuddenVolume"]
    assert {case["whom"] for case in words} == {f"obligation {made.number['sudden']}"}
    shown = made.house.cases.show(words[0]["case"], "P1", made.keys["P1"])  # type: ignore[arg-type]
    assert "in this cycle; 100000 is the middle of 2 earlier cycles" in str(shown["evidence"])
    for case in words:
        made.both(made.house.cases.propose_decision(
            int(str(case["case"])), "explained", "a large tender", "P1", made.keys["P1"]
        ))  # fmt: skip
    assert said_of(made, "sudden") == ("released", ["FlagExplained"] * len(words))
    all_replay(made)


def test_what_an_uneven_firm_did_before_is_not_sudden(tmp_path: Path, database_url: str) -> None:
    """A firm that sold 100 and then 1000 sells 3000: thirty times its middle, and not far beyond
    what it did before; ten times what it ever sold is."""
    made = two_cycles(tmp_path / "house", database_url, (100, 1000))
    third(made, ("large", "A1", "B1", 3000), ("sudden", "A1", "B1", 7000))
    assert said_of(made, "large") == ("released", [])
    assert said_of(made, "sudden") == ("held", ["SuddenVolume"] * 2)
    all_replay(made)


def test_a_firm_that_looks_like_a_shell_is_held(tmp_path: Path, database_url: str) -> None:
    """A3 and B3 cleared nothing before, nobody knows how old they are, and their sums are large:
    held, and never refused. Smaller sums of the like, and large ones of known firms, enter."""
    made = two_cycles(tmp_path / "house", database_url, (1000, 1000))
    third(made, ("shell", "A3", "B3", 6000), ("small", "A2", "B2", 60))
    assert said_of(made, "shell") == ("held", ["ShellPattern"] * 2)
    assert said_of(made, "small") == ("released", [])
    (case, *_) = [one for one in open_cases(made) if one["about"] == "ShellPattern"]
    act = made.house.cases.propose_decision(
        int(str(case["case"])), "upheld", "nobody is there", "P1", made.keys["P1"]
    )
    made.both(act)
    assert said_of(made, "shell")[0] == "held"
    all_replay(made)
