# SPDX-License-Identifier: Apache-2.0
"""Obligations by the million: a file as the body of one request, streamed to the disk first."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from skontro.api.bodies import Told
from skontro.api.caller import Call, Caller
from skontro.api.routes import router, takes
from skontro.api.streams import kept
from skontro.core.errors import Rejected
from skontro.messages.line_rows import read_lines

routes = router("obligations")

CSV, LINES = "text/csv", "application/x-ndjson"
PERMISSION = "obligations.register"
"""Asked for before the body is taken: nobody else fills the disk."""
MOST_TOLD = 1000
"""The most refused rows that an answer tells one by one."""

_BODY = {
    "required": True,
    "content": {
        CSV: {"schema": {"type": "string"}, "example": "sender,reference,debtor,creditor,currency,"
              "amount\nB1,o1,A1,B1,EUR,100000.00\n"},
        LINES: {"schema": {"type": "string"}, "example": '{"sender": "B1", "reference": "o1", '
                '"debtor": "A1", "creditor": "B1", "currency": "EUR", "amount": "100000.00"}\n'},
    },
}  # fmt: skip


class Refused(Told):
    """A row that was refused, and why."""

    row: int
    field: str
    value: str
    code: str
    message: str


class Filed(Told):
    """What came of a filing."""

    filing: int | None = Field(description="Its number; none where nothing in it was new.")
    rows: int
    taken: int
    repeated: int
    opened: int
    confirmed: int
    near: int
    duplicates: int
    refused: int
    rejections: list[Refused] = Field(description=f"The first {MOST_TOLD} refused rows.")


@routes.post(
    "/obligations/bulk", response_model=Filed,
    openapi_extra=takes(PERMISSION) | {"requestBody": _BODY},
)  # fmt: skip
async def register_bulk(
    call: Caller,
    agent: Annotated[str, Query(max_length=64, description="The agent that hands it in.")] = "",
) -> Response:
    """Say what is owed, by the million: CSV, or a JSON object a line, in one unit of work.

    Columns are those of files at the command line: see docs/obligations.md. Rows that cannot be
    taken are refused one by one and stop nothing; the same file again has no effect.
    """
    kind = call.request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (CSV, LINES):
        raise Rejected(f"{kind!r} is not read here", code="UnknownMediaType",
                       next_step=f"send {CSV} or {LINES}")  # fmt: skip
    await run_in_threadpool(lambda: call.seat.obligations.reading(PERMISSION, "a file"))
    with tempfile.TemporaryDirectory(prefix="skontro-bulk-") as folder:
        path = Path(folder) / ("rows.csv" if kind == CSV else "rows.ndjson")
        digest = await kept(call.request.stream(), path)
        return await run_in_threadpool(_file, call, path, digest, agent)


def _file(call: Call, path: Path, digest: bytes, agent: str) -> Response:
    def work() -> Filed:
        given: Any = path if path.suffix == ".csv" else read_lines(path)
        report = call.seat.obligations.import_file(given, agent=agent)
        told = report.as_json()
        told["rejections"] = [
            {name: "" if value is None else value for name, value in one.items()}
            for one in told["rejections"][:MOST_TOLD]
        ]
        return Filed.model_validate(told)

    return call.once(work, body=digest)
