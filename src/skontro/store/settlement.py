# SPDX-License-Identifier: Apache-2.0
"""The rows of settlement, by side and currency and by the thousand."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import sqlalchemy as sa

from skontro.store.database import Unit, insert_many
from skontro.store.rows import next_numbers
from skontro.store.schema import (
    account,
    cycle,
    cycle_member,
    fixing,
    journal_entry,
    money_line,
    obligation,
    obligation_event,
    participant,
    pay_in,
    pay_out,
    pay_out_due,
    plan_line,
    posting,
)

Each = TypeVar("Each")

CHUNK = 5000
"""How many rows are named in one statement."""


def chunks(numbers: Sequence[Each], size: int = CHUNK) -> Iterator[Sequence[Each]]:
    """Return numbers, or names, in pieces that a statement can name, or of another size."""
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def change_many(
    unit: Unit, table: sa.Table, column: str, numbers: Sequence[int], **values: Any
) -> int:
    """Change the rows whose column is one of many numbers; return how many there were."""
    return sum(
        unit.run(sa.update(table).where(table.c[column].in_(list(part))).values(**values))
        for part in chunks(numbers)
    )


def use_pay_ins(unit: Unit, rows: Sequence[tuple[int, int, int]]) -> None:
    """Write down what each pay-in settled: its number, that, and what its pool still covers."""
    if rows:
        unit.run(
            sa.update(pay_in)
            .where(pay_in.c.id == sa.bindparam("number"))
            .values(used_minor=sa.bindparam("used"), covered_minor=sa.bindparam("covered")),
            [{"number": number, "used": used, "covered": left} for number, used, left in rows],
        )


def plan_sums(unit: Unit, run: int) -> dict[tuple[str, str], tuple[int, int]]:
    """Return what a run's plan has come in and go out, by side and currency."""
    statement = (
        sa.select(
            participant.c.side, plan_line.c.currency, sa.func.sum(plan_line.c.pay_in_minor),
            sa.func.sum(plan_line.c.pay_out_minor),
        )
        .join(participant, participant.c.number == plan_line.c.participant)
        .where(plan_line.c.run == run)
        .group_by(participant.c.side, plan_line.c.currency)
    )  # fmt: skip
    return {(side, code): (int(came), int(went)) for side, code, came, went in unit.all(statement)}


def late_sums(unit: Unit, cycle_id: str, deadline: str) -> dict[int, int]:
    """Return what was matched to each pay-in of a cycle by lines noted after a time."""
    statement = (
        sa.select(money_line.c.pay_in, sa.func.sum(money_line.c.matched_minor))
        .join(pay_in, pay_in.c.id == money_line.c.pay_in)
        .where(
            pay_in.c.cycle == cycle_id,
            money_line.c.reversed_by == 0,
            money_line.c.noted_at > deadline,
        )
        .group_by(money_line.c.pay_in)
    )
    return {number: int(total) for number, total in unit.all(statement)}


def member_sums(unit: Unit, cycle_id: str) -> dict[str, int]:
    """Return what the members of a cycle come to, by currency."""
    statement = (
        sa.select(obligation.c.currency, sa.func.sum(cycle_member.c.open_minor))
        .join(obligation, obligation.c.number == cycle_member.c.obligation)
        .where(cycle_member.c.cycle == cycle_id, cycle_member.c.left_why.is_(None))
        .group_by(obligation.c.currency)
    )
    return {code: int(total) for code, total in unit.all(statement)}


def pay_out_sums(unit: Unit, **wanted: Any) -> dict[tuple[str, str, int | None, str, str], int]:
    """Return what payments come to, by side, currency, participant, purpose and state.

    Args:
        unit: A unit of work or a reading.
        wanted: Values by column, e.g. ``cycle``.
    """
    keys = (
        pay_out.c.side, pay_out.c.currency, pay_out.c.participant, pay_out.c.purpose,
        pay_out.c.state,
    )  # fmt: skip
    statement = sa.select(*keys, sa.func.sum(pay_out.c.amount_minor)).group_by(*keys)
    for name, value in wanted.items():
        column = pay_out.c[name]
        if isinstance(value, list | tuple):
            statement = statement.where(column.in_(list(value)))
        else:
            statement = statement.where(column == value)
    return {
        (side, code, firm, purpose, state): int(total)
        for side, code, firm, purpose, state, total in unit.all(statement)
    }


def cycles_that_wait(unit: Unit) -> list[str]:
    """Return the cycles, in order, some of whose pay-outs due no payment serves.

    Those not paid, of a bank that gave them back, or stopped, and those that wait.
    """
    served = (
        sa.select(sa.func.coalesce(sa.func.sum(pay_out.c.amount_minor), 0))
        .where(
            pay_out.c.cycle == pay_out_due.c.cycle,
            pay_out.c.participant == pay_out_due.c.participant,
            pay_out.c.currency == pay_out_due.c.currency,
            pay_out.c.purpose == "settlement",
            pay_out.c.state.in_(["ready", "released", "paid"]),
        )
        .scalar_subquery()
    )
    statement = (
        sa.select(cycle.c.id)
        .join(pay_out_due, pay_out_due.c.cycle == cycle.c.id)
        .where(served < pay_out_due.c.amount_minor)
        .distinct()
        .order_by(cycle.c.id)
    )
    return [found for (found,) in unit.all(statement)]


def newest_fixing(unit: Unit) -> Any:
    """Return the fixing of the latest cycle that has one, or None."""
    return unit.first(
        sa.select(fixing)
        .join(cycle, cycle.c.id == fixing.c.cycle)
        .order_by(cycle.c.number.desc())
        .limit(1)
    )


def entry_content(unit: Unit, number: int) -> dict[str, Any]:
    """Return what a journal entry says."""
    found = unit.all(sa.select(journal_entry.c.content).where(journal_entry.c.number == number))
    return dict(json.loads(found[0][0]))


def entry_postings(unit: Unit, number: int) -> list[tuple[str, int]]:
    """Return the postings of a journal entry: account code and amount, in their order."""
    statement = (
        sa.select(account.c.code, posting.c.amount_minor)
        .join(account, account.c.id == posting.c.account)
        .where(posting.c.entry == number)
        .order_by(posting.c.line)
    )
    return [(code, int(amount)) for code, amount in unit.all(statement)]


def reversals(unit: Unit) -> set[str]:
    """Return the content of every reversal, canonical JSON."""
    statement = sa.select(journal_entry.c.content).where(journal_entry.c.kind == "reversal")
    return {content for (content,) in unit.all(statement)}


def firm_members(unit: Unit, firm: int) -> Sequence[Any]:
    """Return every membership of a firm's obligations in a cycle, by cycle and obligation.

    Returns:
        Rows of cycle, obligation, debtor, currency, open amount when frozen, and why it left.
    """
    statement = (
        sa.select(
            cycle_member.c.cycle, cycle_member.c.obligation, obligation.c.debtor,
            obligation.c.currency, cycle_member.c.open_minor, cycle_member.c.left_why,
        )
        .join(obligation, obligation.c.number == cycle_member.c.obligation)
        .where(sa.or_(obligation.c.debtor == firm, obligation.c.creditor == firm))
        .order_by(cycle_member.c.cycle, cycle_member.c.obligation)
    )  # fmt: skip
    return unit.all(statement)


def leave_members(
    unit: Unit, cycle_id: str, numbers: Sequence[int], *, why: str, act: int | None,
    detail: str, at: str,
) -> None:
    """Take many obligations out of a cycle: they are confirmed again, and it is written down.

    Args:
        unit: The unit of work.
        cycle_id: The cycle.
        numbers: Which obligations.
        why: As ``cycle_member.left_why`` says it.
        act: The act behind it; none where the gate holds them.
        detail: Canonical JSON for the event.
        at: When.
    """
    for part in chunks(numbers):
        unit.run(
            sa.update(cycle_member)
            .where(cycle_member.c.cycle == cycle_id, cycle_member.c.obligation.in_(list(part)))
            .values(left_why=why, left_act=act)
        )
    change_many(unit, obligation, "number", numbers, state="confirmed")
    if numbers:
        insert_many(
            unit, obligation_event,
            {"id": next_numbers(unit, obligation_event, len(numbers)), "obligation": list(numbers),
             "event": "leave", "act_id": act, "detail": detail, "at": at},
        )  # fmt: skip
