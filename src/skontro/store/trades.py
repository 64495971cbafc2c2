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
from skontro.store.bulk import fetch_columns, fetch_rows, insert_columns, new_numbers, staged
from skontro.store.database import Unit
from skontro.store.prepared import Prepared
from skontro.store.schema import obligation_line, obligation_trade, pack, trade_terms

Int64 = NDArray[np.int64]

_FEW = 200


_TERMS_OF_ONE = Prepared(
    sa.select(trade_terms.c.digest, trade_terms.c.id).where(
        trade_terms.c.digest == sa.bindparam("digest")
    )
)


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
    if len(digests) == 1:
        return dict(_TERMS_OF_ONE.rows(unit, digest=digests[0]))
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


_TRADE_KINDS = {
    "obligation": "number", "terms": "number", "quantity_milli": "number", "weight_g": "number",
    "paper_day": "number", "numbers": "text", "issuer": "text", "originals": "text",
}  # fmt: skip


def trade_columns(unit: Unit, obligations: Int64) -> dict[str, Any]:
    """Return what some obligations are for; those of which nothing is said are not there.

    Returns:
        Columns ``obligation, terms`` (numbers, see :func:`contents_of_terms`), ``quantity_milli,
        weight_g, paper_day, numbers, issuer`` and ``originals``.
    """
    columns = obligation_trade.c
    read = sa.select(*(
        sa.func.coalesce(columns.paper_day, NO_DUE_DAY) if name == "paper_day" else columns[name]
        for name in _TRADE_KINDS
    ))  # fmt: skip
    if len(obligations) <= _FEW:
        few = read.where(columns.obligation.in_(obligations.tolist()))
        return fetch_columns(unit, few, _TRADE_KINDS)
    with staged(unit, {"number": "bigint"}, {"number": obligations}) as given:
        many = read.join_from(given, obligation_trade, given.c.number == columns.obligation)
        return fetch_columns(unit, many, _TRADE_KINDS)


def write_lines(unit: Unit, obligations: Int64, columns: Mapping[str, Any]) -> None:
    """Write lines of obligations that have several.

    Args:
        unit: The unit of work.
        obligations: The obligation of each line.
        columns: ``line, terms`` (numbers), ``quantity_milli, weight_g, value_minor``.
    """
    if len(obligations):
        insert_columns(unit, obligation_line, {"obligation": obligations, **columns})


_LINES = ("obligation", "line", "terms", "quantity_milli", "weight_g", "value_minor")


def line_columns(unit: Unit, obligations: Int64) -> dict[str, Any]:
    """Return the lines of some obligations, by obligation and number of the line."""
    columns = obligation_line.c
    kinds = dict.fromkeys(_LINES, "number")
    read = sa.select(*(columns[name] for name in _LINES)).order_by(columns.obligation, columns.line)
    if len(obligations) <= _FEW:
        few = read.where(columns.obligation.in_(obligations.tolist()))
        return fetch_columns(unit, few, kinds)
    with staged(unit, {"number": "bigint"}, {"number": obligations}) as given:
        many = read.join_from(given, obligation_line, given.c.number == columns.obligation)
        return fetch_columns(unit, many, kinds)


def contents_of_terms(unit: Unit, numbers: Int64) -> list[str]:
    """Return the contents of terms by their numbers, each given once, in their order; of those
    that are not there an empty text."""
    columns = trade_terms.c
    read = sa.select(columns.id, columns.content)
    if len(numbers) <= _FEW:
        found = dict(fetch_rows(unit, read.where(columns.id.in_(numbers.tolist()))))
    else:
        with staged(unit, {"number": "bigint"}, {"number": numbers}) as given:
            joined = read.join_from(given, trade_terms, given.c.number == columns.id)
            found = dict(fetch_rows(unit, joined))
    return [found.get(number, "") for number in numbers.tolist()]


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


def ask_packs(unit: Unit) -> None:
    """Ask ahead for what :func:`pack_digests` says."""
    _PACK_DIGESTS.ask_ahead(unit)


def pack_digests(unit: Unit) -> tuple[tuple[str, str], ...]:
    """Return side and digest of the packs in force, in the order of :func:`packs_in_force`."""
    return tuple((row.side, row.digest) for row in _PACK_DIGESTS.rows(unit))
