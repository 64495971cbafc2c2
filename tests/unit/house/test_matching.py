# SPDX-License-Identifier: Apache-2.0
"""Matching and the search for doubles: against plain reference versions, in any order of rows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.house.matching import (
    MOST_ALIKE,
    NO_DAY,
    Said,
    agreed_terms,
    dates_agree,
    find_suspects,
    match_exact,
    match_near,
)
from skontro.house.rules import Tolerance

DAYS = st.sampled_from([NO_DAY, 20_000, 20_001, 20_003, 20_010])
ROWS = st.lists(
    st.tuples(
        st.sampled_from([(1, 2), (2, 1), (1, 3)]),
        st.integers(0, 1),
        st.integers(0, 2),
        st.sampled_from([100, 101, 105, 200]),
        DAYS,
        DAYS,
        st.integers(1, 2),
    ),
    max_size=14,
)
TOLERANCES = st.builds(
    Tolerance,
    st.sampled_from([0, 1, 5]),
    st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(1, 20)]),
    st.sampled_from([0, 1, 3]),
)


def columns(rows: list[tuple[object, ...]]) -> Said:
    """Rows as columns, ranked by their place."""
    flat = [(*pair, *rest) for pair, *rest in rows]  # type: ignore[misc]
    table = np.array(flat, np.int64).reshape(len(rows), 8).T
    debtor, creditor, currency, document, amount, due, paper, said = table
    return Said(debtor, creditor, currency, document, amount, due, paper, said,
                np.arange(len(rows)))  # fmt: skip


def terms(said: Said, row: int) -> tuple[int, ...]:
    names = ("debtor", "creditor", "currency", "document", "amount_minor", "due_day",
             "document_day")  # fmt: skip
    return tuple(int(getattr(said, name)[row]) for name in names)


@given(ROWS)
def test_exact_pairs_are_as_many_as_both_have_said(rows: list[tuple[object, ...]]) -> None:
    """Each pair says exactly the same, each row is in one; of no kind two sides are left over."""
    said = columns(rows)
    pairs = match_exact(said)
    used = [*pairs.debtor.tolist(), *pairs.creditor.tolist()]
    assert len(used) == len(set(used))
    for debtor, creditor in zip(pairs.debtor.tolist(), pairs.creditor.tolist(), strict=True):
        assert (said.said[debtor], said.said[creditor]) == (1, 2)
        assert terms(said, debtor) == terms(said, creditor)
    left = [row for row in range(len(said)) if row not in used]
    sides = {(terms(said, row), int(said.said[row])) for row in left}
    assert not any((what, 3 - side) in sides for what, side in sides)


def near(said: Said, one: int, other: int, tolerance: Tolerance) -> tuple[int, ...] | None:
    """How far two rows are apart, or None if too far; the plain version."""
    mine, theirs = terms(said, one), terms(said, other)
    if mine[:4] != theirs[:4] or mine[3] == 0:
        return None
    apart, larger = abs(mine[4] - theirs[4]), max(mine[4], theirs[4])
    if apart > max(tolerance.amount_minor, tolerance.amount_share * larger):
        return None

    def days(a: int, b: int) -> int:
        return 0 if NO_DAY in (a, b) else abs(a - b)

    if days(mine[5], theirs[5]) > tolerance.due_days:
        return None
    return apart, days(mine[5], theirs[5]), days(mine[6], theirs[6])


@given(ROWS, TOLERANCES)
def test_near_pairs_are_the_nearest_first(
    rows: list[tuple[object, ...]], tolerance: Tolerance
) -> None:
    """The same pairs as a plain greedy walk over all of them, nearest first, finds."""
    said = columns(rows)
    found = match_near(said, np.ones(len(said), np.bool_), tolerance)
    candidates = sorted(
        (*far, d, c)
        for d in range(len(said))
        for c in range(len(said))
        if (said.said[d], said.said[c]) == (1, 2)
        and (far := near(said, d, c, tolerance)) is not None
    )
    wanted, used = set(), set()
    for *_, debtor, creditor in candidates:
        if debtor not in used and creditor not in used:
            used |= {debtor, creditor}
            wanted.add((debtor, creditor))
    assert set(zip(found.debtor.tolist(), found.creditor.tolist(), strict=True)) == wanted


@given(ROWS, TOLERANCES, st.randoms(use_true_random=False))
def test_no_order_of_rows_makes_a_difference(
    rows: list[tuple[object, ...]], tolerance: Tolerance, random: object
) -> None:
    said = columns(rows)
    order = list(range(len(rows)))
    random.shuffle(order)  # type: ignore[attr-defined]
    mixed = said.take(np.array(order, np.int64))
    free = np.ones(len(said), np.bool_)
    for one, other in (
        (match_exact(said), match_exact(mixed)),
        (match_near(said, free, tolerance), match_near(mixed, free, tolerance)),
    ):
        pairs = {(order[d], order[c]) for d, c in zip(other.debtor, other.creditor, strict=True)}
        assert set(zip(one.debtor.tolist(), one.creditor.tolist(), strict=True)) == pairs
        mine, theirs = agreed_terms(said, one), agreed_terms(mixed, other)
        assert sorted(mine.amount_minor) == sorted(theirs.amount_minor)


def test_the_lower_amount_the_later_due_date_and_the_creditors_paper_hold() -> None:
    said = columns([
        ((1, 2), 0, 1, 101, 20_000, 20_001, 1), ((1, 2), 0, 1, 100, 20_003, NO_DAY, 2),
        ((1, 2), 0, 2, 100, NO_DAY, 20_001, 1), ((1, 2), 0, 2, 101, 20_003, 20_010, 2),
    ])  # fmt: skip
    pairs = match_near(said, np.ones(4, np.bool_), Tolerance(1, Fraction(0), 3))
    held = agreed_terms(said, pairs)
    assert sorted(zip(held.amount_minor, held.due_day, held.document_day, strict=True)) == [
        (100, 20_003, 20_001), (100, 20_003, 20_010),
    ]  # fmt: skip


def test_a_share_is_of_the_larger_amount_and_exact() -> None:
    """One in a thousand of 2**61 does not fit a binary fraction: one more is too far."""
    large = 2**61
    for apart, matched in ((large // 1000, 1), (large // 1000 + 1, 0)):
        said = columns([((1, 2), 0, 1, large, NO_DAY, NO_DAY, 1),
                        ((1, 2), 0, 1, large - apart, NO_DAY, NO_DAY, 2)])  # fmt: skip
        pairs = match_near(said, np.ones(2, np.bool_), Tolerance(0, Fraction(1, 1000), 0))
        assert len(pairs) == matched


def test_many_unanswered_words_of_one_document_are_not_told_apart() -> None:
    """One side says so much of one document that nothing is paired, and quickly."""
    rows = [((1, 2), 0, 1, 100 + n, NO_DAY, NO_DAY, 1 + n % 2) for n in range(2 * MOST_ALIKE)]
    free = np.ones(len(rows), np.bool_)
    wide = Tolerance(10**6, Fraction(0), 0)
    assert len(match_near(columns(rows), free, wide)) == MOST_ALIKE
    rows.append(((1, 2), 0, 1, 99, NO_DAY, NO_DAY, 1))
    assert len(match_near(columns(rows), np.ones(len(rows), np.bool_), wide)) == 0


@given(ROWS, st.lists(st.booleans(), min_size=14, max_size=14))
def test_doubles_are_found_as_a_plain_search_finds_them(
    rows: list[tuple[object, ...]], new: list[bool]
) -> None:
    """A new row is suspect if the same party said the like of it before, dates not telling."""
    said = columns([(*row[:-1], row[-1] if n % 3 else 3) for n, row in enumerate(rows)])
    is_new = np.array(new[: len(rows)], np.bool_)
    like = find_suspects(said, is_new)

    def day(value: int) -> int | None:
        return None if value == NO_DAY else value

    for row in range(len(said)):
        before = [
            other
            for other in range(row)
            if terms(said, row)[:5] == terms(said, other)[:5]
            and said.said[row] & said.said[other]
            and dates_agree(*(day(terms(said, each)[at]) for each in (row, other) for at in (6, 5)))
        ]
        assert (like[row] >= 0) == bool(is_new[row] and before)
        assert like[row] < 0 or like[row] in before


@pytest.mark.parametrize("size", [0, 1])
def test_nothing_and_one(size: int) -> None:
    said = columns([((1, 2), 0, 1, 100, NO_DAY, NO_DAY, 1)] * size)
    assert len(match_exact(said)) == 0
    assert len(match_near(said, np.ones(size, np.bool_), Tolerance())) == 0
    assert find_suspects(said, np.ones(size, np.bool_)).tolist() == [-1] * size
