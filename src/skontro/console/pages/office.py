# SPDX-License-Identifier: Apache-2.0
"""People, keys of programs, and the audit log."""

from __future__ import annotations

from fastapi import APIRouter, Response

from skontro.api.routes.house import check_rate
from skontro.console.frame import Visit, Visitor
from skontro.core.errors import SkontroError

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


@routes.get("/login")
def own_login(visit: Visitor) -> Response:
    """Show one's own sessions, and the form for another password."""
    return _own_login(visit)


@routes.post("/login/password")
def change_password(visit: Visitor) -> Response:
    """Change one's own password."""
    _ = visit.actor
    check_rate(visit)
    try:
        visit.house.access.change_password(
            visit.token, visit.secret("password"), visit.text("code", 20), visit.secret("new")
        )
    except SkontroError as error:
        return _own_login(visit, error)
    return visit.go("/login", "password")


@routes.post("/login/sign-out")
def sign_out_everywhere(visit: Visitor) -> Response:
    """End all sessions of one's own."""
    visit.seat.office.sign_out(visit.actor.person)
    return visit.go("/sign-in", "signed_out")


def _own_login(visit: Visit, error: SkontroError | None = None) -> Response:
    return visit.page("login", status=200 if error is None else 403, error=error,
                      sessions=visit.house.access.sessions(visit.token))  # fmt: skip


@routes.get("/audit")
def audit(visit: Visitor, after: int = 0, caller: str = "", outcome: str = "") -> Response:
    """Show the audit log."""
    rows = visit.seat.office.audit(after=max(0, after), most=PAGE, caller=caller[:64],
                                   outcome=outcome[:20])  # fmt: skip
    return visit.page("audit", rows=rows, caller=caller, outcome=outcome,
                      next=rows[-1]["number"] if len(rows) == PAGE else None)  # fmt: skip
