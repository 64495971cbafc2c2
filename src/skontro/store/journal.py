# SPDX-License-Identifier: Apache-2.0
"""The journal's rows: appended, read, added up; never changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa

from skontro.house.journal import (
    START_HASH,
    Entry,
    account_currency,
    check_balanced,
    content_text,
    netted,
    postings_digest,
)
from skontro.store.database import Unit, insert_many
from skontro.store.schema import account, journal_entry, posting


def append_entry(
    unit: Unit,
    kind: str,
    content: Mapping[str, Any],
    *,
    at: str,
    business_day: str,
    cycle: str | None = None,
    act_id: int | None = None,
    lines: Iterable[tuple[str, int]] = (),
) -> Entry:
    """Append an entry to the journal.

    Must run in an exclusive unit of work: the chain has one end.

    Args:
        unit: The unit of work.
        kind: One of ``ENTRY_KINDS``.
        content: What happened; plain values, ids only.
        at: When, UTC text.
        business_day: The named day it belongs to.
        cycle: For which cycle, if any.
        act_id: The act behind it, if any.
        lines: Account codes and amounts, debit above nought; added up by account.

    Raises:
        Unbalanced: The lines do not balance in each currency.
    """
    sums = netted(lines)
    check_balanced(sums)
    last = unit.first(
        sa.select(journal_entry.c.number, journal_entry.c.hash)
        .order_by(journal_entry.c.number.desc())
        .limit(1)
    )
    number, previous = (1, START_HASH) if last is None else (last.number + 1, last.hash)
    entry = Entry(
        number, kind, cycle, act_id, content_text(content), business_day, at, len(sums),
        postings_digest(sums),
    )  # fmt: skip
    unit.run(
        sa.insert(journal_entry).values(
            number=number, kind=kind, cycle=cycle, act_id=act_id, content=entry.content,
            business_day=business_day, at=at, postings=len(sums),
            postings_digest=entry.postings_digest, previous_hash=previous,
            hash=entry.hash_after(previous),
        )
    )  # fmt: skip
    if sums:
        ids = _account_ids(unit, [code for code, _ in sums])
        insert_many(
            unit,
            posting,
            {
                "entry": number,
                "line": list(range(1, len(sums) + 1)),
                "account": [ids[code] for code, _ in sums],
                "amount_minor": [amount for _, amount in sums],
            },
        )
    return entry


def _account_ids(unit: Unit, codes: list[str]) -> dict[str, int]:
    """Return the number of each account, opening those that are new."""
    known: dict[str, int] = {}
    if len(codes) > 500:
        known = {row.code: row.id for row in unit.all(sa.select(account.c.code, account.c.id))}
    else:
        chosen = sa.select(account.c.code, account.c.id).where(account.c.code.in_(codes))
        known = {row.code: row.id for row in unit.all(chosen)}
    new = [code for code in codes if code not in known]
    if new:
        last = unit.value(sa.select(sa.func.max(account.c.id))) or 0
        numbers = list(range(last + 1, last + 1 + len(new)))
        insert_many(
            unit,
            account,
            {"id": numbers, "code": new, "currency": [account_currency(code) for code in new]},
        )
        known |= dict(zip(new, numbers, strict=True))
    return known


def balances(unit: Unit, prefix: str = "") -> dict[str, int]:
    """Return what stands on each account whose code begins so; debit above nought.

    Args:
        unit: A unit of work or a reading.
        prefix: Beginning of the codes, e.g. ``bank:A:``.
    """
    statement = (
        sa.select(account.c.code, sa.func.sum(posting.c.amount_minor))
        .join(posting, posting.c.account == account.c.id)
        .group_by(account.c.code)
    )
    if prefix:
        statement = statement.where(account.c.code.startswith(prefix, autoescape=True))
    return {code: int(total) for code, total in unit.all(statement)}


def head(unit: Unit) -> tuple[int, str]:
    """Return number and hash of the last entry: keep it elsewhere, and nothing before it can be
    changed unseen."""
    last = unit.first(
        sa.select(journal_entry.c.number, journal_entry.c.hash)
        .order_by(journal_entry.c.number.desc())
        .limit(1)
    )
    return (0, START_HASH) if last is None else (int(last.number), str(last.hash))
