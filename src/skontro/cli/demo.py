# SPDX-License-Identifier: Apache-2.0
"""``skontro demo``: four rows and a made-up network, cleared, checked and shown."""

from __future__ import annotations

import csv
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from skontro.cli.outcome import DEMONSTRATION

if TYPE_CHECKING:
    from skontro.core.result import ClearingResult
    from skontro.lab.year import DemonstrationYear
    from skontro.ops.progress import Progress

EXAMPLES = "Examples:\n\nskontro demo\n\nskontro demo --serve\n\nskontro demo --out somewhere/"
FOUR_ROWS = (
    ("id", "debtor", "creditor", "amount", "currency"),
    ("1", "Alder", "Birch", "100.00", "EUR"),
    ("2", "Birch", "Alder", "90.00", "EUR"),
    ("3", "Birch", "Cedar", "80.00", "EUR"),
    ("4", "Cedar", "Alder", "95.00", "EUR"),
)
FIRMS, OBLIGATIONS, SEED = 2_500, 20_000, 7
FIXING = (
    ("currency", "unit_of_account", "rate"),
    ("EUR", "EUR", "1"),
    ("INR", "EUR", "1/90"),
    ("AED", "EUR", "1/4"),
)
PER_EURO = {"EUR": 1, "INR": 90, "AED": 4}
SIDES = {"West": "EUR", "East": "INR"}


def demo(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the demonstration.")] = Path(
        "demo"
    ),
    months: Annotated[
        int, typer.Option(min=0, max=12, help="Months that the demonstration house lives through.")
    ] = 12,
    firms: Annotated[int, typer.Option(min=30, max=1000, help="Firms of that house.")] = 300,
    serve: Annotated[
        bool | None,
        typer.Option(
            "--serve/--no-serve", show_default="at a terminal",
            help="Serve that house's console while its year goes on, with a login for each role.",
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port to serve it on.")] = 8000,
) -> None:
    """Clear a synthetic network and check the proof; then let a house live through a year.

    The house has three sides. Every month is a cycle: obligations in, cut-off, both runs, pay-ins,
    pay-outs; with disputes, a late payer, a default and a quota that fills and turns. Stopped
    half-way, the same command goes on from there; while it runs, look at the house as at any other.
    Served, the house comes first and the network last; it ends with Ctrl-C.
    """
    from skontro.cli.demo_serve import is_watched, serve_year

    if months and (is_watched() if serve is None else serve):
        serve_year(out, months, firms, port)
        return
    clear_network(out)
    if months:
        live_through(out, months, firms)


def clear_network(out: Path) -> None:
    """Clear four rows and a made-up network, check the proof, and show what came of it."""
    from skontro.cli.clear import InputFiles, calculate
    from skontro.cli.outcome import ExitCode, write_out
    from skontro.cli.shown import clearing_text
    from skontro.lab.curves import cheap_curve
    from skontro.messages.folder import write_folder
    from skontro.ops.measuring import run_facts
    from skontro.ops.progress import CompilingNotice, Progress
    from skontro.verify import verify_folder

    out.mkdir(parents=True, exist_ok=True)
    with Progress() as progress, CompilingNotice(progress):
        write_out(f"{DEMONSTRATION} data: made up, no firm in it exists\n")
        write_out(four_rows_text(out, progress) + "\n")
        progress("making a network")
        files: InputFiles = make_network(out)
        result = calculate(files, progress)
        progress("drawing the curve")
        curve, run = cheap_curve(result.intake), run_facts(progress.seconds)
        progress("writing")
        folder = out / "result"
        write_folder(result, folder, force=True, curve=curve, run=run)
        progress("verifying")
        verdict = verify_folder(folder, progress)
    write_out(clearing_text(result.summary, None))
    held = sum(claim.ok for claim in verdict.claims)
    write_out(f"\nverified by code of its own: {held} of {len(verdict.claims)} claims hold")
    write_out(f"open in a browser: {(folder / 'report.html').resolve().as_uri()}")
    write_out(f"try: {program_name()} explain {folder} --participant {_worth_telling(result)}")
    if not verdict.ok:
        raise typer.Exit(int(ExitCode.CLAIM_FAILED))


def live_through(out: Path, months: int, firms: int) -> None:
    """Let the demonstration house live through the year's first months, and show them."""
    from skontro.cli.outcome import ExitCode, write_out
    from skontro.lab.year import DemonstrationYear
    from skontro.ops.progress import Progress

    write_out(f"\n{DEMONSTRATION} house: {months} months of trade between three sides\n")
    with Progress() as progress:
        year = DemonstrationYear(out / "year", firms=firms, tell=progress)
        figures = year.live(months)
        progress("checking the journal")
        checked = year.house.journal.verify()
    write_out("cycle     obligations         gross       set off  share       settled")
    for one in figures:
        gross, set_off, settled = (
            f"{one[name] // 100:,}" for name in ("gross_minor", "set_off_minor", "settled_minor")
        )
        share = f"{one['set_off_minor'] * 100 // max(one['gross_minor'], 1)} %"
        note = "  recast: a pay-in was missing" if one["recast"] else ""
        write_out(
            f"{one['cycle']:<8}  {one['obligations']:>11,}  {gross:>12}  {set_off:>12}  "
            f"{share:>5}  {settled:>12}{note}"
        )
    write_out(f"in {year.house.unit}; the journal: {checked.text().splitlines()[0]}")
    _tell_scenes(year, out / "year")
    write_out(f"look at it: {program_name()} cycle list --house {out / 'year' / 'house'}")
    year.house.close()
    if not checked.ok:
        raise typer.Exit(int(ExitCode.CLAIM_FAILED))


def _tell_scenes(year: DemonstrationYear, folder: Path) -> None:
    """Tell where the gate held, and how to look at each."""
    from skontro.cli.house.desk import PASSPHRASE
    from skontro.cli.outcome import write_out
    from skontro.flow.house import DEMO_PASSPHRASE

    final = [one["cycle"] for one in year.figures()]
    scenes = year.scenes.told(final)
    if not scenes:
        return
    write_out("\nwhere the gate held")
    for place, scene in enumerate(scenes, 1):
        write_out(f"\n{place}. {scene.title}\n{textwrap.fill(scene.told, 96)}")
        for command in scene.look:
            as_whom = " $AS" if command.startswith("gate ") else ""
            write_out(f"   {program_name()} {command} --house {folder / 'house'}{as_whom}")
    key = folder / "keys" / "P1.pem"
    write_out(f"\nwith AS='--as P1 --key {key}' and {PASSPHRASE}='{DEMO_PASSPHRASE}'\n")


def program_name() -> str:
    """How the program was called, so that the line can be copied: after ``make demo`` by path.

    Example:
        >>> program_name()
        'skontro'
    """
    called = Path(sys.argv[0])
    known = called.name != "skontro" or shutil.which("skontro") is not None
    return "skontro" if known else str(called)


def _worth_telling(result: ClearingResult) -> str:
    """A firm of which something is set off, and something stays on both sides."""
    table = result.participants.select(
        ["participant", "owed_points", "due_points", "set_off_points"]
    )
    for row in table.to_pylist():
        if 0 < row["set_off_points"] < min(row["owed_points"], row["due_points"]):
            return str(row["participant"])
    return str(table.column("participant")[0].as_py())


def four_rows_text(out: Path, progress: Progress) -> str:
    """Clear the four rows of the first page of the documentation and show each of them."""
    from skontro.cli.clear import InputFiles, calculate

    path = out / "four-rows.csv"
    _write(path, FOUR_ROWS)
    result = calculate(InputFiles(path), progress)
    columns = ("id", "debtor", "creditor", "gross", "set_off", "residual")
    lines = ["id  debtor  creditor    gross  set off  residual"]
    for row in result.obligations.select(columns).to_pylist():
        lines.append(
            f"{row['id']:<2}  {row['debtor']:<6}  {row['creditor']:<8}  {row['gross']:>7}  "
            f"{row['set_off']:>7}  {row['residual']:>8}"
        )
    return "\n".join(lines)


def _write(path: Path, rows: Iterable[Sequence[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def make_network(out: Path) -> Any:
    """Write the five input files of a made-up network between two sides.

    The shape comes from the laboratory; sides, currencies, limits and quotas are dealt out here by
    the firms' numbers, so that each run makes the same files.

    Args:
        out: The folder; it exists.

    Returns:
        The paths, as :class:`skontro.cli.clear.InputFiles`.
    """
    from skontro.cli.clear import InputFiles
    from skontro.lab.synthetic import network_arrays

    debtor, creditor, amount_cents = network_arrays("community", FIRMS, OBLIGATIONS, SEED)
    side = ["East" if number * 7919 % 100 < 42 else "West" for number in range(FIRMS)]
    name = [f"{side[number][0]}{number:04d}" for number in range(FIRMS)]
    obligations: list[Sequence[Any]] = [
        ("id", "debtor", "creditor", "amount", "currency", "due_date")
    ]
    net_cents = [0] * FIRMS
    triples = zip(debtor.tolist(), creditor.tolist(), amount_cents.tolist(), strict=True)
    for row, (owes, owed, cents) in enumerate(triples):
        currency = _currency(row, side[owes], side[owed])
        minor = cents * PER_EURO[currency]
        net_cents[owes] -= cents
        net_cents[owed] += cents
        day = f"2026-{1 + row % 3:02d}-{1 + row * 31 % 28:02d}"
        obligations.append((f"o{row + 1:05d}", name[owes], name[owed], _text(minor), currency, day))
    _write(out / "obligations.csv", obligations)
    _write_firms(out, name, side)
    _write(out / "fixing.csv", FIXING)
    _write_limits(out, name, side, net_cents)
    return InputFiles(
        out / "obligations.csv",
        participants=out / "participants.csv",
        fixing=out / "fixing.csv",
        pay_in_limits=out / "pay_in_limits.csv",
        border_quotas=out / "border_quotas.csv",
    )


def _currency(row: int, debtor_side: str, creditor_side: str) -> str:
    """Most invoices are in the seller's currency; every eighth across the border in a third."""
    if debtor_side != creditor_side and row % 8 == 0:
        return "AED"
    return SIDES[creditor_side]


def _text(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02d}"


def _write_firms(out: Path, name: Sequence[str], side: Sequence[str]) -> None:
    """Participants; one in twenty-five does not accept conversion."""
    rows: list[Sequence[Any]] = [("id", "name", "side", "home_currency", "accepts_conversion")]
    for number, (one, where) in enumerate(zip(name, side, strict=True)):
        accepts = "no" if number % 25 == 24 else "yes"
        rows.append((one, f"{DEMONSTRATION} {number:04d}", where, SIDES[where], accepts))
    _write(out / "participants.csv", rows)


def _write_limits(
    out: Path, name: Sequence[str], side: Sequence[str], net_cents: Sequence[int]
) -> None:
    """Two thirds of the net debtors may pay in half of what they owe on balance."""
    limits: list[Sequence[Any]] = [("participant", "limit", "currency")]
    for number, net in enumerate(net_cents):
        if net < -1 and number % 3:
            currency = SIDES[side[number]]
            limits.append((name[number], _text(-net * PER_EURO[currency] // 2), currency))
    _write(out / "pay_in_limits.csv", limits)
    debt = sum(net for net in net_cents if net > 0)
    quota = _text(debt // 20)
    quotas = [("West", "East", quota, "EUR"), ("East", "West", quota, "EUR")]
    heads = ("debtor_side", "creditor_side", "quota", "currency")
    _write(out / "border_quotas.csv", [heads, *quotas])
