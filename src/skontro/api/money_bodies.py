# SPDX-License-Identifier: Apache-2.0
"""What each move of money takes: made ready, taken back, or noted as a bank said it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from skontro.api.bodies import Amount, Asked, Code, Day, Line, Short, amount_minor
from skontro.core.errors import Rejected

Side = Annotated[str, Field(max_length=64, examples=["B"], description="Empty: the hub.")]
Count = Annotated[int, Field(ge=1, le=1 << 53, examples=[1])]
BankReference = Annotated[Line, Field(
    examples=["NTRF-2026-02-05-17"], description="The bank's own id of the line.",
)]  # fmt: skip
Sum = Annotated[Amount, Field(examples=["1000.00"])]


class Withdraw(Asked):
    """Make ready that a sponsor, or a contributor of a pool, takes money out."""

    kind: Literal["withdraw"]
    side: Side
    currency: Code
    amount: Sum
    purpose: Literal["working", "pool", "revaluation", "capital"] = "working"
    participant: Short = Field(default="", description="Of a pool: who takes it out.")
    payee: Short = Field(default="", description="Of a revaluation: who is paid.")
    payee_account: Short = ""


class Exchange(Asked):
    """Make ready that a side exchanges border money between its accounts."""

    kind: Literal["exchange"]
    side: Side
    sells: Code
    sell_amount: Sum
    buys: Code
    buy_amount: Sum


class Stop(Asked):
    """Take back a withdrawal, or an exchange, that two people have not let go."""

    kind: Literal["stop"]
    payment: Count
    is_exchange: bool = False


class Fund(Asked):
    """Note that money of a working balance, a pool or the capital came."""

    kind: Literal["fund"]
    side: Side
    currency: Code
    amount: Sum
    purpose: Literal["working", "pool", "revaluation", "charges", "capital"] = "working"
    payer: Short = Field(default="", description="It goes back to them.")
    payer_account: Short = ""
    bank_reference: BankReference


class Receive(Asked):
    """Note that money came to an account."""

    kind: Literal["receive"]
    side: Side
    currency: Code
    amount: Sum
    reference: Short = Field(default="", description="What the payer wrote.")
    payer: Line = Field(examples=["Alder Pharma"])
    payer_account: Short = ""
    bank_reference: BankReference
    value_day: Day = ""


class Sent(Asked):
    """Note that the bank paid a pay-out."""

    kind: Literal["sent"]
    side: Side
    currency: Code
    pay_out: Count
    amount: Amount | None = Field(default=None, description="If other than what was let go.")
    bank_reference: BankReference
    value_day: Day = ""


class Returned(Asked):
    """Note that the bank gave a pay-out back."""

    kind: Literal["returned"]
    side: Side
    currency: Code
    pay_out: Count
    bank_reference: BankReference
    value_day: Day = ""


class BorderSent(Asked):
    """Note that the bank paid hard border money, or the sale of an exchange."""

    kind: Literal["border_sent"]
    payment: Count
    currency: Code | None = Field(default=None, description="Of the amount.")
    amount: Amount | None = Field(default=None, description="If other than what has to leave.")
    bank_reference: BankReference


class BorderArrived(Asked):
    """Note that hard border money, or what an exchange bought, came."""

    kind: Literal["border_arrived"]
    payment: Count
    currency: Code
    amount: Sum
    payer: Short = ""
    bank_reference: BankReference


class BorderReturned(Asked):
    """Note that the bank gave hard border money back."""

    kind: Literal["border_returned"]
    payment: Count
    bank_reference: BankReference
    value_day: Day = ""


MoveBody = Annotated[
    Withdraw | Exchange | Stop | Fund | Receive | Sent | Returned | BorderSent | BorderArrived
    | BorderReturned,
    Field(discriminator="kind", examples=[
        {"kind": "withdraw", "side": "B", "currency": "EUR", "amount": "1000.00"},
        {"kind": "border_returned", "payment": 1, "bank_reference": "RETURN-17"},
    ]),
]  # fmt: skip
"""A move of money, of one kind."""


def moved(body: Asked) -> dict[str, Any]:
    """Return what a move takes as plain values, amounts in minor units.

    Raises:
        Rejected: An amount is none, or has no currency.

    Example:
        >>> moved(Stop(kind="stop", payment=7))["payment"]
        7
        >>> taken = Withdraw(kind="withdraw", side="B", currency="EUR", amount="0.05")
        >>> moved(taken)["amount_minor"]
        5
    """
    given = body.model_dump()
    if isinstance(body, Exchange):
        given["sell_minor"] = amount_minor(body.sell_amount, body.sells)
        given["buy_minor"] = amount_minor(body.buy_amount, body.buys)
    if "amount" in given:
        amount, currency = given["amount"], given.get("currency") or ""
        if amount is not None and not currency:
            raise Rejected("an amount has a currency", code="InvalidRequest",
                           next_step="name the currency, or leave the amount out")  # fmt: skip
        given["amount_minor"] = None if amount is None else amount_minor(amount, currency)
        given["currency"] = currency
    return given
