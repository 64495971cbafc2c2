# SPDX-License-Identifier: Apache-2.0
"""The figures of a network, against slow and simple ways to find them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from skontro.lab.figures import describe, network_figures, strong_components, tail_exponent
from skontro.lab.shapes import bipartite, complete, hub_and_spoke, ring


def reach(count: int, arcs: list[tuple[int, int]]) -> list[set[int]]:
    """What can be reached from each node, by going on until nothing is new."""
    out = [{node} for node in range(count)]
    while True:
        new = [out[node] | {b for a, b in arcs if a in out[node]} for node in range(count)]
        if new == out:
            return out
        out = new


def test_strong_components_agree_with_mutual_reach() -> None:
    draw = np.random.default_rng(11)
    for _ in range(150):
        count = int(draw.integers(1, 14))
        tail = np.sort(draw.integers(0, count, int(draw.integers(0, 26))))
        head = draw.integers(0, count, tail.shape[0]).astype(np.int32)
        start = np.searchsorted(tail, np.arange(count + 1)).astype(np.int64)
        component = strong_components(start, head)
        out = reach(count, list(zip(tail.tolist(), head.tolist(), strict=True)))
        for a in range(count):
            for b in range(count):
                assert (component[a] == component[b]) == (b in out[a] and a in out[b])


def test_strong_components_of_a_long_chain_do_not_run_out_of_stack() -> None:
    count = 300_000
    start = np.minimum(np.arange(count + 1), count - 1).astype(np.int64)
    component = strong_components(start, np.arange(1, count, dtype=np.int32))
    assert len(set(component.tolist())) == count
    whole = strong_components(
        np.arange(count + 1, dtype=np.int64), np.roll(np.arange(count, dtype=np.int32), -1)
    )
    assert set(whole.tolist()) == {0}


@pytest.mark.parametrize(
    ("network", "reciprocity", "giant"),
    [
        (ring(10), "0.0000", "1.0000"),
        (ring(2), "1.0000", "1.0000"),
        (complete(5), "1.0000", "1.0000"),
        (hub_and_spoke(6), "1.0000", "1.0000"),
        (bipartite(5, 5, 40), "0.0000", "0.1000"),
    ],
    ids=["ring", "pair", "complete", "hub", "bipartite"],
)
def test_shapes_have_the_figures_they_must_have(
    network: tuple[object, ...], reciprocity: str, giant: str
) -> None:
    figures = network_figures(*network)  # type: ignore[arg-type]
    assert figures["reciprocity"] == reciprocity
    assert figures["giant_component_share"] == giant


def test_shares_of_a_network_done_by_hand() -> None:
    """A owes B 100, B owes C 80, C owes A 60, D owes A 20: 180 of 260 clear; E has no row."""
    figures = network_figures(
        np.array([0, 1, 2, 3, 0], np.int32),
        np.array([1, 2, 0, 0, 1], np.int32),
        np.array([60, 80, 60, 20, 40]),
        5,
    )
    assert figures["obligations"] == 5
    assert figures["firms"] == 4
    assert figures["pairs"] == 4
    assert figures["gross_minor"] == 260
    assert figures["clears_share"] == "0.6923"
    # B and C each have 20 more coming in than going out.
    assert figures["net_internal_debt_share"] == "0.1538"
    assert figures["giant_component_share"] == "0.7500"
    assert figures["greatest_in_degree"] == 2


def test_sums_beyond_64_bits_are_exact() -> None:
    figures = network_figures(
        np.zeros(4, np.int32), np.array([1, 2, 3, 4], np.int32), np.full(4, 2**60), 5, solve=False
    )
    assert figures["gross_minor"] == 2**62
    assert figures["net_internal_debt_share"] == "1.0000"


@pytest.mark.parametrize("exponent", [1.8, 2.1, 2.6])
def test_tail_exponent_finds_the_exponent_it_was_made_with(exponent: float) -> None:
    rank = np.arange(1, 200_001)
    values = (1e9 * (rank / 200_001) ** (-1 / (exponent - 1))).astype(np.int64)
    found = tail_exponent(values)
    assert found is not None
    assert abs(found - exponent) < 0.02


def test_tail_exponent_of_too_few_or_equal_values_is_none() -> None:
    assert tail_exponent(np.arange(5)) is None
    assert tail_exponent(np.full(100, 7)) is None


def test_describe_reads_tables_and_counts_several_currencies_at_the_fixing() -> None:
    table = pa.table(
        {
            "id": ["1", "2", "3"],
            "debtor": ["A", "B", "C"],
            "creditor": ["B", "C", "A"],
            "amount": ["100.00", "9000.00", "60.00"],
            "currency": ["EUR", "INR", "EUR"],
        }
    )
    fixing = pa.table({"currency": ["INR"], "unit_of_account": ["EUR"], "rate": ["1/90"]})
    figures = describe(table, fixing=fixing)
    assert figures["unit"] == "EUR"
    assert figures["gross_minor"] == 26_000
    assert figures["clears_share"] == "0.6923"
