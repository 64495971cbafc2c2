# SPDX-License-Identifier: Apache-2.0
"""``skontro curve`` and ``generate``: what analysts ask for."""

from __future__ import annotations

import os
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated

import typer

CURVE_EXAMPLES = (
    "Examples:\n\n"
    "skontro curve obligations.csv --cash 0,1%,5%,10%,20%\n\n"
    "skontro curve o.csv --participants p.csv --fixing f.csv --border 0,1%,5%"
)
GENERATE_EXAMPLES = (
    "Examples:\n\n"
    "skontro generate nation --firms 1e6 --obligations 1.6e7 --seed 7 nation.parquet\n\n"
    "skontro generate community --firms 2000 --obligations 8000 circle.csv --describe"
)
MOST = 2_000_000_000


def whole_number(text: str) -> int:
    """Read a count such as ``20000``, ``1e6``, ``1.6e7`` or ``16_000_000``, exactly.

    Example:
        >>> whole_number("1.6e7")
        16000000
    """
    try:
        number = Decimal(text.strip().replace("_", ""))
    except InvalidOperation:
        raise typer.BadParameter(f"{text!r} is not a number") from None
    if not number.is_finite() or number != number.to_integral_value():
        raise typer.BadParameter(f"{text!r} is not a whole number")
    if not 1 <= number <= MOST:
        raise typer.BadParameter(f"{text!r} is not between 1 and {MOST:,}")
    return int(number)


def budget_list(text: str) -> list[str]:
    """Read budgets such as ``0,1%,5%`` or ``0,250000.00`` into their parts.

    Example:
        >>> budget_list("0, 1%,5%")
        ['0', '1%', '5%']
    """
    budgets = [part.strip() for part in text.split(",") if part.strip()]
    if not budgets:
        raise typer.BadParameter("give at least one budget, such as 0,1%,5%")
    for budget in budgets:
        try:
            number = Decimal(budget.removesuffix("%"))
        except InvalidOperation:
            raise typer.BadParameter(f"{budget!r} is no amount and no percentage") from None
        if not number.is_finite() or number < 0:
            raise typer.BadParameter(f"{budget!r} is below nought")
    return budgets


def curve(
    obligations: Annotated[Path, typer.Argument(help="As for: skontro clear")],
    cash: Annotated[
        str | None,
        typer.Option(help="Budgets of outside money: amounts, or % of the net debt of all."),
    ] = None,
    border: Annotated[
        str | None, typer.Option(help="Budgets of money across the border, likewise.")
    ] = None,
    participants: Annotated[Path | None, typer.Option(help="As for: skontro clear")] = None,
    fixing: Annotated[Path | None, typer.Option(help="As for: skontro clear")] = None,
    pay_in_limits: Annotated[
        Path | None, typer.Option(help="Most that each may pay in, whatever the budget.")
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook.")] = None,
    allow_rejections: Annotated[
        bool, typer.Option("--allow-rejections", help="Exit 0 although rows were refused.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the points as JSON.")] = False,
    show_progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="Progress on stderr."),
    ] = None,
) -> None:
    """How much would be discharged with how much cash: cash and set-off placed together.

    A planning figure: a house sets off first and uses cash second.
    """
    from skontro.cli.clear import tell_rejections
    from skontro.cli.outcome import ExitCode, write_out
    from skontro.cli.shown import curve_text, json_text
    from skontro.lab.curves import curve as draw_curve
    from skontro.messages.tables import read_intake
    from skontro.ops.progress import CompilingNotice, Progress

    if cash is not None and border is not None:
        raise typer.BadParameter("choose one: --cash or --border; both at once are not one problem")
    cash_budgets = budget_list(cash) if cash is not None else None
    border_budgets = budget_list(border) if border is not None else None
    if cash_budgets is None and border_budgets is None:
        cash_budgets = ["0", "1%", "5%", "10%", "20%"]
    with Progress(shown=show_progress) as progress, CompilingNotice(progress):
        intake = read_intake(
            obligations,
            participants=participants,
            fixing=fixing,
            pay_in_limits=pay_in_limits,
            sheet=sheet,
            progress=progress,
        )
        progress("drawing the curve")
        table = draw_curve(intake, cash=cash_budgets, border=border_budgets, progress=progress)
    points = table.to_pylist()
    write_out(json_text(points) if as_json else curve_text(points))
    if tell_rejections(intake.rejections) and not allow_rejections:
        raise typer.Exit(int(ExitCode.ROWS_REFUSED))


def generate(
    preset: Annotated[str, typer.Argument(help="nation or community")],
    path: Annotated[Path, typer.Argument(help="Where to write: .parquet or .csv")],
    firms: Annotated[str, typer.Option(help="How many firms, such as 1e6.")] = "10000",
    obligations: Annotated[
        str, typer.Option(help="How many obligations, such as 1.6e7.")
    ] = "80000",
    seed: Annotated[int, typer.Option(help="The same seed gives the same file.")] = 7,
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    describe: Annotated[
        bool, typer.Option("--describe", help="Print what the network looks like.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
    show_progress: Annotated[
        bool | None,
        typer.Option("--progress/--no-progress", help="Progress on stderr."),
    ] = None,
) -> None:
    """Make a synthetic network with the shape of a real one."""
    from skontro.cli.outcome import write_out
    from skontro.cli.shown import figures_text, json_text
    from skontro.core.errors import Conflict
    from skontro.lab import synthetic
    from skontro.ops.progress import CompilingNotice, Progress

    if os.path.lexists(path) and not force:
        raise Conflict(
            f"{path} is there already",
            code="TargetTaken",
            next_step="give another name, or --force to replace it",
        )
    count_firms, count_obligations = whole_number(firms), whole_number(obligations)
    with Progress(shown=show_progress) as progress, CompilingNotice(progress):
        progress("generating")
        synthetic.generate(preset, count_firms, count_obligations, seed, path, progress=progress)
        figures = None
        if describe:
            progress("describing")
            figures = synthetic.describe(path)
    if as_json:
        made = {"path": str(path), "preset": preset, "seed": seed, "described": figures}
        write_out(json_text(made))
    else:
        lines = f"{count_obligations:,} obligations of {count_firms:,} firms, synthetic: {path}"
        write_out(lines if figures is None else lines + "\n" + figures_text(figures))
