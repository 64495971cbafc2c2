# SPDX-License-Identifier: Apache-2.0
"""What obligations are for, by the million; and the packs it is judged by."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from skontro.core.obligations import NO_DUE_DAY
from skontro.store.bulk import fetch_rows, insert_columns, staged
from skontro.store.database import Unit
from skontro.store.prepared import Prepared
from skontro.store.rows import insert
from skontro.store.schema import obligation_trade, pack, trade_terms

Int64 = NDArray[np.int64]
Row = tuple[int, str, int, int, int, str, str]
"""Obligation, terms, quantity, weight, day of the papers, their numbers, digest of originals."""

_FEW = 200


def numbers_of_terms(unit: Unit, texts: Sequence[str]) -> list[int]:
    """Return the number of each of some terms, written down if they are new; nought for empty."""
    by_digest = {hashlib.sha256(text.encode()).hexdigest(): text for text in texts if text}
    known = dict[str, int]()
    digests = sorted(by_digest)
    for first in range(0, len(digests), _FEW):
        part = digests[first : first + _FEW]
        rows = unit.all(
            sa.select(trade_terms.c.digest, trade_terms.c.id).where(trade_terms.c.digest.in_(part))
        )
        known |= {digest: number for digest, number in rows}  # noqa: C416
    fresh = [digest for digest in digests if digest not in known]
    if fresh:
        unit.hold("trade terms")
        for digest in fresh:
            row = unit.first(sa.select(trade_terms.c.id).where(trade_terms.c.digest == digest))
            if row is None:
                insert(unit, trade_terms, content=by_digest[digest], digest=digest)
                row = unit.first(sa.select(trade_terms.c.id).where(trade_terms.c.digest == digest))
            known[digest] = row[0]
    return [known[hashlib.sha256(text.encode()).hexdigest()] if text else 0 for text in texts]


def write_trades(unit: Unit, obligations: Int64, columns: Mapping[str, Any]) -> None:
    """Write what obligations are for: terms (numbers), quantity, weight, day, numbers, digest."""
    if len(obligations):
        day = columns["paper_day"]
        insert_columns(
            unit, obligation_trade,
            {"obligation": obligations, "terms": columns["terms"],
             "quantity_milli": columns["quantity_milli"], "weight_g": columns["weight_g"],
             "paper_day": pa.array(day.astype(np.int32), mask=day == NO_DUE_DAY),
             "numbers": columns["numbers"], "originals": columns["digest"]},
        )  # fmt: skip


def trade_rows(unit: Unit, obligations: Sequence[int]) -> list[Row]:
    """Return what some obligations are for; those of which nothing is said are not there."""
    columns = obligation_trade.c
    wanted = (
        columns.obligation, trade_terms.c.content, columns.quantity_milli, columns.weight_g,
        sa.func.coalesce(columns.paper_day, NO_DUE_DAY), columns.numbers, columns.originals,
    )  # fmt: skip
    joined = sa.select(*wanted).join_from(
        obligation_trade, trade_terms, trade_terms.c.id == columns.terms
    )
    if len(obligations) <= _FEW:
        rows = unit.all(joined.where(columns.obligation.in_(list(obligations))))
        return [tuple(row) for row in rows]
    with staged(unit, {"number": "bigint"}, {"number": list(obligations)}) as given:
        return fetch_rows(
            unit, joined.join(given, given.c.number == columns.obligation)
        )


def any_trade(unit: Unit) -> bool:
    """Tell whether of any obligation it is said what it is for."""
    return unit.first(sa.select(obligation_trade.c.obligation).limit(1)) is not None


_NEWEST_PACKS = sa.select(sa.func.max(pack.c.id)).group_by(pack.c.side, pack.c.pack)
_PACK_DIGESTS = Prepared(
    sa.select(pack.c.side, pack.c.digest)
    .where(pack.c.id.in_(_NEWEST_PACKS))
    .order_by(pack.c.side, pack.c.pack)
)


def packs_in_force(unit: Unit) -> Sequence[Any]:
    """Return the newest of each pack of each side: id, side, pack, version, digest, content."""
    return unit.all(
        sa.select(
            pack.c.id, pack.c.side, pack.c.pack, pack.c.version, pack.c.digest, pack.c.content
        )
        .where(pack.c.id.in_(_NEWEST_PACKS))
        .order_by(pack.c.side, pack.c.pack)
    )


def pack_digests(unit: Unit) -> tuple[tuple[str, str], ...]:
    """Return side and digest of the packs in force, in the order of :func:`packs_in_force`."""
    return tuple((row.side, row.digest) for row in _PACK_DIGESTS.rows(unit))
