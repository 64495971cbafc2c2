# SPDX-License-Identifier: Apache-2.0
"""The worked example to the last cent: three firms on each of two sides, three currencies.

Every test runs on the example's own files, where they lie beside this repository, and on the same
example written down in ``tests/made_intakes.py``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tests.made_intakes import WORKED_FIRMS, WORKED_RATES, WORKED_ROWS, make_intake

from skontro.core.clearing import clear_intake
from skontro.core.intake import Intake
from skontro.core.participants import Participants
from skontro.core.result import ClearingResult
from skontro.messages.tables import read_intake

LIMITS = [("A1", "EUR", 50_000_00), ("B3", "INR", 1_350_000_00)]


def euros(amount: int) -> int:
    """Euros in cents."""
    return amount * 100


@pytest.fixture(params=["the files", "written down"])
def intake(request: pytest.FixtureRequest) -> Intake:
    """The example without limits and quotas."""
    if request.param == "written down":
        return make_intake(WORKED_ROWS, firms=WORKED_FIRMS, rates=WORKED_RATES)
    folder: Path = request.getfixturevalue("worked")
    return read_intake(
        folder / "obligations.csv", folder / "participants.csv", folder / "fixing.csv"
    )


def only(intake: Intake, keep: set[str]) -> Intake:
    """The intake with some of its obligations."""
    book = intake.obligations
    chosen = np.array([name in keep for name in book.id.to_pylist()])
    parts = {
        name: getattr(book, name)[chosen]
        for name in ("row", "debtor", "creditor", "amount_minor", "currency_index", "due_day")
    }
    mask = pa.array(chosen)
    return replace(
        intake,
        obligations=replace(
            book, id=book.id.filter(mask), carried=book.carried.filter(mask), **parts
        ),
    )


def column(result: ClearingResult, name: str) -> dict[str, Any]:
    """A column of the participants by firm."""
    table = result.participants
    firms = table.column("participant").to_pylist()
    return dict(zip(firms, table.column(name).to_pylist(), strict=True))


def in_euros(result: ClearingResult, name: str) -> list[int]:
    """A column of points of the obligations in whole euros."""
    cent = result.summary["unit_minor_points"]
    return [points // cent // 100 for points in result.obligations.column(name).to_pylist()]


def test_gross(intake: Intake) -> None:
    summary = clear_intake(intake).summary
    assert summary["gross_minor"] == euros(425_000)
    crossing = sum(
        int(pair["gross_points"])
        for pair in summary["blocks"][0]["sides"]
        if pair["debtor_side"] != pair["creditor_side"]
    )
    assert crossing == euros(385_000) * summary["unit_minor_points"]


def test_nobody_accepts_conversion(intake: Intake) -> None:
    firms = intake.participants
    refusing = Participants(
        firms.id, firms.name, firms.side, firms.home_currency, np.zeros(6, np.bool_)
    )
    summary = clear_intake(replace(intake, participants=refusing)).summary
    assert (summary["gross_minor"], summary["set_off_minor"]) == (euros(425_000), 0)


def test_cross_border_only(intake: Intake) -> None:
    crossing = only(intake, {"o1", "o2", "o3", "o4", "o5", "o6"})
    assert clear_intake(crossing).summary["set_off_minor"] == euros(200_000)


def test_all_obligations(intake: Intake) -> None:
    result = clear_intake(intake)
    assert result.summary["set_off_minor"] == euros(320_000)
    assert result.summary["share"] == "0.752941"
    assert result.summary["discharged_minor"] == euros(320_000)
    assert result.summary["residual_minor"] == euros(105_000)
    thousands = [50, 50, 50, 60, 30, 40, 20, 20]
    assert in_euros(result, "set_off_points") == [k * 1000 for k in thousands]
    assert result.obligations.column("set_off_minor").to_pylist() == [
        50_000_00, 4_500_000_00, 50_000_00, 240_000_00, 2_700_000_00, 40_000_00, 20_000_00,
        1_800_000_00,
    ]  # fmt: skip
    assert result.obligations.column("residual").to_pylist() == [
        "50000.00", "900000.00", "30000.00", "60000.00", "0.00", "0.00", "0.00", "0.00",
    ]  # fmt: skip
    assert set(column(result, "booked_difference_points").values()) == {0}


def test_least_levels(intake: Intake) -> None:
    levels = {"A1": 0, "A2": 2, "A3": 1, "B1": 1, "B2": 3, "B3": 0}
    assert column(clear_intake(intake), "level") == levels


def test_net_positions(intake: Intake) -> None:
    result = clear_intake(intake)
    assert column(result, "net_position") == {
        "A1": "-50000.00", "A2": "20000.00", "A3": "15000.00",
        "B1": "20000.00", "B2": "10000.00", "B3": "-15000.00",
    }  # fmt: skip
    assert result.summary["net_internal_debt_minor"] == euros(65_000)


def settlements(intake: Intake) -> Iterator[ClearingResult]:
    """What full settlement would take, and what it takes where the limits just suffice."""
    yield clear_intake(intake)
    yield clear_intake(replace(intake, pay_in_limits=LIMITS))


def test_each_side_pays_in_its_currency(intake: Intake) -> None:
    for result in settlements(intake):
        assert column(result, "settlement_currency") == {
            "A1": "EUR", "A2": "EUR", "A3": "EUR", "B1": "INR", "B2": "INR", "B3": "INR",
        }  # fmt: skip
        pay_in, pay_out = column(result, "pay_in"), column(result, "pay_out")
        assert pay_in == dict.fromkeys(pay_in, "0.00") | {"A1": "50000.00", "B3": "1350000.00"}
        assert pay_out == {
            "A1": "0.00", "A2": "20000.00", "A3": "15000.00",
            "B1": "1800000.00", "B2": "900000.00", "B3": "0.00",
        }  # fmt: skip


def test_border_position(intake: Intake) -> None:
    for result in settlements(intake):
        owed = [
            (row["debtor_side"], row["creditor_side"], row["amount_minor"])
            for row in result.summary["blocks"][0]["border"]
        ]
        assert owed == [("", "B", euros(15_000)), ("A", "", euros(15_000))]
        across = sum(
            int(row["gross_points"])
            for row in result.summary["blocks"][0]["sides"]
            if row["debtor_side"] != row["creditor_side"]
        )
        position = int(result.summary["blocks"][0]["border"][0]["amount_points"])
        assert f"{position / across:.1%}" == "3.9%"


def test_side_a_keeps_what_side_b_is_short_of(intake: Intake) -> None:
    for result in settlements(intake):
        side, pay_in, pay_out = (column(result, name) for name in ("side", "pay_in", "pay_out"))
        kept: dict[str, Decimal] = {"A": Decimal(0), "B": Decimal(0)}
        for firm, where in side.items():
            kept[where] += Decimal(pay_in[firm]) - Decimal(pay_out[firm])
        assert kept == {"A": Decimal("15000.00"), "B": Decimal("-1350000.00")}


def test_b3_excluded(intake: Intake) -> None:
    without = only(intake, {"o1", "o2", "o3", "o5", "o7"})
    assert clear_intake(without).summary["set_off_minor"] == euros(120_000)


@pytest.mark.parametrize(
    ("quota", "discharged"),
    [
        (("A", "B", 15_000), 425_000),
        (("A", "B", 10_000), 420_000),
        (("A", "B", 0), 410_000),
        (("B", "A", 15_000), 410_000),
    ],
)
def test_limits_and_quotas(
    intake: Intake, quota: tuple[str, str, int], discharged: int
) -> None:
    debtor_side, creditor_side, limit = quota
    quotas = [(debtor_side, creditor_side, "EUR", euros(limit))]
    result = clear_intake(replace(intake, pay_in_limits=LIMITS, border_quotas=quotas))
    assert result.summary["set_off_minor"] == euros(320_000)
    assert result.summary["discharged_minor"] == euros(discharged)
    border = result.summary["blocks"][0]["border"]
    carried = min(limit, 15_000) if debtor_side == "A" else 0
    assert [row["amount_minor"] for row in border] == [euros(carried)] * (carried > 0)


@pytest.mark.parametrize(
    ("arrived", "settled", "owed"),
    [
        (0, [0, 0, 0, 15_000, 0, 0, 0, 0], 15_000),
        (20_000, None, 5_000),
    ],
    ids=["A1 fails", "A1 pays only 20,000"],
)
def test_money_that_arrived(
    intake: Intake, arrived: int, settled: list[int] | None, owed: int
) -> None:
    """Goal: what settles when less money came than was called.

    Method: the pay-in limits are the money that arrived, with a quota for B to owe A.
    """
    result = clear_intake(
        replace(
            intake,
            pay_in_limits=[("A1", "EUR", euros(arrived)), LIMITS[1]],
            border_quotas=[("B", "A", "EUR", euros(15_000))],
        )
    )
    assert result.summary["set_off_minor"] == euros(320_000)
    if settled is not None:
        assert in_euros(result, "settled_points") == settled
    else:
        assert result.summary["settled_minor"] == euros(65_000)
    assert result.summary["blocks"][0]["border"] == [
        {"debtor_side": "B", "creditor_side": "A", "amount_minor": euros(owed),
         "amount_points": str(euros(owed) * result.summary["unit_minor_points"])},
    ]  # fmt: skip


def test_both_sources_are_one_calculation(worked: Path) -> None:
    """The example written down in the tests is the example of the files."""
    read = read_intake(
        worked / "obligations.csv", worked / "participants.csv", worked / "fixing.csv",
        worked / "pay_in_limits.csv", worked / "border_quotas.csv",
    )  # fmt: skip
    written = make_intake(
        WORKED_ROWS, firms=WORKED_FIRMS, rates=WORKED_RATES, limits=LIMITS,
        quotas=[("A", "B", "EUR", euros(15_000))],
    )  # fmt: skip
    one, other = clear_intake(read), clear_intake(written)
    assert one.input_digest == other.input_digest
    assert one.result_digest == other.result_digest
