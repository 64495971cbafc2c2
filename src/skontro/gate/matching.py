# SPDX-License-Identifier: Apache-2.0
"""Comparing parties with lists: every score is a sum of points that a person can read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .entries import ListEntry, Subject
from .names import FORM, GENERIC, Word, clean, faults_of, parts_of
from .pairs import Likeness, Point, compare_names
from .weights import SCALE, Weights, built_in_weights
from .words import known_words

MATCHER_VERSION = "names/1"
"""Changes whenever a score can."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entry of a list that a subject may be.

    Attributes:
        list_id: Number of the list.
        position: Where the entry stands in it, from 1.
        reference: The list's own id of it.
        score: Sum of the points: from nought to a thousand.
        points: What counted for and against.
    """

    list_id: int
    position: int
    reference: str
    score: int
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Screened:
    """What screening a subject found.

    Attributes:
        faults: Why the subject cannot be compared as it stands; it is then held.
        matches: Entries at or above the threshold, the best first.
    """

    faults: tuple[str, ...]
    matches: tuple[Match, ...]


def version_of(weights: Weights) -> str:
    """Return everything that a score depends on, but for the parties.

    Example:
        >>> version_of(built_in_weights()).startswith("names/")
        True
    """
    return (
        f"{MATCHER_VERSION} {known_words().version} {weights.version} "
        f"unicode/{unicodedata.unidata_version}"
    )


def _is_person(ours: str, theirs: str, words: Iterable[tuple[Word, ...]]) -> bool:
    kinds = {ours, theirs}
    if kinds & {"organisation", "vessel", "aircraft"}:
        return False
    if "person" in kinds:
        return True
    return not any(
        part.role in (FORM, GENERIC) for name in words for part in parts_of(name, False)
    )


def _evidence(subject: Subject, entry: ListEntry, weights: Weights) -> list[Point]:
    """Return what dates, countries and kinds count for and against."""
    sizes = weights.evidence
    points = list[Point]()
    if "unknown" not in (subject.kind, entry.kind) and subject.kind != entry.kind:
        points.append(Point("kinds differ", subject.kind, entry.kind, -sizes["kind_differs"]))
    if subject.dates and entry.dates:
        points.append(_date_point(subject.dates, entry.dates, sizes))
    if subject.countries and entry.countries:
        ours, theirs = ", ".join(subject.countries), ", ".join(entry.countries)
        if set(subject.countries) & set(entry.countries):
            points.append(Point("a country is the same", ours, theirs, sizes["country_same"]))
        else:
            points.append(Point("countries differ", ours, theirs, -sizes["country_differs"]))
    return points


def _date_point(ours: Sequence[str], theirs: Sequence[str], sizes: Mapping[str, int]) -> Point:
    texts = ", ".join(ours), ", ".join(theirs)
    if any(len(a) == 10 and a == b for a in ours for b in theirs):
        return Point("a date is the same", *texts, sizes["date_same"])
    if any(a[: len(b)] == b[: len(a)] for a in ours for b in theirs):
        return Point("a date agrees", *texts, sizes["year_same"])
    return Point("dates differ", *texts, -sizes["date_differs"])


def _identifiers(subject: Subject, entry: ListEntry) -> list[Point]:
    for ours in subject.identifiers:
        for theirs in entry.identifiers:
            kinds = {ours.kind, theirs.kind}
            if plain(ours.value) != plain(theirs.value) or not plain(ours.value):
                continue
            if len(kinds) == 1 or "other" in kinds:
                return [Point(f"the same {ours.kind}", ours.value, theirs.value, SCALE)]
    return []


def plain(value: str) -> str:
    """Return an identifier as it is compared: letters and digits alone, in capitals."""
    text = unicodedata.normalize("NFKC", value).upper()
    return "".join(mark for mark in text if mark.isalnum())


def _bounded(points: Sequence[Point]) -> tuple[int, tuple[Point, ...]]:
    """Keep a sum between nought and the scale; what is cut is a point as well."""
    total = sum(point.points for point in points)
    kept = list(points)
    if total > SCALE:
        kept.append(Point("no more than the whole scale", "", "", SCALE - total))
    elif total < 0:
        kept.append(Point("no less than nought", "", "", -total))
    return sum(point.points for point in kept), tuple(kept)


def _compare(
    subject: Subject, entry: ListEntry, likeness: Likeness, list_id: int, position: int
) -> Match:
    weights = likeness.weights
    same = _identifiers(subject, entry)
    best: tuple[Point, ...] = ()
    best_total = -SCALE
    for ours in subject.names:
        for theirs in entry.names:
            first, second = clean(ours), clean(theirs.text)
            person = _is_person(subject.kind, entry.kind, (first, second))
            found = compare_names(first, second, person, likeness)
            if found and theirs.quality == "weak":
                found += (Point("the list calls the name weak", "", "", -weights.names["weak"]),)
            total = sum(point.points for point in found)
            if total > best_total:
                best, best_total = found, total
    points = [*same] if same else [*best]
    if best or same:
        points += _evidence(subject, entry, weights)
    score, kept = _bounded(points)
    return Match(list_id, position, entry.reference, score, kept)


def compare(
    subject: Subject, entry: ListEntry, weights: Weights | None = None, *,
    list_id: int = 0, position: int = 0,
) -> Match:  # fmt: skip
    """Compare one subject with one entry, whatever the score.

    Example:
        >>> from skontro.gate.entries import ListedName
        >>> entry = ListEntry("7", "organisation", (ListedName("Old Oak Trading Ltd"),))
        >>> compare(Subject("organisation", ("Oak Trading, Old LLC",)), entry).score > 900
        True
    """
    return _compare(subject, entry, Likeness(weights or built_in_weights()), list_id, position)


class Matcher:
    """Lists, indexed, and the way to compare parties with them."""

    def __init__(
        self, lists: Mapping[int, Sequence[ListEntry]], weights: Weights | None = None
    ) -> None:
        self.weights = weights or built_in_weights()
        self.version = version_of(self.weights)
        self._likeness = Likeness(self.weights)
        self._entries = [
            (number, position, entry)
            for number in sorted(lists)
            for position, entry in enumerate(lists[number], 1)
        ]

    def screen(self, subject: Subject) -> Screened:
        """Compare a subject with everything on the lists."""
        faults = tuple(dict.fromkeys(f for name in subject.names for f in faults_of(name)))
        if not subject.names:
            faults = ("no name to compare",)
        found = [
            _compare(subject, entry, self._likeness, number, position)
            for number, position, entry in self._entries
        ]
        matches = [match for match in found if match.score >= self.weights.threshold]
        matches.sort(key=lambda match: (-match.score, match.list_id, match.position))
        return Screened(faults, tuple(matches))

    def screen_many(
        self, subjects: Iterable[Subject], *, processes: int = 1
    ) -> list[Screened]:
        """Screen many subjects; the same as one after the other."""
        return [self.screen(subject) for subject in subjects]
