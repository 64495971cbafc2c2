# SPDX-License-Identifier: Apache-2.0
"""The core of a network: what is left when nothing can be peeled off, where debts can go round.

A node that nobody owes cannot pass anything on, nor can one that owes nobody; without it, its
neighbours may be of the same kind. Peeled nodes carry no flow, and their levels follow from the
order in which they came off.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.kernel.room import room32, room64
from skontro.kernel.threads import parts_of, side_by_side

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


@njit(cache=True, nogil=True)
def _count_rows(tail, begin, end, nodes, first):
    """Where the rows of each node begin, for the pairs of a part; pairs are sorted by tail."""
    v = np.int64(tail[begin - 1]) if begin > 0 else np.int64(-1)
    for k in range(begin, end):
        while v < tail[k]:
            v += 1
            first[v] = k
    if end == tail.shape[0]:
        while v < nodes:
            v += 1
            first[v] = end


def rows_by_tail(tail: Int32, nodes: int) -> Int64:
    """First pair of each node, for pairs sorted by tail, shape (nodes + 1,)."""
    first = np.empty(nodes + 1, np.int64)
    parts = parts_of(tail.shape[0])
    side_by_side(_count_rows, [(tail, *part, nodes, first) for part in parts])
    return first


def rows_in_parts(first: NDArray[np.signedinteger]) -> list[tuple[int, int]]:
    """Cut nodes into parts with about as many rows each."""
    begun = [begin for begin, _ in parts_of(int(first[-1]))]
    marks = np.searchsorted(first, begun[1:]).tolist()
    return list(pairwise([0, *marks, first.shape[0] - 1]))


@njit(cache=True, nogil=True)
def _count_debtors(first, head, limit, begin, end, due):
    """Count for each node those of a part that owe it something."""
    for v in range(begin, end):
        for k in range(first[v], first[v + 1]):
            if head[k] != v and limit[k] > 0:
                due[head[k]] += 1


@njit(cache=True)
def _peel(first, head, limit, due):
    """Peel from both ends: (alive, front order, back order).

    ``due`` counts the debtors of each node, and afterwards those that were not peeled in front.
    """
    nodes = due.shape[0]
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
    # each node left watches one of its creditors; when that one goes, it looks for the next
    current = first[:-1].copy()
    watcher = np.full(nodes, -1, np.int32)
    after = np.full(nodes, -1, np.int32)
    back = np.empty(nodes, np.int32)
    ended = 0
    for u in range(nodes):
        if alive[u] and not _watch(u, first, head, limit, alive, current, watcher, after):
            back[ended] = u
            ended += 1
    for i in range(ended):
        alive[back[i]] = False
    i = 0
    while i < ended:
        u = watcher[back[i]]
        i += 1
        while u >= 0:
            following = after[u]
            if alive[u] and not _watch(u, first, head, limit, alive, current, watcher, after):
                alive[u] = False
                back[ended] = u
                ended += 1
            u = following
    return alive, front[:size].copy(), back[:ended].copy()


@njit(cache=True)
def _watch(v, first, head, limit, alive, current, watcher, after):
    """Let a node watch its next creditor that is left; False if there is none."""
    k = current[v]
    end = first[v + 1]
    while k < end:
        w = head[k]
        if w != v and alive[w] and limit[k] > 0:
            current[v] = k
            after[v] = watcher[w]
            watcher[w] = v
            return True
        k += 1
    current[v] = k
    return False


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


@njit(cache=True, nogil=True)
def _count_arcs(first, head, limit, node, rank, begin, end, out_count, in_count):
    """Count the arcs of the core that leave each node of a part, and those they make enter."""
    for i in range(begin, end):
        v = node[i]
        count = 0
        for k in range(first[v], first[v + 1]):
            w = rank[head[k]]
            if w >= 0 and w != i and limit[k] > 0:
                in_count[w] += 1
                count += 1
        out_count[i] = count


@njit(cache=True, nogil=True)
def _place_arcs(
    first, pair_head, pair_limit, node, rank, begin, end, out_first, place,
    head, limit, pair, tail_in, limit_in,
):  # fmt: skip
    """Write the arcs that leave the nodes of a part by tail and by head."""
    for i in range(begin, end):
        v = node[i]
        j = out_first[i]
        for k in range(first[v], first[v + 1]):
            w = rank[pair_head[k]]
            if w >= 0 and w != i and pair_limit[k] > 0:
                head[j] = w
                limit[j] = pair_limit[k]
                pair[j] = k
                j += 1
                at = place[w]
                place[w] = at + 1
                tail_in[at] = i
                limit_in[at] = pair_limit[k]


def core_network(first: Int64, head: Int32, limit: Int64, nodes: int) -> CoreNetwork:
    """Peel a network and lay out its core, nodes with most links first.

    Args:
        first: First pair of each node, shape (nodes + 1,).
        head: Creditor node of each pair, shape (m,).
        limit: Limit of each pair, shape (m,).
        nodes: How many nodes there are.
    """
    parts = rows_in_parts(first)
    due = np.zeros((len(parts), nodes), np.int32)
    side_by_side(
        _count_debtors,
        [(first, head, limit, *part, count) for part, count in zip(parts, due, strict=True)],
    )
    debtors = due.sum(axis=0, dtype=np.int32)
    alive, front, back = _peel(first, head, limit, debtors)
    node, rank = _by_degree(alive, debtors + np.diff(first))
    rows = np.zeros(node.shape[0] + 1, np.int64)
    np.cumsum(np.diff(first)[node], out=rows[1:])
    parts = rows_in_parts(rows)
    out_count = room32(node.shape[0])
    in_count = np.zeros((len(parts), node.shape[0]), np.int32)
    given = (first, head, limit, node, rank)
    side_by_side(
        _count_arcs,
        [(*given, *part, out_count, count) for part, count in zip(parts, in_count, strict=True)],
    )
    out_first, in_first = starts(out_count), starts(in_count.sum(axis=0))
    arcs = int(out_first[-1])
    core = CoreNetwork(
        out_first,
        room32(arcs),
        room64(arcs),
        in_first,
        room32(arcs),
        room64(arcs),
        room32(arcs),
        node,
        front,
        back,
    )
    place = in_first[:-1] + np.cumsum(in_count, axis=0, dtype=np.int32) - in_count
    side_by_side(
        _place_arcs,
        [
            (
                *given, *part, out_first, at,
                core.head, core.limit, core.pair, core.tail_in, core.limit_in,
            )
            for part, at in zip(parts, place, strict=True)
        ],
    )  # fmt: skip
    return core


def starts(count: NDArray[np.signedinteger]) -> Int32:
    """Where each row starts, and where the last one ends."""
    first = np.zeros(count.shape[0] + 1, np.int32)
    np.cumsum(count, out=first[1:])
    return first
