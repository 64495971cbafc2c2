# SPDX-License-Identifier: Apache-2.0
"""What signs of laundering by trade are looked for in: obligations, and what was cleared before."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from skontro.store.bulk import fetch_columns, fetch_rows, staged
from skontro.store.database import Unit
from skontro.store.schema import (
    cycle,
    discharge,
    fixing,
    flag_look,
    gate_case,
    obligation,
    obligation_trade,
    register,
    run,
)

Int64 = NDArray[np.int64]
_FEW = 200
_AT_ONCE = 5000

_TRAFFIC = {"number": "number", "debtor": "number", "creditor": "number", "amount_minor": "number",
            "currency": "text", "document_day": "number", "opposite_of": "number"}  # fmt: skip


def traffic_columns(unit: Unit, numbers: Int64) -> dict[str, Any]:
    """Return what flags look at of obligations, by number; nought for no day and no opposite."""
    columns = obligation.c
    read = sa.select(
        columns.number, columns.debtor, columns.creditor, columns.amount_minor, columns.currency,
        sa.func.coalesce(columns.document_day, 0), sa.func.coalesce(columns.opposite_of, 0),
    ).order_by(columns.number)  # fmt: skip
    if len(numbers) <= _FEW:
        return fetch_columns(unit, read.where(columns.number.in_(numbers.tolist())), _TRAFFIC)
    with staged(unit, {"given": "bigint"}, {"given": numbers}) as given:
        joined = read.join_from(given, obligation, given.c.given == columns.number)
        return fetch_columns(unit, joined, _TRAFFIC)


def finals_before(unit: Unit, cycle_id: str, most: int) -> list[tuple[int, str]]:
    """Return the final runs of the cycles before one, the newest first: run and cycle."""
    own = sa.select(cycle.c.number).where(cycle.c.id == cycle_id).scalar_subquery()
    rows = unit.all(
        sa.select(run.c.id, run.c.cycle)
        .join(cycle, cycle.c.id == run.c.cycle)
        .where(run.c.kind == "final", cycle.c.number < own)
        .order_by(cycle.c.number.desc())
        .limit(most)
    )
    return [(int(number), str(name)) for number, name in rows]


def cleared_in(unit: Unit, runs: Sequence[int]) -> Int64:
    """Return what final runs set off or settled, with goods that are told, by number."""
    columns = discharge.c
    rows = fetch_rows(
        unit,
        sa.select(columns.obligation)
        .join_from(discharge, obligation_trade, obligation_trade.c.obligation == columns.obligation)
        .where(columns.run.in_(list(runs)),
               sa.or_(columns.set_off_minor > 0, columns.planned_minor > 0))
        .distinct()
        .order_by(columns.obligation),
    )  # fmt: skip
    return np.array([row[0] for row in rows], np.int64)


def volumes_in(unit: Unit, run_id: int) -> list[tuple[int, int, str, int, int]]:
    """Return what firms owed each other in a run: debtor, creditor, currency, sum, how many."""
    columns = discharge.c
    return [
        (int(debtor), int(creditor), str(code), int(total), int(many))
        for debtor, creditor, code, total, many in fetch_rows(
            unit,
            sa.select(
                obligation.c.debtor, obligation.c.creditor, obligation.c.currency,
                sa.func.sum(columns.before_minor), sa.func.count(),
            )
            .join_from(discharge, obligation, obligation.c.number == columns.obligation)
            .where(columns.run == run_id)
            .group_by(obligation.c.debtor, obligation.c.creditor, obligation.c.currency),
        )
    ]  # fmt: skip


def rates_of(unit: Unit, cycle_id: str) -> str:
    """Return the rates of a cycle's fixing as they are kept, canonical JSON."""
    found = unit.value(sa.select(fixing.c.rates).where(fixing.c.cycle == cycle_id))
    return str(found or "{}")


def records_named(unit: Unit, kinds: Sequence[str]) -> list[tuple[str, str, str]]:
    """Return records of participants in force: subject, kind and content."""
    columns = register.c
    return [
        (str(subject), str(what), str(content))
        for subject, what, content in fetch_rows(
            unit,
            sa.select(columns.subject, columns.what, columns.content).where(
                columns.subject_kind == "participant", columns.what.in_(list(kinds)),
                columns.in_force == 1, columns.replaced_by.is_(None),
                columns.content.is_not(None),
            ),
        )
    ]  # fmt: skip


def last_look(unit: Unit, cycle_id: str = "") -> Any:
    """Return the last look for flags, of a cycle if one is named, or None."""
    statement = sa.select(flag_look).order_by(flag_look.c.id.desc()).limit(1)
    return unit.first(statement.where(flag_look.c.cycle == cycle_id) if cycle_id else statement)


def flag_cases(unit: Unit, numbers: Sequence[int]) -> list[Any]:
    """Return the cases on flags of some obligations."""
    columns, found = gate_case.c, list[Any]()
    for first in range(0, len(numbers), _AT_ONCE):
        part = list(numbers[first : first + _AT_ONCE])
        found += unit.all(
            sa.select(gate_case).where(columns.subject_kind == "obligation",
                                       columns.subject.in_(part))
        )  # fmt: skip
    return found
