# SPDX-License-Identifier: Apache-2.0
"""What screening finds."""

from __future__ import annotations

from dataclasses import dataclass

from .pairs import Point


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


CLEAR = Screened((), ())
