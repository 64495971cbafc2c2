# SPDX-License-Identifier: Apache-2.0
"""Obligations in pages, as far as whoever asks may see them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.schema import obligation, participant


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which obligations a page is to have; what is empty does not bound it.

    Attributes:
        states: In these states.
        debtor: Id of the debtor.
        creditor: Id of the creditor.
        party: Id of a firm that is either.
        currency: In this currency.
        due_from: First due day, days since 1970-01-01.
        due_until: Last due day.
    """

    states: Sequence[str] = ()
    debtor: str = ""
    creditor: str = ""
    party: str = ""
    currency: str = ""
    due_from: int | None = None
    due_until: int | None = None


def seen_numbers(
    unit: Unit,
    wanted: Wanted,
    *,
    firms: Collection[str] | None,
    sides: Collection[str],
    days: tuple[str, str],
    after: int,
    most: int,
) -> list[int]:
    """Return numbers of obligations, in order.

    Args:
        unit: The unit of work.
        wanted: Which ones.
        firms: Only those of these firms, or of firms of ``sides``; of all if None.
        sides: See ``firms``.
        days: First and last day of registration; an empty one is no bound.
        after: From after this number on.
        most: How many at most.
    """
    columns = obligation.c
    conditions: list[Any] = [columns.number > after]
    if firms is not None:
        mine = sa.select(participant.c.number).where(
            sa.or_(participant.c.id.in_(sorted(firms)), participant.c.side.in_(sorted(sides)))
        )
        numbers = [number for (number,) in unit.all(mine)]
        conditions.append(
            sa.or_(columns.debtor.in_(numbers), columns.creditor.in_(numbers))
        )
    for name, column in (("debtor", columns.debtor), ("creditor", columns.creditor)):
        if getattr(wanted, name):
            conditions.append(column == _number(getattr(wanted, name)))
    if wanted.party:
        number = _number(wanted.party)
        conditions.append(sa.or_(columns.debtor == number, columns.creditor == number))
    if wanted.states:
        conditions.append(columns.state.in_(list(wanted.states)))
    if wanted.currency:
        conditions.append(columns.currency == wanted.currency)
    if wanted.due_from is not None:
        conditions.append(columns.due_day >= wanted.due_from)
    if wanted.due_until is not None:
        conditions.append(columns.due_day <= wanted.due_until)
    if days[0]:
        conditions.append(columns.registered_at >= days[0])
    if days[1]:
        conditions.append(columns.registered_at <= days[1] + "T99")
    statement = sa.select(columns.number).where(*conditions).order_by(columns.number).limit(most)
    return [number for (number,) in unit.all(statement)]


def open_sums(unit: Unit, firm: str) -> list[Any]:
    """Return what is open between a firm and each other: by pair, currency and state.

    Args:
        unit: A reading.
        firm: Id of the firm.

    Returns:
        Rows with ``debtor``, ``creditor``, ``currency``, ``state``, ``many``, ``open_minor``.
    """
    columns, number = obligation.c, _number(firm)
    owes, owed = participant.alias("owes"), participant.alias("owed")
    return list(unit.all(
        sa.select(
            owes.c.id.label("debtor"), owed.c.id.label("creditor"), columns.currency,
            columns.state, sa.func.count().label("many"),
            sa.func.sum(columns.open_minor).label("open_minor"),
        )
        .join(owes, owes.c.number == columns.debtor)
        .join(owed, owed.c.number == columns.creditor)
        .where(sa.or_(columns.debtor == number, columns.creditor == number),
               columns.open_minor > 0)
        .group_by(owes.c.id, owed.c.id, columns.currency, columns.state)
        .order_by(columns.currency, owes.c.id, owed.c.id, columns.state)
    ))  # fmt: skip


def _number(firm: str) -> Any:
    """The number of a firm; of nobody where there is none of that id."""
    return sa.select(participant.c.number).where(participant.c.id == firm).scalar_subquery()
