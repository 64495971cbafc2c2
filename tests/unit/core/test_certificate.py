# SPDX-License-Identifier: Apache-2.0
"""The proof holds for what is right and for nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from skontro.core.certificate import check_flow, check_forest, check_stage
from skontro.core.errors import CertificateFailed, Unbalanced

UNLIMITED = 2**62
ONE = np.ones(1, np.int32)


def network() -> dict[str, Any]:
    """A ring of three in which one arc is full, and a chord that carries nothing."""
    return {
        "tail": np.array([0, 1, 2, 0], np.int32),
        "head": np.array([1, 2, 0, 2], np.int32),
        "limit": np.array([5, 3, 4, 9]),
        "flow": np.array([3, 3, 3, 0]),
    }


LEVEL = np.array([1, 2, 0])


def check(net: dict[str, Any], level: Any = LEVEL, **other: Any) -> tuple[int, int]:
    net = net | other
    gain = net.pop("gain", ONE)
    free = net.pop("free", np.ones(4, np.bool_))
    check_flow(net["tail"], net["head"], net["limit"], net["flow"], 3)
    return check_stage(**net, gain=gain, level=np.asarray(level), free=free)


def test_what_is_right_passes() -> None:
    net = network() | {"limit": np.array([5, 3, 4, 0])}
    free = np.ones(4, np.bool_)
    assert check(net, free=free) == (9, 9)
    assert free.tolist() == [True, False, True, False]


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"flow": np.array([3, 3, 2, 0])}, Unbalanced),
        ({"flow": np.array([2, 2, 2, 0])}, CertificateFailed),
        ({"flow": np.array([4, 4, 4, 0])}, Unbalanced),
        ({"flow": np.array([-1, -1, -1, 0])}, Unbalanced),
        ({"level": [2, 3, 0]}, CertificateFailed),
        ({"level": [0, 0, 0]}, CertificateFailed),
        ({"level": [0, 1, -1]}, CertificateFailed),
        ({"level": [2**40, 2**40 + 1, 2**40 - 1]}, CertificateFailed),
        ({"limit": np.array([5, UNLIMITED, 4, 0])}, CertificateFailed),
        ({"gain": np.array([1, 1, 2, 1], np.int32)}, CertificateFailed),
    ],
)
def test_what_is_wrong_does_not(
    change: dict[str, Any], error: type[Exception]
) -> None:
    net = network() | {"limit": np.array([5, 3, 4, 0])}
    with pytest.raises(error):
        check(net, **change)


def test_an_arc_without_limit_is_never_full() -> None:
    ring = [np.array([0, 1], np.int32), np.array([1, 0], np.int32)]
    free = np.ones(2, np.bool_)
    most = np.array([UNLIMITED, UNLIMITED])
    with pytest.raises(CertificateFailed, match="do not prove"):
        check_stage(*ring, most, most.copy(), ONE, np.zeros(2, np.int64), free)


def test_a_later_stage_binds_only_what_is_still_free() -> None:
    """Goal: arcs that an earlier stage settled are not judged again, but they are counted."""
    net = network() | {"limit": np.array([5, 3, 4, 0])}
    free = np.ones(4, np.bool_)
    check(net, free=free)
    preference = np.array([7, 2, -1, 0], np.int32)
    level = np.array([0, 7, 1])
    total, bound = check(net, level, gain=preference, free=free)
    assert total == bound == 3 * (7 + 2 - 1)
    assert not free[1]


def test_sums_beyond_64_bits() -> None:
    """Amounts that fill 62 bits times levels of a long chain."""
    arcs = 1000
    tail = np.arange(arcs, dtype=np.int32)
    head = (tail + 1) % arcs
    limit = np.full(arcs, 2**62 // arcs)
    level = np.zeros(arcs, np.int64)
    gain = np.full(arcs, 2**30, np.int32)
    total, bound = check_stage(
        tail, head, limit, limit.copy(), gain, level, np.ones(arcs, np.bool_)
    )
    assert total == bound == (2**62 // arcs) * arcs * 2**30


def test_forest() -> None:
    net = network()
    check_forest(net["tail"], net["head"], net["limit"], np.array([1, 1, 4, 0]), 3)
    with pytest.raises(CertificateFailed):
        check_forest(net["tail"], net["head"], net["limit"], np.array([1, 1, 1, 0]), 3)
    with pytest.raises(CertificateFailed):
        check_forest(net["tail"], net["head"], net["limit"], np.array([1, 1, 0, 1]), 3)
