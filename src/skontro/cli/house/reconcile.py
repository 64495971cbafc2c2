# SPDX-License-Identifier: Apache-2.0
"""``skontro reconcile``: what the banks' files say, and what became of each line."""

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
    Signed,
    Who,
    examples,
    group,
    many,
    money,
)

app = group("Bank files in: take them, see what each line is, and what somebody must look at.")

HUB = "hub"


def _plain(text: str) -> str:
    """Return what a stranger wrote on one line, and not too long."""
    shown = "".join(mark if mark.isprintable() else " " for mark in text)
    return " ".join(shown.split())[:200]


@app.command(
    "import",
    epilog=examples(
        "skontro reconcile import camt.053.xml",
        "skontro reconcile import from-the-bank/ --dry-run",
        "skontro reconcile import january.zip --json",
    ),
)
def import_(
    paths: Annotated[
        list[Path], typer.Argument(metavar="PATH...", help="Files, folders or zip files.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would happen; write nothing.")
    ] = False,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Take in bank files and match what they say; one that fails stops no other.

    Read are camt.052, camt.053, camt.054, pain.002, pacs.002 and pacs.004 of any version. Taking a
    file again is harmless. Ends with 3 where a file was refused.
    """
    with Desk(folder, as_json, progress=progress) as desk:
        with desk.working("reading what the banks say"):
            found = desk.house.reconciliation.import_paths(paths, dry_run=dry_run)
        refused = sum("refused" in one for one in found["files"])
        desk.tell(found, lambda: _import_text(found, desk.again()))
    if refused:
        raise typer.Exit(3)


def _import_text(found: Mapping[str, Any], again: str) -> str:
    lines = list[str]()
    for one in found["files"]:
        name = _plain(one["name"])
        if "refused" in one:
            lines.append(f"{_plain(one['message'])} ({one['refused']})\n  next: {one['next_step']}")
        elif one["known"]:
            lines.append(f"{name}: taken before, nothing changes")
        else:
            told = f"{many(one['lines'], 'line', 'lines')}, {one['new']:,} of them new"
            if one["statuses"]:
                told = many(one["statuses"], "answer", "answers")
            lines.append(f"{name}: {one['kind']}, {told}")
        for match in one.get("matches", ()):
            lines.append("  " + _line_text(match))
    if found["done"]:
        done = found["done"]
        lines.append(
            f"matched: {done['matched']:,}, in suspense: {done['suspense']:,}, waiting: "
            f"{done['waits']:,}, refused: {done['refused']:,}"
        )
        if done["suspense"] or done["waits"] or done["refused"]:
            lines.append(f"what to look at: skontro reconcile list{again}")
    else:
        lines.append("nothing was written")
    return "\n".join(lines)


def _line_text(one: Mapping[str, Any]) -> str:
    what = one["does"]
    if one["parts"]:
        what += " " + ", ".join(str(part["number"]) for part in one["parts"])
    by = f" by {one['by']}" if one["by"] and one["does"] != "waits" else ""
    why = f": {one['by']}" if one["by"] and one["does"] == "waits" else ""
    amount = money(one["amount_minor"], one["currency"])
    return f"{one['day']} {amount} {_plain(one['party'])} -> {what}{by}{why}"


@app.command("list", epilog=examples("skontro reconcile list", "skontro reconcile list --json"))
def list_(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show what somebody must look at: unmatched lines, contradictions, missing statements."""
    with Desk(folder, as_json) as desk:
        found = desk.house.reconciliation.work_list()
        desk.tell(found, lambda: _list_text(found))


def _list_text(found: Mapping[str, Any]) -> str:
    lines = list[str]()
    for one in found["lines"]:
        amount = money(one["amount_minor"], one["currency"])
        side = one["side"] or HUB
        lines.append(
            f"line {one['line']}, {one['day']}, {side} {amount}, {_plain(one['party'])}, "
            f"{_plain(one['reference'])}: {one['outcome']}"
        )
        if one["why"]:
            lines.append(f"  {_plain(one['why'])}")
        for partner in one["partners"]:
            number = f" {partner['number']}" if partner["number"] else ""
            lines.append(f"  perhaps {partner['kind']}{number}: {partner['why']}")
    for status in found["statuses"]:
        lines.append(f"answer {status['id']}, {status['status']} {_plain(status['end_to_end'])}: "
                     f"{_plain(status['why'])}")  # fmt: skip
    for account in found["accounts"]:
        for fault in account["faults"]:
            lines.append(f"account {account['side'] or HUB} {account['currency']}: {_plain(fault)}")
    return "\n".join(lines) or "nothing is to be looked at"


@app.command(
    "settle",
    epilog=examples(
        "skontro reconcile settle 7 --refused --as P1 --key keys/p1.pem",
        "skontro reconcile settle 7 --paid --as P1 --key keys/p1.pem",
    ),
)
def settle(
    status: Annotated[int, typer.Argument(metavar="ANSWER", help="Number of the answer.")],
    who: Who,
    key: Signed,
    paid: Annotated[
        bool, typer.Option("--paid/--refused", help="What the bank said when it was asked.")
    ],
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Propose which of two answers of a bank is right: that it paid, or that it refused."""
    with Desk(folder, as_json) as desk:
        signer = desk.signer(key, passphrase_file)
        desk.tell_act(desk.house.reconciliation.propose_settling(status, who, signer, paid=paid))


@app.command("show", epilog=examples("skontro reconcile show", "skontro reconcile show --json"))
def show(folder: Folder = HERE, as_json: AsJson = False) -> None:
    """Show each account by the bank's word and by the journal, and every line with its match."""
    with Desk(folder, as_json) as desk:
        found = desk.house.reconciliation.show()
        desk.tell(found, lambda: _show_text(found["accounts"], found["lines"]))


def _show_text(accounts: Sequence[Mapping[str, Any]], lines: Sequence[Mapping[str, Any]]) -> str:
    from skontro.cli.house.shown import table_text

    heads = ("side", "to", "bank", "journal", "waiting", "difference")
    rows = [
        (one["side"] or HUB, one["day"], *(money(one[f"{name}_minor"], one["currency"])
         for name in ("closing", "journal", "waits", "difference")))
        for one in accounts
    ]  # fmt: skip
    said = table_text(heads, rows, right=heads[2:], none="no bank file was taken in yet")
    heads = ("line", "side", "day", "amount", "outcome", "how")
    rows = [
        (one["line"], one["side"] or HUB, one["day"], money(one["amount_minor"], one["currency"]),
         one["outcome"], _plain(one["why"]))
        for one in lines
    ]  # fmt: skip
    return said + "\n\n" + table_text(heads, rows, right=("line", "amount"), none="no line")
