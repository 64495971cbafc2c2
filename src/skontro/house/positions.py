# SPDX-License-Identifier: Apache-2.0
"""All border positions of a house together: pairs of sides, and sides against the hub.

A position has a key: the side that sees it and the other side, the smaller id first, or a side and
the empty hub. Its figures are as the first side sees them: above nought it owes. What one position
may come to is the matter of :mod:`skontro.house.border`; here the house's quotas become its
terms, the money of a side is divided over its positions, and what is due hard becomes payments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from skontro.core.errors import InvalidTrancheTable, InvariantViolation, invariant
from skontro.core.money import round_half_even
from skontro.house.border import (
    CARRIED,
    BothWays,
    HubTerms,
    Terms,
    TrancheTable,
    both_ways,
    effective_limit,
    hub_limits,
    round_flows,
    settle,
    settle_hub,
)
from skontro.house.reading import refused

if TYPE_CHECKING:
    from skontro.house.rules import BorderQuota

Key = tuple[str, str]
"""The side that sees a position, and the other one; the hub is empty and comes second."""

Limit = BothWays[int | None]

_NOTHING = Terms(BothWays(0, 0), CARRIED)


class QuotaRow(NamedTuple):
    """One line of the house's quotas: who may owe whom how much, settled by which table."""

    debtor_side: str
    creditor_side: str
    quota_minor: int
    table: TrancheTable


class Standing(NamedTuple):
    """Where a position stands.

    Attributes:
        position: All that has flowed; above nought the side owes.
        carried: What of it the side still owes.
        carried_other: What of it the other side is still owed.
    """

    position: int = 0
    carried: int = 0
    carried_other: int = 0


@dataclass(frozen=True, slots=True)
class BorderTerms:
    """Quotas and tranche tables of every position of a house.

    Attributes:
        pairs: Of pairs of sides, by key.
        hub: Of the sides against the hub, if they meet there.
    """

    pairs: Mapping[Key, Terms]
    hub: HubTerms | None

    def keys(self) -> list[Key]:
        """Return the key of every position the terms know, in order."""
        at_hub = [] if self.hub is None else [(side, "") for side in self.hub.quotas]
        return sorted([*self.pairs, *at_hub], key=_in_order)

    def quota(self, key: Key) -> BothWays[int]:
        """Return how far a position may go in each direction; nought where no quota names it."""
        if key[1]:
            return both_ways(self.pairs.get(key, _NOTHING).quota)
        if self.hub is None or key[0] not in self.hub.quotas:
            return BothWays(0, 0)
        return both_ways(self.hub.quotas[key[0]])


def key_of(side: str, other: str) -> tuple[Key, int]:
    """Return the key of a position and the sign a figure takes that ``side`` sees.

    Example:
        >>> key_of("A", "B"), key_of("B", "A"), key_of("", "B")
        ((('A', 'B'), 1), (('A', 'B'), -1), (('B', ''), -1))
    """
    if not other or (side and side.encode() < other.encode()):
        return (side, other), 1
    return (other, side), -1


def border_terms(rows: Iterable[QuotaRow]) -> BorderTerms:
    """Bring quotas together into the terms of each position.

    A direction no row names has no quota and nothing past it. At the hub one table holds for all;
    what rounding of hard money leaves over goes to the side with the largest quotas.

    Raises:
        InvalidTrancheTable: Rows of the hub, or the hub's table, do not go together.

    Example:
        >>> border_terms([QuotaRow("A", "B", 5, CARRIED)]).quota(("A", "B"))
        BothWays(owing=5, owed=0)
    """
    named = {(row.debtor_side, row.creditor_side): row for row in rows}
    keys = {key_of(*ends)[0] for ends in named}
    pairs = dict[Key, Terms]()
    quotas = dict[str, BothWays[int]]()
    tables = dict[str, TrancheTable]()
    for side, other in sorted(keys, key=_in_order):
        owing, owed = named.get((side, other)), named.get((other, side))
        quota = BothWays(owing.quota_minor if owing else 0, owed.quota_minor if owed else 0)
        if other:
            table = BothWays(owing.table if owing else CARRIED, owed.table if owed else CARRIED)
            pairs[side, other] = Terms(quota, table)
            continue
        quotas[side] = quota
        tables |= {row.table.name: row.table for row in (owing, owed) if row is not None}
    if not quotas:
        return BorderTerms(pairs, None)
    if len(tables) > 1:
        raise InvalidTrancheTable(
            f"at the hub one tranche table holds for all sides, not {', '.join(sorted(tables))}",
            next_step="name the same table with every quota against the hub",
        )
    (table_of_hub,) = tables.values()
    largest = max(quotas, key=lambda side: quotas[side].owing + quotas[side].owed)
    return BorderTerms(pairs, HubTerms(quotas, table_of_hub, residue_to=largest))


def check_quotas(quotas: Sequence[BorderQuota], tables: Iterable[TrancheTable]) -> None:
    """Refuse quotas and tables that cannot settle together, before a cycle depends on them.

    Args:
        quotas: The quotas of the rules.
        tables: The tables they name.

    Raises:
        InvalidRules: Saying what does not go together.
    """
    by_name = {table.name: table for table in tables}
    try:
        border_terms(
            QuotaRow(one.debtor_side, one.creditor_side, one.quota_minor, by_name[one.tranches])
            for one in quotas
        )
    except InvalidTrancheTable as error:
        raise refused("border_quota", error.message, next_step=error.next_step) from None


# ---- what may flow -----------------------------------------------------------------------------


def flow_limits(
    terms: BorderTerms,
    standing: Mapping[Key, Standing],
    room: Mapping[str, int],
    pending: Mapping[Key, BothWays[int]] = {},
) -> dict[Key, Limit]:
    """Return how much more may flow over each border so that all of it can be covered.

    A side that comes to be owed more is short of money on its account: of what its account can
    still go without, each of its positions gets a share, in proportion to what its quota would
    let it be short of.

    Args:
        terms: Quotas and tables.
        standing: Where each position stands; nought where it is not named.
        room: How much more money each side's accounts can go without, in the agreed unit, not
            negative; nought where it is not named.
        pending: What other runs already count on, in each direction.

    Returns:
        How much more the side of each key may come to owe, and to be owed; None for no limit.

    Example:
        >>> terms = border_terms([QuotaRow("A", "B", 100, CARRIED)])
        >>> flow_limits(terms, {}, {"B": 60})
        {('A', 'B'): BothWays(owing=60, owed=0)}
        >>> flow_limits(terms, {}, {"B": 60}, {("A", "B"): BothWays(70, 0)})
        {('A', 'B'): BothWays(owing=30, owed=0)}
    """
    nothing = BothWays(0, 0)
    by_quota = {
        key: _less(limit, pending.get(key, nothing))
        for key, limit in _limits_by_quota(terms, standing).items()
    }
    share = _shares_of_room(by_quota, room)
    return {
        key: BothWays(
            _least(limit.owing, _by_money(terms, key, standing, share, owing=True)),
            _least(limit.owed, _by_money(terms, key, standing, share, owing=False)),
        )
        for key, limit in by_quota.items()
    }


def _limits_by_quota(terms: BorderTerms, standing: Mapping[Key, Standing]) -> dict[Key, Limit]:
    found = dict[Key, Limit]()
    for key, one in terms.pairs.items():
        position = standing.get(key, Standing()).position
        found[key] = effective_limit(position, one.quota, None, one.table, past_quota=True)
    if terms.hub is not None:
        positions = {side: standing.get((side, ""), Standing()).position
                     for side in terms.hub.quotas}  # fmt: skip
        none = dict.fromkeys(terms.hub.quotas)
        for side, limit in hub_limits(positions, terms.hub, none, past_quota=True).items():
            found[side, ""] = limit
    return found


def _shares_of_room(
    limits: Mapping[Key, Limit], room: Mapping[str, int]
) -> dict[tuple[str, Key], int]:
    """Divide what each side's accounts can go without over its positions."""
    wishes = dict[str, dict[Key, int]]()
    for key, limit in limits.items():
        side, other = key
        most = room.get(side, 0)
        wishes.setdefault(side, {})[key] = most if limit.owed is None else min(limit.owed, most)
        if other:
            most = room.get(other, 0)
            wish = most if limit.owing is None else min(limit.owing, most)
            wishes.setdefault(other, {})[key] = wish
    shares = dict[tuple[str, Key], int]()
    for side, wished in wishes.items():
        whole, has = sum(wished.values()), room.get(side, 0)
        for key, wish in wished.items():
            # A lone position has the whole room: what is paid hard lets it go farther.
            alone = len([one for one in wished.values() if one]) <= 1
            part = has * wish // whole if whole else 0
            shares[side, key] = has if alone and wish else part if whole > has else wish
    return shares


def _by_money(
    terms: BorderTerms,
    key: Key,
    standing: Mapping[Key, Standing],
    share: Mapping[tuple[str, Key], int],
    *,
    owing: bool,
) -> int | None:
    """Return what the money of the side that would be short lets flow in one direction."""
    side, other = key
    stands = standing.get(key, Standing())
    if owing and not other:
        return None
    has = share[other if owing else side, key]
    # Its carried claim may grow to this: what it has now, and what its account can go without.
    most = has + (stands.carried_other if owing else -stands.carried)
    if other:
        one = terms.pairs[key]
        balance: Limit = BothWays(max(most, 0), None) if owing else BothWays(None, max(most, 0))
        limit = effective_limit(
            stands.position, one.quota, balance, one.table, past_quota=True
        )
        reach = limit.owing if owing else limit.owed
    else:
        hub = _there(terms.hub)
        positions = {one: standing.get((one, ""), Standing()).position for one in hub.quotas}
        reach = hub_limits(positions, hub, {side: max(most, 0)}, past_quota=True)[side].owed
    return reach if most >= 0 else _least(reach, has)


def _there(hub: HubTerms | None) -> HubTerms:
    if hub is None:
        raise InvariantViolation("a position against a hub that is not there")
    return hub


def _less(limit: Limit, pending: BothWays[int]) -> Limit:
    return BothWays(
        None if limit.owing is None else max(0, limit.owing - pending.owing),
        None if limit.owed is None else max(0, limit.owed - pending.owed),
    )


def _least(one: int | None, other: int | None) -> int | None:
    if one is None or other is None:
        return other if one is None else one
    return min(one, other)


# ---- what a cycle does to them -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Leg:
    """What a cycle did to a position, as the side of its key sees it.

    Attributes:
        key: Which position.
        before: Where it stood; above nought the side owes.
        flow: What the cycle added.
        quota: How far it may go in each direction.
        hard: What the side pays now in hard money; below nought it receives.
        carried: What it still owes after that.
        hard_other: What the other side receives now.
        carried_other: What the other side is still owed.
    """

    key: Key
    before: int
    flow: int
    quota: BothWays[int]
    hard: int
    carried: int
    hard_other: int
    carried_other: int

    @property
    def position(self) -> int:
        """Where it stands now."""
        return self.before + self.flow


def settle_borders(
    terms: BorderTerms,
    before: Mapping[Key, Standing],
    flows: Mapping[Key, Fraction],
    *,
    was: BorderTerms | None = None,
) -> list[Leg]:
    """Settle every position of the house, moved by a cycle's flows.

    Args:
        terms: Quotas and tables.
        before: Where each position stood.
        flows: What the cycle adds to each, exact, minor units of the agreed unit; at the hub the
            flows of all sides come to nought.
        was: The terms the positions were last settled under, where there are any.

    Raises:
        QuotaExceeded: A flow takes a position past its quota and the table has no rule for it.

    Example:
        >>> terms = border_terms([QuotaRow("A", "B", 100, CARRIED)])
        >>> settle_borders(terms, {}, {("A", "B"): Fraction(40)})[0].position
        40
    """
    known = {*terms.keys(), *before, *flows}
    legs = []
    for key in sorted((key for key in known if key[1]), key=_in_order):
        one = terms.pairs.get(key, _NOTHING)
        old = None if was is None else was.pairs.get(key, _NOTHING)
        stood = before.get(key, Standing()).position
        flow = round_half_even(flows.get(key, Fraction(0)))
        done = settle(stood, flow, one.quota, one.table, was=old if stood else None)
        legs.append(
            Leg(key, stood, flow, both_ways(one.quota), done.hard, done.carried,
                done.hard_other, done.carried_other)
        )  # fmt: skip
    at_hub = {side for side, other in known if not other}
    return legs + (_settle_hub(terms, before, flows, was, at_hub) if at_hub else [])


def _settle_hub(
    terms: BorderTerms,
    before: Mapping[Key, Standing],
    flows: Mapping[Key, Fraction],
    was: BorderTerms | None,
    sides: set[str],
) -> list[Leg]:
    stood = {side: before.get((side, ""), Standing()).position for side in sides}
    exact = {side: flows.get((side, ""), Fraction(0)) for side in sides}
    old = None if was is None else was.hub
    hub = _with_sides(_there(terms.hub or old), sides, keep=terms.hub is not None)
    old = hub if old is None or not any(stood.values()) else _with_sides(old, sides, keep=True)
    done = settle_hub(stood, round_flows(exact), hub, was=old)
    return [
        Leg((side, ""), stood[side], done.position[side] - stood[side],
            both_ways(hub.quotas[side]), done.hard[side], done.carried[side], done.hard[side],
            done.carried[side])
        for side in sorted(sides, key=str.encode)
    ]  # fmt: skip


def _with_sides(hub: HubTerms, sides: Iterable[str], *, keep: bool) -> HubTerms:
    """Return terms of the hub in which every side has a quota, of nought if it had none."""
    quotas = dict(hub.quotas) if keep else {}
    quotas |= {side: quotas.get(side, 0) for side in sides}
    residue_to = hub.residue_to if hub.residue_to in quotas else min(quotas)
    return replace(hub, quotas=quotas, residue_to=residue_to)


class Payment(NamedTuple):
    """Money one side pays another hard; the empty side is the hub's capital account."""

    debtor_side: str
    creditor_side: str
    amount: int


def border_payments(legs: Iterable[Leg], *, through_hub: bool) -> list[Payment]:
    """Return who pays whom what of a cycle's hard money, in the agreed unit.

    Two sides pay each other; where one pays another sum than the other receives, each pays to or
    is paid by the capital account. At the hub those who pay and those who receive are brought
    together in the order of their ids, unless everything goes through the capital account.

    Args:
        legs: What the cycle did to each position.
        through_hub: Whether the hub has a capital account that takes and gives all hard money.

    Example:
        >>> union = [Leg(("A", "B"), 20, 30, BothWays(100, 100), 8, 42, 15, 35)]
        >>> border_payments(union, through_hub=False)
        [Payment(debtor_side='A', creditor_side='', amount=8), Payment(debtor_side='',
        creditor_side='B', amount=15)]
    """
    found, at_hub = list[Payment](), dict[str, int]()
    for leg in legs:
        side, other = leg.key
        if not other:
            at_hub[side] = leg.hard
        elif leg.hard == leg.hard_other:
            found += _one(side, other, leg.hard)
        else:
            found += _one(side, "", leg.hard) + _one("", other, leg.hard_other)
    if through_hub:
        return found + [one for side, hard in at_hub.items() for one in _one(side, "", hard)]
    invariant(sum(at_hub.values()) == 0, "hard money at the hub does not come to nought")
    return found + _bring_together(at_hub)


def _bring_together(at_hub: Mapping[str, int]) -> list[Payment]:
    found = list[Payment]()
    payers = [side for side, hard in at_hub.items() if hard > 0]
    left = dict(at_hub)
    for side in [side for side, hard in at_hub.items() if hard < 0]:
        while left[side] < 0:
            payer = payers[0]
            part = min(-left[side], left[payer])
            found.append(Payment(payer, side, part))
            left[side] += part
            left[payer] -= part
            if left[payer] == 0:
                payers.pop(0)
    return found


def _one(debtor: str, creditor: str, amount: int) -> list[Payment]:
    if amount == 0:
        return []
    return [Payment(debtor, creditor, amount) if amount > 0 else Payment(creditor, debtor, -amount)]


def carried_by_side(standing: Mapping[Key, Standing]) -> dict[str, int]:
    """Return what each side carries over all its positions; above nought it owes.

    Example:
        >>> carried_by_side({("A", "B"): Standing(50, 42, 35)})
        {'A': 42, 'B': -35}
    """
    found = dict[str, int]()
    for (side, other), stands in standing.items():
        found[side] = found.get(side, 0) + stands.carried
        if other:
            found[other] = found.get(other, 0) - stands.carried_other
    return found


def _in_order(key: Key) -> tuple[bytes, bytes]:
    return key[0].encode(), key[1].encode()
