# SPDX-License-Identifier: Apache-2.0
"""What the report shows, counted down to a bounded size before anything is drawn.

A million firms become ten groups, sixteen million obligations a few dozen sizes; only the
largest participants appear by name. All sums stay integers of points; a page divides them only
to choose the length of a bar.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from skontro.core.standing import DEMONSTRATION

if TYPE_CHECKING:
    import pyarrow as pa

    from skontro.core.result import ClearingResult

Int64 = NDArray[np.int64]
Bool = NDArray[np.bool_]

GROUPS = 10
PARTICIPANTS_SHOWN = 30
BLOCKS_IN_FULL = 6
SIDES_SHOWN = 10
LEVELS_SHOWN = 24
FINE_DECADES = 8


def report_data(result: ClearingResult) -> dict[str, Any]:
    """Count down a result to what its report shows.

    Args:
        result: What was cleared; only its tables and its summary are read.

    Returns:
        ``{"blocks": [...], "rejections": [...], "label": ...}``, blocks in the order of the
        summary, those beyond the largest few without detail; sums are integers of points.
    """
    return counted_tables(
        result.summary, result.obligations, result.participants, result.rejections
    )


def counted_tables(
    summary: Mapping[str, Any],
    obligations: pa.Table,
    participants: pa.Table,
    rejections: pa.Table | None = None,
) -> dict[str, Any]:
    """The same from the tables themselves, as a result folder holds them."""
    blocks = list(summary["blocks"])
    by_size = sorted(range(len(blocks)), key=lambda k: (-int(blocks[k]["obligations"]), k))
    in_full = set(by_size[:BLOCKS_IN_FULL])
    several = len(blocks) > 1
    counted = []
    for number, block in enumerate(blocks):
        if number not in in_full:
            counted.append({"unit": block["unit"], "in_full": False})
            continue
        rows, nodes = obligations, participants
        if several:
            rows = _of(obligations, "currency", str(block["unit"]))
            nodes = _of(participants, "unit", str(block["unit"]))
        counted.append(_count_block(block, rows, nodes))
    return {
        "blocks": counted,
        "rejections": _count_rejections(rejections),
        "label": _label(participants),
    }


def _label(participants: pa.Table) -> str:
    """``DEMONSTRATION data`` where every participant calls itself that, else nothing."""
    import pyarrow.compute as pc

    if not participants.num_rows or "name" not in participants.column_names:
        return ""
    marked = pc.starts_with(participants.column("name"), DEMONSTRATION)
    return f"{DEMONSTRATION} data" if pc.all(marked).as_py() else ""


def _of(table: pa.Table, column: str, value: str) -> pa.Table:
    """The rows of a table that have this value."""
    import pyarrow.compute as pc

    return table.filter(pc.equal(table.column(column), value))


def _count_block(
    block: Mapping[str, Any], obligations: pa.Table, participants: pa.Table
) -> dict[str, Any]:
    points_per_minor = int(block["unit_minor_points"])
    gross = _points(obligations, "gross")
    set_off = _points(obligations, "set_off")
    settled = _points(obligations, "settled")
    firms = _firms(participants)
    return {
        "unit": block["unit"],
        "in_full": True,
        "groups": _count_groups(firms),
        "amounts": _count_amounts(gross, set_off, settled, _states(obligations), points_per_minor),
        "sides": _count_sides(block.get("sides", ())),
        "payers": int(np.count_nonzero(_column(participants, "pay_in_points") > 0)),
        "payees": int(np.count_nonzero(_column(participants, "pay_out_points") > 0)),
        "firms": int(firms["gross"].shape[0]),
        "gainers": int(np.count_nonzero(firms["set_off"] > 0)),
        "levels": _count_levels(participants),
        "largest": _largest(participants, points_per_minor),
    }


def _column(table: pa.Table, name: str) -> Int64:
    """A column of whole numbers; nought where it is empty or not there."""
    if name not in table.column_names:
        return np.zeros(table.num_rows, np.int64)
    column = table.column(name)
    if column.null_count:
        column = column.fill_null(0)
    return np.asarray(column.to_numpy(), dtype=np.int64)


def _points(obligations: pa.Table, what: str) -> Int64:
    """Points of the obligations: a column of their own with a fixing, else minor units."""
    name = f"{what}_points"
    return _column(obligations, name if name in obligations.column_names else f"{what}_minor")


def _states(obligations: pa.Table) -> NDArray[np.int8]:
    """For each obligation 0 untouched, 1 partly, 2 fully discharged, by its minor units."""
    left = _column(obligations, "residual_minor")
    whole = _column(obligations, "gross_minor")
    states = np.ones(left.shape[0], np.int8)
    states[left == 0] = 2
    states[left == whole] = 0
    return states


def _firms(participants: pa.Table) -> dict[str, Int64]:
    """Sums per firm: a firm that refuses conversion has a node per currency."""
    owed, due = _column(participants, "owed_points"), _column(participants, "due_points")
    set_off = _column(participants, "set_off_points")
    settled = _column(participants, "settled_out_points") + _column(
        participants, "settled_in_points"
    )
    number, count = _firm_numbers(participants.column("participant"))
    sums: dict[str, Int64] = {}
    for name, values in (("gross", owed + due), ("set_off", 2 * set_off), ("settled", settled)):
        sums[name] = _sum_by(number, values, count)
    keep = sums["gross"] > 0
    return {name: values[keep] for name, values in sums.items()}


def _firm_numbers(names: pa.ChunkedArray) -> tuple[Int64, int]:
    """A number for each node's firm; the nodes of one firm stand together in a block."""
    import pyarrow.compute as pc

    count = len(names)
    if not count:
        return np.zeros(0, np.int64), 0
    begins = pc.not_equal(names.slice(1), names.slice(0, count - 1))
    number = np.zeros(count, np.int64)
    np.cumsum(np.asarray(begins.to_numpy(), np.int64), out=number[1:])
    return number, int(number[-1]) + 1


def _sum_by(group: Int64, values: Int64, count: int) -> Int64:
    """Sum integers by group without passing through floating point."""
    sums = np.zeros(count, np.int64)
    np.add.at(sums, group, values)
    return sums


def _count_groups(firms: Mapping[str, Int64]) -> list[dict[str, int]]:
    """Firms in up to ten groups of equal number, smallest gross first."""
    gross = firms["gross"]
    count = gross.shape[0]
    order = np.argsort(gross, kind="stable")
    groups = min(GROUPS, count)
    counted = []
    for number in range(groups):
        part = order[number * count // groups : (number + 1) * count // groups]
        counted.append(
            {
                "group": number + 1,
                "groups": groups,
                "firms": int(part.shape[0]),
                "gainers": int(np.count_nonzero(firms["set_off"][part] > 0)),
                "least_points": int(gross[part[0]]),
                "greatest_points": int(gross[part[-1]]),
                "gross_points": int(gross[part].sum()),
                "set_off_points": int(firms["set_off"][part].sum()),
                "settled_points": int(firms["settled"][part].sum()),
            }
        )
    return counted


def amount_edges(greatest_points: int, least_points: int, points_per_minor: int) -> list[int]:
    """Edges between sizes of obligations, in points: 1, 2, 5, 10, ... or whole decades.

    Args:
        greatest_points: The largest obligation.
        least_points: The smallest.
        points_per_minor: Points of one minor unit of the unit.

    Returns:
        Rising edges; the first is at most the smallest, the last above the largest.

    Example:
        >>> amount_edges(900, 30, 1)
        [20, 50, 100, 200, 500, 1000]
    """
    least = max(1, least_points // points_per_minor)
    greatest = max(least, greatest_points // points_per_minor)
    fine = len(str(greatest)) - len(str(least)) < FINE_DECADES
    edges = [
        step * 10**power
        for power in range(len(str(least)) - 1, len(str(greatest)) + 1)
        for step in ((1, 2, 5) if fine else (1,))
    ]
    first = max(k for k, edge in enumerate(edges) if edge <= least)
    last = min(k for k, edge in enumerate(edges) if edge > greatest)
    return [edge * points_per_minor for edge in edges[first : last + 1]]


def _count_amounts(
    gross: Int64, set_off: Int64, settled: Int64, states: NDArray[np.int8], points_per_minor: int
) -> list[dict[str, int]]:
    """Obligations by size: how many untouched, partly and fully discharged, and the sums."""
    if not gross.shape[0]:
        return []
    edges = amount_edges(int(gross.max()), int(gross.min()), points_per_minor)
    inner = np.array([edge for edge in edges[1:-1] if edge < 2**62], np.int64)
    bins = np.searchsorted(inner, gross, side="right").astype(np.int64)
    count = inner.shape[0] + 1
    sums = [_sum_by(bins, values, count) for values in (gross, set_off, settled)]
    by_state = np.bincount(bins * 3 + states, minlength=3 * count).reshape(count, 3)
    return [
        {
            "from_minor": edges[k] // points_per_minor,
            "to_minor": edges[k + 1] // points_per_minor,
            "untouched": int(by_state[k, 0]),
            "partly": int(by_state[k, 1]),
            "fully": int(by_state[k, 2]),
            "gross_points": int(sums[0][k]),
            "set_off_points": int(sums[1][k]),
            "settled_points": int(sums[2][k]),
        }
        for k in range(count)
    ]


def _count_sides(sides: Any) -> list[dict[str, Any]]:
    """The cells between sides, those beyond the largest sides put together as one."""
    weight: dict[str, int] = {}
    for cell in sides:
        for side in {str(cell["debtor_side"] or ""), str(cell["creditor_side"] or "")}:
            weight[side] = weight.get(side, 0) + int(cell["gross_points"])
    largest = sorted(weight, key=lambda side: (-weight[side], side))[:SIDES_SHOWN]
    shown = {side: side or "no side" for side in largest}
    cells: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in sides:
        debtor = shown.get(str(cell["debtor_side"] or ""), "other sides")
        creditor = shown.get(str(cell["creditor_side"] or ""), "other sides")
        sums = cells.setdefault(
            (debtor, creditor),
            {"obligations": 0, "gross_points": 0, "set_off_points": 0, "settled_points": 0},
        )
        for name in sums:
            sums[name] += int(cell[name])
    return [
        {"debtor_side": debtor, "creditor_side": creditor, **sums}
        for (debtor, creditor), sums in sorted(cells.items())
    ]


def _count_levels(participants: pa.Table) -> list[dict[str, int]]:
    """How many nodes stand at each level, the high ones put together as one."""
    level = _column(participants, "level")
    if not level.shape[0]:
        return []
    found, counts = np.unique(level, return_counts=True)
    head = [
        {"from_level": int(at), "to_level": int(at), "nodes": int(count)}
        for at, count in zip(found[:LEVELS_SHOWN], counts[:LEVELS_SHOWN], strict=True)
    ]
    if found.shape[0] > LEVELS_SHOWN:
        head.append(
            {
                "from_level": int(found[LEVELS_SHOWN]),
                "to_level": int(found[-1]),
                "nodes": int(counts[LEVELS_SHOWN:].sum()),
            }
        )
    return head


def _largest(participants: pa.Table, points_per_minor: int) -> list[dict[str, Any]]:
    """The largest nodes by what they owe and are owed, with their figures as written."""
    size = _column(participants, "owed_points") + _column(participants, "due_points")
    order = np.argsort(-size, kind="stable")[:PARTICIPANTS_SHOWN]
    names = ("participant", "currency", "name", "side", "owed_minor", "due_minor",
             "set_off_minor", "net_position_minor", "pay_in", "pay_out", "pay_in_points",
             "pay_out_points", "settlement_currency")  # fmt: skip
    present = [name for name in names if name in participants.column_names]
    rows: list[dict[str, Any]] = participants.select(present).take(order).to_pylist()
    for row, at in zip(rows, order.tolist(), strict=True):
        row["size_points"] = int(size[at])
    return rows


def _count_rejections(rejections: pa.Table | None) -> list[dict[str, Any]]:
    """Reasons of refusal and how often each was given."""
    if rejections is None or not rejections.num_rows:
        return []
    reasons: dict[str, int] = {}
    for code in rejections.column("code").to_pylist():
        reasons[str(code)] = reasons.get(str(code), 0) + 1
    return [
        {"code": code, "rows": rows}
        for code, rows in sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    ]
