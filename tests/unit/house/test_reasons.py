# SPDX-License-Identifier: Apache-2.0
"""Why an obligation is not in a cycle: one sentence for each state and each reason."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skontro.house.reasons import HOUSE_REVIEW, Standing, why_not
from skontro.house.states import OBLIGATION_STATES

FINE = Standing("confirmed", 0, 100, "1970-04-11", "EUR", 5, is_released=True)


def told(standing: Standing, **changes: Any) -> str:
    known = {"cycle": "2026-01", "business_day": 100, "currencies": frozenset({"EUR"})}
    return why_not(standing, **(known | changes))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, ""),
        ({"state": "registered", "silent": "A1"}, "not in this cycle: A1 has not confirmed it"),
        ({"state": "disputed", "disputed_by": "A1"}, "not in this cycle: A1 disputes it"),
        ({"state": "joined", "joined_to": 7}, "not in this cycle: it counts as part of obligation "
                                              "7, which the other party said"),
        ({"flags": 1}, "not in this cycle: it is attached"),
        ({"flags": 2}, "not in this cycle: it is factored"),
        ({"due_day": 101}, "not in this cycle: due on 1970-04-11, and not both parties have "
                           "agreed to enter it before"),
        ({"due_day": 101, "flags": 4}, ""),
        ({"due_day": None}, ""),
        ({"currency": "AED"}, "not in this cycle: the fixing has no rate for AED"),
        ({"absent": "B1"}, "not in this cycle: B1 does not take part at present"),
        ({"unsigned": "B1"}, "not in this cycle: B1 has no set-off agreement in force"),
        ({"unpaid": "B1"}, "not in this cycle: B1 refuses conversion, and its side keeps no "
                           "account in EUR"),
        ({"is_released": False}, HOUSE_REVIEW),
        ({"state": "entered", "cycle": "2026-01"}, ""),
        ({"state": "entered", "cycle": "2025-12"}, "it is in cycle 2025-12"),
    ],
)  # fmt: skip
def test_each_reason_has_its_sentence(changes: dict[str, Any], sentence: str) -> None:
    assert told(replace(FINE, **changes)) == sentence


def test_whatever_holds_it_the_words_are_the_same() -> None:
    """What else may be wrong with it comes first: the sentence never tells more than that."""
    held = replace(FINE, is_released=False)
    assert told(held) == HOUSE_REVIEW
    for changes in ({"flags": 1}, {"currency": "AED"}, {"absent": "B1"}, {"unsigned": "B1"}):
        assert told(replace(held, **changes)) == told(replace(FINE, **changes))


@pytest.mark.parametrize("state", OBLIGATION_STATES)
def test_every_state_has_a_sentence(state: str) -> None:
    sentence = told(replace(FINE, state=state, silent="A1", disputed_by="A1", cycle="x"))
    assert bool(sentence) is (state != "confirmed")
    assert "{" not in sentence


def test_before_a_cycle_is_open_and_before_it_has_a_fixing() -> None:
    assert told(FINE, cycle="", business_day=None, currencies=None) == "no cycle is open"
    assert told(replace(FINE, currency="AED"), currencies=None) == ""
