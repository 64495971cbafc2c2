# SPDX-License-Identifier: Apache-2.0
"""``skontro gate``: the lists that hold."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from skontro.cli.house.desk import HERE, AsJson, Desk, Folder, examples, group, instant, many

app = group("The gate: which lists hold, and what it says.")
lists = group("The lists firms and payments are judged against.")
app.add_typer(lists, name="lists")


@lists.command(
    "import",
    epilog=examples(
        'skontro gate lists import list.csv --source "the ministry\'s site" --dated 2026-01-30'
    ),
)
def import_list(
    file: Annotated[
        Path, typer.Argument(help="CSV, Parquet or XLSX with columns name and identifier.")
    ],
    source: Annotated[str, typer.Option(help="Where it comes from.")],
    dated: Annotated[
        str, typer.Option(metavar="TIME", help="The day or instant the list itself is of.")
    ],
    name: Annotated[str, typer.Option(help="Which list it is.")] = "list",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Take a list into force. Without a fresh one everything is held."""
    at = instant(dated)
    with Desk(folder, as_json) as desk:
        number = desk.house.gate.import_list(file, source=source, dated=at, name=name)
        found = next(one for one in desk.house.gate.lists() if one["id"] == number)
        limit = desk.house.rules.list_limit_days
        desk.tell(
            {"list": found},
            f"list {number} is in force: {many(found['entries'], 'entry', 'entries')}, of "
            f"{found['dated'][:10]}; "
            f"it holds everything once it is older than {limit} days",
        )


@lists.command("show", epilog=examples("skontro gate lists show"))
def show_lists(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show every list that was taken in; of each name the last one holds."""
    with Desk(folder, as_json) as desk:
        found = desk.house.gate.lists()

        def text() -> str:
            from skontro.cli.house.shown import at, table_text

            rows = [
                (one["id"], one["name"], one["source"], at(one["dated"]), at(one["imported_at"]),
                 one["entries"])
                for one in found
            ]  # fmt: skip
            heads = ("list", "name", "source", "dated", "imported", "entries")
            return table_text(heads, rows, right=("list", "entries"),
                              none="no list: everything is held")  # fmt: skip

        desk.tell({"lists": found}, text)
