# SPDX-License-Identifier: Apache-2.0
"""The obligations behind payments, and the files that left."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from skontro.store.cycles import last_run
from skontro.store.database import Unit
from skontro.store.schema import cycle, cycle_member, discharge, obligation, register, registration
from skontro.store.settlement import chunks
from skontro.store.trades import contents_of_terms, line_columns, trade_columns


def settled_obligations(
    unit: Unit, cycle_id: str, *, creditors: Sequence[int] | None = None
) -> list[Any]:
    """Return the obligations a settled cycle discharges with money, by number.

    Args:
        unit: A reading.
        cycle_id: The cycle.
        creditors: Numbers of participants that are owed; None for all.

    Returns:
        Rows of number, debtor, creditor, currency, amount, document, what money settles, what was
        open before and what was set off, minor units, and the verdict that let it enter.
    """
    of_run = _discharged(unit, cycle_id, only_settled=True)
    rows = list[Any]()
    parts: Iterable[Any] = [None] if creditors is None else chunks(sorted(creditors))
    for part in parts:
        statement = of_run
        if part is not None:
            statement = of_run.where(obligation.c.creditor.in_(list(part)))
        rows += unit.all(statement)
    return sorted(rows, key=lambda row: int(row.number))


def discharged_obligations(unit: Unit, cycle_id: str) -> list[Any]:
    """Return all that a settled cycle did, as :func:`settled_obligations` has it."""
    return list(unit.all(_discharged(unit, cycle_id, only_settled=False)))


def _discharged(unit: Unit, cycle_id: str, *, only_settled: bool) -> Any:
    """The statement that finds what a cycle did to its obligations."""
    planned = unit.value(sa.select(cycle.c.planned_run).where(cycle.c.id == cycle_id))
    final = last_run(unit, cycle_id, ["final"])
    money, set_off = discharge.alias("money"), discharge.alias("set_off")
    columns = obligation.c
    statement = (
        sa.select(
            columns.number, columns.debtor, columns.creditor, columns.currency,
            columns.amount_minor, columns.document,
            sa.func.coalesce(money.c.planned_minor, 0).label("settled_minor"),
            set_off.c.before_minor, set_off.c.set_off_minor, cycle_member.c.verdict_id,
        )
        .select_from(set_off)
        .join(obligation, columns.number == set_off.c.obligation)
        .join(cycle_member, sa.and_(cycle_member.c.obligation == columns.number,
                                    cycle_member.c.cycle == cycle_id))
        .outerjoin(money, sa.and_(money.c.obligation == columns.number, money.c.run == planned))
        .where(set_off.c.run == final.id)
        .order_by(columns.number)
    )  # fmt: skip
    return statement.where(money.c.planned_minor > 0) if only_settled else statement


def invoices_of(unit: Unit, numbers: Sequence[int]) -> dict[int, str]:
    """Return what the creditor, or else the debtor, called each obligation when it filed it."""
    found = dict[int, str]()
    columns = registration.c
    for part in chunks(list(numbers)):
        statement = (
            sa.select(columns.obligation, columns.reference)
            .join(obligation, obligation.c.number == columns.obligation)
            .where(columns.obligation.in_(list(part)))
            .order_by(columns.obligation, columns.sender != obligation.c.creditor,
                      columns.reference)
        )  # fmt: skip
        for number, reference in unit.all(statement):
            found.setdefault(int(number), str(reference))
    return found


def goods_of(unit: Unit, numbers: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return what obligations are for: the terms as they were said, the papers' numbers, and the
    ``lines`` of those that have several."""
    if not numbers:
        return {}
    columns = trade_columns(unit, np.array(list(numbers), np.int64))
    terms = np.unique(columns["terms"][columns["terms"] > 0])
    texts = dict(zip(terms.tolist(), map(json.loads, contents_of_terms(unit, terms)), strict=True))
    found = {
        int(number): texts.get(int(which), {}) | {"papers": str(papers)}
        for number, which, papers in zip(
            columns["obligation"].tolist(), columns["terms"].tolist(), list(columns["numbers"]),
            strict=True,
        )
    }  # fmt: skip
    several = [number for number, said in found.items() if said.get("lines")]
    for number, lines in _lines_of(unit, several).items():
        found[number]["lines"] = lines
    return found


def _lines_of(unit: Unit, numbers: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """Return the lines of obligations that have several: terms, quantity, weight and value."""
    found: dict[int, list[dict[str, Any]]] = {}
    if not numbers:
        return found
    columns = line_columns(unit, np.array(numbers, np.int64))
    terms = np.unique(columns["terms"])
    texts = dict(zip(terms.tolist(), map(json.loads, contents_of_terms(unit, terms)), strict=True))
    amounts = ("quantity_milli", "weight_g", "value_minor")
    for number, which, *said in zip(
        *(columns[name].tolist() for name in ("obligation", "terms", *amounts)), strict=True
    ):
        line = dict(zip(amounts, map(str, said), strict=True))
        found.setdefault(number, []).append(texts[which] | line)
    return found


def register_texts(unit: Unit, numbers: Sequence[int]) -> dict[int, str | None]:
    """Return what many records of the register say, by number; None once erased."""
    found = dict[int, str | None]()
    for part in chunks(sorted(set(numbers))):
        statement = sa.select(register.c.id, register.c.content)
        found |= dict(map(tuple, unit.all(statement.where(register.c.id.in_(list(part))))))
    return found


def by_creditor(rows: Iterable[Any]) -> dict[int, list[Any]]:
    """Return obligations by who is owed."""
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[int(row.creditor)].append(row)
    return found
