# SPDX-License-Identifier: Apache-2.0
"""Webhooks: a participant's programs are told what happens to what is theirs."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from fastapi import Path, Response
from pydantic import Field, StringConstraints

from skontro.api.bodies import Asked, Empty, Id, Told
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.participants import Cursor, Limit
from skontro.flow.events import EVENTS

routes = router("webhooks")

Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[1])]
Event = Annotated[str, StringConstraints(pattern=f"^({'|'.join(map(re.escape, EVENTS))})$")]


class Webhook(Told):
    """Where events are sent, without its secret."""

    number: int
    firm: str
    url: str
    events: list[str]
    made_by: str
    made_at: str
    failing_since: str = Field(description="Nothing has arrived since; empty: the last one did.")
    paused_at: str = Field(description="Nothing is sent since; what happens waits.")
    ended_at: str


class Webhooks(Told):
    """Webhooks there are."""

    items: list[Webhook]


class WebhookWanted(Asked):
    """A webhook of the firm one works for."""

    firm: Id = Field(examples=["A1"])
    url: Annotated[str, Field(min_length=8, max_length=500)] = Field(
        examples=["https://books.example/skontro"]
    )
    events: Annotated[list[Event], Field(min_length=1, max_length=len(EVENTS))] = Field(
        examples=[["obligation.confirmed", "cycle.final"]]
    )


class WebhookMade(Told):
    """A webhook's number and its secret, as Standard Webhooks writes it."""

    number: int
    secret: str = Field(description="Shown once.")


class Try(Told):
    """An attempt at a delivery."""

    at: str
    status: int = Field(description="What was answered; 0: nothing.")
    why: str = Field(description="Why it did not arrive; empty: it did.")
    took_ms: int


class Delivery(Told):
    """What is sent to a webhook, a CloudEvent, and what came of it."""

    number: int
    event: str = Field(description="Its id, in webhook-id: the same whenever it comes again.")
    kind: str
    state: Literal["waiting", "delivered", "failed"]
    made_at: str
    due_at: str
    attempts: int
    ended_at: str
    is_again: bool = Field(description="Whether somebody asked for it once more.")
    body: dict[str, Any] | None = Field(
        description="For the participant alone.",
        examples=[{"specversion": "1.0", "type": "skontro.obligation.registered"}],
    )
    tries: list[Try]


class Deliveries(Told):
    """A page of deliveries, the newest first."""

    items: list[Delivery]
    next: str | None


class SentAgain(Told):
    """The new delivery."""

    number: int


def _told(row: dict[str, Any]) -> Webhook:
    return Webhook.model_validate(row | {"events": row["kinds"]})


@routes.get("/webhooks", openapi_extra=takes("webhooks.read"))
def list_webhooks(call: Caller) -> Webhooks:
    """Return webhooks, of one's own firm or of all."""
    return Webhooks(items=[_told(row) for row in call.seat.webhooks.table()])


@routes.post("/webhooks", status_code=201, response_model=WebhookMade,
             openapi_extra=takes("webhooks.work"))  # fmt: skip
def make_webhook(call: Caller, body: WebhookWanted) -> Response:
    """Register a webhook; its secret is shown once."""
    return call.once(
        lambda: WebhookMade.model_validate(
            call.seat.webhooks.make(body.firm, body.url, list(body.events))
        ),
        body=body, status=201, unkept=("secret",),
    )  # fmt: skip


@routes.delete("/webhooks/{number}", response_model=Empty, openapi_extra=takes("webhooks.work"))
def end_webhook(call: Caller, number: Number) -> Response:
    """End a webhook: nothing is sent to it any more."""

    def work() -> Empty:
        call.seat.webhooks.end(number)
        return Empty()

    return call.once(work)


@routes.post("/webhooks/{number}/secret", response_model=WebhookMade,
             openapi_extra=takes("webhooks.work"))  # fmt: skip
def renew_secret(call: Caller, number: Number) -> Response:
    """Make the secret anew; it is shown once, and the one before signs nothing any more."""
    return call.once(
        lambda: WebhookMade.model_validate(call.seat.webhooks.renew(number)), unkept=("secret",)
    )


@routes.post("/webhooks/{number}/pause", response_model=Webhook,
             openapi_extra=takes("webhooks.work"))  # fmt: skip
def pause_webhook(call: Caller, number: Number) -> Response:
    """Send nothing until it is resumed; what happens meanwhile waits."""
    return call.once(lambda: _told(call.seat.webhooks.pause(number)))


@routes.post("/webhooks/{number}/resumption", response_model=Webhook,
             openapi_extra=takes("webhooks.work"))  # fmt: skip
def resume_webhook(call: Caller, number: Number) -> Response:
    """Send again: what waited, and what comes."""
    return call.once(lambda: _told(call.seat.webhooks.resume(number)))


@routes.post("/webhooks/{number}/test", status_code=201, response_model=SentAgain,
             openapi_extra=takes("webhooks.work"))  # fmt: skip
def send_test(call: Caller, number: Number) -> Response:
    """Send a test: a `skontro.webhook.test` of which nothing happened; one at a time."""
    return call.once(lambda: SentAgain(number=call.seat.webhooks.send_test(number)), status=201)


@routes.get("/webhooks/{number}/deliveries", openapi_extra=takes("webhooks.read"))
def list_deliveries(
    call: Caller, number: Number, limit: Limit = 100, cursor: Cursor = ""
) -> Deliveries:
    """Return what was or will be sent to a webhook, the newest first, each with its attempts."""
    found = call.seat.webhooks.deliveries(number, before=call.pages.after(cursor), most=limit)
    last = found[-1]["number"] if found else 0
    return Deliveries.model_validate(
        {"items": found, "next": call.pages.next_of(found, last, limit)}
    )


@routes.post("/webhooks/{number}/deliveries/{delivery}/again", status_code=201,
             response_model=SentAgain, openapi_extra=takes("webhooks.work"))  # fmt: skip
def send_again(call: Caller, number: Number, delivery: Number) -> Response:
    """Send a delivery again, under the id its event has."""
    return call.once(
        lambda: SentAgain(number=call.seat.webhooks.send_again(number, delivery)), status=201
    )
