# SPDX-License-Identifier: Apache-2.0
"""The limits of a house's border, given to the clearing of the worked example.

Side A comes to owe side B 15,000 EUR where it may, which discharges 425,000; each euro less
across the border discharges one less.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from tests.made_intakes import WORKED_FIRMS, WORKED_RATES, WORKED_ROWS, make_intake

from skontro.core.clearing import clear_intake
from skontro.house.border import (
    CARRIED,
    BothWays,
    HubTerms,
    TrancheTable,
    WorkingBalance,
    border_rows,
    effective_limit,
    hub_limits,
    settle,
    tranche_table,
)

PAY_INS = [("A1", "EUR", 50_000_00), ("B3", "INR", 1_350_000_00)]
HALF_HARD = tranche_table("union-1954")
OF_B = Fraction(900_000_00, 90)  # a working balance of 900,000 INR, in cents


def discharged(rows: list[tuple[str, str, str, int]]) -> tuple[int, int]:
    """What is discharged, and what A then owes more than before, in cents."""
    intake = make_intake(
        WORKED_ROWS, firms=WORKED_FIRMS, rates=WORKED_RATES, limits=PAY_INS, quotas=rows
    )
    summary = clear_intake(intake).summary
    border = {
        (row["debtor_side"] or row["creditor_side"]): row["amount_minor"]
        for row in summary["blocks"][0]["border"]
    }
    return summary["discharged_minor"], border.get("A", 0)


@pytest.mark.parametrize(
    ("position", "table", "balance", "flow"),
    [
        (0, CARRIED, None, 15_000_00),
        (0, CARRIED, int(OF_B), 10_000_00),
        (0, HALF_HARD, int(OF_B), 15_000_00),
        (5_000_00, CARRIED, None, 10_000_00),
        (15_000_00, CARRIED, None, 0),
        (-5_000_00, CARRIED, int(OF_B), 15_000_00),
    ],
)
def test_the_clearing_goes_as_far_as_the_limit(
    position: int, table: TrancheTable, balance: WorkingBalance, flow: int
) -> None:
    limit = effective_limit(position, 15_000_00, balance, table)
    rows = border_rows({("A", "B"): limit}, "EUR", unlimited=1_000_000_00)
    assert discharged(rows) == (410_000_00 + flow, flow)
    month = settle(position, flow, 15_000_00, table)
    assert month.carried <= (15_000_00 if balance is None else int(OF_B))


def test_the_same_through_a_hub() -> None:
    terms = HubTerms({"A": 15_000_00, "B": BothWays(0, 12_000_00)}, CARRIED)
    limits = hub_limits({}, terms, {"B": int(OF_B)})
    rows = border_rows({(side, ""): limit for side, limit in limits.items()}, "EUR", unlimited=0)
    assert rows == [
        ("", "A", "EUR", 0),
        ("", "B", "EUR", 10_000_00),
        ("A", "", "EUR", 15_000_00),
        ("B", "", "EUR", 0),
    ]
    assert discharged(rows) == (420_000_00, 10_000_00)
