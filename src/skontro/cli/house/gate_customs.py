# SPDX-License-Identifier: Apache-2.0
"""``skontro gate customs``: what customs know of goods over a border."""

from __future__ import annotations

from pathlib import Path
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
    instant,
    many,
)

app = group("Customs declarations, from the authority alone.")
BY = "--as P1 --key keys/p1.pem"


@app.command(
    "import",
    epilog=examples(
        f'skontro gate customs import declared.csv --side B --source "customs of B" {BY}',
    ),
)
def import_customs(
    file: Annotated[
        Path,
        typer.Argument(help="CSV: reference, exporter, importer, currency, date, cancelled, code, "
                       "value, quantity, unit, weight; a last row END with how many there are."),
    ],
    side: Annotated[str, typer.Option(help="Whose customs made it.")],
    source: Annotated[str, typer.Option(help="Where it comes from.")],
    who: Who,
    key: Signed,
    dated: Annotated[
        str | None, typer.Option(metavar="TIME", help="The time it is of; now if not given.")
    ] = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Take a file of declarations into force, or refuse it whole; for compliance alone.

    From the first one on, goods over a border of that side need a declaration that agrees.
    """
    at = None if dated is None else instant(dated)
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        found = desk.house.customs.import_file(file, side, who, signer, source=source, dated=at)
        what = "is in force" if found["is_new"] else "was in force already"
        judged = many(found["judged"], "obligation", "obligations")
        desk.tell(
            {"customs": found},
            f"customs file {found['file']} {what}: "
            f"{many(found['declarations'], 'declaration', 'declarations')}; "
            f"{judged} judged anew",
        )


@app.command("list", epilog=examples(f"skontro gate customs list {BY}"))
def list_customs(
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the files of every side's customs; of a side without one nothing is compared."""
    with Desk(folder, as_json) as desk:
        desk.house.cases.check_reader(who, desk.signer(key, passphrase_file))
        found = desk.house.customs.table()

        def text() -> str:
            from skontro.cli.house.shown import at, table_text

            rows = [(one["id"], one["side"], one["source"], at(one["dated"]), one["imported_by"],
                     one["declarations"]) for one in found]  # fmt: skip
            heads = ("file", "side", "source", "dated", "by", "declarations")
            return table_text(heads, rows, right=("file", "declarations"),
                              none="no file: no declaration is compared")  # fmt: skip

        desk.tell({"customs": found}, text)


@app.command("held", epilog=examples(f"skontro gate customs held {BY}"))
def held(
    who: Who,
    key: Signed,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show what waits and is held for its licences, its declaration or a flag, and why."""
    with Desk(folder, as_json) as desk:
        found = desk.house.authorities.held(who, desk.signer(key, passphrase_file))

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [(one["obligation"], why["code"], why["text"])
                    for one in found for why in one["reasons"]]  # fmt: skip
            return table_text(("obligation", "why", "said"), rows, right=("obligation",),
                              none="nothing is held for them")  # fmt: skip

        desk.tell({"held": found}, text)
