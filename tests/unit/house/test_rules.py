# SPDX-License-Identifier: Apache-2.0
"""The rules of a house: what is read exactly, what is refused, and where."""

from __future__ import annotations

import datetime
import json
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from skontro.core.digest import canonical_json
from skontro.core.errors import InvalidRules
from skontro.house.border import settle
from skontro.house.identifiers import BankAccount
from skontro.house.rules import WEEKDAYS, BorderQuota, DayRule, Expiry, HouseRules, MissedPayIn
from skontro.house.rules_file import TABLES, example_rules
from skontro.house.sign_on import SignOn

Change = Callable[[dict[str, Any]], object]


def example() -> dict[str, Any]:
    return tomllib.loads(example_rules())


def changed(change: Change) -> HouseRules:
    mapping = example()
    change(mapping)
    return HouseRules.from_mapping(mapping)


def put(path: str, value: object) -> Change:
    """A change that puts a value under a path such as ``side.A.name``."""

    def change(mapping: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for step in way:
            mapping = mapping[int(step)] if step.isdigit() else mapping[step]
        mapping[last] = value

    return change


def drop(path: str) -> Change:
    def change(mapping: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for step in way:
            mapping = mapping[int(step)] if step.isdigit() else mapping[step]
        del mapping[last]

    return change


def test_the_example_is_the_worked_example() -> None:
    rules = HouseRules.from_mapping(example())
    assert (rules.id, rules.kind, rules.unit) == ("alder-bakul", "demo", "EUR")
    assert [side.currencies for side in rules.sides] == [("EUR",), ("INR",)]
    assert rules.border_quotas == (BorderQuota("A", "B", 1_500_000, "carried"),)
    second = rules.side("B")
    assert second is not None
    assert second.account("INR") == BankAccount(
        bban="50100012345678", bic="HDFCINBB", clearing_code="INFSC:HDFC0000123"
    )
    balance = second.working_balance("INR")
    assert balance is not None
    assert balance.limit_minor == 135_000_000
    assert rules.missed_pay_in == MissedPayIn("recast")
    assert rules.alarm.quota_share == Fraction(3, 5)
    assert rules.expiry == Expiry(cycles=12, limitation_days=1826)
    assert rules.cycle.cut_off == datetime.time(16)
    assert rules.cycle.window_in_business_hours


def test_the_example_shows_every_table_and_says_why() -> None:
    assert set(example()) | {"sign_on"} == set(TABLES)
    assert "# [sign_on]" in example_rules()
    assert example_rules().count("#") > 50
    assert all(len(line) <= 100 for line in example_rules().splitlines())


def test_round_trip_is_exact() -> None:
    rules = HouseRules.from_mapping(example())
    written = canonical_json(rules.as_json())
    again = HouseRules.from_json(json.loads(written))
    assert again == rules
    assert canonical_json(again.as_json()) == written
    assert again.digest == rules.digest
    assert HouseRules.from_mapping(rules.as_json()) == rules


SIGN_ON = {"name": "Alder Group", "issuer": "https://id.example", "client_id": "skontro"}


def test_where_people_sign_on() -> None:
    """What is not said has its usual value; all of it comes back from what is written."""
    rules = HouseRules.from_mapping(example() | {"sign_on": SIGN_ON})
    assert rules.sign_on == SignOn("Alder Group", "https://id.example", "skontro")
    full = SIGN_ON | {"claim": "person", "algorithms": ["EdDSA"], "amr": ["otp"], "acr": ["2"]}
    rules = HouseRules.from_mapping(example() | {"sign_on": full})
    assert HouseRules.from_json(json.loads(canonical_json(rules.as_json()))) == rules
    assert rules.sign_on is not None
    assert rules.sign_on.strong_acr == ("2",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"issuer": "http://id.example"}, {"issuer": "https://id.example?x=1"}, {"issuer": "id"},
        {"algorithms": ["none"]}, {"algorithms": ["HS256"]}, {"algorithms": []}, {"name": ""},
        {"secret": "s"},
    ],
)  # fmt: skip
def test_what_no_provider_is(wrong: dict[str, object]) -> None:
    with pytest.raises(InvalidRules):
        HouseRules.from_mapping(example() | {"sign_on": SIGN_ON | wrong})


def test_what_is_kept_for_ever_names_nobody() -> None:
    rules = HouseRules.from_mapping(example())
    kept = rules.impersonal()
    written = canonical_json(kept.as_json()).decode()
    for word in ("Anna Alder", "NX1234567", "Banyan Development Bank"):
        assert word in canonical_json(rules.as_json()).decode()
        assert word not in written
    assert HouseRules.from_json(json.loads(written)) == kept
    assert [one.rights for one in kept.founders] == [one.rights for one in rules.founders]
    with pytest.raises(InvalidRules, match='working_balance "INR": sponsor: it is empty'):
        HouseRules.from_mapping(json.loads(written))


def test_the_order_of_the_file_does_not_matter() -> None:
    def turned(value: object) -> object:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        return value

    mapping = turned(example())
    assert isinstance(mapping, dict)
    assert HouseRules.from_mapping(mapping) == HouseRules.from_mapping(example())


REFUSED: list[tuple[Change, str]] = [
    (put("side.A.currencies", ["EURO"]),
     "side \"A\": currencies: 'EURO' is not a currency of ISO 4217"),
    (put("house.unit", "XAU"), "house: unit: 'XAU' is not a currency of ISO 4217"),
    (put("side.A.curencies", ["EUR"]),
     "side \"A\": unknown key 'curencies'; is meant 'currencies'?"),
    (put("sides", {}), "the rules: unknown key 'sides'; is meant 'side'?"),
    (put("house.zzz", 1), "house: unknown key 'zzz'; known are id, name, kind or unit"),
    (put("house.kind", "test"), "house: kind: 'test' is not known; it is live or demo"),
    (put("house.id", "a/b"), "house: id: 'a/b' is no id"),
    (put("house.name", "  "), "house: name: it is empty"),
    (put("house.name", "a\nb"), "house: name: no control characters"),
    (put("house.name", 5), "house: name: 5 is not a text"),
    (drop("house.name"), "house: name: it is missing"),
    (drop("house"), "house: it is missing"),
    (put("house", 1), "house: 1 is not a table"),
    (put("side", {}), "side: the house has no side"),
    (put("side.A.jurisdiction", "XX"), "side \"A\": jurisdiction: 'XX': not a country"),
    (put("side.A.currencies", []), "side \"A\": currencies: a list is not a list of one text"),
    (put("side.A.currencies", ["EUR", "EUR"]), "side \"A\": currencies: 'EUR' stands there twice"),
    (put("side.A.currencies", ["EUR", "USD"]), "side \"A\": account: there is none in USD"),
    (put("side.A.account.USD", {"iban": "NL91ABNA0417164300"}),
     "side \"A\": account: 'USD' is no currency of the side, which has EUR"),
    (put("side.A.account.EUR.iban", "NL91ABNA0417164301"),
     "side \"A\": account \"EUR\": iban: 'NL91ABNA0417164301': no valid IBAN"),
    (drop("side.A.account.EUR.iban"), "side \"A\": account \"EUR\": there is neither an IBAN"),
    (put("side.A.time_zone", "Europe/Amsterdm"),
     "side \"A\": time_zone: 'Europe/Amsterdm' is no time zone of IANA"),
    (put("side.A.time_zone", "../zone"), "is no time zone of IANA"),
    (drop("side.A.retention_years.person"), "side \"A\": retention_years: person: it is missing"),
    (put("side.A.retention_years.person", 0), "0 is not a whole number from 1 to 100"),
    (put("side.A.retention_years.person", True), "true is not a whole number"),
    (put("side.A.retention_years.person", 7.0), "7.0 is not a whole number"),
    (put("side.A.calendar", {}), "names neither a country nor a market"),
    (put("side.A.calendar", {"weekend": ["saturday"]}), "names neither a country nor a market"),
    (put("side.A.time_zone", "localtime"), "'localtime' is no time zone of IANA"),
    (put("side.A.time_zone", "right/Europe/Amsterdam"), "is no time zone of IANA"),
    (drop("side.B.calendar.country"), "side \"B\": calendar: it names neither"),
    (put("side.A.calendar", {"market": "XECB", "subdivision": "MH"}),
     "calendar: subdivision: there is no country it is part of"),
    (put("side.A.calendar.market", "XEBC"), "calendar: market: 'XEBC' is no payment system"),
    (put("side.B.calendar.subdivision", "MHX"), "subdivision: 'MHX' is no part of IN"),
    (put("side.B.calendar.country", "AQ"), "subdivision: 'MH' is no part of AQ"),
    (put("side.B.calendar.country", "India"), "calendar: country: 'India': not a country of"),
    (put("side.A.calendar", {"country": "NL", "open_days": ["2026-05-01"],
                             "closed_days": ["2026-05-01"]}), "is among the closed days too"),
    (put("side.A.calendar.weekend", [f"{day}day" for day in
                                     ["mon", "tues", "wednes", "thurs", "fri", "satur", "sun"]]),
     "weekend: the side would never work"),
    (put("side.A.calendar.listed_until", "2027-12-31"), "a calendar whose days are all listed"),
    (put("side.A.calendar.weekend", ["satuday"]), "'satuday' is no day of the week"),
    (put("side.A.calendar.weekend", ["monday", "tuesday"] * 2), "stands there twice"),
    (put("side.A.calendar.closed_days", ["2026-02-30"]), "'2026-02-30' is not a day"),
    (put("side.A.calendar.closed_days", [datetime.date(2026, 5, 1), "2026-05-01"]),
     "2026-05-01 stands there twice"),
    (put("side.B.working_balance.INR.limit", "1,350,000"), "working_balance \"INR\": limit: "),
    (put("side.B.working_balance.INR.limit", 1350000.5), "1350000.5 is not exact"),
    (put("side.B.working_balance.INR.limit", "1.005"), "more decimals than the currency has"),
    (put("side.B.working_balance.USD", {"limit": 1, "sponsor": "s", "agreement": "a"}),
     "working_balance: 'USD' is no currency of the side"),
    (put("side.A.pool", {"EURO": "1"}), "side \"A\": pool: unknown key 'EURO'"),
    (put("cycle.every", "year"), "cycle: every: 'year' is not known; it is month, week or day"),
    (put("cycle.day", "friday"), "cycle: day: 'friday' is no day of a month"),
    (put("cycle.day", 32), "cycle: day: 32 is no day of a month"),
    (put("cycle.day", 0), "cycle: day: 0 is no day of a month"),
    (put("cycle.cut_off", "25:00"), "cycle: cut_off: '25:00' is not a time of day"),
    (put("cycle.cut_off", datetime.time(16, 0, 30)), "16:00:30 is not a time of day"),
    (put("cycle.cut_off", 16), "cycle: cut_off: 16 is not a time of day"),
    (put("cycle.correction_window", {}), "in hours or in business hours: one of the two"),
    (put("cycle.correction_window", {"hours": 1, "business_hours": 1}), "one of the two"),
    (put("cycle.correction_window", {"hours": 0}), "correction_window: hours: 0 is not a whole"),
    (put("cycle.opens", "17:00"), "cycle: closes: 17:00 is not after 17:00"),
    (put("cycle.pay_in_deadline.business_days", 0), "0 is not a whole number from 1 to 60"),
    (put("border_quota.0.debtor_side", "B"), "border_quota 1: a side owes itself nothing"),
    (put("border_quota.0.debtor_side", "C"), "debtor_side: the house has no side 'C'"),
    (put("border_quota.0.tranche_table", "caried"), "there is no tranche table 'caried'"),
    (put("border_quota.0.quota", "-1"), "border_quota 1: quota: '-1': the amount is negative"),
    (put("border_quota", [{}]), "border_quota 1: both sides are empty"),
    (put("border_quota", {}), "border_quota: a table is not a list of tables"),
    (put("tranche_table.half.step", []), "tranche_table \"half\": step: the widths come to 0"),
    (put("tranche_table.half.step.0.width", "0.999"), "the widths come to 999/1000, not to 1"),
    (put("tranche_table.half.step.0.width", "0"), "step 1: width: the step has none"),
    (put("tranche_table.half.step.0.width", 1.0), "step 1: width: 1.0 is not a share"),
    (put("tranche_table.half.step.0.debtor_hard", "11/10"), "is more than the whole"),
    (put("tranche_table.half.step.0.debtor_hard", "1/0"), "'1/0' divides by nought"),
    (put("tranche_table.half.step.0.debtor_hard", "1/3"), "nobody carries it"),
    (put("tranche_table.half.creditor_hard_beyond", "1/2"), "nobody carries it"),
    (put("tranche_table.carried.creditor_hard_beyond", "1/2"), "nothing flows beyond the quota"),
    (put("clearing.prefer", "newest"), "clearing: prefer: 'newest' is not known"),
    (put("settlement.pay_in", "some"), "settlement: pay_in: 'some' is not known"),
    (put("settlement.missed_pay_in", "queue"), "grace_business_days: it is missing"),
    (put("settlement.missed_pay_in", "pool"), "side \"A\": pool: there is none in EUR"),
    (put("settlement.grace_business_days", 1), "only a queue waits, and the rule is recast"),
    (drop("bears.interest"), "bears: interest: it is missing"),
    (drop("bears.loss.text"), "bears: loss: text: it is missing"),
    (put("bears.loss.who", "nobody"), "bears: loss: who: 'nobody' is not known"),
    (put("screening.list_limit_days", 32), "32 is not a whole number from 1 to 31"),
    (put("screening.list_limit_days", 0), "0 is not a whole number from 1 to 31"),
    (put("matching.amount_share", "0.2"), "matching: amount_share: 1/5 is more than 1/10"),
    (put("bank_details.cooling_off_hours", 0), "0 is not a whole number from 1"),
    (put("expiry", {}), "expiry: it is in cycles or in days"),
    (put("expiry", {"cycles": 1, "days": 1}), "expiry: it is in cycles or in days"),
    (put("expiry", {"cycles": 0}), "expiry: cycles: 0 is not a whole number"),
    (put("alarm.quota_share", "60"), "alarm: quota_share: '60' is more than the whole"),
    (drop("founder.P2"), "founder: a house is opened by two people or more"),
    (put("founder.P2.identity", "Passport NL  nx1234567"), "it is that of 'P1' too"),
    (put("founder.P2.rights", ["payments"]), "founder: 'all' is held by P1 alone"),
    (put("founder.P2.rights", ["Pay!"]), "founder \"P2\": rights: 'Pay!' is no right"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "message"), REFUSED)
def test_refused(change: Change, message: str) -> None:
    with pytest.raises(InvalidRules) as refusal:
        changed(change)
    assert message in str(refusal.value)
    assert refusal.value.next_step
    assert refusal.value.code == "InvalidRules"
    assert str(refusal.value).startswith(str(refusal.value.details["place"]))


def test_rights_are_checked_against_the_acts_there_are() -> None:
    known = ("members", "payments")
    mapping = example()
    HouseRules.from_mapping(mapping, rights=known)
    put("founder.P2.rights", ["payments", "membrs"])(mapping)
    with pytest.raises(InvalidRules, match="'membrs' is no right") as refusal:
        HouseRules.from_mapping(mapping, rights=known)
    assert refusal.value.next_step == "write members"
    put("founder.P2.rights", ["payments"])(mapping)
    with pytest.raises(InvalidRules, match="'members' is held by P1 alone"):
        HouseRules.from_mapping(mapping, rights=known)
    put("founder.P2.rights", ["payments", "members"])(mapping)
    HouseRules.from_mapping(mapping, rights=known)


def test_two_of_three_hold_each_right() -> None:
    def change(mapping: dict[str, Any]) -> None:
        person = {"name": "C", "identity": "paper C", "rights": ["payments"]}
        mapping["founder"]["P3"] = person | {"rights": ["members", "payments"]}
        mapping["founder"]["P2"]["rights"] = ["payments"]
        mapping["founder"]["P1"]["rights"] = ["members"]

    assert [one.rights for one in changed(change).founders][2] == ("members", "payments")


def test_quotas_that_cannot_settle_together_are_refused() -> None:
    """At the hub one table holds for all sides; a pair of sides may go by two."""

    def tables(at_hub: bool) -> Change:
        return put("border_quota", [
            {"debtor_side": side, "creditor_side": "" if at_hub else other, "quota": "5.00",
             "tranche_table": table}
            for side, other, table in (("A", "B", "carried"), ("B", "A", "half"))
        ])  # fmt: skip

    with pytest.raises(InvalidRules, match="one tranche table holds for all sides, not carried, h"
                       ) as refused:  # fmt: skip
        changed(tables(True))
    assert refused.value.message.startswith("border_quota: ")
    assert refused.value.next_step == "name the same table with every quota against the hub"
    assert len(changed(tables(False)).border_quotas) == 2


@pytest.mark.parametrize(
    ("every", "day", "rule"),
    [
        ("month", "last business day", DayRule("business-day", -1)),
        ("month", "First business day", DayRule("business-day", 1)),
        ("month", "2nd business day", DayRule("business-day", 2)),
        ("month", "3rd last business day", DayRule("business-day", -3)),
        ("month", 15, DayRule("day-of-month", 15)),
        ("month", "31", DayRule("day-of-month", 31)),
        ("week", "friday", DayRule("weekday", 4)),
        ("week", "last business day", DayRule("business-day", -1)),
        ("day", "every business day", DayRule("every-business-day")),
    ],
)
def test_day_rules(every: str, day: object, rule: DayRule) -> None:
    def change(mapping: dict[str, Any]) -> None:
        mapping["cycle"] |= {"every": every, "day": day}

    rules = changed(change)
    assert rules.cycle.day == rule
    assert HouseRules.from_json(rules.as_json()) == rules


def test_a_payments_union_with_a_capital_account() -> None:
    """The European Payments Union of 1950: debtors and creditors pay and receive unequally."""

    def change(mapping: dict[str, Any]) -> None:
        shares = [("0 %", "0"), ("20 %", "1/2"), ("40%", "0.5"), ("0.6", "50 %"), ("4/5", "0.50")]
        mapping["tranche_table"]["union"] = {
            "beyond": "hard",
            "creditor_hard_beyond": "1/2",
            "capital_account": "Article 23: the capital fund of the union",
            "step": [
                {"width": "20 %", "debtor_hard": debtor, "creditor_hard": creditor}
                for debtor, creditor in shares
            ],
        }

    rules = changed(change)
    table = rules.tranche_table("union")
    assert table is not None
    assert [step.debtor_hard for step in table.steps] == [Fraction(n, 5) for n in range(5)]
    assert [step.creditor_hard for step in table.steps] == [Fraction(0), *[Fraction(1, 2)] * 4]
    assert (table.debtor_beyond, table.creditor_beyond) == (Fraction(1), Fraction(1, 2))
    assert settle(0, -415_80, 330_60, table).hard == -(132_24 + 42_60)
    assert HouseRules.from_json(rules.as_json()) == rules


def test_listed_days_and_several_currencies() -> None:
    def change(mapping: dict[str, Any]) -> None:
        side = mapping["side"]["A"]
        side["currencies"] = ["USD", "EUR"]
        side["account"]["USD"] = {"bban": "12 34 56", "bic": "ABNANL2AXXX"}
        side["calendar"] = {
            "weekend": ["Saturday", "friday"],
            "closed_days": [datetime.date(2026, 12, 25), "2026-01-01"],
            "listed_until": datetime.date(2027, 12, 31),
        }
        side["pool"] = {"EUR": 500, "USD": "0.01"}
        mapping["side"]["B"]["pool"] = {"INR": "1"}
        mapping["settlement"]["missed_pay_in"] = "pool"

    rules = changed(change)
    side = rules.sides[0]
    assert side.currencies == ("EUR", "USD")
    assert side.account("USD") == BankAccount(bban="123456", bic="ABNANL2A")
    assert side.account("CHF") is None
    assert side.calendar.weekend == (4, 5)
    assert side.calendar.closed_days == (datetime.date(2026, 1, 1), datetime.date(2026, 12, 25))
    assert (side.pool_minor("EUR"), side.pool_minor("USD"), side.pool_minor("INR")) == (50000, 1, 0)
    assert HouseRules.from_json(rules.as_json()) == rules


SHARES = st.fractions(0, 1, max_denominator=1000)
AMOUNTS = st.integers(0, 10**15)
DAYS = st.lists(st.dates(datetime.date(2020, 1, 1), datetime.date(2039, 12, 31)), unique=True)
TIMES = st.times().map(lambda time: time.replace(second=0, microsecond=0))
TEXTS = st.text(st.characters(categories=("L", "N", "P", "S")), min_size=1, max_size=30)


def written_share(draw: st.DrawFn, share: Fraction) -> str:
    """A share in one of the ways it can be written exactly."""
    ways = [f"{share.numerator}/{share.denominator}"]
    per_cent = share * 100
    if per_cent.denominator == 1:
        ways += [f"{per_cent} %", f"{per_cent}%"]
    if share * 10**6 == int(share * 10**6):
        places = f"{int(share * 10**6):07d}"
        ways.append(f"{places[:-6]}.{places[-6:]}")
    return draw(st.sampled_from(ways))


@st.composite
def mappings(draw: st.DrawFn) -> dict[str, Any]:
    """The tables of some ``house.toml``: the example with much of it drawn anew."""
    mapping = example()
    for side in mapping["side"].values():
        side["name"] = draw(TEXTS)
        weekend = draw(st.lists(st.sampled_from(WEEKDAYS), max_size=6, unique=True))
        closed = draw(DAYS)
        side["calendar"] |= {"weekend": weekend, "closed_days": closed}
        side["calendar"]["open_days"] = [
            day.isoformat() for day in draw(DAYS) if day not in closed
        ]  # fmt: skip
        side["pool"] = {code: str(draw(AMOUNTS)) for code in side["currencies"]}
    steps, left = [], Fraction(1)
    for width in draw(st.lists(SHARES.filter(bool), max_size=4)):
        steps.append(left * width)
        left -= left * width
    mapping["tranche_table"] = {
        "carried": {
            "beyond": "hard",
            "capital_account": draw(TEXTS),
            "step": [
                {
                    "width": written_share(draw, width),
                    "debtor_hard": written_share(draw, draw(SHARES)),
                    "creditor_hard": written_share(draw, draw(SHARES)),
                }
                for width in [*steps, left]
                if width
            ],
        }
    }
    mapping["border_quota"] = [
        {"debtor_side": debtor, "creditor_side": creditor, "tranche_table": "carried",
         "quota": f"{draw(AMOUNTS)}.{draw(st.integers(0, 99)):02d}"}
        for debtor, creditor in draw(st.permutations([("A", ""), ("", "A"), ("A", "B")]))
    ]  # fmt: skip
    mapping["cycle"] |= {"cut_off": draw(TIMES), "opens": draw(TIMES), "closes": draw(TIMES)}
    assume(mapping["cycle"]["opens"] < mapping["cycle"]["closes"])
    mapping["alarm"]["quota_share"] = written_share(draw, draw(SHARES))
    return mapping


@settings(max_examples=50, deadline=None)
@given(mappings())
def test_every_house_survives_being_written(mapping: dict[str, Any]) -> None:
    rules = HouseRules.from_mapping(mapping)
    written = canonical_json(rules.as_json())
    again = HouseRules.from_json(json.loads(written))
    assert again == rules
    assert canonical_json(again.as_json()) == written
    assert hash(again) == hash(rules)
    assert sum(step.width for step in rules.tranche_tables[0].steps) == 1
    kept = rules.impersonal()
    assert HouseRules.from_json(json.loads(canonical_json(kept.as_json()))) == kept


def test_looking_things_up() -> None:
    rules = HouseRules.from_mapping(example())
    assert rules.side("C") is None
    assert rules.tranche_table("none") is None
    assert rules.border_quota("A", "B") == rules.border_quotas[0]
    assert rules.border_quota("B", "A") is None
    assert rules.retention_years("person") == 8
    assert rules.retention_years("person", "A") == 7
    assert rules.founders[0].holds("members")
    assert not replace(rules.founders[0], rights=("payments",)).holds("members")


ODD = (
    None, True, 0, -1, 10**30, 1.5, "", " ", "a", "\0", "1/0", [], [None], ["x", "x"], [[]], {},
    {"x": 1}, {"": ""}, {"EUR": 1}, [{}], datetime.date(2026, 1, 1), datetime.time(1, 2, 3),
    datetime.datetime(2026, 1, 1), b"bytes",
)  # fmt: skip


def test_any_value_anywhere_is_taken_or_refused() -> None:
    """Every value of the example, tables included, is exchanged for odd ones: nothing but
    InvalidRules comes of it."""

    def places(value: object, path: str = "") -> Iterator[str]:
        if isinstance(value, list):
            for number, each in enumerate(value):
                yield from places(each, f"{path}{number}.")
        elif isinstance(value, dict):
            for key, each in value.items():
                yield f"{path}{key}"
                yield from places(each, f"{path}{key}.")

    tried = taken = 0
    for path in places(example()):
        for odd in ODD:
            tried += 1
            try:
                changed(put(path, odd))
                taken += 1
            except InvalidRules:
                continue
    assert tried > 2000
    assert taken < tried // 10
