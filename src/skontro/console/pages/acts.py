# SPDX-License-Identifier: Apache-2.0
"""Sensitive acts: drafted in a form, signed in the browser, approved by another person."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response
from pydantic import TypeAdapter, ValidationError

from skontro.api.act_bodies import DraftBody, given_of
from skontro.console.act_forms import FORMS, does, fields_of, given_by
from skontro.console.frame import Visit, Visitor
from skontro.core.errors import Rejected, SkontroError

routes = APIRouter()

PAGE = 100
_BODY: TypeAdapter[Any] = TypeAdapter(DraftBody)


@routes.get("/acts")
def table(visit: Visitor, every: bool = False, after: int = 0) -> Response:
    """Show the acts that wait for a signature, or all of them."""
    states = [] if every else ["drafted", "proposed"]
    rows = visit.seat.acts.table(states=states, after=max(0, after), most=PAGE)
    kinds = {kind: does(kind) for kind in FORMS}
    return visit.page("acts", rows=rows, every=every, kinds=kinds,
                      next=rows[-1]["number"] if len(rows) == PAGE else None)  # fmt: skip


@routes.get("/acts/new/{kind}")
def new(visit: Visitor, kind: str) -> Response:
    """Show the form of one kind of act."""
    return _form(visit, kind, None)


@routes.post("/acts/new/{kind}")
def draft(visit: Visitor, kind: str) -> Response:
    """Draft an act; where it is refused, show the form again with what was given."""
    try:
        given = given_by(_known(kind), kind, visit.form, visit.lists)
        body = _BODY.validate_python(given)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return _form(visit, kind, Rejected(f"{where}: {first['msg']}", code="InvalidRequest"))
    except SkontroError as error:
        return _form(visit, kind, error)
    try:
        made = visit.work(
            lambda: {"number": visit.seat.acts.draft(body.kind, given_of(body))["number"]}
        )
    except SkontroError as error:
        return _form(visit, kind, error)
    return visit.go(f"/acts/{made['number']}", "drafted")


def _known(kind: str) -> Any:
    if kind not in FORMS:
        raise Rejected(f"there is no form for {kind}", code="NoSuchPage", next_step="go back")
    return FORMS[kind]


def _form(visit: Visit, kind: str, error: SkontroError | None) -> Response:
    _ = visit.actor.scope("acts.make")
    model = _known(kind)
    given = dict(visit.request.query_params) | {
        name: value for name, value in visit.form.items() if isinstance(value, str)
    }
    return visit.page("act-new", status=200 if error is None else 422, kind=kind,
                      does=does(kind), fields=fields_of(model, given), error=error)  # fmt: skip


@routes.get("/acts/{number}")
def one(visit: Visitor, number: int) -> Response:
    """Show exactly what an act does, and let its people sign it where their key is."""
    found = visit.seat.acts.show(number)
    me = visit.actor.person
    role = ""
    if found["state"] == "drafted" and found["maker"] == me:
        role = "maker"
    elif found["state"] == "proposed" and found["maker"] != me and visit.actor.may("acts.check"):
        role = "checker"
    under_way = visit.seat.jobs.of_act(number) if found["state"] == "proposed" else None
    if under_way and under_way["state"] in ("waiting", "running"):
        role = ""
    return visit.page("act", one=found, role=role, public_key=visit.actor.public_key,
                      under_way=under_way)  # fmt: skip


@routes.post("/acts/{number}/{what}")
def sign(visit: Visitor, number: int, what: str) -> Response:
    """Take the signature the browser made, or take an act back.

    What takes long once two people signed it is done by a worker, where there is one: the signature
    is checked here and now, and the page of the job says how far it is and what came of it.
    """
    seat, signature = visit.seat.acts, visit.text("signature", 200)
    if (what == "approval" and visit.request.app.state.has_worker
            and visit.seat.jobs.is_long(number)):  # fmt: skip
        digest = visit.text("digest", 64)
        job = visit.work(
            lambda: visit.seat.jobs.ask_approval(number, digest, signature)["number"]
        )
        return visit.go(f"/jobs/{job}")

    def work() -> Any:
        if what == "signature":
            return seat.sign(number, signature)["state"]
        if what == "approval":
            return seat.approve(number, visit.text("digest", 64), signature)["state"]
        if what == "withdrawal":
            return seat.withdraw(number)["state"]
        raise Rejected("there is no such step", code="NoSuchPage", next_step="go back")

    visit.work(work)
    done = {"signature": "proposed", "approval": "approved", "withdrawal": "withdrawn"}[what]
    return visit.go(f"/acts/{number}", done)
