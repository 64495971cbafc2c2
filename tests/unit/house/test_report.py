# SPDX-License-Identifier: Apache-2.0
"""Who gains: figures by side and size, and how even they are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from skontro.core.readable import share_text
from skontro.house.report import FirmFigures, by_side, by_size, fairness

FIRMS = [
    FirmFigures(f"F{k}", "AB"[k % 2], 100 * k, 10 * k if k > 3 else 0, 5, (-1) ** k * 7)
    for k in range(1, 11)
]


def test_firms_stand_in_groups_by_size() -> None:
    """Ten firms in five groups of two; the three smallest have nothing set off."""
    groups = by_size(FIRMS)
    assert [(one["firms"], one["gaining"]) for one in groups] == [
        (2, 0), (2, 1), (2, 2), (2, 2), (2, 2),
    ]  # fmt: skip
    assert (groups[1]["from_points"], groups[1]["to_points"]) == ("300", "400")
    assert groups[1]["share"] == share_text(40, 700)
    assert [one["side"] for one in by_side(FIRMS)] == ["A", "B"]
    assert [one["net_points"] for one in by_side(FIRMS)] == ["35", "-35"]


def test_how_even_it_is() -> None:
    found = fairness(FIRMS)
    assert (found["firms"], found["without"]) == (10, 3)
    assert found["lower_quartile_share"] == "0.000000"
    assert found["median_share"] == "0.100000"
    assert found["largest_tenth_of_gross"] == share_text(1000, 5500)
    assert found["largest_tenth_of_set_off"] == share_text(100, 490)
    assert fairness([])["median_share"] == "0.000000"


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=30))
def test_groups_hold_every_firm_once(values: list[tuple[int, int]]) -> None:
    """Whatever the sizes: no firm twice, none lost, groups as equal as they can be."""
    firms = [
        FirmFigures(f"F{k}", "", gross, min(off, gross), 0, 0)
        for k, (gross, off) in enumerate(values)
    ]
    groups = by_size(firms)
    assert sum(int(one["gross_points"]) for one in groups) == sum(one.gross for one in firms)
    assert sum(one["firms"] for one in groups) == sum(1 for one in firms if one.gross)
    counts = [one["firms"] for one in groups]
    assert not counts or max(counts) - min(counts) <= 1
