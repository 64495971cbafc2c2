# SPDX-License-Identifier: Apache-2.0
"""A liar with all the house's tools: one thing is altered, and everything after it made anew.

Each lie takes an honest result and returns a false one, or nothing where it does not apply. Totals,
certificate, tables, digests and manifest are then made by the house's own code, so that only what
the lie says is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from typing import Any
from unittest import mock

import numpy as np
from numpy.typing import NDArray

from skontro.core import clearing
from skontro.core.allocation import split_flow
from skontro.core.certificate import StageProof
from skontro.core.digest import input_digest, result_digest
from skontro.core.network import CONVERTS
from skontro.core.parameters import Parameters
from skontro.core.result import ClearedBlock, ClearingResult

Int64 = NDArray[np.int64]
Lie = Callable[[random.Random, ClearingResult], ClearingResult | None]


def remade(
    result: ClearingResult,
    blocks: Sequence[ClearedBlock],
    *,
    intake: Any = None,
    parameters: dict[str, Any] | None = None,
    frozen: str | None = None,
) -> ClearingResult:
    """Make totals of stages and digests anew for altered blocks."""
    intake = intake or result.intake
    parameters = parameters or result.parameters
    wishes = Parameters(**parameters)
    blocks = tuple(_with_totals(_with_residual(replace(b, parameters=wishes))) for b in blocks)
    if frozen is None:
        frozen = input_digest(intake, [block.block for block in blocks]).hex()
    digest = result_digest(bytes.fromhex(frozen), wishes, intake, blocks)
    return ClearingResult(
        intake=intake,
        parameters=parameters,
        blocks=blocks,
        input_digest=frozen,
        result_digest=digest.hex(),
    )


def _with_residual(block: ClearedBlock) -> ClearedBlock:
    residual = block.block.amount_minor - block.set_off_minor
    if residual.size and residual.min() < 0:
        return block
    points = block.block.points_of(residual, block.block.currency_index)
    return replace(block, residual_points=points)


def _with_totals(block: ClearedBlock) -> ClearedBlock:
    """State of each stage the total it now has, and the same as its bound."""
    house, proofs = block.house, []
    for proof in block.proofs:
        total = proof.total
        if proof.stage == "set_off":
            total = int(block.set_off_points.sum())
        elif proof.stage in ("settled", "combined"):
            total = int(block.settled_points.sum())
        elif proof.stage == "pay_in" and house is not None:
            total = -int(block.house_flow[: house.pay_ins].sum())
        proofs.append(replace(proof, total=total, bound=total))
    return replace(block, proofs=tuple(proofs))


def one_block(
    result: ClearingResult, change: Callable[[ClearedBlock], ClearedBlock | None]
) -> ClearingResult | None:
    """Change the first block that a change applies to."""
    for place, block in enumerate(result.blocks):
        changed = change(block)
        if changed is not None:
            blocks = list(result.blocks)
            blocks[place] = changed
            return remade(result, blocks)
    return None


def pick(rng: random.Random, places: NDArray[Any]) -> int | None:
    """One of some places, none if there are none."""
    return int(rng.choice(places.tolist())) if places.size else None


def _columns(block: ClearedBlock) -> tuple[str, Int64, Int64]:
    """The group that discharges most: name of its column, flow and minor units."""
    name = "settled" if block.parameters.combined else "set_off"
    return name, getattr(block, f"{name}_points"), getattr(block, f"{name}_minor")


def _moved(block: ClearedBlock, rows: Sequence[int], by: Sequence[int]) -> ClearedBlock:
    """Move points of some rows; minor units go along as rounded shares."""
    name, points, minor = _columns(block)
    points, minor = points.copy(), minor.copy()
    for row, change in zip(rows, by, strict=True):
        points[row] += change
        limit, amount = int(block.block.points[row]), int(block.block.amount_minor[row])
        minor[row] = amount * int(points[row]) // limit
    return replace(block, **{f"{name}_points": points, f"{name}_minor": minor})


def row_ends(block: ClearedBlock) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Debtor and creditor node of each row of a block."""
    count = np.diff(block.block.start)
    return np.repeat(block.block.tail, count), np.repeat(block.block.head, count)


def false_row(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """One row says a point more or less than flows."""

    def change(block: ClearedBlock) -> ClearedBlock | None:
        _, points, _ = _columns(block)
        up = rng.random() < 0.5
        row = pick(rng, np.flatnonzero(points < block.block.points if up else points > 0))
        return None if row is None else _moved(block, [row], [1 if up else -1])

    return one_block(result, change)


def less_on_a_cycle(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A directed cycle of flow is taken back: balanced, but no longer the greatest."""

    def change(block: ClearedBlock) -> ClearedBlock | None:
        _, points, _ = _columns(block)
        tail, head = row_ends(block)
        rows = _cycle(rng, tail, head, points > 0)
        if not rows:
            return None
        least = int(points[rows].min())
        return _moved(block, rows, [-rng.choice([1, least])] * len(rows))

    return one_block(result, change)


def _cycle(
    rng: random.Random, tail: NDArray[Any], head: NDArray[Any], usable: NDArray[np.bool_]
) -> list[int]:
    """Some directed cycle of usable rows."""
    out: dict[int, list[int]] = {}
    for row in np.flatnonzero(usable).tolist():
        out.setdefault(int(tail[row]), []).append(row)
    starts = list(out)
    rng.shuffle(starts)
    for start in starts:
        path: list[int] = []
        seen = {start: 0}
        v = start
        while out.get(v):
            row = rng.choice(out[v])
            path.append(row)
            v = int(head[row])
            if v in seen:
                return path[seen[v] :]
            seen[v] = len(path)
    return []


def neutral_cycle(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """Flow goes round a cycle that costs nothing, so that all its arcs become partial."""

    def change(block: ClearedBlock) -> ClearedBlock | None:
        if block.block.grid.kind != "minor" or block.parameters.combined:
            return None
        found = _neutral_rows(rng, block)
        if found is None:
            return None
        rows, signs = found
        return _moved(block, rows, signs)

    return one_block(result, change)


def _neutral_rows(
    rng: random.Random, block: ClearedBlock
) -> tuple[list[int], list[int]] | None:
    """Rows of single-row pairs of c = 0 on an undirected cycle with room for one point each."""
    pairs = block.block
    tail, head = row_ends(block)
    level = block.proofs[0].level
    c = 1 + level[tail] - level[head]
    single = np.repeat(np.diff(pairs.start) == 1, np.diff(pairs.start))
    points = block.set_off_points
    steps: dict[int, list[tuple[int, int, int]]] = {}
    for row in np.flatnonzero((c == 0) & single).tolist():
        if points[row] + 1 < pairs.points[row]:
            steps.setdefault(int(tail[row]), []).append((row, 1, int(head[row])))
        if points[row] > 1:
            steps.setdefault(int(head[row]), []).append((row, -1, int(tail[row])))
    starts = list(steps)
    rng.shuffle(starts)
    for start in starts:
        for _ in range(8):
            path: list[tuple[int, int, int]] = []
            seen = {start: 0}
            v = start
            while steps.get(v):
                used = {row for row, _, _ in path}
                choices = [step for step in steps[v] if step[0] not in used]
                if not choices:
                    break
                step = rng.choice(choices)
                path.append(step)
                v = step[2]
                if v in seen:
                    cycle = path[seen[v] :]
                    if len(cycle) > 1:
                        return [row for row, _, _ in cycle], [sign for _, sign, _ in cycle]
                    break
                seen[v] = len(path)
    return None


def split_within_pair(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A point moves from one obligation of a pair to another."""

    def change(block: ClearedBlock) -> ClearedBlock | None:
        _, points, _ = _columns(block)
        start, room = block.block.start, block.block.points
        gain = _gains(result, block)
        moves = []
        for k in np.flatnonzero(np.diff(start) > 1).tolist():
            rows = range(int(start[k]), int(start[k + 1]))
            moves += [
                (a, b) for a in rows for b in rows
                if a != b and points[a] > 0 and points[b] < room[b]
                and not (block.parameters.prefer and gain[a] == gain[b])
            ]  # fmt: skip
        if not moves:
            return None
        return _moved(block, rng.choice(moves), [-1, 1])

    return one_block(result, change)


def _gains(result: ClearingResult, block: ClearedBlock) -> list[int]:
    """What tells two rows apart under a preference: their due days, or their sizes."""
    if block.parameters.prefer == "oldest":
        days = result.intake.obligations.due_day[block.block.rows]
        latest = max((day for day in days.tolist() if day < 2**31 - 1), default=0)
        return [0 if day == 2**31 - 1 else latest - day for day in days.tolist()]
    return [points.bit_length() for points in block.block.points.tolist()]


def _levels(
    block: ClearedBlock, stage: int, change: Callable[[Int64], None]
) -> ClearedBlock | None:
    if stage >= len(block.proofs):
        return None
    proofs = list(block.proofs)
    level = proofs[stage].level.copy()
    change(level)
    proofs[stage] = replace(proofs[stage], level=level)
    return replace(block, proofs=tuple(proofs))


def one_level(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """One level of one stage is another."""

    def change(block: ClearedBlock) -> ClearedBlock | None:
        stage = rng.randrange(len(block.proofs))

        def alter(level: Int64) -> None:
            v = rng.randrange(level.shape[0])
            level[v] += -1 if level[v] > 0 and rng.random() < 0.5 else 1

        return _levels(block, stage, alter)

    return one_block(result, change)


def a_creditor_too_high(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """The level of a creditor is one higher, though something flows to it that need not."""

    def change(block: ClearedBlock) -> ClearedBlock | None:
        tail, head = row_ends(block)
        level, flow = block.main_level, _columns(block)[1]
        row = pick(rng, np.flatnonzero((1 + level[tail] - level[head] == 0) & (flow > 0)))
        if row is None:
            return None

        def alter(levels: Int64) -> None:
            levels[head[row]] += 1

        return _levels(block, 0, alter)

    return one_block(result, change)


def all_levels(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """All levels of a stage are shifted: they still prove it, but are not the least."""
    stage = rng.randrange(max(len(block.proofs) for block in result.blocks))
    by = rng.choice([1, 2, 1000])

    def alter(level: Int64) -> None:
        level += by

    return one_block(result, lambda block: _levels(block, stage, alter))


def levels_of_a_part(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """The levels from some height on are raised: where they still prove, they are not least."""
    stage = rng.randrange(max(len(block.proofs) for block in result.blocks))

    def change(block: ClearedBlock) -> ClearedBlock | None:
        if stage >= len(block.proofs):
            return None
        heights = np.unique(block.proofs[stage].level)
        if heights.size < 2:
            return None
        height = rng.choice(heights[1:].tolist())

        def alter(level: Int64) -> None:
            level[level >= height] += 1

        return _levels(block, stage, alter)

    return one_block(result, change)


def false_rounding(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A minor unit goes from one row to another of the same currency; points stay."""

    def change(block: ClearedBlock) -> ClearedBlock | None:
        if block.block.grid.kind == "minor":
            return None
        name, points, minor = _columns(block)
        amount = block.block.amount_minor
        over = minor.astype(object) * block.block.points - amount * points.astype(object)
        low = np.flatnonzero((minor < amount) & (over >= 0))
        high = np.flatnonzero((minor > 0) & (over <= 0))
        if not low.size or not high.size:
            return None
        a, b = rng.choice(low.tolist()), rng.choice(high.tolist())
        tail, head = row_ends(block)
        if a == b or (tail[a], head[a]) == (tail[b], head[b]):
            return None
        minor = minor.copy()
        minor[a] += 1
        minor[b] -= 1
        return replace(block, **{f"{name}_minor": minor})

    return one_block(result, change)


def refusing_rounded(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A row of a firm that refuses conversion is rounded the other way."""

    def change(block: ClearedBlock) -> ClearedBlock | None:
        if block.block.grid.kind == "minor" or block.parameters.combined:
            return None
        tail, head = row_ends(block)
        own = block.block.nodes.currency_index
        refuses = (own[tail] != CONVERTS) | (own[head] != CONVERTS)
        exact = block.block.amount_minor * block.set_off_points.astype(object)
        broken = np.array([int(a) % int(p) != 0 for a, p in
                           zip(exact, block.block.points, strict=True)])
        row = pick(rng, np.flatnonzero(refuses & broken))
        if row is None:
            return None
        minor = block.set_off_minor.copy()
        floor = int(exact[row]) // int(block.block.points[row])
        minor[row] = floor + 1 if minor[row] == floor else floor
        return replace(block, set_off_minor=minor)

    return one_block(result, change)


def _house(
    rng: random.Random, result: ClearingResult,
    change: Callable[[ClearedBlock, Int64], bool],
) -> ClearingResult | None:
    def apply(block: ClearedBlock) -> ClearedBlock | None:
        if block.house is None:
            return None
        flow = block.house_flow.copy()
        return replace(block, house_flow=flow) if change(block, flow) else None

    return one_block(result, apply)


def phantom_cash(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A participant pays in and is paid out the same more: balanced, but not the least."""

    def change(block: ClearedBlock, flow: Int64) -> bool:
        house = block.house
        if house is None:
            return False
        room = np.flatnonzero(flow[: house.pay_ins] < house.limit[: house.pay_ins])
        arc = pick(rng, room)
        if arc is None:
            return False
        flow[arc] += 1
        flow[house.pay_ins + int(house.head[arc])] += 1
        return True

    return _house(rng, result, change)


def phantom_border(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """Money goes out over the border and back in: balanced, but not the least."""

    def change(block: ClearedBlock, flow: Int64) -> bool:
        house = block.house
        if house is None:
            return False
        arcs = range(house.border_from, flow.shape[0])
        usable = np.zeros(flow.shape[0], np.bool_)
        usable[list(arcs)] = flow[list(arcs)] < house.limit[list(arcs)]
        rows = _cycle(rng, house.tail, house.head, usable)
        flow[rows] += 1
        return bool(rows)

    return _house(rng, result, change)


def false_cash(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """One arc of the house carries another sum than it does."""

    def change(block: ClearedBlock, flow: Int64) -> bool:
        arc = rng.randrange(flow.shape[0])
        flow[arc] += 1 if flow[arc] == 0 or rng.random() < 0.5 else -1
        return True

    return _house(rng, result, change)


def hidden_rejection(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A refused row is not reported."""
    table = result.intake.rejections
    if not table.num_rows:
        return None
    k = rng.randrange(table.num_rows)
    kept = table.slice(0, k).to_pylist() + table.slice(k + 1).to_pylist()
    fewer = type(table).from_pylist(kept, schema=table.schema)
    intake = replace(result.intake, rejections=fewer)
    return remade(result, result.blocks, intake=intake)


def false_reason(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A refused row is reported with another row, field, value or code."""
    table = result.intake.rejections
    if not table.num_rows:
        return None
    rows = table.to_pylist()
    row, name = rng.choice(rows), rng.choice(["row", "field", "value", "code"])
    row[name] = row[name] + 1 if name == "row" else f"{row[name]}x"
    altered = type(table).from_pylist(rows, schema=table.schema)
    return remade(result, result.blocks, intake=replace(result.intake, rejections=altered))


def false_repeats(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """Another number of rows is said to repeat."""
    intake = replace(result.intake, repeated=result.intake.repeated + rng.choice([1, 5]))
    return remade(result, result.blocks, intake=intake)


def anothers_digest(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """The digest of other inputs, with a result digest made over it."""
    return remade(result, result.blocks, frozen=rng.randbytes(32).hex())


def another_result_digest(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A digest of no result at all, in the summary and the report as well."""
    return replace(result, result_digest=rng.randbytes(32).hex())


def false_parameters(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """Another split is said to have been asked for, where it makes a difference."""
    other = "oldest" if result.parameters["split"] == "pro-rata" else "pro-rata"
    for block in result.blocks:
        pairs, (_, points, _) = block.block, _columns(block)
        flow = np.add.reduceat(points, pairs.start[:-1])
        days = result.intake.obligations.due_day[pairs.rows]
        split = split_flow(other, flow, pairs.limit, pairs.start, pairs.points, days)
        if not result.parameters["prefer"] and not np.array_equal(split, points):
            parameters = {**result.parameters, "split": other}
            return remade(result, result.blocks, parameters=parameters)
    return None


class _Boasting(ClearedBlock):
    """A block that says more is set off in all than its rows come to."""

    def totals(self) -> dict[str, str]:
        """Totals with one point more under one name."""
        honest = super().totals()
        name = "settled_points" if self.parameters.combined else "set_off_points"
        return honest | {name: str(int(honest[name]) + 1)}


def false_total(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """One total is false wherever it stands: summary, report, certificate, result digest."""
    place = rng.randrange(len(result.blocks))
    blocks = list(result.blocks)
    held = {one.name: getattr(blocks[place], one.name) for one in fields(ClearedBlock)}
    blocks[place] = _Boasting(**held)
    false = remade(result, blocks)
    boasting = false.blocks[place]
    first = boasting.proofs[0]
    more = replace(first, total=first.total + 1, bound=first.bound + 1)
    blocks = list(false.blocks)
    blocks[place] = replace(boasting, proofs=(more, *boasting.proofs[1:]))
    return replace(false, blocks=tuple(blocks))


def less_preferred(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """The volume is the greatest, but it lies on obligations that are preferred less."""
    asked = result.parameters
    if not asked["prefer"]:
        return None
    honest_rank = clearing.keyed_rank
    key = rng.randbytes(32)
    with mock.patch.object(clearing, "keyed_rank", lambda ids, _: honest_rank(ids, key)):
        unlimited = "unlimited" if asked["cash"] == "unlimited" else None
        plain = clearing.clear_intake(
            result.intake, combined=bool(asked["combined"]), cash=unlimited
        )
    names = ("set_off_points", "set_off_minor", "settled_points", "settled_minor", "house_flow")
    blocks = []
    differs = False
    for block, other in zip(result.blocks, plain.blocks, strict=True):
        gain = _gains(result, block)
        less = _columns(other)[1] - _columns(block)[1]
        differs = differs or sum(int(a) * b for a, b in zip(less, gain, strict=True)) != 0
        blocks.append(replace(block, **{name: getattr(other, name) for name in names}))
    return remade(result, blocks) if differs else None


def two_partial_rows(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """Two obligations of a pair that are preferred alike are both discharged in part."""
    if not result.parameters["prefer"]:
        return None

    def change(block: ClearedBlock) -> ClearedBlock | None:
        _, points, _ = _columns(block)
        room, start = block.block.points, block.block.start
        gain = _gains(result, block)
        moves = [
            (a, b)
            for k in np.flatnonzero(np.diff(start) > 1).tolist()
            for a in range(int(start[k]), int(start[k + 1]))
            for b in range(int(start[k]), int(start[k + 1]))
            if a != b and gain[a] == gain[b] and points[a] > 1 and points[b] + 1 < room[b]
        ]
        return _moved(block, rng.choice(moves), [-1, 1]) if moves else None

    return one_block(result, change)


def claimed_preference(rng: random.Random, result: ClearingResult) -> ClearingResult | None:
    """A preference is claimed, with levels of nought as its proof."""
    if result.parameters["cash"] or result.parameters["prefer"]:
        return None
    blocks = []
    wrong = False
    for block in result.blocks:
        first = block.proofs[0]
        tail, head = row_ends(block)
        free = 1 + first.level[tail] - first.level[head] == 0
        wrong = wrong or bool(np.any(free & (block.set_off_points < block.block.points)))
        rows = int(block.set_off_points.shape[0])
        level = np.zeros_like(first.level)
        proof = StageProof("set-off", "prefer", level, rows, 0, 0)
        blocks.append(replace(block, proofs=(first, proof, *block.proofs[1:])))
    if not wrong:
        return None
    parameters = {**result.parameters, "prefer": "smallest"}
    return remade(result, blocks, parameters=parameters)


LIES: dict[Lie, set[str]] = {
    false_row: {"balance", "within"},
    less_on_a_cycle: {"certificate", "rounding"},
    neutral_cycle: {"forest"},
    split_within_pair: {"split", "certificate", "rounding"},
    one_level: {"certificate"},
    a_creditor_too_high: {"certificate"},
    all_levels: {"certificate"},
    levels_of_a_part: {"certificate"},
    false_rounding: {"rounding", "obligations.amounts"},
    refusing_rounded: {"rounding"},
    phantom_cash: {"certificate"},
    phantom_border: {"certificate"},
    false_cash: {"balance", "within", "certificate.readable"},
    hidden_rejection: {"rejections"},
    false_reason: {"rejections"},
    false_repeats: {"summary"},
    anothers_digest: {"input_digest"},
    another_result_digest: {"result_digest"},
    false_parameters: {"split"},
    false_total: {"summary"},
    less_preferred: {"certificate"},
    two_partial_rows: {"forest"},
    claimed_preference: {"certificate"},
}
"""Each lie, and the claims of which at least one must then fail."""

FELT: dict[Lie, set[str]] = {
    false_row: {"balance", "obligations.amounts"},
    less_on_a_cycle: {"certificate", "obligations.amounts"},
    split_within_pair: {"split", "certificate", "rounding", "obligations.amounts"},
    a_creditor_too_high: {"certificate"},
    false_rounding: {"rounding", "obligations.amounts"},
    refusing_rounded: {"rounding", "obligations.amounts"},
    phantom_cash: {"certificate"},
}
"""Lies that somebody finds in the package of its own, and the claims that fail for it."""
