# SPDX-License-Identifier: Apache-2.0
"""Sensitive acts: drafted here, signed where the key is, approved by another person."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import Path, Query, Response
from pydantic import Field

from skontro.api.act_bodies import DraftBody, given_of
from skontro.api.bodies import Asked, Digest, Signature, Told
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.jobs import AS_JOB, job_answer
from skontro.api.routes.participants import Cursor, Limit
from skontro.flow.seat.jobs import DRAFTED

routes = router("acts")

Number = Annotated[int, Path(ge=1, le=1 << 53, examples=[1])]
State = Literal["drafted", "proposed", "done", "withdrawn", "refused"]


class Act(Told):
    """A sensitive act."""

    number: int
    kind: str = Field(examples=["fixing.declare"])
    does: str
    state: State
    maker: str
    made_at: str
    checker: str | None
    approved_at: str | None
    digest: Digest


class ToSign(Told):
    """The exact texts that are signed with Ed25519, as UTF-8."""

    maker: str = Field(examples=["skontro.act/1 maker 2f1c6a0b..."])
    checker: str = Field(examples=["skontro.act/1 checker 2f1c6a0b..."])


class ActShown(Act):
    """An act with exactly what it would do, or did."""

    content: dict[str, Any] = Field(examples=[{
        "cycle": "2026-01", "paused": True, "reason": "the bank is closed",
    }])  # fmt: skip
    to_sign: ToSign


class Acts(Told):
    """A page of acts."""

    items: list[Act]
    next: str | None


class Sign(Asked):
    """The maker's signature over ``to_sign.maker``, hexadecimal."""

    signature: Signature


class Approve(Asked):
    """What was seen, and the checker's signature over ``to_sign.checker``."""

    digest: Digest
    signature: Signature


@routes.get("/acts", openapi_extra=takes("acts.read"))
def list_acts(
    call: Caller,
    state: Annotated[list[State], Query(default_factory=list, max_length=5)],
    limit: Limit = 100,
    cursor: Cursor = "",
) -> Acts:
    """Return acts by number, as far as one may see them."""
    found = call.seat.acts.table(states=state, after=call.pages.after(cursor), most=limit)
    last = found[-1]["number"] if found else 0
    return Acts.model_validate(
        {"items": found, "next": call.pages.next_of(found, last, limit)}
    )


@routes.post("/acts", status_code=201, response_model=ActShown, responses=AS_JOB,
             openapi_extra=takes("acts.make"))  # fmt: skip
def draft_act(call: Caller, body: DraftBody) -> Response:
    """Draft an act: its content is fixed and nothing happens before two people signed it.

    With ``Prefer: respond-async`` a worker runs for ``run.final`` and ``run.recast``: the answer is
    the job, whose result says which act it became.
    """
    if call.wants_job and body.kind in DRAFTED:
        cycle = given_of(body)["cycle"]
        return job_answer(call, lambda: call.seat.jobs.ask_draft(body.kind, cycle), body)
    return call.once(
        lambda: ActShown.model_validate(call.seat.acts.draft(body.kind, given_of(body))),
        body=body, status=201,
    )  # fmt: skip


@routes.get("/acts/{number}", response_model=ActShown, openapi_extra=takes("acts.read"))
def show_act(call: Caller, number: Number) -> Response:
    """Return an act with exactly what it would do, and the texts its two people sign."""
    return call.show(ActShown.model_validate(call.seat.acts.show(number)))


@routes.post("/acts/{number}/signature", response_model=ActShown,
             openapi_extra=takes("acts.make"))  # fmt: skip
def sign_act(call: Caller, number: Number, body: Sign) -> Response:
    """Propose what one drafted, with one's own signature."""
    return call.once(
        lambda: ActShown.model_validate(call.seat.acts.sign(number, body.signature)), body=body
    )


@routes.post("/acts/{number}/approval", response_model=ActShown, responses=AS_JOB,
             openapi_extra=takes("acts.check"))  # fmt: skip
def approve_act(call: Caller, number: Number, body: Approve) -> Response:
    """Approve an act as its second person: with that it is done.

    With ``Prefer: respond-async`` a worker does what a ``run.final``, ``run.recast`` or
    ``payment.release`` says; person and signature are checked before the answer.
    """
    if call.wants_job and call.seat.jobs.is_long(number):
        return job_answer(
            call, lambda: call.seat.jobs.ask_approval(number, body.digest, body.signature), body
        )
    return call.once(
        lambda: ActShown.model_validate(
            call.seat.acts.approve(number, body.digest, body.signature)
        ),
        body=body,
    )


@routes.post("/acts/{number}/withdrawal", response_model=ActShown,
             openapi_extra=takes("acts.make"))  # fmt: skip
def withdraw_act(call: Caller, number: Number) -> Response:
    """Take back what one drafted or proposed."""
    return call.once(lambda: ActShown.model_validate(call.seat.acts.withdraw(number)))
