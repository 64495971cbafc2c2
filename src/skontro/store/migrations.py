# SPDX-License-Identifier: Apache-2.0
"""Making a house's tables, and bringing those of an earlier release up to date."""

from __future__ import annotations

import sqlalchemy as sa

from skontro.store.database import Database
from skontro.store.schema import NEVER_CHANGED, metadata


def make_tables(database: Database) -> None:
    """Make every table of a new house, and the triggers that keep rows as they are."""
    with database.unit("tables.make") as unit:
        metadata.create_all(unit.connection)
        for name in NEVER_CHANGED:
            for statement in _guards(name, sqlite=unit.is_sqlite):
                unit.run(sa.text(statement))


def _guards(name: str, *, sqlite: bool) -> list[str]:
    """Statements that make triggers refusing every change of a table's rows."""
    if sqlite:
        return [
            f"CREATE TRIGGER keep_{name}_{event.lower()} BEFORE {event} ON {name} "
            f"BEGIN SELECT RAISE(ABORT, '{name}: rows are never changed'); END"
            for event in ("UPDATE", "DELETE")
        ]
    return [
        f"CREATE FUNCTION keep_{name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{name}: rows are never changed'; END $$",
        f"CREATE TRIGGER keep_{name} BEFORE UPDATE OR DELETE OR TRUNCATE ON {name} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION keep_{name}()",
    ]
