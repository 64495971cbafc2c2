# SPDX-License-Identifier: Apache-2.0
"""What keeps an obligation out for a while, or lets it in before it is due: flags and consent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skontro.core.errors import Conflict, Forbidden, Rejected
from skontro.flow.obligation_lists import flag_names
from skontro.house.states import FLAGS, NOT_YET_DUE, next_obligation_state
from skontro.store.rows import change, find_all
from skontro.store.schema import obligation, obligation_event

if TYPE_CHECKING:
    from skontro.flow.obligations import Obligations

FLAG_EVENTS = {"attached": ("attach", "detach"), "factored": ("factor", "unfactor")}
"""What sets a flag and what clears it."""


def set_flag(
    obligations: Obligations, number: int, which: str, is_set: bool, by: str,
    person: str | None, reason: str, request: str | None,
) -> list[str]:  # fmt: skip
    """Set or clear a flag: see :meth:`Obligations.flag`."""
    if which not in FLAGS or bool(by) == bool(person):
        raise Rejected(
            "a flag is attached or factored, set by a party or by a person of the house",
            code="InvalidOptions",
        )
    sets, clears = FLAG_EVENTS[which]
    event = sets if is_set else clears
    with obligations.house.database.unit(f"obligation.{event}") as unit:
        row, party, is_done = obligations.begin(unit, number, by, event, request)
        if is_done:
            return flag_names(row.flags)
        next_obligation_state(row.state, event)
        if bool(row.flags & FLAGS[which]) is is_set:
            raise Conflict(f"obligation {number} is {'' if is_set else 'not '}{which}",
                           code="AlreadyDone")  # fmt: skip
        setter = None if party is None else party.number
        if not is_set and obligations.last_by(unit, number, sets) != setter:
            raise Forbidden("whoever set it clears it", code="NotPermitted")
        side = "" if party is None else party.side
        detail = obligations.record(unit, number, side, reason=reason)
        obligations.note(
            unit, number, event, by=party, person=person, detail=detail, request=request
        )
        change(unit, obligation, {"number": number}, flags=row.flags ^ FLAGS[which])
        return flag_names(row.flags ^ FLAGS[which])


def give_consent(
    obligations: Obligations, number: int, by: str, event: str, request: str | None,
    person: str | None,
) -> list[str]:  # fmt: skip
    """Record a party's consent, or its end: see :meth:`Obligations.consent`."""
    with obligations.house.database.unit(f"obligation.{event}") as unit:
        row, party, is_done = obligations.begin(unit, number, by, event, request)
        if is_done:
            return flag_names(row.flags)
        next_obligation_state(row.state, event)
        obligations.note(unit, number, event, by=party, person=person, request=request)
        last = dict[int, str]()
        for one in find_all(unit, obligation_event, order=["id"], obligation=number,
                            event=["consent", "end_consent"]):  # fmt: skip
            last[one.by_participant] = one.event
        both = [last.get(each) == "consent" for each in (row.debtor, row.creditor)]
        flags = row.flags | NOT_YET_DUE if all(both) else row.flags & ~NOT_YET_DUE
        change(unit, obligation, {"number": number}, flags=flags)
        return flag_names(flags)
