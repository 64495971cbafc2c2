# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest

from skontro.house.standing import Membership, Times, standing_at

CYCLES = {
    "2026-01": Times("2026-01-30T15", "2026-02-03T15", "2026-02-03T16"),
    "2026-02": Times("2026-02-27T15", "2026-03-03T15"),
    "2026-03": Times("2026-03-30T15"),
}
MEMBERS = [
    Membership("2026-01", 1, True, "EUR", 100, True),
    Membership("2026-01", 2, False, "INR", 900, True),
    Membership("2026-01", 3, True, "EUR", 7, False),
    Membership("2026-02", 4, True, "EUR", 50, True),
    Membership("2026-02", 5, False, "EUR", 20, True),
    Membership("2026-03", 6, False, "AED", 5, True),
]


@pytest.mark.parametrize(
    ("at", "stood"),
    [
        ("2026-01-30T14", {}),
        ("2026-01-30T15", {"entered": ["2026-01"]}),
        ("2026-02-03T15", {"irrevocable": ["2026-01"]}),
        ("2026-02-03T16", {"final": ["2026-01"]}),
        ("2026-02-28T00", {"final": ["2026-01"], "entered": ["2026-02"]}),
        ("2026-04-01T00", {"final": ["2026-01"], "irrevocable": ["2026-02"],
                           "entered": ["2026-03"]}),
    ],
)  # fmt: skip
def test_what_stood_when(at: str, stood: dict[str, list[str]]) -> None:
    found = standing_at(at, CYCLES, MEMBERS)
    assert found["at"] == at
    for name in ("entered", "irrevocable", "final"):
        assert [one["cycle"] for one in found[name]] == stood.get(name, [])


def test_sums_and_who_left() -> None:
    """What left in the correction window was entered, and is no longer bound."""
    (entered,) = standing_at("2026-01-31T00", CYCLES, MEMBERS)["entered"]
    assert (entered["obligations"], entered["owed"], entered["due"]) == (
        3, {"EUR": 107}, {"INR": 900},
    )  # fmt: skip
    (final,) = standing_at("2026-02-04T00", CYCLES, MEMBERS)["final"]
    assert (final["obligations"], final["owed"]) == (2, {"EUR": 100})
    assert final["numbers"] != entered["numbers"]
    assert standing_at("2026-02-04T00", CYCLES, MEMBERS[::-1])["final"] == [final]
