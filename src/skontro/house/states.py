# SPDX-License-Identifier: Apache-2.0
"""The states of obligations and cycles, and what leads from one to the next.

These tables are the rule and the documentation: whatever does not stand here is refused.
"""

from __future__ import annotations

from typing import NamedTuple

from skontro.core.errors import Conflict

ATTACHED, FACTORED, NOT_YET_DUE = 1, 2, 4
"""Flags of an obligation; the first two keep it out, the third lets it in before it is due."""

FLAGS = {"attached": ATTACHED, "factored": FACTORED}
"""The flags a party or the house sets and clears, by name."""

BY_DEBTOR, BY_CREDITOR, BY_BOTH = 1, 2, 3
"""Who stands by an obligation."""

OBLIGATION_STATES: dict[str, str] = {
    "registered": "one party has said it; the other has not answered",
    "confirmed": "both parties stand by it: it may be entered",
    "disputed": "a party says no, with a reason",
    "duplicate": "looks like another obligation: held until two people let it go on",
    "joined": "the other party said the same within the house's tolerance: part of that obligation",
    "entered": "frozen in a cycle: nobody leaves alone",
    "discharged": "nothing is owed any more",
    "withdrawn": "taken back before the cut-off",
    "credited": "credit notes took all of it away",
    "expired": "left unused for too long, or time-barred",
}


class Event(NamedTuple):
    """Something that happens to an obligation.

    Attributes:
        does: What it is.
        by: Who brings it about.
    """

    does: str
    by: str


EVENTS: dict[str, Event] = {
    "confirm": Event(
        "the other party says yes, or registers the same; in a dispute, no longer says no",
        "the party that has not said it; in a dispute, the party that disputed",
    ),
    "dispute": Event("says no, with reason and evidence", "the debtor or the creditor"),
    "withdraw": Event("takes it back", "the creditor, or whoever alone registered it"),
    "credit": Event("a credit note lowers what is open", "the creditor"),
    "credit_all": Event("a credit note takes all that is open", "the creditor"),
    "join": Event("both parties said it, within tolerance: one of the two stands", "the house"),
    "suspect": Event(
        "another has the same parties, document, amount, currency and date", "the house"
    ),
    "clear": Event("a suspected duplicate goes on", "two people: `duplicate.clear`"),
    "clear_confirmed": Event(
        "the same, where both parties stand by it", "two people: `duplicate.clear`"
    ),
    "oppose": Event(
        "a credit note, a fraud or an authority's order after it was entered or final: a new, "
        "opposite obligation",
        "the creditor; else two people: `obligation.oppose`, `order.reverse`",
    ),
    "uphold": Event(
        "an opposite obligation stands without the other party: a fraud, or an order",
        "two people: `obligation.oppose`, `order.reverse`",
    ),
    "attach": Event("a court or an authority attached it: it stays out", "a party, or the house"),
    "detach": Event("it is no longer attached", "whoever said it was"),
    "factor": Event("its creditor sold or assigned it: it stays out", "a party, or the house"),
    "unfactor": Event("it is no longer factored", "whoever said it was"),
    "consent": Event(
        "may be entered before it is due, once both parties have said so", "debtor and creditor"
    ),
    "end_consent": Event("may not be entered before it is due any more", "either of them"),
    "expire": Event("unused for too long, or time-barred, by the house's rules", "the house"),
    "enter": Event("the cut-off", "the house"),
    "leave": Event(
        "out in the correction window: consent of both, an error, or the gate",
        "two people: `cycle.correct`; the gate",
    ),
    "roll": Event("the close of the cycle, where something is still owed", "the house"),
    "discharge": Event("the close of the cycle, where nothing is owed any more", "the house"),
}

_UNSETTLED = ("registered", "confirmed", "disputed")

OBLIGATION_MOVES: dict[tuple[str, str], str] = {
    ("registered", "confirm"): "confirmed",
    ("registered", "dispute"): "disputed",
    ("registered", "withdraw"): "withdrawn",
    ("registered", "join"): "joined",
    ("registered", "suspect"): "duplicate",
    ("registered", "uphold"): "confirmed",
    ("confirmed", "dispute"): "disputed",
    ("confirmed", "withdraw"): "withdrawn",
    ("confirmed", "suspect"): "duplicate",
    ("confirmed", "enter"): "entered",
    ("disputed", "confirm"): "confirmed",
    ("disputed", "withdraw"): "withdrawn",
    ("duplicate", "confirm"): "duplicate",
    ("duplicate", "clear"): "registered",
    ("duplicate", "clear_confirmed"): "confirmed",
    ("duplicate", "withdraw"): "withdrawn",
    ("duplicate", "expire"): "expired",
    ("entered", "leave"): "confirmed",
    ("entered", "roll"): "confirmed",
    ("entered", "discharge"): "discharged",
    **{
        (state, "oppose"): state
        for state in ("confirmed", "disputed", "entered", "discharged", "withdrawn", "credited",
                      "expired")
    },
    **{(state, "credit"): state for state in _UNSETTLED},
    **{(state, "credit_all"): "credited" for state in _UNSETTLED},
    **{(state, "expire"): "expired" for state in _UNSETTLED},
    **{
        (state, event): state
        for state in (*_UNSETTLED, "duplicate", "entered")
        for event in ("attach", "detach", "factor", "unfactor")
    },
    **{(state, event): state for state in _UNSETTLED for event in ("consent", "end_consent")},
}
"""State and event to the next state. Whatever does not stand here is refused."""


def obligation_tables() -> str:
    """Return the states, the events and every move as the tables of docs/obligations.md."""
    states = ["| state | what it means |", "| --- | --- |"]
    states += [f"| {state} | {means} |" for state, means in OBLIGATION_STATES.items()]
    events = ["| event | what happens | by whom |", "| --- | --- | --- |"]
    events += [f"| {name} | {event.does} | {event.by} |" for name, event in EVENTS.items()]
    moves = ["| state | becomes | stays so |", "| --- | --- | --- |"]
    for state in OBLIGATION_STATES:
        possible = [(event, OBLIGATION_MOVES.get((state, event))) for event in EVENTS]
        other = [f"{event}: **{after}**" for event, after in possible if after not in (None, state)]
        same = [event for event, after in possible if after == state]
        moves.append(f"| {state} | {'; '.join(other) or 'nothing'} | {', '.join(same) or '-'} |")
    return "\n\n".join("\n".join(table) for table in (states, events, moves)) + "\n"


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
    "pool": Step("instructed", "instructed", "let the sides' pools cover what is missing"),
    "recast": Step("instructed", "instructed", "run again with the money that came"),
    "plan": Step("instructed", "planned", "place the money that came"),
    "settle": Step("planned", "settled", "discharge against cover"),
    "close": Step("settled", "closed", "let what is still owed roll on"),
}


def can_follow(state: str, event: str) -> bool:
    """Return whether something may happen to an obligation in a state.

    Example:
        >>> can_follow("registered", "confirm"), can_follow("discharged", "confirm")
        (True, False)
    """
    return (state, event) in OBLIGATION_MOVES


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
