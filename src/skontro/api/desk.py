# SPDX-License-Identifier: Apache-2.0
"""Where registrations wait that are written together: one thread takes whatever waits at a time.

Nothing is waited for: a registration that comes alone is written at once, and those that come
meanwhile are written together when it is done. Each is on the disk before it is answered.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import Callable

from skontro.flow.house import House
from skontro.flow.once import Answer
from skontro.flow.together import MOST, Asked
from skontro.ops.logs import log

Waiting = tuple[Callable[[], Asked], "asyncio.Future[Answer | None]"]


class Desk:
    """Registrations of a service that wait to be written.

    Args:
        house: The house they are written in.
        told: The answer to one, from number and state of the obligation.
    """

    def __init__(self, house: House, told: Callable[[int, str], str]) -> None:
        self.house = house
        self._told = told
        self._waiting = deque[Waiting]()
        self._change = threading.Condition()
        self._thread: threading.Thread | None = None

    async def register(self, asked: Callable[[], Asked]) -> Answer | None:
        """Have a registration written with others; return its answer.

        Args:
            asked: Says who asks for what, or refuses; called in the thread that writes.

        Returns:
            The answer, or None where it is to be registered alone.
        """
        future: asyncio.Future[Answer | None] = asyncio.get_running_loop().create_future()
        with self._change:
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="desk", daemon=True)
                self._thread.start()
            self._waiting.append((asked, future))
            self._change.notify()
        return await future

    def _write(self) -> None:
        """Write what waits, again and again."""
        while True:
            with self._change:
                while not self._waiting:
                    self._change.wait()
                taken = [self._waiting.popleft() for _ in range(min(MOST, len(self._waiting)))]
            told = list[tuple[asyncio.Future[Answer | None], Answer | BaseException | None]]()
            rows, futures = list[Asked](), list[asyncio.Future[Answer | None]]()
            for asked, future in taken:
                try:
                    one = asked()
                except Exception as error:
                    told.append((future, error))
                else:
                    rows.append(one)
                    futures.append(future)
            _tell([*told, *zip(futures, self._written(rows), strict=True)])

    def _written(self, asked: list[Asked]) -> list[Answer | None]:
        try:
            return self.house.together.register(asked, self._told)
        except Exception as error:  # each alone says what is wrong
            log.warning("together", error=type(error).__name__)
            return [None] * len(asked)


def _tell(
    told: list[tuple[asyncio.Future[Answer | None], Answer | BaseException | None]]
) -> None:
    """Hand answers to those that wait: one call for all of a loop."""
    by_loop = dict[asyncio.AbstractEventLoop, list[int]]()
    for place, (future, _) in enumerate(told):
        by_loop.setdefault(future.get_loop(), []).append(place)

    def hand_over(places: list[int]) -> None:
        for place in places:
            future, answer = told[place]
            if future.done():
                continue
            if isinstance(answer, BaseException):
                future.set_exception(answer)
            else:
                future.set_result(answer)

    for loop, places in by_loop.items():
        if not loop.is_closed():
            loop.call_soon_threadsafe(hand_over, places)
