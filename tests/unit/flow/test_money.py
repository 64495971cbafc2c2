# SPDX-License-Identifier: Apache-2.0
"""What is refused of money says what to do next."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from tests.made_settlement import MadeSettlement, made_rules

from skontro.core.errors import Conflict, Rejected, SkontroError

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
