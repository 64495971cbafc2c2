# SPDX-License-Identifier: Apache-2.0
"""Which part of net and tax of a document is discharged when an obligation is discharged in part.

What is open of an obligation is spread over the net and the tax of each rate in the proportion of
the document, by the method of Webster: nearest whole numbers, and what is over or missing where it
changes the proportion least. The method never takes from one part what it gives to another when
the sum grows, so that the part of any discharge is the difference of two spreads: never below
nought, and over all cycles together exactly the document's net and tax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class RatePart:
    """Net and tax of a document at one rate.

    Attributes:
        category: Code of UNTDID 5305, such as ``S``.
        rate: Percent, exact decimal text; or empty.
        net_minor: What the tax is taken of.
        tax_minor: The tax.
    """

    category: str
    rate: str
    net_minor: int
    tax_minor: int


def spread(total: int, weights: Sequence[int]) -> list[int]:
    """Spread a sum over weights in their proportion, exactly, by the method of Webster.

    Args:
        total: What is spread, not below nought.
        weights: Not below nought, one of them above.

    Returns:
        A part of each weight; none grows smaller when the total grows.

    Example:
        >>> spread(100, [100, 19]), spread(119, [100, 19]), spread(1, [1, 1])
        ([84, 16], [100, 19], [1, 0])
    """
    whole = sum(weights)
    parts = [(2 * total * weight + whole) // (2 * whole) for weight in weights]
    places = [place for place, weight in enumerate(weights) if weight]
    while sum(parts) < total:
        chosen = places[0]
        for place in places[1:]:
            # the next unit where (parts + 1/2) / weight is least
            if (2 * parts[place] + 1) * weights[chosen] < (2 * parts[chosen] + 1) * weights[place]:
                chosen = place
        parts[chosen] += 1
    while sum(parts) > total:
        chosen = places[-1]
        for place in reversed(places[:-1]):
            if (2 * parts[place] - 1) * weights[chosen] > (2 * parts[chosen] - 1) * weights[place]:
                chosen = place
        parts[chosen] -= 1
    return parts


def tax_lines(
    rates: Sequence[RatePart], *, before: int, set_off: int, planned: int, settled: int
) -> list[dict[str, Any]]:
    """Return what a notice says of net and tax, rate by rate.

    Args:
        rates: Of the document behind the obligation.
        before: Open before, minor units.
        set_off: Set off of it.
        planned: Of what is left after, what money was to settle.
        settled: What money did settle.

    Returns:
        A line a rate; none where the document says no tax, or not all of it is above nought.

    Example:
        >>> lines = tax_lines([RatePart("S", "19", 10000, 1900)],
        ...                   before=11900, set_off=5000, planned=0, settled=6900)
        >>> lines[0]["set_off_net_minor"], lines[0]["set_off_tax_minor"]
        ('4202', '798')
    """
    weights = [part for one in rates for part in (one.net_minor, one.tax_minor)]
    if min(weights, default=-1) < 0 or not any(weights):
        return []
    after = before - set_off
    opened, left = spread(before, weights), spread(after, weights)
    then, end = spread(after - planned, weights), spread(after - settled, weights)
    parts = {
        "set_off": [a - b for a, b in zip(opened, left, strict=True)],
        "planned": [a - b for a, b in zip(left, then, strict=True)],
        "settled": [a - b for a, b in zip(left, end, strict=True)],
        "residual": end,
    }
    lines = []
    for place, one in enumerate(rates):
        line = {
            "category": one.category, "rate": one.rate,
            "document_net_minor": str(one.net_minor), "document_tax_minor": str(one.tax_minor),
        }  # fmt: skip
        for name, found in parts.items():
            line[f"{name}_net_minor"] = str(found[2 * place])
            line[f"{name}_tax_minor"] = str(found[2 * place + 1])
        lines.append(line)
    return lines
