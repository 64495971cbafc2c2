# SPDX-License-Identifier: Apache-2.0
"""A house with the tables of the European Payments Union settles as the union did.

Two sides against the hub, both in euro, each cycle the same flow: what the debtor pays and the
creditor receives in money, tranche by tranche, is what the scales of 1950, 1954 and 1955 say.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.made_settlement import UNION_1950, MadeSettlement, made_rules

EUR = {"EUR": "1"}


def flat(share: str) -> dict[str, Any]:
    """A scale with one share for everybody within the quota, all in money past it."""
    return {
        "beyond": "hard", "capital_account": "union capital",
        "step": [{"width": "1", "debtor_hard": share, "creditor_hard": share}],
    }  # fmt: skip


SCALES: dict[str, dict[str, Any]] = {
    "1950": UNION_1950,
    "1954": flat("50 %"),
    "1955": flat("75 %"),
    "belgium": UNION_1950 | {"creditor_hard_beyond": "50 %"},
}


def union(folder: Path, scale: str, quotas: dict[str, str]) -> MadeSettlement:
    """Side D owes, side B is owed, both against the hub; B's central bank gives the credit."""
    rows = [(side, "", quotas[side]) for side in quotas]
    rows += [("", side, quotas[side]) for side in quotas]
    rules = made_rules(
        {"B": "EUR", "D": "EUR"}, quotas=rows, table="union", tables={"union": SCALES[scale]},
        working={"B": "2000.00"},
    )  # fmt: skip
    made = MadeSettlement(folder / "house", rules, ("B1", "D1"))
    made.fund("B", 2000_00)
    made.fund("", 500_00, "capital")
    return made


def month(made: MadeSettlement, amount: int) -> tuple[int, int]:
    """D1 owes B1 so much, and all of it is settled; what D paid and B received in money."""
    made.owe("D1", "B1", amount, "EUR")
    made.run(EUR)
    made.pay("D1")
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()
    hard = {(one["debtor_side"], one["creditor_side"]): one["amount_minor"] for one in made.hard()}
    made.pay_what_is_ready()
    for payment in made.hard():
        if payment["debtor_side"] == "D":
            made.border_comes(payment)
    if ("", "B") in hard:
        made.pay_all("")
    for payment in made.hard():
        if payment["creditor_side"] == "B":
            made.border_comes(payment)
    made.pay_what_is_ready()
    made.check()
    made.house.cycles.close(made.cycle)
    made.check()
    return hard.get(("D", ""), 0), hard.get(("", "B"), 0)


@pytest.mark.parametrize(
    ("scale", "months"),
    [
        # A fifth of the quota a month; the sixth month is past it.
        ("1950", [(0, 0), (40, 100), (80, 100), (120, 100), (160, 100), (200, 200)]),
        ("1954", [(100, 100), (100, 100)]),
        ("1955", [(150, 150), (150, 150)]),
    ],
)
def test_each_tranche(tmp_path: Path, scale: str, months: list[tuple[int, int]]) -> None:
    made = union(tmp_path, scale, {"B": "1000.00", "D": "1000.00"})
    paid = [month(made, 200_00) for _ in months]
    assert paid == [(debtor * 100, creditor * 100) for debtor, creditor in months]
    positions = {one["side"]: one["position_minor"] for one in made.money.border()["positions"]}
    assert positions == {"B": -200_00 * len(months), "D": 200_00 * len(months)}
    # What the union gave more than it got, it is owed.
    given = sum(creditor - debtor for debtor, creditor in months) * 100
    assert made.books().get("border::EUR", 0) == given
    assert made.books().get("bank::EUR", 0) == 500_00 - given


def test_belgium_in_june_1952(tmp_path: Path) -> None:
    """A surplus of 415.8 with a quota of 330.6: of 85.2 past it, 42.6 are received in money."""
    made = union(tmp_path, "belgium", {"B": "330.60", "D": "1000.00"})
    assert month(made, 330_60)[1] == 132_24
    assert month(made, 85_20)[1] == 42_60
    (belgium,) = [one for one in made.money.border()["positions"] if one["side"] == "B"]
    assert belgium["position_minor"] == -415_80
    assert belgium["carried_minor"] == -(415_80 - 132_24 - 42_60)
    assert belgium["quota_owed_minor"] == 330_60
