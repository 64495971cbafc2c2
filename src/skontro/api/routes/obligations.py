# SPDX-License-Identifier: Apache-2.0
"""What is owed: said, answered, looked at; one by one and in bulk."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from skontro.api.bodies import (
    Amount,
    Code,
    Day,
    Id,
    Line,
    Short,
    Told,
    Value,
    amount_minor,
    amount_text,
)
from skontro.api.bodies import Asked as Body
from skontro.api.caller import Caller, told
from skontro.api.routes import router, takes
from skontro.api.routes.participants import Cursor, Limit
from skontro.core.errors import Rejected
from skontro.flow.times import day_number
from skontro.flow.together import Asked
from skontro.house.obligations import Registration
from skontro.house.states import OBLIGATION_STATES
from skontro.house.trade import MOST_LINES, NOTHING, LineSaid, TradeSaid
from skontro.store.listing import Wanted

routes = router("obligations")

Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[1])]
States = Annotated[
    list[str], Query(default_factory=list, max_length=20, description="In these states.")
]


class LineOfGoods(Body):
    """One of several lines of an obligation: see docs/goods.md."""

    value: Value = Field("", description="Without tax.", examples=["70.00"])
    code: Short = Field("", examples=["300490"])
    quantity: Short = Field("", examples=["10"])
    unit: Short = Field("", examples=["KGM"])
    weight: Short = Field("", examples=["12.5"])
    origin: Short = ""
    transit: Short = ""
    destination: Short = ""
    end_use: Short = ""


class Trade(Body):
    """What an obligation is for, and with which papers: see docs/goods.md."""

    kind: Short = Field("", examples=["cross_border_goods"])
    code: Short = Field("", examples=["300490"])
    quantity: Short = Field("", examples=["10"])
    unit: Short = Field("", examples=["KGM"])
    weight: Short = Field("", examples=["12.5"])
    origin: Short = Field("", examples=["NL"])
    transit: Short = ""
    destination: Short = Field("", examples=["IN"])
    end_use: Short = Field("", examples=["medical"])
    papers: dict[str, Short] = Field(
        default_factory=dict, max_length=8, examples=[{"customs_declaration": "P 1"}]
    )
    paper_date: Day = Field("", examples=["2025-12-01"])
    paper_issuer: Short = Field("", examples=["customs office"])
    paper_digest: Short = ""
    papers_due: Day = ""
    lines: list[LineOfGoods] = Field(
        default_factory=list, max_length=MOST_LINES,
        description="Its lines, where it has several; unit, countries and end use beside them "
        "count for lines that say none.",
    )  # fmt: skip

    def said(self, currency: str) -> TradeSaid:
        """Return it as the house takes it."""
        given = self.model_dump()
        given["papers"] = tuple(given["papers"].items())
        lines = []
        for line in given.pop("lines"):
            value = line.pop("value")
            lines.append(LineSaid(amount_minor(value, currency) if value else 0, **line))
        return TradeSaid(**given, lines=tuple(lines))


class Said(Body):
    """What one party says of one obligation."""

    sender: Id = Field(description="Who says it: a party, or an agent.", examples=["B1"])
    reference: Id = Field(description="An id the sender chooses.", examples=["o1"])
    debtor: Id = Field(examples=["A1"])
    creditor: Id = Field(examples=["B1"])
    amount: Amount = Field(examples=["100000.00"])
    currency: Code = Field(examples=["EUR"])
    due_date: Day = Field("", examples=["2026-01-10"])
    document: Short = Field("", examples=["invoice o1"])
    document_date: Day = ""
    trade: Trade | None = None

    def registration(self) -> Registration:
        """Return it as the house takes it."""
        trade = NOTHING if self.trade is None else self.trade.said(self.currency)
        return Registration(
            self.sender, self.reference, self.debtor, self.creditor,
            amount_minor(self.amount, self.currency), self.currency, self.due_date,
            self.document, self.document_date, trade,
        )  # fmt: skip


class Registered(Told):
    """What became of what was said."""

    number: int = Field(examples=[1])
    state: str = Field(examples=["registered"])


def registered_text(number: int, state: str) -> str:
    """Return the answer to a registration."""
    return Registered(number=number, state=state).model_dump_json()


class Obligation(Told):
    """An obligation as it stands."""

    number: int
    debtor: str
    creditor: str
    currency: str
    amount: str = Field(examples=["100000.00"])
    open: str = Field(description="What is still owed.", examples=["100000.00"])
    due_date: str
    document: str
    document_date: str
    state: str = Field(examples=["confirmed"])
    flags: int
    said_by: str = Field(description="debtor, creditor or both")
    registered_at: str
    confirmed_at: str | None
    why_not: str = Field(
        description="Why it is not in the cycle, in a sentence; empty: nothing stands against it. "
        "Of what is held it says `house review`, to everybody."
    )


class RegistrationTold(Told):
    """What one party said."""

    sender: str
    reference: str
    amount: str


class Event(Told):
    """Something that happened to an obligation."""

    event: str
    at: str
    amount: str | None


class ObligationShown(Obligation):
    """An obligation with its history."""

    rolled_over: int
    registrations: list[RegistrationTold]
    events: list[Event]


class Obligations(Told):
    """A page of obligations."""

    items: list[Obligation]
    next: str | None


class Answer(Body):
    """For whom it is said; one's own firm if empty."""

    by: Annotated[str, Field(max_length=64)] = ""


class Dispute(Answer):
    """A no, with its reason."""

    reason: Line = Field(examples=["not delivered"])
    evidence: Annotated[str, Field(max_length=1000)] = ""


class Credit(Answer):
    """A credit note."""

    reference: Id = Field(examples=["note 1"])
    amount: Amount = Field(examples=["10.00"])
    document: Short = ""


class Flag(Answer):
    """A flag that keeps an obligation out."""

    flag: Literal["attached", "factored"]
    is_set: bool = True
    reason: Annotated[str, Field(max_length=1000)] = ""


class ConfirmAll(Answer):
    """Whose registrations to say yes to; everybody's if empty."""

    counterparty: Annotated[str, Field(max_length=64)] = ""


class Confirmed(Told):
    """What came of it."""

    confirmed: int
    duplicates: int = Field(description="Suspected doubles: held until two people look.")


class Matched(Told):
    """What was matched."""

    matched: int
    near: int
    duplicates: int


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """Return an obligation's values with its amounts as decimal text."""
    code = row["currency"]

    def text(minor: int | None) -> str | None:
        return None if minor is None else amount_text(minor, code)

    told = row | {"amount": text(row["amount_minor"]), "open": text(row["open_minor"])}
    for name in ("registrations", "events"):
        if name in row:
            told[name] = [one | {"amount": text(one["amount_minor"])} for one in row[name]]
    return told


def _shown(row: dict[str, Any]) -> ObligationShown:
    return ObligationShown.model_validate(shown(row))


@routes.get("/obligations", openapi_extra=takes("obligations.read"))
def list_obligations(
    call: Caller,
    state: States,
    limit: Limit = 100,
    cursor: Cursor = "",
    debtor: Annotated[str, Query(max_length=64)] = "",
    creditor: Annotated[str, Query(max_length=64)] = "",
    party: Annotated[str, Query(max_length=64, description="Debtor or creditor.")] = "",
    currency: Annotated[str, Query(max_length=3)] = "",
    due_from: Annotated[Day, Query()] = "",
    due_until: Annotated[Day, Query()] = "",
) -> Obligations:
    """Return the obligations one may see, by number."""
    if unknown := set(state) - set(OBLIGATION_STATES):
        raise Rejected(f"there is no state {min(unknown)!r}", code="InvalidOptions",
                       next_step=f"states: {', '.join(OBLIGATION_STATES)}")  # fmt: skip
    wanted = Wanted(state, debtor, creditor, party, currency, _day(due_from), _day(due_until))
    found = call.seat.obligations.page(wanted, after=call.pages.after(cursor), most=limit)
    last = found[-1]["number"] if found else 0
    return Obligations.model_validate({
        "items": [shown(one) for one in found], "next": call.pages.next_of(found, last, limit),
    })  # fmt: skip


def _day(text: str) -> int | None:
    if not text:
        return None
    try:
        return day_number(text)
    except ValueError:
        raise Rejected(f"{text!r} is not a day", code="InvalidDate",
                       next_step="write it as 2026-01-30") from None  # fmt: skip


@routes.post("/obligations", status_code=201, response_model=Registered,
             openapi_extra=takes("obligations.register"))  # fmt: skip
async def register(call: Caller, body: Said) -> Response:
    """Say what is owed. The same reference with the same content again has no further effect."""

    def alone() -> Response:
        return call.once(
            lambda: Registered.model_validate(call.seat.obligations.register(body.registration())),
            body=body, status=201,
        )  # fmt: skip

    if not call.is_program:
        return await run_in_threadpool(alone)

    def asked() -> Asked:
        return Asked(call.actor, *call.asked(body), body.registration())

    answer = await call.request.app.state.desk.register(asked)
    return await run_in_threadpool(alone) if answer is None else told(answer)


@routes.get("/obligations/{number}", response_model=ObligationShown,
            openapi_extra=takes("obligations.read"))  # fmt: skip
def show_obligation(call: Caller, number: Number) -> Response:
    """Return an obligation with its history, and a tag of it."""
    return call.show(_shown(call.seat.obligations.show(number)))


def _plain(what: str, words: str) -> None:
    """Make a route of an answer that takes no more words."""

    def answer(call: Caller, number: Number, body: Answer) -> Response:
        return call.once(
            lambda: _shown(call.seat.obligations.answer(number, what, body.by,
                                                        check=call.match(_shown))),
            body=body,
        )  # fmt: skip

    answer.__name__, answer.__doc__ = what, words
    path = what.replace("_", "-")
    routes.post(f"/obligations/{{number}}/{path}", response_model=ObligationShown,
                openapi_extra=takes("obligations.answer"))(answer)  # fmt: skip


_plain("confirm", "Say yes to what the other party registered, or end one's own dispute.")
_plain("withdraw", "Take it back before the cut-off.")
_plain("consent", "Agree that it is entered before it is due.")
_plain("end_consent", "Take that consent back before the cut-off.")


@routes.post("/obligations/{number}/dispute", response_model=ObligationShown,
             openapi_extra=takes("obligations.answer"))  # fmt: skip
def dispute(call: Caller, number: Number, body: Dispute) -> Response:
    """Say no before the cut-off, with a reason."""
    return call.once(
        lambda: _shown(call.seat.obligations.dispute(
            number, body.by, body.reason, body.evidence, check=call.match(_shown)
        )),
        body=body,
    )  # fmt: skip


@routes.post("/obligations/{number}/credit", response_model=ObligationShown,
             openapi_extra=takes("obligations.answer"))  # fmt: skip
def credit(call: Caller, number: Number, body: Credit) -> Response:
    """Record the creditor's credit note: what is open is lowered."""

    def work() -> ObligationShown:
        code = call.seat.obligations.show(number)["currency"]
        return _shown(call.seat.obligations.credit(
            number, body.by, body.reference, amount_minor(body.amount, code), body.document,
            check=call.match(_shown),
        ))  # fmt: skip

    return call.once(work, body=body)


@routes.post("/obligations/{number}/flag", response_model=ObligationShown,
             openapi_extra=takes("obligations.answer"))  # fmt: skip
def flag(call: Caller, number: Number, body: Flag) -> Response:
    """Keep an obligation out, or let it in again."""
    return call.once(
        lambda: _shown(call.seat.obligations.flag(
            number, body.flag, body.by, body.reason, is_set=body.is_set,
            check=call.match(_shown),
        )),
        body=body,
    )  # fmt: skip


@routes.post("/confirmations", response_model=Confirmed,
             openapi_extra=takes("obligations.answer"))  # fmt: skip
def confirm_all(call: Caller, body: ConfirmAll) -> Response:
    """Say yes to all that waits for a firm's word."""
    return call.once(
        lambda: Confirmed.model_validate(
            call.seat.obligations.confirm_all(body.by, body.counterparty)
        ),
        body=body,
    )


@routes.post("/matchings", response_model=Matched, openapi_extra=takes("obligations.match"))
def match(call: Caller) -> Response:
    """Match all that waits for the other party's word: exactly, then within tolerance."""
    return call.once(lambda: Matched.model_validate(call.seat.obligations.match()))
