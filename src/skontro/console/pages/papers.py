# SPDX-License-Identifier: Apache-2.0
"""The papers of all firms of a cycle: made by a worker, watched, and taken as one file."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from skontro.console.frame import Visitor
from skontro.flow.paper_sets import FORMS, KINDS

routes = APIRouter()

SAYS = {"notices": "Set-off notices", "statements": "Statements of account",
        "report": "Report of the house"}  # fmt: skip


@routes.get("/cycles/{cycle}/papers")
def table(visit: Visitor, cycle: str) -> Response:
    """Show which papers are there, which are being made, and let them be made."""
    found = {one["name"]: one for one in visit.seat.books.paper_sets(cycle)}
    return visit.page("papers", cycle=cycle, sets=found, kinds=KINDS, forms=FORMS, says=SAYS)


@routes.post("/cycles/{cycle}/papers/{name}")
def make(visit: Visitor, cycle: str, name: str) -> Response:
    """Have a worker make them, and watch it."""
    number = visit.work(lambda: visit.seat.jobs.ask_papers(cycle, name)["number"])
    return visit.go(f"/jobs/{number}")


@routes.get("/cycles/{cycle}/papers/{name}.zip")
def take(visit: Visitor, cycle: str, name: str) -> Response:
    """Give them as one file."""
    path = visit.seat.books.paper_set(cycle, name)
    return FileResponse(path, media_type="application/zip", filename=f"{cycle}-{name}.zip",
                        headers={"Cache-Control": "no-store"})  # fmt: skip
