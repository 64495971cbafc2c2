# SPDX-License-Identifier: Apache-2.0
"""What was wrong, put right: credit notes, frauds made good, suspected doubles let go on.

Nothing final is undone. What a credit note or a fraud takes back of it becomes a new obligation
in the opposite direction.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.asked import Stated
from skontro.flow.contents import changed_among
from skontro.flow.people import handles
from skontro.flow.times import day_number
from skontro.house.acts import Signer
from skontro.house.obligations import Registration, content_digest
from skontro.house.states import BY_BOTH, BY_CREDITOR, BY_DEBTOR, next_obligation_state
from skontro.store.database import Unit
from skontro.store.obligations import (
    credited_minor,
    draw_numbers,
    firms_by_number,
    lock_documents,
    lock_some,
    opposed_minor,
)
from skontro.store.rows import change, find, find_all, insert
from skontro.store.schema import filing, obligation, obligation_event, registration, verdict

if TYPE_CHECKING:
    from skontro.flow.house import House
    from skontro.flow.obligations import Obligations

LOWERED = ("registered", "confirmed", "disputed")
"""States in which a credit note lowers what is open."""


# ---- credit notes ------------------------------------------------------------------------------


def give_credit(
    obligations: Obligations, number: int, by: str, reference: str, amount_minor: int,
    document: str, person: str | None,
) -> dict[str, Any]:  # fmt: skip
    """Record a credit note: see :meth:`Obligations.credit`."""
    with obligations.house.database.unit("obligation.credit") as unit:
        return give_credit_in(
            obligations, unit, number, by, reference, amount_minor, document, person
        )


def give_credit_in(
    obligations: Obligations, unit: Unit, number: int, by: str, reference: str, amount_minor: int,
    document: str, person: str | None,
) -> dict[str, Any]:  # fmt: skip
    """Record a credit note within a unit of work that does more."""
    house = obligations.house
    row, party, _ = obligations.begin(unit, number, by, "credit", None)
    request = f"credit {reference}"
    Registration("a", reference, "b", "c", amount_minor, row.currency, "", document).check()
    said = {"note": reference, "amount": amount_minor, "document": document}
    done = find(unit, obligation_event, request=f"{party.number}:{request}")
    if done is not None:
        detail = json.loads(done.detail)
        if done.obligation != number or {name: detail[name] for name in said} != said:
            raise Conflict(f"{by} gave another credit note under {reference!r}",
                           code="IdempotencyMismatch",
                           next_step="give what is new an id of its own")  # fmt: skip
        return {"open_minor": row.open_minor, "state": row.state,
                "opposite": detail["opposite"]}  # fmt: skip
    if party.number != row.creditor:
        raise Forbidden("the creditor gives a credit note", code="NotPermitted")
    lowered, opposed = _split_note(unit, row, amount_minor)
    opposite = None
    if opposed:
        opposite = make_opposite(
            house, unit, row, opposed, said=BY_DEBTOR, document=document or reference,
            reference=reference,
        )  # fmt: skip
    detail = said | {"opposite": opposite}
    event = "credit_all" if lowered == row.open_minor else "credit"
    state = next_obligation_state(row.state, event) if lowered else row.state
    if opposed:
        obligations.note(
            unit, number, "oppose", by=party, person=person, amount_minor=opposed,
            detail=detail, request=None if lowered else request,
        )  # fmt: skip
    if lowered:
        obligations.note(unit, number, event, by=party, person=person, amount_minor=lowered,
                         detail=detail, request=request)  # fmt: skip
        change(unit, obligation, {"number": number}, state=state,
               open_minor=row.open_minor - lowered)  # fmt: skip
        house.authorities.lower(unit, number, lowered)
    return {"open_minor": row.open_minor - lowered, "state": state, "opposite": opposite}


def _split_note(unit: Unit, row: Any, amount_minor: int) -> tuple[int, int]:
    """Return how much of a note lowers what is open, and how much becomes an opposite obligation.

    Raises:
        Conflict: Nothing of the kind can happen in the obligation's state.
        Rejected: It is more than is left of what was owed.
    """
    left = row.amount_minor - credited_minor(unit, row.number) - opposed_minor(unit, row.number)
    if row.state in LOWERED:
        lowered = min(row.open_minor, amount_minor)
    else:
        next_obligation_state(row.state, "oppose")
        lowered = 0
        if row.state != "entered":
            left -= row.open_minor
    if amount_minor > left:
        raise Rejected(
            f"a credit note of {amount_minor} minor units is more than the {left} that are left of "
            f"obligation {row.number}",
            code="CreditTooLarge", next_step="give it for what is left",
        )  # fmt: skip
    return lowered, amount_minor - lowered


def make_opposite(
    house: House,
    unit: Unit,
    row: Any,
    amount_minor: int,
    *,
    said: int,
    document: str,
    reference: str = "",
    act_id: int | None = None,
) -> int:
    """Open an obligation in the opposite direction; return its number.

    Args:
        house: The house.
        unit: The unit of work.
        row: The obligation it makes good.
        amount_minor: How much, minor units.
        said: Who stands by it.
        document: Number of the document behind it.
        reference: Of the credit note; empty for a fraud.
        act_id: The act behind it, for a fraud.

    Raises:
        Forbidden: The tables do not say of that one what was said of it.
    """
    if changed_among(house, unit, np.array([row.number], np.int64)).any():
        raise Forbidden(f"obligation {row.number} is in house review", code="ScreeningHold",
                        next_step="ask the house")  # fmt: skip
    entry, number = draw_numbers(unit)
    debtor, creditor, today = row.creditor, row.debtor, day_number(house.today)
    trades = house.goods.trades_of(unit, [row.number]).worth(amount_minor, row.amount_minor)
    digest = content_digest(
        number, debtor, creditor, amount_minor, row.currency, today, document, today,
        trades.digested(0),
    )  # fmt: skip
    state = "registered" if act_id is None else next_obligation_state("registered", "uphold")
    insert(
        unit, obligation, number=number, debtor=debtor, creditor=creditor, currency=row.currency,
        amount_minor=amount_minor, open_minor=amount_minor, due_day=today, document=document,
        document_day=today, state=state, flags=0, said=said, content_digest=digest,
        registered_at=house.at, confirmed_at=None if act_id is None else house.at,
        opposite_of=row.number,
    )  # fmt: skip
    if act_id is None:
        name = f"credit note {reference}"
        if find(unit, registration, sender=debtor, reference=name) is not None:
            raise Conflict(f"the reference {name!r} is used", code="IdempotencyMismatch",
                           next_step="give the credit note another reference")  # fmt: skip
        insert(
            unit, filing, id=entry, sender=debtor, source="hand", digest=digest.hex(), rows=1,
            refused=0, filed_at=house.at,
        )  # fmt: skip
        insert(
            unit, registration, sender=debtor, reference=name, obligation=number,
            amount_minor=amount_minor, body_digest=digest, filing=entry,
        )  # fmt: skip
    else:
        house.obligations.note(unit, number, "uphold", act_id=act_id)
    firms = {one.number: one.id for one in firms_by_number(unit, [debtor, creditor])}
    stated = Stated(amount_minor, row.currency, today, is_opposite=True)
    insert(unit, verdict, **house.gate.judge_new(unit, number, firms, digest, trades, stated))
    house.authorities.lower(unit, row.number, amount_minor)
    house.goods.write(unit, np.array([number], np.int64), trades)
    return number


# ---- frauds ------------------------------------------------------------------------------------


def propose_opposite(
    obligations: Obligations, number: int, amount_minor: int, reason: str, evidence: str,
    maker: str, signer: Signer,
) -> int:  # fmt: skip
    """Propose to make good a fraud: see :meth:`Obligations.propose_opposite`."""
    house = obligations.house
    with house.database.unit("obligation.oppose.propose", exclusive=True) as unit:
        row = found_obligation(unit, number)
        check_final(unit, row, amount_minor)
        if not reason.strip():
            raise Rejected("what was found must be said", code="NoReason")
        content = {
            "obligation": number, "content": bytes(row.content_digest).hex(),
            "amount_minor": amount_minor,
            **obligations.record(unit, number, "", reason=reason, evidence=evidence),
        }  # fmt: skip
        return house.people.propose_in(unit, "obligation.oppose", content, maker, signer)


def final_minor(unit: Unit, row: Any) -> int:
    """Return what is final of an obligation and was not made good, minor units."""
    made_good = credited_minor(unit, row.number) + opposed_minor(unit, row.number)
    return int(row.amount_minor - row.open_minor - made_good)


def check_final(unit: Unit, row: Any, amount_minor: int) -> None:
    """Refuse to make good more of an obligation than is final of it and was not made good.

    Raises:
        Rejected: It is more, or nought.
    """
    next_obligation_state(row.state, "oppose")
    final = final_minor(unit, row)
    if not 0 < amount_minor <= final:
        raise Rejected(
            f"of obligation {row.number} {final} minor units are final and not made good",
            code="CreditTooLarge", next_step="make good at most that",
        )  # fmt: skip


@handles("obligation.oppose")
def _oppose(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Make good a fraud by an opposite obligation that stands at once."""
    lock_some(unit)
    row = found_obligation(unit, content["obligation"], content["content"])
    amount = content["amount_minor"]
    check_final(unit, row, amount)
    opposite = make_opposite(
        house, unit, row, amount, said=BY_CREDITOR, document=f"act {act_id}", act_id=act_id
    )
    house.obligations.note(unit, row.number, "oppose", act_id=act_id, amount_minor=amount,
                           detail={"opposite": opposite})  # fmt: skip
    house.note(unit, "opposite", content | {"opposite": opposite}, act_id=act_id)
    return {"opposite": opposite}


# ---- suspected doubles -------------------------------------------------------------------------


def propose_clearing(
    obligations: Obligations, numbers: Sequence[int], reason: str, maker: str, signer: Signer
) -> int:
    """Propose to let suspected doubles go on: see :meth:`Obligations.propose_clearing`."""
    house = obligations.house
    with house.database.unit("duplicate.clear.propose", exclusive=True) as unit:
        rows = [found_obligation(unit, number) for number in dict.fromkeys(numbers)]
        for row in rows:
            next_obligation_state(row.state, "clear")
        if not rows or not reason.strip():
            raise Rejected("which ones, and why they are no doubles, must be said",
                           code="NoReason")  # fmt: skip
        content = {
            "obligations": [
                {"number": row.number, "content": bytes(row.content_digest).hex()} for row in rows
            ],
            **obligations.record(unit, rows[0].number, "", reason=reason),
        }  # fmt: skip
        return house.people.propose_in(unit, "duplicate.clear", content, maker, signer)


@handles("duplicate.clear")
def _clear(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Let suspected doubles go on.

    The other party may say yes, or register the same, at the same instant: whoever comes second
    must see what the first one did.
    """
    numbers = [one["number"] for one in content["obligations"]]
    lock_documents(unit, find_all(unit, obligation, number=numbers))
    after = {}
    for one in content["obligations"]:
        number, row = one["number"], found_obligation(unit, one["number"], one["content"])
        event = "clear_confirmed" if row.said == BY_BOTH else "clear"
        after[number] = next_obligation_state(row.state, event)
        change(unit, obligation, {"number": number}, state=after[number])
        house.obligations.note(unit, number, event, act_id=act_id)
    house.note(unit, "duplicate", content, act_id=act_id)
    return {"cleared": [[number, state] for number, state in after.items()]}


def found_obligation(unit: Unit, number: int, digest: str | None = None) -> Any:
    """Return an obligation's row, locked, provided its content is what was seen."""
    row = find(unit, obligation, lock=True, number=number)
    if row is None:
        raise Rejected(f"there is no obligation {number}", code="NoSuchObligation")
    if digest is not None and bytes(row.content_digest).hex() != digest:
        raise Conflict(f"obligation {number} is not what it was", code="StaleApproval",
                       next_step="look at it again and propose it anew")  # fmt: skip
    return row
