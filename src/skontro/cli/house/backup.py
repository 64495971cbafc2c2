# SPDX-License-Identifier: Apache-2.0
"""``skontro backup`` and ``restore``: a house put away, and made again from what was put away."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skontro.cli.house.desk import HERE, AsJson, Folder, Shown, examples

if TYPE_CHECKING:
    from collections.abc import Mapping

BACKUP_EXAMPLES = examples("skontro backup backups/2026-02-05/")
RESTORE_EXAMPLES = examples(
    "skontro restore backups/2026-02-05/ --house restored/",
    "skontro restore backups/2026-02-05/ --house restored/ "
    "--db postgresql://skontro@localhost/house",
)


def backup(
    out: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the backup.")],
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Put the house away as it is now, while it goes on working: tables, archive, locked keys."""
    from skontro.cli.house.desk import Desk
    from skontro.flow.backup import back_up

    with Desk(folder, as_json, progress=progress) as desk:
        with desk.working("writing the backup"):
            manifest = back_up(desk.house, out)
        number, digest = manifest["head"]
        value = {"backup": str(out), "at": manifest["at"], "rows": manifest["rows"],
                 "head": {"number": number, "hash": digest}}  # fmt: skip
        rows = sum(manifest["rows"].values())
        desk.tell(
            value,
            f"backup: {out}\n{rows:,} rows, {len(manifest['files']):,} files; journal head "
            f"{number}:{digest}\nit holds personal data and locked keys: keep it as such",
        )


def restore(
    source: Annotated[Path, typer.Argument(metavar="BACKUP", help="The folder of the backup.")],
    folder: Folder = HERE,
    db: Annotated[
        str | None,
        typer.Option(
            "--db", metavar="URL", envvar="SKONTRO_DB",
            help="Its database, postgresql://...; else a file in the folder.",
        ),
    ] = None,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Make a house again from a backup: checked, and read-only until two people let it resume.

    Payments may have left since the backup was taken: what is printed says which to ask about.
    """
    from skontro.cli.house.desk import tell
    from skontro.cli.house.shown import at
    from skontro.flow.backup import restore as make_again
    from skontro.ops.progress import Progress

    with Progress(shown=progress) as say:
        say("restoring and checking")
        house, report = make_again(source, folder, database_url=db)
    with house:
        number, digest = report["head"]
        value = report | {"folder": str(folder), "head": {"number": number, "hash": digest}}
        tell(
            house.id, house.kind, value,
            lambda: f"house {house.id} is restored in {folder} as it was at {at(report['at'])}, "
            f"and is read-only\n{left_text(report)}\n"
            f"next: skontro house resume --lines FILE --balance SIDE:CURRENCY=AMOUNT ... "
            f"--as PERSON --key FILE --house {folder}",
            as_json=as_json,
        )  # fmt: skip


def left_text(report: Mapping[str, Any]) -> str:
    """Return what may have left a restored house since its backup, as a person reads it."""
    from skontro.cli.house.desk import money
    from skontro.cli.house.shown import table_text

    outs = [
        (one["pay_out"], one["cycle"], money(one["amount_minor"], one["currency"]), one["state"])
        for one in report["pay_outs"]
    ]
    hard = [
        (one["border_payment"], one["cycle"] or "exchange",
         money(one["amount_minor"], one["currency"]), one["state"], one["reference"])
        for one in report["border_payments"]
    ]  # fmt: skip
    bank = [
        (code, money(minor, code.rsplit(":", 1)[-1])) for code, minor in report["bank"].items()
    ]
    parts = [
        "pay-outs that may have left since:",
        table_text(("pay-out", "cycle", "amount", "state"), outs, right=("pay-out", "amount")),
        "what the accounts had then:",
        table_text(("account", "amount"), bank, right=("amount",)),
    ]
    if hard:
        heads = ("border payment", "cycle", "amount", "state", "reference")
        parts.insert(2, table_text(heads, hard, right=("border payment", "amount")))
    if report["acts"]:
        waiting = ", ".join(map(str, report["acts"]))
        parts.append(f"acts that waited then, and end when the house resumes: {waiting}")
    return "\n".join(parts)
