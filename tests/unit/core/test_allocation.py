# SPDX-License-Identifier: Apache-2.0
"""A pair's flow over its obligations, and the 128-bit arithmetic under it."""

from __future__ import annotations

import random

import numpy as np
import pytest

from skontro.core.allocation import split_flow
from skontro.core.obligations import NO_DUE_DAY
from skontro.core.wide import exact_sum, share_of, shares_of, sums_by_index, weighted_sum


@pytest.mark.parametrize(
    ("how", "flow", "points", "due", "parts"),
    [
        ("oldest", 7, [4, 6], [20, 10], [1, 6]),
        ("oldest", 7, [4, 6], [10, 20], [4, 3]),
        ("oldest", 5, [4, 6], [10, 10], [4, 1]),
        ("oldest", 5, [4, 6], [NO_DUE_DAY, 10], [0, 5]),
        ("oldest", 10, [4, 6], [10, 20], [4, 6]),
        ("oldest", 0, [4, 6], [10, 20], [0, 0]),
        ("oldest", 3, [4, 0, 6], [30, 10, 20], [0, 0, 3]),
        ("pro-rata", 5, [4, 6], [0, 0], [2, 3]),
        ("pro-rata", 1, [5, 5], [0, 0], [1, 0]),
        ("pro-rata", 2, [1, 1, 1], [0, 0, 0], [1, 1, 0]),
        ("pro-rata", 7, [1, 2, 7], [0, 0, 0], [1, 1, 5]),
        ("pro-rata", 2**61, [2**61, 2**61 - 1], [0, 0], [2**60, 2**60]),
    ],
)
def test_split(how: str, flow: int, points: list[int], due: list[int], parts: list[int]) -> None:
    limit = np.array([sum(points)], np.int64)
    start = np.array([0, len(points)])
    found = split_flow(
        how, np.array([flow]), limit, start, np.array(points), np.array(due, np.int32)
    )
    assert found.tolist() == parts


@pytest.mark.parametrize("seed", range(20))
def test_pro_rata_is_the_largest_remainder(seed: int) -> None:
    """Goal: exact where products pass 64 bits; ties go to the earlier row."""
    dice = random.Random(seed)
    bits = dice.choice([3, 30, 57])
    points = [dice.randint(1, 2**bits) for _ in range(dice.randint(1, 12))]
    whole = sum(points)
    flow = dice.randint(0, whole)
    parts = [flow * one // whole for one in points]
    rests = sorted(range(len(points)), key=lambda k: -(flow * points[k] % whole))
    for k in rests[: flow - sum(parts)]:
        parts[k] += 1
    found = split_flow(
        "pro-rata", np.array([flow]), np.array([whole]), np.array([0, len(points)]),
        np.array(points), np.zeros(len(points), np.int32),
    )  # fmt: skip
    assert found.tolist() == parts


def test_shares_are_exact() -> None:
    dice = random.Random(5)
    for bits in (1, 31, 32, 33, 62):
        whole = [dice.randint(1, 2**bits - 1) for _ in range(200)]
        part = [dice.randint(0, one) for one in whole]
        amount = [dice.randint(0, 2**62 - 1) for _ in whole]
        exact = [divmod(a * b, c) for a, b, c in zip(amount, part, whole, strict=True)]
        floor, rest = shares_of(np.array(amount), np.array(part), np.array(whole))
        assert list(zip(floor.tolist(), rest.tolist(), strict=True)) == exact
    assert share_of(2**62 - 1, 2**62 - 1, 2**62 - 1) == (2**62 - 1, 0)


def test_sums_are_exact() -> None:
    dice = random.Random(6)
    values = [dice.randint(0, 2**62 // 1000) for _ in range(1000)]
    factors = [dice.randint(-(2**40) + 1, 2**40 - 1) for _ in values]
    exact = sum(a * b for a, b in zip(values, factors, strict=True))
    assert weighted_sum(np.array(values), np.array(factors)) == exact
    assert weighted_sum(np.array(values), np.array([-3])) == -3 * sum(values)
    large = [dice.randint(-(2**63), 2**63 - 1) for _ in values]
    assert exact_sum(np.array(large)) == sum(large)
    index = [dice.randrange(3) for _ in values]
    assert sums_by_index(np.array(large), np.array(index, np.int16), 3) == [
        sum(v for v, i in zip(large, index, strict=True) if i == one) for one in range(3)
    ]
