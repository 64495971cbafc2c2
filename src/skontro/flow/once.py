# SPDX-License-Identifier: Apache-2.0
"""Requests that have one effect, however often they are made.

The id a caller chose, what was asked and what was answered are written in the same unit of work
as the effect: a request whose answer was lost can be made again.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from skontro.core.digest import canonical_json
from skontro.core.errors import Conflict, Rejected
from skontro.flow.times import as_text
from skontro.store.access import hold_request
from skontro.store.rows import insert_rows
from skontro.store.schema import request_done

if TYPE_CHECKING:
    from skontro.flow.house import House


class Answer(NamedTuple):
    """What came of a request.

    Attributes:
        status: Of the answer, as HTTP has it.
        text: The answer, JSON.
        is_repeated: Whether it is that of an earlier request of the same id.
    """

    status: int
    text: str
    is_repeated: bool


def request_digest(*parts: str | bytes) -> str:
    """Return the digest of what is asked: method, path, body.

    Example:
        >>> request_digest("POST", "/x", b"{}") == request_digest("POST", "/x", b"{ }")
        False
    """
    digest = hashlib.sha256()
    for part in parts:
        given = part.encode() if isinstance(part, str) else part
        digest.update(len(given).to_bytes(8, "big") + given)
    return digest.hexdigest()


class Once:
    """Whatever is asked of a house under ids that callers choose."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._under_way: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def do(
        self,
        caller: str,
        request: str,
        digest: str,
        work: Callable[[], tuple[int, str]],
        *,
        kept: Callable[[str], str] = str,
    ) -> Answer:
        """Do something once.

        Args:
            caller: Who asks: person or key.
            request: The id they chose.
            digest: Of what they ask.
            work: Does it, and returns status and answer; opens its own units of work, which
                become one with this.
            kept: What of the answer is kept for a repeat; all of it if not given. What is shown
                once is taken out here.

        Raises:
            Conflict: The same request is under way (``RequestInFlight``).
            Rejected: The id was used for something else (``RequestReused``).
        """
        with self._held(caller, request):
            return self.house.database.repeat(
                lambda: self._do(caller, request, digest, work, kept)
            )

    def _do(
        self,
        caller: str,
        request: str,
        digest: str,
        work: Callable[[], tuple[int, str]],
        kept: Callable[[str], str],
    ) -> Answer:
        with self.house.database.whole("request") as unit:
            is_held, known = hold_request(unit, caller, request)
            if not is_held:
                raise _in_flight(request)
            if known is not None:
                if known.digest != digest:
                    raise Rejected(
                        f"Idempotency-Key {request!r} was used for another request",
                        code="RequestReused", next_step="choose a new one for what is new",
                    )  # fmt: skip
                return Answer(known.status, known.answer, True)
            status, text = work()
            insert_rows(unit, (request_done, {
                "caller": caller, "request": request, "digest": digest, "status": status,
                "answer": kept(text), "at": as_text(self.house.wall.now()),
            }))  # fmt: skip
        return Answer(status, text, False)

    @contextmanager
    def held(self, names: Sequence[tuple[str, str]]) -> Iterator[list[bool]]:
        """Hold requests, by caller and id, in this process; yield of each whether it is held.

        One that is under way already, or stands here a second time, is not.
        """
        with self._lock:
            found = list[bool]()
            mine = set[tuple[str, str]]()
            for name in names:
                found.append(name not in self._under_way)
                if found[-1]:
                    mine.add(name)
                    self._under_way.add(name)
        try:
            yield found
        finally:
            with self._lock:
                self._under_way -= mine

    @contextmanager
    def _held(self, caller: str, request: str) -> Iterator[None]:
        """Let one request of an id be under way at a time in this process."""
        name = (caller, request)
        with self._lock:
            if name in self._under_way:
                raise _in_flight(request)
            self._under_way.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._under_way.discard(name)


def _in_flight(request: str) -> Conflict:
    return Conflict(f"the request {request!r} is under way", code="RequestInFlight",
                    next_step="wait for its answer, then ask again with the same key")  # fmt: skip


def answer_text(value: Mapping[str, Any] | list[Any]) -> str:
    """Return an answer as it is kept: canonical JSON."""
    return canonical_json(value).decode()
