# SPDX-License-Identifier: Apache-2.0
"""What a carried border position is worth in each side's own currency, fixing after fixing.

The position stays what it is in the agreed unit; its worth in the books of a side moves with the
rates, and the difference is booked there.
"""

from __future__ import annotations

from fractions import Fraction

from skontro.core.errors import InvalidFixing
from skontro.core.fixing import Fixing
from skontro.core.money import exponent, round_half_even


def worth(position: int, rate: Fraction) -> int:
    """Return what a position carried in the agreed unit is worth in a side's own currency.

    The exact product, rounded once, a half to even: so differences booked fixing after fixing add
    up to the worth itself and never drift, and the other way round the position is worth the same
    with the other sign.

    Args:
        position: What the side carries, minor units of the agreed unit; above nought it owes.
        rate: Minor units of its currency for one of the agreed unit: see :func:`own_rate`.

    Raises:
        InvalidFixing: The rate is not above nought.

    Example:
        >>> worth(15_000_00, Fraction(93)) - worth(15_000_00, Fraction(90))
        4500000
    """
    if rate <= 0:
        raise InvalidFixing(f"a rate of {rate} is not above nought")
    return round_half_even(position * rate)


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
