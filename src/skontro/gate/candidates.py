# SPDX-License-Identifier: Apache-2.0
"""Which names of the lists a name can be at all, found without looking at every one.

Words are looked up by how they are written with any one letter left out, by how they sound, by
their consonants, by their letters in order, and by what they mean; runs of words by their
consonants. Each name that shares something telling is kept if the most it could score, judged by
the weight of what it shares, reaches the threshold. Cost grows with what is shared, not with the
length of the lists.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zlib import crc32

import numpy as np
import numpy.typing as npt

from .names import (
    FORM,
    GENERIC,
    INITIAL,
    NAME,
    NUMBER,
    PARTICLE,
    PLACE,
    TITLE,
    Name,
    Part,
    bare_bones,
    bones_of,
    part_with,
    sound_of,
)  # fmt: skip
from .pairs import Likeness
from .weights import SCALE
from .words import known_words

Numbers = npt.NDArray[np.int64]
LONGEST_RUN = 4

CRUDE = str.maketrans(
    {**dict.fromkeys("aeiouyhwj"), "c": "k", "q": "k", "x": "k", "z": "s", "v": "f"}
)  # fmt: skip
"""Consonants, roughly: of words run together it is the same as of each, run together."""


def crude_of(text: str) -> str:
    """Return the rough consonants of a word.

    Example:
        >>> crude_of("goodwill") == crude_of("good") + crude_of("will")
        True
    """
    return text.translate(CRUDE)


def keys_of(text: str) -> list[str]:
    """Return what a word is found by: two words that are alike share one.

    Example:
        >>> bool(set(keys_of("lavrov")) & set(keys_of("lawrow")))
        True
    """
    sound, bones = sound_of(text), bones_of(text)
    keys = ["=" + text, "s" + sound]
    if len(text) >= 3:
        keys += {"=" + text[:i] + text[i + 1 :] for i in range(len(text))}
    if len(bones) >= 2:
        keys.append("b" + bones)
    bare = bare_bones(text)
    if bare != bones and len(bare) >= 2:
        keys.append("b" + bare)
    if len(bones) >= 5:
        keys += {"b" + bones[:i] + bones[i + 1 :] for i in range(len(bones))}
    if len(text) >= 4:
        keys.append("l" + "".join(sorted(text)))
    given = known_words().given.get(text)
    if given is not None:
        keys.append("g" + given)
    return keys


@lru_cache(maxsize=1 << 16)
def near_generic(text: str) -> bool:
    """Tell whether a word can be meant for one that many firms have, with a letter wrong."""
    if len(text) < 3:
        return False
    if text in known_words().generic or text in known_words().places:
        return True
    return may_be_generic(text, [text[:i] + text[i + 1 :] for i in range(len(text))])


def may_be_generic(text: str, cut: Sequence[str]) -> bool:
    """Tell the same as :func:`near_generic` of a word that no firm has for its trade.

    Args:
        text: The word, of three letters or more.
        cut: It without each of its letters.
    """
    keys = _generic_keys()
    return text in keys or not keys.isdisjoint(cut)


@lru_cache(maxsize=1)
def _generic_keys() -> frozenset[str]:
    known = known_words()
    return frozenset(
        key
        for word in (*known.generic, *known.places, *known.forms)
        if len(word) >= 4 and " " not in word
        for key in (word, *(word[:i] + word[i + 1 :] for i in range(len(word))))
    )


Postings = tuple[Numbers, Numbers]
Term = tuple[Part, int]


@dataclass(frozen=True, slots=True)
class Bulk:
    """What a name weighs: see :class:`Profile`."""

    sure: int
    vague: int
    mask: int
    wild: int
    small: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What a name weighs, and by what it is found.

    Attributes:
        telling: Words that tell who it is, with their weights.
        sure: Weight of telling words that are nothing else.
        vague: What words that many have cost where they do not meet.
        mask: Which such words it has: a bit each, some the same.
        wild: Weight of words that may be meant for such.
        small: Weight of legal forms, numbers, initials and small words.
        runs: Rough consonants of runs of words, with the weight they stand for.
        letters: First letters of a name of three words or more that is no person's.
    """

    telling: tuple[Term, ...]
    sure: int
    vague: int
    mask: int
    wild: int
    small: int
    runs: tuple[tuple[str, int], ...]
    letters: str


def profile_of(name: Name, person: bool) -> Profile:
    """Weigh a name for the index."""
    parts = name.parts(person).parts
    names = [part for part in parts if part.role == NAME]
    vague = [part for part in parts if part.role in (GENERIC, PLACE)]
    if not names:
        names, vague = vague or [p for p in parts if p.role != PARTICLE] or list(parts), []
    telling = list[Term]()
    sure = wild = mask = 0
    for part in names:
        for piece in part.text.split():
            telling.append((word_part(piece, part.loose), part.weight))
        if part.role == NAME and (person or not near_generic(part.text)):
            sure += part.weight
        else:
            wild += part.weight
    for part in vague:
        mask |= vague_bit(part.means)
    cost = sum(part.weight // 2 if part.role == PLACE else part.weight for part in vague)
    said = [p for p in parts if p.role not in (FORM, TITLE, PARTICLE)]
    letters = "" if person or len(said) < 3 else "".join(p.text[0] for p in said)
    runs = _runs_of(name.parts(person).said)
    small = sum(part.weight for part in parts if part.role in SMALL)
    return Profile(tuple(telling), sure, cost, mask, wild, small, runs, letters)


SMALL = (FORM, PARTICLE, TITLE, NUMBER, INITIAL)
MOST_VAGUE = 45
"""What a word that many have weighs at most."""


@lru_cache(maxsize=1 << 12)
def vague_bit(means: str) -> int:
    """Return the bit of a word that many have; some words share one."""
    return 1 << crc32(means.encode()) % 63


def word_part(text: str, loose: bool) -> Part:
    """Return a word as the index has it: what it may mean for a person counts."""
    return part_with(text, NAME, known_words().given.get(text, text), loose)


def _runs_of(said: Sequence[Part]) -> tuple[tuple[str, int], ...]:
    """Return runs of two to four words, and all words, by their rough consonants."""
    found = dict[str, int]()
    texts = [part.text.replace(" ", "") for part in said]
    weights = [part.weight for part in said]
    tells = [part.role in (NAME, INITIAL) for part in said]
    named = any(tells)
    for start in range(len(said)):
        text, weight, telling = texts[start], weights[start], tells[start]
        for stop in range(start + 1, min(start + LONGEST_RUN, len(said))):
            text += texts[stop]
            weight += weights[stop]
            telling = telling or tells[stop]
            if named and not telling:
                continue
            key = run_key(text)
            found[key] = max(weight, found.get(key, 0))
    for without in ((), (TITLE, FORM)):
        chosen = [i for i, part in enumerate(said) if part.role not in without]
        if len(chosen) > LONGEST_RUN or (without and 1 < len(chosen) < len(said)):
            key = run_key("".join(texts[i] for i in chosen))
            found[key] = max(sum(weights[i] for i in chosen), found.get(key, 0))
    return tuple(found.items())


def run_key(text: str) -> str:
    """Return what words run together are found by: rough consonants, of short ones all letters."""
    crude = crude_of(text)
    return crude if len(crude) > 2 else "=" + text


EMPTY: Numbers = np.empty(0, np.int64)
LANE = 1 << 24
"""A posting is a weight and a weight by likeness, in one number, so that both are added at once."""
RUN_LIKENESS, LETTERS_WEIGHT = 970, 400
FEW = 12
"""So few names are weighed one by one sooner than as arrays."""


class Index:
    """Names of the lists, by what their words have in common with others."""

    def __init__(self, names: Iterable[tuple[Name, bool]], likeness: Likeness) -> None:
        """Index names, each with whether it is read as that of a person."""
        self._likeness = likeness
        self._keys = dict[str, list[int]]()
        self._words = dict[tuple[str, bool], int]()
        self._parts = list[Part]()
        self._word_runs = dict[str, list[int]]()
        self._runs = dict[str, list[tuple[int, int]]]()
        self._letters = dict[str, list[tuple[int, int]]]()
        postings = list[list[tuple[int, int]]]()
        totals = list[tuple[int, int, int, int, int]]()
        for number, (name, person) in enumerate(names):
            profile = profile_of(name, person)
            for part, weight in profile.telling:
                word = self._words.get((part.text, part.loose))
                if word is None:
                    word = self._add_word(part)
                    postings.append([])
                postings[word].append((number, weight))
            for key, weight in profile.runs:
                self._runs.setdefault(key, []).append((number, weight))
            if profile.letters:
                self._letters.setdefault(profile.letters, []).append((number, LETTERS_WEIGHT))
            totals.append(
                (profile.sure, profile.vague, profile.mask, profile.wild, int(person))
            )
        self._totals = totals
        table = np.array(totals, np.int64).reshape(-1, 5)
        self._sure, self._vague, self._mask, self._wild, self._person = (
            np.ascontiguousarray(column) for column in table.T
        )
        self._postings = [_two(posting) for posting in postings]
        self._found = dict[Part, Postings]()
        self._found_runs = dict[str, Postings]()

    def _add_word(self, part: Part) -> int:
        word = self._words[part.text, part.loose] = len(self._parts)
        self._parts.append(part)
        for key in keys_of(part.text):
            self._keys.setdefault(key, []).append(word)
        self._word_runs.setdefault(run_key(part.text), []).append(word)
        return word

    def names_with(self, part: Part) -> Postings:
        """Return the names with a word like this one, and how much it counts; remembered."""
        found = self._found.get(part)
        if found is None:
            if len(self._found) > MOST_REMEMBERED:
                self._found.clear()
            found = self._found[part] = self._names_with(part)
        return found

    def _names_with(self, part: Part) -> Postings:
        text, keys = part.text, self._keys
        words = dict[int, None]()
        for key in (*keys_of(text), "=" + text[::-1]):
            if key in keys:
                words |= dict.fromkeys(keys[key])
        arrays = list[Postings]()
        for word in words:
            value = self._likeness.of(part, self._parts[word])[0]
            if value:
                numbers, weights = self._postings[word]
                arrays.append((numbers, _counted(np.maximum(weights, part.weight), value)))
        if len(text) > 3:
            run = self._runs.get(run_key(text))
            if run is not None:
                numbers, weights = _two(run)
                arrays.append((numbers, _counted(weights, RUN_LIKENESS)))
        letters = self._letters.get(text)
        if letters is not None:
            numbers, weights = _two(letters)
            arrays.append((numbers, _counted(weights, SCALE)))
        return _together(arrays)

    def names_run(self, key: str) -> Postings:
        """Return the names with a word, or all words, like a run of words, and their weight."""
        found = self._found_runs.get(key)
        if found is not None:
            return found
        arrays = [self._postings[word] for word in self._word_runs.get(key, ())]
        run = self._runs.get(key)
        if run is not None:
            arrays.append(_two(run))
        found = _together(arrays)
        if len(found[0]):
            if len(self._found_runs) > MOST_REMEMBERED:
                self._found_runs.clear()
            self._found_runs[key] = found
        return found

    def candidates(self, name: Name, person: bool, least: int, losses: Losses) -> Numbers:
        """Return the numbers of the names that can reach a score, in order.

        Args:
            name: The cleaned name.
            person: It is that of a person, or may be.
            least: The score.
            losses: Per cent lost of what does not meet.
        """
        profile = profile_of(name, person)
        arrays = [self.names_with(part) for part, _ in profile.telling]
        for key, weight in profile.runs:
            if key in self._word_runs or key in self._runs:
                numbers, theirs = self.names_run(key)
                arrays.append((numbers, _counted(np.maximum(theirs, weight), RUN_LIKENESS)))
        if profile.letters:
            word = self._words.get((profile.letters, False))
            if word is not None:
                numbers, _ = self._postings[word]
                arrays.append((numbers, np.full(len(numbers), LETTERS_WEIGHT * (LANE + 1))))
        ours = Bulk(
            profile.sure, profile.vague, profile.mask, profile.wild, profile.small
        )
        return self.within(arrays, ours, person, least, losses)

    def within(
        self, arrays: Iterable[Postings], ours: Bulk, person: bool, least: int, losses: Losses
    ) -> Numbers:
        """Return the names of postings that can reach a score, in order.

        Args:
            arrays: Names that share something with ours, and how much of it counts.
            ours: What our name weighs.
            person: Ours is that of a person, or may be.
            least: The score.
            losses: Per cent lost of what does not meet.
        """
        some = [pair for pair in arrays if len(pair[0])]
        if not some:
            return EMPTY
        if len(some) == 1 and len(some[0][0]) <= FEW and not self._reaches(some[0], ours, person,
                                                                           least, losses):
            return EMPTY
        numbers, shared = _summed(some)
        met, alike = shared // LANE, shared % LANE
        common = np.bitwise_count(self._mask[numbers] & ours.mask).astype(np.int64)
        vague = common * MOST_VAGUE + self._wild[numbers] + ours.wild
        gone_a = np.maximum(ours.sure - met, 0)
        gone_b = np.maximum(self._sure[numbers] - met, 0)
        theirs_person = self._person[numbers] > 0
        if not person:
            # Of a person's name, trades and places are names: what is vague may meet those.
            gone_a += np.where(theirs_person, 0, np.maximum(ours.vague - vague, 0))
            gone_b += np.maximum(self._vague[numbers] - vague, 0)
        one_side = np.where(
            theirs_person & person, losses.one_side_person, losses.one_side_other
        )
        lost = np.minimum(gone_a, gone_b) * (2 * losses.both_sides)
        lost += np.abs(gone_a - gone_b) * one_side
        vague += ours.small
        most = (alike + vague) * 100 * SCALE
        kept: Numbers = numbers[most >= least * ((met + vague) * 100 + lost)]
        return kept

    def _reaches(
        self, few: Postings, ours: Bulk, person: bool, least: int, losses: Losses
    ) -> bool:
        """Tell whether one of a few names can reach a score: as :meth:`within`, one by one."""
        shared = dict[int, int]()
        for number, counted in zip(few[0].tolist(), few[1].tolist(), strict=True):
            shared[number] = shared.get(number, 0) + counted
        for number, counted in shared.items():
            met, alike = divmod(counted, LANE)
            sure, costs, mask, wild, theirs_person = self._totals[number]
            vague = (mask & ours.mask).bit_count() * MOST_VAGUE + wild + ours.wild
            gone_a, gone_b = max(ours.sure - met, 0), max(sure - met, 0)
            if not person:
                gone_a += 0 if theirs_person else max(ours.vague - vague, 0)
                gone_b += max(costs - vague, 0)
            one_side = (
                losses.one_side_person if theirs_person and person else losses.one_side_other
            )
            lost = min(gone_a, gone_b) * 2 * losses.both_sides + abs(gone_a - gone_b) * one_side
            vague += ours.small
            if (alike + vague) * 100 * SCALE >= least * ((met + vague) * 100 + lost):
                return True
        return False

    def keys(self, kind: str) -> frozenset[str]:
        """Return what words of the names are found by, of one kind of :func:`keys_of`'s keys."""
        return frozenset(key[1:] for key in self._keys if key[0] == kind)

    def is_written(self, text: str) -> bool:
        """Tell whether some name has just this word."""
        return (text, False) in self._words

    def run_keys(self) -> frozenset[str]:
        """Return what words and runs of words of the names are found by when run together."""
        return frozenset(self._word_runs) | frozenset(self._runs)

    def is_letters(self, text: str) -> bool:
        """Tell whether these are the first letters of some name."""
        return text in self._letters


@dataclass(frozen=True, slots=True)
class Losses:
    """Per cent that is lost of what stands on one side only, or on both sides differently."""

    one_side_person: int
    one_side_other: int
    both_sides: int


MOST_REMEMBERED = 1 << 18


def _counted(weights: Numbers, likeness: int) -> Numbers:
    return weights * LANE + weights * likeness // SCALE


def _two(pairs: Sequence[tuple[int, int]]) -> Postings:
    both = np.array(pairs, np.int64).reshape(-1, 2)
    return np.ascontiguousarray(both[:, 0]), np.ascontiguousarray(both[:, 1])


def _together(arrays: list[Postings]) -> Postings:
    if not arrays:
        return EMPTY, EMPTY
    if len(arrays) == 1:
        return arrays[0]
    numbers = np.concatenate([a for a, _ in arrays])
    return numbers, np.concatenate([b for _, b in arrays])


def _summed(arrays: list[Postings]) -> Postings:
    """Add up what counts for each name, names in order."""
    numbers, shared = _together(arrays)
    order = np.argsort(numbers, kind="stable")
    numbers, shared = numbers[order], shared[order]
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    return numbers[starts], np.add.reduceat(shared, starts)
