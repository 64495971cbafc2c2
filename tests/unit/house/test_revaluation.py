# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import InvalidFixing
from skontro.core.fixing import Fixing
from skontro.house.revaluation import own_rate, revalue, revalue_sides

RATES = st.fractions(Fraction(1, 1000), 1000, max_denominator=1000)


def test_the_debtor_side_loses_when_the_unit_rises() -> None:
    owes = revalue(15_000_00, Fraction(90), Fraction(93))
    assert (owes.old_value, owes.new_value, owes.difference) == (
        135_000_000,
        139_500_000,
        4_500_000,
    )
    owed = revalue(-15_000_00, Fraction(90), Fraction(93))
    assert owed.difference == -4_500_000


def test_a_half_is_rounded_to_even_and_only_once() -> None:
    found = revalue(1, Fraction(1, 2), Fraction(3, 2))
    assert (found.old_value, found.new_value) == (0, 2)
    found = revalue(-5, Fraction(1, 2), Fraction(7, 10))
    assert (found.old_value, found.new_value) == (-2, -4)


@given(position=st.integers(-(10**12), 10**12), rates=st.lists(RATES, min_size=2, max_size=8))
def test_differences_add_up_and_never_drift(position: int, rates: list[Fraction]) -> None:
    booked = sum(revalue(position, old, new).difference for old, new in pairwise(rates))
    assert booked == revalue(position, rates[0], rates[-1]).difference
    value = revalue(position, rates[0], rates[-1]).new_value
    assert abs(value - position * rates[-1]) <= Fraction(1, 2)
    mirrored = revalue(-position, rates[0], rates[-1])
    assert mirrored.difference == -revalue(position, rates[0], rates[-1]).difference


def test_each_side_in_its_own_currency() -> None:
    carried = {"A": 15_000_00, "B": -15_000_00}
    old = {"A": Fraction(1), "B": Fraction(90), "C": Fraction(1)}
    found = revalue_sides(carried, old, old | {"B": Fraction(89)})
    assert {side: one.difference for side, one in found.items()} == {"A": 0, "B": 15_000_00}


def test_a_rate_that_cannot_be_is_refused() -> None:
    for rates in [(Fraction(0), Fraction(1)), (Fraction(1), Fraction(-1))]:
        with pytest.raises(InvalidFixing, match="not above nought"):
            revalue(1, *rates)
    with pytest.raises(InvalidFixing, match="side B"):
        revalue_sides({"B": 1}, {"B": Fraction(1)}, {"A": Fraction(1)})
    with pytest.raises(InvalidFixing, match="side B"):
        revalue_sides({"B": 1}, {"A": Fraction(1)}, {"B": Fraction(1)})


def test_rates_are_between_minor_units() -> None:
    fixing = Fixing(
        "EUR",
        {
            "EUR": Fraction(1),
            "INR": Fraction(1, 90),
            "JPY": Fraction(1, 160),
            "BHD": Fraction(5, 2),
        },
    )
    assert own_rate(fixing, "EUR", "EUR") == 1
    assert own_rate(fixing, "EUR", "INR") == 90
    assert own_rate(fixing, "EUR", "JPY") == Fraction(160, 100)
    assert own_rate(fixing, "EUR", "BHD") == Fraction(2, 5) * 10
    assert own_rate(fixing, "INR", "JPY") * own_rate(fixing, "JPY", "INR") == 1
    for unit, currency in [("EUR", "USD"), ("USD", "EUR")]:
        with pytest.raises(InvalidFixing, match="USD has no rate"):
            own_rate(fixing, unit, currency)
