# SPDX-License-Identifier: Apache-2.0
"""What must hold before a list comes into force, and which lists must be: floors in code.

No setting, role or file lowers them. A rule of the house can only be stricter.
"""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from skontro.gate.lists.source import ListRefused, refuse

ALWAYS = "un"
"""The list of the United Nations holds in every house, whatever its sides name."""

MOST_SMALLER = Fraction(1, 10)
"""A list that lost a larger share comes into force by two people alone."""

LEAST_LEFT = Fraction(1, 2)
"""By nobody's word does the list of the United Nations fall below this share of what it was."""

LEAST_ENTRIES = {"un": 500, "ofac": 3000, "eu": 1000, "uk": 1000}
"""A published list with fewer entries is not the list: each has about twice as many or more."""

_FEW = 5
_CAN_END_ANYWHERE = ("eu-csv", "uk-csv", "opensanctions-nested", "opensanctions-simple")


@dataclass(frozen=True)
class Standing:
    """A list as it is in force.

    Attributes:
        name: Which list.
        dated: The time it is of.
        counts: Entries, names and identifiers it has.
        most: The most entries it ever had in this house.
        references: Of its entries, in order; may be left empty.
    """

    name: str
    dated: datetime.datetime
    counts: Mapping[str, int]
    most: int
    references: Sequence[str] = ()


@dataclass(frozen=True)
class Newcomer:
    """A list that is to come into force.

    Attributes:
        name: Which list.
        format: What its file is.
        dated: The time it is of.
        counts: Entries, names and identifiers it has.
        references: Of its entries, in order.
        invented: Whether it is a demonstration's.
    """

    name: str
    format: str
    dated: datetime.datetime
    counts: Mapping[str, int]
    references: Sequence[str]
    invented: bool = False


def check_newcomer(
    new: Newcomer,
    now: datetime.datetime,
    standing: Standing | None,
    *,
    share: Fraction = MOST_SMALLER,
    by_two: bool = False,
) -> None:
    """Refuse a list that may not come into force.

    Args:
        new: The list.
        now: The time.
        standing: The one in force, if there is one.
        share: The share it may have lost; one above :data:`MOST_SMALLER` counts as that.
        by_two: Whether two people approved exactly this list.

    Raises:
        ListRefused: ``ListDate`` (of the future), ``ListOlder``, ``ListSmaller`` (two people may
            let it in) or ``ListFloor`` (nobody may).
    """
    if new.dated > now + datetime.timedelta(days=1):
        raise refuse("ListDate", f"it is of {new.dated.date()}, which is yet to come",
                     "give the day its authority published it")  # fmt: skip
    least = 1 if new.invented else LEAST_ENTRIES.get(new.name, 1)
    if new.counts["entries"] < least:
        raise refuse("ListFloor", f"{new.name} has {new.counts['entries']} entries, and never "
                     f"fewer than {least}")  # fmt: skip
    if standing is None:
        return
    if new.dated < standing.dated:
        raise refuse("ListOlder", f"it is of {new.dated.date()}, older than the one in force, "
                     f"of {standing.dated.date()}", "import the newest one")  # fmt: skip
    if new.name == ALWAYS and new.counts["entries"] < LEAST_LEFT * standing.most:
        raise refuse("ListFloor", f"{new.name} has {new.counts['entries']} entries and had "
                     f"{standing.most}: by nobody's word")  # fmt: skip
    if not by_two:
        _check_smaller(new, standing, min(share, MOST_SMALLER))


def _check_smaller(new: Newcomer, standing: Standing, share: Fraction) -> None:
    step = ("see that the file is whole; if it is, two people let it in: skontro gate lists "
            "propose")  # fmt: skip
    for what, before in standing.counts.items():
        lost = before - new.counts[what]
        if lost > share * before and (what == "entries" or lost > _FEW):
            raise refuse("ListSmaller", f"{new.name} has {new.counts[what]} {what} and had "
                         f"{before}: more than {share} are gone", step)  # fmt: skip
    if new.format in _CAN_END_ANYWHERE and _ends_early(new.references, standing.references):
        raise refuse("ListSmaller", f"{new.name} ends where the one in force goes on, and has "
                     "nothing new: it looks cut off", step)  # fmt: skip


def _ends_early(new: Sequence[str], old: Sequence[str]) -> bool:
    """Tell whether a list is an older one without its end: what a cut between rows leaves."""
    return len(new) < len(old) and list(old[: len(new)]) == list(new)


def missing_lists(in_force: Collection[str], required: Collection[str]) -> list[str]:
    """Return the lists that must be in force and are not, sorted.

    Args:
        in_force: Names of the lists in force.
        required: Names of the lists the sides' laws name; that of the United Nations is always
            among them.

    Example:
        >>> missing_lists(["eu"], ["eu", "uk"])
        ['uk', 'un']
        >>> missing_lists(["un", "own:watch"], [])
        []
    """
    return sorted({ALWAYS, *required} - set(in_force))


__all__ = [
    "ALWAYS", "LEAST_ENTRIES", "LEAST_LEFT", "MOST_SMALLER", "ListRefused", "Newcomer",
    "Standing", "check_newcomer", "missing_lists",
]  # fmt: skip
