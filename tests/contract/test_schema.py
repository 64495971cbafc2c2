# SPDX-License-Identifier: Apache-2.0
"""The migrations make exactly what store/schema/ and guards.py say, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from tests import migration_writer, postgres, tables_page

from skontro.store.database import Database
from skontro.store.guards import FIRST, MAY_CHANGE, MAY_GO, MOVES, guard_statements
from skontro.store.migrations import known_versions, upgrade
from skontro.store.schema import metadata
from skontro.store.walls import wall_statements

# What a database says it holds, in its own words: one row a thing, name first.
OF_SQLITE = "SELECT type || ' ' || name, sql FROM sqlite_master WHERE sql IS NOT NULL"
OF_POSTGRESQL = """
SELECT 'column ' || table_name || '.' || column_name,
  concat_ws(' ', data_type, is_nullable, column_default, collation_name, is_identity)
FROM information_schema.columns WHERE table_schema = 'public'
UNION ALL SELECT 'constraint ' || conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND contype <> 'n'
UNION ALL SELECT 'index ' || indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
UNION ALL SELECT 'trigger ' || tgrelid::regclass || '.' || tgname, pg_get_triggerdef(oid)
FROM pg_trigger WHERE NOT tgisinternal
UNION ALL SELECT 'function ' || proname, pg_get_functiondef(oid)
FROM pg_proc WHERE pronamespace = 'public'::regnamespace
UNION ALL SELECT 'wall ' || relname, concat(relrowsecurity, relforcerowsecurity)
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
UNION ALL SELECT 'policy ' || tablename || '.' || policyname, concat_ws(' ', cmd, qual, with_check)
FROM pg_policies WHERE schemaname = 'public'
UNION ALL SELECT 'sequence ' || sequencename, data_type::text
FROM pg_sequences WHERE schemaname = 'public'
"""


@pytest.fixture(params=["sqlite", "postgresql"])
def two_databases(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[tuple[Database, Database]]:
    """Two empty databases of one kind, worked with by their owner."""
    if request.param == "sqlite":
        yield Database(f"sqlite:///{tmp_path / 'a.db'}"), Database(f"sqlite:///{tmp_path / 'b.db'}")
        return
    server: postgres.Server = request.getfixturevalue("postgres_server")
    names = [postgres.make_database(server), postgres.make_database(server)]
    first, second = (Database(server.url(name, postgres.OWNER)) for name in names)
    yield first, second
    for database, name in zip((first, second), names, strict=True):
        database.close()
        postgres.drop_database(server, name)


def without_comments() -> sa.MetaData:
    """The tables of store/schema/; what they are for is said there and in docs/tables.md alone."""
    bare = sa.MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        made = table.to_metadata(bare)
        made.comment = None
        for column in made.columns:
            column.comment = None
    return bare


def described(database: Database) -> dict[str, str]:
    """Everything a database holds but Alembic's own table, spaces apart."""
    with database.read() as unit:
        rows = unit.all(sa.text(OF_SQLITE if unit.is_sqlite else OF_POSTGRESQL))
    return {name: in_order(str(text)) for name, text in rows if "alembic_version" not in name}


def in_order(text: str) -> str:
    """A statement on one line, the constraints of a table by name: their order is no matter."""
    text = " ".join(text.split())
    if not text.startswith("CREATE TABLE"):
        return text
    head, *parts = text.removesuffix(")").replace(", CONSTRAINT", "\nCONSTRAINT").split("\n")
    return "\n".join([head.strip(), *sorted(part.strip() for part in parts)])


def test_migrations_make_what_the_schema_says(two_databases: tuple[Database, Database]) -> None:
    """One database by the migrations, one from store/schema/ and guards.py: nothing differs.

    Columns, types, collations, constraints of every kind, indexes, triggers, functions: compared
    as the database itself describes them; and Alembic finds nothing to do.
    """
    migrated, made = two_databases
    assert upgrade(migrated) == known_versions()
    with made.unit("tables.make", of_tables=True) as unit:
        without_comments().create_all(unit.connection)
        if not unit.is_sqlite:
            unit.run(sa.text("SET LOCAL search_path TO public, pg_temp"))
        walls = [] if unit.is_sqlite else wall_statements()
        for statement in [*guard_statements(sqlite=unit.is_sqlite), *walls]:
            unit.connection.exec_driver_sql(statement)
    found, wanted = described(migrated), described(made)
    assert sorted(found) == sorted(wanted)
    assert {name: text for name, text in found.items() if text != wanted[name]} == {}
    with migrated.read() as unit:
        context = MigrationContext.configure(unit.connection, opts={"compare_type": True})
        assert compare_metadata(context, without_comments()) == []


def test_the_steps_are_what_the_writer_writes() -> None:
    assert migration_writer.stale() == [], "run: make schema"


def test_the_page_of_tables_is_what_they_are() -> None:
    assert tables_page.PAGE.read_text("utf-8") == tables_page.page_text(), "run: make tables"


def test_every_table_and_column_says_what_it_is() -> None:
    for table in metadata.tables.values():
        assert table.comment, table.name
        for column in table.columns:
            assert column.comment, f"{table.name}.{column.name}"


def test_every_text_is_sorted_by_its_bytes(two_databases: tuple[Database, Database]) -> None:
    """On PostgreSQL every text column has the collation C, whatever the database's own is."""
    database, _ = two_databases
    upgrade(database)
    with database.read() as unit:
        if unit.is_sqlite:
            texts = unit.all(sa.text("SELECT sql FROM sqlite_master WHERE sql LIKE '%COLLATE%'"))
            assert texts == []
        else:
            names = unit.all(
                sa.text(
                    "SELECT DISTINCT collation_name FROM information_schema.columns "
                    "WHERE table_schema = 'public' AND data_type IN ('text', 'character varying') "
                    "AND table_name <> 'alembic_version'"
                )
            )
            assert names == [("C",)]


def test_what_may_change_is_there() -> None:
    """What guards.py names are tables, columns and states that store/schema/ has."""
    for table, columns in MAY_CHANGE.items():
        assert set(columns) <= set(metadata.tables[table].columns.keys()), table
    assert set(MAY_GO) <= set(metadata.tables)
    for table in {*MOVES, *FIRST}:
        known = [
            str(each.sqltext)
            for each in metadata.tables[table].constraints
            if isinstance(each, sa.CheckConstraint) and str(each.name).endswith("state_known")
        ]
        states = {*FIRST.get(table, ()), *(one for pair in MOVES.get(table, ()) for one in pair)}
        for state in states if known else ():
            assert f"'{state}'" in known[0], (table, state)
