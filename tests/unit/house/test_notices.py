# SPDX-License-Identifier: Apache-2.0
"""What a notice works out of a participant's rows, against the stand-alone check of the same."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from skontro.core.money import exponent
from skontro.house.notices import (
    Grid,
    NoticeRow,
    bookings,
    counter_obligations,
    decimals_of,
    fraction_text,
    obligation_lines,
    sums_by_currency,
)
from skontro.verify import notices as check

CODES = ("EUR", "INR", "JPY", "KWD")


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    """A fixing of odd rates and a grid as fine as a clearing might choose."""
    rates = {"EUR": Fraction(1)}
    for code in CODES[1:]:
        rates[code] = Fraction(draw(st.integers(1, 9999)), draw(st.integers(1, 9999)))
    per = draw(st.sampled_from([1, 7, 180, 10**6]))
    points = {
        code: rate * per * 10 ** exponent("EUR") / 10 ** exponent(code)
        for code, rate in rates.items()
    }
    return Grid("EUR", per, points, rates)


@st.composite
def notice_rows(draw: st.DrawFn) -> list[NoticeRow]:
    """A participant's obligations, anything from untouched to fully discharged."""
    rows = []
    for number in range(1, draw(st.integers(0, 12)) + 1):
        before = draw(st.integers(1, 10**12))
        off = draw(st.integers(0, before))
        planned = draw(st.integers(0, before - off))
        settled = draw(st.sampled_from([0, planned]))
        rows.append(NoticeRow(
            number, draw(st.booleans()), f"P{number}", None, "r", "", None, None,
            draw(st.sampled_from(CODES)), before, off, planned, settled,
        ))  # fmt: skip
    return rows


@given(notice_rows(), grids(), st.sampled_from([*CODES, "CHF"]))
def test_two_readings_of_the_same_rows_agree(
    rows: list[NoticeRow], grid: Grid, home: str
) -> None:
    """Rows, sums, counter-obligations and bookings: ours is what the verifier computes again."""
    content: dict[str, Any] = {
        "obligations": obligation_lines(rows, grid), "home_currency": home,
        "fixing": {
            "unit": "EUR", "source": "", "dated": "",
            "rates": {code: fraction_text(rate) for code, rate in grid.rates.items()},
        },
        "grid": grid.as_json(),
    }  # fmt: skip
    check._check_rows(content["obligations"], "me", "settled")
    worth = check._worth(content)
    assert worth == dict(grid.points_per_minor)
    assert counter_obligations(rows, grid) == check._counter(content, worth)
    lines = bookings(rows, grid, home)
    assert lines == check._bookings(content)
    for name in check.SUMMED:
        assert sums_by_currency(rows, f"{name}_minor") == check._sums(
            content["obligations"], f"{name}_minor"
        )
    balance = sum(
        int(one["booked_minor"]) * (1 if one["side"] == "debit" else -1) for one in lines
    )
    assert balance == 0


def test_rounding_is_booked_as_a_difference() -> None:
    """100 yen against 0.61 euros at 0.0061: half a cent is left to a home currency of dinars."""
    grid = Grid("EUR", 10000, {"EUR": Fraction(10000), "JPY": Fraction(6100)},
                {"EUR": Fraction(1), "JPY": Fraction(61, 10000), "KWD": Fraction(3)})  # fmt: skip
    rows = [
        NoticeRow(1, True, "B", None, None, "", None, None, "JPY", 100, 100, 0, 0),
        NoticeRow(2, False, "C", None, None, "", None, None, "EUR", 61, 60, 0, 0),
    ]
    counter = counter_obligations(rows, grid)
    assert counter["difference_points"] == "10000"
    assert counter["value_minor"] == "61"
    assert [(one["side"], one["account"], one["booked_minor"])
            for one in bookings(rows, grid, "KWD")] == [
        ("debit", "payables", "203"), ("credit", "receivables", "200"),
        ("credit", "rounding difference", "3"),
    ]  # fmt: skip


def test_without_a_fixing_each_currency_balances_alone() -> None:
    grid = Grid("", 1, {"EUR": Fraction(1), "JPY": Fraction(1)}, {})
    rows = [
        NoticeRow(1, True, "B", None, None, "", None, None, "JPY", 90, 40, 0, 0),
        NoticeRow(2, False, "C", None, None, "", None, None, "JPY", 50, 40, 0, 0),
        NoticeRow(3, True, "C", None, None, "", None, None, "EUR", 50, 0, 0, 0),
    ]
    assert counter_obligations(rows, grid)["value_minor"] is None
    assert counter_obligations(rows, grid)["exchange"] == []
    assert [(one["side"], one["booked_currency"], one["booked_minor"])
            for one in bookings(rows, grid, "EUR")] == [
        ("debit", "JPY", "40"), ("credit", "JPY", "40"),
    ]  # fmt: skip
    assert obligation_lines(rows, grid)[0]["rate"] is None
    assert decimals_of(["JPY", "EUR", "JPY"]) == {"EUR": 2, "JPY": 0}
