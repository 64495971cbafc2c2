# SPDX-License-Identifier: Apache-2.0
"""Signing in and out, and the first page of each role."""

from __future__ import annotations

import contextlib
from typing import Any
from urllib.parse import urlparse

from fastapi import APIRouter, Response

from skontro.api.bodies import in_text
from skontro.api.routes.house import check_rate, set_cookie
from skontro.api.routes.obligations import shown
from skontro.console.frame import HOME, LANGUAGE, THEME, Visit, Visitor
from skontro.console.pages.cycles import next_step
from skontro.console.texts import LANGUAGES
from skontro.core.errors import SkontroError
from skontro.store.listing import Wanted

routes = APIRouter()

WAIT = ["registered"]
"""States of obligations that wait for somebody's word."""


@routes.get("/sign-in")
def sign_in_page(visit: Visitor) -> Response:
    """Show the form one signs in with."""
    sign_on = visit.house.access.sign_on
    ends = ""
    if sign_on.rules is not None and visit.request.query_params.get("done") == "signed_out":
        with contextlib.suppress(SkontroError):
            ends = sign_on.ends(f"{visit.settings.url.rstrip('/')}{HOME}/sign-in")
    return show_sign_in(visit, ends=ends)


def show_sign_in(
    visit: Visit, error: SkontroError | None = None, person: str = "", ends: str = ""
) -> Response:
    """Show the form, and why one was not let in.

    Args:
        visit: The visit.
        error: Why one was not let in.
        person: What stood in the form.
        ends: Where one signs out at the provider as well.
    """
    return visit.page(
        "sign-in", status=200 if error is None else 403, nobody=True, error=error, person=person,
        sign_on=visit.house.access.sign_on.rules, ends=ends,
    )  # fmt: skip


@routes.post("/sign-in")
def sign_in(visit: Visitor) -> Response:
    """Begin a session."""
    check_rate(visit)
    visit.check_site()
    person = visit.text("person", 64)
    try:
        token = visit.house.access.sign_in(person, visit.secret("password"), visit.text("code"))
    except SkontroError as error:
        return show_sign_in(visit, error, person)
    answer = visit.go("")
    set_cookie(visit, answer, token)
    return answer


@routes.post("/sign-out")
def sign_out(visit: Visitor) -> Response:
    """End the session."""
    _ = visit.actor
    visit.house.access.sign_out(visit.token)
    answer = visit.go("/sign-in", "signed_out")
    answer.delete_cookie(visit.settings.cookie, path="/", secure=visit.settings.is_secure,
                         httponly=True, samesite="strict")  # fmt: skip
    return answer


@routes.get("/enrol")
def enrol_page(visit: Visitor) -> Response:
    """Show the form that takes an invitation."""
    return visit.page("enrol", nobody=True, error=None, made=None, picture="")


@routes.post("/enrol")
def enrol(visit: Visitor) -> Response:
    """Set up one's login; show once what the app for codes takes."""
    import segno

    check_rate(visit)
    visit.check_site()
    try:
        made = visit.house.access.accept(visit.text("invitation"), visit.secret("password"))
    except SkontroError as error:
        return visit.page("enrol", status=403, nobody=True, error=error, made=None, picture="")
    picture = segno.make(made["uri"], micro=False).svg_inline(omitsize=True)
    return visit.page("enrol", nobody=True, error=None, made=made, picture=picture)


@routes.post("/looks")
def looks(visit: Visitor) -> Response:
    """Keep which language and which light somebody likes."""
    _ = visit.actor
    back = urlparse(visit.request.headers.get("referer", "")).path
    answer = visit.go(back.removeprefix(HOME) if back.startswith(HOME) else "")
    for cookie, name, known in (
        (LANGUAGE, "language", tuple(LANGUAGES)), (THEME, "theme", ("light", "dark", "auto")),
    ):  # fmt: skip
        value = visit.text(name, 10)
        if value in known:
            answer.set_cookie(cookie, value, max_age=31_536_000, path="/", samesite="lax",
                              secure=visit.settings.is_secure, httponly=True)  # fmt: skip
    return answer


@routes.get("/")
def home(visit: Visitor) -> Response:
    """Show what there is to do today, for whoever looks."""
    return visit.page("home", **_today(visit))


def _today(visit: Visit) -> dict[str, Any]:
    """What waits for this actor, as far as their seat shows it."""
    me, seat = visit.actor, visit.seat
    cycles = seat.cycles.table() if me.may("cycles.read") else []
    cycle = cycles[-1] if cycles else None
    found: dict[str, Any] = {
        "cycle": cycle, "next": None if cycle is None else next_step(cycle["state"]),
        "waiting": [], "mine": [], "acts": [], "money": None, "cases": None, "suspense": [],
        "lists": [], "ups": None, "mismatches": [], "unpaid": [],
    }  # fmt: skip
    is_house = me.may("obligations.read") and me.scope("obligations.read").everything
    if is_house and cycle is not None and me.may("cycles.read"):
        found["ups"] = seat.runs.hold_ups(cycle["id"])
        board = seat.books.board(cycle["id"]) if cycle["state"] == "instructed" else {"sides": []}
        found["unpaid"] = [one for one in board["sides"] if one["pay_ins"]["missing_minor"]]
        found["mismatches"] = seat.obligations.work_list(most=6)
    firms = sorted(me.scope("obligations.read").firms) if me.may("obligations.read") else []
    if me.may("obligations.read"):
        party = firms[0] if firms else ""
        page = seat.obligations.page(Wanted(WAIT, party=party), most=8)
        found["waiting"] = [shown(one) for one in page]
    if firms and cycle is not None and me.may("settlement.read"):
        found["money"] = in_text(seat.books.money_of(cycle["id"], firms[0]))
    if me.may("acts.read"):
        found["acts"] = seat.acts.table(states=["drafted", "proposed"], most=8)
    if me.may("settlement.read") and not firms:
        found["suspense"] = seat.books.suspense()[:8]
    if me.may("gate.read"):
        found["lists"] = seat.gate.lists()
        try:
            found["cases"] = seat.gate.cases()[:8]
        except SkontroError:
            found["cases"] = None
    found["firm"] = firms[0] if firms else ""
    return found
