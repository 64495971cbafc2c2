# SPDX-License-Identifier: Apache-2.0
"""A declaration that several obligations name is never used past its value, however each of them
is judged: together with many others, or by itself."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from tests.made_authorities import (
    all_replay,
    cut_off,
    declared,
    entered_licence,
    licence,
    licensed,
    owed,
    registered_house,
    said_of,
    take_customs,
    taken,
)
from tests.made_house import MadeHouse, lawful

from skontro.flow.obligations import Registration
from skontro.house.trade import LineSaid
from skontro.store.authorities import uses_in_cycle

PAPER = ("customs_declaration", "P shared")


def owed_in_lines(
    made: MadeHouse, name: str, amount: int, also: Iterable[tuple[str, str]] = ()
) -> None:
    """A1 is owed an amount by B1 for medicine, in two lines, by the shared declaration."""
    half = LineSaid(amount * 50, "300490", "3", "KGM", "3")
    said = lawful("B", "A", name)
    papers = dict(said.papers) | dict([PAPER, *also])
    said = replace(said, code="", lines=(half, half), papers=tuple(papers.items()))
    number, _ = made.house.obligations.register(Registration(
        sender="A1", reference=name, debtor="B1", creditor="A1", amount_minor=amount * 100,
        currency="EUR", due_date="2026-01-10", document=f"inv {name}",
        document_date="2025-12-10", trade=said,
    ))  # fmt: skip
    made.house.obligations.confirm(number, "B1")
    made.number[name] = number


def used(made: MadeHouse) -> int:
    """How much of declarations was used in the cycle, whole units."""
    with made.house.database.read() as unit:
        return sum(int(row.value_minor) for row in uses_in_cycle(unit, "2026-01")) // 100


@pytest.mark.parametrize("many", [0, 10**9])
@pytest.mark.parametrize("other", ["lines", "comma", "blank"])
def test_shared_by_one_told_with_many_and_one_told_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, other: str, many: int
) -> None:
    """60 and 60 of a declaration of 100: the first passes, the second does not, also where it has
    lines, or writes the number so that it cannot be told together with the first."""
    monkeypatch.setattr("skontro.flow.authorities.MANY", many)
    made = registered_house(tmp_path / "house")
    take_customs(made, "B", declared("shared", "A1", "B1", 100, 10),
                 declared("before", "A1", "B1", 100, 20))  # fmt: skip
    owed(made, "zero", "B1", "A1", 100, [(PAPER[0], "P before")], quantity="20", weight="20")
    owed(made, "one", "B1", "A1", 60, [PAPER], quantity="6", weight="6")
    if other == "lines":
        owed_in_lines(made, "two", 60)
    else:
        odd = f"{PAPER[1]}," if other == "comma" else f" {PAPER[1]} "
        owed(made, "two", "B1", "A1", 60, [(PAPER[0], odd)], quantity="6", weight="6")
    assert cut_off(made)["entered"] == 2
    assert [said_of(made, name)[0] for name in ("one", "two")] == ["released", "held"]
    assert used(made) == 160
    all_replay(made)


def test_a_credit_note_lowers_what_a_licence_is_asked_for(tmp_path: Path) -> None:
    """A licence of 80: 100 do not fit, and do when a credit note took 30 off; 70 are reserved."""
    made = registered_house(tmp_path / "house")
    licensed(made, "A")
    entered_licence(made, licence("A1", 80))
    owed(made, "m1", "B1", "A1", 100, [("licence", "L-1")])
    owed(made, "m2", "B1", "A1", 100, [("licence", "L-1")])
    made.house.obligations.credit(made.number["m1"], "A1", "CN-1", 30_00)
    assert cut_off(made)["entered"] == 1
    assert [said_of(made, name)[0] for name in ("m1", "m2")] == ["released", "held"]
    assert taken(made) == [("m1", "reserve", 70)]
    all_replay(made)
