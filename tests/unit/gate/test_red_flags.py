# SPDX-License-Identifier: Apache-2.0
"""Red flags: each against an obvious way to find it; a flag holds and never refuses."""

from __future__ import annotations

import datetime
import itertools
import statistics
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from skontro.core.errors import InvalidRules
from skontro.gate.outcome import JudgedMany
from skontro.gate.red_flags import (
    BUYS,
    MICRO,
    MOST,
    SELLS,
    Firm,
    FlagRules,
    History,
    Spread,
    Traffic,
    judge_flags,
    per_unit,
    shipments_of,
    spreads_of,
    usual_goods,
)
from skontro.gate.round_trips import RoundTripRules, Shipments, round_trips
from skontro.gate.trade import Line, Owed, Texts, Trade, TradeColumns

EPOCH = datetime.date(1970, 1, 1)


def traffic_of(*rows: tuple[int, int, Line], day: int = 20_000, worth: int = 100) -> Traffic:
    """Obligations of one line each: debtor, creditor, line."""
    owed = [Owed("A", "B", line.value_minor, Trade("advance", (line,))) for _, _, line in rows]
    count = len(rows)
    return Traffic(
        TradeColumns.of(owed), np.arange(1, count + 1),
        np.array([debtor for debtor, _, _ in rows], np.int64),
        np.array([creditor for _, creditor, _ in rows], np.int64), Texts.same("EUR", count),
        np.full(count, worth, np.int64), np.full(count, day, np.int32),
    )  # fmt: skip


def rice(value: int = 200, quantity: int = 1000, weight: int = 0, unit: str = "KGM") -> Line:
    return Line("10063098", value, quantity, unit, weight)


def codes(told: JudgedMany, place: int = 0) -> list[object]:
    said = told.at(place)
    assert said.outcome == ("held" if said.reasons else "released")
    return [why["code"] for why in said.reasons]


# ---- prices and weights ------------------------------------------------------------------------


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 10**6)), max_size=60)
)
def test_spreads_are_medians(rows: list[tuple[int, int]]) -> None:
    keys = np.array([key for key, _ in rows], np.int64)
    values = np.array([value for _, value in rows], np.int64)
    for key, told in enumerate(spreads_of(keys, values, 4)):
        here = [value for one, value in rows if one == key and value >= 0]
        assert told.count == len(here)
        if here:
            middle = statistics.median_low(here)
            off = statistics.median_low([abs(value - middle) for value in here])
            assert (told.middle, told.off) == (middle, off)


@given(st.integers(-5, 2**62 - 1), st.integers(-5, 2**62 - 1))
def test_price_of_a_unit(value: int, quantity: int) -> None:
    """Against fractions of any size: exact to its last digit for quantities below 2**33
    thousandths, and to one part in a million beyond."""
    told = int(per_unit(np.array([value]), np.array([quantity]))[0])
    if value <= 0 or quantity <= 0:
        assert told == -1
        return
    exact = value * 1000 * MICRO // quantity
    if value // quantity >= 2**31:
        assert told == MOST
    elif quantity < 2**33:
        assert told == exact
    else:
        assert abs(told - exact) <= max(2, exact // 10**6)


PRICES = [
    (200, []), (300, []), (301, ["PriceFarOff"]), (100, []), (99, ["PriceFarOff"]),
    (2, ["PriceFarOff"]), (10**15, ["PriceFarOff"]),
]  # fmt: skip


@pytest.mark.parametrize(("value", "expected"), PRICES)
def test_prices_far_from_what_was_usual(value: int, expected: list[str]) -> None:
    key = ("100630", "KGM", "EUR")
    history = History(prices={key: Spread(8, 200 * MICRO, 1 * MICRO)})
    assert codes(judge_flags(traffic_of((1, 2, rice(value))), history)) == expected
    few = History(prices={key: Spread(7, 200 * MICRO, 1 * MICRO)})
    assert codes(judge_flags(traffic_of((1, 2, rice(value))), few)) == []
    wide = History(prices={key: Spread(8, 200 * MICRO, 10**15 * MICRO)})
    assert codes(judge_flags(traffic_of((1, 2, rice(value))), wide)) == []


def test_other_units_and_currencies_are_other_goods() -> None:
    history = History(prices={
        ("100630", "TNE", "EUR"): Spread(8, 1, 0), ("100630", "KGM", "USD"): Spread(8, 1, 0),
        ("100640", "KGM", "EUR"): Spread(8, 1, 0),
    })  # fmt: skip
    assert codes(judge_flags(traffic_of((1, 2, rice())), history)) == []


def test_a_few_wild_prices_change_nothing() -> None:
    """The history is made from what was cleared; a fifth of it may be wild."""
    usual = [(1, 2, rice(200 + place % 5)) for place in range(40)]
    wild = [(1, 2, rice(10**9)) for _ in range(10)]
    prices, _ = usual_goods(traffic_of(*usual, *wild))
    history = History(prices=prices)
    assert codes(judge_flags(traffic_of((1, 2, rice(204))), history)) == []
    assert codes(judge_flags(traffic_of((1, 2, rice(10**9))), history)) == ["PriceFarOff"]


WEIGHTS = [
    (rice(weight=1000), []), (rice(weight=1100), []), (rice(weight=1101), ["WeightOff"]),
    (rice(weight=900), []), (rice(weight=899), ["WeightOff"]), (rice(weight=0), []),
    (rice(unit="TNE", weight=1_000_000), []), (rice(unit="TNE", weight=1000), ["WeightOff"]),
    (rice(unit="H87", weight=500), []), (rice(unit="H87", weight=5000), ["WeightOff"]),
    (rice(unit="H87", quantity=0, weight=5000), []),
]  # fmt: skip


@pytest.mark.parametrize(("line", "expected"), WEIGHTS)
def test_weight_and_quantity(line: Line, expected: list[str]) -> None:
    history = History(weights={("100630", "H87", ""): Spread(9, 500 * MICRO, MICRO)})
    assert codes(judge_flags(traffic_of((1, 2, line)), history)) == expected


def test_the_line_a_flag_is_about_is_named() -> None:
    """Two obligations: of the one with three lines the second costs ten times the usual and the
    third weighs half of what it should; the one with a single line names none."""
    history = History(prices={("100630", "KGM", "EUR"): Spread(8, 200 * MICRO, MICRO)})
    lines = rice(), rice(2000), rice(weight=500)
    traffic = traffic_of((1, 2, rice(2000)), (1, 2, rice()))
    trade = TradeColumns.of([
        Owed("A", "B", 2000, Trade("advance", (rice(2000),))),
        Owed("A", "B", 2400, Trade("advance", lines)),
    ])  # fmt: skip
    told = judge_flags(replace(traffic, trade=trade), history)
    assert codes(told) == ["PriceFarOff"]
    (alone,) = told.at(0).reasons
    assert not str(alone["text"]).startswith("line")
    assert "lines" not in alone
    assert [(why["code"], why["lines"]) for why in told.at(1).reasons] == [
        ("PriceFarOff", [2]), ("WeightOff", [3]),
    ]  # fmt: skip
    assert [str(why["text"])[:8] for why in told.at(1).reasons] == ["line 2: ", "line 3: "]


# ---- round trips -------------------------------------------------------------------------------

RULES = RoundTripRules()
SHIPMENT = st.tuples(
    st.sampled_from(["100630", "902190"]), st.sampled_from([1000, 1010, 1030]),
    st.integers(1, 5), st.integers(1, 5), st.sampled_from([0, 40, 90, 130]),
)  # fmt: skip
Row = tuple[str, int, int, int, int]


def shipments(rows: list[Row]) -> Shipments:
    return Shipments(
        Texts.of(row[0] for row in rows), Texts.same("KGM", len(rows)),
        np.array([row[1] for row in rows], np.int64), np.array([row[2] for row in rows], np.int64),
        np.array([row[3] for row in rows], np.int64), np.array([row[4] for row in rows], np.int32),
        np.arange(len(rows)),
    )  # fmt: skip


def slow_rounds(rows: list[Row]) -> set[int]:
    """Try every two, three and four shipments in every order."""
    found = set[int]()
    for size in (2, 3, 4):
        for way in itertools.permutations(range(len(rows)), size):
            legs = [rows[place] for place in way]
            goes = all(
                one[3] == two[2] for one, two in zip(legs, [*legs[1:], legs[0]], strict=True)
            )
            if not goes or len({leg[0] for leg in legs}) > 1:
                continue
            if any(leg[2] == leg[3] for leg in legs):
                continue
            days = [leg[4] for leg in legs]
            least, most = min(leg[1] for leg in legs), max(leg[1] for leg in legs)
            if size == 2:
                fits = most - least <= most * RULES.quantity_share
            else:
                fits = least == most and days == sorted(days)
            if fits and max(days) - min(days) <= RULES.days:
                found |= set(way)
    return found


@settings(max_examples=60)
@given(st.lists(SHIPMENT, max_size=6), st.integers(0, 6))
def test_round_trips_against_every_order(rows: list[Row], old: int) -> None:
    new, earlier = shipments(rows[old:]), shipments(rows[:old])
    told = round_trips(new, earlier, RULES)
    assert set(told) == {place - min(old, len(rows)) for place in slow_rounds(rows) if place >= old}


def test_the_way_of_the_goods_is_told() -> None:
    rows: list[Row] = [("100630", 7, 1, 2, 0), ("100630", 7, 2, 3, 1), ("100630", 7, 3, 1, 2)]
    told = round_trips(shipments(rows), Shipments.none(), RULES)
    assert {str(why["text"]) for why in told.values()} == {
        "100630 (cereals) goes round: party 1 to party 2 (obligation 0) to party 3 (obligation 1) "
        "to party 1 (obligation 2)"
    }


def test_a_country_s_own_digits_and_units_said_twice_hide_nothing() -> None:
    """Goods are told by their first six digits, whatever follows, and however columns are kept."""
    there, back = rice(), Line("1006301000", 200, 1000, "KGM")
    told = judge_flags(traffic_of((1, 2, there), (2, 1, back)))
    assert [codes(told, place) for place in range(2)] == [["RoundTrip"], ["RoundTrip"]]
    traffic = traffic_of(*[(1, 2, rice(200 + place)) for place in range(10)])
    places = np.arange(10, dtype=np.int32)
    lines = replace(traffic.trade.lines, unit=Texts(places, ["KGM"] * 10))
    loose = replace(
        traffic, trade=traffic.trade.with_lines(lines), currency=Texts(places, ["EUR"] * 10)
    )
    assert usual_goods(loose) == usual_goods(traffic)
    assert usual_goods(loose)[0]["100630", "KGM", "EUR"].count == 10


def test_services_and_what_has_no_quantity_go_no_rounds() -> None:
    back: list[Row] = [("SC1", 7, 1, 2, 0), ("SC1", 7, 2, 1, 0)]
    assert round_trips(shipments(back), Shipments.none(), RULES) == {}
    back = [("100630", 0, 1, 2, 0), ("100630", 0, 2, 1, 0)]
    assert round_trips(shipments(back), Shipments.none(), RULES) == {}


def test_too_many_to_tell_is_doubt() -> None:
    """Thousands of shipments of one quantity among a few firms: held in doubt, and soon."""
    rows: list[Row] = [
        ("100630", 7, 1 + place % 7, 1 + (place * 5 + 3) % 7, 0) for place in range(3000)
    ]
    rows = [row for row in rows if row[2] != row[3]]
    assert len(round_trips(shipments(rows), Shipments.none(), RULES)) == len(rows)
    far: list[Row] = [("100630", 7, 1, 2, 0)] * 2000 + [("100630", 7, 2, 1, 400)]
    told = round_trips(shipments(far), Shipments.none(), RULES)
    assert [told[place]["code"] for place in told] == ["RoundTripInDoubt"]


def test_round_trip_raises_its_flag() -> None:
    told = judge_flags(traffic_of((1, 2, rice()), (2, 1, rice()), (1, 3, rice())))
    assert [codes(told, place) for place in range(3)] == [["RoundTrip"], ["RoundTrip"], []]
    first = traffic_of((1, 2, rice()))
    later = traffic_of((2, 1, rice()))
    assert codes(judge_flags(later, History(shipments=shipments_of(first)))) == ["RoundTrip"]


# ---- firms -------------------------------------------------------------------------------------


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.integers(1, 3), st.integers(4, 5), st.integers(1, 900)), max_size=20),
    st.integers(0, 500),
)
def test_sudden_volume_against_adding_up(rows: list[tuple[int, int, int]], before: int) -> None:
    """In order of numbers: what passes four times the usual volume is flagged, no less."""
    lines = [(debtor, creditor, Line("SC1", 1)) for debtor, creditor, _ in rows]
    traffic = traffic_of(*lines)
    traffic.worth_minor[:] = [worth for _, _, worth in rows]
    traffic.number[:] = traffic.number[::-1].copy()
    history = History(
        volumes={(4, SELLS): Spread(3, 250, 10), (1, BUYS): Spread(3, 100, 60),
                 (5, SELLS): Spread(2, 1, 0)},
        so_far={(4, SELLS): before},
    )  # fmt: skip
    told = judge_flags(traffic, history)
    sold, bought = before, 0
    for place in reversed(range(len(rows))):
        debtor, creditor, worth = rows[place]
        sold += worth if creditor == 4 else 0
        bought += worth if debtor == 1 else 0
        expected = ["SuddenVolume"] if creditor == 4 and sold > 1000 else []
        expected += ["SuddenVolume"] if debtor == 1 and bought > 460 else []
        assert codes(told, place) == expected


SHELLS = [
    (Firm(365, 0, 1), 1000, True), (Firm(366, 0, 1), 1000, True), (Firm(366, 0, 0), 1000, False),
    (Firm(366, 1, 1), 1000, False), (Firm(10, 0, 0), 1000, True), (Firm(10, 0, 3), 999, False),
    (Firm(None, 0, 0), 1000, True), (Firm(10, 5, 0), 1000, False), (Firm(10, 5, 1), 1000, True),
]  # fmt: skip


@pytest.mark.parametrize(("firm", "worth", "is_shell"), SHELLS)
def test_shells(firm: Firm, worth: int, is_shell: bool) -> None:
    rules = FlagRules(large_minor=2000)
    lines = [(1, 2, Line("SC1", 1)), (3, 1, Line("SC1", 1)), (1, 2, Line("SC1", 1))]
    told = judge_flags(traffic_of(*lines, worth=worth), History(firms={1: firm}), rules)
    expected = ["ShellPattern"] if is_shell else []
    assert [codes(told, place) for place in range(3)] == [expected, [], expected]


# ---- all together ------------------------------------------------------------------------------


def test_nothing_known_nothing_flagged() -> None:
    assert judge_flags(traffic_of((1, 2, rice(weight=1000)))).released.all()
    assert len(judge_flags(traffic_of())) == 0


def test_history_of_one_judges_as_of_many() -> None:
    """One obligation alone, with what was before it handed over, has the reasons it had among
    many."""
    rows = [(1 + place % 4, 5 + place % 3, rice(190 + 40 * (place % 7))) for place in range(30)]
    traffic = traffic_of(*rows)
    prices = {("100630", "KGM", "EUR"): Spread(20, 200 * MICRO, 5 * MICRO)}
    history = History(prices=prices, volumes={(6, SELLS): Spread(4, 100, 0)})
    told = judge_flags(traffic, history)
    for place, row in enumerate(rows):
        so_far = 100 * sum(creditor == 6 for _, creditor, _ in rows[:place])
        alone = History(prices=prices, volumes=history.volumes, so_far={(6, SELLS): so_far})
        assert judge_flags(traffic_of(row), alone).at(0) == told.at(place)


def test_rules_are_bounded_and_digests_tell_apart() -> None:
    for bad in ({"least_values": 4}, {"price_spreads": 21}, {"price_share": "2"},
                {"weight_share": "51 %"}, {"volume_times": 21}, {"large_minor": 10**11},
                {"young_days": 29}, {"round_trip_days": 6}, {"round_trip_share": "1/3"},
                {"off": True}):  # fmt: skip
        with pytest.raises(InvalidRules):
            FlagRules.from_mapping(bad)
    assert FlagRules.from_mapping({}) == FlagRules()
    assert FlagRules.from_mapping({"round_trip_days": 30}).digest != FlagRules().digest
    assert FlagRules(price_share=Fraction(1, 4)).digest != FlagRules().digest
    one = History(shipments=shipments_of(traffic_of((1, 2, rice()), (2, 3, rice()))))
    two = History(shipments=shipments_of(traffic_of((1, 2, rice()), (2, 4, rice()))))
    assert one.digest != two.digest
