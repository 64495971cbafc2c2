# SPDX-License-Identifier: Apache-2.0
"""Greatest gain on any network with small integer gains: push-relabel with cost scaling.

Slower than ``circulation`` on plain set-off, but it takes gains of any sign, arcs without limit
and a supply at each node. Goldberg and Tarjan (1990), with prices recomputed from the deficits.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def build_half_arcs(tail, head, limit, gain, flow, nodes, scale):
    """Residual half-arcs in rows by node: (first, to, room, cost, mate, half of arc)."""
    m = tail.shape[0]
    first = np.zeros(nodes + 1, np.int64)
    for k in range(m):
        first[tail[k] + 1] += 1
        first[head[k] + 1] += 1
    for v in range(nodes):
        first[v + 1] += first[v]
    place = first[:-1].copy()
    to = np.empty(2 * m, np.int32)
    room = np.empty(2 * m, np.int64)
    cost = np.empty(2 * m, np.int64)
    mate = np.empty(2 * m, np.int64)
    half = np.empty(m, np.int64)
    for k in range(m):
        s = tail[k]
        t = head[k]
        a = place[s]
        place[s] += 1
        b = place[t]
        place[t] += 1
        to[a] = t
        to[b] = s
        room[a] = limit[k] - flow[k]
        room[b] = flow[k]
        cost[a] = -gain[k] * scale
        cost[b] = gain[k] * scale
        mate[a] = b
        mate[b] = a
        half[k] = a
    return first, to, room, cost, mate, half


@njit(cache=True)
def _update_prices(first, to, room, cost, mate, price, excess, epsilon, limit_buckets):
    """Set each node's price to its distance from the deficits, in steps of epsilon.

    Returns False if the distances outrun the buckets (the prices are then left alone).
    """
    n = excess.shape[0]
    far = limit_buckets
    rank = np.full(n, far, np.int64)
    bucket = np.full(far + 1, -1, np.int64)
    after = np.full(n, -1, np.int64)
    before = np.full(n, -1, np.int64)
    waiting = 0
    for v in range(n):
        if excess[v] < 0:
            rank[v] = 0
            after[v] = bucket[0]
            if bucket[0] >= 0:
                before[bucket[0]] = v
            before[v] = -1
            bucket[0] = v
        elif excess[v] > 0:
            waiting += 1
    done = np.zeros(n, np.bool_)
    level = 0
    while level < far and waiting > 0:
        while bucket[level] >= 0 and waiting > 0:
            v = bucket[level]
            bucket[level] = after[v]
            if after[v] >= 0:
                before[after[v]] = -1
            done[v] = True
            if excess[v] > 0:
                waiting -= 1
            for a in range(first[v], first[v + 1]):
                b = mate[a]
                if room[b] <= 0:
                    continue
                w = to[a]
                if done[w]:
                    continue
                length = (cost[b] + price[w] - price[v]) // epsilon + 1
                if length < 0:
                    length = 0
                near = level + length
                if near < rank[w]:
                    if rank[w] < far:
                        if before[w] >= 0:
                            after[before[w]] = after[w]
                        else:
                            bucket[rank[w]] = after[w]
                        if after[w] >= 0:
                            before[after[w]] = before[w]
                    rank[w] = near
                    before[w] = -1
                    after[w] = bucket[near]
                    if bucket[near] >= 0:
                        before[bucket[near]] = w
                    bucket[near] = w
        if bucket[level] < 0:
            level += 1
    if waiting > 0:
        return False
    for v in range(n):
        if done[v] and rank[v] < level:
            price[v] -= rank[v] * epsilon
        else:
            price[v] -= level * epsilon
    return True


@njit(cache=True)
def _refine(first, to, room, cost, mate, price, excess, epsilon):
    """Turn the pseudo-flow into an epsilon-optimal flow; False where there is none.

    While a way to a lack is left, a node with too much never falls by more than (factor of
    epsilon + 1) * n steps (Goldberg and Tarjan 1990); six times that says there is no way.
    """
    n = excess.shape[0]
    floor = price - 64 * (n + 1) * epsilon
    for v in range(n):
        for a in range(first[v], first[v + 1]):
            r = room[a]
            if r > 0 and cost[a] + price[v] - price[to[a]] < 0:
                room[a] = 0
                room[mate[a]] += r
                excess[v] -= r
                excess[to[a]] += r
    queue = np.empty(n, np.int64)
    queued = np.zeros(n, np.bool_)
    current = first[:-1].copy()
    front = 0
    size = 0
    for v in range(n):
        if excess[v] > 0:
            queue[(front + size) % n] = v
            size += 1
            queued[v] = True
    work = 0
    updates = True
    if size > 0:
        updates = _update_prices(first, to, room, cost, mate, price, excess, epsilon, 8 * n + 64)
    while size > 0:
        if updates and work > 4 * n + to.shape[0] // 2:
            work = 0
            updates = _update_prices(
                first, to, room, cost, mate, price, excess, epsilon, 8 * n + 64
            )
            for v in range(n):
                current[v] = first[v]
        v = queue[front]
        front += 1
        if front == n:
            front = 0
        size -= 1
        queued[v] = False
        while excess[v] > 0:
            a = current[v]
            if a == first[v + 1]:
                best = np.int64(-(2**62))
                best_at = first[v]
                for b in range(first[v], first[v + 1]):
                    if room[b] > 0:
                        value = price[to[b]] - cost[b]
                        if value > best:
                            best = value
                            best_at = b
                if best == -(2**62):
                    return False
                work += first[v + 1] - first[v] + 4
                price[v] = best - epsilon
                if price[v] < floor[v]:
                    return False
                current[v] = best_at
                a = best_at
            w = to[a]
            if room[a] > 0 and cost[a] + price[v] - price[w] < 0:
                push = min(room[a], excess[v])
                room[a] -= push
                room[mate[a]] += push
                excess[v] -= push
                excess[w] += push
                if excess[w] > 0 and not queued[w]:
                    queued[w] = True
                    queue[(front + size) % n] = w
                    size += 1
                if excess[v] == 0:
                    break
            current[v] += 1
            work += 1
    return True


@njit(cache=True)
def scaled_flow(first, to, room, cost, mate, excess, epsilon):
    """Refine down to epsilon 1; costs are multiplied by more than the number of nodes."""
    price = np.zeros(excess.shape[0], np.int64)
    while True:
        if not _refine(first, to, room, cost, mate, price, excess, epsilon):
            return price, False
        if epsilon == 1:
            return price, True
        epsilon = max(1, epsilon // 10)


@njit(cache=True)
def least_levels_by_price(first, to, room, cost, price, scale):
    """Least non-negative levels of an optimal flow from its scaled prices (Dijkstra, heap).

    A walk of gain G over k half-arcs has length k - G * scale, and k < scale, so the shortest
    walk to a node has the greatest gain. Lengths reduced by the prices are not negative.
    """
    n = first.shape[0] - 1
    key = np.empty(n, np.int64)
    top = price[0]
    for v in range(n):
        if price[v] > top:
            top = price[v]
    heap = np.arange(n)
    at = np.empty(n, np.int64)
    for v in range(n):
        key[v] = top - price[v]
    heap = heap[np.argsort(key)]
    for i in range(n):
        at[heap[i]] = i
    size = n
    level = np.zeros(n, np.int64)
    while size > 0:
        v = heap[0]
        size -= 1
        moved = heap[size]
        at[v] = -1
        if size > 0:
            i = 0
            while True:
                child = 2 * i + 1
                if child >= size:
                    break
                if child + 1 < size and key[heap[child + 1]] < key[heap[child]]:
                    child += 1
                if key[heap[child]] >= key[moved]:
                    break
                heap[i] = heap[child]
                at[heap[i]] = i
                i = child
            heap[i] = moved
            at[moved] = i
        distance = key[v] - top + price[v]
        level[v] = -(distance // scale)
        for a in range(first[v], first[v + 1]):
            w = to[a]
            if room[a] <= 0 or at[w] < 0:
                continue
            near = key[v] + (cost[a] + 1 + price[v] - price[w])
            if near < key[w]:
                key[w] = near
                i = at[w]
                while i > 0 and key[heap[(i - 1) // 2]] > near:
                    heap[i] = heap[(i - 1) // 2]
                    at[heap[i]] = i
                    i = (i - 1) // 2
                heap[i] = w
                at[w] = i
    return level
