# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from decimal import Decimal

import numpy as np
import pyarrow as pa
import pytest

from skontro.core.errors import InexactColumn
from skontro.core.money import LIMIT_MINOR
from skontro.messages.decimals import REASONS, read_amounts


def read(column: pa.Array, decimals: int | list[int] = 2) -> list[int | str]:
    """Return each amount, or the reason for which it is refused."""
    width = np.array(decimals if isinstance(decimals, list) else [decimals] * len(column), np.int8)
    amounts = read_amounts(pa.chunked_array([column]), width, "amount")
    return [
        REASONS[fault] if fault else minor
        for minor, fault in zip(amounts.minor.tolist(), amounts.fault.tolist(), strict=True)
    ]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_text(kind: pa.DataType) -> None:
    texts = ["1", "1.5", "0", "", None, "1e3", "-1", "0.005", str(LIMIT_MINOR)]
    expected = [100, 150, "ZeroAmount", "EmptyAmount", "EmptyAmount", "ExponentNotation",
                "NegativeAmount", "TooManyDecimals", "AmountTooLarge"]  # fmt: skip
    assert read(pa.array(texts, kind)) == expected
    assert read(pa.array(texts, kind).dictionary_encode()) == expected
    assert read(pa.array(["9", *texts, "9"], kind)[1:-1]) == expected


def test_each_row_has_the_decimals_of_its_currency() -> None:
    assert read(pa.array(["1.5"] * 4), [0, 1, 2, 3]) == ["TooManyDecimals", 15, 150, 1500]


@pytest.mark.parametrize(
    "kind", [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint32(), pa.uint64()]
)
def test_whole_numbers_are_of_major_units(kind: pa.DataType) -> None:
    assert read(pa.array([1, 0, None, 100], kind)) == [100, "ZeroAmount", "EmptyAmount", 10_000]
    assert read(pa.array([7], kind), 0) == [7]


def test_whole_numbers_at_the_limit() -> None:
    most = (LIMIT_MINOR - 1) // 100
    assert read(pa.array([most, most + 1, 2**63 - 1, -1, -(2**63)])) == [
        most * 100, "AmountTooLarge", "AmountTooLarge", "NegativeAmount", "NegativeAmount",
    ]  # fmt: skip
    assert read(pa.array([2**64 - 1, LIMIT_MINOR, LIMIT_MINOR - 1], pa.uint64()), 0) == [
        "AmountTooLarge", "AmountTooLarge", LIMIT_MINOR - 1,
    ]  # fmt: skip


DECIMALS = ["1.5000", "0.0000", "-0.0001", "12.3450", "12.3400", None, "46116860184273879.0300",
            "46116860184273879.0400"]  # fmt: skip
DECIMAL_RESULT = [150, "ZeroAmount", "NegativeAmount", "TooManyDecimals", 1234, "EmptyAmount",
                  LIMIT_MINOR - 1, "AmountTooLarge"]  # fmt: skip


@pytest.mark.parametrize("kind", [pa.decimal128(38, 4), pa.decimal256(50, 4)])
def test_exact_decimals(kind: pa.DataType) -> None:
    values = [None if text is None else Decimal(text) for text in DECIMALS]
    assert read(pa.array(values, kind)) == DECIMAL_RESULT
    assert read(pa.array([Decimal("1"), *values], kind)[1:]) == DECIMAL_RESULT


def test_exact_decimals_beyond_64_bits_and_of_other_scales() -> None:
    huge = Decimal("99999999999999999999999999999999.0000")
    assert read(pa.array([huge, Decimal("1.25")], pa.decimal128(38, 4))) == ["AmountTooLarge", 125]
    assert read(pa.array([Decimal("15")], pa.decimal128(10, 0))) == [1500]
    assert read(pa.array([Decimal("1500")], pa.decimal128(10, -2))) == [150_000]
    assert read(pa.array([Decimal("1.50")], pa.decimal64(10, 2)), 3) == [1500]
    assert read(pa.array([Decimal("1.50")] * 2, pa.decimal128(10, 2)), [1, 0]) == [
        15, "TooManyDecimals",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "column",
    [pa.array([1.0]), pa.array([1.0], pa.float32()), pa.array([True]), pa.array([[1]])],
)
def test_types_that_hold_no_exact_amounts_refuse_the_column(column: pa.Array) -> None:
    with pytest.raises(InexactColumn, match="'amount'") as caught:
        read(column)
    assert "text" in caught.value.next_step


def test_nothing_is_no_amount() -> None:
    assert read(pa.nulls(2)) == ["EmptyAmount", "EmptyAmount"]
    assert read(pa.array([], pa.string())) == []
