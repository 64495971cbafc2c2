# SPDX-License-Identifier: Apache-2.0
"""Writes the first steps of the migrations from store/schema/ and guards.py, until a release.

``python -m tests.migration_writer`` writes them (``make schema``); with ``--check`` it says
whether they are what it would write (``make schema-check``). See the docstring of
``skontro.store.migrations``.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from skontro.store.guards import guard_statements
from skontro.store.schema import metadata
from skontro.store.walls import wall_statements

VERSIONS = Path(__file__).resolve().parents[1] / "src/skontro/store/migrations/versions"
COLUMNS = 100

# The first table of each step, in the order in which store/schema/ has them.
STEPS = {
    "0001_people_and_firms": ("house", "The house, its people, its firms and their verdicts."),
    "0002_obligations_and_cycles": ("filing", "Obligations, cycles and runs."),
    "0003_money_and_journal": ("plan_line", "Settlement and journal; who comes in."),
}
GUARDS = "0004_guards"

HEAD = '''\
# SPDX-License-Identifier: Apache-2.0
"""{title}"""

from __future__ import annotations

{imports}

revision = "{revision}"
down_revision = {before}
'''

TYPES = {
    "Whole": 'sa.BigInteger().with_variant(sa.Integer(), "sqlite")',
    "Words": 'sa.String().with_variant(sa.String(collation="C"), "postgresql")',
    "LongText": 'sa.Text().with_variant(sa.Text(collation="C"), "postgresql")',
}


def steps() -> dict[str, list[sa.Table]]:
    """The tables of each step: where the schema has them, or later if they refer to later ones."""
    names = list(STEPS)
    first = [list(metadata.tables).index(table) for table, _ in STEPS.values()]
    own = {
        table: sum(place >= start for start in first) - 1
        for place, table in enumerate(metadata.tables)
    }
    found: dict[str, list[sa.Table]] = {name: [] for name in names}
    for table in metadata.sorted_tables:
        ties = [key.column.table.name for key in table.foreign_keys]
        own[table.name] = max([own[table.name], *(own[tie] for tie in ties if tie != table.name)])
        found[names[own[table.name]]].append(table)
    return found


def quoted(text: str) -> str:
    """A Python string in double quotes."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def call(name: str, arguments: Iterable[str], indent: int) -> str:
    """A call on one line if it fits, else packed into as few lines as may be."""
    arguments = list(arguments)
    line = f"{' ' * indent}{name}({', '.join(arguments)})"
    if len(line) < COLUMNS:
        return line
    rows, row = [], ""
    for argument in arguments:
        added = f"{row} {argument}," if row else f"{argument},"
        if row and ("\n" in added or len(added) > COLUMNS - indent - 4):
            rows.append(row)
            added = f"{argument},"
        row = added
    inner = "\n".join(f"{' ' * (indent + 4)}{each}" for each in [*rows, row])
    return f"{' ' * indent}{name}(\n{inner}\n{' ' * indent})"


def long_text(text: str, indent: int) -> str:
    """A string, in pieces where it does not fit into a line."""
    if len(text) + indent < COLUMNS - 14:
        return quoted(text)
    width = COLUMNS - indent - 10
    pieces = textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False)
    lines = [quoted(f"{piece} ") for piece in pieces[:-1]] + [quoted(pieces[-1])]
    return f"\n{' ' * (indent + 4)}".join(lines)


def type_name(kind: sa.types.TypeEngine[object]) -> str:
    """How a column's type is written."""
    if isinstance(kind, sa.BigInteger):
        return "Whole"
    if isinstance(kind, sa.Text):
        return "LongText"
    if isinstance(kind, sa.String):
        return "Words"
    if isinstance(kind, sa.LargeBinary):
        return f"sa.LargeBinary({kind.length})"
    if isinstance(kind, sa.Integer):
        return "sa.Integer()"
    raise TypeError(f"the writer does not know {kind!r}")


def column_text(column: sa.Column[object]) -> str:
    arguments = [quoted(column.name), type_name(column.type)]
    if column.autoincrement is False:
        arguments.append("autoincrement=False")
    arguments.append(f"nullable={column.nullable}")
    if column.server_default is not None:
        arguments.append(f"server_default={quoted(str(column.server_default.arg))}")  # type: ignore
    return call("sa.Column", arguments, 8)


def named(constraint: sa.Constraint | sa.Index) -> str:
    """The name a constraint has by the convention."""
    made = sqlite.dialect().identifier_preparer
    text = (
        made.format_index(constraint)
        if isinstance(constraint, sa.Index)
        else made.format_constraint(constraint)
    )
    name = str(text).strip('"')
    assert len(name) < 64, f"PostgreSQL would cut it, give it a name of its own: {name}"
    return name


def listed(names: Iterable[str], indent: int = 12) -> str:
    said = [quoted(name) for name in names]
    line = f"[{', '.join(said)}]"
    if len(line) + indent < COLUMNS:
        return line
    rows = textwrap.wrap(", ".join(said) + ",", COLUMNS - indent - 4, break_on_hyphens=False)
    inner = "\n".join(f"{' ' * (indent + 4)}{row}" for row in rows)
    return f"[\n{inner}\n{' ' * indent}]"


def constraint_text(constraint: sa.Constraint) -> str:
    name = f"name=op.f({quoted(named(constraint))})"
    if isinstance(constraint, sa.CheckConstraint):
        return call("sa.CheckConstraint", [long_text(str(constraint.sqltext), 12), name], 8)
    if isinstance(constraint, sa.ForeignKeyConstraint):
        there = [element.target_fullname for element in constraint.elements]
        arguments = [listed(constraint.column_keys), listed(there), name]
        return call("sa.ForeignKeyConstraint", arguments, 8)
    kind = type(constraint).__name__
    columns = [quoted(column.name) for column in constraint.columns]  # type: ignore[attr-defined]
    return call(f"sa.{kind}", [*columns, name], 8)


ORDER = [
    sa.PrimaryKeyConstraint, sa.UniqueConstraint, sa.ForeignKeyConstraint, sa.CheckConstraint,
]  # fmt: skip


def table_text(table: sa.Table) -> str:
    """The statements that make a table and its indexes."""
    lines = [column_text(column) for column in table.columns]
    constraints = sorted(
        table.constraints, key=lambda each: (ORDER.index(type(each)), named(each))
    )
    lines += [constraint_text(each) for each in constraints]
    storage = table.dialect_options["postgresql"]["with"]
    if storage:
        lines.append(f"        postgresql_with={storage!r}".replace("'", '"'))
    body = ",\n".join(lines)
    text = f"    op.create_table(\n        {quoted(table.name)},\n{body},\n    )\n"
    for index in sorted(table.indexes, key=named):
        columns = listed(column.name for column in index.columns)
        arguments = [f"op.f({quoted(named(index))})", quoted(table.name), columns]
        if index.unique:
            arguments.append("unique=True")
        for kind in ("sqlite", "postgresql"):
            where = index.dialect_options[kind]["where"]
            if where is not None:
                arguments.append(f"{kind}_where=sa.text({quoted(str(where))})")
        using = index.dialect_options["postgresql"]["using"]
        if using:
            arguments.append(f"postgresql_using={quoted(str(using))}")
        text += call("op.create_index", arguments, 4) + "\n"
    return text


def step_text(name: str, tables: list[sa.Table], before: str | None) -> str:
    body = "".join(table_text(table) for table in tables)
    types = "\n".join(f"{each} = {said}" for each, said in TYPES.items() if each in body)
    head = HEAD.format(
        title=STEPS[name][1], revision=name[:4], before=None if before is None else quoted(before),
        imports="import sqlalchemy as sa\nfrom alembic import op",
    )  # fmt: skip
    return f'{head}\n{types}\n\n\ndef upgrade() -> None:\n    """Make the tables."""\n{body}'


def guards_text() -> str:
    head = HEAD.format(
        title="What the database itself refuses: see store/guards.py.", revision=GUARDS[:4],
        before=quoted(list(STEPS)[-1][:4]),
        imports="from pathlib import Path\n\nfrom alembic import op",
    )  # fmt: skip
    return (
        f'{head}\n\ndef upgrade() -> None:\n    """Make the triggers, as the file beside this has '
        'them, an empty line after each."""\n'
        "    bind = op.get_bind()\n"
        f'    place = Path(__file__).with_name(f"{GUARDS}_{{bind.dialect.name}}.sql")\n'
        '    text = place.read_text("utf-8")\n'
        '    for statement in text.split("\\n\\n")[1:]:\n'
        "        bind.exec_driver_sql(statement)\n"
    )


def sql_text(*, is_sqlite: bool) -> str:
    head = "-- SPDX-License-Identifier: Apache-2.0\n-- See store/guards.py and store/walls.py."
    walls = [] if is_sqlite else wall_statements()
    return "\n\n".join([head, *guard_statements(sqlite=is_sqlite), *walls]) + "\n"


def texts() -> dict[str, str]:
    """Every file of the steps and what stands in it."""
    found, before = {}, None
    for name, tables in steps().items():
        found[f"{name}.py"] = step_text(name, tables, before)
        before = name[:4]
    return found | {
        f"{GUARDS}.py": guards_text(),
        f"{GUARDS}_sqlite.sql": sql_text(is_sqlite=True),
        f"{GUARDS}_postgresql.sql": sql_text(is_sqlite=False),
    }


def stale() -> list[str]:
    """The steps that are not what store/schema/ and guards.py say now."""
    return [
        name
        for name, text in texts().items()
        if not (VERSIONS / name).is_file() or (VERSIONS / name).read_text("utf-8") != text
    ]


def main() -> int:
    if "--check" in sys.argv:
        found = stale()
        for name in found:
            sys.stderr.write(f"{name} is not what store/schema/ and guards.py say: make schema\n")
        return 1 if found else 0
    for path in VERSIONS.glob("*"):
        if re.match(r"000[1-4]_", path.name) and path.name not in texts():
            path.unlink()
    for name, text in texts().items():
        (VERSIONS / name).write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
