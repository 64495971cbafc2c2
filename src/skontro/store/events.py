# SPDX-License-Identifier: Apache-2.0
"""Events that wait to be told, what they are about, and their deliveries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.jobs import Lease
from skontro.store.schema import (
    cycle_member,
    delivery,
    discharge,
    obligation,
    outbox,
    participant,
    pay_in,
    webhook,
)


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


# ---- what they are about -------------------------------------------------------------------------

_MOST_NAMED = 1000


def live_webhooks(unit: Unit) -> Sequence[Any]:
    """Return the webhooks that are not ended, each with the number of its participant."""
    return unit.all(
        sa.select(webhook, participant.c.number.label("firm_number"))
        .where(webhook.c.ended_at == "", participant.c.id == webhook.c.firm)
        .order_by(webhook.c.number)
    )


_ABOUT = (
    obligation.c.number, obligation.c.debtor, obligation.c.creditor, obligation.c.currency,
    obligation.c.amount_minor,
)  # fmt: skip


def _of_firms(firms: Sequence[int]) -> Any:
    return sa.or_(obligation.c.debtor.in_(firms), obligation.c.creditor.in_(firms))


def obligations_of(unit: Unit, numbers: Sequence[int], firms: Sequence[int]) -> Sequence[Any]:
    """Return those of some obligations that some firms owe or are owed."""
    found = list[Any]()
    for start in range(0, len(numbers), _MOST_NAMED):
        some = numbers[start : start + _MOST_NAMED]
        found += unit.all(
            sa.select(*_ABOUT).where(obligation.c.number.in_(some), _of_firms(firms))
            .order_by(obligation.c.number)
        )  # fmt: skip
    return found


def discharged_of(unit: Unit, run: int, firms: Sequence[int]) -> Sequence[Any]:
    """Return what a final run set off of what some firms owe or are owed."""
    return unit.all(
        sa.select(*_ABOUT, discharge.c.before_minor, discharge.c.set_off_minor)
        .where(discharge.c.run == run, discharge.c.set_off_minor > 0,
               obligation.c.number == discharge.c.obligation, _of_firms(firms))
        .order_by(obligation.c.number)
    )  # fmt: skip


def firms_in(unit: Unit, cycle: str, firms: Sequence[int]) -> set[int]:
    """Return which of some firms owe or are owed something in a cycle."""
    rows = unit.all(
        sa.select(obligation.c.debtor, obligation.c.creditor).distinct()
        .where(cycle_member.c.cycle == cycle, cycle_member.c.left_why.is_(None),
               obligation.c.number == cycle_member.c.obligation, _of_firms(firms))
    )  # fmt: skip
    return {firm for row in rows for firm in row} & set(firms)


def called_of(unit: Unit, cycle: str, firms: Sequence[int]) -> Sequence[Any]:
    """Return what was called of some firms in a cycle."""
    return unit.all(
        sa.select(pay_in).where(pay_in.c.cycle == cycle, pay_in.c.participant.in_(firms))
        .order_by(pay_in.c.id)
    )


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


def take_deliveries(unit: Unit, lease: Lease, most: int, each: int) -> Sequence[Any]:
    """Take deliveries that are due, each with its webhook's address.

    Args:
        unit: The unit of work.
        lease: The worker's hold.
        most: How many at most.
        each: How many at most are under way to the webhooks of one firm, whoever took them: slow
            ones leave room for those of others.
    """
    hooks = unit.all(
        sa.select(delivery.c.webhook, webhook.c.firm).where(*_to_send(lease.now))
        .group_by(delivery.c.webhook, webhook.c.firm).order_by(sa.func.min(delivery.c.due_at))
    )  # fmt: skip
    room = {
        firm: each - int(many) for firm, many in unit.all(
            sa.select(webhook.c.firm, sa.func.count()).group_by(webhook.c.firm).where(
                delivery.c.state == "waiting", delivery.c.lease_until >= lease.now,
                webhook.c.number == delivery.c.webhook,
            )
        )
    }  # fmt: skip
    numbers = list[int]()
    for hook, firm in hooks:
        most_now = min(room.get(firm, each), most - len(numbers))
        if most_now <= 0:
            continue
        found = [row[0] for row in unit.all(
            sa.select(delivery.c.number).where(*_to_send(lease.now), delivery.c.webhook == hook)
            .order_by(delivery.c.due_at, delivery.c.number).limit(most_now)
            .with_for_update(skip_locked=True, of=delivery)
        )]  # fmt: skip
        room[firm] = room.get(firm, each) - len(found)
        numbers += found
    if not numbers:
        return []
    unit.run(
        sa.update(delivery).where(delivery.c.number.in_(numbers))
        .values(taken_by=lease.who, lease_until=lease.until, attempts=delivery.c.attempts + 1)
    )  # fmt: skip
    return unit.all(
        sa.select(delivery, webhook.c.url, webhook.c.secret, webhook.c.made_at.label("hook_at"))
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


def deliveries_left(unit: Unit, hooks: Sequence[int]) -> Sequence[Any]:
    """Return how many deliveries to some webhooks wait or failed, and when the next is due.

    Returns:
        Rows of ``webhook``, ``state``, ``many`` and ``due_at``, of those that have any.
    """
    return unit.all(
        sa.select(delivery.c.webhook, delivery.c.state, sa.func.count().label("many"),
                  sa.func.min(delivery.c.due_at).label("due_at"))
        .where(delivery.c.webhook.in_(hooks), delivery.c.state != "delivered")
        .group_by(delivery.c.webhook, delivery.c.state)
    )  # fmt: skip


def last_deliveries(unit: Unit, hook: int, *, before: int, most: int) -> Sequence[Any]:
    """Return deliveries to a webhook, the newest first; from before a number on, unless nought."""
    wanted = [delivery.c.webhook == hook]
    if before:
        wanted.append(delivery.c.number < before)
    return unit.all(
        sa.select(delivery).where(*wanted).order_by(delivery.c.number.desc()).limit(most)
    )
