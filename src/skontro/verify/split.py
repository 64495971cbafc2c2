# SPDX-License-Identifier: Apache-2.0
"""How a pair's flow lies on its obligations, and how shares became whole minor units."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numba import njit
from numpy.typing import NDArray

from skontro.verify.certificate import _multiply, _node_sums
from skontro.verify.network import Block
from skontro.verify.verdict import require

Int64 = NDArray[np.int64]


def check_split(
    block: Block, mode: str, points: Int64, flow: Int64, due_day: NDArray[np.int32], ids: pa.Array
) -> int:
    """Within each partial pair the flow lies as the parameters say; how many pairs matter.

    Args:
        block: The block; all arrays below are in the order of its rows.
        mode: ``oldest`` or ``pro-rata``.
        points: What could be discharged of each row, shape (m,).
        flow: What is discharged of each row, between nought and ``points``.
        due_day: Due day of each row.
        ids: Ids of all accepted rows, as ``block.rows`` counts them.
    """
    pair_flow, pair_limit = block.per_pair(flow), block.per_pair(points)
    size = np.diff(block.start)
    chosen = np.flatnonzero((size > 1) & (pair_flow > 0) & (pair_flow < pair_limit))
    if not chosen.size:
        return 0
    count = size[chosen]
    pair = np.repeat(np.arange(chosen.size), count)
    first = np.cumsum(count) - count
    row = np.arange(count.sum()) - np.repeat(first - block.start[chosen], count)
    rank = np.empty(row.size, np.int64)
    names = ids.take(pa.array(block.rows.order[row]))
    rank[pc.sort_indices(names).to_numpy()] = np.arange(row.size)
    p, f = points[row], flow[row]
    total, limit = pair_flow[chosen], pair_limit[chosen]
    if mode == "oldest":
        order = np.lexsort((rank, due_day[row], pair))
        p, f = p[order], f[order]
        before = np.cumsum(p) - p
        before -= np.repeat(before[first], count)
        wanted = np.clip(np.repeat(total, count) - before, 0, p)
    else:
        base, rest = _shares(np.repeat(total, count), p, np.repeat(limit, count))
        left = total - np.add.reduceat(base, first)
        order = np.lexsort((rank, _descending(rest), pair))
        p, f, base = p[order], f[order], base[order]
        place = np.arange(row.size) - np.repeat(first, count)
        wanted = base + (place < np.repeat(left, count))
    wrong = np.flatnonzero(wanted != f)
    if wrong.size:
        k = int(wrong[0])
        name = names[int(order[k])].as_py()
        require(False, f"obligation {name}: {f[k]} points, but the {mode} split gives {wanted[k]}")
    return int(chosen.size)


def _descending(rest: NDArray[Any]) -> NDArray[Any]:
    if rest.size == 0:
        return rest
    return np.asarray(rest.max() - rest)


def _shares(total: Int64, part: Int64, limit: Int64) -> tuple[Int64, Int64]:
    """Quotient and remainder of total * part / limit, exactly."""
    if not total.size or int(total.max()) * int(part.max()) < 2**63:
        product = total * part
        return product // limit, product % limit
    base = np.empty_like(total)
    rest = np.empty_like(total)
    for k in range(total.size):
        base[k], rest[k] = divmod(int(total[k]) * int(part[k]), int(limit[k]))
    return base, rest


@njit(cache=True, nogil=True)
def _excess(amount: Any, points: Any, flow: Any, minor: Any, out: Any) -> Any:
    """minor * points - amount * flow per row; the first row where it is not under points."""
    for k in range(amount.shape[0]):
        if points[k] == 0:
            if minor[k] != 0 or flow[k] != 0:
                return k
            out[k] = 0
            continue
        if minor[k] < 0 or minor[k] > amount[k]:
            return k
        hi, lo = _multiply(np.uint64(minor[k]), np.uint64(points[k]))
        hi2, lo2 = _multiply(np.uint64(amount[k]), np.uint64(flow[k]))
        if hi > hi2 or (hi == hi2 and lo >= lo2):
            gap = lo - lo2
            over = hi - hi2 - (np.uint64(1) if lo < lo2 else np.uint64(0))
            sign = 1
        else:
            gap = lo2 - lo
            over = hi2 - hi - (np.uint64(1) if lo2 < lo else np.uint64(0))
            sign = -1
        if over != 0 or gap >= np.uint64(points[k]):
            return k
        out[k] = sign * np.int64(gap)
    return -1


def check_shares(amount: Int64, points: Int64, flow: Int64, minor: Int64) -> Int64:
    """Each discharged amount is floor or ceiling of its share; full stays full.

    Args:
        amount: What could be discharged, minor units, shape (m,).
        points: The same in points.
        flow: What flows, between nought and ``points``.
        minor: What the folder says is discharged, minor units.

    Returns:
        ``minor * points - amount * flow`` of each row, which lies within ``points`` of nought.
    """
    excess = np.empty(amount.shape[0], np.int64)
    wrong = int(_excess(amount, points, flow, minor, excess))
    if wrong >= 0:
        require(
            False,
            f"row {wrong} of the block: {minor[wrong]} of {amount[wrong]} minor units is neither "
            f"floor nor ceiling of its share {flow[wrong]}/{points[wrong]}",
        )
    return excess


def check_nodes_rounded(
    block: Block, index: NDArray[np.int16], excess: Int64, points: Int64, minor: Int64, strict: bool
) -> None:
    """Per currency, a node's out less in is floor or ceiling of its exact share.

    Args:
        block: The block; arrays are in the order of its rows.
        index: Currency of each row.
        excess: From ``check_shares``.
        points: What each share was taken of.
        minor: Discharged minor units.
        strict: Whether a node that refuses conversion must conserve exactly.
    """
    tail, head = block.row_ends()
    for code in np.unique(index):
        mine = np.flatnonzero(index == code)
        s, t = tail[mine], head[mine]
        if strict:
            out = np.zeros(block.nodes, np.int64)
            into = np.zeros(block.nodes, np.int64)
            _node_sums(s, t, minor[mine], out, into)
            odd = np.flatnonzero((out != into) & (block.currency >= 0))
            if odd.size:
                v = int(odd[0])
                require(False, f"node {v} refuses conversion, but {out[v]} goes out, {into[v]} in")
        part = mine[excess[mine] != 0]
        if not part.size:
            continue
        share = excess[part] / points[part]
        s, t = tail[part], head[part]
        drift = np.bincount(s, share, block.nodes) - np.bincount(t, share, block.nodes)
        terms = np.bincount(s, minlength=block.nodes) + np.bincount(t, minlength=block.nodes)
        # binary fractions only say where to look; sums of n terms below 1 err by n*n * 2**-52
        slack = terms.astype(np.float64) ** 2 / 2**52 + 1 / 2**30  # not money: a bound on errors
        for v in np.flatnonzero((np.abs(drift) >= 1 - slack) & (terms > 0)).tolist():
            exact = sum(
                (Fraction(int(excess[k]), int(points[k])) * (1 if tail[k] == v else -1)
                 for k in part[(s == v) | (t == v)]),
                Fraction(0),
            )
            require(abs(exact) < 1, f"node {v}: rounding moves it by {exact} minor units")
