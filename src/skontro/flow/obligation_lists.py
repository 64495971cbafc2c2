# SPDX-License-Identifier: Apache-2.0
"""Obligations as people read them: one with its history, a firm's, the work list of mismatches."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.errors import NoSuchFile, Rejected
from skontro.flow.reasons import read_reasons
from skontro.flow.times import day_text
from skontro.house.partners import Mismatch, Waiting, find_mismatches
from skontro.house.states import BY_DEBTOR, FLAGS, NOT_YET_DUE
from skontro.store.database import Unit
from skontro.store.obligations import (
    find_firms,
    firms_by_number,
    of_firm,
    rolled_over,
    said_of,
    waiting_between,
    waiting_in_turn,
    with_firms,
)
from skontro.store.rows import find_all
from skontro.store.schema import obligation_event

if TYPE_CHECKING:
    from skontro.flow.house import House


def flag_names(flags: int) -> list[str]:
    """Return the flags an obligation bears by name.

    Example:
        >>> flag_names(5)
        ['attached', 'not yet due']
    """
    named = [*FLAGS.items(), ("not yet due", NOT_YET_DUE)]
    return [name for name, flag in named if flags & flag]


def no_such_obligation(number: int) -> NoSuchFile:
    """Return the refusal of a number that no obligation has."""
    return NoSuchFile(f"there is no obligation {number}", code="NoSuchObligation",
                      next_step="look for it by reference: find")  # fmt: skip


def show_obligation(house: House, number: int) -> dict[str, Any]:
    """Return an obligation with its history: see :meth:`Obligations.show`."""
    with house.database.read() as unit:
        rows = with_firms(unit, [number])
        if not rows:
            raise no_such_obligation(number)
        said = said_of(unit, number)
        events = find_all(unit, obligation_event, order=["id"], obligation=number)
        rolled = rolled_over(unit, [number]).get(number, 0)
    return _shown(rows[0]) | {
        "rolled_over": rolled,
        "registrations": [dict(one._mapping) for one in said],
        "events": [dict(one._mapping) | {"detail": json.loads(one.detail)} for one in events],
    }


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return an obligation's row as plain values."""
    digest = bytes(row["content_digest"]).hex()
    return dict(row) | {"content_digest": digest, "flag_names": flag_names(row["flags"])}


def _firm_number(unit: Unit, firm: str) -> int:
    row = find_firms(unit, [firm]).get(firm)
    if row is None:
        raise Rejected(f"{firm!r} is not a participant", code="UnknownParticipant",
                       next_step="list them with: skontro participants list")  # fmt: skip
    return int(row.number)


def list_of_firm(
    house: House, firm: str, *, states: Sequence[str], after: int, most: int
) -> list[dict[str, Any]]:
    """Return a firm's obligations: see :meth:`Obligations.of`."""
    with house.database.read() as unit:
        numbers = of_firm(unit, _firm_number(unit, firm), states=states, after=after, most=most)
        why = read_reasons(house, unit, numbers)
        rows = with_firms(unit, numbers)
    return [_shown(one) | {"why_not": why[one["number"]]} for one in rows]


def list_work(house: House, firm: str, *, after: int, most: int) -> list[dict[str, Any]]:
    """Return what waits, with likely partners: see :meth:`Obligations.work_list`."""
    with house.database.read() as unit:
        number = _firm_number(unit, firm) if firm else None
        wanted = [_waiting(one) for one in waiting_in_turn(unit, number, after, most)]
        pairs = {(one.debtor, one.creditor) for one in wanted}
        pool = [_waiting(one) for one in waiting_between(unit, pairs)] if pairs else []
        ids = {row.number: row.id for row in firms_by_number(unit, {n for p in pairs for n in p})}
    return [_line(one, ids) for one in find_mismatches(wanted, pool, house.rules.matching)]


def _waiting(row: Any) -> Waiting:
    return Waiting(
        row.number, row.debtor, row.creditor, row.currency, row.amount_minor, row.due_day,
        row.document, row.document_day, row.said, row.reference,
    )  # fmt: skip


def _line(found: Mismatch, ids: Mapping[int, str]) -> dict[str, Any]:
    """Return a line of the work list as plain values."""

    def shown(one: Waiting) -> dict[str, Any]:
        sender = one.debtor if one.said == BY_DEBTOR else one.creditor
        return {
            "number": one.number, "sender": ids[sender], "reference": one.reference,
            "debtor": ids[one.debtor], "creditor": ids[one.creditor], "currency": one.currency,
            "amount_minor": one.amount_minor, "document": one.document,
            "due_date": None if one.due_day is None else day_text(one.due_day),
        }  # fmt: skip

    partner = None if found.partner is None else shown(found.partner)
    return shown(found.waiting) | {
        "partner": partner, "differences": list(found.differences),
        "will_match": found.will_match,
    }  # fmt: skip
