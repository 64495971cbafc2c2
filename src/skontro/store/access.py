# SPDX-License-Identifier: Apache-2.0
"""Sessions, keys of programs and requests, as they are asked for with every request."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.prepared import Prepared
from skontro.store.schema import (
    audit_entry,
    participant,
    person,
    person_role,
    program_key,
    request_done,
    session,
)

_SESSION = Prepared(
    sa.select(
        session.c.person, session.c.began_at, session.c.seen_at, session.c.ends_at,
        session.c.ended_at, person.c.state, person.c.public_key, person_role.c.role,
        person_role.c.firm, person_role.c.sides, person_role.c.from_day, person_role.c.until_day,
    )
    .select_from(
        session.join(person, person.c.id == session.c.person)
        .outerjoin(person_role, person_role.c.person == session.c.person)
    )
    .where(session.c.token == sa.bindparam("token"))
    .order_by(person_role.c.role)
)  # fmt: skip

_KEY = Prepared(
    sa.select(
        program_key.c.id, program_key.c.secret, program_key.c.role, program_key.c.firm,
        program_key.c.ends_at, program_key.c.ended_at, participant.c.state,
    )
    .select_from(
        program_key.outerjoin(participant, participant.c.id == program_key.c.firm)
    )
    .where(program_key.c.id == sa.bindparam("id"))
)  # fmt: skip

_DONE = Prepared(
    sa.select(request_done.c.digest, request_done.c.status, request_done.c.answer).where(
        request_done.c.caller == sa.bindparam("caller"),
        request_done.c.request == sa.bindparam("request"),
    )
)


def session_rows(unit: Unit, token: str) -> list[Any]:
    """Return a session with its person and their roles: a row for each role, none if unknown."""
    return _SESSION.rows(unit, token=token)


def key_row(unit: Unit, key: str) -> Any:
    """Return a key of a program with the state of its firm, or None."""
    return _KEY.first(unit, id=key)


def hold_request(unit: Unit, caller: str, request: str) -> bool:
    """Hold the id of a request until the unit ends; False if somebody else holds it now.

    SQLite has one writer, and one process: who else asks is known there.
    """
    if unit.is_sqlite:
        return True
    text = f"request\x1f{caller}\x1f{request}".encode()
    key = int.from_bytes(hashlib.sha256(text).digest()[:8], "big", signed=True)
    driver: Any = unit.connection.connection.driver_connection
    row = driver.execute("SELECT pg_try_advisory_xact_lock(%s)", [key]).fetchone()
    return bool(row[0])


def done_request(unit: Unit, caller: str, request: str) -> Any:
    """Return what came of a request, or None if it has had no effect."""
    return _DONE.first(unit, caller=caller, request=request)


def audit_rows(
    unit: Unit, after: int, most: int, caller: str, outcome: str, days: tuple[str, str]
) -> Sequence[Any]:
    """Return entries of the audit log, the oldest first."""
    columns = audit_entry.c
    wanted = [columns.number > after]
    if caller:
        wanted.append(columns.caller == caller)
    if outcome:
        wanted.append(columns.outcome == outcome)
    if days[0]:
        wanted.append(columns.at >= days[0])
    if days[1]:
        wanted.append(columns.at <= days[1] + "T99")
    return unit.all(
        sa.select(audit_entry).where(*wanted).order_by(columns.number).limit(most)
    )
