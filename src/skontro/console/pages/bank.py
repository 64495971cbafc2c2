# SPDX-License-Identifier: Apache-2.0
"""What the banks say: files in, lines matched and unmatched, files that leave."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Response

from skontro.console.frame import Visit, Visitor
from skontro.core.errors import Rejected, SkontroError

routes = APIRouter()

OUTCOMES = ("matched", "suspense", "waits", "refused", "new")


@routes.get("/bank")
def lines(visit: Visitor, outcome: str = "") -> Response:
    """Show accounts, the work list with likely partners, and the newest lines."""
    return _bank(visit, outcome=outcome if outcome in OUTCOMES else "")


def _bank(visit: Visit, *, outcome: str = "", told: Any = None, status: int = 200) -> Response:
    bank = visit.seat.bank
    found, work = bank.show(outcome=outcome), bank.work_list()
    return visit.page("bank", status=status, found=found, work=work, outcome=outcome,
                      outcomes=OUTCOMES, told=told or [], files=bank.files())  # fmt: skip


@routes.post("/bank/files")
def take(visit: Visitor) -> Response:
    """Take in files of banks; each whole or not at all; or only say what they would bring.

    A file that is known has no effect, and each line has its own once: sent twice, it is the same.
    """
    visit.actor.scope("settlement.work")
    files = [one for one in visit.lists.get("files", []) if getattr(one, "filename", "")]
    if not files:
        raise Rejected("no file was chosen", code="InvalidOptions",
                       next_step="go back and choose one")  # fmt: skip
    dry = visit.text("dry", 5) == "yes"
    bank, told = visit.seat.bank, []
    for one in files:
        name = str(one.filename)[:200]
        try:
            data = one.file.read()
            told.append((bank.look_into if dry else bank.take)(data, name) | {"error": None})
        except SkontroError as error:
            told.append({"name": name, "error": error})
    if not dry:
        bank.work()
    failed = any(one["error"] for one in told)
    return _bank(visit, told=told, status=422 if failed else 200)


@routes.get("/bank/files/{number}")
def download(visit: Visitor, number: int) -> Response:
    """Give a released file, byte for byte as two people signed it."""
    name, data = visit.seat.bank.file(number)
    return Response(data, 200, {"Content-Disposition": f'attachment; filename="{name}"'},
                    "application/octet-stream")  # fmt: skip


@routes.post("/bank/files/{number}/sent")
def sent(visit: Visitor, number: int) -> Response:
    """Note that a bank has a file."""

    def work() -> bool:
        visit.seat.bank.sent(number)
        return True

    visit.work(work)
    return visit.go("/bank", "stepped")
