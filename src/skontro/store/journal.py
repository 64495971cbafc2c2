# SPDX-License-Identifier: Apache-2.0
"""The journal's rows: appended, read, added up; never changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
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
from skontro.store.bulk import fetch_rows, stream_rows
from skontro.store.database import STREAMED, Unit, insert_many
from skontro.store.schema import account, act, approval, balance_seal, journal_entry, posting


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


Sums = dict[str, tuple[int, int]]
"""Sum of debits and sum of credits of each account."""


def account_sums(unit: Unit, prefix: str = "") -> Sums:
    """Return debits and credits of each account whose code begins so.

    Reads the balances sealed last, and only the postings after them.

    Args:
        unit: A unit of work or a reading.
        prefix: Beginning of the codes, e.g. ``bank:A:``; every account if empty.
    """
    last = unit.value(sa.select(sa.func.max(balance_seal.c.entry))) or 0
    sums: Sums = {}
    if last:
        sealed = _of_accounts(
            sa.select(account.c.code, balance_seal.c.debit_minor, balance_seal.c.credit_minor)
            .join(account, account.c.id == balance_seal.c.account)
            .where(balance_seal.c.entry == last),
            prefix,
        )
        sums = {code: (int(debit), int(credit)) for code, debit, credit in unit.all(sealed)}
    amount = posting.c.amount_minor
    later = _of_accounts(
        sa.select(account.c.code, *_parts(sa.case((amount > 0, amount), else_=0)),
                  *_parts(sa.case((amount < 0, -amount), else_=0)))
        .join(account, account.c.id == posting.c.account)
        .where(posting.c.entry > last)
        .group_by(account.c.code),
        prefix,
    )  # fmt: skip
    for code, debit_high, debit_low, credit_high, credit_low in unit.all(later):
        debit, credit = sums.get(code, (0, 0))
        sums[code] = (
            debit + (int(debit_high) << _BITS) + int(debit_low),
            credit + (int(credit_high) << _BITS) + int(credit_low),
        )
    return sums


_BITS = 31


def _parts(amount: Any) -> tuple[Any, Any]:
    """Sums of the high and the low part of an amount: no sum of them leaves 64 bits."""
    return (
        sa.func.sum(amount.op(">>")(sa.literal_column(str(_BITS)))),
        sa.func.sum(amount.op("&")(sa.literal_column(str((1 << _BITS) - 1)))),
    )


def _of_accounts(statement: Any, prefix: str) -> Any:
    if not prefix:
        return statement
    return statement.where(account.c.code.startswith(prefix, autoescape=True))


def balances(unit: Unit, prefix: str = "") -> dict[str, int]:
    """Return what stands on each account whose code begins so; debit above nought.

    Args:
        unit: A unit of work or a reading.
        prefix: Beginning of the codes, e.g. ``bank:A:``.
    """
    return {code: debit - credit for code, (debit, credit) in account_sums(unit, prefix).items()}


def write_seal(unit: Unit, entry: int, sums: Sums) -> None:
    """Write the balances that an entry seals."""
    if not sums:
        return
    ids = _account_ids(unit, list(sums))
    insert_many(
        unit,
        balance_seal,
        {
            "entry": entry,
            "account": [ids[code] for code in sums],
            "debit_minor": [str(debit) for debit, _ in sums.values()],
            "credit_minor": [str(credit) for _, credit in sums.values()],
        },
    )


def read_entries(unit: Unit, *, first: int = 1, cycle: str | None = None) -> Iterator[Any]:
    """Yield entries by number, as they stand, without holding them all."""
    statement = sa.select(journal_entry).where(journal_entry.c.number >= first)
    if cycle is not None:
        statement = statement.where(journal_entry.c.cycle == cycle)
    rows = unit.connection.execute(
        statement.order_by(journal_entry.c.number), execution_options=STREAMED
    )
    for part in rows.partitions(10_000):
        yield from part


class _Codes(dict[int, str]):
    """Codes of accounts by their numbers; one that is not there has a code of its own."""

    def __missing__(self, number: int) -> str:
        return f"account {number}:"


def read_postings(unit: Unit, *, first: int = 1) -> Iterator[tuple[int, int, str, int]]:
    """Yield entry, line, account code and amount, by entry and line."""
    codes = _Codes(fetch_rows(unit, sa.select(account.c.id, account.c.code)))
    columns = posting.c
    statement = (
        sa.select(columns.entry, columns.line, columns.account, columns.amount_minor)
        .where(columns.entry >= first)
        .order_by(columns.entry, columns.line)
    )
    for part in stream_rows(unit, statement):
        yield from [(entry, line, codes[number], amount) for entry, line, number, amount in part]


def read_seals(unit: Unit) -> dict[int, Sums]:
    """Return the sealed balances by the number of the sealing entry."""
    statement = sa.select(
        balance_seal.c.entry, account.c.code, balance_seal.c.debit_minor,
        balance_seal.c.credit_minor,
    ).join(account, account.c.id == balance_seal.c.account)  # fmt: skip
    seals = dict[int, Sums]()
    for entry, code, debit, credit in unit.all(statement):
        seals.setdefault(entry, {})[code] = (int(debit), int(credit))
    return seals


def read_acts(unit: Unit) -> list[Any]:
    """Return approved acts: number, kind, content, digest, and who signed it with what."""
    statement = sa.select(
        act.c.id, act.c.kind, act.c.content, act.c.digest, act.c.maker, act.c.signature,
        approval.c.checker, approval.c.signature.label("checked"),
    ).join(approval, approval.c.act_id == act.c.id)  # fmt: skip
    return list(unit.all(statement))


def head(unit: Unit) -> tuple[int, str]:
    """Return number and hash of the last entry: keep it elsewhere, and nothing before it can be
    changed unseen."""
    last = unit.first(
        sa.select(journal_entry.c.number, journal_entry.c.hash)
        .order_by(journal_entry.c.number.desc())
        .limit(1)
    )
    return (0, START_HASH) if last is None else (int(last.number), str(last.hash))
