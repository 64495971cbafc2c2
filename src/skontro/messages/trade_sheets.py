# SPDX-License-Identifier: Apache-2.0
"""The authority's report of a side as sections of cells: what came in, what went out, in sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skontro.messages.papers import Paper
from skontro.messages.sheets import Amount, Cell, Column, Count, Day, Party, Said, Sheet, Table

TITLES = {"in": "Goods and services that came in", "out": "Goods and services that went out"}
_FIGURES = (
    Column("obligations", "obligations", "number"), Column("gross", "gross", "number"),
    Column("set_off", "set off", "number"), Column("paid", "paid", "number"),
)  # fmt: skip
_COUNTRY = (Column("country", "Country", "code"), Column("chapter", "HS chapter", "text"))


def trade_sheet(paper: Paper, foot: Sequence[tuple[str, str]]) -> Sheet:
    """Lay the report of a side's trade in a cycle out.

    Args:
        paper: The report.
        foot: What stands at its end.
    """
    content, run = paper.content, paper.content["run"]
    facts: list[tuple[str, Cell]] = [
        ("Side", content["side"]), ("Jurisdiction", content["jurisdiction"]),
        ("Cycle", Said("{cycle}, final run", (("cycle", run["cycle"]),))),
        ("Value date", Day(content["value_date"])),
        ("Stage", Said("settled: money has settled what it could"
                       if content["stage"] == "settled"
                       else "final: set off; money has not moved yet")),
    ]  # fmt: skip
    tables = [_totals(content)]
    for way, title in TITLES.items():
        for code in sorted({row["currency"] for row in content["rows"] if row["way"] == way}):
            rows = [row for row in content["rows"] if (row["way"], row["currency"]) == (way, code)]
            tables.append(_rows(way, Said(title), code, rows))
    return Sheet(
        "Trade report", content["number"], Party(content["house"], content["house_name"]),
        content["demonstration"], wide=False, dated=f"{content['value_date']}T00:00:00+00:00",
        facts=facts,
        lead=[Said("All obligations that crossed the border of the side in the cycle: gross as "
                   "entered, what of it was set off, and what money paid.")],
        tables=tables, foot=foot,
    )  # fmt: skip


def _figures(row: Mapping[str, Any]) -> list[Cell]:
    sums = (Amount(int(row[f"{name}_minor"]), row["currency"])
            for name in ("gross", "set_off", "paid"))  # fmt: skip
    return [Count(int(row["obligations"])), *sums]


def _totals(content: Mapping[str, Any]) -> Table:
    rows: list[list[Cell]] = [
        [Said(TITLES[row["way"]]), row["currency"], *_figures(row)] for row in content["totals"]
    ]
    columns = [Column("way", "In sum"), Column("currency", "Currency", "code"), *_FIGURES]
    return Table("totals", Said("In sum"), columns, rows, none="nothing")


def _rows(way: str, title: Said, code: str, rows: Sequence[Mapping[str, Any]]) -> Table:
    """One way and currency, by country and chapter; sums are carried from page to page."""
    carried = [_FIGURES[0], *(Column(one.name, one.head, one.kind, "sum") for one in _FIGURES[1:])]
    cells = [[row["country"], _chapter(row["chapter"]), *_figures(row)] for row in rows]
    return Table(
        f"trade_{way}", Said("{what}, {currency}", (("what", title), ("currency", code))),
        [*_COUNTRY, *carried], cells, constant=(("way", way), ("currency", code)),
    )  # fmt: skip


def _chapter(text: str) -> Cell:
    """A chapter of the HS as it is; what has none by its kind."""
    return text if text[:2].isdigit() else Said(text.replace("_", " "))
