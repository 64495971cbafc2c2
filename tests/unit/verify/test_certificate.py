# SPDX-License-Identifier: Apache-2.0
"""The proof checker itself: what it must refuse, sums beyond 64 bits, long rings."""

from __future__ import annotations

import itertools
import random
from fractions import Fraction

import numpy as np
import pytest

from skontro.verify.certificate import (
    NO_LIMIT,
    Arcs,
    check_flow,
    check_forest,
    check_least,
    check_stage,
    exact_sum,
)
from skontro.verify.network import Block, Rows, to_points
from skontro.verify.nodes import to_minor
from skontro.verify.split import check_nodes_rounded, check_shares
from skontro.verify.verdict import ClaimFailed

ONE = np.ones(1, np.int32)


def arcs(rows: list[tuple[int, int, int, int]], nodes: int) -> Arcs:
    """Arcs from (tail, head, limit, flow)."""
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Arcs(columns[0].astype(np.int32), columns[1].astype(np.int32), columns[2].copy(),
                columns[3].copy(), nodes)


def proves(given: Arcs, level: list[int]) -> bool:
    """Whether levels prove a flow and are the least."""
    try:
        check_flow(given)
        levels = np.array(level, np.int64)
        proof = check_stage(given, ONE, levels, np.ones(len(given.flow), np.bool_))
        check_least(given, levels, proof.free)
    except ClaimFailed:
        return False
    return True


def test_only_the_greatest_circulation_has_levels_that_prove_it() -> None:
    """All flows and levels of small networks: one set of levels, and only for an optimum."""
    rng = random.Random(1)
    for _ in range(12):
        rows = [(a, b, rng.randint(0, 2)) for a in range(3) for b in range(3) if a != b]
        chosen = [row for row in rows if row[2]]
        flows = list(itertools.product(*(range(limit + 1) for _, _, limit in chosen)))
        balanced = [flow for flow in flows if _balances(chosen, flow)]
        most = max(map(sum, balanced))
        found = set()
        for flow in balanced:
            given = arcs([(*row, f) for row, f in zip(chosen, flow, strict=True)], 3)
            good = [level for level in itertools.product(range(4), repeat=3)
                    if proves(given, list(level))]
            assert bool(good) == (sum(flow) == most)
            found |= set(good)
        assert len(found) == 1


def _balances(rows: list[tuple[int, int, int]], flow: tuple[int, ...]) -> bool:
    net = [0, 0, 0]
    for (a, b, _), f in zip(rows, flow, strict=True):
        net[a] += f
        net[b] -= f
    return not any(net)


@pytest.mark.parametrize("shuffled", [False, True])
def test_a_ring_of_a_million_has_levels_up_to_a_million(shuffled: bool) -> None:
    """One pair is short, so that the levels climb all the way round it."""
    n = 1_000_000
    number = np.arange(n, dtype=np.int32)
    if shuffled:
        np.random.default_rng(3).shuffle(number)
    limit = np.full(n, 9, np.int64)
    limit[n - 1] = 4
    ring = Arcs(number, np.roll(number, -1), limit, np.full(n, 4, np.int64), n)
    level = np.empty(n, np.int64)
    level[number] = np.arange(n)
    check_flow(ring)
    proof = check_stage(ring, ONE, level, np.ones(n, np.bool_))
    assert proof.total == proof.bound == 4 * n
    check_least(ring, level, proof.free)
    with pytest.raises(ClaimFailed, match="not the least"):
        check_least(ring, level + 1, proof.free)


def test_the_bound_is_exact_beyond_64_bits() -> None:
    """Limits near 2**62 on a long way round: total and bound pass 2**63."""
    big = 2**61
    given = arcs([(0, 1, big, big), (1, 2, NO_LIMIT - 1, big), (2, 0, NO_LIMIT - 1, big)], 3)
    proof = check_stage(given, ONE, np.array([2, 0, 1]), np.ones(3, np.bool_))
    assert proof.total == proof.bound == 3 * big > 2**62
    assert exact_sum(np.full(10, 2**62, np.int64)) == 10 * 2**62


@pytest.mark.parametrize(
    ("rows", "level", "why"),
    [
        ([(0, 1, 5, 4), (1, 0, 4, 4)], [0, 0], "c = 1, but flow 4 of 5"),
        ([(0, 1, 5, 4), (1, 0, 4, 4)], [0, 3], "c = -2, but flow 4"),
        ([(0, 1, 5, 4), (1, 0, 4, 4)], [-1, 0], "negative"),
        ([(0, 1, 5, 4), (1, 0, 4, 4)], [2**41, 0], "out of range"),
        ([(0, 1, 5, 4), (1, 0, 4, 4)], [0], "one level per node"),
        ([(0, 1, NO_LIMIT, 4), (1, 0, 4, 4)], [0, 0], "no limit"),
        ([(0, 1, NO_LIMIT, NO_LIMIT), (1, 0, 4, 4)], [0, 0], "no limit"),
    ],
)
def test_what_levels_do_not_prove_is_refused(
    rows: list[tuple[int, int, int, int]], level: list[int], why: str
) -> None:
    with pytest.raises(ClaimFailed, match=why):
        check_stage(arcs(rows, 2), ONE, np.array(level), np.ones(len(rows), np.bool_))


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 1, 5, 6), (1, 0, 6, 6)],
        [(0, 1, 5, -1), (1, 0, 6, -1)],
        [(0, 1, 5, 4), (1, 0, 6, 5)],
        [(0, 1, NO_LIMIT, 2**62), (1, 0, NO_LIMIT, 2**61), (1, 0, NO_LIMIT, 2**61 - 1)],
    ],
)
def test_a_flow_out_of_limits_or_balance_is_refused(rows: list[tuple[int, int, int, int]]) -> None:
    with pytest.raises(ClaimFailed):
        check_flow(arcs(rows, 2))


def test_balances_are_exact_where_sums_pass_64_bits() -> None:
    most = NO_LIMIT - 1
    rows = [(0, 1, NO_LIMIT, most)] * 5 + [(1, 0, NO_LIMIT, most)] * 5
    check_flow(arcs(rows, 2))
    with pytest.raises(ClaimFailed):
        check_flow(arcs([*rows, (0, 1, 9, 1)], 2))


@pytest.mark.parametrize(
    ("rows", "is_forest"),
    [
        ([(0, 1, 5, 4), (1, 0, 5, 4)], False),
        ([(0, 1, 5, 4), (0, 1, 5, 4)], False),
        ([(0, 1, 5, 4), (1, 2, 5, 4), (2, 0, 4, 4)], True),
        ([(0, 1, 5, 4), (1, 2, 5, 4), (0, 2, 5, 1)], False),
        ([(0, 1, NO_LIMIT, 4), (1, 0, 5, 4)], False),
        ([(0, 0, 5, 4)], False),
    ],
)
def test_partial_arcs_close_no_cycle(
    rows: list[tuple[int, int, int, int]], is_forest: bool
) -> None:
    if is_forest:
        assert check_forest(arcs(rows, 3)) == 2
    else:
        with pytest.raises(ClaimFailed, match="closes a cycle"):
            check_forest(arcs(rows, 3))


@pytest.mark.parametrize("worth", [Fraction(1), Fraction(90), Fraction(10, 9), Fraction(7, 3),
                                   Fraction(10**12 + 1, 10**9), Fraction(3, 2**50)])
def test_points_are_rounded_half_to_even_exactly(worth: Fraction) -> None:
    rng = random.Random(5)
    top = min(2**62 - 1, int((2**62 - 1) / worth))
    minor = [rng.randrange(1, top) for _ in range(500)] + [1, 2, 3, top - 1]
    index = np.zeros(len(minor), np.int16)
    points = to_points(np.array(minor), index, ("EUR",), {"EUR": worth})
    assert points.tolist() == [round(value * worth) for value in minor]


@pytest.mark.parametrize("worth", [Fraction(1), Fraction(90), Fraction(9, 10), Fraction(10**20)])
def test_points_become_minor_units_half_to_even(worth: Fraction) -> None:
    rng = random.Random(6)
    points = [rng.randrange(-(2**61), 2**61) for _ in range(200)] + [0, 45, -45, 135, 5, -5]
    found = to_minor(np.array(points), worth)
    assert found.tolist() == [round(value / worth) for value in points]


def test_shares_are_exact_in_128_bits() -> None:
    """Floor and ceiling pass, one further does not, at products far beyond 64 bits."""
    rng = random.Random(7)
    for _ in range(300):
        amount, points = rng.randrange(1, 2**61), rng.randrange(1, 2**61)
        flow = rng.randrange(points + 1)
        share = Fraction(amount * flow, points)
        low, high = share.__floor__(), share.__ceil__()
        for minor in (low - 1, low, high, high + 1):
            given = [np.array([value]) for value in (amount, points, flow, minor)]
            if minor in (low, high):
                (excess,) = check_shares(*given).tolist()
                assert excess == minor * points - amount * flow
            else:
                with pytest.raises(ClaimFailed):
                    check_shares(*given)


def block_of(ends: list[tuple[int, int]], refusing: set[int]) -> Block:
    """A block of single rows in one currency, some of whose nodes refuse conversion."""
    tail, head = (np.array(side, np.int32) for side in zip(*ends, strict=True))
    nodes = int(max(tail.max(), head.max())) + 1
    order = np.arange(len(ends), dtype=np.int32)
    ones, nought = np.ones(len(ends), np.int64), np.zeros(len(ends), np.int16)
    rows = Rows(order, tail, head, ones, nought, order)
    currency = np.array([0 if v in refusing else -1 for v in range(nodes)], np.int16)
    return Block(
        "EUR", "fine", {"EUR": Fraction(7, 3)}, 100, np.arange(nodes, dtype=np.int32), currency,
        rows, np.full(len(ends), 4, np.int64), np.arange(len(ends) + 1), tail, head, True,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "refusing", "holds"),
    [
        # two halves leave node 0 and a whole one enters it
        (([2, 2, 4], [1, 0, 1]), set(), True),
        (([2, 2, 4], [1, 1, 1]), set(), False),
        (([2, 2, 4], [0, 0, 1]), set(), False),
        # three quarters twice come to one and a half, out against nothing in
        (([3, 3, 0], [1, 1, 0]), set(), True),
        (([3, 3, 0], [1, 0, 0]), set(), True),
        (([3, 3, 0], [0, 0, 0]), set(), False),
        (([2, 2, 4], [1, 0, 1]), {0}, True),
        (([3, 3, 0], [1, 0, 0]), {0}, False),
    ],
)
def test_a_node_s_net_is_floor_or_ceiling(
    parts: tuple[list[int], list[int]], refusing: set[int], holds: bool
) -> None:
    """Each row is one minor unit worth four points, and each share is rounded up or down."""
    block = block_of([(0, 1), (0, 2), (3, 0)], refusing)
    flow, minor = (np.array(part, np.int64) for part in parts)
    ones = np.ones(3, np.int64)
    excess = check_shares(ones, block.points, flow, minor)
    arguments = (block, np.zeros(3, np.int16), excess, block.points, minor)
    if holds:
        check_nodes_rounded(*arguments, strict=True)
    else:
        with pytest.raises(ClaimFailed, match="node 0"):
            check_nodes_rounded(*arguments, strict=True)
