# SPDX-License-Identifier: Apache-2.0
"""Webhooks: a firm's own to work with, with the log of what was sent; all of them for the house."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response

from skontro.console.frame import Visit, Visitor
from skontro.core.errors import Rejected, SkontroError
from skontro.flow.events import EVENTS

routes = APIRouter()

PAGE = 50


@routes.get("/webhooks")
def table(visit: Visitor) -> Response:
    """Show webhooks with what waits for them; the house sees all, and the backlog."""
    return _table(visit)


def _table(visit: Visit, *, error: SkontroError | None = None, made: Any = None) -> Response:
    seat = visit.seat.webhooks
    whole = visit.actor.scope("webhooks.read").everything
    may = visit.actor.may("webhooks.work")
    return visit.page(
        "webhooks", status=200 if error is None else 422, rows=seat.table(), left=seat.left(),
        firms=sorted(visit.actor.scope("webhooks.work").firms) if may else [], events=EVENTS,
        backlog=seat.backlog() if whole else None, made=made, error=error,
        url=visit.form.get("url", ""), chosen=visit.lists.get("event", []),
    )  # fmt: skip


@routes.post("/webhooks")
def make(visit: Visitor) -> Response:
    """Register one and show its secret, once."""
    firm, url = visit.text("firm", 64), visit.text("url", 500)
    kinds = [str(one) for one in visit.lists.get("event", [])]
    try:
        made = visit.work(lambda: visit.seat.webhooks.make(firm, url, kinds), unkept=("secret",))
    except SkontroError as error:
        return _table(visit, error=error)
    return _table(visit, made=made)


@routes.get("/webhooks/{number}")
def one(visit: Visitor, number: int, before: int = 0) -> Response:
    """Show a webhook and the log of what was or will be sent to it."""
    return _one(visit, number, before=max(0, before))


def _one(visit: Visit, number: int, *, before: int = 0, made: Any = None) -> Response:
    seat = visit.seat.webhooks
    found = seat.show(number)
    rows = seat.deliveries(number, before=before, most=PAGE)
    return visit.page(
        "webhook", one=found, state=state_of(found), rows=rows, made=made,
        may=visit.actor.may("webhooks.work"), left=seat.left().get(number),
        next=rows[-1]["number"] if len(rows) == PAGE else None,
    )  # fmt: skip


def state_of(hook: dict[str, Any]) -> str:
    """Return where a webhook stands, in a word.

    Example:
        >>> state_of({"ended_at": "", "paused_at": "2026-01-02T08:00:00Z"})
        'paused'
    """
    return "ended" if hook["ended_at"] else "paused" if hook["paused_at"] else "active"


@routes.post("/webhooks/{number}/secret")
def renew(visit: Visitor, number: int) -> Response:
    """Make the secret anew and show it, once."""
    made = visit.work(lambda: visit.seat.webhooks.renew(number), unkept=("secret",))
    return _one(visit, number, made=made)


@routes.post("/webhooks/{number}/deliveries/{which}/again")
def send_again(visit: Visitor, number: int, which: int) -> Response:
    """Send a delivery again."""
    visit.work(lambda: visit.seat.webhooks.send_again(number, which))
    return visit.go(f"/webhooks/{number}", "again")


@routes.post("/webhooks/{number}/{what}")
def work(visit: Visitor, number: int, what: str) -> Response:
    """Pause a webhook, resume it, end it, or have a test sent to it."""
    seat = visit.seat.webhooks
    steps: dict[str, tuple[Callable[[int], Any], str]] = {
        "pause": (seat.pause, "paused"), "resumption": (seat.resume, "resumed"),
        "end": (seat.end, "ended"), "test": (seat.send_test, "test"),
    }  # fmt: skip
    if what not in steps:
        raise Rejected("there is no such step", code="NoSuchPage", next_step="go back")
    does, done = steps[what]
    visit.work(lambda: does(number))
    return visit.go("/webhooks" if what == "end" else f"/webhooks/{number}", done)
