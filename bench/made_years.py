# SPDX-License-Identifier: Apache-2.0
"""A house that has lived: ``python -m bench.made_years FOLDER FIRMS CYCLES``.

The demonstration's house, its firms trading twice as much, through as many cycles as are wanted,
the last of which is open: three sides, borders, pay-ins, pay-outs, bank files, alerts. With 640
firms and 24 cycles it has about 100,000 obligations.
"""

from __future__ import annotations

import datetime
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from skontro.house.calendar import cycle_dates
from skontro.lab import year as lived
from skontro.lab.trade import InventedTrade, Invoice
from skontro.lab.year import DemonstrationYear

_MONTHS = 12
_NEVER = 99


class _BusyTrade(InventedTrade):
    """The same firms, who bill twice a month."""

    def month(self, year: int, month: int) -> list[Invoice]:
        once = super().month(year, month)
        return [*once, *(replace(one, document=f"{one.document}-2") for one in once)]


class _Quiet:
    """Scenes of the gate after the first year: none."""

    def __init__(self, of: Any) -> None:
        self._of = of

    def before_filing(self, month: int, invoices: Sequence[Invoice]) -> None:
        del month, invoices

    def before_cut_off(self, month: int) -> None:
        del month

    def list_text(self) -> str:
        return str(self._of.list_text())


def make_years(folder: Path, firms: int, cycles: int) -> DemonstrationYear:
    """Make the house, or go on with it; afterwards all its cycles are closed but the last."""
    trade, rules = lived.InventedTrade, lived.RULES
    lived.InventedTrade = _BusyTrade  # type: ignore[misc]
    lived.RULES = rules.replace("listed_until = 2027", "listed_until = 2028")
    try:
        year = DemonstrationYear(folder, firms=firms)
    finally:
        lived.InventedTrade, lived.RULES = trade, rules  # type: ignore[misc]
    year.begin()
    after = datetime.date(2025, 12, 31)
    for number in range(cycles - 1):
        if number == _MONTHS:
            lived.LATE_MONTH = lived.DEFAULT_MONTH = _NEVER
            lived.CORRECTED_MONTH = lived.RETURNED_MONTH = _NEVER
            year.scenes = _Quiet(year.scenes)  # type: ignore[assignment]
        dates = cycle_dates(year.house.rules, after)
        begun = time.perf_counter()
        if year._state(dates.id) != "closed":
            year._month(number % _MONTHS + 1, dates)
            print(f"{dates.id}: {time.perf_counter() - begun:.1f} s", file=sys.stderr, flush=True)
        after = dates.business_day
    dates = cycle_dates(year.house.rules, after)
    if not year._state(dates.id):
        year.house.set_clock(max(year.house.now, dates.cut_off_at - datetime.timedelta(days=10)))
        year.house.cycles.open(dates)
        month = (cycles - 1) % _MONTHS + 1
        year._file(month, dates)
        year._declare(month, dates.id)
    return year


if __name__ == "__main__":
    make_years(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])).house.close()
