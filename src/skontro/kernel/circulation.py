# SPDX-License-Identifier: Apache-2.0
"""The greatest flow that changes no node's balance, with the levels that prove it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from skontro.kernel.chains import draw_chains, let_out, links_in_chains
from skontro.kernel.core_network import CoreNetwork, core_network, rows_by_tail
from skontro.kernel.descent import FIRST_LEVEL, first_flow, lower_the_sum
from skontro.kernel.levels import flow_by_head, least_levels
from skontro.kernel.phases import greatest_flow, open_arcs, rise, take_over
from skontro.kernel.scaling import build_half_arcs, least_levels_by_price, scaled_flow

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

UNLIMITED = 2**62
_DESCENTS = 6
_PHASES = 1024


class InfeasibleSupply(ValueError):
    """No flow within the limits meets the supply of each node."""


def optimal_flow(
    tail: Int32,
    head: Int32,
    limit: Int64,
    gain: Int32,
    nodes: int,
    *,
    supply: Int64 | None = None,
) -> tuple[Int64, Int64]:
    """Maximise the sum of gain times flow, 0 <= flow <= limit, out - in = supply.

    Args:
        tail: Node each arc leaves, shape (m,).
        head: Node each arc enters, shape (m,).
        limit: Greatest flow of each arc, shape (m,); ``UNLIMITED`` for none.
        gain: Gain per unit of flow, small integers of any sign, shape (m,).
        nodes: How many nodes there are.
        supply: What leaves a node less what enters it, shape (nodes,); nought if not given.

    Returns:
        The flow, shape (m,), and the least non-negative levels, shape (nodes,): with
        ``c = gain + level[tail] - level[head]``, c > 0 only where flow = limit, and c < 0 only
        where flow = 0.

    Raises:
        InfeasibleSupply: No flow meets the supply.

    Example:
        >>> import numpy as np
        >>> flow, level = optimal_flow(np.array([0, 1, 2], np.int32), np.array([1, 2, 0], np.int32),
        ...                            np.array([5, 3, 4]), np.ones(3, np.int32), 3)
        >>> flow
        array([3, 3, 3])
    """
    m = tail.shape[0]
    if m == 0:
        if supply is not None and np.any(supply != 0):
            raise InfeasibleSupply("a supply, but no arc")
        return np.zeros(0, np.int64), np.zeros(nodes, np.int64)
    # no optimum needs more on any arc than all that can gain, and all that is supplied
    needed = _exact_sum(limit[(gain > 0) & (limit < UNLIMITED)])
    if supply is not None:
        needed += _exact_sum(np.abs(supply))
    room = np.minimum(limit, min(needed + 1, UNLIMITED - 1))
    gain64 = gain.astype(np.int64)
    flow = np.where(gain64 > 0, room, 0)
    excess = np.zeros(nodes, np.int64) if supply is None else supply.astype(np.int64).copy()
    started = np.flatnonzero(flow)
    np.subtract.at(excess, tail[started], flow[started])
    np.add.at(excess, head[started], flow[started])
    scale = np.int64(nodes + 1)
    first, to, rest, cost, mate, half = build_half_arcs(
        tail, head, room, gain64, flow, nodes, scale
    )
    epsilon = max(1, int(np.abs(gain64).max(initial=1)) * int(scale) // 8)
    price, feasible = scaled_flow(first, to, rest, cost, mate, excess, np.int64(epsilon))
    if not feasible:
        raise InfeasibleSupply("no flow within the limits meets the supply")
    level = least_levels_by_price(first, to, rest, cost, price, scale)
    return room - rest[half], level


def _exact_sum(values: Int64) -> int:
    """Sum in Python's integers, by halves of 32 bits."""
    low = int((values & 0xFFFFFFFF).sum())
    return (int((values >> 32).sum()) << 32) + low


def maximum_circulation(
    tail: Int32, head: Int32, limit: Int64, nodes: int
) -> tuple[Int64, Int32]:
    """Maximise the sum of the flow of all arcs, in = out at every node.

    Peel, descend to good levels, then primal and dual in turn; where the network is too deep
    for that (long rings with many chords), cost scaling on what is left. Either way the levels
    prove the result.

    Args:
        tail: Debtor node of each pair, sorted by (tail, head), pairs distinct, shape (m,).
        head: Creditor node of each pair, shape (m,).
        limit: What the debtor owes the creditor, shape (m,); sum under 2**62.
        nodes: How many nodes there are.

    Returns:
        The flow, shape (m,), and the least non-negative levels, shape (nodes,).

    Example:
        >>> import numpy as np
        >>> maximum_circulation(np.array([0, 1, 2], np.int32), np.array([1, 2, 0], np.int32),
        ...                     np.array([5, 3, 4]), 3)[0]
        array([3, 3, 3])
    """
    first = rows_by_tail(tail, nodes)
    core = core_network(first, head, limit, nodes)
    core_flow, core_level = _core_circulation(core)
    flow = np.where(tail == head, limit, 0)
    flow[core.pair] = core_flow
    level = least_levels(
        first,
        head,
        limit,
        nodes,
        core.node,
        core.front,
        core.back,
        core.out_first,
        core.head,
        core.limit,
        core.in_first,
        core.tail_in,
        core_flow,
        flow_by_head(core.out_first, core.head, core.in_first, core_flow),
        core_level,
    )
    return flow, level


def _core_circulation(core: CoreNetwork) -> tuple[Int64, NDArray[np.signedinteger]]:
    """Flow and valid levels of a core."""
    n = core.node.shape[0]
    if 2 * links_in_chains(core.out_first, core.in_first) > n:
        return _chained_circulation(core)
    level = np.full(n, FIRST_LEVEL, np.int16)
    flow = np.zeros(core.head.shape[0], np.int64)
    excess = np.zeros(n, np.int64)
    for turn in range(_DESCENTS):
        lower_the_sum(
            core.out_first,
            core.head,
            core.limit,
            core.in_first,
            core.tail_in,
            core.limit_in,
            level,
            turn % 2 == 0,
        )
    first_flow(core.out_first, core.head, core.limit, level, flow, excess)
    label = np.empty(n, np.int16)
    rise_by = np.empty(n, np.int32)
    is_flat = True
    for _ in range(_PHASES):
        laid = open_arcs(core.out_first, core.head, core.limit, flow, level)
        if not greatest_flow(laid.first, laid.to, laid.half, excess, label):
            break
        take_over(laid.half, laid.arc, laid.place, core.limit, flow)
        if not np.any(excess):
            return flow, level
        fits, is_flat = rise(
            core.out_first,
            core.head,
            core.in_first,
            core.tail_in,
            laid.first,
            laid.to,
            level,
            label,
            excess,
            rise_by,
            is_flat,
        )
        if not fits:
            break
    return _chained_circulation(core)


def _chained_circulation(core: CoreNetwork) -> tuple[Int64, Int64]:
    """Flow and valid levels of a core by cost scaling, its chains drawn together."""
    n = core.node.shape[0]
    chains = draw_chains(core.out_first, core.head, core.limit, core.in_first)
    ends = np.unique(np.concatenate([chains.tail, chains.head]))
    drawn_flow, drawn_level = optimal_flow(
        np.searchsorted(ends, chains.tail).astype(np.int32),
        np.searchsorted(ends, chains.head).astype(np.int32),
        chains.limit,
        chains.gain,
        ends.shape[0],
    )
    flow = np.empty(core.head.shape[0], np.int64)
    level = np.zeros(n, np.int64)
    level[ends] = drawn_level
    let_out(
        chains.start,
        chains.arc,
        chains.tail,
        chains.head,
        drawn_flow,
        level.copy(),
        core.limit,
        core.head,
        flow,
        level,
    )
    return flow, level
