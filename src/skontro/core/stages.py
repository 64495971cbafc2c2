# SPDX-License-Identifier: Apache-2.0
"""One wish after the other: each stage keeps what the stages before it settled.

The arcs stand in the order of a keyed hash of the participants' ids, so that the last ties do not
go by anything a participant can choose.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.core.errors import CertificateFailed
from skontro.core.wide import exact_sum
from skontro.kernel.circulation import InfeasibleSupply, maximum_circulation, optimal_flow
from skontro.kernel.forest import make_forest

Bool = NDArray[np.bool_]
Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

ONE = np.ones(1, np.int32)

MOST_ROOM = 2**61
"""Rooms that add up to less are safe to add up in the solver, with the supply on top."""


@njit(cache=True, nogil=True)
def _narrow(tail: Any, head: Any, gain: Any, level: Any, free: Any) -> Any:
    """Take out of ``free`` the arcs whose reduced cost is not nought; return how many stay."""
    single = gain.shape[0] == 1
    count = 0
    for k in range(tail.shape[0]):
        if free[k]:
            if gain[0 if single else k] + level[tail[k]] - level[head[k]] != 0:
                free[k] = False
            else:
                count += 1
    return count


@njit(cache=True, nogil=True)
def _supply(tail: Any, head: Any, flow: Any, free: Any, nodes: Any) -> Any:
    """What the free arcs must bring out of each node, so that all arcs together balance."""
    supply = np.zeros(nodes, np.int64)
    for k in range(tail.shape[0]):
        if not free[k]:
            supply[tail[k]] -= flow[k]
            supply[head[k]] += flow[k]
    return supply


@njit(cache=True, nogil=True)
def _raise_levels(tail: Any, head: Any, limit: Any, flow: Any, gain: Any, level: Any) -> Any:
    """Raise levels until no arc that has room, forth or back, asks for more.

    From levels that are too low, or right, this ends at the least ones that prove the flow.
    """
    changed = True
    while changed:
        changed = False
        for k in range(tail.shape[0]):
            if flow[k] < limit[k] and level[head[k]] < level[tail[k]] + gain[k]:
                level[head[k]] = level[tail[k]] + gain[k]
                changed = True
            if flow[k] > 0 and level[tail[k]] < level[head[k]] - gain[k]:
                level[tail[k]] = level[head[k]] - gain[k]
                changed = True


def _improve_in_steps(
    tail: Int32, head: Int32, room: Int64, gain: Int32, nodes: int, flow: Int64
) -> tuple[Int64, Int64]:
    """Improve a flow to a greatest one although the rooms add up to more than 64 bits.

    First in units so large that sums fit. What is left to gain then goes round cycles that pass
    an arc with less than one such unit to spare, so twice the arcs in these units bound the
    change in single points. The levels may be too low where that bound is met.
    """
    unit_bits = exact_sum(room).bit_length() - MOST_ROOM.bit_length() + 2
    ends = (np.concatenate([tail, head]), np.concatenate([head, tail]))
    gains = np.concatenate([gain, -gain])
    arcs = tail.shape[0]
    level = np.zeros(nodes, np.int64)
    for bits, most in ((unit_bits, MOST_ROOM), (0, (2 * arcs) << unit_bits)):
        spare = np.concatenate([room - flow, flow]) >> bits
        change, level = optimal_flow(*ends, np.minimum(spare, most), gains, nodes)
        flow = flow + ((change[:arcs] - change[arcs:]) << bits)
    return flow, level


class Face:
    """The flow of one group of stages, and the arcs that later stages may still change.

    Attributes:
        tail: Node each arc leaves, shape (m,).
        head: Node each arc enters, shape (m,).
        limit: Greatest flow of each arc, shape (m,).
        room: The same with a bound that no sensible flow reaches in place of no limit, shape (m,).
        flow: Flow so far, shape (m,).
        free: Whether later stages may change an arc, shape (m,).
        nodes: How many nodes there are.
    """

    def __init__(
        self,
        tail: Int32,
        head: Int32,
        limit: Int64,
        nodes: int,
        *,
        room: Int64 | None = None,
        flow: Int64 | None = None,
        free: Bool | None = None,
    ) -> None:
        self.tail = tail
        self.head = head
        self.limit = limit
        self.room = limit if room is None else room
        self.nodes = nodes
        self.flow = np.zeros(tail.shape[0], np.int64) if flow is None else flow
        self.free = np.ones(tail.shape[0], np.bool_) if free is None else free

    def place_most(self) -> Int64:
        """Place the most flow there can be on sorted, distinct pairs; return the levels."""
        self.flow, level = maximum_circulation(self.tail, self.head, self.limit, self.nodes)
        return self._settle(ONE, np.asarray(level, np.int64))

    def place(self, gain: Int32) -> Int64:
        """Maximise the sum of gain times flow over the free arcs; return the levels.

        The solver sees ``room`` for ``limit``. A flow that fills such a room is still a greatest
        one, but its levels may be too low and are raised then.

        Raises:
            CertificateFailed: The free arcs cannot keep the balance of the others.
        """
        chosen: Int64 | slice = slice(None)
        if not np.all(self.free):
            chosen = np.flatnonzero(self.free)
        arcs = (self.tail[chosen], self.head[chosen], self.room[chosen], gain[chosen])
        if exact_sum(arcs[2]) < MOST_ROOM:
            supply = None
            if arcs[0].shape != self.tail.shape:
                supply = _supply(self.tail, self.head, self.flow, self.free, self.nodes)
            try:
                flow, level = optimal_flow(*arcs, self.nodes, supply=supply)
            except InfeasibleSupply as error:
                raise CertificateFailed("the free arcs cannot keep every balance") from error
        else:
            flow, level = _improve_in_steps(*arcs, self.nodes, self.flow[chosen])
        level = np.asarray(level, np.int64)
        limit = self.limit[chosen]
        _raise_levels(arcs[0], arcs[1], limit, flow, arcs[3], level)
        self.flow[chosen] = flow
        return self._settle(gain, level)

    def make_forest(self) -> None:
        """Leave few arcs partial: the free ones among them form a forest."""
        self.flow = make_forest(
            self.tail, self.head, self.limit, self.flow, self.free, self.nodes
        )

    def _settle(self, gain: Int32, level: Int64) -> Int64:
        _narrow(self.tail, self.head, gain, level, self.free)
        return level
