# SPDX-License-Identifier: Apache-2.0
"""The work list: what one party says and the other does not, with the likely partner.

Two registrations of the same firms, one by each, are likely of the same obligation if document
numbers are alike and amounts near, or amounts equal and dates near. What tells them apart is said
in sentences, so that whoever reads the list knows whom to ask what.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from skontro.core.money import exponents, format_minor
from skontro.house.states import BY_DEBTOR

if TYPE_CHECKING:
    from skontro.house.rules import Tolerance

LEAST_SCORE = 4
"""Below this two registrations have too little in common."""

MOST_COMPARED = 200
"""With how many of the other party's words one is compared at most, nearest amounts first."""

_NEAR_SHARE = 10
_NEAR_DAYS = 31
_ALIKE = 75
"""Document numbers are alike if this much of them, in hundredths, is the same."""


@dataclass(frozen=True)
class Waiting:
    """What one party has said and the other not answered.

    Attributes:
        number: The obligation.
        debtor: Number of the debtor.
        creditor: Number of the creditor.
        currency: ISO 4217.
        amount_minor: Minor units.
        due_day: Days since 1970-01-01, if given.
        document: Number of the document, or empty.
        document_day: Its date, as ``due_day``.
        said: Who says it: ``BY_DEBTOR`` or ``BY_CREDITOR``.
        reference: Under which reference.
    """

    number: int
    debtor: int
    creditor: int
    currency: str
    amount_minor: int
    due_day: int | None
    document: str
    document_day: int | None
    said: int
    reference: str


@dataclass(frozen=True)
class Mismatch:
    """One line of the work list.

    Attributes:
        waiting: What waits for an answer.
        partner: What the other party likely means by the same; None if nothing does.
        differences: In what the two differ, a sentence each.
        will_match: Whether the next matching will pair the two: they differ within tolerance.
    """

    waiting: Waiting
    partner: Waiting | None
    differences: tuple[str, ...]
    will_match: bool = False


def plain_document(document: str) -> str:
    """Return a document's number as it is compared: letters and digits in capitals.

    Example:
        >>> plain_document("Inv. 2026/007-a")
        'INV2026007A'
    """
    return "".join(mark for mark in document.upper() if mark.isalnum())


def find_mismatches(
    wanted: Sequence[Waiting], pool: Sequence[Waiting], tolerance: Tolerance
) -> list[Mismatch]:
    """Find for each the likely partner among what the other party of it says.

    Args:
        wanted: What waits.
        pool: All that waits between the same firms.
        tolerance: How far two words may differ and still match.
    """
    of_pair = dict[tuple[int, int], list[Waiting]]()
    for one in pool:
        of_pair.setdefault((one.debtor, one.creditor), []).append(one)
    return [
        _find_partner(one, of_pair.get((one.debtor, one.creditor), []), tolerance)
        for one in wanted
    ]


def _find_partner(one: Waiting, pool: Sequence[Waiting], tolerance: Tolerance) -> Mismatch:
    others = [other for other in pool if other.said != one.said]
    others.sort(key=lambda other: (abs(other.amount_minor - one.amount_minor), other.number))
    best, most = None, LEAST_SCORE - 1
    for other in others[:MOST_COMPARED]:
        score = _score(one, other)
        if score > most:
            best, most = other, score
    if best is None:
        return Mismatch(one, None, ("nothing the other party says is like it",))
    return Mismatch(one, best, tuple(_differences(one, best)), _within(one, best, tolerance))


def _score(one: Waiting, other: Waiting) -> int:
    """Points for what two registrations have in common."""
    score = 0
    mine, theirs = plain_document(one.document), plain_document(other.document)
    if mine and theirs:
        if mine == theirs:
            score += 5
        elif mine in theirs or theirs in mine or _alike(mine, theirs):
            score += 2
    apart, larger = abs(one.amount_minor - other.amount_minor), max(one.amount_minor,
                                                                    other.amount_minor)  # fmt: skip
    if one.currency == other.currency:
        score += 3 if apart == 0 else 1 if apart * _NEAR_SHARE <= larger else 0
    for day, other_day in ((one.due_day, other.due_day), (one.document_day, other.document_day)):
        if day is not None and other_day is not None:
            score += 2 if day == other_day else 1 if abs(day - other_day) <= _NEAR_DAYS else 0
    return score


def _alike(one: str, other: str) -> bool:
    same = sum(block.size for block in SequenceMatcher(None, one, other).get_matching_blocks())
    return 200 * same >= _ALIKE * (len(one) + len(other))


def _within(one: Waiting, other: Waiting, tolerance: Tolerance) -> bool:
    if one.document != other.document or not one.document or one.currency != other.currency:
        return False
    apart, larger = abs(one.amount_minor - other.amount_minor), max(one.amount_minor,
                                                                    other.amount_minor)  # fmt: skip
    share = tolerance.amount_share
    near = apart <= tolerance.amount_minor or (
        apart * share.denominator <= larger * share.numerator
    )
    if one.due_day is None or other.due_day is None:
        return near
    return near and abs(one.due_day - other.due_day) <= tolerance.due_days


def _differences(one: Waiting, other: Waiting) -> list[str]:
    """Say in what two registrations differ, the debtor's word first."""
    debtors, creditors = (one, other) if one.said == BY_DEBTOR else (other, one)
    said = list[str]()
    if debtors.document != creditors.document:
        said.append(
            f"document: the debtor says {debtors.document or 'none'}, "
            f"the creditor {creditors.document or 'none'}"
        )
    if (debtors.amount_minor, debtors.currency) != (creditors.amount_minor, creditors.currency):
        said.append(
            f"amount: the debtor says {_amount(debtors)}, the creditor {_amount(creditors)}"
        )
    for name, mine, theirs in (
        ("due date", debtors.due_day, creditors.due_day),
        ("date of the document", debtors.document_day, creditors.document_day),
    ):
        if mine is None and theirs is None:
            continue
        if mine is None or theirs is None:
            said.append(f"{name}: only the {'creditor' if mine is None else 'debtor'} gives one")
        elif mine != theirs:
            later = "debtor" if mine > theirs else "creditor"
            said.append(f"{name}: the {later}'s is {abs(mine - theirs)} days later")
    return said or ["they say the same"]


def _amount(one: Waiting) -> str:
    return f"{format_minor(one.amount_minor, exponents().get(one.currency, 0))} {one.currency}"
