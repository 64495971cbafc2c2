# SPDX-License-Identifier: Apache-2.0
"""The gate, for compliance alone."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Path, Query, Response
from pydantic import Field

from skontro.api.bodies import Asked, Line, Told, Values, in_text
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.cycles import CycleId
from skontro.api.routes.participants import Cursor, FirmId, Limit

routes = router("gate")

Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[1])]
LicenceId = Annotated[str, Path(max_length=64, examples=["LIC-1"])]


_CASE: Values = {
    "case": 1, "about": "firm", "subject_kind": "participant", "whom": "B1", "state": "open",
    "list": "un", "score": 1000, "opened_at": "2026-02-04T15:00:00.000000Z",
    "decision_act": None,
}  # fmt: skip


class Lists(Told):
    """The lists in force and those that are missing."""

    items: list[Values] = Field(examples=[[{
        "id": 1, "name": "un", "state": "in force", "dated": "2026-01-30T00:00:00.000000Z",
        "required": ["A", "B"],
    }]])  # fmt: skip


class Packs(Told):
    """The packs in force."""

    items: list[Values] = Field(examples=[[{"side": "A", "pack": "starter", "version": "1"}]])


class Setting(Told):
    """What the gate judges by."""

    setting: int
    digest: str
    made_at: str
    words: list[str]


class Cases(Told):
    """Cases, the oldest first."""

    items: list[Values] = Field(examples=[[_CASE]])
    next: str | None


class Case(Told):
    """A case with its evidence and its history."""

    case: Values = Field(examples=[_CASE])


class Exposure(Told):
    """What an alert reaches, or what is held after the final run reaches."""

    exposure: Values = Field(examples=[{"participant": "B1", "final": [], "payments": []}])


class Rows(Told):
    """What was asked for, amounts as decimal text."""

    items: list[Values] = Field(examples=[[{"number": 1, "state": "in force"}]])


class RowsOfPage(Rows):
    """A page of what was asked for."""

    next: str | None


class Licence(Told):
    """A licence, and what was taken of it."""

    licence: Values = Field(examples=[{"number": "L-17", "holder": "B1", "left": "5000.00"}])


class Counterfactual(Told):
    """A published run beside the one with a party's held obligations."""

    counterfactual: Values = Field(examples=[{"cycle": "2026-01", "without": "B1"}])


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


@routes.get(
    "/gate/cases/{number}/report", response_class=Response, openapi_extra=takes("gate.read"),
    responses={200: {"content": {"application/json": {"schema": {"type": "object"}}}}},
)  # fmt: skip
def report_case(call: Caller, number: Number) -> Response:
    """Return the report of a case to the authority: one signed file with everything in it.

    That it was made, and by whom, is written down on the case. The house's key must be unlocked.
    """
    paper = call.seat.gate.report(number)
    return Response(paper.as_bytes(), 200, {
        "Content-Disposition": f'attachment; filename="case-{number}.json"'
    }, "application/json")  # fmt: skip


@routes.get("/gate/held", openapi_extra=takes("gate.read"))
def list_held(call: Caller, limit: Limit = 100, cursor: Cursor = "") -> RowsOfPage:
    """Return obligations that wait and are held for their goods, papers, licences, declaration or
    a flag, each with its reasons."""
    found = call.seat.gate.held(after=call.pages.after(cursor), most=limit)
    last = found[-1]["obligation"] if found else 0
    return RowsOfPage.model_validate(
        {"items": in_text(found), "next": call.pages.next_of(found, last, limit)}
    )


@routes.get("/gate/flags", openapi_extra=takes("gate.read"))
def list_flags(call: Caller, limit: Limit = 100, cursor: Cursor = "") -> RowsOfPage:
    """Return the flags that wait for a decision, the oldest first, each with its reason."""
    found = call.seat.gate.flags(after=call.pages.after(cursor), most=limit)
    last = found[-1]["case"] if found else 0
    return RowsOfPage.model_validate(
        {"items": in_text(found), "next": call.pages.next_of(found, last, limit)}
    )


@routes.get("/gate/licences", openapi_extra=takes("gate.read"))
def list_licences(call: Caller) -> Rows:
    """Return the licences with what is reserved, used and left of each."""
    return Rows.model_validate({"items": in_text(call.seat.gate.licences())})


@routes.get("/gate/licences/{licence}", openapi_extra=takes("gate.read"))
def show_licence(call: Caller, licence: LicenceId) -> Licence:
    """Return a licence: who gave it, its versions, and what obligations took of it."""
    return Licence.model_validate({"licence": in_text(call.seat.gate.licence(licence))})


@routes.get("/gate/customs", openapi_extra=takes("gate.read"))
def list_customs(call: Caller) -> Rows:
    """Return the files of every side's customs; of a side without one nothing is compared."""
    return Rows.model_validate({"items": call.seat.gate.customs()})


@routes.get("/gate/counterfactual/cycles/{cycle}/firms/{firm}",
            openapi_extra=takes("gate.read"))  # fmt: skip
def show_counterfactual(call: Caller, cycle: CycleId, firm: FirmId) -> Counterfactual:
    """Return a published run beside the one that a frozen party's obligations would have made: who
    lost how much set-off by it, and that nothing of the party is in what was published."""
    found = call.seat.gate.counterfactual(cycle, firm)
    return Counterfactual.model_validate({"counterfactual": in_text(found)})


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
