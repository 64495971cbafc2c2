# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.participants import id_fault
from skontro.messages import scanning
from skontro.messages.texts import TextNumbers, broken_rows, buffers, encode, take_rows, to_text

ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NEAR_TEXT = st.text(alphabet="ab\0", max_size=9)


@given(st.lists(st.lists(ANY_TEXT | NEAR_TEXT), max_size=4), st.booleans())
def test_texts_are_numbered_by_first_appearance(chunks: list[list[str]], coded: bool) -> None:
    arrays = [pa.array(chunk, pa.string()) for chunk in chunks]
    if coded:
        arrays = [array.dictionary_encode() for array in arrays]
    kind = pa.dictionary(pa.int32(), pa.string()) if coded else pa.string()
    index, texts = encode(pa.chunked_array(arrays, kind))
    everything = [text for chunk in chunks for text in chunk]
    assert texts.to_pylist() == list(dict.fromkeys(everything))
    assert [texts[int(place)].as_py() for place in index] == everything


def test_many_texts_of_all_lengths_are_told_apart() -> None:
    """The table grows many times; texts up to 7 bytes are their own key, longer ones compared."""
    texts = [f"{'x' * (n % 12)}{n}" for n in range(30_000)]
    index, found = encode(pa.chunked_array([texts, texts[::-1], ["y" * 100_000]]))
    assert found.to_pylist() == [*texts, "y" * 100_000]
    order = list(range(30_000))
    assert index.tolist() == [*order, *order[::-1], 30_000]


def test_texts_that_share_a_slot_or_even_a_key_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Run uncompiled, with a hash that is the same for all texts."""
    monkeypatch.setattr(scanning, "_key_of", lambda *_: np.uint64(1 << 63))
    monkeypatch.setattr(scanning, "_slot_of", lambda *_: 3)
    monkeypatch.setattr(scanning, "_is_same", scanning._is_same.py_func)
    monkeypatch.setattr(scanning, "number_texts", scanning.number_texts.py_func)
    monkeypatch.setattr(scanning, "move_slots", scanning.move_slots.py_func)
    texts = [f"long-text-{n % 40}" for n in range(60)]
    for order in (texts, texts[::-1]):
        index, found = encode(pa.chunked_array([order]))
        assert found.to_pylist() == list(dict.fromkeys(order))
        assert [found[int(place)].as_py() for place in index] == order


def test_numbers_go_on_from_one_array_to_the_next() -> None:
    table = TextNumbers()
    assert table.add(pa.array(["b", "a", None])).tolist() == [0, 1, 2]
    odd = pa.DictionaryArray.from_arrays([0, 1, None, 2, 0], ["a", "c", "c"])
    assert table.add(odd).tolist() == [1, 3, 2, 3, 1]
    assert table.texts().to_pylist() == ["b", "a", "", "c"]


@given(st.lists(ANY_TEXT | NEAR_TEXT), st.lists(ANY_TEXT | NEAR_TEXT))
def test_equal_texts_have_equal_hashes_and_others_do_not(one: list[str], two: list[str]) -> None:
    texts = [*one, *two, *one]
    hashes = np.empty(len(texts), np.uint64)
    scanning.hash_texts(*buffers(pa.array(texts, pa.large_string())), hashes)
    assert len(set(hashes.tolist())) == len(set(texts))
    assert hashes[: len(one)].tolist() == hashes[len(one) + len(two) :].tolist()


@given(st.lists(ANY_TEXT | st.text(alphabet="a \t\u00a0\u2003\u3000\u1680\u0085é界", max_size=5)))
def test_no_text_that_is_no_id_passes_for_ordinary(texts: list[str]) -> None:
    odd = np.zeros(len(texts), np.uint8)
    scanning.find_odd_texts(*buffers(pa.array(texts, pa.string())), odd)
    for text, mark in zip(texts, odd, strict=True):
        assert mark or id_fault(text) == ""


@pytest.mark.parametrize("letter", ["a", "é", "界"])
def test_ids_are_measured_in_bytes(letter: str) -> None:
    texts = ["x" * n + letter for n in range(250, 258)]
    odd = np.zeros(len(texts), np.uint8)
    scanning.find_odd_texts(*buffers(pa.array(texts)), odd)
    assert odd.tolist() == [len(text.encode()) > 256 for text in texts]


def test_ordinary_ids_are_not_looked_at_twice() -> None:
    texts = ["A1", "o123456", "Müller & Söhne", "日本商事", "a b"]
    odd = np.ones(len(texts), np.uint8)
    scanning.find_odd_texts(*buffers(pa.array(texts)), odd)
    assert odd.tolist() == [0] * 5


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.string_view()])
def test_broken_rows_are_found_in_slices_and_past_nulls(kind: pa.DataType) -> None:
    column = pa.chunked_array([pa.array(["\0", "a", None, "b\0", "c", "d\0"], kind)[1:5], ["x\0"]])
    assert broken_rows(column) == [
        (2, "ControlCharacter", "b\0"),
        (4, "ControlCharacter", "x\0"),
    ]


def test_rows_are_taken_across_chunks() -> None:
    column = pa.chunked_array([["a", "b"], [], ["c", None, "e"]])
    assert take_rows(column, np.array([0, 2, 3])).to_pylist() == ["a", "c", None]
    assert take_rows(column, np.zeros(0, np.int64)).to_pylist() == []


def test_text_of_other_types() -> None:
    assert to_text(pa.chunked_array([pa.array([1, None], pa.uint64())])).to_pylist() == ["1", ""]
    assert to_text(pa.chunked_array([pa.nulls(2)])).to_pylist() == ["", ""]
    mixed = pa.chunked_array([pa.array(["a", None]).dictionary_encode()])
    assert to_text(mixed).to_pylist() == ["a", ""]
