# SPDX-License-Identifier: Apache-2.0
"""The settlement board: how much each side owes over the border, cycle by cycle, beside quotas."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, cast

from tests.made_service import MadeService
from tests.made_settlement import MadeSettlement, made_rules

from skontro.house.roles import Grant


def test_border_positions_through_time_are_on_the_board(tmp_path: Path) -> None:
    """Two sides, two cycles: A owes B more each time. The page of the second has a picture of each
    direction with a point for each cycle, the amounts in words for a screen reader, and quotas."""
    rules = made_rules(
        {"A": "EUR", "B": "INR"}, quotas=[("A", "B", "20000.00"), ("B", "A", "20000.00")],
        working={"A": "8000.00", "B": "900000.00"},
    )  # fmt: skip
    lived = MadeSettlement(tmp_path / "house", rules, ("A1", "B1"))
    lived.fund("A", 8_000_00)
    lived.fund("B", 900_000_00)
    cycles, seen = list[str](), list[int]()
    for amount in (180_000_00, 90_000_00):
        lived.owe("A1", "B1", amount, "INR")
        lived.run()
        lived.pay("A1")
        lived.money.plan(lived.cycle)
        lived.money.settle(lived.cycle)
        lived.pay_what_is_ready()
        lived.house.cycles.close(lived.cycle)
        cycles.append(lived.cycle)
        (position,) = (one for one in lived.money.border()["positions"] if one["side"] == "A")
        seen.append(position["position_minor"])
    assert seen == [2_000_00, 3_000_00]

    made = MadeService(cast("Any", lived))
    for who in ("P1", "P2"):
        made.give(who, [Grant("operator"), Grant("treasurer")])
    answer = made.desk("P1").get(f"/console/cycles/{cycles[-1]}/settlement")
    assert answer.status_code == 200
    figures = re.findall(r'<figure class="curve">.*?</figure>', answer.text, re.DOTALL)
    (mine,) = (one for one in figures if "What A owes B through time" in one)
    label = re.search(r'aria-label="([^"]+)"', mine)
    assert label is not None
    said = [re.sub(r"\s+", " ", one).strip() for one in label[1].split(": ", 1)[1].split(", ")]
    assert [one.split(" ", 1)[0] for one in said] == cycles
    amounts = [re.sub(r"\D", "", one.split(" ", 1)[1]) for one in said]
    assert amounts == [str(one) for one in seen]
    assert len(re.findall("<circle", mine)) == 2
    heights = [float(one) for one in re.findall(r'<circle class="dot" cx="[\d.]+" cy="([\d.]+)"',
                                                mine)]  # fmt: skip
    assert heights[1] < heights[0]  # higher up: more is owed
    assert len(re.findall('class="quota"', mine)) == 2
