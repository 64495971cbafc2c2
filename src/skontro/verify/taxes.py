# SPDX-License-Identifier: Apache-2.0
"""The split of net and tax in a notice, worked out again rate by rate."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from skontro.verify.papers import only, whole
from skontro.verify.verdict import require

PARTS = ("set_off", "planned", "settled", "residual")
KEYS = {"category", "rate"} | {
    f"{name}_{kind}_minor" for name in ("document", *PARTS) for kind in ("net", "tax")
}


def check_taxes(lines: list[Any], what: str, opens: list[int]) -> None:
    """Every part of net and tax is in the proportion of the document, and the parts add up.

    Args:
        lines: What a notice says of net and tax of one obligation.
        what: Which obligation, for messages.
        opens: What was open before, after the set-off, after what was planned, and at the end.
    """
    for line in lines:
        only(line, KEYS, f"{what}: a tax rate")

    def numbers(name: str) -> list[int]:
        return [whole(line[f"{name}_{kind}_minor"], what) for line in lines
                for kind in ("net", "tax")]  # fmt: skip

    weights = numbers("document")
    require(any(weights), f"{what}: a document of nothing")
    before, after, then, end = (_nearest(total, weights) for total in opens)
    wanted = {
        "set_off": _less(before, after), "planned": _less(after, then),
        "settled": _less(after, end), "residual": end,
    }  # fmt: skip
    for name in PARTS:
        require(numbers(name) == wanted[name], f"{what}: net and tax of {name} are {wanted[name]}")


def _less(one: list[int], other: list[int]) -> list[int]:
    return [a - b for a, b in zip(one, other, strict=True)]


def _nearest(total: int, weights: list[int]) -> list[int]:
    """Parts of a total by the method of Webster: unit by unit from the nearest whole numbers."""
    share = Fraction(total, sum(weights))
    found = [int(share * weight + Fraction(1, 2)) for weight in weights]
    there = [place for place, weight in enumerate(weights) if weight]
    half = Fraction(1, 2)
    while sum(found) != total:
        if sum(found) < total:
            place = min(there, key=lambda k: ((found[k] + half) / weights[k], k))
            found[place] += 1
        else:
            place = max(there, key=lambda k: ((found[k] - half) / weights[k], k))
            found[place] -= 1
    return found
