# SPDX-License-Identifier: Apache-2.0
"""Every small network there is, up to relabelling, against trying every circulation."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from skontro.core.certificate import check_flow, check_forest, check_stage
from skontro.core.stages import ONE, Face

# The caches of compiled tests would outlive them, so these are compiled anew each time.
compiled = njit(cache=False)


def arcs_of(nodes: int) -> list[tuple[int, int]]:
    """All ordered pairs of different nodes, by (tail, head)."""
    return [(a, b) for a in range(nodes) for b in range(nodes) if a != b]


def relabellings(nodes: int) -> NDArray[np.int64]:
    """For each permutation of the nodes where each arc goes."""
    arcs = arcs_of(nodes)
    place = {arc: k for k, arc in enumerate(arcs)}
    return np.array(
        [[place[p[a], p[b]] for a, b in arcs] for p in permutations(range(nodes))], np.int64
    )


def classes(moved: NDArray[np.int64], steps: int) -> int:
    """How many networks there are up to relabelling: Burnside's count of what each leaves alone."""
    left_alone = 0
    for p in moved.tolist():
        seen = set[int]()
        cycles = 0
        for k in range(len(p)):
            if k not in seen:
                cycles += 1
                while k not in seen:
                    seen.add(k)
                    k = p[k]
        left_alone += steps**cycles
    return left_alone // len(moved)


@compiled
def representatives(moved, steps, places):
    """Codes of the networks that no relabelling makes smaller; a code is one digit per arc."""
    arcs = moved.shape[1]
    total = steps**arcs
    digits = np.empty(arcs, np.int64)
    kept = np.empty(total, np.bool_)
    for code in range(total):
        rest = code
        for k in range(arcs):
            digits[k] = rest % steps
            rest //= steps
        kept[code] = True
        for p in range(moved.shape[0]):
            other = 0
            for k in range(arcs):
                other += digits[k] * places[moved[p, k]]
            if other < code:
                kept[code] = False
                break
    return np.flatnonzero(kept)


@compiled
def most_by_trying(tail, head, limit, nodes):
    """The greatest total of any circulation, by going through all of them."""
    arcs = tail.shape[0]
    flow = np.zeros(arcs, np.int64)
    balance = np.zeros(nodes, np.int64)
    best = 0
    total = 0
    while True:
        balanced = True
        for v in range(nodes):
            if balance[v] != 0:
                balanced = False
                break
        if balanced and total > best:
            best = total
        k = 0
        while k < arcs and flow[k] == limit[k]:
            balance[tail[k]] -= flow[k]
            balance[head[k]] += flow[k]
            total -= flow[k]
            flow[k] = 0
            k += 1
        if k == arcs:
            return best
        flow[k] += 1
        balance[tail[k]] += 1
        balance[head[k]] -= 1
        total += 1


@compiled
def least_levels(tail, head, limit, flow, nodes):
    """The least non-negative levels that prove a greatest flow, by raising what is too low."""
    level = np.zeros(nodes, np.int64)
    changed = True
    while changed:
        changed = False
        for k in range(tail.shape[0]):
            if flow[k] < limit[k] and level[head[k]] < level[tail[k]] + 1:
                level[head[k]] = level[tail[k]] + 1
                changed = True
            if flow[k] > 0 and level[tail[k]] < level[head[k]] - 1:
                level[tail[k]] = level[head[k]] - 1
                changed = True
    return level


@pytest.mark.parametrize(
    ("nodes", "most"), [(3, 4), (4, 2), (5, 1)],
    ids=["3 nodes, 0 to 4", "4 nodes, 0 to 2", "5 nodes, 0 to 1"],
)  # fmt: skip
def test_every_small_network(nodes: int, most: int) -> None:
    """Goal: nothing beats the clearing on any network of this size.

    Method: all amounts from 0 to ``most`` on all ordered pairs, one network of each class under
    relabelling; the total against all circulations, the levels against the least ones, the proof
    and the forest by the certificate check.
    """
    arcs = arcs_of(nodes)
    steps = most + 1
    places = np.array([steps**k for k in range(len(arcs))], np.int64)
    moved = relabellings(nodes)
    codes = representatives(moved, steps, places)
    assert codes.shape[0] == classes(moved, steps)
    tails = np.array([a for a, _ in arcs], np.int32)
    heads = np.array([b for _, b in arcs], np.int32)
    for code in codes.tolist():
        limit = (code // places) % steps
        there = np.flatnonzero(limit)
        tail, head, limit = tails[there], heads[there], limit[there]
        face = Face(tail, head, limit, nodes)
        level = face.place_most()
        face.make_forest()
        check_flow(tail, head, limit, face.flow, nodes)
        free = np.ones(tail.shape[0], np.bool_)
        total, _ = check_stage(tail, head, limit, face.flow, ONE, level, free)
        check_forest(tail, head, limit, face.flow, nodes)
        assert total == most_by_trying(tail, head, limit, nodes), code
        assert level.tolist() == least_levels(tail, head, limit, face.flow, nodes).tolist(), code
