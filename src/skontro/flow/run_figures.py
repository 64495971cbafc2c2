# SPDX-License-Identifier: Apache-2.0
"""What a run came to by firm, and by side and currency, read from its archive."""

from __future__ import annotations

import json
from collections import OrderedDict, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skontro.flow.network import minor_of
from skontro.flow.results import firm_rows
from skontro.flow.runs import check_archived_file
from skontro.house.changes import FirmFigures, RunFigures, SideFigures

if TYPE_CHECKING:
    from skontro.flow.house import House

KEPT = 8
"""Of how many runs the figures are kept: an archived run does not change."""
_kept: OrderedDict[tuple[str, str, str], RunFigures] = OrderedDict()


def run_figures(house: House, run: Any, sides: Mapping[str, str]) -> RunFigures:
    """Return what a run came to.

    Args:
        house: The house.
        run: The run's row; its archive is checked against what it was signed with.
        sides: The side of each firm.
    """
    key = (str(house.folder), run.folder, run.manifest_digest)
    found = _kept.get(key)
    if found is None:
        found = RunFigures(_by_firm(house, run), _by_side(house, run, sides))
        _kept[key] = found
        while len(_kept) > KEPT:
            _kept.popitem(last=False)
    return found


def _by_firm(house: House, run: Any) -> list[FirmFigures]:
    per = {block["unit"]: int(block["unit_minor_points"])
           for block in json.loads(run.summary)["blocks"]}  # fmt: skip
    found = []
    for one in firm_rows(house, run):
        entered = one["owed_points"] + one["due_points"]
        if not entered:
            continue  # a firm of the house with nothing in this run
        set_off = 2 * one["set_off_points"]
        left = entered - set_off - one["settled_out_points"] - one["settled_in_points"]
        unit = one["unit"]
        found.append(FirmFigures(one["participant"], unit, *(
            minor_of(points, per[unit]) for points in (entered, set_off, left)
        )))  # fmt: skip
    return found


def _by_side(house: House, run: Any, sides: Mapping[str, str]) -> list[SideFigures]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("gross_minor", "set_off_minor", "settled_minor")
    path = check_archived_file(house, run, "obligations.parquet")
    table = pq.read_table(path, columns=["debtor", "currency", *names])
    table = table.cast(pa.schema([(one.name, pa.string() if one.name in ("debtor", "currency")
                                   else pa.int64()) for one in table.schema]))  # fmt: skip
    sums = table.group_by(["debtor", "currency"]).aggregate(
        [("gross_minor", "count"), *((name, "sum") for name in names)]
    )
    found = defaultdict[tuple[str, str], list[int]](lambda: [0, 0, 0, 0])
    columns = [sums.column(name).to_pylist() for name in (
        "debtor", "currency", "gross_minor_count", *(f"{name}_sum" for name in names)
    )]  # fmt: skip
    for debtor, currency, *figures in zip(*columns, strict=True):
        row = found[sides.get(debtor, ""), currency]
        for place, figure in enumerate(figures):
            row[place] += int(figure)
    return [
        SideFigures(side, currency, many, gross, set_off, gross - set_off - settled)
        for (side, currency), (many, gross, set_off, settled) in sorted(found.items())
    ]
