# SPDX-License-Identifier: Apache-2.0
"""Signing on at the house's provider: there and back, and the code where it took one factor."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import RedirectResponse

from skontro.api.routes.house import check_rate, set_cookie
from skontro.console.frame import HOME, Visit, Visitor
from skontro.console.pages.home import show_sign_in
from skontro.core.errors import Forbidden, SkontroError
from skontro.flow.identity import CODE_LASTS, TRY_LASTS

routes = APIRouter()

BACK = "/sign-on/back"


@routes.get("/sign-on")
def begin(visit: Visitor) -> Response:
    """Send the browser to the provider: only from a page of this service."""
    check_rate(visit)
    if visit.request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        raise Forbidden("signing on begins on the page for it", code="ForgedRequest",
                        next_step="open the page for signing in")  # fmt: skip
    begun = visit.house.access.sign_on.begin(_back(visit))
    answer = RedirectResponse(begun.address, 303)
    # The provider sends the browser back from elsewhere: a strict cookie would stay behind.
    answer.set_cookie(
        _cookie(visit), begun.kept, max_age=int(TRY_LASTS.total_seconds()), path="/",
        secure=visit.settings.is_secure, httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


@routes.get(BACK)
def back(visit: Visitor) -> Response:
    """Take what the provider sent the browser back with."""
    check_rate(visit)
    access = visit.house.access
    asked = visit.request.query_params
    said = {name: asked[name][:4096] for name in ("state", "code", "iss") if name in asked}
    kept = visit.request.cookies.get(_cookie(visit), "")
    try:
        known = access.sign_on.who(said | {"kept": kept, "back": _back(visit)})
    except SkontroError as error:
        return _forget(visit, show_sign_in(visit, error))
    if known.is_strong:
        return _let_in(visit, access.begin(known))
    answer = visit.page("sign-on-code", nobody=True, error=None)
    answer.set_cookie(
        _cookie(visit), access.sign_on.keep(known), max_age=int(CODE_LASTS.total_seconds()),
        path="/", secure=visit.settings.is_secure, httponly=True, samesite="strict",
    )  # fmt: skip
    return answer


@routes.post("/sign-on/code")
def code(visit: Visitor) -> Response:
    """Take the code of somebody who signed on with one factor."""
    check_rate(visit)
    visit.check_site()
    access = visit.house.access
    kept = visit.request.cookies.get(_cookie(visit), "")
    try:
        known = access.sign_on.kept(kept)
    except SkontroError as error:
        return _forget(visit, show_sign_in(visit, error))
    try:
        token = access.begin(known, visit.text("code", 20), kept=kept)
    except SkontroError as error:
        return visit.page("sign-on-code", status=403, nobody=True, error=error)
    return _let_in(visit, token)


def _let_in(visit: Visit, token: str) -> Response:
    """Give the session's cookie with a page that leads on: a redirect would come from elsewhere."""
    answer = visit.page("signed-on", nobody=True)
    set_cookie(visit, answer, token)
    return _forget(visit, answer)


def _forget(visit: Visit, answer: Response) -> Response:
    answer.delete_cookie(_cookie(visit), path="/", secure=visit.settings.is_secure, httponly=True,
                         samesite="lax")  # fmt: skip
    return answer


def _cookie(visit: Visit) -> str:
    return f"{visit.settings.cookie}-sign-on"


def _back(visit: Visit) -> str:
    return f"{visit.settings.url.rstrip('/')}{HOME}{BACK}"
