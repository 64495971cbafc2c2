# SPDX-License-Identifier: Apache-2.0
"""The proof that no run could discharge more, checked on the arcs as given.

Nothing here comes from the solver: only arcs, limits, flows and levels go in. Each stage of a
group has one integer level per node and c = gain + level[from] - level[to]; an arc is free in a
stage if c was nought in every stage before it. Then c > 0 must mean a full arc and c < 0 an empty
one, and the gain of all flow equals what the levels say is the most there can be.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.core.errors import CertificateFailed, Unbalanced, invariant
from skontro.core.wide import LIMB_BITS, Integers, from_limbs, weighted_sum
from skontro.kernel.threads import parts_of, side_by_side

Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

NO_LIMIT = 2**62
GREATEST_LEVEL = 2**40


@dataclass(frozen=True, slots=True, eq=False)
class StageProof:
    """One stage of a group with its levels, checked.

    Attributes:
        group: ``set-off``, ``cash`` or ``combined``.
        stage: ``set_off``, ``prefer``, ``settled``, ``combined``, ``pay_in``, ``border`` or
            ``settled_prefer``.
        level: Level of each node and, after them, each house node, shape (nodes,).
        arcs: How many arcs the stage has.
        total: Sum of gain times flow over all arcs.
        bound: Sum of limit times max(0, c) over the free arcs and of c times flow over the others.
    """

    group: str
    stage: str
    level: Int64
    arcs: int
    total: int
    bound: int


@njit(cache=True, nogil=True)
def _first_out_of_limits(limit: Any, flow: Any) -> Any:
    for k in range(flow.shape[0]):
        if flow[k] < 0 or flow[k] > limit[k]:
            return k
    return -1


@njit(cache=True, nogil=True)
def balances(tail: Any, head: Any, flow: Any, nodes: Any) -> Any:
    """What leaves each node less what enters it, shape (nodes,)."""
    balance = np.zeros(nodes, np.int64)
    for k in range(flow.shape[0]):
        balance[tail[k]] += flow[k]
        balance[head[k]] -= flow[k]
    return balance


@njit(cache=True, nogil=True)
def _check_levels(
    tail: Any, head: Any, limit: Any, flow: Any, gain: Any, level: Any, free: Any
) -> Any:
    """Check each arc against the levels and narrow ``free`` down to c = 0.

    Returns the first arc that breaks the rule, or -1, and three limbs of the bound.
    """
    mask = np.int64((1 << LIMB_BITS) - 1)
    far = np.int64(1) << np.int64(61)
    single = gain.shape[0] == 1
    low = np.int64(0)
    middle = np.int64(0)
    high = np.int64(0)
    for k in range(tail.shape[0]):
        c = np.int64(gain[0 if single else k]) + level[tail[k]] - level[head[k]]
        amount = flow[k]
        if free[k]:
            if c == 0:
                continue
            free[k] = False
            if c < 0:
                if amount != 0:
                    return k, low, middle, high
                continue
            if amount != limit[k] or limit[k] >= NO_LIMIT:
                return k, low, middle, high
        if c == 0 or amount == 0:
            continue
        low += (amount & mask) * c
        middle += ((amount >> LIMB_BITS) & mask) * c
        high += (amount >> (2 * LIMB_BITS)) * c
        if low > far or low < -far:
            middle += low >> LIMB_BITS
            low &= mask
        if middle > far or middle < -far:
            high += middle >> LIMB_BITS
            middle &= mask
    return -1, low, middle, high


def check_flow(tail: Int32, head: Int32, limit: Int64, flow: Int64, nodes: int) -> None:
    """Check that every flow keeps its limit and no node's balance changes.

    Args:
        tail: Node each arc leaves, shape (m,).
        head: Node each arc enters, shape (m,).
        limit: Greatest flow of each arc in points, shape (m,).
        flow: Flow of each arc in points, shape (m,).
        nodes: How many nodes there are.

    Raises:
        Unbalanced: One of them does not.
    """
    wrong = int(_first_out_of_limits(limit, flow))
    invariant(wrong < 0, f"arc {wrong} carries less than nought or more than its limit",
              error=Unbalanced)
    balance = balances(tail, head, flow, nodes)
    invariant(not np.any(balance), "a node pays more than it is paid, or less", error=Unbalanced)


def check_stage(
    tail: Int32,
    head: Int32,
    limit: Int64,
    flow: Int64,
    gain: Integers,
    level: Integers,
    free: Bool,
) -> tuple[int, int]:
    """Check one stage on the arcs as given and narrow down what stays free, in place.

    Args:
        tail: Node each arc leaves, shape (m,).
        head: Node each arc enters, shape (m,).
        limit: Greatest flow of each arc, 2**62 for none, shape (m,).
        flow: The final flow of the group, shape (m,); see ``check_flow`` for its balance.
        gain: Gain of each arc, shape (m,), or one for all, shape (1,).
        level: Level of each node, shape (nodes,).
        free: Which arcs earlier stages left free, shape (m,); changed.

    Returns:
        Total and bound, equal.

    Raises:
        CertificateFailed: A level is negative or too great, an arc contradicts the levels, or
            total and bound differ.

    Example:
        >>> arc = [np.array([0, 1], np.int32), np.array([1, 0], np.int32), np.array([5, 3])]
        >>> check_stage(*arc, np.array([3, 3]), np.ones(1, np.int32), np.array([0, 1]),
        ...             np.ones(2, np.bool_))
        (6, 6)
    """
    lowest = int(level.min(initial=0))
    highest = int(level.max(initial=0))
    invariant(lowest >= 0 and highest < GREATEST_LEVEL, "a level is out of range",
              error=CertificateFailed)
    parts = parts_of(tail.shape[0])
    answers = side_by_side(
        _check_levels,
        [
            (
                tail[low:high],
                head[low:high],
                limit[low:high],
                flow[low:high],
                gain if gain.shape[0] == 1 else gain[low:high],
                level,
                free[low:high],
            )
            for low, high in parts
        ],
    )
    bound = 0
    for (low, _), (wrong, *limbs) in zip(parts, answers, strict=True):
        invariant(
            wrong < 0, f"the levels do not prove arc {low + wrong}", error=CertificateFailed
        )
        bound += from_limbs(*limbs)
    total = weighted_sum(flow, gain)
    invariant(total == bound, f"the levels prove {bound}, not {total}", error=CertificateFailed)
    return total, bound


@njit(cache=True, nogil=True)
def _closes_cycle(tail: Any, head: Any, limit: Any, flow: Any, nodes: Any) -> Any:
    """The first partial arc that closes a cycle of partial arcs, or -1 (union by path halving)."""
    parent = np.arange(nodes)
    for k in range(tail.shape[0]):
        if flow[k] <= 0 or flow[k] >= limit[k]:
            continue
        a = np.int64(tail[k])
        b = np.int64(head[k])
        while parent[a] != a:
            parent[a] = parent[parent[a]]
            a = parent[a]
        while parent[b] != b:
            parent[b] = parent[parent[b]]
            b = parent[b]
        if a == b:
            return k
        parent[a] = b
    return -1


def check_forest(tail: Int32, head: Int32, limit: Int64, flow: Int64, nodes: int) -> None:
    """Check that the arcs with 0 < flow < limit contain no cycle, whatever their direction.

    Arguments are those of :func:`check_flow`.

    Raises:
        CertificateFailed: They do.
    """
    wrong = int(_closes_cycle(tail, head, limit, flow, nodes))
    invariant(wrong < 0, f"partial arc {wrong} closes a cycle", error=CertificateFailed)
