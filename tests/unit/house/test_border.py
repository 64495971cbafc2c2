# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from skontro.core.errors import (
    AmountOverflow,
    InvalidBorderQuotas,
    InvalidTrancheTable,
    QuotaExceeded,
    Unbalanced,
)
from skontro.core.money import LIMIT_MINOR
from skontro.house.border import (
    CARRIED,
    UNION_STEPS,
    BothWays,
    HubTerms,
    Quota,
    Terms,
    Tranche,
    TrancheTable,
    border_rows,
    both_ways,
    check_flow,
    effective_limit,
    hub_limits,
    round_flows,
    settle,
    settle_hub,
    tranche_table,
)

ONE, HALF, NOUGHT = Fraction(1), Fraction(1, 2), Fraction(0)
UNION = tranche_table("union-1950", capital_account="capital")
SIDES = ("A", "B", "C", "D")


def flat(share: Fraction, *, beyond: bool = False, capital: str = "") -> TrancheTable:
    past = share if beyond else None
    return TrancheTable("flat", (Tranche(ONE, share, share),), past, past, capital)


shares = st.fractions(0, 1, max_denominator=12)


@st.composite
def tables(draw: st.DrawFn, *, symmetric: bool = False, beyond: bool | None = None) -> TrancheTable:
    """Any table with up to five steps, most of them asymmetric."""
    weights = draw(st.lists(st.integers(1, 5), min_size=1, max_size=5))
    steps = []
    for weight in weights:
        debtor = draw(shares)
        creditor = debtor if symmetric else draw(shares)
        steps.append(Tranche(Fraction(weight, sum(weights)), debtor, creditor))
    debtor_past = creditor_past = None
    if beyond if beyond is not None else draw(st.booleans()):
        debtor_past = draw(shares)
        creditor_past = debtor_past if symmetric else draw(shares)
    return TrancheTable("any", tuple(steps), debtor_past, creditor_past, "" if symmetric else "cap")


quotas = st.integers(0, 300) | st.builds(BothWays, st.integers(0, 300), st.integers(0, 300))
positions = st.integers(-500, 500)
flow_lists = st.lists(st.integers(-200, 200), max_size=8)


# ---- tables ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["union-1954", "union-1955", "carried"])
def test_symmetric_tables_need_no_capital_account(name: str) -> None:
    assert tranche_table(name).symmetric
    assert tranche_table(name, capital_account="c").capital_account == "c"


def test_an_asymmetric_table_without_a_capital_account_is_refused() -> None:
    with pytest.raises(InvalidTrancheTable, match="no capital account"):
        tranche_table("union-1950")
    with pytest.raises(InvalidTrancheTable, match="no capital account"):
        tranche_table("union-1954").with_beyond(ONE, HALF, name="special")
    with pytest.raises(InvalidTrancheTable, match="no capital account"):
        replace(UNION, capital_account="")


@pytest.mark.parametrize(
    ("steps", "beyond", "message"),
    [
        ([(HALF, NOUGHT)], (None, None), "do not come to one"),
        ([], (None, None), "do not come to one"),
        ([(HALF, NOUGHT)] * 3, (None, None), "do not come to one"),
        ([(ONE, NOUGHT)], (ONE, None), "both shares are given, or neither"),
        ([(ONE, NOUGHT)], (None, ONE), "both shares are given, or neither"),
        ([(ONE, NOUGHT)], (Fraction(3, 2), Fraction(3, 2)), "between nought and one"),
    ],
)
def test_a_table_that_contradicts_itself_is_refused(
    steps: list[tuple[Fraction, Fraction]],
    beyond: tuple[Fraction | None, Fraction | None],
    message: str,
) -> None:
    made = tuple(Tranche(width, share, share) for width, share in steps)
    with pytest.raises(InvalidTrancheTable, match=message):
        TrancheTable("made", made, *beyond)


@pytest.mark.parametrize(
    "figures",
    [
        (NOUGHT, NOUGHT, NOUGHT),
        (-HALF, NOUGHT, NOUGHT),
        (ONE, Fraction(3, 2), NOUGHT),
        (ONE, NOUGHT, Fraction(-1, 2)),
        (ONE, 0.5, NOUGHT),
        (ONE, NOUGHT, True),
        (ONE, None, NOUGHT),
    ],
)
def test_a_step_is_made_of_exact_shares(figures: tuple[Fraction, Fraction, Fraction]) -> None:
    with pytest.raises(InvalidTrancheTable):
        Tranche(*figures)


def test_whole_shares_are_kept_as_fractions() -> None:
    table = TrancheTable("made", (Tranche(1, 0, 0),), 0, 0)  # type: ignore[arg-type]
    assert isinstance(table.steps[0].width, Fraction)
    assert isinstance(table.creditor_beyond, Fraction)
    assert effective_limit(0, 50, 70, table, past_quota=True) == BothWays(50, 50)


def test_an_unknown_table_names_the_known_ones() -> None:
    with pytest.raises(InvalidTrancheTable) as caught:
        tranche_table("union-1951")
    for name in (*UNION_STEPS, "carried"):
        assert name in caught.value.next_step


@pytest.mark.parametrize("share", [NOUGHT, Fraction(1, 3), HALF, Fraction(2, 3), ONE])
def test_a_hard_sum_is_the_nearest_minor_unit_and_a_half_is_carried(share: Fraction) -> None:
    for amount in range(50):
        hard = flat(share, beyond=True).debtor_pays(amount, 20)
        assert -HALF <= hard - share * amount < HALF
    assert flat(HALF).debtor_pays(1, 20) == 0
    assert flat(HALF).debtor_pays(3, 20) == 1


@given(table=tables(beyond=True), tenths=st.integers(0, 40), amount=st.integers(0, 3000))
def test_the_hard_sum_is_that_of_each_minor_unit_one_by_one(
    table: TrancheTable, tenths: int, amount: int
) -> None:
    """On a quota whose steps end on whole units: each unit is settled by the step it lies in."""
    parts = max(step.width.denominator for step in table.steps)
    quota = parts * tenths
    ends, end = [], NOUGHT
    for step in table.steps:
        end += step.width * quota
        ends.append(end)
    due = NOUGHT
    for unit in range(amount):
        step = next((s for s, e in zip(table.steps, ends, strict=True) if unit < e), None)
        due += table.debtor_beyond or NOUGHT if step is None else step.debtor_hard
    assert -HALF <= table.debtor_pays(amount, quota) - due < HALF


@given(table=tables(), quota=st.integers(0, 60))
def test_hard_and_carried_both_grow_with_the_position(table: TrancheTable, quota: int) -> None:
    for hard in (table.debtor_pays, table.creditor_receives):
        sums = [hard(amount, quota) for amount in range(150)]
        assert sums[0] == 0
        assert all(0 <= later - earlier <= 1 for earlier, later in pairwise(sums))


# ---- two sides ---------------------------------------------------------------------------------


def test_a_position_that_turns_pays_back_what_was_hard() -> None:
    month = settle(100, -160, 100, UNION)
    assert month.position == -60
    # 40 of its own come back, 20 are received as a creditor of 60.
    assert month.hard == -60
    # The other side gives back 40 and pays 12 as a debtor of 60.
    assert month.hard_other == -52
    assert month.capital == -8
    assert (month.carried, month.carried_other) == (-40, -48)


def test_each_direction_has_its_own_quota() -> None:
    table = tranche_table("union-1950", capital_account="c")
    assert settle(0, 40, BothWays(100, 40), table).hard == 4
    assert settle(0, -40, BothWays(100, 40), table).hard == -16


def test_each_direction_has_its_own_table() -> None:
    tables = BothWays(CARRIED, tranche_table("union-1955"))
    assert settle(60, -100, 100, tables).hard == -30
    assert settle(0, 60, 100, tables).hard == 0
    assert settle(0, -120, 100, tables).hard == -95
    with pytest.raises(QuotaExceeded):
        settle(0, 120, 100, tables)
    assert effective_limit(0, 100, 20, tables) == BothWays(20, 81)
    assert effective_limit(0, 100, 30, tables, past_quota=True) == BothWays(30, None)
    assert settle(40, 0, 100, CARRIED, was=Terms(100, BothWays(flat(HALF), CARRIED))).hard == -20


def test_nothing_goes_past_the_quota_without_a_rule() -> None:
    assert settle(90, 10, 100, CARRIED).carried == 100
    with pytest.raises(QuotaExceeded, match="101, past the quota of 100"):
        settle(90, 11, 100, CARRIED)
    with pytest.raises(QuotaExceeded, match="-41, past the quota of 40"):
        settle(90, -131, BothWays(100, 40), CARRIED)


def test_a_position_past_a_lowered_quota_may_shrink_but_not_grow() -> None:
    assert settle(90, -10, 50, CARRIED).position == 80
    assert settle(90, 0, 50, CARRIED).position == 90
    assert settle(-90, 10, 50, flat(HALF)).hard == 5
    with pytest.raises(QuotaExceeded):
        settle(90, 1, 50, CARRIED)
    with pytest.raises(QuotaExceeded):
        settle(90, -145, 50, CARRIED)


def test_new_terms_ask_their_share_of_the_old_position() -> None:
    before = settle(0, 60, 100, CARRIED)
    assert before.hard == 0
    new = tranche_table("union-1955")
    month = settle(60, 20, 100, new, was=Terms(100, CARRIED))
    assert month.hard == 60
    assert month.carried == 20
    assert settle(60, 0, 50, UNION, was=Terms(100, UNION)).hard == 18


def test_figures_stay_below_two_to_the_62nd() -> None:
    most = LIMIT_MINOR - 1
    assert settle(0, most, most, CARRIED).carried == most
    assert effective_limit(0, most, most, UNION) == BothWays(most, most)
    for before, flow, quota in [(0, LIMIT_MINOR, most), (-LIMIT_MINOR, 1, most), (0, 1, most + 1)]:
        with pytest.raises(AmountOverflow):
            settle(before, flow, quota, CARRIED)
    with pytest.raises(AmountOverflow):
        effective_limit(LIMIT_MINOR, 1, 1, CARRIED)
    with pytest.raises(AmountOverflow):
        effective_limit(0, 1, BothWays(1, LIMIT_MINOR), CARRIED)


def test_negative_quotas_and_balances_are_refused() -> None:
    with pytest.raises(InvalidBorderQuotas, match="a quota is negative"):
        settle(0, 0, -1, CARRIED)
    with pytest.raises(InvalidBorderQuotas, match="a working balance is negative"):
        effective_limit(0, 1, BothWays(None, -1), CARRIED)
    with pytest.raises(InvalidBorderQuotas, match="a quota is negative"):
        HubTerms({"A": BothWays(1, -1)}, CARRIED)


@given(table=tables(beyond=True), quota=quotas, flows=flow_lists)
@example(table=UNION, quota=100, flows=[30, 30, -70, -80, 95])
def test_the_way_to_a_position_does_not_matter(
    table: TrancheTable, quota: Quota, flows: list[int]
) -> None:
    """However a sum of flows is split over cycles, all that was paid and is carried is the same."""
    at, hard, other, capital = 0, 0, 0, 0
    for flow in flows:
        month = settle(at, flow, quota, table)
        at, hard = month.position, hard + month.hard
        other, capital = other + month.hard_other, capital + month.capital
        assert month.carried == at - hard
        assert month.carried_other == at - other
    once = settle(0, sum(flows), quota, table)
    assert (once.position, once.hard, once.hard_other, once.capital) == (at, hard, other, capital)
    assert once.carried == at - hard


@given(
    table=st.builds(BothWays, tables(beyond=True), tables(beyond=True)),
    quota=quotas,
    before=positions,
    flow=positions,
)
def test_what_debtors_pay_is_what_creditors_and_capital_receive(
    table: BothWays[TrancheTable], quota: Quota, before: int, flow: int
) -> None:
    month = settle(before, flow, quota, table)
    assert month.hard == month.hard_other + month.capital
    # From the other side all is the same with the other sign, but for the capital.
    ways = both_ways(quota)
    swapped = BothWays(table.owed, table.owing)
    seen = settle(-before, -flow, BothWays(ways.owed, ways.owing), swapped)
    assert (seen.position, seen.capital) == (-month.position, month.capital)
    assert (seen.hard, seen.hard_other) == (-month.hard_other, -month.hard)
    assert (seen.carried, seen.carried_other) == (-month.carried_other, -month.carried)


@given(table=tables(symmetric=True, beyond=True), quota=quotas, before=positions, flow=positions)
def test_a_symmetric_table_needs_no_capital(
    table: TrancheTable, quota: Quota, before: int, flow: int
) -> None:
    month = settle(before, flow, quota, table)
    assert month.capital == 0
    assert month.hard == month.hard_other
    assert month.carried == month.carried_other


@given(
    table=tables(beyond=True), quota=quotas, before=positions, flows=st.tuples(positions, positions)
)
def test_more_flow_never_means_less_to_pay_or_to_carry(
    table: TrancheTable, quota: Quota, before: int, flows: tuple[int, int]
) -> None:
    less, more = (settle(before, flow, quota, table) for flow in sorted(flows))
    assert less.hard <= more.hard
    assert less.hard_other <= more.hard_other
    assert less.carried <= more.carried
    assert less.carried_other <= more.carried_other


@given(table=tables(beyond=True), quota=quotas, before=positions)
def test_a_position_carries_its_sign(table: TrancheTable, quota: Quota, before: int) -> None:
    month = settle(0, before, quota, table)
    for figure in (month.hard, month.hard_other, month.carried, month.carried_other):
        assert 0 <= figure * (1 if before >= 0 else -1) <= abs(before)


# ---- limits ------------------------------------------------------------------------------------


def test_the_limit_is_quota_less_owed_plus_owed_the_other_way() -> None:
    assert effective_limit(0, 100, None, CARRIED) == BothWays(100, 100)
    assert effective_limit(30, 100, None, CARRIED) == BothWays(70, 130)
    assert effective_limit(-30, BothWays(100, 50), None, CARRIED) == BothWays(130, 20)


def test_the_worked_example_carries_its_border_position_on_a_working_balance() -> None:
    """A owes B 15,000: B, short of 1,350,000 INR at 90, carries it on a working balance of that."""
    balance = Fraction(1_350_000_00, 90)
    assert effective_limit(0, 15_000_00, int(balance), CARRIED).owing == 15_000_00
    assert effective_limit(0, 20_000_00, int(balance), CARRIED).owing == 15_000_00
    assert effective_limit(0, 10_000_00, int(balance), CARRIED).owing == 10_000_00
    assert effective_limit(0, BothWays(0, 15_000_00), int(balance), CARRIED).owing == 0
    assert settle(0, 15_000_00, 15_000_00, CARRIED).carried == 15_000_00


def test_the_balance_of_the_short_side_counts() -> None:
    # Where the side owes, the other one is short.
    assert effective_limit(0, 100, BothWays(40, 70), CARRIED) == BothWays(40, 70)
    # Half is hard, so a balance bears twice itself; a half of a minor unit is carried.
    assert effective_limit(0, 100, BothWays(20, 70), flat(HALF)) == BothWays(40, 100)


def test_past_its_limit_a_position_may_only_shrink() -> None:
    limit = effective_limit(80, 100, 50, CARRIED)
    assert limit == BothWays(0, 130)
    assert effective_limit(80, 60, 0, CARRIED) == BothWays(0, 80)
    assert effective_limit(-80, 60, 0, CARRIED) == BothWays(80, 0)


def test_past_the_quota_only_by_rule_and_on_wish() -> None:
    hard = tranche_table("union-1954")
    assert effective_limit(10, 100, None, hard) == BothWays(90, 110)
    assert effective_limit(10, 100, None, hard, past_quota=True) == BothWays(None, None)
    assert effective_limit(10, 100, None, CARRIED, past_quota=True) == BothWays(90, 110)
    # What is carried stays below the smaller of quota and balance: 50 within, 10 past the quota.
    table = hard.with_beyond(ONE - Fraction(1, 10), ONE - Fraction(1, 10), name="nine tenths")
    assert effective_limit(0, 100, 60, table, past_quota=True) == BothWays(204, 204)
    assert effective_limit(0, 100, 40, table, past_quota=True) == BothWays(80, 80)


@given(
    table=tables(),
    quota=quotas,
    balance=st.none() | st.integers(0, 200) | st.builds(BothWays, st.integers(0, 200), st.none()),
    position=positions,
    past=st.booleans(),
)
@example(table=UNION, quota=100, balance=30, position=0, past=False)
def test_the_limit_is_tight(
    table: TrancheTable,
    quota: Quota,
    balance: int | BothWays[int | None] | None,
    position: int,
    past: bool,
) -> None:
    """At the limit all that is asked holds, one minor unit beyond something no longer does."""
    ways = both_ways(quota)
    balances = balance if isinstance(balance, BothWays) else BothWays(balance, balance)

    def may_stand(at: int) -> bool:
        owes = at >= 0
        most = ways.owing if owes else ways.owed
        short = balances.owing if owes else balances.owed
        if abs(at) > most and (not past or table.debtor_beyond is None):
            return False
        month = settle(0, at, quota, table)
        debtor = month.carried if owes else -month.carried_other
        creditor = month.carried_other if owes else -month.carried
        return debtor <= most and creditor <= (most if short is None else min(most, short))

    limit = effective_limit(position, quota, balance, table, past_quota=past)
    for most, way in ((limit.owing, 1), (limit.owed, -1)):
        if most is None:
            assert past
            assert may_stand(way * 100_000)
            continue
        target = position + way * most
        if most or may_stand(target):
            assert may_stand(target)
        else:
            assert target * way > 0
        assert not may_stand(target + way)


@given(table=tables(), quota=st.integers(0, 300), position=positions)
def test_settling_refuses_one_minor_unit_past_the_limit(
    table: TrancheTable, quota: int, position: int
) -> None:
    table = replace(table, debtor_beyond=None, creditor_beyond=None)
    assume(abs(position) <= quota)
    limit = effective_limit(position, quota, None, table)
    assert limit.owing is not None
    assert limit.owed is not None
    for flow in (limit.owing, -limit.owed):
        settle(position, flow, quota, table)
        check_flow(flow, limit)
    for flow in (limit.owing + 1, -limit.owed - 1):
        with pytest.raises(QuotaExceeded):
            settle(position, flow, quota, table)
        with pytest.raises(QuotaExceeded):
            check_flow(flow, limit)


@given(
    table=tables(),
    quota=st.integers(0, 200),
    balances=st.tuples(st.integers(0, 200), st.integers(0, 200)),
    position=positions,
)
def test_a_larger_working_balance_never_allows_less(
    table: TrancheTable, quota: int, balances: tuple[int, int], position: int
) -> None:
    small, large = (
        effective_limit(position, quota, balance, table) for balance in sorted(balances)
    )
    assert small.owing is not None
    assert small.owed is not None
    assert large.owing is not None
    assert large.owed is not None
    assert small.owing <= large.owing
    assert small.owed <= large.owed
    # What has come to be owed may no longer flow, and may flow back.
    one_more = effective_limit(position + 1, quota, balances[0], table)
    first = effective_limit(position, quota, balances[0], table)
    assert one_more.owing == max(0, (first.owing or 0) - 1)
    assert (one_more.owed or 0) >= (first.owed or 0)


def test_any_flow_passes_where_there_is_no_limit() -> None:
    check_flow(10**18, BothWays(None, 0))
    check_flow(0, BothWays(0, 0))
    with pytest.raises(QuotaExceeded):
        check_flow(-1, BothWays(None, 0))


def test_limits_are_written_as_the_clearing_takes_quotas() -> None:
    rows = border_rows(
        {("B", ""): BothWays(7, 8), ("A", ""): BothWays(None, 0)}, "EUR", unlimited=9
    )
    assert rows == [
        ("", "A", "EUR", 0),
        ("", "B", "EUR", 8),
        ("A", "", "EUR", 9),
        ("B", "", "EUR", 7),
    ]


# ---- the hub -----------------------------------------------------------------------------------


@st.composite
def sums_to_nought(draw: st.DrawFn) -> dict[str, int]:
    figures = draw(st.lists(st.integers(-80, 80), min_size=3, max_size=3))
    return dict(zip(SIDES, [*figures, -sum(figures)], strict=True))


@st.composite
def hubs(draw: st.DrawFn) -> HubTerms:
    four = {side: draw(quotas) for side in SIDES}
    if draw(st.booleans()):
        return HubTerms(four, draw(tables(beyond=True)))
    return HubTerms(four, flat(draw(shares), beyond=True), draw(st.sampled_from(SIDES)))


def test_at_a_hub_only_one_share_for_all_does_without_capital() -> None:
    half = {"A": 100, "B": 50}
    HubTerms(half, CARRIED)
    HubTerms(half, flat(ONE))
    HubTerms(half, flat(HALF), "B")
    HubTerms(half, tranche_table("union-1955", capital_account="c"))
    for name in ("union-1954", "union-1955"):
        with pytest.raises(InvalidTrancheTable, match="differ from step to step"):
            HubTerms(half, tranche_table(name), "A")
    with pytest.raises(InvalidTrancheTable, match="no side takes it"):
        HubTerms(half, flat(HALF))
    with pytest.raises(InvalidTrancheTable, match="C takes the residue and has no quota"):
        HubTerms(half, flat(HALF), "C")
    with pytest.raises(InvalidBorderQuotas, match="without a name"):
        HubTerms({"": 1}, CARRIED)


def test_the_residue_goes_where_it_is_said_to() -> None:
    terms = HubTerms(dict.fromkeys(SIDES, 100), flat(HALF), "D")
    month = settle_hub({}, {"A": 1, "B": 1, "C": 1, "D": -3}, terms)
    assert month.hard == {"A": 0, "B": 0, "C": 0, "D": 0}
    month = settle_hub({}, {"A": 3, "B": 3, "C": 3, "D": -9}, terms)
    assert month.hard == {"A": 1, "B": 1, "C": 1, "D": -3}
    assert month.carried == {"A": 2, "B": 2, "C": 2, "D": -6}
    with_capital = HubTerms(terms.quotas, flat(HALF, capital="c"))
    month = settle_hub({}, {"A": 3, "B": 3, "C": 3, "D": -9}, with_capital)
    assert month.hard == {"A": 1, "B": 1, "C": 1, "D": -4}
    assert month.capital == -1


def test_sides_come_and_go() -> None:
    two = HubTerms({"A": 100, "B": 100}, flat(HALF), "B")
    three = HubTerms({"A": 100, "C": 100, "D": 100}, flat(HALF), "A")
    month = settle_hub({"A": 0, "B": 0}, {"A": 5, "C": -4, "D": -1}, three, was=two)
    assert month.position == {"A": 5, "B": 0, "C": -4, "D": -1}
    assert sum(month.hard.values()) == 0
    with pytest.raises(InvalidBorderQuotas, match="B: no quota"):
        settle_hub({"A": 5, "B": -5}, {}, three, was=two)
    with pytest.raises(InvalidBorderQuotas, match="X: no quota"):
        settle_hub({}, {"A": 1, "X": -1}, three)
    with pytest.raises(InvalidBorderQuotas, match="X: no quota"):
        hub_limits({"A": 1, "X": -1}, three, {})


def test_what_does_not_sum_to_nought_is_stopped() -> None:
    terms = HubTerms({"A": 100, "B": 100}, CARRIED)
    with pytest.raises(Unbalanced, match="flows"):
        settle_hub({}, {"A": 1}, terms)
    with pytest.raises(Unbalanced, match="positions"):
        settle_hub({"A": 1}, {}, terms)
    with pytest.raises(Unbalanced, match="positions"):
        hub_limits({"A": 1}, terms, {})
    with pytest.raises(Unbalanced, match="flows"):
        round_flows({"A": Fraction(1, 2)})


def test_one_side_past_its_quota_stops_the_hub() -> None:
    terms = HubTerms({"A": 100, "B": 100, "C": BothWays(0, 10)}, CARRIED)
    settle_hub({"A": 90, "B": -90}, {"A": 10, "C": -10}, terms)
    with pytest.raises(QuotaExceeded, match="-11, past the quota of 10"):
        settle_hub({"A": 90, "B": -90}, {"B": 11, "C": -11}, terms)
    with pytest.raises(AmountOverflow):
        settle_hub({}, {"A": LIMIT_MINOR, "B": -LIMIT_MINOR}, terms)


@given(terms=hubs(), months=st.lists(sums_to_nought(), min_size=1, max_size=5))
def test_the_hub_balances_whatever_the_way(terms: HubTerms, months: list[dict[str, int]]) -> None:
    """Month by month or at once: same positions, same money; hard money goes to nobody else."""
    at = dict.fromkeys(SIDES, 0)
    hard = dict.fromkeys(SIDES, 0)
    capital = 0
    for flow in months:
        month = settle_hub(at, flow, terms)
        at = month.position
        hard = {side: hard[side] + month.hard[side] for side in SIDES}
        capital += month.capital
        assert sum(at.values()) == 0
        assert sum(month.hard.values()) == month.capital
        assert sum(month.carried.values()) + capital == 0
        assert month.carried == {side: at[side] - hard[side] for side in SIDES}
        if not terms.table.capital_account:
            assert month.capital == 0
    once = settle_hub({}, {side: sum(flow[side] for flow in months) for side in SIDES}, terms)
    assert (once.position, once.hard, once.capital) == (at, hard, capital)
    # Each by itself, but for the residue, is what it would be with the hub alone.
    for side in SIDES:
        alone = settle(0, at[side], terms.quotas[side], replace(terms.table, capital_account="c"))
        slack = len(SIDES) if side == terms.residue_to else 0
        assert abs(alone.hard - hard[side]) <= slack


@given(terms=hubs(), new=hubs(), first=sums_to_nought(), then=sums_to_nought())
def test_new_terms_at_the_hub_settle_all_of_the_old_positions(
    terms: HubTerms, new: HubTerms, first: dict[str, int], then: dict[str, int]
) -> None:
    before = settle_hub({}, first, terms)
    month = settle_hub(before.position, then, new, was=terms)
    once = settle_hub({}, {side: first[side] + then[side] for side in SIDES}, new)
    assert month.carried == once.carried
    assert {side: before.hard[side] + month.hard[side] for side in SIDES} == once.hard
    assert before.capital + month.capital == once.capital


@given(
    terms=hubs(),
    at=sums_to_nought(),
    balances=st.fixed_dictionaries({side: st.none() | st.integers(0, 100) for side in "ABC"}),
    past=st.booleans(),
)
def test_the_limits_at_the_hub_are_tight(
    terms: HubTerms, at: dict[str, int], balances: dict[str, int | None], past: bool
) -> None:
    """A debtor carries no more than its quota, a creditor no more than its balance either."""
    table = replace(terms.table, capital_account="c")

    def may_stand(side: str, position: int) -> bool:
        ways, balance = both_ways(terms.quotas[side]), balances.get(side, 0)
        quota = ways.owing if position >= 0 else ways.owed
        most = quota if balance is None or position >= 0 else min(quota, balance)
        carried = abs(settle(0, position, ways, table).carried)
        return carried <= most and (past or abs(position) <= quota)

    limits = hub_limits(at, terms, balances, past_quota=past)
    assert list(limits) == list(SIDES)
    for side, limit in limits.items():
        for most, way in ((limit.owing, 1), (limit.owed, -1)):
            if most is None:
                assert past
                assert may_stand(side, way * 100_000)
                continue
            end = at[side] + way * most
            assert may_stand(side, end) or (most == 0 and end * way > 0)
            assert not may_stand(side, end + way)


@given(parts=st.lists(st.fractions(-1000, 1000, max_denominator=97), min_size=1, max_size=6))
def test_rounded_flows_sum_to_nought_and_keep_every_limit(parts: list[Fraction]) -> None:
    names = [chr(ord("A") + number) for number in range(len(parts) + 1)]
    exact = dict(zip(names, [*parts, -sum(parts, NOUGHT)], strict=True))
    rounded = round_flows(exact)
    assert sum(rounded.values()) == 0
    for name in names:
        assert floor(exact[name]) <= rounded[name] <= ceil(exact[name])


def test_the_largest_broken_part_goes_up() -> None:
    tenth = Fraction(1, 10)
    exact = {"A": 3 * tenth, "B": 3 * tenth, "C": 4 * tenth, "D": Fraction(-1)}
    assert round_flows(exact) == {"A": 0, "B": 0, "C": 1, "D": -1}
    assert round_flows({"B": HALF, "A": HALF, "C": Fraction(-1)}) == {"B": 0, "A": 1, "C": -1}
