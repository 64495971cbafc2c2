# SPDX-License-Identifier: Apache-2.0
"""Work side by side, where the result cannot depend on who does which part."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any, TypeVar

Answer = TypeVar("Answer")

MANY = 200_000
"""Fewer items are done by one thread sooner than shared out."""
MOST_THREADS = 8
"""Each thread counts for itself, so more of them take memory."""

_allowed: int | None = None


def allow_threads(most: int | None) -> None:
    """Bound the threads of the solver; None for as many as the machine has, up to eight."""
    global _allowed
    _allowed = most


def _threads() -> int:
    if _allowed is not None:
        return min(_allowed, MOST_THREADS)
    return min(os.cpu_count() or 1, MOST_THREADS)


def parts_of(count: int) -> list[tuple[int, int]]:
    """Cut a range into as many parts as there are threads, or leave it whole if it is short.

    Example:
        >>> parts_of(10)
        [(0, 10)]
    """
    parts = _threads() if count >= MANY else 1
    return list(pairwise(count * part // parts for part in range(parts + 1)))


def side_by_side(
    task: Callable[..., Answer], parts: Sequence[tuple[Any, ...]]
) -> list[Answer]:
    """Do a task on each part, the parts at the same time; the answers come in their order."""
    if len(parts) == 1:
        return [task(*parts[0])]
    with ThreadPoolExecutor(len(parts)) as pool:
        return list(pool.map(lambda part: task(*part), parts))
