# SPDX-License-Identifier: Apache-2.0
"""The worker: does jobs and keeps the calendar in one thread, jobs that nothing waits for in a
second, and tells webhooks in others.

Several may work beside each other.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from skontro.core.errors import SkontroError
from skontro.flow.clockwork import EVERY_S, ask_due
from skontro.flow.job_kinds import BESIDE
from skontro.flow.jobs import LEASE_S
from skontro.house.reach import WHOLE
from skontro.ops.logs import where_from

if TYPE_CHECKING:
    from skontro.flow.house import House

IDLE_S = 0.5  # not money: seconds
"""How often it looks for work when it has none."""
FAULT_S = 2
"""How long it rests after a fault, or when the database is away."""

TIDIED_S = 3600
"""How often old events are deleted."""

TELLERS = 3
"""How many threads send deliveries: a turn lasts as long as its slowest, the others go on."""

Tells = Callable[[str, dict[str, Any]], None]
"""Told what happened, for the log: a word, and plain values."""


class Worker:
    """A worker of a house, in threads of its own.

    Args:
        house: The house.
        tell: Told of every job that ended, and of every fault.
        calendar: Whether it keeps the calendar as well.
        lease_s: How long what it takes is held, in seconds, should it die.
    """

    def __init__(
        self, house: House, tell: Tells, *, calendar: bool = True, lease_s: int = LEASE_S
    ) -> None:
        self.house = house
        self.name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._tell = tell
        self._calendar = calendar
        house.jobs.lease_s = house.webhooks.lease_s = lease_s
        self._over = threading.Event()
        self._looked = time.monotonic() - EVERY_S
        self._tidied = time.monotonic()
        self._threads = [
            threading.Thread(target=self._run, args=(turn,), name=name, daemon=True)
            for name, turn in (
                ("worker", self._work), ("reader", self._work_beside),
                ("teller", self._tell_webhooks),
                *((f"teller {number}", self._send_webhooks) for number in range(2, TELLERS + 1)),
            )
        ]

    def start(self) -> None:
        """Begin."""
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        """End after what is under way."""
        self._over.set()
        for one in self._threads:
            one.join()

    def run(self) -> None:
        """Work until :meth:`end` is called by another thread, or a signal's handler.

        Raises:
            SkontroError: A thread of it ended: there is nobody left that works.
        """
        self.start()
        while not self._over.wait(1):
            if not all(one.is_alive() for one in self._threads) and not self._over.is_set():
                raise SkontroError("a thread of the worker ended", code="Fault",
                                   next_step="start it again, and see its log")  # fmt: skip
        self.stop()

    def end(self) -> None:
        """Let :meth:`run` end after what is under way."""
        self._over.set()

    def _run(self, turn: Callable[[], bool]) -> None:
        """Take turns until it is over; a fault ends the turn, never the worker."""
        with self.house.database.reaching(WHOLE):
            self._take_turns(turn)

    def _take_turns(self, turn: Callable[[], bool]) -> None:
        while not self._over.is_set():
            try:
                is_idle, wait = not turn(), IDLE_S
            except SkontroError as error:
                self._tell("worker", {"code": error.code})
                is_idle, wait = True, FAULT_S
            except Exception as error:
                self._tell("worker", {"fault": type(error).__name__, "where": where_from(error)})
                is_idle, wait = True, FAULT_S
            if is_idle:
                self._over.wait(wait)

    def _work(self) -> bool:
        """Look at the calendar, and do a job; return whether there was one."""
        house = self.house
        if self._calendar and time.monotonic() >= self._looked + EVERY_S:
            self._looked = time.monotonic()
            house.take_clock()
            ask_due(house)
        number = house.jobs.work_next(self.name, but=BESIDE)
        if number is None:
            return False
        done = self._told(number)
        if done["kind"] == "cycle.step" and done["state"] == "done":
            self._looked = time.monotonic() - EVERY_S  # the next step may be due at once
        return True

    def _work_beside(self) -> bool:
        """Do a job that nothing waits for; return whether there was one."""
        number = self.house.jobs.work_next(self.name, only=BESIDE)
        if number is not None:
            self._told(number)
        return number is not None

    def _told(self, number: int) -> dict[str, Any]:
        done = self.house.jobs.show(number)
        self._tell("job", {name: done[name] for name in ("number", "kind", "subject", "state",
                                                         "code")})  # fmt: skip
        return done

    def _tell_webhooks(self) -> bool:
        """Write deliveries of what happened, and send some; return whether there were any."""
        webhooks = self.house.webhooks
        if time.monotonic() >= self._tidied + TIDIED_S:
            self._tidied = time.monotonic()
            webhooks.tidy()
            self.house.uploads.tidy()
        spread = webhooks.spread()
        return bool(webhooks.deliver(self.name) or spread)

    def _send_webhooks(self) -> bool:
        """Send some deliveries; return whether there were any."""
        return bool(self.house.webhooks.deliver(self.name))
