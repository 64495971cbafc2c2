# SPDX-License-Identifier: Apache-2.0
"""No rule lets things be further apart than a bound that stands in the package."""

from __future__ import annotations

import tomllib
from fractions import Fraction

import pytest

from skontro.core.errors import InvalidRules
from skontro.gate.customs import CustomsRules
from skontro.gate.papers import PaperRules
from skontro.gate.red_flags import FlagRules
from skontro.house.rules import HouseRules
from skontro.house.rules_file import example_rules
from skontro.house.tolerances import BOUNDS

KINDS = {"papers": PaperRules, "customs": CustomsRules, "red_flags": FlagRules}
KEYS = [(table, key) for table, keys in BOUNDS.items() for key in keys]


def with_rule(table: str, key: str, value: object) -> HouseRules:
    mapping = tomllib.loads(example_rules())
    mapping["gate"] = {table: {key: value}}
    return HouseRules.from_mapping(mapping)


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_a_bound_may_be_reached_and_not_passed_by_house_and_gate_alike(
    table: str, key: str
) -> None:
    bound = BOUNDS[table][key]
    if isinstance(bound, Fraction):
        at, past = [str(bound)], [str(bound + Fraction(1, 10**6)), "0.0000001", -1, 1.5]
    else:
        least, most = bound
        at, past = [least, most], [least - 1, most + 1, "1", True]  # type: ignore[list-item]
    for value in at:
        rules = with_rule(table, key, value)
        assert rules.tolerances == ((table, ((key, value),)),)
        assert HouseRules.from_json(rules.as_json()) == rules
        read = KINDS[table].from_mapping({key: value})  # type: ignore[attr-defined]
        assert KINDS[table].from_mapping(read.as_mapping()) == read  # type: ignore[attr-defined]
        assert read.as_mapping()[key] == value
    for value in past:
        with pytest.raises(InvalidRules):
            with_rule(table, key, value)
        with pytest.raises(InvalidRules):
            KINDS[table].from_mapping({key: value})  # type: ignore[attr-defined]


def test_what_is_usual_is_within_the_bounds() -> None:
    for kind in KINDS.values():
        usual = kind()
        assert kind.from_mapping(usual.as_mapping()) == usual  # type: ignore[attr-defined]


def test_an_unknown_tolerance_is_refused() -> None:
    with pytest.raises(InvalidRules, match="value_share"):
        with_rule("customs", "value_shar", "1 %")
    with pytest.raises(InvalidRules, match="gate"):
        with_rule("custom", "value_share", "1 %")
