# SPDX-License-Identifier: Apache-2.0
"""The proof: flows within limits, balances kept, levels that no greater total could have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.verify.verdict import require

Int64 = NDArray[np.int64]
NO_LIMIT = 2**62
GREATEST_LEVEL = 2**40


@dataclass
class Arcs:
    """Arcs of a stage, on the network as given.

    Attributes:
        tail: Node each arc leaves, shape (m,).
        head: Node each arc enters, shape (m,).
        limit: Greatest flow of each arc, shape (m,); 2**62 for none.
        flow: What the folder says flows, shape (m,).
        nodes: How many nodes there are.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    limit: Int64
    flow: Int64
    nodes: int


@dataclass(frozen=True)
class Proof:
    """What one stage came to: all free arcs obey the levels, and primal equals dual.

    Attributes:
        total: Sum of gain times flow over all arcs.
        bound: Sum of limit times max(0, c) over the free arcs, and of c times flow over the rest.
        free: The arcs that stay free for the next stage (c is nought), shape (m,).
    """

    total: int
    bound: int
    free: NDArray[np.bool_]


@njit(cache=True, nogil=True)
def _first_out_of_bounds(limit: Any, flow: Any) -> Any:
    for k in range(flow.shape[0]):
        if flow[k] < 0 or flow[k] > limit[k]:
            return k
    return -1


@njit(cache=True, nogil=True)
def _node_sums(tail: Any, head: Any, flow: Any, out: Any, into: Any) -> Any:
    for k in range(flow.shape[0]):
        out[tail[k]] += flow[k]
        into[head[k]] += flow[k]


def node_sums(arcs: Arcs) -> tuple[Int64, Int64]:
    """What leaves and what enters each node, shape (nodes,) each; no flow may overflow a sum."""
    out = np.zeros(arcs.nodes, np.int64)
    into = np.zeros(arcs.nodes, np.int64)
    _node_sums(arcs.tail, arcs.head, arcs.flow, out, into)
    return out, into


@njit(cache=True, nogil=True)
def _first_unbalanced(tail: Any, head: Any, flow: Any, nodes: Any) -> Any:
    """First node whose out is not its in; in two halves, so that no sum passes 64 bits."""
    low = np.zeros(nodes, np.int64)
    high = np.zeros(nodes, np.int64)
    for k in range(flow.shape[0]):
        below = flow[k] & 0x7FFFFFFF
        above = flow[k] >> 31
        low[tail[k]] += below
        low[head[k]] -= below
        high[tail[k]] += above
        high[head[k]] -= above
    for v in range(nodes):
        if (low[v] & 0x7FFFFFFF) != 0 or (low[v] >> 31) + high[v] != 0:
            return v
    return -1


def check_flow(arcs: Arcs) -> None:
    """Every flow is within its limit, and every node's out is its in."""
    wrong = int(_first_out_of_bounds(arcs.limit, arcs.flow))
    require(wrong < 0, f"arc {wrong}: flow {arcs.flow[wrong]} is outside 0..{arcs.limit[wrong]}")
    odd = int(_first_unbalanced(arcs.tail, arcs.head, arcs.flow, arcs.nodes))
    require(odd < 0, f"node {odd}: what goes out is not what comes in")


@njit(cache=True, nogil=True)
def _split_sum(values: Any) -> Any:
    high = np.int64(0)
    low = np.int64(0)
    for k in range(values.shape[0]):
        high += values[k] >> 32
        low += values[k] & 0xFFFFFFFF
    return high, low


def exact_sum(values: Int64) -> int:
    """The sum of 64-bit integers as a Python integer, whatever its size."""
    high, low = _split_sum(values)
    return (int(high) << 32) + int(low)


@njit(cache=True, nogil=True)
def _multiply(a: Any, b: Any) -> Any:
    """High and low 64 bits of the product of two unsigned integers."""
    half = np.uint64(32)
    mask = np.uint64(0xFFFFFFFF)
    a1 = a >> half
    a0 = a & mask
    b1 = b >> half
    b0 = b & mask
    low = a0 * b0
    mid = a1 * b0 + (low >> half)
    mid2 = a0 * b1 + (mid & mask)
    return a1 * b1 + (mid >> half) + (mid2 >> half), (mid2 << half) | (low & mask)


@njit(cache=True, nogil=True)
def _stage(
    tail: Any, head: Any, limit: Any, flow: Any, gain: Any, level: Any, free: Any, still: Any,
    sums: Any,
) -> Any:
    """Sums of the stage as high and low words, and the first free arc that breaks the rule."""
    none = np.int64(1) << 62
    one = np.uint64(1)
    for k in range(flow.shape[0]):
        g = np.int64(gain[k]) if gain.shape[0] > 1 else np.int64(gain[0])
        c = g + level[tail[k]] - level[head[k]]
        f = flow[k]
        if free[k]:
            if c > 0:
                if limit[k] >= none or f != limit[k]:
                    return k
                still[k] = False
            elif c < 0:
                if f != 0:
                    return k
                still[k] = False
        if c != 0 and f != 0:
            # where the rule holds, limit * max(0, c) of a free arc is c * flow
            row = 0 if c > 0 else 1
            hi, lo = _multiply(np.uint64(abs(c)), np.uint64(f))
            lo2 = sums[row, 1] + lo
            sums[row, 0] += hi + (one if lo2 < lo else np.uint64(0))
            sums[row, 1] = lo2
        if g != 0 and f != 0:
            row = 2 if g > 0 else 3
            hi, lo = _multiply(np.uint64(abs(g)), np.uint64(f))
            lo2 = sums[row, 1] + lo
            sums[row, 0] += hi + (one if lo2 < lo else np.uint64(0))
            sums[row, 1] = lo2
    return -1


def check_levels_in_range(level: Int64) -> None:
    """Levels are not negative, and not so large that a sum could pass 64 bits."""
    if level.size:
        require(int(level.min()) >= 0, f"a level of {level.min()} is negative")
        require(int(level.max()) <= GREATEST_LEVEL, f"a level of {level.max()} is out of range")


def check_stage(
    arcs: Arcs, gain: NDArray[np.int32], level: Int64, free: NDArray[np.bool_]
) -> Proof:
    """Each free arc with c > 0 is full and with c < 0 empty; then no flow has a greater total.

    Args:
        arcs: The arcs with the flow the folder gives, already within limits and balanced.
        gain: Gain per unit of each arc, shape (m,), or (1,) where it is the same for all.
        level: Level of each node, shape (nodes,).
        free: Which arcs earlier stages of the group left free, shape (m,).
    """
    require(level.shape[0] == arcs.nodes, "there must be one level per node")
    check_levels_in_range(level)
    still = free.copy()
    sums = np.zeros((4, 2), np.uint64)
    wrong = int(
        _stage(arcs.tail, arcs.head, arcs.limit, arcs.flow, gain, level, free, still, sums)
    )
    if wrong >= 0:
        s, t = int(arcs.tail[wrong]), int(arcs.head[wrong])
        g = int(gain[wrong]) if gain.shape[0] > 1 else int(gain[0])
        limit = int(arcs.limit[wrong])
        require(
            False,
            f"arc from node {s} to node {t}: c = {g + int(level[s]) - int(level[t])}, but flow "
            f"{arcs.flow[wrong]} of {'no limit' if limit >= NO_LIMIT else limit}",
        )
    word = [(int(high) << 64) + int(low) for high, low in sums]
    proof = Proof(total=word[2] - word[3], bound=word[0] - word[1], free=still)
    require(
        proof.total == proof.bound,
        f"the total is {proof.total}, but the levels only allow {proof.bound}",
    )
    return proof


@njit(cache=True, nogil=True)
def _not_supported(tail: Any, head: Any, limit: Any, flow: Any, tight: Any, level: Any) -> Any:
    """First node of positive level that no chain of tight residual arcs joins to a level of 0."""
    nodes = level.shape[0]
    start = np.zeros(nodes + 1, np.int64)
    for k in range(tail.shape[0]):
        if tight[k]:
            if flow[k] < limit[k]:
                start[tail[k] + 1] += 1
            if flow[k] > 0:
                start[head[k] + 1] += 1
    for v in range(nodes):
        start[v + 1] += start[v]
    fill = start[:-1].copy()
    to = np.empty(start[nodes], np.int32)
    for k in range(tail.shape[0]):
        if tight[k]:
            s = tail[k]
            t = head[k]
            if flow[k] < limit[k]:
                to[fill[s]] = t
                fill[s] += 1
            if flow[k] > 0:
                to[fill[t]] = s
                fill[t] += 1
    seen = np.zeros(nodes, np.bool_)
    queue = np.empty(nodes, np.int32)
    last = 0
    for v in range(nodes):
        if level[v] == 0:
            seen[v] = True
            queue[last] = v
            last += 1
    first = 0
    while first < last:
        v = queue[first]
        first += 1
        for i in range(start[v], start[v + 1]):
            t = to[i]
            if not seen[t]:
                seen[t] = True
                queue[last] = t
                last += 1
    for v in range(nodes):
        if not seen[v]:
            return v
    return -1


def check_least(arcs: Arcs, level: Int64, tight: NDArray[np.bool_]) -> None:
    """No level could be smaller: each positive one hangs by tight arcs from a level of nought.

    Args:
        arcs: The arcs of the stage.
        level: Level of each node; already shown to prove the stage.
        tight: Free arcs with c = 0, shape (m,).
    """
    wrong = int(_not_supported(arcs.tail, arcs.head, arcs.limit, arcs.flow, tight, level))
    require(wrong < 0, f"the level {level[wrong]} of node {wrong} is not the least possible")


@njit(cache=True, nogil=True)
def _closes_cycle(tail: Any, head: Any, limit: Any, flow: Any, nodes: Any) -> Any:
    parent = np.arange(nodes)
    for k in range(tail.shape[0]):
        if flow[k] <= 0 or flow[k] >= limit[k]:
            continue
        s = np.int64(tail[k])
        while parent[s] != s:
            parent[s] = parent[parent[s]]
            s = parent[s]
        t = np.int64(head[k])
        while parent[t] != t:
            parent[t] = parent[parent[t]]
            t = parent[t]
        if s == t:
            return k
        if s < t:
            parent[t] = s
        else:
            parent[s] = t
    return -1


def check_forest(arcs: Arcs) -> int:
    """The partial arcs, taken without direction, close no cycle; how many there are."""
    wrong = int(_closes_cycle(arcs.tail, arcs.head, arcs.limit, arcs.flow, arcs.nodes))
    require(
        wrong < 0,
        f"the partial arc from node {arcs.tail[wrong]} to node {arcs.head[wrong]} closes a cycle "
        "of partial arcs",
    )
    return int(np.count_nonzero((arcs.flow > 0) & (arcs.flow < arcs.limit)))
