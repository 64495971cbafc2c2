# SPDX-License-Identifier: Apache-2.0
"""Contents of obligations: their digests, and whether the tables still say what was said.

What the gate judges is what the tables say now; what counts is what the parties said, whose digest
stands with the obligation, its verdicts and its cycle.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.house.obligations import CONTENT_HEADING, CONTENT_WITH_TRADE
from skontro.messages.trade_rows import Trades
from skontro.store.database import Unit
from skontro.store.obligations import content_columns, text_digests

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
    found = text_digests(headings[0], *columns).copy()
    whole = (*columns, *trades.columns())
    has_lines = trades.has_lines
    for which, every in ((is_said & ~has_lines, whole),
                         (is_said & has_lines, (*whole, trades.line_digests()))):  # fmt: skip
        rows = np.flatnonzero(which)
        if len(rows):
            place = pa.array(rows)
            some = [column.take(place) for column in every]
            found[rows] = text_digests(headings[1], *some)
    return found


def differs(
    unit: Unit, number: NDArray[np.int64], digest: Digests, trades: Trades
) -> NDArray[np.bool_]:
    """Tell which obligations say something else in the tables than their digest, shape (m,).

    Args:
        unit: The unit of work.
        number: Number of each.
        digest: Digest of the content of each, shape (m, 32).
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
            *(pa.array(kept[name]) if name in ("number", "debtor", "creditor", "amount_minor")
              else kept[name] for name in kept),
        )  # fmt: skip
        found[there] = (again != digest[there]).any(axis=1)
    return found
