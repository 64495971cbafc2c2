# SPDX-License-Identifier: Apache-2.0
"""The compiled reader of amounts against the plain one, and both against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.money import LIMIT_MINOR, amount_fault, exponents, format_minor, parse_decimal
from skontro.messages.decimals import REASONS, read_amounts

ODD_TEXT = st.text(alphabet="0123456789.,-+eE '_naif\t\u00a0\u0661", max_size=24)
DIGITS = st.from_regex(r"\A[0-9]{1,25}(\.[0-9]{1,6})?\Z")


@given(
    st.lists(
        st.tuples(ODD_TEXT | DIGITS | st.text(max_size=5), st.integers(0, 4)),
        min_size=1,
        max_size=50,
    )
)
def test_compiled_and_plain_reader_agree_on_every_text(rows: list[tuple[str, int]]) -> None:
    texts, decimals = [row[0] for row in rows], np.array([row[1] for row in rows], np.int8)
    texts = [text.encode(errors="ignore").decode() for text in texts]
    half = len(texts) // 2
    column = pa.chunked_array([pa.array(texts[:half], pa.string()), pa.array(texts[half:])])
    amounts = read_amounts(column, decimals, "amount")
    for text, width, minor, fault in zip(
        texts, decimals.tolist(), amounts.minor.tolist(), amounts.fault.tolist(), strict=True
    ):
        expected = amount_fault(text, width)
        if not expected and parse_decimal(text, width) == 0:
            expected = "ZeroAmount"
        assert REASONS[fault] == expected
        assert minor == (0 if expected else parse_decimal(text, width))


@pytest.mark.parametrize("width", [0, 2, 4])
def test_compiled_and_plain_reader_agree_on_awkward_texts(width: int) -> None:
    parts = [
        "",
        ".",
        "0",
        "1",
        "12",
        "-",
        "+",
        "e",
        ",",
        " ",
        "\u00a0",
        "9" * 19,
        "\u0663",
        "0" * 5,
    ]
    texts = [a + b + c for a in parts for b in parts for c in parts]
    amounts = read_amounts(pa.chunked_array([texts]), np.full(len(texts), width, np.int8), "amount")
    for text, minor, fault in zip(texts, amounts.minor, amounts.fault, strict=True):
        expected = amount_fault(text, width)
        if not expected and parse_decimal(text, width) == 0:
            expected = "ZeroAmount"
        assert (text, REASONS[fault]) == (text, expected)
        assert expected or minor == parse_decimal(text, width)


@given(DIGITS, st.integers(0, 4))
def test_what_is_accepted_is_exactly_the_number_that_was_written(text: str, width: int) -> None:
    if amount_fault(text, width) == "":
        assert Fraction(parse_decimal(text, width), 10**width) == Fraction(text)
    else:
        _, _, places = text.partition(".")
        assert len(places) > width or Fraction(text) * 10**width >= LIMIT_MINOR


@pytest.mark.parametrize("width", [0, 1, 2, 3, 4])
def test_the_limit_is_met_to_the_unit(width: int) -> None:
    near = range(LIMIT_MINOR - 12, LIMIT_MINOR + 12)
    for noughts in ("", "0", "0" * 30):
        column = pa.chunked_array([[noughts + format_minor(minor, width) for minor in near]])
        amounts = read_amounts(column, np.full(len(near), width, np.int8), "amount")
        assert amounts.minor.tolist() == [minor if minor < LIMIT_MINOR else 0 for minor in near]
        assert [REASONS[fault] for fault in amounts.fault] == [
            "" if minor < LIMIT_MINOR else "AmountTooLarge" for minor in near
        ]
    whole = pa.chunked_array([[minor // 10**width for minor in near]])
    amounts = read_amounts(whole, np.full(len(near), width, np.int8), "amount")
    assert [REASONS[fault] == "AmountTooLarge" for fault in amounts.fault] == [
        minor // 10**width * 10**width >= LIMIT_MINOR for minor in near
    ]


@given(st.sampled_from(sorted(exponents())), st.integers(1, LIMIT_MINOR - 1))
def test_every_currency_reads_what_it_writes(code: str, minor: int) -> None:
    width = exponents()[code]
    column = pa.chunked_array([[format_minor(minor, width)]])
    amounts = read_amounts(column, np.array([width], np.int8), "amount")
    assert amounts.minor.tolist() == [minor]
