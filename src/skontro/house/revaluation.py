# SPDX-License-Identifier: Apache-2.0
"""What a carried border position is worth in each side's own currency, fixing after fixing.

The position stays what it is in the agreed unit; its worth in the books of a side moves with the
rates, and the difference is booked there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from skontro.core.errors import InvalidFixing
from skontro.core.fixing import Fixing
from skontro.core.money import exponent, round_half_even


@dataclass(frozen=True, slots=True)
class Revaluation:
    """What a carried position is worth in a side's own currency, before and after a fixing.

    Attributes:
        old_value: At the old fixing, minor units of the currency; above nought the side owes it.
        new_value: At the new one.
    """

    old_value: int
    new_value: int

    @property
    def difference(self) -> int:
        """What to book: above nought the side owes more than it did, which is its loss."""
        return self.new_value - self.old_value


def revalue(position: int, old_rate: Fraction, new_rate: Fraction) -> Revaluation:
    """Revalue a position carried in the agreed unit in one side's own currency at a new fixing.

    The position itself does not change. Each value is the exact product rounded once, a half to
    even, so that differences booked cycle after cycle add up to the value itself and never
    drift; the other way round the position has the same values with the other sign.

    Args:
        position: What the side carries, minor units of the agreed unit; above nought it owes.
        old_rate: Minor units of its currency for one of the agreed unit, at the last fixing.
        new_rate: The same at the new fixing: see :func:`own_rate`.

    Raises:
        InvalidFixing: A rate is not above nought.

    Example:
        >>> revalue(15_000_00, Fraction(90), Fraction(93)).difference
        4500000
    """
    for rate in (old_rate, new_rate):
        if rate <= 0:
            raise InvalidFixing(f"a rate of {rate} is not above nought")
    return Revaluation(round_half_even(position * old_rate), round_half_even(position * new_rate))


def revalue_sides(
    carried: Mapping[str, int],
    old_rates: Mapping[str, Fraction],
    new_rates: Mapping[str, Fraction],
) -> dict[str, Revaluation]:
    """Revalue what each side carries in its own currency.

    Args:
        carried: What each side carries, in the agreed unit.
        old_rates: The rate of each side's currency at the last fixing, as for :func:`revalue`.
        new_rates: The same at the new one.

    Raises:
        InvalidFixing: A side has no rate, or one that is not above nought.

    Example:
        >>> old, new = Fraction(90), Fraction(91)
        >>> found = revalue_sides({"A": 10, "B": -10}, {"A": old, "B": old}, {"A": old, "B": new})
        >>> found["A"].difference, found["B"].difference
        (0, -10)
    """
    for side in carried:
        if side not in old_rates or side not in new_rates:
            raise InvalidFixing(f"side {side} carries a position and its currency has no rate")
    return {side: revalue(sum_, old_rates[side], new_rates[side]) for side, sum_ in carried.items()}


def own_rate(fixing: Fixing, unit: str, currency: str) -> Fraction:
    """Return how many minor units of a currency one minor unit of the agreed unit is worth.

    Args:
        fixing: The declared rates.
        unit: The agreed unit, a currency code.
        currency: The currency.

    Raises:
        InvalidFixing: One of them has no rate.

    Example:
        >>> fixing = Fixing("EUR", {"EUR": Fraction(1), "JPY": Fraction(1, 160)})
        >>> own_rate(fixing, "EUR", "JPY")
        Fraction(8, 5)
    """
    for code in (unit, currency):
        if code not in fixing.rates:
            raise InvalidFixing(f"{code} has no rate in the fixing")
    major = fixing.rates[unit] / fixing.rates[currency]
    return major * Fraction(10 ** exponent(currency), 10 ** exponent(unit))
