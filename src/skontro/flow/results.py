# SPDX-License-Identifier: Apache-2.0
"""What a run came to for each firm, read from its archive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skontro.flow.runs import check_archived_file

if TYPE_CHECKING:
    from skontro.flow.house import House

COLUMNS = (
    "participant", "unit", "side", "owed_points", "due_points", "net_position_points",
    "set_off_points", "settled_out_points", "settled_in_points",
)  # fmt: skip
"""What is said of each firm; in points of the unit it is cleared in."""


def firm_rows(house: House, run: Any) -> list[dict[str, Any]]:
    """Return what a run came to, a row for each firm and unit, in the archive's order.

    Args:
        house: The house.
        run: The run's row; its archive is checked against what it was signed with.
    """
    import pyarrow.parquet as pq

    path = check_archived_file(house, run, "participants.parquet")
    table = pq.read_table(path, columns=list(COLUMNS))
    return list(table.to_pylist())
