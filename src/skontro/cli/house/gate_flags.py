# SPDX-License-Identifier: Apache-2.0
"""``skontro gate flags``: signs of laundering by trade."""

from __future__ import annotations

from typing import Annotated

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Signed,
    Who,
    examples,
    group,
    many,
)

app = group("Signs of laundering by trade: a flag holds, and two people explain or uphold it.")
BY = "--as P1 --key keys/p1.pem"


@app.command("look", epilog=examples(f"skontro gate flags look 2026-01 {BY}"))
def look(
    cycle: Annotated[str, typer.Argument(metavar="CYCLE", help="A cycle that is open.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Look for flags in what would be entered now, so that cases are decided before the cut-off.

    The cut-off itself looks again, whether this was done or not.
    """
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        found = desk.house.red_flags.look_ahead(cycle, who, signer)
        waiting = many(len(found["cases"]), "case waits", "cases wait")
        desk.tell(
            {"flags": found},
            f"{many(found['looked'], 'obligation', 'obligations')} looked at, {found['raised']} "
            f"with a flag; {waiting}: skontro gate cases list",
        )


@app.command("list", epilog=examples(f"skontro gate flags list {BY}"))
def list_flags(
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the flags that wait for a decision, the oldest first, each with its reason."""
    with Desk(folder, as_json) as desk:
        found = desk.house.red_flags.table(who, desk.signer(key, passphrase_file))

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [(one["case"], one["obligation"], one["flag"], one["text"],
                     f"{one['age_days']} d") for one in found]  # fmt: skip
            heads = ("case", "obligation", "flag", "why", "age")
            right = ("case", "obligation", "age")
            return table_text(heads, rows, right=right, none="no flag waits")

        desk.tell({"flags": found}, text)
