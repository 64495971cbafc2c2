# SPDX-License-Identifier: Apache-2.0
"""What comes in: tables of what is owed, row by row, and what does not meet yet."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Response

from skontro.console.frame import Visit, Visitor
from skontro.core.errors import Rejected, SkontroError

routes = APIRouter()

PAGE = 50
KINDS = (".csv", ".xlsx", ".parquet", ".jsonl")
MOST_ROWS = 500
"""The most refused rows a page shows."""


@routes.get("/intake")
def work_list(visit: Visitor, firm: str = "", after: int = 0) -> Response:
    """Show what waits for the other party's word, with its likely partner, and the upload."""
    return _page(visit, firm=firm[:64], after=max(0, after))


def _page(
    visit: Visit, *, firm: str = "", after: int = 0, told: Any = None,
    error: SkontroError | None = None, name: str = "", dry: bool = False,
) -> Response:  # fmt: skip
    reach = visit.actor.scope("obligations.read")
    own = not reach.everything and not reach.sides
    rows = visit.seat.obligations.work_list(firm=firm, after=after, most=PAGE)
    return visit.page(
        "intake", status=200 if error is None else 422, rows=rows, firm=firm, told=told,
        error=error, name=name, dry=dry, most=MOST_ROWS, own=own,
        next=rows[-1]["number"] if len(rows) == PAGE else None,
    )  # fmt: skip


@routes.post("/obligations/bulk")
def upload(visit: Visitor) -> Response:
    """Take in a table, all in one unit of work; or say what would happen, and write nothing."""
    visit.actor.scope("obligations.register")
    given = visit.form.get("table")
    name = str(getattr(given, "filename", "") or "")[:200]
    dry, agent = visit.text("dry", 5) == "yes", visit.text("agent", 64)
    if not name or given is None or isinstance(given, str):
        raise Rejected("no table was chosen", code="InvalidOptions",
                       next_step="go back and choose one")  # fmt: skip
    ending = Path(name).suffix.lower()
    try:
        if ending not in KINDS:
            raise Rejected(f"{name}: tables of this kind are not read", code="UnknownMediaType",
                           next_step=f"save it as one of: {', '.join(KINDS)}")  # fmt: skip
        with tempfile.TemporaryDirectory(prefix="skontro-upload-") as folder:
            path = Path(folder) / f"table{ending}"
            with path.open("wb") as file:
                while part := given.file.read(1 << 20):
                    file.write(part)
            seat = visit.seat.obligations
            if dry:
                told = seat.import_file(path, agent=agent, dry_run=True).as_json()
            else:
                told = visit.work(lambda: seat.import_file(path, agent=agent).as_json())
    except SkontroError as error:
        return _page(visit, error=error, name=name)
    return _page(visit, told=told, name=name, dry=dry)


@routes.post("/intake/match")
def match(visit: Visitor) -> Response:
    """Match all that waits, within the house's tolerance."""
    visit.work(visit.seat.obligations.match)
    return visit.go("/intake", "matched")
