# SPDX-License-Identifier: Apache-2.0
"""Cleaning, and what cannot be compared."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skontro.gate.entries import ListedName, ListEntry, Subject
from skontro.gate.matching import Matcher, compare
from skontro.gate.names import clean, faults_of
from skontro.gate.weights import SCALE

TEXT = st.text(
    st.sampled_from(
        "abcdeorstuv ABCKMX.-'’1234570 éßñİ авеорсухкмнЖщ αβοχμπ محمدال 王小明 金ᄀ가\u0301\u200b"
    ),
    max_size=60,
)  # fmt: skip


def texts(name: str) -> list[str]:
    return [word.text for word in clean(name)]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Οld-Oak (Tradіng) L.L.C.", ["old", "oak", "trading", "llc"]),
        ("O l d  Oak", ["old", "oak"]),
        ("Ｏｌｄ Ｏａｋ", ["old", "oak"]),
        ("ﬁne Oaﬀ", ["fine", "oaff"]),
        ("Rad0mir Velkan0v", ["radomir", "velkanov"]),
        ("Falcon7", ["falcon", "7"]),
        ("Хаrроv", ["xarpov"]),
        ("习近平", ["xi", "jin", "ping"]),
        ("الأسد", ["al", "sd"]),
        ("Int'l O’Rourke", ["intl", "orourke"]),
        ("Łódź Ørsted ß", ["lodz", "orsted", "ss"]),
        ("Пётр Щукин", ["petr", "shchukin"]),
        ("Νικόλαος Μπάμπης", ["nikolaos", "bambis"]),
    ],
)
def test_cleaning(name: str, expected: list[str]) -> None:
    assert texts(name) == expected


@given(TEXT)
def test_cleaning_twice_changes_nothing_more(name: str) -> None:
    once = texts(name)
    if all(len(word) > 1 for word in once):
        assert texts(" ".join(once)) == once
    assert all(word.isascii() and word.isalnum() and word == word.lower() for word in once)


@given(TEXT, TEXT)
@settings(max_examples=60)
def test_any_two_names_have_a_score_that_is_a_sum(first: str, second: str) -> None:
    ours = Subject("organisation", (first,))
    match = compare(ours, ListEntry("E", "organisation", (ListedName(second),)))
    back = compare(
        Subject("organisation", (second,)), ListEntry("E", "organisation", (ListedName(first),))
    )
    assert 0 <= match.score == sum(point.points for point in match.points) <= SCALE
    assert match.score == back.score


@given(st.permutations(["Radomir", "Petrovich", "Velkanov"]))
def test_the_order_of_words_does_not_matter(words: list[str]) -> None:
    entry = ListEntry("E", "person", (ListedName("Radomir Petrovich Velkanov"),))
    assert compare(Subject("person", (" ".join(words),)), entry).score == SCALE


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("A" * 10_000, "longer than"),
        ("ab " * 3000, "longer than"),
        ("ab cd " * 40, "words is longer than"),
        ("Old\u200fOak", "U+200F"),
        ("Old\u200bOak", "U+200B"),
        ("Old\x00Oak", "U+0000"),
        ("Old\x1b[2JOak", "U+001B"),
        ("Old\u202eOak", "U+202E"),
        ("Old\ue000", "U+E000"),
        ("\ufffdld", "U+FFFD"),
        ("", "nothing to compare"),
        (" \u00a0 ", "nothing to compare"),
        ("…—!", "nothing to compare"),
        ("\u0301\u0301", "nothing to compare"),
        ("O\u0301\u0302\u0303\u0304\u0305ld", "more than three marks"),
    ],
)
def test_what_cannot_be_compared_is_a_fault(name: str, fault: str) -> None:
    """It is never clear, and what of it can be compared still is."""
    assert any(fault in said for said in faults_of(name)), faults_of(name)
    matcher = Matcher({1: [ListEntry("E", "organisation", (ListedName("Old Oak"),))]})
    one = Subject("organisation", (name,))
    assert matcher.screen(one).faults
    assert matcher.screen_many([one])[0].faults
    if name.replace("Oak", "").startswith("Old") and len(clean(name)) <= 2 and "[" not in name:
        alike = "".join(mark for mark in name if mark.isalpha() and mark.isascii())
        assert bool(matcher.screen(one).matches) is (alike == "OldOak")


@pytest.mark.parametrize(
    "name", ["Old Oak", "Søren O'Rourke-Ñandú", "王小明", "محمد علي", "Ἀριστοτέλης", "ООО «Волна»"]
)
def test_names_of_the_world_are_no_faults(name: str) -> None:
    assert faults_of(name) == ()


@pytest.mark.parametrize(
    "name", ["a" * 10_000, "a " * 5_000, "ab " * 130, "\u0301" * 9_000, "王" * 400, "x." * 200]
)
def test_no_name_takes_long(name: str) -> None:
    """The worst of them within a quarter of a second, beside a name just as long."""
    entry = ListEntry("E", "organisation", (ListedName(name[:390]), ListedName("Old Oak")))
    start = time.process_time()
    faults_of(name)
    matcher = Matcher({1: [entry]})
    matcher.screen(Subject("organisation", (name,)))
    compare(Subject("organisation", (name,)), entry)
    assert time.process_time() - start < 1.5
