# SPDX-License-Identifier: Apache-2.0
"""Levels to start from: each node in turn takes the level that suits its neighbours best.

The certificate's sum of limit * max(0, 1 + level[tail] - level[head]) is convex; a node's best
level, the others fixed, is where what must flow in no longer exceeds what may flow out.
"""

from __future__ import annotations

import numpy as np
from numba import njit

FIRST_LEVEL = 24
"""Where all nodes start: some have to go down, and none goes below nought here."""
_TOP = 64


@njit(cache=True)
def lower_the_sum(out_first, head, limit, in_first, tail_in, limit_in, level, forward):
    """Move each node once to the nearest of its best levels; returns how many moved."""
    n = level.shape[0]
    least_in = np.zeros(_TOP + 2, np.int64)
    least_out = np.zeros(_TOP + 2, np.int64)
    moved = 0
    for i in range(n):
        v = i if forward else n - 1 - i
        low = _TOP
        high = 0
        inflow = np.int64(0)
        for a in range(in_first[v], in_first[v + 1]):
            x = level[tail_in[a]] + 1
            least_in[x] += limit_in[a]
            inflow += limit_in[a]
            low = min(low, x)
            high = max(high, x)
        for a in range(out_first[v], out_first[v + 1]):
            x = max(level[head[a]] - 1, 0)
            least_out[x] += limit[a]
            low = min(low, x)
            high = max(high, x)
        outflow = np.int64(0)
        first_best = -1
        last_best = -1
        for y in range(low, high + 1):
            inflow -= least_in[y]
            outflow += least_out[y]
            least_in[y] = 0
            least_out[y] = 0
            if first_best < 0 and outflow >= inflow:
                first_best = y
            if last_best < 0 and outflow > inflow:
                last_best = y
        if first_best < 0:
            first_best = high
        if last_best < 0:
            last_best = high
        y = min(max(level[v], first_best), last_best)
        y = min(y, _TOP - 1)
        if y != level[v]:
            level[v] = y
            moved += 1
    return moved


@njit(cache=True)
def first_flow(out_first, head, limit, level, flow, excess):
    """The flow the levels ask for; where they leave it open, what evens out both ends."""
    n = level.shape[0]
    for v in range(n):
        for a in range(out_first[v], out_first[v + 1]):
            w = head[a]
            if 1 + level[v] > level[w]:
                flow[a] = limit[a]
                excess[v] -= limit[a]
                excess[w] += limit[a]
            else:
                flow[a] = 0
    for v in range(n):
        if excess[v] <= 0:
            continue
        for a in range(out_first[v], out_first[v + 1]):
            w = head[a]
            if 1 + level[v] == level[w] and excess[w] < 0:
                push = min(limit[a], excess[v], -excess[w])
                flow[a] = push
                excess[v] -= push
                excess[w] += push
                if excess[v] == 0:
                    break
