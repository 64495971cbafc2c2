# SPDX-License-Identifier: Apache-2.0
"""The compiled reader of amounts against the plain one, and both against exact fractions."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.money import LIMIT_MINOR, amount_fault, exponents, format_minor, parse_decimal
from skontro.messages.decimals import REASONS, read_amounts

ODD_TEXT = st.text(alphabet="0123456789.,-+eE '_naif\t\u00a0\u0661", max_size=24)
DIGITS = st.from_regex(r"\A[0-9]{1,25}(\.[0-9]{1,6})?\Z")
NEAR_THE_LIMIT = st.integers(LIMIT_MINOR - 50, LIMIT_MINOR + 50)


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


@given(DIGITS, st.integers(0, 4))
def test_what_is_accepted_is_exactly_the_number_that_was_written(text: str, width: int) -> None:
    if amount_fault(text, width) == "":
        assert Fraction(parse_decimal(text, width), 10**width) == Fraction(text)
    else:
        _, _, places = text.partition(".")
        assert len(places) > width or Fraction(text) * 10**width >= LIMIT_MINOR


@given(NEAR_THE_LIMIT, st.integers(0, 4), st.integers(0, 30))
def test_the_limit_is_met_to_the_unit(minor: int, width: int, noughts: int) -> None:
    text = "0" * noughts + format_minor(minor, width)
    amounts = read_amounts(pa.chunked_array([[text]]), np.array([width], np.int8), "amount")
    if minor < LIMIT_MINOR:
        assert (amounts.minor[0], amounts.fault[0]) == (minor, 0)
    else:
        assert REASONS[amounts.fault[0]] == "AmountTooLarge"


@given(st.sampled_from(sorted(exponents())), st.integers(1, LIMIT_MINOR - 1))
def test_every_currency_reads_what_it_writes(code: str, minor: int) -> None:
    width = exponents()[code]
    column = pa.chunked_array([[format_minor(minor, width)]])
    amounts = read_amounts(column, np.array([width], np.int8), "amount")
    assert amounts.minor.tolist() == [minor]
