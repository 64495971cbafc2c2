# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import InvalidOptions
from skontro.house.border import BothWays, Quota
from skontro.house.imbalance import Imbalance, structural_imbalance

HALF = Fraction(1, 2)


def look(*positions: int, quota: Quota = 100, cycles: int = 3, share: Fraction = HALF) -> Imbalance:
    return structural_imbalance([(at, quota) for at in positions], cycles=cycles, share=share)


@pytest.mark.parametrize(
    ("positions", "alarm"),
    [
        ((20, 40, 51), True),
        ((20, 40, 50), False),  # at the share, not past it
        ((40, 51), False),  # too short
        ((-1, 40, 51), False),  # on the other side before
        ((0, 40, 51), False),
        ((20, -1, 51), False),
        ((90, 90, -90), False),
        ((-60, -55, -51), True),  # a creditor, though on its way back
        ((-60, -55, -50), False),
        ((90, 90, 0), False),
        ((-50, -1, 1, 60, 60), True),
    ],
)
def test_long_on_one_side_and_past_the_share(positions: tuple[int, ...], alarm: bool) -> None:
    assert look(*positions).alarm is alarm
    assert look(*(-at for at in positions)).alarm is alarm


def test_speed_is_taken_over_the_cycles_looked_at() -> None:
    assert look(1000, 10, 20, 30, 60, cycles=3).speed == Fraction(50, 3)
    assert look(10, 20, cycles=3).speed == 10
    assert look(10).speed == 0


def test_how_long_until_the_quota() -> None:
    assert look(30, 60).cycles_left == 2
    assert look(60, 30).cycles_left == 5  # to the quota of the other direction: 130 / 30
    assert look(60, 60).cycles_left is None
    assert look(60, 120).cycles_left == 0
    assert look(-30, -60, quota=BothWays(100, 70)).cycles_left == 1


def test_share_of_the_quota_of_its_direction() -> None:
    both = BothWays(100, 50)
    assert look(40, quota=both).share == Fraction(2, 5)
    assert look(-40, quota=both).share == Fraction(-4, 5)
    assert look(0, quota=0).share == 0
    without = look(1, 2, 3, quota=0)
    assert without.share is None
    assert without.alarm


def test_only_the_last_quota_counts() -> None:
    seen = structural_imbalance([(60, 100), (60, 100), (60, 200)], cycles=3, share=HALF)
    assert not seen.alarm
    assert seen.share == Fraction(3, 10)


@pytest.mark.parametrize(
    ("positions", "cycles", "share"), [((), 3, HALF), ((1,), 0, HALF), ((1,), 1, -HALF)]
)
def test_what_cannot_be_asked_is_refused(
    positions: tuple[int, ...], cycles: int, share: Fraction
) -> None:
    with pytest.raises(InvalidOptions):
        look(*positions, cycles=cycles, share=share)


@given(st.lists(st.integers(-150, 150), min_size=1, max_size=10), st.integers(1, 5))
def test_the_count_of_cycles_is_that_of_the_last_unbroken_stretch(
    positions: list[int], cycles: int
) -> None:
    seen = look(*positions, cycles=cycles)
    last = positions[-1]
    stretch = positions[len(positions) - seen.same_side :]
    assert all(at * last > 0 for at in stretch)
    before = positions[: len(positions) - seen.same_side]
    assert not before or before[-1] * last <= 0
    assert seen.alarm == (seen.same_side >= cycles and abs(last) > 50)
