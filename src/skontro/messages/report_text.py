# SPDX-License-Identifier: Apache-2.0
"""Sums and shares as a person reads them, exact and without a float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

from skontro.core.money import exponent

SHORT_NAMES = ((10**12, "tn"), (10**9, "bn"), (10**6, "m"), (10**3, "k"))


def grouped(minor: int, unit: str) -> str:
    """A sum of minor units with its thousands apart.

    Example:
        >>> grouped(-135000000, "INR"), grouped(5, "JPY")
        ('-1,350,000.00', '5')
    """
    places = exponent(unit)
    sign = "-" if minor < 0 else ""
    whole, part = divmod(abs(minor), 10**places)
    return f"{sign}{whole:,}" + (f".{part:0{places}d}" if places else "")


def short(minor: int, unit: str) -> str:
    """A sum to about three figures, for labels where the exact one stands close by.

    Example:
        >>> short(42_500_000, "EUR"), short(123_456_789_012, "EUR"), short(9900, "EUR")
        ('425 k', '1.23 bn', '99')
    """
    major, sign = abs(minor) // 10 ** exponent(unit), "-" if minor < 0 else ""
    for size, name in SHORT_NAMES:
        if 2000 * major >= 1999 * size:
            hundredths = (major * 100 + size // 2) // size
            whole, part = divmod(hundredths, 100)
            if whole >= 100:
                return f"{sign}{(hundredths + 50) // 100:,} {name}"
            places = 1 if whole >= 10 else 2
            decimals = f"{part:02d}"[:places].rstrip("0")
            return f"{sign}{whole}{'.' + decimals if decimals else ''} {name}"
    text = grouped(minor, unit)
    return text.removesuffix("." + "0" * exponent(unit)) if "." in text else text


def span_text(least_minor: int, greatest_minor: int, unit: str) -> str:
    """From one sum to another, in short.

    Example:
        >>> span_text(100_000, 200_000, "EUR")
        '1 k to 2 k'
    """
    return f"{short(least_minor, unit)} to {short(greatest_minor, unit)}"


def percent(share: str | None) -> str:
    """A share such as ``0.752941`` in per cent, rounded half even on its decimal text.

    Example:
        >>> percent("0.752941")
        '75.29 %'
    """
    if share is None:
        return ""
    exact = Decimal(share) * 100
    return f"{exact.quantize(Decimal('0.01'), rounding=ROUND_HALF_EVEN)} %"


def share_of(part: int, whole: int) -> str:
    """A part of a whole in per cent with two places; nothing where there is no whole.

    Example:
        >>> share_of(32_000_000, 42_500_000)
        '75.29 %'
    """
    if not whole:
        return ""
    return f"{hundredths_of(part, whole) // 100}.{hundredths_of(part, whole) % 100:02d} %"


def hundredths_of(part: int, whole: int) -> int:
    """A part of a whole in hundredths of a per cent, rounded half even; 0 where there is none."""
    if not whole:
        return 0
    found, left = divmod(part * 10_000, whole)
    if 2 * left > whole or (2 * left == whole and found % 2):
        found += 1
    return found


def minor_of(points: int, points_per_minor: int) -> int:
    """Points in minor units of the unit, rounded half even; exact where a point is one."""
    found, left = divmod(points, points_per_minor)
    if 2 * left > points_per_minor or (2 * left == points_per_minor and found % 2):
        found += 1
    return found


def counted(number: int, one: str, many: str) -> str:
    """A number with its noun.

    Example:
        >>> counted(1, "firm", "firms"), counted(1200, "firm", "firms")
        ('1 firm', '1,200 firms')
    """
    return f"{number:,} {one if number == 1 else many}"
