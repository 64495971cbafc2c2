# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import InvalidFixing
from skontro.core.fixing import Fixing
from skontro.house.revaluation import own_rate, worth

RATES = st.fractions(Fraction(1, 1000), 1000, max_denominator=1000)


def test_the_debtor_side_loses_when_the_unit_rises() -> None:
    old, new = Fraction(90), Fraction(93)
    assert (worth(15_000_00, old), worth(15_000_00, new)) == (135_000_000, 139_500_000)
    assert worth(-15_000_00, new) - worth(-15_000_00, old) == -4_500_000


def test_a_half_is_rounded_to_even_and_only_once() -> None:
    assert [worth(1, Fraction(1, 2)), worth(1, Fraction(3, 2))] == [0, 2]
    assert [worth(-5, Fraction(1, 2)), worth(-5, Fraction(7, 10))] == [-2, -4]


@given(position=st.integers(-(10**12), 10**12), rates=st.lists(RATES, min_size=2, max_size=8))
def test_differences_add_up_and_never_drift(position: int, rates: list[Fraction]) -> None:
    booked = sum(worth(position, new) - worth(position, old) for old, new in pairwise(rates))
    value = worth(position, rates[-1])
    assert worth(position, rates[0]) + booked == value
    assert abs(value - position * rates[-1]) <= Fraction(1, 2)
    assert worth(-position, rates[-1]) == -value


@pytest.mark.parametrize("rate", [Fraction(0), Fraction(-1)])
def test_a_rate_that_cannot_be_is_refused(rate: Fraction) -> None:
    with pytest.raises(InvalidFixing, match="not above nought"):
        worth(1, rate)


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
