# SPDX-License-Identifier: Apache-2.0
"""What the commands print: short tables for a person, JSON for a program."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from skontro.cli.outcome import EFFECT_LINE, visible
from skontro.messages.report_text import counted, grouped, share_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from skontro.verify import Verdict

PLANNING_LINE = "cash and set-off placed together: a planning figure"
BLOCKS_SHOWN = 12
BAR_WIDTH = 24
WIDTH_OF_A_FILE = 4000


def json_text(value: Any) -> str:
    """The value as JSON: keys sorted, indented, amounts as they are."""
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)


def rendered(*parts: RenderableType) -> str:
    """Lay out the parts as text, with colour only on a terminal."""
    from rich.console import Console

    buffer = io.StringIO()
    on_terminal = sys.stdout is not None and sys.stdout.isatty()
    console = Console(
        file=buffer,
        force_terminal=on_terminal or None,
        width=None if on_terminal else WIDTH_OF_A_FILE,
        highlight=False,
        emoji=False,
        markup=False,
    )
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in buffer.getvalue().rstrip().splitlines())


def clearing_text(summary: Mapping[str, Any], out: Path | None) -> str:
    """The short summary of a clearing: before and after, and how it was proved."""
    from rich.text import Text

    parts: list[RenderableType] = []
    blocks = summary["blocks"]
    for block in blocks[:BLOCKS_SHOWN]:
        parts += [_before_and_after(block, summary["parameters"]), Text("")]
    if len(blocks) > BLOCKS_SHOWN:
        parts += [Text(f"and {len(blocks) - BLOCKS_SHOWN} currencies more: see --json"), Text("")]
    counts = (
        f"{counted(summary['obligations'], 'obligation', 'obligations')} of "
        f"{counted(summary['participants'], 'participant', 'participants')}: "
        f"{summary['fully_discharged']:,} fully discharged, {summary['partly_discharged']:,} "
        f"partly, {summary['untouched']:,} untouched"
    )
    if summary.get("repeated"):
        counts += f"; {counted(summary['repeated'], 'repeated row', 'repeated rows')} counted once"
    combined = bool(summary["parameters"]["combined"])
    more = "discharges more with this cash" if combined else "sets off more"
    proof = (
        f"certificate: {summary['certificate']}: no clearing {more} "
        f"({counted(summary['levels'], 'level', 'levels')})"
    )
    parts += [Text(counts), Text(proof), Text(f"result: {summary['result_digest']}")]
    if combined:
        parts.append(Text(PLANNING_LINE))
    if out is not None:
        parts.append(Text(f"written: {out}  (open {out / 'report.html'})"))
    parts.append(Text(EFFECT_LINE))
    return rendered(*parts)


def _before_and_after(block: Mapping[str, Any], parameters: Mapping[str, Any]) -> RenderableType:
    """A table of one block: gross, what is discharged, what is left."""
    from rich.table import Table

    unit = str(block["unit"])
    gross = int(block["gross_minor"])
    table = Table(box=None, pad_edge=False, show_header=True, header_style="bold")
    table.add_column(unit)
    table.add_column("amount", justify="right")
    table.add_column("of gross", justify="right")
    rows: list[tuple[str, int]] = [("gross (before)", gross)]
    settled = int(block["settled_minor"])
    if parameters.get("combined"):
        rows.append(("discharged, cash and set-off together", settled))
    else:
        rows.append(("set off", int(block["set_off_minor"])))
        if parameters.get("cash"):
            rows.append(("settled with cash", settled))
    rows.append(("still owed (after)", int(block["residual_minor"])))
    for name, minor in rows:
        table.add_row(name, grouped(minor, unit), share_of(minor, gross))
    internal = int(block["net_internal_debt_minor"])
    table.add_row("net internal debt", grouped(internal, unit), share_of(internal, gross))
    for position in block.get("border", ()):
        minor = int(position["amount_minor"])
        words = visible(border_words(position, parameters))
        table.add_row(words, grouped(minor, unit), share_of(minor, gross))
    return table


def border_words(position: Mapping[str, Any], parameters: Mapping[str, Any]) -> str:
    """Who owes whom across the border after cash, or would if everything left were settled.

    Example:
        >>> border_words({"debtor_side": "A", "creditor_side": ""}, {"cash": None})
        'A would owe the other sides'
    """
    owes = "owes" if parameters.get("cash") else "would owe"
    debtor = position["debtor_side"] or "the other sides"
    if not position["debtor_side"]:
        owes = owes.replace("owes", "owe")
    return f"{debtor} {owes} {position['creditor_side'] or 'the other sides'}"


def verdict_text(verdict: Verdict) -> str:
    """A verdict claim by claim, what could not be checked, and the sum of it in one line."""
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    for wraps in (False, False, True):
        table.add_column(no_wrap=not wraps)
    for claim in verdict.claims:
        mark = Text("holds", "green") if claim.ok else Text("FAILS", "bold red")
        table.add_row(mark, Text(claim.name), Text(str(claim.detail or "")))
    parts: list[RenderableType] = [table, Text("")]
    parts += [Text(f"cannot be checked here: {sentence}") for sentence in verdict.cannot]
    failed = [claim.name for claim in verdict.claims if not claim.ok]
    if not verdict.claims:
        parts.append(Text("nothing could be checked"))
    elif failed:
        ends = f"{len(failed)} of {len(verdict.claims)} claims do not hold: {', '.join(failed)}"
        parts.append(Text(ends))
    else:
        parts.append(Text(f"every claim holds ({len(verdict.claims)})"))
    return rendered(*parts, Text(verdict.effect))


def figures_text(figures: Mapping[str, Any]) -> str:
    """Named figures, a line each."""
    width = max((len(str(name)) for name in figures), default=0)
    return "\n".join(f"{str(name).ljust(width)}  {value}" for name, value in figures.items())


def curve_text(points: Sequence[Mapping[str, Any]]) -> str:
    """The points of a curve, a table for each unit, with what one unit more would discharge."""
    from rich.table import Table
    from rich.text import Text

    parts: list[RenderableType] = []
    for unit in dict.fromkeys(str(point["unit"]) for point in points):
        rows = [point for point in points if point["unit"] == unit]
        table = Table(box=None, pad_edge=False, header_style="bold")
        heads = (str(rows[0]["kind"]), f"amount, {unit}", f"discharged, {unit}", "of gross", "",
                 "one more is worth")  # fmt: skip
        for at, head in enumerate(heads):
            table.add_column(head, justify="left" if at == 4 else "right")
        for point in rows:
            gross, gone = int(point["gross_minor"]), int(point["discharged_minor"])
            table.add_row(
                str(point["budget"]),
                grouped(int(point["budget_minor"]), unit),
                grouped(gone, unit),
                share_of(gone, gross),
                Text("#" * (gone * BAR_WIDTH // gross if gross else 0), "cyan"),
                str(point["worth"]),
            )
        debt = int(rows[0]["net_internal_debt_minor"])
        parts += [table, Text(f"100 % is the net debt of all firms: {grouped(debt, unit)} {unit}"),
                  Text("")]  # fmt: skip
    parts.append(Text(PLANNING_LINE))
    return rendered(*parts, Text(EFFECT_LINE))
