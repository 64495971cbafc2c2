# SPDX-License-Identifier: Apache-2.0
"""The house's report of a cycle as a sheet."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from skontro.messages.papers import Paper
from skontro.messages.sheets import (
    Amount,
    Cell,
    Column,
    Count,
    Day,
    Lines,
    Party,
    Said,
    Share,
    Sheet,
    Table,
)

Content = Mapping[str, Any]
NUMBER = "number"


def report_sheet(paper: Paper, foot: Sequence[tuple[str, str]]) -> Sheet:
    """Lay the house's report of a cycle out as sections of cells.

    Args:
        paper: The report.
        foot: What stands at its end.
    """
    content, run = paper.content, paper.content["run"]
    facts: list[tuple[str, Cell]] = [
        ("Cycle", Said("{cycle}, final run", (("cycle", run["cycle"]),))),
        ("Value date", Day(content["value_date"])),
        ("Published", Day(content["published_at"])),
        ("Stage", Said("settled: money has settled what it could"
                       if content["stage"] == "settled"
                       else "final: set off; money has not moved yet")),
    ]  # fmt: skip
    tables: list[Table] = []
    for block in content["blocks"]:
        tables += _block(block)
    unit = content["blocks"][0]["unit"] if len(content["blocks"]) == 1 else ""
    tables += [*_border(content, unit), *_money(content), _left_out(content)]
    tables += [_settings(content), *_earlier(content)]
    return Sheet(
        "Cycle report", content["number"], Party(content["house"], content["house_name"]),
        content["demonstration"], wide=False, dated=content["published_at"], facts=facts,
        tables=tables, foot=foot,
    )  # fmt: skip


def _minor(text: str | None, unit: str) -> Cell:
    return None if text is None else Amount(int(text), unit)


def _value(points: str, block: Content) -> Cell:
    """Points in the unit of account, rounded down to its minor unit; the exact ones are in the
    data."""
    per = int(block["unit_minor_points"])
    whole = abs(int(points)) // per
    return Amount(-whole if points.startswith("-") else whole, block["unit"])


def _block(block: Content) -> Iterator[Table]:
    unit = block["unit"]
    constant = (("unit", unit),)
    rows: list[list[Cell]] = [
        [Said(words), _minor(block[name], unit), Share(block[share]) if share else None]
        for words, name, share in (
            ("gross", "gross_minor", ""),
            ("compensable", "compensable_minor", "compensable_share"),
            ("set off", "set_off_minor", "set_off_share"),
            ("planned to be settled", "planned_minor", ""),
            ("settled with money", "settled_minor", "settled_share"),
            ("still owed", "residual_minor", ""),
        )
    ]
    yield Table(
        "totals",
        Said("{obligations} obligations of {participants} participants, in {unit}", (
            ("obligations", Count(block["obligations"])),
            ("participants", Count(block["participants"])), ("unit", unit),
        )),
        [Column("what", ""), Column("amount", "amount", NUMBER),
         Column("share", "of gross", NUMBER)], rows, constant=constant,
    )  # fmt: skip
    yield Table("currencies", Said("By currency"), [
        Column("currency", "Currency", "code"), Column("obligations", "obligations", NUMBER),
        Column("gross", "gross", NUMBER), Column("set_off", "set off", NUMBER),
        Column("planned", "planned to be settled", NUMBER), Column("share", "share", NUMBER),
    ], [
        [one["currency"], Count(one["obligations"]),
         *(_minor(one[f"{name}_minor"], one["currency"])
           for name in ("gross", "set_off", "planned")), Share(one["share"])]
        for one in block["currencies"]
    ], constant=constant)  # fmt: skip
    head = [Column("firms", "firms", NUMBER), Column("gaining", "gaining", NUMBER)]
    yield Table("sides", Said("By side"), [
        Column("side", "Side", "code"), *head, Column("gross", "gross", NUMBER),
        Column("set_off", "set off", NUMBER), Column("share", "share", NUMBER),
        Column("net", "net position", NUMBER),
    ], [
        [one["side"] or None, Count(one["firms"]), Count(one["gaining"]),
         _value(one["gross_points"], block), _value(one["set_off_points"], block),
         Share(one["share"]), _value(one["net_points"], block)]
        for one in block["sides"]
    ], constant=constant)  # fmt: skip
    yield Table("sizes", Said("By size of firm"), [
        Column("group", "group", "code"), *head, Column("from", "from", NUMBER),
        Column("to", "to", NUMBER), Column("set_off", "set off", NUMBER),
        Column("share", "share", NUMBER),
    ], [
        [str(one["group"]), Count(one["firms"]), Count(one["gaining"]),
         _value(one["from_points"], block), _value(one["to_points"], block),
         _value(one["set_off_points"], block), Share(one["share"])]
        for one in block["sizes"]
    ], note=_fairness(block["fairness"]), constant=constant)  # fmt: skip


def _fairness(fair: Content) -> list[Cell]:
    return [
        Said("{without} of {firms} firms have nothing set off; a quarter has up to {lower} of its "
             "own, half up to {median}, three quarters up to {upper}.", (
                 ("without", Count(fair["without"])), ("firms", Count(fair["firms"])),
                 ("lower", Share(fair["lower_quartile_share"])),
                 ("median", Share(fair["median_share"])),
                 ("upper", Share(fair["upper_quartile_share"])),
             )),
        Said("The largest tenth of firms has {gross} of the gross and {off} of the set-off.", (
            ("gross", Share(fair["largest_tenth_of_gross"])),
            ("off", Share(fair["largest_tenth_of_set_off"])),
        )),
    ]  # fmt: skip


def _border(content: Content, unit: str) -> Iterator[Table]:
    rows: list[list[Cell]] = [
        [leg["debtor_side"] or Said("the hub"), leg["creditor_side"] or Said("the hub"),
         Said(leg["state"]),
         *(_minor(leg[f"{name}_minor"], unit) for name in ("flow", "hard", "carried"))]
        for leg in content["border"]
    ]  # fmt: skip
    if rows:
        yield Table("border", Said("Border positions"), [
            Column("debtor_side", "owes", "code"), Column("creditor_side", "to", "code"),
            Column("state", "state"), Column("flow", "this cycle", NUMBER),
            Column("hard", "hard", NUMBER), Column("carried", "carried", NUMBER),
        ], rows)  # fmt: skip


def _money(content: Content) -> Iterator[Table]:
    names = ("called", "arrived", "covered", "used", "pay_outs")
    rows: list[list[Cell]] = [
        [one["side"], one["currency"],
         *(_minor(one[f"{name}_minor"], one["currency"]) for name in names)]
        for one in content["money"]
    ]  # fmt: skip
    if rows:
        yield Table("money", Said("Money"), [
            Column("side", "Side", "code"), Column("currency", "Currency", "code"),
            Column("called", "called", NUMBER), Column("arrived", "arrived", NUMBER),
            Column("covered", "from the pool", NUMBER), Column("used", "used", NUMBER),
            Column("pay_outs", "pay-outs", NUMBER),
        ], rows)  # fmt: skip


def _left_out(content: Content) -> Table:
    rows: list[list[Cell]] = [
        [Said(why), Count(number)] for why, number in content["left_out"].items()
    ]
    return Table("left_out", Said("Not in this cycle"), [
        Column("why", "why"), Column("obligations", "obligations", NUMBER),
    ], rows)  # fmt: skip


def _settings(content: Content) -> Table:
    """What was in force; parameters and fixing as they are written in the data."""
    settings, run = content["settings"], content["run"]
    rows: list[list[Cell]] = [
        [Said("rules"), Lines((Said("version {number}", (("number",
                                                           str(settings["rules_version"])),)),
                               settings["rules_digest"]))],
        [Said("engine"), settings["engine_version"]],
    ]  # fmt: skip
    rows += [[f"parameters: {name}", value if isinstance(value, str) else json.dumps(value)]
             for name, value in settings["parameters"].items()]  # fmt: skip
    rows += [
        [Said("list {number}", (("number", str(one["number"])),)),
         Lines((one["name"], Day(one["dated"]), one["digest"]))]
        for one in run["lists"]
    ]  # fmt: skip
    rows.append([Said("rules of the gate"), ", ".join(run["gate_rules"]) or None])
    declared = settings["fixing"]
    if declared is not None:
        rates = [f"1 {code} = {rate} {declared['unit']}"
                 for code, rate in declared["rates"].items()]  # fmt: skip
        rows.append([Said("Fixing"), Lines((*rates, Lines((declared["source"],
                                                           Day(declared["dated"])))))])  # fmt: skip
    return Table("settings", Said("Settings in force"),
                 [Column("what", ""), Column("value", "")], rows)  # fmt: skip


def _earlier(content: Content) -> Iterator[Table]:
    rows: list[list[Cell]] = [
        [one["cycle"], one["unit"], Share(one["set_off_share"]),
         *(_minor(one[f"{name}_minor"], one["unit"])
           for name in ("gross", "compensable", "set_off", "planned"))]
        for one in content["earlier"]
    ]  # fmt: skip
    if rows:
        yield Table("earlier", Said("Earlier cycles"), [
            Column("cycle", "Cycle", "code"), Column("unit", "Currency", "code"),
            Column("share", "share", NUMBER), Column("gross", "gross", NUMBER),
            Column("compensable", "compensable", NUMBER), Column("set_off", "set off", NUMBER),
            Column("planned", "planned to be settled", NUMBER),
        ], rows)  # fmt: skip
