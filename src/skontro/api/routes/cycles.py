# SPDX-License-Identifier: Apache-2.0
"""The sessions of the house."""

from __future__ import annotations

import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Response
from pydantic import Field

from skontro.api.bodies import Asked, Day, Digest, Told
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.core.errors import Rejected

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
    summary: dict[str, Any]


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


@routes.post("/cycles/{cycle}/steps", response_model=Cycle, openapi_extra=takes("cycles.work"))
def take_step(call: Caller, cycle: CycleId, body: TakeStep) -> Response:
    """Take a step of a cycle; the final run takes two people: draft ``run.final``."""
    return call.once(
        lambda: Cycle.model_validate(call.seat.cycles.step(cycle, body.step)), body=body
    )
