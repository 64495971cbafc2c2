# SPDX-License-Identifier: Apache-2.0
"""The core of a network: what is left when nothing can be peeled off, where debts can go round.

A node that nobody owes cannot pass anything on, nor can one that owes nobody; without it, its
neighbours may be of the same kind. Peeled nodes carry no flow, and their levels follow from the
order in which they came off.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


class CoreNetwork(NamedTuple):
    """Arcs of the core, by tail and by head, with the way back to the pairs.

    Attributes:
        out_first: Arcs that leave node v are ``out_first[v]:out_first[v + 1]``, shape (n + 1,).
        head: Node each arc enters, shape (a,).
        limit: Limit of each arc, shape (a,).
        in_first: Places of the arcs that enter node v, shape (n + 1,).
        tail_in: Node the arc at a place leaves, shape (a,).
        limit_in: Limit of the arc at a place, shape (a,).
        pair: Pair of each arc, shape (a,).
        node: Node of the whole network for each core node, shape (n,).
        front: Nodes peeled because nobody owes them, in order.
        back: Nodes peeled because they owe nobody, in order.
    """

    out_first: Int32
    head: Int32
    limit: Int64
    in_first: Int32
    tail_in: Int32
    limit_in: Int64
    pair: Int32
    node: Int32
    front: Int32
    back: Int32


@njit(cache=True)
def rows_by_tail(tail, nodes):
    """First pair of each node, for pairs sorted by tail."""
    first = np.zeros(nodes + 1, np.int64)
    for k in range(tail.shape[0]):
        first[tail[k] + 1] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
    return first


@njit(cache=True)
def _peel(first, head, limit, nodes):
    """Peel from both ends: (alive, front order, back order)."""
    due = np.zeros(nodes, np.int32)
    for v in range(nodes):
        for k in range(first[v], first[v + 1]):
            if head[k] != v and limit[k] > 0:
                due[head[k]] += 1
    front = np.empty(nodes, np.int32)
    size = 0
    alive = np.ones(nodes, np.bool_)
    for v in range(nodes):
        if due[v] == 0:
            front[size] = v
            size += 1
            alive[v] = False
    i = 0
    while i < size:
        v = front[i]
        i += 1
        for k in range(first[v], first[v + 1]):
            w = head[k]
            if w != v and limit[k] > 0:
                due[w] -= 1
                if due[w] == 0:
                    alive[w] = False
                    front[size] = w
                    size += 1
    # what is left, by head
    in_first = np.zeros(nodes + 1, np.int64)
    owed = np.zeros(nodes, np.int32)
    for v in range(nodes):
        in_first[v + 1] = in_first[v] + (due[v] if alive[v] else 0)
    place = in_first[:-1].copy()
    tail_in = np.empty(in_first[nodes], np.int32)
    for v in range(nodes):
        if not alive[v]:
            continue
        for k in range(first[v], first[v + 1]):
            w = head[k]
            if w != v and limit[k] > 0:
                tail_in[place[w]] = v
                place[w] += 1
                owed[v] += 1
    back = np.empty(nodes, np.int32)
    ended = 0
    for v in range(nodes):
        if alive[v] and owed[v] == 0:
            back[ended] = v
            ended += 1
            alive[v] = False
    i = 0
    while i < ended:
        v = back[i]
        i += 1
        for k in range(in_first[v], in_first[v + 1]):
            w = tail_in[k]
            owed[w] -= 1
            if owed[w] == 0:
                alive[w] = False
                back[ended] = w
                ended += 1
    return alive, front[:size].copy(), back[:ended].copy()


@njit(cache=True)
def _core_degrees(first, head, limit, alive, degree):
    arcs = 0
    for v in range(alive.shape[0]):
        if not alive[v]:
            continue
        for k in range(first[v], first[v + 1]):
            w = head[k]
            if w != v and alive[w] and limit[k] > 0:
                degree[v] += 1
                degree[w] += 1
                arcs += 1
    return arcs


@njit(cache=True)
def _by_degree(alive, degree):
    """Alive nodes, most links first; equals in their own order (counting sort)."""
    top = 0
    count = 0
    for v in range(alive.shape[0]):
        if alive[v]:
            count += 1
            top = max(top, degree[v])
    place = np.zeros(top + 2, np.int64)
    for v in range(alive.shape[0]):
        if alive[v]:
            place[top - degree[v] + 1] += 1
    for i in range(top + 1):
        place[i + 1] += place[i]
    node = np.empty(count, np.int32)
    rank = np.full(alive.shape[0], -1, np.int32)
    for v in range(alive.shape[0]):
        if alive[v]:
            at = place[top - degree[v]]
            place[top - degree[v]] += 1
            node[at] = v
            rank[v] = at
    return node, rank


@njit(cache=True)
def _core_arcs(first, head, limit, node, rank, arcs):
    n = node.shape[0]
    out_first = np.zeros(n + 1, np.int32)
    in_first = np.zeros(n + 1, np.int32)
    core_head = np.empty(arcs, np.int32)
    core_limit = np.empty(arcs, np.int64)
    pair = np.empty(arcs, np.int32)
    j = 0
    for i in range(n):
        v = node[i]
        for k in range(first[v], first[v + 1]):
            w = rank[head[k]]
            if w >= 0 and w != i and limit[k] > 0:
                core_head[j] = w
                core_limit[j] = limit[k]
                pair[j] = k
                in_first[w + 1] += 1
                j += 1
        out_first[i + 1] = j
    for i in range(n):
        in_first[i + 1] += in_first[i]
    place = in_first[:-1].copy()
    tail_in = np.empty(arcs, np.int32)
    limit_in = np.empty(arcs, np.int64)
    for i in range(n):
        for j in range(out_first[i], out_first[i + 1]):
            w = core_head[j]
            at = place[w]
            place[w] = at + 1
            tail_in[at] = i
            limit_in[at] = core_limit[j]
    return out_first, core_head, core_limit, in_first, tail_in, limit_in, pair


def core_network(first: Int64, head: Int32, limit: Int64, nodes: int) -> CoreNetwork:
    """Peel a network and lay out its core, nodes with most links first.

    Args:
        first: First pair of each node, shape (nodes + 1,).
        head: Creditor node of each pair, shape (m,).
        limit: Limit of each pair, shape (m,).
        nodes: How many nodes there are.
    """
    alive, front, back = _peel(first, head, limit, nodes)
    degree = np.zeros(nodes, np.int64)
    arcs = _core_degrees(first, head, limit, alive, degree)
    node, rank = _by_degree(alive, degree)
    rows = _core_arcs(first, head, limit, node, rank, arcs)
    out_first, core_head, core_limit, in_first, tail_in, limit_in, pair = rows
    return CoreNetwork(
        out_first, core_head, core_limit, in_first, tail_in, limit_in, pair, node, front, back
    )
