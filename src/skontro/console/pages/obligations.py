# SPDX-License-Identifier: Apache-2.0
"""What is owed: lists, one by one, and what somebody says of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Response
from pydantic import ValidationError

from skontro.api.bodies import amount_minor, in_text
from skontro.api.routes.obligations import LineOfGoods, Said, Trade, shown
from skontro.console.frame import Visit, Visitor
from skontro.core.errors import Rejected, SkontroError
from skontro.house.states import OBLIGATION_STATES, can_follow
from skontro.store.listing import Wanted

routes = APIRouter()

PAGE = 50
MOST_DIGITS = 18
"""Of a number: more than any has."""
MOST_AT_ONCE = 1000
"""The most obligations one form answers."""
MOST_LINES = 50
"""The most lines of goods one form takes; what has more comes as a table or over HTTP."""
PLAIN = {"confirm": "Confirm", "withdraw": "Take back", "consent": "May enter before it is due",
         "end_consent": "Not before it is due"}  # fmt: skip
"""Answers that take no more words, and how they read."""
ANSWERS = (*PLAIN, "dispute", "credit")
"""What a party may say of an obligation, as far as its state allows it."""
ALSO = {"credit": ("oppose",)}
"""What an answer leads to where the obligation is past being lowered."""
OVER = ("discharged", "withdrawn", "credited", "expired", "joined")
"""States of which it goes without saying that nothing enters."""


@routes.get("/obligations")
def table(
    visit: Visitor, state: str = "", party: str = "", currency: str = "", after: int = 0
) -> Response:
    """Show obligations, the ones that were asked for."""
    states = [state] if state in OBLIGATION_STATES else []
    wanted = Wanted(states, party=party[:64], currency=currency[:3].upper())
    rows = visit.seat.obligations.page(wanted, after=max(0, after), most=PAGE,
                                       newest_first=True)  # fmt: skip
    firms = sorted(visit.actor.scope("obligations.read").firms)
    return visit.page(
        "obligations", rows=[shown(one) for one in rows], states=list(OBLIGATION_STATES),
        state=state, party=party, currency=currency, firms=firms,
        next=rows[-1]["number"] if len(rows) == PAGE else None,
    )  # fmt: skip


@routes.get("/obligations/new")
def new(visit: Visitor) -> Response:
    """Show the form that registers one."""
    return _form(visit, [])


@routes.post("/obligations/new")
def register(visit: Visitor) -> Response:
    """Register one; where it is refused, show the form again with what was given.

    A button that asks for one more line, or for one less, sends the form back with it.
    """
    lines, change = _lines(visit), visit.text("lines", 20)
    if change:
        return _changed(visit, lines, change)
    names = ("sender", "reference", "debtor", "creditor", "amount", "currency", "due_date",
             "document", "document_date")  # fmt: skip
    given = {name: visit.text(name, 200) for name in names}
    try:
        trade = {name: visit.text(f"trade.{name}", 200) for name in Trade.model_fields
                 if name not in ("papers", "lines")}  # fmt: skip
        paper = visit.text("paper.kind", 64)
        said = Said.model_validate(given | {"trade": trade | {
            "papers": {paper: visit.text("paper.reference", 200)} if paper else {},
            "lines": [line for line in lines if any(line.values())],
        }})  # fmt: skip
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part + 1) if isinstance(part, int) else part for part in first["loc"])
        refusal = Rejected(f"{where}: {first['msg']}", code="InvalidRequest")
        return _form(visit, lines, error=refusal)
    try:
        made = visit.work(lambda: visit.seat.obligations.register(said.registration()))
    except SkontroError as error:
        return _form(visit, lines, error=error)
    return visit.go(f"/obligations/{made['number']}", "registered")


def _lines(visit: Visit) -> list[dict[str, str]]:
    """Return the lines of goods of the form, in their order, blank ones as well."""
    numbers = set[int]()
    for name in visit.form:
        head, _, rest = name.partition(".")
        place = rest.partition(".")[0]
        if head == "line" and place.isdecimal() and len(place) <= len(str(MOST_LINES)):
            numbers.add(int(place))
    return [
        {name: visit.text(f"line.{place}.{name}", 200) for name in LineOfGoods.model_fields}
        for place in sorted(numbers)
    ][:MOST_LINES]


def _changed(visit: Visit, lines: list[dict[str, str]], change: str) -> Response:
    """Show the form again with a line more, or without one."""
    what, _, place = change.partition("-")
    if what == "add" and len(lines) < MOST_LINES:
        return _form(visit, [*lines, dict.fromkeys(LineOfGoods.model_fields, "")], is_new=True)
    if what == "remove" and place.isdecimal() and len(place) <= MOST_DIGITS:
        lines = [line for number, line in enumerate(lines, 1) if number != int(place)]
    return _form(visit, lines)


def _form(
    visit: Visit, lines: list[dict[str, str]], *, error: SkontroError | None = None,
    is_new: bool = False,
) -> Response:  # fmt: skip
    firms = sorted(visit.actor.scope("obligations.register").firms)
    given = {name: value for name, value in visit.form.items() if isinstance(value, str)}
    return visit.page(
        "obligation-new", status=200 if error is None else 422, firms=firms, given=given,
        error=error, lines=lines, is_new=is_new, most=MOST_LINES,
    )  # fmt: skip


@routes.post("/obligations/answers")
def answers(visit: Visitor) -> Response:
    """Say yes to all that were ticked, or no; what is refused is shown, the rest is done."""
    numbers = [int(one) for one in visit.lists.get("number", [])
               if str(one).isdecimal() and len(one) <= MOST_DIGITS]  # fmt: skip
    by = visit.text("by", 64)
    if not numbers or len(numbers) > MOST_AT_ONCE:
        raise Rejected(f"tick 1 to {MOST_AT_ONCE} of them", code="InvalidOptions",
                       next_step="go back and tick those you say yes to")  # fmt: skip

    reason = visit.text("reason") if visit.text("say", 10) == "dispute" else ""
    if visit.text("say", 10) == "dispute" and not reason:
        raise Rejected("a dispute needs a reason", code="NoReason",
                       next_step="go back and say why")  # fmt: skip

    refused = []
    for number in numbers:  # each on its own: one that is refused takes nothing else with it
        try:
            visit.work(partial(_said, visit, number, by, reason), f"-{number}")
        except SkontroError as error:
            refused.append({"number": number, "why": error.message, "next": error.next_step})
    if refused:
        return visit.page("refused-rows", status=409, refused=refused,
                          many=len(numbers) - len(refused))  # fmt: skip
    return visit.go("/obligations", "disputed" if reason else "confirmed")


def _said(visit: Visit, number: int, by: str, reason: str) -> str:
    if reason:
        return str(visit.seat.obligations.dispute(number, by, reason)["state"])
    return str(visit.seat.obligations.answer(number, "confirm", by)["state"])


@routes.get("/obligations/{number}")
def one(visit: Visitor, number: int) -> Response:
    """Show one with its history, and what may be said of it."""
    found = shown(visit.seat.obligations.show(number))
    may = visit.actor.may("obligations.answer")
    firms = visit.actor.scope("obligations.answer").firms if may else frozenset()
    sides = [name for name in ("debtor", "creditor") if not firms or found[name] in firms]
    says = [what for what in ANSWERS if may and any(
        can_follow(found["state"], event) for event in (what, *ALSO.get(what, ())))]  # fmt: skip
    documents = visit.seat.documents.of(number) if visit.actor.may("documents.read") else []
    return visit.page("obligation", one=found, documents=in_text(documents), says=says,
                      plain=PLAIN, over=OVER,
                      sides=sides if may else [], events=found["events"])  # fmt: skip


@routes.post("/obligations/{number}/{what}")
def answer(visit: Visitor, number: int, what: str) -> Response:
    """Say something of one."""
    by, seat = visit.text("by", 64), visit.seat.obligations

    def work() -> Any:
        if what in PLAIN:
            return seat.answer(number, what, by)["state"]
        if what == "dispute":
            return seat.dispute(number, by, visit.text("reason"), visit.text("evidence"))["state"]
        if what == "credit":
            code = seat.show(number)["currency"]
            lowered = amount_minor(visit.text("amount", 30), code)
            return seat.credit(number, by, visit.text("reference", 64), lowered,
                               visit.text("document", 200))["state"]  # fmt: skip
        if what == "flag":
            return seat.flag(number, visit.text("flag", 20), by, visit.text("reason"),
                             is_set=visit.text("is_set", 5) != "no")["state"]  # fmt: skip
        raise Rejected("there is no such answer", code="NoSuchPage", next_step="go back")

    visit.work(work)
    done = {"confirm": "confirmed", "withdraw": "withdrawn", "dispute": "disputed",
            "credit": "credited"}.get(what, "flagged")  # fmt: skip
    return visit.go(f"/obligations/{number}", done)
