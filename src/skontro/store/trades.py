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
from skontro.store.bulk import fetch_rows, insert_columns, new_numbers, staged
from skontro.store.database import Unit
from skontro.store.prepared import Prepared
from skontro.store.schema import obligation_trade, pack, trade_terms

Int64 = NDArray[np.int64]
Row = tuple[int, str, int, int, int, str, str, str]
"""Obligation, terms, quantity, weight, day of the papers, their numbers, who gave them out, digest
of the originals."""

_FEW = 200


def numbers_of_terms(unit: Unit, texts: Sequence[str]) -> list[int]:
    """Return the number of each of some terms, written down if they are new; nought for empty."""
    digests = {hashlib.sha256(text.encode()).hexdigest(): text for text in texts if text}
    known = _known_terms(unit, list(digests))
    if len(known) < len(digests):
        unit.hold("trade terms")
        known = _known_terms(unit, list(digests))
        fresh = [digest for digest in digests if digest not in known]
        numbers = new_numbers(unit, trade_terms, len(fresh))
        insert_columns(
            unit, trade_terms,
            {"id": numbers, "content": [digests[one] for one in fresh], "digest": fresh},
        )  # fmt: skip
        known |= dict(zip(fresh, numbers.tolist(), strict=True))
    return [known[hashlib.sha256(text.encode()).hexdigest()] if text else 0 for text in texts]


def _known_terms(unit: Unit, digests: Sequence[str]) -> dict[str, int]:
    columns = trade_terms.c
    if len(digests) <= _FEW:
        rows = unit.all(sa.select(columns.digest, columns.id).where(columns.digest.in_(digests)))
        return {str(digest): int(number) for digest, number in rows}
    with staged(unit, {"digest": "text"}, {"digest": list(digests)}) as given:
        found = fetch_rows(unit, sa.select(columns.digest, columns.id).join_from(
            trade_terms, given, given.c.digest == columns.digest
        ))  # fmt: skip
    return dict(found)


def write_trades(unit: Unit, obligations: Int64, columns: Mapping[str, Any]) -> None:
    """Write what obligations are for: terms (numbers), quantity, weight, day, numbers, digest."""
    if len(obligations):
        day = columns["paper_day"]
        insert_columns(
            unit, obligation_trade,
            {"obligation": obligations, "terms": columns["terms"],
             "quantity_milli": columns["quantity_milli"], "weight_g": columns["weight_g"],
             "paper_day": pa.array(day.astype(np.int32), mask=day == NO_DUE_DAY),
             "numbers": columns["numbers"], "issuer": columns["issuer"],
             "originals": columns["digest"]},
        )  # fmt: skip


def trade_rows(unit: Unit, obligations: Sequence[int]) -> list[Row]:
    """Return what some obligations are for; those of which nothing is said are not there."""
    columns = obligation_trade.c
    wanted = (
        columns.obligation, trade_terms.c.content, columns.quantity_milli, columns.weight_g,
        sa.func.coalesce(columns.paper_day, NO_DUE_DAY), columns.numbers, columns.issuer,
        columns.originals,
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
