# SPDX-License-Identifier: Apache-2.0
"""Curves: the worked example's figures, another solver's, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from ortools.graph.python import min_cost_flow

from skontro.core.errors import CertificateFailed, InvalidOptions, Unbalanced
from skontro.core.fixing import Fixing
from skontro.core.intake import Intake, rejection_table
from skontro.core.obligations import NO_DUE_DAY, Obligations
from skontro.core.participants import Participants
from skontro.lab import curves
from skontro.lab.curves import budget_points, curve

WORKED = [
    ("A1", "B1", 10_000_000, "EUR"),
    ("A2", "B2", 540_000_000, "INR"),
    ("B1", "A2", 8_000_000, "EUR"),
    ("B3", "A3", 30_000_000, "AED"),
    ("B2", "A1", 270_000_000, "INR"),
    ("A3", "B3", 4_000_000, "EUR"),
    ("A3", "A1", 2_000_000, "EUR"),
    ("B2", "B3", 180_000_000, "INR"),
]
WORKED_RATES = {"EUR": Fraction(1), "INR": Fraction(1, 90), "AED": Fraction(1, 4)}
WORKED_LIMITS = [("A1", "EUR", 5_000_000), ("B3", "INR", 135_000_000)]


def intake_of(
    rows: Sequence[tuple[str, str, int, str]],
    *,
    rates: dict[str, Fraction] | None = None,
    limits: list[tuple[str, str, int]] | None = None,
) -> Intake:
    """An intake made by hand; a firm's side is the first letter of its id."""
    ids = sorted({firm for row in rows for firm in row[:2]})
    codes = tuple(sorted({row[3] for row in rows}))
    count = len(rows)
    return Intake(
        obligations=Obligations(
            row=np.arange(1, count + 1),
            id=pa.array([f"o{k}" for k in range(count)], pa.large_string()),
            debtor=np.array([ids.index(row[0]) for row in rows], np.int32),
            creditor=np.array([ids.index(row[1]) for row in rows], np.int32),
            amount_minor=np.array([row[2] for row in rows], np.int64),
            currency_index=np.array([codes.index(row[3]) for row in rows], np.int16),
            currencies=codes,
            due_day=np.full(count, NO_DUE_DAY, np.int32),
            carried=pa.table({"id": [f"o{k}" for k in range(count)]}),
        ),
        participants=Participants(
            ids, ids, [firm[0] for firm in ids], [""] * len(ids), np.ones(len(ids), np.bool_)
        ),
        fixing=None if rates is None else Fixing("EUR", rates),
        pay_in_limits=limits,
        border_quotas=None,
        rejections=rejection_table([]),
        repeated=0,
        inputs=[],
    )


def column(table: pa.Table, name: str) -> list[object]:
    return list(table[name].to_pylist())


def test_worked_example_with_border_budgets_and_pay_in_limits() -> None:
    intake = intake_of(WORKED, rates=WORKED_RATES, limits=WORKED_LIMITS)
    table = curve(intake, border=["15000", "10000.00", "0", "12.34"])
    assert column(table, "discharged_minor") == [42_500_000, 42_000_000, 41_000_000, 41_001_234]
    assert column(table, "budget_minor") == [1_500_000, 1_000_000, 0, 1_234]
    assert column(table, "worth")[1] == 1
    assert set(column(table, "effect")) == {"calculation"}
    assert set(column(table, "kind")) == {"border"}


def test_worked_example_with_cash_budgets() -> None:
    """320,000 set off without cash; net internal debt is 65,000 and settles everything."""
    table = curve(intake_of(WORKED, rates=WORKED_RATES), cash=["0", "50%", "100%", "200%"])
    assert column(table, "discharged_minor")[0] == 32_000_000
    assert column(table, "discharged_minor")[2:] == [42_500_000, 42_500_000]
    assert column(table, "budget_minor") == [0, 3_250_000, 6_500_000, 13_000_000]
    assert column(table, "share")[0] == "0.752941"
    assert column(table, "budget_share")[2] == "0.152941"
    worth = column(table, "worth")
    assert worth[-1] == 0
    assert worth == sorted(worth, reverse=True)  # type: ignore[type-var]


def test_default_budgets_are_shares_and_progress_is_told() -> None:
    told = []
    table = curve(
        intake_of(WORKED, rates=WORKED_RATES),
        progress=lambda stage, done, total: told.append((done, total)),
    )
    assert column(table, "budget") == ["0", "1%", "5%", "10%", "20%"]
    assert told == [(k, 5) for k in range(1, 6)]


def test_without_a_fixing_each_currency_has_its_own_curve() -> None:
    table = curve(intake_of(WORKED), cash=["0", "100%"])
    assert column(table, "unit") == ["AED", "AED", "EUR", "EUR", "INR", "INR"]
    assert [row["share"] for row in table.to_pylist() if row["budget"] == "100%"] == [
        "1.000000"
    ] * 3
    with pytest.raises(InvalidOptions, match="one unit of account"):
        curve(intake_of(WORKED), cash=["1000.00"])


def greatest(
    tail: list[int], head: list[int], limit: list[int], gain: list[int], nodes: int
) -> int:
    """The greatest gain of a circulation, by OR-Tools."""
    solver = min_cost_flow.SimpleMinCostFlow()
    solver.add_arcs_with_capacity_and_unit_cost(tail, head, limit, [-one for one in gain])
    solver.set_nodes_supplies(list(range(nodes)), [0] * nodes)
    assert solver.solve() == solver.OPTIMAL
    return int(-solver.optimal_cost())


def random_rows(draw: np.random.Generator) -> list[tuple[str, str, int, str]]:
    firms = [f"{'ABC'[k % 3]}{k}" for k in range(int(draw.integers(3, 12)))]
    rows = list[tuple[str, str, int, str]]()
    for _ in range(int(draw.integers(1, 45))):
        debtor, creditor = draw.choice(len(firms), 2, replace=False)
        rows.append((firms[debtor], firms[creditor], int(draw.integers(1, 1_000)), "EUR"))
    return rows


def arcs_of(rows: list[tuple[str, str, int, str]]) -> tuple[list[str], list[int], list[int]]:
    ids = sorted({firm for row in rows for firm in row[:2]})
    return ids, [ids.index(row[0]) for row in rows], [ids.index(row[1]) for row in rows]


def test_cash_points_agree_with_another_solver() -> None:
    draw = np.random.default_rng(3)
    for _ in range(60):
        rows = random_rows(draw)
        ids, tail, head = arcs_of(rows)
        count, many = len(ids), 10**7
        limit = [row[2] for row in rows]
        limits = None
        room = dict.fromkeys(ids, many)
        if draw.random() < 0.5:
            limits = sorted((firm, "EUR", int(draw.integers(0, 900))) for firm in ids[::2])
            room = dict.fromkeys(ids, 0) | {firm: minor for firm, _, minor in limits}
        for budget in (0, int(draw.integers(1, 3_000)), 10**6):
            expected = greatest(
                tail + [count + 1] * count + list(range(count)) + [count],
                head + list(range(count)) + [count] * count + [count + 1],
                [*limit, *(room[firm] for firm in ids), *([many] * count), budget],
                [1] * len(rows) + [0] * (2 * count + 1),
                count + 2,
            )
            text = f"{budget // 100}.{budget % 100:02d}"
            table = curve(intake_of(rows, limits=limits), cash=[text])
            assert column(table, "discharged_minor") == [expected]


def test_border_points_agree_with_another_solver() -> None:
    draw = np.random.default_rng(4)
    for _ in range(60):
        rows = random_rows(draw)
        ids, tail, head = arcs_of(rows)
        count, many = len(ids), 10**7
        house = {side: count + k for k, side in enumerate(sorted({firm[0] for firm in ids}))}
        out, back = count + len(house), count + len(house) + 1
        budget = int(draw.integers(0, 2_000))
        own = [house[firm[0]] for firm in ids]
        expected = greatest(
            tail + own + list(range(count)) + list(house.values()) + [back] * len(house) + [out],
            head + list(range(count)) + own + [out] * len(house) + list(house.values()) + [back],
            [*(row[2] for row in rows), *([many] * (2 * count + 2 * len(house))), budget],
            [1] * len(rows) + [0] * (2 * count + 2 * len(house) + 1),
            back + 1,
        )
        text = f"{budget // 100}.{budget % 100:02d}"
        table = curve(intake_of(rows), border=[text])
        assert column(table, "discharged_minor") == [expected]


def test_both_budgets_at_once_are_refused() -> None:
    with pytest.raises(InvalidOptions, match="cannot be had at once"):
        curve(intake_of(WORKED, rates=WORKED_RATES), cash=["1%"], border=["1%"])


@pytest.mark.parametrize("text", ["", "-1", "-1%", "x", "1e3", "nan%", "inf%", "1.234", "%", "1,5"])
def test_what_is_no_budget_is_refused(text: str) -> None:
    with pytest.raises(InvalidOptions):
        budget_points(text, 1_000, "EUR", 1)


def test_budgets_are_read_exactly() -> None:
    assert budget_points("33.3%", 1_000_000_000_000_000_003, "EUR", 1) == 333_000_000_000_000_000
    assert budget_points("0.01", 5, "EUR", 1_000) == 1_000
    assert budget_points("0", 5, "EUR", 7) == 0


def test_an_empty_list_of_budgets_is_refused() -> None:
    with pytest.raises(InvalidOptions, match="at least one budget"):
        curve(intake_of(WORKED, rates=WORKED_RATES), cash=[])


@pytest.mark.parametrize("kind", ["cash", "border"])
def test_sums_near_the_guard_do_not_overflow(kind: str) -> None:
    """Ten firms in a chain over two sides, each owing nearly a tenth of 2**62."""
    firms = [f"{'AB'[k % 2]}{k}" for k in range(11)]
    amount = 2**62 // 10 - 1
    rows = [(firms[k], firms[k + 1], amount, "EUR") for k in range(10)]
    budgets = {kind: ["0", "50%", "100%"]}
    table = curve(intake_of(rows), **budgets)
    assert column(table, "gross_minor") == [10 * amount] * 3
    assert column(table, "net_internal_debt_minor") == [amount] * 3
    assert (
        column(table, "discharged_minor")
        == {
            "cash": [0, 10 * (amount // 2), 10 * amount],
            # The chain's ends are both on side A: no money need cross.
            "border": [10 * amount] * 3,
        }[kind]
    )


@pytest.mark.parametrize("lie", ["less", "more", "unbalanced", "levels"])
def test_a_solver_that_errs_is_caught(lie: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Flow, balances and levels are checked on the arcs as given, not only the sum."""
    honest = curves.optimal_flow

    def lying(*network: object) -> tuple[np.ndarray, np.ndarray]:
        flow, level = honest(*network)  # type: ignore[arg-type]
        if lie == "less":
            flow = flow * 0
        elif lie == "more":
            flow = flow * 3
        elif lie == "unbalanced":
            flow[[0, 2]] += [1, -1]
        else:
            level = level + np.arange(level.shape[0])
        return flow, level

    monkeypatch.setattr(curves, "optimal_flow", lying)
    with pytest.raises((CertificateFailed, Unbalanced)):
        curve(intake_of(WORKED, rates=WORKED_RATES), cash=["50%"])
