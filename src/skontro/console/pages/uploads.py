# SPDX-License-Identifier: Apache-2.0
"""E-invoices: handed in, read in the background, what came of each shown row by row."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from skontro.console.frame import Visit, Visitor
from skontro.core.errors import Rejected, SkontroError

routes = APIRouter()

PAGE = 50
MOST_ROWS = 100
"""The most documents a page shows; those that were refused come first."""
ENDINGS = ".xml,.pdf,.zip"


@routes.get("/documents")
def table(visit: Visitor, before: int = 0) -> Response:
    """Show what was handed in, and the form."""
    return _table(visit, before=max(0, before))


def _table(visit: Visit, *, before: int = 0, error: SkontroError | None = None) -> Response:
    rows = visit.seat.documents.uploads(before=before, most=PAGE)
    return visit.page(
        "uploads", status=200 if error is None else 422, rows=rows, error=error, endings=ENDINGS,
        firms=sorted(visit.actor.scope("obligations.register").firms),
        most=visit.settings.upload_bytes >> 20,
        next=rows[-1]["number"] if len(rows) == PAGE else None,
    )  # fmt: skip


@routes.post("/documents")
def hand_in(visit: Visitor) -> Response:
    """Take e-invoices in, to be read by a worker."""
    visit.actor.scope("obligations.register")
    given = [one for one in visit.lists.get("document", []) if getattr(one, "filename", "")]
    firm = visit.text("firm", 64)
    try:
        if not given:
            raise Rejected("no file was chosen", code="InvalidOptions",
                           next_step="choose one or several")  # fmt: skip
        files = [(str(one.filename), one.file.read()) for one in given]
        made = visit.work(lambda: visit.seat.documents.hand_in(files, firm)["number"])
    except SkontroError as error:
        return _table(visit, error=error)
    return visit.go(f"/documents/uploads/{made}")


@routes.get("/documents/uploads/{number}")
def one(visit: Visitor, number: int, after: int = 0) -> Response:
    """Show an upload; while it is being read the page comes again by itself."""
    found = visit.seat.documents.show_upload(number)
    report: list[dict[str, Any]] = found["report"]
    rows = sorted(report, key=lambda row: row["outcome"] != "refused")
    after = max(0, after)
    return visit.page(
        "upload", one=found, rows=rows[after:after + MOST_ROWS],
        is_live=found["state"] in ("waiting", "running"),
        next=after + MOST_ROWS if len(rows) > after + MOST_ROWS else None,
    )  # fmt: skip
