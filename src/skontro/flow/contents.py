# SPDX-License-Identifier: Apache-2.0
"""Contents of obligations: their digests, and whether the tables still say what was said.

What the gate judges is what the tables say now; what counts is what the parties said, whose digest
stands with the obligation, its verdicts and its cycle.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.flow.deriving import gate_fault, note_fault
from skontro.flow.words import not_said
from skontro.gate.outcome import JudgedMany, judged
from skontro.gate.verdicts import because
from skontro.house.obligations import CONTENT_HEADING, CONTENT_WITH_TRADE
from skontro.messages.trade_rows import Trades
from skontro.store.database import Unit
from skontro.store.obligations import CONTENT, NUMBERS, content_columns, text_digests
from skontro.store.verdicts import judged_otherwise

if TYPE_CHECKING:
    from skontro.flow.house import House

Int64 = NDArray[np.int64]
DigestsWithTrade = Callable[..., NDArray[np.uint8]]
Digests = NDArray[np.uint8]
_AT_ONCE = 100_000


def digests_with_trade(headings: tuple[bytes, bytes], trades: Trades, *columns: Any) -> Digests:
    """Return the digest of each row, with what it is for where that is said.

    Args:
        headings: Of rows of which nothing is said, and of the others.
        trades: What each is for.
        columns: As :func:`text_digests` takes them.
    """
    is_said = trades.is_said
    if not is_said.any():
        return text_digests(headings[0], *columns)
    if is_said.all() and not len(trades.lines):
        return text_digests(headings[1], *columns, *trades.columns())
    found = np.zeros((len(is_said), 32), np.uint8)
    whole = (*columns, *trades.columns())
    has_lines = trades.has_lines
    for which, heading, every in (
        (~is_said, headings[0], columns),
        (is_said & ~has_lines, headings[1], whole),
        (is_said & has_lines, headings[1], (*whole, trades.line_digests())),
    ):
        rows = np.flatnonzero(which)
        if len(rows):
            place = pa.array(rows)
            found[rows] = text_digests(heading, *(column.take(place) for column in every))
    return found


class Seen(NamedTuple):
    """What the tables say of obligations, shape (m,), held against what was said of them.

    Attributes:
        trades: What they are for; of those that are not what was said, nothing.
        changed: Which are not.
        why: Why these are held.
    """

    trades: Trades
    changed: NDArray[np.bool_]
    why: JudgedMany


def seen_contents(house: House, unit: Unit, number: Int64, digest: Digests) -> Seen:
    """Read what obligations are for, and hold the tables against what was said of each.

    Whatever is not what was said is held, and that alone: what it says reaches nobody who judges.
    A fault in looking holds all of them.

    Args:
        house: The house.
        unit: The unit of work.
        number: Number of each, shape (m,).
        digest: Digest of the content of each, shape (m, 32).
    """
    try:
        trades = house.goods.trades_of(unit, number)
        changed = differs(house, unit, number, digest, trades)
        why = because("ContentChanged", "the tables do not say what was said of it")
    except Exception as fault:
        note_fault(house, unit, "contents of obligations", fault)
        trades, changed = Trades.nothing(len(number)), np.ones(len(number), np.bool_)
        why = gate_fault(fault)
    said = JudgedMany.gathered(changed * 1, [judged([]), judged([why])])
    return Seen(trades.without(changed), changed, said)


def changed_among(house: House, unit: Unit, number: Int64) -> NDArray[np.bool_]:
    """Tell of which obligations the tables do not say what was said, shape (m,): what is made of
    such a one is not what anybody said either.

    Args:
        house: The house.
        unit: The unit of work.
        number: Number of each.
    """
    with house.database.widened("judging", unit):
        return differs(house, unit, number, None, house.goods.trades_of(unit, number))


def differs(
    house: House, unit: Unit, number: Int64, digest: Digests | None, trades: Trades
) -> NDArray[np.bool_]:
    """Tell which obligations say something else in the tables than was said of them, shape (m,).

    What they say now is digested again and compared with the digest that stands with them; that
    one with those of their verdicts; and with what the parties' own words come to: see
    ``flow/words.py``.

    Args:
        house: The house.
        unit: The unit of work.
        number: Number of each.
        digest: Digest of the content of each, shape (m, 32); the one that stands with them if not
            given.
        trades: What the tables say that they are for.
    """
    found = np.ones(len(number), np.bool_)
    for start in range(0, len(number), _AT_ONCE):
        part = np.arange(start, min(start + _AT_ONCE, len(number)))
        kept = content_columns(unit, number[part])
        order = np.argsort(number[part], kind="stable")
        there = part[order]
        if not np.array_equal(number[there], kept["number"]):
            continue
        again = digests_with_trade(
            (CONTENT_HEADING, CONTENT_WITH_TRADE), trades.take(there),
            *(pa.array(kept[name]) if name in NUMBERS else kept[name] for name in CONTENT),
        )  # fmt: skip
        given = kept["content_digest"] if digest is None else digest[there]
        found[there] = (again != given).any(axis=1)
        found[there] |= not_said(house, unit, kept, trades.take(there), again, digests_with_trade)
    found |= np.isin(number, judged_otherwise(unit, number))
    return found
