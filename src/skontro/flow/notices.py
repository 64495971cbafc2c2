# SPDX-License-Identifier: Apache-2.0
"""A participant's set-off notice, worked out from its own rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, InvariantViolation
from skontro.flow.reports import fixing_of, head_of_run
from skontro.flow.times import day_text
from skontro.house.notices import (
    FINAL,
    SETTLED,
    STAGES,
    Grid,
    NoticeRow,
    bookings,
    counter_obligations,
    decimals_of,
    obligation_lines,
    sums_by_currency,
    why_left,
)
from skontro.store.cycles import chosen_run
from skontro.store.database import Unit
from skontro.store.papers import (
    agreements_on,
    discharged_of,
    entry_before,
    entry_of,
    held_of,
    left_of,
    references_of,
)
from skontro.store.rows import find, find_all
from skontro.store.schema import approval, participant, plan_line

if TYPE_CHECKING:
    from skontro.flow.house import House

PAST_SETTLEMENT = ("settled", "closed")


def set_off_content(
    house: House, unit: Unit, cycle: Any, final: Any, firm: Any, stage: str | None
) -> dict[str, Any]:
    """Return what a set-off notice says.

    Args:
        house: The house.
        unit: A reading.
        cycle: The cycle.
        final: Its final run.
        firm: The participant.
        stage: ``final``, ``settled``, or None for the later one that is reached.

    Raises:
        Conflict: The settlement has not come that far.
    """
    reached = SETTLED if cycle.state in PAST_SETTLEMENT else FINAL
    stage = stage or reached
    if stage not in STAGES or (stage == SETTLED and reached != SETTLED):
        raise Conflict(
            f"cycle {cycle.id} is {cycle.state}: there is no notice of stage {stage!r} yet",
            code="OutOfOrder", next_step="ask for the stage 'final', or settle the cycle first",
        )  # fmt: skip
    step = "final" if stage == FINAL else "settle"
    head = entry_of(unit, cycle.id, "cycle.step", holds=f'"step":"{step}"')
    basis = agreements_on(unit, firm.number, cycle.business_day)
    declared = fixing_of(unit, cycle.id)
    summary = json.loads(final.summary)
    grid = Grid.of(summary, None if declared is None else declared["rates"])
    ids = {row.number: row.id for row in find_all(unit, participant)}
    rows = _rows(unit, cycle.id, final, firm, ids, stage)
    if rows and not basis:
        raise InvariantViolation(f"{firm.id} was set off without an agreement in force")
    used = [row.currency for row in rows]
    given = find(unit, approval, act_id=final.final_act)
    return {
        "number": f"{house.id}/{cycle.id}/{firm.id}/set-off/{stage}",
        **head_of_run(house, final),
        "effect": "set-off", "stage": stage,
        "participant": firm.id, "side": firm.side, "home_currency": firm.home_currency,
        "accepts_conversion": bool(firm.accepts_conversion),
        "legal_basis": [
            {"agreement": one.agreement, "version": one.version, "law": one.law,
             "in_force_from": one.from_day}
            for one in basis
        ],
        "value_date": cycle.business_day, "published_at": given.approved_at,
        "fixing": declared, "grid": grid.as_json(),
        "decimals": decimals_of([*used, *([grid.unit] if grid.unit else [])]),
        "obligations": obligation_lines(rows, grid),
        "sums": {
            name: sums_by_currency(rows, f"{name}_minor")
            for name in ("before", "set_off", "planned", "settled")
        },
        "counter_obligations": counter_obligations(rows, grid),
        "bookings": bookings(rows, grid, firm.home_currency),
        "payments": _payments(unit, final, firm),
        "left_out": _left_out(house, unit, cycle, firm, ids),
        "journal": {"entry": head.number, "hash": head.hash},
    }  # fmt: skip


def _rows(
    unit: Unit, cycle_id: str, final: Any, firm: Any, ids: Mapping[int, str], stage: str
) -> list[NoticeRow]:
    """Return the participant's obligations as the runs of the cycle left them."""
    found = discharged_of(unit, final.id, firm.number)
    settled = {row.number: row.planned_minor for row in found}
    chosen = chosen_run(unit, cycle_id) if stage == SETTLED else final
    if chosen.id != final.id:
        settled = {
            row.number: row.planned_minor for row in discharged_of(unit, chosen.id, firm.number)
        }
    said = references_of(unit, [row.number for row in found])
    rows = []
    for row in found:
        other = row.creditor if row.debtor == firm.number else row.debtor
        rows.append(NoticeRow(
            number=row.number, is_debtor=row.debtor == firm.number, counterparty=ids[other],
            own_reference=said.get((row.number, firm.number)),
            their_reference=said.get((row.number, other)),
            document=row.document, document_day=_day(row.document_day),
            due_day=_day(row.due_day), currency=row.currency, before_minor=row.before_minor,
            set_off_minor=row.set_off_minor, planned_minor=row.planned_minor,
            settled_minor=settled.get(row.number, 0) if stage == SETTLED else 0,
        ))  # fmt: skip
    return rows


def _day(number: int | None) -> str | None:
    return None if number is None else day_text(number)


def _payments(unit: Unit, final: Any, firm: Any) -> list[dict[str, str]]:
    """Return what the final run has the participant pay in, or be paid, by currency."""
    lines = find_all(unit, plan_line, order=["currency"], run=final.id, participant=firm.number)
    return [
        {"currency": line.currency, "pay_in_minor": str(line.pay_in_minor),
         "pay_out_minor": str(line.pay_out_minor)}
        for line in lines
    ]  # fmt: skip


def _left_out(
    house: House, unit: Unit, cycle: Any, firm: Any, ids: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Return the participant's obligations that are not in the cycle, and all it is told why.

    What the gate holds, at the cut-off or later, is house review, whatever its reasons.
    """
    cut = entry_of(unit, cycle.id, "cycle.step", holds='"step":"cut_off"')
    before = entry_before(unit, cut.number)
    held = held_of(unit, cycle.id, firm.number, before.at, cut.at)
    left = left_of(unit, cycle.id, firm.number)
    rows: Sequence[tuple[Any, str]] = [(row, row.left_why) for row in left]
    rows = [*rows, *((row, "house review") for row in held)]
    rows = sorted(rows, key=lambda pair: int(pair[0].number))
    said = references_of(unit, [row.number for row, _ in rows])
    found = []
    for row, why in rows:
        is_debtor = row.debtor == firm.number
        found.append({
            "obligation": row.number, "role": "debtor" if is_debtor else "creditor",
            "counterparty": ids[row.creditor if is_debtor else row.debtor],
            "own_reference": said.get((row.number, firm.number)),
            "document": row.document, "currency": row.currency,
            "why": why_left(why),
        })  # fmt: skip
    return found
