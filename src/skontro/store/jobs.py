# SPDX-License-Identifier: Apache-2.0
"""Jobs, each taken by one worker at a time.

PostgreSQL hands a row to one worker and lets others pass by it; SQLite has one writer. Whoever has
taken a row holds it until its lease ends, or it ends itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.schema import job


class Lease(NamedTuple):
    """A worker's hold of a row.

    Attributes:
        who: Which worker.
        now: The time.
        until: When others may take it.
    """

    who: str
    now: str
    until: str


def _due(now: str, only: Sequence[str], but: Sequence[str]) -> Any:
    due = sa.or_(
        sa.and_(job.c.state == "waiting", job.c.due_at <= now),
        sa.and_(job.c.state == "running", job.c.lease_until < now),
    )
    if only:
        due = sa.and_(due, job.c.kind.in_(only))
    return sa.and_(due, job.c.kind.not_in(but)) if but else due


def due_jobs(
    unit: Unit, now: str, only: Sequence[str] = (), but: Sequence[str] = ()
) -> bool:
    """Return whether a job could be taken, without writing; of some kinds: see ``take_job``."""
    return unit.first(sa.select(job.c.number).where(_due(now, only, but)).limit(1)) is not None


def take_job(
    unit: Unit, lease: Lease, only: Sequence[str] = (), but: Sequence[str] = ()
) -> Any:
    """Take the job that has been due for longest, or whose worker is gone; None if there is none.

    Args:
        unit: The unit of work.
        lease: The worker's hold.
        only: Only of these kinds; of all if there are none.
        but: Not of these.

    Returns:
        Its row, as it is now.
    """
    number = unit.value(
        sa.select(job.c.number).where(_due(lease.now, only, but))
        .order_by(job.c.due_at, job.c.number).limit(1).with_for_update(skip_locked=True)
    )  # fmt: skip
    if number is None:
        return None
    unit.run(
        sa.update(job).where(job.c.number == number)
        .values(state="running", taken_by=lease.who, lease_until=lease.until, stage="", permille=0,
                began_at=lease.now, attempts=job.c.attempts + 1)
    )  # fmt: skip
    return unit.first(sa.select(job).where(job.c.number == number))


def change_taken(unit: Unit, number: int, who: str, attempt: int, /, **values: Any) -> bool:
    """Change a job that a worker has taken; False if it is no longer theirs."""
    mine = (
        job.c.number == number, job.c.state == "running", job.c.taken_by == who,
        job.c.attempts == attempt,
    )  # fmt: skip
    return unit.run(sa.update(job).where(*mine).values(**values)) == 1


def jobs_by_state(unit: Unit) -> dict[str, int]:
    """Return how many jobs are in each state but ``done``."""
    counted = unit.all(
        sa.select(job.c.state, sa.func.count()).where(job.c.state != "done").group_by(job.c.state)
    )
    return {state: int(many) for state, many in counted}


def last_jobs(
    unit: Unit, *, states: Sequence[str], kinds: Sequence[str], before: int, most: int, by: str = ""
) -> Sequence[Any]:
    """Return jobs, the newest first.

    Args:
        unit: A reading.
        states: In these; in all if there are none.
        kinds: Of these.
        before: With a lower number; 0: from the newest on.
        most: How many at most.
        by: Asked for by this person or key; by anybody if empty.
    """
    wanted: list[Any] = [job.c.kind.in_(kinds)]
    if by:
        wanted.append(job.c.asked_by == by)
    if states:
        wanted.append(job.c.state.in_(states))
    if before:
        wanted.append(job.c.number < before)
    return unit.all(sa.select(job).where(*wanted).order_by(job.c.number.desc()).limit(most))
