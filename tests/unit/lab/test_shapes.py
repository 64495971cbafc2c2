# SPDX-License-Identifier: Apache-2.0
"""Networks of known shape: what makes each the shape it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from skontro.kernel.circulation import maximum_circulation
from skontro.kernel.pairs import group_pairs
from skontro.lab import shapes
from skontro.lab.shapes import Network

MAKERS: dict[str, Callable[[int], Network]] = {
    "ring": lambda seed: shapes.ring(50, seed),
    "shuffled ring": lambda seed: shapes.shuffled_ring(50, seed),
    "chorded ring": lambda seed: shapes.chorded_ring(200, 200, 20, seed),
    "chain": lambda seed: shapes.chain(200, 100, 9, seed),
    "bipartite": lambda seed: shapes.bipartite(20, 30, 200, seed),
    "complete": lambda seed: shapes.complete(9, seed),
    "hub": lambda seed: shapes.hub_and_spoke(40, seed),
    "layered": lambda seed: shapes.layered(5, 20, 3, seed),
}


def cleared(network: Network) -> int:
    pairs = group_pairs(network.debtor, network.creditor, network.amount, network.nodes)
    return int(maximum_circulation(pairs.tail, pairs.head, pairs.limit, network.nodes)[0].sum())


@pytest.mark.parametrize("name", MAKERS)
def test_rows_are_sound_and_depend_on_the_seed_alone(name: str) -> None:
    one, again, other = MAKERS[name](5), MAKERS[name](5), MAKERS[name](6)
    assert one.debtor.dtype == one.creditor.dtype == np.int32
    assert one.amount.dtype == np.int64
    assert (one.debtor != one.creditor).all()
    assert one.amount.min() > 0
    assert min(one.debtor.min(), one.creditor.min()) >= 0
    assert max(one.debtor.max(), one.creditor.max()) < one.nodes
    assert all(np.array_equal(a, b) for a, b in zip(one[:3], again[:3], strict=True))
    assert not np.array_equal(one.amount, other.amount)


def test_a_ring_clears_its_least_amount_all_round_however_it_is_numbered() -> None:
    plain, shuffled = shapes.ring(500, 2), shapes.shuffled_ring(500, 2)
    assert cleared(plain) == 500 * int(plain.amount.min())
    assert cleared(shuffled) == cleared(plain)
    assert not np.array_equal(plain.debtor, shuffled.debtor)


def test_chords_go_back_no_farther_than_asked() -> None:
    network = shapes.chorded_ring(1_000, 5_000, 40, 3)
    back = (network.debtor[1_000:] - network.creditor[1_000:]) % 1_000
    assert back.min() == 1
    assert back.max() == 40


def test_a_chain_has_one_debt_back() -> None:
    network = shapes.chain(1_000, 500, 12, 3)
    ahead = network.creditor - network.debtor
    assert np.flatnonzero(ahead < 0).tolist() == [999]
    assert ahead.max() <= 12
    assert cleared(network) > 0


def test_nothing_clears_in_a_bipartite_network_and_everything_that_can_around_a_hub() -> None:
    assert cleared(shapes.bipartite(20, 30, 500, 1)) == 0
    hub = shapes.hub_and_spoke(40, 1)
    assert cleared(hub) == 2 * int(np.minimum(hub.amount[:40], hub.amount[40:]).sum())


def test_layers_owe_only_the_next() -> None:
    network = shapes.layered(5, 20, 3, 1)
    assert ((network.creditor // 20 - network.debtor // 20) % 5 == 1).all()
    assert cleared(network) % 5 == 0
