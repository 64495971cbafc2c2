# SPDX-License-Identifier: Apache-2.0
"""Comparing parties with lists: every score is a sum of points that a person can read."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from .candidates import Index, Losses
from .entries import ListEntry, Subject
from .many import PIECE, Touches, share
from .names import FORM, GENERIC, Name, faults_of, name_of
from .pairs import Likeness, Point, compare_names
from .screened import CLEAR, Match, Screened
from .weights import SCALE, Weights, built_in_weights
from .words import known_words

MATCHER_VERSION = "names/1"
"""Changes whenever a score can."""


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


def _is_person(ours: str, theirs: str, names: Iterable[Name]) -> bool:
    kinds = {ours, theirs}
    if kinds & {"organisation", "vessel", "aircraft"}:
        return False
    if "person" in kinds:
        return True
    return not any(
        part.role in (FORM, GENERIC) for name in names for part in name.parts(False).parts
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
            first, second = name_of(ours), name_of(theirs.text)
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
    """Lists, indexed, and the way to compare parties with them.

    Example:
        >>> from skontro.gate.entries import ListedName
        >>> entry = ListEntry("7", "organisation", (ListedName("Old Oak Trading Ltd"),))
        >>> matcher = Matcher({1: [entry]})
        >>> [match.reference for match in matcher.screen(Subject("unknown", ("Old Elm",))).matches]
        []
        >>> found = matcher.screen(Subject("unknown", ("OldOakTrading",))).matches
        >>> [match.reference for match in found]
        ['7']
    """

    def __init__(
        self, lists: Mapping[int, Sequence[ListEntry]], weights: Weights | None = None
    ) -> None:
        """Index the entries of lists by number."""
        self.weights = weights or built_in_weights()
        self.version = version_of(self.weights)
        self._likeness = Likeness(self.weights)
        self._entries = [
            (number, position, entry)
            for number in sorted(lists)
            for position, entry in enumerate(lists[number], 1)
        ]
        names = list[tuple[Name, bool]]()
        owners = list[int]()
        self._identified = dict[str, list[int]]()
        for at, (_, _, entry) in enumerate(self._entries):
            for name in entry.names:
                cleaned = name_of(name.text)
                if cleaned.words:
                    names.append((cleaned, _is_person(entry.kind, entry.kind, (cleaned,))))
                    owners.append(at)
            for identifier in entry.identifiers:
                value = plain(identifier.value)
                if value:
                    self._identified.setdefault(value, []).append(at)
        self._owners = owners
        self._names = [name for name, _ in names]
        self._index = Index(names, self._likeness)
        self._touches: Touches | None = None
        lost = self.weights.names
        self._losses = Losses(
            lost["one_side_person"], lost["one_side_organisation"], lost["both_sides"]
        )

    def screen(self, subject: Subject) -> Screened:
        """Compare a subject with everything on the lists.

        Returns:
            Why it cannot be compared as it stands, and the entries it may be, the best first.
        """
        faults = list[str]()
        for name in subject.names:
            faults += faults_of(name)
        if not subject.names:
            faults.append("no name to compare")
        return Screened(tuple(dict.fromkeys(faults)), self._matches(subject))

    def _matches(self, subject: Subject) -> tuple[Match, ...]:
        found = list[Match]()
        for at in self._reached(subject):
            number, position, entry = self._entries[at]
            match = _compare(subject, entry, self._likeness, number, position)
            if match.score >= self.weights.threshold:
                found.append(match)
        found.sort(key=lambda match: (-match.score, match.list_id, match.position))
        return tuple(found)

    def _reached(self, subject: Subject) -> list[int]:
        """Return the entries that reach the threshold by a name or an identifier, in order."""
        least = self._least(subject)
        entries = dict[int, None]()
        for text in subject.names:
            name = name_of(text)
            for number in self._candidates(name, subject.kind, least):
                at, theirs = self._owners[number], self._names[number]
                if at in entries:
                    continue
                person = _is_person(subject.kind, self._entries[at][2].kind, (name, theirs))
                points = compare_names(name, theirs, person, self._likeness)
                if sum(point.points for point in points) >= least:
                    entries[at] = None
        for identifier in subject.identifiers:
            entries |= dict.fromkeys(self._identified.get(plain(identifier.value), ()))
        return sorted(entries)

    def _least(self, subject: Subject) -> int:
        """Return what names have to reach, so that with all evidence it is an alert."""
        sizes, least = self.weights.evidence, self.weights.threshold
        least -= max(sizes["date_same"], sizes["year_same"]) if subject.dates else 0
        return least - (sizes["country_same"] if subject.countries else 0)

    def _candidates(self, name: Name, kind: str, least: int) -> list[int]:
        """Return the names that can reach a score, in order."""
        if kind == "unknown":
            both = [self._index.candidates(name, p, least, self._losses) for p in (False, True)]
            return sorted({*both[0].tolist(), *both[1].tolist()})
        found = self._index.candidates(name, kind == "person", least, self._losses)
        return cast("list[int]", found.tolist())

    def screen_many(self, subjects: Iterable[Subject], *, processes: int = 1) -> list[Screened]:
        """Screen many subjects; the same as one after the other.

        Args:
            subjects: Whom to screen.
            processes: How many processes share the work.
        """
        whom = list(subjects)
        if processes > 1 and len(whom) > 2 * PIECE:
            return share(self, whom, processes)
        return [self.screen_one(subject) for subject in whom]

    def screen_one(self, subject: Subject) -> Screened:
        """Screen one subject of many: a quick look first spares what nothing is like."""
        if self._touches is None:
            self._touches = Touches(self._index, self._losses)
        if (
            len(subject.names) == 1 and not subject.identifiers
            and not faults_of(subject.names[0])
            and not self._touches.touches(subject.names[0], subject.kind, self._least(subject))
        ):  # fmt: skip
            return CLEAR
        found = self.screen(subject)
        return found if found.faults or found.matches else CLEAR
