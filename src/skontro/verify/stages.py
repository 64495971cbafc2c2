# SPDX-License-Identifier: Apache-2.0
"""The groups of stages of one block, checked on what the folder says flows."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from skontro.verify.certificate import (
    Arcs,
    Proof,
    check_flow,
    check_forest,
    check_least,
    check_stage,
    node_sums,
)
from skontro.verify.house import House
from skontro.verify.network import Block
from skontro.verify.split import check_nodes_rounded, check_shares, check_split
from skontro.verify.text import NO_DAY
from skontro.verify.verdict import require

Int64 = NDArray[np.int64]
MOST_DAYS = 4095
ONE = np.ones(1, np.int32)


@dataclass
class Parameters:
    """What was asked for, as the manifest says."""

    split: str
    prefer: str | None
    combined: bool
    cash: str | None

    def groups(self) -> list[tuple[str, list[str]]]:
        """The groups and their stages, in order."""
        money = ["pay_in", "border"] + (["settled_prefer"] if self.prefer else [])
        if self.combined:
            return [("combined", ["combined", *money])]
        found = [("set-off", ["set_off"] + (["prefer"] if self.prefer else []))]
        if self.cash is not None:
            found.append(("cash", ["settled", *money]))
        return found

    def stages(self) -> list[str]:
        """Every stage, in order."""
        return [stage for _, stages in self.groups() for stage in stages]


def read_parameters(parameters: Any) -> Parameters:
    """Understand the parameters of a manifest."""
    keys = {"split", "prefer", "combined", "cash"}
    require(isinstance(parameters, dict) and set(parameters) == keys, f"there must be {keys}")
    asked = Parameters(**parameters)
    require(asked.split in ("oldest", "pro-rata"), f"no such split: {asked.split}")
    require(asked.prefer in (None, "oldest", "smallest"), f"no such preference: {asked.prefer}")
    require(asked.cash in (None, "limits", "unlimited"), f"no such cash: {asked.cash}")
    require(isinstance(asked.combined, bool), "combined is neither true nor false")
    require(not asked.combined or asked.cash is not None, "combined without cash")
    return asked


@dataclass
class BlockFlows:
    """What the folder says of one block, in the order of the block's rows and nodes.

    Attributes:
        set_off_minor: Set off of each row, minor units; then the same in points.
        settled_minor: Settled of each row, minor units; then the same in points.
        residual_points: Booked residuals (amount less set off) in points.
        levels: Levels of the nodes, by stage.
        house: The house's arcs, where there is a cash group.
        house_levels: Levels of the house nodes, by stage.
        house_flow: Flow of the house's arcs.
        proofs: What each checked stage came to, by its name.
        arcs: How many arcs each stage has.
        kept_arcs: The arcs of each group, once made.
    """

    block: Block
    set_off_minor: Int64
    set_off_points: Int64
    settled_minor: Int64
    settled_points: Int64
    residual_points: Int64
    levels: dict[str, Int64]
    house: House | None = None
    house_levels: dict[str, Int64] = field(default_factory=dict)
    house_flow: Int64 = field(default_factory=lambda: np.zeros(0, np.int64))
    proofs: dict[str, Proof] = field(default_factory=dict)
    arcs: dict[str, int] = field(default_factory=dict)
    kept_arcs: dict[str, Arcs] = field(default_factory=dict)

    @cached_property
    def pair_set_off(self) -> Int64:
        """Points set off over each pair."""
        return self.block.per_pair(self.set_off_points)

    @cached_property
    def pair_settled(self) -> Int64:
        """Points settled over each pair."""
        return self.block.per_pair(self.settled_points)

    @cached_property
    def owed_and_due(self) -> tuple[Int64, Int64]:
        """What each node owes and is owed in points."""
        block = self.block
        return node_sums(Arcs(block.tail, block.head, block.limit, block.limit, block.nodes))

    @cached_property
    def pay_in_and_out(self) -> tuple[Int64, Int64]:
        """Pay-in and pay-out of each node in points: what the house carries, or would."""
        house, block = self.house, self.block
        if house is None:
            residual = block.per_pair(self.residual_points)
            out, into = node_sums(Arcs(block.tail, block.head, residual, residual, block.nodes))
            return np.maximum(out - into, 0), np.maximum(into - out, 0)
        count = house.paying.shape[0]
        pay_in = np.zeros(block.nodes, np.int64)
        pay_in[house.paying] = self.house_flow[:count]
        return pay_in, self.house_flow[count : count + block.nodes]

    def limits(self, group: str) -> Int64:
        """What a group could discharge of each row, in points."""
        return self.residual_points if group == "cash" else self.block.points

    def flow(self, group: str) -> Int64:
        """What a group discharges of each row, in points."""
        return self.set_off_points if group == "set-off" else self.settled_points


def pair_arcs(flows: BlockFlows, group: str) -> Arcs:
    """The arcs of a group: pairs, and the house's where there is cash."""
    if group not in flows.kept_arcs:
        flows.kept_arcs[group] = _pair_arcs(flows, group)
    return flows.kept_arcs[group]


def _pair_arcs(flows: BlockFlows, group: str) -> Arcs:
    block = flows.block
    limit = block.per_pair(flows.residual_points) if group == "cash" else block.limit
    flow = flows.pair_set_off if group == "set-off" else flows.pair_settled
    return _with_house(flows, group, Arcs(block.tail, block.head, limit, flow, block.nodes))


def row_arcs(flows: BlockFlows, group: str) -> Arcs:
    """The single obligations as arcs, for a preference, and the house's where there is cash."""
    tail, head = flows.block.row_ends()
    rows = Arcs(tail, head, flows.limits(group), flows.flow(group), flows.block.nodes)
    return _with_house(flows, group, rows)


def _with_house(flows: BlockFlows, group: str, arcs: Arcs) -> Arcs:
    house = flows.house
    if group == "set-off" or house is None:
        return arcs
    return Arcs(
        np.concatenate([arcs.tail, house.tail]),
        np.concatenate([arcs.head, house.head]),
        np.concatenate([arcs.limit, house.limit]),
        np.concatenate([arcs.flow, flows.house_flow]),
        arcs.nodes + len(house.labels),
    )


def check_rows_within(flows: BlockFlows, group: str) -> None:
    """No row carries less than nought or more than it could."""
    flow, limit = flows.flow(group), flows.limits(group)
    wrong = np.flatnonzero((flow < 0) | (flow > limit))
    if wrong.size:
        k = int(wrong[0])
        require(False, f"row {k} of the block: {flow[k]} of {limit[k]} points")


def check_balance(flows: BlockFlows, group: str) -> str:
    """Flows are within limits, and each node's out is its in (house arcs included)."""
    check_rows_within(flows, group)
    arcs = pair_arcs(flows, group)
    check_flow(arcs)
    return f"{arcs.nodes} nodes, {arcs.tail.shape[0]} arcs"


def _house_gain(flows: BlockFlows, stage: str) -> NDArray[np.int32]:
    house = flows.house
    if house is None:
        return np.zeros(0, np.int32)
    gain = np.zeros(house.tail.shape[0], np.int32)
    if stage == "pay_in":
        gain[: house.paying.shape[0]] = -1
    elif stage == "border":
        first = house.tail.shape[0] - len(house.border)
        for k, (start, _, _) in enumerate(house.border):
            gain[first + k] = -1 if start[0] == "house" else 0
    return gain


def check_group(flows: BlockFlows, group: str, stages: list[str], prefer: str | None) -> str:
    """Every stage of a group is proved by its levels, and these are the least.

    Returns:
        What was proved, for the claim.
    """
    arcs = pair_arcs(flows, group)
    free = np.ones(arcs.tail.shape[0], np.bool_)
    has_house = flows.house is not None and group != "set-off"
    said = []
    for stage in stages:
        level = flows.levels[stage]
        pairs = flows.block.tail.shape[0]
        gain = ONE
        if stage in ("prefer", "settled_prefer"):
            by_row = np.repeat(free[:pairs], np.diff(flows.block.start))
            free = np.concatenate([by_row, free[pairs:]])
            arcs = row_arcs(flows, group)
            gain = preference(prefer, flows)
        elif stage not in ("set_off", "settled", "combined"):
            gain = np.zeros(pairs, np.int32)
        if has_house:
            level = np.concatenate([level, flows.house_levels[stage]])
            each = np.repeat(gain, pairs) if gain is ONE else gain
            gain = np.concatenate([each, _house_gain(flows, stage)])
        proof = check_stage(arcs, gain, level, free)
        check_least(arcs, level, proof.free)
        free = proof.free
        flows.proofs[stage] = proof
        house_arcs = flows.house_flow.shape[0] if has_house else 0
        owed = arcs.limit[: arcs.limit.shape[0] - house_arcs]
        flows.arcs[stage] = int(np.count_nonzero(owed)) + house_arcs
        said.append(f"{stage} {proof.total}")
    return "total = bound: " + ", ".join(said) + "; levels the least"


def preference(prefer: str | None, flows: BlockFlows) -> NDArray[np.int32]:
    """Gain of each obligation under a preference, shape (m,)."""
    due_day = flows.block.rows.due_day
    if prefer == "oldest":
        dated = due_day != NO_DAY
        if not dated.any():
            return np.zeros(due_day.shape[0], np.int32)
        days = int(due_day[dated].max()) - due_day.astype(np.int64)
        return np.where(dated, np.minimum(days, MOST_DAYS), 0).astype(np.int32)
    powers = np.left_shift(np.int64(1), np.arange(63))
    bits = np.searchsorted(powers, flows.block.points, side="right")
    return (63 - bits).astype(np.int32)


def check_forests(flows: BlockFlows, group: str, prefer: str | None) -> str:
    """The partial arcs of a group close no cycle."""
    by_rows = prefer is not None
    partial = check_forest(row_arcs(flows, group) if by_rows else pair_arcs(flows, group))
    return f"{partial} partial arcs close no cycle"


def check_splits(flows: BlockFlows, group: str, parameters: Parameters, ids: Any) -> str:
    """Each pair's flow lies on its obligations as asked for."""
    if parameters.prefer:
        return "as the preference's own stage proves"
    pairs = check_split(
        flows.block,
        parameters.split,
        flows.limits(group),
        flows.flow(group),
        flows.block.rows.due_day,
        ids,
    )
    return f"{parameters.split}, {pairs} partial pairs of several obligations"


def check_rounding(flows: BlockFlows, group: str) -> str:
    """Minor units are floor or ceiling of the shares, and nodes keep what they must."""
    block = flows.block
    cash = group != "set-off"
    minor = flows.settled_minor if cash else flows.set_off_minor
    amount = flows.block.rows.amount_minor
    if group == "cash":
        amount = amount - flows.set_off_minor
    limit, flow = flows.limits(group), flows.flow(group)
    if block.kind == "minor":
        wrong = np.flatnonzero(minor != flow)
        require(not wrong.size, "minor units and points differ where one is the other")
        return "one currency, nothing is rounded"
    excess = check_shares(amount, limit, flow, minor)
    currency = block.rows.currency_index
    check_nodes_rounded(block, currency, excess, limit, minor, strict=not cash)
    return f"{int(np.count_nonzero(excess))} rounded shares, each floor or ceiling, nodes too"


def stage_sums(flows: BlockFlows, group: str) -> tuple[Int64, Int64]:
    """Points that leave and enter each node over obligations in a group."""
    tail, head = flows.block.tail, flows.block.head
    flow = flows.pair_set_off if group == "set-off" else flows.pair_settled
    return node_sums(Arcs(tail, head, flow, flow, flows.block.nodes))
