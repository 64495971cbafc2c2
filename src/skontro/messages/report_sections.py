# SPDX-License-Identifier: Apache-2.0
"""The sections of the report as HTML; whatever a person wrote is escaped on its way in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any

from skontro.core.standing import Standing
from skontro.messages.report_charts import group_name, level_name
from skontro.messages.report_text import (
    counted,
    grouped,
    hundredths_of,
    minor_of,
    percent,
    share_of,
    short,
)

Figures = Mapping[str, Any]


def amount(key: str, minor: int, unit: str, *, with_unit: bool = True) -> str:
    """A sum with the exact minor units behind it, by the name it has in ``summary.json``."""
    text = grouped(minor, unit) + (f" {escape(unit)}" if with_unit else "")
    return f'<data value="{minor}" data-key="{escape(key)}">{text}</data>'


def count(key: str, number: int) -> str:
    """A count with its name in ``summary.json``."""
    return f'<data value="{number}" data-key="{escape(key)}">{number:,}</data>'


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str, numbers_from: int = 1
) -> str:
    """A table of cells that are HTML already; those from a column on are numbers."""

    def kind(column: int) -> str:
        return ' class="n"' if column >= numbers_from else ""

    top = "".join(
        f'<th scope="col"{kind(column)}>{escape(head)}</th>' for column, head in enumerate(heads)
    )
    lines = []
    for row in rows:
        cells = [f'<th scope="row">{row[0]}</th>']
        cells += [f"<td{kind(at)}>{cell}</td>" for at, cell in enumerate(row[1:], start=1)]
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return (
        f'<div class="scroll"><table><caption>{escape(caption)}</caption>'
        f"<thead><tr>{top}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


def figure_with_table(
    name: str, sentence: str, table_html: str, measures: Sequence[tuple[str, str]] = ()
) -> str:
    """A chart, its switch of measures, and the same figures as a table that can be opened."""
    switch = ""
    if measures:
        buttons = "".join(
            f'<button type="button" data-measure="{escape(value)}" '
            f'aria-pressed="{"true" if at == 0 else "false"}">{escape(label)}</button>'
            for at, (value, label) in enumerate(measures)
        )
        switch = (
            f'<div class="switch" role="group" aria-label="Show" data-for="{escape(name)}">'
            f"{buttons}</div>"
        )
    return (
        f"<figure>{switch}"
        f'<div class="chart" data-chart="{escape(name)}" role="img" '
        f'aria-label="{escape(sentence)}"></div></figure>'
        f"<details><summary>The figures as a table</summary>{table_html}</details>"
    )


def part(title: str, words: str, content: str, *, level: int = 2) -> str:
    """One section: what it says on the left, what it shows on the right."""
    return (
        f'<section class="part"><header><h{level}>{escape(title)}</h{level}>{words}</header>'
        f"<div>{content}</div></section>"
    )


def _bar(set_off: int, settled: int, gross: int) -> str:
    first, second = hundredths_of(set_off, gross), hundredths_of(settled, gross)
    return (
        '<div class="bar" aria-hidden="true">'
        f'<span class="a" style="width:{first / 100:.2f}%"></span>'
        f'<span class="b" style="width:{second / 100:.2f}%"></span></div>'
    )


def hero(summary: Figures, data: Figures) -> str:
    """What the page says at first sight: the share, the sums, the counts."""
    blocks = summary["blocks"]
    if len(blocks) == 1:
        return _hero_of_one(summary, blocks[0], data["blocks"][0])
    return _hero_of_many(summary)


def _figures(cells: Iterable[tuple[str, str, str]]) -> str:
    inner = "".join(
        f"<div><dt>{escape(name)}</dt><dd>{value}<small>{note}</small></dd></div>"
        for name, value, note in cells
    )
    return f'<dl class="figures">{inner}</dl>'


def _counts(summary: Figures) -> list[tuple[str, str, str]]:
    open_now = int(summary["partly_discharged"]) + int(summary["untouched"])
    cells = [
        ("Obligations", count("obligations", summary["obligations"]), ""),
        ("Participants", count("participants", summary["participants"]), ""),
        ("Fully discharged", count("fully_discharged", summary["fully_discharged"]), "obligations"),
        (
            "Still open",
            f"{open_now:,}",
            f"{count('partly_discharged', summary['partly_discharged'])} partly, "
            f"{count('untouched', summary['untouched'])} untouched",
        ),
    ]
    if summary["rejected"]:
        cells.append(("Rows refused", count("rejected", summary["rejected"]), "not in any figure"))
    return cells


def _hero_of_one(summary: Figures, block: Figures, counts: Figures) -> str:
    unit = str(block["unit"])
    gross, set_off = int(block["gross_minor"]), int(block["set_off_minor"])
    settled, left = int(block["settled_minor"]), int(block["residual_minor"])
    combined = bool(summary["parameters"].get("combined"))
    share = str(summary["share"])
    key = '<li class="b">settled with cash ' + amount("settled_minor", settled, unit) + "</li>"
    if combined:
        verb = "of the debt can be discharged, set-off and cash placed together"
        lead = (
            f"{amount('settled_minor', settled, unit)} of "
            f"{amount('gross_minor', gross, unit)} owed. A planning figure: a house sets off "
            "first and uses cash second."
        )
        keys = '<li class="a">discharged ' + amount("discharged_minor", settled, unit) + "</li>"
    else:
        verb = "of the debt can be set off without moving any money"
        lead = (
            f"Of {amount('gross_minor', gross, unit)} that firms owe one another, "
            f"{amount('set_off_minor', set_off, unit)} can be set off. No clearing of these "
            "obligations sets off more: the certificate proves it."
        )
        keys = '<li class="a">set off ' + amount("set_off_minor", set_off, unit) + "</li>"
        if summary["parameters"].get("cash"):
            keys += key
            lead += (
                f" With the cash admitted, {percent(summary['share_discharged'])} is discharged."
            )
    bar = _bar(settled, 0, gross) if combined else _bar(set_off, settled, gross)
    keys += "<li>still owed " + amount("residual_minor", left, unit) + "</li>"
    whole = percent(share).removesuffix(" %")
    eyebrow = _eyebrow(summary, unit)
    cells = _counts(summary)
    if not combined:
        gain = f"of {counts['firms']:,} with obligations"
        cells.insert(2, ("Firms that gain", f"{counts['gainers']:,}", gain))
    return (
        f'<section class="hero"><p class="eyebrow">{eyebrow}</p>'
        f'<h1><span class="share"><data value="{escape(share)}" data-key="share">{whole}</data>'
        f"<small>%</small></span>{verb}</h1>"
        f'<p class="lead">{lead}</p>{bar}'
        f'<ul class="key">{keys}</ul>{_figures(cells)}</section>'
    )


def what_it_is(summary: Figures) -> str:
    """What the page is about: a calculation, or which run of which house."""
    run = Standing.from_json(summary).run
    return "Calculation" if run is None else escape(run.words[0].upper() + run.words[1:])


def _eyebrow(summary: Figures, unit: str) -> str:
    what = what_it_is(summary)
    currencies = [str(row["currency"]) for row in summary["blocks"][0].get("currencies", ())]
    if summary.get("unit") and len(currencies) > 1:
        listed = ", ".join(escape(code) for code in currencies[:12])
        more = f" and {len(currencies) - 12} more" if len(currencies) > 12 else ""
        return f"{what} at a declared fixing, {listed}{more}, counted in {escape(unit)}"
    return f"{what} in {escape(unit)}"


def _hero_of_many(summary: Figures) -> str:
    blocks = summary["blocks"]
    rows = []
    for number, block in enumerate(blocks):
        unit, gross = str(block["unit"]), int(block["gross_minor"])
        gone = int(block["set_off_minor"]) + int(block["settled_minor"])
        cells = "".join(
            f'<td class="n">{amount(name, int(block[name]), unit, with_unit=False)}</td>'
            for name in ("gross_minor", "set_off_minor", "residual_minor")
        )
        rows.append(
            f'<tr data-block="{number}"><th scope="row">{escape(unit)}</th>'
            f'<td class="n">{count("obligations", block["obligations"])}</td>'
            f"{cells}"
            f'<td class="n">{share_of(gone, gross)}</td></tr>'
        )
    heads = "".join(
        f'<th scope="col"{"" if at == 0 else " class=n"}>{name}</th>'
        for at, name in enumerate(
            ("currency", "obligations", "gross", "set off", "still owed", "discharged")
        )
    )
    title = counted(len(blocks), "currency", "currencies")
    return (
        f'<section class="hero"><p class="eyebrow">{what_it_is(summary)} without a fixing</p>'
        f'<h1><span class="share">{len(blocks)}</span>{title.split(" ", 1)[-1]}, '
        "each cleared by itself</h1>"
        '<p class="lead">Without a fixing no sum of one currency can be set off against another. '
        "In each, no clearing sets off more: its certificate proves it.</p>"
        f'<div class="scroll" style="margin-top:2.5rem"><table><thead><tr>{heads}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>{_figures(_counts(summary))}</section>"
    )


def block_sections(
    number: int, summary: Figures, data: Figures, points: Sequence[Figures], charts: set[str]
) -> str:
    """Everything about one block: before and after, who gains, sides, sizes, participants."""
    block = summary["blocks"][number]
    parts = []
    several = len(summary["blocks"]) > 1
    if several:
        words = f"{counted(block['obligations'], 'obligation', 'obligations')}, "
        words += f"{percent(block['share'])} set off"
        parts.append(
            f'<div class="block-head"><h2>{escape(str(block["unit"]))}</h2><p>{words}</p></div>'
        )
    level = 3 if several else 2
    parts.append(_before_and_after(block, data, summary, level))
    if f"groups-{number}" in charts:
        parts.append(_who_gains(number, block, data, summary, level))
    if f"sides-{number}" in charts:
        parts.append(_between_sides(number, block, data, summary, level))
    if len(block.get("currencies", ())) > 1:
        parts.append(_by_currency(block, summary, level))
    if f"amounts-{number}" in charts:
        parts.append(_by_size(number, block, data, summary, level))
    if f"curve-{number}" in charts:
        parts.append(_curve(number, str(block["unit"]), points, level))
    if data["largest"]:
        parts.append(_largest(number, block, data, level))
    if f"levels-{number}" in charts:
        parts.append(_levels(number, block, data, level))
    return "\n".join(parts)


def _step(name: str, minor: int, whole: int, unit: str, note: str, *, accent: bool = False) -> str:
    width = hundredths_of(minor, whole) / 100
    inner = f'<span{" class=a" if accent else ""} style="width:{width:.2f}%"></span>'
    return (
        f'<div class="row"><dt>{escape(name)}</dt><dd class="track" aria-hidden="true">'
        f'{inner}</dd><dd class="val"><data value="{minor}">{grouped(minor, unit)} '
        f"{escape(unit)}</data> <small>{note}</small></dd></div>"
    )


_BEFORE_WORDS = (
    "Paid one by one, every obligation needs its own money. Set off first, only what cannot be "
    "set off is left."
)
_AFTER_WORDS = {
    "set-off": (
        "If everything that is left were settled too, each firm would pay one net sum or receive "
        "one. That is the least money with which these debts can all be closed."
    ),
    "cash": (
        "Then comes the cash that was admitted: each firm pays at most one net sum, or gets one, "
        "and each unit passes on from debt to debt."
    ),
    "combined": (
        "Here cash and set-off are placed together: each unit paid in passes on from debt to debt "
        "as far as it can."
    ),
}


def _before_and_after(block: Figures, data: Figures, summary: Figures, level: int) -> str:
    unit, grain = str(block["unit"]), int(block["unit_minor_points"])
    gross, left = int(block["gross_minor"]), int(block["residual_minor"])
    pay_in = minor_of(int(block["pay_in_points"]), grain)
    mode = mode_of(summary)
    cash = mode != "set-off"
    payers = counted(data["payers"], "payer", "payers")
    payees = counted(data["payees"], "payee", "payees")
    steps = [_step("Owed before", gross, gross, unit,
                   f"in {counted(block['obligations'], 'payment', 'payments')}")]  # fmt: skip
    if mode == "cash":
        between = gross - int(block["set_off_minor"])
        steps.append(_step("After set-off", between, gross, unit, share_of(between, gross)))
    last = {"set-off": "After set-off", "cash": "After cash", "combined": "After both"}[mode]
    steps += [
        _step(last, left, gross, unit, share_of(left, gross)),
        _step("Paid in" if cash else "To pay in", pay_in, gross, unit,
              f"by {payers}, out to {payees}", accent=True),
    ]  # fmt: skip
    words = f"<p>{_BEFORE_WORDS}</p><p>{_AFTER_WORDS[mode]}</p>"
    below = ""
    if block.get("border", ()):
        rows = [
            (
                _border_words(row, cash=cash),
                f"{grouped(int(row['amount_minor']), unit)} {escape(unit)}",
                share_of(int(row["amount_minor"]), gross),
            )
            for row in block["border"]
        ]
        caption = "Between the sides, " + ("after cash" if cash else "if all is settled")
        below = table(("border position", "amount", "of gross"), rows, caption=caption)
    return part("Before and after", words, f'<dl class="steps">{"".join(steps)}</dl>{below}',
                level=level)  # fmt: skip


def _border_words(row: Figures, *, cash: bool) -> str:
    debtor, creditor = str(row["debtor_side"] or ""), str(row["creditor_side"] or "")
    if not debtor:
        return f"the other sides {'owe' if cash else 'would owe'} {escape(creditor)}"
    owes = "owes" if cash else "would owe"
    return f"{escape(debtor)} {owes} {escape(creditor or 'the other sides')}"


def mode_of(summary: Figures) -> str:
    """What was asked: ``set-off`` alone, ``cash`` after it, or ``combined``."""
    if summary["parameters"].get("combined"):
        return "combined"
    return "cash" if summary["parameters"].get("cash") else "set-off"


PART_HEADS = {"set-off": ("set off",), "cash": ("set off", "settled"), "combined": ("discharged",)}
PART_COLUMNS = {
    "set-off": ("set_off",), "cash": ("set_off", "settled"), "combined": ("settled",)
}  # fmt: skip


def _part_shares(row: Figures, mode: str) -> list[str]:
    """What of a sum is discharged, in per cent, a cell for each part."""
    gross = row["gross_points"]
    return [share_of(row[f"{name}_points"], gross) for name in PART_COLUMNS[mode]]


def _who_gains(number: int, block: Figures, data: Figures, summary: Figures, level: int) -> str:
    unit, grain = str(block["unit"]), int(block["unit_minor_points"])
    mode = mode_of(summary)
    groups = data["groups"]
    rows = []
    for group in groups:
        gross = group["gross_points"]
        least, most = group["least_points"], group["greatest_points"]
        cells = [
            group_name(group),
            f"{group['firms']:,}",
            f"{short(minor_of(least, grain), unit)} – {short(minor_of(most, grain), unit)}",
            grouped(minor_of(gross, grain), unit),
            *_part_shares(group, mode),
        ]
        if mode != "combined":
            cells.append(share_of(group["gainers"], group["firms"]))
        rows.append(cells)
    heads = ["firms", "number", "size from – to", f"gross, {unit}", *PART_HEADS[mode]]
    heads += ["of them gain"] if mode != "combined" else []
    html = table(heads, rows, caption="Gross is what a firm owes and is owed, together.")
    first, last = groups[0], groups[-1]
    ends = (
        f"<p>Set off of what the <strong>smallest</strong> owe and are owed: "
        f"{share_of(first['set_off_points'], first['gross_points'])}. Of the "
        f"<strong>largest</strong>: {share_of(last['set_off_points'], last['gross_points'])}.</p>"
        if len(groups) > 1 and mode != "combined"
        else ""
    )
    words = (
        "<p>Firms in groups of equal number, by what they owe and are owed. A firm gains where "
        "something it owes goes against something it is owed; firms with few links often have "
        f"nothing to match.</p>{ends}"
    )
    chart = figure_with_table(
        f"groups-{number}", "Share set off by size of firm", html,
        (("share", "Share"), ("amount", "Amount")),
    )  # fmt: skip
    return part("Who gains, by size of firm", words, chart, level=level)


def _between_sides(number: int, block: Figures, data: Figures, summary: Figures, level: int) -> str:
    unit, grain = str(block["unit"]), int(block["unit_minor_points"])
    mode = mode_of(summary)
    across = [0, 0]
    rows = []
    for cell in data["sides"]:
        gross = cell["gross_points"]
        if cell["debtor_side"] != cell["creditor_side"]:
            across[0] += gross
            across[1] += cell["set_off_points"] + cell["settled_points"]
        cells = [
            f"{escape(cell['debtor_side'])} → {escape(cell['creditor_side'])}",
            f"{cell['obligations']:,}",
            grouped(minor_of(gross, grain), unit),
            *_part_shares(cell, mode),
        ]
        rows.append(cells)
    heads = ["owed by → owed to", "obligations", f"gross, {unit}", *PART_HEADS[mode]]
    html = table(heads, rows, caption="Each pair of sides")
    words = (
        "<p>Rows owe, columns are owed. What is set off here needs no money across a border.</p>"
        f"<p><strong>{grouped(minor_of(across[0], grain), unit)} {escape(unit)}</strong> is owed "
        f"across a border; {share_of(across[1], across[0]) or 'nothing'} of it is discharged.</p>"
    )
    chart = figure_with_table(
        f"sides-{number}", "Obligations between sides and how much of them is discharged", html,
        (("share", "Share discharged"), ("amount", "Gross")),
    )  # fmt: skip
    return part("Between the sides", words, chart, level=level)


def _by_currency(block: Figures, summary: Figures, level: int) -> str:
    mode = mode_of(summary)
    rows = []
    for row in block["currencies"]:
        code, gross = str(row["currency"]), int(row["gross_minor"])
        gone = int(row["set_off_minor"]) + int(row["settled_minor"])
        sums = [row[f"{name}_minor"] for name in ("gross", *PART_COLUMNS[mode], "residual")]
        cells = [escape(code), f"{int(row['obligations']):,}"]
        rows.append([*cells, *(grouped(int(one), code) for one in sums), share_of(gone, gross)])
    heads = ("currency", "obligations", "gross", *PART_HEADS[mode], "still owed", "share")
    html = table(heads, rows, caption="Each in its own currency")
    words = (
        "<p>All currencies clear together, at the rates declared in the fixing, and every "
        "obligation is discharged in its own.</p>"
    )
    return part("By currency", words, html, level=level)


def _by_size(number: int, block: Figures, data: Figures, summary: Figures, level: int) -> str:
    unit, grain = str(block["unit"]), int(block["unit_minor_points"])
    mode = mode_of(summary)
    rows = []
    for size in data["amounts"]:
        gross = size["gross_points"]
        cells = [
            f"{short(size['from_minor'], unit)} – {short(size['to_minor'], unit)}",
            f"{size['untouched'] + size['partly'] + size['fully']:,}",
            f"{size['fully']:,}",
            f"{size['partly']:,}",
            f"{size['untouched']:,}",
            grouped(minor_of(gross, grain), unit),
            *_part_shares(size, mode),
        ]
        rows.append(cells)
    heads = ["size", "obligations", "fully", "partly", "untouched", f"gross, {unit}"]
    html = table([*heads, *PART_HEADS[mode]], rows, caption=f"Sizes in {unit}")
    words = "<p>Every obligation by its amount: what of it is discharged, and what stays.</p>"
    chart = figure_with_table(
        f"amounts-{number}", "Obligations by size, discharged and still owed", html,
        (("amount", "Amount"), ("share", "Share")),
    )  # fmt: skip
    return part("Large and small obligations", words, chart, level=level)


def _largest(number: int, block: Figures, data: Figures, level: int) -> str:
    unit = str(block["unit"])
    heads = ("participant", "owes", "is owed", "set off", "net position", "pays in", "is paid")
    top = "".join(
        f'<th scope="col"{"" if at == 0 else " class=n"}><button type="button">{name}</button></th>'
        for at, name in enumerate(heads)
    )
    lines = []
    for row in data["largest"]:
        about = " · ".join(
            escape(str(row[name]))
            for name in ("name", "side", "currency")
            if row.get(name) not in (None, "")
        )
        cells = [f'<td class="id">{escape(str(row["participant"]))}'
                 f'<span class="sub">{about}</span></td>']  # fmt: skip
        for name in ("owed_minor", "due_minor", "set_off_minor", "net_position_minor"):
            minor = int(row[name])
            cells.append(f'<td class="n" data-sort="{minor}">{grouped(minor, unit)}</td>')
        for name in ("pay_in", "pay_out"):
            cells.append(_paid_cell(row, name, unit))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    name = f"largest-{number}"
    words = (
        f"<p>The {len(lines)} largest, by what they owe and are owed, in {escape(unit)}; what is "
        "paid in another currency says so.</p><p>A net position is what a firm is owed "
        "less what it owes. No set-off changes it.</p>"
    )
    content = (
        f'<input class="find" type="search" placeholder="Find a participant" '
        f'aria-label="Find a participant" aria-controls="{name}">'
        f'<div class="scroll"><table class="sortable" id="{name}"><thead><tr>{top}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
    return part("The largest participants", words, content, level=level)


def _paid_cell(row: Figures, name: str, unit: str) -> str:
    """A sum that is paid, with its currency where it is not the unit; sorted by its worth."""
    text = str(row.get(name) or "")
    digits = "".join(letter for letter in text if letter.isdigit())
    if not digits.strip("0"):
        return '<td class="n" data-sort="0"></td>'
    currency = str(row.get("settlement_currency") or "")
    below = "" if currency == unit else f'<span class="sub">{escape(currency)}</span>'
    whole, _, fraction = text.partition(".")
    shown = f"{int(whole):,}" + (f".{fraction}" if fraction else "")
    worth = int(row[f"{name}_points"])
    return f'<td class="n" data-sort="{worth}">{escape(shown)}{below}</td>'


def _levels(number: int, block: Figures, data: Figures, level: int) -> str:
    rows = [(level_name(row), f"{row['nodes']:,}") for row in data["levels"]]
    html = table(("level", "nodes"), rows, caption="How many nodes stand at each level")
    words = (
        "<p>The proof is one whole number for each firm. Every debt that is left runs from a "
        "lower level to a higher one, so what is left can close no circle.</p>"
        f"<p><strong>{int(block['levels']):,}</strong> distinct levels here.</p>"
    )
    chart = figure_with_table(f"levels-{number}", "Nodes at each level", html)
    return part("Why there is no more", words, chart, level=level)


def curve_points(curve: Sequence[Figures] | None, unit: str) -> list[dict[str, Any]]:
    """The points of one block's curve as its chart wants them; none where there is no curve.

    Args:
        curve: Rows of :func:`skontro.lab.curves.curve` for budgets of cash, all blocks.
        unit: The unit of the block.

    Returns:
        Shares in per cent for the lengths, and the exact sums as text.
    """
    points: list[dict[str, Any]] = []
    for row in curve or ():
        if row["unit"] != unit or row.get("kind", "cash") != "cash":
            continue
        cash, gone = int(row["budget_minor"]), int(row["discharged_minor"])
        debt, gross = int(row["net_internal_debt_minor"]), int(row["gross_minor"])
        points.append(
            {
                "budget_minor": cash,
                "cash": hundredths_of(cash, debt) / 100,
                "share": hundredths_of(gone, gross) / 100,
                "cash_text": f"{grouped(cash, unit)} {unit}",
                "cash_share": share_of(cash, debt) or "0.00 %",
                "discharged_text": f"{grouped(gone, unit)} {unit}",
                "share_text": share_of(gone, gross),
            }
        )
    points.sort(key=lambda point: int(point["budget_minor"]))
    while len(points) > 2 and points[-1]["discharged_text"] == points[-2]["discharged_text"]:
        points.pop()
    return points if len(points) > 1 else []


def _curve(number: int, unit: str, points: Sequence[Figures], level: int) -> str:
    rows = [
        [str(point[name]) for name in ("cash_share", "cash_text", "discharged_text", "share_text")]
        for point in points
    ]
    heads = ("of net debt", "cash admitted", "discharged", "of gross")
    html = table(heads, rows, caption="Each point is an optimum of its own")
    words = (
        "<p>How much more would be discharged if some outside money were admitted, cash and "
        "set-off placed together. To settle everything takes the net debt of all firms. Where "
        "pay-in limits were given they hold here too.</p>"
        "<p>A planning figure: a house sets off first and uses cash second.</p>"
    )
    chart = figure_with_table(f"curve-{number}", "Discharged share against cash admitted", html)
    return part("What a little cash would do", words, chart, level=level)


def no_curve() -> str:
    """What stands in place of the curve where drawing it would take longer than the clearing."""
    words = "<p>A planning figure: a house sets off first and uses cash second.</p>"
    content = (
        "<p>How much more would be discharged if some outside money were admitted is not drawn "
        "here: each point is an optimum of its own. <code>skontro curve obligations.csv "
        "--cash 0,1%,5%,10%,20%</code> finds them.</p>"
    )
    return part("What a little cash would do", words, content)


def closing_sections(summary: Figures, data: Figures) -> str:
    """The rows refused, the proof, and what the page is not."""
    parts = []
    if data.get("rejections"):
        rows = [(escape(str(row["code"])), f"{row['rows']:,}") for row in data["rejections"]]
        html = table(("reason", "rows"), rows, caption="Each row stands in rejections.csv")
        words = "<p>Rows that cannot be read exactly, or cleared, are in no figure.</p>"
        parts.append(part("Rows refused", words, html))
    parts.append(_proof(summary))
    parts.append(_footer(Standing.from_json(summary)))
    return "\n".join(parts)


def _proof(summary: Figures) -> str:
    parameters = ", ".join(
        f"{escape(str(name))}: {escape('none' if value is None else str(value).lower())}"
        for name, value in sorted(summary["parameters"].items())
    )
    facts = (
        ("Certificate", f'<data value="{escape(str(summary["certificate"]))}" '
         f'data-key="certificate">{escape(str(summary["certificate"]))}</data>, '
         f"{count('levels', summary['levels'])} distinct levels"),
        ("Parameters", parameters),
        ("Result digest", f'<span class="digest" data-key="result_digest">'
         f'{escape(str(summary["result_digest"]))}</span>'),
        ("Check it yourself", "<code>skontro verify</code> on the folder this page lies in says "
         "claim by claim what holds, with code that shares nothing with the solver."),
        ("One firm's part", "<code>skontro explain</code> says in sentences what was set off "
         "against what, and why the rest could not be."),
    )  # fmt: skip
    inner = "".join(f"<div><dt>{escape(name)}</dt><dd>{value}</dd></div>" for name, value in facts)
    words = "<p>Equal inputs give an equal digest, on any machine.</p>"
    return part("The proof", words, f'<dl class="facts">{inner}</dl>')


def _footer(standing: Standing) -> str:
    words = (
        "A calculation has no legal effect: no notice, no payment order, no finality. "
        "No party was screened. Nothing has been set off."
    )
    if standing.run is not None:
        words = (
            f"This is the {escape(standing.run.words)}, written before it was published. It sets "
            "off only together with the house's signed statement of publication."
        )
        if standing.is_demonstration:
            words = f"DEMONSTRATION: nobody owes any of this. {words}"
    return (
        f"<footer><p>{words}</p>"
        "<p>This page names participants and is for the house and its auditor only. It works "
        "without a network, loads nothing and sends nothing.</p></footer>"
    )
