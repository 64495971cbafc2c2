# SPDX-License-Identifier: Apache-2.0
"""Small results in the shape of a result folder, made by hand for the tests of the report."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

FIRMS = {
    "A1": ("Alder & Sons", "A", "EUR"),
    "A2": ("Aster Foods", "A", "EUR"),
    "A3": ("Arnica Devices", "A", "EUR"),
    "B1": ("Bakul Mills", "B", "INR"),
    "B2": ("Banyan Tea", "B", "INR"),
    "B3": ("Brahmi Labs", "B", "INR"),
}
DEBTS = [
    # id, debtor, creditor, currency, gross, set off (in the currency's minor units)
    ("d1", "A1", "B1", "EUR", 7_000_00, 3_000_00),
    ("d2", "B1", "A1", "INR", 270_000_00, 270_000_00),
    ("d3", "A2", "B2", "EUR", 900_00, 0),
    ("d4", "A3", "B3", "EUR", 50_00, 50_00),
    ("d5", "B3", "A3", "INR", 4_500_00, 4_500_00),
]
POINTS = {"EUR": 90, "INR": 1}
LEVELS = {"A1": 0, "A2": 0, "A3": 0, "B1": 1, "B2": 1, "B3": 0}


def parameters(**wishes: Any) -> dict[str, Any]:
    """Parameters as a summary states them."""
    return {"split": "oldest", "prefer": None, "combined": False, "cash": None, **wishes}


def obligations() -> pa.Table:
    """Five obligations in two currencies at 1 EUR = 90 INR."""
    rows = []
    for row, (name, debtor, creditor, currency, gross, set_off) in enumerate(DEBTS, start=1):
        points = POINTS[currency]
        rows.append(
            {
                "id": name,
                "debtor": debtor,
                "creditor": creditor,
                "currency": currency,
                "row": row,
                "gross_minor": gross,
                "set_off_minor": set_off,
                "settled_minor": 0,
                "residual_minor": gross - set_off,
                "gross_points": gross * points,
                "set_off_points": set_off * points,
                "settled_points": 0,
            }
        )
    return pa.Table.from_pylist(rows)


def participants(names: dict[str, str] | None = None) -> pa.Table:
    """A node for each firm, all accepting conversion; names may be replaced."""
    sums = {firm: [0, 0, 0] for firm in FIRMS}
    for _, debtor, creditor, currency, gross, set_off in DEBTS:
        points = POINTS[currency]
        sums[debtor][0] += gross * points
        sums[creditor][1] += gross * points
        sums[debtor][2] += set_off * points
    rows = []
    for firm, (name, side, home) in FIRMS.items():
        owed, due, set_off = sums[firm]
        rows.append(
            {
                "participant": firm,
                "currency": "",
                "name": (names or {}).get(firm, name),
                "side": side,
                "home_currency": home,
                "unit": "EUR",
                "owed_points": owed,
                "due_points": due,
                "net_position_points": due - owed,
                "set_off_points": set_off,
                "settled_out_points": 0,
                "settled_in_points": 0,
                "level": LEVELS[firm],
                "pay_in_points": max(0, owed - due),
                "pay_out_points": max(0, due - owed),
                "owed_minor": owed // 90,
                "due_minor": due // 90,
                "net_position_minor": (due - owed) // 90,
                "set_off_minor": set_off // 90,
                "booked_difference_points": 0,
                "booked_difference_minor": 0,
                "settlement_currency": home,
                "pay_in": f"{max(0, owed - due) // POINTS[home] // 100}.00",
                "pay_out": f"{max(0, due - owed) // POINTS[home] // 100}.00",
            }
        )
    return pa.Table.from_pylist(rows)


def summary(**changed: Any) -> dict[str, Any]:
    """The summary that belongs to the two tables."""
    gross = sum(debt[4] * POINTS[debt[3]] for debt in DEBTS)
    set_off = sum(debt[5] * POINTS[debt[3]] for debt in DEBTS)
    internal = sum(max(0, row["net_position_points"]) for row in participants().to_pylist())
    sums = {
        "unit": "EUR", "unit_minor_points": 90, "grid": "exact",
        "gross_minor": gross // 90, "set_off_minor": set_off // 90, "settled_minor": 0,
        "discharged_minor": set_off // 90, "residual_minor": (gross - set_off) // 90,
        "gross_points": str(gross), "set_off_points": str(set_off), "settled_points": "0",
        "share": f"{set_off * 10**6 // gross / 10**6:.6f}",
        "share_discharged": f"{set_off * 10**6 // gross / 10**6:.6f}",
        "obligations": 5, "participants": 6, "fully_discharged": 3, "partly_discharged": 1,
        "untouched": 1, "net_internal_debt_minor": internal // 90, "levels": 2,
        "certificate": "checked",
    }  # fmt: skip
    block = {
        **sums,
        "pay_in_points": str(internal),
        "pay_out_points": str(internal),
        "currencies": [
            {"currency": "EUR", "obligations": 3, "gross_minor": 795_000, "set_off_minor": 305_000,
             "settled_minor": 0, "residual_minor": 490_000, "points_per_minor": "90"},
            {"currency": "INR", "obligations": 2, "gross_minor": 27_450_000,
             "set_off_minor": 27_450_000, "settled_minor": 0, "residual_minor": 0,
             "points_per_minor": "1"},
        ],
        "sides": [
            {"debtor_side": "A", "creditor_side": "B", "obligations": 3,
             "gross_points": str(795_000 * 90), "set_off_points": str(305_000 * 90),
             "settled_points": "0"},
            {"debtor_side": "B", "creditor_side": "A", "obligations": 2,
             "gross_points": "27450000", "set_off_points": "27450000", "settled_points": "0"},
        ],
        "border": [],
    }  # fmt: skip
    return {
        "format": "skontro.result/1", "effect": "calculation", "screened": False,
        "notice": "nothing has been set off", "parameters": parameters(), **sums,
        "rejected": 1, "repeated": 0, "result_digest": "ab" * 32, "blocks": [block], **changed,
    }  # fmt: skip


def rejections() -> pa.Table:
    """One row refused."""
    return pa.Table.from_pylist(
        [{"row": 6, "field": "amount", "value": "1e3", "code": "ExponentNotation", "message": "x"}]
    )


def curve() -> list[dict[str, Any]]:
    """A curve of four points, as the lab draws it."""
    gross = summary()["gross_minor"]
    debt = summary()["net_internal_debt_minor"]
    shares = [(0, 610_000), (20, 800_000), (50, 950_000), (100, gross)]
    return [
        {
            "unit": "EUR", "kind": "cash", "budget": f"{percent}%",
            "budget_minor": debt * percent // 100, "net_internal_debt_minor": debt,
            "gross_minor": gross, "discharged_minor": gone,
        }
        for percent, gone in shares
    ]  # fmt: skip
