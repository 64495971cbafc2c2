# SPDX-License-Identifier: Apache-2.0
"""What a part of the gate says: released, held or refused, and why; of one, or of many at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from skontro.core.digest import canonical_json

RELEASED, HELD, REFUSED = "released", "held", "refused"
OUTCOMES = (RELEASED, HELD, REFUSED)
"""From the mildest to the strictest; columns hold places in it."""

Reason = dict[str, object]
"""Why: ``code``, one word, and ``text``, a sentence; further keys name what it is about."""

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


def reason(code: str, text: str, **about: object) -> Reason:
    """Return a reason; what is empty is left out.

    Args:
        code: One word, stable between releases.
        text: A sentence for people.
        about: What it is about: plain values or lists of them.

    Example:
        >>> reason("NoCode", "a line has no code", side="A", rule="")
        {'code': 'NoCode', 'text': 'a line has no code', 'side': 'A'}
    """
    kept = {name: value for name, value in about.items() if value not in ("", None, (), [])}
    return {"code": code, "text": text, **kept}


def in_order(reasons: Iterable[Reason]) -> tuple[Reason, ...]:
    """Return reasons in their one order, each once.

    Example:
        >>> in_order([{"code": "b"}, {"code": "a"}, {"code": "b"}])
        ({'code': 'a'}, {'code': 'b'})
    """
    by_text = {canonical_json(one): one for one in reasons}
    return tuple(by_text[text] for text in sorted(by_text))


@dataclass(frozen=True)
class Judged:
    """What is said of one.

    Attributes:
        outcome: One of :data:`OUTCOMES`.
        reasons: Why, in their one order; empty where it is released.
    """

    outcome: str = RELEASED
    reasons: tuple[Reason, ...] = ()


def judged(held: Iterable[Reason] = (), refused: Iterable[Reason] = ()) -> Judged:
    """Return what reasons come to: any that refuses refuses, any other holds.

    Example:
        >>> judged([reason("NoCode", "a line has no code")]).outcome, judged().outcome
        ('held', 'released')
    """
    held, refused = list(held), list(refused)
    outcome = REFUSED if refused else HELD if held else RELEASED
    return Judged(outcome, in_order([*held, *refused]))


def strictest(parts: Iterable[Judged]) -> Judged:
    """Return the strictest of what several parts say, with the reasons of all.

    Example:
        >>> strictest([Judged(), judged([reason("NoCode", "none")])]).outcome
        'held'
    """
    parts = list(parts)
    place = max((OUTCOMES.index(one.outcome) for one in parts), default=0)
    return Judged(OUTCOMES[place], in_order(why for one in parts for why in one.reasons))


def of_lines(why: Reason, lines: Sequence[int]) -> Reason:
    """Return a reason that names the lines of its obligation it is about.

    Args:
        why: The reason.
        lines: Numbers of the lines; where there are none, nothing is named.

    Example:
        >>> of_lines(reason("NoCode", "there is no code"), [2, 3])["text"]
        'lines 2, 3: there is no code'
    """
    if not lines:
        return why
    which = ", ".join(map(str, lines))
    text = f"line{'s' if len(lines) > 1 else ''} {which}: {why['text']}"
    return {**why, "text": text, "lines": list(lines)}


@dataclass(frozen=True)
class JudgedMany:
    """What is said of many; equal reasons are kept once.

    Attributes:
        outcome: Place in :data:`OUTCOMES` of each, shape (m,).
        why: Place in ``reasons`` of each, shape (m,).
        reasons: Reasons; the first are none.
    """

    outcome: NDArray[np.int8]
    why: Int32
    reasons: list[tuple[Reason, ...]] = field(default_factory=lambda: [()])

    def __len__(self) -> int:
        return len(self.outcome)

    def at(self, place: int) -> Judged:
        """Return what is said of one of them."""
        return Judged(OUTCOMES[self.outcome[place]], self.reasons[self.why[place]])

    @property
    def released(self) -> NDArray[np.bool_]:
        """Which are released, shape (m,)."""
        return np.asarray(self.outcome == 0, np.bool_)

    def texts(self) -> list[str]:
        """Return ``reasons`` as verdicts keep them: canonical JSON, one text each."""
        return [canonical_json(list(one)).decode() for one in self.reasons]

    def but(self, rows: NDArray[np.bool_], other: JudgedMany) -> JudgedMany:
        """Return the same, but for some rows of which something else is said, and only that.

        Args:
            rows: Which, shape (m,).
            other: What is said instead, m rows.

        Example:
            >>> one = JudgedMany.gathered(np.zeros(2, int), [judged([reason("A", "a")])])
            >>> two = JudgedMany.gathered(np.zeros(2, int), [judged([reason("B", "b")])])
            >>> found = one.but(np.array([True, False]), two)
            >>> [found.at(place).reasons[0]["code"] for place in (0, 1)]
            ['B', 'A']
        """
        why = np.where(rows, other.why + len(self.reasons), self.why).astype(np.int32)
        outcome = np.where(rows, other.outcome, self.outcome).astype(np.int8)
        return JudgedMany(outcome, why, [*self.reasons, *other.reasons])

    @classmethod
    def released_all(cls, count: int) -> JudgedMany:
        """Return what is said where nothing is said against any of them.

        Args:
            count: How many they are.
        """
        return cls(np.zeros(count, np.int8), np.zeros(count, np.int32))

    @classmethod
    def gathered(cls, which: Int64, distinct: Sequence[Judged]) -> JudgedMany:
        """Return what is said of many that fall into a few cases.

        Args:
            which: The case of each, shape (m,).
            distinct: What is said of each case.

        Example:
            >>> case = [Judged(), judged([reason("NoCode", "none")])]
            >>> JudgedMany.gathered(np.array([1, 0, 1]), case).outcome.tolist()
            [1, 0, 1]
        """
        reasons = Interned()
        whys = np.array([reasons.add(one.reasons) for one in distinct], np.int32)
        outcomes = np.array([OUTCOMES.index(one.outcome) for one in distinct], np.int8)
        if not len(distinct):
            return cls.released_all(len(which))
        return cls(outcomes[which], whys[which], reasons.all)


class Interned:
    """Reasons kept once each, the empty ones first."""

    def __init__(self) -> None:
        self.all: list[tuple[Reason, ...]] = [()]
        self._places = {b"[]": 0}

    def add(self, reasons: tuple[Reason, ...]) -> int:
        """Return the place of reasons."""
        text = canonical_json(list(reasons))
        if text not in self._places:
            self._places[text] = len(self.all)
            self.all.append(reasons)
        return self._places[text]


def all_together(*parts: JudgedMany) -> JudgedMany:
    """Return the strictest of what several parts say of the same many, with the reasons of all.

    Args:
        parts: One or more, of equal length.

    Example:
        >>> one = JudgedMany.gathered(np.array([1, 0]), [Judged(), judged([reason("A", "a")])])
        >>> two = JudgedMany.gathered(np.array([1, 0]), [Judged(), judged([reason("B", "b")])])
        >>> [why["code"] for why in all_together(one, two).at(0).reasons]
        ['A', 'B']
    """
    first, *rest = parts
    for other in rest:
        first = _two_together(first, other)
    return first


def _two_together(one: JudgedMany, two: JudgedMany) -> JudgedMany:
    outcome = np.maximum(one.outcome, two.outcome)
    why = np.zeros(len(one), np.int32)
    rows = np.flatnonzero((one.why != 0) | (two.why != 0))
    wide = len(two.reasons)
    pairs, which = np.unique(
        one.why[rows].astype(np.int64) * wide + two.why[rows], return_inverse=True
    )
    reasons = Interned()
    places = [
        reasons.add(in_order([*one.reasons[pair // wide], *two.reasons[pair % wide]]))
        for pair in pairs.tolist()
    ]
    why[rows] = np.array(places, np.int32)[which]
    return JudgedMany(outcome, why, reasons.all)
