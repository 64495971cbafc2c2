# SPDX-License-Identifier: Apache-2.0
"""What one side owes another: how much is settled hard, how much carried, how much may flow.

A border position is a whole number of minor units in the house's agreed unit. Above nought the
side owes, below nought it is owed; it counts everything that has flowed, also what was settled
hard. A tranche table says, step by step of a quota, which share of it is settled in hard money;
the rest is carried and goes back by itself when trade turns round. The model is the European
Payments Union of 1950.

Everything is a function of the position, never of the way to it: what is due now is the hard sum
at the new position less that at the old one. A hard sum is exact and then rounded once to the
nearest minor unit, a half staying carried. (Half to even would not do: one unit more owed could
then carry one unit less, and no limit would be sharp.)

Two sides have one position between them: :func:`settle`, :func:`effective_limit`. Three or more
have one each against the hub, and these sum to nought: :func:`settle_hub`, :func:`hub_limits`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import ceil, floor
from typing import Generic, NamedTuple, TypeVar

from skontro.core.errors import (
    AmountOverflow,
    InvalidBorderQuotas,
    InvalidTrancheTable,
    QuotaExceeded,
    Unbalanced,
    invariant,
)
from skontro.core.money import LIMIT_MINOR

Figure = TypeVar("Figure", covariant=True)

_NOUGHT = Fraction(0)
_ALL = Fraction(1)
_HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class BothWays(Generic[Figure]):
    """A figure for each direction of a border position.

    Attributes:
        owing: Where the side owes.
        owed: Where the side is owed.
    """

    owing: Figure
    owed: Figure


Quota = int | BothWays[int]
"""How large a position may be, in minor units of the agreed unit; one figure if both ways."""

WorkingBalance = int | None | BothWays[int | None]
"""What the short side can draw, in the agreed unit; None where nothing has to be drawn.

Where the side owes, the other side is short; where it is owed, it is short itself.
"""

# ---- tranche tables ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tranche:
    """One step of a quota.

    Attributes:
        width: Its share of the quota.
        debtor_hard: Which share of it the debtor pays in hard money.
        creditor_hard: Which share of it the creditor receives in hard money.

    Raises:
        InvalidTrancheTable: A width that is not above nought, a share outside nought to one, or
            a figure that is not exact.
    """

    width: Fraction
    debtor_hard: Fraction
    creditor_hard: Fraction

    def __post_init__(self) -> None:
        _make_share(self, "width")
        if self.width == 0:
            raise InvalidTrancheTable("the width of a step is nought")
        _make_share(self, "debtor_hard")
        _make_share(self, "creditor_hard")


@dataclass(frozen=True, slots=True)
class TrancheTable:
    """How a border position is settled, step by step of its quota.

    Where debtors pay another share than creditors receive, the difference is booked on a capital
    account of the house; without one such a table is refused. Whether that account can bear it
    is for its sponsor: what it can lose with one position is what creditors receive less what
    debtors pay.

    Attributes:
        name: What the rules call it.
        steps: The steps from nought to the quota; their widths come to one.
        debtor_beyond: Share of what is past the quota that the debtor pays hard; None where
            nothing may go past it.
        creditor_beyond: Share of it that the creditor receives hard; None together with the
            debtor's.
        capital_account: Where the difference between debtors and creditors is booked; empty for
            none.

    Raises:
        InvalidTrancheTable: The widths do not come to one, a share is not one, only one of the
            two shares past the quota is given, or the table needs a capital account.
    """

    name: str
    steps: tuple[Tranche, ...]
    debtor_beyond: Fraction | None = None
    creditor_beyond: Fraction | None = None
    capital_account: str = ""

    def __post_init__(self) -> None:
        if sum((step.width for step in self.steps), _NOUGHT) != 1:
            raise InvalidTrancheTable(f"{self.name}: the widths of the steps do not come to one")
        if (self.debtor_beyond is None) != (self.creditor_beyond is None):
            raise InvalidTrancheTable(
                f"{self.name}: past the quota both shares are given, or neither"
            )
        if self.debtor_beyond is not None:
            _make_share(self, "debtor_beyond")
            _make_share(self, "creditor_beyond")
        if not self.symmetric and not self.capital_account:
            raise InvalidTrancheTable(
                f"{self.name}: debtors pay another share than creditors receive, and there is no "
                "capital account for the difference",
                next_step="declare a capital account, or give both the same shares",
            )

    @property
    def symmetric(self) -> bool:
        """Whether debtors pay everywhere what creditors receive."""
        steps = all(step.debtor_hard == step.creditor_hard for step in self.steps)
        return steps and self.debtor_beyond == self.creditor_beyond

    @property
    def flat(self) -> bool:
        """Whether one share holds for everyone everywhere, so that hard money balances at a hub."""
        shares = {share for step in self.steps for share in (step.debtor_hard, step.creditor_hard)}
        if self.debtor_beyond is not None:
            shares |= {self.debtor_beyond, self.creditor_beyond or _NOUGHT}
        return len(shares) == 1

    def debtor_pays(self, amount: int, quota: int) -> int:
        """Return the hard sum a debtor has paid once its position stands at ``amount``.

        Args:
            amount: What it came to owe in all, not negative.
            quota: Its quota. What is past it under a table without a rule for that, because the
                quota was lowered, is settled as the last step.

        Example:
            >>> tranche_table("union-1950", capital_account="capital").debtor_pays(100, 100)
            40
        """
        shares = [(step.width, step.debtor_hard) for step in self.steps]
        return _hard_sum(amount, quota, shares, self.debtor_beyond)

    def creditor_receives(self, amount: int, quota: int) -> int:
        """Return the hard sum a creditor has received once it came to be owed ``amount``.

        Args:
            amount: What it came to be owed in all, not negative.
            quota: Its quota, as for the debtor.

        Example:
            >>> tranche_table("union-1950", capital_account="capital").creditor_receives(40, 100)
            10
        """
        shares = [(step.width, step.creditor_hard) for step in self.steps]
        return _hard_sum(amount, quota, shares, self.creditor_beyond)

    def with_beyond(self, debtor: Fraction, creditor: Fraction, *, name: str) -> TrancheTable:
        """Return the table with a special rule for what is past the quota.

        Args:
            debtor: Share of it that a debtor pays hard.
            creditor: Share of it that a creditor receives hard.
            name: What the rules call the new table.

        Example:
            >>> table = tranche_table("union-1950", capital_account="capital")
            >>> table = table.with_beyond(Fraction(1), Fraction(1, 2), name="Belgium 1952")
            >>> table.creditor_receives(150, 100) - table.creditor_receives(100, 100)
            25
        """
        return replace(self, name=name, debtor_beyond=debtor, creditor_beyond=creditor)


def _make_share(item: Tranche | TrancheTable, field: str) -> None:
    """Make a share a fraction, or refuse it: an int divided by an int would not be exact."""
    share = getattr(item, field)
    if isinstance(share, bool) or not isinstance(share, Fraction | int):
        raise InvalidTrancheTable(f"{field} is {share!r}, not an exact fraction")
    if not 0 <= share <= 1:
        raise InvalidTrancheTable(f"{field} is {share}, not between nought and one")
    object.__setattr__(item, field, Fraction(share))


def _hard_sum(
    amount: int, quota: int, shares: Sequence[tuple[Fraction, Fraction]], beyond: Fraction | None
) -> int:
    left, due = Fraction(amount), _NOUGHT
    for width, share in shares:
        part = min(left, width * quota)
        due += part * share
        left -= part
    due += left * (shares[-1][1] if beyond is None else beyond)
    return ceil(due - _HALF)


def _even_steps(percents: Iterable[tuple[int, int]]) -> tuple[Tranche, ...]:
    shares = [(Fraction(debtor, 100), Fraction(creditor, 100)) for debtor, creditor in percents]
    return tuple(Tranche(Fraction(1, len(shares)), *pair) for pair in shares)


CARRIED = TrancheTable("carried", _even_steps([(0, 0)]))
"""The table of a house that names none: all is carried within the quota, nothing goes past it."""

UNION_STEPS: Mapping[str, tuple[Tranche, ...]] = {
    "union-1950": _even_steps([(0, 0), (20, 50), (40, 50), (60, 50), (80, 50)]),
    "union-1954": _even_steps([(50, 50)]),
    "union-1955": _even_steps([(75, 75)]),
}
"""The scales of the European Payments Union: of July 1950, July 1954 and August 1955."""


def tranche_table(name: str, *, capital_account: str = "") -> TrancheTable:
    """Return a tranche table by its name.

    ``carried``: :data:`CARRIED`. ``union-1950``: five steps of a fifth of the quota; debtors pay
    0, 20, 40, 60, 80 % hard, creditors receive 0, 50, 50, 50, 50 %. ``union-1954``: half is hard.
    ``union-1955``: three quarters are hard. In these three all is hard past the quota. The union
    itself settled case by case what creditors received past theirs: see
    :meth:`TrancheTable.with_beyond`.

    Args:
        name: One of these names.
        capital_account: The account for what debtors pay and creditors do not receive;
            ``union-1950`` needs one.

    Raises:
        InvalidTrancheTable: There is no such table, or it needs a capital account.

    Example:
        >>> tranche_table("union-1954").debtor_pays(60, 100)
        30
        >>> tranche_table("union-1950")
        Traceback (most recent call last):
        skontro.core.errors.InvalidTrancheTable: union-1950: debtors pay another share than
        creditors receive, and there is no capital account for the difference
    """
    if name == CARRIED.name:
        return replace(CARRIED, capital_account=capital_account)
    steps = UNION_STEPS.get(name)
    if steps is None:
        known = ", ".join([CARRIED.name, *UNION_STEPS])
        raise InvalidTrancheTable(
            f"there is no tranche table {name!r}", next_step=f"name one of: {known}"
        )
    return TrancheTable(name, steps, _ALL, _ALL, capital_account)


# ---- two sides ---------------------------------------------------------------------------------


Tables = TrancheTable | BothWays[TrancheTable]
"""The tranche table of a position; one, or one for each direction."""


class Terms(NamedTuple):
    """What a position was last settled under."""

    quota: Quota
    table: Tables


@dataclass(frozen=True, slots=True)
class BorderSettlement:
    """How the position between two sides is settled after a cycle, as the first side sees it.

    Attributes:
        position: Where it stands now; above nought the side owes.
        carried: What of it the side still owes (below nought: is owed) after settling.
        hard: What the side pays now in hard money; below nought it receives.
        capital: What goes to the capital account now; below nought it gives.
        carried_other: What of the position the other side is still owed (below nought: owes).
            Differs from ``carried`` by what the capital account holds of it.
        hard_other: What the other side receives now; below nought it pays.
    """

    position: int
    carried: int
    hard: int
    capital: int
    carried_other: int
    hard_other: int


def settle(
    before: int, flow: int, quota: Quota, table: Tables, *, was: Terms | None = None
) -> BorderSettlement:
    """Settle a border position moved by this cycle's flow.

    The hard sum due is the hard sum at the new position less that at the old one. It is paid by
    the side that comes to owe more, and paid back as far as the position shrinks; where it turns
    to the other side both happen.

    Args:
        before: The position before the cycle; above nought the side owes.
        flow: What the cycle added to it.
        quota: The quota; one figure, or one for each direction.
        table: The tranche table; one, or one for each direction.
        was: Quota and table the position was last settled under, where they have changed since.
            What the new ones ask of the old position is then due now as well.

    Raises:
        QuotaExceeded: The flow takes the position past the quota, or farther past it, and the
            table has no rule for that.
        AmountOverflow: The position or the quota reaches 2**62.
        InvalidBorderQuotas: The quota is negative.

    Example:
        >>> union = tranche_table("union-1950", capital_account="capital")
        >>> month = settle(20, 30, 100, union)
        >>> month.position, month.hard, month.hard_other, month.capital, month.carried
        (50, 8, 15, -7, 42)
        >>> settle(50, -30, 100, union).hard
        -8
    """
    after = before + flow
    ways = both_ways(quota)
    _guard(before, after)
    _refuse_past_quota(before, after, ways, table)
    old = was or Terms(ways, table)
    hard_before, other_before = _hard_sums(before, both_ways(old.quota), old.table)
    hard_after, other_after = _hard_sums(after, ways, table)
    hard, hard_other = hard_after - hard_before, other_after - other_before
    return BorderSettlement(
        position=after,
        carried=after - hard_after,
        hard=hard,
        capital=hard - hard_other,
        carried_other=after - other_after,
        hard_other=hard_other,
    )


def effective_limit(
    position: int,
    quota: Quota,
    working_balance: WorkingBalance,
    table: Tables,
    *,
    past_quota: bool = False,
) -> BothWays[int | None]:
    """Return how much more may flow this cycle in each direction.

    The quota less what is owed already, or plus what is owed the other way; and never so much
    that what is then carried exceeds the smaller of the quota and the working balance of the
    side that is short. Nothing may flow farther where a position is past that already.

    Args:
        position: Where the position stands; above nought the side owes.
        quota: The quota; one figure, or one for each direction.
        working_balance: What the short side can draw, in the agreed unit: ``owing`` is that of
            the other side, ``owed`` that of the side itself. None where it need not draw.
        table: The tranche table; one, or one for each direction.
        past_quota: Let it flow past the quota where the table has a rule for that.

    Returns:
        How much more the side may come to owe, and to be owed; None for no limit, which only
        ``past_quota`` can bring.

    Raises:
        AmountOverflow: A figure reaches 2**62.
        InvalidBorderQuotas: The quota or a working balance is negative.

    Example:
        >>> effective_limit(30, 100, 80, CARRIED)
        BothWays(owing=50, owed=110)
        >>> effective_limit(0, 100, BothWays(40, None), tranche_table("union-1954"))
        BothWays(owing=80, owed=100)
    """
    ways, balances = both_ways(quota), _working_balance(working_balance)
    _guard(position)

    def reach(owing: bool) -> int | None:
        quota = ways.owing if owing else ways.owed
        balance = balances.owing if owing else balances.owed
        short = quota if balance is None else min(quota, balance)
        return _reach(_table(table, owing), quota, debtor=quota, creditor=short, past=past_quota)

    return _room(position, reach(True), reach(False))


def check_flow(flow: int, limit: BothWays[int | None]) -> None:
    """Refuse a cycle's flow that a limit does not allow.

    Args:
        flow: What the cycle adds to the position; above nought the side comes to owe more.
        limit: What may flow in each direction, as :func:`effective_limit` gives it.

    Raises:
        QuotaExceeded: More flows than may.

    Example:
        >>> check_flow(50, BothWays(50, 110))
        >>> check_flow(-111, BothWays(50, 110))
        Traceback (most recent call last):
        skontro.core.errors.QuotaExceeded: 111 would flow across the border; 110 may
    """
    most = limit.owing if flow >= 0 else limit.owed
    if most is not None and abs(flow) > most:
        raise QuotaExceeded(
            f"{abs(flow)} would flow across the border; {most} may",
            details={"flow": flow, "most": most},
        )


def border_rows(
    limits: Mapping[tuple[str, str], BothWays[int | None]], unit: str, *, unlimited: int
) -> list[tuple[str, str, str, int]]:
    """Write limits as the clearing takes border quotas: debtor side, creditor side, unit, most.

    Args:
        limits: What may flow in each direction, by side and other side; the other side is empty
            for the hub.
        unit: The agreed unit, a currency code.
        unlimited: What stands for no limit; no more than all obligations together ever flows.

    Example:
        >>> border_rows({("A", "B"): BothWays(5, None)}, "EUR", unlimited=99)
        [('A', 'B', 'EUR', 5), ('B', 'A', 'EUR', 99)]
    """
    rows = list[tuple[str, str, str, int]]()
    for (side, other), limit in limits.items():
        rows.append((side, other, unit, unlimited if limit.owing is None else limit.owing))
        rows.append((other, side, unit, unlimited if limit.owed is None else limit.owed))
    return sorted(rows)


def both_ways(quota: Quota) -> BothWays[int]:
    """Return a quota for each direction.

    Raises:
        InvalidBorderQuotas: It is negative.
        AmountOverflow: It reaches 2**62.

    Example:
        >>> both_ways(100)
        BothWays(owing=100, owed=100)
    """
    ways = BothWays(quota, quota) if isinstance(quota, int) else quota
    _not_negative("a quota", ways)
    return ways


def _working_balance(balance: WorkingBalance) -> BothWays[int | None]:
    ways = balance if isinstance(balance, BothWays) else BothWays(balance, balance)
    _not_negative("a working balance", ways)
    return ways


def _not_negative(what: str, ways: BothWays[int | None]) -> None:
    for figure in (ways.owing, ways.owed):
        if figure is not None and figure < 0:
            raise InvalidBorderQuotas(f"{what} is negative: {figure}")
        _guard(figure or 0)


def _guard(*figures: int) -> None:
    if any(abs(figure) >= LIMIT_MINOR for figure in figures):
        raise AmountOverflow("a border position or its limit comes to 2**62 minor units or more")


def _table(table: Tables, owing: bool) -> TrancheTable:
    if isinstance(table, TrancheTable):
        return table
    return table.owing if owing else table.owed


def _refuse_past_quota(before: int, after: int, quota: BothWays[int], table: Tables) -> None:
    if _table(table, after >= 0).debtor_beyond is not None:
        return
    most = quota.owing if after >= 0 else quota.owed
    farther = abs(after) > abs(before) or (before < 0) != (after < 0)
    if abs(after) > most and farther:
        raise QuotaExceeded(
            f"the position would come to {after}, past the quota of {most}",
            details={"position": after, "quota": most},
        )


def _hard_sums(position: int, quota: BothWays[int], table: Tables) -> tuple[int, int]:
    """What the side has paid in all, and what the other has received; negative the other way."""
    scale = _table(table, position >= 0)
    if position >= 0:
        paid = scale.debtor_pays(position, quota.owing)
        return paid, scale.creditor_receives(position, quota.owing)
    received = scale.creditor_receives(-position, quota.owed)
    return -received, -scale.debtor_pays(-position, quota.owed)


def _room(position: int, owing: int | None, owed: int | None) -> BothWays[int | None]:
    return BothWays(
        None if owing is None else max(0, owing - position),
        None if owed is None else max(0, owed + position),
    )


def _reach(
    table: TrancheTable, quota: int, *, debtor: int | None, creditor: int | None, past: bool
) -> int | None:
    """Return how far from nought a position may go; None for as far as it likes.

    Args:
        table: The tranche table.
        quota: The quota in this direction.
        debtor: The most the debtor may carry; None if it is not looked at.
        creditor: The most the creditor may carry; None if it is not looked at.
        past: Whether the position may go past the quota where the table has a rule for that.
    """
    bounds = list[tuple[Callable[[int, int], int], Fraction | None, int]]()
    if debtor is not None:
        bounds.append((table.debtor_pays, table.debtor_beyond, debtor))
    if creditor is not None:
        bounds.append((table.creditor_receives, table.creditor_beyond, creditor))

    def holds(amount: int) -> bool:
        return all(amount - hard(amount, quota) <= most for hard, _, most in bounds)

    if not holds(quota):
        return _last(holds, 0, quota)
    if not past or table.debtor_beyond is None:
        return quota
    # What is carried past the quota grows by the share that is not hard: there it is too much.
    tops = [
        quota + ceil((most + 1) / (1 - share))
        for _, share, most in bounds
        if share is not None and share < 1
    ]
    return _last(holds, quota, min(tops)) if tops else None


def _last(holds: Callable[[int], bool], low: int, high: int) -> int:
    """Return the last number from ``low``, where it holds, that is below ``high`` and holds."""
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


# ---- three or more sides, one hub --------------------------------------------------------------


@dataclass(frozen=True)
class HubTerms:
    """The quotas of all sides against the hub, and how their positions are settled.

    Debtors and creditors stand in different steps of different quotas. So what debtors pay hard
    is what creditors receive only where one share holds for all (:attr:`TrancheTable.flat`);
    any other table needs a capital account, symmetric or not.

    Attributes:
        quotas: The quota of each side; one figure, or one for each direction.
        table: The tranche table.
        residue_to: The side that takes what rounding leaves over, at most half a minor unit for
            each side; not needed where the capital account takes it or nothing is rounded.

    Raises:
        InvalidTrancheTable: The table needs a capital account, or nobody takes the residue.
        InvalidBorderQuotas: A quota is negative, or a side has no name.
    """

    quotas: Mapping[str, Quota]
    table: TrancheTable
    residue_to: str = ""

    def __post_init__(self) -> None:
        table = self.table
        if "" in self.quotas:
            raise InvalidBorderQuotas("a side without a name has a quota against the hub")
        for quota in self.quotas.values():
            both_ways(quota)
        if self.residue_to and self.residue_to not in self.quotas:
            raise InvalidTrancheTable(f"{self.residue_to} takes the residue and has no quota")
        if table.capital_account:
            return
        if not table.flat:
            raise InvalidTrancheTable(
                f"{table.name}: at a hub, shares that differ from step to step need a capital "
                "account",
                next_step="declare a capital account, or one share for all steps",
            )
        if not self.residue_to and table.steps[0].debtor_hard not in (0, 1):
            raise InvalidTrancheTable(
                f"{table.name}: rounding leaves a residue at the hub, and no side takes it",
                next_step="name the side that takes the residue, or declare a capital account",
            )


@dataclass(frozen=True, slots=True)
class HubSettlement:
    """How the positions of all sides against the hub are settled after a cycle.

    Attributes:
        position: Where each side stands now; above nought it owes. The sum is nought.
        carried: What each side still owes (below nought: is owed) after settling.
        hard: What each side pays now in hard money; below nought it receives.
        capital: What goes to the capital account now, the sum of ``hard``; below nought it gives.
    """

    position: dict[str, int]
    carried: dict[str, int]
    hard: dict[str, int]
    capital: int


def settle_hub(
    before: Mapping[str, int],
    flow: Mapping[str, int],
    terms: HubTerms,
    *,
    was: HubTerms | None = None,
) -> HubSettlement:
    """Settle the positions of all sides against the hub, moved by this cycle's flows.

    Args:
        before: Each side's position before the cycle, nought where not named; the sum is nought.
        flow: What the cycle added to each, nought where not named; the sum is nought.
        terms: Quotas, table and who takes the residue. Every side with a position or a flow has
            a quota there.
        was: The terms the positions were last settled under, where they have changed since.
            What the new ones ask of the old positions is then due now as well.

    Raises:
        QuotaExceeded: A side's flow takes it past its quota and the table has no rule for that.
        AmountOverflow: A position or quota reaches 2**62.
        InvalidBorderQuotas: A side has no quota.
        Unbalanced: The positions or the flows do not sum to nought.

    Example:
        >>> share = Fraction(3, 4)
        >>> table = TrancheTable("three quarters", (Tranche(Fraction(1), share, share),))
        >>> terms = HubTerms({"A": 100, "B": 100, "C": 50}, table, residue_to="C")
        >>> month = settle_hub({}, {"A": 40, "B": -30, "C": -10}, terms)
        >>> month.hard, month.carried
        ({'A': 30, 'B': -22, 'C': -8}, {'A': 10, 'B': -8, 'C': -2})
    """
    _sum_to_nought("positions", before)
    _sum_to_nought("flows", flow)
    old = was or terms
    _each_with_quota(before, old)
    after = {
        side: before.get(side, 0) + flow.get(side, 0)
        for side in sorted({*before, *flow, *terms.quotas, *old.quotas}, key=str.encode)
    }
    for side, position in after.items():
        _guard(before.get(side, 0), position)
        if position:
            _each_with_quota([side], terms)
            ways = both_ways(terms.quotas[side])
            _refuse_past_quota(before.get(side, 0), position, ways, terms.table)
    paid_before, paid_after = _paid_at_hub(before, old), _paid_at_hub(after, terms)
    hard = {side: paid_after.get(side, 0) - paid_before.get(side, 0) for side in after}
    capital = sum(hard.values())
    invariant(
        capital == 0 or bool(terms.table.capital_account or old.table.capital_account),
        "hard money paid and received differ at the hub",
        error=Unbalanced,
    )
    carried = {side: position - paid_after.get(side, 0) for side, position in after.items()}
    return HubSettlement(after, carried, hard, capital)


def hub_limits(
    positions: Mapping[str, int],
    terms: HubTerms,
    working_balances: Mapping[str, int | None],
    *,
    past_quota: bool = False,
) -> dict[str, BothWays[int | None]]:
    """Return how much more each side may come to owe the hub, and to be owed by it, this cycle.

    As :func:`effective_limit`, but each side by its own quota: one that owes carries no more than
    its quota; one that is owed is short, and carries no more than its own working balance either.

    Args:
        positions: Each side's position, nought where not named; the sum is nought.
        terms: Quotas and table.
        working_balances: What each side can draw when it is short, in the agreed unit; nought
            where it is not named, None where it need not draw.
        past_quota: Let it flow past the quota where the table has a rule for that.

    Raises:
        AmountOverflow: A figure reaches 2**62.
        InvalidBorderQuotas: A side has no quota, or a working balance is negative.
        Unbalanced: The positions do not sum to nought.

    Example:
        >>> terms = HubTerms({"A": 100, "B": 100, "C": 50}, CARRIED)
        >>> hub_limits({"A": 40, "B": -40}, terms, {"B": 60, "C": None})
        {'A': BothWays(owing=60, owed=40), 'B': BothWays(owing=140, owed=20),
        'C': BothWays(owing=50, owed=50)}
    """
    _sum_to_nought("positions", positions)
    _each_with_quota(positions, terms)
    found = dict[str, BothWays[int | None]]()
    for side in sorted(terms.quotas, key=str.encode):
        ways, position = both_ways(terms.quotas[side]), positions.get(side, 0)
        balance = _working_balance(working_balances.get(side, 0)).owed
        short = ways.owed if balance is None else min(ways.owed, balance)
        _guard(position)
        found[side] = _room(
            position,
            _reach(terms.table, ways.owing, debtor=ways.owing, creditor=None, past=past_quota),
            _reach(terms.table, ways.owed, debtor=None, creditor=short, past=past_quota),
        )
    return found


def round_flows(exact: Mapping[str, Fraction]) -> dict[str, int]:
    """Round each side's flow of a cycle to minor units so that the sum stays nought.

    Each goes down or up to a whole number, those with the largest broken part up, the first id
    among equals: so no flow passes a limit that it kept before.

    Args:
        exact: Each side's flow in minor units of the agreed unit; the sum is nought.

    Raises:
        Unbalanced: The flows do not sum to nought.

    Example:
        >>> third = Fraction(1, 3)
        >>> round_flows({"A": 2 * third, "B": -third, "C": -third})
        {'A': 1, 'B': 0, 'C': -1}
    """
    _sum_to_nought("flows", exact)
    rounded = {side: floor(flow) for side, flow in exact.items()}
    broken = sorted(exact, key=lambda side: (rounded[side] - exact[side], side.encode()))
    for side in broken[: -sum(rounded.values())]:
        rounded[side] += 1
    return rounded


def _sum_to_nought(what: str, figures: Mapping[str, int] | Mapping[str, Fraction]) -> None:
    invariant(
        sum(figures.values()) == 0, f"the {what} do not sum to nought at the hub", error=Unbalanced
    )


def _each_with_quota(sides: Iterable[str], terms: HubTerms) -> None:
    without = sorted(side for side in sides if side not in terms.quotas)
    if without:
        raise InvalidBorderQuotas(f"{', '.join(without)}: no quota against the hub")


def _paid_at_hub(positions: Mapping[str, int], terms: HubTerms) -> dict[str, int]:
    """What each side has paid in all; without a capital account the sum is nought."""
    paid = {
        side: _hard_sums(positions.get(side, 0), both_ways(quota), terms.table)[0]
        for side, quota in terms.quotas.items()
    }
    if not terms.table.capital_account and terms.residue_to:
        paid[terms.residue_to] -= sum(paid.values())
    return paid
