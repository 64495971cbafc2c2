# SPDX-License-Identifier: Apache-2.0
"""The totals of a result: per block, per currency, per pair of sides, and over all."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.core.digest import RESULT_FORMAT
from skontro.core.house import HouseNode, encode
from skontro.core.readable import minor_of_sum, share_text
from skontro.core.wide import exact_sum, sums_by_index

if TYPE_CHECKING:
    from skontro.core.intake import Intake
    from skontro.core.result import ClearedBlock, ClearingResult

Int64 = NDArray[np.int64]

OWN_TO_A_BLOCK = ("currencies", "sides", "border")
COUNTS = ("obligations", "fully_discharged", "partly_discharged", "untouched")


@njit(cache=True, nogil=True)
def _count_discharged(amount: Any, set_off: Any, settled: Any) -> Any:
    """How many rows are fully, partly and not at all discharged."""
    full = 0
    partly = 0
    for k in range(amount.shape[0]):
        discharged = set_off[k] + settled[k]
        if discharged == amount[k]:
            full += 1
        elif discharged > 0:
            partly += 1
    return full, partly, amount.shape[0] - full - partly


@njit(cache=True, nogil=True)
def _by_sides(tail: Any, head: Any, side: Any, sides: Any, value: Any) -> Any:
    """Add up a value per pair by the sides of its two nodes."""
    total = np.zeros(sides * sides, np.int64)
    for k in range(tail.shape[0]):
        total[side[tail[k]] * sides + side[head[k]]] += value[k]
    return total


def summarise(result: ClearingResult) -> dict[str, Any]:
    """Return the summary of a result, as in ``summary.json``.

    Amounts are integers of minor units, or decimal text of points.
    """
    intake = result.intake
    side, sides = encode(intake.participants.side)
    blocks = [_summarise_block(intake, one, side, sides) for one in result.blocks]
    alone = blocks[0] if len(blocks) == 1 else None
    top: dict[str, Any] = {}
    for name in blocks[0] if blocks else _NO_BLOCK:
        if name not in OWN_TO_A_BLOCK:
            top[name] = alone[name] if alone else None
    top |= {name: sum(block[name] for block in blocks) for name in COUNTS}
    top |= {
        "format": RESULT_FORMAT,
        **result.standing.as_json(),
        "parameters": result.parameters,
        "grid": alone["grid"] if alone else "minor",
        "participants": _count_participants(result),
        "rejected": result.rejections.num_rows and _rejected_rows(result),
        "repeated": intake.repeated,
        "levels": _distinct_levels(result.blocks),
        "certificate": "checked",
        "result_digest": result.result_digest,
        "blocks": blocks,
    }
    return top


_NO_BLOCK = (
    "unit", "unit_minor_points", "gross_minor", "set_off_minor", "settled_minor",
    "discharged_minor", "residual_minor", "gross_points", "set_off_points", "settled_points",
    "share", "share_discharged", "net_internal_debt_minor", "pay_in_points", "pay_out_points",
)  # fmt: skip


def _rejected_rows(result: ClearingResult) -> int:
    """How many rows were refused; a row is counted once however many faults it has."""
    return len(set(result.rejections.column("row").to_pylist()))


def _count_participants(result: ClearingResult) -> int:
    present = np.zeros(len(result.intake.participants.id), np.bool_)
    for one in result.blocks:
        present[one.block.nodes.participant] = True
    return int(np.count_nonzero(present))


def _distinct_levels(blocks: tuple[ClearedBlock, ...]) -> int:
    seen = [np.unique(one.main_level) for one in blocks]
    return int(np.unique(np.concatenate(seen)).shape[0]) if seen else 0


def _summarise_block(
    intake: Intake, one: ClearedBlock, side: NDArray[np.int32], sides: list[str]
) -> dict[str, Any]:
    block = one.block
    totals = one.totals()
    gross, set_off, settled = (
        int(totals[name]) for name in ("gross_points", "set_off_points", "settled_points")
    )
    worth = block.grid.unit_minor_points
    owed, due = one.owed_and_due
    first = settled if one.parameters.combined else set_off
    full, partly, untouched = _count_discharged(
        one.block.amount_minor, one.set_off_minor, one.settled_minor
    )
    return {
        **totals,
        "unit_minor_points": worth,
        "grid": block.grid.kind,
        "gross_minor": minor_of_sum(gross, worth),
        "set_off_minor": minor_of_sum(set_off, worth),
        "settled_minor": minor_of_sum(settled, worth),
        "discharged_minor": minor_of_sum(set_off + settled, worth),
        "residual_minor": minor_of_sum(gross - set_off - settled, worth),
        "share": share_text(first, gross),
        "share_discharged": share_text(set_off + settled, gross),
        "obligations": int(block.rows.shape[0]),
        "participants": int(np.unique(block.nodes.participant).shape[0]),
        "fully_discharged": int(full),
        "partly_discharged": int(partly),
        "untouched": int(untouched),
        "net_internal_debt_minor": minor_of_sum(exact_sum(np.maximum(due - owed, 0)), worth),
        "levels": _distinct_levels((one,)),
        "certificate": "checked",
        "currencies": _by_currency(one),
        "sides": _by_side_pair(one, side, sides),
        "border": _border(intake, one),
    }


def _by_currency(one: ClearedBlock) -> list[dict[str, Any]]:
    """Exact totals in minor units of each currency of a block."""
    codes = one.block.currencies
    sums = {
        name: sums_by_index(value, one.block.currency_index, len(codes))
        for name, value in (
            ("gross", one.block.amount_minor),
            ("set_off", one.set_off_minor),
            ("settled", one.settled_minor),
        )
    }
    count = np.bincount(one.block.currency_index, minlength=len(codes))
    return [
        {
            "currency": code,
            "obligations": int(count[index]),
            "gross_minor": sums["gross"][index],
            "set_off_minor": sums["set_off"][index],
            "settled_minor": sums["settled"][index],
            "residual_minor": sums["gross"][index] - sums["set_off"][index]
            - sums["settled"][index],
            "points_per_minor": str(one.block.grid.points_per_minor[code]),
        }
        for index, code in enumerate(codes)
        if count[index]
    ]


def _by_side_pair(
    one: ClearedBlock, side: NDArray[np.int32], sides: list[str]
) -> list[dict[str, Any]]:
    """Totals in points of each ordered pair of sides with an obligation."""
    block = one.block
    node_side = side[block.nodes.participant]
    values = {
        "obligations": np.diff(block.start),
        "gross_points": block.limit,
        "set_off_points": block.per_pair(one.set_off_points),
        "settled_points": block.per_pair(one.settled_points),
    }
    totals = {
        name: _by_sides(block.tail, block.head, node_side, len(sides), value)
        for name, value in values.items()
    }
    return [
        {
            "debtor_side": sides[place // len(sides)],
            "creditor_side": sides[place % len(sides)],
            "obligations": int(totals["obligations"][place]),
            **{name: str(int(totals[name][place])) for name in list(totals)[1:]},
        }
        for place in np.flatnonzero(totals["obligations"]).tolist()
    ]


def _border(intake: Intake, one: ClearedBlock) -> list[dict[str, Any]]:
    """What each side owes another, or the hub, opposite sums netted."""
    owed: dict[tuple[str, str], int] = defaultdict(int)
    if one.house is None:
        pay_in, pay_out = one.pay_in_and_out
        sides = intake.participants.side
        kept: dict[str, int] = defaultdict(int)
        for firm, taken, given in zip(
            one.block.nodes.participant.tolist(), pay_in.tolist(), pay_out.tolist(), strict=True
        ):
            kept[sides[firm]] += taken - given
        for side, sum_points in kept.items():
            owed[side, ""] += sum_points
    for start, end, _, flow in one.border_arcs():
        if {start.kind, end.kind} & {"house"}:
            continue
        debtor, creditor = _side(end), _side(start)
        owed[debtor, creditor] += int(flow)
    netted = dict[tuple[str, str], int]()
    for debtor, creditor in list(owed):
        rest = owed[debtor, creditor] - owed.get((creditor, debtor), 0)
        if rest > 0:
            netted[debtor, creditor] = rest
        elif rest < 0:
            netted[creditor, debtor] = -rest
    worth = one.block.grid.unit_minor_points
    return [
        {
            "debtor_side": debtor,
            "creditor_side": creditor,
            "amount_minor": minor_of_sum(points, worth),
            "amount_points": str(points),
        }
        for (debtor, creditor), points in sorted(
            netted.items(), key=lambda item: (item[0][0].encode(), item[0][1].encode())
        )
    ]


def _side(node: HouseNode) -> str:
    """The side of a node; the hub has none."""
    return node.side
