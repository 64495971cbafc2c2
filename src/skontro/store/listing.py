# SPDX-License-Identifier: Apache-2.0
"""Obligations in pages, as far as whoever asks may see them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.schema import (
    bank_file,
    bank_line,
    bank_sheet,
    gate_case,
    obligation,
    participant,
)


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
    newest_first: bool = False,
) -> list[int]:
    """Return numbers of obligations, in order.

    Args:
        unit: The unit of work.
        wanted: Which ones.
        firms: Only those of these firms, or of firms of ``sides``; of all if None.
        sides: See ``firms``.
        days: First and last day of registration; an empty one is no bound.
        after: From after this number on; 0: from the first on.
        most: How many at most.
        newest_first: In falling order.
    """
    columns = obligation.c
    conditions: list[Any] = [is_further(columns.number, after, newest_first)]
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
    order = columns.number.desc() if newest_first else columns.number
    statement = sa.select(columns.number).where(*conditions).order_by(order).limit(most)
    return [number for (number,) in unit.all(statement)]


def is_further(number: Any, after: int, newest_first: bool) -> Any:
    """The condition that a number comes further down a list than another; 0: than none.

    Args:
        number: The column.
        after: The number at the end of the page before.
        newest_first: Whether numbers fall.
    """
    if newest_first:
        return number < after if after else number > 0
    return number > after


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


def cases_in_turn(
    unit: Unit, states: Sequence[str], *, on_list: str = "", after: int = 0, most: int | None = None
) -> Sequence[Any]:
    """Return cases of the gate in some states, by number.

    Args:
        unit: A unit of work or a reading.
        states: Which states.
        on_list: Those of one list alone.
        after: From after this number on.
        most: How many at most.
    """
    columns = gate_case.c
    statement = sa.select(gate_case).where(columns.state.in_(states), columns.id > after)
    if on_list:
        statement = statement.where(columns.list_name == on_list)
    return unit.all(statement.order_by(columns.id).limit(most))


def newest_lines(
    unit: Unit, sides: Collection[str] | None, outcome: str, most: int | None,
    days: tuple[str, str] = ("", ""),
) -> tuple[Sequence[Any], int]:  # fmt: skip
    """Return the newest lines of the banks, and how many there are besides.

    Args:
        unit: A unit of work or a reading.
        sides: Those of some sides; None for all.
        outcome: With this outcome alone; empty for all.
        most: How many at most.
        days: First and last day; an empty one is no bound.
    """
    columns, wanted = bank_line.c, [bank_line.c.day >= days[0]]
    if days[1]:
        wanted.append(columns.day <= days[1])
    if sides is not None:
        wanted.append(columns.side.in_(sorted(sides)))
    if outcome:
        wanted.append(columns.outcome == outcome)
    rows = unit.all(
        sa.select(bank_line).where(*wanted).order_by(columns.day.desc(), columns.id.desc())
        .limit(most)
    )  # fmt: skip
    many = unit.value(sa.select(sa.func.count()).select_from(bank_line).where(*wanted))
    return rows, int(many) - len(rows)


def told_accounts(unit: Unit) -> tuple[list[tuple[str, str]], int]:
    """Return the accounts that banks told of, side and currency, and the number of the last file.

    What is known of an account's pages changes with a file alone.
    """
    columns = bank_sheet.c
    rows = unit.all(sa.select(columns.side, columns.currency).distinct())
    last = unit.value(sa.select(sa.func.max(bank_file.c.id)))
    return sorted((side, currency) for side, currency in rows), int(last or 0)
