# SPDX-License-Identifier: Apache-2.0
"""The European Payments Union's scales, month by month, as its agent settled them.

Figures are minor units of the union's unit of account; a surplus of 41.58 is written 41_58. In
each table a line is a month: what the country's trade added to its debt to the union (below
nought: to its claim on it), where its position then stood, and what it paid (received) in gold.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from skontro.house.border import (
    BothWays,
    HubTerms,
    Terms,
    TrancheTable,
    effective_limit,
    hub_limits,
    settle,
    settle_hub,
    tranche_table,
)
from skontro.house.imbalance import structural_imbalance

QUOTA = 100_00
UNION_1950 = tranche_table("union-1950", capital_account="capital of the union")
UNION_1954 = tranche_table("union-1954")
UNION_1955 = tranche_table("union-1955")

Month = tuple[int, int, int]

DEBTOR_1950: list[Month] = [
    (20_00, 20_00, 0),
    (20_00, 40_00, 4_00),
    (20_00, 60_00, 8_00),
    (20_00, 80_00, 12_00),
    (20_00, 100_00, 16_00),
    (20_00, 120_00, 20_00),
]
CREDITOR_1950: list[Month] = [
    (-20_00, -20_00, 0),
    (-20_00, -40_00, -10_00),
    (-20_00, -60_00, -10_00),
    (-20_00, -80_00, -10_00),
    (-20_00, -100_00, -10_00),
    (-20_00, -120_00, -20_00),
]
ACROSS_STEPS_AND_BACK_1950: list[Month] = [
    (50_00, 50_00, 8_00),  # nothing of 20, a fifth of 20, two fifths of 10
    (25_00, 75_00, 13_00),  # two fifths of 10, three fifths of 15
    (-45_00, 30_00, -19_00),  # the same steps backwards, down to a fifth of 10
    (-60_00, -30_00, -7_00),  # 2 come back, then half of 10 as a creditor
    (30_00, 0, 5_00),  # the creditor gives its gold back
    (0, 0, 0),
]
EACH_WAY_1954: list[Month] = [
    (60_00, 60_00, 30_00),
    (60_00, 120_00, 40_00),  # half of 40, all of the 20 past the quota
    (-170_00, -50_00, -95_00),  # 70 come back, half of 50 is received
    (-70_00, -120_00, -45_00),
]
EACH_WAY_1955: list[Month] = [
    (60_00, 60_00, 45_00),
    (60_00, 120_00, 50_00),  # three quarters of 40, all of the 20 past the quota
    (-170_00, -50_00, -132_50),  # 95 come back, three quarters of 50 are received
    (-70_00, -120_00, -57_50),
]


@pytest.mark.parametrize(
    ("table", "months"),
    [
        pytest.param(UNION_1950, DEBTOR_1950, id="1950, a debtor"),
        pytest.param(UNION_1950, CREDITOR_1950, id="1950, a creditor"),
        pytest.param(UNION_1950, ACROSS_STEPS_AND_BACK_1950, id="1950, there and back"),
        pytest.param(UNION_1954, EACH_WAY_1954, id="1954"),
        pytest.param(UNION_1955, EACH_WAY_1955, id="1955"),
    ],
)
def test_month_by_month(table: TrancheTable, months: list[Month]) -> None:
    position = gold = 0
    for flow, stands_at, paid in months:
        month = settle(position, flow, QUOTA, table)
        position, gold = month.position, gold + month.hard
        assert (month.position, month.hard) == (stands_at, paid)
        assert month.carried == stands_at - gold


@pytest.mark.parametrize(
    ("table", "debtor", "creditor"),
    [
        (UNION_1950, [0, 20, 40, 60, 80, 100], [0, 50, 50, 50, 50, 100]),
        (UNION_1954, [50, 50, 50, 50, 50, 100], [50, 50, 50, 50, 50, 100]),
        (UNION_1955, [75, 75, 75, 75, 75, 100], [75, 75, 75, 75, 75, 100]),
    ],
    ids=["1950", "1954", "1955"],
)
def test_one_unit_more_in_each_step(
    table: TrancheTable, debtor: list[int], creditor: list[int]
) -> None:
    """A unit of 100 minor units, anywhere within a fifth of the quota: its hard part per cent."""
    for step, (pays, receives) in enumerate(zip(debtor, creditor, strict=True)):
        for start in range(step * 20, step * 20 + 20):
            assert settle(start * 100, 100, QUOTA, table).hard == pays
            assert settle(-start * 100, -100, QUOTA, table).hard == -receives


def test_over_a_full_quota_both_come_to_forty_per_cent() -> None:
    assert settle(0, QUOTA, QUOTA, UNION_1950).hard == 40_00
    assert settle(0, -QUOTA, QUOTA, UNION_1950).hard == -40_00


def test_belgium_in_june_1952() -> None:
    """A surplus of 415.8: 330.6 within the quota, 85.2 past it, half of that in gold by rule."""
    quota = BothWays(330_60, 330_60)
    special = UNION_1950.with_beyond(Fraction(1), Fraction(1, 2), name="Belgium, 1952")
    position = gold = 0
    for surplus in (100_00, 120_00, 110_60):
        month = settle(position, -surplus, quota, special)
        position, gold = month.position, gold - month.hard
    assert position == -330_60
    assert gold == 132_24
    month = settle(position, -85_20, quota, special)
    assert month.position == -415_80
    assert month.hard == -42_60
    assert month.carried == -(415_80 - 132_24 - 42_60)
    # Without the special rule all of it is gold.
    assert settle(-330_60, -85_20, quota, UNION_1950).hard == -85_20
    # What Belgium lends stays below its quota: only so far may its surplus grow.
    limit = effective_limit(-415_80, quota, None, special, past_quota=True)
    assert limit.owed is not None
    end = settle(-415_80, -limit.owed, quota, special)
    assert -330_60 <= end.carried <= -330_59
    alarm = structural_imbalance(
        [(-100_00, quota), (-220_00, quota), (-330_60, quota), (-415_80, quota)],
        cycles=4,
        share=Fraction(3, 4),
    )
    assert alarm.alarm
    assert alarm.share == -Fraction(41580, 33060)


def test_the_scale_of_1955_falls_on_old_positions_too() -> None:
    month = settle(60_00, 0, QUOTA, UNION_1955, was=Terms(QUOTA, UNION_1954))
    assert month.hard == 15_00
    assert month.carried == 15_00


FIVE = {"A": 300_00, "B": 200_00, "C": 100_00, "D": 50_00, "E": 50_00}
YEAR: list[dict[str, int]] = [
    {"A": 60_00, "B": -45_00, "C": 10_00, "D": -15_00, "E": -10_00},
    {"A": 75_00, "B": -60_00, "C": -5_00, "D": 20_00, "E": -30_00},
    {"A": 90_01, "B": -50_00, "C": -25_01, "D": 5_00, "E": -20_00},
    {"A": -30_00, "B": 75_00, "C": -40_00, "D": -15_00, "E": 10_00},
    {"A": -195_01, "B": 80_00, "C": 60_01, "D": 5_00, "E": 50_00},
]


@pytest.mark.parametrize(
    "table",
    [
        UNION_1950,
        tranche_table("union-1954", capital_account="capital of the union"),
        tranche_table("union-1955", capital_account="capital of the union"),
    ],
    ids=lambda table: str(table.name),
)
def test_five_countries_and_the_capital_of_the_union(table: TrancheTable) -> None:
    """Each country is settled by its own step; the union's capital takes and gives the rest.

    After five months all trade is even again, and so everybody, the union too, has its gold back.
    """
    terms = HubTerms(FIVE, table)
    position, gold, capital = dict.fromkeys(FIVE, 0), dict.fromkeys(FIVE, 0), 0
    for flow in YEAR:
        month = settle_hub(position, flow, terms)
        for side in FIVE:
            alone = settle(position[side], flow[side], FIVE[side], table)
            assert month.hard[side] == alone.hard
            gold[side] += month.hard[side]
        position, capital = month.position, capital + month.capital
        assert sum(position.values()) == 0
        assert sum(gold.values()) == capital
        assert sum(month.carried.values()) == -capital
    assert set(position.values()) == set(gold.values()) == {0}
    assert capital == 0


def test_the_first_two_months_of_five_countries_figure_by_figure() -> None:
    terms = HubTerms(FIVE, UNION_1950)
    first = settle_hub({}, YEAR[0], terms)
    # A stands at the end of its first step, C in the middle of it; B, D and E are 5, 5 and 0 on.
    assert first.hard == {"A": 0, "B": -2_50, "C": 0, "D": -2_50, "E": 0}
    assert first.capital == -5_00
    assert first.carried == {"A": 60_00, "B": -42_50, "C": 10_00, "D": -12_50, "E": -10_00}
    second = settle_hub(first.position, YEAR[1], terms)
    # A: a fifth of 60, two fifths of 15. B: half of 60. C stays in its first step.
    # D gives 2.50 back. E: half of 30.
    assert second.hard == {"A": 18_00, "B": -30_00, "C": 0, "D": 2_50, "E": -15_00}
    assert second.capital == -24_50


def test_how_far_each_country_may_still_go() -> None:
    terms = HubTerms(FIVE, UNION_1950)
    at = {"A": 135_00, "B": -105_00, "C": 5_00, "D": 5_00, "E": -40_00}
    limits = hub_limits(at, terms, {"B": 90_00, "E": 25_00, "A": None})
    assert limits["A"] == BothWays(165_00, 435_00)
    # A claim of 140 of 200 gives 50 in gold, and carries the 90 that B's balance bears.
    assert limits["B"] == BothWays(305_00, 35_00)
    # Nobody left C a working balance: it may only be owed back what it owes.
    assert limits["C"] == BothWays(95_00, 5_00)
    # E carries 25 at a claim of 40.
    assert limits["E"] == BothWays(90_00, 0)
