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
from skontro.house.settlement import FUNDS
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all
from skontro.store.schema import bank_status, border_payment, money_line, pay_out

if TYPE_CHECKING:
    from skontro.flow.house import House

PAID_WORDS = ("ACSC", "ACCC")
STEP = "two people write down what the bank answers: skontro reconcile settle STATUS --paid, or " \
    "--refused"
"""What to do about a doubt."""

Claimed = tuple[str, str, str, str | None, int | None, int | None]
"""What a payment is of: side, currency, purpose, cycle, participant, and line that is returned."""


def claimed(row: Any) -> Claimed:
    """Return what a pay-out is of: another of the same is paid in its place, or is it again."""
    return (row.side, row.currency, row.purpose, row.cycle, row.participant, row.line)


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
    return {claimed(row) for row in rows}


def doubted_borders(unit: Unit) -> set[int]:
    """Return the numbers of border payments that stand for one in doubt, however often refused."""
    names = in_doubt(unit)
    rows = find_all(unit, border_payment, reference=sorted(names)) if names else ()
    return {int(later.id) for row in rows for later in _in_place_of(unit, row.id)}


def _in_place_of(unit: Unit, number: int) -> list[Any]:
    """Return the border payments that were made ready in place of one, and of those again."""
    found = list[Any]()
    for row in find_all(unit, border_payment, instead_of=number):
        found += [row, *_in_place_of(unit, row.id)]
    return found


def is_held(row: Any, claims: set[Claimed]) -> bool:
    """Whether a pay-out is held, as an earlier payment of the same is in doubt."""
    return claimed(row) in claims


def hold_doubted(house: House, unit: Unit) -> None:
    """Stop what is ready in a cycle and stands for a payment in doubt; it says so where it waits.

    What somebody made ready outside of cycles, a withdrawal, stays ready and is left out of what
    is released.
    """
    claims = doubted_claims(unit)
    ready = find_all(unit, pay_out, state="ready") if claims else ()
    held = [row for row in ready if row.cycle is not None and is_held(row, claims)]
    for row in held:
        change(unit, pay_out, {"id": row.id}, state="stopped")
    for cycle_id in sorted({row.cycle for row in held}):
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
        _stands(house, unit, payment)
    elif paid and hard is not None and hard.state == "returned":
        _border_stands(unit, hard)
    elif not paid and (payment or hard) is not None and (payment or hard).state == "released":
        house.settlement.take_rejected(unit, name, status.code)
    house.settlement.look_again(unit)
    if cycle_id is not None and payment is not None:
        house.settlement.make_ready(unit, cycle_id)
    return {"end_to_end": name, "paid": paid}


def _stands(house: House, unit: Unit, payment: Any) -> None:
    """Let a payment that was taken for refused be on its way; nothing is paid in its place."""
    every = find_all(unit, pay_out, side=payment.side, currency=payment.currency,
                     purpose=payment.purpose, cycle=payment.cycle)  # fmt: skip
    same = [row for row in every if row.id > payment.id and claimed(row) == claimed(payment)]
    for row in same:
        if row.state in ("released", "paid") and payment.purpose not in FUNDS:
            raise _too_late(row.id)
        if row.state == "ready":
            change(unit, pay_out, {"id": row.id}, state="stopped")
    if payment.purpose in FUNDS and payment.amount_minor > house.settlement.withdrawable(
        unit, payment.side, payment.currency, payment.purpose
    ):  # fmt: skip
        raise _too_late(same[-1].id if same else payment.id)  # it was taken out again since
    if find_all(unit, money_line, pay_out=payment.id, reversed_by=0):
        raise _too_late(payment.id)
    if payment.line is not None:
        line = find(unit, money_line, id=payment.line)
        if line.state != "suspense":
            raise _too_late(payment.id)
        change(unit, money_line, {"id": line.id}, state="returned")
    change(unit, pay_out, {"id": payment.id}, state="released")


def _border_stands(unit: Unit, payment: Any) -> None:
    for row in _in_place_of(unit, payment.id):
        if row.state in ("released", "arrived"):
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
