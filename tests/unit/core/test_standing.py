# SPDX-License-Identifier: Apache-2.0
"""What a result says it is: said without any option, and never in two ways."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from skontro.core.errors import Rejected
from skontro.core.standing import CALCULATION, HouseRun, ListUsed, Standing
from skontro.verify.standing import read_standing
from skontro.verify.verdict import ClaimFailed

LIST = ListUsed(3, "list", "ab" * 32, "2026-01-30T15:00:00.000000Z")
RUN = HouseRun("union", "2026-01", "final", 1, True, (LIST,), ("exact/1",))


def test_a_calculation_says_so_without_being_asked() -> None:
    assert CALCULATION.as_json() == {
        "effect": "calculation", "screened": False, "notice": "nothing has been set off",
    }  # fmt: skip
    assert read_standing(CALCULATION.as_json()).run is None


def test_a_run_says_whose_and_against_which_lists() -> None:
    said = Standing(RUN).as_json()
    assert said["effect"] == "run"
    assert said["screened"] is True
    assert "statement of publication" in said["notice"]
    assert said["notice"].startswith("DEMONSTRATION")
    assert said["run"]["lists"] == [
        {"number": 3, "name": "list", "digest": "ab" * 32, "dated": LIST.dated}
    ]
    assert Standing.from_json(said | {"unit": "EUR"}) == Standing(RUN)
    assert read_standing(said).said() == said
    live = Standing(replace(RUN, demonstration=False))
    assert "DEMONSTRATION" not in live.line + live.as_json()["notice"]


CONTRADICTIONS: list[dict[str, Any]] = [
    {"effect": "run"},
    {"effect": "set-off"},
    {"screened": True},
    {"screened": 0},
    {"notice": "set off"},
    {"run": RUN.as_json()},
]
OF_A_RUN: list[dict[str, Any]] = [
    {"effect": "calculation"},
    {"screened": False},
    {"screened": 1},
    {"notice": "nothing has been set off"},
    {"notice": "it sets off only together with the house's signed statement of publication"},
    {"run": RUN.as_json() | {"kind": "rehearsal"}},
    {"run": RUN.as_json() | {"demonstration": False}},
    {"run": RUN.as_json() | {"number": 0}},
    {"run": RUN.as_json() | {"number": True}},
    {"run": RUN.as_json() | {"cycle": ""}},
    {"run": RUN.as_json() | {"more": 1}},
    {"run": RUN.as_json() | {"lists": [{}]}},
    {"run": None},
]


@pytest.mark.parametrize(
    ("said", "change"),
    [(CALCULATION.as_json(), change) for change in CONTRADICTIONS]
    + [(Standing(RUN).as_json(), change) for change in OF_A_RUN],
)
def test_what_contradicts_itself_is_refused(said: dict[str, Any], change: dict[str, Any]) -> None:
    """The stand-alone check refuses all of it; our own reading what could be taken for another."""
    with pytest.raises(ClaimFailed):
        read_standing(said | change)
    if change not in ({"screened": 0}, {"screened": 1}, {"run": RUN.as_json() | {"number": True}}):
        with pytest.raises(Rejected):
            Standing.from_json(said | change)


@pytest.mark.parametrize("change", [{"kind": "rehearsal"}, {"house": ""}, {"number": 0}])
def test_no_run_without_house_cycle_and_kind(change: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="no run of a house"):
        replace(RUN, **change)
