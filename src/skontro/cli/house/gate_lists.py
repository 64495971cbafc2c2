# SPDX-License-Identifier: Apache-2.0
"""``skontro gate lists``: the lists firms and payments are judged against."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

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
    instant,
    many,
)

app = group("The lists firms and payments are judged against.")
app.info.no_args_is_help = False

File = Annotated[
    Path,
    typer.Argument(
        help="OFAC's sdn.csv (the other three beside it) or sdn.xml, the UN's XML, the EU's CSV "
        "1.1, the UK Sanctions List as CSV, OpenSanctions' targets.nested.json or "
        "targets.simple.csv, or a list of the house's own as CSV, Parquet or XLSX; zip and gzip "
        "too.",
    ),
]
Dated = Annotated[
    str | None,
    typer.Option(
        metavar="TIME", help="The day or instant the list is of, if the file does not say it."
    ),
]
Name = Annotated[
    str,
    typer.Option(help="Name of a list of the house's own, or of one of OpenSanctions' many."),
]


@app.callback(epilog=examples("skontro gate lists"))
def show_lists_in_force(
    context: typer.Context, folder: Folder = HERE, as_json: AsJson = False
) -> None:
    """The lists firms and payments are judged against: those in force, and those missing."""
    if context.invoked_subcommand is not None:
        return
    with Desk(folder, as_json) as desk:
        found = desk.house.lists.table()

        def text() -> str:
            from skontro.cli.house.shown import at, table_text

            rows = [
                (one["name"], _state(one), one.get("id", ""), at(one["dated"]) if "dated" in one
                 else "", one.get("entries", ""), ", ".join(one["required"]))
                for one in found
            ]  # fmt: skip
            heads = ("list", "state", "version", "dated", "entries", "required by")
            return table_text(heads, rows, right=("version", "entries"))

        desk.tell({"lists": found}, text)


def _state(one: dict[str, Any]) -> str:
    if one["state"] == "in force":
        return "in force, invented" if one.get("invented") else "in force"
    return f"{one['state']}: it holds everything"


@app.command(
    "import",
    epilog=examples(
        "skontro gate lists import consolidated.xml --source \"the UN's site\"",
        'skontro gate lists import sdn.csv --source "OFAC" --dated 2026-01-30',
        'skontro gate lists import ours.csv --name watch --source "us" --dated 2026-01-30',
    ),
)
def import_list(
    file: File,
    source: Annotated[str, typer.Option(help="Where it comes from.")],
    dated: Dated = None,
    name: Name = "",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Take a list into force, or refuse it whole. Without a fresh one everything is held."""
    at = None if dated is None else instant(dated)
    with Desk(folder, as_json) as desk:
        done = desk.house.lists.import_list(file, source=source, dated=at, name=name)
        found = next(one for one in desk.house.lists.versions() if one["id"] == done.number)
        limit = desk.house.rules.list_limit_days
        what = "is in force" if done.is_new else "was in force already"
        invented = ", invented for this demonstration" if found["invented"] else ""
        desk.tell(
            {"list": found, "is_new": done.is_new, "notes": list(done.notes)},
            f"list {done.number} ({found['name']}{invented}) {what}: "
            f"{many(found['entries'], 'entry', 'entries')}, of {found['dated'][:10]}; "
            f"it holds everything once it is older than {limit} days"
            + "".join(f"\nnote: {note}" for note in done.notes),
        )


@app.command(
    "propose",
    epilog=examples(
        "skontro gate lists propose consolidated.xml --source \"the UN's site\" --as P1 "
        "--key p1.pem",
    ),
)
def propose_list(
    file: File,
    source: Annotated[str, typer.Option(help="Where it comes from.")],
    who: Who,
    key: Signed,
    dated: Dated = None,
    name: Name = "",
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose to let in a list that lost more than the house's share; another person approves.

    It is in force once they do. Of the list of the United Nations half must be left.
    """
    at = None if dated is None else instant(dated)
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(
            desk.house.lists.propose_smaller(
                file, who, signer, source=source, dated=at, name=name
            )
        )


@app.command(
    "retire", epilog=examples("skontro gate lists retire own:watch --as P1 --key keys/p1.pem")
)
def retire_list(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The list: own:NAME.")],
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose that a list of the house's own holds no more; another person approves.

    Lists of authorities are never retired. A later version of the list holds again.
    """
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.lists.propose_retirement(name, who, signer))


@app.command("show", epilog=examples("skontro gate lists show"))
def show_lists(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show every version of every list; of each name the last one holds."""
    with Desk(folder, as_json) as desk:
        found = desk.house.lists.versions()

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
