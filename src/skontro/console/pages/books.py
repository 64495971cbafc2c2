# SPDX-License-Identifier: Apache-2.0
"""The journal and papers."""

from __future__ import annotations

from fastapi import APIRouter, Response

from skontro.api.routes.books import entry_in_text
from skontro.console.frame import Visitor

routes = APIRouter()

PAGE = 50


@routes.get("/journal")
def journal(visit: Visitor, cycle: str = "", kind: str = "", after: int = 0) -> Response:
    """Show journal entries."""
    rows, is_more = visit.seat.books.journal(after=max(0, after), most=PAGE, cycle=cycle[:64],
                                             kind=kind[:64], newest_first=True)  # fmt: skip
    shown = [entry_in_text(one) for one in rows]
    return visit.page("journal", rows=shown, cycle=cycle, kind=kind, verdict=None,
                      next=rows[-1]["number"] if is_more else None)  # fmt: skip


@routes.post("/journal")
def check(visit: Visitor) -> Response:
    """Check the whole journal, and say what was found."""
    _ = visit.actor
    verdict = visit.seat.books.check_journal()
    return visit.page("journal", rows=[], cycle="", kind="", verdict=verdict, next=None)
