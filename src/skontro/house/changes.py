# SPDX-License-Identifier: Apache-2.0
"""What changed from one run to another: firms, sides and currencies, and who moved most."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from skontro.core.readable import share_text

FIGURES = ("entered_minor", "set_off_minor", "left_minor")


@dataclass(frozen=True, slots=True)
class FirmFigures:
    """What a run came to for a firm, in minor units of the unit it is cleared in.

    Attributes:
        firm: Its id.
        unit: The unit.
        entered_minor: What it owes and is owed.
        set_off_minor: What was set off of both.
        left_minor: What would be left of both, after set-off and money.
    """

    firm: str
    unit: str
    entered_minor: int
    set_off_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class SideFigures:
    """What a run came to for what a side's firms owe in a currency, in its minor units.

    Attributes:
        side: The side of the debtors.
        currency: In which it is owed.
        obligations: How many were entered.
        entered_minor: What they come to.
        set_off_minor: What was set off.
        left_minor: What would be left, after set-off and money.
    """

    side: str
    currency: str
    obligations: int
    entered_minor: int
    set_off_minor: int
    left_minor: int


@dataclass(frozen=True, slots=True)
class RunFigures:
    """What a run came to, as far as it is compared.

    Attributes:
        firms: Firm by firm, once in each unit.
        sides: Side by side, once in each currency.
    """

    firms: Sequence[FirmFigures] = ()
    sides: Sequence[SideFigures] = ()


def compare_runs(now: RunFigures, then: RunFigures, most: int) -> dict[str, Any]:
    """Return what changed from one run to another.

    Args:
        now: The later run.
        then: The earlier one; an empty one where there was none.
        most: How many firms are named of each kind, the largest first.

    Returns:
        ``sides``: by side and currency, and ``units``: by unit, both runs' figures and how they
        changed; with each unit how many firms are ``new`` and ``gone`` and the largest of them, and
        in ``movers`` those in both runs whose entered amounts changed most. What stands in one run
        alone changed from, or to, nought.

    Example:
        >>> now = RunFigures([FirmFigures("A", "EUR", 90, 60, 30)])
        >>> found = compare_runs(now, RunFigures([FirmFigures("B", "EUR", 50, 0, 50)]), 5)
        >>> [(one["new"], one["gone"], one["change"]["entered_minor"]) for one in found["units"]]
        [(1, 1, 40)]
    """
    sides = _paired({(one.side, one.currency): one for one in now.sides},
                    {(one.side, one.currency): one for one in then.sides})  # fmt: skip
    firms = defaultdict[str, list[dict[str, Any]]](list)
    pairs = _paired({(one.unit, one.firm): one for one in now.firms},
                    {(one.unit, one.firm): one for one in then.firms})  # fmt: skip
    for (unit, firm), one in pairs:
        firms[unit].append({"participant": firm, "unit": unit} | one)
    return {
        "sides": [
            {"side": side, "currency": currency} | one | {
                "obligations": {"now": _count(now.sides, side, currency),
                                "then": _count(then.sides, side, currency)},
            }
            for (side, currency), one in sides
        ],
        "units": [_unit(unit, rows, most) for unit, rows in sorted(firms.items())],
    }  # fmt: skip


def _count(rows: Sequence[SideFigures], side: str, currency: str) -> int:
    return sum(one.obligations for one in rows if (one.side, one.currency) == (side, currency))


def _paired(
    now: Mapping[tuple[str, str], Any], then: Mapping[tuple[str, str], Any]
) -> list[tuple[tuple[str, str], dict[str, Any]]]:
    """Return the figures of both by what they are of, and how they changed."""
    return [(key, _both(_figures(now.get(key)), _figures(then.get(key))))
            for key in sorted({*now, *then})]  # fmt: skip


def _figures(one: FirmFigures | SideFigures | None) -> dict[str, int] | None:
    return None if one is None else {name: getattr(one, name) for name in FIGURES}


def _both(now: dict[str, int] | None, then: dict[str, int] | None) -> dict[str, Any]:
    nought = dict.fromkeys(FIGURES, 0)
    change = {name: (now or nought)[name] - (then or nought)[name] for name in FIGURES}
    return {"now": _shared(now), "then": _shared(then), "change": change}


def _shared(one: dict[str, int] | None) -> dict[str, Any] | None:
    """Return figures with the share that was set off."""
    if one is None:
        return None
    return one | {"share": share_text(one["set_off_minor"], one["entered_minor"])}


def _unit(unit: str, rows: list[dict[str, Any]], most: int) -> dict[str, Any]:
    new = _largest([one for one in rows if one["then"] is None], most)
    gone = _largest([one for one in rows if one["now"] is None], most)
    stayed = [one for one in rows if one["now"] is not None and one["then"] is not None]
    moved = [one for one in stayed if any(one["change"].values())]
    sums = {
        when: {name: sum(one[when][name] for one in rows if one[when]) for name in FIGURES}
        if any(one[when] for one in rows) else None
        for when in ("now", "then")
    }  # fmt: skip
    return {
        "unit": unit, **_both(sums["now"], sums["then"]),
        "new": sum(one["then"] is None for one in rows), "new_firms": new,
        "gone": sum(one["now"] is None for one in rows), "gone_firms": gone,
        "stayed": len(stayed), "moved": len(moved), "movers": _largest(moved, most),
    }  # fmt: skip


def _largest(rows: list[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """Return the rows whose entered amounts, then what is left, changed most."""
    return sorted(rows, key=lambda one: (
        -abs(one["change"]["entered_minor"]), -abs(one["change"]["left_minor"]),
        one["participant"],
    ))[:most]  # fmt: skip
