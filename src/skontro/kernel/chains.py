# SPDX-License-Identifier: Apache-2.0
"""Chains of nodes with one debtor and one creditor each, drawn together into single arcs.

Whatever flows into such a node flows on, so the arcs of a chain carry the same. A chain becomes
one arc: its limit is the smallest of theirs, its gain their number.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray


class Chains(NamedTuple):
    """A network with its chains drawn together.

    Attributes:
        tail: Node each drawn arc leaves, in the numbering of the network, shape (k,).
        head: Node each drawn arc enters, shape (k,).
        limit: Smallest limit in the chain, shape (k,).
        gain: Number of arcs in the chain, shape (k,).
        start: Arcs of chain k are ``arc[start[k]:start[k + 1]]`` in order, shape (k + 1,).
        arc: Arcs of the network, chain by chain.
    """

    tail: NDArray[np.int32]
    head: NDArray[np.int32]
    limit: NDArray[np.int64]
    gain: NDArray[np.int32]
    start: NDArray[np.int64]
    arc: NDArray[np.int64]


@njit(cache=True)
def links_in_chains(out_first, in_first):
    """How many nodes have just one arc in and one out."""
    count = 0
    for v in range(out_first.shape[0] - 1):
        if out_first[v + 1] - out_first[v] == 1 and in_first[v + 1] - in_first[v] == 1:
            count += 1
    return count


@njit(cache=True)
def _follow(out_first, head, limit, in_first):
    n = out_first.shape[0] - 1
    arcs = head.shape[0]
    link = np.zeros(n, np.bool_)
    for v in range(n):
        link[v] = out_first[v + 1] - out_first[v] == 1 and in_first[v + 1] - in_first[v] == 1
    tail = np.empty(arcs, np.int32)
    end = np.empty(arcs, np.int32)
    least = np.empty(arcs, np.int64)
    gain = np.empty(arcs, np.int32)
    start = np.zeros(arcs + 1, np.int64)
    arc = np.empty(arcs, np.int64)
    count = 0
    placed = 0
    seen = np.zeros(n, np.bool_)
    # first from nodes that are no link, then from any link of a ring that has no other node
    for turn in range(2):
        for v in range(n):
            if seen[v] or link[v] != (turn == 1):
                continue
            seen[v] = True
            for a0 in range(out_first[v], out_first[v + 1]):
                a = np.int64(a0)
                small = limit[a]
                begin = placed
                while True:
                    arc[placed] = a
                    placed += 1
                    small = min(small, limit[a])
                    w = head[a]
                    if not link[w] or w == v:
                        break
                    seen[w] = True
                    a = np.int64(out_first[w])
                tail[count] = v
                end[count] = w
                least[count] = small
                gain[count] = placed - begin
                count += 1
                start[count] = placed
    return tail[:count], end[:count], least[:count], gain[:count], start[: count + 1], arc


def draw_chains(
    out_first: NDArray[np.int32],
    head: NDArray[np.int32],
    limit: NDArray[np.int64],
    in_first: NDArray[np.int32],
) -> Chains:
    """Draw the chains of a network together; every arc belongs to just one chain.

    Args:
        out_first: Arcs that leave node v are ``out_first[v]:out_first[v + 1]``.
        head: Node each arc enters.
        limit: Limit of each arc.
        in_first: As ``out_first``, for the arcs that enter.
    """
    return Chains(*_follow(out_first, head, limit, in_first))


@njit(cache=True)
def let_out(start, arc, drawn_tail, drawn_head, drawn_flow, drawn_level, limit, head, flow, level):
    """Give the arcs of each chain its flow, its links levels that prove it.

    Up to the tightest arc each link stands one above the link before, after it one below the
    link behind; what the chain's c is stands on the tightest arc.
    """
    for k in range(drawn_flow.shape[0]):
        tight = start[k]
        for i in range(start[k], start[k + 1]):
            flow[arc[i]] = drawn_flow[k]
            if limit[arc[i]] < limit[arc[tight]]:
                tight = i
        here = drawn_level[drawn_tail[k]]
        for i in range(start[k], tight):
            here += 1
            level[head[arc[i]]] = here
        here = drawn_level[drawn_head[k]]
        for i in range(start[k + 1] - 1, tight, -1):
            here -= 1
            level[head[arc[i - 1]]] = here
