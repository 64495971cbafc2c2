# SPDX-License-Identifier: Apache-2.0
"""What compliance takes in: lists and files of customs, each the body of one request."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Any

from fastapi import Query, Response
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from skontro.api.bodies import Told
from skontro.api.caller import Call, Caller
from skontro.api.routes import router, takes
from skontro.api.routes.acts import ActShown
from skontro.api.streams import kept
from skontro.core.errors import Rejected

routes = router("gate")

PERMISSION = "gate.work"
ANY = "application/octet-stream"
FORMS = ("multipart/", "application/x-www-form-urlencoded")

_EXAMPLE = "name,identifier\nOld Oak Trading,NL 123\n"
_CUSTOMS = (
    "reference,exporter,importer,currency,date,cancelled,code,value,quantity,unit,weight\n"
    "26NL0001,IN-B1,NL-A1,EUR,2026-05-20,,100630,900.00,1000,KGM,1000\nEND,1,,,,,,,,,\n"
)

Source = Annotated[str, Query(max_length=200, description="Where it comes from; must be said.",
                              examples=["the UN's site"])]  # fmt: skip
Dated = Annotated[str, Query(max_length=40, description="The day or instant it is of, where the "
                             "file itself does not say it.", examples=["2026-01-30"])]  # fmt: skip
Name = Annotated[str, Query(max_length=60, description="Which list: of a list of the house's own, "
                            "or of one of OpenSanctions' many.", examples=["watch"])]  # fmt: skip
FileName = Annotated[str, Query(max_length=200, description="What the file is called: .xlsx and "
                                ".parquet must be called so.", examples=["sdn.xml"])]  # fmt: skip
Side = Annotated[str, Query(max_length=64, description="Whose customs made it; must be said.",
                            examples=["A"])]  # fmt: skip


class ListTaken(Told):
    """The version of a list that is in force now."""

    name: str = Field(examples=["un"])
    version: int = Field(examples=[7])
    is_new: bool = Field(description="Whether it was not in force already.")
    dated: str = Field(examples=["2026-01-30T00:00:00.000000Z"])
    invented: bool = Field(description="Of a demonstration: it is no authority's.")
    entries: int
    names: int
    identifiers: int
    notes: list[str] = Field(description="What was noticed while reading it.", examples=[[]])
    days: int = Field(description="How old it may become before it holds everything.")


class CustomsTaken(Told):
    """The file of customs that is in force now."""

    file: int
    is_new: bool = Field(description="Whether it was not in force already.")
    declarations: int
    lines: int
    judged: int = Field(description="How many obligations were judged anew.")


def _file(example: str) -> dict[str, Any]:
    """Describe a body that is a file as it is."""
    return {"requestBody": {"required": True, "content": {ANY: {
        "schema": {"type": "string", "format": "binary"}, "example": example,
    }}}}  # fmt: skip


async def _handed_in(
    call: Call, file: str, work: Callable[[Path, bytes], Response]
) -> Response:
    """Keep a body in a folder of the house while it is read; nobody else fills the disk."""
    place, path = await run_in_threadpool(_begun, call, file)
    try:
        kind = call.request.headers.get("content-type", "").strip().lower()
        if kind.startswith(FORMS):
            raise Rejected("forms are not read here", code="UnknownMediaType",
                           next_step=f"send the file itself, as {ANY}")  # fmt: skip
        call.asked(None)
        digest = await kept(call.request.stream(), path)
        return await run_in_threadpool(work, path, digest)
    finally:
        await run_in_threadpool(place.__exit__, None, None, None)


def _begun(call: Call, file: str) -> tuple[AbstractContextManager[Path], Path]:
    place = call.seat.gate.handed_in(file)
    return place, place.__enter__()


@routes.post("/gate/lists", response_model=ListTaken,
             openapi_extra=takes(PERMISSION) | _file(_EXAMPLE))  # fmt: skip
async def take_list(
    call: Caller, source: Source = "", dated: Dated = "", name: Name = "", file: FileName = "list"
) -> Response:
    """Take a list into force, or refuse it whole: the one in force stays then.

    The body is the file: OFAC's sdn.xml or a zip of its CSV set, the UN's XML, the EU's CSV 1.1,
    the UK's CSV, OpenSanctions' targets, or a list of the house's own; zip and gzip too. One that
    lost more than the house's share is refused (``ListSmaller``): see /gate/lists/smaller.
    """

    def work(path: Path, digest: bytes) -> Response:
        ready = call.seat.gate.read_list(path, dated=dated, name=name)
        return call.once(
            lambda: ListTaken.model_validate(call.seat.gate.take_list(ready, source)), body=digest
        )

    return await _handed_in(call, file, work)


@routes.post("/gate/lists/smaller", status_code=201, response_model=ActShown,
             openapi_extra=takes(PERMISSION) | _file(_EXAMPLE))  # fmt: skip
async def draft_smaller(
    call: Caller, source: Source = "", dated: Dated = "", name: Name = "", file: FileName = "list"
) -> Response:
    """Draft the act by which two people let in a list that lost more than the house's share.

    The body is the file, as /gate/lists takes it. The act is signed and approved at /acts.
    """

    def work(path: Path, digest: bytes) -> Response:
        ready = call.seat.gate.read_list(path, dated=dated, name=name)
        return call.once(
            lambda: ActShown.model_validate(call.seat.gate.draft_smaller(ready, source)),
            body=digest, status=201,
        )  # fmt: skip

    return await _handed_in(call, file, work)


@routes.post("/gate/customs", response_model=CustomsTaken,
             openapi_extra=takes(PERMISSION) | _file(_CUSTOMS))  # fmt: skip
async def take_customs(
    call: Caller, side: Side = "", source: Source = "", dated: Dated = ""
) -> Response:
    """Take a file of a side's customs into force, or refuse it whole: what was in force stays then.

    From a side's first file on, goods over its border need a declaration that agrees. It takes the
    person's own right to decide cases besides.
    """

    def work(path: Path, digest: bytes) -> Response:
        def taken() -> CustomsTaken:
            found = call.seat.gate.take_customs(path, side, source=source, dated=dated)
            return CustomsTaken.model_validate(found)

        return call.once(taken, body=digest)

    return await _handed_in(call, "customs.csv", work)
