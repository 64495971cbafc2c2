# SPDX-License-Identifier: Apache-2.0
"""The house itself, sessions, and whether the service is well."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Response
from pydantic import Field, StringConstraints

from skontro.api.bodies import Asked, Empty, Id, Short, Told
from skontro.api.caller import Call, Caller, too_many
from skontro.api.routes import router, takes
from skontro.core.errors import Forbidden, Unavailable
from skontro.flow.access import LONGEST
from skontro.flow.seat.office import OfficeSeat

routes = router("house")


class SideTold(Told):
    """A side of the house."""

    id: str = Field(examples=["A"])
    name: str
    jurisdiction: str
    currencies: list[str]


class HouseTold(Told):
    """What the house is, and what time it is there."""

    id: str = Field(examples=["alder-bakul"])
    name: str
    kind: str
    is_demonstration: bool
    unit: str = Field(examples=["EUR"])
    now: str = Field(examples=["2026-01-30T15:00:00.000000Z"])
    business_day: str = Field(examples=["2026-01-30"])
    sides: list[SideTold]


class RoleTold(Told):
    """A role somebody has."""

    role: str
    firm: str
    sides: list[str] = Field(examples=[["A"]])
    from_day: str
    until_day: str


Secret = Annotated[str, StringConstraints(max_length=1000)]
"""A password, as it was typed."""


class Me(Told):
    """Who is signed in, and what they may."""

    id: str = Field(examples=["P1"])
    is_program: bool
    public_key: str
    roles: list[RoleTold]
    permissions: list[str]
    csrf: str = Field(default="", description="Send it back as X-CSRF-Token with every write.")


class SignIn(Asked):
    """Name, password and code."""

    person: Id = Field(examples=["P1"])
    password: Secret = Field(examples=["a few words will do"])
    code: Short = Field(examples=["123456"])


class Accept(Asked):
    """An invitation, and the password one chooses."""

    invitation: str = Field(max_length=1000)
    password: Secret


class NewPassword(Asked):
    """The password so far, a code, and the one to come."""

    password: Secret
    code: Short = Field(examples=["123456"])
    new: Secret = Field(examples=["a few other words will do"])


class SessionTold(Told):
    """A session that is not over."""

    id: str = Field(examples=["0f1e2d3c4b5a6978"])
    began_at: str
    seen_at: str
    ends_at: str
    is_this: bool


class Sessions(Told):
    """One's own sessions."""

    items: list[SessionTold]


class EndWanted(Asked):
    """Which session of one's own is to end."""

    password: Secret = Field("", description="One's own; empty for who has none here.")
    session: Short = Field("", description="Its id; empty: all, this one as well.",
                           examples=["0f1e2d3c4b5a6978"])  # fmt: skip


class Ended(Told):
    """How many sessions ended."""

    ended: int


class Enrolled(Told):
    """What an app that shows codes takes; shown once."""

    person: str
    secret: str
    uri: str


class Ready(Told):
    """Whether the service can work."""

    status: str


@routes.get("/healthz", openapi_extra=takes("-"))
def healthz() -> Ready:
    """Say that the process answers."""
    return Ready(status="ok")


@routes.get("/readyz", openapi_extra=takes("-"))
def readyz(call: Caller) -> Ready:
    """Say that the house can be worked with: its database answers."""
    try:
        _ = call.house.journal.head()
    except Unavailable as error:
        raise Unavailable("the database does not answer", code=error.code) from None
    return Ready(status="ok")


@routes.get(
    "/metrics", response_class=Response, openapi_extra=takes("metrics.read"),
    responses={200: {"content": {"text/plain": {
        "schema": {"type": "string"}, "example": "skontro_journal_imbalance 0.0\n",
    }}}},
)  # fmt: skip
def metrics(call: Caller) -> Response:
    """Return figures for a monitor, as Prometheus reads them: no name, nothing of the gate."""
    call.seat.office.check_watches()
    return Response(call.request.app.state.metrics.text(), media_type="text/plain")


@routes.get("/house", openapi_extra=takes("house.read"))
def show_house(call: Caller) -> HouseTold:
    """Return what the house is, and what time it is there."""
    return HouseTold.model_validate(call.seat.office.house_now())


@routes.get("/session", openapi_extra=takes(""))
def show_session(call: Caller) -> Me:
    """Return who is signed in, in which roles, and what they may."""
    return _me(call, call.seat.office)


def _me(call: Call, office: OfficeSeat) -> Me:
    mark = "" if call.actor.is_program else call.form_mark
    return Me.model_validate(office.me() | {"csrf": mark})


@routes.post("/session", response_model=Me, openapi_extra=takes("-"))
def sign_in(call: Caller, body: SignIn) -> Response:
    """Begin a session: a cookie that scripts cannot read."""
    check_rate(call)
    call.check_site()
    token = call.house.access.sign_in(body.person, body.password, body.code)
    call.token = token
    actor = call.house.access.of_session(token)
    text = Me.model_validate({
        "id": body.person, "is_program": False, "public_key": actor.public_key if actor else "",
        "roles": [], "permissions": [], "csrf": call.form_mark,
    })  # fmt: skip
    answer = Response(text.model_dump_json(), media_type="application/json")
    set_cookie(call, answer, token)
    return answer


def set_cookie(call: Call, answer: Response, token: str) -> None:
    """Give a browser its session's cookie."""
    answer.set_cookie(
        call.settings.cookie, token, max_age=int(LONGEST.total_seconds()), path="/",
        secure=call.settings.is_secure, httponly=True, samesite="strict",
    )  # fmt: skip


def check_rate(call: Call) -> None:
    """Refuse an address that tries to sign in too often."""
    peer: Any = call.request.client
    address = peer.host if peer is not None else "unknown"
    if not call.request.app.state.rates.lets(f"from {address}", call.settings.sign_in_minute):
        raise too_many()


@routes.delete("/session", response_model=Empty, openapi_extra=takes(""))
def sign_out(call: Caller) -> Response:
    """End the session; harmless where it has ended."""
    if call.token and not call.actor.is_program:
        call.house.access.sign_out(call.token)
    answer = Response(Empty().model_dump_json(), media_type="application/json")
    answer.delete_cookie(call.settings.cookie, path="/", secure=call.settings.is_secure,
                         httponly=True, samesite="strict")  # fmt: skip
    return answer


@routes.get("/sessions", openapi_extra=takes(""))
def list_sessions(call: Caller) -> Sessions:
    """Return one's own sessions that are not over."""
    _ = call.actor
    return Sessions.model_validate({"items": call.house.access.sessions(call.token)})


@routes.post("/sessions/end", openapi_extra=takes(""))
def end_sessions(call: Caller, body: EndWanted) -> Ended:
    """End one session of one's own, or all; it takes the password again.

    Who has none here, for they sign on at a provider, does it within five minutes of signing on.
    """
    check_rate(call)
    if call.actor.is_program:
        raise Forbidden("a program has no sessions", code="NotPermitted")
    return Ended(ended=call.house.access.end_own(call.token, body.password, body.session))


@routes.post("/session/password", response_model=Empty, openapi_extra=takes(""))
def change_password(call: Caller, body: NewPassword) -> Response:
    """Change one's own password; all other sessions of one's own end."""
    check_rate(call)
    if call.actor.is_program:
        raise Forbidden("a program has no password", code="NotPermitted")
    call.house.access.change_password(call.token, body.password, body.code, body.new)
    return Response(Empty().model_dump_json(), media_type="application/json")


@routes.post("/enrolment", openapi_extra=takes("-"))
def enrol(call: Caller, body: Accept) -> Enrolled:
    """Set up one's login with an invitation; it serves once."""
    check_rate(call)
    call.check_site()
    return Enrolled.model_validate(call.house.access.accept(body.invitation, body.password))
