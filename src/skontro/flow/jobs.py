# SPDX-License-Identifier: Apache-2.0
"""Jobs: work that a worker takes out of the house's database, watches, and ends.

A job is tried at least once and has its effect once: its end is written in the unit of work of its
effect, or the effect is one that cannot happen twice. A worker that dies leaves a lease behind,
and another takes the job when it has run out. What cannot succeed ends as ``failed`` with its
reason, where an operator sees it and can have it tried again.
"""

from __future__ import annotations

import datetime
import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple

from skontro.core.digest import canonical_json
from skontro.core.errors import (
    Conflict,
    InvariantViolation,
    NoSuchFile,
    SkontroError,
    Unavailable,
)
from skontro.flow import progress
from skontro.flow.telling import WITHIN, heard
from skontro.flow.times import as_text
from skontro.store.database import Unit
from skontro.store.faults import COLLISION, TAKEN
from skontro.store.jobs import Lease, change_taken, due_jobs, jobs_by_state, last_jobs, take_job
from skontro.store.prepared import is_read_only
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import job

if TYPE_CHECKING:
    from skontro.flow.house import House

LEASE_S = 60
"""How long a worker holds what it has taken, in seconds; four times in that it renews it."""
TRIES = 20
"""How often a job is tried whose worker died, or whose database was away, before it is failed."""
FAULTS = 3
"""How often a job is tried that fails by a fault of ours."""
LONGEST_WAIT_S = 60
_DONE = ("AlreadyDone",)


class Kind(NamedTuple):
    """A kind of job.

    Attributes:
        does: What it does, in words.
        work: Does it, of what the job says; may return what came of it, as plain values.
        reads: The permission it takes to look at it, beside ``jobs.read``.
        unit: Name of the unit of work that has its effect, by what the job says; the job's end is
            written there. Empty: what it does has no further effect when it is done again.
        came: Finds in that unit of work what came of it, as plain values.
    """

    does: str
    work: Callable[[House, Mapping[str, Any]], Mapping[str, Any] | None]
    reads: str
    unit: str = ""
    came: Callable[[Unit, Mapping[str, Any]], Mapping[str, Any]] = lambda _unit, _content: {}


class Fenced(Exception):
    """Another worker has the job by now: whatever was done here must not become true."""


class Jobs:
    """The jobs of a house."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.lease_s = LEASE_S

    # ---- asking ------------------------------------------------------------------------------

    def ask(self, kind: str, subject: str, content: Mapping[str, Any], *, by: str = "") -> int:
        """Ask for a job; where the same is waiting or under way, that is the one.

        Args:
            kind: One of :data:`KINDS`.
            subject: What it is done to.
            content: What it takes: plain values, no names.
            by: Person or key who asks; empty: the calendar.

        Returns:
            Its number.
        """

        def work() -> int:
            with self.house.database.unit("job.ask") as unit:
                return self.ask_in(unit, kind, subject, content, by=by)

        return self.house.database.repeat(work)

    def ask_in(
        self, unit: Unit, kind: str, subject: str, content: Mapping[str, Any], *, by: str = ""
    ) -> int:
        """Do as :meth:`ask`, within a unit of work that does more."""
        _ = kinds()[kind]
        unit.hold("job", kind, subject)
        live = find(unit, job, kind=kind, subject=subject, state=["waiting", "running"])
        if live is not None:
            return int(live.number)
        number, now = next_numbers(unit, job)[0], self.now()
        insert(unit, job, number=number, kind=kind, subject=subject, state="waiting",
               content=canonical_json(dict(content)).decode(), asked_by=by, asked_at=now,
               due_at=now)  # fmt: skip
        return number

    def retry(self, number: int) -> None:
        """Let a job that failed be tried again.

        Raises:
            Conflict: It did not fail, or the same is asked for already.
            NoSuchFile: There is none of that number.
        """
        with self.house.database.unit("job.retry") as unit:
            row = self._row(unit, number, lock=True)
            if row.state != "failed":
                raise Conflict(f"job {number} is {row.state}", code="NotFailed")
            unit.hold("job", row.kind, row.subject)
            if find(unit, job, kind=row.kind, subject=row.subject, state=["waiting", "running"]):
                raise Conflict(f"{row.kind} of {row.subject} is asked for already",
                               code="AlreadyDone")  # fmt: skip
            change(unit, job, {"number": number}, state="waiting", due_at=self.now(), attempts=0,
                   ended_at="", lease_until="")  # fmt: skip

    # ---- looking -----------------------------------------------------------------------------

    def show(self, number: int) -> dict[str, Any]:
        """Return a job: kind, subject, state, stage, fraction (decimal text from 0.000 to 1.000),
        who asked and when, what came of it or why it failed.

        Raises:
            NoSuchFile: There is none of that number.
        """
        with self.house.database.read() as unit:
            row = self._row(unit, number)
        said = progress.read(self.house.folder, number, row.attempts)
        if row.state != "running" or said is None or said[1] < row.permille:
            return job_values(row)
        return job_values(row) | {"stage": said[0], "fraction": _fraction(said[1])}

    def table(
        self, *, states: Sequence[str] = (), of: Sequence[str] | None = None, before: int = 0,
        most: int = 100, by: str = "",
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Return jobs, the newest first.

        Args:
            states: In these; in all if there are none.
            of: Kinds; all if not given.
            before: With a lower number; 0: from the newest on.
            most: How many at most.
            by: Asked for by this person or key; by anybody if not given.
        """
        with self.house.database.read() as unit:
            rows = last_jobs(unit, states=states, kinds=list(kinds()) if of is None else of,
                             before=before, most=most, by=by)  # fmt: skip
        return [job_values(row) for row in rows]

    def newest(self, kind: str, subject: str) -> dict[str, Any] | None:
        """Return the newest job of a kind that is done to something, or None."""
        with self.house.database.read() as unit:
            rows = find_all(unit, job, order=["-number"], limit=1, kind=kind, subject=subject)
        return job_values(rows[0]) if rows else None

    def counts(self) -> dict[str, int]:
        """Return how many jobs wait, run, and failed."""
        with self.house.database.read() as unit:
            found = jobs_by_state(unit)
        return {state: found.get(state, 0) for state in ("waiting", "running", "failed")}

    def _row(self, unit: Unit, number: int, *, lock: bool = False) -> Any:
        row = find(unit, job, lock=lock, number=number)
        if row is None:
            raise NoSuchFile(f"there is no job {number}", code="NoSuchJob")
        return row

    def now(self) -> str:
        """The time by the machine's clock: leases do not stand still with a demo house's."""
        return as_text(self.house.wall.now())

    def after(self, seconds: int) -> str:
        """The time some seconds from now."""
        return as_text(self.house.wall.now() + datetime.timedelta(seconds=seconds))

    # ---- working -----------------------------------------------------------------------------

    def work_next(
        self, who: str, *, only: Sequence[str] = (), but: Sequence[str] = ()
    ) -> int | None:
        """Take the job that has been due for longest, and do it.

        Args:
            who: Which worker this is.
            only: Only of these kinds; of all if there are none.
            but: Not of these.

        Returns:
            Its number; None if nothing is due, or the house is read-only.
        """
        row = self.take(who, only, but)
        if row is None:
            return None
        self.house.take_clock()  # in a demo house others may have set it
        Attempt(self.house, row, who).run()
        return int(row.number)

    def take(self, who: str, only: Sequence[str] = (), but: Sequence[str] = ()) -> Any:
        """Take a job that is due, and hold it for :data:`LEASE_S`; None if none is."""
        database = self.house.database
        with database.read() as unit:
            if not due_jobs(unit, self.now(), only, but) or is_read_only(unit):
                return None
        with database.unit("job.take") as unit:
            return take_job(unit, Lease(who, self.now(), self.after(self.lease_s)), only, but)


class Attempt:
    """One attempt at a job by a worker that has taken it.

    Args:
        house: The house.
        row: The job's row.
        who: Which worker.
    """

    def __init__(self, house: House, row: Any, who: str) -> None:
        self.house, self.jobs, self.row, self.who = house, house.jobs, row, who
        self.content = json.loads(row.content)
        self._ended = False

    def run(self) -> None:
        """Do the job, and write its end or why it failed; raises nothing but what stops us."""
        kind = kinds().get(self.row.kind)
        if kind is None:
            return self._fail("UnknownJob", f"no worker of this release does {self.row.kind}")
        if self.row.attempts > TRIES:
            return self._fail("WorkerLost", f"tried {self.row.attempts - 1} times, never ended")
        name = kind.unit.format_map(self.content) if kind.unit else ""
        try:
            with self._held(), heard(self._hear), self._ending(name, kind):
                came = kind.work(self.house, self.content) or {}
            if not self._ended:
                with self.house.database.unit("job.end") as unit:
                    self.end_in(unit, {**kind.came(unit, self.content), **came})
        except Fenced:
            return None
        except InvariantViolation as error:
            self._fail(error.code, error.message)
        except SkontroError as error:
            self._refused(error)
        except Exception as error:  # a fault of ours: it is tried again, and then looked at
            if self.row.attempts >= FAULTS:
                self._fail(type(error).__name__, "a fault of ours: see the log of the worker")
            else:
                self._wait(type(error).__name__, "a fault of ours", 2**self.row.attempts)
            raise
        return None

    def end_in(self, unit: Unit, came: Mapping[str, Any]) -> None:
        """Write the job's end in the unit of work of its effect.

        Raises:
            Fenced: Another worker has it: nothing of this becomes true.
        """
        is_ours = change_taken(
            unit, self.row.number, self.who, self.row.attempts, state="done", stage="done",
            permille=1000, ended_at=self.jobs.now(), code="", message="",
            result=canonical_json(dict(came)).decode(),
        )  # fmt: skip
        if not is_ours:
            raise Fenced
        unit.after.append(self._note_end)

    def _note_end(self) -> None:
        self._ended = True

    @contextmanager
    def _ending(self, name: str, kind: Kind) -> Iterator[None]:
        """Write the end of the job where the unit of that name ends."""
        if not name:
            yield
            return
        end = lambda unit: self.end_in(unit, kind.came(unit, self.content))  # noqa: E731
        with self.house.database.beside(name, end):
            yield

    # ---- what did not go well ----------------------------------------------------------------

    def _refused(self, error: SkontroError) -> None:
        """What the house refuses ends a person's job; the calendar's waits for its time."""
        attempts = self.row.attempts
        if error.code in _DONE:
            with self.house.database.unit("job.end") as unit:
                self.end_in(unit, {"code": error.code})
            return
        may_pass = isinstance(error, Unavailable) or error.code in (COLLISION, TAKEN)
        if may_pass and attempts < TRIES:
            self._wait(error.code, error.message, 2**(attempts - 1))
        elif not self.row.asked_by and not may_pass:
            self._wait(error.code, error.message, 5 * attempts)
        else:
            self._fail(error.code, error.message)

    def _wait(self, code: str, message: str, seconds: int) -> None:
        """Let it be tried again after some time, at most a minute."""
        self._write(state="waiting", code=code, message=message, lease_until="",
                    due_at=self.jobs.after(min(seconds, LONGEST_WAIT_S)))  # fmt: skip

    def _fail(self, code: str, message: str) -> None:
        """Let it rest until somebody looks at it."""
        self._write(state="failed", code=code, message=message, ended_at=self.jobs.now())

    def _write(self, **values: Any) -> None:
        if self._ended:
            return
        with self.house.database.unit("job.change") as unit:
            change_taken(unit, self.row.number, self.who, self.row.attempts, **values)

    def _hear(self, stage: str, permille: int) -> None:
        """Write down how far it is; beside the database where a unit of work is open, for nobody
        sees what that writes before it ends."""
        if stage in WITHIN or self.house.database.is_in_whole:
            progress.write(self.house.folder, self.row.number, self.row.attempts, stage, permille)
        else:
            self._write(stage=stage, permille=permille)

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Renew the lease while the work goes on."""
        over, reach = threading.Event(), self.house.database.reach

        def renew() -> None:
            self.house.database.take_reach(reach)
            while not over.wait(self.jobs.lease_s / 4):
                try:
                    self._write(lease_until=self.jobs.after(self.jobs.lease_s))
                except SkontroError:
                    continue  # the database is away or busy: the lease may run out

        thread = threading.Thread(target=renew, name=f"job {self.row.number}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            progress.forget(self.house.folder, self.row.number)


def job_values(row: Any) -> dict[str, Any]:
    """Return a job as it is shown."""
    return {
        "number": row.number, "kind": row.kind, "does": kinds()[row.kind].does,
        "subject": row.subject, "state": row.state, "stage": row.stage,
        "fraction": _fraction(row.permille),
        "asked_by": row.asked_by, "asked_at": row.asked_at, "began_at": row.began_at,
        "ended_at": row.ended_at, "attempts": row.attempts, "code": row.code,
        "message": row.message, "result": json.loads(row.result) if row.result else None,
    }  # fmt: skip


def _fraction(permille: int) -> str:
    return f"{permille // 1000}.{permille % 1000:03d}"


def kinds() -> Mapping[str, Kind]:
    """Return the kinds of jobs there are."""
    from skontro.flow.job_kinds import KINDS

    return KINDS
