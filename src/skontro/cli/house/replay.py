# SPDX-License-Identifier: Apache-2.0
"""``skontro replay``: the runs of a past cycle, computed again from what was kept of them."""

from __future__ import annotations

from typing import Annotated

import typer

from skontro.cli.house.desk import HERE, AsJson, Folder, Shown, examples

EXAMPLES = examples("skontro replay 2026-01", "skontro replay 2026-01 --json")


def replay(
    cycle: Annotated[str, typer.Argument(help="Id of the cycle, such as 2026-01.")],
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Compute every run of a cycle again from its archive and compare the result digests.

    Exit 0: all agree. Exit 1: one does not.
    """
    from skontro.cli.house.desk import Desk
    from skontro.cli.house.shown import table_text
    from skontro.cli.outcome import ExitCode

    with Desk(folder, as_json, progress=progress) as desk:
        desk.house.cycles.show(cycle)
        with desk.working("running again"):
            found = desk.house.cycles.replay(cycle)

        def text() -> str:
            heads = ("run", "number", "engine", "result digest", "again")
            rows = [
                (one["kind"], one["number"], one["engine_version"], one["result_digest"],
                 "agrees" if one["agrees"] else f"DIFFERS: {one['replayed_digest']}")
                for one in found
            ]  # fmt: skip
            return table_text(heads, rows, none=f"cycle {cycle} has no run yet")

        desk.tell({"cycle": cycle, "runs": found}, text)
    if not all(one["agrees"] for one in found):
        raise typer.Exit(int(ExitCode.CLAIM_FAILED))
