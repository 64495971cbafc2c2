# SPDX-License-Identifier: Apache-2.0
"""What is said of what obligations are for: goods and papers, flags, licences and customs.

Each part says its word; the strictest counts, with the reasons of all. What a part fails at, it
holds. What is held by goods, papers, flags or a party takes nothing of licences and declarations.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skontro.core.digest import canonical_json
from skontro.flow.asked import Asked, Stated
from skontro.flow.contents import Seen
from skontro.flow.deriving import gate_fault
from skontro.flow.goods import JudgedTrade, Traded
from skontro.gate.outcome import JudgedMany, all_together, judged
from skontro.messages.trade_rows import Trades
from skontro.store.authorities import stated_of
from skontro.store.database import Unit
from skontro.store.verdicts import sides_of

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.flow.red_flags import Flagged

Int64 = NDArray[np.int64]


@dataclass(frozen=True)
class Said:
    """Obligations as their trade is judged, shape (m,).

    Attributes:
        number: Number of each.
        debtor: Number of each debtor.
        creditor: Number of each creditor.
        digest: Digest of what is judged, shape (m, 32).
        trades: What they are for.
        is_held: Which are held for a party.
        are_new: Whether none of them was judged before: then no look has seen them.
        seen: Where they were written before: of which the tables say what was said.
        stated: Where none of them is in the tables yet: what each says.
    """

    number: Int64
    debtor: Int64
    creditor: Int64
    digest: NDArray[np.uint8]
    trades: Trades
    is_held: NDArray[np.bool_]
    are_new: bool
    seen: Seen | None = None
    stated: Sequence[Stated] | None = None


def judge_traded(
    house: House, unit: Unit, said: Said, cycle_id: str = ""
) -> tuple[JudgedMany, list[str | None] | None]:
    """Judge what obligations are for; what is released for a cycle takes what it needs.

    Args:
        house: The house.
        unit: The unit of work.
        said: The obligations.
        cycle_id: The cycle they are entered into, or in, if any.

    Returns:
        Outcome and reasons of each, parties aside; and what each verdict rests on beside its
        content, where it does.
    """
    goods = _by_goods(house, unit, said)
    found = goods.judged
    if said.seen is not None and said.seen.changed.any():
        found = found.but(said.seen.changed, said.seen.why)
    found, flagged = _with_flags(house, unit, said, found)
    asked = Asked(
        said.number, said.debtor, said.creditor, said.trades, found.released & ~said.is_held,
        goods.needs, goods.rules_of(), goods.packs, goods.day, said.stated,
    )  # fmt: skip
    try:
        by_authorities = house.authorities.judge(unit, asked, cycle_id)
    except Exception as fault:
        unit.outlive(fault)
        return _with_fault(found, fault), None
    inputs: list[str | None] | None = None
    if by_authorities is not None:
        found, inputs = all_together(found, by_authorities[0]), by_authorities[1]
    return found, _with_look(inputs, flagged)


def _by_goods(house: House, unit: Unit, said: Said) -> JudgedTrade:
    """Return what is said of goods and papers; a fault holds them."""
    day = datetime.date.fromisoformat(house.today)
    try:
        packs = house.goods.in_force(unit)
        side, sides = places_of_sides(house, unit, [said.debtor, said.creditor])
        amount = _amounts(unit, said)
        return house.goods.judge(packs, Traded(side[0], side[1], sides, amount, said.trades), day)
    except Exception as fault:
        unit.outlive(fault)
        return JudgedTrade.held(len(said.number), gate_fault(fault), day)


def _amounts(unit: Unit, said: Said) -> Int64:
    """Return amounts as lines are held against them; what has one line alone is worth that."""
    amount = np.ones(len(said.number), np.int64)
    rows = np.flatnonzero(said.trades.has_lines)
    if not len(rows):
        return amount
    if said.stated is not None:
        return np.array([one.amount_minor for one in said.stated], np.int64)
    found = stated_of(unit, said.number[rows])
    order = np.argsort(found["number"])
    place = order[np.searchsorted(found["number"][order], said.number[rows])]
    amount[rows] = found["amount_minor"][place]
    return amount


def _with_flags(
    house: House, unit: Unit, said: Said, found: JudgedMany
) -> tuple[JudgedMany, Flagged | None]:
    """Return what is said of obligations, flags of the last look as well; a fault holds them."""
    if said.are_new:
        return found, None
    try:
        flagged = house.red_flags.standing(unit, said.number, said.digest)
    except Exception as fault:
        unit.outlive(fault)
        return _with_fault(found, fault), None
    return (found, None) if flagged is None else (all_together(found, flagged.judged), flagged)


def _with_look(
    inputs: list[str | None] | None, flagged: Flagged | None
) -> list[str | None] | None:
    """Return what verdicts rest on, the look for flags of those that have one as well."""
    if flagged is None or not flagged.is_flagged.any():
        return inputs
    found: list[str | None] = [None] * len(flagged.is_flagged)
    if inputs is not None:
        found = list(inputs)
    for row in np.flatnonzero(flagged.is_flagged).tolist():
        known = json.loads(found[row] or "{}")
        found[row] = canonical_json({**known, "look": flagged.look}).decode()
    return found


def _with_fault(found: JudgedMany, fault: Exception) -> JudgedMany:
    why = judged([gate_fault(fault)])
    return all_together(found, JudgedMany.gathered(np.zeros(len(found), np.int64), [why]))


def places_of_sides(
    house: House, unit: Unit, firms: Sequence[Int64]
) -> tuple[list[NDArray[np.int32]], list[str]]:
    """Return the place of each firm's side among the house's sides, and these."""
    sides = [one.id for one in house.rules.sides]
    of = sides_of(unit, np.unique(np.concatenate(firms)).tolist())
    place = np.zeros(max(of, default=0) + 1, np.int32)
    for firm, side in of.items():
        place[firm] = sides.index(side)
    return [place[one] for one in firms], sides
