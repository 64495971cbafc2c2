# SPDX-License-Identifier: Apache-2.0
"""``skontro messages check``, ``read``, ``original``: e-invoices in, their bytes out again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Shown,
    Step,
    StepKey,
    examples,
    many,
    money,
)
from skontro.cli.house.message_group import app

if TYPE_CHECKING:
    from skontro.messages.beside import Beside
    from skontro.messages.invoices import CheckedInvoice

Paths = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="Files, folders and zip files."),
]
Sender = Annotated[
    str,
    typer.Option(
        metavar="PARTICIPANT",
        help="Who hands it in: the seller, the buyer, or an agent; each seller if not given.",
    ),
]
SHOWN = 10


@app.command(
    "check",
    epilog=examples("skontro messages check invoice.xml", "skontro messages check january.zip"),
)
def check(
    paths: Paths,
    with_lines: Annotated[bool, typer.Option("--lines", help="With --json: lines too.")] = False,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Judge e-invoices by schema and rules; nothing is taken in, and no house is needed.

    UBL 2.1, CII, and PDFs of Factur-X and ZUGFeRD. Exit 3 if one of them breaks a rule.
    """
    from skontro.cli.outcome import ExitCode, write_out
    from skontro.cli.shown import json_text
    from skontro.messages.bundles import open_sources
    from skontro.messages.invoices.checking import as_json as checked_json
    from skontro.messages.invoices.many import check_many
    from skontro.messages.invoices.rules import release
    from skontro.ops.progress import Progress

    found: list[CheckedInvoice] = []
    with Progress(shown=progress) as say:
        for place, (_, one) in enumerate(check_many(open_sources(paths))):
            if place % SHOWN == 0:
                say(f"judging: {place:,} files")
            found.append(one)
    bad = sum(not one.is_valid for one in found)
    if as_json:
        write_out(json_text({
            "rules": release(), "files": len(found), "refused": bad,
            "documents": [checked_json(one, with_lines=with_lines) for one in found],
        }))  # fmt: skip
    else:
        lines = [line for one in found for line in _verdict(one)]
        write_out("\n".join([*lines, f"{many(len(found), 'file', 'files')}: "
                             f"{len(found) - bad:,} valid, {bad:,} not; {release()}"]))  # fmt: skip
    if bad:
        raise typer.Exit(int(ExitCode.ROWS_REFUSED))


def _verdict(one: CheckedInvoice) -> list[str]:
    invoice = one.invoice
    what = "" if invoice is None else (
        f": {invoice.kind.replace('_', ' ')} {invoice.number}, "
        f"{money(invoice.totals.payable_minor, invoice.currency)}"
    )
    lines = [f"{one.name}: {'valid' if one.is_valid else 'NOT valid'}{what}"]
    if one.refusal is not None:
        lines.append(f"  {one.refusal.message} [{one.refusal.code}]")
        lines.append(f"  next: {one.refusal.next_step}")
    lines += [f"  {each.rule} {each.severity} at {each.place}: {each.text}"
              for each in one.findings[:SHOWN]]  # fmt: skip
    return lines + [f"  {remark}" for remark in one.remarks]


@app.command(
    "read",
    epilog=examples(
        "skontro messages read january.zip --dry-run",
        "skontro messages read invoices/ --beside goods.csv --rejections refused.csv",
        "skontro messages read january.csv --sender A1 --dry-run",
    ),
)
def read(
    paths: Paths,
    sender: Sender = "",
    beside: Annotated[
        Path | None,
        typer.Option(
            metavar="TABLE",
            help="What e-invoices do not say, by column document: what they are for, as a file "
            "of registrations says it, and accepted_by.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would happen; nothing becomes true.")
    ] = False,
    rejections: Annotated[
        Path | None,
        typer.Option("--rejections", metavar="FILE", help="Write refused files to a new CSV."),
    ] = None,
    allow_rejections: Annotated[
        bool, typer.Option("--allow-rejections", help="Exit with 0 though files were refused.")
    ] = False,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    progress: Shown = None,
    as_json: AsJson = False,
) -> None:
    """Take in e-invoices and credit notes, each judged by schema and rules first; or tables.

    Tables (CSV, Excel, Parquet, JSON lines) are read as their sender writes them: see form.

    An invoice is registered for its seller under its own number; a credit note lowers the
    obligation whose invoice it names. The same document again has no effect. Exit 3 if a file was
    refused; it stops no other.
    """
    from skontro.messages.tables import KINDS

    with Desk(folder, as_json, progress=progress) as desk:
        person = desk.step_taker(who, key, passphrase_file)
        tables = [path for path in paths if path.suffix.lower() in KINDS]
        if tables:
            from skontro.cli.house.tables_in import read_tables

            if len(tables) < len(paths) or beside is not None:
                raise typer.BadParameter("give tables and e-invoices in commands of their own")
            if len(tables) > 1 and (as_json or rejections):
                raise typer.BadParameter("with --json or --rejections give one table")
            read_tables(desk, tables, sender, person, dry_run=dry_run, rejections=rejections,
                        allowed=allow_rejections)  # fmt: skip
            return
        said = _beside(beside)
        with desk.working("reading") as say:
            report = desk.house.documents.read(
                paths, sender=sender, person=person, beside=said, dry_run=dry_run, progress=say
            )
        _tell(desk, report.as_json(), rejections, allowed=allow_rejections)


def _beside(path: Path | None) -> Mapping[str, Beside] | None:
    if path is None:
        return None
    from skontro.messages.beside import read_beside

    return read_beside(path)


def _tell(desk: Desk, found: dict[str, Any], out: Path | None, *, allowed: bool) -> None:
    from skontro.cli.outcome import ExitCode, write_note

    refused = [one for one in found["documents"] if one["outcome"] == "refused"]
    if out is not None:
        _write_rejections(out, refused)
    desk.tell(found, lambda: _report(found))
    for one in refused[:SHOWN]:
        refusal = one["refusal"]
        write_note(f"{refusal['message']} [{refusal['code']}]; next: {refusal['next_step']}")
    if len(refused) > SHOWN:
        write_note(f"and {len(refused) - SHOWN:,} more: --rejections FILE has them all")
    if refused and not allowed:
        raise typer.Exit(int(ExitCode.ROWS_REFUSED))


def _report(found: dict[str, Any]) -> str:
    from skontro.cli.house.shown import table_text

    rows = [
        (Path(one["name"]).name, one["outcome"], one["number"], one["seller"], one["buyer"],
         money(one["amount_minor"], one["currency"]) if one["currency"] else "",
         one["obligation"], one["state"])
        for one in found["documents"][:100]
    ]  # fmt: skip
    heads = ("file", "outcome", "number", "seller", "buyer", "amount", "obligation", "state")
    text = table_text(heads, rows, right=("amount", "obligation"), none="no file")
    more = len(found["documents"]) - len(rows)
    words = ("would be " if found["dry_run"] else "") + (
        f"taken {found['taken']:,}, credited {found['credited']:,}, known before "
        f"{found['repeated']:,}, refused {found['refused']:,}"
    )
    remarks = list(dict.fromkeys(
        remark for one in found["documents"] for remark in one["remarks"]
    ))  # fmt: skip
    dry = ["a dry run: nothing was written"] if found["dry_run"] else []
    return "\n".join([text, *([f"and {more:,} more: --json"] if more > 0 else []), words, *remarks,
                      *dry])  # fmt: skip


def _write_rejections(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    import csv
    import io

    from skontro.cli.house.statement import write_new
    from skontro.messages.csv_files import neutralised

    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(("file", "number", "code", "place", "message", "rules", "next_step"))
    for one in rows:
        refusal = one["refusal"]
        texts = (one["name"], one["number"], refusal["code"], refusal["place"],
                 refusal["message"], " ".join(one["broken"]), refusal["next_step"])  # fmt: skip
        writer.writerow([neutralised(each) for each in texts])
    write_new(path, text.getvalue().encode())


@app.command("list", epilog=examples("skontro messages list", "skontro messages list --json"))
def list_documents(
    after: Annotated[int, typer.Option(min=0, metavar="N", help="From after this number on.")] = 0,
    most: Annotated[int, typer.Option(min=1, metavar="N", help="How many at most.")] = 100,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show the documents that were taken in, and the obligation each became or lowers."""
    with Desk(folder, as_json) as desk:
        found = desk.house.documents.listed(after=after, most=most)

        def text() -> str:
            from skontro.cli.house.shown import table_text

            rows = [
                (one["id"], one["kind"].replace("_", " "), one["number"], one["seller_id"],
                 money(one["payable_minor"], one["currency"]),
                 money(one["tax_minor"], one["currency"]), one["obligation"], one["profile"])
                for one in found
            ]  # fmt: skip
            heads = ("no.", "kind", "number", "seller", "payable", "tax in it", "obligation",
                     "profile")  # fmt: skip
            shown = table_text(heads, rows, right=("no.", "payable", "tax in it", "obligation"),
                               none="no document")  # fmt: skip
            return shown + (f"\nmore: --after {found[-1]['id']}" if len(found) == most else "")

        desk.tell({"documents": found}, text)


@app.command("original", epilog=examples("skontro messages original 1 --out invoice.xml"))
def original(
    number: Annotated[int, typer.Argument(metavar="DOCUMENT", help="Number of the document.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Write it to this new file.")],
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Give back the bytes of a document as they came in, provided they are not erased."""
    from skontro.cli.house.statement import write_new

    with Desk(folder, as_json) as desk:
        data = desk.house.documents.original(number)
        found = desk.house.documents.show(number)
        write_new(out, data)
        words = f"{found['kind']} {found['number']} of {found['seller_id']}: {len(data):,} bytes"
        desk.tell({"document": found, "file": str(out)},
                  f"{words}, SHA-256 {found['original_digest']}")  # fmt: skip
