# SPDX-License-Identifier: Apache-2.0
"""Licences: whom, what, where, when and how much; never used beyond their value, even by two."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gate.test_packs import pack_of

from skontro.core.errors import Conflict, Rejected
from skontro.gate.licences import (
    RETURN,
    Entry,
    Licence,
    Need,
    Wanted,
    balances,
    given_back,
    left_minor,
    plan_reservations,
    used_up,
    wanted_of,
)
from skontro.gate.packs import PacksInForce, SidePacks
from skontro.gate.trade import Line, Owed, Paper, Trade

DAY = datetime.date(2026, 6, 1)
LICENCE = Licence(
    "L", "authority", "W", "W001", ("9022",), ("IN", "NL"), "EUR", 100,
    datetime.date(2026, 1, 1), datetime.date(2026, 12, 31),
)  # fmt: skip
NEED = Need("W", ("W001",), (("902221", ("IN",)),), 60)


def want(number: int = 1, licences: tuple[str, ...] = ("L",), **changed: object) -> Wanted:
    return Wanted(number, licences, (replace(NEED, **changed),), "EUR")  # type: ignore[arg-type]


def told(one: Wanted, licence: Licence = LICENCE, entries: tuple[Entry, ...] = ()) -> str:
    plan = plan_reservations([one], {licence.id: licence}, entries, DAY)
    said = plan.judged[one.obligation]
    assert (said.outcome == "released") == (said.reasons == ())
    return str(said.reasons[0]["text"]) if said.reasons else "released"


FAULTS = [
    (want(), {}, "released"),
    (want(value_minor=100), {}, "released"),
    (want(value_minor=101), {}, "licence L has 100 left, 101 is needed"),
    (want(licences=()), {}, "side W asks for a licence, and the papers name none of that side"),
    (want(licences=("M",)), {}, "licence M is not known to the house"),
    (want(side="E"), {}, "side E asks for a licence, and the papers name none of that side"),
    (want(), {"revoked": True}, "licence L was revoked"),
    (want(), {"valid_until": DAY}, "released"),
    (want(), {"valid_from": DAY}, "released"),
    (want(), {"valid_until": datetime.date(2026, 5, 31)},
     "licence L is valid from 2026-01-01 to 2026-05-31, not on 2026-06-01"),
    (want(), {"valid_from": datetime.date(2026, 6, 2)},
     "licence L is valid from 2026-06-02 to 2026-12-31, not on 2026-06-01"),
    (want(holders=("W002",)), {}, "licence L was given to somebody else"),
    (want(holders=("W002", "W001")), {}, "released"),
    (want(goods=(("902221", ("IN",)), ("902190", ("IN",)))), {}, "licence L does not cover 902190"),
    (want(goods=(("902221", ("IN", "CN")),)), {}, "licence L does not cover CN"),
    (want(), {"currency": "USD"}, "licence L is in USD, the obligation in EUR"),
    (want(value_minor=0), {}, "licence L cannot cover a value that is not above nought"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "changed", "expected"), FAULTS)
def test_a_licence_that_will_do(
    one: Wanted, changed: dict[str, object], expected: str
) -> None:
    assert told(one, replace(LICENCE, **changed)) == expected  # type: ignore[arg-type]


def test_the_next_licence_is_tried() -> None:
    full = replace(LICENCE, id="M", value_minor=10)
    plan = plan_reservations(
        [want(licences=("M", "L"))], {"L": LICENCE, "M": full}, [], DAY
    )
    assert plan.entries == (Entry("L", 1, "reserve", 60),)


def test_the_life_of_a_reservation() -> None:
    """Reserved, used, and a later one no longer fits; given back, and it does."""
    known = {"L": LICENCE}
    first = plan_reservations([want(1)], known, [], DAY)
    again = plan_reservations([want(1)], known, first.entries, DAY)
    assert again.judged[1].outcome == "released"
    assert again.entries == ()
    assert told(want(2), entries=first.entries) == "licence L has 40 left, 60 is needed"
    back = (*first.entries, *given_back(first.entries, [1, 9]))
    assert told(want(2), entries=back) == "released"
    used = (*first.entries, *used_up(first.entries, [1, 9]))
    assert told(want(2), entries=used) == "licence L has 40 left, 60 is needed"
    assert given_back(used, [1]) == ()
    assert left_minor(LICENCE, balances(used)["L"]) == 40
    assert told(want(1, value_minor=50), entries=used) == "released"
    assert told(want(1, value_minor=70), entries=used) == (
        "licence L stands for 60 of this obligation, 70 is needed"
    )


def test_what_was_used_returns_in_part_and_never_more_than_was_used() -> None:
    known = {"L": LICENCE}
    entries = plan_reservations([want(1)], known, [], DAY).entries
    entries += used_up(entries, [1])
    returned = (*entries, Entry("L", 1, RETURN, 25))
    assert balances(returned)["L"].used == {1: 35}
    assert told(want(2), entries=returned) == "released"
    for wrong in (Entry("L", 1, RETURN, 36), Entry("L", 2, RETURN, 1)):
        with pytest.raises(Conflict, match="does not follow"):
            balances((*returned, wrong))


def test_a_licence_made_smaller_holds_what_no_longer_fits() -> None:
    entries = (Entry("L", 1, "reserve", 60), Entry("L", 2, "reserve", 30))
    assert told(want(1), replace(LICENCE, value_minor=89), entries) == (
        "licence L has 59 left, 60 is needed"
    )


@pytest.mark.parametrize(
    "entries",
    [
        [Entry("L", 1, "use", 5)],
        [Entry("L", 1, "reserve", 5), Entry("L", 1, "reserve", 6)],
        [Entry("L", 1, "reserve", 5), Entry("L", 1, "use", 6)],
        [Entry("L", 1, "reserve", 5), Entry("L", 1, "give_back", 6)],
        [Entry("L", 1, "reserve", 5), Entry("L", 1, "use", 5), Entry("L", 1, "give_back", 5)],
        [Entry("L", 1, "reserve", 5), Entry("L", 1, "use", 5), Entry("L", 1, "reserve", 6)],
        [Entry("L", 1, "lend", 5)],
    ],
)
def test_entries_that_cannot_follow(entries: list[Entry]) -> None:
    with pytest.raises(Conflict):
        balances(entries)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["plan", "use", "back", "again"]), st.integers(1, 6), st.integers(1, 70)
    ),
    max_size=30,
)


@settings(max_examples=300)
@given(STEPS)
def test_never_used_beyond_its_value(steps: list[tuple[str, int, int]]) -> None:
    """Any order of plans, uses, returns and repeats; the sum is followed here by hand."""
    entries = list[Entry]()
    by_hand = dict[int, tuple[str, int]]()
    for kind, number, value in steps:
        if kind == "plan":
            both = [want(number, value_minor=value), want(number + 1, value_minor=value)]
            plan = plan_reservations(both, {"L": LICENCE}, entries, DAY)
            for one in plan.entries:
                assert one.obligation not in by_hand
                by_hand[one.obligation] = ("reserved", one.value_minor)
            entries += plan.entries
        elif kind == "use":
            entries += used_up(entries, [number])
            if number in by_hand:
                by_hand[number] = ("used", by_hand[number][1])
        elif kind == "back":
            entries += given_back(entries, [number])
            if by_hand.get(number, ("", 0))[0] == "reserved":
                del by_hand[number]
        elif entries:
            entries.append(entries[-1])
        taken = sum(value for _, value in by_hand.values())
        assert taken <= LICENCE.value_minor
        assert sum(one.taken_minor for one in balances(entries).values()) == taken


@pytest.mark.parametrize(
    "changed",
    [{"id": ""}, {"holder": ""}, {"goods": ()}, {"goods": ("9",)}, {"goods": ("77",)},
     {"countries": ()}, {"countries": ("XX",)}, {"currency": "EURO"}, {"value_minor": 0},
     {"value_minor": 2**62}, {"valid_until": datetime.date(2025, 1, 1)}],
)  # fmt: skip
def test_what_cannot_be_a_licence(changed: dict[str, object]) -> None:
    LICENCE.check()
    with pytest.raises(Rejected):
        replace(LICENCE, **changed).check()  # type: ignore[arg-type]


def test_which_licences_an_obligation_needs() -> None:
    """Each side asks for the lines its own pack speaks of; who is at home there must hold it; the
    exporting side looks whither goods go, the importing side whence they come."""
    west, east = pack_of(("90", "needs_licence")), pack_of(("90", "allow"), ("30", "needs_licence"))
    more = pack_of(("90", "needs_licence"), ("30", "allow"))
    packs = PacksInForce({"W": SidePacks("NL", (more,)), "E": SidePacks("IN", (east,))})
    lines = (
        Line("902221", 40, origin="IN", transit=("AE",), destination="NL"),
        Line("300490", 20, origin="CN", destination="NL"),
        Line("902221", 5, origin="IN", transit=("AE",), destination="NL"),
    )
    papers = (Paper("licence", "L"), Paper("contract", "C"), Paper("licence", "M"))
    one = Owed("W", "E", 65, Trade("cross_border_goods", lines, papers))
    assert wanted_of(7, one, ("W001", "E001"), "EUR", packs, DAY) == Wanted(
        7, ("L", "M"),
        (Need("E", ("E001",), (("300490", ("NL",)),), 20, (2,)),
         Need("W", ("W001",), (("902221", ("IN",)),), 45, (1, 3))), "EUR",
    )  # fmt: skip
    home = Owed("W", "W", 5, Trade("domestic_goods", (Line("902221", 5),)))
    packs = PacksInForce({"W": SidePacks("NL", (west,))})
    assert wanted_of(8, home, ("W001", "W002"), "EUR", packs, DAY).needs == (
        Need("W", ("W001", "W002"), (("902221", ()),), 5),
    )


def test_weapons_need_a_licence_of_both_sides() -> None:
    both = PacksInForce({
        "W": SidePacks("NL", (pack_of(("87", "allow")),)),
        "E": SidePacks("IN", (pack_of(("87", "allow")),)),
    })  # fmt: skip
    tank = Line("871000", 5, origin="IN", destination="NL")
    one = Owed("W", "E", 5, Trade("cross_border_goods", (tank,)))
    assert [need.side for need in wanted_of(1, one, ("a", "b"), "EUR", both, DAY).needs] == [
        "E", "W",
    ]  # fmt: skip
