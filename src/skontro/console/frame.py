# SPDX-License-Identifier: Apache-2.0
"""What all pages share: who looks, in which language, and how a form has one effect."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator, Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any

import jinja2
from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from skontro.api.caller import Call, without
from skontro.api.problems import status_of
from skontro.console.menu import menu_of
from skontro.console.shown import FILTERS
from skontro.console.texts import LANGUAGES, RIGHT_TO_LEFT, Texts, chosen_language, texts_of
from skontro.core.errors import Forbidden, Rejected, SkontroError
from skontro.flow.asking import ahead_of
from skontro.flow.once import request_digest

HERE = Path(__file__).parent
HOME = "/console"
LANGUAGE, THEME = "skontro-language", "skontro-theme"
"""Cookies of what somebody likes; they say nothing of who it is."""
MOST_FIELDS, MOST_FILES = 2000, 200
"""The most fields and files of a form."""

DONE: dict[str, str] = {
    "confirmed": "Confirmed.", "disputed": "Disputed: it stays out until this is settled.",
    "registered": "Registered.", "withdrawn": "Taken back.", "stepped": "Done.",
    "drafted": "Drafted. Nothing happens before two people signed it.",
    "proposed": "Signed. It waits for a second person.",
    "approved": "Approved: it is done.", "noted": "Noted.", "matched": "Matched.",
    "opened": "The cycle is open.", "credited": "The credit note is recorded.",
    "flagged": "Done.", "signed_out": "You are signed out.", "taken": "Taken in.",
    "linked": "Linked.", "unlinked": "The links are ended, and the sessions with them.",
    "ended": "Ended: nothing is sent to it any more.", "paused": "Paused: what happens waits.",
    "resumed": "It is sent to again.", "test": "A test is on its way.",
    "again": "It is sent again.",
    "made_ready": "It is ready: two people release it.",
    "session_over": "The session is over.",
    "password": "Your password is another one now. All other sessions have ended.",
}  # fmt: skip
"""What a page says of what was done before it: a word in the address, never text."""


class Visit(Call):
    """A page being looked at, or a form that was sent.

    Attributes:
        form: The fields of the form, the first value of each.
        lists: All values of each field.
    """

    def __init__(self, request: Request, form: Any = None) -> None:
        super().__init__(request)
        self.lists: dict[str, list[Any]] = {}
        for name, value in [] if form is None else form.multi_items():
            self.lists.setdefault(name, []).append(value)
        self.form: dict[str, Any] = {name: values[0] for name, values in self.lists.items()}
        if form is not None:
            self.mark = str(self.form.get("csrf", ""))

    @cached_property
    def language(self) -> str:
        """The language of the pages: as chosen, else as the browser asks."""
        wanted = self.request.headers.get("accept-language", "")
        return chosen_language(self.request.cookies.get(LANGUAGE, ""), wanted)

    @cached_property
    def texts(self) -> Texts:
        """The sentences of that language."""
        return texts_of(self.language)

    def text(self, name: str, most: int = 1000) -> str:
        """A field of the form, without spaces around it.

        Raises:
            Rejected: It is longer than a field may be, or a file.
        """
        value = self.form.get(name, "")
        if not isinstance(value, str) or len(value) > most:
            raise Rejected(f"{name}: too long", code="InvalidRequest")
        return value.strip()

    def secret(self, name: str) -> str:
        """A password of the form, exactly as it was typed.

        Raises:
            Rejected: It is longer than any password, or a file.
        """
        self.text(name)
        return str(self.form.get(name, ""))

    # ---- answers -----------------------------------------------------------------------------

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Render a page.

        Args:
            template: Its name, without ending.
            status: Of the answer.
            values: What it shows.
        """
        actor = None if values.pop("nobody", False) else self.actor
        theme = self.request.cookies.get(THEME, "")
        text = templates().get_template(f"{template}.html").render(
            t=self.texts, language=self.language, languages=LANGUAGES,
            direction="rtl" if self.language in RIGHT_TO_LEFT else "ltr",
            theme=theme if theme in ("light", "dark") else "",
            house=self.house, me=actor, here=self.request.url.path,
            menu=[] if actor is None else menu_of(actor),
            csrf="" if actor is None else self.form_mark,
            once=secrets.token_urlsafe(18),
            done=DONE.get(self.request.query_params.get("done", ""), ""), **values,
        )  # fmt: skip
        return HTMLResponse(text, status)

    def refused(self, error: SkontroError, *, status: int | None = None) -> Response:
        """Show why something was refused, and what to do next."""
        known = True
        try:
            _ = self.actor
        except SkontroError:
            known = False
        return self.page("refused", status=status or status_of(error), error=error,
                         nobody=not known)  # fmt: skip

    def go(self, path: str, done: str = "") -> Response:
        """Send the browser on to a page."""
        where = HOME + (path or "/") + (f"{'&' if '?' in path else '?'}done={done}" if done else "")
        return RedirectResponse(where, 303)

    def work(
        self, work: Callable[[], Any], part: str = "", *, unkept: tuple[str, ...] = ()
    ) -> Any:
        """Have a form's one effect: sent twice, it has it once; return what came of it.

        Args:
            work: Has the effect and returns plain values.
            part: Of a form with many effects, each on its own: which one.
            unkept: Names of what came that are shown once and not kept for a repeat.

        Raises:
            SkontroError: What the work refuses.
        """
        actor = self.actor
        key = self.text("once", 200)
        if not key:
            raise Forbidden("this form was not made here", code="ForgedRequest",
                            next_step="open the page again")  # fmt: skip
        parts = [f"{name}={value}" for name, values in sorted(self.lists.items())
                 if name not in ("csrf", "once") for value in values]  # fmt: skip
        asked = request_digest(self.request.method, self.request.url.path, *parts)

        def once() -> tuple[int, str]:
            return 200, json.dumps(work(), default=str)

        ahead_of(self.house, actor)
        answer = self.house.once.do(actor.id, f"form-{key}{part}", asked, once,
                                    kept=lambda text: without(text, unkept))  # fmt: skip
        return json.loads(answer.text)


@cache
def templates() -> jinja2.Environment:
    """The templates of the package; everything put into one is escaped."""
    found = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, trim_blocks=True,
        lstrip_blocks=True, undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    found.filters.update(FILTERS)
    return found


async def visit_of(request: Request) -> AsyncIterator[Visit]:
    """Give the visit a request is; who it is is found out when it is needed.

    What was sent with a form is let go afterwards, files and all.
    """
    if request.method != "POST":
        yield Visit(request)
        return
    async with request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS) as form:
        yield Visit(request, form)


Visitor = Annotated[Visit, Depends(visit_of)]
