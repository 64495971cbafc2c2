# SPDX-License-Identifier: Apache-2.0
"""What becomes of an error: a problem as RFC 9457 has it, and a page for each code."""

from __future__ import annotations

import html
import re
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from skontro.api.codes import CODES
from skontro.core.digest import canonical_json
from skontro.core.errors import (
    Conflict,
    Forbidden,
    Rejected,
    SkontroError,
    Unavailable,
)
from skontro.ops.logs import log, where_from

PROBLEM = "application/problem+json"

_CODE = re.compile(r"[A-Z][A-Za-z]{2,40}")
_SEE = "what happened and what to do about it stands in the answer: detail and next_step"

STATUS: dict[str, int] = {
    "NotSignedIn": 401, "BadInvitation": 403, "TooManyTries": 429, "TooManyRequests": 429,
    "RequestKeyMissing": 400, "MalformedRequest": 400, "BadCursor": 400,
    "PreconditionFailed": 412, "TooLarge": 413, "TooSlow": 408, "UnknownMediaType": 415,
    "MethodNotAllowed": 405, "NoSuchPage": 404,
}  # fmt: skip
"""Codes whose status does not follow from their kind."""

_KINDS: tuple[tuple[type[SkontroError], int], ...] = (
    (Rejected, 422), (Conflict, 409), (Forbidden, 403), (Unavailable, 503),
)  # fmt: skip


def status_of(error: SkontroError) -> int:
    """Return the status an error is answered with.

    Example:
        >>> status_of(Conflict("it is final")), status_of(Rejected("none", code="NoSuchCycle"))
        (409, 404)
    """
    if error.code in STATUS:
        return STATUS[error.code]
    if error.code.startswith("NoSuch"):
        return 404
    return next((status for kind, status in _KINDS if isinstance(error, kind)), 500)


def problem(error: SkontroError, *, errors: list[dict[str, str]] | None = None) -> Response:
    """Return an error as a problem: code, sentence, what to do next."""
    status = status_of(error)
    body: dict[str, Any] = {
        "type": f"/problems/{error.code}", "title": CODES.get(error.code, _SEE),
        "status": status, "detail": error.message, "code": error.code,
        "next_step": error.next_step,
    }  # fmt: skip
    if errors:
        body["errors"] = errors
    headers = {"Content-Type": PROBLEM}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="skontro"'
    if status in (429, 503):
        headers["Retry-After"] = "1"
    return Response(canonical_json(body), status, headers)


def _ours(_request: Request, error: Exception) -> Response:
    if not isinstance(error, SkontroError):
        return _fault(_request, error)
    if status_of(error) >= 500:
        log.error("refused", code=error.code, message=error.message)
    return problem(error)


def _malformed(_request: Request, error: Exception) -> Response:
    """A request that is not what it must be: where and why, never what stood there."""
    found = error.errors() if isinstance(error, RequestValidationError) else []
    errors = [
        {"where": ".".join(str(part) for part in one["loc"])[:200], "why": str(one["msg"])[:200]}
        for one in found[:20]
    ]
    detail = f"{errors[0]['where']}: {errors[0]['why']}" if errors else "it cannot be read"
    refusal = Rejected(detail, code="InvalidRequest", next_step="correct what errors name")
    return problem(refusal, errors=errors)


def _of_protocol(_request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    code = {404: "NoSuchPage", 405: "MethodNotAllowed", 413: "TooLarge"}.get(
        status, "MalformedRequest"
    )
    answer = problem(Rejected(CODES[code], code=code, next_step="see /openapi.json"))
    if isinstance(error, HTTPException) and error.headers:
        answer.headers.update(error.headers)
    return answer


def _fault(_request: Request, error: Exception) -> Response:
    """A fault of ours: all of it in the log, none of it in the answer."""
    log.error("fault", error=type(error).__name__, where=where_from(error))
    return problem(SkontroError("something of ours went wrong", code="Fault",
                                next_step="report the request id"))  # fmt: skip


def install(app: FastAPI) -> None:
    """Answer every error of an app as a problem, and show a page for each code."""
    app.add_exception_handler(SkontroError, _ours)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _of_protocol)
    app.add_exception_handler(Exception, _fault)

    @app.get("/problems/{code}", include_in_schema=False)
    def page(code: str) -> Response:
        if code not in CODES and _CODE.fullmatch(code) is None:
            raise Rejected("there is no such problem", code="NoSuchPage",
                           next_step="see /openapi.json")  # fmt: skip
        return HTMLResponse(
            "<!doctype html><html lang=en><meta charset=utf-8>"
            f"<title>{html.escape(code)}</title><h1>{html.escape(code)}</h1>"
            f"<p>{html.escape(CODES.get(code, _SEE))}.</p>"
        )
