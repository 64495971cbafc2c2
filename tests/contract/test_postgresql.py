# SPDX-License-Identifier: Apache-2.0
"""A PostgreSQL server that may lose what it acknowledged is not worked with; roles are told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests import postgres

from skontro.core.errors import Forbidden, Unavailable
from skontro.house.rules_file import example_rules
from skontro.ops.keys import SigningKey
from skontro.store.database import Database
from skontro.store.guards import MAY_CHANGE, MAY_GO
from skontro.store.migrations import make_tables, upgrade
from skontro.store.rows import change
from skontro.store.schema import journal_entry, metadata


@pytest.fixture(scope="module")
def own_server(
    tmp_path_factory: pytest.TempPathFactory, postgres_server: postgres.Server
) -> Iterator[postgres.Server]:
    """A server that this test may start as it likes, without checksums."""
    folder = postgres_server.folder.with_name(f"{postgres_server.folder.name}-{os.getpid()}")
    server = postgres.Server(folder, checksums=False)
    with server:
        yield server


@pytest.mark.parametrize(
    ("setting", "value"),
    [("fsync", "off"), ("full_page_writes", "off"), ("synchronous_commit", "off")],
)
def test_an_unsafe_server_is_refused(
    own_server: postgres.Server, setting: str, value: str
) -> None:
    own_server.stop()
    own_server.start(**{setting: value})
    database = Database(own_server.url("postgres"))
    with pytest.raises(Unavailable, match=f"{setting} = {value}") as refused, database.read():
        pass
    assert refused.value.code == "UnsafeStore"
    assert setting in refused.value.next_step
    own_server.stop()
    own_server.start()
    with database.read():
        pass
    database.close()


def test_an_unsafe_role_or_database_is_refused(own_server: postgres.Server) -> None:
    """A setting of the role or of the database counts as well as the server's own."""
    own_server.run("CREATE ROLE hasty LOGIN", "ALTER ROLE hasty SET synchronous_commit TO off")
    own_server.run("CREATE DATABASE latin TEMPLATE template0 ENCODING 'LATIN1'")
    for url, said in (
        (own_server.url("postgres", "hasty"), "synchronous_commit = off"),
        (own_server.url("latin"), "server_encoding = LATIN1"),
    ):
        database = Database(url)
        with pytest.raises(Unavailable, match=said), database.read():
            pass
        database.close()


def test_what_its_operator_should_know(
    own_server: postgres.Server, postgres_server: postgres.Server, postgres_url: str
) -> None:
    """No checksums and a role that owns the tables are said; a house as it should be is quiet."""
    own = Database(own_server.url("postgres"))
    upgrade(own)
    assert len(own.concerns()) == 2
    assert "checksums" in own.concerns()[0]
    assert "owns its tables" in own.concerns()[1]
    own.close()
    assert Database(postgres_url).concerns() == []


def test_the_houses_role_has_what_it_needs_and_no_more(
    postgres_server: postgres.Server, postgres_url: str
) -> None:
    """Every right of the role, as the server sees it, is one of the lists in guards.py."""
    with psycopg.connect(postgres_url) as connection:
        tables = connection.execute(
            "SELECT table_name, privilege_type FROM information_schema.role_table_grants "
            "WHERE grantee = current_user"
        ).fetchall()
        columns = connection.execute(
            "SELECT table_name, column_name FROM information_schema.role_column_grants "
            "WHERE grantee = current_user AND privilege_type = 'UPDATE'"
        ).fetchall()
        other = connection.execute(
            "SELECT has_schema_privilege('public', 'CREATE'), rolsuper, rolcreatedb, "
            "rolcreaterole, rolbypassrls, rolreplication, "
            "has_database_privilege(current_database(), 'CREATE') "
            "FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
    wanted = {(name, right) for name in metadata.tables for right in ("SELECT", "INSERT")}
    wanted |= {(name, "DELETE") for name in MAY_GO} | {("alembic_version", "SELECT")}
    assert set(tables) == wanted
    assert set(columns) == {(name, each) for name, given in MAY_CHANGE.items() for each in given}
    assert other == (False,) * 7


def test_the_roles_as_documented(
    own_server: postgres.Server, root: Path, tmp_path: Path
) -> None:
    """Roles and database as docs/postgresql.md has them, then its two commands: the house opens,
    with a role that owns nothing, and its operator is told what is amiss with this server."""
    page = (root / "docs" / "postgresql.md").read_text("utf-8")
    statements = page.split("```sql\n")[1].split("```")[0].split(";\n")
    own_server.run(*(each for each in statements if each.strip()))
    typed = page.split("```console\n")[1].split("```")[0].splitlines()
    urls = {
        f"postgresql://{role}@db.example/house": own_server.url("house", role)
        for role in ("skontro_owner", "skontro_app")
    }
    keys = {name: SigningKey.new().public_key for name in ("P1", "P2")}
    (tmp_path / "house.toml").write_text(example_rules(), "utf-8")
    said = []
    for line in typed:
        words = [urls.get(word, word) for word in line.split() if word != "..."]
        if "init" in words:
            words += [word for name in keys for word in ("--key", f"{name}={keys[name]}")]
        done = subprocess.run(
            [sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True,
            env=os.environ | {"SKONTRO_HOUSE_PASSPHRASE": "for a test and for nothing else",
                              "PYTHONPATH": str(root / "src")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert "0001" in said[0]
    assert "CAUTION: the server keeps no checksums" in said[1]
    assert "owns its tables" not in said[1]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE journal_entry DISABLE TRIGGER ALL",
        "DROP TRIGGER journal_entry_is_kept ON journal_entry",
        "ALTER TABLE approval DROP CONSTRAINT ck_approval_two_people",
        "DROP TABLE posting",
        "TRUNCATE journal_entry CASCADE",
        "DELETE FROM verdict",
        "UPDATE journal_entry SET content = ''",
        "UPDATE approval SET checker = maker",
        "SET session_replication_role = replica",
        "CREATE TABLE extra (id int)",
        "CREATE OR REPLACE FUNCTION skontro_refuse() RETURNS trigger LANGUAGE plpgsql "
        "AS $$ BEGIN RETURN NEW; END $$",
        "UPDATE alembic_version SET version_num = '0000'",
        "SET ROLE skontro_owner",
        "COPY journal_entry TO PROGRAM 'cat'",
    ],
)
def test_the_houses_role_cannot_take_its_guards_off(postgres_url: str, statement: str) -> None:
    with (
        psycopg.connect(postgres_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_no_table_of_its_own_stands_in_for_the_houses(postgres_url: str) -> None:
    """A temporary table named like one of the house's does not fool a guard: the empty ``act``
    of the session is not asked whether there is an act to approve."""
    with psycopg.connect(postgres_url) as connection:
        connection.execute(
            "CREATE TEMPORARY TABLE journal_entry (number bigint, hash text, postings int)"
        )
        with pytest.raises(psycopg.errors.IntegrityError, match="entries follow each other"):
            connection.execute(
                "INSERT INTO public.journal_entry (number, kind, content, business_day, at, "
                "postings, postings_digest, previous_hash, hash) "
                "VALUES (5, 'x', '', '', '', 0, '', '', '')"
            )


def test_the_houses_role_makes_no_tables(postgres_server: postgres.Server) -> None:
    """Where the owner has not made them, opening a house says so and points to the page."""
    name = postgres.make_database(postgres_server)
    database = Database(postgres_server.url(name, postgres.APPLICATION))
    with pytest.raises(Forbidden, match="does not let the house's role") as refused:
        make_tables(database)
    assert refused.value.code == "RoleMayNot"
    assert "docs/postgresql.md" in refused.value.next_step
    database.close()
    postgres.drop_database(postgres_server, name)


def test_a_refused_right_is_said_clearly(postgres_url: str) -> None:
    database = Database(postgres_url)
    with (
        pytest.raises(Forbidden, match="does not let the house's role") as refused,
        database.unit("attack") as unit,
    ):
        change(unit, journal_entry, {}, content="")
    assert refused.value.code == "RoleMayNot"
