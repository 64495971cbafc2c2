# SPDX-License-Identifier: Apache-2.0
"""``skontro clear``: a file of obligations in, the provably largest set-off out."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    import pyarrow as pa

    from skontro.core.result import ClearingResult
    from skontro.ops.progress import Progress

EXAMPLES = (
    "Examples:\n\n"
    "skontro clear obligations.csv\n\n"
    "skontro clear obligations.csv --out result/\n\n"
    "skontro clear o.csv --participants p.csv --fixing f.csv --pay-in-limits l.csv "
    "--border-quotas q.csv --out result/"
)
INPUTS, WISHES, OUTPUT = "Inputs", "Wishes", "Output"
ANSWERED_REJECTIONS = 5


class Split(enum.StrEnum):
    """How the set-off of a pair is divided over its obligations."""

    OLDEST = "oldest"
    PRO_RATA = "pro-rata"


class Prefer(enum.StrEnum):
    """Which obligations go first where the volume is the same."""

    OLDEST = "oldest"
    SMALLEST = "smallest"


class Cash(enum.StrEnum):
    """How much outside money is admitted where no limits are given."""

    UNLIMITED = "unlimited"


class Format(enum.StrEnum):
    """The kind of table in the result folder."""

    CSV = "csv"
    PARQUET = "parquet"
    XLSX = "xlsx"


@dataclass(frozen=True)
class InputFiles:
    """The files of one calculation as the person named them."""

    obligations: Path
    participants: Path | None = None
    fixing: Path | None = None
    pay_in_limits: Path | None = None
    border_quotas: Path | None = None
    sheet: str | None = None


def use_threads(threads: int | None) -> None:
    """Bound the threads that work at once: our own, and those of the table reader."""
    if threads is None:
        return
    import pyarrow as pa

    from skontro.core.workers import allow_threads

    allow_threads(threads)
    pa.set_cpu_count(threads)
    pa.set_io_thread_count(threads)


def calculate(files: InputFiles, progress: Progress, **wishes: Any) -> ClearingResult:
    """Read the files and clear them; a compilation of the solver is announced.

    Args:
        files: The paths.
        progress: Told of each stage.
        wishes: ``split``, ``prefer``, ``combined`` and ``cash`` as in ``clear_intake``.
    """
    from skontro.core.clearing import clear_intake
    from skontro.messages.tables import read_intake
    from skontro.ops.progress import CompilingNotice

    with CompilingNotice(progress):
        intake = read_intake(
            files.obligations,
            participants=files.participants,
            fixing=files.fixing,
            pay_in_limits=files.pay_in_limits,
            border_quotas=files.border_quotas,
            sheet=files.sheet,
            progress=progress,
        )
        return clear_intake(intake, progress=progress, **wishes)


def clear(
    obligations: Annotated[
        Path,
        typer.Argument(help="id, debtor, creditor, amount, currency; .csv, .parquet or .xlsx"),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder to write the result to.", rich_help_panel=OUTPUT),
    ] = None,
    participants: Annotated[
        Path | None,
        typer.Option(
            help="id, name, side, home_currency, accepts_conversion", rich_help_panel=INPUTS
        ),
    ] = None,
    fixing: Annotated[
        Path | None,
        typer.Option(
            help="currency, unit_of_account, rate: all clear together.", rich_help_panel=INPUTS
        ),
    ] = None,
    pay_in_limits: Annotated[
        Path | None,
        typer.Option(
            help="participant, limit, currency: who pays in how much.", rich_help_panel=INPUTS
        ),
    ] = None,
    border_quotas: Annotated[
        Path | None,
        typer.Option(
            help="debtor_side, creditor_side, quota, currency: who may owe whom.",
            rich_help_panel=INPUTS,
        ),
    ] = None,
    split: Annotated[
        Split,
        typer.Option(
            help="How a pair's set-off is divided over its obligations.", rich_help_panel=WISHES
        ),
    ] = Split.OLDEST,
    prefer: Annotated[
        Prefer | None,
        typer.Option(help="What goes first where the volume is the same.", rich_help_panel=WISHES),
    ] = None,
    combined: Annotated[
        bool,
        typer.Option(
            "--combined",
            help="Place cash and set-off together: planning only.",
            rich_help_panel=WISHES,
        ),
    ] = False,
    cash: Annotated[
        Cash | None,
        typer.Option(help="Outside money where no limits are given.", rich_help_panel=WISHES),
    ] = None,
    table_format: Annotated[
        Format,
        typer.Option(
            "--format", help="Kind of the tables in the result folder.", rich_help_panel=OUTPUT
        ),
    ] = Format.CSV,
    sheet: Annotated[
        str | None,
        typer.Option(help="Sheet of a workbook; the first if not given.", rich_help_panel=INPUTS),
    ] = None,
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Replace an earlier result in the same folder.", rich_help_panel=OUTPUT
        ),
    ] = False,
    allow_rejections: Annotated[
        bool,
        typer.Option(
            "--allow-rejections", help="Exit 0 although rows were refused.", rich_help_panel=OUTPUT
        ),
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the summary as JSON.", rich_help_panel=OUTPUT)
    ] = False,
    threads: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="At most so many threads.", rich_help_panel=OUTPUT),
    ] = None,
    show_progress: Annotated[
        bool | None,
        typer.Option(
            "--progress/--no-progress",
            help="Progress on stderr; as suits the terminal.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
) -> None:
    """Clear a file of obligations: the largest set-off there is, with the proof.

    Nothing is changed for anyone: this is a calculation.

    Without --out only the summary is printed.
    """
    from skontro.cli.outcome import ExitCode, write_out
    from skontro.cli.shown import clearing_text, json_text
    from skontro.ops.progress import Progress

    if cash is not None and pay_in_limits is not None:
        raise typer.BadParameter("choose one: --cash unlimited, or --pay-in-limits")
    use_threads(threads)
    files = InputFiles(obligations, participants, fixing, pay_in_limits, border_quotas, sheet)
    with Progress(shown=show_progress) as progress:
        if out is not None:
            refuse_taken_folder(out, force=force)
        result = calculate(
            files,
            progress,
            split=split.value,
            prefer=prefer.value if prefer else None,
            combined=combined,
            cash=cash.value if cash else None,
        )
        if out is not None:
            save_result(result, out, table_format.value, force=force, progress=progress)
    if as_json:
        write_out(json_text(result.summary))
    else:
        write_out(clearing_text(result.summary, out))
    refused = tell_rejections(result.rejections, out)
    if refused and not allow_rejections:
        raise typer.Exit(int(ExitCode.ROWS_REFUSED))


def refuse_taken_folder(out: Path, *, force: bool) -> None:
    """Refuse before the work what could not be written after it.

    Raises:
        SkontroError: The place is a file, a folder that is no result, or a result without --force.
    """
    from skontro.messages.folder import check_target

    check_target(out, force=force)


def save_result(
    result: ClearingResult, out: Path, table_format: str, *, force: bool, progress: Progress
) -> None:
    """Write the result folder, with a curve in its report where that is cheap."""
    from skontro.lab.curves import cheap_curve
    from skontro.messages.folder import write_folder
    from skontro.ops.measuring import run_facts

    progress("drawing the curve")
    curve = cheap_curve(result.intake)
    run = run_facts(progress.seconds)
    progress("writing")
    write_folder(result, out, format=table_format, force=force, curve=curve, run=run)


def tell_rejections(table: pa.Table, out: Path | None = None) -> int:
    """Say on stderr how many rows were refused and show the first; return how many.

    Args:
        table: The refused rows.
        out: The result folder that lists them all, if one was written.
    """
    from skontro.cli.outcome import write_note

    count = int(table.num_rows)
    if not count:
        return 0
    rows = "1 row was" if count == 1 else f"{count:,} rows were"
    where = f"; all are in {out / 'rejections.csv'}" if out is not None else ""
    write_note(f"{rows} refused{where}:")
    for row in table.slice(0, ANSWERED_REJECTIONS).to_pylist():
        field = f"{row['field']} " if row["field"] else ""
        write_note(f"  row {row['row']}, {field}{row['value']!r}: {row['message']}")
    if count > ANSWERED_REJECTIONS:
        more = "" if out is not None else ": skontro clear --out FOLDER writes them all"
        write_note(f"  and {count - ANSWERED_REJECTIONS:,} more{more}")
    return count
