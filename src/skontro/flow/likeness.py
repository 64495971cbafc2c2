# SPDX-License-Identifier: Apache-2.0
"""Which of what is known says the same as what somebody says now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from skontro.flow.times import day_number
from skontro.flow.waiting import CONTESTED
from skontro.house.matching import dates_agree
from skontro.house.obligations import Registration
from skontro.house.states import BY_CREDITOR, BY_DEBTOR
from skontro.store.obligations import UNANSWERED


def exact_partner(alike: Sequence[Any], said: Registration, side: int) -> Any:
    """Return what the other party has said exactly so and not been answered on, or None."""
    dates = (day_or_none(said.due_date), day_or_none(said.document_date))
    waiting = [
        row
        for row in alike
        if row.state in UNANSWERED
        and row.said in (BY_DEBTOR, BY_CREDITOR)
        and row.said != side
        and (row.due_day, row.document_day) == dates
    ]
    return min(waiting, key=lambda row: (row.state == "duplicate", row.number), default=None)


def likes(alike: Sequence[Any], said: Registration, side: int) -> list[int]:
    """Return what the same party has said so before, or both stand by."""
    due_day, document_day = day_or_none(said.due_date), day_or_none(said.document_date)
    return [
        row.number
        for row in alike
        if (row.said & side or row.state in CONTESTED)
        and dates_agree(document_day, due_day, row.document_day, row.due_day)
    ]


def day_or_none(text: str) -> int | None:
    """Return a day as a number, or None for no text."""
    return day_number(text) if text else None
