# SPDX-License-Identifier: Apache-2.0
"""Writes docs/tables.md from store/schema/ and guards.py: ``python -m tests.tables_page``."""

from __future__ import annotations

import sys
from pathlib import Path

import sqlalchemy as sa

from skontro.store.guards import FIRST, MAY_CHANGE, MAY_GO, MOVES, RULES
from skontro.store.schema import metadata

PAGE = Path(__file__).resolve().parents[1] / "docs" / "tables.md"

# The first table of each part, in the order in which the schema has them.
PARTS = {
    "house": "The house, its rules and its people",
    "participant": "Participants",
    "list_import": "Lists and verdicts",
    "filing": "Obligations",
    "cycle": "Cycles and runs",
    "plan_line": "Settlement",
    "account": "Journal",
}

HEAD = """\
# Tables

Every table of a house, the same on SQLite and on PostgreSQL; written by `make tables` from
`src/skontro/store/schema/` and `src/skontro/store/guards.py`, and compared with them by a test.

Times are UTC text, days are text or days since 1970-01-01, amounts are whole numbers of minor
units, digests SHA-256. Names, accounts, owners and originals stand in `register` alone; other
tables carry ids that the house gave. Text compares and sorts by its bytes.

A column changes after its row was written only where *may change* says so, a row goes only where
its table says so, and states follow each other only as shown: the database itself refuses anything
else, whoever asks, and what the house's own role on PostgreSQL may do is made from the same lists
([roles](postgresql.md)). What guards new rows begins with the first journal entry, when a house is
open.
"""


def kind(column: sa.Column[object]) -> str:
    """The type of a column in a word."""
    if isinstance(column.type, sa.LargeBinary):
        return "bytes"
    if isinstance(column.type, sa.BigInteger):
        return "whole number, 64 bits"
    if isinstance(column.type, sa.Integer):
        return "whole number"
    return "text"


def rows_of(table: sa.Table) -> list[str]:
    """The columns of a table, a row each."""
    may = MAY_CHANGE.get(table.name, ())
    key = set(table.primary_key.columns.keys())
    rows = ["| column | type | | what it holds | may change |", "|---|---|---|---|---|"]
    for column in table.columns:
        need = "key" if column.name in key else "" if column.nullable else "needed"
        changes = "yes" if column.name in may else ""
        said = (column.comment or "").replace("|", "\\|")
        rows.append(f"| `{column.name}` | {kind(column)} | {need} | {said} | {changes} |")
    return rows


def refusals(table: sa.Table) -> list[str]:
    """What a table refuses, an item each."""
    found = []
    for each in sorted(table.constraints, key=lambda one: str(one.name)):
        if isinstance(each, sa.ForeignKeyConstraint):
            here = ", ".join(f"`{name}`" for name in each.column_keys)
            target = each.elements[0].column.table.name
            there = ", ".join(element.column.name for element in each.elements)
            found.append(f"{here}: refers to `{target}` ({there})")
        elif isinstance(each, sa.UniqueConstraint):
            found.append(f"one row for each {', '.join(f'`{one.name}`' for one in each.columns)}")
        elif isinstance(each, sa.CheckConstraint):
            found.append(f"always: `{each.sqltext}`")
    for index in sorted(table.indexes, key=lambda one: str(one.name)):
        if index.unique:
            found.append(f"one row for each {', '.join(f'`{one.name}`' for one in index.columns)}")
    if table.name in FIRST:
        found.append(f"a row begins as {' or '.join(FIRST[table.name])}")
    if table.name in MOVES:
        after: dict[str, list[str]] = {}
        for before, state in sorted(set(MOVES[table.name])):
            if before != state:
                after.setdefault(before, []).append(state)
        moves = "; ".join(f"{before} to {', '.join(states)}" for before, states in after.items())
        found.append(f"states: {moves}")
    found += [
        f"else refused: {rule.says.split(': ', 1)[1]}" for rule in RULES if rule.table == table.name
    ]
    if table.name in MAY_GO:
        found.append("rows may be deleted")
    return found


def page_text() -> str:
    """The whole page."""
    lines = [HEAD]
    for name, table in metadata.tables.items():
        if name in PARTS:
            lines.append(f"## {PARTS[name]}\n")
        kept = "" if MAY_CHANGE.get(name) or name in MAY_GO else " Rows never change."
        lines.append(f"### {name}\n\n{table.comment}{kept}\n")
        lines.append("\n".join(rows_of(table)) + "\n")
        items = "\n".join(f"- {item}" for item in refusals(table))
        if items:
            lines.append(items + "\n")
    return "\n".join(lines)


if __name__ == "__main__":
    PAGE.write_text(page_text(), "utf-8")
    sys.exit(0)
