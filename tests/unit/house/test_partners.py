# SPDX-License-Identifier: Apache-2.0
"""The work list: the likely partner of what waits, and what tells the two apart."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from skontro.house.partners import Waiting, find_mismatches
from skontro.house.rules import Tolerance

ONE = Waiting(1, 10, 20, "EUR", 10_000, 20_000, "INV-2026/007", 19_970, 1, "a")
NONE, SOME = Tolerance(), Tolerance(5, Fraction(0), 3)


def other(**changes: Any) -> Waiting:
    return replace(ONE, **({"number": 2, "said": 2, "reference": "b"} | changes))


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"document": "inv 2026 007"}, "document: the debtor says INV-2026/007, the creditor inv"),
        ({"document": "2026/007"}, "document: "),
        ({"document": "INV-2026/077"}, "document: "),
        ({"document": ""}, "document: the debtor says INV-2026/007, the creditor none"),
        ({"amount_minor": 9_500}, "amount: the debtor says 100.00 EUR, the creditor 95.00 EUR"),
        ({"amount_minor": 1_000}, "amount: the debtor says 100.00 EUR, the creditor 10.00 EUR"),
        ({"currency": "JPY"}, "amount: the debtor says 100.00 EUR, the creditor 10000 JPY"),
        ({"due_day": 20_006}, "due date: the creditor's is 6 days later"),
        ({"due_day": None}, "due date: only the debtor gives one"),
        ({"document_day": 19_960}, "date of the document: the debtor's is 10 days later"),
    ],
)
def test_the_likely_partner_and_why_they_differ(changes: dict[str, Any], difference: str) -> None:
    partner = other(**changes)
    (found,) = find_mismatches([ONE], [ONE, partner], NONE)
    assert found.partner == partner
    assert any(text.startswith(difference) for text in found.differences), found.differences
    (back,) = find_mismatches([partner], [ONE, partner], NONE)
    assert back.partner == ONE
    assert back.differences == found.differences


@pytest.mark.parametrize(
    "changes",
    [
        {"said": 1},
        {"debtor": 11},
        {"document": "R77", "amount_minor": 444, "document_day": None},
        {"document": "R77", "due_day": 30_000, "document_day": None},
    ],
)
def test_nobody_is_like_it(changes: dict[str, Any]) -> None:
    (found,) = find_mismatches([ONE], [ONE, other(**changes)], NONE)
    assert found.partner is None
    assert found.differences == ("nothing the other party says is like it",)


def test_the_best_of_several_is_named() -> None:
    far, near = other(amount_minor=9_000, number=3), other(amount_minor=9_999, number=4)
    alike = other(document="INV-2026/008", number=5)
    for pool in ([far, near, alike], [alike, near, far]):
        (found,) = find_mismatches([ONE], pool, NONE)
        assert found.partner == near


@pytest.mark.parametrize(
    ("changes", "will_match"),
    [
        ({"amount_minor": 10_005, "due_day": 20_003}, True), ({"due_day": None}, True),
        ({"amount_minor": 10_006}, False), ({"due_day": 20_004}, False),
        ({"document": "INV 2026/007"}, False), ({"currency": "USD"}, False),
    ],
)  # fmt: skip
def test_what_the_next_matching_pairs_is_said(changes: dict[str, Any], will_match: bool) -> None:
    (found,) = find_mismatches([ONE], [other(**changes)], SOME)
    assert found.will_match is will_match
