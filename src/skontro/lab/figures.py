# SPDX-License-Identifier: Apache-2.0
"""What a network of obligations looks like, in the figures by which networks are compared."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.core.errors import InvalidOptions
from skontro.core.money import round_half_even
from skontro.core.wide import exact_sum
from skontro.kernel.circulation import maximum_circulation
from skontro.kernel.pairs import group_pairs

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]

LARGEST_PART = 100
"""The tail of degrees and amounts is the greatest hundredth of them, at least ten."""


def describe(source: object, *, fixing: object = None) -> dict[str, object]:
    """Describe a network of obligations: sizes, shares, exponents.

    Args:
        source: A file (CSV, Parquet, XLSX) or any table with the Arrow interface.
        fixing: Rates, likewise; needed where there are several currencies.

    Returns:
        The figures of :func:`network_figures` and the ``unit`` in which gross is counted.

    Raises:
        InvalidOptions: There are several currencies and no fixing.
        Rejected: The file or the fixing cannot be read.
    """
    from skontro.core.network import build_blocks
    from skontro.messages.tables import read_intake

    blocks = build_blocks(read_intake(source, fixing=fixing))
    if len(blocks) != 1:
        raise InvalidOptions(
            "one unit is needed to describe a network, and there are several currencies or none",
            next_step="give a fixing",
        )
    block = blocks[0]
    debtor = np.repeat(block.tail, np.diff(block.start))
    creditor = np.repeat(block.head, np.diff(block.start))
    figures = network_figures(debtor, creditor, block.points, block.nodes.count)
    gross = Fraction(int(str(figures["gross_minor"])), block.grid.unit_minor_points)
    return {"unit": block.unit} | figures | {"gross_minor": round_half_even(gross)}


def network_figures(
    debtor: Int32, creditor: Int32, amount: Int64, firms: int, *, solve: bool = True
) -> dict[str, object]:
    """Describe a network given as arrays.

    Args:
        debtor: Firm numbers from 0, shape (m,).
        creditor: Firm numbers, shape (m,).
        amount: Integers of one unit, above nought, shape (m,).
        firms: How many firms there are; those without a row are not counted.
        solve: Whether to find the share that clears, which takes the solver.

    Returns:
        ``obligations``, ``firms``, ``pairs``; ``gross_minor``, ``net_internal_debt_share``,
        ``clears_share`` (set off in the optimum, of gross); ``reciprocity`` (pairs whose opposite
        is there too), ``giant_component_share`` (firms in the greatest strong component);
        exponents of the densities of debts and claims per firm and of the amounts.

    Example:
        >>> import numpy as np
        >>> ring = np.arange(4, dtype=np.int32)
        >>> figures = network_figures(ring, (ring + 1) % 4, np.array([5, 5, 5, 9]), 4)
        >>> figures["clears_share"], figures["giant_component_share"]
        ('0.8333', '1.0000')
    """
    pairs = group_pairs(debtor, creditor, amount, firms)
    gross = exact_sum(amount)
    net = np.zeros(firms, np.int64)
    np.add.at(net, creditor, amount)
    np.subtract.at(net, debtor, amount)
    out_degree = np.bincount(pairs.tail, minlength=firms)
    in_degree = np.bincount(pairs.head, minlength=firms)
    active = int(np.count_nonzero(out_degree + in_degree))
    start = np.zeros(firms + 1, np.int64)
    np.cumsum(out_degree, out=start[1:])
    component = strong_components(start, pairs.head)
    sizes = np.bincount(component)
    figures: dict[str, object] = {
        "obligations": debtor.shape[0],
        "firms": active,
        "pairs": pairs.tail.shape[0],
        "gross_minor": gross,
        "net_internal_debt_share": _share(exact_sum(net[net > 0]), gross),
    }
    if solve:
        flow, _ = maximum_circulation(pairs.tail, pairs.head, pairs.limit, firms)
        figures["clears_share"] = _share(exact_sum(flow), gross)
    figures["reciprocity"] = _share(
        int(_answered(start, pairs.tail, pairs.head)), pairs.tail.shape[0]
    )
    figures["giant_component_share"] = _share(int(sizes.max(initial=0)), active)
    figures["greatest_out_degree"] = int(out_degree.max(initial=0))
    figures["greatest_in_degree"] = int(in_degree.max(initial=0))
    figures["out_degree_exponent"] = _two(tail_exponent(out_degree))
    figures["in_degree_exponent"] = _two(tail_exponent(in_degree))
    figures["amount_exponent"] = _two(tail_exponent(amount))
    return figures


def tail_exponent(values: Int64) -> float | None:
    """Estimate the exponent with which the density of values falls, from their tail (Hill).

    Args:
        values: Positive ones count; the greatest hundredth of them, at least ten, is the tail.

    Returns:
        One plus the inverse of the mean logarithm above the tail's start; none without a tail.

    Example:
        >>> round(tail_exponent((1e6 / np.arange(1, 100001)).astype(np.int64)), 1)
        2.0
    """
    positive = values[values > 0]
    count = max(10, positive.shape[0] // LARGEST_PART)
    if positive.shape[0] <= count:
        return None
    top = np.sort(np.partition(positive, positive.shape[0] - count - 1)[-count - 1 :])
    spread = float(np.log(top[1:] / top[0]).mean())
    return 1 + 1 / spread if spread > 0 else None


@njit(cache=True)
def strong_components(start: Int64, head: Int32) -> Int32:
    """Number the strong components of a network (Tarjan, without recursion).

    Args:
        start: Arcs of node ``v`` are ``head[start[v]:start[v + 1]]``, shape (n + 1,).
        head: Node each arc enters, shape (m,).

    Returns:
        The component of each node, shape (n,), numbered from 0 in the order they close.
    """
    n = start.shape[0] - 1
    component = np.full(n, -1, np.int32)
    found = np.zeros(n, np.int32)
    low = np.zeros(n, np.int32)
    arc = start[:n].copy()
    stack = np.empty(n, np.int32)
    path = np.empty(n, np.int32)
    held = 0
    clock = 0
    components = 0
    for root in range(n):
        if found[root]:
            continue
        clock += 1
        found[root] = clock
        low[root] = clock
        stack[held] = root
        held += 1
        path[0] = root
        depth = 1
        while depth:
            v = path[depth - 1]
            if arc[v] < start[v + 1]:
                w = head[arc[v]]
                arc[v] += 1
                if not found[w]:
                    clock += 1
                    found[w] = clock
                    low[w] = clock
                    stack[held] = w
                    held += 1
                    path[depth] = w
                    depth += 1
                elif component[w] < 0:
                    low[v] = min(low[v], found[w])
                continue
            depth -= 1
            if depth:
                low[path[depth - 1]] = min(low[path[depth - 1]], low[v])
            if low[v] == found[v]:
                w = -1
                while w != v:
                    held -= 1
                    w = stack[held]
                    component[w] = components
                components += 1
    return component


@njit(cache=True)
def _answered(start: Int64, tail: Int32, head: Int32) -> int:
    """How many pairs have their opposite; the heads of each node's arcs are sorted."""
    count = 0
    for k in range(tail.shape[0]):
        wanted = tail[k]
        low = start[head[k]]
        high = start[head[k] + 1]
        while low < high:
            middle = (low + high) // 2
            if head[middle] < wanted:
                low = middle + 1
            else:
                high = middle
        if low < start[head[k] + 1] and head[low] == wanted:
            count += 1
    return count


def _share(part: int, whole: int) -> str:
    """A share as text with four decimals, rounded down."""
    if whole == 0:
        return "0.0000"
    parts = part * 10_000 // whole
    return f"{parts // 10_000}.{parts % 10_000:04d}"


def _two(value: float | None) -> str | None:
    return None if value is None else f"{value:.2f}"
