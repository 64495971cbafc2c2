# SPDX-License-Identifier: Apache-2.0
"""``skontro messages release|files|write|check-orders|sent``: payment orders out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Shown,
    examples,
    many,
    money,
)
from skontro.cli.house.message_group import app

HUB = "hub"
BY = "--as P1 --key keys/p1.pem"

Side = Annotated[
    str, typer.Argument(metavar="SIDE", help="Whose account; hub: that of the union.")
]
Currency = Annotated[str, typer.Argument(metavar="CURRENCY", help="In which currency.")]
OfCycle = Annotated[str | None, typer.Option("--cycle", help="Of this cycle alone; else all.")]
Number = Annotated[int, typer.Argument(metavar="FILE", help="Number of the file.")]


@app.command(
    "release",
    epilog=examples(
        "skontro messages release A EUR --cycle 2026-01 --dry-run",
        f"skontro messages release A EUR --cycle 2026-01 {BY}",
    ),
)
def release(
    side: Side,
    currency: Currency,
    who: Annotated[
        str | None, typer.Option("--as", metavar="PERSON", help="Who proposes it.")
    ] = None,
    key: Annotated[
        Path | None, typer.Option("--key", metavar="FILE", help="Their key.")
    ] = None,
    cycle: OfCycle = None,
    without: Annotated[
        list[int] | None,
        typer.Option(metavar="PAYMENT", help="Leave a payment out this time; may be repeated."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would leave; nothing is proposed.")
    ] = False,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Propose to let what is ready on an account leave, over the bytes of its files.

    The files are written now: payment orders for the bank, and what stands behind each payment.
    A second person approves their digests; what was approved is what leaves.
    """
    place = "" if side == HUB else side
    with Desk(folder, as_json, progress=progress) as desk:
        money_of = desk.house.settlement
        if dry_run:
            with desk.working("writing"):
                found = money_of.what_would_leave(cycle, place, currency, without=without or ())
            desk.tell(found, lambda: _would_text(found))
            return
        if who is None or key is None:
            raise typer.BadParameter("say who proposes it: --as PERSON --key FILE; or --dry-run")
        with desk.working("writing"):
            number = money_of.propose_release(
                cycle, place, currency, who, desk.signer(key, passphrase_file),
                without=without or (),
            )  # fmt: skip
        desk.tell_act(number)


def _would_text(found: Mapping[str, Any]) -> str:
    total = money(found["total_minor"], found["currency"])
    lines = [f"{many(found['payments'], 'payment', 'payments')}, {total}, would leave as"]
    lines += [f"  {one['message']}  {one['bytes']:,} bytes, {one['digest']}"
              for one in found["files"]]  # fmt: skip
    return "\n".join([*lines, "nothing is proposed"])


@app.command("files", epilog=examples("skontro messages files --cycle 2026-01"))
def files(cycle: OfCycle = None, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """List the files that were written, oldest first."""
    with Desk(folder, as_json) as desk:
        found = desk.house.payment_files.files(cycle)

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [
                (one["id"], one["message"], one["side"] or HUB, one["currency"], one["state"],
                 one["digest"][:16])
                for one in found
            ]  # fmt: skip
            heads = ("file", "message", "side", "currency", "state", "digest")
            return table_text(heads, rows, right=heads[:1], none="no file was written")

        desk.tell({"files": found}, text)


@app.command(
    "write",
    epilog=examples(
        "skontro messages write to-bank/", "skontro messages write to-bank/ --file 1 --dry-run"
    ),
)
def write(
    target: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to; made if needed.")],
    numbers: Annotated[
        list[int] | None,
        typer.Option("--file", metavar="FILE", help="Which; else all that were released."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be written, and write nothing.")
    ] = False,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write out files that two people released: the same bytes as often as you like.

    A file that is there already must be the same; an altered one is refused.
    """
    with Desk(folder, as_json) as desk:
        found = desk.house.payment_files.write(target, numbers, dry_run=dry_run)
        desk.tell({"files": found, "dry_run": dry_run}, lambda: _written_text(found, dry_run))


def _written_text(found: Sequence[Mapping[str, Any]], dry_run: bool) -> str:
    if not found:
        return "no released file waits"
    would = "would be " if dry_run else ""
    return "\n".join(
        f"{one['path']}: " + ("is there already" if one["is"] == "there" else f"{would}written")
        for one in found
    )


@app.command("check-orders", epilog=examples("skontro messages check-orders to-bank/*.xml"))
def check_orders(
    paths: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of the house.")],
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Say whether files are what two people released, to the last byte; refuse any other."""
    with Desk(folder, as_json) as desk:
        found = [desk.house.payment_files.check(path) | {"path": str(path)} for path in paths]
        desk.tell({"files": found}, lambda: "\n".join(
            f"{one['path']}: file {one['file']}, {one['message']}, {one['state']} by act "
            f"{one['act']}"
            for one in found
        ))  # fmt: skip


@app.command("sent", epilog=examples("skontro messages sent 1"))
def sent(number: Number, folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Note that the bank has a file."""
    with Desk(folder, as_json) as desk:
        desk.house.payment_files.sent(number)
        desk.tell({"file": number, "state": "sent"}, f"file {number} is sent")
