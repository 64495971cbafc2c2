# SPDX-License-Identifier: Apache-2.0
"""The participants table, rebuilt node by node from the flows and compared."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
from numba import njit
from numpy.typing import NDArray

from skontro.verify.amounts import exponents
from skontro.verify.certificate import Arcs, node_sums
from skontro.verify.house import settlement_currency
from skontro.verify.network import Block, Inputs, to_points
from skontro.verify.outputs import Output, run_together
from skontro.verify.stages import BlockFlows, Parameters, stage_sums
from skontro.verify.verdict import require

Int64 = NDArray[np.int64]
UNIT_AMOUNTS = ("owed", "due", "net_position", "set_off", "booked_difference")
READABLE = ("net_position", "set_off", "pay_in", "pay_out", "booked_difference")
LEVEL_COLUMNS = {"level": None, "level_prefer": "prefer", "level_settled": "settled",
                 "level_pay_in": "pay_in", "level_border": "border",
                 "level_settled_prefer": "settled_prefer"}  # fmt: skip


def level_column(stage: str) -> str:
    """The column that holds the levels of a stage."""
    return "level" if stage in ("set_off", "combined") else f"level_{stage}"


def column_names(parameters: Parameters) -> list[str]:
    """The columns of the participants table, in order."""
    levels = [level_column(stage) for stage in parameters.stages()]
    return [
        "participant", "currency", "name", "side", "home_currency", "accepts_conversion", "unit",
        "owed_points", "due_points", "net_position_points", "set_off_points",
        "settled_out_points", "settled_in_points",
        *[name for name in LEVEL_COLUMNS if name in levels],
        "pay_in_limit_points", "pay_in_points", "pay_out_points", "booked_difference_points",
        *[f"{name}_minor" for name in UNIT_AMOUNTS], "pay_in_minor", "pay_out_minor",
        "settlement_currency", *READABLE,
    ]  # fmt: skip


class NodeTable:
    """What the participants table says, and what it must say.

    Attributes:
        output: The table.
        levels: Levels of all nodes by stage, block by block.
        pay_in: Pay-in of each node in points, as the table says.
        pay_out: Pay-out of each node in points, as the table says.
    """

    def __init__(self, output: Output, parameters: Parameters, blocks: list[Block]) -> None:
        require(
            output.names == column_names(parameters),
            f"the columns are not {', '.join(column_names(parameters))}",
        )
        nodes = sum(block.nodes for block in blocks)
        require(output.rows == nodes, f"{output.rows} rows, but there are {nodes} nodes")
        self.output = output
        self.levels = {
            stage: output.integers(level_column(stage)) for stage in parameters.stages()
        }
        self.pay_in = output.integers("pay_in_points")
        self.pay_out = output.integers("pay_out_points")

    def check_nodes(self, inputs: Inputs, blocks: list[Block]) -> str:
        """Who the nodes are, in their order, with what the participants file says of each."""
        people = inputs.participants
        who = _joined([block.participant for block in blocks], np.int32)
        chosen = pa.array(who)
        codes = pa.array([*inputs.currencies, ""], pa.large_string())
        own = pa.array(_joined([block.currency for block in blocks], np.int16).astype(np.int64)
                       % len(codes))
        accepts = pa.array(np.where(people.accepts, "yes", "no").tolist(), pa.large_string())
        units = pa.array([block.unit for block in blocks], pa.large_string())
        of_block = np.repeat(np.arange(len(blocks)), [block.nodes for block in blocks])
        check = self.output.check_text
        run_together([
            lambda: check("participant", people.id.take(chosen)),
            lambda: check("name", people.name.take(chosen)),
            lambda: check("side", people.side.take(chosen)),
            lambda: check("home_currency", people.home.take(chosen)),
            lambda: check("accepts_conversion", accepts.take(chosen)),
            lambda: check("currency", codes.take(own)),
            lambda: check("unit", units.take(pa.array(of_block))),
        ])
        return f"{len(who)} nodes, numbered by the bytes of their ids"

    def check_limits(self, flows: list[BlockFlows]) -> str:
        """The pay-in limits are those given, in points."""
        column = self.output.column("pay_in_limit_points")
        if self.output.kind != "parquet":
            texts = self.output.text("pay_in_limit_points").to_pylist()
        else:
            require(column.type == pa.int64(), "pay_in_limit_points is not int64")
            texts = ["" if value is None else str(value) for value in column.to_pylist()]
        wanted: list[str] = []
        for one in flows:
            limit = one.house.pay_in_limit if one.house else None
            if limit is None:
                wanted += [""] * one.block.nodes
            else:
                wanted += ["" if value < 0 else str(value) for value in limit.tolist()]
        require(texts == wanted, "a pay-in limit is not the one given")
        return f"{sum(1 for text in wanted if text)} limits"

    def check_amounts(self, inputs: Inputs, flows: list[BlockFlows]) -> str:
        """Every amount of every node, in points, in minor units and as text."""
        wanted: dict[str, list[Int64]] = {}
        settle: list[pa.Array] = []
        unit_places: list[NDArray[np.int8]] = []
        own_places: list[NDArray[np.int8]] = []
        places = exponents()
        for one in flows:
            index, codes = settlement_currency(inputs, one.block)
            for name, values in node_amounts(inputs, one, index, codes).items():
                wanted.setdefault(name, []).append(values)
            settle.append(pa.array(codes, pa.large_string()).take(pa.array(index)))
            own_places.append(np.array([places[code] for code in codes], np.int8)[index])
            unit_places.append(np.full(one.block.nodes, places[one.block.unit], np.int8))
        amounts = {name: _joined(parts, np.int64) for name, parts in wanted.items()}
        digits, own_digits = _joined(unit_places, np.int8), _joined(own_places, np.int8)
        output = self.output
        tasks: list[Callable[[], None]] = [
            lambda name=name: output.check_integers(name, amounts[name])  # type: ignore[misc]
            for name in amounts
        ]
        for name in READABLE if amounts else ():
            shown = own_digits if name.startswith("pay_") else digits
            tasks.append(
                lambda name=name, shown=shown: output.check_readable(  # type: ignore[misc]
                    name, amounts[f"{name}_minor"], shown
                )
            )
        run_together(tasks)
        nothing = pa.array([], pa.large_string())
        output.check_text("settlement_currency", pa.concat_arrays([nothing, *settle]))
        return f"{output.rows} nodes, {len(tasks)} columns of amounts"


def _joined(parts: list[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, kind)


def booked_difference(inputs: Inputs, flows: BlockFlows) -> Int64:
    """What rounding the set-off moved each node by, in points, shape (n,)."""
    block = flows.block
    if block.kind == "minor":
        return np.zeros(block.nodes, np.int64)
    currency = block.rows.currency_index
    booked = to_points(flows.set_off_minor, currency, inputs.currencies, block.worth)
    pairs = block.per_pair(booked)
    out, into = node_sums(Arcs(block.tail, block.head, pairs, pairs, block.nodes))
    return out - into


def node_amounts(
    inputs: Inputs, flows: BlockFlows, index: NDArray[np.int32], codes: list[str]
) -> dict[str, Int64]:
    """Every integer column of the nodes of a block but levels and limits.

    Args:
        inputs: The inputs.
        flows: The block.
        index: Settlement currency of each node, an index into ``codes``.
        codes: Currency codes.
    """
    block = flows.block
    owed, due = flows.owed_and_due
    set_off, _ = stage_sums(flows, "set-off")
    settled_out, settled_in = stage_sums(flows, "cash")
    pay_in, pay_out = flows.pay_in_and_out
    points = {
        "owed": owed, "due": due, "net_position": due - owed, "set_off": set_off,
        "settled_out": settled_out, "settled_in": settled_in, "pay_in": pay_in,
        "pay_out": pay_out, "booked_difference": booked_difference(inputs, flows),
    }  # fmt: skip
    amounts = {f"{name}_points": values for name, values in points.items()}
    unit = Fraction(block.unit_points)
    for name in UNIT_AMOUNTS:
        amounts[f"{name}_minor"] = to_minor(points[name], unit)
    for name in ("pay_in", "pay_out"):
        values = np.zeros(block.nodes, np.int64)
        for k, code in enumerate(codes):
            mine = np.flatnonzero(index == k)
            if not mine.size:
                continue
            require(code in block.worth, f"settlement currency {code} has no rate")
            values[mine] = to_minor(points[name][mine], block.worth[code])
        amounts[f"{name}_minor"] = values
    _close_refusing(flows, amounts)
    return amounts


def _close_refusing(flows: BlockFlows, amounts: dict[str, Int64]) -> None:
    """The money of a node that refuses conversion closes its books to the minor unit."""
    block = flows.block
    refusing = block.currency >= 0
    if not refusing.any():
        return
    still_open = flows.settled_minor
    if flows.house is None:
        still_open = block.rows.amount_minor - flows.set_off_minor - flows.settled_minor
    pairs = block.per_pair(still_open)
    out, into = node_sums(Arcs(block.tail, block.head, pairs, pairs, block.nodes))
    left = (out - into)[refusing]
    amounts["pay_in_minor"][refusing] = np.maximum(left, 0)
    amounts["pay_out_minor"][refusing] = np.maximum(-left, 0)


def to_minor(points: Int64, worth: Fraction) -> Int64:
    """Points of either sign as minor units, rounded half to even."""
    if worth == 1 or not points.size:
        return points
    above, below = worth.numerator, worth.denominator
    most = int(np.abs(points).max())
    if above >= 2**61 or most * below >= 2**61:
        return np.array([round(Fraction(value) / worth) for value in points.tolist()], np.int64)
    return np.asarray(_divide(points * below, np.int64(above)), np.int64)


@njit(cache=True, nogil=True)
def _divide(values: Any, by: Any) -> Any:
    out = np.empty_like(values)
    for k in range(values.shape[0]):
        whole = values[k] // by
        rest = values[k] - whole * by
        if 2 * rest > by or (2 * rest == by and whole & 1):
            whole += 1
        out[k] = whole
    return out
