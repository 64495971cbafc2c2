# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest

from skontro.core.errors import (
    AmountOverflow,
    InvalidBorderQuotas,
    InvalidPayInLimits,
    Rejection,
)
from skontro.core.fixing import Fixing
from skontro.core.intake import (
    border_quotas_from_table,
    pay_in_limits_from_table,
    rejection_table,
)
from skontro.core.money import LIMIT_MINOR
from skontro.core.obligations import gross_by_currency, guard_sums
from skontro.core.participants import Participants

FIRMS = Participants(
    ["A", "B", "C"], [""] * 3, ["N", "N", "S"], [""] * 3, np.array([True, False, True])
)
FIXING = Fixing("EUR", {"EUR": Fraction(1), "INR": Fraction(1, 90)})


def limits(*rows: tuple[str, str, str]) -> pa.Table:
    return _table(("participant", "limit", "currency"), rows)


def quotas(*rows: tuple[str, str, str, str]) -> pa.Table:
    return _table(("debtor_side", "creditor_side", "quota", "currency"), rows)


def _table(names: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(names)
    return pa.table({n: pa.array(c, pa.string()) for n, c in zip(names, columns, strict=True)})


def test_limits_are_read_in_minor_units_and_sorted() -> None:
    table = limits(("C", "1.5", "EUR"), ("A", "0", "INR"))
    assert pay_in_limits_from_table(table, FIRMS, FIRMS.id, fixing=FIXING) == [
        ("A", "INR", 0),
        ("C", "EUR", 150),
    ]
    assert pay_in_limits_from_table(limits(), FIRMS, FIRMS.id) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("D", "1", "EUR")], "row 1: 'D' is not a participant"),
        ([("A", "1", "EUR"), ("A", "1", "EUR")], "row 2: 'A' has a limit already"),
        ([("A", "1", "EUR"), ("A", "1", "INR")], "row 2: 'A' has a limit already"),
        ([("A", "-1", "EUR")], "row 1: '-1': the amount is negative"),
        ([("A", "", "EUR")], "row 1: '': there is no amount"),
        ([("A", "1.005", "EUR")], "row 1: '1.005': more decimals"),
        ([("A", "1", "XXX")], "row 1: 'XXX' is not a currency"),
        ([("A", "1", "USD")], "row 1: USD has no rate"),
        ([("A", str(LIMIT_MINOR), "EUR")], "row 1: .* minor units or more"),
    ],
)
def test_limits_that_are_not_right_refuse_the_file(
    rows: list[tuple[str, str, str]], message: str
) -> None:
    with pytest.raises(InvalidPayInLimits, match=message):
        pay_in_limits_from_table(limits(*rows), FIRMS, FIRMS.id, fixing=FIXING)


def test_a_firm_that_refuses_conversion_may_have_a_limit_in_each_currency() -> None:
    rows = limits(("B", "1", "EUR"), ("B", "2", "INR"))
    assert len(pay_in_limits_from_table(rows, FIRMS, FIRMS.id, fixing=FIXING)) == 2
    without = limits(("A", "1", "EUR"), ("A", "2", "INR"))
    assert len(pay_in_limits_from_table(without, FIRMS, FIRMS.id)) == 2


def test_quotas_are_read_with_the_hub_as_an_empty_side() -> None:
    table = quotas(("S", "N", "0.00", "EUR"), ("N", "", "7", "INR"), ("", "N", "8", "INR"))
    assert border_quotas_from_table(table, {"N", "S"}, fixing=FIXING) == [
        ("", "N", "INR", 800),
        ("N", "", "INR", 700),
        ("S", "N", "EUR", 0),
    ]
    assert border_quotas_from_table(quotas(), {"N"}) == []


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("N", "W", "1", "EUR")], "row 1: no participant is on side 'W'"),
        ([("N", "N", "1", "EUR")], "row 1: a side owes itself nothing"),
        ([("", "", "1", "EUR")], "row 1: both sides are empty"),
        ([("N", "S", "1", "EUR"), ("N", "S", "2", "INR")], "row 2: these sides have a quota"),
        ([("N", "S", "-1", "EUR")], "row 1: '-1': the amount is negative"),
        ([("N", "S", "1", "eur")], "row 1: 'eur' is not a currency"),
        ([("N", "S", "1", "USD")], "row 1: USD has no rate"),
    ],
)
def test_quotas_that_are_not_right_refuse_the_file(
    rows: list[tuple[str, str, str, str]], message: str
) -> None:
    with pytest.raises(InvalidBorderQuotas, match=message):
        border_quotas_from_table(quotas(*rows), {"N", "S"}, fixing=FIXING)


def test_without_a_fixing_a_pair_of_sides_has_a_quota_in_each_currency() -> None:
    table = quotas(("N", "S", "1", "EUR"), ("N", "S", "2", "INR"))
    assert len(border_quotas_from_table(table, {"N", "S"})) == 2


def test_rows_are_named_as_the_file_has_them() -> None:
    with pytest.raises(InvalidPayInLimits, match="row 9"):
        pay_in_limits_from_table(limits(("D", "1", "EUR")), FIRMS, FIRMS.id, rows=[9])
    with pytest.raises(InvalidBorderQuotas, match="row 9"):
        border_quotas_from_table(quotas(("N", "W", "1", "EUR")), {"N"}, rows=[9])


def test_sums_by_currency_are_exact_beyond_64_bits() -> None:
    amount = np.array([LIMIT_MINOR - 1] * 1000 + [7], np.int64)
    index = np.array([0] * 1000 + [1], np.int16)
    sums = gross_by_currency(amount, index, 3)
    assert sums == [1000 * (LIMIT_MINOR - 1), 7, 0]
    guard_sums([LIMIT_MINOR - 1, 7], ("EUR", "INR"))
    with pytest.raises(AmountOverflow, match="INR"):
        guard_sums([7, LIMIT_MINOR], ("EUR", "INR"))


def test_rejections_are_a_table_even_when_there_are_none() -> None:
    empty = rejection_table([])
    one = rejection_table([Rejection(1, "id", "", "EmptyId", "the id is empty")])
    assert empty.schema == one.schema
    assert empty.num_rows == 0
    assert one.to_pylist()[0]["code"] == "EmptyId"
