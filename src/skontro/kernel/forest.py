# SPDX-License-Identifier: Apache-2.0
"""Few partial set-offs: flow is pushed round cycles until the partial arcs form a forest."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True)
def _forest(tail, head, limit, flow, free, nodes):
    """Grow a forest of partial arcs, parent pointers, rerooting the smaller tree.

    Each new partial arc either joins two trees or closes a cycle; round a cycle flow is
    pushed until an arc is full or empty, which takes that arc out of the forest.
    """
    m = tail.shape[0]
    parent = np.full(nodes, -1, np.int64)
    by = np.full(nodes, -1, np.int64)
    mark = np.full(nodes, -1, np.int64)
    for k in range(m):
        if not free[k] or flow[k] <= 0 or flow[k] >= limit[k]:
            continue
        s = tail[k]
        t = head[k]
        if s == t:
            flow[k] = limit[k]
            continue
        # walk both ends up in turn until the walks meet or both reach a root
        x = np.int64(s)
        y = np.int64(t)
        meet = np.int64(-1)
        root_s = np.int64(-1)
        root_t = np.int64(-1)
        ms = 2 * k
        mt = 2 * k + 1
        while True:
            if x >= 0:
                if mark[x] == mt:
                    meet = x
                    break
                mark[x] = ms
                if parent[x] < 0:
                    root_s = x
                    x = np.int64(-1)
                else:
                    x = parent[x]
            if y >= 0:
                if mark[y] == ms:
                    meet = y
                    break
                mark[y] = mt
                if parent[y] < 0:
                    root_t = y
                    y = np.int64(-1)
                else:
                    y = parent[y]
            if x < 0 and y < 0:
                break
            if (x < 0 and root_s == root_t and root_t >= 0):
                break
        if meet < 0:
            # different trees: turn the path from s to its root round and hang it on t
            child = np.int64(s)
            up = np.int64(t)
            arc = np.int64(k)
            while child >= 0:
                higher = parent[child]
                higher_arc = by[child]
                parent[child] = up
                by[child] = arc
                up = child
                arc = higher_arc
                child = higher
            continue
        # a cycle: k from s to t, then from t up to meet, then down to s
        push = limit[k] - flow[k]
        v = np.int64(t)
        while v != meet:
            a = by[v]
            slack = limit[a] - flow[a] if tail[a] == v else flow[a]
            push = min(push, slack)
            v = parent[v]
        v = np.int64(s)
        while v != meet:
            a = by[v]
            slack = limit[a] - flow[a] if head[a] == v else flow[a]
            push = min(push, slack)
            v = parent[v]
        flow[k] += push
        v = np.int64(t)
        cut_side = 0
        while v != meet:
            a = by[v]
            if tail[a] == v:
                flow[a] += push
            else:
                flow[a] -= push
            higher = parent[v]
            if flow[a] == 0 or flow[a] == limit[a]:
                parent[v] = -1
                by[v] = -1
                cut_side = 1
            v = higher
        v = np.int64(s)
        while v != meet:
            a = by[v]
            if head[a] == v:
                flow[a] += push
            else:
                flow[a] -= push
            higher = parent[v]
            if flow[a] == 0 or flow[a] == limit[a]:
                parent[v] = -1
                by[v] = -1
                cut_side = 2
            v = higher
        if flow[k] > 0 and flow[k] < limit[k]:
            # k stays partial, some tree arc went: k takes its place; turn the cut part round
            start = np.int64(t) if cut_side == 1 else np.int64(s)
            up = np.int64(s) if cut_side == 1 else np.int64(t)
            child = start
            arc = np.int64(k)
            while child >= 0:
                higher = parent[child]
                higher_arc = by[child]
                parent[child] = up
                by[child] = arc
                up = child
                arc = higher_arc
                child = higher
    return flow


def make_forest(
    tail: NDArray[np.int32],
    head: NDArray[np.int32],
    limit: NDArray[np.int64],
    flow: NDArray[np.int64],
    free: NDArray[np.bool_],
    nodes: int,
) -> NDArray[np.int64]:
    """Leave few arcs partial: push flow round undirected cycles of free partial arcs.

    Every node's balance stays as it is. Where the free arcs are those with c = 0, so does the
    gain. The arcs that remain partial form a forest: at most nodes - components of them.

    Args:
        tail: Node each arc leaves, shape (m,).
        head: Node each arc enters, shape (m,).
        limit: Greatest flow of each arc, shape (m,).
        flow: The flow to start from, shape (m,); it is left alone.
        free: Which arcs may be changed, shape (m,).
        nodes: How many nodes there are.
    """
    return _forest(tail, head, limit, flow.copy(), free, nodes)
