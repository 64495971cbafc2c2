# SPDX-License-Identifier: Apache-2.0
"""Results, settlement, journal, papers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Query, Response
from pydantic import Field

from skontro.api.bodies import Asked, Told, Values, in_text
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.cycles import CycleId
from skontro.api.routes.participants import Cursor, FirmId, Limit

routes = router("books")


class Result(Told):
    """What a run came to for a firm, in points of the unit it is cleared in."""

    row: int
    kind: str = Field(description="final, or preliminary for the house alone")
    participant: str
    unit: str
    side: str | None
    owed_points: str = Field(examples=["1800000000"])
    due_points: str = Field(examples=["900000000"])
    net_position_points: str = Field(examples=["-900000000"])
    set_off_points: str = Field(examples=["900000000"])
    settled_out_points: str = Field(examples=["900000000"])
    settled_in_points: str = Field(examples=["0"])


class Results(Told):
    """A page of results."""

    items: list[Result]
    next: str | None


class Board(Told):
    """How the settlement of a cycle stands."""

    cycle: str
    state: str
    deadline: str
    sides: list[Values] = Field(examples=[[{
        "side": "A", "currency": "EUR",
        "account": {"bank": "50000.00", "border": "15000.00", "due": "35000.00"},
        "pay_ins": {"due": "50000.00", "arrived": "50000.00", "missing": "0.00", "rows": [{
            "pay_in": 1, "participant": "A1", "state": "closed", "due": "50000.00",
            "arrived": "50000.00", "missing": "0.00", "reference": "RF210000100000001",
        }]},
        "pay_outs": {"ready": "35000.00", "released": "0.00", "paid": "0.00", "waiting": []},
    }]])  # fmt: skip
    border: Values = Field(examples=[{
        "positions": [{"side": "A", "other": "B", "position": "15000.00", "quota": "15000.00"}],
        "sides": [], "hard": [],
    }])  # fmt: skip


class Money(Told):
    """What a firm pays in and is paid out in a cycle."""

    cycle: str
    participant: str
    pay_ins: list[Values] = Field(examples=[[{
        "currency": "EUR", "due": "50000.00", "arrived": "0.00", "covered": "0.00",
        "reference": "RF210000100000001", "state": "called",
    }]])  # fmt: skip
    pay_outs: list[Values] = Field(examples=[[]])
    due: list[Values] = Field(examples=[[]])


class Lines(Told):
    """Money that is nobody's yet."""

    items: list[Values] = Field(examples=[[{
        "id": 7, "side": "A", "currency": "EUR", "amount": "100.00", "open": "100.00",
        "bank_reference": "NTRF-2026-02-05-17", "reference": "", "state": "suspense",
        "noted_at": "2026-02-05T09:00:00.000000Z", "payer_said": "Alder Pharma",
    }]])  # fmt: skip


class MoneyStep(Asked):
    """Which step."""

    step: Literal["instruct", "missed", "plan", "settle"]


class Posting(Told):
    """A line of an entry; debit above nought."""

    account: str = Field(examples=["bank:A:EUR"])
    currency: str
    amount: str


class JournalEntry(Told):
    """An entry of the journal."""

    number: int
    kind: str
    cycle: str | None
    act: int | None
    business_day: str
    at: str
    hash: str
    content: Values = Field(examples=[{"cycle": "2026-01"}])
    postings: list[Posting]


class JournalPage(Told):
    """A page of the journal."""

    items: list[JournalEntry]
    next: str | None


class JournalChecked(Told):
    """What the check of the journal came to."""

    ok: bool
    entry: int
    hash: str


class PaperTold(Told):
    """A paper signed by the house: content and names, each with a signature."""

    format: str
    kind: str
    content: Values = Field(examples=[{
        "cycle": "2026-01", "participant": "A1", "set_off": "50000.00",
    }])  # fmt: skip
    names: dict[str, str | None] = Field(examples=[{"A1": "Alder Pharma"}])
    signatures: dict[str, dict[str, str]] = Field(examples=[{
        "content": {"algorithm": "Ed25519", "signature": "8f0a..."},
    }])  # fmt: skip


@routes.get("/cycles/{cycle}/results", openapi_extra=takes("runs.read"))
def list_results(
    call: Caller, cycle: CycleId, limit: Limit = 100, cursor: Cursor = ""
) -> Results:
    """Return what the final run came to, firm by firm."""
    found = call.seat.books.results(cycle, after=call.pages.after(cursor), most=limit)
    last = found[-1]["row"] if found else 0
    return Results.model_validate(
        {"items": in_text(found), "next": call.pages.next_of(found, last, limit)}
    )


@routes.get("/cycles/{cycle}/settlement", response_model=Board,
            openapi_extra=takes("settlement.read"))  # fmt: skip
def show_board(call: Caller, cycle: CycleId) -> Response:
    """Return the settlement board: pay-ins, accounts and pay-outs by side; border positions."""
    return call.show(Board.model_validate(in_text(call.seat.books.board(cycle))))


@routes.post("/cycles/{cycle}/settlement/steps", response_model=Board,
             openapi_extra=takes("settlement.work"))  # fmt: skip
def take_money_step(call: Caller, cycle: CycleId, body: MoneyStep) -> Response:
    """Take a step of a cycle's money; releases and recasts take two people: draft them."""
    return call.once(
        lambda: Board.model_validate(in_text(call.seat.books.money_step(cycle, body.step))),
        body=body,
    )


@routes.get("/cycles/{cycle}/participants/{firm}/money", response_model=Money,
            openapi_extra=takes("settlement.read"))  # fmt: skip
def show_money(call: Caller, cycle: CycleId, firm: FirmId) -> Response:
    """Return what a firm pays in and is paid out in a cycle."""
    return call.show(Money.model_validate(in_text(call.seat.books.money_of(cycle, firm))))


@routes.get("/suspense", openapi_extra=takes("settlement.read"))
def list_suspense(call: Caller) -> Lines:
    """Return money that is nobody's yet; whose it is takes two people: draft suspense.assign."""
    return Lines.model_validate({"items": in_text(call.seat.books.suspense())})


@routes.get("/journal", openapi_extra=takes("journal.read"))
def list_journal(
    call: Caller,
    limit: Limit = 100,
    cursor: Cursor = "",
    cycle: Annotated[str, Query(max_length=64)] = "",
    kind: Annotated[str, Query(max_length=64)] = "",
) -> JournalPage:
    """Return entries by number with their lines, as far as one may see them."""
    found, is_more = call.seat.books.journal(
        after=call.pages.after(cursor), most=limit, cycle=cycle, kind=kind
    )
    return JournalPage.model_validate({
        "items": [entry_in_text(one) for one in found],
        "next": call.pages.cursor(found[-1]["number"]) if is_more else None,
    })  # fmt: skip


def entry_in_text(found: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with its amounts as text; differences are counted in points."""
    return found | {"postings": [
        one | {"amount": str(one["amount_minor"])} if one["account"].startswith("difference")
        else in_text(one) for one in found["postings"]
    ]}  # fmt: skip


@routes.post("/journal/verification", response_model=JournalChecked,
             openapi_extra=takes("journal.verify"))  # fmt: skip
def check_journal(call: Caller) -> Response:
    """Check the whole journal: chain, balances, seals and signatures."""
    return call.once(lambda: JournalChecked.model_validate(call.seat.books.check_journal()))


@routes.get("/cycles/{cycle}/participants/{firm}/papers/{kind}", response_model=PaperTold,
            openapi_extra=takes("papers.read"))  # fmt: skip
def show_paper(
    call: Caller,
    cycle: CycleId,
    firm: FirmId,
    kind: Literal["set-off-notice", "account-statement"],
) -> Response:
    """Return a firm's paper of a cycle, signed by the house."""
    found = call.seat.books.paper(kind.replace("set-off-", "set-off ").replace(
        "account-", "account "), firm, cycle)  # fmt: skip
    return call.show(PaperTold.model_validate(found.as_json()))


@routes.get("/participants/{firm}/default-notice", response_model=PaperTold,
            openapi_extra=takes("papers.read"))  # fmt: skip
def show_default_notice(call: Caller, firm: FirmId) -> Response:
    """Return the notice of a firm's default or insolvency, signed by the house."""
    found = call.seat.books.paper("default notice", firm, "")
    return call.show(PaperTold.model_validate(found.as_json()))


@routes.get("/cycles/{cycle}/papers/{kind}", response_model=PaperTold,
            openapi_extra=takes("reports.read"))  # fmt: skip
def show_report(
    call: Caller, cycle: CycleId, kind: Literal["report", "publication"]
) -> Response:
    """Return the house's report of a cycle, or the statement of publication of its run."""
    return call.show(PaperTold.model_validate(call.seat.books.report(kind, cycle).as_json()))


@routes.get(
    "/cycles/{cycle}/participants/{firm}/package", response_class=Response,
    openapi_extra=takes("papers.read"),
    responses={200: {"content": {"application/zip": {
        "schema": {"type": "string", "format": "binary"}
    }}}},
)  # fmt: skip
def show_package(call: Caller, cycle: CycleId, firm: FirmId) -> Response:
    """Return a firm's package of a published run: `skontro verify` checks it."""
    found = call.seat.books.package(cycle, firm)
    return Response(found, media_type="application/zip")
