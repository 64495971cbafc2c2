# SPDX-License-Identifier: Apache-2.0
"""The sessions of the house."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Response
from pydantic import Field

from skontro.api.bodies import Asked, Day, Digest, Told, in_text
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.jobs import AS_JOB, job_answer
from skontro.api.routes.participants import FirmId
from skontro.core.errors import Conflict, Rejected

routes = router("cycles")

CycleId = Annotated[str, Path(max_length=64, examples=["2026-01"])]


class Cycle(Told):
    """A session of the house."""

    id: str = Field(examples=["2026-01"])
    number: int
    state: str = Field(examples=["open"])
    paused: bool
    business_day: str
    opened_at: str
    cut_off_at: str
    window_ends_at: str
    pay_in_deadline: str
    frozen_digest: str | None


class Step(Told):
    """A step that was taken."""

    step: str
    number: int
    at: str


class Run(Told):
    """A run of a cycle: its totals and its digests."""

    id: int
    kind: str
    number: int
    frozen_digest: Digest
    input_digest: Digest
    result_digest: Digest
    manifest_digest: Digest
    engine_version: str
    ran_at: str
    summary: dict[str, Any] = Field(examples=[{"set_off_minor": 32000000}])


class CycleShown(Cycle):
    """A cycle with its steps; its runs for those who see all firms."""

    steps: list[Step]
    runs: list[Run] | None = None


class Cycles(Told):
    """Every cycle, oldest first."""

    items: list[Cycle]


class OpenCycle(Asked):
    """The first one after this day; after the last one if empty."""

    after: Day = ""


class TakeStep(Asked):
    """Which step."""

    step: Literal["cut_off", "preliminary", "irrevocable", "close"]


class PreviewMade(Told):
    """A preview that was made, for every firm at once."""

    cycle: str = Field(examples=["2026-01"])
    due_at: str = Field(examples=["2026-01-29T11:00:00.000000Z"])
    made_at: str = Field(examples=["2026-01-29T11:00:04.000000Z"])
    obligations: int = Field(examples=[8])


class PreviewSum(Told):
    """What a firm owes and is owed in a currency, and how much of it would be set off."""

    currency: str = Field(examples=["EUR"])
    owes: str = Field(examples=["100000.00"])
    owes_set_off: str = Field(examples=["70000.00"])
    owed: str = Field(examples=["70000.00"])
    owed_set_off: str = Field(examples=["70000.00"])


class PreviewRow(Told):
    """One of a firm's own obligations, and how much of it would be set off."""

    number: int = Field(examples=[7])
    debtor: str = Field(examples=["A3"])
    creditor: str = Field(examples=["A1"])
    currency: str = Field(examples=["EUR"])
    open: str = Field(examples=["40000.00"])
    set_off: str = Field(examples=["25200.00"], description="down to a whole per cent of open")


class Preview(Told):
    """What would clear for a firm: its own rows, as of the calendar's last time."""

    cycle: str = Field(examples=["2026-01"])
    participant: str = Field(examples=["A1"])
    due_at: str | None = Field(examples=["2026-01-29T11:00:00.000000Z"])
    made_at: str | None = Field(
        examples=["2026-01-29T11:00:04.000000Z"], description="as of then; null: none was made yet"
    )
    next_at: str | None = Field(
        examples=["2026-01-29T14:00:00.000000Z"],
        description="when the next is due; null: none today or tomorrow, or none any more",
    )
    rates_of: str | None = Field(
        examples=["2026-01"],
        description="the cycle whose rates it goes by; null: no rates, each currency by itself",
    )
    sums: list[PreviewSum]
    rows: list[PreviewRow] = Field(description="the largest 500")


@routes.get("/cycles", openapi_extra=takes("cycles.read"))
def list_cycles(call: Caller) -> Cycles:
    """Return every cycle, oldest first."""
    return Cycles.model_validate({"items": call.seat.cycles.table()})


@routes.get("/cycles/{cycle}", response_model=CycleShown, openapi_extra=takes("cycles.read"))
def show_cycle(call: Caller, cycle: CycleId) -> Response:
    """Return a cycle with its steps."""
    return call.show(CycleShown.model_validate(call.seat.cycles.show(cycle)))


@routes.post("/cycles", status_code=201, response_model=Cycle,
             openapi_extra=takes("cycles.work"))  # fmt: skip
def open_cycle(call: Caller, body: OpenCycle) -> Response:
    """Open the next cycle, with the times the house's calendar gives it."""

    def work() -> Cycle:
        try:
            after = datetime.date.fromisoformat(body.after) if body.after else None
        except ValueError:
            raise Rejected(f"{body.after!r} is not a day", code="InvalidDate") from None
        return Cycle.model_validate(call.seat.cycles.open_next(after))

    return call.once(work, body=body, status=201)


@routes.post("/cycles/{cycle}/steps", response_model=Cycle, responses=AS_JOB,
             openapi_extra=takes("cycles.work"))  # fmt: skip
def take_step(call: Caller, cycle: CycleId, body: TakeStep) -> Response:
    """Take a step of a cycle, and answer when it is taken; with ``Prefer: respond-async`` a worker
    takes it, and the answer is the job. The final run takes two people: draft ``run.final``."""
    if call.wants_job:
        return job_answer(call, lambda: call.seat.jobs.ask_step(cycle, body.step), body)
    return call.once(
        lambda: Cycle.model_validate(call.seat.cycles.step(cycle, body.step)), body=body
    )


class Figures(Told):
    """What was entered, what of it was set off, and what would be left after money."""

    entered: str
    set_off: str
    left: str
    share: str | None = Field(default=None, description="set off of what was entered")


class Compared(Told):
    """Figures of a run, those of the run before, and how they changed."""

    now: Figures | None
    then: Figures | None
    change: Figures


class NowThen(Told):
    """How many in the run, and in the one before."""

    now: int
    then: int


class SideChanged(Compared):
    """What a side's firms owe in a currency."""

    side: str
    currency: str = Field(examples=["EUR"])
    obligations: NowThen


class FirmChanged(Compared):
    """What a firm owes and is owed, in the unit it is cleared in."""

    participant: str
    name: str
    side: str
    unit: str = Field(examples=["EUR"])


class UnitChanged(Compared):
    """All firms of a unit: how many are new, gone and moved, and the largest of each."""

    unit: str = Field(examples=["EUR"])
    new: int
    new_firms: list[FirmChanged] = Field(description="the largest 20")
    gone: int
    gone_firms: list[FirmChanged] = Field(description="the largest 20")
    stayed: int
    moved: int
    movers: list[FirmChanged] = Field(description="the 20 whose entered amounts changed most")


class Changes(Told):
    """What a run came to, and what changed against the last cycle."""

    cycle: str = Field(examples=["2026-02"])
    kind: str = Field(examples=["preliminary"])
    number: int
    ran_at: str
    against: str | None = Field(description="whose final run; null: there was none before")
    sides: list[SideChanged]
    units: list[UnitChanged]


@routes.get("/cycles/{cycle}/changes", response_model=Changes, openapi_extra=takes("runs.read"))
def show_changes(
    call: Caller, cycle: CycleId, run: Literal["", "preliminary", "final"] = ""
) -> Response:
    """Return what a run came to by side and currency, and what changed against the last cycle:
    for those who see all firms."""
    found = call.seat.runs.changes(cycle, run)
    if found is None:
        raise Conflict(f"cycle {cycle} has no such run yet", code="NotPublished",
                       next_step="wait for the preliminary run")  # fmt: skip
    return call.show(Changes.model_validate(in_text(found)))


@routes.get("/cycles/{cycle}/participants/{firm}/preview", response_model=Preview,
            openapi_extra=takes("previews.read"))  # fmt: skip
def show_preview(call: Caller, cycle: CycleId, firm: FirmId) -> Response:
    """Return what would clear for a firm: confirmed obligations, its own rows, nobody's levels.

    It is made at the calendar's times and never between them, and binds nobody.
    """
    return call.show(Preview.model_validate(in_text(call.seat.cycles.preview(cycle, firm))))


@routes.post("/cycles/{cycle}/previews", status_code=201, response_model=PreviewMade,
             openapi_extra=takes("cycles.work"))  # fmt: skip
def make_preview(call: Caller, cycle: CycleId) -> Response:
    """Make the preview that is due, where the calendar is not at work by itself."""
    return call.once(
        lambda: PreviewMade.model_validate(call.seat.cycles.make_preview(cycle)), status=201
    )
