# SPDX-License-Identifier: Apache-2.0
"""Cycles: where they stand, what comes next, what runs came to, and the money."""

from __future__ import annotations

from typing import Any, NamedTuple

from fastapi import APIRouter, Response

from skontro.api.bodies import in_text
from skontro.console.frame import Visitor
from skontro.core.errors import SkontroError

routes = APIRouter()


class NextStep(NamedTuple):
    """What comes next in a cycle.

    Attributes:
        name: Of the step.
        says: On the button.
        seat: Which seat takes it: ``cycles`` or ``books``; ``acts`` where two people sign.
        permission: What it takes.
    """

    name: str
    says: str
    seat: str
    permission: str


NEXT: dict[str, NextStep] = {
    "open": NextStep("cut_off", "Cut off: freeze the set", "cycles", "cycles.work"),
    "entered": NextStep("preliminary", "Run and report, preliminarily", "cycles", "cycles.work"),
    "correcting": NextStep("irrevocable", "End the correction window", "cycles", "cycles.work"),
    "irrevocable": NextStep("run.final", "Publish the final run", "acts", "acts.make"),
    "final": NextStep("instruct", "Call the pay-ins", "books", "settlement.work"),
    "instructed": NextStep("plan", "Place the money that came", "books", "settlement.work"),
    "planned": NextStep("settle", "Settle", "books", "settlement.work"),
    "settled": NextStep("close", "Close the cycle", "cycles", "cycles.work"),
}
"""What follows each state of a cycle."""
ORDER = ("open", "entered", "correcting", "irrevocable", "final", "instructed", "planned",
         "settled", "closed")  # fmt: skip
MONEY = ("instruct", "missed", "plan", "settle")
"""Steps of a cycle's money."""


def next_step(state: str) -> NextStep | None:
    """Return what comes next.

    Example:
        >>> next_step("open").name
        'cut_off'
    """
    return NEXT.get(state)


@routes.get("/cycles")
def table(visit: Visitor) -> Response:
    """Show every cycle, the last one first."""
    return visit.page("cycles", rows=list(reversed(visit.seat.cycles.table())))


@routes.post("/cycles")
def open_next(visit: Visitor) -> Response:
    """Open the next cycle by the calendar."""
    made = visit.work(lambda: {"id": visit.seat.cycles.open_next()["id"]})
    return visit.go(f"/cycles/{made['id']}", "opened")


@routes.get("/cycles/{cycle}")
def one(visit: Visitor, cycle: str) -> Response:
    """Show where a cycle stands."""
    found = visit.seat.cycles.show(cycle)
    results: list[dict[str, Any]] = []
    if visit.actor.may("runs.read"):
        try:
            results = visit.seat.books.results(cycle, most=100)
        except SkontroError:
            results = []
    money: Any = None
    if visit.actor.may("settlement.read"):
        firms = sorted(visit.actor.scope("settlement.read").firms)
        if firms:
            money = in_text(visit.seat.books.money_of(cycle, firms[0]))
    return visit.page("cycle", one=found, results=results, order=ORDER, money=money,
                      next=next_step(found["state"]), unit=visit.house.unit)  # fmt: skip


@routes.post("/cycles/{cycle}/steps/{step}")
def step(visit: Visitor, cycle: str, step: str) -> Response:
    """Take a step; the final run is drafted for two people."""
    if step in MONEY:
        visit.work(lambda: bool(visit.seat.books.money_step(cycle, step)))
        return visit.go(f"/cycles/{cycle}/settlement", "stepped")
    if step in ("run.final", "run.recast"):
        given = {"kind": step, "cycle": cycle}
        number = visit.work(lambda: visit.seat.acts.draft(step, given)["number"])
        return visit.go(f"/acts/{number}", "drafted")
    visit.work(lambda: visit.seat.cycles.step(cycle, step)["state"])
    return visit.go(f"/cycles/{cycle}", "stepped")


@routes.get("/cycles/{cycle}/settlement")
def settlement(visit: Visitor, cycle: str) -> Response:
    """Show the settlement board."""
    board = visit.seat.books.board(cycle)
    return visit.page("settlement", board=board, cycle=cycle, next=next_step(board["state"]),
                      suspense=visit.seat.books.suspense())  # fmt: skip
