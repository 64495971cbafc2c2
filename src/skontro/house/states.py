# SPDX-License-Identifier: Apache-2.0
"""The states of obligations and cycles, and what leads from one to the next.

These tables are the rule and the documentation: whatever does not stand here is refused.
"""

from __future__ import annotations

from typing import NamedTuple

from skontro.core.errors import Conflict

ATTACHED, FACTORED, NOT_YET_DUE = 1, 2, 4
"""Flags of an obligation; the first two keep it out, the third lets it in before it is due."""

OBLIGATION_STATES: dict[str, str] = {
    "registered": "one party has said it; the other has not answered",
    "confirmed": "both parties stand by it: it may be entered",
    "disputed": "a party says no, with a reason",
    "duplicate": "looks like another obligation: held until two people let it go on",
    "entered": "frozen in a cycle: nobody leaves alone",
    "discharged": "nothing is owed any more",
    "withdrawn": "taken back before the cut-off",
    "credited": "credit notes took all of it away",
    "expired": "left unused for too long, or time-barred",
}

OBLIGATION_MOVES: dict[tuple[str, str], str] = {
    ("registered", "confirm"): "confirmed",
    ("registered", "dispute"): "disputed",
    ("registered", "withdraw"): "withdrawn",
    ("registered", "credit"): "registered",
    ("registered", "credit_all"): "credited",
    ("registered", "suspect"): "duplicate",
    ("registered", "expire"): "expired",
    ("confirmed", "dispute"): "disputed",
    ("confirmed", "withdraw"): "withdrawn",
    ("confirmed", "credit"): "confirmed",
    ("confirmed", "credit_all"): "credited",
    ("confirmed", "suspect"): "duplicate",
    ("confirmed", "expire"): "expired",
    ("confirmed", "enter"): "entered",
    ("disputed", "confirm"): "confirmed",
    ("disputed", "withdraw"): "withdrawn",
    ("disputed", "credit"): "disputed",
    ("disputed", "credit_all"): "credited",
    ("disputed", "expire"): "expired",
    ("duplicate", "clear"): "registered",
    ("duplicate", "clear_confirmed"): "confirmed",
    ("duplicate", "withdraw"): "withdrawn",
    ("duplicate", "expire"): "expired",
    ("entered", "leave"): "confirmed",
    ("entered", "roll"): "confirmed",
    ("entered", "discharge"): "discharged",
}
"""State and event to the next state. Who may cause an event stands in EVENTS."""

EVENTS: dict[str, str] = {
    "confirm": "the other party says yes, or registers the same",
    "dispute": "either party says no, with reason and evidence, before the cut-off",
    "withdraw": "the creditor, or whoever registered it alone, takes it back before the cut-off",
    "credit": "the creditor lowers what is open by a credit note",
    "credit_all": "a credit note takes all that is open",
    "suspect": "the house finds another with the same parties, document, amount, currency, date",
    "clear": "two people let a suspected duplicate go on",
    "clear_confirmed": "the same, where both parties stood by it",
    "expire": "the house, by its rules or by limitation",
    "enter": "the cut-off",
    "leave": "the correction window: consent of both, an error upheld by two people, or the gate",
    "roll": "the close of the cycle, where something is still owed",
    "discharge": "set-off or settlement, where nothing is left",
}


class Step(NamedTuple):
    """One step of a cycle."""

    before: str
    after: str
    does: str


CYCLE_STATES: dict[str, str] = {
    "open": "obligations are registered and confirmed",
    "entered": "cut off: the set is frozen and hashed",
    "correcting": "the preliminary run is published; the correction window is open",
    "irrevocable": "the window is closed: all in the set are bound",
    "final": "the final run is published: set-off is final",
    "instructed": "pay-ins are called",
    "planned": "the money that came is known and placed",
    "settled": "what the money discharges is discharged; pay-outs may leave",
    "closed": "what is still owed has gone back to the parties or rolls on",
}

CYCLE_STEPS: dict[str, Step] = {
    "cut_off": Step("open", "entered", "freeze and hash the set"),
    "preliminary": Step("entered", "correcting", "run on the frozen set and report"),
    "irrevocable": Step("correcting", "irrevocable", "end the correction window"),
    "final": Step("irrevocable", "final", "publish the final run: set-off is final"),
    "instruct": Step("final", "instructed", "call the pay-ins"),
    "recast": Step("instructed", "instructed", "run again with the money that came"),
    "plan": Step("instructed", "planned", "place the money that came"),
    "settle": Step("planned", "settled", "discharge against cover"),
    "close": Step("settled", "closed", "let what is still owed roll on"),
}


def next_obligation_state(state: str, event: str) -> str:
    """Return the state an event leads to.

    Raises:
        Conflict: Nothing of the kind can happen in this state; the message says what can.

    Example:
        >>> next_obligation_state("registered", "confirm")
        'confirmed'
    """
    after = OBLIGATION_MOVES.get((state, event))
    if after is None:
        possible = sorted(name for before, name in OBLIGATION_MOVES if before == state)
        raise Conflict(
            f"an obligation that is {state} ({OBLIGATION_STATES[state]}) cannot {event}",
            code="WrongState",
            next_step=f"possible now: {', '.join(possible) or 'nothing any more'}",
        )
    return after


def check_step(cycle: str, state: str, step: str) -> str:
    """Return the state a cycle is in after a step, or say why the step cannot be taken.

    Raises:
        Conflict: ``AlreadyDone`` where the step was taken before, ``OutOfOrder`` where another
            must come first.

    Example:
        >>> check_step("2026-01", "open", "cut_off")
        'entered'
    """
    asked = CYCLE_STEPS[step]
    if asked.before == state:
        return asked.after
    order = list(CYCLE_STATES)
    if order.index(state) > order.index(asked.before):
        raise Conflict(
            f"cycle {cycle} is {state}: the step {step!r} is done",
            code="AlreadyDone",
            next_step="nothing: it is not done twice",
        )
    missing = [
        name
        for name, each in CYCLE_STEPS.items()
        if order.index(state) <= order.index(each.before) < order.index(asked.before)
        and each.before != each.after
    ]
    raise Conflict(
        f"cycle {cycle} is {state}: {step!r} needs it to be {asked.before}",
        code="OutOfOrder",
        next_step=f"first: {', then '.join(missing)}",
    )
