# SPDX-License-Identifier: Apache-2.0
"""The clearing: set-off first, cash second, everything with its proof."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skontro.core.allocation import split_flow
from skontro.core.certificate import StageProof, check_flow, check_forest, check_stage
from skontro.core.digest import input_digest, result_digest
from skontro.core.errors import invariant
from skontro.core.house import House, build_house
from skontro.core.network import Block, build_blocks
from skontro.core.obligations import NO_DUE_DAY
from skontro.core.ordering import keyed_rank, renumber_pairs
from skontro.core.parameters import Parameters, choose_parameters
from skontro.core.result import ClearedBlock, ClearingResult, node_sums
from skontro.core.rounding import Discharge, round_discharge
from skontro.core.stages import ONE, Face

if TYPE_CHECKING:
    from skontro.core.intake import Intake

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

Progress = Callable[..., None]

MOST_DAYS = 4095
"""Days between due dates beyond this make no difference to a preference."""


def clear_intake(
    intake: Intake,
    *,
    split: str = "oldest",
    prefer: str | None = None,
    combined: bool = False,
    cash: str | None = None,
    progress: Progress | None = None,
) -> ClearingResult:
    """Set off the largest total debt without changing any net position; then place cash.

    A calculation: it has no legal effect. Equal inputs give equal digests, whatever the order
    of the rows, the machine or the number of threads.

    Args:
        intake: What was accepted of the files.
        split: How a pair's set-off is divided over its obligations: ``oldest`` or ``pro-rata``.
        prefer: ``oldest`` or ``smallest``: what goes first where the volume is the same.
        combined: Place cash and set-off together; a planning figure.
        cash: ``unlimited`` lets everyone pay in; pay-in limits and border quotas are used where
            the intake has them.
        progress: Called as ``progress(stage, done, total)``.

    Raises:
        InvalidOptions: The wishes cannot be had together.
        NoGridFits: The fixing has no unit of account fine and coarse enough.
        CertificateFailed: The proof does not check; nothing is returned.
    """
    tell = progress or _say_nothing
    wishes = choose_parameters(intake, split=split, prefer=prefer, combined=combined, cash=cash)
    tell("sorting", 0, 1)
    blocks = build_blocks(intake)
    frozen = input_digest(intake, blocks)
    rank = keyed_rank(intake.participants.id, frozen)
    cleared = []
    for number, block in enumerate(blocks):
        tell("clearing", number, len(blocks))
        cleared.append(_Clearing(intake, block, wishes, rank, tell).run())
    tell("hashing", 0, 1)
    return ClearingResult(
        intake=intake,
        parameters=wishes.as_json(),
        blocks=tuple(cleared),
        input_digest=frozen.hex(),
        result_digest=result_digest(frozen, wishes, intake, cleared).hex(),
    )


def _say_nothing(stage: str, done: int | None = None, total: int | None = None) -> None:
    """Progress that nobody listens to."""


@dataclass(slots=True, eq=False)
class _Group:
    """What a group of stages came to.

    Attributes:
        name: ``set-off``, ``cash`` or ``combined``.
        points: Limit of each row, shape (m,).
        flow: Flow of each row, shape (m,).
        stages: Name, gain of the rows' arcs and of the house's arcs, and levels of each stage.
        house: The house's arcs, if the group has any.
        house_flow: Their flow.
    """

    name: str
    points: Int64
    flow: Int64
    stages: list[tuple[str, Int32, Int32, Int64]]
    house: House | None
    house_flow: Int64


class _Clearing:
    """The clearing of one block."""

    def __init__(
        self, intake: Intake, block: Block, wishes: Parameters, rank: Int64, tell: Progress
    ) -> None:
        self.intake = intake
        self.block = block
        self.wishes = wishes
        self.tell = tell
        self.due_day = intake.obligations.due_day[block.rows]
        by_hash = np.lexsort((block.nodes.currency_index, rank[block.nodes.participant]))
        self.rank = np.empty(block.nodes.count, np.int64)
        self.rank[by_hash] = np.arange(block.nodes.count)
        self.pair_rank = np.zeros(0, np.int64)

    def run(self) -> ClearedBlock:
        """Set off, place cash, round, and check every proof."""
        nothing = np.zeros(self.block.rows.shape[0], np.int64)
        proofs: list[StageProof] = []
        set_off_points = set_off_minor = nothing
        if not self.wishes.combined:
            group = self._set_off()
            proofs += self._check(group)
            set_off_points = group.flow
            set_off_minor = self._round(group, self.block.amount_minor, everyone_accepts=False)
        residual_minor = self.block.amount_minor - set_off_minor
        residual_points = self.block.points_of(residual_minor, self.block.currency_index)
        settled_points = settled_minor = nothing
        house, house_flow = None, np.zeros(0, np.int64)
        if self.wishes.cash is not None:
            group = self._cash(residual_points)
            proofs += self._check(group)
            settled_points, house, house_flow = group.flow, group.house, group.house_flow
            settled_minor = self._round(group, residual_minor, everyone_accepts=True)
        invariant(
            bool(np.all(settled_minor >= 0) and np.all(settled_minor <= residual_minor)),
            "an obligation is discharged by more than it is",
        )
        return ClearedBlock(
            block=self.block,
            parameters=self.wishes,
            set_off_points=set_off_points,
            set_off_minor=set_off_minor,
            settled_points=settled_points,
            settled_minor=settled_minor,
            residual_points=residual_points,
            proofs=tuple(proofs),
            house=house,
            house_flow=house_flow,
        )

    def _set_off(self) -> _Group:
        """The largest set-off; then, if wished, the preferred obligations; then the forest."""
        block = self.block
        self.tell("setting off")
        tail, head, limit, pair = renumber_pairs(block.tail, block.head, block.limit, self.rank)
        self._keep_pair_rank(pair)
        face = Face(tail, head, limit, block.nodes.count)
        stages = [("set_off", ONE, ONE, face.place_most()[self.rank])]
        if self.wishes.prefer is None:
            self.tell("making few partial")
            face.make_forest()
        pair_flow = np.empty(pair.shape[0], np.int64)
        pair_flow[pair] = face.flow
        flow = split_flow(
            self.wishes.split, pair_flow, block.limit, block.start, block.points, self.due_day
        )
        if self.wishes.prefer is not None:
            flow, _, level = self._prefer(face, pair, block.points, flow)
            stages.append(("prefer", self._preference(), ONE, level[self.rank]))
        return _Group("set-off", block.points, flow, stages, None, np.zeros(0, np.int64))

    def _prefer(
        self, face: Face, pair: Int64, points: Int64, flow: Int64
    ) -> tuple[Int64, Int64, Int64]:
        """Place the preferred single obligations first, at the same volume and the same money.

        Args:
            face: The pairs, then the house's arcs, as earlier stages left them.
            pair: Which pair of the block each of the face's is.
            points: What may be discharged of each row of the block, shape (m,).
            flow: A split of the pairs' flow over the rows, shape (m,).

        Returns:
            Flow of each row and of each of the house's arcs, and the face's levels.
        """
        block, pairs = self.block, pair.shape[0]
        self.tell("preferring")
        count = block.start[pair + 1] - block.start[pair]
        ends = np.cumsum(count)
        begin = np.repeat(block.start[pair] - (ends - count), count)
        row = np.arange(begin.shape[0]) + begin

        def by_row(value: NDArray[Any]) -> NDArray[Any]:
            return np.concatenate([np.repeat(value[:pairs], count), value[pairs:]])

        def with_house(rows: Int64, arcs: Int64) -> Int64:
            return np.concatenate([rows[row], arcs[pairs:]])

        rows = Face(
            by_row(face.tail),
            by_row(face.head),
            with_house(points, face.limit),
            face.nodes,
            room=with_house(points, face.room),
            flow=with_house(flow, face.flow),
            free=by_row(face.free),
        )
        gain = np.zeros(rows.tail.shape[0], np.int32)
        gain[: row.shape[0]] = self._preference()[row]
        level = rows.place(gain)
        rows.make_forest()
        preferred = np.zeros(points.shape[0], np.int64)
        preferred[row] = rows.flow[: row.shape[0]]
        return preferred, rows.flow[row.shape[0] :], level

    def _preference(self) -> Int32:
        """How much each obligation is preferred, a small integer."""
        if self.wishes.prefer == "oldest":
            dated = self.due_day != NO_DUE_DAY
            latest = int(self.due_day[dated].max(initial=-(2**31)))
            days = np.minimum(latest - self.due_day.astype(np.int64), MOST_DAYS)
            return np.where(dated, days, 0).astype(np.int32)
        bits = np.zeros(self.block.points.shape[0], np.int32)
        for bit in range(63):
            bits += self.block.points >> bit > 0
        return 63 - bits

    def _cash(self, residual_points: Int64) -> _Group:
        """What cash discharges of the rest.

        Most volume, least pay-in, least border money, the preferred obligations, few partial.
        """
        block = self.block
        self.tell("placing cash")
        combined = self.wishes.combined
        points = block.points if combined else residual_points
        limit = block.limit if combined else block.per_pair(points)
        owed, due = node_sums(block.tail, block.head, limit, block.nodes.count)
        house = build_house(
            self.intake, block, owed, due, unlimited=self.wishes.cash == "unlimited"
        )
        kept = np.flatnonzero(limit > 0)
        tail, head, room, chosen = renumber_pairs(
            block.tail[kept], block.head[kept], limit[kept], self.rank
        )
        pair = kept[chosen]
        rank = np.concatenate(
            [self.rank, block.nodes.count + np.arange(len(house.nodes), dtype=np.int64)]
        )
        arc = self._house_order(house)
        face = Face(
            np.concatenate([tail, rank[house.tail[arc]].astype(np.int32)]),
            np.concatenate([head, rank[house.head[arc]].astype(np.int32)]),
            np.concatenate([room, house.limit[arc]]),
            rank.shape[0],
            room=np.concatenate([room, house.room[arc]]),
        )
        pairs = np.zeros(pair.shape[0], np.int32)
        house_gains = (
            ("combined" if combined else "settled", ONE, np.zeros(arc.shape[0], np.int32)),
            ("pay_in", ONE - 1, house.pay_in_gain()),
            ("border", ONE - 1, house.border_gain(block.nodes.count)),
        )
        stages = []
        for name, gain, house_gain in house_gains:
            level = face.place(np.concatenate([pairs + gain, house_gain[arc]]))
            stages.append((name, gain, house_gain, level[rank]))
        if self.wishes.prefer is None:
            face.make_forest()
        pair_flow = np.zeros(block.tail.shape[0], np.int64)
        pair_flow[pair] = face.flow[: pair.shape[0]]
        if combined:
            self._keep_pair_rank(pair)
        flow = split_flow(
            self.wishes.split, pair_flow, limit, block.start, points, self.due_day
        )
        arc_flow = face.flow[pair.shape[0] :]
        if self.wishes.prefer is not None:
            flow, arc_flow, level = self._prefer(face, pair, points, flow)
            no_gain = np.zeros(arc.shape[0], np.int32)
            stages.append(("settled_prefer", self._preference(), no_gain, level[rank]))
        house_flow = np.empty(arc.shape[0], np.int64)
        house_flow[arc] = arc_flow
        name = "combined" if combined else "cash"
        return _Group(name, points, flow, stages, house, house_flow)

    def _house_order(self, house: House) -> Int64:
        """The house's arcs, pay-ins and pay-outs in the order of the keyed hash."""
        pay_ins = np.argsort(self.rank[house.head[: house.pay_ins]])
        pay_outs = np.argsort(self.rank)
        border = np.arange(house.border_from, house.tail.shape[0])
        return np.concatenate([pay_ins, house.pay_ins + pay_outs, border])

    def _keep_pair_rank(self, pair: Int64) -> None:
        """Remember the place of each pair in the order of the keyed hash."""
        if self.block.grid.kind == "minor":
            return
        self.pair_rank = np.empty(pair.shape[0], np.int64)
        self.pair_rank[pair] = np.arange(pair.shape[0])

    def _round(self, group: _Group, amount_minor: Int64, *, everyone_accepts: bool) -> Int64:
        if self.block.grid.kind == "minor":
            return group.flow
        discharge = Discharge(amount_minor, group.points, group.flow, self.block.currency_index)
        return round_discharge(
            self.block, discharge, self.pair_rank, everyone_accepts=everyone_accepts
        )

    def _check(self, group: _Group) -> list[StageProof]:
        """Check the group on the single obligations and the house's arcs, as given."""
        self.tell("checking")
        block, house = self.block, group.house
        obligations = self.intake.obligations
        currency = self.block.currency_index
        tail = block.nodes.of(obligations.debtor[block.rows], currency)
        head = block.nodes.of(obligations.creditor[block.rows], currency)
        limit, flow, nodes = group.points, group.flow, block.nodes.count
        if house is not None:
            tail = np.concatenate([tail, house.tail])
            head = np.concatenate([head, house.head])
            limit = np.concatenate([limit, house.limit])
            flow = np.concatenate([flow, group.house_flow])
            nodes += len(house.nodes)
        check_flow(tail, head, limit, flow, nodes)
        free = np.ones(tail.shape[0], np.bool_)
        proofs = []
        for name, gain, house_gain, level in group.stages:
            all_gain = gain
            if house is not None:
                rows = np.broadcast_to(gain, group.points.shape)
                all_gain = np.concatenate([rows, house_gain])
            total, bound = check_stage(tail, head, limit, flow, all_gain, level, free)
            proofs.append(
                StageProof(group.name, name, level, self._arc_count(group, name), total, bound)
            )
        self._check_forest(group, nodes)
        return proofs

    def _arc_count(self, group: _Group, stage: str) -> int:
        """How many arcs a stage has: obligations or pairs with something owed, and house arcs."""
        limit = group.points
        if stage not in ("prefer", "settled_prefer"):
            limit = self.block.per_pair(limit)
        owed = int(np.count_nonzero(limit))
        return owed + (0 if group.house is None else len(group.house.tail))

    def _check_forest(self, group: _Group, nodes: int) -> None:
        block, house = self.block, group.house
        if self.wishes.prefer is not None:
            tail, head = block.per_row(block.tail), block.per_row(block.head)
            limit, flow = group.points, group.flow
        else:
            tail, head = block.tail, block.head
            limit, flow = block.per_pair(group.points), block.per_pair(group.flow)
        if house is not None:
            tail = np.concatenate([tail, house.tail])
            head = np.concatenate([head, house.head])
            limit = np.concatenate([limit, house.limit])
            flow = np.concatenate([flow, group.house_flow])
        check_forest(tail, head, limit, flow, nodes)
