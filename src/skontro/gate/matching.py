# SPDX-License-Identifier: Apache-2.0
"""Comparing parties with lists: every score is a sum of points that a person can read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from .bar import usable
from .candidates import Index, Losses
from .comparing import (
    MATCHER_VERSION,
    compare,
    compare_with,
    identifier_key,
    is_person,
    plain,
    same_identifier,
    version_of,
)  # fmt: skip
from .entries import ListEntry, Subject
from .many import PIECE, Touches, share
from .names import Name, faults_of, name_of, names_in
from .pairs import Likeness, Point, compare_names
from .screened import CLEAR, Match, Screened
from .weights import Weights, built_in_weights

__all__ = [
    "MATCHER_VERSION", "Match", "Matcher", "Point", "Screened", "compare",
    "plain", "same_identifier", "version_of",
]  # fmt: skip


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
        """Index the entries of lists by number.

        Raises:
            Rejected: The weights miss the built-in bar.
        """
        self.weights = usable(built_in_weights() if weights is None else weights)
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
            for text in (text for name in entry.names for text in names_in(name.text)):
                cleaned = name_of(text)
                if cleaned.words:
                    names.append((cleaned, is_person(entry.kind, entry.kind, (cleaned,))))
                    owners.append(at)
            for identifier in entry.identifiers:
                value = identifier_key(identifier)
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
            match = compare_with(subject, entry, self._likeness, number, position)
            if match.score >= self.weights.threshold:
                found.append(match)
        found.sort(key=lambda match: (-match.score, match.list_id, match.position))
        return tuple(found)

    def _reached(self, subject: Subject) -> list[int]:
        """Return the entries that reach the threshold by a name or an identifier, in order."""
        least = self._least(subject)
        entries = dict[int, None]()
        for text in (text for name in subject.names for text in names_in(name)):
            name = name_of(text)
            for number in self._candidates(name, subject.kind, least):
                at, theirs = self._owners[number], self._names[number]
                if at in entries:
                    continue
                person = is_person(subject.kind, self._entries[at][2].kind, (name, theirs))
                points = compare_names(name, theirs, person, self._likeness)
                if sum(point.points for point in points) >= least:
                    entries[at] = None
        for identifier in subject.identifiers:
            entries |= dict.fromkeys(self._identified.get(identifier_key(identifier), ()))
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
        if subject.names and not self._may_be_listed(subject):
            return CLEAR
        found = self.screen(subject)
        return found if found.faults or found.matches else CLEAR

    def is_quiet(self, name: str, numbers: Iterable[str]) -> bool:
        """Tell, with very little work, that a firm of this name and these numbers is on no list.

        Args:
            name: Its name.
            numbers: LEI, numbers for tax and in registers: as they are written.
        """
        if self._touches is None:
            self._touches = Touches(self._index, self._losses)
        known = self._identified
        return self._touches.is_quiet(name) and not (
            known and any(plain(number) in known for number in numbers)
        )

    def _may_be_listed(self, subject: Subject) -> bool:
        """Tell whether a subject has to be looked at; when in doubt it has."""
        for identifier in subject.identifiers if self._identified else ():
            if identifier_key(identifier) in self._identified:
                return True
        touches, least = self._touches, self._least(subject)
        if touches is None:
            return True
        for name in subject.names:
            if faults_of(name):
                return True
            for text in names_in(name):
                if touches.touches(text, subject.kind, least):
                    return True
        return False
