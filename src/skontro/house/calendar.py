# SPDX-License-Identifier: Apache-2.0
"""Business days of the sides, and the times of a cycle as instants everybody agrees on.

Where a rule needs a day on which all sides work, such a day is taken: for the cut-off, for
business hours and for the pay-in deadline. A time of day becomes an instant in the zone the rules
name. Where the clock leaps over it, it is the moment of the leap; where the clock shows it twice,
it is the second time: so nobody is late who is in time by that clock.

A calendar that does not reach a day says so; it is never taken for a calendar without holidays.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR
from functools import lru_cache
from typing import TYPE_CHECKING

from skontro.core.errors import NoBusinessDay
from skontro.house.reading import listing, nearest
from skontro.house.rules import CycleRules, HouseRules, Side, SideCalendar

if TYPE_CHECKING:
    from holidays import HolidayBase

PAYMENT_SYSTEMS = ("XECB", "XFED")
"""Payment systems whose days the library has for years ahead: those of the euro and the dollar."""

# The library's Hindu calendar is a table of these years. Outside them India, Nepal, Mauritius and
# others have next to no holidays left, and only for India a warning is given.
_HINDU_YEARS = range(2001, 2036)
_NOT_HINDU = ("US",)
_DAY = datetime.timedelta(days=1)
_MOST_DAYS = 400
"""If there is no business day for so long, there is none."""
_KEPT_YEARS = 512


@dataclass(frozen=True)
class CycleDates:
    """When one cycle is.

    Attributes:
        id: ``2026-01`` for a month, ``2026-W05`` for a week (ISO 8601), ``2026-01-30`` for a day.
        business_day: The day of the cut-off, on which all sides work.
        cut_off_at: Closing time, UTC.
        window_ends_at: End of the correction window, UTC.
        pay_in_deadline: By when pay-ins must have arrived, UTC.
    """

    id: str
    business_day: datetime.date
    cut_off_at: datetime.datetime
    window_ends_at: datetime.datetime
    pay_in_deadline: datetime.datetime


# ---- business days -----------------------------------------------------------------------------


def is_business_day(day: datetime.date, *sides: Side) -> bool:
    """Return whether all of some sides work on a day.

    Args:
        day: The day, by each side's own clock.
        sides: One side or more.

    Raises:
        NoBusinessDay: A side's calendar does not reach that day.

    Example:
        >>> from skontro.house.rules import HouseRules
        >>> import tomllib
        >>> from skontro.house.rules_file import example_rules
        >>> rules = HouseRules.from_mapping(tomllib.loads(example_rules()))
        >>> [is_business_day(datetime.date(2026, 1, 26), side) for side in rules.sides]
        [True, False]
    """
    return all(_works(side, day) for side in sides)


def next_business_day(day: datetime.date, *sides: Side) -> datetime.date:
    """Return the first day after another on which all of some sides work.

    Args:
        day: The day before the search.
        sides: One side or more.

    Raises:
        NoBusinessDay: There is none within 400 days, or a calendar does not reach that far.
    """
    for number in range(1, _MOST_DAYS + 1):
        later = day + number * _DAY
        if is_business_day(later, *sides):
            return later
    raise NoBusinessDay(
        f"there is no day after {day} on which {_named(sides)} work{'s' * (len(sides) == 1)}",
        details={"day": day.isoformat(), "sides": [side.id for side in sides]},
    )


def add_business_days(day: datetime.date, count: int, *sides: Side) -> datetime.date:
    """Return the day so many business days of all of some sides after another.

    Args:
        day: Where the count begins; need not be a business day and is not counted.
        count: How many; nought gives the day itself if it is one, else the next.
        sides: One side or more.

    Raises:
        NoBusinessDay: There are not so many, or a calendar does not reach that far.
        ValueError: The count is below nought.
    """
    if count < 0:
        raise ValueError("business days are counted forwards")
    if count == 0:
        return day if is_business_day(day, *sides) else next_business_day(day, *sides)
    for _ in range(count):
        day = next_business_day(day, *sides)
    return day


def calendar_fault(calendar: SideCalendar) -> tuple[str, str, str] | None:
    """Return what the ``holidays`` library does not know of a calendar, or None.

    Returns:
        The key at fault, why it is, and what to do about it.

    Example:
        >>> calendar_fault(SideCalendar(country="IN", subdivision="XX"))[:2]
        ('subdivision', "'XX' is no part of IN that the library knows")
        >>> calendar_fault(SideCalendar(country="IN", subdivision="MH"))
    """
    import holidays

    countries = holidays.list_supported_countries(include_aliases=False)
    country, part, market = calendar.country, calendar.subdivision, calendar.market
    if country and country not in countries:
        step = "list its days: weekend, closed_days and listed_until"
        return "country", f"the library has no holidays of {country}", step
    if part and part not in countries.get(country, ()):
        parts = countries.get(country, ())
        close = nearest(part, parts)
        step = f"write {close or 'one of ' + ', '.join(parts)}" if parts else "leave it out"
        return "subdivision", f"{part!r} is no part of {country} that the library knows", step
    if market and market not in PAYMENT_SYSTEMS:
        step = f"write {nearest(market, PAYMENT_SYSTEMS) or listing(PAYMENT_SYSTEMS)}"
        return "market", f"{market!r} is no payment system whose days are known", step
    return None


def _works(side: Side, day: datetime.date) -> bool:
    calendar = side.calendar
    if day in calendar.open_days:
        return True
    if day in calendar.closed_days:
        return False
    if calendar.listed_until is not None:
        if day > calendar.listed_until:
            raise NoBusinessDay(
                f"the days of side {side.id} are listed until {calendar.listed_until}; {day} is "
                "later",
                next_step="list its closed days further in the rules of the house",
                details={"side": side.id, "day": day.isoformat()},
            )
        return day.weekday() not in (calendar.weekend or ())
    days = _library_days(calendar.country, calendar.subdivision, calendar.market,
                         calendar.weekend, day.year)  # fmt: skip
    if days is None:
        raise NoBusinessDay(
            f"no holidays of {day.year} are known for side {side.id}",
            next_step="list its days: weekend, closed_days and listed_until",
            details={"side": side.id, "day": day.isoformat()},
        )
    return day in days


@lru_cache(_KEPT_YEARS)
def _library_days(
    country: str, subdivision: str, market: str, weekend: tuple[int, ...] | None, year: int
) -> frozenset[datetime.date] | None:
    """The business days of a year, or None where the library does not have that year."""
    kept = list(_libraries(country, subdivision, market, year))
    if not kept or any(year not in one.years for one in kept):
        return None
    first = datetime.date(year, 1, 1)
    days = (first + number * _DAY for number in range(366))
    return frozenset(
        day
        for day in days
        if day.year == year and all(_library_works(one, day, weekend) for one in kept)
    )


def _libraries(country: str, subdivision: str, market: str, year: int) -> Iterator[HolidayBase]:
    """Holidays of a year and its neighbours, whose first and last days can move into it.

    Years for which the library's tables have nothing are left out.
    """
    import holidays
    from holidays.groups.hindu import HinduCalendarHolidays

    if country:
        plain = holidays.country_holidays(country)
        known = range(plain.start_year, plain.end_year + 1)
        if isinstance(plain, HinduCalendarHolidays) and country not in _NOT_HINDU:
            known = range(max(known[0], _HINDU_YEARS[0]), min(known[-1], _HINDU_YEARS[-1]) + 1)
        kinds = tuple(kind for kind in ("public", "bank") if kind in plain.supported_categories)
        yield holidays.country_holidays(
            country, subdiv=subdivision or None, years=_near(year, known), expand=False,
            categories=kinds,
        )  # fmt: skip
    if market:
        plain = holidays.financial_holidays(market)
        known = range(plain.start_year, plain.end_year + 1)
        yield holidays.financial_holidays(market, years=_near(year, known), expand=False)


def _near(year: int, known: range) -> list[int]:
    return [one for one in (year - 1, year, year + 1) if one in known]


def _library_works(
    kept: HolidayBase, day: datetime.date, weekend: tuple[int, ...] | None
) -> bool:
    if weekend is None:
        return kept.is_working_day(day)
    return day not in kept and (day.weekday() not in weekend or day in kept.weekend_workdays)


def _named(sides: Sequence[Side]) -> str:
    ids = [side.id for side in sides]
    if len(ids) == 1:
        return f"side {ids[0]}"
    return f"sides {', '.join(ids[:-1])} and {ids[-1]} all"


# ---- instants ----------------------------------------------------------------------------------


def instant(
    day: datetime.date, time: datetime.time, time_zone: str
) -> datetime.datetime:
    """Return when a clock somewhere shows a time of a day, in UTC.

    A time the clock leaps over in spring is the moment of the leap; one it shows twice in autumn
    is the second of the two.

    Args:
        day: The day there.
        time: The time of day there.
        time_zone: Where, by IANA name.

    Example:
        >>> noon = datetime.time(12)
        >>> instant(datetime.date(2026, 1, 30), noon, "Asia/Kolkata").isoformat()
        '2026-01-30T06:30:00+00:00'
        >>> half_past_two = datetime.time(2, 30)
        >>> instant(datetime.date(2026, 3, 29), half_past_two, "Europe/Amsterdam").isoformat()
        '2026-03-29T01:00:00+00:00'
        >>> instant(datetime.date(2026, 10, 25), half_past_two, "Europe/Amsterdam").isoformat()
        '2026-10-25T01:30:00+00:00'
    """
    from zoneinfo import ZoneInfo

    zone = ZoneInfo(time_zone)
    local = datetime.datetime.combine(day, time.replace(tzinfo=None, fold=0), zone)
    first = local.astimezone(datetime.UTC)
    second = local.replace(fold=1).astimezone(datetime.UTC)
    return second if first <= second else _leap(second, first, zone)


def _leap(
    before: datetime.datetime, after: datetime.datetime, zone: datetime.tzinfo
) -> datetime.datetime:
    """The first second between two instants at which the clock of a zone has leapt."""
    old = before.astimezone(zone).utcoffset()
    step = datetime.timedelta(seconds=1)
    while after - before > step:
        middle = before + (after - before) // step // 2 * step
        if middle.astimezone(zone).utcoffset() == old:
            before = middle
        else:
            after = middle
    return after


def _business_hours_end(
    start: datetime.datetime, cycle: CycleRules, sides: Sequence[Side]
) -> datetime.datetime:
    """When so many hours have passed that count, beginning at an instant."""
    from zoneinfo import ZoneInfo

    left = datetime.timedelta(hours=cycle.window_hours)
    day = start.astimezone(ZoneInfo(cycle.time_zone)).date() - _DAY
    while True:
        day = next_business_day(day, *sides)
        opens = max(start, instant(day, cycle.opens, cycle.time_zone))
        closes = instant(day, cycle.closes, cycle.time_zone)
        if opens + left <= closes:
            return opens + left
        left -= max(closes - opens, datetime.timedelta())


# ---- cycles ------------------------------------------------------------------------------------


def cycle_dates(rules: HouseRules, after: datetime.date) -> CycleDates:
    """Return when the first cycle is whose cut-off lies after a day.

    The cut-off is on a day on which all sides work. If the rules name a day of the month or of the
    week that is none, it is the next one of that month or week, or else the one before. A week
    without a common business day has no cycle.

    Args:
        rules: The rules of the house.
        after: The day before the search, e.g. the business day of the last cycle.

    Raises:
        NoBusinessDay: There is no such day, or a side's calendar does not reach that far.

    Example:
        >>> import tomllib
        >>> from skontro.house.rules_file import example_rules
        >>> rules = HouseRules.from_mapping(tomllib.loads(example_rules()))
        >>> dates = cycle_dates(rules, datetime.date(2026, 1, 1))
        >>> dates.id, dates.business_day.isoformat(), dates.cut_off_at.isoformat()
        ('2026-01', '2026-01-30', '2026-01-30T15:00:00+00:00')
        >>> dates.window_ends_at.isoformat(), dates.pay_in_deadline.isoformat()
        ('2026-02-03T15:00:00+00:00', '2026-02-05T11:00:00+00:00')
    """
    if not MINYEAR < after.year < MAXYEAR - 1:
        raise NoBusinessDay(f"no calendar reaches as far as {after}",
                            next_step="name a day of this century")  # fmt: skip
    from zoneinfo import ZoneInfo

    cycle, sides = rules.cycle, rules.sides
    for days, name in _periods(cycle.every, after):
        day = _cycle_day(cycle, days, sides)
        if day is None or day <= after:
            continue
        cut_off_at = instant(day, cycle.cut_off, cycle.time_zone)
        if cycle.window_in_business_hours:
            window_ends_at = _business_hours_end(cut_off_at, cycle, sides)
        else:
            window_ends_at = cut_off_at + datetime.timedelta(hours=cycle.window_hours)
        bound = window_ends_at.astimezone(ZoneInfo(cycle.time_zone)).date()
        last = add_business_days(bound, cycle.pay_in_days, *sides)
        return CycleDates(
            id=name,
            business_day=day,
            cut_off_at=cut_off_at,
            window_ends_at=window_ends_at,
            pay_in_deadline=instant(last, cycle.pay_in_time, cycle.time_zone),
        )
    raise NoBusinessDay(
        f"there is no {cycle.every} after {after} with a day on which {_named(sides)} work"
    )


def _periods(every: str, after: datetime.date) -> Iterator[tuple[list[datetime.date], str]]:
    """The days and the name of the period a day is in, and of those that follow."""
    first = after
    if every == "month":
        first = after.replace(day=1)
    elif every == "week":
        first = after - after.weekday() * _DAY
    until = after + _MOST_DAYS * _DAY
    while first <= until:
        days = [first]
        while _period(days[-1] + _DAY, every) == _period(first, every):
            days.append(days[-1] + _DAY)
        yield days, _period(first, every)
        first = days[-1] + _DAY


def _period(day: datetime.date, every: str) -> str:
    if every == "month":
        return f"{day:%Y-%m}"
    if every == "week":
        year, week, _ = day.isocalendar()
        return f"{year:04d}-W{week:02d}"
    return day.isoformat()


def _cycle_day(
    cycle: CycleRules, days: list[datetime.date], sides: Sequence[Side]
) -> datetime.date | None:
    """The day of a period on which a cycle is cut off, if it has a common business day."""
    rule = cycle.day
    if rule.kind in ("business-day", "every-business-day"):
        forwards = rule.number >= 0
        found = None
        left = max(1, abs(rule.number))
        for day in days if forwards else reversed(days):
            if is_business_day(day, *sides):
                found, left = day, left - 1
                if left == 0:
                    break
        return found
    place = min(rule.number - (rule.kind == "day-of-month"), len(days) - 1)
    for day in [*days[place:], *reversed(days[:place])]:
        if is_business_day(day, *sides):
            return day
    return None
