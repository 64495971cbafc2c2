# SPDX-License-Identifier: Apache-2.0
"""Clearing for those who bring arrays."""

from __future__ import annotations

import numpy as np
import pytest

import skontro
from skontro.core.arrays import BadArrays
from skontro.core.errors import AmountOverflow


def test_rows_come_back_in_the_callers_order():
    result = skontro.clear_arrays([2, 0, 1, 2], [0, 1, 2, 0], [25, 100, 80, 35], 3)
    assert result.set_off.tolist() == [25, 60, 60, 35]
    assert result.set_off.dtype == np.int64
    assert result.level.dtype == np.int32
    assert result.volume == 180


def test_rows_of_one_pair_fill_first_row_first_and_own_rows_in_full():
    result = skontro.clear_arrays(
        [0, 1, 0, 1, 2, 0], [1, 0, 1, 0, 2, 1], [10, 15, 10, 0, 7, 10], 3
    )
    assert result.set_off.tolist() == [10, 15, 5, 0, 7, 0]


def test_no_rows_and_no_nodes():
    assert skontro.clear_arrays([], [], [], 0).volume == 0
    assert skontro.clear_arrays([], [], [], 5).level.tolist() == [0] * 5


def test_sorted_rows_and_shuffled_rows_agree():
    random = np.random.default_rng(1)
    key = random.choice(50 * 50, 400, replace=False)
    key.sort()
    debtor, creditor = key // 50, key % 50
    amount = random.integers(1, 1000, 400)
    plain = skontro.clear_arrays(debtor, creditor, amount, 50)
    order = random.permutation(400)
    mixed = skontro.clear_arrays(debtor[order], creditor[order], amount[order], 50)
    assert (mixed.set_off == plain.set_off[order]).all()
    assert (mixed.level == plain.level).all()


@pytest.mark.parametrize(
    ("debtor", "creditor", "amount", "nodes"),
    [
        ([0], [1], [-1], 2),
        ([0], [2], [1], 2),
        ([-1], [1], [1], 2),
        ([0, 1], [1], [1], 2),
        ([0], [1], [1.5], 2),
        ([0], [2**40], [1], 2),
        ([[0]], [[1]], [[1]], 2),
        ([0], [1], [1], -1),
    ],
)
def test_arrays_that_are_no_obligations_are_refused(debtor, creditor, amount, nodes):
    with pytest.raises(BadArrays):
        skontro.clear_arrays(debtor, creditor, amount, nodes)


def test_sum_beyond_the_guard_is_refused_and_just_below_is_not():
    half = 2**61
    with pytest.raises(AmountOverflow):
        skontro.clear_arrays([0, 1], [1, 0], [half, half], 2)
    assert skontro.clear_arrays([0, 1], [1, 0], [half, half - 1], 2).volume == 2 * (half - 1)
