# SPDX-License-Identifier: Apache-2.0
"""The rates of a cycle are read exactly, or refused with what to write instead."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from typing import Any

import pytest
from tests.made_house import OPENED
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import InvalidFixing, Rejected
from skontro.flow.cycles import exact_rates
from skontro.house.calendar import cycle_dates

WRONG = ["1e3", "1E-2", "-1", "+1", "0", "0.0", "0/5", "1/0", "1/-3", "1.5/2", "1/2.5", "1/2/3",
         " 1", "1 ", "1_000", "1,5", ".5", "1.", "", "inf", "nan", "0x10", "\u0661", "1\n",
         "1/ 3", 0.011, 1, None]  # fmt: skip


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MadeSettlement]:
    rules = made_rules({"A": "EUR", "B": "INR"})
    one = MadeSettlement(tmp_path_factory.mktemp("fixing") / "house", rules, ("A1", "B1"))
    one.cycle = one.house.cycles.open(cycle_dates(rules, OPENED.date()))
    yield one
    one.house.close()


@pytest.mark.parametrize("rate", WRONG, ids=repr)
def test_what_is_no_rate(made: MadeSettlement, rate: Any) -> None:
    """Proposed by the command's way; some as a bare act, too, that two people sign."""
    with pytest.raises(InvalidFixing, match=r"INR: .* is not a rate") as refused:
        made.house.cycles.propose_fixing(made.cycle, {"EUR": "1", "INR": rate}, "x", *made.p1)
    assert "1/90" in str(refused.value.next_step)
    if rate not in ("1e3", "0", None):
        return
    content = {"cycle": made.cycle, "unit": "EUR", "rates": {"EUR": "1/1", "INR": rate},
               "source": "x", "dated": made.house.at}  # fmt: skip
    act = made.house.people.propose("fixing.declare", content, *made.p1)
    with pytest.raises(InvalidFixing):
        made.both(act)


@pytest.mark.parametrize(
    ("rates", "what", "instead"),
    [
        ({"EUR": "1", "XXQ": "1"}, "not a currency", "three letters"),
        ({"EUR": "2", "INR": "1"}, "its rate is 1", "give EUR the rate 1"),
        ({"INR": "1"}, "its rate is 1", "give EUR the rate 1"),
    ],
)
def test_what_is_no_fixing(rates: dict[str, str], what: str, instead: str) -> None:
    with pytest.raises(InvalidFixing, match=what) as refused:
        exact_rates(rates, "EUR")
    assert instead in str(refused.value.next_step)


def test_rates_are_exact_and_in_lowest_terms(made: MadeSettlement) -> None:
    """Decimals and fractions come to the same; an act that says them otherwise is refused."""
    assert exact_rates({"EUR": "1.00", "INR": "0.0110", "AED": "2/8"}, "EUR") == {
        "AED": "1/4", "EUR": "1/1", "INR": "11/1000",
    }  # fmt: skip
    content = {"cycle": made.cycle, "unit": "EUR", "rates": {"EUR": "1/1", "INR": "2/180"},
               "source": "x", "dated": made.house.at}  # fmt: skip
    with pytest.raises(InvalidFixing, match="not in lowest terms"):
        made.both(made.house.people.propose("fixing.declare", content, *made.p1))
    with pytest.raises(Rejected, match="participants are paid in it, and it has no rate"):
        made.both(made.house.cycles.propose_fixing(made.cycle, {"EUR": "1"}, "x", *made.p1))


def test_a_step_clears_away_what_killed_ones_left_in_the_archive(made: MadeSettlement) -> None:
    """Folders aside of whatever run: an old one goes; one being written, or just begun, stays."""
    place = made.house.folder / "archive" / made.cycle
    old, locked, young = (place / f".{name}.abcd_123.part" for name in ("final", "recast-1", "x"))
    for folder in (old, locked, young):
        (folder / "final").mkdir(parents=True)
        (folder / "final" / "manifest.json").write_text("{")
        if folder is not young:
            os.utime(folder, (time.time() - 120,) * 2)
    made.both(made.house.cycles.propose_fixing(
        made.cycle, {"EUR": "1", "INR": "1/90"}, "x", *made.p1,
    ))  # fmt: skip
    handle = os.open(locked, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        made.at("cut_off_at")
        assert old.exists()
        made.house.cycles.cut_off(made.cycle)
    finally:
        os.close(handle)
    assert [folder.exists() for folder in (old, locked, young)] == [False, True, True]
