# SPDX-License-Identifier: Apache-2.0
"""The papers of all firms of a cycle: made by a worker, and given as one file when done."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Response
from fastapi.responses import FileResponse
from pydantic import Field

from skontro.api.bodies import Asked, Told
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.cycles import CycleId
from skontro.api.routes.jobs import Job, job_answer

routes = router("books")

PaperSet = Annotated[str, Path(max_length=40, examples=["notices-pdf"])]


class MakePapers(Asked):
    """Which papers, and in which form."""

    kind: Literal["notices", "statements", "report"]
    form: Literal["pdf", "json", "csv", "xlsx"] = "pdf"


class PaperSetTold(Told):
    """Papers of a cycle that were made, or are being made."""

    name: str = Field(examples=["notices-pdf"])
    is_there: bool
    job: int | None
    state: str = Field(description="of the last job that makes them; empty: none was asked for")
    made_at: str


class PaperSets(Told):
    """All papers of a cycle that can be had as one file."""

    items: list[PaperSetTold]


@routes.get("/cycles/{cycle}/paper-files", openapi_extra=takes("papers.read"))
def list_paper_files(call: Caller, cycle: CycleId) -> PaperSets:
    """Return which papers of all firms of a cycle were made as one file."""
    return PaperSets.model_validate({"items": call.seat.books.paper_sets(cycle)})


@routes.post("/cycles/{cycle}/paper-files", status_code=202, response_model=Job,
             openapi_extra=takes("papers.make"))  # fmt: skip
def make_paper_files(call: Caller, cycle: CycleId, body: MakePapers) -> Response:
    """Have a worker make the papers of all firms of a cycle; the answer is the job."""
    name = f"{body.kind}-{body.form}"
    return job_answer(call, lambda: call.seat.jobs.ask_papers(cycle, name), body)


@routes.get(
    "/cycles/{cycle}/paper-files/{papers}", response_class=Response,
    openapi_extra=takes("papers.read"),
    responses={200: {"content": {"application/zip": {
        "schema": {"type": "string", "format": "binary"}
    }}}},
)  # fmt: skip
def show_paper_file(call: Caller, cycle: CycleId, papers: PaperSet) -> Response:
    """Return the papers of all firms of a cycle as one zip file, once they are made."""
    path = call.seat.books.paper_set(cycle, papers)
    return FileResponse(path, media_type="application/zip", filename=f"{cycle}-{papers}.zip")
