# SPDX-License-Identifier: Apache-2.0
"""Owners of owners, as far as the house knows them: an owner that is a participant has its own.

What a firm's verdict follows through its owners is a graph over all of them: who is confirmed to be
on a list counts by the 50 % rule, in whichever layer; an alert that nobody decided yet, or a record
that cannot be compared, is doubt, and holds where the rule would reach the firm if it were right.
Numbers of firms and of records stand in reasons, never names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, cast

from skontro.gate.names import faults_of, name_of
from skontro.gate.outcome import HELD, REFUSED, Reason, reason
from skontro.gate.ownership import (
    WHOLE,
    HeldByOwners,
    Holding,
    Ownership,
    held_by_owners,
    holdings_of,
)
from skontro.house.firms import Owner

FIRM = "firm"
"""What an alert is about if it is about the party itself."""

HeldBy = Callable[[Ownership, Sequence[str]], Mapping[str, HeldByOwners]]
"""Rules of ownership: from who holds what and who is listed to who is held by it."""


class KnownFirm(NamedTuple):
    """A participant, as owners are looked up among them: number, name and country."""

    number: int
    name: str
    country: str


@dataclass(frozen=True)
class Standing:
    """What is known of a participant that owns a part of a firm, directly or through others.

    Attributes:
        owners: Its owners, each with what alerts call it.
        listed: Which of them, or ``firm`` for itself, are confirmed to be on a list.
        doubted: Which may be: an alert waits, or something cannot be compared.
    """

    owners: Sequence[tuple[str, Owner]] = ()
    listed: Sequence[str] = ()
    doubted: Sequence[str] = ()


@dataclass(frozen=True)
class Above:
    """The participants above a firm, through all layers.

    Attributes:
        number: The firm.
        links: Which participants each owner is, of all firms: by what alerts call the owner.
        firms: What is known of each participant above it.
    """

    number: int
    links: Mapping[str, Sequence[int]] = field(default_factory=dict)
    firms: Mapping[int, Standing] = field(default_factory=dict)


@lru_cache(maxsize=1 << 18)
def name_key(text: str) -> str:
    """Return what two ways to write one firm's name have in common; empty where nothing is sure.

    Legal forms are left out; nothing else is, so that what is alike but not the same stays apart.
    Remembered: whoever has owners that are firms is looked for among all participants' names.

    Example:
        >>> name_key("Alder Pharma B.V.") == name_key("ALDER  PHARMA"), name_key("Alder Farma")
        (True, 'alderfarma')
    """
    return "" if faults_of(text) else name_of(text).parts(False).letters[1]


def links_of(
    owners: Iterable[tuple[str, Owner]],
    named: Mapping[str, Sequence[KnownFirm]],
    by_id: Mapping[str, int],
) -> dict[str, list[int]]:
    """Return which participants owners are: those they are said to be, or those of their name.

    A person is none; nor is who is of another country than the participant of the same name.

    Args:
        owners: Each with what alerts call it.
        named: Participants by :func:`name_key`.
        by_id: Numbers of participants by their ids.

    Example:
        >>> named = {"alder": [KnownFirm(3, "Alder", "NL")]}
        >>> links_of([("owner 7", Owner("Alder B.V.")), ("owner 8", Owner("Alder", country="IN"))],
        ...          named, {})
        {'owner 7': [3]}
    """
    found = dict[str, list[int]]()
    for about, owner in owners:
        if owner.participant:
            if owner.participant in by_id:
                found[about] = [by_id[owner.participant]]
            continue
        if owner.kind == "person":
            continue
        same = [
            one.number for one in named.get(name_key(owner.name), ())
            if not (owner.country and one.country and owner.country != one.country)
        ]  # fmt: skip
        if same:
            found[about] = sorted(same)
    return found


def by_name(firms: Iterable[KnownFirm]) -> dict[str, list[KnownFirm]]:
    """Return participants by :func:`name_key`."""
    found = dict[str, list[KnownFirm]]()
    for one in firms:
        key = name_key(one.name)
        if key:
            found.setdefault(key, []).append(one)
    return found


def reached_from(numbers: Iterable[int], next_of: Mapping[int, Iterable[int]]) -> list[int]:
    """Return every number that some lead to, step by step, sorted; round trips end.

    Example:
        >>> reached_from([1], {1: [2], 2: [3], 3: [2]})
        [2, 3]
    """
    found, waiting = set[int](), list(numbers)
    while waiting:
        for number in next_of.get(waiting.pop(), ()):
            if number not in found:
                found.add(number)
                waiting.append(number)
    return sorted(found)


def by_owners(
    owners: Sequence[tuple[str, Owner]],
    listed: Sequence[str],
    above: Above | None = None,
    held_by: HeldBy = held_by_owners,
) -> tuple[str, tuple[Reason, ...]] | None:
    """Return outcome and reasons of a party by who owns it, or None if that holds nothing.

    Args:
        owners: Its owners, each with what alerts call it.
        listed: Which are confirmed to be on a list.
        above: The participants above it.
        held_by: The rules of ownership.

    Example:
        >>> above = Above(1, {"owner 5": [2]}, {2: Standing([("owner 9", Owner("X", "50"))],
        ...                                                 ["owner 9"])})
        >>> found = by_owners([("owner 5", Owner("H", "60"))], [], above)
        >>> found[0], found[1][0]["path"][::2]
        ('refused', ['owner 9 owns 1/2 of party 2', 'party 2 owns 3/5 of firm'])
    """
    graph, nodes = _graph(owners, above)
    sure = {nodes.get(about, about) for about in listed}
    doubted = set[str]()
    for number, one in {} if above is None else above.firms.items():
        here = f"party {number}"
        sure |= {here if about == FIRM else nodes.get(about, about) for about in one.listed}
        doubted |= {here if about == FIRM else nodes.get(about, about) for about in one.doubted}
    found = held_by(graph, sorted(sure - {FIRM})).get(FIRM)
    if found is None and doubted - sure - {FIRM}:
        return _in_doubt(held_by(graph, sorted((sure | doubted) - {FIRM})).get(FIRM))
    return None if found is None else (REFUSED if found.sure else HELD, found.reasons)


def _in_doubt(found: HeldByOwners | None) -> tuple[str, tuple[Reason, ...]] | None:
    """Return how a party is held by owners of which nobody has decided yet whether they are
    listed."""
    if found is None:
        return None
    (why,) = found.reasons
    listed = [str(one) for one in cast("list[object]", why["listed"])]
    said = {name: what for name, what in why.items() if name not in ("code", "text")}
    text = (
        "owners of whom nobody has decided yet whether they are listed "
        f"({', '.join(listed)}) own, or may own, this party or those above it"
    )
    return HELD, (reason("OwnersInDoubt", text, **said),)


def _graph(
    owners: Sequence[tuple[str, Owner]], above: Above | None
) -> tuple[Ownership, dict[str, str]]:
    """Return who holds what, and the party that stands for each owner that is a participant."""
    every: dict[str, Sequence[tuple[str, Owner]]] = {FIRM: owners}
    links: Mapping[str, Sequence[int]] = {}
    number = 0
    if above is not None:
        every |= {f"party {at}": one.owners for at, one in above.firms.items()}
        links, number = above.links, above.number
    node_of = {
        about: [FIRM if at == number else f"party {at}" for at in links[about]]
        for own in every.values() for about, _ in own if about in links
    }  # fmt: skip
    nodes = {about: found[0] for about, found in node_of.items() if len(found) == 1}
    holdings, ends = list[Holding](), set[str]()
    open_ended = set[str]()
    for firm, own in every.items():
        theirs, last = holdings_of(firm, own)
        holdings += [
            Holding(nodes.get(one.owner, one.owner), nodes.get(one.owned, one.owned),
                    one.least, one.most, one.controls)
            for one in theirs
        ]  # fmt: skip
        ends.update(nodes.get(about, about) for about in last)
        open_ended.update(nodes.get(about, about) for about, _ in own if about not in last)
    for about, found in node_of.items():
        if len(found) > 1:
            # Several participants have the name: each may be the owner.
            holdings += [Holding(one, about, Fraction(0), WHOLE) for one in found]
            ends.update(one for one in found if not every.get(one))
    ends -= {node for node in ends if every.get(node) or node in open_ended}
    return Ownership(holdings, ends=ends), nodes
