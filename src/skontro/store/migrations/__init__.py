# SPDX-License-Identifier: Apache-2.0
"""Making a house's tables, and bringing those of an earlier release up to date.

Each file of ``versions/`` is one step, written out in full, so that it does the same in ten years
whatever ``store/schema/`` says then. All pending steps are one unit of work on both databases: a
process that dies half-way leaves the tables as they were, and of two that upgrade at the same
instant one waits and finds nothing left to do.

Until the first release the steps 0001 to 0004 are edited rather than followed by others: after a
change of ``store/schema/`` or ``guards.py``, ``make schema`` writes them anew from these, and
``make schema-check`` says whether they agree. After a release its steps are never touched again:
``make schema`` goes, and a new step ``0005_*.py`` is written by hand (in batch mode, which SQLite
needs: ``with op.batch_alter_table(...)``). A table that is altered in batch loses its triggers on
SQLite: the step makes those anew, and the test of the schema notices where it does not.
"""

from __future__ import annotations

from importlib import resources

import sqlalchemy as sa

from skontro.core.errors import Conflict
from skontro.house.reach import WHOLE
from skontro.store.database import Database, Unit, failpoint
from skontro.store.guards import grants
from skontro.store.schema import metadata


def known_versions() -> list[str]:
    """Return the versions of the tables this release knows, in order; the last is its own.

    Example:
        >>> known_versions()[0]
        '0001'
    """
    folder = resources.files(__name__) / "versions"
    names = sorted(each.name for each in folder.iterdir() if each.name.endswith(".py"))
    return [name.split("_", 1)[0] for name in names]


def make_tables(database: Database) -> None:
    """Make every table of a new house, with what they refuse; harmless where they are there.

    Args:
        database: Where.

    Raises:
        Conflict: They are there, of a later release.
    """
    upgrade(database)


def upgrade(
    database: Database, *, application: str | None = None, to: str | None = None
) -> list[str]:
    """Bring a house's tables up to this release; safe to repeat, and to be killed half-way.

    On PostgreSQL it runs as the role that owns the tables, or that is to own them.

    Args:
        database: The house's database.
        application: The role the house works with, if it is not the owner: it is given exactly
            the rights it needs. Roles that have them keep them without being named again.
        to: The version to stop at; this release's own if not given.

    Returns:
        The versions that were put in, in order; none if there was nothing to do.

    Raises:
        Conflict: The tables are of a later release (``SchemaNewer``).
        Unavailable: The database cannot be reached or is busy.
    """
    with database.read() as unit:
        pending = _pending(unit)
    if not pending and application is None:
        return []
    with (
        database.reaching(WHOLE),
        database.unit("tables.upgrade", of_tables=True) as unit,
    ):
        pending = _pending(unit)
        if pending:
            _run(unit, to or "head")
        if not unit.is_sqlite and to is None:
            roles = _roles(unit) if application is None else [application]
            for role in roles:
                _grant(unit, role)
    return pending if to is None else [each for each in pending if each <= to]


def check_version(database: Database) -> None:
    """Refuse to work with tables of another release.

    Raises:
        Conflict: They are newer (``SchemaNewer``) or older (``SchemaOlder``), or there are none
            (``NoTables``).
    """
    with database.read() as unit:
        pending = _pending(unit)
        if not pending:
            return
        if _version(unit) is None:
            raise Conflict("no house was opened in this database", code="NoTables",
                           next_step="open one with: skontro init")  # fmt: skip
    raise Conflict(
        f"the tables of this house are of an earlier release: {', '.join(pending)} to come",
        code="SchemaOlder",
        next_step="make a backup, then: skontro upgrade",
    )


def _version(unit: Unit) -> str | None:
    """Which version the tables are, or None where there are none."""
    if not sa.inspect(unit.connection).has_table("alembic_version"):
        return None
    found = unit.value(sa.text("SELECT version_num FROM alembic_version"))
    return None if found is None else str(found)


def _pending(unit: Unit) -> list[str]:
    """Return the versions still to be put in."""
    known, version = known_versions(), _version(unit)
    if version is None:
        return known
    if version not in known:
        raise Conflict(
            f"the tables of this house are of a later release: {version}, where this one knows "
            f"{known[0]} to {known[-1]}",
            code="SchemaNewer",
            next_step="work with the release that made them, or a later one",
        )
    return known[known.index(version) + 1 :]


def _run(unit: Unit, to: str) -> None:
    """Put the pending versions in, within the unit."""
    from alembic import command
    from alembic.config import Config

    if not unit.is_sqlite:
        schema = unit.value(sa.select(sa.func.quote_ident(sa.func.current_schema())))
        unit.run(sa.text(f"SET LOCAL search_path TO {schema}, pg_temp"))
    config = Config()
    config.set_main_option("script_location", "skontro.store:migrations")
    config.attributes["connection"] = unit.connection
    config.attributes["put_in"] = lambda version: failpoint(f"tables.upgrade.{version}")
    command.upgrade(config, to)


def _roles(unit: Unit) -> list[str]:
    """Return the roles that work with the tables without owning them."""
    statement = sa.text(
        "SELECT DISTINCT grantee FROM information_schema.role_table_grants "
        "WHERE table_schema = current_schema() AND table_name = 'journal_entry' "
        "AND privilege_type = 'INSERT' AND grantee <> current_user ORDER BY grantee"
    )
    return [role for (role,) in unit.all(statement)]


def _grant(unit: Unit, role: str) -> None:
    """Give a role what it needs of the tables."""
    quoted, schema = unit.all(
        sa.select(sa.func.quote_ident(role), sa.func.quote_ident(sa.func.current_schema()))
    )[0]
    for statement in grants(metadata.tables, quoted):
        unit.run(sa.text(statement.format(schema=schema)))
