# SPDX-License-Identifier: Apache-2.0
"""Threads for what may go on side by side; no result depends on how many there are."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, TypeVar

from skontro.kernel import threads

Result = TypeVar("Result")

_allowed: int | None = None


def allow_threads(most: int | None) -> None:
    """Bound the threads that work at once, the caller's own among them.

    Args:
        most: At least 1; None for as many as each piece of work likes.
    """
    global _allowed
    _allowed = most
    threads.allow_threads(most)


def workers(wanted: int | None = None) -> Executor:
    """Return threads to hand work to, or one that does it at once if none is allowed.

    Args:
        wanted: How many are of use; None for as many as the machine likes.

    Example:
        >>> with workers(2) as pool:
        ...     list(pool.map(len, ["a", "bc"]))
        [1, 2]
    """
    if _allowed is None:
        return ThreadPoolExecutor(wanted)
    beside = _allowed - 1
    if beside < 1:
        return _Caller()
    return ThreadPoolExecutor(beside if wanted is None else min(wanted, beside))


class _Caller(Executor):
    """Does each piece of work on the caller's own thread, when it is handed over."""

    def submit(
        self, fn: Callable[..., Result], /, *args: Any, **kwargs: Any
    ) -> Future[Result]:
        """Do the work now; what it raises is raised where the result is asked for."""
        done = Future[Result]()
        try:
            done.set_result(fn(*args, **kwargs))
        except Exception as error:
            done.set_exception(error)
        return done
