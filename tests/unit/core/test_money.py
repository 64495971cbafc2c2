# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import MalformedNumber, UnknownCurrency
from skontro.core.money import (
    AMOUNT_REASONS,
    LIMIT_MINOR,
    exponent,
    exponents,
    format_minor,
    parse_decimal,
    shorten,
)


@pytest.mark.parametrize(
    ("code", "decimals"),
    [("EUR", 2), ("INR", 2), ("AED", 2), ("JPY", 0), ("KRW", 0), ("BHD", 3), ("KWD", 3),
     ("CLF", 4), ("ISK", 0), ("UGX", 0), ("HUF", 2)],
)  # fmt: skip
def test_exponents_are_those_of_iso_4217(code: str, decimals: int) -> None:
    assert exponent(code) == decimals


@pytest.mark.parametrize("code", ["XAU", "XXX", "XTS", "XDR", "eur", "EU", "", "EUR ", "DEM"])
def test_a_code_without_minor_unit_or_not_in_force_is_unknown(code: str) -> None:
    assert code not in exponents()
    with pytest.raises(UnknownCurrency) as caught:
        exponent(code)
    assert caught.value.code == "UnknownCurrency"
    assert caught.value.details == {"currency": code}
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("text", "decimals", "minor"),
    [
        ("0", 2, 0),
        ("0.01", 2, 1),
        ("007.50", 2, 750),
        ("1234.5", 2, 123450),
        ("12", 0, 12),
        ("0.001", 3, 1),
        ("46116860184273879.03", 2, LIMIT_MINOR - 1),
        ("0" * 50 + "1", 2, 100),
    ],
)
def test_decimal_text_is_read_exactly(text: str, decimals: int, minor: int) -> None:
    assert parse_decimal(text, decimals) == minor


REFUSED = [
    ("", 2, "EmptyAmount"),
    (" 1", 2, "SurroundingSpace"),
    ("1\t", 2, "SurroundingSpace"),
    ("\u00a01", 2, "SurroundingSpace"),
    (" ", 2, "SurroundingSpace"),
    ("-1", 2, "NegativeAmount"),
    ("-0.00", 2, "NegativeAmount"),
    ("nan", 2, "NotANumber"),
    ("NaN", 2, "NotANumber"),
    ("-inf", 2, "NotANumber"),
    ("Infinity", 2, "NotANumber"),
    ("1e3", 2, "ExponentNotation"),
    ("1.5E-2", 2, "ExponentNotation"),
    ("1,234.50", 2, "ThousandsSeparator"),
    ("1234,50", 2, "ThousandsSeparator"),
    ("1 234", 2, "ThousandsSeparator"),
    ("1'234", 2, "ThousandsSeparator"),
    ("1_000", 2, "ThousandsSeparator"),
    ("١٢", 2, "NotAsciiDigits"),
    ("1\u00a0000", 2, "NotAsciiDigits"),
    ("\u22121", 2, "NotAsciiDigits"),
    ("+1", 2, "MalformedAmount"),
    ("--1", 2, "MalformedAmount"),
    ("1.", 2, "MalformedAmount"),
    (".5", 2, "MalformedAmount"),
    (".", 2, "MalformedAmount"),
    ("1.2.3", 2, "MalformedAmount"),
    ("0x10", 2, "MalformedAmount"),
    ("EUR 5", 2, "MalformedAmount"),
    ("1\n2", 2, "MalformedAmount"),
    ("12.345", 2, "TooManyDecimals"),
    ("12.340", 2, "TooManyDecimals"),
    ("12.0", 0, "TooManyDecimals"),
    ("46116860184273879.04", 2, "AmountTooLarge"),
    (str(LIMIT_MINOR), 0, "AmountTooLarge"),
    ("9" * 1000, 2, "AmountTooLarge"),
]


@pytest.mark.parametrize(("text", "decimals", "code"), REFUSED)
def test_anything_else_is_refused_with_its_reason(text: str, decimals: int, code: str) -> None:
    with pytest.raises(MalformedNumber) as caught:
        parse_decimal(text, decimals)
    assert caught.value.code == code
    assert AMOUNT_REASONS[code] in caught.value.message
    assert len(caught.value.message) < 400


@given(st.integers(0, LIMIT_MINOR - 1), st.sampled_from([0, 2, 3, 4]))
def test_what_is_written_is_read_again(minor: int, decimals: int) -> None:
    text = format_minor(minor, decimals)
    assert parse_decimal(text, decimals) == minor
    assert Decimal(text) == Decimal(minor).scaleb(-decimals)


@pytest.mark.parametrize(
    ("minor", "decimals", "text"),
    [(0, 2, "0.00"), (-1, 2, "-0.01"), (-100, 0, "-100"), (5, 3, "0.005"), (2**70, 2, None)],
)
def test_minor_units_are_written_with_all_decimals(
    minor: int, decimals: int, text: str | None
) -> None:
    expected = text if text is not None else f"{2**70 // 100}.{2**70 % 100:02}"
    assert format_minor(minor, decimals) == expected


def test_long_values_are_shortened() -> None:
    assert shorten("x" * 200) == "x" * 200
    assert shorten("x" * 201) == "x" * 200 + "…"
