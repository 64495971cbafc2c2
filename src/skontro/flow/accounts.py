# SPDX-License-Identifier: Apache-2.0
"""A participant's account statement: opening, movements, closing; pay-ins and pay-outs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skontro.flow.reports import covered_by_pool
from skontro.house.journal import ACCOUNTS, account_currency
from skontro.store.cycles import chosen_run
from skontro.store.database import Unit
from skontro.store.papers import (
    accounts_of,
    cycles_before,
    entry_of,
    last_entry_of,
    movements_of,
    standing_at,
)
from skontro.store.rows import find_all
from skontro.store.schema import pay_in, pay_out, plan_line

if TYPE_CHECKING:
    from skontro.flow.house import House

OWN_ACCOUNTS = ("payable", "receivable", "held", "due", "claim", "difference")
"""Kinds of accounts that are a participant's own."""

STATES = {
    "called": "called", "arrived": "arrived", "missed": "missed", "closed": "closed",
    "ready": "to be paid", "released": "on its way", "paid": "paid", "returned": "came back",
    "stopped": "house review",
}  # fmt: skip
WAITS = "waiting: cover or house review"
"""What a participant is told of a payment."""


def statement_content(house: House, unit: Unit, cycle: Any, firm: Any) -> dict[str, Any]:
    """Return what a participant's account statement says.

    Its period begins after the close of the cycle before and ends with the close of this one, or
    with this one's last entry while it is not closed. So periods neither overlap nor leave gaps.

    Args:
        house: The house.
        unit: A reading.
        cycle: The cycle.
        firm: The participant.
    """
    earlier = cycles_before(unit, cycle.number)
    after = _close(unit, earlier[-1].id) if earlier else None
    closed = _close(unit, cycle.id)
    last = closed or last_entry_of(unit, cycle.id)
    start = 0 if after is None else after.number
    own = accounts_of(unit, firm.id, OWN_ACCOUNTS)
    numbers = [row.id for row in own]
    opening = standing_at(unit, numbers, start)
    movements: dict[int, list[dict[str, Any]]] = {number: [] for number in numbers}
    closing = dict(opening)
    for row in movements_of(unit, numbers, start, last.number):
        closing[row.account] = closing.get(row.account, 0) + row.amount_minor
        movements[row.account].append({
            "entry": row.entry, "kind": row.kind, "cycle": row.cycle,
            "business_day": row.business_day, "at": row.at,
            "amount_minor": str(row.amount_minor),
        })  # fmt: skip
    return {
        "number": f"{house.id}/{cycle.id}/{firm.id}/account/{last.number}",
        "house": house.id, "house_name": house.name, "demonstration": house.kind == "demo",
        "cycle": cycle.id, "participant": firm.id, "side": firm.side,
        "home_currency": firm.home_currency,
        "period": {"after_entry": start, "to_entry": last.number, "closed": closed is not None},
        "accounts": [
            {
                "account": row.code.split(":", 1)[0],
                "shows": ACCOUNTS[row.code.split(":", 1)[0]],
                "currency": account_currency(row.code),
                "opening_minor": str(opening.get(row.id, 0)),
                "movements": movements[row.id],
                "closing_minor": str(closing.get(row.id, 0)),
            }
            for row in own
            if movements[row.id] or opening.get(row.id, 0)
        ],
        "pay_ins": _pay_ins(unit, cycle.id, firm.number),
        "pay_outs": _pay_outs(unit, cycle, firm.number),
        "journal": {"entry": last.number, "hash": last.hash},
    }  # fmt: skip


def _close(unit: Unit, cycle_id: str) -> Any:
    return entry_of(unit, cycle_id, "cycle.step", holds='"step":"close"')


def _pay_ins(unit: Unit, cycle_id: str, firm: int) -> list[dict[str, Any]]:
    rows = find_all(unit, pay_in, order=["id"], cycle=cycle_id, participant=firm)
    return [
        {"reference": row.reference, "currency": row.currency, "due_minor": str(row.due_minor),
         "arrived_minor": str(row.arrived_minor), "covered_minor": str(covered_by_pool(row)),
         "used_minor": str(row.used_minor), "state": STATES[row.state]}
        for row in rows
    ]  # fmt: skip


def _pay_outs(unit: Unit, cycle: Any, firm: int) -> list[dict[str, Any]]:
    """Return what is paid out; what the gate holds is house review, and nothing more is said."""
    rows = find_all(unit, pay_out, order=["id"], cycle=cycle.id, participant=firm)
    found = [
        {"pay_out": row.id, "currency": row.currency, "amount_minor": str(row.amount_minor),
         "purpose": row.purpose, "state": STATES[row.state]}
        for row in rows
    ]  # fmt: skip
    if cycle.state not in ("settled", "closed"):
        return found
    chosen = chosen_run(unit, cycle.id)
    made = {row.currency for row in rows if row.purpose == "settlement"}
    for line in find_all(unit, plan_line, order=["currency"], run=chosen.id, participant=firm):
        if line.pay_out_minor and line.currency not in made:
            found.append({
                "pay_out": None, "currency": line.currency,
                "amount_minor": str(line.pay_out_minor), "purpose": "settlement",
                "state": WAITS,
            })  # fmt: skip
    return found
