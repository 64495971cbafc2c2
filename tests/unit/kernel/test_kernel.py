# SPDX-License-Identifier: Apache-2.0
"""The solver against OR-Tools and a slow search for the least levels: never just totals.

Each case checks limits, balances, complementary slackness, the volume and that the levels are the
least non-negative ones, on random networks, chains, rings and rows to oneself.
"""

from __future__ import annotations

import numpy as np
import pytest
from ortools.graph.python import min_cost_flow

import skontro.kernel.circulation as circulation
from skontro.kernel.circulation import (
    UNLIMITED,
    InfeasibleSupply,
    maximum_circulation,
    optimal_flow,
)
from skontro.kernel.forest import make_forest
from skontro.kernel.pairs import group_pairs


def most_gain(tail, head, limit, gain, nodes) -> int:
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(tail, head, limit, -gain.astype(np.int64))
    solver.set_nodes_supplies(np.arange(nodes), np.zeros(nodes, np.int64))
    assert solver.solve() == solver.OPTIMAL
    return -solver.optimal_cost()


def least_levels(tail, head, limit, gain, flow, nodes):
    """Raise levels from nought until no arc asks for more."""
    level = np.zeros(nodes, np.int64)
    while True:
        before = level.copy()
        for k in range(len(tail)):
            if flow[k] < limit[k]:
                level[head[k]] = max(level[head[k]], level[tail[k]] + gain[k])
            if flow[k] > 0:
                level[tail[k]] = max(level[tail[k]], level[head[k]] - gain[k])
        if (before == level).all():
            return level


def check(tail, head, limit, gain, nodes, flow, level) -> None:
    balance = np.zeros(nodes, np.int64)
    np.add.at(balance, tail, flow)
    np.subtract.at(balance, head, flow)
    assert not balance.any()
    assert (flow >= 0).all()
    assert (flow <= limit).all()
    c = gain + level[tail] - level[head]
    assert (flow[c > 0] == limit[c > 0]).all()
    assert (flow[c < 0] == 0).all()
    assert int((flow * gain).sum()) == most_gain(tail, head, limit, gain, nodes)
    assert (level == least_levels(tail, head, limit, gain, flow, nodes)).all()


def random_rows(random: np.random.Generator, most_nodes: int, most_rows: int):
    nodes = int(random.integers(2, most_nodes))
    rows = int(random.integers(1, most_rows))
    debtor = random.integers(0, nodes, rows).astype(np.int32)
    creditor = random.integers(0, nodes, rows).astype(np.int32)
    amount = random.integers(1, 2 ** int(random.integers(1, 40)), rows)
    return debtor, creditor, amount, nodes


@pytest.mark.parametrize("phases", [1024, 1, 0])
def test_maximum_circulation_of_random_networks(monkeypatch, phases):
    """With all its phases, and cut short so that cost scaling has to finish."""
    monkeypatch.setattr(circulation, "_PHASES", phases)
    random = np.random.default_rng(phases)
    for _ in range(150):
        debtor, creditor, amount, nodes = random_rows(random, 60, 250)
        pairs = group_pairs(debtor, creditor, amount, nodes)
        flow, level = maximum_circulation(pairs.tail, pairs.head, pairs.limit, nodes)
        gain = np.ones(pairs.tail.shape[0], np.int32)
        check(pairs.tail, pairs.head, pairs.limit, gain, nodes, flow, level)


@pytest.mark.parametrize("phases", [1024, 0])
def test_maximum_circulation_of_chains_and_rings(monkeypatch, phases):
    """Few hubs joined by long chains, numbers shuffled: drawn together, then let out again."""
    monkeypatch.setattr(circulation, "_PHASES", phases)
    random = np.random.default_rng(phases + 1)
    for _ in range(150):
        hubs = int(random.integers(1, 8))
        nodes = hubs
        tail, head = [], []
        for _ in range(int(random.integers(1, 14))):
            a, b = (int(x) for x in random.integers(0, hubs, 2))
            here = a
            for _ in range(int(random.integers(0 if a != b else 1, 6))):
                tail.append(here)
                head.append(nodes)
                here = nodes
                nodes += 1
            tail.append(here)
            head.append(b)
        number = random.permutation(nodes).astype(np.int32)
        amount = random.integers(1, int(random.integers(2, 30)), len(tail))
        pairs = group_pairs(number[tail], number[head], amount, nodes)
        flow, level = maximum_circulation(pairs.tail, pairs.head, pairs.limit, nodes)
        gain = np.ones(pairs.tail.shape[0], np.int32)
        check(pairs.tail, pairs.head, pairs.limit, gain, nodes, flow, level)


@pytest.mark.parametrize(("low", "high"), [(0, 2), (-1, 2), (-100, 4096)])
def test_optimal_flow_with_gains_of_any_sign(low, high):
    random = np.random.default_rng(high)
    for _ in range(120):
        tail, head, limit, nodes = random_rows(random, 30, 120)
        gain = random.integers(low, high, tail.shape[0]).astype(np.int32)
        flow, level = optimal_flow(tail, head, limit, gain, nodes)
        check(tail, head, limit, gain, nodes, flow, level)


def test_optimal_flow_meets_a_supply_or_says_it_cannot():
    tail = np.array([0, 0], np.int32)
    head = np.array([1, 1], np.int32)
    limit = np.array([3, UNLIMITED])
    gain = np.array([0, -2], np.int32)
    flow, _ = optimal_flow(tail, head, limit, gain, 2, supply=np.array([5, -5]))
    assert flow.tolist() == [3, 2]
    with pytest.raises(InfeasibleSupply):
        optimal_flow(tail, head, limit, gain, 2, supply=np.array([-5, 5]))
    with pytest.raises(InfeasibleSupply):
        optimal_flow(tail[:0], head[:0], limit[:0], gain[:0], 2, supply=np.array([1, -1]))


def test_a_supply_that_goes_round_in_a_cycle_is_refused_too():
    """What leaves node 0 can only run round 1 and 2 for ever; 3 is out of reach."""
    tail = np.array([0, 1, 2, 3], np.int32)
    head = np.array([1, 2, 1, 0], np.int32)
    limit = np.array([9, 9, 9, 9])
    with pytest.raises(InfeasibleSupply):
        optimal_flow(tail, head, limit, np.zeros(4, np.int32), 4, supply=np.array([1, 0, 0, -1]))


def test_bilateral_first_is_not_the_optimum():
    """The design's example: bilateral netting first sets off 20, the optimum is 30."""
    pairs = group_pairs(
        np.array([1, 0, 0, 2], np.int32),
        np.array([0, 1, 2, 1], np.int32),
        np.array([10, 10, 10, 10]),
        3,
    )
    flow, _ = maximum_circulation(pairs.tail, pairs.head, pairs.limit, 3)
    assert flow.sum() == 30


@pytest.mark.parametrize("shuffled", [False, True])
def test_ring_of_a_hundred_thousand(shuffled):
    """Levels as long as the ring: one below another all the way round from the tightest arc."""
    nodes = 100_000
    random = np.random.default_rng(3)
    number = random.permutation(nodes) if shuffled else np.arange(nodes)
    tail = number.astype(np.int32)
    head = np.roll(number, -1).astype(np.int32)
    amount = random.permutation(nodes) + 1
    pairs = group_pairs(tail, head, amount, nodes)
    flow, level = maximum_circulation(pairs.tail, pairs.head, pairs.limit, nodes)
    assert (flow == 1).all()
    assert sorted(level.tolist()) == list(range(nodes))


def test_ring_with_back_chords():
    """Deep levels, many phases: the shape that stops a solver with a coarse price grid."""
    random = np.random.default_rng(4)
    nodes = 3000
    ring = np.arange(nodes)
    start = random.integers(0, nodes, nodes)
    end = (start - random.integers(2, 60, nodes)) % nodes
    tail = np.concatenate([ring, start]).astype(np.int32)
    head = np.concatenate([(ring + 1) % nodes, end]).astype(np.int32)
    amount = random.integers(1, 10**6, 2 * nodes)
    pairs = group_pairs(tail, head, amount, nodes)
    flow, level = maximum_circulation(pairs.tail, pairs.head, pairs.limit, nodes)
    gain = np.ones(pairs.tail.shape[0], np.int32)
    c = gain + level[pairs.tail] - level[pairs.head]
    assert (flow[c > 0] == pairs.limit[c > 0]).all()
    assert (flow[c < 0] == 0).all()
    assert flow.sum() == most_gain(pairs.tail, pairs.head, pairs.limit, gain, nodes)


@pytest.mark.parametrize("longest", [3, 60])
def test_sweeps_or_not_the_levels_rise_alike(monkeypatch, longest):
    """Flow and levels do not say how the distances were found: by sweeps or in their order."""
    random = np.random.default_rng(longest)
    nodes = 2000
    ring = np.arange(nodes)
    start = random.integers(0, nodes, nodes)
    tail = np.concatenate([ring, start]).astype(np.int32)
    back = (start - random.integers(2, 2 + longest, nodes)) % nodes
    head = np.concatenate([(ring + 1) % nodes, back]).astype(np.int32)
    pairs = group_pairs(tail, head, random.integers(1, 10**6, 2 * nodes), nodes)
    asked, answers = [], []
    compiled = circulation.rise
    for always in (None, True, False):

        def rise(*given, always=always):
            is_flat = given[-1] if always is None else always
            fits, was_flat = compiled(*given[:-1], is_flat)
            asked.append((is_flat, was_flat))
            return fits, was_flat

        monkeypatch.setattr(circulation, "rise", rise)
        answers.append(maximum_circulation(pairs.tail, pairs.head, pairs.limit, nodes))
    assert {(True, False), (False, False)} <= set(asked)
    for flow, level in answers[1:]:
        assert (flow == answers[0][0]).all()
        assert (level == answers[0][1]).all()


def test_forest_keeps_the_gain_and_breaks_every_cycle():
    random = np.random.default_rng(5)
    for _ in range(100):
        tail, head, limit, nodes = random_rows(random, 30, 200)
        gain = np.ones(tail.shape[0], np.int32)
        flow, level = optimal_flow(tail, head, limit, gain, nodes)
        c = gain + level[tail] - level[head]
        few = make_forest(tail, head, limit, flow, c == 0, nodes)
        assert few.sum() == flow.sum()
        assert (few[c != 0] == flow[c != 0]).all()
        balance = np.zeros(nodes, np.int64)
        np.add.at(balance, tail, few)
        np.subtract.at(balance, head, few)
        assert not balance.any()
        above = list(range(nodes))
        for k in np.flatnonzero((few > 0) & (few < limit)):
            a, b = int(tail[k]), int(head[k])
            while above[a] != a:
                a = above[a]
            while above[b] != b:
                b = above[b]
            assert a != b
            above[a] = b


def test_group_pairs_keeps_the_callers_order_inside_a_pair():
    pairs = group_pairs(
        np.array([2, 0, 2, 0, 2], np.int32),
        np.array([1, 1, 0, 1, 1], np.int32),
        np.array([1, 2, 4, 8, 16]),
        3,
    )
    assert pairs.tail.tolist() == [0, 2, 2]
    assert pairs.head.tolist() == [1, 0, 1]
    assert pairs.limit.tolist() == [10, 4, 17]
    assert pairs.order.tolist() == [1, 3, 2, 0, 4]
    assert pairs.start.tolist() == [0, 2, 3, 5]
