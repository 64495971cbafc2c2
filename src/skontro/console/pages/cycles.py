# SPDX-License-Identifier: Apache-2.0
"""Cycles: where they stand, what comes next, what runs came to, and the money."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from fastapi import APIRouter, Response

from skontro.api.bodies import in_text
from skontro.console.frame import Visit, Visitor
from skontro.core.errors import NoSuchFile, SkontroError
from skontro.flow.seat.cycles import STEPS

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
RUNS = ("preliminary", "final", "recast")
MONEY = ("instruct", "missed", "plan", "settle")
"""Steps of a cycle's money."""


LONG = ("cut_off", "preliminary", "run.final", "run.recast")
"""Steps that take a while: a worker does them where there is one, and they are watched."""


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
def one(visit: Visitor, cycle: str, run: str = "") -> Response:
    """Show where a cycle stands, and what its run came to."""
    found = visit.seat.cycles.show(cycle)
    report: Any = None
    mine: list[dict[str, Any]] = []
    if visit.actor.may("runs.read"):
        if visit.actor.scope("runs.read").everything:
            with suppress(NoSuchFile):  # beyond an auditor's period
                report = visit.seat.runs.report(cycle, run if run in RUNS else "")
        else:
            with suppress(SkontroError):  # nothing is published yet
                mine = visit.seat.runs.mine(cycle)
    money: Any = None
    if visit.actor.may("settlement.read"):
        firms = sorted(visit.actor.scope("settlement.read").firms)
        if firms:
            money = in_text(visit.seat.books.money_of(cycle, firms[0]))
    return visit.page("cycle", one=found, report=report, mine=mine, order=ORDER, money=money,
                      next=next_step(found["state"]))  # fmt: skip


@routes.get("/cycles/{cycle}/changes")
def changes(visit: Visitor, cycle: str, run: str = "") -> Response:
    """Show what changed against the last cycle: sides and currencies, firms new, gone, moved."""
    found = visit.seat.runs.changes(cycle, run if run in RUNS[:2] else "")
    return visit.page("changes", cycle=cycle, one=found, status=200 if found else 404)


@routes.post("/cycles/{cycle}/steps/{step}")
def step(visit: Visitor, cycle: str, step: str) -> Response:
    """Take a step; the final run is drafted for two people."""
    if step in MONEY:
        visit.work(lambda: bool(visit.seat.books.money_step(cycle, step)))
        return visit.go(f"/cycles/{cycle}/settlement", "stepped")
    if visit.request.app.state.has_worker and step in LONG:
        ask = visit.seat.jobs.ask_step if step in STEPS else _draft_by(visit)
        number = visit.work(lambda: ask(cycle, step)["number"])
        return visit.go(f"/jobs/{number}")
    if step in ("run.final", "run.recast"):
        given = {"kind": step, "cycle": cycle}
        number = visit.work(lambda: visit.seat.acts.draft(step, given)["number"])
        return visit.go(f"/acts/{number}", "drafted")
    visit.work(lambda: visit.seat.cycles.step(cycle, step)["state"])
    return visit.go(f"/cycles/{cycle}", "stepped")


def _draft_by(visit: Visit) -> Callable[[str, str], dict[str, Any]]:
    return lambda cycle, kind: visit.seat.jobs.ask_draft(kind, cycle)


@routes.get("/cycles/{cycle}/settlement")
def settlement(visit: Visitor, cycle: str) -> Response:
    """Show the settlement board: money by side, borders against quotas and through time."""
    board = visit.seat.books.board(cycle)
    whole = visit.actor.scope("settlement.read").everything
    return visit.page(
        "settlement", board=board, cycle=cycle, next=next_step(board["state"]),
        suspense=visit.seat.bank.suspense(), curves=curves(visit.seat.runs.borders()),
        files=visit.seat.bank.files(cycle), defaults=visit.seat.runs.defaults() if whole else [],
        may_default=visit.seat.acts.may_make("participant.default"),
    )  # fmt: skip


WIDE, HIGH = 600, 160


def curves(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return a picture of each border position through time: lines between its quotas.

    Args:
        rows: Positions cycle by cycle, oldest first.

    Example:
        >>> row = {"cycle": "2026-01", "side": "A", "other_side": "B", "position_minor": 5,
        ...        "quota_owing_minor": 10, "quota_owed_minor": 0}
        >>> curves([row])[0]["points"]
        [{'x': '300.0', 'y': '80.0', 'cycle': '2026-01', 'minor': 5}]
    """
    found = dict[tuple[str, str], list[Mapping[str, Any]]]()
    for one in rows:
        found.setdefault((one["side"], one["other_side"]), []).append(one)
    made = []
    for (side, other), mine in found.items():
        high = max(1, *(max(one["quota_owing_minor"], one["position_minor"]) for one in mine))
        low = min(0, *(min(-one["quota_owed_minor"], one["position_minor"]) for one in mine))

        def height(minor: int, high: int = high, low: int = low) -> str:
            return f"{HIGH * (high - minor) / (high - low):.1f}"

        points = [
            {"x": f"{WIDE * (place + 0.5) / len(mine):.1f}", "y": height(one["position_minor"]),
             "cycle": one["cycle"], "minor": one["position_minor"]}
            for place, one in enumerate(mine)
        ]  # fmt: skip
        last = mine[-1]
        made.append({
            "side": side, "other_side": other, "points": points, "nought": height(0),
            "owing": height(last["quota_owing_minor"]), "owed": height(-last["quota_owed_minor"]),
            "quota_owing_minor": last["quota_owing_minor"],
            "quota_owed_minor": last["quota_owed_minor"], "wide": WIDE, "high": HIGH,
        })  # fmt: skip
    return made
