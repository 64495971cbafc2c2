# SPDX-License-Identifier: Apache-2.0
"""The rows of a cycle, by the million: what may be entered, what was, what a run did to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from skontro.house.states import ATTACHED, FACTORED, NOT_YET_DUE
from skontro.store.database import Unit, insert_many
from skontro.store.schema import (
    agreement,
    cycle,
    cycle_member,
    discharge,
    obligation,
    participant,
    plan_line,
    run,
)


def firms_that_may_enter(unit: Unit, day: str) -> set[int]:
    """Return the numbers of admitted firms with a set-off agreement in force on a day."""
    signed = (
        sa.select(agreement.c.participant)
        .where(
            agreement.c.from_day <= day,
            sa.or_(agreement.c.until_day.is_(None), agreement.c.until_day >= day),
        )
        .distinct()
    )
    statement = sa.select(participant.c.number).where(
        participant.c.state == "admitted", participant.c.number.in_(signed)
    )
    return {number for (number,) in unit.all(statement)}


def eligible_obligations(
    unit: Unit, due_day: int, currencies: Sequence[str] | None
) -> Sequence[Any]:
    """Return confirmed obligations that may be entered, as far as they alone decide it.

    Due by the day, or not yet due with both parties' consent; neither attached nor factored; in
    a currency that has a rate. On PostgreSQL they stay locked until the unit ends.

    Returns:
        Rows of number, debtor, creditor, content digest, open amount and currency, by number.
    """
    columns = obligation.c
    kept_out = columns.flags.op("&")(ATTACHED | FACTORED)
    early = columns.flags.op("&")(NOT_YET_DUE)
    statement = (
        sa.select(
            columns.number, columns.debtor, columns.creditor, columns.content_digest,
            columns.open_minor, columns.currency,
        )
        .where(
            columns.state == "confirmed",
            columns.open_minor > 0,
            kept_out == 0,
            sa.or_(columns.due_day.is_(None), columns.due_day <= due_day, early != 0),
        )
        .order_by(columns.number)
    )  # fmt: skip
    if currencies is not None:
        statement = statement.where(columns.currency.in_(list(currencies)))
    return unit.all(statement if unit.is_sqlite else statement.with_for_update())


def enter_members(unit: Unit, cycle: str, members: Sequence[tuple[int, int, bytes, int]]) -> None:
    """Enter obligations into a cycle: number, open amount, content digest and verdict of each."""
    if not members:
        return
    numbers, amounts, digests, verdicts = zip(*members, strict=True)
    insert_many(
        unit,
        cycle_member,
        {
            "cycle": cycle,
            "obligation": numbers,
            "open_minor": amounts,
            "content_digest": digests,
            "verdict_id": verdicts,
            "verdict_kind": "obligation",
            "verdict_outcome": "released",
        },
    )
    inside = sa.select(cycle_member.c.obligation).where(cycle_member.c.cycle == cycle)
    unit.run(
        sa.update(obligation).where(obligation.c.number.in_(inside)).values(state="entered")
    )


def staying_members(unit: Unit, cycle: str) -> dict[str, list[Any]]:
    """Return what is in a cycle and has not left, by number, with all a run needs.

    Returns:
        Columns ``number, debtor, creditor, currency, open_minor`` (when frozen), ``due_day,
        content_digest`` and ``left_minor`` (open now).
    """
    statement = (
        sa.select(
            obligation.c.number, obligation.c.debtor, obligation.c.creditor,
            obligation.c.currency, cycle_member.c.open_minor, obligation.c.due_day,
            cycle_member.c.content_digest, obligation.c.open_minor.label("left_minor"),
        )
        .join(obligation, obligation.c.number == cycle_member.c.obligation)
        .where(cycle_member.c.cycle == cycle, cycle_member.c.left_why.is_(None))
        .order_by(obligation.c.number)
    )  # fmt: skip
    return unit.columns(statement)


def count_members(unit: Unit, cycle: str) -> int:
    """Return how many obligations are in a cycle and have not left.

    Nothing is ever entered after the cut-off, and what left stays out: an equal count is an
    equal set.
    """
    statement = sa.select(sa.func.count()).select_from(cycle_member)
    return int(
        unit.value(
            statement.where(cycle_member.c.cycle == cycle, cycle_member.c.left_why.is_(None))
        )
    )


def members_of_firms(unit: Unit, cycle: str, firms: Sequence[int]) -> list[Any]:
    """Return what is in a cycle and is owed by or to one of some firms.

    Returns:
        Rows of number, debtor, creditor and content digest, by number.
    """
    columns = obligation.c
    parties = sa.or_(columns.debtor.in_(list(firms)), columns.creditor.in_(list(firms)))
    statement = (
        sa.select(columns.number, columns.debtor, columns.creditor, columns.content_digest)
        .join(cycle_member, cycle_member.c.obligation == columns.number)
        .where(cycle_member.c.cycle == cycle, cycle_member.c.left_why.is_(None), parties)
        .order_by(columns.number)
    )
    return list(unit.all(statement))


def firms_in_cycle(unit: Unit, cycle: str) -> list[int]:
    """Return the firms that owe or are owed something in a cycle."""
    found = set[int]()
    for column in (obligation.c.debtor, obligation.c.creditor):
        statement = (
            sa.select(column)
            .join(cycle_member, cycle_member.c.obligation == obligation.c.number)
            .where(cycle_member.c.cycle == cycle, cycle_member.c.left_why.is_(None))
            .distinct()
        )
        found.update(number for (number,) in unit.all(statement))
    return sorted(found)


def write_discharge(unit: Unit, run_id: int, columns: Mapping[str, Any]) -> None:
    """Write what a run did: obligation, before_minor, set_off_minor, planned_minor."""
    if len(columns["obligation"]):
        insert_many(unit, discharge, {"run": run_id, **columns})


def write_plan(unit: Unit, run_id: int, lines: Sequence[tuple[int, str, int, int]]) -> None:
    """Write what a run would have each firm pay in and be paid, by currency."""
    kept = [line for line in lines if line[2] or line[3]]
    if not kept:
        return
    firms, currencies, pay_ins, pay_outs = zip(*kept, strict=True)
    insert_many(
        unit, plan_line,
        {"run": run_id, "participant": firms, "currency": currencies, "pay_in_minor": pay_ins,
         "pay_out_minor": pay_outs},
    )  # fmt: skip


def apply_discharge(unit: Unit, run_id: int, column: str) -> None:
    """Lower what is open of obligations by what a run did.

    Args:
        unit: The unit of work.
        run_id: The run.
        column: ``set_off_minor`` or ``planned_minor``.
    """
    amount = discharge.c[column]
    part = (
        sa.select(discharge.c.obligation, amount.label("part"))
        .where(discharge.c.run == run_id, amount > 0)
        .subquery()
    )
    unit.run(
        sa.update(obligation)
        .where(obligation.c.number == part.c.obligation)
        .values(open_minor=obligation.c.open_minor - part.c.part)
    )


def release_members(unit: Unit, cycle: str, at: str) -> tuple[int, int]:
    """End a cycle for its members: what is paid is discharged, what is not rolls on.

    Returns:
        How many were discharged and how many roll on.
    """
    inside = sa.select(cycle_member.c.obligation).where(
        cycle_member.c.cycle == cycle, cycle_member.c.left_why.is_(None)
    )
    mine = (obligation.c.state == "entered", obligation.c.number.in_(inside))
    discharged = unit.run(
        sa.update(obligation).where(*mine, obligation.c.open_minor == 0)
        .values(state="discharged")
    )  # fmt: skip
    rolled = unit.run(sa.update(obligation).where(*mine).values(state="confirmed"))
    return discharged, rolled


def discharge_sums(unit: Unit, run_id: int, column: str) -> list[tuple[int, int, str, int]]:
    """Return what a run discharged by debtor, creditor and currency.

    Args:
        unit: The unit of work.
        run_id: The run.
        column: ``before_minor``, ``set_off_minor`` or ``planned_minor``.

    Returns:
        Debtor, creditor, currency and sum.
    """
    amount = discharge.c[column]
    keys = (obligation.c.debtor, obligation.c.creditor, obligation.c.currency)
    statement = (
        sa.select(*keys, sa.func.sum(amount))
        .join(obligation, obligation.c.number == discharge.c.obligation)
        .where(discharge.c.run == run_id, amount > 0)
        .group_by(*keys)
    )
    return [(a, b, code, int(total)) for a, b, code, total in unit.all(statement)]


def settled_by_currency(unit: Unit, run_id: int) -> dict[str, int]:
    """Return what a run settled, or is to settle, with money, by currency in minor units."""
    rows = unit.all(
        sa.select(obligation.c.currency, sa.func.sum(discharge.c.planned_minor))
        .join(obligation, obligation.c.number == discharge.c.obligation)
        .where(discharge.c.run == run_id)
        .group_by(obligation.c.currency)
        .order_by(obligation.c.currency)
    )
    return {currency: int(total) for currency, total in rows}


def chosen_run(unit: Unit, cycle_id: str) -> Any:
    """Return the run whose plan a cycle goes by: the one that was placed, else the newest that
    was published, or None."""
    placed = unit.value(sa.select(cycle.c.planned_run).where(cycle.c.id == cycle_id))
    if placed is None:
        return last_run(unit, cycle_id, ["final", "recast"])
    return unit.first(sa.select(run).where(run.c.id == placed))


def last_run(unit: Unit, cycle: str, kinds: Sequence[str]) -> Any:
    """Return the newest run of a cycle among some kinds, or None."""
    return unit.first(
        sa.select(run)
        .where(run.c.cycle == cycle, run.c.kind.in_(list(kinds)))
        .order_by(run.c.id.desc())
        .limit(1)
    )


