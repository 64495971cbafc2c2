# SPDX-License-Identifier: Apache-2.0
"""How the commands of a house show rows, figures and what an act says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def table_text(
    heads: Sequence[str],
    rows: Iterable[Sequence[Any]],
    *,
    right: Sequence[str] = (),
    none: str = "none",
) -> str:
    """Return rows below their heads, or a word where there is no row.

    On a narrow terminal a cell goes on in the next line; nothing is ever cut off.

    Args:
        heads: The heads.
        rows: What stands below them; None is shown as nothing.
        right: Heads of columns of figures.
        none: What to say where there is no row.
    """
    from rich.table import Table
    from rich.text import Text

    from skontro.cli.outcome import visible
    from skontro.cli.shown import rendered

    listed = list(rows)
    if not listed:
        return none
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in heads:
        justify: Any = "right" if head in right else "left"
        table.add_column(head, justify=justify, overflow="fold")
    for row in listed:
        table.add_row(*(Text(visible(_cell(value))) for value in row))
    return rendered(table)


def _cell(value: Any) -> str:
    return "" if value is None else str(value)


def figures(rows: Mapping[str, Any]) -> str:
    """Return named figures, a line each; what is empty is left out.

    Example:
        >>> print(figures({"name": "Alder", "lei": "", "side": "A"}))
        name  Alder
        side  A
    """
    from skontro.cli.outcome import visible

    kept = {name: _cell(value) for name, value in rows.items() if value not in (None, "")}
    width = max((len(name) for name in kept), default=0)
    return "\n".join(f"{name.ljust(width)}  {visible(text)}" for name, text in kept.items())


def tree(value: Any, depth: int = 0) -> str:
    """Return nested plain values as indented lines; a read reference shows what it says.

    Example:
        >>> print(tree({"firm": {"id": "A1", "name": {"record": 3, "says": "Alder"}}}))
        firm
          id: A1
          name: Alder (record 3)
        >>> print(tree({"quotas": [["A", "B", 5]]}))
        quotas
          - A, B, 5
    """
    from skontro.cli.outcome import visible

    pad = "  " * depth
    lines = []
    items = value.items() if isinstance(value, Mapping) else [("-", one) for one in value]
    for name, one in items:
        flat = _flat(one)
        if flat is None:
            lines += [f"{pad}{name}", tree(one, depth + 1)]
        else:
            colon = "" if name == "-" else ":"
            lines.append(f"{pad}{name}{colon} {visible(flat)}".rstrip())
    return "\n".join(lines)


def _flat(value: Any) -> str | None:
    """Return a value as it stands on one line, or None if it takes several."""
    if isinstance(value, Mapping):
        if value.keys() >= {"record", "says"}:
            says = "(erased)" if value["says"] is None else value["says"]
            return f"{says} (record {value['record']})"
        return None if value else "none"
    if isinstance(value, list | tuple):
        if any(isinstance(one, list | tuple | Mapping) for one in value):
            return None
        return ", ".join(map(_word, value)) or "none"
    return _word(value)


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else _cell(value)


def records_text(records: Sequence[Mapping[str, Any]]) -> str:
    """Return records of the register: what each says, what it is for, how long it is kept."""
    rows = [
        (one["id"], one["what"], "(erased)" if one["content"] is None else one["content"],
         one["purpose"], one["since"][:10], one["retain_until"],
         "replaced" if one["replaced_by"] is not None else "" if one["in_force"] else "proposed")
        for one in records
    ]  # fmt: skip
    heads = ("record", "what", "says", "kept for", "since", "kept until", "")
    return table_text(heads, rows, right=("record",), none="nothing is held")


def at(text: str | None) -> str:
    """Return an instant as it is shown: to the second, UTC.

    Example:
        >>> at("2026-01-30T15:00:00.000000Z")
        '2026-01-30 15:00:00Z'
    """
    return "" if not text else text[:19].replace("T", " ") + "Z"


def figures_of(block: Mapping[str, Any]) -> tuple[str, ...]:
    """Return gross, set off, settled with cash and left of a run, in one unit."""
    from skontro.messages.report_text import grouped

    names = ("gross_minor", "set_off_minor", "settled_minor", "residual_minor")
    return tuple(grouped(int(block[name]), str(block["unit"])) for name in names)


def run_text(summary: Mapping[str, Any]) -> str:
    """Return what a run came to, before anything of it is final."""
    from skontro.messages.report_text import share_of

    rows = []
    for block in summary["blocks"]:
        gross = int(block["gross_minor"])
        shares = (gross, int(block["set_off_minor"]), int(block["settled_minor"]),
                  int(block["residual_minor"]))  # fmt: skip
        words = ("gross", "set off", "to be settled with cash", "left")
        rows += [
            (block["unit"], word, amount, share_of(share, gross))
            for word, amount, share in zip(words, figures_of(block), shares, strict=True)
        ]
    table = table_text(("unit", "", "amount", "of gross"), rows, right=("amount", "of gross"))
    return (
        f"{table}\n{summary['obligations']:,} obligations of {summary['participants']:,} "
        f"participants; certificate: {summary['certificate']}\nresult: {summary['result_digest']}"
    )
