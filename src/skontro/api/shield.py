# SPDX-License-Identifier: Apache-2.0
"""What surrounds every request: headers that bind a browser, a limit of size, a line of log."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from skontro.api.problems import problem
from skontro.core.errors import Rejected
from skontro.ops.logs import log
from skontro.ops.settings import Settings

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'"
)
"""What a page may load: from here, and nothing that stands in the page itself."""

HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
}
"""Headers of every answer; one that an answer sets itself stays."""

BULK = ("/obligations/bulk", "/bank/files")
UPLOADS = ("/documents", "/console/documents")
LISTS = ("/gate/lists", "/gate/lists/smaller", "/gate/customs", "/console/gate/lists",
         "/console/gate/customs")  # fmt: skip
BODY_S = 30.0  # not money: seconds
"""How long a body may take to come; each part of one, where bulk is taken."""


class Shield:
    """The outermost part of the service.

    Args:
        app: What answers.
        settings: How large a request may be, and whether it came over TLS.
        measure: Told of every answer: method, route, status, seconds.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        measure: Callable[[str, str, int, float], None] | None = None,
    ) -> None:
        self.app = app
        self.settings = settings
        self.measure = measure
        headers = dict(HEADERS)
        if settings.is_secure:
            headers["strict-transport-security"] = "max-age=31536000"
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, as ASGI has it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        number = secrets.token_hex(8)
        scope.setdefault("state", {})["request"] = number
        given = {name for name, _ in scope["headers"]}

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *((name, value) for name, value in self.headers if name not in there),
                    (b"x-request-id", number.encode()),
                    *([(b"connection", b"close")] if limited.is_open else []),
                ]
            await send(message)

        in_parts = _is_bulk(scope) or scope["path"] in (*UPLOADS, *LISTS)
        limited = _Limited(receive, self._most(scope), is_bulk=in_parts,
                           has_body=_has_body(scope))  # fmt: skip
        try:
            if b"content-length" in given and limited.is_over(_length(scope)):
                await problem(_too_large())(scope, receive, answer)
            else:
                await self.app(scope, limited.receive, answer)
        finally:
            taken = time.perf_counter() - began
            route = getattr(scope.get("route"), "path", "(none)")
            if self.measure is not None:
                self.measure(scope["method"], route, status, taken)
            if status >= 400 or scope["method"] not in ("GET", "HEAD"):
                log.info("request", request=number, method=scope["method"], route=route,
                         status=status, milliseconds=round(taken * 1000, 1),
                         caller=scope["state"].get("caller", ""))  # fmt: skip

    def _most(self, scope: Scope) -> int:
        if scope["path"] in UPLOADS:
            return self.settings.upload_bytes
        if scope["path"] in LISTS:
            return self.settings.list_bytes
        return self.settings.bulk_bytes if _is_bulk(scope) else self.settings.body_bytes


def _is_bulk(scope: Scope) -> bool:
    return str(scope["path"]).endswith(BULK)


def _length(scope: Scope) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"0")
    return int(text[:20]) if text.isdigit() else 0


def _has_body(scope: Scope) -> bool:
    given = dict(scope["headers"])
    return b"transfer-encoding" in given or given.get(b"content-length", b"0") != b"0"


def _too_large() -> Rejected:
    return Rejected("the request is larger than is taken at once", code="TooLarge",
                    next_step="hand it in in parts, or in bulk")  # fmt: skip


def _too_slow() -> Rejected:
    return Rejected("the request took too long to come", code="TooSlow",
                    next_step="send it again, without waiting between its parts")  # fmt: skip


class _Limited:
    """A request's body, cut where it grows too large or takes too long to come.

    Attributes:
        is_open: Whether some of it has not come, which is not waited for once there is an answer.
    """

    def __init__(self, receive: Receive, most: int, *, is_bulk: bool, has_body: bool) -> None:
        self._receive = receive
        self._left = most
        self._is_bulk = is_bulk
        self.is_open = has_body
        self._until = time.monotonic() + BODY_S

    def is_over(self, size: int) -> bool:
        return size > self._left

    async def receive(self) -> Any:
        message = await (self._next() if self.is_open else self._receive())
        if message["type"] == "http.request":
            self.is_open = bool(message.get("more_body", False))
            self._left -= len(message.get("body", b""))
            if self._left < 0:
                raise _too_large()
        return message

    async def _next(self) -> Any:
        """Wait for the next part of the body, and no longer than it may take."""
        if self._is_bulk:
            self._until = time.monotonic() + BODY_S
        try:
            async with asyncio.timeout(self._until - time.monotonic()):
                return await self._receive()
        except TimeoutError:
            raise _too_slow() from None
