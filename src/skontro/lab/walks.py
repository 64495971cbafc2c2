# SPDX-License-Identifier: Apache-2.0
"""Random walks of value through firms: the rows of a synthetic network, chunk by chunk.

Only integers, exactly rounded operations and raw Philox words are used, so that a seed gives the
same rows on any machine, with any number of threads and any version of the libraries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Words = NDArray[np.uint64]

CHUNK_ROWS = 1 << 18
_WORDS_PER_ROW = 7
_MONTH_DAYS = 31
_FIRM_STREAM = 1 << 40
_WEIGHT_ONE = 1 << 40
_TAIL_STEPS = 4096
_GREATEST_OCTAVE = 30


@dataclass(frozen=True)
class Shape:
    """What a synthetic network is made of; shares are per mille.

    A firm is *through* (owes and is owed), a *payer* (only owes) or a *payee* (only is owed).
    Value moves along walks: closed ones pass through firms and return, open ones start at a payer
    or a through firm and end at a payee or a through firm. Each step of a walk is an obligation.

    Attributes:
        through: Firms that owe and are owed.
        payers: Firms that only owe; the rest only are owed.
        closed: Walks that return to where they started, with three steps or more.
        closed_steps: Greatest number of steps of a closed walk.
        answered: Pairs whose opposite is wanted too; chance brings some about, for the others the
            last step of an open walk is answered by an obligation the other way round.
        onward: Chance that an open walk goes on by one more step.
        open_steps: Greatest number of steps of an open walk.
        from_payer: Open walks that start at a payer.
        to_payee: Open walks that end at a payee.
        jitter: Most by which a step's amount strays from the walk's amount, either way.
        flattest: Rank that is added to each firm's, so that the greatest firms are alike.
        scale_minor: Scale of the amounts.
    """

    through: int
    payers: int
    closed: int
    closed_steps: int
    answered: int
    onward: int
    open_steps: int
    from_payer: int
    to_payee: int
    jitter: int
    flattest: int
    scale_minor: int


class Urn(NamedTuple):
    """Firms to draw from by weight.

    Attributes:
        firm: Firm number by rank, shape (n,).
        upto: Sum of the weights up to and including each rank, shape (n,).
        guide: Lowest rank to look at for each leading part of a drawn word, shape (2**bits + 1,).
        shift: How far a drawn word is shifted right to give its leading part.
    """

    firm: Int32
    upto: Int64
    guide: Int32
    shift: int


class Rows(NamedTuple):
    """Rows of a chunk.

    Attributes:
        debtor: Firm numbers, shape (k,).
        creditor: Firm numbers, shape (k,).
        amount_minor: Amounts in minor units, shape (k,).
        day: Day of the month, from 0, shape (k,).
    """

    debtor: Int32
    creditor: Int32
    amount_minor: Int64
    day: NDArray[np.int8]


def words(seed: int, stream: int, count: int) -> Words:
    """Return raw words of the Philox stream of a seed, shape (count,)."""
    key = np.array([seed % (1 << 64), stream], np.uint64)
    return np.random.Philox(key=key).random_raw(count)


def _urn(firm: Int32, flattest: int) -> Urn:
    """Weigh firms by the power -3/4 of their rank, in whole numbers."""
    rank = np.arange(1, firm.shape[0] + 1, dtype=np.float64) + flattest
    root = np.sqrt(rank)
    upto = np.cumsum((_WEIGHT_ONE / (root * np.sqrt(root))).astype(np.int64))
    total = int(upto[-1])
    bits = max(4, min(22, firm.shape[0].bit_length() + 2))
    width = -(-total >> bits) + 1
    shift = width.bit_length()
    cells = (total >> shift) + 2
    edges = np.arange(cells, dtype=np.int64) << shift
    guide = np.searchsorted(upto, edges, side="right").astype(np.int32)
    return Urn(firm, upto, guide, shift)


def urns(shape: Shape, firms: int, seed: int) -> tuple[Urn, Urn, Urn]:
    """Deal the firms out to through firms, payers and payees, in random order of size."""
    order = np.argsort(words(seed, _FIRM_STREAM, firms), kind="stable").astype(np.int32)
    through = max(4, firms * shape.through // 1000)
    payers = max(2, firms * shape.payers // 1000)
    parts = (order[:through], order[through : through + payers], order[through + payers :])
    return tuple(_urn(part, shape.flattest) for part in parts)  # type: ignore[return-value]


def _tail_tables() -> tuple[Int64, Int64]:
    """Tables of u ** (-10 / 11): by octave (10 bits after the point), inside one (20 bits)."""
    with localcontext() as context:
        context.prec = 30
        power = Decimal(-10) / Decimal(11)
        octave = [int((Decimal(2) ** (-power * k)) * 1024) for k in range(_GREATEST_OCTAVE + 1)]
        inside = [
            int((Decimal(2 * _TAIL_STEPS - j) / Decimal(2 * _TAIL_STEPS)) ** power * (1 << 20))
            for j in range(_TAIL_STEPS + 1)
        ]
    return np.array(octave, np.int64), np.array(inside, np.int64)


@njit(cache=True)
def fill_numbers(number: Int64, prefix: int, width: int) -> NDArray[np.uint8]:
    """Letters of ids of one length, one after the other: a prefix and a number with noughts."""
    letters = np.empty(number.shape[0] * (width + 1), np.uint8)
    at = 0
    for k in range(number.shape[0]):
        letters[at] = prefix
        rest = number[k]
        for place in range(width, 0, -1):
            letters[at + place] = 48 + rest % 10
            rest //= 10
        at += width + 1
    return letters


@njit(cache=True, inline="always")
def _draw(word: Any, upto: Int64, guide: Int32, shift: int) -> Any:
    """Rank drawn by a word; the high half of the product word * total falls below the total."""
    total = np.uint64(upto[-1])
    low = np.uint64(0xFFFFFFFF)
    half = np.uint64(32)
    carried = ((word & low) * (total & low)) >> half
    middle = (word >> half) * (total & low) + carried
    other = (word & low) * (total >> half) + (middle & low)
    value = np.int64((word >> half) * (total >> half) + (middle >> half) + (other >> half))
    rank = np.int64(guide[value >> shift])
    while upto[rank] <= value:
        rank += 1
    return rank


@njit(cache=True, inline="always")
def _amount(word: Any, octave: Int64, inside: Int64, greatest: int, scale: int) -> Any:
    """Amount in minor units whose density falls with the power 2.1, by integers alone."""
    k = 0
    while k < greatest and (word >> np.uint64(63 - k)) & np.uint64(1) == np.uint64(0):
        k += 1
    rest = np.int64((word << np.uint64(32)) >> np.uint64(32))
    j = rest >> 20
    part = rest & 0xFFFFF
    value = (inside[j] * ((1 << 20) - part) + inside[j + 1] * part) >> 20
    return 100 + ((((octave[k] * value) >> 15) - (1 << 15)) * scale >> 15)


@njit(cache=True)
def _fill(
    raw: Words,
    rows: int,
    plan: Any,
    through: Any,
    payers: Any,
    payees: Any,
    octave: Int64,
    inside: Int64,
    greatest: int,
) -> Any:
    """Walk until the rows of a chunk are full, then shuffle them."""
    closed, closed_steps, answers, onward, open_steps, from_payer, to_payee, jitter, scale = plan
    debtor = np.empty(rows, np.int32)
    creditor = np.empty(rows, np.int32)
    amount = np.empty(rows, np.int64)
    day = np.empty(rows, np.int8)
    n = through.firm.shape[0]
    at = 0
    w = 0
    while at < rows:
        head = raw[w]
        value = _amount(raw[w + 1], octave, inside, greatest, scale)
        first_word = raw[w + 2]
        w += 3
        round_trip = np.int64(head & np.uint64(1023)) * 1000 < closed * 1024
        steps = 1
        if round_trip:
            steps = 3 + np.int64((head >> np.uint64(10)) & np.uint64(1023)) % (closed_steps - 2)
            round_trip = at + steps <= rows
            steps = min(steps, rows - at)
        else:
            chance = head >> np.uint64(10)
            limit = min(open_steps, rows - at)
            while steps < limit and np.int64(chance & np.uint64(63)) * 1000 < onward * 64:
                steps += 1
                chance = chance >> np.uint64(6)
        place = head >> np.uint64(40)
        pays = not round_trip and np.int64(place & np.uint64(127)) * 1000 < from_payer * 128
        paid = (
            not round_trip
            and np.int64((place >> np.uint64(7)) & np.uint64(127)) * 1000 < to_payee * 128
        )
        answered = np.int64((place >> np.uint64(14)) & np.uint64(1023)) * 1000 < answers * 1024
        rank = -1
        if pays:
            here = payers.firm[_draw(first_word, payers.upto, payers.guide, payers.shift)]
        else:
            rank = _draw(first_word, through.upto, through.guide, through.shift)
            here = through.firm[rank]
        origin = rank
        start = here
        for step in range(steps):
            word = raw[w]
            extra = raw[w + 1]
            w += 2
            if round_trip and step == steps - 1:
                there = start
            elif paid and step == steps - 1:
                rank = -1
                there = payees.firm[_draw(word, payees.upto, payees.guide, payees.shift)]
            else:
                last = rank
                rank = _draw(word, through.upto, through.guide, through.shift)
                while rank == last or (round_trip and rank == origin):
                    rank = (rank + 1) % n
                there = through.firm[rank]
            stray = np.int64(extra & np.uint64(0xFFFFF)) % (2 * jitter + 1) - jitter
            debtor[at] = here
            creditor[at] = there
            amount[at] = max(1, value + value // 1000 * stray)
            day[at] = np.int64((extra >> np.uint64(20)) & np.uint64(0xFFFF)) % _MONTH_DAYS
            at += 1
            here = there
        if answered and not round_trip and not pays and rank >= 0 and at < rows:
            debtor[at] = creditor[at - 1]
            creditor[at] = debtor[at - 1]
            amount[at] = _amount(raw[w], octave, inside, greatest, scale)
            day[at] = np.int64((head >> np.uint64(33)) & np.uint64(0x7F)) % _MONTH_DAYS
            w += 1
            at += 1
    for i in range(rows - 1, 0, -1):
        j = np.int64((raw[w] >> np.uint64(32)) * np.uint64(i + 1) >> np.uint64(32))
        w += 1
        debtor[i], debtor[j] = debtor[j], debtor[i]
        creditor[i], creditor[j] = creditor[j], creditor[i]
        amount[i], amount[j] = amount[j], amount[i]
        day[i], day[j] = day[j], day[i]
    return debtor, creditor, amount, day


def _answers(shape: Shape, through: Urn, obligations: int) -> int:
    """How many open walks per mille to answer, for the reciprocity that chance does not bring."""
    weight = np.diff(through.upto, prepend=0) >> 20
    total = int(weight.sum())
    alike = int((weight * weight).sum())
    ended = 1000 - shape.onward
    outward = 1000 * (shape.from_payer + shape.to_payee) - (
        ended * shape.from_payer * shape.to_payee // 1000
    )
    inner = 1000 - ended * outward // 10**6
    by_chance = obligations * alike * alike * inner * inner // (1000 * total**4)
    per_walk = (
        2 * (1000 - shape.closed) * ended * (1000 - shape.from_payer) * (1000 - shape.to_payee)
    )
    return min(1000, max(0, shape.answered - by_chance) * 10**12 // per_walk)


def walk_rows(shape: Shape, firms: int, obligations: int, seed: int) -> Iterator[Rows]:
    """Yield the rows of a network, ``CHUNK_ROWS`` at a time, each chunk from its own stream."""
    through, payers, payees = urns(shape, firms, seed)
    octave, inside = _tail_tables()
    greatest = min(_GREATEST_OCTAVE, max(3, obligations.bit_length() - 4))
    plan = (
        shape.closed, shape.closed_steps, _answers(shape, through, obligations), shape.onward,
        shape.open_steps, shape.from_payer, shape.to_payee, shape.jitter, shape.scale_minor,
    )  # fmt: skip
    for chunk, begin in enumerate(range(0, obligations, CHUNK_ROWS)):
        rows = min(CHUNK_ROWS, obligations - begin)
        raw = words(seed, chunk, _WORDS_PER_ROW * rows + 8)
        yield Rows(*_fill(raw, rows, plan, through, payers, payees, octave, inside, greatest))
