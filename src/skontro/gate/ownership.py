# SPDX-License-Identifier: Apache-2.0
"""Owners and shares as a graph: who is held because listed parties own it, and by which path.

The 50 % rule: what listed parties own half of, or more, added up, counts as listed itself, with
its whole share in what it owns in turn. Round trips of ownership begin nowhere: what nobody
listed owns does not become listed by owning itself (the least fixed point). Laws differ: more
than half or half, added up or each for itself, control without shares; each side's rules are data,
all of them apply at each step, and so the stricter wins.

Shares are exact fractions with a lower and an upper bound. With the lower bounds a party is held
for sure (``owned``); where only the upper bounds, or shares nobody has disclosed, would reach the
threshold, there is doubt, and doubt holds (``may be owned``).

For the seat: make holdings of each firm's owners with :func:`holdings_of`, build one
:class:`Ownership` of all of them, ask :func:`held_by_owners` with the ids of the parties that lists
hold, and write the reasons of each party it returns into the verdict. Ids stand in reasons, which
are kept for ever: let them be numbers of firms and records, never names.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from skontro.core.digest import canonical_json
from skontro.core.errors import InvalidRules
from skontro.gate.outcome import Reason, reason
from skontro.house.firms import Owner
from skontro.house.reading import Section, refused

RULES_VERSION = "ownership/1"

NOTHING, WHOLE = Fraction(0), Fraction(1)
MOST_STEPS = 24
"""Steps and parties that a reason shows; a longer one says so."""

_TOO_MUCH = "shares of more than the whole"


@dataclass(frozen=True, slots=True)
class Holding:
    """What one party holds of another.

    Attributes:
        owner: Id of who owns or controls.
        owned: Id of what.
        least: Share it has at least.
        most: Share it has at most; equal to ``least`` where the share is known.
        controls: Whether it controls the other, shares or not.

    Example:
        >>> Holding("O", "P", Fraction(1, 4), Fraction(1, 2)).is_exact
        False
    """

    owner: str
    owned: str
    least: Fraction = NOTHING
    most: Fraction = WHOLE
    controls: bool = False

    def __post_init__(self) -> None:
        if not NOTHING <= self.least <= self.most <= WHOLE:
            raise InvalidRules(
                f"share of {self.owner} in {self.owned}: from {self.least} to {self.most} is none",
                next_step="write a share from nought to the whole",
            )

    @property
    def is_exact(self) -> bool:
        """Whether the share is known."""
        return self.least == self.most


@dataclass(frozen=True, slots=True)
class OwnershipRule:
    """When a party counts as listed because of who owns it.

    Attributes:
        name: Whose rule it is.
        threshold: The share that counts, from over nought to a half: no rule is milder.
        above: Whether the share must be above the threshold, not just reach it.
        adds_up: Whether the shares of all held owners are added up.
        control: Whether control without shares counts too.

    Example:
        >>> HALF_ADDED_UP.reached(Fraction(1, 2)), ABOVE_HALF.reached(Fraction(1, 2))
        (True, False)
    """

    name: str
    threshold: Fraction = Fraction(1, 2)
    above: bool = False
    adds_up: bool = True
    control: bool = False

    def __post_init__(self) -> None:
        if not NOTHING < self.threshold <= Fraction(1, 2):
            raise InvalidRules(
                f"rule {self.name}: the threshold is above nought and at most a half",
                next_step='write "50 %" or less',
            )

    def reached(self, share: Fraction) -> bool:
        """Tell whether a share is enough."""
        return share > self.threshold if self.above else share >= self.threshold

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> OwnershipRule:
        """Read a rule; what is left out is as usual.

        Raises:
            InvalidRules: A value is out of bounds.

        Example:
            >>> OwnershipRule.from_mapping({"name": "East", "threshold": "25 %"}).threshold
            Fraction(1, 4)
        """
        names = ("name", "threshold", "above", "adds_up", "control")
        section = Section(mapping, "ownership", names)
        switches = dict[str, bool]()
        for key, usual in (("above", False), ("adds_up", True), ("control", False)):
            value = section.values.get(key, usual)
            if not isinstance(value, bool):
                raise refused(section.at(key), "it is true or false")
            switches[key] = value
        threshold = section.share("threshold", Fraction(1, 2), most=Fraction(1, 2))
        return cls(section.text("name"), threshold, **switches)

    @property
    def content(self) -> list[object]:
        """The rule as plain values, for digests."""
        return [self.name, str(self.threshold), self.above, self.adds_up, self.control]


HALF_ADDED_UP = OwnershipRule("50 % added up")
"""Half or more, all held owners together: it always applies."""

ABOVE_HALF = OwnershipRule("above 50 % or control", above=True, adds_up=False, control=True)
"""More than half in one hand, or control without shares."""

USUAL = (HALF_ADDED_UP, ABOVE_HALF)


def rules_of(*sides: Sequence[OwnershipRule]) -> tuple[OwnershipRule, ...]:
    """Return the rules that apply between sides: those of all, and the 50 % rule always.

    Example:
        >>> [one.name for one in rules_of([ABOVE_HALF], [ABOVE_HALF])]
        ['50 % added up', 'above 50 % or control']
    """
    found = {HALF_ADDED_UP: None} | {rule: None for side in sides for rule in side}
    return tuple(sorted(found, key=lambda rule: canonical_json(rule.content)))


def rules_digest(rules: Sequence[OwnershipRule]) -> str:
    """Return the SHA-256 of rules, hexadecimal: a verdict names it.

    Example:
        >>> len(rules_digest(USUAL))
        64
    """
    return hashlib.sha256(canonical_json([rule.content for rule in rules])).hexdigest()


def holdings_of(
    firm: str, owners: Sequence[tuple[str, Owner]]
) -> tuple[list[Holding], list[str]]:
    """Return what the owners of a firm hold, and which of them have no owners of their own.

    A share that is not known may be anything. An owner that is an organisation must say who owns
    it; persons, and those of whom nothing is said, end the chain. One that is said to own a part of
    an owner nobody names leaves that to doubt.

    Args:
        firm: Id of the firm.
        owners: Id and what is known of each owner.

    Example:
        >>> from skontro.house.firms import Owner
        >>> holdings, ends = holdings_of(
        ...     "firm 1", [("record 5", Owner("H", "60", "organisation")),
        ...                ("record 6", Owner("P", "100", "person", owns="H"))]
        ... )
        >>> [(one.owner, one.owned, one.least) for one in holdings], ends
        ([('record 5', 'firm 1', Fraction(3, 5)), ('record 6', 'record 5', Fraction(1, 1))], \
['record 6'])
    """
    named = {owner.name: key for key, owner in owners}
    holdings, ends = list[Holding](), list[str]()
    for key, owner in owners:
        owned = named.get(owner.owns, f"an unnamed owner of {firm}") if owner.owns else firm
        share = Fraction(owner.share) / 100 if owner.share else None
        least, most = (NOTHING, WHOLE) if share is None else (share, share)
        holdings.append(Holding(key, owned, least, most))
        if owner.owns and owner.owns not in named:
            holdings.append(Holding(owned, firm))
        if owner.kind != "organisation":
            ends.append(key)
    return holdings, ends


class Ownership:
    """Holdings, as they are looked up.

    Several holdings of one owner in one party are added up.

    Args:
        holdings: Who holds what.
        ends: Ids that have no owners to be disclosed: persons, states, firms held widely. Of
            every other party, what its owners cannot make up, however large their shares may be,
            is undisclosed.
        known: Further ids of parties whose owners must be disclosed, though none is known.

    Example:
        >>> graph = Ownership([Holding("O", "P", Fraction(1, 4), Fraction(1, 4))], ends=["O"])
        >>> graph.undisclosed("P"), graph.undisclosed("O")
        (Fraction(3, 4), Fraction(0, 1))
    """

    def __init__(
        self, holdings: Iterable[Holding], *, ends: Iterable[str] = (), known: Iterable[str] = ()
    ) -> None:
        self.owners = dict[str, dict[str, Holding]]()
        self.owned = dict[str, set[str]]()
        self.ends = frozenset(ends)
        for one in holdings:
            here = self.owners.setdefault(one.owned, {})
            here[one.owner] = _added(here[one.owner], one) if one.owner in here else one
            self.owned.setdefault(one.owner, set()).add(one.owned)
        parties = frozenset(self.owners) | frozenset(self.owned) | frozenset(known)
        self._doubtful = [
            (party, self.undisclosed(party), self.contradicts(party)) for party in parties
        ]

    def holdings(self, party: str) -> list[Holding]:
        """Return who holds a party, in the order of their ids."""
        found = self.owners.get(party, {})
        return [found[owner] for owner in sorted(found)]

    def undisclosed(self, party: str) -> Fraction:
        """Return the share of a party that surely is in hands nobody has named."""
        if party in self.ends:
            return NOTHING
        return max(NOTHING, WHOLE - sum((one.most for one in self.holdings(party)), NOTHING))

    def doubtful(self, threshold: Fraction) -> set[str]:
        """Return the parties that are in doubt whoever is listed.

        Args:
            threshold: Share from which on what nobody has disclosed is enough.
        """
        return {
            party
            for party, hidden, contradicts in self._doubtful
            if contradicts or hidden >= threshold
        }

    def contradicts(self, party: str) -> bool:
        """Tell whether the shares in a party are more than the whole."""
        return sum((one.least for one in self.holdings(party)), NOTHING) > WHOLE


def _added(one: Holding, two: Holding) -> Holding:
    return Holding(
        one.owner, one.owned, min(WHOLE, one.least + two.least), min(WHOLE, one.most + two.most),
        one.controls or two.controls,
    )  # fmt: skip


# ---- who is held -------------------------------------------------------------------------------


@dataclass(frozen=True)
class HeldByOwners:
    """A party that is held because of who owns it.

    Attributes:
        party: Its id.
        sure: Whether it is owned for sure; else it may be.
        reasons: Why, with the path.
    """

    party: str
    sure: bool
    reasons: tuple[Reason, ...]


@dataclass
class _Round:
    """Who came to be held in which round, and why: rule, owners, share that counted."""

    number: dict[str, int] = field(default_factory=dict)
    why: dict[str, tuple[str, tuple[str, ...], Fraction | None]] = field(default_factory=dict)


def held_by_owners(
    graph: Ownership, listed: Iterable[str], rules: Sequence[OwnershipRule] = USUAL
) -> dict[str, HeldByOwners]:
    """Return every party that is held because listed parties own it, or may own it.

    Args:
        graph: Who holds what.
        listed: Ids of the parties that lists hold.
        rules: Which rules apply; the 50 % rule is among them even if it is not given.

    Returns:
        By id, in order; the listed parties themselves are not among them.

    Example:
        >>> half, third = Fraction(1, 2), Fraction(1, 3)
        >>> graph = Ownership(
        ...     [Holding("X", "M", third, third), Holding("Y", "M", third, third),
        ...      Holding("C", "M", third, third), Holding("M", "P", half, half),
        ...      Holding("C", "P", half, half)],
        ...     ends=["X", "Y", "C"],
        ... )
        >>> held = held_by_owners(graph, ["X", "Y"])
        >>> list(held), held["P"].sure, held["P"].reasons[0]["path"]
        (['M', 'P'], True, ['X owns 1/3 of M', 'Y owns 1/3 of M', 'M owns 1/2 of P'])
    """
    start, rules = frozenset(listed), rules_of(rules)
    surely = _closed(graph, start, rules, in_doubt=False)
    perhaps = _closed(graph, start, rules, in_doubt=True)
    found = dict[str, HeldByOwners]()
    for rounds, is_sure in ((perhaps, False), (surely, True)):
        roots = _roots(rounds, start)
        for party in rounds.why:
            if is_sure or party not in surely.number:
                told = _reason(graph, rounds, party, roots[party], is_sure)
                found[party] = HeldByOwners(party, is_sure, (told,))
    return dict(sorted(found.items()))


def _closed(
    graph: Ownership, listed: frozenset[str], rules: Sequence[OwnershipRule], *, in_doubt: bool
) -> _Round:
    """Let who is owned by held parties be held too, round by round, until nobody comes to it.

    A round looks only at who was held before it, so what is found and by which path does not
    depend on any order; and only at parties some owner of which came to be held since.
    """
    held = _Round(number=dict.fromkeys(listed, 0))
    asked = _owned_by(graph, listed)
    if in_doubt:
        asked |= graph.doubtful(min(rule.threshold for rule in rules))
    number = 0
    while asked:
        number += 1
        new = {}
        for party in asked - held.number.keys():
            why = _why(graph, party, held.number, rules, in_doubt=in_doubt)
            if why is not None:
                new[party] = why
        held.number |= dict.fromkeys(new, number)
        held.why |= new
        asked = _owned_by(graph, new)
    return held


def _owned_by(graph: Ownership, parties: Iterable[str]) -> set[str]:
    return {owned for party in parties for owned in graph.owned.get(party, ())}


def _why(
    graph: Ownership,
    party: str,
    held: Mapping[str, int],
    rules: Sequence[OwnershipRule],
    *,
    in_doubt: bool,
) -> tuple[str, tuple[str, ...], Fraction | None] | None:
    """Return the first rule by which a party is held, through which owners, and what share counted;
    None if by none."""
    holdings = graph.holdings(party)
    through = [one for one in holdings if one.owner in held]
    hidden = graph.undisclosed(party) if in_doubt else NOTHING
    if in_doubt and graph.contradicts(party):
        return _TOO_MUCH, tuple(one.owner for one in holdings), None
    for rule in rules:
        if rule.control and any(one.controls for one in through):
            owners = tuple(one.owner for one in through if one.controls)
            return rule.name, owners, None
        shares = _counted(holdings, through, hidden, rule, in_doubt=in_doubt)
        for share, owners in shares:
            if rule.reached(share):
                return rule.name, owners, share
    return None


def _counted(
    holdings: Sequence[Holding],
    through: Sequence[Holding],
    hidden: Fraction,
    rule: OwnershipRule,
    *,
    in_doubt: bool,
) -> list[tuple[Fraction, tuple[str, ...]]]:
    """Return the shares a rule looks at, each with whose they are.

    In doubt a share is as large as it can be: its upper bound, with all that nobody has disclosed,
    but no more than the others leave.
    """
    groups = [list(through)] if rule.adds_up else [[one] for one in through] or [[]]
    found = []
    for group in groups:
        owners = tuple(one.owner for one in group)
        if not in_doubt:
            found.append((sum((one.least for one in group), NOTHING), owners))
            continue
        others = sum((one.least for one in holdings if one.owner not in owners), NOTHING)
        most = sum((one.most for one in group), NOTHING) + hidden
        found.append((max(NOTHING, min(most, WHOLE - others)), owners))
    return found


# ---- the path ----------------------------------------------------------------------------------


def _roots(rounds: _Round, listed: frozenset[str]) -> dict[str, list[str]]:
    """Return for each party which listed ones are behind it: the first few by id."""
    roots = {party: [party] for party in listed}
    for party in rounds.why:
        found = {root for owner in rounds.why[party][1] for root in roots.get(owner, ())}
        roots[party] = sorted(found)[:MOST_STEPS]
    return roots


def _reason(
    graph: Ownership, rounds: _Round, party: str, roots: Sequence[str], is_sure: bool
) -> Reason:
    """Return why a party is held, with the path from those on lists to it."""
    rule, owners, share = rounds.why[party]
    if not is_sure and rule == _TOO_MUCH:
        text = f"the shares in {party} come to more than the whole: who owns it is in doubt"
    else:
        whose = _listed(roots) if roots else "owners whom nobody has named"
        counted = f"{share} of it" if share is not None else "it by control"
        verb = "own" if is_sure else "may own"
        text = f"{whose} {verb} {counted}, directly or through others ({rule})"
    return reason(
        "OwnedByListed" if is_sure else "MayBeOwnedByListed", text, party=party, rule=rule,
        owners=list(owners[:MOST_STEPS]), share=None if share is None else str(share),
        listed=list(roots), path=_path(graph, rounds, party),
    )  # fmt: skip


def _listed(roots: Sequence[str]) -> str:
    more = " and others" if len(roots) == MOST_STEPS else ""
    if len(roots) == 1:
        return f"listed party {roots[0]}"
    return f"listed parties ({', '.join(roots)}{more})"


def _path(graph: Ownership, rounds: _Round, party: str) -> list[str]:
    """Return the steps from those on lists to a party; of many, those nearest to it."""
    order, seen = [party], {party}
    for here in order:
        for owner in rounds.why[here][1]:
            if owner in rounds.why and owner not in seen and len(order) < MOST_STEPS:
                seen.add(owner)
                order.append(owner)
    order.sort(key=lambda one: (rounds.number[one], one))
    steps = list[str]()
    is_whole = all(owner in seen or owner not in rounds.why
                   for here in order for owner in rounds.why[here][1])  # fmt: skip
    for here in order:
        steps += [_step(graph.owners[here][owner]) for owner in rounds.why[here][1]]
        hidden = graph.undisclosed(here)
        if hidden and rounds.why[here][2] is not None:
            steps.append(f"{hidden} of {here} is undisclosed")
    if is_whole and len(steps) <= MOST_STEPS:
        return steps
    return ["more steps before these", *steps[-MOST_STEPS:]]


def _step(one: Holding) -> str:
    if one.is_exact:
        share = f"owns {one.least} of {one.owned}" if one.least else ""
    elif (one.least, one.most) == (NOTHING, WHOLE):
        share = f"owns an unknown share of {one.owned}"
    else:
        share = f"owns {one.least} to {one.most} of {one.owned}"
    control = f"controls {one.owned}" if one.controls else ""
    return f"{one.owner} {' and '.join(filter(None, [share, control])) or f'holds {one.owned}'}"
