# SPDX-License-Identifier: Apache-2.0
"""Primal and dual in turn: the most flow the levels allow, then levels that allow more.

In each phase only the arcs with c = 0 can change. They are laid out by themselves, a greatest
flow from the nodes with too much to those with too little is found among them (push-relabel,
labels recomputed now and then), and the nodes that cannot reach a lack rise by their distance to
one that can. After a dozen or two phases nothing is left over, and flow and levels prove each
other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.kernel.core_network import rows_in_parts, starts
from skontro.kernel.room import room32, room64
from skontro.kernel.threads import side_by_side

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Level = NDArray[np.int16]

FAR = 32_000
_NO_WAY = 1 << 30
_SWEEPS = 12


class OpenArcs(NamedTuple):
    """The arcs with c = 0 as half-arcs, in rows by node.

    Attributes:
        first: Half-arcs of node v are ``first[v]:first[v + 1]``, shape (n + 1,).
        to: The node at the other end ``<< 2``, bit 0: there is room this way, bit 1: there is
            room back, shape (2 k,).
        half: The room this way and the place of the other half, shape (2 k, 2).
        arc: Arc of each open arc, shape (k,).
        place: Place of its first half, shape (k,).
    """

    first: Int32
    to: Int32
    half: Int64
    arc: Int32
    place: Int32


@njit(cache=True, nogil=True)
def _count_open(out_first, head, level, begin, end, count):
    """Count the half-arcs of each node that the nodes of a part bring; returns how many arcs."""
    arcs = 0
    for v in range(begin, end):
        y = level[v] + 1
        own = 0
        for a in range(out_first[v], out_first[v + 1]):
            w = head[a]
            if level[w] == y:
                own += 1
                count[w] += 1
        count[v] += own
        arcs += own
    return arcs


@njit(cache=True, nogil=True)
def _place_open(
    out_first, head, limit, flow, level, begin, end, j, place, to, half, arc, place_of
):  # fmt: skip
    """Write the half-arcs that the nodes of a part bring; the first of them is open arc ``j``."""
    for v in range(begin, end):
        y = level[v] + 1
        for a in range(out_first[v], out_first[v + 1]):
            w = head[a]
            if level[w] != y:
                continue
            x = place[v]
            place[v] = x + 1
            z = place[w]
            place[w] = z + 1
            back = flow[a]
            ahead = limit[a] - back
            half[x, 0] = ahead
            half[x, 1] = z
            half[z, 0] = back
            half[z, 1] = x
            bits = (1 if ahead > 0 else 0) | (2 if back > 0 else 0)
            to[x] = (w << 2) | bits
            bits = (1 if back > 0 else 0) | (2 if ahead > 0 else 0)
            to[z] = (v << 2) | bits
            arc[j] = a
            place_of[j] = x
            j += 1


def open_arcs(out_first: Int32, head: Int32, limit: Int64, flow: Int64, level: Level) -> OpenArcs:
    """Lay out the arcs with c = 0."""
    n = level.shape[0]
    parts = rows_in_parts(out_first)
    count = np.zeros((len(parts), n), np.int32)
    counted = side_by_side(
        _count_open,
        [(out_first, head, level, *part, own) for part, own in zip(parts, count, strict=True)],
    )
    begun = np.concatenate([[0], np.cumsum(counted)])
    arcs = int(begun[-1])
    first = starts(count.sum(axis=0))
    place = first[:-1] + np.cumsum(count, axis=0, dtype=np.int32) - count
    laid = OpenArcs(
        first,
        room32(2 * arcs),
        room64(4 * arcs).reshape(-1, 2),
        room32(arcs),
        room32(arcs),
    )
    side_by_side(
        _place_open,
        [
            (out_first, head, limit, flow, level, *part, j, at, *laid[1:])
            for part, j, at in zip(parts, begun[:-1], place, strict=True)
        ],
    )
    return laid


@njit(cache=True)
def _label(first, to, excess, label, queue, waiting):
    """Steps from each node to the nearest lack; returns how many nodes can reach one, or -1.

    From the side of the lacks while few nodes are labelled last, else from the side of the
    nodes still without a label, which stop at the first neighbour that has one.
    """
    n = label.shape[0]
    size = 0
    rest = 0
    links_done = 0
    links_rest = 0
    for v in range(n):
        links = first[v + 1] - first[v]
        if excess[v] < 0:
            label[v] = 0
            queue[size] = v
            size += 1
            links_done += links
        else:
            label[v] = FAR
            if links > 0:
                waiting[rest] = v
                rest += 1
                links_rest += links
    i = 0
    step = 0
    while i < size:
        step += 1
        if step >= FAR - 1:
            return -1
        end = size
        if links_done * 2 > links_rest:
            kept = 0
            links_done = 0
            for j in range(rest):
                v = waiting[j]
                if label[v] < FAR:
                    continue
                found = False
                for a in range(first[v], first[v + 1]):
                    x = to[a]
                    if x & 1 and label[x >> 2] == step - 1:
                        found = True
                        break
                if found:
                    label[v] = step
                    queue[size] = v
                    size += 1
                    links_done += first[v + 1] - first[v]
                    links_rest -= first[v + 1] - first[v]
                else:
                    waiting[kept] = v
                    kept += 1
            rest = kept
            i = end
        else:
            links_done = 0
            while i < end:
                v = queue[i]
                i += 1
                for a in range(first[v], first[v + 1]):
                    x = to[a]
                    if x & 2:
                        w = x >> 2
                        if label[w] == FAR:
                            label[w] = step
                            queue[size] = w
                            size += 1
                            links_done += first[w + 1] - first[w]
                            links_rest -= first[w + 1] - first[w]
    return size


@njit(cache=True)
def greatest_flow(first, to, half, excess, label):
    """Move what is too much to where there is too little, until no way is left.

    Afterwards ``label`` is FAR exactly where no lack can be reached. Returns False where the
    ways are too long for the labels.
    """
    n = label.shape[0]
    queue = np.empty(n, np.int32)
    waiting = np.empty(n, np.int32)
    current = first[:-1].copy()
    links = to.shape[0]
    front = 0
    size = 0
    work = links + 1
    while True:
        if work > links or size == 0:
            if work == 0:
                return True
            reached = _label(first, to, excess, label, queue, waiting)
            if reached < 0:
                return False
            work = 0
            front = 0
            size = 0
            for v in range(n):
                current[v] = first[v]
            for i in range(reached):
                v = queue[i]
                if excess[v] > 0:
                    queue[size] = v
                    size += 1
            if size == 0:
                return True
        v = queue[front]
        front += 1
        if front == n:
            front = 0
        size -= 1
        left = excess[v]
        row = first[v]
        end = first[v + 1]
        while True:
            here = label[v]
            begin = current[v]
            a = begin
            while a < end:
                x = to[a]
                if x & 1:
                    w = x >> 2
                    if here == label[w] + 1:
                        r = half[a, 0]
                        b = half[a, 1]
                        push = min(r, left)
                        back = half[b, 0]
                        half[b, 0] = back + push
                        if back == 0:
                            to[b] |= 1
                            to[a] |= 2
                        if push == r:
                            to[a] &= ~1
                            to[b] &= ~2
                        half[a, 0] = r - push
                        left -= push
                        there = excess[w]
                        excess[w] = there + push
                        if there <= 0 and there + push > 0:
                            last = front + size
                            if last >= n:
                                last -= n
                            queue[last] = w
                            size += 1
                        if left == 0:
                            break
                a += 1
            work += a - begin + 1
            current[v] = a
            if left == 0:
                break
            best = FAR
            at = row
            for a in range(row, end):
                x = to[a]
                if x & 1:
                    y = label[x >> 2] + 1
                    if y < best:
                        best = y
                        at = a
                        if y == here + 1:
                            break
            work += at - row + 4
            if best >= FAR:
                label[v] = FAR
                break
            label[v] = best
            current[v] = at
        excess[v] = left


@njit(cache=True)
def take_over(half, arc, place_of, limit, flow):
    """Write the flow of the open arcs back."""
    for j in range(arc.shape[0]):
        a = arc[j]
        flow[a] = limit[a] - half[place_of[j], 0]


@njit(cache=True)
def _put(w, near, rise_by, bucket, after, before):
    """Move node w to the bucket of a smaller distance."""
    if rise_by[w] < FAR:
        if before[w] >= 0:
            after[before[w]] = after[w]
        else:
            bucket[rise_by[w]] = after[w]
        if after[w] >= 0:
            before[after[w]] = before[w]
    rise_by[w] = near
    before[w] = -1
    after[w] = bucket[near]
    if bucket[near] >= 0:
        before[bucket[near]] = w
    bucket[near] = w


@njit(cache=True)
def rise(
    out_first, head, in_first, tail_in, first, to, level, label, excess, rise_by, is_flat
):  # fmt: skip
    """Raise the nodes cut off from every lack by their distance to a node that is not.

    None rises further than the node with too much that is farthest off. ``is_flat`` says that
    sweeps are worth a try: that nearly all are expected at distance 1. It changes only the time.

    Returns:
        Whether levels and distances fit their type, and whether sweeps were enough.
    """
    most = 0
    if is_flat:
        most = _pull(out_first, head, in_first, tail_in, first, to, level, label, excess, rise_by)
    is_flat = most > 0
    if not is_flat:
        if not _settle(
            out_first, head, in_first, tail_in, first, to, level, label, excess, rise_by
        ):
            return False, is_flat
        most = _farthest(excess, rise_by)
    n = level.shape[0]
    for v in range(n):
        up = min(rise_by[v], most)
        if level[v] + up >= FAR:
            return False, is_flat
        level[v] += up
    return True, is_flat


@njit(cache=True)
def _farthest(excess, rise_by):
    """The greatest distance of a node with too much."""
    most = 0
    for v in range(excess.shape[0]):
        if excess[v] > 0:
            most = max(most, rise_by[v])
    return most


@njit(cache=True)
def _pull(out_first, head, in_first, tail_in, first, to, level, label, excess, rise_by):
    """Distances by a few sweeps over the cut nodes; nought where these do not settle them.

    Returns the farthest that a node with too much is off. No node is nearer than 1; so once all
    that have too much stand there, the others do not matter. A sweep that leaves more than half of
    many nodes farther off is the last: in order they are found sooner.
    """
    n = level.shape[0]
    cut = np.empty(n, np.int32)
    count = 0
    for v in range(n):
        rise_by[v] = 0
        if label[v] >= FAR:
            rise_by[v] = _NO_WAY
            cut[count] = v
            count += 1
    if 16 * count > 15 * n:
        _flood(out_first, head, in_first, tail_in, first, to, level, rise_by)
    for _ in range(_SWEEPS):
        changed = False
        kept = 0
        for i in range(count):
            v = cut[i]
            best = rise_by[v]
            if best > 1:
                best = _nearest(
                    v, best, out_first, head, in_first, tail_in, first, to, level, rise_by
                )
            if best < rise_by[v]:
                rise_by[v] = best
                changed = True
            if best > 1:
                cut[kept] = v
                kept += 1
        most = _farthest(excess, rise_by)
        if most == 1 or not changed:
            return most
        if 2 * kept > count and 16 * kept > n:
            return 0
        count = kept
        cut[:count] = cut[:count][::-1].copy()
    return 0


@njit(cache=True)
def _flood(out_first, head, in_first, tail_in, first, to, level, rise_by):
    """Find the nodes at distance 1 from the side of those not cut off, where these are few."""
    n = level.shape[0]
    queue = np.empty(n, np.int32)
    size = 0
    for v in range(n):
        if rise_by[v] > 0:
            continue
        y = level[v] + 1
        for a in range(in_first[v], in_first[v + 1]):
            w = tail_in[a]
            if y - level[w] == 3 and rise_by[w] > 1:
                rise_by[w] = 1
                queue[size] = w
                size += 1
        for a in range(out_first[v], out_first[v + 1]):
            w = head[a]
            if y - level[w] == 1 and rise_by[w] > 1:
                rise_by[w] = 1
                queue[size] = w
                size += 1
    i = 0
    while i < size:
        v = queue[i]
        i += 1
        for a in range(first[v], first[v + 1]):
            x = to[a]
            if x & 2 and rise_by[x >> 2] > 1:
                rise_by[x >> 2] = 1
                queue[size] = x >> 2
                size += 1


@njit(cache=True)
def _nearest(v, best, out_first, head, in_first, tail_in, first, to, level, rise_by):
    """Distance of a cut node by those of its neighbours; none is nearer than 1."""
    y = level[v] + 1
    for a in range(in_first[v], in_first[v + 1]):
        w = tail_in[a]
        c = 2 + level[w] - y
        if c > 0 and rise_by[w] + c < best:
            best = rise_by[w] + c
            if best == 1:
                return best
    for a in range(out_first[v], out_first[v + 1]):
        w = head[a]
        c = level[w] - y
        if c > 0 and rise_by[w] + c < best:
            best = rise_by[w] + c
            if best == 1:
                return best
    for a in range(first[v], first[v + 1]):
        x = to[a]
        if x & 1 and rise_by[x >> 2] < best:
            best = rise_by[x >> 2]
            if best == 1:
                return best
    return best


@njit(cache=True)
def _settle(out_first, head, in_first, tail_in, first, to, level, label, excess, rise_by):
    """Distances in their order, outwards from the nodes that are not cut off.

    Stops at the farthest node with too much; those beyond it keep too great a distance.
    """
    n = level.shape[0]
    waits = np.ones(n, np.bool_)
    bucket = np.full(FAR, -1, np.int32)
    after = np.full(n, -1, np.int32)
    before = np.full(n, -1, np.int32)
    waiting = 0
    for v in range(n - 1, -1, -1):
        rise_by[v] = _NO_WAY
        if label[v] < FAR:
            _put(v, 0, rise_by, bucket, after, before)
        elif excess[v] > 0:
            waiting += 1
    most = 0
    while waiting > 0:
        v = bucket[most]
        if v < 0:
            most += 1
            if most == FAR:
                return False
            continue
        bucket[most] = after[v]
        if after[v] >= 0:
            before[after[v]] = -1
        waits[v] = False
        if excess[v] > 0 and most > 0:
            waiting -= 1
        for a in range(first[v], first[v + 1]):
            x = to[a]
            if x & 2 and waits[x >> 2] and rise_by[x >> 2] > most:
                _put(x >> 2, most, rise_by, bucket, after, before)
        y = level[v] + 1
        for a in range(in_first[v], in_first[v + 1]):
            w = tail_in[a]
            c = y - level[w] - 2
            if c > 0 and waits[w] and most + c < rise_by[w] and most + c < FAR:
                _put(w, most + c, rise_by, bucket, after, before)
        for a in range(out_first[v], out_first[v + 1]):
            w = head[a]
            c = y - level[w]
            if c > 0 and waits[w] and most + c < rise_by[w] and most + c < FAR:
                _put(w, most + c, rise_by, bucket, after, before)
    return True
