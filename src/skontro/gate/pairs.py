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
    Name,
    Part,
    Parts,
    bare_bones,
    bones_of,
    sound_of,
)  # fmt: skip
from .weights import SCALE, Weights
from .words import known_words


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
        self._known = dict[tuple[Part, Part, bool], tuple[int, str]]()

    def of(self, a: Part, b: Part, alone: bool = True) -> tuple[int, str]:
        """Return likeness in thousandths and what makes it; the same both ways round.

        Args:
            a: A part.
            b: Another.
            alone: Neither name has another word that tells who it is; then a slip of the pen is
                all there is to go by, and it counts no more than one. It is never less than
                beside other words.
        """
        found = self._known.get((a, b, alone))
        if found is None:
            if len(self._known) > 1 << 18:
                self._known.clear()
            first, second = (a, b) if (a.text, a.role) <= (b.text, b.role) else (b, a)
            found = self._of(first, second, alone)
            self._known[a, b, alone] = self._known[b, a, alone] = found
        return found

    def _of(self, a: Part, b: Part, alone: bool) -> tuple[int, str]:
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
        if a.role == b.role and a.role in (GENERIC, PLACE):
            return 0, ""
        found = max(self._bones(a, b), self._edits(a, b, alone), self._letters(a, b))
        if a.role == b.role == NAME and _are_two(a.text, b.text):
            # Two names that are known, and are not one name.
            return (min(found[0], words["two_names"]), found[1]) if found[0] else found
        return found

    def _initial(self, a: Part, b: Part) -> tuple[int, str]:
        if a.role == b.role:
            return 0, ""
        return (self.weights.words["initial"], "an initial") if a.text[0] == b.text[0] else (0, "")

    def _bones(self, a: Part, b: Part) -> tuple[int, str]:
        words = self.weights.words
        if a.loose or b.loose:
            ours, theirs = a.bones, b.bones
            if ours == theirs and (len(ours) > 1 or max(len(a.text), len(b.text)) < 5):
                return words["loose_bones"], "the same consonants"
            bare = bare_bones(a.text), bare_bones(b.text)
            if bare[0] == bare[1] and len(bare[0]) > 1:
                return words["loose_bones"] - 60, "the same consonants, but for y and w"
            if len(ours) >= 4 and len(theirs) >= 4 and OSA.distance(ours, theirs) == 1:
                return words["loose_bones"] - 150, "nearly the same consonants"
        elif a.bones == b.bones and len(a.bones) >= 3 and OSA.distance(a.sound, b.sound) <= 2:
            return words["bones"], "the same consonants"
        return 0, ""

    def _edits(self, a: Part, b: Part, alone: bool) -> tuple[int, str]:
        words = self.weights.words
        short, long = sorted((len(a.text), len(b.text)))
        most = edits_allowed(short)
        if a.loose and b.loose:
            most = max(most, int(long > 2))
        elif long < 4 and not (VOWELS & set(a.text) and VOWELS & set(b.text)):
            return 0, ""
        if not most:
            return 0, ""
        apart = OSA.distance(a.text, b.text, score_cutoff=most)
        if apart > 1:
            sounds = OSA.distance(a.sound, b.sound, score_cutoff=apart - 1)
            if sounds < apart and sounds <= edits_allowed(min(len(a.sound), len(b.sound))):
                apart, long = sounds, max(len(a.sound), len(b.sound))
        if apart > most:
            return 0, ""
        found = SCALE - apart * words["edit"] // long
        if a.text[0] != b.text[0]:
            found -= words["first_letter"]
        if not (alone or a.loose or b.loose):
            found -= self._told_apart(a, b)
        return max(found, 0), "one letter apart" if apart == 1 else f"{apart} letters apart"

    def _told_apart(self, a: Part, b: Part) -> int:
        """Return what makes a difference one of names sooner than one of writing."""
        words = self.weights.words
        if len(a.text) == len(b.text) and a.letters != b.letters:
            if len(a.text) <= 4:
                return words["short_word"]
            if a.text[:-1] == b.text[:-1] and a.text[-1] in VOWELS and b.text[-1] in VOWELS:
                return words["gender"]
        if len(a.bones) == len(b.bones) and sorted(a.bones) != sorted(b.bones):
            return words["consonant"]
        return 0

    def _letters(self, a: Part, b: Part) -> tuple[int, str]:
        words = self.weights.words
        apart = len(a.text) - len(b.text)
        if not apart:
            if len(a.text) >= 4 and a.text == b.text[::-1]:
                return words["reversed"], "letters backwards"
            if len(a.text) >= 5 and a.letters == b.letters:
                return words["shuffled"], "letters in another order"
        if -2 < apart < 2:
            return 0, ""
        short, long = (a, b) if len(a.text) < len(b.text) else (b, a)
        for ending in ("skiy", "skii", "skaya", "sky", "ski", "skoe", "skogo"):
            if len(short.text) >= 4 and long.text.endswith(ending):
                stem = long.text[: -len(ending)]
                if stem in (short.text, short.text[:-1]):
                    return words["stem"], ADJECTIVE
        return 0, ""


def _are_two(one: str, other: str) -> bool:
    known = known_words().given
    return one in known and other in known and known[one] != known[other]


VOWELS = frozenset("aeiouy")
ABBREVIATED = "first letters of names"
ADJECTIVE = "a word and its adjective"
"""Of people these are two family names."""
SURELY = 940
"""Parts as alike as this are the same; only what is left then meets by likeness."""


def _links(
    ours: Sequence[Part], theirs: Sequence[Part], person: bool, likeness: Likeness
) -> list[Link]:
    """Return which parts met which, each once; better meetings first."""
    free_a, free_b = set(range(len(ours))), set(range(len(theirs)))
    every = list[Link]()
    alone = all(sum(part.role == NAME for part in parts) < 2 for parts in (ours, theirs))
    for i, a in enumerate(ours):
        for j, b in enumerate(theirs):
            value, what = likeness.of(a, b, alone)
            if value:
                every.append(Link((i,), (j,), value, what))
    if person:
        every = [x for x in every if x.what != ADJECTIVE]
    sure = [
        x for x in every
        if x.likeness >= SURELY and PARTICLE not in (ours[x.ours[0]].role, theirs[x.theirs[0]].role)
    ]  # fmt: skip
    found = _best(sure, ours, theirs, free_a, free_b)
    if free_a and free_b:
        # Small words wait: they may be a part of a word of the other side.
        rest = [x for x in every if x not in sure]
        rest += _joins(ours, theirs, free_a, free_b, likeness)
        if person:
            rest += _abbreviated(ours, theirs, free_a, free_b, likeness)
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
    if len(links) > 1:
        links = sorted(links, key=lambda one: _key(one, ours, theirs))
    for link in links:
        if free_a.issuperset(link.ours) and free_b.issuperset(link.theirs):
            found.append(link)
            free_a.difference_update(link.ours)
            free_b.difference_update(link.theirs)
    return found


MOST_JOINED = 14
Run = tuple[tuple[int, ...], str]


def _runs(parts: Sequence[Part], free: set[int]) -> list[Run]:
    """Return runs of two to four free parts, with their letters."""
    found = list[Run]()
    for start in sorted(free):
        text = parts[start].text.replace(" ", "")
        for stop in range(start + 1, start + 4):
            if stop not in free:
                break
            text += parts[stop].text.replace(" ", "")
            found.append((tuple(range(start, stop + 1)), text))
    return found


def _joins(
    ours: Sequence[Part], theirs: Sequence[Part], free_a: set[int], free_b: set[int],
    likeness: Likeness,
) -> list[Link]:  # fmt: skip
    """Return words of one side that, run together, are a word or fewer words of the other."""
    if len(free_a) + len(free_b) < 3 or max(len(free_a), len(free_b)) > MOST_JOINED:
        return []
    some_loose = any(part.loose for part in (*ours, *theirs))
    runs_a, runs_b = _runs(ours, free_a), _runs(theirs, free_b)
    ones_a: list[Run] = [((i,), ours[i].text) for i in sorted(free_a) if len(ours[i].text) > 3]
    ones_b: list[Run] = [((j,), theirs[j].text) for j in sorted(free_b) if len(theirs[j].text) > 3]
    pairs = [(a, b) for a in runs_a for b in ones_b] + [(a, b) for a in ones_a for b in runs_b]
    if len(runs_a) > 1 and len(runs_b) > 1:
        pairs += [(a, b) for a in runs_a for b in runs_b if len(a[0]) != len(b[0])]
    found = list[Link]()
    for (a, first), (b, second) in pairs:
        loose = some_loose and (
            any(ours[i].loose for i in a) or any(theirs[j].loose for j in b)
        )
        if not loose and not -3 < len(first) - len(second) < 3:
            continue
        value = _joined(first, second, likeness, loose)
        if value:
            found.append(Link(a, b, value, "words run together"))
    return found


def _joined(first: str, second: str, likeness: Likeness, loose: bool) -> int:
    words = likeness.weights.words
    if first == second:
        return words["joined"]
    if loose:
        bones = bones_of(first)
        if bones == bones_of(second) and len(bones) > 2:
            return words["loose_bones"] - SCALE + words["joined"]
        return 0
    short, long = sorted((len(first), len(second)))
    most = edits_allowed(short)
    apart = OSA.distance(first, second, score_cutoff=most + 2)
    if apart <= most + 2 and sound_of(first) == sound_of(second):
        return words["joined"] - SCALE + words["sound"]
    return words["joined"] - apart * words["edit"] // long if apart <= most else 0


def _abbreviated(
    ours: Sequence[Part], theirs: Sequence[Part], free_a: set[int], free_b: set[int],
    likeness: Likeness,
) -> list[Link]:  # fmt: skip
    """Return what abbreviates first names: JC for Jean-Claude."""
    found = list[Link]()
    value = likeness.weights.words["initial"]
    for one, many, free_1, free_n, turned in (
        (ours, theirs, free_a, free_b, False), (theirs, ours, free_b, free_a, True),
    ):  # fmt: skip
        for i in sorted(free_1):
            text = one[i].text
            if not 2 <= len(text) <= 3 or one[i].role != NAME or set(text) & set("aeiouy"):
                continue
            for start in sorted(free_n):
                run = tuple(range(start, start + len(text)))
                if not free_n.issuperset(run):
                    continue
                if text == "".join(many[j].text[0] for j in run):
                    first, second = (run, (i,)) if turned else ((i,), run)
                    found.append(Link(first, second, value, ABBREVIATED))
    return found


def compare_names(
    ours: Name, theirs: Name, person: bool, likeness: Likeness
) -> tuple[Point, ...]:
    """Return what counts for and against two names being one; the sum is at most the scale."""
    a, b = ours.parts(person), theirs.parts(person)
    best = _by_parts(a.parts, b.parts, person, likeness)
    if sum(point.points for point in best) >= likeness.weights.words["whole"]:
        return best
    for other in (_whole(a, b, likeness), _acronym(a.parts, b.parts, person, likeness)):
        if sum(point.points for point in other) > sum(point.points for point in best):
            best = other
    return best


def _cost(part: Part) -> int:
    """Return what a part counts that met nothing."""
    if part.role in (FORM, TITLE, PARTICLE, NUMBER):
        return 0
    return part.weight // 2 if part.role == PLACE else part.weight


def _by_parts(
    a: tuple[Part, ...], b: tuple[Part, ...], person: bool, likeness: Likeness
) -> tuple[Point, ...]:
    names = likeness.weights.names
    links = _links(a, b, person, likeness)
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
    points = list[Point]()
    counted = before = 0
    for link, weight in zip(links, weights, strict=True):
        # What is rounded off goes to the next, so that the sum is rounded once.
        counted += weight * link.likeness
        value = counted // met - before
        before += value
        points.append(Point(link.what, _said(a, link.ours), _said(b, link.theirs), value))
    if lost:
        alone_a = _said(a, (i for i in gone_a if _cost(a[i])))
        alone_b = _said(b, (j for j in gone_b if _cost(b[j])))
        what = "differs" if alone_a and alone_b else "stands on one side only"
        points.append(Point(what, alone_a, alone_b, counted // whole - before))
    points += _against(a, b, gone_a, gone_b, likeness)
    return tuple(points)


def _telling(a: Sequence[Part], b: Sequence[Part], links: Iterable[Link]) -> bool:
    """Tell whether what met says who it is: a name, or all there is where neither has one."""
    if not any(part.role in (NAME, NUMBER) for part in (*a, *b)):
        return True
    return any(
        link.what != ABBREVIATED
        and any(part.role in (NAME, NUMBER) for part in parts)
        and all(part.role != INITIAL for part in parts)
        for link in links
        for parts in [[*(a[i] for i in link.ours), *(b[j] for j in link.theirs)]]
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
    told = any(part.role == NAME for part in (*a, *b))
    points += _forms(a, b, names, 1 if told else 2)
    points += _generations(a, b, names)
    initials = left(INITIAL)
    others = left(NAME)
    if all(initials) or (initials[0] and others[1]) or (initials[1] and others[0]):
        points.append(Point("initials differ", *initials, -names["initials_differ"]))
    titles = left(TITLE)
    if any(titles):
        points.append(Point("a title says nothing", *titles, 0))
    return points


YOUNGER, OLDER = {"jr", "junior", "filho", "hijo", "fils"}, {"sr", "senior", "pai", "padre", "pere"}
SON_OF = {"bin", "ben", "ibn", "ould", "wuld"}


def _generations(a: Sequence[Part], b: Sequence[Part], names: Mapping[str, int]) -> list[Point]:
    """Return what tells a father from his son: junior and senior, or A bin B and B bin A."""
    ours, theirs = ({p.text for p in parts} for parts in (a, b))
    for first, second in ((YOUNGER, OLDER), (OLDER, YOUNGER)):
        if ours & first and theirs & second and not ours & second and not theirs & first:
            texts = " ".join(sorted(ours & first)), " ".join(sorted(theirs & second))
            return [Point("generations differ", *texts, -names["generations_differ"])]
    sons = [
        [(x, y) for x, son, y in zip(parts, parts[1:], parts[2:], strict=False)
         if son.text in SON_OF and x.role == y.role == NAME and x.means != y.means]
        for parts in (a, b)
    ]  # fmt: skip
    for x, y in sons[0]:
        for u, v in sons[1]:
            if (x.means, y.means) == (v.means, u.means):
                return [Point("father and son the other way round", f"{x.text} {y.text}",
                              f"{u.text} {v.text}", -names["generations_differ"])]  # fmt: skip
    return []


def _forms(
    a: Sequence[Part], b: Sequence[Part], names: Mapping[str, int], times: int = 1
) -> list[Point]:
    """Return what legal forms count against: one of a trust where the other has none, too.

    It counts twice where nothing else tells who it is.
    """
    families = [{p.means for p in parts if p.role == FORM} - {"company"} for parts in (a, b)]
    ours, theirs = (" ".join(p.text for p in parts if p.role == FORM) for parts in (a, b))
    if families[0] & families[1] or families[0] == families[1]:
        return []
    if all(families):
        return [Point("legal forms differ", ours, theirs, -names["form_differs"] * times)]
    if (families[0] | families[1]) & {"purpose", "state", "partners"}:
        return [Point("a form on one side only", ours, theirs, -names["form_missing"] * times)]
    return []


def _whole(a: Parts, b: Parts, likeness: Likeness) -> tuple[Point, ...]:
    """Compare all letters, run together, forwards and backwards."""
    words = likeness.weights.words
    best: tuple[Point, ...] = ()
    if a.numbers != b.numbers:
        return ()
    for at, (first, second) in enumerate(zip(a.letters, b.letters, strict=True)):
        short, long = sorted((len(first), len(second)))
        most = long // 10 if at and len(a.parts) != len(b.parts) else 0
        if short < 5 or long - short > most:
            continue
        for text, value in ((second, words["whole"]), (second[::-1], words["reversed"])):
            apart = OSA.distance(first, text, score_cutoff=most)
            if apart > most:
                continue
            score = value - apart * words["edit"] // long
            if not best or score > best[0].points:
                best = (Point("all letters run together", first, second, score),)
                if at:
                    best += tuple(_forms(a.parts, b.parts, likeness.weights.names))
                    best += tuple(_generations(a.parts, b.parts, likeness.weights.names))
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
        vague = sum(p.role in (GENERIC, PLACE) for p in words)
        enough = len(letters) >= 4 or (len(letters) == 3 and vague >= 2)
        told = {letters, "".join(p.text[0] for p in second if p.role not in (TITLE, PARTICLE))}
        if len(telling) == 1 and enough and telling[0].text in told:
            texts = (telling[0].text, _said(second, range(len(second))))
            return (Point("first letters", *(texts if ours else texts[::-1]), value),)
    return ()
