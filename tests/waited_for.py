# SPDX-License-Identifier: Apache-2.0
"""What a house on PostgreSQL waits for, row by row: for tests that end because nothing goes on."""

from __future__ import annotations

import json
from typing import Any

import psycopg
from psycopg.rows import dict_row
from tests.postgres import tell

MOST = 12
"""How many rows of a kind are shown."""

_JOBS = "number, kind, subject, state, stage, permille, attempts, taken_by, "
_JOBS += "lease_until, due_at, code, message"
_LOOKED_AT = {
    "jobs that have not ended": f"SELECT {_JOBS} FROM job WHERE state <> 'done'",
    "events without deliveries": "SELECT number, kind, at FROM outbox WHERE handled_at = ''",
    "deliveries that wait": "SELECT number, webhook, kind, state, attempts, taken_by, lease_until, "
    "due_at FROM delivery WHERE state <> 'delivered'",
    "cycles": "SELECT id, state, paused FROM cycle ORDER BY number DESC",
    "acts that wait": "SELECT id, kind, state FROM act WHERE state NOT IN ('done', 'refused')",
    "last requests that were answered": "SELECT caller, request, status, at FROM request_done "
    "ORDER BY at DESC",
    "who is connected": "SELECT pid, state, wait_event_type, wait_event, "
    "pg_blocking_pids(pid)::text AS waits_for, (now() - xact_start)::text AS since, "
    "left(query, 160) AS query FROM pg_stat_activity "
    "WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() ORDER BY xact_start",
    "requests and other names that are held": "SELECT pid, granted, count(*) FROM pg_locks "
    "WHERE locktype = 'advisory' GROUP BY pid, granted",
}  # fmt: skip


def waited_for(url: str) -> str:
    """Say what a house waits for: jobs, events, deliveries, requests in flight, cycles, locks.

    Args:
        url: Of its database, for the role that may see all of it.
    """
    said = list[str]()
    try:
        with psycopg.connect(url, connect_timeout=5, row_factory=dict_row) as connection:
            tell(connection)
            for what, statement in _LOOKED_AT.items():
                rows: list[Any] = connection.execute(statement.encode()).fetchall()
                said.append(f"{what}: {len(rows)}")
                said += [f"    {json.dumps(row, default=str)}" for row in rows[:MOST]]
    except psycopg.Error as error:
        said.append(f"the database does not say: {error}")
    return "\n".join(said)
