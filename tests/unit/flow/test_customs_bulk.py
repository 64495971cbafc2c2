# SPDX-License-Identifier: Apache-2.0
"""Many claims at once, and one by one: the same outcomes, uses and verdicts that replay."""

from __future__ import annotations

import random
from pathlib import Path

import pyarrow as pa
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
)
from tests.made_house import MadeHouse

from skontro.flow.customs_bulk import references_of
from skontro.house.trade import TradeSaid
from skontro.messages.trade_rows import Trades
from skontro.store.authorities import uses_in_cycle

PAIRS = (("A1", "B1"), ("B2", "A1"), ("A2", "B1"))


def filled_house(folder: Path, seed: int) -> MadeHouse:
    """Obligations that agree with their declaration, or not, or share it, or need a licence."""
    rng, made = random.Random(seed), registered_house(folder)
    licensed(made, "A")
    entered_licence(made, licence("A1", 1000))
    known = []
    for place in range(14):
        seller, buyer = rng.choice(PAIRS)
        name, value, quantity = f"c{place}", rng.randrange(50, 150), 10 + place
        papers = [("licence", "L-1")] if rng.random() < 0.8 else []
        parts = 2 if rng.random() < 0.3 else 1
        wrong = rng.choice([1, 1, 1, 1, 2, 10])
        other = {"cancelled": rng.random() < 0.1}
        whom = rng.choice([buyer] * 9 + ["B3" if buyer[0] == "B" else "A3"])
        known.append(declared(name, seller, whom, value, quantity, **other))
        for part in range(parts):
            owed(made, f"{name}.{part}", buyer, seller, value * wrong // parts,
                 [*papers, ("customs_declaration", f"P {name}")], quantity=str(quantity / parts),
                 weight=str(quantity / parts))  # fmt: skip
    take_customs(made, "B", *known[:-1])
    return made


@pytest.mark.parametrize("seed", range(2))
def test_together_as_one_by_one(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    for many in (10**9, 0):
        monkeypatch.setattr("skontro.flow.authorities.MANY", many)
        made = filled_house(tmp_path / f"house {many}", seed)
        cut_off(made)
        with made.house.database.read() as unit:
            uses = [tuple(row)[1:7] for row in uses_in_cycle(unit, "2026-01")]
        seen.append(({name: said_of(made, name) for name in made.number}, sorted(uses)))
        all_replay(made)
    assert seen[0] == seen[1]
    outcomes = [outcome for outcome, _ in seen[0][0].values()]
    assert {"released", "held"} <= set(outcomes)


def test_the_one_paper_of_a_kind() -> None:
    """Wherever it stands among the papers; none where it is missing, doubled or out of place."""
    papers = [
        (("customs_declaration", "D 1"), ("licence", "L")), (("licence", "L"),), (),
        (("customs_declaration", "D 2, D 3"),), (("customs_declaration", "D | 4"),),
        (("transport_document", "T"), ("customs_declaration", " D5 ")),
    ]  # fmt: skip
    trades = Trades.of([TradeSaid("cross_border_goods", papers=one) for one in papers])
    assert references_of(trades, "customs_declaration") == pa.array(
        ["D 1", "", "", "", "", "D5"], pa.large_string()
    )
