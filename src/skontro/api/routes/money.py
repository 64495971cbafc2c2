# SPDX-License-Identifier: Apache-2.0
"""Money of the sides: what others left with them, what leaves, what banks said."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from pydantic import Field

from skontro.api.bodies import Told, Values, in_text
from skontro.api.caller import Caller
from skontro.api.money_bodies import MoveBody, moved
from skontro.api.routes import router, takes

routes = router("money")


class Funds(Told):
    """What others left with the sides, what of it leaves, and exchanges of currencies."""

    funds: list[Values] = Field(examples=[[{
        "side": "B", "currency": "INR", "purpose": "working", "there": "1350000.00",
    }]])  # fmt: skip
    withdrawals: list[Values] = Field(examples=[[{
        "id": 7, "side": "B", "currency": "INR", "amount": "1000.00", "state": "ready",
    }]])  # fmt: skip
    exchanges: list[Values] = Field(examples=[[]])


class Moved(Told):
    """What came of a move."""

    kind: str = Field(examples=["withdraw"])
    number: int | None = Field(description="Of the payment that was made ready.", examples=[7])
    line: dict[str, Any] | None = Field(
        description="What came of a line of the bank.", examples=[{"line": 7, "state": "matched"}]
    )


@routes.get("/settlement/funds", response_model=Funds, openapi_extra=takes("settlement.read"))
def list_funds(call: Caller) -> Response:
    """Return working balances, pools and capital with their money; withdrawals and exchanges."""
    return call.show(Funds.model_validate(in_text(call.seat.money.funds())))


@routes.post("/settlement/moves", response_model=Moved, openapi_extra=takes("settlement.work"))
def move_money(call: Caller, body: MoveBody) -> Response:
    """Make a withdrawal or an exchange ready, take one back, or note what a bank said.

    What is made ready leaves when two people release it: draft `payment.release`. A bank's word
    that comes here by hand carries the bank's own id, and has its effect once.
    """
    return call.once(
        lambda: Moved.model_validate(in_text(call.seat.money.move(body.kind, moved(body)))),
        body=body,
    )  # fmt: skip
