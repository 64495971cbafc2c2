# SPDX-License-Identifier: Apache-2.0
"""Business days and the instants of a cycle: clocks that leap, year ends, different weekends."""

from __future__ import annotations

import datetime
import tomllib
from dataclasses import replace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skontro.core.errors import NoBusinessDay
from skontro.house.calendar import (
    CycleDates,
    add_business_days,
    calendar_fault,
    cycle_dates,
    instant,
    is_business_day,
    next_business_day,
)
from skontro.house.rules import CycleRules, DayRule, HouseRules, Side, SideCalendar
from skontro.house.rules_file import example_rules

Day = datetime.date
Time = datetime.time
RULES = HouseRules.from_mapping(tomllib.loads(example_rules()))
UNTIL = Day(2040, 12, 31)
FRIDAY_SATURDAY, SATURDAY_SUNDAY = (4, 5), (5, 6)


def side(calendar: SideCalendar, name: str = "A") -> Side:
    return replace(RULES.sides[0], id=name, calendar=calendar)


def listed(weekend: tuple[int, ...], *closed: str, until: Day = UNTIL, name: str = "A") -> Side:
    days = tuple(sorted(map(Day.fromisoformat, closed)))
    return side(SideCalendar(weekend=weekend, closed_days=days, listed_until=until), name)


def with_cycle(*sides: Side, **changes: object) -> HouseRules:
    cycle = replace(RULES.cycle, **changes)  # type: ignore[arg-type]
    return replace(RULES, cycle=cycle, sides=sides or RULES.sides)


# ---- business days -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("calendar", "day", "works"),
    [
        (SideCalendar("NL"), "2026-04-27", False),  # King's Day
        (SideCalendar("DE", "BY"), "2026-06-04", False),  # Corpus Christi in Bavaria
        (SideCalendar("DE", "BE"), "2026-06-04", True),
        (SideCalendar("BE"), "2026-05-15", False),  # banks alone are closed
        (SideCalendar("NL", market="XECB"), "2026-04-03", False),
        (SideCalendar("NL", market="XECB"), "2026-04-27", False),
        (SideCalendar(market="XECB"), "2026-04-27", True),
        (SideCalendar("IN", "MH"), "2025-05-01", False),  # Maharashtra Day
        (SideCalendar("IN", "DL"), "2025-05-01", True),
        (SideCalendar("SA"), "2026-01-04", True),  # a Sunday
        (SideCalendar("SA"), "2026-01-02", False),  # a Friday
        (SideCalendar("AE"), "2026-01-02", True),
        (SideCalendar("AE", weekend=FRIDAY_SATURDAY), "2026-01-02", False),
        (SideCalendar("AE", weekend=FRIDAY_SATURDAY), "2026-01-04", True),
        (SideCalendar("AE", weekend=FRIDAY_SATURDAY), "2026-01-01", False),
        (SideCalendar("US"), "2027-12-31", False),  # the New Year of 2028 is a Saturday
        (SideCalendar("CN"), "2026-02-14", True),  # a Saturday worked for the New Year's holidays
        (SideCalendar("NL", closed_days=(Day(2026, 5, 15),)), "2026-05-15", False),
        (SideCalendar("NL", open_days=(Day(2026, 4, 27),)), "2026-04-27", True),
        (SideCalendar("NL", open_days=(Day(2026, 4, 25),)), "2026-04-25", True),
    ],
)
def test_business_days(calendar: SideCalendar, day: str, works: bool) -> None:
    assert is_business_day(Day.fromisoformat(day), side(calendar)) is works


def test_sides_with_different_weekends_meet_from_monday_to_thursday() -> None:
    gulf, europe = listed(FRIDAY_SATURDAY, name="A"), listed(SATURDAY_SUNDAY, name="B")
    week = [Day(2026, 6, 1) + datetime.timedelta(days=number) for number in range(7)]
    assert [day.weekday() for day in week if is_business_day(day, gulf, europe)] == [0, 1, 2, 3]
    assert next_business_day(Day(2026, 6, 4), gulf, europe) == Day(2026, 6, 8)
    assert next_business_day(Day(2026, 6, 4), gulf) == Day(2026, 6, 7)


def test_adding_business_days() -> None:
    one = listed(SATURDAY_SUNDAY, "2026-12-25")
    thursday, saturday = Day(2026, 12, 24), Day(2026, 12, 26)
    assert add_business_days(thursday, 0, one) == thursday
    assert add_business_days(thursday, 1, one) == Day(2026, 12, 28)
    assert add_business_days(saturday, 0, one) == Day(2026, 12, 28)
    assert add_business_days(saturday, 1, one) == Day(2026, 12, 28)
    assert add_business_days(thursday, 5, one) == Day(2027, 1, 1)
    with pytest.raises(ValueError, match="forwards"):
        add_business_days(thursday, -1, one)


def test_a_calendar_that_ends_is_not_one_without_holidays() -> None:
    short = listed(SATURDAY_SUNDAY, until=Day(2026, 12, 31))
    assert is_business_day(Day(2026, 12, 31), short)
    with pytest.raises(NoBusinessDay, match="side A are listed until 2026-12-31; 2027-01-01"):
        next_business_day(Day(2026, 12, 31), short)
    for country, last in (("IN", 2035), ("NP", 2035), ("MU", 2035), ("LK", 2026), ("DE", 2100)):
        one = side(SideCalendar(country))
        is_business_day(Day(last, 12, 31), one)
        message = f"no holidays of {last + 1} are known for side A"
        with pytest.raises(NoBusinessDay, match=message):
            is_business_day(Day(last + 1, 1, 1), one)
    assert is_business_day(Day(2040, 7, 3), side(SideCalendar("US")))
    with pytest.raises(NoBusinessDay, match="no holidays of 1998"):
        is_business_day(Day(1998, 1, 5), side(SideCalendar(market="XECB")))


def test_what_the_library_does_not_know() -> None:
    assert calendar_fault(SideCalendar("ZZ")) == (
        "country", "the library has no holidays of ZZ",
        "list its days: weekend, closed_days and listed_until",
    )  # fmt: skip
    for calendar, step in (
        (SideCalendar("DE", "BYY"), "write BY"),
        (SideCalendar("SG", "X"), "leave it out"),
        (SideCalendar(market="XECBB"), "write XECB"),
    ):
        fault = calendar_fault(calendar)
        assert fault is not None
        assert fault[2] == step


def test_sides_that_never_work_on_one_day() -> None:
    early, late = listed((0, 1, 2, 3), name="A"), listed((4, 5, 6), name="B")
    with pytest.raises(NoBusinessDay, match="sides A and B all work"):
        next_business_day(Day(2026, 1, 1), early, late)
    for every, rule in (("month", DayRule("business-day", -1)), ("week", DayRule("weekday", 0)),
                        ("day", DayRule("every-business-day"))):  # fmt: skip
        rules = with_cycle(early, late, every=every, day=rule)
        with pytest.raises(NoBusinessDay, match=f"there is no {every} after 2026-01-01"):
            cycle_dates(rules, Day(2026, 1, 1))


# ---- instants ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("local", "zone", "utc"),
    [
        ("2026-01-30 16:00", "Europe/Amsterdam", "2026-01-30 15:00"),
        ("2026-07-31 16:00", "Europe/Amsterdam", "2026-07-31 14:00"),
        ("2026-03-29 01:59", "Europe/Amsterdam", "2026-03-29 00:59"),
        ("2026-03-29 02:00", "Europe/Amsterdam", "2026-03-29 01:00"),
        ("2026-03-29 02:59", "Europe/Amsterdam", "2026-03-29 01:00"),  # there is no such time
        ("2026-03-29 03:00", "Europe/Amsterdam", "2026-03-29 01:00"),
        ("2026-10-25 01:59", "Europe/Amsterdam", "2026-10-24 23:59"),
        ("2026-10-25 02:00", "Europe/Amsterdam", "2026-10-25 01:00"),  # the second time
        ("2026-10-25 03:00", "Europe/Amsterdam", "2026-10-25 02:00"),
        ("2026-04-05 01:45", "Australia/Lord_Howe", "2026-04-04 15:15"),  # half an hour twice
        ("2026-10-04 02:15", "Australia/Lord_Howe", "2026-10-03 15:30"),  # half an hour leapt
        ("2011-12-30 10:00", "Pacific/Apia", "2011-12-30 10:00"),  # a day that was not
        ("2026-01-01 00:00", "Asia/Kathmandu", "2025-12-31 18:15"),
        ("2022-03-22 00:30", "Asia/Tehran", "2022-03-21 20:30"),
        ("2026-01-01 00:00", "UTC", "2026-01-01 00:00"),
    ],
)
def test_instants(local: str, zone: str, utc: str) -> None:
    moment = datetime.datetime.fromisoformat(local)
    found = instant(moment.date(), moment.time(), zone)
    assert found.tzinfo is datetime.UTC
    assert found.isoformat(" ", "minutes") == f"{utc}+00:00"


ZONES = (
    "Africa/Casablanca", "America/New_York", "America/Sao_Paulo", "Asia/Kolkata", "Asia/Tehran",
    "Australia/Lord_Howe", "Europe/Amsterdam", "Europe/Istanbul", "Pacific/Apia",
)  # fmt: skip
LEAPS = ("2011-12-30", "2022-03-22", "2026-03-08", "2026-03-29", "2026-10-25", "2026-11-01")
DAYS = st.dates(Day(1995, 1, 1), Day(2037, 12, 31)) | st.sampled_from(
    [Day.fromisoformat(day) for day in LEAPS]
)
TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0))


@given(DAYS, TIMES, st.sampled_from(ZONES))
def test_an_instant_is_when_the_clock_has_come_so_far_for_good(
    day: Day, time: Time, zone: str
) -> None:
    """At the instant the clock shows the time or, after a leap, a later one; a second before it
    does not yet; and it never shows an earlier one again."""
    found, local = instant(day, time, zone), datetime.datetime.combine(day, time)
    second = datetime.timedelta(seconds=1)

    def clock(at: datetime.datetime) -> datetime.datetime:
        return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)

    assert clock(found) >= local
    assert clock(found - second) < local
    assert all(clock(found + hours * 600 * second) >= local for hours in range(24))


@given(DAYS, TIMES, TIMES, st.sampled_from(ZONES))
def test_a_later_time_is_no_earlier_instant(day: Day, one: Time, two: Time, zone: str) -> None:
    first, last = sorted((one, two))
    assert instant(day, first, zone) <= instant(day, last, zone)


# ---- cycles ------------------------------------------------------------------------------------


def test_the_year_of_the_example() -> None:
    """Last business days of both sides in 2026; January's is not 26, India's Republic Day."""
    after, days = Day(2025, 12, 31), []
    for _ in range(12):
        found = cycle_dates(RULES, after)
        days.append(f"{found.business_day:%m-%d}")
        assert found.id == f"{found.business_day:%Y-%m}"
        after = found.business_day
    assert days == ["01-30", "02-27", "03-30", "04-30", "05-29", "06-30", "07-31", "08-31",
                    "09-30", "10-30", "11-30", "12-31"]  # fmt: skip


def dates(every: str, day: DayRule, after: str, *sides: Side) -> CycleDates:
    return cycle_dates(with_cycle(*sides, every=every, day=day), Day.fromisoformat(after))


WEEK = (listed(SATURDAY_SUNDAY),)
GULF = (listed(FRIDAY_SATURDAY, name="A"), listed(SATURDAY_SUNDAY, name="B"))
GOLDEN = (listed(SATURDAY_SUNDAY, *(f"2026-10-0{day}" for day in range(5, 10))),)


@pytest.mark.parametrize(
    ("every", "day", "after", "sides", "name", "found"),
    [
        ("month", DayRule("business-day", -1), "2026-12-30", WEEK, "2026-12", "2026-12-31"),
        ("month", DayRule("business-day", -1), "2026-12-31", WEEK, "2027-01", "2027-01-29"),
        ("month", DayRule("business-day", 1), "2026-12-31", WEEK, "2027-01", "2027-01-01"),
        ("month", DayRule("business-day", 3), "2026-01-01", GULF, "2026-01", "2026-01-06"),
        ("month", DayRule("business-day", -2), "2026-01-01", GULF, "2026-01", "2026-01-28"),
        ("month", DayRule("day-of-month", 31), "2026-02-01", WEEK, "2026-02", "2026-02-27"),
        ("month", DayRule("day-of-month", 29), "2028-02-01", WEEK, "2028-02", "2028-02-29"),
        ("month", DayRule("day-of-month", 14), "2026-02-01", WEEK, "2026-02", "2026-02-16"),
        ("month", DayRule("day-of-month", 14), "2026-02-16", WEEK, "2026-03", "2026-03-16"),
        ("week", DayRule("weekday", 4), "2026-12-31", WEEK, "2026-W53", "2027-01-01"),
        ("week", DayRule("weekday", 4), "2027-01-01", WEEK, "2027-W01", "2027-01-08"),
        ("week", DayRule("weekday", 4), "2026-06-01", GULF, "2026-W23", "2026-06-04"),
        ("week", DayRule("weekday", 6), "2026-06-01", WEEK, "2026-W23", "2026-06-05"),
        ("week", DayRule("business-day", -1), "2026-06-01", GULF, "2026-W23", "2026-06-04"),
        ("week", DayRule("weekday", 2), "2026-10-01", GOLDEN, "2026-W42", "2026-10-14"),
        ("day", DayRule("every-business-day"), "2026-06-04", GULF, "2026-06-08", "2026-06-08"),
    ],
)
def test_days_of_cycles(
    every: str, day: DayRule, after: str, sides: tuple[Side, ...], name: str, found: str
) -> None:
    made = dates(every, day, after, *sides)
    assert (made.id, made.business_day.isoformat()) == (name, found)


def test_plain_hours_pass_when_the_clock_leaps() -> None:
    """48 hours over the night of the leap end at 17:00 by the clock, after 48 true hours."""
    rules = with_cycle(
        *WEEK, every="week", day=DayRule("weekday", 4), window_hours=48,
        window_in_business_hours=False,
    )  # fmt: skip
    found = cycle_dates(rules, Day(2026, 3, 26))
    assert found.cut_off_at.isoformat() == "2026-03-27T15:00:00+00:00"
    assert found.window_ends_at - found.cut_off_at == datetime.timedelta(hours=48)
    assert found.window_ends_at.astimezone(ZoneInfo("Europe/Amsterdam")).hour == 17
    assert found.pay_in_deadline.isoformat() == "2026-03-31T10:00:00+00:00"


def test_business_hours_at_a_year_end() -> None:
    """16 hours from Thursday 31 December 16:00: 1 then, 8 on Monday, 7 on Tuesday."""
    sides = (listed(SATURDAY_SUNDAY, "2027-01-01"),)
    found = cycle_dates(with_cycle(*sides), Day(2026, 12, 1))
    assert found.cut_off_at.isoformat() == "2026-12-31T15:00:00+00:00"
    assert found.window_ends_at.isoformat() == "2027-01-05T15:00:00+00:00"
    assert found.pay_in_deadline.isoformat() == "2027-01-07T11:00:00+00:00"


def test_a_cut_off_after_hours_starts_the_window_in_the_morning() -> None:
    rules = with_cycle(*WEEK, cut_off=Time(20), window_hours=8)
    found = cycle_dates(rules, Day(2026, 1, 1))
    assert found.window_ends_at.isoformat() == "2026-02-02T16:00:00+00:00"


CALENDARS = st.sampled_from([
    SideCalendar("NL", market="XECB"), SideCalendar("IN", "MH"), SideCalendar("SA"),
    SideCalendar("AE"), SideCalendar("US", "NY"), SideCalendar("TR"),
    SideCalendar("EG", weekend=FRIDAY_SATURDAY),
])  # fmt: skip
DAY_RULES = st.one_of(
    st.integers(1, 15).map(lambda number: ("month", DayRule("business-day", number))),
    st.integers(1, 15).map(lambda number: ("month", DayRule("business-day", -number))),
    st.integers(1, 31).map(lambda number: ("month", DayRule("day-of-month", number))),
    st.integers(0, 6).map(lambda number: ("week", DayRule("weekday", number))),
    st.integers(1, 3).map(lambda number: ("week", DayRule("business-day", -number))),
    st.just(("day", DayRule("every-business-day"))),
)


@st.composite
def houses(draw: st.DrawFn) -> HouseRules:
    every, day = draw(DAY_RULES)
    calendars = draw(st.lists(CALENDARS, min_size=1, max_size=3))
    opens = draw(st.integers(0, 22))
    cycle = CycleRules(
        every=every,
        day=day,
        time_zone=draw(st.sampled_from(ZONES)),
        cut_off=draw(TIMES),
        window_hours=draw(st.integers(1, 72)),
        window_in_business_hours=draw(st.booleans()),
        opens=Time(opens, 30),
        closes=Time(draw(st.integers(opens + 1, 23)), 45),
        pay_in_days=draw(st.integers(1, 5)),
        pay_in_time=draw(TIMES),
    )
    sides = tuple(side(one, f"S{number}") for number, one in enumerate(calendars))
    return replace(RULES, sides=sides, cycle=cycle)


@settings(max_examples=150, deadline=None)
@given(houses(), st.dates(Day(2016, 1, 1), Day(2034, 6, 30)))
def test_cycles_follow_each_other(rules: HouseRules, after: Day) -> None:
    """Every date of a cycle is on a common business day and after the one before it; from any
    day before a cycle's day one comes to the same cycle."""
    zone, cycle = ZoneInfo(rules.cycle.time_zone), rules.cycle
    first = cycle_dates(rules, after)
    assert after < first.business_day
    assert is_business_day(first.business_day, *rules.sides)
    assert first.cut_off_at < first.window_ends_at < first.pay_in_deadline
    last = (first.pay_in_deadline - datetime.timedelta(seconds=1)).astimezone(zone).date()
    paid = first.pay_in_deadline.astimezone(zone).date()
    assert any(is_business_day(day, *rules.sides) for day in (last, paid))
    for number in range((first.business_day - after).days):
        assert cycle_dates(rules, after + datetime.timedelta(days=number)) == first
    second = cycle_dates(rules, first.business_day)
    assert first.business_day < second.business_day
    assert first.id < second.id
    assert first.cut_off_at < second.cut_off_at
    if cycle.window_in_business_hours:
        assert _open_time(rules, first) == datetime.timedelta(hours=cycle.window_hours)
    else:
        length = datetime.timedelta(hours=cycle.window_hours)
        assert first.window_ends_at - first.cut_off_at == length


def _open_time(rules: HouseRules, dates: CycleDates) -> datetime.timedelta:
    """Business hours inside a correction window, added up day by day."""
    cycle, total = rules.cycle, datetime.timedelta()
    day = dates.business_day - datetime.timedelta(days=2)
    while instant(day, Time(0), cycle.time_zone) <= dates.window_ends_at:
        if is_business_day(day, *rules.sides):
            opens = max(dates.cut_off_at, instant(day, cycle.opens, cycle.time_zone))
            closes = min(dates.window_ends_at, instant(day, cycle.closes, cycle.time_zone))
            total += max(datetime.timedelta(), closes - opens)
        day += datetime.timedelta(days=1)
    return total


@pytest.mark.parametrize("day", [datetime.date.min, datetime.date.max])
def test_no_cycle_at_the_end_of_time(day: datetime.date) -> None:
    rules = HouseRules.from_mapping(tomllib.loads(example_rules()))
    with pytest.raises(NoBusinessDay, match="no calendar reaches"):
        cycle_dates(rules, day)
