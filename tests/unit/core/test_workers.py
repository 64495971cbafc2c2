# SPDX-License-Identifier: Apache-2.0
"""Threads are bounded where it is wished, and work that fails says so where it is asked for."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from skontro.core.workers import allow_threads, workers


@pytest.fixture(autouse=True)
def unbounded() -> Iterator[None]:
    """Whatever a test allows, others have as many as they like."""
    yield
    allow_threads(None)


def test_one_thread_is_the_callers_own() -> None:
    allow_threads(1)
    with workers(8) as pool:
        assert pool.submit(threading.get_ident).result() == threading.get_ident()
        assert list(pool.map(str, range(3))) == ["0", "1", "2"]


@pytest.mark.parametrize(("allowed", "wanted", "beside"), [(2, 8, 1), (3, 8, 2), (9, 2, 2)])
def test_the_caller_counts(allowed: int, wanted: int, beside: int) -> None:
    """So many pieces of work meet at one place at once, and one more would wait for ever."""
    allow_threads(allowed)
    meeting = threading.Barrier(beside)
    with workers(wanted) as pool:
        assert len(list(pool.map(lambda _: meeting.wait(30), range(beside)))) == beside
        idents = set(pool.map(lambda _: threading.get_ident(), range(50)))
    assert threading.get_ident() not in idents
    assert len(idents) <= beside


@pytest.mark.parametrize("allowed", [None, 1, 2])
def test_what_fails_is_raised_where_it_is_asked_for(allowed: int | None) -> None:
    allow_threads(allowed)
    with workers(2) as pool:
        work = pool.submit(int, "x")
        with pytest.raises(ValueError, match="invalid literal"):
            work.result()
