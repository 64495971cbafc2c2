# SPDX-License-Identifier: Apache-2.0
"""The summary and the certificate, rebuilt completely, so that they can be compared."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skontro.verify.certificate import exact_sum
from skontro.verify.house import border_positions, by_bytes
from skontro.verify.network import Inputs
from skontro.verify.stages import BlockFlows, Parameters
from skontro.verify.standing import Standing

Int64 = NDArray[np.int64]
SUMMARY_FORMAT = "skontro.result/1"
CERTIFICATE_FORMAT = "skontro.certificate/1"
COUNTS = ("obligations", "fully_discharged", "partly_discharged", "untouched")
BLOCK_KEYS = (
    "unit", "unit_minor_points", "grid", "gross_minor", "set_off_minor", "settled_minor",
    "discharged_minor", "residual_minor", "gross_points", "set_off_points", "settled_points",
    "share", "share_discharged", "obligations", "participants", "fully_discharged",
    "partly_discharged", "untouched", "net_internal_debt_minor", "levels", "certificate",
    "pay_in_points", "pay_out_points",
)  # fmt: skip


def share_text(part: int, whole: int) -> str:
    """A share with six decimals, half to even.

    Example:
        >>> share_text(1, 3), share_text(0, 0)
        ('0.333333', '0.000000')
    """
    millionths = round(Fraction(part * 10**6, whole)) if whole else 0
    return f"{millionths // 10**6}.{millionths % 10**6:06d}"


def block_totals(flows: BlockFlows) -> dict[str, str]:
    """Exact totals of a block in points, as they go into the result digest."""
    pay_in, pay_out = flows.pay_in_and_out
    return {
        "unit": flows.block.unit,
        "gross_points": str(exact_sum(flows.block.points)),
        "set_off_points": str(exact_sum(flows.set_off_points)),
        "settled_points": str(exact_sum(flows.settled_points)),
        "pay_in_points": str(exact_sum(pay_in)),
        "pay_out_points": str(exact_sum(pay_out)),
    }


def block_summary(inputs: Inputs, flows: BlockFlows, parameters: Parameters) -> dict[str, Any]:
    """The summary of one block."""
    block = flows.block
    totals = block_totals(flows)
    gross, set_off, settled = (
        int(totals[f"{name}_points"]) for name in ("gross", "set_off", "settled")
    )

    def minor(points: int) -> int:
        return round(Fraction(points, block.unit_points))

    discharged = flows.set_off_minor + flows.settled_minor
    full = int(np.count_nonzero(discharged == flows.block.rows.amount_minor))
    untouched = int(np.count_nonzero(discharged == 0))
    owed, due = flows.owed_and_due
    rows = int(block.points.shape[0])
    return {
        **totals,
        "unit_minor_points": block.unit_points,
        "grid": block.kind,
        "gross_minor": minor(gross),
        "set_off_minor": minor(set_off),
        "settled_minor": minor(settled),
        "discharged_minor": minor(set_off + settled),
        "residual_minor": minor(gross - set_off - settled),
        "share": share_text(settled if parameters.combined else set_off, gross),
        "share_discharged": share_text(set_off + settled, gross),
        "obligations": rows,
        "participants": int(np.unique(block.participant).size),
        "fully_discharged": full,
        "partly_discharged": rows - full - untouched,
        "untouched": untouched,
        "net_internal_debt_minor": minor(exact_sum(np.maximum(due - owed, 0))),
        "levels": int(np.unique(flows.levels[parameters.stages()[0]]).size),
        "certificate": "checked",
        "currencies": _currencies(inputs, flows),
        "sides": _sides(inputs, flows),
        "border": _border(inputs, flows),
    }


def _currencies(inputs: Inputs, flows: BlockFlows) -> list[dict[str, Any]]:
    found = []
    for index, code in enumerate(inputs.currencies):
        mine: Any = slice(None)
        if len(inputs.currencies) > 1:
            mine = np.flatnonzero(flows.block.rows.currency_index == index)
        count = len(flows.block.rows.currency_index[mine])
        if not count:
            continue
        sums = [
            exact_sum(values[mine])
            for values in (flows.block.rows.amount_minor, flows.set_off_minor, flows.settled_minor)
        ]
        found.append({
            "currency": code,
            "obligations": count,
            "gross_minor": sums[0],
            "set_off_minor": sums[1],
            "settled_minor": sums[2],
            "residual_minor": sums[0] - sums[1] - sums[2],
            "points_per_minor": str(flows.block.worth[code]),
        })
    return found


def side_numbers(inputs: Inputs) -> tuple[list[str], NDArray[np.int64]]:
    """The sides by their bytes, and the number of each participant's."""
    sides = inputs.participants.side
    coded = sides.dictionary_encode()
    names = coded.dictionary.to_pylist()
    order = sorted(range(len(names)), key=lambda k: by_bytes(names[k]))
    place = np.empty(max(len(names), 1), np.int64)
    place[order] = np.arange(len(names))
    index = coded.indices.to_numpy(zero_copy_only=False)
    return [names[k] for k in order], place[index]


def _sides(inputs: Inputs, flows: BlockFlows) -> list[dict[str, Any]]:
    block = flows.block
    names, number = side_numbers(inputs)
    side = number[block.participant]
    key = np.zeros(1, np.int64)
    if len(names) > 1:
        key = side[block.tail] * len(names) + side[block.head]
    rows = np.diff(block.start)
    values = {
        "gross_points": block.limit,
        "set_off_points": flows.pair_set_off,
        "settled_points": flows.pair_settled,
    }
    found = []
    for each in np.flatnonzero(np.bincount(key, minlength=1)).tolist():
        mine: Any = np.flatnonzero(key == each) if len(names) > 1 else slice(None)
        found.append({
            "debtor_side": names[each // len(names)],
            "creditor_side": names[each % len(names)],
            "obligations": int(rows[mine].sum()),
            **{name: str(exact_sum(value[mine])) for name, value in values.items()},
        })
    return found


def _border(inputs: Inputs, flows: BlockFlows) -> list[dict[str, Any]]:
    block = flows.block
    positions: list[tuple[str, str, int]] = []
    if flows.house is not None:
        first = flows.house_flow.shape[0] - len(flows.house.border)
        positions = border_positions(flows.house.border, flows.house_flow[first:])
    else:
        names, number = side_numbers(inputs)
        pay_in, pay_out = flows.pay_in_and_out
        kept = np.zeros(len(names), np.int64)
        np.add.at(kept, number[block.participant], pay_in - pay_out)
        for name, points in zip(names, kept.tolist(), strict=True):
            if name and points:
                positions.append((name, "", points) if points > 0 else ("", name, -points))
        positions.sort(key=lambda row: (by_bytes(row[0]), by_bytes(row[1])))
    return [
        {
            "debtor_side": debtor,
            "creditor_side": creditor,
            "amount_minor": round(Fraction(points, block.unit_points)),
            "amount_points": str(points),
        }
        for debtor, creditor, points in positions
    ]


def summary(
    inputs: Inputs, flows: list[BlockFlows], manifest: dict[str, Any], asked: Parameters,
    standing: Standing,
) -> dict[str, Any]:
    """The whole of ``summary.json``."""
    blocks = [block_summary(inputs, one, asked) for one in flows]
    alone = blocks[0] if len(blocks) == 1 else None
    stage = asked.stages()[0]
    levels = [np.unique(one.levels[stage]) for one in flows]
    seen = [one.block.participant for one in flows]
    top: dict[str, Any] = {name: alone[name] if alone else None for name in BLOCK_KEYS}
    for name in COUNTS:
        top[name] = sum(block[name] for block in blocks)
    top |= {
        "format": SUMMARY_FORMAT,
        **standing.said(),
        "parameters": manifest["parameters"],
        "grid": alone["grid"] if alone else "minor",
        "participants": int(np.unique(np.concatenate(seen)).size) if seen else 0,
        "rejected": len({row for row, *_ in inputs.rejections}),
        "repeated": inputs.repeated,
        "levels": int(np.unique(np.concatenate(levels)).size) if levels else 0,
        "certificate": "checked",
        "result_digest": manifest["result_digest"],
        "blocks": blocks,
    }
    return top


def certificate(flows: list[BlockFlows], asked: Parameters) -> dict[str, Any]:
    """The whole of ``certificate.json``."""
    return {"format": CERTIFICATE_FORMAT, "blocks": [_block_proof(one, asked) for one in flows]}


def _block_proof(flows: BlockFlows, asked: Parameters) -> dict[str, Any]:
    house = flows.house
    stages = []
    cash = []
    for group, names in asked.groups():
        for name in names:
            levels = flows.levels[name]
            if group != "set-off":
                cash.append(name)
                levels = np.concatenate([levels, flows.house_levels[name]])
            proof = flows.proofs[name]
            stages.append({
                "group": group,
                "stage": name,
                "arcs": flows.arcs[name],
                "total": str(proof.total),
                "bound": str(proof.bound),
                "levels": int(np.unique(levels).size),
            })
    labels = house.labels if house else []
    return {
        "unit": flows.block.unit,
        "stages": stages,
        "house_nodes": [
            {
                "kind": kind, "side": side, "currency": currency,
                "levels": {name: int(flows.house_levels[name][k]) for name in cash},
            }
            for k, (kind, side, currency) in enumerate(labels)
        ],
        "border_arcs": [
            {"from": start, "to": end, "limit_points": limit, "flow_points": flow}
            for start, end, limit, flow in border_rows(flows)
        ],
    }  # fmt: skip


def border_rows(flows: BlockFlows) -> list[list[Any]]:
    """The border arcs as the certificate and the digest have them."""
    house = flows.house
    if house is None:
        return []
    flow = flows.house_flow[flows.house_flow.shape[0] - len(house.border) :].tolist()
    return [
        [list(start), list(end), None if limit is None else str(limit), str(points)]
        for (start, end, limit), points in zip(house.border, flow, strict=True)
    ]
