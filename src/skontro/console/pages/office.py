# SPDX-License-Identifier: Apache-2.0
"""People, keys of programs, and the audit log."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter, Response

from skontro.api.routes.house import check_rate
from skontro.console.frame import Visit, Visitor
from skontro.core.errors import NoSuchFile, SkontroError

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


@routes.get("/people/{person}")
def person(visit: Visitor, person: str) -> Response:
    """Show somebody, and which subjects of the house's provider they are."""
    return _person(visit, person)


def _person(visit: Visit, who: str, error: SkontroError | None = None) -> Response:
    found = [one for one in visit.seat.office.people() if one["id"] == who]
    if not found:
        raise NoSuchFile(f"nobody is called {who}", code="NoSuchPage",
                         next_step="choose somebody from the list")  # fmt: skip
    may = visit.actor.may("people.work")
    return visit.page(
        "person", status=200 if error is None else 422, one=found[0], error=error, may=may,
        links=visit.seat.office.links(who) if may else [],
        provider=visit.house.access.sign_on.rules, subject=visit.form.get("subject", ""),
    )  # fmt: skip


@routes.post("/people/{person}/links")
def link(visit: Visitor, person: str) -> Response:
    """Say which subject of the provider somebody is."""
    subject = visit.text("subject", 255)
    try:
        visit.work(lambda: len(visit.seat.office.link(person, subject)))
    except SkontroError as error:
        return _person(visit, person, error)
    return visit.go(f"/people/{quote(person, safe='')}", "linked")


@routes.post("/people/{person}/links/end")
def unlink(visit: Visitor, person: str) -> Response:
    """End the links of somebody, and their sessions."""
    visit.work(lambda: visit.seat.office.unlink(person))
    return visit.go(f"/people/{quote(person, safe='')}", "unlinked")


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
def end_own_sessions(visit: Visitor) -> Response:
    """End one session of one's own, or all."""
    _ = visit.actor
    check_rate(visit)
    access = visit.house.access
    try:
        access.end_own(visit.token, visit.secret("password"), visit.text("session", 20))
    except SkontroError as error:
        return _own_login(visit, error)
    if access.of_session(visit.token) is None:
        return visit.go("/sign-in", "signed_out")
    return visit.go("/login", "session_over")


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
