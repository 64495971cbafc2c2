# SPDX-License-Identifier: Apache-2.0
"""Red flags of laundering by trade, each with a plain reason. A flag holds; it never refuses.

- the price of a unit is far from what the same goods cost before;
- quantity and weight do not go together;
- the same quantity of the same goods goes round and comes back to who sold it;
- a firm suddenly sells or buys much more than it used to;
- a firm looks like a shell: young, without a history, with large sums, at somebody's address.

What is usual is the median of earlier values, and how far they lie from it at the median: a few
wild ones among them change neither. Where there are too few, nothing is said. All of it is in
whole numbers, so that a verdict that is derived again says the same.

For the seat: keep :class:`History` as it was when the cycle opened (its digest belongs into the
verdict), fill a :class:`Traffic` from columns, and call :func:`judge_flags`::

    flags = judge_flags(traffic, history, rules)     # JudgedMany, shape (m,)

One obligation is judged by the same function on columns of length one; what of its reasons rests
on others of the same cycle (round trips, volume) is then to be handed over in ``history``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from skontro.core.digest import canonical_json
from skontro.gate.customs import GOODS_DIGITS
from skontro.gate.goods import distinct_rows
from skontro.gate.nomenclature import about
from skontro.gate.outcome import (
    HELD,
    OUTCOMES,
    Interned,
    JudgedMany,
    Reason,
    in_order,
    of_lines,
    reason,
)
from skontro.gate.round_trips import RoundTripRules, Shipments, round_trips
from skontro.gate.trade import Int32, Int64, Texts, TradeColumns
from skontro.house.reading import Section
from skontro.house.tolerances import BOUNDS, read_tolerances

RULES_VERSION = "flags/1"

MOST = 2**62
MICRO = 10**6
"""Prices and weights of a unit are in millionths: of a minor unit, of a gram."""

_MASS = {"KGM": 1, "TNE": 1000}
"""Grams in a thousandth of a unit."""

SELLS, BUYS = "sells", "buys"


@dataclass(frozen=True, slots=True)
class Spread:
    """What was usual.

    Attributes:
        count: How many values there were.
        middle: Their median.
        off: Median of how far they lie from it.
    """

    count: int
    middle: int
    off: int


GoodsKey = tuple[str, str, str]
"""First six digits of the code, unit, and currency (of weights: empty)."""


@dataclass(frozen=True, slots=True)
class Firm:
    """What is known of a participant.

    Attributes:
        age_days: Days since it was founded; None if not known.
        cleared: How many obligations of it were cleared before.
        shared_with: How many other participants share its address, or an owner, with it.
    """

    age_days: int | None = None
    cleared: int = 0
    shared_with: int = 0


@dataclass(frozen=True)
class History:
    """What was before.

    Attributes:
        prices: What a unit of goods cost, millionths of a minor unit.
        weights: What a unit of goods weighed, millionths of a gram.
        volumes: What a participant sold or bought in each earlier cycle, minor units of the unit of
            account: by number and ``SELLS`` or ``BUYS``.
        so_far: What it sold or bought in this cycle before these.
        firms: What is known of participants, by number.
        shipments: Goods of earlier obligations, for round trips that began before.
    """

    prices: Mapping[GoodsKey, Spread] = field(default_factory=dict)
    weights: Mapping[GoodsKey, Spread] = field(default_factory=dict)
    volumes: Mapping[tuple[int, str], Spread] = field(default_factory=dict)
    so_far: Mapping[tuple[int, str], int] = field(default_factory=dict)
    firms: Mapping[int, Firm] = field(default_factory=dict)
    shipments: Shipments = field(default_factory=Shipments.none)

    @property
    def digest(self) -> str:
        """SHA-256 of what is usual for goods and firms, hexadecimal.

        Example:
            >>> History().digest == History(firms={1: Firm(10)}).digest
            False
        """

        content = [
            _rows(self.prices), _rows(self.weights), _rows(self.volumes),
            sorted([*key, total] for key, total in self.so_far.items()),
            sorted([number, one.age_days if one.age_days is not None else -1, one.cleared,
                    one.shared_with] for number, one in self.firms.items()),
            self.shipments.as_lists(),
        ]  # fmt: skip
        return hashlib.sha256(canonical_json(content)).hexdigest()


def _rows(named: Mapping[Any, Spread]) -> list[tuple[object, ...]]:
    return sorted((*key, one.count, one.middle, one.off) for key, one in named.items())


@dataclass(frozen=True)
class FlagRules:
    """When a flag is raised; bounded, so that no setting makes it nothing.

    Attributes:
        least_values: How many earlier values there must be; 5 to 100.
        price_spreads: How many times the usual distance from the median is far; 3 to 20.
        price_share: How far from the median, as a share of it, is far at least; up to 1.
        weight_share: How far weight and quantity may be apart; up to 1/2.
        volume_times: How many times the usual volume is sudden; 2 to 20.
        least_cycles: How many earlier cycles there must be; 2 to 24.
        large_minor: Which sum in a cycle is large, minor units of account; 1 to 10**10.
        young_days: Up to which age a firm is young; 30 to 3650.
        round_trips: When goods that come back are a round trip.
    """

    least_values: int = 8
    price_spreads: int = 6
    price_share: Fraction = Fraction(1, 2)
    weight_share: Fraction = Fraction(1, 10)
    volume_times: int = 4
    least_cycles: int = 3
    large_minor: int = 10_000_000
    young_days: int = 365
    round_trips: RoundTripRules = field(default_factory=RoundTripRules)

    @classmethod
    def from_mapping(cls, mapping: Mapping[str, object]) -> FlagRules:
        """Read the rules; what is left out is as usual.

        Raises:
            InvalidRules: A value is out of bounds.

        Example:
            >>> FlagRules.from_mapping({"volume_times": 3}).volume_times
            3
        """
        section = Section(mapping, "red_flags", BOUNDS["red_flags"])
        said = read_tolerances(section, "red_flags")
        usual = RoundTripRules()
        share = said.pop("round_trip_share", usual.quantity_share)
        trips = RoundTripRules(Fraction(share), int(said.pop("round_trip_days", usual.days)))
        return replace(cls(), round_trips=trips, **said)  # type: ignore[arg-type]

    def as_mapping(self) -> dict[str, int | str]:
        """Return the rules so that :meth:`from_mapping` reads them again."""
        plain = {**vars(self), "round_trip_share": self.round_trips.quantity_share,
                 "round_trip_days": self.round_trips.days}  # fmt: skip
        del plain["round_trips"]
        return {key: value if isinstance(value, int) else str(value)
                for key, value in plain.items()}  # fmt: skip

    @property
    def digest(self) -> str:
        """SHA-256 of the rules, hexadecimal: a verdict names it."""
        content = [
            self.least_values, self.price_spreads, str(self.price_share), str(self.weight_share),
            self.volume_times, self.least_cycles, self.large_minor, self.young_days,
            str(self.round_trips.quantity_share), self.round_trips.days,
        ]  # fmt: skip
        return hashlib.sha256(canonical_json(content)).hexdigest()


@dataclass(frozen=True)
class Traffic:
    """Obligations as flags look at them, shape (m,).

    Attributes:
        trade: What they are for.
        number: Number of each; volume is counted in their order.
        debtor: Number of who owes, and buys.
        creditor: Number of who is owed, and sells.
        currency: ISO 4217.
        worth_minor: Amount at the fixing, minor units of the unit of account.
        day: Date of the invoice, days since 1970-01-01.
    """

    trade: TradeColumns
    number: Int64
    debtor: Int64
    creditor: Int64
    currency: Texts
    worth_minor: Int64
    day: Int32

    def __len__(self) -> int:
        return len(self.number)

    @cached_property
    def owed(self) -> Int64:
        """Place of the obligation of each line, shape (k,)."""
        owed = self.trade.lines.owed
        return np.arange(len(self)) if owed is None else owed


class _Raised:
    """The flags that are raised, by place of the obligation."""

    def __init__(self) -> None:
        self.by_place = dict[int, list[Reason]]()

    def add(self, place: int, why: Reason) -> None:
        self.by_place.setdefault(place, []).append(why)

    def at_line(self, traffic: Traffic, row: int, why: Reason) -> None:
        """Raise a flag on a line, which is named where its obligation has several."""
        owed, number = traffic.owed, 0
        place = int(owed[row])
        if traffic.trade.lines.owed is not None:
            first, end = np.searchsorted(owed, [place, place + 1]).tolist()
            number = row - first + 1 if end - first > 1 else 0
        self.add(place, of_lines(why, [number] if number else []))

    def judged(self, count: int) -> JudgedMany:
        outcome, why = np.zeros(count, np.int8), np.zeros(count, np.int32)
        reasons = Interned()
        for place, whys in self.by_place.items():
            outcome[place] = OUTCOMES.index(HELD)
            why[place] = reasons.add(in_order(whys))
        return JudgedMany(outcome, why, reasons.all)


def judge_flags(
    traffic: Traffic, history: History | None = None, rules: FlagRules | None = None
) -> JudgedMany:
    """Raise flags on obligations.

    Args:
        traffic: The obligations.
        history: What was before.
        rules: When a flag is raised.

    Example:
        >>> from skontro.gate.trade import Line, Owed, Trade
        >>> rice = Owed("A", "B", 900, Trade("advance", (Line("100630", 900, 1000, "KGM", 1000),)))
        >>> traffic = Traffic(
        ...     TradeColumns.of([rice]), np.array([1]), np.array([7]), np.array([8]),
        ...     Texts.same("EUR", 1), np.array([900]), np.array([20000], np.int32),
        ... )
        >>> usual = History(prices={("100630", "KGM", "EUR"): Spread(40, 200 * MICRO, 10 * MICRO)})
        >>> judge_flags(traffic, usual).at(0).reasons[0]["text"]
        'a unit of 100630 (cereals) costs 900 minor units; 200 is the middle of 40 earlier ones'
    """
    history, rules = history or History(), rules or FlagRules()
    raised = _Raised()
    keys, names, price, weight = unit_values(traffic)
    _flag_prices(raised, traffic, (keys, names, price), history, rules)
    _flag_weights(raised, traffic, (keys, names, weight), history, rules)
    _flag_round_trips(raised, traffic, history, rules)
    _flag_volumes(raised, traffic, history, rules)
    _flag_shells(raised, traffic, history, rules)
    return raised.judged(len(traffic))


# ---- goods -------------------------------------------------------------------------------------


def unit_values(traffic: Traffic) -> tuple[Int64, list[GoodsKey], Int64, Int64]:
    """Return the goods of each line, all goods there are, and price and weight of a unit.

    Args:
        traffic: The obligations.

    Returns:
        Place of the goods of each line, the goods, millionths of a minor unit and of a gram for a
        unit of each line; -1 where it cannot be said. All of shape (k,), the goods aside.
    """
    lines, owed = traffic.trade.lines, traffic.owed
    short = dict[str, int]()
    places = [short.setdefault(code[:GOODS_DIGITS], len(short)) for code in lines.code.texts]
    code = np.array(places, np.int64)[lines.code.index] if places else np.zeros(0, np.int64)
    unit, currency = lines.unit.once(), traffic.currency.once()
    of_line = currency.index[owed]
    which, first = distinct_rows(
        [code, unit.index, of_line], [len(short), len(unit.texts), len(currency.texts)]
    )
    codes = list(short)
    names = [
        (codes[code[place]], unit[place], currency.texts[of_line[place]])
        for place in first.tolist()
    ]
    price = per_unit(lines.value_minor, lines.quantity_milli)
    weight = per_unit(lines.weight_g, lines.quantity_milli)
    return which, names, price, weight


def per_unit(value: Int64, quantity_milli: Int64) -> Int64:
    """Return value per unit in millionths; -1 where either is not above nought.

    Args:
        value: Whole numbers below 2**62, shape (k,).
        quantity_milli: Thousandths of a unit, shape (k,).

    Example:
        >>> per_unit(np.array([900, 1, 5]), np.array([1000, 3000, 0])).tolist()
        [900000000, 333333, -1]
    """
    is_said = (value > 0) & (quantity_milli > 0)
    quantity = np.where(is_said, quantity_milli, 1)
    whole, rest = value // quantity, value % quantity
    # Large quantities lose digits far behind the point, so that no product passes 2**63.
    bits = np.zeros(len(quantity), np.int64)
    for size in range(33, 62):
        if quantity.max(initial=0) >> size:
            bits += quantity >> size > 0
    scaled = (rest >> bits) * (1000 * MICRO) // np.maximum(1, quantity >> bits)
    found = np.where(whole < 2**31, whole * (1000 * MICRO) + scaled, MOST)
    return np.where(is_said, found, -1)


def spreads_of(keys: Int64, values: Int64, count: int) -> list[Spread]:
    """Return what is usual for each key.

    Args:
        keys: Key of each value, from nought up to ``count``, shape (k,).
        values: Values; those below nought are left out, shape (k,).
        count: How many keys there are.

    Example:
        >>> spreads_of(np.array([0, 0, 0]), np.array([10, 12, 90]), 1)
        [Spread(count=3, middle=12, off=2)]
    """
    kept = values >= 0
    keys, values = keys[kept], values[kept]
    sizes = np.bincount(keys, minlength=count)
    middles = _medians(keys, values, sizes)
    offs = _medians(keys, np.abs(values - middles[keys]), sizes)
    columns = (sizes.tolist(), middles.tolist(), offs.tolist())
    return [Spread(*one) for one in zip(*columns, strict=True)]


def _medians(keys: Int64, values: Int64, sizes: Int64) -> Int64:
    """Return the lower median of the values of each key; nought where there are none."""
    order = np.lexsort((values, keys))
    starts = np.cumsum(sizes) - sizes
    middle = np.where(sizes > 0, starts + (sizes - 1) // 2, 0)
    if not len(values):
        return np.zeros(len(sizes), np.int64)
    return np.where(sizes > 0, values[order][np.minimum(middle, len(values) - 1)], 0)


def usual_goods(traffic: Traffic) -> tuple[dict[GoodsKey, Spread], dict[GoodsKey, Spread]]:
    """Return what a unit of each good cost and weighed, for the history of a later cycle.

    Args:
        traffic: Obligations that were cleared.
    """
    keys, names, price, weight = unit_values(traffic)
    prices = dict(zip(names, spreads_of(keys, price, len(names)), strict=True))
    short = dict[GoodsKey, int]()
    of = np.array([short.setdefault((*name[:2], ""), len(short)) for name in names], np.int64)
    weights = spreads_of(of[keys] if len(names) else keys, weight, len(short))
    return (
        {name: one for name, one in prices.items() if one.count},
        {name: one for name, one in zip(short, weights, strict=True) if one.count},
    )


def _bounds(
    names: list[GoodsKey], known: Mapping[GoodsKey, Spread], rules: FlagRules
) -> tuple[Int64, Int64]:
    """Return between which values is usual, for each of the goods; everything where not known."""
    low, high = np.full(len(names), -1, np.int64), np.full(len(names), MOST, np.int64)
    for place, name in enumerate(names):
        usual = known.get(name)
        if usual is None or usual.count < rules.least_values:
            continue
        far = max(rules.price_spreads * usual.off, int(usual.middle * rules.price_share))
        low[place], high[place] = max(-1, usual.middle - far), min(MOST, usual.middle + far)
    return low, high


def _whole(micro: int) -> str:
    """Write millionths as a number, two digits behind the point where it is small.

    Example:
        >>> _whole(200 * MICRO), _whole(333_333)
        ('200', '0.33')
    """
    if micro % MICRO == 0 or micro >= 1000 * MICRO:
        return str(micro // MICRO)
    return f"{micro // MICRO}.{micro % MICRO // 10_000:02d}"


def _called(code: str) -> str:
    words = about(code)
    return f"{code} ({words})" if words else code


def _flag_prices(
    raised: _Raised,
    traffic: Traffic,
    goods: tuple[Int64, list[GoodsKey], Int64],
    history: History,
    rules: FlagRules,
) -> None:
    """Flag prices far from what the same goods cost before."""
    keys, names, price = goods
    low, high = _bounds(names, history.prices, rules)
    for row in np.flatnonzero((price >= 0) & ((price < low[keys]) | (price > high[keys]))).tolist():
        name = names[keys[row]]
        usual = history.prices[name]
        text = f"a unit of {_called(name[0])} costs {_whole(int(price[row]))} minor units; " \
               f"{_whole(usual.middle)} is the middle of {usual.count} earlier ones"  # fmt: skip
        about = {"goods": name[0], "unit": name[1], "currency": name[2]}
        raised.at_line(traffic, row, reason("PriceFarOff", text, **about))


def _flag_weights(
    raised: _Raised,
    traffic: Traffic,
    goods: tuple[Int64, list[GoodsKey], Int64],
    history: History,
    rules: FlagRules,
) -> None:
    """Flag weights that do not go with the quantity: counted in mass, or by what was usual."""
    keys, names, weight = goods
    lines = traffic.trade.lines
    exact = np.array([_MASS.get(unit, 0) for unit in lines.unit.texts], np.int64)
    grams = exact[lines.unit.index] if len(exact) else np.zeros(0, np.int64)
    top, bottom = rules.weight_share.numerator, rules.weight_share.denominator
    is_mass = (grams > 0) & (weight >= 0) & (lines.quantity_milli < 2**52)
    stated = np.where(is_mass, lines.quantity_milli * grams, 0)
    allowed = stated // bottom * top + stated % bottom * top // bottom
    for row in np.flatnonzero(is_mass & (np.abs(lines.weight_g - stated) > allowed)).tolist():
        text = f"{_called(lines.code[row])}: the quantity is {int(stated[row])} g, the weight " \
               f"{int(lines.weight_g[row])} g"  # fmt: skip
        raised.at_line(traffic, row, reason("WeightOff", text, goods=lines.code[row]))
    without = [(*name[:2], "") for name in names]
    low, high = _bounds(without, history.weights, rules)
    is_off = ~is_mass & (weight >= 0) & ((weight < low[keys]) | (weight > high[keys]))
    for row in np.flatnonzero(is_off).tolist():
        name = without[keys[row]]
        usual = history.weights[name]
        text = f"a unit of {_called(name[0])} weighs {_whole(int(weight[row]))} g; " \
               f"{_whole(usual.middle)} is the middle of {usual.count} earlier ones"  # fmt: skip
        raised.at_line(traffic, row, reason("WeightOff", text, goods=name[0], unit=name[1]))


def shipments_of(traffic: Traffic) -> Shipments:
    """Return what goes from whom to whom, line by line.

    Args:
        traffic: The obligations.
    """
    lines, owed = traffic.trade.lines, traffic.owed
    short = Texts(lines.code.index, [code[:GOODS_DIGITS] for code in lines.code.texts])
    return Shipments(
        short.once(), lines.unit.once(),
        lines.quantity_milli, traffic.creditor[owed], traffic.debtor[owed], traffic.day[owed],
        traffic.number[owed],
    )  # fmt: skip


def _flag_round_trips(
    raised: _Raised, traffic: Traffic, history: History, rules: FlagRules
) -> None:
    """Flag goods that go round."""
    found = round_trips(shipments_of(traffic), history.shipments, rules.round_trips)
    for row, why in found.items():
        raised.at_line(traffic, row, why)


# ---- firms -------------------------------------------------------------------------------------


def _flag_volumes(raised: _Raised, traffic: Traffic, history: History, rules: FlagRules) -> None:
    """Flag what a firm sells or buys beyond several times its usual volume, in order of numbers."""
    order = np.argsort(traffic.number, kind="stable")
    for role, parties in ((SELLS, traffic.creditor), (BUYS, traffic.debtor)):
        known = [(party, one) for (party, which), one in history.volumes.items() if which == role]
        limits = {
            party: max(rules.volume_times * one.middle, one.middle + rules.price_spreads * one.off)
            for party, one in known
            if one.count >= rules.least_cycles
        }
        if not limits:
            continue
        rows = order[np.isin(parties[order], list(limits))]
        rows = rows[np.argsort(parties[rows], kind="stable")]
        totals = _running(parties[rows], traffic.worth_minor[rows])
        for row, total in zip(rows.tolist(), totals, strict=True):
            party = int(parties[row])
            volume = total + history.so_far.get((party, role), 0)
            if volume > limits[party]:
                usual = history.volumes[party, role]
                text = f"party {party} {role} for {volume} in this cycle; {usual.middle} is the " \
                       f"middle of {usual.count} earlier cycles"  # fmt: skip
                raised.add(row, reason("SuddenVolume", text, party=party, role=role))


def _running(parties: Int64, worth: Int64) -> list[int]:
    """Return the sum so far of each party; the parties stand together. Exact at any size."""
    totals, last, total = list[int](), None, 0
    for party, amount in zip(parties.tolist(), worth.tolist(), strict=True):
        total = total + amount if party == last else amount
        last = party
        totals.append(total)
    return totals


def shell_signs(firm: Firm, sums: int, rules: FlagRules) -> list[str]:
    """Return the signs of a shell that a firm shows.

    Args:
        firm: What is known of it.
        sums: What it sells or buys in the cycle, whichever is more, minor units.
        rules: When a sum is large and a firm young.

    Example:
        >>> shell_signs(Firm(20, 0, 1), 10**9, FlagRules())[2:]
        ['sums of 1000000000', 'one other shares its address or an owner']
    """
    signs = []
    if firm.age_days is None:
        signs.append("of an age nobody knows")
    elif firm.age_days <= rules.young_days:
        signs.append(f"{firm.age_days} days old")
    if firm.cleared == 0:
        signs.append("nothing cleared before")
    if sums >= rules.large_minor:
        signs.append(f"sums of {sums}")
    if firm.shared_with:
        who = "one other shares" if firm.shared_with == 1 else f"{firm.shared_with} others share"
        signs.append(f"{who} its address or an owner")
    return signs


def _flag_shells(raised: _Raised, traffic: Traffic, history: History, rules: FlagRules) -> None:
    """Flag all obligations of firms that look like shells: large sums and two signs more."""
    if not history.firms:
        return
    suspects = {
        number: firm
        for number, firm in history.firms.items()
        if len(shell_signs(firm, 0, rules)) >= 2
    }
    for role, parties in ((SELLS, traffic.creditor), (BUYS, traffic.debtor)):
        rows = np.flatnonzero(np.isin(parties, list(suspects)))
        sums = dict[int, int]()
        for row in rows.tolist():
            party = int(parties[row])
            sums[party] = sums.get(party, 0) + int(traffic.worth_minor[row])
        for row in rows.tolist():
            party = int(parties[row])
            total = sums[party] + history.so_far.get((party, role), 0)
            if total < rules.large_minor:
                continue
            signs = shell_signs(suspects[party], total, rules)
            text = f"party {party} looks like a shell: {', '.join(signs)}"
            raised.add(row, reason("ShellPattern", text, party=party, role=role))
