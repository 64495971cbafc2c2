# SPDX-License-Identifier: Apache-2.0
"""Money of the sides: what others left with them, withdrawals, exchanges, what a bank said."""

from __future__ import annotations

from typing import Any, get_args

from fastapi import APIRouter, Response
from pydantic import TypeAdapter, ValidationError

from skontro.api.bodies import Asked
from skontro.api.money_bodies import MoveBody, moved
from skontro.console.act_forms import fields_of, given_by
from skontro.console.frame import Visit, Visitor
from skontro.core.errors import Rejected, SkontroError

routes = APIRouter()

_BODY: TypeAdapter[Any] = TypeAdapter(MoveBody)
MOVES: dict[str, type[Asked]] = {
    get_args(model.model_fields["kind"].annotation)[0]: model
    for model in get_args(get_args(MoveBody)[0])
}
"""The form of each move of money."""
LEAVES, SAID = ("withdraw", "exchange", "stop"), tuple(MOVES)[3:]
"""Moves that make something ready or take it back, and those that note a bank's word."""


def says(kind: str) -> str:
    """Say what a move does.

    Example:
        >>> says("returned")
        'Note that the bank gave a pay-out back'
    """
    return (MOVES[kind].__doc__ or kind).rstrip(".")


@routes.get("/money")
def funds(visit: Visitor) -> Response:
    """Show what others left with the sides, what leaves, and what can be done."""
    found = visit.seat.money.funds()
    return visit.page("money", funds=found["funds"], withdrawals=found["withdrawals"],
                      exchanges=found["exchanges"], says=says, leaves=LEAVES,
                      said=SAID)  # fmt: skip


@routes.get("/money/new/{kind}")
def new(visit: Visitor, kind: str) -> Response:
    """Show the form of one kind of move."""
    return _form(visit, kind, None)


@routes.post("/money/new/{kind}")
def move(visit: Visitor, kind: str) -> Response:
    """Move money; where it is refused, show the form again with what was given."""
    try:
        body = _BODY.validate_python(given_by(_known(kind), kind, visit.form, visit.lists))
        given = moved(body)
        visit.work(lambda: visit.seat.money.move(kind, given))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"][1:])
        return _form(visit, kind, Rejected(f"{where}: {first['msg']}", code="InvalidRequest"))
    except SkontroError as error:
        return _form(visit, kind, error)
    return visit.go("/money", "stepped" if kind in ("stop", *SAID) else "made_ready")


def _known(kind: str) -> type[Asked]:
    if kind not in MOVES:
        raise Rejected(f"there is no form for {kind}", code="NoSuchPage", next_step="go back")
    return MOVES[kind]


def _form(visit: Visit, kind: str, error: SkontroError | None) -> Response:
    visit.actor.scope("settlement.work")
    model = _known(kind)
    given = dict(visit.request.query_params) | {
        name: value for name, value in visit.form.items() if isinstance(value, str)
    }
    fields = [
        one._replace(is_needed=one.is_needed and one.name != "side")  # empty: the hub
        for one in fields_of(model, given)
    ]
    return visit.page("money-new", status=200 if error is None else 422, says=says(kind),
                      fields=fields, error=error, is_said=kind in SAID)  # fmt: skip
