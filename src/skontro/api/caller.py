# SPDX-License-Identifier: Apache-2.0
"""Who calls: a person's browser with a cookie, or a program with a key; and their one effect.

A ``Call`` finds out who asks when it is first needed, in the thread that answers, so that a
request changes threads once.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from functools import cached_property
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from skontro.api.pages import Pages, etag_of
from skontro.core.digest import canonical_json
from skontro.core.errors import Forbidden, Rejected, Unavailable
from skontro.flow.asking import ahead_of
from skontro.flow.house import House
from skontro.flow.once import Answer, request_digest
from skontro.flow.seat import Seat
from skontro.house.reach import Reach, reach_of
from skontro.house.roles import Actor
from skontro.ops.settings import Settings

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_MARK = "X-CSRF-Token"
REQUEST_KEY = "Idempotency-Key"
_GOOD_KEY = re.compile(r"[\x21-\x7e]{1,200}")
JSON = "application/json"


class Call:
    """One request, and what it may do.

    Attributes:
        request: The request.
        house: The house it is made to.
        settings: How the service is run.
        mark: What came back of :attr:`form_mark`: in a header, or in a form.
    """

    def __init__(self, request: Request) -> None:
        self.request = request
        self.house: House = request.app.state.house
        self.settings: Settings = request.app.state.settings
        self.mark = request.headers.get(FORM_MARK, "")

    # ---- who ---------------------------------------------------------------------------------

    @cached_property
    def token(self) -> str:
        """What the browser's cookie holds; empty if there is none."""
        return self.request.cookies.get(self.settings.cookie, "")

    @property
    def actor(self) -> Actor:
        """Who asks; what is done from here on reaches as far as they do, and no further.

        Raises:
            Forbidden: Nobody who is known (``NotSignedIn``); or a page elsewhere made their browser
                ask (``ForgedRequest``).
            Unavailable: They ask too often.
        """
        found, reach = self._known
        self.house.database.take_reach(reach)
        return found

    @cached_property
    def _known(self) -> tuple[Actor, Reach]:
        found = self._actor()
        if found is None:
            raise Forbidden("this takes a session or a key", code="NotSignedIn",
                            next_step="sign in, or send Authorization: Bearer KEY")  # fmt: skip
        self.request.state.caller = found.id
        if not self.request.app.state.rates.lets(found.id, self.settings.rate_minute):
            raise too_many()
        return found, reach_of(found)

    @property
    def is_program(self) -> bool:
        """Whether a key is sent, be it good or not."""
        return bool(self.request.headers.get("authorization"))

    def _actor(self) -> Actor | None:
        given = self.request.headers.get("authorization", "")
        kind, _, key = given.partition(" ")
        if given:
            return self.house.access.of_key(key.strip()) if kind.lower() == "bearer" else None
        if not self.token:
            return None
        found = self.house.access.of_session(self.token)
        if found is not None and self.request.method not in SAFE:
            self.check_form(self.mark)
        return found

    def check_form(self, mark: str) -> None:
        """Refuse what a page elsewhere made the browser send.

        Args:
            mark: What came back of :attr:`form_mark`, in a header or in a form.

        Raises:
            Forbidden: It is not that of this session, or the page is not of this service.
        """
        self.check_site()
        if not hmac.compare_digest(mark.encode(), self.form_mark.encode()):
            raise _forged()

    def check_site(self) -> None:
        """Refuse what a page of another site made the browser send, session or not.

        Raises:
            Forbidden: The browser says so.
        """
        site = self.request.headers.get("sec-fetch-site", "same-origin")
        origin = self.request.headers.get("origin", "")
        asked = f"{self.request.url.scheme}://{self.request.url.netloc}"
        is_ours = not origin or origin in (asked, self.settings.url.rstrip("/"))
        if site not in ("same-origin", "none") or not is_ours:
            raise _forged()

    @cached_property
    def form_mark(self) -> str:
        """What a page of this session sends back with everything it changes."""
        return self.house.access.forgery_mark(self.token)

    @property
    def seat(self) -> Seat:
        """What they may see and do."""
        _ = self.actor
        return self._seat

    @cached_property
    def _seat(self) -> Seat:
        return Seat(self.house, self.actor)

    @cached_property
    def pages(self) -> Pages:
        """Cursors of this route, good for whoever asks."""
        key = self.house.access.derive("cursor", self.actor.id)
        return Pages(key, self.request.scope["path"], self.request.query_params.multi_items())

    # ---- answers -----------------------------------------------------------------------------

    def once(
        self,
        work: Callable[[], BaseModel],
        *,
        body: BaseModel | bytes | None = None,
        status: int = 200,
        unkept: tuple[str, ...] = (),
    ) -> Response:
        """Have one effect under the id the caller chose, and answer.

        Args:
            work: Has the effect and returns the answer.
            body: What was asked.
            status: Of the answer.
            unkept: Names of the answer that are shown once and not kept for a repeat.

        Raises:
            Rejected: There is no Idempotency-Key, or it was used for something else.
            Conflict: The same is under way.
        """
        actor, (key, asked) = self.actor, self.asked(body)

        def worked() -> tuple[int, str]:
            return status, work().model_dump_json()

        ahead_of(self.house, self.actor)
        answer = self.house.once.do(
            actor.id, key, asked, worked, kept=lambda text: without(text, unkept)
        )
        return told(answer)

    def asked(self, body: BaseModel | bytes | None) -> tuple[str, str]:
        """Return the id the caller chose, and the digest of what is asked.

        Raises:
            Rejected: There is no Idempotency-Key.
        """
        key = self.request.headers.get(REQUEST_KEY, "")
        if _GOOD_KEY.fullmatch(key) is None:
            raise Rejected(f"{REQUEST_KEY} is missing, or not 1 to 200 visible characters",
                           code="RequestKeyMissing",
                           next_step=f"send {REQUEST_KEY} with an id you choose")  # fmt: skip
        given = body if isinstance(body, bytes) else b"" if body is None else (
            body.model_dump_json().encode()
        )
        return key, request_digest(
            self.request.method, self.request.scope["path"], self.request.url.query,
            self.request.headers.get("if-match", ""), given,
        )  # fmt: skip

    @property
    def wants_job(self) -> bool:
        """Whether they would rather have a job to watch than wait for the answer (RFC 7240)."""
        said = self.request.headers.getlist("prefer")
        return "respond-async" in [
            one.partition(";")[0].strip().lower() for text in said for one in text.split(",")
        ]

    def show(self, model: BaseModel) -> Response:
        """Answer with something that has a tag, or that it has not changed."""
        text = model.model_dump_json()
        tag = etag_of(text)
        wanted = self.request.headers.get("if-none-match", "")
        if tag in [one.strip().removeprefix("W/") for one in wanted.split(",")]:
            return Response(status_code=304, headers={"ETag": tag})
        return Response(text, 200, {"ETag": tag}, JSON)

    def match(self, made: Callable[[Any], BaseModel]) -> Callable[[Any], None]:
        """Return a check that something is still what the caller saw, by its tag.

        Args:
            made: Makes the answer whose tag the caller has from what is there now.
        """
        wanted = self.request.headers.get("if-match", "").strip()

        def check(found: Any) -> None:
            if wanted in ("", "*"):
                return
            if wanted != etag_of(made(found).model_dump_json()):
                raise Rejected("it has changed since it was seen", code="PreconditionFailed",
                               next_step="read it again")  # fmt: skip

        return check


def told(answer: Answer) -> Response:
    """Return the answer to a request that has one effect."""
    headers = {"Idempotent-Replayed": "true"} if answer.is_repeated else None
    return Response(answer.text, answer.status, headers, JSON)


def without(text: str, names: tuple[str, ...]) -> str:
    """Return an answer as it is kept for a repeat: what is shown once is not in it.

    Example:
        >>> without('{"number": 1, "secret": "s"}', ("secret",))
        '{"number":1,"secret":"(shown once)"}'
    """
    if not names:
        return text
    import json

    return canonical_json({
        name: "(shown once)" if name in names else value
        for name, value in json.loads(text).items()
    }).decode()  # fmt: skip


def _forged() -> Forbidden:
    return Forbidden("this request does not come from a page of this session",
                     code="ForgedRequest",
                     next_step=f"send {FORM_MARK} as GET /session gives it")  # fmt: skip


def too_many() -> Unavailable:
    """Return the refusal of one who asks too often."""
    return Unavailable("too many requests", code="TooManyRequests",
                       next_step="wait a moment")  # fmt: skip


async def call_of(request: Request) -> Call:
    """Return the call a request is; who makes it is found out when it is needed."""
    return Call(request)


Caller = Annotated[Call, Depends(call_of)]
