# SPDX-License-Identifier: Apache-2.0
"""Why an obligation is not in a cycle, in one sentence a party to it may read.

Whatever the gate holds, and for whatever reason, is told in the same words: ``HOUSE_REVIEW``.
"""

from __future__ import annotations

from dataclasses import dataclass

from skontro.house.states import ATTACHED, FACTORED, NOT_YET_DUE

HOUSE_REVIEW = "not in this cycle: house review"

_ENDED = {
    "joined": "it counts as part of obligation {joined_to}, which the other party said",
    "discharged": "nothing is owed any more",
    "withdrawn": "it was taken back",
    "credited": "credit notes took all of it away",
    "expired": "it was left unused for too long, or is time-barred",
}
_WAITING = {
    "registered": "not in this cycle: {silent} has not confirmed it",
    "disputed": "not in this cycle: {disputed_by} disputes it",
    "duplicate": "not in this cycle: it looks like another obligation, and two people of the "
    "house have not let it go on",
}


@dataclass(frozen=True)
class Standing:
    """What decides whether an obligation is in a cycle.

    Attributes:
        state: Its state.
        flags: Its flags.
        due_day: Days since 1970-01-01, if it has a due date.
        due_date: The same as text.
        currency: In which currency it is.
        open_minor: What of it is open.
        silent: The party that has not said it.
        disputed_by: The party that disputes it.
        joined_to: The obligation it is part of.
        absent: A party that does not take part now: suspended, in default or gone.
        unsigned: A party without a set-off agreement in force on the cycle's day.
        unpaid: A party that refuses conversion, and whose side keeps no account in the currency:
            it could neither pay in nor be paid.
        is_released: Whether the gate released just this content against fresh lists.
        cycle: The cycle it is in; empty if in none.
    """

    state: str
    flags: int
    due_day: int | None
    due_date: str
    currency: str
    open_minor: int
    silent: str = ""
    disputed_by: str = ""
    joined_to: int | None = None
    absent: str = ""
    unsigned: str = ""
    unpaid: str = ""
    is_released: bool = False
    cycle: str = ""


def why_not(
    standing: Standing, *, cycle: str, business_day: int | None, currencies: frozenset[str] | None
) -> str:
    """Say why an obligation is not in a cycle; an empty text if nothing stands against it.

    Args:
        standing: How it stands.
        cycle: The cycle; empty where none is open.
        business_day: Its value date, days since 1970-01-01; None where none is open.
        currencies: Currencies that have a rate; None while none are declared.

    Example:
        >>> one = Standing("registered", 0, None, "", "EUR", 5, silent="A1")
        >>> why_not(one, cycle="2026-01", business_day=1, currencies=None)
        'not in this cycle: A1 has not confirmed it'
    """
    if standing.state == "entered":
        return "" if standing.cycle == cycle else f"it is in cycle {standing.cycle}"
    if standing.state in _ENDED:
        return "not in this cycle: " + _ENDED[standing.state].format(joined_to=standing.joined_to)
    if standing.state in _WAITING:
        return _WAITING[standing.state].format(
            silent=standing.silent or "the other party",
            disputed_by=standing.disputed_by or "a party",
        )
    if standing.flags & ATTACHED:
        return "not in this cycle: it is attached"
    if standing.flags & FACTORED:
        return "not in this cycle: it is factored"
    if not cycle or business_day is None:
        return "no cycle is open"
    return _why_not_now(standing, business_day, currencies)


def _why_not_now(
    standing: Standing, business_day: int, currencies: frozenset[str] | None
) -> str:
    early = standing.due_day is not None and standing.due_day > business_day
    if early and not standing.flags & NOT_YET_DUE:
        return (
            f"not in this cycle: due on {standing.due_date}, and not both parties have agreed to "
            "enter it before"
        )
    if currencies is not None and standing.currency not in currencies:
        return f"not in this cycle: the fixing has no rate for {standing.currency}"
    if standing.absent:
        return f"not in this cycle: {standing.absent} does not take part at present"
    if standing.unsigned:
        return f"not in this cycle: {standing.unsigned} has no set-off agreement in force"
    if standing.unpaid:
        return (
            f"not in this cycle: {standing.unpaid} refuses conversion, and its side keeps no "
            f"account in {standing.currency}"
        )
    return "" if standing.is_released else HOUSE_REVIEW
