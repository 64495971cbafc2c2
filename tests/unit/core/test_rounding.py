# SPDX-License-Identifier: Apache-2.0
"""Points become minor units: floor or ceiling, full stays full, refusing firms conserve."""

from __future__ import annotations

import random
from collections import defaultdict
from fractions import Fraction

import numpy as np
import pytest
from tests.made_intakes import make_intake

from skontro.core.errors import Unbalanced
from skontro.core.network import Block, build_blocks
from skontro.core.rounding import Discharge, round_discharge

FINE = {"EUR": "1", "USD": "1000003/1000033"}


def fine_block(rows: list[tuple[str, str, str, int, str]], refusing: str = "") -> Block:
    """A block on the fine grid: one large obligation keeps the exact one out."""
    large = ("large", "Y", "X", 2**50, "USD")
    firms = dict.fromkeys(refusing, ("", "", False))
    (block,) = build_blocks(make_intake([*rows, large], firms=firms, rates=FINE))
    assert block.grid.kind == "fine"
    return block


def discharge(block: Block, flow: np.ndarray) -> Discharge:
    return Discharge(block.amount_minor, block.points, flow, block.currency_index)


def rank(block: Block) -> np.ndarray:
    return np.arange(block.tail.shape[0])


def test_full_and_nought_stay() -> None:
    block = fine_block([("a", "A", "B", 3, "EUR"), ("b", "B", "A", 3, "USD")])
    for flow, minor in ((block.points, block.amount_minor), (block.points * 0, block.points * 0)):
        found = round_discharge(
            block, discharge(block, flow), rank(block), everyone_accepts=False
        )
        assert found.tolist() == minor.tolist()


def test_a_ring_in_a_currency_of_three_points() -> None:
    """Goal: a third of a cent goes once up and once down, and nobody keeps a cent.

    Method: EUR is 3 points on the exact grid; 4 points go round a ring of refusing firms.
    """
    firms = dict.fromkeys("ABC", ("", "", False))
    rows = [("1", "A", "B", 5, "EUR"), ("2", "B", "C", 5, "EUR"), ("3", "C", "A", 5, "EUR"),
            ("4", "X", "Y", 1, "JPY")]  # fmt: skip
    (block,) = build_blocks(make_intake(rows, firms=firms, rates={"EUR": "1", "JPY": "1/150"}))
    assert block.grid.points_per_minor["EUR"] == 3
    flow = np.where(block.currency_index == 0, 4, 0)
    found = round_discharge(block, discharge(block, flow), rank(block), everyone_accepts=False)
    euros = found[block.currency_index == 0]
    assert euros.tolist() in ([1, 1, 1], [2, 2, 2])


@pytest.mark.parametrize("seed", range(60))
def test_promises_on_random_rings(seed: int) -> None:
    """Goal: what rounding promises, where shares have different denominators.

    Method: circulations made of random rings on the fine grid, some rings twice in opposite
    directions so that nets are whole numbers only when added up exactly.
    """
    dice = random.Random(seed)
    names = [f"n{k}" for k in range(dice.randint(3, 12))]
    refusing = {name for name in names if dice.random() < 0.4}
    rows, carried = [], []
    for ring in range(dice.randint(1, 8)):
        members = dice.sample(names, dice.randint(2, len(names)))
        amount, share = dice.randint(2, 10**9), dice.randint(1, 10**6)
        for place, (a, b) in enumerate(zip(members, members[1:] + members[:1], strict=True)):
            more = 0 if dice.random() < 0.5 else dice.randint(0, 10**6)
            rows.append((f"{ring}.{place}", a, b, amount + more, "USD"))
            carried.append(share)
    large = ("large", "Y", "X", 2**50, "USD")
    firms = dict.fromkeys(refusing, ("", "", False))
    (block,) = build_blocks(make_intake([*rows, large], firms=firms, rates=FINE))
    flow = np.array([[*carried, 0][row] for row in block.rows])
    everyone = bool(seed % 2)
    found = round_discharge(
        block, discharge(block, flow), rank(block), everyone_accepts=everyone
    )
    net: dict[int, Fraction] = defaultdict(Fraction)
    rounded: dict[int, int] = defaultdict(int)
    tail, head = block.per_row(block.tail).tolist(), block.per_row(block.head).tolist()
    for k, minor in enumerate(found.tolist()):
        share = Fraction(int(block.amount_minor[k]) * int(flow[k]), int(block.points[k]))
        assert share.__floor__() <= minor <= share.__ceil__()
        for node, sign in ((tail[k], 1), (head[k], -1)):
            net[node] += sign * share
            rounded[node] += sign * minor
    for node, value in rounded.items():
        if block.nodes.currency_index[node] >= 0 and not everyone:
            assert value == 0
        else:
            assert net[node].__floor__() <= value <= net[node].__ceil__()


def test_what_does_not_balance_is_noticed() -> None:
    """A flow that a refusing firm does not conserve has no rounding."""
    block = fine_block([("a", "A", "B", 10**6, "USD"), ("b", "B", "C", 10**6, "USD")], "B")
    points = block.points[block.rows == 0]
    flow = np.where(block.rows == 0, points // 3, 0)
    with pytest.raises(Unbalanced):
        round_discharge(block, discharge(block, flow), rank(block), everyone_accepts=False)
