# SPDX-License-Identifier: Apache-2.0
"""No set of weights is used that does not tell the built-in cases apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files

import pytest

from skontro.core.errors import Rejected
from skontro.gate.bar import LEAST_FOUND, built_in_cases, case_scores, read_weights
from skontro.gate.matching import Matcher
from skontro.gate.weights import GROUPS, SCALE, built_in_weights
from skontro.lab.treatments import TREATMENTS

TEXT = files("skontro.gate").joinpath("data", "weights.toml").read_text("utf-8")


def test_the_packages_own_weights_pass() -> None:
    weights = read_weights(TEXT)
    assert weights == built_in_weights()
    same = [score >= weights.threshold for case, score in case_scores(weights) if case.same]
    other = [score >= weights.threshold for case, score in case_scores(weights) if not case.same]
    assert sum(same) * 1000 >= 985 * len(same)
    assert sum(other) * 1000 <= 100 * len(other)


def test_the_cases_are_enough_and_of_every_kind() -> None:
    cases = built_in_cases()
    assert len(cases) >= 150
    assert len(set(cases)) == len(cases)
    assert min(sum(c.same for c in cases), sum(not c.same for c in cases)) > 50
    assert {case.kind for case in cases} >= {"person", "organisation", "vessel"}
    assert len({case.treatment for case in cases}) >= len(TREATMENTS)


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("threshold = 720", "threshold = 1001", "ThresholdOutOfBounds"),
        ("threshold = 720", "threshold = 0", "ThresholdOutOfBounds"),
        ("threshold = 720", "threshold = -5", "ThresholdOutOfBounds"),
        ("threshold = 720", "threshold = 0.7", "InvalidWeights"),
        ("threshold = 720", "threshold = true", "InvalidWeights"),
        ("threshold = 720", "", "InvalidWeights"),
        ('version = "weights/2"', 'version = ""', "InvalidWeights"),
        ("both_sides = 110", "both_sides = 0", "BelowTheBar"),
        ("sound = 965", "sound = -1", "InvalidWeights"),
        ("sound = 965", "", "InvalidWeights"),
        ("sound = 965", "sound = 965\nlouder = 1", "InvalidWeights"),
        ("[evidence]", "[evidence", "InvalidWeights"),
    ],
)
def test_a_set_that_is_not_good_enough_is_refused(old: str, new: str, code: str) -> None:
    assert old in TEXT
    with pytest.raises(Rejected) as refused:
        read_weights(TEXT.replace(old, new))
    assert refused.value.code == code
    assert refused.value.next_step


def _nothing_for(group: str) -> Callable[[], Matcher]:
    weights = built_in_weights()
    nothing = dict.fromkeys(getattr(weights, group), 0)
    return lambda: Matcher({}, replace(weights, **{group: nothing}))


@pytest.mark.parametrize("group", [group for group in GROUPS if group != "evidence"])
def test_weights_of_nought_are_refused_by_the_matcher_itself(group: str) -> None:
    with pytest.raises(Rejected, match="built-in cases"):
        _nothing_for(group)()


def test_a_threshold_at_the_top_finds_too_little() -> None:
    with pytest.raises(Rejected):
        Matcher({}, replace(built_in_weights(), threshold=SCALE + 1))
    assert LEAST_FOUND > 900
