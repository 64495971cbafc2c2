# SPDX-License-Identifier: Apache-2.0
"""What is refused of money says what to do next."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import AmountOverflow, Conflict, Rejected, SkontroError
from skontro.store.rows import find_all
from skontro.store.schema import money_line

MODULES = ("board", "borders", "funds", "money", "payments", "releases", "settlement",
           "side_accounts")  # fmt: skip


@pytest.mark.parametrize("name", MODULES)
def test_every_refusal_says_what_to_do_next(root: Path, name: str) -> None:
    """By the source: no refusal of the money is left to the words its class has for any."""
    source = (root / f"src/skontro/flow/{name}.py").read_text("utf-8")
    bare = [
        (node.lineno, ast.unparse(node.args[0]))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("Conflict", "Rejected", "Forbidden")
        and "next_step" not in {one.arg for one in node.keywords}
    ]
    assert bare == []


def test_what_a_bank_s_line_cannot_be(tmp_path: Path) -> None:
    """Refusals that a person at the desk meets, with the command they are sent to."""
    made = MadeSettlement(tmp_path / "house", made_rules({"A": "EUR"}), ("A1", "A2"))
    money = made.money
    made.stray("A", 5_00)
    (line,) = money.suspense()
    money.fund("A", "EUR", 7_00, bank_reference="w1")  # from whom is not said
    made.bank["A", "EUR"] += 7_00
    asked = {
        "skontro settlement sent": lambda: money.fund("A", "EUR", 0, bank_reference="x"),
        "skontro settlement suspense": lambda: money.propose_assignment(99, *made.p1),
        "name a pay-in of that side": lambda: made.both(
            money.propose_assignment(line["id"], *made.p1, to=7)
        ),
        "skontro settlement board": lambda: money.sent("A", "EUR", 9, bank_reference="x"),
        "skontro settlement receive": lambda: money.returned("A", "EUR", 9, bank_reference="x"),
        "skontro settlement release": lambda: money.border_sent(9, bank_reference="x"),
        "skontro settlement working-balance": lambda: money.withdraw("A", "EUR", 1_00),
    }
    for instead, ask in asked.items():
        with pytest.raises(SkontroError) as refused:
            ask()
        assert isinstance(refused.value, Conflict | Rejected), refused
        assert instead in str(refused.value.next_step)
    made.check()


def test_money_is_counted_below_two_to_the_62(tmp_path: Path) -> None:
    """One line, or all of an account: what cannot be counted exactly is no step's ground."""
    made = MadeSettlement(tmp_path / "house", made_rules({"A": "EUR"}), ("A1", "A2"))
    most = 2**62 - 1
    with pytest.raises(Rejected, match="below 2"):
        made.fund("A", most + 1)
    made.bank.clear()  # the bank of the test had booked it
    made.fund("A", most)
    made.check()
    stray = made.stray("A", 1)["line"]
    with pytest.raises(AmountOverflow, match=r"2\*\*62 minor units") as refused:
        made.check()
    assert "skontro settlement reverse" in str(refused.value.next_step)
    with pytest.raises(AmountOverflow):
        made.money.withdraw("A", "EUR", 1)
    with made.house.database.read() as unit:
        entry = find_all(unit, money_line, id=stray)[0].entry
    made.both(made.money.propose_reversal(entry, "no such money", *made.p1))
    made.bank["A", "EUR"] = most
    made.check()
    made.house.close()
