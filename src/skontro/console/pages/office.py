# SPDX-License-Identifier: Apache-2.0
"""People, keys of programs, and the audit log."""

from __future__ import annotations

from fastapi import APIRouter, Response

from skontro.console.frame import Visitor

routes = APIRouter()

PAGE = 100


@routes.get("/people")
def people(visit: Visitor) -> Response:
    """Show who works here, and in which roles."""
    return visit.page("people", rows=visit.seat.office.people(), invited=None)


@routes.post("/people/{person}/invitation")
def invite(visit: Visitor, person: str) -> Response:
    """Make an invitation; it is shown once."""
    made = visit.seat.office.invite(person)
    return visit.page("people", rows=visit.seat.office.people(), invited=made)


@routes.get("/audit")
def audit(visit: Visitor, after: int = 0, caller: str = "", outcome: str = "") -> Response:
    """Show the audit log."""
    rows = visit.seat.office.audit(after=max(0, after), most=PAGE, caller=caller[:64],
                                   outcome=outcome[:20])  # fmt: skip
    return visit.page("audit", rows=rows, caller=caller, outcome=outcome,
                      next=rows[-1]["number"] if len(rows) == PAGE else None)  # fmt: skip
