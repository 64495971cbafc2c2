# SPDX-License-Identifier: Apache-2.0
"""Blocks, nodes, points and pairs, built anew from the obligations that were accepted."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import lcm
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from skontro.verify.amounts import exponents
from skontro.verify.certificate import exact_sum
from skontro.verify.ordering import group_starts, order_by, sort_groups_by_text, sort_packed
from skontro.verify.text import Text, take
from skontro.verify.verdict import ClaimFailed, require

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
SUM_LIMIT = 2**62


@dataclass
class Inputs:
    """What the inputs come to, by this reading.

    Attributes:
        id: Ids of the accepted obligations, in the caller's order.
        id_text: The same as bytes.
        row: Row number of each in the file, 1 being the first row of data, shape (m,).
        debtor: Number of the participant who owes, shape (m,).
        creditor: Number of the participant owed to, shape (m,).
        amount_minor: Open amounts, shape (m,).
        currency_index: Currency of each, an index into ``currencies``, shape (m,).
        currencies: Codes, sorted.
        due_day: Days since 1970-01-01, 2**31 - 1 for none, shape (m,).
        participants: Per participant its id, name, side, home currency, whether it accepts.
        fixing: Unit and rates, or None.
        limits: Pay-in limits (participant, currency, minor), sorted, or None.
        quotas: Border quotas (debtor side, creditor side, currency, minor), sorted, or None.
        rejections: Row, field, value and code of each refused row.
        repeated: How many rows repeat another.
        carried: Names of the columns the obligations table carries.
    """

    id: pa.Array
    id_text: Text
    row: Int64
    debtor: Int32
    creditor: Int32
    amount_minor: Int64
    currency_index: NDArray[np.int16]
    currencies: tuple[str, ...]
    due_day: Int32
    participants: Participants
    fixing: tuple[str, dict[str, Fraction]] | None
    limits: list[tuple[str, str, int]] | None
    quotas: list[tuple[str, str, str, int]] | None
    rejections: list[tuple[int, str, str, str]]
    repeated: int
    carried: list[str]


@dataclass
class Participants:
    """The participants in the order of their ids' bytes.

    Attributes:
        id: Their ids; and in the same order their names, sides and home currencies as given.
        accepts: Whether each accepts conversion, shape (n,).
    """

    id: pa.Array
    name: pa.Array
    side: pa.Array
    home: pa.Array
    accepts: NDArray[np.bool_]


@dataclass
class Block:
    """What clears together, its rows in the order of the pairs.

    Attributes:
        unit: Unit of account or the block's currency.
        kind: minor, exact or fine.
        worth: Points of one minor unit of each currency.
        unit_points: Points of one minor unit of the unit.
        participant: Participant of each node, shape (n,).
        currency: Currency index of each node, -1 for one that accepts conversion, shape (n,).
        rows: The rows, pair by pair.
        points: Amount of each row in points, shape (m,).
        start: First row of each pair, and m at the end, shape (p + 1,).
        tail: Debtor node of each pair, shape (p,).
        head: Creditor node of each pair, shape (p,).
        is_canonical: Whether the rows stand as in the digests.
    """

    unit: str
    kind: str
    worth: dict[str, Fraction]
    unit_points: int
    participant: Int32
    currency: NDArray[np.int16]
    rows: Rows
    points: Int64
    start: Int64
    tail: Int32
    head: Int32
    is_canonical: bool

    @property
    def nodes(self) -> int:
        """How many nodes there are."""
        return int(self.participant.shape[0])

    def per_pair(self, values: Int64) -> Int64:
        """Sums over the rows of each pair, of values in the order of ``rows``."""
        if values.shape[0] == self.tail.shape[0]:
            return values
        return np.add.reduceat(values, self.start[:-1])

    @cached_property
    def limit(self) -> Int64:
        """Points owed over each pair, shape (p,)."""
        return self.per_pair(self.points)

    def row_ends(self) -> tuple[Int32, Int32]:
        """Debtor and creditor node of each row."""
        if self.points.shape[0] == self.tail.shape[0]:
            return self.tail, self.head
        count = np.diff(self.start)
        return np.repeat(self.tail, count), np.repeat(self.head, count)


@dataclass
class Rows:
    """Some accepted rows in an order, with what is asked of them most.

    Attributes:
        order: Position of each among the accepted rows, shape (k,).
        debtor: Who owes it; and likewise creditor, amount, currency and due day.
    """

    order: Int32
    debtor: Int32
    creditor: Int32
    amount_minor: Int64
    currency_index: NDArray[np.int16]
    due_day: Int32

    @classmethod
    def of(cls, inputs: Inputs, order: Int32) -> Rows:
        """The rows in an order."""
        return cls(
            order,
            take(inputs.debtor, order),
            take(inputs.creditor, order),
            take(inputs.amount_minor, order),
            take(inputs.currency_index, order),
            take(inputs.due_day, order),
        )

    def part(self, low: int, high: int) -> Rows:
        """Some of the rows, side by side."""
        return Rows(*(column[low:high] for column in vars(self).values()))


def canonical_order(inputs: Inputs) -> Rows:
    """Rows by (currency, debtor, creditor, id bytes): the order digests go by."""
    people = len(inputs.participants.id)
    keys: list[tuple[NDArray[Any], int]] = [
        (inputs.currency_index, len(inputs.currencies)),
        (inputs.debtor, people),
        (inputs.creditor, people),
    ]
    found = sort_packed(keys, len(inputs.id))
    if found is None:
        rows = Rows.of(inputs, order_by(keys, np.arange(len(inputs.id), dtype=np.int32)))
    else:
        order, (currency, debtor, creditor) = found
        amount, due_day = take(inputs.amount_minor, order), take(inputs.due_day, order)
        rows = Rows(
            order, debtor.astype(np.int32), creditor.astype(np.int32), amount,
            currency.astype(np.int16), due_day,
        )  # fmt: skip
    starts = group_starts([rows.currency_index, rows.debtor, rows.creditor])
    if len(starts) - 1 == len(rows.order):
        return rows
    sort_groups_by_text(rows.order, starts, inputs.id_text, inputs.id)
    rows.amount_minor = take(inputs.amount_minor, rows.order)
    rows.due_day = take(inputs.due_day, rows.order)
    return rows


def build_blocks(inputs: Inputs, rows: Rows) -> list[Block]:
    """One block at a fixing, else one per currency, by code."""
    if len(rows.order) == 0:
        return []
    if inputs.fixing is not None:
        return [_fixed_block(inputs, rows)]
    used = np.bincount(rows.currency_index, minlength=len(inputs.currencies))
    ends = np.cumsum(used)
    return [
        _currency_block(inputs, int(index), rows.part(ends[index] - used[index], ends[index]))
        for index in np.flatnonzero(used)
    ]


def _currency_block(inputs: Inputs, index: int, rows: Rows) -> Block:
    code = inputs.currencies[index]
    present = np.zeros(len(inputs.participants.id), np.bool_)
    present[rows.debtor] = True
    present[rows.creditor] = True
    participant = np.flatnonzero(present).astype(np.int32)
    points = rows.amount_minor
    require(exact_sum(points) < SUM_LIMIT, f"the amounts in {code} sum to 2**62 or more")
    ends = rows.debtor, rows.creditor
    if len(participant) < len(present):
        number = (np.cumsum(present) - 1).astype(np.int32)
        ends = number[rows.debtor], number[rows.creditor]
    currency = np.full(len(participant), index, np.int16)
    start, tail, head = _pairs(*ends)
    return Block(
        code, "minor", {code: Fraction(1)}, 1, participant, currency, rows, points, start, tail,
        head, is_canonical=True,
    )  # fmt: skip


def _fixed_block(inputs: Inputs, rows: Rows) -> Block:
    if inputs.fixing is None:
        raise ClaimFailed("there is no fixing")
    kind, worth, unit_points = _grid(inputs)
    participant, currency, node_of = _fixed_nodes(inputs)
    is_canonical = len(inputs.currencies) == 1
    if not is_canonical:
        debtor = node_of(inputs.debtor, inputs.currency_index)
        creditor = node_of(inputs.creditor, inputs.currency_index)
        keys = [(debtor, len(participant)), (creditor, len(participant))]
        rows = Rows.of(inputs, order_by(keys, rows.order))
    points = to_points(rows.amount_minor, rows.currency_index, inputs.currencies, worth)
    require(exact_sum(points) < SUM_LIMIT, "the obligations add up to 2**62 points or more")
    ends = (node_of(who, rows.currency_index) for who in (rows.debtor, rows.creditor))
    start, tail, head = _pairs(*ends)
    return Block(
        inputs.fixing[0], kind, worth, unit_points, participant, currency, rows, points, start,
        tail, head, is_canonical,
    )  # fmt: skip


def _pairs(debtor: Int32, creditor: Int32) -> tuple[Int64, Int32, Int32]:
    start = group_starts([debtor, creditor])
    first = start[:-1]
    return start, debtor[first], creditor[first]


def _fixed_nodes(inputs: Inputs) -> tuple[Int32, NDArray[np.int16], Any]:
    accepts = inputs.participants.accepts
    people = len(accepts)
    codes = len(inputs.currencies)
    if accepts.all():
        everyone = np.arange(people, dtype=np.int32)
        return everyone, np.full(people, -1, np.int16), lambda who, _: who
    # one slot per (participant, currency), and slot 0 of each for who accepts
    used = np.zeros((people, codes + 1), np.bool_)
    used[accepts, 0] = True
    for who in (inputs.debtor, inputs.creditor):
        slot = np.where(accepts[who], 0, inputs.currency_index + 1)
        used[who, slot] = True
    number = (np.cumsum(used.reshape(-1)) - 1).astype(np.int32).reshape(used.shape)
    participant, slot = np.nonzero(used)

    def node_of(who: Int32, index: NDArray[np.int16]) -> Int32:
        return number[who, np.where(accepts[who], 0, index + 1)]

    return participant.astype(np.int32), (slot - 1).astype(np.int16), node_of


def _grid(inputs: Inputs) -> tuple[str, dict[str, Fraction], int]:
    """Which integers the block is counted in: as the format says, from the rates alone."""
    if inputs.fixing is None:
        raise ClaimFailed("there is no fixing")
    unit, rates = inputs.fixing
    places = exponents()
    minor_worth = {code: rate / 10 ** places[code] for code, rate in rates.items()}
    count, gross = {}, Fraction(0)
    for index, code in enumerate(inputs.currencies):
        mine = inputs.currency_index == index
        count[code] = int(np.count_nonzero(mine))
        gross += exact_sum(inputs.amount_minor[mine]) * minor_worth[code]
    unit_minor = 10 ** places[unit]
    scale = lcm(unit_minor, *(minor_worth[code].denominator for code in inputs.currencies))
    kind = "exact"
    if gross * scale >= SUM_LIMIT:
        kind = "fine"
        slack = Fraction(len(inputs.id), 2)
        require(gross * unit_minor + slack < SUM_LIMIT, "no unit of account fits the sums")
        scale = unit_minor
        while gross * scale * 10 + slack < SUM_LIMIT:
            scale *= 10
        for code in inputs.currencies:
            enough = minor_worth[code] * scale > Fraction(count[code], 2)
            require(enough, f"no unit of account is fine enough for {code}")
    worth = {code: value * scale for code, value in minor_worth.items()}
    return kind, worth, scale // unit_minor


def to_points(
    minor: Int64,
    currency_index: NDArray[np.int16],
    codes: tuple[str, ...],
    worth: dict[str, Fraction],
) -> Int64:
    """Amounts of minor units as points, exact or rounded half to even, shape (k,).

    Args:
        minor: The amounts in minor units of their currencies, shape (k,).
        currency_index: Place of each amount's currency in ``codes``, shape (k,).
        codes: The currencies.
        worth: Points of one minor unit of each.
    """
    if len(codes) == 1:
        return _times(minor, worth[codes[0]])
    points = np.empty(minor.shape[0], np.int64)
    for index, code in enumerate(codes):
        mine = np.flatnonzero(currency_index == index)
        points[mine] = _times(minor[mine], worth[code])
    return points


def _times(minor: Int64, worth: Fraction) -> Int64:
    """An estimate in floating point, put right in exact integers modulo 2**64."""
    above, below = worth.numerator, worth.denominator
    if minor.size == 0 or worth == 1:
        return minor
    top = int(minor.max()) * worth
    require(top < SUM_LIMIT, "an amount comes to 2**62 points or more")
    if below == 1:
        return minor * above
    if below >= 2**46:
        return np.array([round(int(amount) * worth) for amount in minor], np.int64)
    guess = minor.astype(np.float64)  # not money: a guess, put right in exact integers below
    guess *= above / below
    return np.asarray(
        _put_right(minor, guess.astype(np.int64), np.int64(_wrap(above)), np.int64(below)),
        np.int64,
    )


def _wrap(value: int) -> int:
    value &= 2**64 - 1
    return value - 2**64 if value >= 2**63 else value


@njit(cache=True, nogil=True)
def _put_right(minor: Any, guess: Any, above: Any, below: Any) -> Any:
    # the true rest is below 2**12 * below < 2**58, so it survives arithmetic modulo 2**64
    out = np.empty_like(guess)
    for k in range(minor.shape[0]):
        rest = minor[k] * above - guess[k] * below
        whole = rest // below
        rest -= whole * below
        value = guess[k] + whole
        if 2 * rest > below or (2 * rest == below and value & 1):
            value += 1
        out[k] = value
    return out
