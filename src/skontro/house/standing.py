# SPDX-License-Identifier: Apache-2.0
"""What of a firm's obligations was entered, irrevocable and final at an instant.

It decides what a default or an insolvency can still touch, and must be shown years later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from skontro.core.digest import canonical_json

STANDINGS = ("entered", "irrevocable", "final")


class Times(NamedTuple):
    """When a cycle came so far, UTC text; None where it has not."""

    entered: str
    irrevocable: str | None = None
    final: str | None = None


class Membership(NamedTuple):
    """One of a firm's obligations in a cycle.

    Attributes:
        cycle: Which cycle.
        obligation: Number of the obligation.
        owes: Whether the firm is the debtor.
        currency: Of the obligation.
        open_minor: What was open of it when it was frozen.
        stays: Whether it is in the cycle still.
    """

    cycle: str
    obligation: int
    owes: bool
    currency: str
    open_minor: int
    stays: bool


def standing_at(
    at: str, cycles: Mapping[str, Times], members: Iterable[Membership]
) -> dict[str, Any]:
    """Return what stood at an instant: lists under ``entered``, ``irrevocable`` and ``final``.

    Args:
        at: The instant, UTC text.
        cycles: When each cycle was cut off, became irrevocable and final.
        members: The firm's obligations in cycles.

    Returns:
        For each cycle how many obligations, what the firm owed and was owed of them by currency,
        and the digest of their numbers; plain values.

    Example:
        >>> cycles = {"2026-01": Times("2026-01-30T15", "2026-02-03T15")}
        >>> members = [Membership("2026-01", 7, True, "EUR", 500, True)]
        >>> stood = standing_at("2026-02-01T00", cycles, members)
        >>> len(stood["irrevocable"]), stood["entered"][0]["owed"]
        (0, {'EUR': 500})
    """
    found: dict[str, Any] = {"at": at} | {name: [] for name in STANDINGS}
    by_cycle = dict[str, list[Membership]]()
    for one in members:
        by_cycle.setdefault(one.cycle, []).append(one)
    for cycle, mine in sorted(by_cycle.items()):
        reached = [
            name for name, since in zip(STANDINGS, cycles[cycle], strict=True)
            if since is not None and since <= at
        ]  # fmt: skip
        if not reached:
            continue
        counted = mine if reached[-1] == "entered" else [one for one in mine if one.stays]
        if counted:
            found[reached[-1]].append(_summed(cycle, counted))
    return found


def _summed(cycle: str, members: list[Membership]) -> dict[str, Any]:
    sums: dict[str, dict[str, int]] = {"owed": {}, "due": {}}
    for one in members:
        way = sums["owed" if one.owes else "due"]
        way[one.currency] = way.get(one.currency, 0) + one.open_minor
    numbers = sorted(one.obligation for one in members)
    return {
        "cycle": cycle, "obligations": len(numbers), **sums,
        "numbers": hashlib.sha256(canonical_json(numbers)).hexdigest(),
    }  # fmt: skip
