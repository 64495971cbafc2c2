# SPDX-License-Identifier: Apache-2.0
"""Two names beside each other: which part met which, and what it counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import OSA

from .names import (
    FORM,
    GENERIC,
    INITIAL,
    NAME,
    NUMBER,
    PARTICLE,
    PLACE,
    TITLE,
    Part,
    Word,
    bones_of,
    parts_of,
    sound_of,
)  # fmt: skip
from .weights import SCALE, Weights


@dataclass(frozen=True, slots=True)
class Point:
    """One thing that counted for or against.

    Attributes:
        what: What it is.
        ours: What stands on the side of the subject.
        theirs: What stands on the list.
        points: How much it counted, in thousandths of the scale.
    """

    what: str
    ours: str
    theirs: str
    points: int


@dataclass(frozen=True, slots=True)
class Link:
    """Parts of two names that met."""

    ours: tuple[int, ...]
    theirs: tuple[int, ...]
    likeness: int
    what: str


def edits_allowed(length: int) -> int:
    """Return how many edits two words may be apart, the shorter of this length.

    Example:
        >>> [edits_allowed(n) for n in (2, 4, 8, 12)]
        [0, 1, 2, 3]
    """
    return 0 if length < 3 else 1 if length < 7 else 2 if length < 11 else 3


class Likeness:
    """How alike two words are, remembered."""

    def __init__(self, weights: Weights) -> None:
        self.weights = weights
        self._known = dict[tuple[Part, Part], tuple[int, str]]()

    def of(self, a: Part, b: Part) -> tuple[int, str]:
        """Return likeness in thousandths and what makes it; the same both ways round."""
        key = (a, b) if a.text <= b.text else (b, a)
        found = self._known.get(key)
        if found is None:
            if len(self._known) > 1 << 18:
                self._known.clear()
            found = self._known[key] = self._of(*key)
        return found

    def _of(self, a: Part, b: Part) -> tuple[int, str]:
        words = self.weights.words
        if a.text == b.text:
            return SCALE, "the same word"
        if NUMBER in (a.role, b.role):
            same = a.role == b.role and a.means == b.means
            return (words["meaning"], "the same number") if same else (0, "")
        if a.role == b.role == FORM:
            same = a.means == b.means
            return (words["meaning"], "legal forms that go together") if same else (0, "")
        if PARTICLE in (a.role, b.role):
            if a.role == b.role:
                return (words["meaning"], "a small word") if a.means == b.means else (0, "")
            return 0, ""
        if INITIAL in (a.role, b.role):
            return self._initial(a, b)
        if a.means == b.means and a.role == b.role:
            if a.role == NAME:
                return words["given"], "a name written in several ways"
            return words["meaning"], "words that say the same"
        if a.sound == b.sound:
            return words["sound"], "words that sound the same"
        return max(self._bones(a, b), self._edits(a, b), self._letters(a, b))

    def _initial(self, a: Part, b: Part) -> tuple[int, str]:
        if a.role == b.role:
            return 0, ""
        return (self.weights.words["initial"], "an initial") if a.text[0] == b.text[0] else (0, "")

    def _bones(self, a: Part, b: Part) -> tuple[int, str]:
        words = self.weights.words
        if a.loose or b.loose:
            ours, theirs = bones_of(a.text), bones_of(b.text)
            if ours == theirs and (len(ours) > 1 or max(len(a.text), len(b.text)) < 5):
                return words["loose_bones"], "the same consonants"
            if len(ours) >= 4 and len(theirs) >= 4 and OSA.distance(ours, theirs) == 1:
                return words["loose_bones"] - 150, "nearly the same consonants"
        elif a.bones == b.bones and len(a.bones) >= 3 and OSA.distance(a.sound, b.sound) <= 2:
            return words["bones"], "the same consonants"
        return 0, ""

    def _edits(self, a: Part, b: Part) -> tuple[int, str]:
        words = self.weights.words
        short, long = sorted((len(a.text), len(b.text)))
        most = edits_allowed(short)
        if not most:
            return 0, ""
        apart = OSA.distance(a.text, b.text, score_cutoff=most)
        if apart > most:
            return 0, ""
        found = SCALE - apart * words["edit"] // long
        if a.text[0] != b.text[0]:
            found -= words["first_letter"]
        return found, "one letter apart" if apart == 1 else f"{apart} letters apart"

    def _letters(self, a: Part, b: Part) -> tuple[int, str]:
        words = self.weights.words
        if len(a.text) == len(b.text) >= 4 and a.text == b.text[::-1]:
            return words["reversed"], "letters backwards"
        if len(a.text) == len(b.text) >= 5 and sorted(a.text) == sorted(b.text):
            return words["shuffled"], "letters in another order"
        short, long = (a, b) if len(a.text) < len(b.text) else (b, a)
        for ending in ("skiy", "skii", "skaya", "sky", "ski", "skoe", "skogo"):
            if len(short.text) >= 4 and long.text.endswith(ending):
                stem = long.text[: -len(ending)]
                if stem in (short.text, short.text[:-1]):
                    return words["stem"], "a word and its adjective"
        return 0, ""


def _links(ours: Sequence[Part], theirs: Sequence[Part], likeness: Likeness) -> list[Link]:
    """Return which parts met which, each once; better meetings first."""
    found = list[Link]()
    free_a, free_b = set(range(len(ours))), set(range(len(theirs)))
    exact = _met(ours, theirs, free_a, free_b, likeness, 940)
    found += exact
    rest = _joins(ours, theirs, free_a, free_b, likeness)
    rest += [
        Link((i,), (j,), value, what)
        for i in sorted(free_a) for j in sorted(free_b)
        for value, what in [likeness.of(ours[i], theirs[j])] if value
    ]  # fmt: skip
    found += _best(rest, ours, theirs, free_a, free_b)
    return found


def _key(link: Link, ours: Sequence[Part], theirs: Sequence[Part]) -> tuple[object, ...]:
    """Order links the same way whichever side is whose."""
    a = " ".join(ours[i].text for i in link.ours)
    b = " ".join(theirs[j].text for j in link.theirs)
    weight = sum(ours[i].weight for i in link.ours) + sum(theirs[j].weight for j in link.theirs)
    return (-link.likeness * weight, min(a, b), max(a, b), sum(link.ours) + sum(link.theirs))


def _best(
    links: list[Link], ours: Sequence[Part], theirs: Sequence[Part],
    free_a: set[int], free_b: set[int],
) -> list[Link]:  # fmt: skip
    found = list[Link]()
    for link in sorted(links, key=lambda one: _key(one, ours, theirs)):
        if free_a.issuperset(link.ours) and free_b.issuperset(link.theirs):
            found.append(link)
            free_a.difference_update(link.ours)
            free_b.difference_update(link.theirs)
    return found


def _met(
    ours: Sequence[Part], theirs: Sequence[Part], free_a: set[int], free_b: set[int],
    likeness: Likeness, least: int,
) -> list[Link]:  # fmt: skip
    links = [
        Link((i,), (j,), value, what)
        for i in free_a for j in free_b
        for value, what in [likeness.of(ours[i], theirs[j])] if value >= least
    ]  # fmt: skip
    return _best(links, ours, theirs, free_a, free_b)


MOST_JOINED = 14


def _runs(parts: Sequence[Part], free: set[int]) -> list[tuple[tuple[int, ...], str]]:
    found = list[tuple[tuple[int, ...], str]]()
    for start in sorted(free):
        text = ""
        for stop in range(start, min(start + 5, len(parts))):
            if stop not in free:
                break
            text += parts[stop].text.replace(" ", "")
            found.append((tuple(range(start, stop + 1)), text))
    return found


def _joins(
    ours: Sequence[Part], theirs: Sequence[Part], free_a: set[int], free_b: set[int],
    likeness: Likeness,
) -> list[Link]:  # fmt: skip
    """Return words of one side that, run together, are words of the other."""
    if len(free_a) + len(free_b) < 3 or max(len(free_a), len(free_b)) > MOST_JOINED:
        return []
    words = likeness.weights.words
    found = list[Link]()
    for a, first in _runs(ours, free_a):
        for b, second in _runs(theirs, free_b):
            if len(a) == len(b) == 1 or (min(len(a), len(b)) > 1 and len(a) == len(b)):
                continue
            short, long = sorted((len(first), len(second)))
            if short < 4 or long - short > 2:
                continue
            if first == second:
                value = words["joined"]
            elif sound_of(first) == sound_of(second):
                value = words["joined"] - SCALE + words["sound"]
            elif any(ours[i].loose for i in a) or any(theirs[j].loose for j in b):
                if bones_of(first) != bones_of(second) or len(bones_of(first)) < 3:
                    continue
                value = words["loose_bones"] - SCALE + words["joined"]
            else:
                most = edits_allowed(short)
                apart = OSA.distance(first, second, score_cutoff=most)
                if apart > most:
                    continue
                value = words["joined"] - apart * words["edit"] // long
            found.append(Link(a, b, value, "words run together"))
    return found


@dataclass(slots=True)
class Sums:
    """What met and what did not, by weight."""

    met: int = 0
    ours: int = 0
    theirs: int = 0


def compare_names(
    ours: tuple[Word, ...], theirs: tuple[Word, ...], person: bool, likeness: Likeness
) -> tuple[Point, ...]:
    """Return what counts for and against two names being one; the sum is at most the scale."""
    a, b = _distinct(parts_of(ours, person)), _distinct(parts_of(theirs, person))
    best = _by_parts(a, b, person, likeness)
    for other in (_whole(a, b, likeness), _acronym(a, b, person, likeness)):
        if sum(point.points for point in other) > sum(point.points for point in best):
            best = other
    return best


def _distinct(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Leave out words said twice."""
    return tuple(dict.fromkeys(parts))


def _cost(part: Part) -> int:
    """Return what a part counts that met nothing."""
    if part.role in (FORM, TITLE, PARTICLE, NUMBER):
        return 0
    return part.weight // 2 if part.role == PLACE else part.weight


def _by_parts(
    a: tuple[Part, ...], b: tuple[Part, ...], person: bool, likeness: Likeness
) -> tuple[Point, ...]:
    names = likeness.weights.names
    links = _links(a, b, likeness)
    weights = [
        (sum(a[i].weight for i in link.ours) + sum(b[j].weight for j in link.theirs)) // 2
        for link in links
    ]
    met = sum(weights)
    if not met or not _telling(a, b, links):
        return ()
    gone_a = [i for i in range(len(a)) if not any(i in link.ours for link in links)]
    gone_b = [j for j in range(len(b)) if not any(j in link.theirs for link in links)]
    extra_a, extra_b = sum(_cost(a[i]) for i in gone_a), sum(_cost(b[j]) for j in gone_b)
    one = names["one_side_person" if person else "one_side_organisation"]
    lost = (
        min(extra_a, extra_b) * 2 * names["both_sides"] + abs(extra_a - extra_b) * one
    ) // 100
    whole = met + lost
    points = [
        Point(link.what, _said(a, link.ours), _said(b, link.theirs),
              SCALE * weight * link.likeness // (whole * SCALE))
        for link, weight in zip(links, weights, strict=True)
    ]  # fmt: skip
    points += _against(a, b, gone_a, gone_b, likeness)
    return tuple(points)


def _telling(a: Sequence[Part], b: Sequence[Part], links: Iterable[Link]) -> bool:
    """Tell whether what met says who it is: a name, or all there is where neither has one."""
    if not any(part.role in (NAME, NUMBER) for part in (*a, *b)):
        return True
    return any(
        part.role in (NAME, NUMBER)
        for link in links
        for part in (*(a[i] for i in link.ours), *(b[j] for j in link.theirs))
    )


def _said(parts: Sequence[Part], which: Iterable[int]) -> str:
    return " ".join(parts[i].text for i in which)


def _against(
    a: tuple[Part, ...], b: tuple[Part, ...], gone_a: list[int], gone_b: list[int],
    likeness: Likeness,
) -> list[Point]:  # fmt: skip
    """Return what stands on one side only, or on both sides differently."""
    names = likeness.weights.names
    points = list[Point]()

    def left(role: str) -> tuple[str, str]:
        return (
            _said(a, (i for i in gone_a if a[i].role == role)),
            _said(b, (j for j in gone_b if b[j].role == role)),
        )

    numbers = left(NUMBER)
    if all(numbers):
        points.append(Point("numbers differ", *numbers, -names["number_differs"]))
    elif any(numbers):
        points.append(Point("a number stands on one side only", *numbers, -names["number_missing"]))
    points += _forms(a, b, names)
    initials = left(INITIAL)
    if all(initials) or (any(initials) and all(left(NAME))):
        points.append(Point("initials differ", *initials, -names["initials_differ"]))
    for role in (NAME, GENERIC, PLACE, INITIAL, TITLE):
        ours, theirs = left(role)
        if ours or theirs:
            points.append(Point("stands on one side only", ours, theirs, 0))
    return points


def _forms(a: Sequence[Part], b: Sequence[Part], names: Mapping[str, int]) -> list[Point]:
    """Return what legal forms count against: one of a trust where the other has none, too."""
    families = [{p.means for p in parts if p.role == FORM} - {"company"} for parts in (a, b)]
    texts = [" ".join(p.text for p in parts if p.role == FORM) for parts in (a, b)]
    if families[0] & families[1] or families[0] == families[1]:
        return []
    if all(families):
        return [Point("legal forms differ", texts[0], texts[1], -names["form_differs"])]
    if (families[0] | families[1]) & {"purpose", "state", "partners"}:
        return [Point("a form on one side only", texts[0], texts[1], -names["form_missing"])]
    return []


def _letters_of(parts: Sequence[Part]) -> str:
    return "".join(p.text.replace(" ", "") for p in parts)


def _whole(a: tuple[Part, ...], b: tuple[Part, ...], likeness: Likeness) -> tuple[Point, ...]:
    """Compare all letters, run together, forwards and backwards."""
    words = likeness.weights.words
    best: tuple[Point, ...] = ()
    numbers = [sorted(p.means for p in parts if p.role == NUMBER) for parts in (a, b)]
    if numbers[0] != numbers[1]:
        return ()
    for without in ((TITLE,), (TITLE, FORM)):
        first = _letters_of([p for p in a if p.role not in without])
        second = _letters_of([p for p in b if p.role not in without])
        short, long = sorted((len(first), len(second)))
        if short < 6:
            continue
        for text, value in ((second, words["whole"]), (second[::-1], words["reversed"])):
            most = long // 10 if FORM in without and len(a) != len(b) else 0
            apart = OSA.distance(first, text, score_cutoff=most)
            if apart > most:
                continue
            score = value - apart * words["edit"] // long
            if not best or score > best[0].points:
                best = (Point("all letters run together", first, second, score),)
                best += tuple(_forms(a, b, likeness.weights.names)) if FORM in without else ()
    return best


def _acronym(
    a: tuple[Part, ...], b: tuple[Part, ...], person: bool, likeness: Likeness
) -> tuple[Point, ...]:
    """Compare a short word with the first letters of all words of the other name."""
    if person:
        return ()
    value = likeness.weights.words["acronym"]
    for first, second, ours in ((a, b, True), (b, a, False)):
        telling = [p for p in first if p.role not in (FORM, TITLE, PLACE)]
        words = [p for p in second if p.role not in (FORM, TITLE, PARTICLE)]
        letters = "".join(p.text[0] for p in words)
        if len(telling) == 1 and len(letters) >= 3 and telling[0].text == letters:
            texts = (letters, _said(second, range(len(second))))
            return (Point("first letters", *(texts if ours else texts[::-1]), value),)
    return ()
