# SPDX-License-Identifier: Apache-2.0
"""What the owner of a house's database can do, which the house itself cannot: for attacks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from skontro.store.database import Database, Unit


@contextmanager
def as_owner(database: Database) -> Iterator[Unit]:
    """A unit of work of the database's owner, whom no guard and no foreign key holds back.

    On SQLite the triggers are dropped and made again; PostgreSQL is asked to leave them alone.
    """
    if database.is_sqlite:
        with database.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute("PRAGMA foreign_keys = OFF")
            connection.detach()
            connection = connection.execution_options(skontro_writes=True)
            with connection.begin():
                unit = Unit("owner", connection)
                triggers = unit.all(
                    sa.text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
                )
                for name, _ in triggers:
                    connection.exec_driver_sql(f"DROP TRIGGER {name}")
                yield unit
                for _, text in triggers:
                    connection.exec_driver_sql(text)
        return
    url = database.url.set(username="postgres").render_as_string(hide_password=False)
    own = Database(url.replace("+psycopg", "", 1))
    try:
        with own.unit("owner") as unit:
            unit.run(sa.text("SET LOCAL session_replication_role = replica"))
            yield unit
    finally:
        own.close()
