# SPDX-License-Identifier: Apache-2.0
"""However many threads share the work, and wherever it is cut, the answer is the same."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import skontro.kernel.threads as threads
from skontro.kernel.circulation import maximum_circulation
from skontro.kernel.core_network import core_network, rows_by_tail
from skontro.kernel.pairs import group_pairs


@pytest.fixture(autouse=True)
def unbounded() -> Iterator[None]:
    yield
    threads.allow_threads(None)


def solved(debtor, creditor, amount, nodes):
    """Everything the kernel makes of some rows, one array after the other."""
    pairs = group_pairs(debtor, creditor, amount, nodes)
    first = rows_by_tail(pairs.tail, nodes)
    core = core_network(first, pairs.head, pairs.limit, nodes)
    return [*pairs, first, *core, *maximum_circulation(*pairs[:3], nodes)]


def test_any_number_of_threads_gives_the_same(monkeypatch):
    random = np.random.default_rng(9)
    for _ in range(60):
        nodes = int(random.integers(2, 80))
        rows = int(random.integers(0, 400))
        debtor = random.integers(0, nodes, rows).astype(np.int32)
        creditor = random.integers(0, nodes, rows).astype(np.int32)
        amount = random.integers(0, 50, rows)
        given = (debtor, creditor, amount, nodes)
        alone = solved(*given)
        monkeypatch.setattr(threads, "MANY", 0)
        for most in (2, 3, 8):
            threads.allow_threads(most)
            for one, other in zip(alone, solved(*given), strict=True):
                assert one.dtype == other.dtype
                assert np.array_equal(one, other)
        monkeypatch.undo()


def test_groups_of_many_rows_and_wide_numbers():
    """Rows sorted digit by digit in groups come out as from one sort by debtor and creditor."""
    random = np.random.default_rng(10)
    rows = 70_000
    for nodes in (1, 3, 5_000, 2**21 + 1):
        debtor = random.integers(0, nodes, rows).astype(np.int32)
        creditor = random.integers(0, nodes, rows).astype(np.int32)
        debtor[rows // 2 :] = 0  # a group of its own size
        amount = random.integers(1, 2**40, rows)
        pairs = group_pairs(debtor, creditor, amount, nodes)
        order = np.lexsort((creditor, debtor))
        assert np.array_equal(pairs.order, order)
        key = debtor.astype(np.int64) * nodes + creditor
        keys, start = np.unique(key[order], return_index=True)
        assert np.array_equal(pairs.tail.astype(np.int64) * nodes + pairs.head, keys)
        assert np.array_equal(pairs.start, [*start, rows])
        assert np.array_equal(pairs.limit, np.add.reduceat(amount[order], start))
