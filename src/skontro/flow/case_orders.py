# SPDX-License-Identifier: Apache-2.0
"""An authority's order after finality: what was final is made good by opposite obligations.

Nothing final is unwound: set-off and settlement stand, and what the order takes back of them is
owed anew in the opposite direction. Two people sign the order's reference, the digest of its
document and exactly which obligations it reaches. A party that is confirmed to be on a list stays
frozen: the new obligations stand, and are held by the gate like all it owes and is owed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Rejected
from skontro.flow.cases import case_record
from skontro.flow.corrections import check_final, final_minor, found_obligation, make_opposite
from skontro.flow.people import handles
from skontro.house.acts import Signer
from skontro.house.states import BY_CREDITOR, OBLIGATION_MOVES
from skontro.store.database import Unit
from skontro.store.obligations import lock_some
from skontro.store.papers import obligations_of
from skontro.store.register import checked_record
from skontro.store.rows import insert
from skontro.store.schema import case_event

if TYPE_CHECKING:
    from skontro.flow.house import House

KIND = "order.reverse"
_DIGEST = re.compile("[0-9a-f]{64}")


def final_of(house: House, case: int, who: str, signer: Signer) -> dict[int, int]:
    """Return what is final of the party of a case and was not made good, by obligation.

    Args:
        house: The house.
        case: The case.
        who: Who looks.
        signer: Their key.
    """
    with house.database.read() as unit:
        house.people.may_see(unit, who, signer)
        row = house.cases.row(unit, case)
        if row.subject_kind != "participant":
            return {}
        own = obligations_of(unit, row.subject)
        final = {number: final_minor(unit, one) for number, one in own.items()
                 if (one.state, "oppose") in OBLIGATION_MOVES}  # fmt: skip
    return {number: amount for number, amount in sorted(final.items()) if amount > 0}


def propose_order(
    house: House,
    case: int,
    obligations: Mapping[int, int],
    *,
    order: str,
    document: str,
    reason: str,
    maker: str,
    signer: Signer,
) -> int:  # fmt: skip
    """Propose to make good what was final of a confirmed party, on an authority's order.

    Args:
        house: The house.
        case: The case; two people confirmed it.
        obligations: How much of each is made good, minor units, at most what was discharged.
        order: The authority and the reference of its order.
        document: SHA-256 of the order's document, hexadecimal.
        reason: What it says, in a sentence.
        maker: Who proposes it.
        signer: Their key.

    Returns:
        The number of the act.

    Raises:
        Conflict: The case is not a confirmed one of a participant.
        Rejected: There is no order, no obligation, one that is not the party's, or too much.
    """
    if not order.strip() or not _DIGEST.fullmatch(document):
        raise Rejected(
            "what is final is made good on an authority's order alone", code="OrderMissing",
            next_step="give the reference of the order and the file of its document",
        )  # fmt: skip
    if not reason.strip():
        raise Rejected("a decision needs a reason", code="NoReason")
    with house.database.unit(f"{KIND}.propose", exclusive=True) as unit:
        house.check_writable(unit)
        reached = list[dict[str, Any]]()
        for number in sorted(obligations):
            row = found_obligation(unit, number)
            check_final(unit, row, obligations[number])
            reached.append({"number": number, "content": bytes(row.content_digest).hex(),
                            "amount_minor": obligations[number]})  # fmt: skip
        _check_case(house, unit, case, [one["number"] for one in reached])
        record = case_record(house, unit, case, "order", {
            "case": case, "order": order, "document": document, "reason": reason,
        })  # fmt: skip
        return house.people.propose_in(
            unit, KIND, {"case": case, "order": record, "document": document,
                         "obligations": reached}, maker, signer
        )  # fmt: skip


def _check_case(house: House, unit: Unit, case: int, numbers: Sequence[int]) -> None:
    row = house.cases.row(unit, case)
    if row.state != "confirmed" or row.subject_kind != "participant":
        raise Conflict(f"case {case} is no confirmed one of a participant", code="NotConfirmed",
                       next_step=f"see it with: skontro gate cases show {case}")  # fmt: skip
    own = obligations_of(unit, row.subject)
    others = [number for number in numbers if number not in own]
    if others or not numbers:
        raise Rejected(
            f"obligation {others[0]} is not of the party of case {case}" if others
            else "the order reaches no obligation", code="NoSuchObligation",
            next_step="see what is final of it with: skontro gate cases exposure",
        )  # fmt: skip


@handles(KIND)
def _reverse(house: House, unit: Unit, act_id: int, content: dict[str, Any]) -> dict[str, Any]:
    """Open the opposite obligations of an order; each stands at once."""
    case, (record, commitment) = content["case"], content["order"]
    said = json.loads(checked_record(unit, record, commitment) or "null")
    if said is None or (said["case"], said["document"]) != (case, content["document"]):
        raise Conflict(f"act {act_id} is not about case {case} as it is", code="StaleApproval")
    if house.people.approved(unit, act_id, KIND) != content:
        raise Conflict(f"act {act_id} orders something else", code="StaleApproval")
    _check_case(house, unit, case, [one["number"] for one in content["obligations"]])
    lock_some(unit)
    opposites = []
    for one in content["obligations"]:
        row = found_obligation(unit, one["number"], one["content"])
        check_final(unit, row, one["amount_minor"])
        opposite = make_opposite(
            house, unit, row, one["amount_minor"], said=BY_CREDITOR, document=f"act {act_id}",
            act_id=act_id,
        )  # fmt: skip
        house.obligations.note(
            unit, row.number, "oppose", act_id=act_id, amount_minor=one["amount_minor"],
            detail={"opposite": opposite},
        )  # fmt: skip
        opposites.append([row.number, opposite])
    insert(unit, case_event, gate_case=case, event="reversed", act_id=act_id, detail=record,
           digest=content["document"], at=house.at)  # fmt: skip
    house.note(unit, "order", content | {"opposites": opposites}, act_id=act_id)
    return {"opposites": opposites}
