# SPDX-License-Identifier: Apache-2.0
"""What words in names mean: legal forms, trades, places, titles, numbers, given names."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

Phrases = dict[str, tuple[tuple[tuple[str, ...], str, str], ...]]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of the package's data file, ready to look up.

    Attributes:
        version: Version of the file.
        phrases: By first word: phrases as words, longest first, with role and what they stand for.
        forms: Family of each legal form.
        generic: What each word of trades stands for.
        places: What each word of places stands for.
        titles: Titles of people.
        ships: What stands before the names of ships.
        particles: What each particle stands for.
        numbers: Value of each word that is a number.
        given: Group of each given name that is written in several ways.
    """

    version: str
    phrases: Phrases
    forms: Mapping[str, str]
    generic: Mapping[str, str]
    places: Mapping[str, str]
    titles: frozenset[str]
    ships: frozenset[str]
    particles: Mapping[str, str]
    numbers: Mapping[str, int]
    given: Mapping[str, str]


def _groups(groups: Iterable[Iterable[str]]) -> dict[str, str]:
    found = dict[str, str]()
    for group in groups:
        words = list(group)
        for word in words:
            found.setdefault(word, words[0])
    return found


def _phrases(**meanings: Mapping[str, str]) -> Phrases:
    found = dict[str, list[tuple[tuple[str, ...], str, str]]]()
    for role, words in meanings.items():
        for phrase, meaning in words.items():
            pieces = tuple(phrase.split())
            if len(pieces) > 1:
                found.setdefault(pieces[0], []).append((pieces, role, meaning))
    return {
        first: tuple(sorted(phrases, key=lambda one: (-len(one[0]), one)))
        for first, phrases in found.items()
    }


@cache
def known_words() -> Words:
    """Return the words of the package's data file, read once.

    Example:
        >>> known_words().forms["gmbh"], known_words().numbers["forty"]
        ('limited', 40)
    """
    text = files("skontro.gate").joinpath("data", "words.toml").read_text("utf-8")
    data = tomllib.loads(text)
    forms = {word: family for family, words in data["forms"].items() for word in words}
    generic, places = _groups(data["generic"]["same"]), _groups(data["places"]["same"])
    titles = {word: word for word in data["titles"]["words"]}
    ships = {word: word for word in data["titles"]["ships"]}
    particles = {word: word for word in data["particles"]["words"]}
    particles |= _groups(data["particles"]["same"])
    numbers = {word: int(value) for value, words in data["numbers"].items() for word in words}
    return Words(
        version=data["version"],
        phrases=_phrases(form=forms, place=places, generic=generic, title=titles, ship=ships),
        forms=forms,
        generic=generic,
        places=places,
        titles=frozenset(titles),
        ships=frozenset(ships),
        particles=particles,
        numbers=numbers,
        given=_groups([*data["given"]["same"], *([name] for name in data["given"]["own"])]),
    )
