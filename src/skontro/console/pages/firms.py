# SPDX-License-Identifier: Apache-2.0
"""Participants."""

from __future__ import annotations

from fastapi import APIRouter, Response

from skontro.console.frame import Visitor

routes = APIRouter()

PAGE = 100


@routes.get("/firms")
def table(visit: Visitor, side: str = "", state: str = "", after: int = 0) -> Response:
    """Show the firms of the house."""
    rows = visit.seat.firms.table(after=max(0, after), most=PAGE, side=side[:64], state=state[:20])
    return visit.page("firms", rows=rows, side=side, state=state,
                      next=rows[-1]["number"] if len(rows) == PAGE else None)  # fmt: skip


@routes.get("/firms/{firm}")
def one(visit: Visitor, firm: str) -> Response:
    """Show what the house knows of a firm."""
    return visit.page("firm", one=visit.seat.firms.show(firm))
