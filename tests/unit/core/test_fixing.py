# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from fractions import Fraction
from math import lcm

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import AmountOverflow, InvalidFixing, NoGridFits
from skontro.core.fixing import Fixing, Grid, choose_grid, parse_rate, to_points
from skontro.core.money import LIMIT_MINOR


def table(*rows: tuple[str, str, str]) -> pa.Table:
    names = ["currency", "unit_of_account", "rate"]
    return pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))


def fixing(**rates: str) -> Fixing:
    return Fixing.from_table(table(*((code, "EUR", rate) for code, rate in rates.items())))


def test_decimals_and_fractions_are_exact_and_the_unit_is_added() -> None:
    read = fixing(INR="0.0111", AED="1/4")
    assert read.unit == "EUR"
    assert read.rates == {"AED": Fraction(1, 4), "EUR": Fraction(1), "INR": Fraction(111, 10000)}
    assert list(read.rates) == ["AED", "EUR", "INR"]


@pytest.mark.parametrize(
    "rate",
    ["0", "0.000", "0/5", "1/0", "-1", "1/-90", "1e-2", "", " 1", "1,5", "nan", "1/90.5", "1/2/3",
     ".5", "5.", "٣", "1" * 41, "+1"],
)  # fmt: skip
def test_a_rate_that_is_not_exact_and_above_nought_is_refused(rate: str) -> None:
    with pytest.raises(InvalidFixing):
        parse_rate(rate)
    with pytest.raises(InvalidFixing, match="row 2"):
        Fixing.from_table(table(("EUR", "EUR", "1"), ("INR", "EUR", rate)))


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("EUR", "EUR", "1"), ("INR", "USD", "1")], "row 2: the unit of account is USD"),
        ([("INR", "EUR", "1/90"), ("INR", "EUR", "1/90")], "row 2: INR has a rate already"),
        ([("XXX", "EUR", "1")], "row 1: currency 'XXX' is not"),
        ([("EUR", "XAU", "1")], "row 1: unit_of_account 'XAU' is not"),
        ([("INR", "EUR", "1/90"), ("EUR", "EUR", "1.01")], "the rate of EUR"),
    ],
)
def test_a_fixing_that_contradicts_itself_is_refused(
    rows: list[tuple[str, str, str]], message: str
) -> None:
    with pytest.raises(InvalidFixing, match=message):
        Fixing.from_table(table(*rows))


def test_an_empty_fixing_is_refused_and_rows_are_named_as_the_file_has_them() -> None:
    with pytest.raises(InvalidFixing, match="no rate"):
        Fixing.from_table(table(("EUR", "EUR", "1")).slice(1))
    with pytest.raises(InvalidFixing, match="row 17"):
        Fixing.from_table(table(("EUR", "EUR", "0")), rows=[17])


def test_without_a_fixing_a_point_is_a_minor_unit() -> None:
    grid = choose_grid(None, ["JPY"], {"JPY": 3}, {"JPY": 10})
    assert (grid.unit, grid.kind, grid.unit_minor_points) == ("JPY", "minor", 1)
    assert grid.points_per_minor == {"JPY": 1}
    with pytest.raises(AmountOverflow, match="JPY"):
        choose_grid(None, ["JPY"], {"JPY": 3}, {"JPY": LIMIT_MINOR})


def test_the_worked_example_has_an_exact_grid() -> None:
    rates = fixing(INR="1/90", AED="1/4")
    count = {"AED": 1, "EUR": 4, "INR": 3}
    gross = {"AED": 30_000_000, "EUR": 24_000_000, "INR": 990_000_000}
    grid = choose_grid(rates, ["INR", "AED", "EUR"], count, gross)
    assert grid.kind == "exact"
    assert grid.codes == ("AED", "EUR", "INR")
    assert lcm(100, 100 * 90, 100 * 4) == 18_000
    assert grid.unit_minor_points == 180
    assert grid.points_per_minor == {"AED": 45, "EUR": 180, "INR": 2}


def test_a_currency_not_used_does_not_make_the_grid_finer() -> None:
    rates = fixing(INR="1/90", AED="1/7")
    grid = choose_grid(rates, ["INR"], {"INR": 1}, {"INR": 5})
    assert grid.points_per_minor["INR"] == 1
    assert grid.points_per_minor["AED"] == Fraction(9000, 700)
    assert grid.unit_minor_points == 90


def test_one_currency_that_is_the_unit_is_counted_in_minor_units() -> None:
    grid = choose_grid(fixing(INR="1/90"), ["EUR"], {"EUR": 2}, {"EUR": LIMIT_MINOR - 1})
    assert (grid.kind, grid.unit_minor_points) == ("exact", 1)


def test_a_grid_too_fine_for_its_sums_becomes_the_fine_one() -> None:
    """The least k is kept at which sums with half a point for each obligation still fit."""
    rates = fixing(INR="0.011234567890123457", AED="1/3")
    count, gross = {"AED": 3, "INR": 5}, {"AED": 10**9, "INR": 10**12}
    grid = choose_grid(rates, ["AED", "INR"], count, gross)
    assert grid.kind == "fine"
    unit = grid.unit_minor_points
    assert str(unit) == "1" + "0" * (len(str(unit)) - 1)
    worth = sum(gross[code] * rates.rates[code] for code in gross)
    assert worth * unit + 4 < LIMIT_MINOR <= worth * unit * 10 + 4
    assert grid.points_per_minor["INR"] == rates.rates["INR"] * unit


def test_no_grid_fits_when_the_sum_is_too_large_in_the_unit() -> None:
    with pytest.raises(NoGridFits, match="2\\*\\*62 minor units of EUR"):
        choose_grid(fixing(GBP="1.2"), ["GBP"], {"GBP": 1}, {"GBP": LIMIT_MINOR - 1})


def test_no_grid_fits_when_a_minor_unit_is_too_small_a_share() -> None:
    """Sums leave no decimal place, and a minor unit of VND is worth less than half a point each."""
    rates = fixing(VND="1/28000", AED="1/4")
    with pytest.raises(NoGridFits, match="VND") as caught:
        choose_grid(rates, ["EUR", "VND"], {"EUR": 1, "VND": 1}, {"EUR": 2**61, "VND": 10})
    assert caught.value.details["currency"] == "VND"


def test_the_unit_s_minor_unit_is_a_whole_number_of_points_even_where_it_is_not_used() -> None:
    grid = choose_grid(fixing(JPY="1"), ["JPY"], {"JPY": 1}, {"JPY": 5})
    assert (grid.unit_minor_points, grid.points_per_minor["JPY"]) == (1, 100)


@pytest.mark.parametrize(("count", "fits"), [(2, True), (20, False)])
def test_what_rounding_may_add_counts_towards_the_limit(count: int, fits: bool) -> None:
    """The sum is 2**62 - 6 2/3: room for 2 halves, not for 20."""
    counts = {"EUR": count - 1, "JPY": 1}
    gross = {"EUR": LIMIT_MINOR - 40, "JPY": 1}
    if fits:
        assert choose_grid(fixing(JPY="1/3"), ["EUR", "JPY"], counts, gross).kind == "fine"
    else:
        with pytest.raises(NoGridFits, match="minor units of EUR"):
            choose_grid(fixing(JPY="1/3"), ["EUR", "JPY"], counts, gross)


@pytest.mark.parametrize(("rate", "fits"), [("1/200", False), ("1/199", True)])
def test_a_minor_unit_must_be_worth_more_than_half_a_point_each(rate: str, fits: bool) -> None:
    counts, gross = {"EUR": 1, "JPY": 1}, {"EUR": 2**61, "JPY": 10}
    if fits:
        grid = choose_grid(fixing(JPY=rate), ["EUR", "JPY"], counts, gross)
        assert grid.points_per_minor["JPY"] > Fraction(1, 2)
    else:
        with pytest.raises(NoGridFits, match="JPY"):
            choose_grid(fixing(JPY=rate), ["EUR", "JPY"], counts, gross)


def test_points_on_the_exact_grid_are_products_and_guarded() -> None:
    grid = Grid("EUR", "exact", {"EUR": Fraction(90), "INR": Fraction(1)}, 90, ("EUR", "INR"))
    amount = np.array([1, 7, 5], np.int64)
    index = np.array([0, 1, 0], np.int16)
    assert to_points(amount, index, grid).tolist() == [90, 7, 450]
    most = (LIMIT_MINOR - 1) // 90
    assert to_points(np.array([most]), index[:1], grid).tolist() == [most * 90]
    with pytest.raises(AmountOverflow):
        to_points(np.array([most + 1]), index[:1], grid)


def test_points_of_nothing_are_nothing() -> None:
    grid = Grid("EUR", "fine", {"INR": Fraction(1, 3)}, 1, ("INR",))
    assert len(to_points(np.zeros(0, np.int64), np.zeros(0, np.int16), grid)) == 0


@given(
    st.lists(st.integers(0, LIMIT_MINOR - 1), min_size=1, max_size=20),
    st.integers(1, 10**9) | st.integers(1, 2**70),
    st.integers(1, 50) | st.integers(1, 2**70),
)
def test_points_are_rounded_half_even_exactly(amounts: list[int], above: int, below: int) -> None:
    """Against Python's own fractions, with multipliers inside and beyond 64 bits."""
    worth = Fraction(above, below)
    grid = Grid("EUR", "fine", {"INR": worth}, 1, ("INR",))
    fitting = [item for item in amounts if item * worth < LIMIT_MINOR - 1]
    points = to_points(np.array(fitting, np.int64), np.zeros(len(fitting), np.int16), grid)
    assert points.tolist() == [round(item * worth) for item in fitting]
    assert points.tolist() == [grid.points(item, "INR") for item in fitting]


def test_halves_go_to_the_even_point() -> None:
    grid = Grid("EUR", "fine", {"INR": Fraction(1, 2), "EUR": Fraction(5, 2)}, 1, ("EUR", "INR"))
    amount = np.array([1, 3, 5, 7, 1, 3], np.int64)
    index = np.array([1, 1, 1, 1, 0, 0], np.int16)
    assert to_points(amount, index, grid).tolist() == [0, 2, 2, 4, 2, 8]
