# SPDX-License-Identifier: Apache-2.0
"""The sessions of the house, from a seat."""

from __future__ import annotations

import datetime
from typing import Any

from skontro.flow.seat import Part, picked
from skontro.flow.seat.firms import no_such_firm
from skontro.house.calendar import CycleDates
from skontro.store.obligations import find_firms

_CYCLE = (
    "id", "number", "state", "business_day", "opened_at", "cut_off_at", "window_ends_at",
    "pay_in_deadline", "frozen_digest",
)  # fmt: skip


class CycleSeat(Part):
    """Cycles: their times, steps and runs."""

    def table(self) -> list[dict[str, Any]]:
        """Return every cycle, oldest first."""
        self.reading("cycles.read")
        return [_shown(row) for row in self.house.cycles.table()]

    def show(self, cycle: str) -> dict[str, Any]:
        """Return a cycle with the steps done; the totals of its runs where one may see them.

        Raises:
            NoSuchFile: There is none of that id.
        """
        self.reading("cycles.read", f"cycle {cycle}")
        found = self.house.cycles.show(cycle)
        told = _shown(found) | {
            "steps": [picked(one, "step", "number", "at") for one in found["steps"]],
        }
        if self._sees_all("runs.read", str(found["business_day"])):
            names = ("id", "kind", "number", "frozen_digest", "input_digest", "result_digest",
                     "manifest_digest", "engine_version", "ran_at", "summary")  # fmt: skip
            told["runs"] = [picked(one, *names) for one in found["runs"]]
        return told

    def _sees_all(self, permission: str, day: str) -> bool:
        if not self.actor.may(permission):
            return False
        scope = self.actor.scope(permission)
        return scope.everything and scope.covers_day(day)

    # ---- previews ----------------------------------------------------------------------------

    def preview(self, cycle: str, firm: str) -> dict[str, Any]:
        """Return what would clear for a firm, as of the calendar's last time: see ``Previews``.

        Raises:
            NoSuchFile: There is no such firm within what one may see, or no such cycle.
        """
        scope = self.reading("previews.read", f"preview of {firm}")
        with self.house.database.read() as unit:
            row = find_firms(unit, [firm]).get(firm)
        if row is None or not scope.reaches(row.id, row.side):
            raise no_such_firm(firm)
        self.check_period(scope, cycle)
        return self.house.previews.of_firm(cycle, firm)

    def make_preview(self, cycle: str) -> dict[str, Any]:
        """Make the preview that is due by the calendar, where the calendar does not do it itself.

        Raises:
            Conflict: None is due.
        """
        with self.doing("cycles.work", f"cycle {cycle}: preview") as doing:
            doing.after = self.house.previews.make(cycle)
        return dict(doing.after)

    # ---- doing -------------------------------------------------------------------------------

    def open_next(self, after: datetime.date | None = None) -> dict[str, Any]:
        """Open the next cycle, with the times that the house's calendar gives it.

        Args:
            after: The first one after this day; else after the last one.
        """
        with self.doing("cycles.work", "the next cycle") as doing:
            dates: CycleDates = self.house.cycles.next_dates(after)
            self.house.cycles.open(dates)
            doing.after = _shown(self.house.cycles.show(dates.id))
        return dict(doing.after)

    def step(self, cycle: str, step: str) -> dict[str, Any]:
        """Take a step of a cycle: ``cut_off``, ``preliminary``, ``irrevocable`` or ``close``.

        Returns:
            The cycle as it is now.
        """
        with self.doing("cycles.work", f"cycle {cycle}: {step}") as doing:
            doing.before = _shown(self.house.cycles.show(cycle))
            getattr(self.house.cycles, step)(cycle, person=self.person)
            doing.after = _shown(self.house.cycles.show(cycle))
        return dict(doing.after)


STEPS = ("cut_off", "preliminary", "irrevocable", "close")
"""Steps of a cycle that a person of the house takes; the final run takes two."""


def _shown(row: Any) -> dict[str, Any]:
    return picked(row, *_CYCLE) | {"paused": bool(row["paused"])}
