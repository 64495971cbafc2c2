# SPDX-License-Identifier: Apache-2.0
"""Many obligations against their declarations at once: those that agree beyond doubt.

The others are left to be judged one by one. What agrees here agrees there: see
:mod:`skontro.gate.customs_columns`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.obligations import NO_DUE_DAY
from skontro.gate.customs import GOODS_DIGITS, CustomsRules, plain
from skontro.gate.customs_columns import ClaimColumns, DeclaredColumns, agree_beyond_doubt
from skontro.gate.trade import Texts
from skontro.house.trade import NUMBERS_BETWEEN
from skontro.messages.trade_rows import Trades

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Claimed:
    """What obligations say of declarations, shape (m,).

    Attributes:
        creditor: Number of each creditor.
        debtor: Number of each debtor.
        currency: ISO 4217.
        day: Date of the document in days since 1970-01-01; nought if not given.
        amount_minor: Minor units.
        trades: What they are for.
        reference: The one declaration each names; empty where it names none, or several.
    """

    creditor: Int64
    debtor: Int64
    currency: pa.Array
    day: Int64
    amount_minor: Int64
    trades: Trades
    reference: pa.Array


def references_of(trades: Trades, kind: str) -> pa.Array:
    """Return the one paper of a kind that each obligation names; empty where it is not one.

    Args:
        trades: What they are for.
        kind: Kind of the paper.
    """
    kinds = [list(json.loads(text).get("papers", ())) if text else [] for text in trades.texts]
    found = pa.array([""] * len(trades), pa.large_string())
    split = pc.split_pattern(trades.numbers, NUMBERS_BETWEEN)
    counts = pc.list_value_length(split).to_numpy(zero_copy_only=False)
    many = np.array([len(one) for one in kinds], np.int64)[trades.terms]
    places = np.array(
        [one.index(kind) if kind in one else -1 for one in kinds], np.int64
    )[trades.terms]  # fmt: skip
    for place in np.unique(places[places >= 0]).tolist():
        rows = np.flatnonzero((places == place) & (counts == many))
        taken = pc.utf8_trim_whitespace(pc.list_element(split.take(pa.array(rows)), place))
        mask = np.zeros(len(trades), np.bool_)
        mask[rows] = True
        found = pc.replace_with_mask(found, pa.array(mask), taken.cast(pa.large_string()))
    several = pc.match_substring(found, ",")
    return pc.if_else(several, pa.scalar("", pa.large_string()), found)


def beyond_doubt(
    claimed: Claimed,
    declared: Sequence[tuple[Any, ...]],
    uses: Sequence[tuple[Any, ...]],
    known: Mapping[int, Sequence[str]],
    rules: CustomsRules,
) -> NDArray[np.bool_]:
    """Tell which obligations agree with their declarations beyond doubt, shape (m,).

    Args:
        claimed: What they say.
        declared: Rows of ``declarations_of``.
        uses: Rows of ``uses_of``: what stands.
        known: By what customs may know each party.
        rules: How far apart they may be.
    """
    places = {row[0]: place for place, row in enumerate(declared)}
    owners = dict[str, int]()
    for firm, names in known.items():
        for name in {plain(one) for one in names}:
            owners[name] = 0 if name in owners and owners[name] != firm else firm
    owners.pop("", None)
    at = np.array([places.get(text, -1) for text in claimed.reference.to_pylist()], np.int64)
    terms = [json.loads(text) if text else {} for text in claimed.trades.texts]
    index = claimed.trades.terms.astype(np.int32)
    paper_day = claimed.trades.paper_day
    day = np.where(claimed.day > 0, claimed.day, np.where(paper_day == NO_DUE_DAY, 0, paper_day))
    codes = claimed.currency.dictionary_encode()
    claims = ClaimColumns(
        claimed.creditor, claimed.debtor,
        Texts(codes.indices.to_numpy(zero_copy_only=False).astype(np.int32),
              codes.dictionary.to_pylist()),
        day.astype(np.int32), np.arange(len(at)), at,
        Texts(index, [str(one.get("code", "")) for one in terms]),
        Texts(index, [str(one.get("unit", "")) for one in terms]), claimed.amount_minor,
        claimed.trades.quantity_milli,
    )  # fmt: skip
    lines: list[tuple[int, str, str, int, int]] = []
    for place, row in enumerate(declared):
        for code, value, quantity, unit, _ in json.loads(row[8]):
            lines.append((place, code, unit, value, quantity))
    for reference, _, code, unit, value, quantity in uses:
        lines.append((places[reference], code, unit, -value, -quantity))
    of, code, unit, value, quantity = zip(*lines, strict=True) if lines else [()] * 5
    return agree_beyond_doubt(claims, DeclaredColumns(
        np.array([owners.get(plain(row[3]), 0) for row in declared], np.int64),
        np.array([owners.get(plain(row[4]), 0) for row in declared], np.int64),
        Texts.of(row[5] for row in declared), np.array([row[6] for row in declared], np.int32),
        np.array([row[7] for row in declared], np.bool_), np.array(of, np.int64),
        Texts.of(code), Texts.of(unit), np.array(value, np.int64), np.array(quantity, np.int64),
    ), rules)  # fmt: skip


def used_by(claimed: Claimed, numbers: Int64) -> dict[str, Any]:
    """Return what obligations use of their declarations, as columns.

    Args:
        claimed: What they say, of those alone that agree beyond doubt.
        numbers: Their numbers.
    """
    terms = [json.loads(text) if text else {} for text in claimed.trades.texts]

    def texts(name: str, digits: int | None) -> pa.Array:
        said = pa.array([str(one.get(name, ""))[:digits] for one in terms], pa.large_string())
        return said.take(pa.array(claimed.trades.terms))

    return {
        "reference": claimed.reference, "obligation": numbers, "code": texts("code", GOODS_DIGITS),
        "unit": texts("unit", None), "value_minor": claimed.amount_minor,
        "quantity_milli": claimed.trades.quantity_milli,
    }  # fmt: skip
