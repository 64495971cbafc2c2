# SPDX-License-Identifier: Apache-2.0
"""People, keys of programs, and the audit log."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from fastapi import Path, Query, Response
from pydantic import Field

from skontro.api.bodies import Asked, Empty, Id, Told
from skontro.api.caller import Caller
from skontro.api.routes import router, takes
from skontro.api.routes.house import RoleTold
from skontro.api.routes.participants import Cursor, Limit
from skontro.core.errors import Rejected

routes = router("office")


class Person(Told):
    """Somebody who works here, or for a participant."""

    id: str = Field(examples=["P1"])
    name: str
    state: str
    public_key: str
    since: str
    rights: list[str]
    roles: list[RoleTold]


class People(Told):
    """Everybody."""

    items: list[Person]


class Invitation(Told):
    """What lets a person set up their login, once, in three days."""

    person: str
    invitation: str = Field(description="Shown once.")


class Link(Told):
    """Whom a provider calls by a subject."""

    issuer: str
    subject: str
    person: str
    made_by: str
    made_at: str


class Links(Told):
    """The links of a person."""

    items: list[Link]


class LinkWanted(Asked):
    """A subject of the house's provider."""

    subject: Annotated[str, Field(min_length=1, max_length=255)] = Field(examples=["248289761001"])


class KeyWanted(Asked):
    """A key for a program."""

    label: Annotated[str, Field(min_length=1, max_length=100)] = Field(examples=["our books"])
    role: Id = Field(examples=["participant_clerk"])
    firm: Annotated[str, Field(max_length=64)] = Field("", examples=["A1"])
    ends_at: datetime.datetime


class KeyMade(Told):
    """A key, shown once."""

    id: str = Field(examples=["0f1e2d3c4b5a"])
    key: str


class Key(Told):
    """A key without its secret."""

    id: str = Field(examples=["0f1e2d3c4b5a"])
    label: str
    role: str
    firm: str
    made_by: str
    made_at: str
    ends_at: str
    ended_at: str


class Keys(Told):
    """Keys there are."""

    items: list[Key]


class Entry(Told):
    """An entry of the audit log."""

    number: int
    at: str
    caller: str
    roles: str
    what: str
    subject: str
    outcome: str
    code: str
    before: Any = Field(examples=[{"state": "open"}])
    after: Any = Field(examples=[{"state": "entered"}])


class Entries(Told):
    """A page of the audit log."""

    items: list[Entry]
    next: str | None


@routes.get("/people", openapi_extra=takes("people.read"))
def list_people(call: Caller) -> People:
    """Return who works here, with rights and roles."""
    return People.model_validate({"items": call.seat.office.people()})


@routes.post("/people/{person}/invitation", response_model=Invitation,
             openapi_extra=takes("people.work"))  # fmt: skip
def invite(call: Caller, person: Annotated[str, Path(max_length=64)]) -> Response:
    """Let a person set up their login, once; nobody invites themselves."""
    return call.once(
        lambda: Invitation.model_validate(call.seat.office.invite(person)),
        unkept=("invitation",),
    )


@routes.get("/people/{person}/links", openapi_extra=takes("people.work"))
def list_links(call: Caller, person: Annotated[str, Path(max_length=64)]) -> Links:
    """Return which subjects of a provider a person is."""
    return Links.model_validate({"items": call.seat.office.links(person)})


@routes.post("/people/{person}/links", status_code=201, response_model=Links,
             openapi_extra=takes("people.work"))  # fmt: skip
def link(
    call: Caller, person: Annotated[str, Path(max_length=64)], body: LinkWanted
) -> Response:
    """Say which subject of the house's provider a person is; nobody links themselves."""
    return call.once(
        lambda: Links.model_validate({"items": call.seat.office.link(person, body.subject)}),
        body=body, status=201,
    )  # fmt: skip


@routes.delete("/people/{person}/links", response_model=Empty, openapi_extra=takes("people.work"))
def unlink(call: Caller, person: Annotated[str, Path(max_length=64)]) -> Response:
    """End the links of a person, and their sessions."""

    def work() -> Empty:
        call.seat.office.unlink(person)
        return Empty()

    return call.once(work)


@routes.delete("/people/{person}/sessions", response_model=Empty,
               openapi_extra=takes("people.work"))  # fmt: skip
def end_sessions(call: Caller, person: Annotated[str, Path(max_length=64)]) -> Response:
    """End all sessions of a person."""

    def work() -> Empty:
        call.seat.office.sign_out(person)
        return Empty()

    return call.once(work)


@routes.get("/keys", openapi_extra=takes("keys.work people.work"))
def list_keys(call: Caller) -> Keys:
    """Return the keys of programs within one's reach."""
    return Keys.model_validate({"items": call.seat.office.keys()})


@routes.post("/keys", status_code=201, response_model=KeyMade,
             openapi_extra=takes("keys.work people.work"))  # fmt: skip
def make_key(call: Caller, body: KeyWanted) -> Response:
    """Make a key for a program; it is shown once."""
    if body.ends_at.tzinfo is None:
        raise Rejected("ends_at: a time says its zone", code="InvalidRequest")
    return call.once(
        lambda: KeyMade.model_validate(
            call.seat.office.make_key(body.label, body.role, body.firm, body.ends_at)
        ),
        body=body, status=201, unkept=("key",),
    )  # fmt: skip


@routes.delete("/keys/{key}", response_model=Empty, openapi_extra=takes("keys.work people.work"))
def end_key(call: Caller, key: Annotated[str, Path(max_length=64)]) -> Response:
    """Take a key back."""

    def work() -> Empty:
        call.seat.office.end_key(key)
        return Empty()

    return call.once(work)


@routes.get("/audit", openapi_extra=takes("audit.read"))
def list_audit(
    call: Caller,
    limit: Limit = 100,
    cursor: Cursor = "",
    caller: Annotated[str, Query(max_length=64)] = "",
    outcome: Annotated[str, Query(pattern="^(done|read|refused)?$")] = "",
) -> Entries:
    """Return entries of the audit log, the oldest first."""
    found = call.seat.office.audit(
        after=call.pages.after(cursor), most=limit, caller=caller, outcome=outcome
    )
    last = found[-1]["number"] if found else 0
    return Entries.model_validate(
        {"items": found, "next": call.pages.next_of(found, last, limit)}
    )
