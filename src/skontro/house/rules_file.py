# SPDX-License-Identifier: Apache-2.0
"""``house.toml``: how the rules of a house are read and written, and an example to start from."""

from __future__ import annotations

import datetime
import itertools
import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

from skontro.core.errors import InvalidIdentifier
from skontro.core.money import exponents, format_minor
from skontro.house import rules as of
from skontro.house.addresses import PARTS, PostalAddress
from skontro.house.calendar import calendar_fault
from skontro.house.identifiers import BankAccount, bank_account, check_bic, check_country
from skontro.house.positions import check_quotas
from skontro.house.reading import (
    Section,
    known_currency,
    known_name,
    listing,
    nearest,
    refused,
    show,
)
from skontro.house.rules import HouseRules
from skontro.house.rules_example import EXAMPLE
from skontro.house.screening_service import KEYS as SERVICE_KEYS
from skontro.house.screening_service import read_service
from skontro.house.sign_on import read_sign_on, write_sign_on
from skontro.house.tolerances import BOUNDS, all_tolerances

TABLES = (
    "house", "side", "hub", "cycle", "border_quota", "tranche_table", "clearing", "settlement",
    "bears", "screening", "gate", "matching", "bank_details", "expiry", "alarm", "sign_on",
    "founder",
)  # fmt: skip
"""The tables of the file, in the order in which the example has them."""

_SIDE = (
    "name", "jurisdiction", "currencies", "account", "calendar", "time_zone", "retention_years",
    "working_balance", "pool", "list", "payments", "write_off",
)  # fmt: skip
_HUB = ("account", "payments")
_PAYMENTS = ("profile", "holder", "payment_system", "bic", "border")
_LISTS = ("ofac", "eu", "uk", "opensanctions")
_LIST = ("opinion",)
_CALENDAR = (
    "country", "subdivision", "market", "weekend", "closed_days", "open_days", "listed_until",
)  # fmt: skip
_CYCLE = (
    "every", "day", "time_zone", "cut_off", "correction_window", "opens", "closes",
    "pay_in_deadline", "previews",
)  # fmt: skip
_TABLE = ("step", "beyond", "creditor_hard_beyond", "capital_account")
_RIGHT = re.compile(r"[a-z_]+(?:\.[a-z_]+)?")
_DAY_RULE = re.compile(r"(?:(first|last)|([1-9]|1[0-5])(?:st|nd|rd|th)( last)?) business day")
_SYSTEM = re.compile("[A-Z0-9]{3}")
_MOST_HOURS = 24 * 92
_MOST_YEARS = 100


# ---- reading -----------------------------------------------------------------------------------


def read_rules(
    mapping: Mapping[str, object], *, rights: Collection[str] = (), impersonal: bool = False
) -> HouseRules:
    """Read the rules of a house; :meth:`HouseRules.from_mapping` and ``from_json`` call this.

    Args:
        mapping: The tables of the file.
        rights: Every right there is, or nothing if any word will do.
        impersonal: Whether founders' names and papers and sponsors may be left out.

    Raises:
        InvalidRules: Naming the place and what is wrong there.
    """
    top = Section(mapping, "", TABLES)
    house = top.section("house", ("id", "name", "kind", "unit"))
    unit = house.currency("unit")
    sides = tuple(_side(name, side, impersonal) for name, side in top.named("side", _SIDE))
    if not sides:
        raise refused("side", "the house has no side", next_step='begin one with [side."A"]')
    tables = tuple(_tranche_table(name, one) for name, one in top.named("tranche_table", _TABLE))
    settlement = top.section("settlement", ("pay_in", "missed_pay_in", "grace_business_days"))
    prefer = top.section("clearing", ("split", "prefer"), needed=False)
    preference = prefer.choice("prefer", of.PREFERENCES, "none")
    screening = top.section("screening", ("list_limit_days", "smaller_share", "remote"))
    details = top.section("bank_details", ("cooling_off_hours",))
    alarm = top.section("alarm", ("cycles", "quota_share"))
    quotas = _border_quotas(top, unit, [one.id for one in sides], [one.name for one in tables])
    check_quotas(quotas, tables)
    return HouseRules(
        id=known_name(house.text("id"), house.at("id")),
        name=house.text("name"),
        kind=house.choice("kind", of.KINDS),
        unit=unit,
        sides=sides,
        cycle=_cycle(top.section("cycle", _CYCLE)),
        border_quotas=quotas,
        tranche_tables=tables,
        split=prefer.choice("split", of.SPLITS, "oldest"),
        prefer=None if preference == "none" else preference,
        pay_in=settlement.choice("pay_in", of.PAY_IN),
        missed_pay_in=_missed_pay_in(settlement, sides),
        bears=_bears(top.section("bears", ("loss", "interest", "revaluation"))),
        list_limit_days=screening.whole("list_limit_days", 1, of.MOST_LIST_LIMIT_DAYS),
        smaller_share=screening.share(
            "smaller_share", of.MOST_SMALLER_SHARE, most=of.MOST_SMALLER_SHARE
        ),
        matching=_tolerance(top),
        cooling_off_hours=details.whole("cooling_off_hours", 1, _MOST_HOURS),
        expiry=_expiry(top.section("expiry", ("cycles", "days", "limitation_days"))),
        alarm=of.Alarm(alarm.whole("cycles", 1, 120), alarm.share("quota_share")),
        founders=_founders(top, rights, impersonal),
        tolerances=all_tolerances(top.section("gate", BOUNDS, needed=False)),
        screening_service=read_service(screening.section("remote", SERVICE_KEYS))
        if "remote" in screening else None,
        hub=_hub(top.section("hub", _HUB, needed=False), unit, sides),
        sign_on=read_sign_on(top),
    )


def _hub(section: Section, unit: str, sides: tuple[of.Side, ...]) -> of.Hub:
    accounts = _accounts(section)
    _each_in(section.at("account"), [one.currency for one in accounts], (unit,), "the hub")
    taken = {one.account.number: side.id for side in sides for one in side.accounts}
    for one in accounts:
        if one.account.number in taken:
            raise refused(
                section.at("account"), f"it is the account of side {taken[one.account.number]}",
                next_step="the house keeps an account of its own at the hub",
            )  # fmt: skip
    return of.Hub(accounts, _payments(section.section("payments", _PAYMENTS, needed=False)))


def _accounts(section: Section) -> tuple[of.SettlementAccount, ...]:
    return tuple(
        of.SettlementAccount(currency, _account(one))
        for currency, one in section.named("account", ("iban", "bban", "bic", "clearing_code"))
    )


def _side(name: str, section: Section, impersonal: bool) -> of.Side:
    currencies = tuple(
        sorted(known_currency(one, section.at("currencies")) for one in section.words("currencies"))
    )
    accounts = _accounts(section)
    _each_in(section.at("account"), [one.currency for one in accounts], currencies)
    for currency in currencies:
        if currency not in [one.currency for one in accounts]:
            raise refused(
                section.at("account"), f"there is none in {currency}",
                next_step=f"add an account under [side.{name}.account.{currency}]",
            )  # fmt: skip
    kept = section.section("retention_years", of.RECORD_KINDS)
    balances = tuple(
        of.WorkingBalance(
            currency,
            one.amount("limit", known_currency(currency, one.place)),
            one.text("sponsor", "" if impersonal else None, empty=impersonal),
            one.text("agreement"),
        )
        for currency, one in section.named("working_balance", ("limit", "sponsor", "agreement"))
    )
    _each_in(section.at("working_balance"), [one.currency for one in balances], currencies)
    amounts = dict[str, tuple[of.Pool, ...]]()
    for key in ("pool", "write_off"):
        said = section.section(key, exponents(), needed=False)
        _each_in(said.place, list(said.values), currencies)
        amounts[key] = tuple(of.Pool(one, said.amount(one, one)) for one in sorted(said.values))
    return of.Side(
        id=name,
        name=section.text("name"),
        jurisdiction=_country(section, "jurisdiction"),
        currencies=currencies,
        accounts=accounts,
        calendar=_calendar(section.section("calendar", _CALENDAR)),
        time_zone=_time_zone(section),
        retention_years=tuple(
            (kind, kept.whole(kind, 1, _MOST_YEARS)) for kind in of.RECORD_KINDS
        ),
        working_balances=balances,
        pools=amounts["pool"],
        lists=_lists(section),
        payments=_payments(section.section("payments", _PAYMENTS, needed=False)),
        write_offs=amounts["write_off"],
    )


def _payments(section: Section) -> of.PaymentRules:
    where = section.section("holder", PARTS, needed=False)
    parts: dict[str, Any] = {part: where.text(part, "") for part in PARTS}
    if parts["country"]:
        parts["country"] = _country(where, "country")
    system, bic = section.text("payment_system", ""), section.text("bic", "")
    if system and not _SYSTEM.fullmatch(system):
        raise refused(section.at("payment_system"), f"{show(system)} is no code of a system",
                      next_step="use its three letters in ISO 20022, e.g. TGT")  # fmt: skip
    if bool(system) != bool(bic):
        raise refused(section.place, "a payment system and the BIC of the side there go together",
                      next_step="give both, or neither")  # fmt: skip
    try:
        bic = check_bic(bic, field=section.at("bic")) if bic else ""
    except InvalidIdentifier as error:
        raise refused(section.at("bic"), error.message.removeprefix(f"{section.at('bic')}: "),
                      next_step=error.next_step) from None  # fmt: skip
    return of.PaymentRules(section.choice("profile", of.PROFILES, "plain"),
                           PostalAddress(**parts), system, bic,
                           section.choice("border", of.BORDER_MESSAGES, "pacs.009"))  # fmt: skip


def _lists(section: Section) -> tuple[of.RequiredList, ...]:
    found = tuple(
        of.RequiredList(name, one.text("opinion")) for name, one in section.named("list", _LIST)
    )
    for one in found:
        if one.name not in _LISTS and not one.name.startswith(("own:", "opensanctions:")):
            raise refused(
                section.at("list"), f"{show(one.name)} is no list that is known",
                next_step=f"it is {listing(_LISTS)}, or own:NAME",
            )  # fmt: skip
    return tuple(sorted(found, key=lambda one: one.name))


def _each_in(
    place: str, named: list[str], currencies: tuple[str, ...], whose: str = "the side"
) -> None:
    for code in named:
        if code not in currencies:
            raise refused(
                place, f"{show(code)} is no currency of {whose}, which has {listing(currencies)}",
                next_step=f"add {code} to its currencies, or take it out here",
            )  # fmt: skip


def _account(section: Section) -> BankAccount:
    parts = {key: section.text(key) for key in ("iban", "bban", "bic", "clearing_code")
             if key in section}  # fmt: skip
    try:
        return bank_account(**parts, field=section.place)
    except InvalidIdentifier as error:
        raise refused(
            str(error.details["field"]), error.message.partition(f"{error.details['field']}: ")[2],
            next_step=error.next_step,
        ) from None  # fmt: skip


def _country(section: Section, key: str) -> str:
    try:
        return check_country(section.text(key), field=section.at(key))
    except InvalidIdentifier as error:
        raise refused(
            section.at(key), error.message.removeprefix(f"{section.at(key)}: "),
            next_step="use the two capital letters of ISO 3166, e.g. IN",
        ) from None  # fmt: skip


def _time_zone(section: Section) -> str:
    name = section.text("time_zone")
    if name not in _time_zones():
        close = nearest(name, _time_zones())
        raise refused(
            section.at("time_zone"), f"{show(name)} is no time zone of IANA",
            next_step=f"write {close}" if close else "write it as Europe/Amsterdam",
        )  # fmt: skip
    return name


@cache
def _time_zones() -> frozenset[str]:
    """The zones of IANA; not what a machine calls its own."""
    from zoneinfo import available_timezones

    return frozenset(zone for zone in available_timezones() if "/" in zone or zone == "UTC")


def _calendar(section: Section) -> of.SideCalendar:
    weekend = None
    if "weekend" in section:
        weekend = _weekend(section)
    country = _country(section, "country") if "country" in section else ""
    listed_until = section.day("listed_until") if "listed_until" in section else None
    calendar = of.SideCalendar(
        country=country,
        subdivision=section.text("subdivision", ""),
        market=section.text("market", ""),
        weekend=weekend,
        closed_days=section.days("closed_days"),
        open_days=section.days("open_days"),
        listed_until=listed_until,
    )
    listed = not country and not calendar.market
    if listed and (weekend is None or listed_until is None):
        raise refused(
            section.place, "it names neither a country nor a market, so its days must be listed",
            next_step="add country, or weekend, closed_days and listed_until",
        )  # fmt: skip
    if not listed and listed_until is not None:
        raise refused(
            section.at("listed_until"), "it is for a calendar whose days are all listed",
            next_step="leave it out, or leave out country and market",
        )  # fmt: skip
    if calendar.subdivision and not country:
        raise refused(section.at("subdivision"), "there is no country it is part of")
    fault = calendar_fault(calendar)
    if fault is not None:
        key, why, step = fault
        raise refused(section.at(key), why, next_step=step)
    both = set(calendar.closed_days) & set(calendar.open_days)
    if both:
        raise refused(section.at("open_days"), f"{min(both)} is among the closed days too")
    return calendar


def _weekend(section: Section) -> tuple[int, ...]:
    if section.value("weekend") in ([], ()):
        return ()
    words = section.words("weekend")
    for word in words:
        if word.lower() not in of.WEEKDAYS:
            close = nearest(word, of.WEEKDAYS)
            raise refused(
                section.at("weekend"), f"{show(word)} is no day of the week",
                next_step=f"write {close or 'it as saturday'}",
            )  # fmt: skip
    days = tuple(sorted({of.WEEKDAYS.index(word.lower()) for word in words}))
    if len(days) == 7:
        raise refused(section.at("weekend"), "the side would never work")
    return days


def _cycle(section: Section) -> of.CycleRules:
    every = section.choice("every", of.PERIODS)
    window = section.section("correction_window", ("hours", "business_hours"))
    if len(window.values) != 1:
        raise refused(
            window.place, "it is in hours or in business hours: one of the two",
            next_step="write { business_hours = 16 }",
        )  # fmt: skip
    unit = next(iter(window.values))
    pay_in = section.section("pay_in_deadline", ("business_days", "time"))
    opens = section.time("opens", of.OPENS)
    closes = section.time("closes", of.CLOSES)
    if opens >= closes:
        raise refused(section.at("closes"), f"{closes:%H:%M} is not after {opens:%H:%M}")
    return of.CycleRules(
        every=every,
        day=_day_rule(section, every),
        time_zone=_time_zone(section),
        cut_off=section.time("cut_off"),
        window_hours=window.whole(unit, 1, _MOST_HOURS),
        window_in_business_hours=unit == "business_hours",
        opens=opens,
        closes=closes,
        pay_in_days=pay_in.whole("business_days", 1, 60),
        pay_in_time=pay_in.time("time"),
        previews=_previews(section),
    )


def _previews(section: Section) -> tuple[datetime.time, ...]:
    """Read the times of previews: a few a day, an hour apart or more, in their order."""
    if "previews" not in section.values:
        return of.PREVIEWS
    given = section.value("previews")
    if not isinstance(given, list | tuple) or len(given) > of.MOST_PREVIEWS:
        raise refused(
            section.at("previews"), f"it is not a list of at most {of.MOST_PREVIEWS} times",
            next_step="write previews = [09:00:00, 12:00:00, 15:00:00], or [] for none",
        )  # fmt: skip
    times = [Section({"previews": one}, section.place, ("previews",)).time("previews")
             for one in given]  # fmt: skip
    for earlier, later in itertools.pairwise(times):
        if later.hour * 60 + later.minute - earlier.hour * 60 - earlier.minute < 60:
            raise refused(
                section.at("previews"),
                f"{later:%H:%M} is not an hour after {earlier:%H:%M}",
                next_step="write them in their order, an hour apart or more",
            )  # fmt: skip
    return tuple(times)


def _day_rule(section: Section, every: str) -> of.DayRule:
    if every == "day":
        section.choice("day", ("every business day",), "every business day")
        return of.DayRule("every-business-day")
    value = section.value("day")
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if every == "week" and isinstance(text, str) and text.lower() in of.WEEKDAYS:
        return of.DayRule("weekday", of.WEEKDAYS.index(text.lower()))
    if every == "month" and isinstance(text, str) and re.fullmatch(r"[1-9]|[12]\d|3[01]", text):
        return of.DayRule("day-of-month", int(text))
    match = _DAY_RULE.fullmatch(text.strip().lower()) if isinstance(text, str) else None
    number = 0
    if match is not None:
        end, count, last = match.groups()
        number = {"first": 1, "last": -1}.get(end or "", int(count or 0) * (-1 if last else 1))
    most = 15 if every == "month" else 3
    if number == 0 or abs(number) > most:
        own = "a day of the month such as 15" if every == "month" else "a weekday such as friday"
        raise refused(
            section.at("day"), f"{show(value)} is no day of a {every}",
            next_step=f"write {own}, or last business day, or 2nd business day (at most {most})",
        )  # fmt: skip
    return of.DayRule("business-day", number)


def _border_quotas(
    top: Section, unit: str, sides: list[str], tables: list[str]
) -> tuple[of.BorderQuota, ...]:
    found = dict[tuple[str, str], of.BorderQuota]()
    keys = ("debtor_side", "creditor_side", "quota", "tranche_table")
    for section in top.listed("border_quota", keys):
        pair = tuple(_side_or_hub(section, key, sides) for key in keys[:2])
        debtor, creditor = pair
        if debtor == creditor:
            raise refused(
                section.place, "a side owes itself nothing" if debtor else "both sides are empty",
                next_step="name two sides, or one and the hub (empty)",
            )  # fmt: skip
        if (debtor, creditor) in found:
            raise refused(section.place, "these sides have a quota already")
        name = section.text("tranche_table")
        if name not in tables:
            close = nearest(name, tables)
            raise refused(
                section.at("tranche_table"), f"there is no tranche table {show(name)}",
                next_step=f"write {close}" if close else f"add [tranche_table.{name}]",
            )  # fmt: skip
        quota = of.BorderQuota(debtor, creditor, section.amount("quota", unit), name)
        found[debtor, creditor] = quota
    return tuple(
        found[pair] for pair in sorted(found, key=lambda pair: [side.encode() for side in pair])
    )


def _side_or_hub(section: Section, key: str, sides: list[str]) -> str:
    side = section.text(key, "", empty=True)
    if side and side not in sides:
        close = nearest(side, sides) or listing(sides)
        raise refused(
            section.at(key), f"the house has no side {show(side)}",
            next_step=f"write {close}, or leave it empty for the hub",
        )  # fmt: skip
    return side


def _tranche(section: Section) -> of.Tranche:
    width = section.share("width")
    if width == 0:
        raise refused(section.at("width"), "the step has none", next_step="leave the step out")
    return of.Tranche(width, section.share("debtor_hard"), section.share("creditor_hard"))


def _tranche_table(name: str, section: Section) -> of.TrancheTable:
    steps = tuple(
        _tranche(step) for step in section.listed("step", ("width", "debtor_hard", "creditor_hard"))
    )
    whole = sum((step.width for step in steps), Fraction(0))
    if whole != 1:
        raise refused(
            section.at("step"), f"the widths come to {whole}, not to 1",
            next_step="give steps from nought to the whole of the quota",
        )  # fmt: skip
    beyond = section.choice("beyond", of.BEYOND)
    creditor_beyond = section.share("creditor_hard_beyond", Fraction(1))
    capital_account = section.text("capital_account", "")
    if beyond == "refuse" and creditor_beyond != 1:
        raise refused(
            section.at("creditor_hard_beyond"), "nothing flows beyond the quota",
            next_step="leave it out, or write beyond = hard",
        )  # fmt: skip
    uneven = any(step.debtor_hard != step.creditor_hard for step in steps)
    if (uneven or creditor_beyond != 1) and not capital_account:
        raise refused(
            section.place, "debtors pay another share than creditors receive; nobody carries it",
            next_step="make the shares equal, or name who carries it under capital_account",
        )  # fmt: skip
    if beyond == "refuse":
        return of.TrancheTable(name, steps, capital_account=capital_account)
    return of.TrancheTable(name, steps, Fraction(1), creditor_beyond, capital_account)


def _missed_pay_in(section: Section, sides: tuple[of.Side, ...]) -> of.MissedPayIn:
    rule = section.choice("missed_pay_in", of.MISSED)
    if rule == "queue":
        return of.MissedPayIn(rule, section.whole("grace_business_days", 1, 60))
    if "grace_business_days" in section:
        raise refused(
            section.at("grace_business_days"), f"only a queue waits, and the rule is {rule}",
            next_step="leave it out, or write missed_pay_in = queue",
        )  # fmt: skip
    for side in sides if rule == "pool" else ():
        for currency in side.currencies:
            if side.pool_minor(currency) == 0:
                raise refused(
                    f'side "{side.id}": pool', f"there is none in {currency}",
                    next_step=f"give an amount under [side.{side.id}.pool]",
                )  # fmt: skip
    return of.MissedPayIn(rule)


def _bears(section: Section) -> of.Bears:
    def read(key: str, options: tuple[str, ...]) -> of.Bearer:
        one = section.section(key, ("who", "text"))
        return of.Bearer(one.choice("who", options), one.text("text"))

    return of.Bears(
        loss=read("loss", of.BEARERS),
        interest=read("interest", of.INTEREST_BEARERS),
        revaluation=read("revaluation", of.BEARERS),
    )


def _tolerance(top: Section) -> of.Tolerance:
    section = top.section("matching", ("amount_minor", "amount_share", "due_days"), needed=False)
    share = section.share("amount_share", Fraction(0))
    if share > of.MOST_TOLERANCE:
        raise refused(
            section.at("amount_share"), f"{share} is more than {of.MOST_TOLERANCE}: no match at all"
        )
    return of.Tolerance(
        section.whole("amount_minor", 0, 10**6, 0), share, section.whole("due_days", 0, 366, 0)
    )


def _expiry(section: Section) -> of.Expiry:
    if len({"cycles", "days"} & set(section.values)) != 1:
        raise refused(
            section.place, "it is in cycles or in days: one of the two",
            next_step="write cycles = 12",
        )  # fmt: skip
    cycles, days = section.whole("cycles", 1, 1200, 0), section.whole("days", 1, 36600, 0)
    return of.Expiry(cycles, days, section.whole("limitation_days", 1, 36600, 0))


def _founders(
    top: Section, rights: Collection[str], impersonal: bool
) -> tuple[of.Founder, ...]:
    founders = tuple(
        of.Founder(
            person,
            section.text("name", "" if impersonal else None, empty=impersonal),
            section.text("identity", "" if impersonal else None, empty=impersonal),
            tuple(sorted(_right(one, section, rights) for one in section.words("rights"))),
        )
        for person, section in top.named("founder", ("name", "identity", "rights"))
    )
    if len(founders) < 2:
        raise refused(
            "founder", "a house is opened by two people or more",
            next_step="add the second under [founder.P2]",
        )  # fmt: skip
    papers = dict[str, str]()
    for one in founders:
        paper = "".join(one.identity.split()).casefold()
        if paper and paper in papers:
            raise refused(
                f'founder "{one.id}": identity', f"it is that of {show(papers[paper])} too",
                next_step="two different people are needed",
            )  # fmt: skip
        papers[paper] = one.id
    held = {right for one in founders for right in one.rights}
    for right in sorted((held | set(rights)) - ({of.EVERY_RIGHT} if rights else set())):
        holders = [one.id for one in founders if one.holds(right)]
        if len(holders) < 2:
            raise refused(
                "founder", f"{show(right)} is held by {listing(holders) or 'nobody'} alone; every "
                "act needs a maker and a checker",
                next_step=f"give {right} to two people or more",
            )  # fmt: skip
    return founders


def _right(word: str, section: Section, rights: Collection[str]) -> str:
    if word == of.EVERY_RIGHT or word in rights or (not rights and _RIGHT.fullmatch(word)):
        return word
    close = nearest(word, [*rights, of.EVERY_RIGHT])
    raise refused(
        section.at("rights"), f"{show(word)} is no right",
        next_step=f"write {close}" if close else "write it as payments, or all",
    )  # fmt: skip


# ---- writing -----------------------------------------------------------------------------------


def write_rules(rules: HouseRules) -> dict[str, object]:
    """Write rules as plain values; :meth:`HouseRules.as_json` calls this.

    Args:
        rules: Rules that were read.

    Returns:
        The tables of the file with every value in its canonical text.
    """
    return {
        "house": {"id": rules.id, "name": rules.name, "kind": rules.kind, "unit": rules.unit},
        "side": {side.id: _write_side(side) for side in rules.sides},
        **_write_hub(rules.hub),
        "cycle": _write_cycle(rules.cycle),
        "border_quota": [
            {
                "debtor_side": one.debtor_side,
                "creditor_side": one.creditor_side,
                "quota": _write_amount(one.quota_minor, rules.unit),
                "tranche_table": one.tranches,
            }
            for one in rules.border_quotas
        ],
        "tranche_table": {one.name: _write_table(one) for one in rules.tranche_tables},
        "clearing": {"split": rules.split, "prefer": rules.prefer or "none"},
        "settlement": _write_settlement(rules),
        "bears": {
            "loss": {"who": rules.bears.loss.who, "text": rules.bears.loss.text},
            "interest": {"who": rules.bears.interest.who, "text": rules.bears.interest.text},
            "revaluation": {
                "who": rules.bears.revaluation.who, "text": rules.bears.revaluation.text,
            },
        },
        "screening": {
            "list_limit_days": rules.list_limit_days, "smaller_share": str(rules.smaller_share),
            **({"remote": rules.screening_service.as_mapping()} if rules.screening_service else {}),
        },
        **({"gate": {table: dict(said) for table, said in rules.tolerances}}
           if rules.tolerances else {}),
        "matching": {
            "amount_minor": rules.matching.amount_minor,
            "amount_share": str(rules.matching.amount_share),
            "due_days": rules.matching.due_days,
        },
        "bank_details": {"cooling_off_hours": rules.cooling_off_hours},
        "expiry": {
            name: value
            for name, value in (
                ("cycles", rules.expiry.cycles), ("days", rules.expiry.days),
                ("limitation_days", rules.expiry.limitation_days),
            )
            if value
        },
        "alarm": {"cycles": rules.alarm.cycles, "quota_share": str(rules.alarm.quota_share)},
        **write_sign_on(rules.sign_on),
        "founder": {
            one.id: {
                "name": one.name,
                "identity": one.identity,
                "rights": list(one.rights),
            }
            for one in rules.founders
        },
    }  # fmt: skip


def _write_amount(minor: int, currency: str) -> str:
    return format_minor(minor, exponents()[currency])


def _write_side(side: of.Side) -> dict[str, object]:
    return {
        "name": side.name,
        "jurisdiction": side.jurisdiction,
        "currencies": list(side.currencies),
        "account": {one.currency: one.account.as_json() for one in side.accounts},
        "calendar": _write_calendar(side.calendar),
        "time_zone": side.time_zone,
        "retention_years": dict(side.retention_years),
        "working_balance": {
            one.currency: {
                "limit": _write_amount(one.limit_minor, one.currency),
                "sponsor": one.sponsor,
                "agreement": one.agreement,
            }
            for one in side.working_balances
        },
        "pool": {one.currency: _write_amount(one.amount_minor, one.currency) for one in side.pools},
        "list": {one.name: {"opinion": one.opinion} for one in side.lists},
        **_write_payments(side.payments),
        **({"write_off": {one.currency: _write_amount(one.amount_minor, one.currency)
                          for one in side.write_offs}} if side.write_offs else {}),
    }  # fmt: skip


def _write_hub(hub: of.Hub) -> dict[str, object]:
    """The hub's account; nothing where the rules say nothing of it."""
    if hub == of.NO_HUB:
        return {}
    accounts = {one.currency: one.account.as_json() for one in hub.accounts}
    return {"hub": {"account": accounts, **_write_payments(hub.payments)}}


def _write_payments(said: of.PaymentRules) -> dict[str, object]:
    """How a side's bank takes orders; nothing where the rules say nothing of it."""
    if said == of.PLAIN_PAYMENTS:
        return {}
    holder = {part: getattr(said.holder, part) for part in PARTS if getattr(said.holder, part)}
    return {"payments": {"profile": said.profile, "holder": holder} | {
        key: getattr(said, key) for key in ("payment_system", "bic", "border")
        if said.payment_system
    }}  # fmt: skip


def _write_calendar(calendar: of.SideCalendar) -> dict[str, object]:
    written: dict[str, object] = {
        "closed_days": [day.isoformat() for day in calendar.closed_days],
        "open_days": [day.isoformat() for day in calendar.open_days],
    }
    for key, text in (
        ("country", calendar.country),
        ("subdivision", calendar.subdivision),
        ("market", calendar.market),
    ):
        if text:
            written[key] = text
    if calendar.weekend is not None:
        written["weekend"] = [of.WEEKDAYS[day] for day in calendar.weekend]
    if calendar.listed_until is not None:
        written["listed_until"] = calendar.listed_until.isoformat()
    return written


def _write_cycle(cycle: of.CycleRules) -> dict[str, object]:
    unit = "business_hours" if cycle.window_in_business_hours else "hours"
    times = [f"{one:%H:%M}" for one in cycle.previews]
    usual: dict[str, object] = {} if cycle.previews == of.PREVIEWS else {"previews": times}
    return usual | {
        "every": cycle.every,
        "day": cycle.day.text,
        "time_zone": cycle.time_zone,
        "cut_off": f"{cycle.cut_off:%H:%M}",
        "correction_window": {unit: cycle.window_hours},
        "opens": f"{cycle.opens:%H:%M}",
        "closes": f"{cycle.closes:%H:%M}",
        "pay_in_deadline": {
            "business_days": cycle.pay_in_days,
            "time": f"{cycle.pay_in_time:%H:%M}",
        },
    }


def _write_table(table: of.TrancheTable) -> dict[str, object]:
    written: dict[str, object] = {
        "step": [
            {
                "width": str(step.width),
                "debtor_hard": str(step.debtor_hard),
                "creditor_hard": str(step.creditor_hard),
            }
            for step in table.steps
        ],
        "beyond": "refuse" if table.debtor_beyond is None else "hard",
        "creditor_hard_beyond": str(1 if table.debtor_beyond is None else table.creditor_beyond),
    }
    if table.capital_account:
        written["capital_account"] = table.capital_account
    return written


def _write_settlement(rules: HouseRules) -> dict[str, object]:
    written: dict[str, object] = {
        "pay_in": rules.pay_in,
        "missed_pay_in": rules.missed_pay_in.rule,
    }
    if rules.missed_pay_in.rule == "queue":
        written["grace_business_days"] = rules.missed_pay_in.grace_days
    return written


# ---- an example --------------------------------------------------------------------------------


def example_rules() -> str:
    """Return a ``house.toml`` with everything in it, to start from: sides in EUR and INR.

    Example:
        >>> example_rules().splitlines()[0]
        '# The rules of a clearing house. Every line is a decision: read it before the house opens.'
    """
    return EXAMPLE
