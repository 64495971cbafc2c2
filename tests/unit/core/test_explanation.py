# SPDX-License-Identifier: Apache-2.0
"""What one firm is told: every sum exact, every reason that of the certificate."""

from __future__ import annotations

import random
import re
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest

from skontro.core.clearing import clear_intake
from skontro.core.errors import NoSuchParticipant
from skontro.core.explanation import explain
from skontro.core.result import ClearingResult
from skontro.messages.tables import read_intake

COLUMNS = ("id", "debtor", "creditor", "amount", "currency")
RING = [
    ("1", "Alder", "Birch", "100.00", "EUR"),
    ("2", "Birch", "Cedar", "80.00", "EUR"),
    ("3", "Cedar", "Alder", "60.00", "EUR"),
    ("4", "Dogwood", "Elm", "5.00", "EUR"),
]


def table(rows: list[tuple[str, ...]], columns: tuple[str, ...] = COLUMNS) -> pa.Table:
    return pa.table({name: [row[at] for row in rows] for at, name in enumerate(columns)})


def cleared(rows: list[tuple[str, ...]], **more: Any) -> ClearingResult:
    wishes = {name: more.pop(name) for name in ("cash", "combined", "prefer") if name in more}
    return clear_intake(read_intake(table(rows), **more), **wishes)


def sentences(result: ClearingResult, participant: str) -> dict[str, list[str]]:
    told = explain(result.summary, result.obligations, result.participants, participant)
    return {section.title: section.sentences for section in told.sections}


def test_a_firm_that_is_short() -> None:
    told = sentences(cleared(RING), "Alder")
    assert told == {
        "What is owed": [
            "Alder owes 100.00 EUR in 1 obligation and is owed 60.00 EUR in 1 obligation.",
            "Net position -40.00 EUR: it owes 40.00 EUR more than it is owed. "
            "No set-off changes this.",
        ],
        "What goes against what": [
            "60.00 EUR of what it owes goes against 60.00 EUR of what it is owed.",
            "1, owed to Birch: 60.00 EUR of 100.00 EUR goes.",
            "3, owed by Cedar: all 60.00 EUR goes.",
        ],
        "Why the rest cannot be set off": [
            "All that Alder is owed has gone already: nothing is left to set its debts off "
            "against. It is short by 40.00 EUR.",
            "1 to Birch: 40.00 EUR of 100.00 EUR stays. Alder stands at level 0, Birch at 1: "
            "any way to set off one unit more here takes at least one away elsewhere.",
            "Following the largest debts that are left: Alder owes Birch, which owes Cedar; "
            "Cedar owes nobody any more. Each step leads to a higher level, so none comes back to "
            "Alder.",
        ],
        "Money": ["To settle all that is left, Alder would pay in 40.00 EUR, one net sum."],
    }


def test_a_firm_that_waits() -> None:
    told = sentences(cleared(RING), "Cedar")
    assert told["Why the rest cannot be set off"][0] == (
        "All that Cedar owes has gone already: its other claims have no debt of its own to go "
        "against. They wait for somebody who is short."
    )
    assert told["Money"] == [
        "If all that is left were settled, Cedar would be paid 20.00 EUR, one net sum."
    ]


def test_a_firm_that_meets_nobody() -> None:
    result = cleared(RING)
    debtor, creditor = sentences(result, "Dogwood"), sentences(result, "Elm")
    assert debtor["What goes against what"] == ["Nothing: no circle of debt runs through Dogwood."]
    assert debtor["Why the rest cannot be set off"][0].startswith("Nobody owes Dogwood anything")
    assert creditor["Why the rest cannot be set off"][0].startswith("Elm owes nobody anything")


def test_a_firm_with_nothing_left_is_given_no_reasons() -> None:
    rows = [("1", "A", "B", "7", "JPY"), ("2", "B", "A", "7", "JPY")]
    told = sentences(cleared(rows), "A")
    assert list(told) == ["What is owed", "What goes against what", "Money"]
    assert told["What goes against what"][1:] == [
        "1, owed to B: all 7 JPY goes.", "2, owed by B: all 7 JPY goes."
    ]  # fmt: skip
    assert told["Money"] == ["A would neither pay nor be paid anything."]


def test_what_cash_does_is_told_apart() -> None:
    firms = table([(name, "A", "EUR") for name in ("Alder", "Birch", "Cedar", "Dogwood", "Elm")],
                  ("id", "side", "home_currency"))  # fmt: skip
    limits = table([("Alder", "15.00", "EUR"), ("Birch", "9.00", "EUR")],
                   ("participant", "limit", "currency"))  # fmt: skip
    result = cleared(RING, participants=firms, pay_in_limits=limits)
    told = sentences(result, "Alder")
    assert told["Money"] == [
        "Alder pays in 15.00 EUR, all that its pay-in limit allows.",
        "Cash settles 15.00 EUR of 1, which it owes.",
        "25.00 EUR of 1, which it owes, stays open after all.",
    ]
    assert sentences(result, "Dogwood")["Money"][0] == (
        "Dogwood has no pay-in limit, so it pays in nothing."
    )
    assert sentences(result, "Birch")["Money"][0] == (
        "Birch pays in 5.00 EUR, less than its pay-in limit allows."
    )
    assert sentences(result, "Cedar")["Money"][0] == "Cedar is paid 20.00 EUR."


def test_each_currency_of_one_that_refuses_conversion_has_its_part() -> None:
    firms = table([("A", "EUR", "no"), ("B", "EUR", "yes"), ("C", "INR", "yes")],
                  ("id", "home_currency", "accepts_conversion"))  # fmt: skip
    fixing = table([("EUR", "EUR", "1"), ("INR", "EUR", "1/90")],
                   ("currency", "unit_of_account", "rate"))  # fmt: skip
    rows = [
        ("1", "A", "B", "10.00", "EUR"),
        ("2", "B", "C", "900.00", "INR"),
        ("3", "C", "A", "450.00", "INR"),
        ("4", "C", "A", "7.00", "EUR"),
    ]
    result = cleared(rows, participants=firms, fixing=fixing)
    told = sentences(result, "A")
    assert "What is owed (EUR)" in told
    assert "What is owed (INR)" in told
    assert told["What goes against what (EUR)"][1] == "1, owed to B: 7.00 EUR of 10.00 EUR goes."
    assert told["What goes against what (INR)"] == ["Nothing: no circle of debt runs through A."]


def test_nobody_of_that_name() -> None:
    result = cleared(RING)
    with pytest.raises(NoSuchParticipant) as caught:
        sentences(result, "Aldr")
    assert caught.value.next_step == "did you mean Alder?"


def test_many_obligations_are_counted_not_listed() -> None:
    rows = [(f"x{k}", "A", "B", f"{k + 1}.00", "EUR") for k in range(40)]
    rows += [("y", "B", "A", "300.00", "EUR")]
    told = sentences(cleared(rows), "A")
    assert sum(len(lines) for lines in told.values()) < 40
    assert any("obligations more like these" in line for line in told["What goes against what"])


@pytest.mark.parametrize("seed", range(12))
def test_every_reason_holds(seed: int) -> None:
    """Goal: no sentence says what is not so.

    Method: random networks; for each firm the levels named are compared with the table, a
    price with the levels, each step of a chain with an open obligation, each sum with its row.
    """
    dice = random.Random(seed)
    names = [f"F{k}" for k in range(9)]
    rows = []
    for k in range(30):
        debtor, creditor = dice.sample(names, 2)
        rows.append((f"o{k}", debtor, creditor, f"{dice.randint(1, 500)}.00", "EUR"))
    result = cleared(rows)
    level = {n["participant"]: n["level"] for n in result.participants.to_pylist()}
    row_of = {row["id"]: row for row in result.obligations.to_pylist()}
    still = {(r["debtor"], r["creditor"]) for r in row_of.values() if r["residual_minor"]}
    for name in level:
        lines = sentences(result, name).get("Why the rest cannot be set off", [])
        for line in lines[1:]:
            if line.startswith("Following"):
                path = re.findall(r"F\d", line.split(";")[0])
                assert all(step in still for step in pairwise(path))
                if "owes nobody any more" in line:
                    assert not [pair for pair in still if pair[0] == path[-1]]
                continue
            row = row_of[line.split(" ", 1)[0]]
            assert f"{row['residual']} EUR of {row['gross']} EUR stays" in line
            low, high = level[row["debtor"]], level[row["creditor"]]
            assert f"{row['debtor']} stands at level {low}, {row['creditor']} at {high}" in line
            price = "one" if high - low == 1 else str(high - low)
            assert f"at least {price} away" in line
