# SPDX-License-Identifier: Apache-2.0
"""Work in the background, from a seat: asked for, watched, tried again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skontro.core.errors import Forbidden, NoSuchFile, Rejected
from skontro.flow.job_kinds import KINDS
from skontro.flow.paper_sets import parts_of
from skontro.flow.people import no_such_act
from skontro.flow.seat import Part
from skontro.flow.seat.cycles import STEPS
from skontro.flow.verification import last_checked
from skontro.house.acts import Given

DRAFTED = ("run.final", "run.recast")
"""Acts whose draft takes a run: they can be drafted in the background."""
APPROVED = (*DRAFTED, "payment.release")
"""Acts whose effect writes much: they can be done in the background once two people signed."""


class JobSeat(Part):
    """Jobs one may see, and those one asks for: firms and auditors see their own alone."""

    # ---- looking -----------------------------------------------------------------------------

    def show(self, number: int) -> dict[str, Any]:
        """Return a job: what it does, to what, state, stage, fraction, what came of it.

        Raises:
            NoSuchFile: There is none of that number within what one may see.
        """
        scope = self.reading("jobs.read", f"job {number}")
        found = self.house.jobs.show(number)
        is_seen = scope.everything or found["asked_by"] == self.actor.id
        if not is_seen or found["kind"] not in self._seen():
            raise NoSuchFile(f"there is no job {number}", code="NoSuchJob")
        return found

    def table(
        self, *, states: Sequence[str] = (), before: int = 0, most: int = 100
    ) -> list[dict[str, Any]]:
        """Return the jobs one may see, the newest first: see ``Jobs.table``."""
        by = "" if self.reading("jobs.read").everything else self.actor.id
        return self.house.jobs.table(states=states, of=self._seen(), before=before, most=most,
                                     by=by)  # fmt: skip

    def _seen(self) -> list[str]:
        return [name for name, kind in KINDS.items() if self.actor.may(kind.reads)]

    # ---- doing -------------------------------------------------------------------------------

    def retry(self, number: int) -> dict[str, Any]:
        """Have a job tried again that failed."""
        with self.doing("jobs.work", f"job {number}") as doing:
            doing.before = {"state": self.show(number)["state"]}
            self.house.jobs.retry(number)
            found = self.house.jobs.show(number)
            doing.after = {"state": found["state"]}
        return found

    def ask_step(self, cycle: str, step: str) -> dict[str, Any]:
        """Ask for a step of a cycle: see :meth:`skontro.flow.seat.cycles.CycleSeat.step`."""
        with self.doing("cycles.work", f"cycle {cycle}: {step}") as doing:
            if step not in STEPS:
                raise Rejected(f"{step!r} is no step", code="InvalidOptions")
            self.house.cycles.show(cycle)
            content = {"cycle": cycle, "step": step, "person": self.person}
            return self._asked(doing, "cycle.step", f"{cycle}: {step}", content)

    def ask_verification(self, cycle: str) -> dict[str, Any]:
        """Ask for the check of a cycle: see :meth:`skontro.flow.seat.trail.TrailSeat.verify`.

        What it finds stays with the job, which they alone see who asked for it, and the house.
        """
        scope = self.reading("runs.verify", f"cycle {cycle}")
        self.check_period(scope, cycle)
        last_checked(self.house, cycle)
        with self.doing("runs.verify", f"cycle {cycle}: check") as doing:
            content = {"cycle": cycle,
                       "with_details": self.actor.scope("runs.read").everything}  # fmt: skip
            return self._asked(doing, "cycle.verify", f"{cycle} for {self.actor.id}", content)

    def ask_draft(self, kind: str, cycle: str) -> dict[str, Any]:
        """Ask for the draft of a final run or a recast; the job says which act it became."""
        with self.doing("acts.make", f"draft {kind}") as doing:
            if kind not in DRAFTED:
                raise Rejected(f"{kind!r} is drafted at once", code="InvalidOptions",
                               next_step="leave Prefer out")  # fmt: skip
            self.house.people.check_right(self._signatory(), kind)
            self.house.cycles.show(cycle)
            content = {"cycle": cycle, "maker": self._signatory(),
                       "public_key": self.actor.public_key}  # fmt: skip
            return self._asked(doing, f"{kind}.draft", cycle, content)

    def ask_approval(self, number: int, digest: str, signature: str) -> dict[str, Any]:
        """Ask for what one approves: an act whose effect writes much.

        Person, key, digest and signature are checked at once, and again in the unit of work that
        has the effect.

        Raises:
            Forbidden, Conflict: As :meth:`skontro.flow.people.People.approve`.
        """
        with self.doing("acts.check", f"act {number}") as doing:
            found = self.house.people.find_act(number)
            if found["kind"] not in APPROVED:
                raise no_such_act(number)
            checker, key = self._signatory(), self.actor.public_key
            self.house.people.check_approval(number, checker, Given(key, signature),
                                             digest=digest)  # fmt: skip
            content = {
                "act": number, "kind": found["kind"], "cycle": found["content"].get("cycle"),
                "checker": checker, "public_key": key, "digest": digest, "signature": signature,
            }  # fmt: skip
            return self._asked(doing, "act.approve", str(number), content)

    def ask_papers(self, cycle: str, name: str) -> dict[str, Any]:
        """Ask for the papers of all firms of a cycle as one file: see ``flow/paper_sets.py``.

        Raises:
            Conflict: The final run is not published.
        """
        with self.doing("papers.make", f"papers of cycle {cycle}: {name}") as doing:
            parts_of(name)
            self.house.statements.published(doing.unit, cycle)
            content = {"cycle": cycle, "papers": name}
            return self._asked(doing, "papers.write", f"{cycle}: {name}", content)

    def is_long(self, number: int) -> bool:
        """Whether an act is one whose approval may be done in the background."""
        if not self.actor.may("acts.check"):
            return False
        return self.house.people.find_act(number)["kind"] in APPROVED

    def of_act(self, number: int) -> dict[str, Any] | None:
        """Return the newest job that does what two people signed in an act, done or not; else
        None."""
        if not self.actor.may("jobs.read") or not self.actor.may("acts.read"):
            return None
        if not self.actor.scope("jobs.read").everything:
            return None
        return self.house.jobs.newest("act.approve", str(number))

    def _signatory(self) -> str:
        if not self.actor.person:
            raise Forbidden("acts are signed by people, not by programs", code="BeyondRights")
        return self.actor.person

    def _asked(
        self, doing: Any, kind: str, subject: str, content: dict[str, Any]
    ) -> dict[str, Any]:
        number = self.house.jobs.ask_in(doing.unit, kind, subject, content, by=self.actor.id)
        doing.after = {"job": number}
        return self.house.jobs.show(number)
