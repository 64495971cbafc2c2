# SPDX-License-Identifier: Apache-2.0
"""Who solves: Skontro, OR-Tools' min-cost flow in two forms, LEMON's network simplex.

Each takes the same rows and gives the largest set-off there is. The others solve one of two equal
problems. *Circulation*: each unit of flow costs -1, and every node is balanced. *Net positions*:
each unit costs 1, every net debtor sends what it owes on balance and every net creditor takes it;
what was not sent that way can be set off. The second flow is what the first one leaves.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]


class Case(NamedTuple):
    """Rows of who owes whom."""

    debtor: Int32
    creditor: Int32
    amount: Int64
    nodes: int


class Answer(NamedTuple):
    """The set-off in all, the seconds it took, and per row what Skontro's proof needs."""

    set_off: int
    seconds: float
    set_off_of_row: Int64
    level: Int32 | None


def exact_sum(values: Int64) -> int:
    """Sum in Python integers of parts that 64 bits hold."""
    return (int((values >> 32).sum()) << 32) + int((values & 0xFFFFFFFF).sum())


def net_positions(case: Case) -> Int64:
    """Return for each node what it is owed less what it owes."""
    net = np.zeros(case.nodes, np.int64)
    np.add.at(net, case.creditor, case.amount)
    np.subtract.at(net, case.debtor, case.amount)
    return net


def skontro(case: Case) -> Answer:
    """Arrays in; set-off, least levels and a certificate checked on the arrays as given, out."""
    import skontro as package

    begun = time.perf_counter()
    result = package.clear_arrays(case.debtor, case.creditor, case.amount, case.nodes)
    seconds = time.perf_counter() - begun
    return Answer(exact_sum(result.set_off), seconds, result.set_off, result.level)


def ortools_circulation(case: Case) -> Answer:
    """OR-Tools, each unit of flow at a cost of -1."""
    return _ortools(case, -1)


def ortools_net_positions(case: Case) -> Answer:
    """OR-Tools, the net positions shipped at a cost of 1."""
    return _ortools(case, 1)


def _ortools(case: Case, cost: int) -> Answer:
    from ortools.graph.python import min_cost_flow

    begun = time.perf_counter()
    solver = min_cost_flow.SimpleMinCostFlow()
    arcs = solver.add_arcs_with_capacity_and_unit_cost(
        case.debtor, case.creditor, case.amount, np.full(case.amount.shape[0], cost)
    )
    supply = -net_positions(case) if cost > 0 else np.zeros(case.nodes, np.int64)
    solver.set_nodes_supplies(np.arange(case.nodes), supply)
    if solver.solve() != solver.OPTIMAL:
        raise RuntimeError("OR-Tools found no optimum")
    flow = solver.flows(arcs)
    set_off = case.amount - flow if cost > 0 else flow
    seconds = time.perf_counter() - begun
    return Answer(exact_sum(set_off), seconds, set_off, None)


def lemon(case: Case) -> Answer:
    """LEMON's network simplex through pylmcf, which takes no cost below nought.

    It wants its arcs sorted; that is done before the clock starts.
    """
    import pylmcf

    order = np.lexsort((case.creditor, case.debtor))
    debtor, creditor, amount = case.debtor[order], case.creditor[order], case.amount[order]
    begun = time.perf_counter()
    graph = pylmcf.Graph(case.nodes, debtor, creditor)
    graph.set_node_supply(-net_positions(case))
    graph.set_edge_capacities(amount)
    graph.set_edge_costs(np.ones(amount.shape[0], np.int64))
    graph.solve()
    flow = graph.result()
    seconds = time.perf_counter() - begun
    set_off = np.empty_like(amount)
    set_off[order] = amount - flow
    return Answer(exact_sum(set_off), seconds, set_off, None)


def forest(case: Case) -> Answer:
    """Skontro's forest stage alone, on top of the largest set-off."""
    from skontro.kernel.circulation import maximum_circulation
    from skontro.kernel.forest import make_forest
    from skontro.kernel.pairs import group_pairs

    pairs = group_pairs(case.debtor, case.creditor, case.amount, case.nodes)
    flow, level = maximum_circulation(pairs.tail, pairs.head, pairs.limit, case.nodes)
    free = 1 + level[pairs.tail] - level[pairs.head] == 0
    begun = time.perf_counter()
    flow = make_forest(pairs.tail, pairs.head, pairs.limit, flow, free, case.nodes)
    seconds = time.perf_counter() - begun
    return Answer(exact_sum(flow), seconds, flow, None)


CONTENDERS: dict[str, Callable[[Case], Answer]] = {
    "skontro": skontro,
    "ortools-circulation": ortools_circulation,
    "ortools-net-positions": ortools_net_positions,
    "lemon": lemon,
    "forest": forest,
}


def fault_of(case: Case, answer: Answer) -> str:
    """Return what is wrong with an answer, or nothing: balance, limits, and Skontro's levels.

    The levels are checked on the rows as given: c = 1 + level[debtor] - level[creditor] above
    nought only where all of a row is set off, below nought only where none of it is.
    """
    flow = answer.set_off_of_row
    if flow.shape != case.amount.shape:
        return "" if answer.level is None else "not one figure per row"
    if bool((flow < 0).any()) or bool((flow > case.amount).any()):
        return "beyond a limit"
    balance = np.zeros(case.nodes, np.int64)
    np.add.at(balance, case.debtor, flow)
    np.subtract.at(balance, case.creditor, flow)
    if balance.any():
        return "a net position changed"
    if answer.level is None:
        return ""
    worth = 1 + answer.level[case.debtor].astype(np.int64) - answer.level[case.creditor]
    own = case.debtor == case.creditor
    if bool((flow[(worth > 0) & ~own] != case.amount[(worth > 0) & ~own]).any()):
        return "a row that must be full is not"
    if bool(flow[worth < 0].any()):
        return "a row that must be nought is not"
    return "" if _are_least(case, flow, answer.level.astype(np.int64)) else "levels not the least"


def _are_least(case: Case, flow: Int64, level: Int64) -> bool:
    """Tell whether each level is held up by a tight arc, down to nodes at level nought."""
    rising = (flow < case.amount) & (level[case.creditor] == level[case.debtor] + 1)
    falling = (flow > 0) & (level[case.creditor] == level[case.debtor] + 1)
    holder = np.concatenate([case.debtor[rising], case.creditor[falling]])
    held = np.concatenate([case.creditor[rising], case.debtor[falling]])
    order = np.argsort(holder, kind="stable")
    start = np.searchsorted(holder[order], np.arange(case.nodes + 1))
    return bool(_reached(start, held[order], level) == case.nodes and (level >= 0).all())


@njit(cache=True)  # type: ignore[untyped-decorator, unused-ignore]
def _reached(start: Int64, held: Int32, level: Int64) -> int:
    """How many nodes are held up by nodes at level nought, themselves among them."""
    queue = np.flatnonzero(level == 0)
    seen = level == 0
    count = queue.shape[0]
    waiting = np.empty(level.shape[0], np.int64)
    waiting[:count] = queue
    done = 0
    while done < count:
        node = waiting[done]
        done += 1
        for k in range(start[node], start[node + 1]):
            if not seen[held[k]]:
                seen[held[k]] = True
                waiting[count] = held[k]
                count += 1
    return count
