# SPDX-License-Identifier: Apache-2.0
"""``skontro messages form`` and ``template``; tables that ``skontro messages read`` is given."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skontro.cli.house.desk import (
    HERE,
    AsJson,
    Desk,
    Folder,
    Locked,
    Step,
    StepKey,
    examples,
    many,
    money,
)
from skontro.cli.house.message_group import app

if TYPE_CHECKING:
    from skontro.messages.table_forms import TableForm

MARKS = {"tab": "\t", "tabulator": "\t", "comma": ",", "semicolon": ";", "bar": "|",
         "point": ".", "blank": " ", "apostrophe": "'", "none": ""}  # fmt: skip
"""Words for marks that are hard to type."""


@app.command(
    "form",
    epilog=examples(
        "skontro messages form A1 --column amount=Betrag --column due_date=Faellig "
        "--delimiter semicolon --encoding cp1252 --decimal comma --days DD.MM.YYYY",
        "skontro messages form A1",
    ),
)
def form(
    sender: Annotated[str, typer.Argument(metavar="PARTICIPANT", help="Whose tables.")],
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=THEIRS", help="What the sender calls a column of the house."),
    ] = None,
    constant: Annotated[
        list[str] | None,
        typer.Option(metavar="OURS=TEXT", help="What a column says in every row of theirs."),
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(metavar="MARK", help="Between fields: comma, semicolon, tab ...")
    ] = None,
    encoding: Annotated[str | None, typer.Option(help="Of CSV, such as cp1252.")] = None,
    decimal: Annotated[
        str | None, typer.Option(metavar="MARK", help="Decimal mark: point or comma.")
    ] = None,
    grouping: Annotated[
        str | None,
        typer.Option(metavar="MARK", help="Between thousands: none, point, apostrophe, blank."),
    ] = None,
    days: Annotated[str | None, typer.Option(help="Form of days, such as DD.MM.YYYY.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    who: Step = None,
    key: StepKey = None,
    passphrase_file: Locked = None,
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Show how a sender's tables are written, or remember it from now on."""
    from dataclasses import asdict, replace

    from skontro.messages.table_forms import TableForm, encoding_of

    said: dict[str, Any] = {
        "columns": _pairs(column), "constants": _pairs(constant), "delimiter": _mark(delimiter),
        "encoding": None if encoding is None else encoding_of(encoding),
        "decimal": _mark(decimal), "grouping": _mark(grouping), "days": days, "sheet": sheet,
    }  # fmt: skip
    said = {name: value for name, value in said.items() if value is not None}
    with Desk(folder, as_json) as desk:
        if said:
            person = desk.step_taker(who, key, passphrase_file)
            wanted = replace(TableForm(), **said)
            desk.house.forms.remember(sender, wanted, person=person)
        found = asdict(desk.house.forms.of(sender))

        def text() -> str:
            from skontro.cli.house.shown import figures

            return figures({
                "tables of": sender, **{f"{name} is": theirs
                                        for name, theirs in found["columns"].items()},
                **{f"{name} in every row": each for name, each in found["constants"].items()},
                "delimiter": repr(found["delimiter"]) if found["delimiter"] else "by the header",
                "encoding": found["encoding"], "decimal mark": repr(found["decimal"]),
                "between thousands": repr(found["grouping"]) if found["grouping"] else "nothing",
                "days": found["days"], "sheet": found["sheet"] or "the first",
            })  # fmt: skip

        desk.tell({"sender": sender, "form": found}, text)


def _pairs(given: list[str] | None) -> dict[str, str] | None:
    if given is None:
        return None
    found = dict[str, str]()
    for one in given:
        name, equals, text = one.partition("=")
        if not (name and equals and text) or name in found:
            raise typer.BadParameter(f"{one!r}: write each once, as amount=Betrag")
        found[name] = text
    return found


def _mark(given: str | None) -> str | None:
    return None if given is None else MARKS.get(given, given)


@app.command(
    "template",
    epilog=examples(
        "skontro messages template obligations.xlsx",
        "skontro messages template obligations.csv --example",
    ),
)
def template(
    out: Annotated[Path, typer.Argument(metavar="FILE", help="A new .csv or .xlsx file.")],
    example: Annotated[bool, typer.Option("--example", help="With two rows as examples.")] = False,
    sender: Annotated[
        str, typer.Option(metavar="PARTICIPANT", help="With this sender's names of columns.")
    ] = "",
    folder: Folder = HERE,
    as_json: AsJson = False,
) -> None:
    """Write an empty table with every column that a file of registrations may have."""
    from skontro.cli.outcome import write_out
    from skontro.cli.shown import json_text
    from skontro.core.errors import Conflict
    from skontro.messages.table_forms import PLAIN
    from skontro.messages.table_forms import template as make_template
    from skontro.messages.tables import write_table

    form: TableForm = PLAIN
    if sender:
        with Desk(folder, as_json) as desk:
            form = desk.house.forms.of(sender)
    if out.exists():
        raise Conflict(f"{out} is there already", code="TargetTaken", next_step="give a new name")
    table = make_template(form, example=example)
    write_table(table, out)
    columns = table.column_names
    write_out(json_text({"file": str(out), "columns": columns}) if as_json
              else f"{out}: {many(len(columns), 'column', 'columns')}")  # fmt: skip


def read_tables(
    desk: Desk, paths: list[Path], sender: str, person: str | None, *, dry_run: bool,
    rejections: Path | None, allowed: bool,
) -> None:  # fmt: skip
    """Take in tables as their sender writes them, or show what would happen."""
    from skontro.cli.house.obligations import tell_filing

    form = desk.house.forms.of(sender)
    for path in paths:
        with desk.working("reading") as say:
            report = desk.house.obligations.import_file(
                path, agent=sender, person=person, form=form, dry_run=dry_run, progress=say
            )
        found = report.as_json() | {"file": str(path)}
        words = [
            f"{path.name}: {many(found['rows'], 'row', 'rows')}"
            + (" would be:" if dry_run else ":")
            + f" {found['taken']:,} taken, {found['repeated']:,} known before, "
            f"{found['refused']:,} refused; {found['opened']:,} new obligations, "
            f"{found['confirmed']:,} confirmed, {found['duplicates']:,} suspected doubles, "
            f"house review {found['held']:,}"
        ]
        if dry_run:
            words += [_previewed(found["preview"]), "a dry run: nothing was written"]
        tell_filing(desk, found, "\n".join(words), rejections, allowed=allowed)


def _previewed(rows: list[dict[str, Any]]) -> str:
    from skontro.cli.house.shown import table_text

    heads = ("row", "outcome", "sender", "as", "debtor", "creditor", "amount", "due", "document")
    lines = [
        (one["row"], one["outcome"], one["sender"], one["reference"], one["debtor"],
         one["creditor"], _amount(one), one["due_date"], one["document"])
        for one in rows
    ]  # fmt: skip
    return table_text(heads, lines, right=("row", "amount"), none="no row")


def _amount(one: dict[str, Any]) -> str:
    from skontro.core.money import exponents

    known = one["currency"] in exponents()
    return money(one["amount_minor"], one["currency"]) if known else ""
