# SPDX-License-Identifier: Apache-2.0
"""Work that is taken out of a table: jobs and deliveries, each by one worker at a time.

PostgreSQL hands a row to one worker and lets others pass by it; SQLite has one writer. Whoever has
taken a row holds it until its lease ends, or it ends itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.schema import delivery, job, outbox, webhook


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


def _due(now: str) -> Any:
    return sa.or_(
        sa.and_(job.c.state == "waiting", job.c.due_at <= now),
        sa.and_(job.c.state == "running", job.c.lease_until < now),
    )


def due_jobs(unit: Unit, now: str) -> bool:
    """Return whether a job could be taken, without writing."""
    return unit.first(sa.select(job.c.number).where(_due(now)).limit(1)) is not None


def take_job(unit: Unit, lease: Lease) -> Any:
    """Take the job that has been due for longest, or whose worker is gone; None if there is none.

    Returns:
        Its row, as it is now.
    """
    number = unit.value(
        sa.select(job.c.number).where(_due(lease.now)).order_by(job.c.due_at, job.c.number)
        .limit(1).with_for_update(skip_locked=True)
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
    unit: Unit, *, states: Sequence[str], kinds: Sequence[str], before: int, most: int
) -> Sequence[Any]:
    """Return jobs, the newest first.

    Args:
        unit: A reading.
        states: In these; in all if there are none.
        kinds: Of these.
        before: With a lower number; 0: from the newest on.
        most: How many at most.
    """
    wanted: list[Any] = [job.c.kind.in_(kinds)]
    if states:
        wanted.append(job.c.state.in_(states))
    if before:
        wanted.append(job.c.number < before)
    return unit.all(sa.select(job).where(*wanted).order_by(job.c.number.desc()).limit(most))


# ---- events --------------------------------------------------------------------------------------


def waiting_events(unit: Unit, most: int) -> Sequence[Any]:
    """Take the oldest events whose deliveries were not written yet."""
    return unit.all(
        sa.select(outbox).where(outbox.c.handled_at == "").order_by(outbox.c.number).limit(most)
        .with_for_update(skip_locked=True)
    )  # fmt: skip


def is_event_waiting(unit: Unit) -> bool:
    """Return whether an event's deliveries were not written yet, without writing."""
    return bool(oldest_event(unit))


def mark_handled(unit: Unit, numbers: Sequence[int], at: str) -> None:
    """Write down that the deliveries of events were written."""
    unit.run(sa.update(outbox).where(outbox.c.number.in_(numbers)).values(handled_at=at))


def drop_events(unit: Unit, before: str) -> int:
    """Delete events that were handled before a time; return how many there were."""
    return unit.run(
        sa.delete(outbox).where(outbox.c.handled_at != "", outbox.c.handled_at < before)
    )


def oldest_event(unit: Unit) -> str:
    """Return when the oldest event happened that waits; empty if none does."""
    return str(unit.value(
        sa.select(outbox.c.at).where(outbox.c.handled_at == "").order_by(outbox.c.number).limit(1)
    ) or "")  # fmt: skip


# ---- deliveries ----------------------------------------------------------------------------------


def _to_send(now: str) -> Any:
    return (
        delivery.c.state == "waiting", delivery.c.due_at <= now, delivery.c.lease_until < now,
        webhook.c.number == delivery.c.webhook, webhook.c.paused_at == "",
        webhook.c.ended_at == "",
    )  # fmt: skip


def is_delivery_due(unit: Unit, now: str) -> bool:
    """Return whether a delivery could be tried, without writing."""
    return unit.first(sa.select(delivery.c.number).where(*_to_send(now)).limit(1)) is not None


def take_deliveries(unit: Unit, lease: Lease, most: int) -> Sequence[Any]:
    """Take deliveries that are due, each with its webhook's address and secret."""
    numbers = [row[0] for row in unit.all(
        sa.select(delivery.c.number).where(*_to_send(lease.now))
        .order_by(delivery.c.due_at, delivery.c.number).limit(most)
        .with_for_update(skip_locked=True, of=delivery)
    )]  # fmt: skip
    if not numbers:
        return []
    unit.run(
        sa.update(delivery).where(delivery.c.number.in_(numbers))
        .values(taken_by=lease.who, lease_until=lease.until, attempts=delivery.c.attempts + 1)
    )  # fmt: skip
    return unit.all(
        sa.select(delivery, webhook.c.url, webhook.c.secret, webhook.c.firm)
        .where(delivery.c.number.in_(numbers), webhook.c.number == delivery.c.webhook)
        .order_by(delivery.c.number)
    )  # fmt: skip


def deliveries_by_state(unit: Unit) -> dict[str, int]:
    """Return how many deliveries are in each state but ``delivered``."""
    counted = unit.all(
        sa.select(delivery.c.state, sa.func.count()).where(delivery.c.state != "delivered")
        .group_by(delivery.c.state)
    )  # fmt: skip
    return {state: int(many) for state, many in counted}
