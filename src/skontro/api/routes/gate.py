# SPDX-License-Identifier: Apache-2.0
"""The gate, for compliance alone."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import Field

from skontro.api.bodies import Asked, Line, Told, Values
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.cycles import CycleId
from skontro.api.routes.participants import Cursor, FirmId, Limit

routes = router("gate")

Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[1])]


class Lists(Told):
    """The lists in force and those that are missing."""

    items: list[Values]


class Packs(Told):
    """The packs in force."""

    items: list[Values]


class Setting(Told):
    """What the gate judges by."""

    setting: int
    digest: str
    made_at: str
    words: list[str]


class Cases(Told):
    """Cases, the oldest first."""

    items: list[Values]
    next: str | None


class Case(Told):
    """A case with its evidence and its history."""

    case: Values


class Exposure(Told):
    """What an alert reaches, or what is held after the final run reaches."""

    exposure: Values


class Note(Asked):
    """Something to be written down on a case."""

    text: Line = Field(examples=["asked the firm for its founding deed"])


@routes.get("/gate/lists", openapi_extra=takes("gate.read"))
def list_lists(call: Caller) -> Lists:
    """Return the lists in force and those that are missing."""
    return Lists.model_validate({"items": call.seat.gate.lists()})


@routes.get("/gate/packs", openapi_extra=takes("gate.read"))
def list_packs(call: Caller) -> Packs:
    """Return the packs in force: what the law of each side says of goods."""
    return Packs.model_validate({"items": call.seat.gate.packs()})


@routes.get("/gate/setting", openapi_extra=takes("gate.read"))
def show_setting(call: Caller) -> Setting:
    """Return what the gate judges by now."""
    return Setting.model_validate(call.seat.gate.setting())


@routes.get("/gate/cases", openapi_extra=takes("gate.read"))
def list_cases(
    call: Caller,
    state: Annotated[Literal["open", "cleared", "confirmed", "released"], Query()] = "open",
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Cases:
    """Return cases in a state; takes the person's own right to read or decide them besides."""
    found = call.seat.gate.cases([state], after=call.pages.after(cursor), most=limit)
    last = found[-1]["case"] if found else 0
    return Cases.model_validate({"items": found, "next": call.pages.next_of(found, last, limit)})


@routes.get("/gate/cases/{number}", response_model=Case, openapi_extra=takes("gate.read"))
def show_case(call: Caller, number: Number) -> Response:
    """Return a case with its evidence and history; it is decided by drafting case.decide."""
    return call.show(Case(case=call.seat.gate.case(number)))


@routes.post("/gate/cases/{number}/notes", response_model=Case,
             openapi_extra=takes("gate.work"))  # fmt: skip
def note_case(call: Caller, number: Number, body: Note) -> Response:
    """Write something down on a case."""
    return call.once(lambda: Case(case=call.seat.gate.note(number, body.text)), body=body)


@routes.get("/gate/exposure/firms/{firm}", openapi_extra=takes("gate.read"))
def show_exposure(call: Caller, firm: FirmId) -> Exposure:
    """Return what a firm's alert reaches: what it owes and is owed, is final and was paid."""
    return Exposure.model_validate({"exposure": call.seat.gate.exposure(firm)})


@routes.get("/gate/exposure/cycles/{cycle}", openapi_extra=takes("gate.read"))
def show_exposure_of_goods(call: Caller, cycle: CycleId) -> Exposure:
    """Return what the gate no longer releases of what is final in a cycle, for its goods, papers,
    licences or customs or for a party: what was set off, what is planned, and who is paid for it.
    """
    return Exposure.model_validate({"exposure": call.seat.gate.exposure_of_goods(cycle)})
