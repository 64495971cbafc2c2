# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import InvalidTrancheTable
from skontro.house.border import CARRIED, BothWays, Tranche, TrancheTable, tranche_table
from skontro.house.positions import (
    BorderTerms,
    Key,
    Leg,
    Payment,
    QuotaRow,
    Standing,
    border_payments,
    border_terms,
    carried_by_side,
    flow_limits,
    key_of,
    settle_borders,
)

HALF = tranche_table("union-1954")
UNION = tranche_table("union-1950", capital_account="c")
FLAT = TrancheTable("flat", (Tranche(Fraction(1), Fraction(1, 3), Fraction(1, 3)),))
TABLES = [CARRIED, HALF, UNION]
AB = ("A", "B")


def pair(owing: int, owed: int, table: TrancheTable = CARRIED) -> BorderTerms:
    return border_terms([QuotaRow("A", "B", owing, table), QuotaRow("B", "A", owed, table)])


def hub(quota: int, table: TrancheTable = CARRIED, sides: str = "ABC") -> BorderTerms:
    return border_terms(
        [QuotaRow(side, "", quota, table) for side in sides]
        + [QuotaRow("", side, quota, table) for side in sides]
    )


def stands(leg: Leg) -> Standing:
    return Standing(leg.position, leg.carried, leg.carried_other)


# ---- terms -------------------------------------------------------------------------------------


def test_one_position_has_one_key() -> None:
    assert key_of("B", "A") == (AB, -1)
    terms = border_terms([QuotaRow("B", "A", 7, CARRIED), QuotaRow("", "C", 5, CARRIED)])
    assert terms.keys() == [AB, ("C", "")]
    assert terms.quota(AB) == BothWays(0, 7)
    assert terms.quota(("C", "")) == BothWays(0, 5)
    assert terms.quota(("A", "C")) == terms.quota(("A", "")) == BothWays(0, 0)


def test_the_hub_has_one_table() -> None:
    with pytest.raises(InvalidTrancheTable, match="not carried, union-1954"):
        border_terms([QuotaRow("A", "", 7, CARRIED), QuotaRow("B", "", 5, HALF)])
    assert hub(7, FLAT).hub is not None
    with pytest.raises(InvalidTrancheTable, match="capital account"):
        hub(7, HALF)


# ---- limits ------------------------------------------------------------------------------------


def test_one_room_is_shared_by_all_positions_of_a_side() -> None:
    """B is short against A and C both: together they get no more than its account can miss."""
    terms = border_terms([
        QuotaRow("A", "B", 300, CARRIED), QuotaRow("C", "B", 100, CARRIED),
    ])  # fmt: skip
    limits = flow_limits(terms, {}, {"B": 100})
    assert limits == {AB: BothWays(50, 0), ("B", "C"): BothWays(0, 50)}
    assert flow_limits(terms, {}, {"B": 1000}) == {
        AB: BothWays(300, 0), ("B", "C"): BothWays(0, 100),
    }  # fmt: skip
    assert flow_limits(terms, {}, {}) == {AB: BothWays(0, 0), ("B", "C"): BothWays(0, 0)}


def test_a_position_that_turns_needs_no_new_money_before_nought() -> None:
    """A owes 30 and has 30 for it: B may come to owe as much without any working balance."""
    terms = pair(100, 100)
    assert flow_limits(terms, {AB: Standing(30, 30, 30)}, {"A": 30}) == {AB: BothWays(0, 30)}
    # A lost a third of that money at a fixing: only what is left can be paid out.
    assert flow_limits(terms, {AB: Standing(30, 30, 30)}, {"A": 20}) == {AB: BothWays(0, 20)}


def test_hard_money_lets_it_go_farther() -> None:
    assert flow_limits(pair(100, 0, HALF), {}, {"B": 40})[AB].owing == 80
    assert flow_limits(pair(100, 0, HALF), {}, {"B": 50})[AB].owing is None


def test_what_others_count_on_is_taken_off_the_quota() -> None:
    pending = {AB: BothWays(60, 10)}
    room = {"A": 1000, "B": 1000}
    assert flow_limits(pair(100, 100), {}, room, pending) == {AB: BothWays(40, 90)}


@given(
    quotas=st.tuples(*[st.integers(0, 100)] * 2),
    table=st.sampled_from(TABLES),
    rooms=st.tuples(*[st.integers(0, 120)] * 2),
    first=st.integers(-100, 100),
)
def test_whatever_flows_within_a_limit_is_covered(
    quotas: tuple[int, int], table: TrancheTable, rooms: tuple[int, int], first: int
) -> None:
    """The money an account goes without, once hard money came, is never more than its room.

    A position is moved once to anywhere its quota lets it, then as far as the limits say.
    """
    terms = pair(*quotas, table)
    first = max(-quotas[1], min(quotas[0], first))
    (leg,) = settle_borders(terms, {}, {AB: Fraction(first)})
    before = {AB: stands(leg)}
    limit = flow_limits(terms, before, {"A": rooms[0], "B": rooms[1]})[AB]
    for most, sign, short in ((limit.owing, 1, "B"), (limit.owed, -1, "A")):
        flow = sign * (500 if most is None else most)
        (then,) = settle_borders(terms, before, {AB: Fraction(flow)}, was=terms)
        came = -then.hard if short == "A" else then.hard_other
        assert abs(flow) - came <= (rooms[0] if short == "A" else rooms[1])
        if most is not None:
            assert most >= 0
            quota = then.quota.owing if sign > 0 else then.quota.owed
            if table is CARRIED and flow:
                assert sign * then.position <= quota


@given(
    quota=st.integers(1, 100),
    rooms=st.fixed_dictionaries({side: st.integers(0, 120) for side in "ABC"}),
    flows=st.tuples(*[st.integers(-100, 100)] * 2),
)
def test_the_same_at_the_hub(quota: int, rooms: dict[str, int], flows: tuple[int, int]) -> None:
    terms = hub(quota, FLAT)
    a, b = (max(-(quota // 2), min(quota // 2, flow)) for flow in flows)
    legs = settle_borders(
        terms, {}, {("A", ""): Fraction(a), ("B", ""): Fraction(b), ("C", ""): Fraction(-a - b)}
    )
    before = {leg.key: stands(leg) for leg in legs}
    for key, limit in flow_limits(terms, before, rooms).items():
        assert limit.owed is not None
        assert limit.owed >= 0
        stood = before[key]
        position = stood.position - limit.owed
        if limit.owed:
            assert abs(position) <= quota or abs(position) < abs(stood.position)
            carried = -round(Fraction(position) * Fraction(2, 3))
            # What its account goes without now, the residue of rounding aside.
            assert stood.carried + carried <= rooms[key[0]] + 3


# ---- settled -----------------------------------------------------------------------------------


def test_every_known_position_has_a_leg() -> None:
    """History has no gaps: a position nothing flowed over is written down too."""
    terms = border_terms([QuotaRow("A", "B", 9, CARRIED), QuotaRow("A", "C", 9, CARRIED)])
    legs = settle_borders(terms, {("B", "C"): Standing(4, 4, 4)}, {AB: Fraction(3)})
    assert [(leg.key, leg.flow, leg.position) for leg in legs] == [
        (AB, 3, 3), (("A", "C"), 0, 0), (("B", "C"), 0, 4),
    ]  # fmt: skip


def test_flows_at_the_hub_are_rounded_together() -> None:
    third = Fraction(1, 3)
    legs = settle_borders(
        hub(9), {}, {("A", ""): 2 * third, ("B", ""): -third, ("C", ""): -third}
    )
    assert [leg.flow for leg in legs] == [1, 0, -1]


def test_a_hub_that_is_given_up_settles_what_is_left_by_its_last_step() -> None:
    before = {("A", ""): Standing(6, 4, 4), ("B", ""): Standing(-6, -4, -4)}
    legs = settle_borders(border_terms([]), before, {}, was=hub(9, FLAT, "AB"))
    assert [leg.position for leg in legs] == [6, -6]
    assert [leg.quota for leg in legs] == [BothWays(0, 0)] * 2


@given(
    tables=st.tuples(*[st.sampled_from(TABLES)] * 2),
    quotas=st.tuples(*[st.integers(1, 100)] * 2),
    flows=st.lists(st.integers(-40, 40), min_size=1, max_size=4),
)
def test_new_terms_settle_all_of_the_old_position(
    tables: tuple[TrancheTable, TrancheTable], quotas: tuple[int, int], flows: list[int]
) -> None:
    """Whatever terms came before, what is carried is what the present ones say of the position."""
    wide = [replace(one, debtor_beyond=Fraction(1), creditor_beyond=Fraction(1),
                    capital_account="c") for one in tables]  # fmt: skip
    old, new = (pair(quota, quota, table) for quota, table in zip(quotas, wide, strict=True))
    before, was, hard = dict[Key, Standing](), None, 0
    for number, flow in enumerate(flows):
        terms = old if number < len(flows) - 1 else new
        (leg,) = settle_borders(terms, before, {AB: Fraction(flow)}, was=was)
        before, was, hard = {AB: stands(leg)}, terms, hard + leg.hard
    (at_once,) = settle_borders(new, {}, {AB: Fraction(sum(flows))})
    assert before[AB] == stands(at_once)
    assert before[AB].position - before[AB].carried == hard


# ---- payments ----------------------------------------------------------------------------------


def made_leg(key: Key, hard: int, hard_other: int | None = None) -> Leg:
    return Leg(key, 0, 0, BothWays(9, 9), hard, 0, hard if hard_other is None else hard_other, 0)


def test_who_pays_whom() -> None:
    pairs = [made_leg(AB, 5), made_leg(("B", "C"), -3), made_leg(("A", "C"), 0)]
    assert border_payments(pairs, through_hub=False) == [Payment("A", "B", 5), Payment("C", "B", 3)]
    back = [made_leg(AB, -5, -2)]
    assert border_payments(back, through_hub=False) == [Payment("", "A", 5), Payment("B", "", 2)]


@given(hard=st.lists(st.integers(-50, 50), min_size=1, max_size=6))
def test_at_the_hub_everybody_pays_and_gets_its_own(hard: list[int]) -> None:
    sides = {f"S{number}": amount for number, amount in enumerate([*hard, -sum(hard)])}
    legs = [made_leg((side, ""), amount) for side, amount in sides.items()]
    for through in (False, True):
        payments = border_payments(legs, through_hub=through)
        assert all(one.amount > 0 for one in payments)
        assert all(("" in one[:2]) is through for one in payments)
        for side, amount in sides.items():
            paid = sum(one.amount for one in payments if one.debtor_side == side)
            got = sum(one.amount for one in payments if one.creditor_side == side)
            assert paid - got == amount
            assert paid == 0 or got == 0


def test_what_a_side_carries_over_all_its_borders() -> None:
    carried = carried_by_side({
        AB: Standing(50, 42, 35), ("B", "C"): Standing(10, 10, 10), ("C", ""): Standing(-4, -4, -4),
    })  # fmt: skip
    assert carried == {"A": 42, "B": -25, "C": -14}
