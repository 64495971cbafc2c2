# SPDX-License-Identifier: Apache-2.0
"""Work in the background: how far it is, what came of it; tried again where it failed."""

from __future__ import annotations

from fastapi import APIRouter, Response

from skontro.console.frame import Visitor
from skontro.core.errors import NoSuchFile

routes = APIRouter()

PAGE = 50


@routes.get("/jobs")
def table(visit: Visitor, before: int = 0) -> Response:
    """Show the jobs one may see, the newest first."""
    rows = visit.seat.jobs.table(before=max(0, before), most=PAGE)
    return visit.page("jobs", rows=rows, next=rows[-1]["number"] if len(rows) == PAGE else None)


@routes.get("/jobs/{number}")
def one(visit: Visitor, number: int) -> Response:
    """Show a job; while it is under way the page comes again by itself."""
    found = visit.seat.jobs.show(number)
    return visit.page("job", one=found, permille=int(found["fraction"].replace(".", "")),
                      is_live=found["state"] in ("waiting", "running"))  # fmt: skip


@routes.get("/jobs/{number}/verification")
def verification(visit: Visitor, number: int) -> Response:
    """Show what a check of a cycle found, that was done in the background."""
    found = visit.seat.jobs.show(number)
    if found["kind"] != "cycle.verify" or found["state"] != "done":
        raise NoSuchFile(f"job {number} has found nothing", code="NoSuchPage",
                         next_step="look at the job")  # fmt: skip
    return visit.page("verification", one=found["result"])


@routes.post("/jobs/{number}/retry")
def retry(visit: Visitor, number: int) -> Response:
    """Have a job tried again that failed."""
    visit.work(lambda: visit.seat.jobs.retry(number)["state"])
    return visit.go(f"/jobs/{number}", "stepped")
