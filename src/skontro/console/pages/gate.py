# SPDX-License-Identifier: Apache-2.0
"""The gate, for compliance alone: cases, lists, packs."""

from __future__ import annotations

from fastapi import APIRouter, Response

from skontro.console.frame import Visitor
from skontro.core.errors import SkontroError

routes = APIRouter()

STATES = ("open", "cleared", "confirmed", "released")


@routes.get("/gate")
def table(visit: Visitor, state: str = "open") -> Response:
    """Show the cases, and what the gate judges by."""
    seat, why = visit.seat.gate, None
    lists, packs = seat.lists(), seat.packs()
    try:
        cases = seat.cases([state if state in STATES else "open"])
    except SkontroError as error:
        cases, why = [], error
    return visit.page("gate", lists=lists, packs=packs, cases=cases, why=why, state=state,
                      states=STATES)  # fmt: skip


@routes.get("/gate/cases/{number}")
def one(visit: Visitor, number: int) -> Response:
    """Show a case: both sides of it, and why it is one."""
    return visit.page("case", one=visit.seat.gate.case(number))


@routes.post("/gate/cases/{number}/note")
def note(visit: Visitor, number: int) -> Response:
    """Write something down on a case."""
    visit.work(lambda: bool(visit.seat.gate.note(number, visit.text("text"))))
    return visit.go(f"/gate/cases/{number}", "noted")
