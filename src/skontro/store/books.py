# SPDX-License-Identifier: Apache-2.0
"""The journal in pages, and one firm's money, as far as whoever asks may see them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.listing import is_further
from skontro.store.schema import (
    account,
    act,
    agreement,
    journal_entry,
    money_line,
    obligation,
    participant,
    pay_in,
    pay_out,
    pay_out_due,
    posting,
)


def firms_seen(unit: Unit) -> set[str]:
    """Return the firms whose own rows a unit of work sees: all of them, but behind a wall.

    What lies in files is behind no wall: who is to read of a firm there sees its agreement here.
    """
    mine = sa.select(agreement.c.participant).distinct()
    return {firm for (firm,) in unit.all(
        sa.select(participant.c.id).where(participant.c.number.in_(mine))
    )}  # fmt: skip


def entries_page(
    unit: Unit,
    *,
    after: int,
    most: int,
    cycle: str = "",
    kind: str = "",
    days: tuple[str, str] = ("", ""),
    but: Sequence[str] = (),
    newest_first: bool = False,
) -> Sequence[Any]:
    """Return entries by number.

    Args:
        unit: The unit of work.
        after: From after this number on.
        most: How many at most.
        cycle: Of this cycle alone.
        kind: Of this kind alone.
        days: First and last business day; an empty one is no bound.
        but: Not of these kinds.
        newest_first: In falling order.
    """
    columns = journal_entry.c
    wanted: list[Any] = [is_further(columns.number, after, newest_first)]
    for column, value in ((columns.cycle, cycle), (columns.kind, kind)):
        if value:
            wanted.append(column == value)
    if days[0]:
        wanted.append(columns.business_day >= days[0])
    if days[1]:
        wanted.append(columns.business_day <= days[1])
    if but:
        wanted.append(columns.kind.not_in(list(but)))
    shown = [
        _content(unit) if one.name == "content" else one for one in columns
    ]
    order = columns.number.desc() if newest_first else columns.number
    return unit.all(sa.select(*shown).where(*wanted).order_by(order).limit(most))


def _content(unit: Unit) -> Any:
    """What entries say; nothing to who sees no more of them than lines on accounts of a side."""
    content = journal_entry.c.content
    if unit.is_sqlite:
        return content
    sees = sa.select(sa.func.skontro_reaches("house look")).scalar_subquery()
    return sa.case((sees, content), else_="{}").label("content")


def postings_of(unit: Unit, entries: Sequence[int]) -> dict[int, list[tuple[str, str, int]]]:
    """Return the lines of entries: account, currency and amount; debit above nought."""
    found: dict[int, list[tuple[str, str, int]]] = {number: [] for number in entries}
    statement = (
        sa.select(posting.c.entry, account.c.code, account.c.currency, posting.c.amount_minor)
        .join(account, account.c.id == posting.c.account)
        .where(posting.c.entry.in_(list(entries)))
        .order_by(posting.c.entry, posting.c.line)
    )
    for entry, code, currency, amount in unit.all(statement):
        found[entry].append((code, currency, amount))
    return found


def money_of_firm(unit: Unit, firm: str, cycle: str) -> dict[str, list[dict[str, Any]]]:
    """Return what a firm pays in and is paid out in a cycle."""
    number = sa.select(participant.c.number).where(participant.c.id == firm).scalar_subquery()

    def rows(table: Any, *names: str) -> list[dict[str, Any]]:
        columns = [table.c[name] for name in names]
        found = unit.all(
            sa.select(*columns)
            .where(table.c.participant == number, table.c.cycle == cycle)
            .order_by(table.c.currency)
        )
        return [dict(row._mapping) for row in found]

    return {
        "pay_ins": rows(pay_in, "currency", "due_minor", "arrived_minor", "covered_minor",
                        "state", "reference"),
        "pay_outs": rows(pay_out, "currency", "amount_minor", "state", "end_to_end"),
        "due": rows(pay_out_due, "currency", "amount_minor"),
    }  # fmt: skip


def waiting_counts(unit: Unit) -> dict[str, int]:
    """Return how much waits: for the other party's word, for a payer, for a second person."""
    def count(table: Any, state: str) -> int:
        where = sa.select(sa.func.count()).select_from(table).where(table.c.state == state)
        return int(unit.value(where))

    return {
        "obligations": count(obligation, "registered"), "lines": count(money_line, "suspense"),
        "acts": count(act, "proposed"),
    }  # fmt: skip
