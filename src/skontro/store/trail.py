# SPDX-License-Identifier: Apache-2.0
"""One obligation through all tables: what was said of it, judged, run, paid and posted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from skontro.store.database import Unit
from skontro.store.schema import (
    account,
    balance_seal,
    border_leg,
    cycle,
    cycle_member,
    discharge,
    journal_entry,
    posting,
    run,
    verdict,
)

MOST_ENTRIES = 200


def verdicts_of(unit: Unit, number: int) -> list[Any]:
    """Return when an obligation was judged, and how each verdict came out; never why."""
    columns = verdict.c
    return list(unit.all(
        sa.select(columns.id, columns.outcome, columns.judged_at)
        .where(columns.subject_kind == "obligation", columns.subject == number)
        .order_by(columns.id)
    ))  # fmt: skip


def memberships(unit: Unit, number: int) -> list[Any]:
    """Return the cycles an obligation entered, in their order, and why it left one."""
    columns = cycle_member.c
    return list(unit.all(
        sa.select(
            columns.cycle, columns.open_minor, columns.left_why, columns.left_act,
            columns.verdict_id, cycle.c.state, cycle.c.business_day, cycle.c.number,
        )
        .join(cycle, cycle.c.id == columns.cycle)
        .where(columns.obligation == number)
        .order_by(cycle.c.number)
    ))  # fmt: skip


def discharges_of(unit: Unit, number: int) -> list[Any]:
    """Return what published runs did to an obligation, in their order."""
    columns = discharge.c
    return list(unit.all(
        sa.select(
            run.c.id, run.c.cycle, run.c.kind, run.c.number, run.c.ran_at, run.c.result_digest,
            run.c.manifest_digest, run.c.published_act, columns.before_minor,
            columns.set_off_minor, columns.planned_minor,
        )
        .join(run, run.c.id == columns.run)
        .where(columns.obligation == number)
        .order_by(run.c.id)
    ))  # fmt: skip


def border_legs_between(unit: Unit, cycles: Sequence[str], sides: Sequence[str]) -> list[Any]:
    """Return the border positions of some cycles between two sides, or of each with the hub."""
    columns = border_leg.c
    return list(unit.all(
        sa.select(
            columns.cycle, columns.side, columns.other_side, columns.before_minor,
            columns.flow_minor, columns.position_minor, columns.hard_minor, columns.state,
        )
        .where(
            columns.cycle.in_(list(cycles)), columns.side.in_(list(sides)),
            columns.other_side.in_([*sides, ""]),
        )
        .order_by(columns.number)
    ))  # fmt: skip


def entries_touching(
    unit: Unit, cycles: Sequence[str], codes: Sequence[str], days: tuple[str, str]
) -> list[Any]:
    """Return entries of some cycles that have a line on one of some accounts, by number.

    Args:
        unit: A reading.
        cycles: The cycles.
        codes: Codes of accounts.
        days: First and last business day; an empty one is no bound.
    """
    columns = journal_entry.c
    on = (
        sa.select(posting.c.entry)
        .join(account, account.c.id == posting.c.account)
        .where(account.c.code.in_(list(codes)))
    )
    wanted: list[Any] = [columns.cycle.in_(list(cycles)), columns.number.in_(on)]
    wanted += [columns.business_day >= days[0]] if days[0] else []
    wanted += [columns.business_day <= days[1]] if days[1] else []
    return list(unit.all(
        sa.select(journal_entry).where(*wanted).order_by(columns.number).limit(MOST_ENTRIES)
    ))  # fmt: skip


def seals_of(unit: Unit, cycles: Sequence[str]) -> list[Any]:
    """Return the entries that sealed the balances of some cycles, and of how many accounts."""
    columns = journal_entry.c
    return list(unit.all(
        sa.select(columns.number, columns.cycle, columns.at, columns.hash, columns.business_day,
                  sa.func.count().label("accounts"))
        .join(balance_seal, balance_seal.c.entry == columns.number)
        .where(columns.cycle.in_(list(cycles)))
        .group_by(columns.number)
        .order_by(columns.number)
    ))  # fmt: skip
