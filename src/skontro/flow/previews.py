# SPDX-License-Identifier: Apache-2.0
"""Previews for participants: what would clear of what is confirmed so far, at the calendar's times.

A preview sets nothing off and decides nothing. It is made once for each of the calendar's times,
for everybody at once, by the clearing itself, over what is confirmed and as far as anybody can see
would be entered; each firm is shown its own rows. Asking again, or changing one's own rows, brings
no other one before the next time.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from skontro.core.errors import Conflict
from skontro.flow import runs
from skontro.flow.frozen import FrozenSet
from skontro.flow.reasons import released_numbers
from skontro.flow.times import as_text, day_number, from_text
from skontro.house.previews import next_preview, preview_due, told_of
from skontro.store.cycles import eligible_obligations, firm_columns
from skontro.store.database import Unit
from skontro.store.previews import preview_lines, preview_sums, write_preview
from skontro.store.rows import find, find_all
from skontro.store.schema import cycle, fixing, preview

if TYPE_CHECKING:
    from skontro.flow.house import House

MOST_LINES = 500
"""The most rows of a firm that are shown, the largest first; the sums are of all."""


class Previews:
    """What would clear, as of the calendar's last time."""

    def __init__(self, house: House) -> None:
        self.house = house

    # ---- making ------------------------------------------------------------------------------

    def due(self) -> tuple[str, str] | None:
        """Return the cycle and the time of a preview that is due and not made; None if none is."""
        with self.house.database.read() as unit:
            rows = find_all(unit, cycle, order=["-number"], limit=1)
            if not rows:
                return None
            at = self._due(unit, rows[0])
        return None if at is None else (str(rows[0].id), at)

    def _due(self, unit: Unit, row: Any) -> str | None:
        if row.state != "open" or row.paused:
            return None
        at = preview_due(self._hours(unit, row), from_text(row.opened_at),
                         from_text(row.cut_off_at), self.house.now)  # fmt: skip
        if at is None or find(unit, preview, cycle=row.id, due_at=as_text(at)) is not None:
            return None
        return as_text(at)

    def _hours(self, unit: Unit, row: Any) -> Any:
        return self.house.settlement.rules_of(unit, row.id).cycle

    def make(self, cycle_id: str) -> dict[str, Any]:
        """Make the preview that is due.

        Returns:
            ``cycle``, ``due_at``, ``made_at`` and how many ``obligations`` are in it.

        Raises:
            NoSuchFile: There is no such cycle.
            Conflict: None is due: the last one is made, or the cycle is not open.
        """
        house = self.house
        with house.database.unit("preview.look") as unit:
            at = self._begin(unit, cycle_id)
            frozen, rates_of = self._set(unit, cycle_id)
        numbers, told = _cleared(frozen)
        members = frozen.members
        place = members.at(numbers)
        with house.database.unit("preview.make", exclusive=True) as unit:
            house.check_writable(unit)
            if self._begin(unit, cycle_id) != at:
                raise _not_due(cycle_id)
            headline = {"cycle": cycle_id, "due_at": at, "made_at": house.at}
            write_preview(unit, numbers, members.open_minor[place], told, rates_of=rates_of,
                          **headline)  # fmt: skip
        return headline | {"obligations": len(numbers)}

    def _begin(self, unit: Unit, cycle_id: str) -> str:
        at = self._due(unit, self.house.cycles._row(unit, cycle_id))
        if at is None:
            raise _not_due(cycle_id)
        return at

    def _set(self, unit: Unit, cycle_id: str) -> tuple[FrozenSet, str | None]:
        """Return what would be entered now, and the cycle whose rates it goes by.

        Nothing is judged anew and nothing reserved: the verdicts there are decide.
        """
        house = self.house
        row = house.cycles._row(unit, cycle_id)
        declared = find(unit, fixing, cycle=cycle_id)
        if declared is None:
            before = find_all(unit, fixing, order=["-dated"], limit=1)
            declared = before[0] if before else None
        rates = None if declared is None else (declared.unit, json.loads(declared.rates))
        rows = eligible_obligations(
            unit, day_number(row.business_day), None if rates is None else list(rates[1]),
            lock=False,
        )  # fmt: skip
        rows = rows.take(house.cycles._may_enter(unit, row.business_day, rows))
        released = released_numbers(
            house, unit, rows.number, rows.debtor, rows.creditor, rows.content_digest
        )
        rows = rows.take(np.isin(rows.number, sorted(released)))
        rules = house.settlement.rules_of(unit, cycle_id)
        found = FrozenSet("", rows, firm_columns(unit), rates, rules)
        return found, None if declared is None else str(declared.cycle)

    # ---- looking -----------------------------------------------------------------------------

    def of_firm(self, cycle_id: str, firm: str) -> dict[str, Any]:
        """Return what would clear for a firm, as of the last preview of a cycle.

        Args:
            cycle_id: Which cycle.
            firm: Id of the firm.

        Returns:
            ``due_at``, ``made_at`` (nothing before the first one), ``next_at``, ``rates_of``,
            ``sums`` by currency and ``rows``; amounts in minor units, set-off down to a whole per
            cent of each row.

        Raises:
            NoSuchFile: There is no such cycle.
        """
        with self.house.database.read() as unit:
            row = self.house.cycles._row(unit, cycle_id)
            found = find_all(unit, preview, order=["-id"], limit=1, cycle=cycle_id)
            then = None
            if row.state == "open":
                then = next_preview(self._hours(unit, row), from_text(row.cut_off_at),
                                    self.house.now)  # fmt: skip
            told: dict[str, Any] = {
                "cycle": cycle_id, "participant": firm, "due_at": None, "made_at": None,
                "rates_of": None, "next_at": None if then is None else as_text(then),
                "sums": [], "rows": [],
            }  # fmt: skip
            if not found:
                return told
            last = found[0]
            sums = preview_sums(unit, last.id, firm)
            rows = preview_lines(unit, last.id, firm, MOST_LINES)
        return told | {
            "due_at": last.due_at, "made_at": last.made_at, "rates_of": last.rates_of,
            "sums": _sums(sums), "rows": [dict(one._mapping) for one in rows],
        }


def _cleared(frozen: FrozenSet) -> tuple[Any, Any]:
    """Return the obligations of a set in their order, and what is told of each."""
    if not len(frozen):
        nothing = np.zeros(0, np.int64)
        return nothing, nothing
    table = runs.clear_set(frozen, {}).obligations
    numbers = np.array([int(one) for one in table.column("id").to_pylist()], np.int64)
    gross = table.column("gross_minor").to_pylist()
    set_off = table.column("set_off_minor").to_pylist()
    told = [told_of(int(whole), int(part)) for whole, part in zip(gross, set_off, strict=True)]
    return numbers, np.array(told, np.int64)


def _sums(rows: list[Any]) -> list[dict[str, Any]]:
    """What a firm owes and is owed by currency, and how much of each would be set off."""
    found = dict[str, dict[str, Any]]()
    for row in rows:
        one = found.setdefault(row.currency, {"currency": row.currency, **dict.fromkeys(
            ("owes_minor", "owes_set_off_minor", "owed_minor", "owed_set_off_minor"), 0
        )})  # fmt: skip
        way = "owes" if row.is_debtor else "owed"
        one[f"{way}_minor"] += int(row.open_minor)
        one[f"{way}_set_off_minor"] += int(row.set_off_minor)
    return list(found.values())


def _not_due(cycle_id: str) -> Conflict:
    return Conflict(f"no preview of cycle {cycle_id} is due", code="TooEarly",
                    next_step="wait for the calendar's next time")  # fmt: skip
