# SPDX-License-Identifier: Apache-2.0
"""Payments of which a bank says both that it refused them and that it paid them.

What was refused is due again, and what was paid is not: while nobody knows which is true, the new
payment is held. Two people write down what the bank answered when it was asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict
from skontro.flow.people import handles
from skontro.house.bank import REJECTED
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all
from skontro.store.schema import bank_status, border_payment, money_line, pay_out

if TYPE_CHECKING:
    from skontro.flow.house import House

PAID_WORDS = ("ACSC", "ACCC")
STEP = "two people write down what the bank answers: skontro reconcile settle STATUS --paid, or " \
    "--refused"
"""What to do about a doubt."""

Claimed = tuple[str | None, int | None, str, str]
"""Cycle, participant, currency and purpose of a payment."""


def in_doubt(unit: Unit) -> set[str]:
    """Return the ids of payments that a bank says it refused and paid, and nobody settled."""
    open_names = {row.end_to_end for row in find_all(unit, bank_status, outcome="doubt")} - {""}
    if not open_names:
        return set()
    said = find_all(unit, bank_status, end_to_end=sorted(open_names))
    refused = {row.end_to_end for row in said if row.status == REJECTED}
    return refused & {row.end_to_end for row in said if row.status in PAID_WORDS}


def doubted_claims(unit: Unit) -> set[Claimed]:
    """Return what must not be paid again yet, as an earlier payment of it is in doubt."""
    names = in_doubt(unit)
    rows = find_all(unit, pay_out, end_to_end=sorted(names), state="returned") if names else ()
    return {(row.cycle, row.participant, row.currency, row.purpose) for row in rows}


def doubted_borders(unit: Unit) -> set[int]:
    """Return the numbers of border payments that stand for one in doubt."""
    names = in_doubt(unit)
    rows = find_all(unit, border_payment, reference=sorted(names)) if names else ()
    later = find_all(unit, border_payment, instead_of=[row.id for row in rows]) if rows else ()
    return {int(row.id) for row in later}


def is_held(row: Any, claims: set[Claimed]) -> bool:
    """Whether a pay-out is held, as an earlier payment of the same is in doubt."""
    return (row.cycle, row.participant, row.currency, row.purpose) in claims


def hold_doubted(house: House, unit: Unit) -> None:
    """Stop what is ready and stands for a payment in doubt; it says so where it waits."""
    claims = doubted_claims(unit)
    ready = find_all(unit, pay_out, state="ready") if claims else ()
    held = [row for row in ready if row.participant is not None and is_held(row, claims)]
    for row in held:
        change(unit, pay_out, {"id": row.id}, state="stopped")
    for cycle_id in sorted({row.cycle for row in held if row.cycle is not None}):
        house.settlement.make_ready(unit, cycle_id)


def refuse_doubted(unit: Unit, release_act: int) -> None:
    """Refuse to write a file with a payment that stands for one in doubt.

    Raises:
        Conflict: There is one.
    """
    claims, borders = doubted_claims(unit), doubted_borders(unit)
    rows = find_all(unit, pay_out, release_act=release_act, state="released") if claims else ()
    held = [row.id for row in rows if is_held(row, claims)]
    if held or any(find(unit, border_payment, id=number).release_act == release_act
                   for number in borders):  # fmt: skip
        raise differs("a payment in it stands for one that the bank says it refused and paid")


def differs(what: str) -> Conflict:
    """Return the refusal of something that is held by a doubt."""
    return Conflict(what, code="BankDiffers", next_step=STEP)


@handles("doubt.settle")
def _settle(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Write down which of two answers of a bank is right, and let follow what follows."""
    status = find(unit, bank_status, id=content["status"])
    if status.outcome != "doubt" or status.end_to_end not in in_doubt(unit):
        raise Conflict(f"answer {status.id} is not in doubt any more", code="AlreadyDone",
                       next_step="see what is: skontro reconcile list")  # fmt: skip
    name, paid = status.end_to_end, content["paid"]
    for row in find_all(unit, bank_status, end_to_end=name, outcome="doubt"):
        change(unit, bank_status, {"id": row.id}, outcome="settled", why="")
    payment = find(unit, pay_out, end_to_end=name, state=["released", "paid", "returned"])
    hard = find(unit, border_payment, reference=name)
    cycle_id = next((one.cycle for one in (payment, hard) if one is not None), None)
    house.note(unit, "cycle.step", {"step": "doubt", "status": status.id, "paid": paid},
               cycle=cycle_id, act_id=act_id)  # fmt: skip
    if paid and payment is not None and payment.state == "returned":
        _stands(unit, payment)
    elif paid and hard is not None and hard.state == "returned":
        _border_stands(unit, hard)
    elif not paid and (payment or hard) is not None and (payment or hard).state == "released":
        house.settlement.take_rejected(unit, name, status.code)
    house.settlement.look_again(unit)
    if cycle_id is not None and payment is not None:
        house.settlement.make_ready(unit, cycle_id)
    return {"end_to_end": name, "paid": paid}


def _stands(unit: Unit, payment: Any) -> None:
    """Let a payment that was taken for refused be on its way; nothing is paid in its place."""
    same = find_all(unit, pay_out, cycle=payment.cycle, participant=payment.participant,
                    currency=payment.currency, purpose=payment.purpose)  # fmt: skip
    for row in same if payment.participant is not None else ():
        if row.id > payment.id and row.state in ("released", "paid"):
            raise _too_late(row.id)
        if row.id > payment.id and row.state == "ready":
            change(unit, pay_out, {"id": row.id}, state="stopped")
    if find_all(unit, money_line, pay_out=payment.id, reversed_by=0):
        raise _too_late(payment.id)
    if payment.line is not None:
        line = find(unit, money_line, id=payment.line)
        if line.state != "suspense":
            raise _too_late(payment.id)
        change(unit, money_line, {"id": line.id}, state="returned")
    change(unit, pay_out, {"id": payment.id}, state="released")


def _border_stands(unit: Unit, payment: Any) -> None:
    for row in find_all(unit, border_payment, instead_of=payment.id):
        if row.state in ("released", "arrived", "returned"):
            raise _too_late(row.id)
        if row.state == "ready":
            change(unit, border_payment, {"id": row.id}, state="stopped")
    change(unit, border_payment, {"id": payment.id}, state="released")


def _too_late(number: int) -> Conflict:
    return Conflict(
        f"payment {number} was let go or booked in its place", code="BuiltOn",
        next_step="what the bank paid twice is missing in suspense: it comes back, and two people "
        "assign it: skontro settlement assign LINE --missing LINE",
    )
