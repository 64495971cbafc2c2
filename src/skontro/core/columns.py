# SPDX-License-Identifier: Apache-2.0
"""The tables of a result: a row per obligation, a row per node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.core.house import encode, settlement_currencies
from skontro.core.money import exponent
from skontro.core.network import CONVERTS
from skontro.core.readable import minor_of, readable
from skontro.core.workers import workers

if TYPE_CHECKING:
    from skontro.core.result import ClearedBlock, ClearingResult

Int64 = NDArray[np.int64]

OBLIGATION_COLUMNS = (
    "row", "gross_minor", "set_off_minor", "settled_minor", "residual_minor",
    "gross", "set_off", "settled", "residual",
    "gross_points", "set_off_points", "settled_points",
)  # fmt: skip
"""Columns of a result's own; an input column of such a name is carried as ``input_NAME``."""

LEVEL_COLUMNS = {
    "level": "", "level_prefer": "prefer", "level_settled": "settled",
    "level_pay_in": "pay_in", "level_border": "border",
    "level_settled_prefer": "settled_prefer",
}  # fmt: skip


def obligation_table(result: ClearingResult) -> pa.Table:
    """Return the accepted rows in the caller's order, with what was discharged of each."""
    obligations = result.intake.obligations
    columns = _carried(obligations.carried)
    set_off = _in_caller_order(result, lambda one: one.set_off_minor)
    settled = _in_caller_order(result, lambda one: one.settled_minor)
    residual = obligations.amount_minor - set_off - settled
    amounts = {
        "gross": obligations.amount_minor,
        "set_off": set_off,
        "settled": settled,
        "residual": residual,
    }
    columns["row"] = pa.array(obligations.row, pa.int64())
    columns |= {f"{name}_minor": pa.array(value) for name, value in amounts.items()}
    decimals = np.array([exponent(code) for code in obligations.currencies], np.int8)
    if decimals.shape[0] and np.any(decimals != decimals[0]):
        decimals = decimals[obligations.currency_index]
    else:
        decimals = decimals[:1]
    with workers() as pool:
        texts = pool.map(lambda value: readable(value, decimals), amounts.values())
        columns |= dict(zip(amounts, texts, strict=True))
    if result.intake.fixing is not None:
        for name, value_of in _POINT_COLUMNS.items():
            columns[name] = pa.array(_in_caller_order(result, value_of))
    return pa.table(columns)


_POINT_COLUMNS: dict[str, Callable[[ClearedBlock], Int64]] = {
    "gross_points": lambda one: one.block.points,
    "set_off_points": lambda one: one.set_off_points,
    "settled_points": lambda one: one.settled_points,
}


def _carried(table: pa.Table) -> dict[str, Any]:
    """The input's columns, those with a name of ours renamed."""
    columns = dict[str, Any]()
    taken = {*OBLIGATION_COLUMNS, *table.column_names}
    for name in table.column_names:
        shown = name
        while shown in OBLIGATION_COLUMNS or (shown != name and shown in taken):
            shown = f"input_{shown}"
        taken.add(shown)
        columns[shown] = table.column(name)
    return columns


def _in_caller_order(result: ClearingResult, value_of: Callable[[ClearedBlock], Int64]) -> Int64:
    """Bring one value per row of each block back into the order of the intake."""
    values = np.zeros(len(result.intake.obligations), np.int64)
    for one in result.blocks:
        values[one.block.rows] = value_of(one)
    return values


def node_table(result: ClearingResult) -> pa.Table:
    """Return every node, block by block, with its positions, levels, pay-in and pay-out."""
    parts = [_block_nodes(result, one) for one in result.blocks]
    if not parts:
        return _empty_nodes(result)
    return pa.concat_tables(parts)


def _block_nodes(result: ClearingResult, one: ClearedBlock) -> pa.Table:
    participants, block = result.intake.participants, one.block
    firm = block.nodes.participant
    codes = [*block.currencies, ""]
    columns: dict[str, Any] = {
        "participant": _texts(participants.id, firm),
        "currency": pa.array([codes[index] for index in block.nodes.currency_index.tolist()]),
        "name": _texts(participants.name, firm),
        "side": _texts(participants.side, firm),
        "home_currency": _texts(participants.home_currency, firm),
        "accepts_conversion": pa.array(
            np.where(np.asarray(participants.accepts)[firm], "yes", "no").tolist(), pa.string()
        ),
        "unit": pa.array([block.unit] * firm.shape[0], pa.string()),
    }
    owed, due = one.owed_and_due
    settled_out, settled_in = one.settled_by_node
    pay_in, pay_out = one.pay_in_and_out
    columns |= {
        "owed_points": owed,
        "due_points": due,
        "net_position_points": due - owed,
        "set_off_points": one.set_off_by_node,
        "settled_out_points": settled_out,
        "settled_in_points": settled_in,
    }
    for name, stage in LEVEL_COLUMNS.items():
        level = one.level(stage) if stage else one.main_level
        if level is not None:
            columns[name] = level
    columns["pay_in_limit_points"] = _pay_in_limits(one)
    columns |= {
        "pay_in_points": pay_in,
        "pay_out_points": pay_out,
        "booked_difference_points": one.booked_difference,
    }
    return pa.table(columns | _node_amounts(one, columns, settlement_currencies(
        block, participants)))


def _node_amounts(
    one: ClearedBlock, points: dict[str, Any], settlement: list[str]
) -> dict[str, Any]:
    """The amounts of the nodes in minor units, and as text."""
    block = one.block
    unit = Fraction(block.grid.unit_minor_points)
    minor: dict[str, Int64] = {}
    for name in ("owed", "due", "net_position", "set_off", "booked_difference"):
        minor[name] = minor_of(points[f"{name}_points"], unit)
    index, codes = encode(settlement)
    for name in ("pay_in", "pay_out"):
        value = np.zeros(index.shape[0], np.int64)
        for number, code in enumerate(codes):
            mine = index == number
            worth = block.grid.points_per_minor[code]
            value[mine] = minor_of(points[f"{name}_points"][mine], worth)
        minor[name] = value
    refusing = block.nodes.currency_index != CONVERTS
    if refusing.any():
        left = one.refusing_net_minor[refusing]
        minor["pay_in"][refusing] = np.maximum(left, 0)
        minor["pay_out"][refusing] = np.maximum(-left, 0)
    columns: dict[str, Any] = {f"{name}_minor": value for name, value in minor.items()}
    columns["settlement_currency"] = pa.array(settlement, pa.string())
    own = np.array([exponent(code) for code in codes], np.int8)[index]
    decimals = exponent(block.unit)
    for name in ("net_position", "set_off", "pay_in", "pay_out", "booked_difference"):
        columns[name] = readable(minor[name], own if name.startswith("pay_") else decimals)
    return columns


def _texts(values: list[str], chosen: NDArray[np.int32]) -> pa.Array:
    texts = pa.array(values, pa.large_string())
    return texts if chosen.shape[0] == len(values) and _is_range(chosen) else texts.take(
        pa.array(chosen)
    )


def _is_range(numbers: NDArray[np.int32]) -> bool:
    return bool(np.all(numbers == np.arange(numbers.shape[0])))


def _pay_in_limits(one: ClearedBlock) -> pa.Array:
    """The limits as given; empty for nodes that were given none."""
    count = one.block.nodes.count
    if one.house is None or one.house.pay_in_limit is None:
        return pa.nulls(count, pa.int64())
    limit = one.house.pay_in_limit
    return pa.array(limit, pa.int64(), mask=limit < 0)


def _empty_nodes(result: ClearingResult) -> pa.Table:
    """The columns of a result without nodes."""
    texts = ("participant", "currency", "name", "side", "home_currency", "accepts_conversion",
             "unit")  # fmt: skip
    numbers = ("owed_points", "due_points", "net_position_points", "set_off_points",
               "settled_out_points", "settled_in_points", *_levels_of(result),
               "pay_in_limit_points", "pay_in_points", "pay_out_points",
               "booked_difference_points", "owed_minor", "due_minor", "net_position_minor",
               "set_off_minor", "booked_difference_minor", "pay_in_minor",
               "pay_out_minor")  # fmt: skip
    after = ("settlement_currency", "net_position", "set_off", "pay_in", "pay_out",
             "booked_difference")  # fmt: skip
    columns: dict[str, Any] = {}
    for names, kind in ((texts, pa.string()), (numbers, pa.int64()), (after, pa.string())):
        columns |= {name: pa.array([], kind) for name in names}
    return pa.table(columns)


def _levels_of(result: ClearingResult) -> Iterable[str]:
    """The level columns that the parameters ask for."""
    yield "level"
    asked = result.parameters
    if asked["prefer"] and not asked["combined"]:
        yield "level_prefer"
    if asked["cash"]:
        if not asked["combined"]:
            yield "level_settled"
        yield "level_pay_in"
        yield "level_border"
        if asked["prefer"]:
            yield "level_settled_prefer"
