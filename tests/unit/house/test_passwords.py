# SPDX-License-Identifier: Apache-2.0
"""Which passwords are tried first, and that none of chance is taken for one."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.house.passwords import LEAST, MOST, left_of, why_weak

TRIED_FIRST = [
    "passwordpassword", "password1234", "Password2026!", "P@ssw0rd1234", "mypassword123",
    "123456789012", "1234567890123", "0987654321098", "qwertyuiop123", "qwertyuiop[]",
    "1q2w3e4r5t6y", "1qaz2wsx3edc", "zaq12wsxcde3", "!QAZ@WSX#EDC", "asdfghjkl123",
    "aaaaaaaaaaaa", "abcabcabcabc", "abcdefghijkl", "iloveyou1234", "welcome12345",
    "Welcome2026!!", "letmein12345", "administrator", "changeme1234", "basketball12",
    "unbelievable", "christopher1", "liverpool123", "manchesterunited", "sunshine2025",
    "trustno1trustno1", "monkeymonkey1", "footballfootball", "111111111111", "121212121212",
    "qazwsxedcrfv", "Summer2026!!", "winter202526", "11112222333344", "poiuytrewqlkj",
    "clearing2026", "treasury1234", "aaaabbbbcccc", "password!@#$", "qwerty123456",
]  # fmt: skip


@pytest.mark.parametrize("password", TRIED_FIRST)
def test_what_is_tried_first_is_refused(password: str) -> None:
    assert why_weak(password) == "it is one of those that are tried first"


@pytest.mark.parametrize(
    "password",
    [
        "a few words will do", "correct horse battery staple", "for tests and for nothing else",
        "kettle-brick-oven-lane", "tulpen in der alten kanne", "xK8vQ2mPzR4w", "         x7fq3mvd",
        "мой дядя самых честных", "今日は天気がとても良いです。散歩", "the grey heron eats at noon",
    ],
)
def test_what_somebody_thinks_of_is_taken(password: str) -> None:
    assert why_weak(password) == ""


@pytest.mark.parametrize(
    ("password", "words"),
    [
        ("alderbakul2026", ["alder-bakul"]), ("Alder-Bakul-26", ["alder-bakul"]),
        ("johnsmith1234", ["John Smith"]), ("smithjohn2026", ["John Smith"]),
        ("P4rticip4nt_a1", ["A1"]), ("b4kul-b4kul-99", ["alder-bakul"]),
    ],
)  # fmt: skip
def test_words_of_the_house_and_the_person_count_for_little(
    password: str, words: list[str]
) -> None:
    assert why_weak(password, words) != ""


def test_lengths() -> None:
    """At least twelve characters, at most 256, whatever they are."""
    text = "grey heron eats at noon by the lake "
    assert why_weak(text[: LEAST - 1]) != ""
    assert why_weak(text[:LEAST]) == ""
    assert why_weak("".join(chr(0x4E00 + 37 * number) for number in range(MOST))) == ""
    assert why_weak("".join(chr(0x4E00 + 37 * number) for number in range(MOST + 1))) != ""


@given(st.lists(st.sampled_from(string.ascii_lowercase + string.digits), min_size=16, max_size=40),
       st.randoms(use_true_random=False))  # fmt: skip
def test_no_kind_of_character_is_asked_for(letters: list[str], chance: object) -> None:
    """A password of chance has at least twelve characters left of sixteen of letters and digits
    that are not neighbours; upper case changes nothing."""
    text = "".join(letters)
    assert left_of(text) <= len(text)
    assert left_of(text) == left_of(text.upper())
