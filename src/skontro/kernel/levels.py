# SPDX-License-Identifier: Apache-2.0
"""The least non-negative levels that prove a flow: they do not depend on which optimum was found.

A node's least level is the greatest gain of any walk in the residual network that ends at it.
Peeled nodes take theirs in the order of peeling; in the core the levels the solver found make
all lengths non-negative, so one pass with buckets does.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def _bucket_pass(out_first, head, limit, in_first, tail_in, flow, flow_in, level, least):
    """Turn lower bounds ``least`` into the core's least levels, given any valid ``level``."""
    n = level.shape[0]
    if n == 0:
        return
    low = np.int64(level[0]) - least[0]
    high = low
    for v in range(n):
        key = np.int64(level[v]) - least[v]
        low = min(low, key)
        high = max(high, key)
    bucket = np.full(high - low + 1, -1, np.int32)
    after = np.full(n, -1, np.int32)
    before = np.full(n, -1, np.int32)
    key = np.empty(n, np.int32)
    for v in range(n - 1, -1, -1):
        k = np.int64(level[v]) - least[v] - low
        key[v] = k
        after[v] = bucket[k]
        if bucket[k] >= 0:
            before[bucket[k]] = v
        bucket[k] = v
    at = 0
    while at <= high - low:
        v = bucket[at]
        if v < 0:
            at += 1
            continue
        bucket[at] = after[v]
        if after[v] >= 0:
            before[after[v]] = -1
        here = level[v]
        for a in range(out_first[v], out_first[v + 1]):
            w = head[a]
            c = 1 + here - level[w]
            near = at - c
            if c <= 0 and near < key[w] and (c < 0 or flow[a] < limit[a]):
                _move(w, near, key, bucket, after, before)
        for a in range(in_first[v], in_first[v + 1]):
            w = tail_in[a]
            c = 1 + level[w] - here
            near = at + c
            if c >= 0 and near < key[w] and (c > 0 or flow_in[a] > 0):
                _move(w, near, key, bucket, after, before)
    for v in range(n):
        least[v] = np.int64(level[v]) - (key[v] + low)


@njit(cache=True)
def _move(w, near, key, bucket, after, before):
    if before[w] >= 0:
        after[before[w]] = after[w]
    else:
        bucket[key[w]] = after[w]
    if after[w] >= 0:
        before[after[w]] = before[w]
    key[w] = near
    before[w] = -1
    after[w] = bucket[near]
    if bucket[near] >= 0:
        before[bucket[near]] = w
    bucket[near] = w


@njit(cache=True)
def flow_by_head(out_first, head, in_first, flow):
    """The core's flow in the order of the places by head."""
    place = in_first[:-1].copy()
    flow_in = np.empty(flow.shape[0], np.int64)
    for v in range(in_first.shape[0] - 1):
        for a in range(out_first[v], out_first[v + 1]):
            w = head[a]
            flow_in[place[w]] = flow[a]
            place[w] += 1
    return flow_in


@njit(cache=True)
def least_levels(
    first,
    pair_head,
    pair_limit,
    nodes,
    node,
    front,
    back,
    out_first,
    head,
    limit,
    in_first,
    tail_in,
    flow,
    flow_in,
    level,
):
    """Least levels of the whole network from valid levels of its core."""
    least = np.zeros(nodes, np.int32)
    for i in range(front.shape[0]):
        v = front[i]
        _hand_on(first, pair_head, pair_limit, v, least)
    core = np.empty(node.shape[0], np.int32)
    for i in range(node.shape[0]):
        core[i] = least[node[i]]
    _bucket_pass(out_first, head, limit, in_first, tail_in, flow, flow_in, level, core)
    for i in range(node.shape[0]):
        least[node[i]] = core[i]
    if back.shape[0] > 0:
        gone = np.zeros(nodes, np.bool_)
        for i in range(back.shape[0]):
            gone[back[i]] = True
        for v in range(nodes):
            up = least[v] + 1
            if gone[v]:
                continue
            for k in range(first[v], first[v + 1]):
                w = pair_head[k]
                if gone[w] and pair_limit[k] > 0 and least[w] < up:
                    least[w] = up
        for i in range(back.shape[0] - 1, -1, -1):
            _hand_on(first, pair_head, pair_limit, back[i], least)
    return least


@njit(cache=True)
def _hand_on(first, pair_head, pair_limit, v, least):
    """No flow leaves a peeled node, so each of its creditors stands at least one higher."""
    up = least[v] + 1
    for k in range(first[v], first[v + 1]):
        w = pair_head[k]
        if w != v and pair_limit[k] > 0 and least[w] < up:
            least[w] = up
