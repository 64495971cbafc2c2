# SPDX-License-Identifier: Apache-2.0
"""What the house's papers are made from: the rows of one participant, and of one cycle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.schema import (
    account,
    agreement,
    cycle,
    cycle_member,
    discharge,
    gate_setting,
    journal_entry,
    obligation,
    participant,
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


def obligations_of(unit: Unit, firm: int) -> dict[int, Any]:
    """Return every obligation in which a firm is debtor or creditor, by number."""
    return {
        int(row.number): row
        for side in (obligation.c.debtor, obligation.c.creditor)
        for row in unit.all(sa.select(obligation).where(side == firm))
    }


def discharged_in(unit: Unit, run_id: int, numbers: Iterable[int]) -> list[Any]:
    """Return what a run did to some obligations, by number.

    Returns:
        Rows of obligation and, in minor units, what was open before, what was set off, and what
        money was planned to settle.
    """
    columns = discharge.c
    found = list[Any]()
    for part in _in_parts(sorted(numbers)):
        found += unit.all(
            sa.select(discharge)
            .where(columns.run == run_id, columns.obligation.in_(part))
            .order_by(columns.obligation)
        )
    return found


def members_in(unit: Unit, cycle_id: str, numbers: Iterable[int]) -> dict[int, str | None]:
    """Return which of some obligations were entered into a cycle: why they left, if they did."""
    columns = cycle_member.c
    found = dict[int, str | None]()
    for part in _in_parts(sorted(numbers)):
        rows = unit.all(
            sa.select(columns.obligation, columns.left_why)
            .where(columns.cycle == cycle_id, columns.obligation.in_(part))
        )  # fmt: skip
        found |= {int(number): why for number, why in rows}
    return found


def held_among(unit: Unit, numbers: Iterable[int], after: str, until: str) -> list[int]:
    """Return which of some obligations the gate held last within a time, by number.

    Args:
        unit: A reading.
        numbers: The obligations.
        after: From when on, UTC text.
        until: Until when.
    """
    columns = verdict.c
    last = dict[int, tuple[int, str]]()
    for part in _in_parts(sorted(numbers)):
        rows = unit.all(
            sa.select(columns.id, columns.subject, columns.outcome).where(
                columns.subject_kind == "obligation", columns.subject.in_(part),
                columns.judged_at >= after, columns.judged_at <= until,
            )
        )  # fmt: skip
        for identity, subject, outcome in rows:
            last[subject] = max(last.get(subject, (0, "")), (identity, outcome))
    return sorted(subject for subject, (_, outcome) in last.items() if outcome != "released")


def references_of(
    unit: Unit, own: Mapping[int, Any], numbers: Iterable[int]
) -> dict[tuple[int, int], str]:
    """Return the reference that each sender gave each of some obligations: the first it gave.

    What the other party registered by itself and was joined counts for the obligation it is part
    of.

    Args:
        unit: A reading.
        own: Every obligation of the firm, as :func:`obligations_of` gives them.
        numbers: Which are wanted.
    """
    wanted = set(numbers)
    joined = {
        number: int(row.joined_to) for number, row in own.items() if row.joined_to in wanted
    }
    found = dict[tuple[int, int], str]()
    columns = registration.c
    for part in _in_parts(sorted(wanted | set(joined))):
        statement = (
            sa.select(columns.obligation, columns.sender, columns.reference)
            .where(columns.obligation.in_(part))
            .order_by(columns.obligation, columns.sender, columns.filing, columns.reference)
        )
        for number, sender, reference in unit.all(statement):
            found.setdefault((joined.get(number, number), sender), reference)
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


def ids_of(unit: Unit, numbers: Iterable[int]) -> dict[int, str]:
    """Return the ids of some participants by their numbers."""
    found = dict[int, str]()
    for part in _in_parts(sorted(set(numbers))):
        rows = unit.all(
            sa.select(participant.c.number, participant.c.id).where(participant.c.number.in_(part))
        )
        found |= {number: name for number, name in rows}  # noqa: C416
    return found


def settings_by_number(unit: Unit, numbers: Iterable[int]) -> list[Any]:
    """Return settings of the gate by their numbers."""
    wanted = sorted(set(numbers))
    return list(
        unit.all(
            sa.select(gate_setting).where(gate_setting.c.id.in_(wanted)).order_by(gate_setting.c.id)
        )
    )


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
