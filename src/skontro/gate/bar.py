# SPDX-License-Identifier: Apache-2.0
"""The built-in bar: no set of weights is used that does not tell the built-in cases apart."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from skontro.core.errors import Rejected

from .comparing import compare_with
from .entries import ListedName, ListEntry, Subject
from .pairs import Likeness
from .weights import SCALE, Weights, weights_from_text

LEAST_FOUND, MOST_WRONG = 950, 150
"""Of a thousand cases that are the same, how many must be found; of others, how many may be."""
LOWEST, HIGHEST = 500, 850
"""Between these a threshold must lie."""


@dataclass(frozen=True, slots=True)
class Case:
    """Two names, and whether they are those of one party.

    Attributes:
        treatment: In what way they differ.
        same: They are those of one party.
        kind: What it is.
        ours: The name of the subject.
        theirs: The name on the list.
    """

    treatment: str
    same: bool
    kind: str
    ours: str
    theirs: str


@lru_cache(maxsize=1)
def built_in_cases() -> tuple[Case, ...]:
    """Return the cases that ship with the package.

    Example:
        >>> len(built_in_cases()) >= 150, {case.same for case in built_in_cases()}
        (True, {False, True})
    """
    text = files("skontro.gate").joinpath("data", "cases.csv").read_text("utf-8")
    return tuple(
        Case(row["treatment"], row["same"] == "yes", row["kind"], row["ours"], row["theirs"])
        for row in csv.DictReader(text.splitlines())
    )


def case_scores(weights: Weights) -> list[tuple[Case, int]]:
    """Return what each built-in case scores."""
    likeness = Likeness(weights)
    found = list[tuple[Case, int]]()
    for case in built_in_cases():
        entry = ListEntry("case", case.kind, (ListedName(case.theirs),))
        match = compare_with(Subject(case.kind, (case.ours,)), entry, likeness, 0, 0)
        found.append((case, match.score))
    return found


def above_the_bar(weights: Weights) -> Weights:
    """Return the weights if they tell the built-in cases apart; refuse them otherwise.

    Raises:
        Rejected: The threshold lies outside its bounds, too few of the cases that are the same
            reach it, too many of the others do, or a name does not reach the scale with itself.
    """
    if not LOWEST <= weights.threshold <= HIGHEST:
        raise Rejected(
            f"a threshold of {weights.threshold} is not between {LOWEST} and {HIGHEST}",
            code="ThresholdOutOfBounds", next_step="choose a threshold between the bounds",
        )  # fmt: skip
    scores = case_scores(weights)
    same = [score >= weights.threshold for case, score in scores if case.same]
    other = [score >= weights.threshold for case, score in scores if not case.same]
    exact = [score for case, score in scores if case.treatment == "exact"]
    found, wrong = sum(same) * 1000 // len(same), sum(other) * 1000 // len(other)
    if found < LEAST_FOUND or wrong > MOST_WRONG or min(exact) < SCALE:
        raise Rejected(
            f"the weights {weights.version} find {found} of a thousand built-in cases that are the "
            f"same (at least {LEAST_FOUND}), take {wrong} of a thousand others for the same (at "
            f"most {MOST_WRONG}), and give a name beside itself {min(exact)} of {SCALE}",
            code="BelowTheBar",
            next_step="measure with make screening, and change the weights until they pass",
        )  # fmt: skip
    return weights


_usable: Weights | None = None


def usable(weights: Weights) -> Weights:
    """Return the weights as :func:`above_the_bar` does; the last good ones are remembered.

    Those of the package pass by here as well: a file of theirs that was changed is refused.
    """
    global _usable
    if weights is not _usable:
        _usable = above_the_bar(weights)
    return weights


def read_weights(text: str) -> Weights:
    """Read a set of weights that is to be used.

    Raises:
        Rejected: It is not whole, not in whole numbers within bounds, or misses the bar.

    Example:
        >>> read_weights("version = 'mine/1'")
        Traceback (most recent call last):
        ...
        skontro.core.errors.Rejected: the weights have no whole number for threshold
    """
    return above_the_bar(weights_from_text(text))
