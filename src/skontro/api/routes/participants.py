# SPDX-License-Identifier: Apache-2.0
"""The firms of the house."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import Field

from skontro.api.bodies import Told
from skontro.api.caller import Caller
from skontro.api.pages import MOST
from skontro.api.routes import router, takes

routes = router("participants")

Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows of a page.")]
Cursor = Annotated[str, Query(max_length=200, description="As the page before gave it.")]
FirmId = Annotated[str, Path(max_length=64, examples=["A1"])]


class Firm(Told):
    """A firm, as everybody of the house sees it; its name where one may see that."""

    id: str = Field(examples=["A1"])
    number: int
    side: str
    home_currency: str
    accepts_conversion: bool
    state: str = Field(examples=["admitted"])
    version: int
    since: str
    name: str | None = None


class Firms(Told):
    """A page of firms."""

    items: list[Firm]
    next: str | None = Field(description="Cursor of the next page; none: this is the last.")


class FirmKnown(Firm):
    """What the house knows of a firm."""

    records: dict[str, list[Any]] = Field(
        description="What the register has, by kind.", examples=[{"name": ["Alder Pharma"]}]
    )
    agreements: list[dict[str, Any]] = Field(examples=[[{"id": "SOA-1", "version": "1"}]])
    accounts: list[dict[str, Any]] = Field(examples=[[{"currency": "EUR"}]])
    agents: list[Any] = Field(examples=[["B2"]])


@routes.get("/participants", openapi_extra=takes("participants.list"))
def list_firms(
    call: Caller,
    limit: Limit = 100,
    cursor: Cursor = "",
    side: Annotated[str, Query(max_length=64)] = "",
    state: Annotated[str, Query(max_length=64)] = "",
) -> Firms:
    """Return firms, in the order in which they came."""
    found = call.seat.firms.table(
        after=call.pages.after(cursor), most=limit, side=side, state=state
    )
    last = found[-1]["number"] if found else 0
    return Firms.model_validate(
        {"items": found, "next": call.pages.next_of(found, last, limit)}
    )


@routes.get("/participants/{firm}", response_model=FirmKnown,
            openapi_extra=takes("participants.read"))  # fmt: skip
def show_firm(call: Caller, firm: FirmId) -> Response:
    """Return what the house knows of a firm, names and accounts included."""
    return call.show(FirmKnown.model_validate(call.seat.firms.show(firm)))
