# SPDX-License-Identifier: Apache-2.0
"""What the calendar does by itself: cycles are opened, cut off, run, and their windows closed.

While a cycle is open the participants' previews are made at their times. What two people must sign
waits for them. A step that cannot be taken yet is tried again, and two processes that try at the
same instant take it once.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from skontro.core.errors import InvariantViolation, SkontroError
from skontro.flow.times import from_text
from skontro.store.rows import find_all
from skontro.store.schema import cycle

if TYPE_CHECKING:
    from skontro.flow.house import House

EVERY_S = 10
_DONE = ("AlreadyDone", "OutOfOrder", "TooEarly")
"""Codes that say that another process was quicker."""


class Tick(NamedTuple):
    """What the calendar did, or could not do.

    Attributes:
        cycle: Which cycle; empty: the next one.
        step: Which step.
        code: Why it was not taken; empty if it was.
    """

    cycle: str
    step: str
    code: str


def due_step(house: House) -> tuple[str, str] | None:
    """Return the step whose time has come: cycle and step; None if none has.

    A new cycle is opened once the one before is past its final run.
    """
    with house.database.read() as unit:
        rows = find_all(unit, cycle, order=["-number"], limit=1)
    if not rows:
        return "", "open"
    row, now = rows[0], house.now
    if row.paused:
        return None
    if row.state == "open":
        if now >= from_text(row.cut_off_at):
            return row.id, "cut_off"
        return None if house.previews.due() is None else (row.id, "preview")
    if row.state == "entered":
        return row.id, "preliminary"
    if row.state == "correcting":
        return (row.id, "irrevocable") if now >= from_text(row.window_ends_at) else None
    if row.state == "irrevocable":
        return None
    return "", "open"


def tick(house: House) -> Tick | None:
    """Take the step whose time has come, if one has.

    Returns:
        What was done; with a code where it could not be: the rates are not declared, say.

    Raises:
        InvariantViolation: Something of ours is wrong: nothing is tried again by itself.
    """
    found = due_step(house)
    if found is None:
        return None
    name, step = found
    try:
        if step == "open":
            dates = house.cycles.next_dates()
            name = house.cycles.open(dates)
        elif step == "preview":
            house.previews.make(name)
        else:
            getattr(house.cycles, step)(name)
    except InvariantViolation:
        raise
    except SkontroError as error:
        return None if error.code in _DONE else Tick(name, step, error.code)
    return Tick(name, step, "")


class Clockwork:
    """The calendar at work in a thread of the service.

    Args:
        house: The house.
        tell: Told of every step, and of every reason once.
        every_s: How often to look, in seconds.
    """

    def __init__(
        self, house: House, tell: Callable[[Tick], None], *, every_s: int = EVERY_S
    ) -> None:
        self.house = house
        self._tell = tell
        self._every_s = every_s
        self._over = threading.Event()
        self._last: Tick | None = None
        self._thread = threading.Thread(target=self._run, name="clockwork", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after the step under way."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            try:
                done = tick(self.house)
            except Exception as error:
                # A fault stops the calendar's step, never the service; whoever watches is told.
                done = Tick("", "fault", type(error).__name__)
            if done is not None and (not done.code or done != self._last):
                self._tell(done)
            self._last = done
            if done is None or done.code:
                self._over.wait(self._every_s)
