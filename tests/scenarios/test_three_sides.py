# SPDX-License-Identifier: Apache-2.0
"""Three sides that meet at a hub, for an accountant to follow: two cycles, every account shown.

Side A keeps euro, side B rupees, side C dirhams; positions between them are kept in euro. At the
first fixing a euro is 90 rupees and 4 dirhams, at the second 93 rupees and 4 dirhams.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.made_settlement import CURRENCIES, MadeSettlement, made_rules

from skontro.core.money import format_minor

FIRMS = ("A1", "A2", "B1", "B2", "C1", "C2")
HUB = [(side, "", "20000.00") for side in "ABC"] + [("", side, "20000.00") for side in "ABC"]
WORKING = {"A": "8000.00", "B": "900000.00", "C": "28000.00"}
SECOND = {"EUR": "1", "INR": "1/93", "AED": "1/4"}


def three_sides(folder: Path, database_url: str | None = None, **options: Any) -> MadeSettlement:
    """A house with three sides, and the working balances its sponsors left there."""
    rules = made_rules(CURRENCIES, **{"quotas": HUB, "working": WORKING} | options)
    made = MadeSettlement(folder / "house", rules, FIRMS, url=database_url)
    for side, amount in (("A", 8_000_00), ("B", 900_000_00), ("C", 28_000_00)):
        made.fund(side, amount)
    return made


def ledger(made: MadeSettlement) -> str:
    """The accounts that are not empty: name, debit, credit."""
    lines = []
    for code, minor in sorted(made.books().items()):
        name = code.replace(":", " ")
        text = format_minor(abs(minor), 2)
        lines.append(f"{name:<20}{text if minor > 0 else '':>14}{text if minor < 0 else '':>14}")
    return "\n".join(line.rstrip() for line in lines)


def shown(text: str) -> str:
    """A ledger as it is written in a test."""
    found = []
    for line in [line for line in text.splitlines() if line.strip()]:
        kind, owner, code, rest = line.split(maxsplit=3)
        figure = rest.strip()
        is_credit = figure.startswith("Cr")
        figure = figure.removeprefix("Dr").removeprefix("Cr").strip()
        name = f"{kind} {owner} {code}"
        found.append(
            f"{name:<20}{'' if is_credit else figure:>14}{figure if is_credit else '':>14}".rstrip()
        )
    return "\n".join(sorted(found))


def pay_and_settle(made: MadeSettlement) -> None:
    """Everybody who is called pays; the money is placed; debts are discharged."""
    for firm in made.calls:
        made.pay(firm)
        made.check()
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()


def positions(made: MadeSettlement) -> dict[str, int]:
    """What each side owes the hub, in euro; below nought: is owed."""
    found = made.money.border()["positions"]
    return {one["side"]: one["position_minor"] // 100 for one in found}


def test_two_cycles_at_the_hub(tmp_path: Path, database_url: str) -> None:
    """Goal: every account of the house after each step is what an accountant would write.

    First cycle. A1 owes B1 900,000 rupees (10,000 euro), A2 owes C1 20,000 dirhams (5,000), B2 owes
    C2 8,000 dirhams (2,000). A takes in 15,000 euro and pays nothing out; B takes in 180,000 rupees
    and pays 900,000 out; C takes in nothing and pays 28,000 dirhams out. A owes the hub 15,000,
    which owes B 8,000 and C 7,000.

    Second cycle. The rupee has fallen, trade turns: B1 owes A1 1,395,000 rupees (15,000), C1 owes
    A2 8,000 dirhams (2,000). A pays 17,000 out: 15,000 it held for the others, and 2,000 of its
    sponsor's.
    """
    made = three_sides(tmp_path, database_url)
    made.owe("A1", "B1", 900_000_00, "INR")
    made.owe("A2", "C1", 20_000_00, "AED")
    made.owe("B2", "C2", 8_000_00, "AED")
    calls = made.run()
    assert {firm: (one["due_minor"] // 100, one["currency"]) for firm, one in calls.items()} == {
        "A1": (10_000, "EUR"), "A2": (5_000, "EUR"), "B2": (180_000, "INR"),
    }  # fmt: skip
    pay_and_settle(made)
    assert positions(made) == {"A": 15_000, "B": -8_000, "C": -7_000}
    assert ledger(made) == shown("""
        bank    A  EUR  Dr    23000.00
        working A  EUR  Cr     8000.00
        border  A  EUR  Cr    15000.00
        bank    B  INR  Dr  1080000.00
        working B  INR  Cr   900000.00
        due     B1 INR  Cr   900000.00
        border  B  INR  Dr   720000.00
        bank    C  AED  Dr    28000.00
        working C  AED  Cr    28000.00
        due     C1 AED  Cr    20000.00
        due     C2 AED  Cr     8000.00
        border  C  AED  Dr    28000.00
    """)
    funds = {one["side"]: one for one in made.money.funds()}
    assert {side: one["drawn_minor"] // 100 for side, one in funds.items()} == {
        "A": 0, "B": 720_000, "C": 28_000,
    }  # fmt: skip
    assert made.pay_what_is_ready() == {
        "B1": 900_000_00, "C1": 20_000_00, "C2": 8_000_00,
    }  # fmt: skip
    made.house.cycles.close(made.cycle)
    made.check()
    assert ledger(made) == shown("""
        bank    A  EUR  Dr    23000.00
        working A  EUR  Cr     8000.00
        border  A  EUR  Cr    15000.00
        bank    B  INR  Dr   180000.00
        working B  INR  Cr   900000.00
        border  B  INR  Dr   720000.00
        working C  AED  Cr    28000.00
        border  C  AED  Dr    28000.00
    """)
    made.owe("B1", "A1", 1_395_000_00, "INR")
    made.owe("C1", "A2", 8_000_00, "AED")
    made.open(SECOND)
    # B is owed 8,000 euro, which is 744,000 rupees now: it gains 24,000.
    assert ledger(made) == shown("""
        bank    A  EUR  Dr    23000.00
        working A  EUR  Cr     8000.00
        border  A  EUR  Cr    15000.00
        bank    B  INR  Dr   180000.00
        working B  INR  Cr   900000.00
        border  B  INR  Dr   744000.00
        revaluation B INR Cr  24000.00
        working C  AED  Cr    28000.00
        border  C  AED  Dr    28000.00
    """)
    made.to_final()
    made.call()
    pay_and_settle(made)
    assert positions(made) == {"A": -2_000, "B": 7_000, "C": -5_000}
    assert made.pay_what_is_ready() == {"A1": 15_000_00, "A2": 2_000_00}
    made.house.cycles.close(made.cycle)
    made.check()
    assert ledger(made) == shown("""
        bank    A  EUR  Dr     6000.00
        working A  EUR  Cr     8000.00
        border  A  EUR  Dr     2000.00
        bank    B  INR  Dr  1575000.00
        working B  INR  Cr   900000.00
        border  B  INR  Cr   651000.00
        revaluation B INR Cr  24000.00
        bank    C  AED  Dr     8000.00
        working C  AED  Cr    28000.00
        border  C  AED  Dr    20000.00
    """)
    assert all(one["agrees"] for one in made.house.cycles.replay(made.cycle))
    assert made.house.journal.verify().ok


def test_no_more_flows_to_a_side_than_its_sponsor_left(tmp_path: Path) -> None:
    """C's sponsor left 12,000 dirhams, which is 3,000 euro: of 7,000 for C, 3,000 are paid."""
    made = three_sides(tmp_path, working=WORKING | {"C": "12000.00"})
    first = made.owe("A2", "C1", 28_000_00, "AED")
    made.run()
    assert {firm: one["due_minor"] for firm, one in made.calls.items()} == {"A2": 3_000_00}
    pay_and_settle(made)
    assert made.left(first) == 16_000_00
    assert positions(made) == {"A": 3_000, "B": 0, "C": -3_000}


def test_a_quarter_hard_at_the_hub(tmp_path: Path) -> None:
    """Whoever owes the hub pays a quarter in money, and whoever is owed receives as much.

    A owes 15,000 and pays 3,750 euro: 2,000 of it to B, which is 180,000 rupees, and 1,750 to C,
    which is 7,000 dirhams. On C all of the sponsor's money is drawn before; 21,000 of 28,000
    dirhams need no more than that.
    """
    quarter = {"step": [{"width": "1", "debtor_hard": "1/4", "creditor_hard": "1/4"}],
               "beyond": "refuse"}  # fmt: skip
    made = three_sides(
        tmp_path, table="quarter", tables={"quarter": quarter},
        working=WORKING | {"C": "21000.00"},
    )  # fmt: skip
    made.owe("A1", "B1", 900_000_00, "INR")
    made.owe("A2", "C1", 20_000_00, "AED")
    made.owe("B2", "C2", 8_000_00, "AED")
    made.run()
    pay_and_settle(made)
    assert [
        (one["debtor_side"], one["creditor_side"], one["amount_minor"], one["creditor_minor"])
        for one in made.hard()
    ] == [("A", "B", 2_000_00, 180_000_00), ("A", "C", 1_750_00, 7_000_00)]
    assert made.waits("C") == {"C1": (20_000_00, "cover")}
    assert made.pay_what_is_ready() == {"B1": 900_000_00, "C2": 8_000_00}
    for payment in made.hard():
        made.border_comes(payment)
    made.check()
    assert made.pay_what_is_ready() == {"C1": 20_000_00}
    made.house.cycles.close(made.cycle)
    assert ledger(made) == shown("""
        bank    A  EUR  Dr    19250.00
        working A  EUR  Cr     8000.00
        border  A  EUR  Cr    11250.00
        bank    B  INR  Dr   360000.00
        working B  INR  Cr   900000.00
        border  B  INR  Dr   540000.00
        bank    C  AED  Dr     7000.00
        working C  AED  Cr    28000.00
        border  C  AED  Dr    21000.00
    """)


def test_three_pairs(tmp_path: Path) -> None:
    """Pairs instead of a hub: each pair has its own quota and its own position."""
    quotas = [("A", "B", "12000.00"), ("A", "C", "4000.00"), ("B", "C", "3000.00")]
    made = three_sides(tmp_path, quotas=quotas)
    made.owe("A1", "B1", 900_000_00, "INR")
    second = made.owe("A2", "C1", 20_000_00, "AED")
    third = made.owe("B2", "C2", 8_000_00, "AED")
    made.run()
    pay_and_settle(made)
    # C has 7,000 euro of its sponsor's for both: 4,000 towards A and 3,000 towards B. B has 10,000,
    # and each pair is bounded by itself, so that no more comes to C through B: 1,000 stay open.
    # At the hub, where only what B is short of in all counts, everything settled.
    found = {(one["side"], one["other_side"]): one["position_minor"] // 100
             for one in made.money.border()["positions"]}  # fmt: skip
    assert found == {("A", "B"): 10_000, ("A", "C"): 4_000, ("B", "C"): 2_000}
    assert made.left(second) + made.left(third) == 4_000_00
    made.pay_what_is_ready()
    made.house.cycles.close(made.cycle)
    made.check()


@pytest.mark.parametrize(("paid", "settled"), [(5_000_00, 7_000_00), (0, 2_000_00)])
def test_one_of_three_pays_late(tmp_path: Path, paid: int, settled: int) -> None:
    """A1 does not pay: what A2 and B2 owe is settled all the same, and A owes the hub less."""
    made = three_sides(tmp_path)
    first = made.owe("A1", "B1", 900_000_00, "INR")
    made.owe("A2", "C1", 20_000_00, "AED")
    made.owe("B2", "C2", 8_000_00, "AED")
    made.run()
    made.pay("B2")
    if paid:
        made.pay("A2", paid)
    made.at("pay_in_deadline")
    assert made.missed()["recast"]["settled_minor"] == settled
    made.money.plan(made.cycle)
    made.money.settle(made.cycle)
    made.check()
    assert made.left(first) == 900_000_00
    assert positions(made) == {"A": paid // 100, "B": 2_000, "C": -(paid // 100) - 2_000}
    made.pay_what_is_ready()
    made.house.cycles.close(made.cycle)
    made.check()
