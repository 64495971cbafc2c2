# SPDX-License-Identifier: Apache-2.0
"""E-invoices over the network: handed in, read by a worker, what came of each told one by one."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Any

from fastapi import Path, Response
from pydantic import Field

from skontro.api.bodies import Asked, Line, Told
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.participants import Cursor, Limit
from skontro.core.errors import Rejected
from skontro.flow.uploads import MOST_FILES

routes = router("documents")

PERMISSION = "obligations.register"
Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[1])]


class FileSaid(Asked):
    """An e-invoice, or a zip file of e-invoices."""

    name: Line = Field(examples=["INV-2026-17.xml"])
    data: str = Field(description="Its bytes in base64.", examples=["PEludm9pY2UvPg=="])


class DocumentsSaid(Asked):
    """E-invoices: XML (UBL or CII), PDFs that carry it, zip files of these."""

    firm: Annotated[str, Field(max_length=64)] = Field(
        "", description="For whom; one's own firm if empty. Never told by a file.", examples=["A1"]
    )
    files: Annotated[list[FileSaid], Field(min_length=1, max_length=MOST_FILES)]


class Why(Told):
    """Why a document was not taken."""

    code: str
    place: str
    message: str
    next_step: str


class DocumentRead(Told):
    """What came of a document."""

    name: str = Field(examples=["INV-2026-17.xml"])
    outcome: str = Field(description="taken, credited, repeated or refused", examples=["taken"])
    kind: str = Field(examples=["invoice"])
    number: str = Field(examples=["INV-2026-17"])
    seller: str
    buyer: str
    amount: str
    currency: str
    due: str
    obligation: int | None = Field(description="What it became, or what it lowers.")
    broken: list[str] = Field(description="Rules of EN 16931 it breaks.")
    refusal: Why | None = Field(examples=[None])


class Upload(Told):
    """E-invoices that were handed in together, and how far they are read."""

    number: int
    firm: str
    made_by: str
    made_at: str
    files: int
    state: str = Field(description="waiting, running, done or failed", examples=["waiting"])
    fraction: str = Field(examples=["0.000"])
    why: str = Field(description="Why it failed, or waits longer.")
    documents: int = Field(description="How many were in the files; 0 until they are read.")
    taken: int
    credited: int
    repeated: int
    refused: int


class UploadShown(Upload):
    """An upload and what came of each document in it."""

    report: list[DocumentRead]


class Uploads(Told):
    """A page of uploads, the newest first."""

    items: list[Upload]
    next: str | None


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"fraction": f"{row['permille'] // 1000}.{row['permille'] % 1000:03d}"}


def read_data(text: str) -> bytes:
    """Return bytes that came as base64.

    Raises:
        Rejected: They did not.
    """
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("data is not base64", code="InvalidRequest") from None


@routes.post("/documents", status_code=202, response_model=Upload, openapi_extra=takes(PERMISSION))
def hand_in(call: Caller, body: DocumentsSaid) -> Response:
    """Hand in e-invoices. A worker reads them: watch the upload."""
    _ = call.seat.documents.reading(PERMISSION, "documents")
    files = [(one.name, read_data(one.data)) for one in body.files]
    answer = call.once(
        lambda: Upload.model_validate(_told(call.seat.documents.hand_in(files, body.firm))),
        body=body, status=202,
    )  # fmt: skip
    number = Upload.model_validate_json(bytes(answer.body)).number
    answer.headers["Location"] = f"/documents/uploads/{number}"
    return answer


@routes.get("/documents/uploads", openapi_extra=takes(PERMISSION))
def list_uploads(call: Caller, limit: Limit = 100, cursor: Cursor = "") -> Uploads:
    """Return uploads of the firm one works for, the newest first; the house sees all."""
    found = call.seat.documents.uploads(before=call.pages.after(cursor), most=limit)
    last = found[-1]["number"] if found else 0
    return Uploads.model_validate({
        "items": [_told(one) for one in found], "next": call.pages.next_of(found, last, limit),
    })  # fmt: skip


@routes.get("/documents/uploads/{number}", response_model=UploadShown,
            openapi_extra=takes(PERMISSION))  # fmt: skip
def show_upload(call: Caller, number: Number) -> Response:
    """Return an upload: how far it is, and what came of each document, for a month."""
    return call.show(UploadShown.model_validate(_told(call.seat.documents.show_upload(number))))
