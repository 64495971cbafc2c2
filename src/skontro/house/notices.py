# SPDX-License-Identifier: Apache-2.0
"""What the house's papers say: set-off notices worked out from a participant's own rows.

Amounts are whole numbers of minor units, written as text; what a sum is worth at the fixing is
counted in the points of the clearing, so that every figure is exact. Ids only: names are added
where a paper is written, from the register.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from skontro.core.money import exponent, round_half_even
from skontro.house.tax_split import RatePart, tax_lines

FINAL, SETTLED = "final", "settled"
STAGES = (FINAL, SETTLED)
"""A set-off notice is written after the final run, and again once money has settled the rest."""

PAYABLES, RECEIVABLES, ROUNDING = "payables", "receivables", "rounding difference"

LEFT_WHY = {
    "consent": "not in this cycle: both parties took it out",
    "error": "not in this cycle: an error was upheld",
    "default": "not in this cycle: a party is in default",
    "house review": "not in this cycle: house review",
}
"""What a participant is told of an obligation that is not in a cycle. What the gate holds is house
review and nothing more."""


def why_left(reason: str) -> str:
    """Return what a participant is told; of a reason that is not for it, house review.

    Example:
        >>> why_left("consent"), why_left("a reason of the house's own")
        ('not in this cycle: both parties took it out', 'not in this cycle: house review')
    """
    return LEFT_WHY.get(reason, LEFT_WHY["house review"])


@dataclass(frozen=True, slots=True)
class NoticeRow:
    """One obligation of a participant, as a run and its settlement left it.

    Attributes:
        number: Number of the obligation.
        is_debtor: Whether the participant owes it.
        counterparty: Id of the other party.
        own_reference: What the participant called it, if it registered it.
        their_reference: What the other party called it, if it did.
        document: Number of the invoice, or empty.
        document_day: Its date as text, or None.
        due_day: When it is due, as text, or None.
        currency: Its currency.
        before_minor: Open before.
        set_off_minor: Set off.
        planned_minor: To be settled with money by the final run.
        settled_minor: Settled with money; nought before the settlement.
        rates: Net and tax by rate of the document, as far as it is known.
    """

    number: int
    is_debtor: bool
    counterparty: str
    own_reference: str | None
    their_reference: str | None
    document: str
    document_day: str | None
    due_day: str | None
    currency: str
    before_minor: int
    set_off_minor: int
    planned_minor: int
    settled_minor: int
    rates: tuple[RatePart, ...] = ()


@dataclass(frozen=True)
class Grid:
    """What amounts are worth at the fixing of a cycle.

    Attributes:
        unit: The unit of account; of a cycle without fixing empty: each currency by itself.
        unit_minor_points: Points of one minor unit of it.
        points_per_minor: Points of one minor unit of each currency.
        rates: Worth of one unit of each currency in the unit of account.
    """

    unit: str
    unit_minor_points: int
    points_per_minor: Mapping[str, Fraction]
    rates: Mapping[str, Fraction]

    @classmethod
    def of(cls, summary: Mapping[str, Any], rates: Mapping[str, str] | None) -> Grid:
        """Read the grid off a run's totals.

        Args:
            summary: The totals.
            rates: The fixing, exact fractions as text; None where there was none.
        """
        points = {
            row["currency"]: Fraction(row["points_per_minor"])
            for block in summary["blocks"]
            for row in block["currencies"]
        }
        worth = {code: Fraction(text) for code, text in (rates or {}).items()}
        if rates is None or not summary["blocks"]:
            return cls("", 1, points, worth)
        block = summary["blocks"][0]
        return cls(str(block["unit"]), int(block["unit_minor_points"]), points, worth)

    def points(self, minor: int, currency: str) -> int:
        """Return what an amount is worth in points, as the clearing counts it."""
        return round_half_even(minor * self.points_per_minor[currency])

    def value_in(self, minor: int, currency: str, target: str) -> int:
        """Return what an amount is worth in minor units of another currency, at the fixing.

        Example:
            >>> rates = {"EUR": Fraction(1), "INR": Fraction(1, 90)}
            >>> Grid("EUR", 90, {}, rates).value_in(270_000_000, "INR", "EUR")
            3000000
        """
        if currency == target:
            return minor
        worth = self.rates[currency] / 10 ** exponent(currency)
        return round_half_even(minor * worth * 10 ** exponent(target) / self.rates[target])

    def as_json(self) -> dict[str, Any]:
        """The grid as a paper carries it."""
        return {
            "unit": self.unit or None,
            "unit_minor_points": str(self.unit_minor_points),
            "points_per_minor": {
                code: fraction_text(worth)
                for code, worth in sorted(self.points_per_minor.items())
            },
        }


def fraction_text(value: Fraction) -> str:
    """Return a fraction in its one form.

    Example:
        >>> fraction_text(Fraction(1, 90)), fraction_text(Fraction(4))
        ('1/90', '4/1')
    """
    return f"{value.numerator}/{value.denominator}"


def obligation_lines(rows: Sequence[NoticeRow], grid: Grid) -> list[dict[str, Any]]:
    """Return what a notice says of each obligation."""
    return [
        {
            "obligation": row.number,
            "role": "debtor" if row.is_debtor else "creditor",
            "counterparty": row.counterparty,
            "own_reference": row.own_reference,
            "their_reference": row.their_reference,
            "document": row.document,
            "document_date": row.document_day,
            "due_date": row.due_day,
            "currency": row.currency,
            "rate": fraction_text(grid.rates[row.currency]) if grid.unit else None,
            "before_minor": str(row.before_minor),
            "set_off_minor": str(row.set_off_minor),
            "after_minor": str(row.before_minor - row.set_off_minor),
            "planned_minor": str(row.planned_minor),
            "settled_minor": str(row.settled_minor),
            "residual_minor": str(row.before_minor - row.set_off_minor - row.settled_minor),
            "taxes": tax_lines(
                row.rates, before=row.before_minor, set_off=row.set_off_minor,
                planned=row.planned_minor, settled=row.settled_minor,
            ),
        }
        for row in rows
    ]  # fmt: skip


def counter_obligations(rows: Sequence[NoticeRow], grid: Grid) -> dict[str, Any]:
    """Return in sum what was set off against what, and what it is worth at the fixing.

    What a participant owed was set off against what it was owed: by currency, and in points of
    the unit of account. The two sums differ by what rounding to whole minor units moved.
    """
    sums: dict[bool, dict[str, list[int]]] = {
        side: defaultdict(lambda: [0, 0]) for side in (True, False)
    }
    for row in rows:
        if row.set_off_minor:
            entry = sums[row.is_debtor][row.currency]
            entry[0] += row.set_off_minor
            entry[1] += grid.points(row.set_off_minor, row.currency)
    found: dict[str, Any] = {}
    total = {}
    for side, name in ((True, PAYABLES), (False, RECEIVABLES)):
        found[name] = [
            {"currency": code, "set_off_minor": str(minor), "value_points": str(points)}
            for code, (minor, points) in sorted(sums[side].items())
        ]
        total[name] = sum(points for _, points in sums[side].values())
    codes = sorted({*sums[True], *sums[False]})
    nets = {
        code: [sums[True][code][k] - sums[False][code][k] for k in (0, 1)] for code in codes
    }
    found["exchange"] = [
        {"currency": code, "net_minor": str(minor), "value_points": str(points)}
        for code, (minor, points) in nets.items()
        if minor
    ]
    found["difference_points"] = str(total[PAYABLES] - total[RECEIVABLES])
    if grid.unit:
        found["value_minor"] = str(
            round_half_even(Fraction(total[PAYABLES], grid.unit_minor_points))
        )
    else:
        found["value_minor"] = None
    return found


def bookings(rows: Sequence[NoticeRow], grid: Grid, home: str) -> list[dict[str, Any]]:
    """Propose how a participant books the set-off in its own currency, at the fixing.

    What it owed is debited, what it was owed is credited, and what is left over by rounding goes
    to a difference account. An exchange gain or loss arises where its books carry an amount at
    another rate than the fixing: that rate only the participant knows.

    Args:
        rows: Its obligations.
        grid: The fixing.
        home: Its home currency; the unit of account where that has no rate.

    Returns:
        Lines that balance in the booking currency; without a fixing in each currency alone.
    """
    sums: dict[tuple[bool, str], int] = defaultdict(int)
    for row in rows:
        sums[row.is_debtor, row.currency] += row.set_off_minor
    if grid.unit and home not in grid.rates:
        home = grid.unit
    lines, left = [], defaultdict[str, int](int)
    for (is_debtor, code), minor in sorted(sums.items(), key=lambda one: (not one[0][0], one[0])):
        if not minor:
            continue
        target = home if grid.unit else code
        value = grid.value_in(minor, code, target)
        left[target] += value if is_debtor else -value
        lines.append({
            "side": "debit" if is_debtor else "credit",
            "account": PAYABLES if is_debtor else RECEIVABLES,
            "currency": code, "amount_minor": str(minor),
            "booked_currency": target, "booked_minor": str(value),
        })  # fmt: skip
    for target, rest in sorted(left.items()):
        if rest:
            lines.append({
                "side": "credit" if rest > 0 else "debit", "account": ROUNDING,
                "currency": target, "amount_minor": str(abs(rest)),
                "booked_currency": target, "booked_minor": str(abs(rest)),
            })  # fmt: skip
    return lines


def decimals_of(currencies: Sequence[str]) -> dict[str, int]:
    """Return how many decimals each currency has."""
    return {code: exponent(code) for code in sorted(set(currencies))}


def sums_by_currency(rows: Sequence[NoticeRow], name: str) -> list[dict[str, str]]:
    """Return what a participant owes and is owed of one kind of amount, by currency.

    Args:
        rows: Its obligations.
        name: ``before_minor``, ``set_off_minor``, ``settled_minor`` and so on.
    """
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in rows:
        sums[row.currency][0 if row.is_debtor else 1] += int(getattr(row, name))
    return [
        {"currency": code, "payable_minor": str(owed), "receivable_minor": str(due)}
        for code, (owed, due) in sorted(sums.items())
    ]
