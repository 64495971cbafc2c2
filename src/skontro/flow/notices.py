# SPDX-License-Identifier: Apache-2.0
"""A participant's set-off notice, worked out from its own rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, InvariantViolation
from skontro.flow.reports import fixing_of, head_of_run
from skontro.flow.times import day_number, day_text
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
from skontro.house.states import ATTACHED, FACTORED, NOT_YET_DUE
from skontro.house.tax_split import RatePart
from skontro.store.cycles import chosen_run
from skontro.store.database import Unit
from skontro.store.documents import taxes_of
from skontro.store.papers import (
    agreements_on,
    discharged_in,
    entry_before,
    entry_of,
    held_among,
    ids_of,
    members_in,
    obligations_of,
    references_of,
)
from skontro.store.rows import find, find_all
from skontro.store.schema import approval, plan_line

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
    own = obligations_of(unit, firm.number)
    rows = _rows(unit, cycle.id, final, firm, own, stage)
    if rows and not basis:
        raise InvariantViolation(f"{firm.id} was set off without an agreement in force")
    used = [row.currency for row in rows]
    given = find(unit, approval, act_id=final.published_act)
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
        "left_out": _left_out(unit, cycle, declared, firm, own),
        "journal": {"entry": head.number, "hash": head.hash},
    }  # fmt: skip


def _rows(
    unit: Unit, cycle_id: str, final: Any, firm: Any, own: Mapping[int, Any], stage: str
) -> list[NoticeRow]:
    """Return the participant's obligations as the runs of the cycle left them."""
    found = discharged_in(unit, final.id, own)
    numbers = [row.obligation for row in found]
    settled = {row.obligation: row.planned_minor for row in found}
    chosen = chosen_run(unit, cycle_id) if stage == SETTLED else final
    if chosen.id != final.id:
        later = discharged_in(unit, chosen.id, numbers)
        settled = {row.obligation: row.planned_minor for row in later}
    said = references_of(unit, own, numbers)
    cut = entry_of(unit, cycle_id, "cycle.step", holds='"step":"cut_off"')
    taxes = taxes_of(unit, numbers, until=cut.at)
    ids = ids_of(unit, [other_party(own[number], firm.number) for number in numbers])
    rows = []
    for row in found:
        one = own[row.obligation]
        other = other_party(one, firm.number)
        rows.append(NoticeRow(
            number=one.number, is_debtor=one.debtor == firm.number, counterparty=ids[other],
            own_reference=said.get((one.number, firm.number)),
            their_reference=said.get((one.number, other)),
            document=one.document, document_day=_day(one.document_day),
            due_day=_day(one.due_day), currency=one.currency, before_minor=row.before_minor,
            set_off_minor=row.set_off_minor, planned_minor=row.planned_minor,
            settled_minor=settled.get(one.number, 0) if stage == SETTLED else 0,
            rates=tuple(
                RatePart(tax["category"], tax["rate"], tax["net_minor"], tax["tax_minor"])
                for tax in taxes.get(one.number, ())
            ),
        ))  # fmt: skip
    return rows


def other_party(row: Any, firm: int) -> int:
    """Return the number of the other party of an obligation."""
    return int(row.creditor if row.debtor == firm else row.debtor)


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
    unit: Unit, cycle: Any, declared: Mapping[str, Any] | None, firm: Any, own: Mapping[int, Any]
) -> list[dict[str, Any]]:
    """Return the participant's obligations that are not in the cycle, and all it is told why.

    What the gate holds, at the cut-off or later, is house review, whatever its reasons.
    """
    inside = members_in(unit, cycle.id, own)
    reasons = {number: why for number, why in inside.items() if why is not None}
    cut = entry_of(unit, cycle.id, "cycle.step", holds='"step":"cut_off"')
    if json.loads(cut.content).get("held", 1):
        might = [
            number for number, row in own.items()
            if number not in inside and _might_enter(row, cycle, declared, cut.at)
        ]  # fmt: skip
        before = entry_before(unit, cut.number)
        for number in held_among(unit, might, before.at, cut.at):
            reasons[number] = "house review"
    said = references_of(unit, own, reasons)
    ids = ids_of(unit, [other_party(own[number], firm.number) for number in reasons])
    found = []
    for number, why in sorted(reasons.items()):
        row = own[number]
        other = other_party(row, firm.number)
        found.append({
            "obligation": number,
            "role": "debtor" if row.debtor == firm.number else "creditor",
            "counterparty": ids[other], "own_reference": said.get((number, firm.number)),
            "document": row.document, "currency": row.currency, "why": why_left(why),
        })  # fmt: skip
    return found


def _might_enter(
    row: Any, cycle: Any, declared: Mapping[str, Any] | None, cut_off_at: str
) -> bool:
    """Whether an obligation could have been entered at a cut-off, but for the gate."""
    is_due = row.due_day is None or row.due_day <= day_number(cycle.business_day)
    return (
        row.confirmed_at is not None
        and row.confirmed_at <= cut_off_at
        and (is_due or bool(row.flags & NOT_YET_DUE))
        and not row.flags & (ATTACHED | FACTORED)
        and (declared is None or row.currency in declared["rates"])
    )
