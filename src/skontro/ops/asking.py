# SPDX-License-Identifier: Apache-2.0
"""Asks an address over HTTP once: for so long in all, for so many bytes, and where one may.

A name is looked up once, and what is connected to is one of the addresses that were looked at then:
a name that is another one a moment later gains nothing. The time is that of everything together:
whoever answers byte by byte, or begins and never ends, has no more of it. Nobody is followed
elsewhere, and no proxy of the environment is asked.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import httpcore2

from skontro.core.errors import Rejected

CONNECT_S = 3
"""How long looking up a name takes at most, and connecting to an address, in seconds."""
_PIECE = 4096

Check = Callable[[str], None]
"""Raises Rejected for an address, as digits, that may not be connected to."""


class Bounds(NamedTuple):
    """How much of an answer is taken.

    Attributes:
        seconds: For how long, from the first step to the last byte.
        most_bytes: How many.
    """

    seconds: int
    most_bytes: int


class Answer(NamedTuple):
    """What was answered.

    Attributes:
        status: The status.
        body: As much of it as was taken.
        is_whole: Whether that is all of it.
    """

    status: int
    body: bytes
    is_whole: bool


class Unreached(Exception):
    """Nobody answered, or not to the end.

    Attributes:
        why: In a word.
        is_late: Whether it took too long.
        status: The status, where that much was answered; else 0.
    """

    def __init__(self, why: str, *, is_late: bool, status: int) -> None:
        super().__init__(why)
        self.why = why
        self.is_late = is_late
        self.status = status


def ask(
    method: str, url: str, bounds: Bounds, *, body: bytes = b"",
    headers: Mapping[str, str] | None = None, check: Check | None = None,
) -> Answer:  # fmt: skip
    """Ask an address once.

    Args:
        method: ``GET`` or ``POST``.
        url: Where: http or https.
        bounds: How much is taken.
        body: What is sent.
        headers: What stands beside it; whose host it is stands there by itself.
        check: Looks at every address the name has before one is connected to; None: all will do.

    Raises:
        Unreached: Nobody answered, in time or at all, or not to the end.
        Rejected: An address may not be connected to, or the name has none.
    """
    until = time.monotonic() + bounds.seconds
    said = {"User-Agent": "skontro", "Accept-Encoding": "identity", "Connection": "close",
            **(headers or {})}  # fmt: skip
    secure = ssl.create_default_context() if url.startswith("https:") else None
    status = 0
    try:
        with httpcore2.ConnectionPool(
            ssl_context=secure, network_backend=_Network(until, check)
        ) as pool, pool.stream(
            method, url, headers=list(said.items()), content=body or None
        ) as answer:  # fmt: skip
            status = answer.status
            found, is_whole = _taken(answer.iter_stream(), bounds.most_bytes)
            return Answer(status, found, is_whole)
    except httpcore2.TimeoutException as error:
        raise Unreached(type(error).__name__, is_late=True, status=status) from None
    except (httpcore2.NetworkError, httpcore2.ProtocolError, OSError, ValueError) as error:
        raise Unreached(type(error).__name__, is_late=False, status=status) from None


def _taken(pieces: Iterable[bytes], most: int) -> tuple[bytes, bool]:
    found = bytearray()
    for piece in pieces:
        found += piece
        if len(found) > most:
            return bytes(found[:most]), False
    return bytes(found), True


def addresses(host: str, port: int, seconds: float) -> list[str]:  # not money: seconds
    """Return the addresses of a name, waiting for so long at most.

    Raises:
        Rejected: It has none that are found in that time.
    """
    box = queue.SimpleQueue[Sequence[Any]]()

    def look() -> None:
        try:
            box.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError):
            box.put(())

    threading.Thread(target=look, daemon=True, name="looking up").start()
    try:
        found = box.get(timeout=max(seconds, 0))
    except queue.Empty:
        found = ()
    if not found:
        raise Rejected(f"{host} has no address that can be reached", code="BadAddress",
                       next_step="give an address that others reach as well")  # fmt: skip
    return list(dict.fromkeys(str(one[4][0]) for one in found))


class _Network(httpcore2.NetworkBackend):
    """Connects to what was looked at, and lets nothing last beyond the end."""

    def __init__(self, until: float, check: Check | None) -> None:  # not money: seconds
        self._until = until
        self._check = check

    def connect_tcp(
        self, host: str, port: int, timeout: float | None = None,  # not money: seconds
        local_address: str | None = None, socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:  # fmt: skip
        found = addresses(host, port, min(CONNECT_S, self._until - time.monotonic()))
        if self._check is not None:
            for one in found:
                self._check(one)
        fault: Exception = httpcore2.ConnectTimeout("there is no time left")
        for one in found:
            left = self._until - time.monotonic()
            if left <= 0:
                break
            try:
                stream = httpcore2.SyncBackend().connect_tcp(
                    one, port, timeout=min(CONNECT_S, left), local_address=local_address,
                    socket_options=socket_options,
                )  # fmt: skip
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                fault = error
            else:
                return _Stream(stream, self._until)
        raise fault


class _Stream(httpcore2.NetworkStream):
    """A connection that ends when the time is up, whatever comes over it."""

    def __init__(
        self, inner: httpcore2.NetworkStream, until: float  # not money: seconds
    ) -> None:  # fmt: skip
        self._inner = inner
        self._until = until

    def _left(self, timeout: float | None, late: type[Exception]) -> float:  # not money: seconds
        left = self._until - time.monotonic()
        if left <= 0:
            raise late("there is no time left")
        return left if timeout is None else min(left, timeout)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # not money: seconds
        """Read some bytes, while there is time."""
        return self._inner.read(max_bytes, self._left(timeout, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:  # not money: seconds
        """Write bytes, while there is time."""
        for start in range(0, len(buffer), _PIECE):
            left = self._left(timeout, httpcore2.WriteTimeout)
            self._inner.write(buffer[start : start + _PIECE], left)

    def close(self) -> None:
        """Close it."""
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None,
        timeout: float | None = None,  # not money: seconds
    ) -> httpcore2.NetworkStream:  # fmt: skip
        """Go on over TLS, for the name that was asked for."""
        left = self._left(timeout, httpcore2.ConnectTimeout)
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, left), self._until)

    def get_extra_info(self, info: str) -> Any:
        """Return what is known of the connection."""
        return self._inner.get_extra_info(info)
