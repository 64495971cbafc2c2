# SPDX-License-Identifier: Apache-2.0
"""Sessions, keys of programs and requests, as they are asked for with every request."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

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


class Done(NamedTuple):
    """What came of a request.

    Attributes:
        digest: Of what was asked.
        status: Of the answer.
        answer: The answer, JSON.
    """

    digest: str
    status: int
    answer: str


def hold_request(unit: Unit, caller: str, request: str) -> tuple[bool, Done | None]:
    """Hold the id of a request until the unit ends, and look what came of it, in one go.

    SQLite has one writer, and one process: who else asks is known there.

    Returns:
        Whether it is held, or somebody else holds it now; and what came of it, or None if it has
        had no effect.
    """
    if unit.is_sqlite:
        row = _DONE.first(unit, caller=caller, request=request)
        return True, None if row is None else Done(*row)
    text = f"request\x1f{caller}\x1f{request}".encode()
    key = int.from_bytes(hashlib.sha256(text).digest()[:8], "big", signed=True)
    driver: Any = unit.connection.connection.driver_connection
    held, *found = driver.execute(_HELD, [key, caller, request]).fetchone()
    return bool(held), None if found[0] is None else Done(*found)


_HELD = (
    "SELECT held, digest, status, answer "
    "FROM (SELECT pg_try_advisory_xact_lock(%s) AS held) AS lock "
    "LEFT JOIN LATERAL (SELECT digest, status, answer FROM request_done "
    "WHERE lock.held AND caller = %s AND request = %s) AS known ON true"
)
"""The lock first, and what is there after it.

Both are seen as of the statement's beginning: what another unit ended between that and the lock is
found by the key of the row, when this one is written, and the whole is done again.
"""


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
