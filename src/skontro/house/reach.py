# SPDX-License-Identifier: Apache-2.0
"""How far a unit of work reaches: what the database's row security lets it see and write.

It follows from the roles somebody has, on a way of its own: not from the scopes that the flows
ask for, so that where those are forgotten or wrong the database still holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from skontro.house.roles import Actor

WORDS = {
    "firms": "rows of the firms it names: to see and to write",
    "sides": "rows of the firms of the sides it names, and of their accounts: to see",
    "look": "all rows of the house but those of compliance: to see",
    "house": "all rows of the house but those of compliance: to see and to write",
    "gate": "lists, packs, verdicts, cases, licences, customs: to see and to write",
    "office": "people, their roles and keys, acts, the audit log",
    "door": "logins, sessions, keys: to find out who comes in",
    "whole": "what is of no person but the house: requests that had their effect",
}
"""What a reach is made of; what each wall lets through stands in store/walls.py."""

_OF_ROLE = {
    "operator": ("house",),
    "treasurer": ("house",),
    "compliance_maker": ("house", "gate"),
    "compliance_checker": ("house", "gate"),
    "participant_clerk": ("firms",),
    "participant_signatory": ("firms",),
    "admin": ("office",),
}


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a unit of work reaches.

    Attributes:
        words: Some of :data:`WORDS`; none: it sees nothing.
        firms: Ids of the firms it is for.
        sides: Ids of the sides it may look at.
        caller: Person or key behind it; empty: nobody who is known.
    """

    words: frozenset[str] = frozenset()
    firms: tuple[str, ...] = ()
    sides: tuple[str, ...] = ()
    caller: str = ""

    def with_words(self, *words: str) -> Reach:
        """Return the same reach, and what these words add to it."""
        return replace(self, words=self.words | set(words))

    def settings(self) -> list[str]:
        """Return what the database is told: words, firms, sides and caller, each a text.

        Example:
            >>> Reach(frozenset({"firms"}), ("A1",), (), "C1").settings()
            ['firms', 'A1', '', 'C1']
        """
        return [",".join(sorted(self.words)), "\n".join(self.firms), "\n".join(self.sides),
                self.caller]  # fmt: skip


NOTHING = Reach()
"""Of whoever is not known: no row."""

WHOLE = Reach(frozenset(WORDS) - {"firms", "sides"})
"""Of the house's own work: runs, the gate, settlement, the command line."""


def reach_of(actor: Actor) -> Reach:
    """Return how far somebody reaches by their roles.

    Example:
        >>> from skontro.house.roles import Grant
        >>> clerk = reach_of(Actor("C1", (Grant("participant_clerk", "A1"),)))
        >>> sorted(clerk.words), clerk.firms
        (['firms'], ('A1',))
        >>> sorted(reach_of(Actor("X1", (Grant("auditor"),))).words)
        ['look', 'office']
        >>> sorted(reach_of(Actor("N1")).words)
        []
    """
    words = set[str]()
    for one in actor.grants:
        if one.role == "auditor":
            words |= {"sides"} if one.sides else {"look", "office"}
        else:
            words.update(_OF_ROLE[one.role])
    return Reach(
        frozenset(words),
        tuple(sorted({one.firm for one in actor.grants if one.firm})),
        tuple(sorted({side for one in actor.grants for side in one.sides})),
        actor.id,
    )


def joined(reaches: Sequence[Reach]) -> Reach:
    """Return how far several reach that are looked for together; of nobody, if callers differ.

    Example:
        >>> two = joined([Reach(frozenset({"firms"}), (one,), (), one) for one in ("B1", "A1")])
        >>> two.settings()
        ['firms', 'A1\\nB1', '', '']
    """
    callers = {one.caller for one in reaches}
    return Reach(
        frozenset(word for one in reaches for word in one.words),
        tuple(sorted({firm for one in reaches for firm in one.firms})),
        tuple(sorted({side for one in reaches for side in one.sides})),
        callers.pop() if len(callers) == 1 else "",
    )
