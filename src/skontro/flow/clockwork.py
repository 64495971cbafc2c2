# SPDX-License-Identifier: Apache-2.0
"""What the calendar does by itself: cycles are opened, cut off, run, and their windows closed.

While a cycle is open the participants' previews are made at their times. What two people must sign
waits for them. A step that cannot be taken yet is tried again, and two processes that try at the
same instant take it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from skontro.core.errors import InvariantViolation, SkontroError
from skontro.flow.times import from_text
from skontro.store.rows import find_all
from skontro.store.schema import cycle, job

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


def ask_due(house: House) -> int | None:
    """Ask for the step whose time has come as a job: once, however many ask.

    A step that failed by a fault of ours is not asked for again before somebody looked at it.

    Returns:
        The number of the job; None if no step is due, or it waits for somebody.
    """
    found = due_step(house)
    if found is None:
        return None
    cycle_id, step = found
    subject = f"{cycle_id or 'the next'}: {step}"
    content = {"cycle": cycle_id, "step": step, "by_calendar": True}
    with house.database.whole("job.ask") as unit:
        unit.hold("job", "cycle.step", subject)
        live = ["waiting", "running", "failed"]
        known = find_all(unit, job, kind="cycle.step", subject=subject, state=live)
        if known:
            return next((int(one.number) for one in known if one.state != "failed"), None)
        if due_step(house) != found:  # asked after the jobs: one may have ended just now
            return None
        return house.jobs.ask_in(unit, "cycle.step", subject, content)
