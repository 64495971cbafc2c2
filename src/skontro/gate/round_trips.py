# SPDX-License-Identifier: Apache-2.0
"""Round trips: the same quantity of the same goods that comes back to who sold it.

There and back between two firms is looked for with a tolerance of quantity; ways over three or
four firms with the same quantity exactly, each leg on or after the day of the one before. Every
leg in the window is flagged, with the way the goods took.
"""

from __future__ import annotations

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from skontro.gate.goods import distinct_rows
from skontro.gate.nomenclature import about, is_service
from skontro.gate.outcome import Reason, reason
from skontro.gate.trade import Int32, Int64, Texts

MOST_LEGS = 4
MOST_STEPS = 100_000
"""Steps that are looked at for goods of one quantity; beyond that it is in doubt, which holds."""

MOST_LOOKS = 500
"""Shipments back that are looked at for one; beyond that it is in doubt."""


@dataclass(frozen=True)
class RoundTripRules:
    """When goods that come back are a round trip.

    Attributes:
        quantity_share: Share by which the quantities there and back may differ.
        days: Within how many days.
    """

    quantity_share: Fraction = Fraction(1, 50)
    days: int = 92


@dataclass(frozen=True)
class Shipments:
    """What goes from whom to whom, shape (k,).

    Attributes:
        code: First six digits of the code.
        unit: Code of the unit.
        quantity_milli: Thousandths of the unit; those without a quantity are not looked at.
        seller: Number of who sells.
        buyer: Number of who buys.
        day: Days since 1970-01-01.
        number: Number of the obligation.
    """

    code: Texts
    unit: Texts
    quantity_milli: Int64
    seller: Int64
    buyer: Int64
    day: Int32
    number: Int64

    def __len__(self) -> int:
        return len(self.number)

    @classmethod
    def none(cls) -> Shipments:
        """Return no shipments.

        Example:
            >>> len(Shipments.none())
            0
        """
        empty = np.zeros(0, np.int64)
        return cls(
            Texts.of([]), Texts.of([]), empty, empty, empty, empty.astype(np.int32), empty
        )

    def joined(self, other: Shipments) -> Shipments:
        """Return these and others."""
        if not len(other):
            return self
        return Shipments(
            _joined(self.code, other.code), _joined(self.unit, other.unit),
            np.concatenate([self.quantity_milli, other.quantity_milli]),
            np.concatenate([self.seller, other.seller]),
            np.concatenate([self.buyer, other.buyer]), np.concatenate([self.day, other.day]),
            np.concatenate([self.number, other.number]),
        )  # fmt: skip

    def as_lists(self) -> list[list[object]]:
        """Return them as plain rows, sorted, for digests."""
        numbers = [
            self.quantity_milli.tolist(), self.seller.tolist(), self.buyer.tolist(),
            self.day.tolist(), self.number.tolist(),
        ]  # fmt: skip
        rows = [
            (self.code[place], self.unit[place], *row)
            for place, row in enumerate(zip(*numbers, strict=True))
        ]
        return [list(row) for row in sorted(rows)]


def _joined(one: Texts, two: Texts) -> Texts:
    """Join two columns of texts, each text kept once."""
    places = {text: place for place, text in enumerate(one.texts)}
    moved = np.array([places.setdefault(text, len(places)) for text in two.texts], np.int32)
    ours = np.array([places[text] for text in one.texts], np.int32)
    parts = [
        table[column.index] if len(table) else column.index
        for table, column in ((ours, one), (moved, two))
    ]
    return Texts(np.concatenate(parts), list(places))


def round_trips(
    new: Shipments, earlier: Shipments, rules: RoundTripRules
) -> dict[int, Reason]:
    """Return why new shipments are part of a round trip, by their place.

    Args:
        new: Those that are judged.
        earlier: Those before, with which they may close a round.
        rules: When it is one.

    Example:
        >>> both = Shipments(
        ...     Texts.same("100630", 2), Texts.same("KGM", 2), np.array([5000, 5000]),
        ...     np.array([1, 2]), np.array([2, 1]), np.array([20000, 20020], np.int32),
        ...     np.array([11, 12]),
        ... )
        >>> round_trips(both, Shipments.none(), RoundTripRules())[0]["text"]
        '100630 (cereals) goes round: party 1 to party 2 (obligation 11) to party 1 (obligation 12)'
    """
    every = new.joined(earlier)
    found = dict[int, Reason]()
    is_goods = every.code.told([not is_service(code) for code in every.code.texts])
    rows = np.flatnonzero((every.quantity_milli > 0) & is_goods & (every.seller != every.buyer))
    if len(rows) < 2:
        return found
    goods = every.code.index.astype(np.int64) * max(1, len(every.unit.texts)) + every.unit.index
    _two_legs(every, rows, goods, rules, found)
    _more_legs(every, rows, goods, rules, found)
    return {place: found[place] for place in sorted(found) if place < len(new)}


def _way(every: Shipments, legs: Sequence[int]) -> Reason:
    code = every.code[legs[0]]
    words = about(code)
    text = f"{code} ({words}) goes round: party {every.seller[legs[0]]}"
    for leg in legs:
        text += f" to party {every.buyer[leg]} (obligation {every.number[leg]})"
    return reason(
        "RoundTrip", text, goods=code, obligations=[int(every.number[leg]) for leg in legs]
    )


def _two_legs(
    every: Shipments, rows: Int64, goods: Int64, rules: RoundTripRules, found: dict[int, Reason]
) -> None:
    """Find goods that go from one to another and back."""
    seller, buyer = every.seller[rows], every.buyer[rows]
    low, high = np.minimum(seller, buyer), np.maximum(seller, buyer)
    firms = int(max(every.seller.max(), every.buyer.max())) + 1
    key, first = distinct_rows([goods[rows], low, high], [int(goods.max()) + 1, firms, firms])
    there = np.bincount(key[seller < buyer], minlength=len(first))
    back = np.bincount(key[seller > buyer], minlength=len(first))
    is_both = (there > 0) & (back > 0)
    kept = np.flatnonzero(is_both[key])
    order = kept[
        np.lexsort((every.number[rows[kept]], every.quantity_milli[rows[kept]], key[kept]))
    ]
    for group in _groups(key[order], rows[order]):
        up = [row for row in group if every.seller[row] < every.buyer[row]]
        down = [row for row in group if every.seller[row] > every.buyer[row]]
        for ours, theirs in ((up, down), (down, up)):
            quantities = [int(every.quantity_milli[row]) for row in theirs]
            for row in ours:
                why = _partner(every, row, (theirs, quantities), rules)
                if why is not None:
                    found.setdefault(row, why)


def _groups(key: Int64, rows: Int64) -> list[list[int]]:
    """Return the rows of each key; equal keys stand together."""
    if not len(key):
        return []
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    return [part.tolist() for part in np.split(rows, starts[1:])]


def _partner(
    every: Shipments, row: int, others: tuple[list[int], list[int]], rules: RoundTripRules
) -> Reason | None:
    """Return the way with the shipment back that is nearest in quantity, within tolerance and
    days; None if there is none. Others are sorted by their quantities, given beside them."""
    theirs, quantities = others
    quantity = int(every.quantity_milli[row])
    above = bisect.bisect_left(quantities, quantity)
    below, looks = above - 1, 0
    while looks < MOST_LOOKS:
        looks += 1
        over = quantities[above] - quantity if above < len(theirs) else None
        under = quantity - quantities[below] if below >= 0 else None
        if over is None and under is None:
            return None
        if under is None or (over is not None and over <= under):
            place, above = above, above + 1
        else:
            place, below = below, below - 1
        apart, larger = abs(quantities[place] - quantity), max(quantities[place], quantity)
        if apart > larger * rules.quantity_share:
            return None
        other = theirs[place]
        if abs(int(every.day[other]) - int(every.day[row])) <= rules.days:
            legs = sorted([row, other], key=lambda leg: (every.day[leg], every.number[leg]))
            return _way(every, legs)
    return _in_doubt(every, row)


def _more_legs(
    every: Shipments, rows: Int64, goods: Int64, rules: RoundTripRules, found: dict[int, Reason]
) -> None:
    """Find goods of exactly one quantity that come back over three or four firms."""
    quantity = np.unique(every.quantity_milli[rows], return_inverse=True)[1]
    key, _ = distinct_rows(
        [goods[rows], quantity], [int(goods.max()) + 1, int(quantity.max()) + 1]
    )
    kept = _in_rounds(key, every.seller[rows], every.buyer[rows])
    order = kept[np.lexsort((every.number[rows[kept]], every.day[rows[kept]], key[kept]))]
    for group in _groups(key[order], rows[order]):
        _rounds(every, group, rules, found)


def _in_rounds(key: Int64, seller: Int64, buyer: Int64) -> Int64:
    """Return the places of shipments that can be part of a round: whoever buys sells as well, of
    the same goods and quantity, and the other way round. Looked at anew while many fall out."""
    kept = np.arange(len(key))
    firms = int(max(seller.max(initial=0), buyer.max(initial=0))) + 1
    while len(kept):
        sells, buys = key[kept] * firms + seller[kept], key[kept] * firms + buyer[kept]
        stays = np.isin(buys, sells) & np.isin(sells, buys)
        if stays.all():
            break
        kept = kept[stays]
    return kept


def _rounds(
    every: Shipments, group: Sequence[int], rules: RoundTripRules, found: dict[int, Reason]
) -> None:
    """Follow goods of one quantity, leg by leg in time, until they come back."""
    seller, buyer = every.seller[group].tolist(), every.buyer[group].tolist()
    day = every.day[group].tolist()
    sold = dict[int, list[int]]()
    for place, party in enumerate(seller):
        sold.setdefault(party, []).append(place)
    steps = 0
    for first in range(len(group)):
        wait: list[tuple[int, ...]] = [(first,)]
        while wait:
            legs = wait.pop()
            last, until = legs[-1], day[first] + rules.days
            after = sold.get(buyer[last], ())
            steps += len(after)
            if steps > MOST_STEPS:
                for row in group:
                    found.setdefault(row, _in_doubt(every, row))
                return
            for place in after:
                if not day[last] <= day[place] <= until or place in legs:
                    continue
                way = (*legs, place)
                if buyer[place] != seller[first]:
                    if len(way) < MOST_LEGS:
                        wait.append(way)
                elif len(way) > 2:
                    rows = [group[leg] for leg in way]
                    for row in rows:
                        if row not in found:
                            found[row] = _way(every, rows)


def _in_doubt(every: Shipments, row: int) -> Reason:
    code = every.code[row]
    text = f"{code}: so many shipments of one quantity that round trips cannot be told"
    return reason("RoundTripInDoubt", text, goods=code)
