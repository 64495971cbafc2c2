# SPDX-License-Identifier: Apache-2.0
"""What the banks say, and the files that leave for them."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Path, Query, Response
from pydantic import Field

from skontro.api.bodies import Asked, Line, Told, Values, in_text
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.core.errors import Rejected

routes = router("bank")

Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[1])]
MOST_CHARACTERS = 1 << 26
"""The most characters of a bank file in base64."""


class Lines(Told):
    """How accounts stand, and the banks' lines, newest first."""

    accounts: list[Values] = Field(examples=[[{
        "side": "A", "currency": "EUR", "day": "2026-02-05", "closing": "50000.00",
        "journal": "50000.00",
    }]])  # fmt: skip
    lines: list[Values] = Field(examples=[[{
        "id": 1, "side": "A", "currency": "EUR", "amount": "50000.00", "day": "2026-02-05",
        "name": "NTRF-2026-02-05-17", "outcome": "matched",
    }]])  # fmt: skip
    files: int
    more: int = Field(description="How many older lines there are.")


class Work(Told):
    """What somebody must look at."""

    lines: list[Values] = Field(examples=[[{
        "id": 1, "side": "A", "currency": "EUR", "amount": "50000.00", "day": "2026-02-05",
        "name": "NTRF-2026-02-05-17", "outcome": "suspense",
    }]])  # fmt: skip
    statuses: list[Values] = Field(examples=[[]])
    accounts: list[Values] = Field(examples=[[{
        "side": "A", "currency": "EUR", "day": "2026-02-05", "closing": "50000.00",
        "journal": "50000.00",
    }]])  # fmt: skip


class BankFileSaid(Asked):
    """A file of a bank."""

    name: Line = Field(examples=["camt053-2026-02-05.xml"])
    data: str = Field(max_length=MOST_CHARACTERS, description="Its bytes in base64.",
                      examples=["PERvY3VtZW50Lz4="])  # fmt: skip
    dry_run: bool = Field(default=False, description="Only say what it would bring.")


class BankFileTaken(Told):
    """What came of a bank file."""

    file: int | None
    name: str
    kind: str
    known: bool
    lines: int
    new: int
    statuses: int
    matches: list[Values] = Field(default_factory=list, examples=[[]],
                                  description="Of a dry run.")  # fmt: skip


class PaymentFile(Told):
    """A file that leaves, or left."""

    id: int
    name: str
    cycle: str | None
    side: str
    currency: str
    message: str
    message_id: str
    digest: str
    state: str
    written_at: str
    release_act: int | None


class PaymentFiles(Told):
    """Files that leave, or left, oldest first."""

    items: list[PaymentFile]


@routes.get("/bank", openapi_extra=takes("settlement.read"))
def list_bank(call: Caller, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> Lines:
    """Return how each account stands by the bank and by the books, and the newest lines."""
    return Lines.model_validate(in_text(call.seat.bank.show(most=limit)))


@routes.get("/bank/work", openapi_extra=takes("settlement.read"))
def list_bank_work(call: Caller) -> Work:
    """Return lines that wait, each with what it likely is; answers of banks in doubt; accounts."""
    return Work.model_validate(in_text(call.seat.bank.work_list()))


@routes.post("/bank/files", response_model=BankFileTaken, openapi_extra=takes("settlement.work"))
def take_bank_file(call: Caller, body: BankFileSaid) -> Response:
    """Take in a file of a bank, all of it or nothing; its lines have their effect next, each once.

    What became of them stands in /bank and /bank/work.
    """
    _ = call.seat.bank.reading("settlement.work", f"bank file {body.name}")
    try:
        data = base64.b64decode(body.data, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("data is not base64", code="InvalidRequest") from None
    taken = call.seat.bank.look_into if body.dry_run else call.seat.bank.take
    answer = call.once(
        lambda: BankFileTaken.model_validate(in_text(taken(data, body.name))), body=body
    )
    if not body.dry_run:
        call.seat.bank.work()
    return answer


@routes.get("/bank/payment-files", openapi_extra=takes("settlement.read"))
def list_payment_files(
    call: Caller, cycle: Annotated[str, Query(max_length=64)] = ""
) -> PaymentFiles:
    """Return the files that two people release, or released."""
    return PaymentFiles.model_validate({"items": call.seat.bank.files(cycle)})


@routes.get(
    "/bank/payment-files/{number}", response_class=Response,
    openapi_extra=takes("settlement.read"),
    responses={200: {"content": {"application/octet-stream": {
        "schema": {"type": "string", "format": "binary"}
    }}}},
)  # fmt: skip
def read_payment_file(call: Caller, number: Number) -> Response:
    """Return a released file, byte for byte as two people signed it."""
    name, data = call.seat.bank.file(number)
    return Response(data, 200, {"Content-Disposition": f'attachment; filename="{name}"'},
                    "application/octet-stream")  # fmt: skip
