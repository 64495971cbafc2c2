# SPDX-License-Identifier: Apache-2.0
"""For auditors: an obligation from its document to its postings, and the check of a cycle."""

from __future__ import annotations

from fastapi import APIRouter, Response

from skontro.api.bodies import in_text
from skontro.console.frame import Visitor

routes = APIRouter()


@routes.get("/obligations/{number}/trail")
def trail(visit: Visitor, number: int, path: str = "") -> Response:
    """Show everything that was said, judged, run, paid and posted of an obligation.

    With a cycle as ``path``, where it lies under the root of that cycle's final run.
    """
    found = in_text(visit.seat.trail.show(number))
    shown = visit.seat.trail.path(number, path) if path else None
    return visit.page("trail", one=found, number=number, shown=shown)


@routes.post("/cycles/{cycle}/verification")
def verify(visit: Visitor, cycle: str) -> Response:
    """Have the stand-alone verifier check a cycle's last run: by a worker, where there is one."""
    _ = visit.actor
    if visit.request.app.state.has_worker:
        number = visit.work(lambda: visit.seat.jobs.ask_verification(cycle)["number"])
        return visit.go(f"/jobs/{number}")
    return visit.page("verification", one=visit.seat.trail.verify(cycle))


@routes.get("/documents/{number}/original")
def original(visit: Visitor, number: int) -> Response:
    """Give a document byte for byte as it came in."""
    name, kind, data = visit.seat.documents.original(number)
    return Response(data, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, kind)
