# SPDX-License-Identifier: Apache-2.0
"""The rows of a cycle, by the million: what may be entered, what was, what a run did to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from numpy.typing import NDArray

from skontro.core.errors import invariant
from skontro.house.states import ATTACHED, FACTORED, NOT_YET_DUE
from skontro.store.bulk import fetch_columns, insert_columns
from skontro.store.database import Unit
from skontro.store.schema import (
    agreement,
    cycle,
    cycle_member,
    discharge,
    obligation,
    participant,
    plan_line,
    run,
    verdict,
)

Int64 = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Members:
    """Obligations as they are entered: columns of one length m, by number.

    Attributes:
        number: Number of each, shape (m,).
        debtor: Number of each debtor, shape (m,).
        creditor: Number of each creditor, shape (m,).
        open_minor: Open amount of each when frozen, minor units, shape (m,).
        due_day: Days since 1970-01-01, null where none is given.
        currency: Code of each.
        content_digest: Digest of each content, shape (m, 32).
    """

    number: Int64
    debtor: Int64
    creditor: Int64
    open_minor: Int64
    due_day: pa.Array
    currency: pa.Array
    content_digest: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.number)

    def take(self, kept: NDArray[np.bool_]) -> Members:
        """Return some of them."""
        if kept.all():
            return self
        columns = {each.name: getattr(self, each.name) for each in fields(self)}
        return Members(**{
            name: column[kept] if isinstance(column, np.ndarray) else column.filter(pa.array(kept))
            for name, column in columns.items()
        })

    def at(self, numbers: Int64) -> Int64:
        """Return the places of obligations by their numbers, all of which must be there."""
        places = np.searchsorted(self.number, numbers)
        there = places < len(self.number)
        invariant(
            bool(there.all() and np.array_equal(self.number[places], numbers)),
            "what is not in the set",
        )
        return places


_MEMBER_KINDS = {
    "number": "number", "debtor": "number", "creditor": "number", "open_minor": "number",
    "due_day": "day", "currency": "text", "content_digest": "digest",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Firms:
    """Every firm of the house: columns of one length, by number.

    Attributes:
        number: Their numbers.
        id: The ids the house gave them.
        side: Their sides.
        home_currency: What they pay and are paid in.
        accepts_conversion: 1 for those that accept it, else 0.
    """

    number: Int64
    id: pa.Array
    side: pa.Array
    home_currency: pa.Array
    accepts_conversion: Int64


def firm_columns(unit: Unit) -> Firms:
    """Return every firm."""
    kinds = {"number": "number", "id": "text", "side": "text", "home_currency": "text",
             "accepts_conversion": "number"}  # fmt: skip
    statement = sa.select(*(participant.c[name] for name in kinds)).order_by(participant.c.number)
    return Firms(**fetch_columns(unit, statement, kinds))


@dataclass(frozen=True, eq=False)
class Claims:
    """Amounts owed by one firm to another: columns of one length.

    Attributes:
        debtor: Numbers of those who owe.
        creditor: Numbers of those who are owed.
        currency: Codes.
        amount_minor: Minor units.
    """

    debtor: Int64
    creditor: Int64
    currency: pa.Array
    amount_minor: Int64


def firms_that_may_enter(unit: Unit, day: str) -> Int64:
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
    return np.array([number for (number,) in unit.all(statement)], np.int64)


def eligible_obligations(
    unit: Unit, due_day: int, currencies: Sequence[str] | None, *, lock: bool = True
) -> Members:
    """Return confirmed obligations that may be entered, as far as they alone decide it.

    Due by the day, or not yet due with both parties' consent; neither attached nor factored; in
    a currency that has a rate. On PostgreSQL they stay locked until the unit ends, if asked to.
    """
    columns = obligation.c
    kept_out = columns.flags.op("&")(ATTACHED | FACTORED)
    early = columns.flags.op("&")(NOT_YET_DUE)
    statement = (
        sa.select(
            columns.number, columns.debtor, columns.creditor, columns.open_minor,
            columns.due_day, columns.currency, columns.content_digest,
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
    if lock and not unit.is_sqlite:
        statement = statement.with_for_update()
    return Members(**fetch_columns(unit, statement, _MEMBER_KINDS))


def enter_members(unit: Unit, cycle: str, members: Members, verdict: Int64) -> None:
    """Enter obligations into a cycle.

    Args:
        unit: The unit of work.
        cycle: The cycle.
        members: The obligations.
        verdict: Number of the verdict that released each, shape (m,).
    """
    if not len(members):
        return
    insert_columns(
        unit, cycle_member,
        {"cycle": cycle, "obligation": members.number, "open_minor": members.open_minor,
         "content_digest": members.content_digest, "verdict_id": verdict,
         "verdict_kind": "obligation", "verdict_outcome": "released"},
    )  # fmt: skip
    inside = sa.select(cycle_member.c.obligation).where(cycle_member.c.cycle == cycle)
    unit.run(
        sa.update(obligation).where(obligation.c.number.in_(inside)).values(state="entered")
    )


def _staying(cycle: str, *columns: Any) -> Any:
    """What is in a cycle and has not left, by number: in the order in which it stands there."""
    return (
        sa.select(*columns)
        .join_from(cycle_member, obligation, obligation.c.number == cycle_member.c.obligation)
        .where(cycle_member.c.cycle == cycle, cycle_member.c.left_why.is_(None))
        .order_by(cycle_member.c.obligation)
    )


def staying_members(unit: Unit, cycle: str) -> Members:
    """Return what is in a cycle and has not left, as it was frozen."""
    columns, frozen = obligation.c, cycle_member.c
    statement = _staying(
        cycle, frozen.obligation, columns.debtor, columns.creditor, frozen.open_minor,
        columns.due_day, columns.currency, frozen.content_digest,
    )  # fmt: skip
    return Members(**fetch_columns(unit, statement, _MEMBER_KINDS))


def unreleased_members(unit: Unit, cycle: str) -> Int64:
    """Return what is in a cycle though the verdict it names did not release just that."""
    frozen, said = cycle_member.c, verdict.c
    statement = (
        sa.select(frozen.obligation)
        .join_from(cycle_member, verdict, said.id == frozen.verdict_id, isouter=True)
        .where(
            frozen.cycle == cycle, frozen.left_why.is_(None),
            sa.or_(
                said.id.is_(None), said.outcome != "released", said.subject != frozen.obligation,
                said.subject_kind != "obligation", said.content_digest != frozen.content_digest,
            ),
        )
    )  # fmt: skip
    return np.asarray(fetch_columns(unit, statement, {"number": "number"})["number"], np.int64)


def left_open(unit: Unit, cycle: str) -> Int64:
    """Return what is open now of everything that is in a cycle and has not left, by number."""
    statement = _staying(cycle, obligation.c.open_minor)
    return np.asarray(fetch_columns(unit, statement, {"open": "number"})["open"], np.int64)


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


def write_discharge(unit: Unit, run_id: int, columns: Mapping[str, Any]) -> None:
    """Write what a run did: obligation, before_minor, set_off_minor, planned_minor."""
    insert_columns(unit, discharge, {"run": run_id, **columns})


def write_plan(unit: Unit, run_id: int, lines: Sequence[tuple[int, str, int, int]]) -> None:
    """Write what a run would have each firm pay in and be paid, by currency."""
    kept = [line for line in lines if line[2] or line[3]]
    if not kept:
        return
    firms, currencies, pay_ins, pay_outs = zip(*kept, strict=True)
    insert_columns(
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


def discharged_claims(unit: Unit, run_id: int, column: str) -> Claims:
    """Return what a run discharged, obligation by obligation.

    Args:
        unit: The unit of work.
        run_id: The run.
        column: ``before_minor``, ``set_off_minor`` or ``planned_minor``.
    """
    amount = discharge.c[column]
    statement = (
        sa.select(obligation.c.debtor, obligation.c.creditor, obligation.c.currency, amount)
        .join_from(discharge, obligation, obligation.c.number == discharge.c.obligation)
        .where(discharge.c.run == run_id, amount > 0)
    )
    kinds = {"debtor": "number", "creditor": "number", "currency": "text",
             "amount_minor": "number"}  # fmt: skip
    return Claims(**fetch_columns(unit, statement, kinds))


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


