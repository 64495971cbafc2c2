# SPDX-License-Identifier: Apache-2.0
"""Obligations become nodes and pairs, in an order that hangs on content alone."""

from __future__ import annotations

import random

import numpy as np
import pytest
from tests.made_intakes import make_intake

from skontro.core.house import build_house, encode, settlement_currencies
from skontro.core.network import CONVERTS, Block, build_blocks
from skontro.core.ordering import keyed_rank, renumber_pairs, sort_groups_by_text, text_buffers
from skontro.kernel.circulation import UNLIMITED

ROWS = [
    ("c", "Z", "A", 5, "EUR"), ("b", "A", "Z", 7, "EUR"), ("a", "A", "Z", 9, "JPY"),
    ("ä", "A", "Z", 1, "EUR"), ("B", "A", "Z", 2, "EUR"), ("d", "M", "A", 3, "JPY"),
]  # fmt: skip


def ids(block: Block, names: list[str]) -> list[str]:
    return [names[row] for row in block.rows.tolist()]


def test_a_block_per_currency_without_a_fixing() -> None:
    euro, yen = build_blocks(make_intake(ROWS))
    assert (euro.unit, yen.unit, euro.grid.kind) == ("EUR", "JPY", "minor")
    assert euro.nodes.participant.tolist() == [0, 2]
    assert yen.nodes.participant.tolist() == [0, 1, 2]
    assert (euro.tail.tolist(), euro.head.tolist()) == ([0, 1], [1, 0])
    assert euro.limit.tolist() == [10, 5]
    names = [str(row[0]) for row in ROWS]
    assert ids(euro, names) == ["B", "b", "ä", "c"]
    assert ids(yen, names) == ["a", "d"]
    assert yen.points.tolist() == [9, 3]


def test_one_block_with_a_fixing_and_a_node_per_currency_for_who_refuses() -> None:
    firms = {"A": ("", "", False), "M": ("", "", True), "Q": ("", "", True), "Z": ("", "", True)}
    (block,) = build_blocks(make_intake(ROWS, firms=firms, rates={"EUR": "1", "JPY": "1/150"}))
    assert block.nodes.participant.tolist() == [0, 0, 1, 2, 3]
    assert block.nodes.currency_index.tolist() == [0, 1, CONVERTS, CONVERTS, CONVERTS]
    assert block.grid.kind == "exact"
    assert block.grid.points_per_minor == {"EUR": 3, "JPY": 2}
    assert list(zip(block.tail.tolist(), block.head.tolist(), strict=True)) == [
        (0, 4), (1, 4), (2, 1), (4, 0),
    ]  # fmt: skip
    assert block.limit.tolist() == [30, 18, 6, 15]


def test_settlement_currency_is_home_or_the_unit_or_the_node_s_own() -> None:
    firms = {"A": ("", "JPY", False), "M": ("", "JPY", True), "Z": ("", "", True)}
    intake = make_intake(ROWS, firms=firms, rates={"EUR": "1", "JPY": "1/150"})
    (block,) = build_blocks(intake)
    assert settlement_currencies(block, intake.participants) == ["EUR", "JPY", "JPY", "EUR"]


def test_any_order_of_the_rows_gives_the_same_block() -> None:
    dice = random.Random(1)
    rows = [
        (f"{dice.getrandbits(30):x}", dice.choice("ABC"), dice.choice("DEF"), k + 1, "EUR")
        for k in range(500)
    ]
    (block,) = build_blocks(make_intake(rows))
    other = dice.sample(rows, len(rows))
    (again,) = build_blocks(make_intake(other))
    assert ids(block, [row[0] for row in rows]) == ids(again, [row[0] for row in other])
    assert block.points.tolist() == again.points.tolist()
    for k in range(block.tail.shape[0]):
        pair = ids(block, [row[0] for row in rows])[block.start[k] : block.start[k + 1]]
        assert pair == sorted(pair, key=str.encode)
        assert len(pair) > 30


@pytest.mark.parametrize("length", [1, 2, 7, 8, 9, 16, 17, 100, 1000])
def test_texts_are_sorted_by_their_bytes(length: int) -> None:
    dice = random.Random(length)
    texts = ["".join(dice.choices("aäzZ0", k=dice.randint(0, 4))) + str(k) for k in range(length)]
    rows = np.arange(length)
    sort_groups_by_text(rows, np.array([0, length]), *text_buffers(texts))
    assert [texts[row] for row in rows] == sorted(texts, key=str.encode)


def test_keyed_rank_goes_by_key_and_not_by_place() -> None:
    names = [f"firm {k}" for k in range(100)]
    rank = keyed_rank(names, bytes(32))
    assert sorted(rank.tolist()) == list(range(100))
    assert keyed_rank(names[::-1], bytes(32)).tolist() == rank.tolist()[::-1]
    assert keyed_rank(names, b"\1" * 32).tolist() != rank.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_renumbered_pairs_are_sorted_by_their_new_numbers(seed: int) -> None:
    rng = np.random.default_rng(seed)
    nodes = 60
    codes = np.unique(rng.integers(0, nodes * nodes, 900))
    codes = np.unique(np.concatenate([codes, np.arange(nodes)]))
    tail, head = (codes // nodes).astype(np.int32), (codes % nodes).astype(np.int32)
    limit = rng.integers(1, 100, tail.shape[0])
    rank = rng.permutation(nodes)
    new_tail, new_head, new_limit, old = renumber_pairs(tail, head, limit, rank)
    order = np.lexsort((rank[head], rank[tail]))
    assert old.tolist() == order.tolist()
    assert new_tail.tolist() == rank[tail][order].tolist()
    assert new_head.tolist() == rank[head][order].tolist()
    assert new_limit.tolist() == limit[order].tolist()


def test_house_arcs_and_their_limits() -> None:
    """Goal: pay-ins, pay-outs and the border stand in the order the format gives."""
    firms = {"A": ("S", "EUR", True), "M": ("T", "JPY", True), "Z": ("S", "JPY", True)}
    rates = {"EUR": "1", "JPY": "1/100"}
    intake = make_intake(
        ROWS, firms=firms, rates=rates, limits=[("A", "JPY", 4), ("Z", "EUR", 0), ("M", "EUR", 99)],
        quotas=[("T", "S", "EUR", 2), ("S", "", "JPY", 3)],
    )  # fmt: skip
    (block,) = build_blocks(intake)
    owed, due = np.array([19, 3, 5]), np.array([8, 0, 19])
    house = build_house(intake, block, owed, due, unlimited=False)
    assert [tuple(node) for node in house.nodes] == [
        ("house", "S", "EUR"), ("house", "S", "JPY"), ("house", "T", "JPY"),
        ("out", "S", ""), ("in", "S", ""), ("out", "T", ""), ("in", "T", ""), ("hub", "", ""),
    ]  # fmt: skip
    assert house.pay_in_limit is not None
    assert house.pay_in_limit.tolist() == [4, 99, 0]
    ends = list(zip(house.tail.tolist(), house.head.tolist(), strict=True))
    assert ends == [
        (3, 0), (5, 1), (0, 3), (1, 5), (2, 4),
        (3, 6), (7, 3), (4, 6), (7, 4), (5, 8), (9, 5),
        (10, 7), (6, 9),
    ]  # fmt: skip
    assert house.limit.tolist() == [4, *[UNLIMITED] * 10, 3, 2]
    assert np.all(house.room[house.limit == UNLIMITED] < UNLIMITED)
    assert house.border_limit == (*[None] * 6, 3, 2)
    gain = house.border_gain(block.nodes.count)
    assert np.flatnonzero(gain).tolist() == [5, 7, 9]
    free = build_house(intake, block, owed, due, unlimited=True)
    assert (free.pay_ins, free.pay_in_limit) == (3, None)


def test_encode_goes_by_bytes() -> None:
    numbers, names = encode(["b", "Ä", "b", ""])
    assert names == ["", "b", "Ä"]
    assert numbers.tolist() == [1, 2, 1, 0]
