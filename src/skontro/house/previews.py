# SPDX-License-Identifier: Apache-2.0
"""Previews of what would clear: when they are made, and how much of them is told.

A preview says something of others: what a firm's own claim would be used for depends on what
others owe. So it is made at the calendar's times alone, the same for all, and of an amount that
would be set off in part it says no more than whole per cents.
"""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

from skontro.house.calendar import instant
from skontro.house.rules import CycleRules

_DAY = datetime.timedelta(days=1)


def preview_due(
    rules: CycleRules,
    opened_at: datetime.datetime,
    cut_off_at: datetime.datetime,
    now: datetime.datetime,
) -> datetime.datetime | None:
    """Return the last time of the calendar at which a preview was due; None if none was.

    Args:
        rules: The hours of the cycle.
        opened_at: When the cycle was opened.
        cut_off_at: When it closes: from then on there are no previews.
        now: Now.

    Example:
        >>> import tomllib
        >>> from skontro.house.rules import HouseRules
        >>> from skontro.house.rules_file import example_rules
        >>> cycle = HouseRules.from_mapping(tomllib.loads(example_rules())).cycle
        >>> def at(*when): return datetime.datetime(*when, tzinfo=datetime.UTC)
        >>> preview_due(cycle, at(2026, 1, 5, 8), at(2026, 1, 30, 15), at(2026, 1, 5, 12)).hour
        11
        >>> preview_due(cycle, at(2026, 1, 5, 8), at(2026, 1, 30, 15), at(2026, 1, 5, 8, 30))
    """
    if now >= cut_off_at:
        return None
    found = (one for one in _around(rules, now, (0, -1)) if opened_at < one <= now)
    return max(found, default=None)


def next_preview(
    rules: CycleRules, cut_off_at: datetime.datetime, now: datetime.datetime
) -> datetime.datetime | None:
    """Return the next time at which a preview is due; None if none is before the cut-off.

    Args:
        rules: The hours of the cycle.
        cut_off_at: When it closes.
        now: Now.
    """
    found = (one for one in _around(rules, now, (0, 1)) if now < one < cut_off_at)
    return min(found, default=None)


def _around(
    rules: CycleRules, now: datetime.datetime, days: tuple[int, int]
) -> list[datetime.datetime]:
    """The times of today and of the day before or after, as instants."""
    today = now.astimezone(ZoneInfo(rules.time_zone)).date()
    return [
        instant(today + number * _DAY, time, rules.time_zone)
        for number in days for time in rules.previews
    ]  # fmt: skip


def told_of(open_minor: int, set_off_minor: int) -> int:
    """Return what is told of an amount that would be set off: down to a whole per cent.

    All stays all, and nothing nothing. So whoever tries with a large amount learns what others
    owe no closer than to a hundredth of what was tried with.

    Example:
        >>> told_of(1000, 337), told_of(1000, 1000), told_of(1000, 9)
        (330, 1000, 0)
    """
    if set_off_minor >= open_minor:
        return open_minor
    return open_minor * (100 * set_off_minor // open_minor) // 100
