# SPDX-License-Identifier: Apache-2.0
"""What two parties say of the same obligation, paired; what one says twice, found.

Two registrations say exactly the same if parties, document, currency, amount, due date and the
document's date are all equal. They say the same within tolerance if parties, currency and document
are equal, and amounts and due dates are no further apart than the house's rules allow. Then the
lower amount holds and the later due date, and the document's date is the creditor's.

Exact pairs come first, and take nothing from each other: whatever the order in which registrations
came, as many of a kind are paired as both sides have said. The others are paired nearest first:
by difference of amount, of due date, of the document's date, then by the digests of what was said.
So nothing depends on the order of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skontro.core.obligations import NO_DUE_DAY
from skontro.house.states import BY_CREDITOR, BY_DEBTOR

if TYPE_CHECKING:
    from skontro.house.rules import Tolerance

Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

NO_DAY = NO_DUE_DAY
"""Stands for a day that was not given."""

MOST_ALIKE = 32
"""If one party says so many unanswered things of one document, none is paired by tolerance: the
number does not tell them apart."""


@dataclass(frozen=True)
class Said:
    """What was said of obligations, as columns; rows in any order, all of shape (m,).

    Attributes:
        debtor: Number of the debtor.
        creditor: Number of the creditor.
        currency: Number of the currency.
        document: Number of the document's text; 0 where it is empty.
        amount_minor: Amount, minor units.
        due_day: Days since 1970-01-01, or ``NO_DAY``.
        document_day: The same for the document's date.
        said: Who says it: ``BY_DEBTOR``, ``BY_CREDITOR``, or both.
        rank: Which comes first among those that are equal; all different.
    """

    debtor: Int64
    creditor: Int64
    currency: Int64
    document: Int64
    amount_minor: Int64
    due_day: Int64
    document_day: Int64
    said: Int64
    rank: Int64

    def __len__(self) -> int:
        return len(self.debtor)

    @classmethod
    def joined(cls, parts: Sequence[Said]) -> Said:
        """Return the rows of several one after the other."""
        return cls(
            *(np.concatenate([getattr(part, name) for part in parts])
              for name in cls.__dataclass_fields__)
        )  # fmt: skip

    def take(self, rows: Int64) -> Said:
        """Return some of the rows."""
        return Said(*(getattr(self, name)[rows] for name in self.__dataclass_fields__))

    def keys(self) -> tuple[Int64, Int64]:
        """Return one number per pair of firms and one per currency and document."""
        pair = self.debtor * (self.creditor.max(initial=0) + 1) + self.creditor
        return pair, self.document * (self.currency.max(initial=0) + 1) + self.currency


@dataclass(frozen=True)
class Pairs:
    """Rows that say the same: the debtor's and the creditor's, shape (n,)."""

    debtor: Int64
    creditor: Int64

    def __len__(self) -> int:
        return len(self.debtor)

    def take(self, rows: Int64 | Flags) -> Pairs:
        """Return some of them."""
        return Pairs(self.debtor[rows], self.creditor[rows])


@dataclass(frozen=True)
class Terms:
    """What holds of pairs: amount, due day and day of the document, shape (n,)."""

    amount_minor: Int64
    due_day: Int64
    document_day: Int64

    def take(self, rows: Int64 | Flags) -> Terms:
        """Return some of them."""
        return Terms(self.amount_minor[rows], self.due_day[rows], self.document_day[rows])


def _starts(order: Int64, *columns: Int64) -> Flags:
    """Tell where, in an order, a row differs in any column from the one before it."""
    starts = np.ones(len(order), np.bool_)
    if len(order):
        starts[1:] = False
        for column in columns:
            ordered = column[order]
            starts[1:] |= ordered[1:] != ordered[:-1]
    return starts


def match_exact(said: Said) -> Pairs:
    """Pair what both parties say exactly alike, the first of one side with the first of the other.

    Example:
        >>> def column(*values): return np.array(values, np.int64)
        >>> one, day = column(1, 1, 1), column(5, 5, 5)
        >>> both = Said(one, one + 1, one, one, column(7, 7, 8), day, day, column(1, 2, 2), day)
        >>> pairs = match_exact(both)
        >>> pairs.debtor.tolist(), pairs.creditor.tolist()
        ([0], [1])
    """
    pair, paper = said.keys()
    same = (said.document_day, said.due_day, said.amount_minor, paper, pair)
    order = np.lexsort((said.rank, said.said, *same))
    group = np.cumsum(_starts(order, *same)) - 1
    is_creditor = said.said[order] == BY_CREDITOR
    many = int(group[-1]) + 1 if len(group) else 0
    debtors = np.bincount(group[~is_creditor], minlength=many)
    first = np.searchsorted(group, np.arange(many))
    place = np.arange(len(order)) - first[group]
    place[is_creditor] -= debtors[group[is_creditor]]
    creditors = np.bincount(group[is_creditor], minlength=many)
    paired = place < np.minimum(debtors, creditors)[group]
    return Pairs(order[paired & ~is_creditor], order[paired & is_creditor])


def match_near(said: Said, free: Flags, tolerance: Tolerance) -> Pairs:
    """Pair what both parties say within tolerance, nearest first, each at most once.

    Args:
        said: What was said.
        free: Which rows may be paired, shape (m,).
        tolerance: How far amounts and due dates may be apart.
    """
    rows = np.flatnonzero(free & (said.document > 0))
    part = said.take(rows)
    debtor, creditor = _candidates(part)
    apart = np.abs(part.amount_minor[debtor] - part.amount_minor[creditor])
    fits = _amounts_fit(part.amount_minor[debtor], part.amount_minor[creditor], apart, tolerance)
    days = _days_apart(part.due_day[debtor], part.due_day[creditor])
    fits &= days <= tolerance.due_days
    debtor, creditor, apart, days = debtor[fits], creditor[fits], apart[fits], days[fits]
    papers = _days_apart(part.document_day[debtor], part.document_day[creditor])
    order = np.lexsort((part.rank[creditor], part.rank[debtor], papers, days, apart))
    chosen = _first_come(debtor[order], creditor[order])
    return Pairs(rows[debtor[order][chosen]], rows[creditor[order][chosen]])


def _candidates(said: Said) -> tuple[Int64, Int64]:
    """Return every debtor's and creditor's row of one document, where they are not too many."""
    pair, paper = said.keys()
    order = np.lexsort((said.said, paper, pair))
    group = np.cumsum(_starts(order, pair, paper)) - 1
    many = int(group[-1]) + 1 if len(group) else 0
    is_creditor = said.said[order] == BY_CREDITOR
    debtors = np.bincount(group[~is_creditor], minlength=many)
    creditors = np.bincount(group[is_creditor], minlength=many)
    first = np.searchsorted(group, np.arange(many))
    kept = (debtors > 0) & (creditors > 0) & (debtors <= MOST_ALIKE) & (creditors <= MOST_ALIKE)
    first, debtors, creditors = first[kept], debtors[kept], creditors[kept]
    size = debtors * creditors
    block = np.repeat(np.arange(len(size)), size)
    place = np.arange(len(block)) - np.repeat(np.cumsum(size) - size, size)
    left = first[block] + place // creditors[block]
    right = first[block] + debtors[block] + place % creditors[block]
    return order[left], order[right]


def _amounts_fit(one: Int64, other: Int64, apart: Int64, tolerance: Tolerance) -> Flags:
    """Tell which amounts are near enough, exactly: shares are multiplied out in whole numbers."""
    fits: Flags = apart <= tolerance.amount_minor
    share = tolerance.amount_share
    if share:
        open_ = np.flatnonzero(~fits)
        larger = np.maximum(one[open_], other[open_]).astype(object)
        near = apart[open_].astype(object) * share.denominator <= larger * share.numerator
        fits[open_] = near.astype(np.bool_)
    return fits


def _days_apart(one: Int64, other: Int64) -> Int64:
    """Return how many days apart; nought where one of the two is not given."""
    given = (one != NO_DAY) & (other != NO_DAY)
    return np.where(given, np.abs(one - other), 0)


def _first_come(debtor: Int64, creditor: Int64) -> Int64:
    """Return the places of pairs of which neither row is in an earlier one."""
    used, chosen = set[int](), list[int]()
    for place, both in enumerate(zip(debtor.tolist(), creditor.tolist(), strict=True)):
        if used.isdisjoint(both):
            used.update(both)
            chosen.append(place)
    return np.array(chosen, np.int64)


def agreed_terms(said: Said, pairs: Pairs) -> Terms:
    """Return what holds where two parties said the same: lower amount, later due date.

    A day that only one gave holds; the document's date is the creditor's where it gave one.
    """
    due = np.stack([said.due_day[pairs.debtor], said.due_day[pairs.creditor]])
    later = np.where(due == NO_DAY, -NO_DAY, due).max(axis=0, initial=-NO_DAY)
    paper = said.document_day[pairs.creditor]
    return Terms(
        np.minimum(said.amount_minor[pairs.debtor], said.amount_minor[pairs.creditor]),
        np.where(later == -NO_DAY, NO_DAY, later),
        np.where(paper == NO_DAY, said.document_day[pairs.debtor], paper),
    )


def find_suspects(said: Said, is_new: Flags) -> Int64:
    """Find what is said twice: the same parties, document, amount, currency and date.

    Dates agree if the document's dates are equal; where one of them is missing, if due dates are
    equal or one of these is missing too. Only who said something before can say it twice: what
    one party says and the other has not answered is no double of the other's word.

    Args:
        said: What is known and what is new, in the order of ``rank``.
        is_new: Which rows may be doubles of earlier ones, shape (m,).

    Returns:
        For each row the row it looks like, or -1; shape (m,).
    """
    pair, paper = said.keys()
    same = (said.amount_minor, paper, pair)
    order = np.lexsort((said.rank, *same))
    starts = np.flatnonzero(_starts(order, *same))
    ends = np.append(starts[1:], len(order))
    like = np.full(len(said), -1, np.int64)
    for group in np.flatnonzero(ends - starts > 1):
        _find_in_group(said, order[starts[group] : ends[group]].tolist(), is_new, like)
    return like


def dates_agree(
    paper: int | None, due: int | None, other_paper: int | None, other_due: int | None
) -> bool:
    """Tell whether dates do not tell two obligations apart: see :func:`find_suspects`.

    Args:
        paper: Day of the document of the one.
        due: Its due day.
        other_paper: Day of the document of the other.
        other_due: Its due day.

    Example:
        >>> dates_agree(5, 9, 5, 8), dates_agree(5, 9, None, 8), dates_agree(None, 9, 5, None)
        (True, False, True)
    """
    if paper is not None and other_paper is not None:
        return paper == other_paper
    return due is None or other_due is None or due == other_due


class _Seen:
    """What one party has said of one document and amount so far, by its dates."""

    def __init__(self) -> None:
        self._paper = dict[int, int]()
        self._due: tuple[dict[int, int], dict[int, int]] = ({}, {})

    def like(self, paper: int, due: int) -> int:
        """Return a row whose dates do not tell it apart, or -1."""
        if paper != NO_DAY and paper in self._paper:
            return self._paper[paper]
        seen = self._due[paper == NO_DAY]
        if due == NO_DAY:
            return next(iter(seen.values()), -1)
        return seen.get(due, seen.get(NO_DAY, -1))

    def add(self, row: int, paper: int, due: int) -> None:
        """Remember a row: among those without a document's date, and among all."""
        if paper == NO_DAY:
            self._due[0].setdefault(due, row)
        else:
            self._paper.setdefault(paper, row)
        self._due[1].setdefault(due, row)


def _find_in_group(said: Said, rows: list[int], is_new: Flags, like: Int64) -> None:
    seen = {BY_DEBTOR: _Seen(), BY_CREDITOR: _Seen()}
    for row in rows:
        paper, due = int(said.document_day[row]), int(said.due_day[row])
        mine = [found for side, found in seen.items() if said.said[row] & side]
        if is_new[row]:
            like[row] = max(found.like(paper, due) for found in mine)
        for found in mine:
            found.add(row, paper, due)
