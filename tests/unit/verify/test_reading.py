# SPDX-License-Identifier: Apache-2.0
"""The checker's own reading: text columns, amounts, dates, ids, CSV; against plain Python."""

from __future__ import annotations

import random
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.money import amount_fault
from skontro.core.participants import id_fault
from skontro.messages.csv_files import read_csv as engine_reads
from skontro.verify.amounts import (
    exponents,
    odd_ids,
    read_amounts,
    read_days,
    why_no_amount,
    why_no_id,
)
from skontro.verify.lines import read_csv
from skontro.verify.sheets import cell_text
from skontro.verify.text import (
    TextIndex,
    first_not_written,
    first_of_each,
    make_text,
    parse_integers,
    take_text,
)

AMOUNTS = [
    "1", "0", "0.00", "12.5", "12.345", "007", "1e3", "-5", "-0", "+5", "", " 5", "5 ", "1,000.00",
    "1 000", "1'000", "1_000", ".5", "5.", "abc", "NaN", "-inf", "12.3.4", "٣", "１２", "--5",
    "4611686018427387903", "4611686018427387904", "46116860184273879.03", "46116860184273879.04",
    "0" * 300 + "1", "9" * 400, "0x10", "1e", "n/a", "\t1", "1\n",
]  # fmt: skip


@pytest.mark.parametrize("decimals", [0, 2, 3])
@pytest.mark.parametrize("text", AMOUNTS)
def test_amounts_are_read_and_refused_as_the_format_says(text: str, decimals: int) -> None:
    """The same code as the clearing gives, by other code; and the same number."""
    fault = amount_fault(text, decimals)
    if not fault and float(text) == 0:
        fault = "ZeroAmount"
    assert why_no_amount(text, decimals) == fault
    (minor,) = read_amounts(make_text([text]), np.array([decimals], np.int8)).tolist()
    if fault:
        assert minor == -1
    elif minor != -1:
        whole, _, part = text.partition(".")
        assert minor == int(whole + part.ljust(decimals, "0"))


@given(st.text(alphabet="0123456789.,-+eE _'NaN\u0660", max_size=12), st.integers(0, 3))
def test_two_readers_of_amounts_agree(text: str, decimals: int) -> None:
    ours = why_no_amount(text, decimals)
    assert (ours if ours != "ZeroAmount" else "") == amount_fault(text, decimals)


@given(st.text(max_size=6) | st.sampled_from(["x" * 257, "é" * 129, " a", "a\u2003", "a\x85b"]))
def test_two_readers_of_ids_agree(text: str) -> None:
    assert why_no_id(text) == id_fault(text)
    if why_no_id(text):
        assert odd_ids(make_text([text])).tolist() == [0]


def test_dates_are_days() -> None:
    texts = ["", "1970-01-01", "1969-12-31", "2000-02-29", "1900-02-29", "2026-13-01", "0001-01-01",
             "9999-12-31", "2026-1-1", "2026-02-30", "2024-12-31", "2100-03-01"]  # fmt: skip
    days = read_days(make_text(texts)).tolist()
    for text, day in zip(texts, days, strict=True):
        try:
            assert day == (date.fromisoformat(text) - date(1970, 1, 1)).days
        except ValueError:
            assert day == (2**31 - 1 if text == "" else -(2**31))


def test_every_day_of_a_century_is_read(soak: bool) -> None:
    days = range(0, 80_000, 1 if soak else 37)
    texts = [date.fromordinal(date(1970, 1, 1).toordinal() + day).isoformat() for day in days]
    assert read_days(make_text(texts)).tolist() == list(days)


def test_a_currency_has_its_own_decimals() -> None:
    found = exponents()
    assert [found[code] for code in ("EUR", "JPY", "KWD")] == [2, 0, 3]
    assert "XAU" not in found


@pytest.mark.parametrize("count", [0, 1, 300, 9000])
def test_firsts_and_places_of_texts(count: int) -> None:
    """Repeats are found by content; short and long texts, none taken for another."""
    rng = random.Random(count)
    texts = [rng.choice(["", "a", "ü", "x" * 20]) + str(rng.randrange(count // 2 + 1))
             for _ in range(count)]
    first: dict[str, int] = {}
    wanted = [first.setdefault(text, k) for k, text in enumerate(texts)]
    assert first_of_each(make_text(texts)).tolist() == wanted
    known = list(first)
    place = {text: k for k, text in enumerate(known)}
    for base in (known, [text for text in known if len(text.encode()) <= 16]):
        index = TextIndex(make_text(base))
        asked = [*texts, "none", "x" * 17, "x" * 300, ""]
        there = set(base)
        number = {text: k for k, text in enumerate(base)}
        found = index.find(make_text(asked)).tolist()
        assert found == [number[text] if text in there else -1 for text in asked]
    assert len(place) == len(known)


def test_a_text_that_only_begins_like_a_known_one_is_unknown() -> None:
    index = TextIndex(make_text(["0123456789abcdef", "short"]))
    asked = ["0123456789abcdef", "0123456789abcdefg", "0123456789abcde", "shor", "short0"]
    assert index.find(make_text(asked)).tolist() == [0, -1, -1, -1, -1]


@given(st.lists(st.integers(-(2**62), 2**62), max_size=5), st.integers(0, 4))
def test_the_readable_form_is_one(values: list[int], places: int) -> None:
    def written(value: int) -> str:
        digits = str(abs(value)).rjust(places + 1, "0")
        text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
        return f"-{text}" if value < 0 else text

    minor = np.array(values, np.int64)
    decimals = np.full(len(values), places, np.int8)
    texts = [written(value) for value in values]
    assert first_not_written(make_text(texts), minor, decimals) == -1
    for k, text in enumerate(texts):
        for wrong in (f"0{text}", f"{text}0", text[:-1], f" {text}", f"+{text}"):
            changed = [*texts[:k], wrong, *texts[k + 1 :]]
            assert first_not_written(make_text(changed), minor, decimals) == k


def test_integers_have_one_form() -> None:
    good = ["0", "-1", "9223372036854775807", "-9223372036854775807"]
    values, wrong = parse_integers(make_text(good))
    assert wrong == -1
    assert values.tolist() == [int(text) for text in good]
    for bad in ("", "-", "-0", "01", "1.0", " 1", "9223372036854775808", "1" * 30, "+1"):
        assert parse_integers(make_text(["5", bad]))[1] == 1


def test_texts_are_taken_in_an_order() -> None:
    length, data = take_text(make_text(["ab", "", "ü"]), np.array([2, 0, 1], np.int32))
    assert length.tolist() == [2, 2, 0]
    assert bytes(data) == "üab".encode()


PIECES = ["a", "b1", ",", ",", ";", '"', '""', '"a"', "\n", "\r\n", "\r", "\u00fc", " ", "\x00"]


def test_two_readers_of_csv_agree(tmp_path: Path, soak: bool) -> None:
    """Whatever the bytes: the same rows, the same numbers, the same faults."""
    for seed in range(3000 if soak else 250):
        rng = random.Random(seed)
        body = "".join(rng.choice(PIECES) for _ in range(rng.randrange(40))).encode()
        if rng.random() < 0.1:
            body += b"\xff,1\n"
        path = tmp_path / "x.csv"
        path.write_bytes(b"id,n\n" + body)
        ours, number, refused = read_csv(path)
        theirs = engine_reads("obligations", path)
        assert ours.to_pylist() == theirs.table.to_pylist(), body
        assert number.tolist() == theirs.row.tolist(), body
        found = [tuple(list(row.values())[:4]) for row in theirs.refused.to_pylist()]
        assert sorted(refused) == sorted(found), body


def test_cells_of_a_sheet_are_exact_text() -> None:
    cells = [0.1, 1e-7, 123456789012345.0, -2.0, 7, False, None, date(2026, 1, 2), "x"]
    texts = ["0.1", "0.0000001", "123456789012345", "-2", "7", "false", "", "2026-01-02", "x"]
    assert [cell_text(cell) for cell in cells] == texts


def test_arrays_that_are_slices_are_read_from_where_they_begin() -> None:
    array = pa.array(["zz", "a", "b", "a"], pa.large_string()).slice(1)
    from skontro.verify.text import as_text

    assert first_of_each(as_text(array)).tolist() == [0, 1, 0]
