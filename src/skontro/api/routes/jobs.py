# SPDX-License-Identifier: Apache-2.0
"""Work in the background: watched, and tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import BaseModel, Field

from skontro.api.bodies import Told
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.participants import Cursor, Limit

routes = router("jobs")

JobNumber = Annotated[int, Path(ge=1, le=1 << 53, examples=[1])]
JobState = Literal["waiting", "running", "done", "failed"]


class Job(Told):
    """Work that a worker does."""

    number: int
    kind: str = Field(examples=["cycle.step"])
    does: str
    subject: str = Field(examples=["2026-01: preliminary"])
    state: JobState
    stage: str = Field(description="What is done now.", examples=["setting off"])
    fraction: str = Field(description="How far it is, from 0.000 to 1.000.", examples=["0.150"])
    asked_by: str = Field(description="Person or key; empty: the calendar.")
    asked_at: str
    began_at: str
    ended_at: str
    attempts: int
    code: str = Field(description="Why it failed, or was not done yet.")
    message: str
    result: dict[str, Any] | None = Field(examples=[{"cycle": "2026-01", "step": "cut_off"}])


class Jobs(Told):
    """A page of jobs, the newest first."""

    items: list[Job]
    next: str | None


AS_JOB: dict[int | str, dict[str, Any]] = {
    202: {"model": Job, "description": "A worker does it: watch the job."}
}
"""What the description says of routes that a worker may do the work of."""


def job_answer(
    call: Caller, ask: Callable[[], dict[str, Any]], body: BaseModel | None
) -> Response:
    """Answer with the job that was asked for, and where it is watched."""
    answer = call.once(lambda: Job.model_validate(ask()), body=body, status=202)
    answer.headers["Location"] = f"/jobs/{Job.model_validate_json(bytes(answer.body)).number}"
    answer.headers["Preference-Applied"] = "respond-async"
    return answer


@routes.get("/jobs", openapi_extra=takes("jobs.read"))
def list_jobs(
    call: Caller,
    state: Annotated[list[JobState], Query(default_factory=list, max_length=4)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Jobs:
    """Return jobs, the newest first, as far as one may see what they do."""
    found = call.seat.jobs.table(states=state, before=call.pages.after(cursor), most=limit)
    last = found[-1]["number"] if found else 0
    return Jobs.model_validate({"items": found, "next": call.pages.next_of(found, last, limit)})


@routes.get("/jobs/{number}", response_model=Job, openapi_extra=takes("jobs.read"))
def show_job(call: Caller, number: JobNumber) -> Response:
    """Return a job: state, stage, fraction, and what came of it or why it failed."""
    return call.show(Job.model_validate(call.seat.jobs.show(number)))


@routes.post("/jobs/{number}/retry", response_model=Job, openapi_extra=takes("jobs.work"))
def retry_job(call: Caller, number: JobNumber) -> Response:
    """Have a job tried again that failed."""
    return call.once(lambda: Job.model_validate(call.seat.jobs.retry(number)))
