# SPDX-License-Identifier: Apache-2.0
"""The console as a part of the service: its pages, its errors, its files."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from starlette.exceptions import HTTPException

from skontro.api.app import Service
from skontro.api.app import from_environment as _service
from skontro.console.frame import HOME, Visit
from skontro.console.pages import (
    acts,
    bank,
    books,
    cycles,
    firms,
    gate,
    home,
    intake,
    jobs,
    mine,
    money,
    network,
    obligations,
    office,
    papers,
    sign_on,
    trail,
    uploads,
    webhooks,
)
from skontro.core.errors import Rejected, SkontroError
from skontro.ops.logs import log, where_from

MODULES = (
    home, mine, intake, obligations, cycles, network, bank, acts, firms, gate, books, office,
    sign_on, trail, jobs, money, papers, webhooks, uploads,
)  # fmt: skip
KINDS = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
         ".svg": "image/svg+xml"}  # fmt: skip
STATIC = Path(__file__).parent / "static"


def install(api: FastAPI) -> None:
    """Add the console to a service, at ``/console``; the service's own address leads there."""
    console = FastAPI(docs_url=None, redoc_url=None, openapi_url=None, redirect_slashes=False)
    console.state = api.state
    console.add_exception_handler(SkontroError, _ours)
    console.add_exception_handler(RequestValidationError, _malformed)
    console.add_exception_handler(HTTPException, _of_protocol)
    console.add_exception_handler(Exception, _fault)
    for module in MODULES:
        console.include_router(module.routes)
    console.add_api_route("/static/{name}", _file, methods=["GET"])

    @api.get(HOME, include_in_schema=False)
    @api.get("/", include_in_schema=False)
    def start() -> Response:
        return RedirectResponse(f"{HOME}/", 303)

    api.mount(HOME, console)


def from_environment() -> Service:
    """Return the service of the house that the environment names, with its console."""
    return _service((install,))


def _ours(request: Request, error: Exception) -> Response:
    if not isinstance(error, SkontroError):
        return _fault(request, error)
    visit = Visit(request)
    if error.code == "NotSignedIn" and request.url.path != f"{HOME}/sign-in":
        return visit.go("/sign-in")
    return visit.refused(error)


def _malformed(request: Request, _error: Exception) -> Response:
    return Visit(request).refused(Rejected("the address or the form is not what it must be",
                                           code="InvalidRequest",
                                           next_step="go back and look at it"))  # fmt: skip


def _of_protocol(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    return Visit(request).refused(Rejected("there is no such page", code="NoSuchPage",
                                           next_step="start at the first page"),
                                  status=status)  # fmt: skip


def _fault(request: Request, error: Exception) -> Response:
    """A fault of ours: all of it in the log, none of it on the page."""
    log.error("fault", error=type(error).__name__, where=where_from(error))
    return Visit(request).refused(SkontroError("something of ours went wrong", code="Fault",
                                               next_step="report the request id"),
                                  status=500)  # fmt: skip


@cache
def _files() -> dict[str, tuple[bytes, str]]:
    return {
        one.name: (one.read_bytes(), hashlib.sha256(one.read_bytes()).hexdigest()[:32])
        for one in STATIC.iterdir() if one.suffix in KINDS
    }  # fmt: skip


def _file(request: Request, name: str) -> Response:
    """A file of the console's own; the browser keeps it while it stays the same."""
    found = _files().get(name)
    if found is None:
        raise HTTPException(404)
    data, digest = found
    headers = {"Cache-Control": "no-cache", "ETag": f'"{digest}"'}
    if request.headers.get("if-none-match") == f'"{digest}"':
        return Response(status_code=304, headers=headers)
    return Response(data, 200, headers, KINDS[Path(name).suffix])
