# SPDX-License-Identifier: Apache-2.0
"""What the house's papers are made from: the rows of one participant, and of one cycle."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa

from skontro.house.states import ATTACHED, FACTORED
from skontro.store.database import Unit
from skontro.store.schema import (
    account,
    agreement,
    cycle,
    cycle_member,
    discharge,
    journal_entry,
    list_import,
    obligation,
    posting,
    register,
    registration,
    verdict,
)

AT_ONCE = 400
"""How many values stand in one condition."""


def _in_parts(numbers: Iterable[int]) -> Iterable[list[int]]:
    listed = list(numbers)
    for first in range(0, len(listed), AT_ONCE):
        yield listed[first : first + AT_ONCE]


def _of_participant(columns: Sequence[Any], firm: int, *conditions: Any) -> Any:
    """Rows of obligations in which a firm is debtor, and those in which it is creditor."""
    return sa.union_all(
        sa.select(*columns).where(obligation.c.debtor == firm, *conditions),
        sa.select(*columns).where(obligation.c.creditor == firm, *conditions),
    )


_SHOWN = (
    obligation.c.number, obligation.c.debtor, obligation.c.creditor, obligation.c.currency,
    obligation.c.document, obligation.c.document_day, obligation.c.due_day,
)  # fmt: skip


def discharged_of(unit: Unit, run_id: int, firm: int) -> list[Any]:
    """Return what a run did to the obligations of one firm, by number.

    Returns:
        Rows of number, debtor, creditor, currency, document, document day, due day and, in minor
        units, what was open before, what was set off, and what money was planned to settle.
    """
    columns = (
        *_SHOWN, discharge.c.before_minor, discharge.c.set_off_minor, discharge.c.planned_minor,
    )  # fmt: skip
    statement = _of_participant(
        columns, firm, discharge.c.obligation == obligation.c.number, discharge.c.run == run_id
    )
    return sorted(unit.all(statement), key=lambda row: int(row.number))


def left_of(unit: Unit, cycle_id: str, firm: int) -> list[Any]:
    """Return a firm's obligations that left a cycle, with the reason of each, by number."""
    columns = (*_SHOWN, cycle_member.c.open_minor, cycle_member.c.left_why)
    statement = _of_participant(
        columns, firm, cycle_member.c.obligation == obligation.c.number,
        cycle_member.c.cycle == cycle_id, cycle_member.c.left_why.is_not(None),
    )  # fmt: skip
    return sorted(unit.all(statement), key=lambda row: int(row.number))


def held_of(unit: Unit, cycle_id: str, firm: int, after: str, until: str) -> list[Any]:
    """Return a firm's obligations that the gate kept out of a cycle at its cut-off, by number.

    Args:
        unit: A reading.
        cycle_id: The cycle.
        firm: Number of the firm.
        after: Time of the last entry before the cut-off.
        until: Time of the cut-off.
    """
    inside = sa.select(cycle_member.c.obligation).where(cycle_member.c.cycle == cycle_id)
    kept_out = obligation.c.flags.op("&")(ATTACHED | FACTORED)
    statement = _of_participant(
        (*_SHOWN, obligation.c.open_minor, verdict.c.id, verdict.c.outcome), firm,
        verdict.c.subject_kind == "obligation", verdict.c.subject == obligation.c.number,
        verdict.c.judged_at >= after, verdict.c.judged_at <= until,
        obligation.c.confirmed_at.is_not(None), obligation.c.confirmed_at <= until,
        kept_out == 0, obligation.c.number.not_in(inside),
    )  # fmt: skip
    last = dict[int, Any]()
    for row in sorted(unit.all(statement), key=lambda one: int(one.id)):
        last[int(row.number)] = row
    return [row for _, row in sorted(last.items()) if row.outcome == "held"]


def references_of(unit: Unit, numbers: Sequence[int]) -> dict[tuple[int, int], str]:
    """Return the reference that each sender gave each obligation: the first one it gave."""
    found = dict[tuple[int, int], str]()
    columns = registration.c
    for part in _in_parts(numbers):
        statement = (
            sa.select(columns.obligation, columns.sender, columns.reference)
            .where(columns.obligation.in_(part))
            .order_by(columns.obligation, columns.sender, columns.filing, columns.reference)
        )
        for number, sender, reference in unit.all(statement):
            found.setdefault((number, sender), reference)
    return found


def agreements_on(unit: Unit, firm: int, day: str) -> Sequence[Any]:
    """Return a firm's set-off agreements in force on a day."""
    columns = agreement.c
    return unit.all(
        sa.select(agreement)
        .where(
            columns.participant == firm,
            columns.from_day <= day,
            sa.or_(columns.until_day.is_(None), columns.until_day >= day),
        )
        .order_by(columns.agreement, columns.version, columns.from_day)
    )


def names_of(unit: Unit, firms: Sequence[str]) -> dict[str, str | None]:
    """Return the name of each firm as the register has it now; None where it was erased."""
    found: dict[str, str | None] = dict.fromkeys(firms)
    columns = register.c
    listed = list(firms)
    for first in range(0, len(listed), AT_ONCE):
        statement = (
            sa.select(columns.subject, columns.content)
            .where(
                columns.subject_kind == "participant", columns.what == "name",
                columns.in_force == 1, columns.replaced_by.is_(None),
                columns.subject.in_(listed[first : first + AT_ONCE]),
            )
            .order_by(columns.id)
        )  # fmt: skip
        found |= {subject: content for subject, content in unit.all(statement)}  # noqa: C416
    return found


def released_against(unit: Unit, cycle_id: str) -> tuple[list[Any], list[str]]:
    """Return what the members of a cycle were released against.

    Returns:
        Rows of the lists, by number; versions of the gate's rules, sorted.
    """
    pairs = unit.all(
        sa.select(verdict.c.list_id, verdict.c.rules_version)
        .join(cycle_member, cycle_member.c.verdict_id == verdict.c.id)
        .where(cycle_member.c.cycle == cycle_id, cycle_member.c.left_why.is_(None))
        .distinct()
    )
    numbers = {number for number, _ in pairs if number is not None}
    lists = unit.all(
        sa.select(list_import).where(list_import.c.id.in_(numbers)).order_by(list_import.c.id)
    )
    return list(lists), sorted({rules for _, rules in pairs})


def entry_of(
    unit: Unit, cycle_id: str, kind: str, *, holds: str = "", last: bool = True
) -> Any:
    """Return an entry of a cycle's, or None.

    Args:
        unit: A reading.
        cycle_id: The cycle.
        kind: Kind of the entry.
        holds: A piece of its content.
        last: The newest such entry, else the oldest.
    """
    columns = journal_entry.c
    statement = sa.select(journal_entry).where(columns.cycle == cycle_id, columns.kind == kind)
    if holds:
        statement = statement.where(columns.content.contains(holds, autoescape=True))
    number = columns.number
    return unit.first(statement.order_by(number.desc() if last else number).limit(1))


def entry_of_act(unit: Unit, act_id: int) -> Any:
    """Return the newest entry behind which an act stands, or None."""
    columns = journal_entry.c
    return unit.first(
        sa.select(journal_entry)
        .where(columns.act_id == act_id)
        .order_by(columns.number.desc())
        .limit(1)
    )


def left_counts(unit: Unit, cycle_id: str) -> dict[str, int]:
    """Return how many obligations left a cycle, by reason."""
    why = cycle_member.c.left_why
    rows = unit.all(
        sa.select(why, sa.func.count())
        .where(cycle_member.c.cycle == cycle_id, why.is_not(None))
        .group_by(why)
    )
    return {reason: int(number) for reason, number in sorted(rows)}


def entry_before(unit: Unit, number: int) -> Any:
    """Return the entry before one, or None."""
    return unit.first(sa.select(journal_entry).where(journal_entry.c.number == number - 1))


def last_entry_of(unit: Unit, cycle_id: str) -> Any:
    """Return the newest entry of a cycle, or None."""
    columns = journal_entry.c
    return unit.first(
        sa.select(journal_entry)
        .where(columns.cycle == cycle_id)
        .order_by(columns.number.desc())
        .limit(1)
    )


def accounts_of(unit: Unit, firm: str, kinds: Sequence[str]) -> list[Any]:
    """Return the accounts of a participant, and of nobody else, by code.

    Args:
        unit: A reading.
        firm: Id of the participant.
        kinds: First parts of the codes, e.g. ``payable``.
    """
    starts = [f"{kind}:{firm}:" for kind in kinds]
    found = unit.all(
        sa.select(account)
        .where(sa.or_(*(account.c.code.startswith(start, autoescape=True) for start in starts)))
        .order_by(account.c.code)
    )
    own = {start[:-1] for start in starts}
    return [row for row in found if row.code.rsplit(":", 1)[0] in own]


def standing_at(unit: Unit, accounts: Sequence[int], entry: int) -> dict[int, int]:
    """Return what stood on each of some accounts after an entry; debit above nought."""
    found = unit.all(
        sa.select(posting.c.account, sa.func.sum(posting.c.amount_minor))
        .where(posting.c.account.in_(list(accounts)), posting.c.entry <= entry)
        .group_by(posting.c.account)
    )
    return {number: int(total) for number, total in found}


def movements_of(unit: Unit, accounts: Sequence[int], after: int, until: int) -> Sequence[Any]:
    """Return every posting on some accounts after one entry and up to another, in order.

    Returns:
        Rows of account, entry, amount in minor units, kind, cycle, business day and time.
    """
    columns = journal_entry.c
    return unit.all(
        sa.select(
            posting.c.account, posting.c.entry, posting.c.amount_minor, columns.kind,
            columns.cycle, columns.business_day, columns.at,
        )
        .join(journal_entry, columns.number == posting.c.entry)
        .where(
            posting.c.account.in_(list(accounts)), posting.c.entry > after,
            posting.c.entry <= until,
        )
        .order_by(posting.c.entry, posting.c.line)
    )  # fmt: skip


def cycles_before(unit: Unit, number: int) -> Sequence[Any]:
    """Return the cycles before one, oldest first."""
    return unit.all(sa.select(cycle).where(cycle.c.number < number).order_by(cycle.c.number))
