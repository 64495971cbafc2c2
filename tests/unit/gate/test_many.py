# SPDX-License-Identifier: Apache-2.0
"""The quick look at many: words told with little work are what they are when looked at in full."""

from __future__ import annotations

from random import Random

import pytest

from skontro.gate.entries import Identifier, ListedName, ListEntry, Subject
from skontro.gate.many import Seen, Touches
from skontro.gate.matching import Matcher
from skontro.gate.words import known_words
from skontro.lab.invented_list import firm_name, invented_list, lookalike_firms

LETTERS = "abcdefghijklmnopqrstuvwxyz"


@pytest.fixture(scope="module")
def listed() -> tuple[ListEntry, ...]:
    return invented_list(150, seed=77)


@pytest.fixture(scope="module")
def touches(listed: tuple[ListEntry, ...]) -> Touches:
    matcher = Matcher({1: listed})
    return Touches(matcher._index, matcher._losses)


def written_otherwise(word: str, random: Random) -> list[str]:
    """A word with a letter less, more, other, doubled, two changed places; as it may sound."""
    at = random.randrange(len(word))
    swapped = word[:at] + word[at : at + 2][::-1] + word[at + 2 :]
    letter = random.choice(LETTERS)
    found = [word, word[::-1], word[:at] + word[at + 1 :], word[:at] + letter + word[at:], swapped,
             word[:at] + letter + word[at + 1 :], word[: at + 1] + word[at:],
             "".join(random.sample(word, len(word)))]  # fmt: skip
    for old, new in (("k", "c"), ("v", "ff"), ("i", "y"), ("s", "z"), ("f", "ph"), ("e", "ou"),
                     ("u", "w"), ("o", "a"), ("a", "e"), ("x", "ks")):  # fmt: skip
        found.append(word.replace(old, new))
    vowels = "".join(random.choice("aeiou") if mark in "aeiou" else mark for mark in word)
    return [*found, vowels, vowels[:-1] + vowels[-1:] * 2]


def facts(seen: Seen) -> tuple[object, ...]:
    numbers, counted = seen.postings
    both = sorted(zip(numbers.tolist(), counted.tolist(), strict=True))
    return (both, *(getattr(seen, name) for name in Seen.__slots__ if name != "postings"))


def test_a_word_told_quickly_is_told_right(
    touches: Touches, listed: tuple[ListEntry, ...]
) -> None:
    """Goal: the sieve is never sure of what is not so. Method: each word of the list and of the
    words that mean something, written in twenty ways, beside the full look at the same word.
    """
    random, known = Random(5), known_words()
    words = {word.lower() for e in listed for n in e.names for word in n.text.split()}
    words |= {*known.forms, *known.generic, *known.places, *known.given, *known.titles}
    tokens = sorted({
        token
        for word in sorted(words)
        if word.isascii() and word.isalpha()
        for token in written_otherwise(word, random)
        if token.isalpha()
    })  # fmt: skip
    told = [(token, touches._sieve.plain(token)) for token in tokens]
    for token, seen in told:
        if seen is not None:
            assert facts(seen) == facts(touches._told(token)), token
    sure = sum(seen is not None for _, seen in told)
    touched = sum(seen is not None and seen.touched for _, seen in told)
    assert sure > len(tokens) // 2
    assert 500 < touched < sure // 2


def test_a_phrase_counts_where_it_stands(touches: Touches) -> None:
    """Words that begin a phrase are in doubt only before the word that goes on with it."""
    told = Touches(touches._index, touches._losses)
    first = next(
        word for word in ("ltd", "gmbh", "limited") if told._told(word).phrase
    )
    second = sorted(told._told(first).phrase)[0]
    word = next(token for token, seen in _touched(touches) if seen.sure)
    name = f"Verdigris Umberwright Quillon {word} {first}"
    assert not told.touches(name, "organisation", 720)
    assert told.touches(f"{name} {second}", "organisation", 720)


def _touched(touches: Touches) -> list[tuple[str, Seen]]:
    words = sorted({part.text for part in touches._index._parts})
    told = [(word, touches._sieve.plain(word)) for word in words]
    return [(word, seen) for word, seen in told if seen is not None and seen.touched]


def test_a_quiet_firm_is_on_no_list() -> None:
    """Goal: what is told of with very little work is never what a whole comparison finds. Method:
    names put together from the words of a list, whole or with a letter wrong, and invented ones."""
    entries = invented_list(200)
    matcher = Matcher({1: entries})
    random, words = Random(5), [w for e in entries for n in e.names for w in n.text.split()]
    names = [firm.names[0] for firm in lookalike_firms(entries, 150)]
    names += [firm_name(random) for _ in range(600)]
    for _ in range(900):
        name = " ".join(random.sample(words, random.randint(1, 4)))
        at = random.randrange(len(name))
        names.append(name[:at] + random.choice("aeixz/ .") + name[at + random.randint(0, 1) :])
    names += [entry.names[0].text for entry in entries]
    quiet = [name for name in names if matcher.is_quiet(name, ["TX 1"])]
    assert len(quiet) > 250
    for name in quiet:
        found = matcher.screen(Subject("organisation", (name,), countries=("NL",), dates=("1999",)))
        assert (found.faults, found.matches) == ((), ()), name
    listed = Identifier("tax_number", "AB-12")
    numbered = Matcher({1: [ListEntry("7", "organisation", (ListedName("Zzz"),), (listed,))]})
    assert numbered.is_quiet("Blue Harbour Inc", ["12"])
    assert not numbered.is_quiet("Blue Harbour Inc", ["ab 12"])
