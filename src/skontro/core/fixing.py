# SPDX-License-Identifier: Apache-2.0
"""The declared exchange rates of one cycle, and the integer grid the clearing counts in.

Rates are exact fractions. A point is the integer everything is counted in: a minor unit where
one currency clears by itself; with a fixing, a share of the unit of account so small that a
minor unit of every currency is a whole number of points (exact grid) or, where sums would grow
past 2**62, one that still tells every obligation's minor units apart (fine grid).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from skontro.core.errors import AmountOverflow, InvalidFixing, NoGridFits, invariant
from skontro.core.money import LIMIT_MINOR, exponent, exponents, round_half_even, shorten

if TYPE_CHECKING:
    import pyarrow as pa

FIXING_COLUMNS = ("currency", "unit_of_account", "rate")

_RATE = re.compile(r"([0-9]{1,40})(?:\.([0-9]{1,40})|/([0-9]{1,40}))?", re.ASCII)
_CHUNK = 1 << 18


@dataclass(frozen=True)
class Fixing:
    """Declared exchange rates: what one major unit of each currency is worth.

    Attributes:
        unit: The unit of account, a currency code.
        rates: Units of account per major unit of each currency, exact; the unit's own is 1.
    """

    unit: str
    rates: dict[str, Fraction]

    @classmethod
    def from_table(cls, table: pa.Table, *, rows: Sequence[int] | None = None) -> Fixing:
        """Read a fixing from text columns ``currency``, ``unit_of_account``, ``rate``.

        Args:
            table: The columns, all text.
            rows: Row numbers to name in errors; 1, 2, ... if not given.

        Raises:
            InvalidFixing: A rate is malformed, nought or negative, a currency is unknown or
                stands twice, the units of account differ, or the unit's own rate is not 1.

        Example:
            >>> import pyarrow as pa
            >>> Fixing.from_table(pa.table({
            ...     "currency": ["INR"], "unit_of_account": ["EUR"], "rate": ["1/90"]})).rates
            {'EUR': Fraction(1, 1), 'INR': Fraction(1, 90)}
        """
        columns = [table.column(name).to_pylist() for name in FIXING_COLUMNS]
        numbers = rows if rows is not None else range(1, table.num_rows + 1)
        unit, rates = "", dict[str, Fraction]()
        for number, currency, row_unit, rate in zip(numbers, *columns, strict=True):
            _known(currency, number, "currency")
            _known(row_unit, number, "unit_of_account")
            if unit and row_unit != unit:
                raise _refused(number, f"the unit of account is {row_unit}, above it is {unit}")
            unit = row_unit
            if currency in rates:
                raise _refused(number, f"{currency} has a rate already")
            rates[currency] = _rate(rate or "", number)
        if not unit:
            raise InvalidFixing("the fixing has no rate")
        if rates.setdefault(unit, Fraction(1)) != 1:
            raise InvalidFixing(f"the rate of {unit}, the unit of account, must be 1")
        return cls(unit, dict(sorted(rates.items())))


def parse_rate(text: str) -> Fraction:
    """Read a rate: exact decimal text such as ``0.0111``, or a fraction such as ``1/90``.

    Raises:
        InvalidFixing: It is neither, or not above nought.

    Example:
        >>> parse_rate("0.25"), parse_rate("1/90")
        (Fraction(1, 4), Fraction(1, 90))
    """
    match = _RATE.fullmatch(text)
    if match is None:
        raise InvalidFixing(
            f"{shorten(text)!r} is not a rate: write exact decimals (0.0111) or a fraction (1/90)"
        )
    whole, decimals, below = match.groups()
    if below is not None and int(below) == 0:
        raise InvalidFixing(f"the rate {text!r} divides by nought")
    scale = int(below) if below is not None else 10 ** len(decimals or "")
    rate = Fraction(int(whole + (decimals or "")), scale)
    if rate == 0:
        raise InvalidFixing(f"the rate {text!r} is nought")
    return rate


def _rate(text: str, number: int) -> Fraction:
    try:
        return parse_rate(text)
    except InvalidFixing as error:
        raise _refused(number, error.message) from None


def _known(code: str | None, number: int, field: str) -> None:
    if code not in exponents():
        raise _refused(number, f"{field} {shorten(code or '')!r} is not a currency of ISO 4217")


def _refused(number: int, message: str) -> InvalidFixing:
    return InvalidFixing(f"fixing, row {number}: {message}", details={"row": number})


@dataclass(frozen=True)
class Grid:
    """The integers a block is counted in.

    Attributes:
        unit: Unit of account, or the block's one currency.
        kind: ``minor`` (no fixing), ``exact`` or ``fine``.
        points_per_minor: What one minor unit of each currency is worth in points; of every
            currency that has a rate, whole numbers for those used on the exact grid.
        unit_minor_points: Points of one minor unit of the unit.
        codes: The currencies used, sorted; what a currency index counts in.
    """

    unit: str
    kind: str
    points_per_minor: dict[str, Fraction]
    unit_minor_points: int
    codes: tuple[str, ...] = ()

    def points(self, minor: int, code: str) -> int:
        """Return an amount of minor units in points, a half rounded to even.

        Example:
            >>> Grid("EUR", "fine", {"INR": Fraction(1, 90)}, 1).points(45, "INR")
            0
        """
        return round_half_even(minor * self.points_per_minor[code])


def choose_grid(
    fixing: Fixing | None,
    codes: Sequence[str],
    count_by_currency: Mapping[str, int],
    gross_minor_by_currency: Mapping[str, int],
) -> Grid:
    """Choose the integers a block is counted in, so that sums stay below 2**62.

    Without a fixing a point is a minor unit. With one: the exact grid, on which a minor unit of
    every currency used is a whole number of points, if the gross sum fits; else the fine grid,
    with as many decimal places below the unit's minor unit as fit.

    Args:
        fixing: The rates; None where one currency clears by itself.
        codes: Currencies used by the block's obligations.
        count_by_currency: Number of obligations in each.
        gross_minor_by_currency: Sum of amounts in each, minor units.

    Raises:
        AmountOverflow: Without a fixing, the sum of the currency reaches 2**62.
        NoGridFits: No grid is fine enough for the currencies and coarse enough for the sums.

    Example:
        >>> fixing = Fixing("EUR", {"EUR": Fraction(1), "INR": Fraction(1, 90)})
        >>> choose_grid(fixing, ["INR"], {"INR": 1}, {"INR": 5}).points_per_minor["INR"]
        Fraction(1, 1)
    """
    used = tuple(sorted(codes))
    if fixing is None:
        invariant(len(used) == 1, "a block without a fixing has one currency")
        _guard_sum(used[0], gross_minor_by_currency[used[0]])
        return Grid(used[0], "minor", {used[0]: Fraction(1)}, 1, used)
    per_minor = {code: rate / 10 ** exponent(code) for code, rate in fixing.rates.items()}
    unit_minor = 10 ** exponent(fixing.unit)
    gross = sum((gross_minor_by_currency[code] * per_minor[code] for code in used), Fraction(0))
    scale = lcm(unit_minor, *(per_minor[code].denominator for code in used))
    if gross * scale < LIMIT_MINOR:
        return _grid(fixing, "exact", per_minor, scale, used)
    half_of_each = Fraction(sum(count_by_currency[code] for code in used), 2)
    places = _most_places(gross * unit_minor, half_of_each)
    if places is None:
        raise NoGridFits(
            f"the obligations come to more than 2**62 minor units of {fixing.unit}",
            details={"unit": fixing.unit},
        )
    grid = _grid(fixing, "fine", per_minor, unit_minor * 10**places, used)
    for code in used:
        if grid.points_per_minor[code] <= Fraction(count_by_currency[code], 2):
            raise NoGridFits(
                f"no unit of account fits: with sums below 2**62, a minor unit of {code} is too "
                f"small a share of {fixing.unit} for {count_by_currency[code]} obligations in it",
                details={"unit": fixing.unit, "currency": code},
            )
    return grid


def _guard_sum(code: str, gross_minor: int) -> None:
    if gross_minor >= LIMIT_MINOR:
        raise AmountOverflow(
            f"the amounts in {code} sum to 2**62 minor units or more", details={"currency": code}
        )


def _most_places(gross_minor: Fraction, half_of_each: Fraction) -> int | None:
    """Return the most decimal places below the minor unit with the rounded sum under 2**62."""
    places = None
    step = 0
    while gross_minor * 10**step + half_of_each < LIMIT_MINOR:
        places = step
        step += 1
    return places


def _grid(
    fixing: Fixing, kind: str, per_minor: dict[str, Fraction], scale: int, used: tuple[str, ...]
) -> Grid:
    points = {code: worth * scale for code, worth in per_minor.items()}
    return Grid(fixing.unit, kind, points, scale // 10 ** exponent(fixing.unit), used)


def to_points(
    amount_minor: NDArray[np.int64],
    currency_index: NDArray[np.int16],
    grid: Grid,
    *,
    codes: Sequence[str] | None = None,
) -> NDArray[np.int64]:
    """Turn amounts of minor units into points, exactly, a half rounded to even.

    Args:
        amount_minor: Amounts, none negative, shape (k,).
        currency_index: Currency of each, an index into ``codes``, shape (k,).
        grid: The grid of the block.
        codes: Currency codes the index counts in; ``grid.codes`` if not given.

    Raises:
        AmountOverflow: An amount reaches 2**62 points.

    Example:
        >>> grid = Grid("EUR", "fine", {"INR": Fraction(10, 9)}, 100, ("INR",))
        >>> to_points(np.array([9, 10]), np.zeros(2, np.int16), grid).tolist()
        [10, 11]
    """
    names = tuple(codes) if codes is not None else grid.codes
    worth = [grid.points_per_minor[name] for name in names]
    most = np.array([min((LIMIT_MINOR - 1) // item, LIMIT_MINOR) for item in worth], np.int64)
    if np.any(amount_minor > most[currency_index]):
        raise AmountOverflow("an amount comes to 2**62 points or more")
    whole = np.array([min(int(item), LIMIT_MINOR) for item in worth], np.int64)
    points = amount_minor * whole[currency_index]
    fractions = [index for index, item in enumerate(worth) if item.denominator != 1]
    if not fractions:
        return points
    for index in fractions:
        rows = np.flatnonzero(currency_index == index)
        for start in range(0, len(rows), _CHUNK):
            part = rows[start : start + _CHUNK]
            points[part] = _times_fraction(amount_minor[part], points[part], worth[index])
    return points


def _times_fraction(
    amount: NDArray[np.int64], whole_part: NDArray[np.int64], worth: Fraction
) -> NDArray[np.int64]:
    """Return whole_part + amount * (worth's part below one), a half rounded to even.

    Long division, the amount taken a few bits at a time from the top, so that no intermediate
    result leaves 63 bits: with remainder and multiplier below d, a step of b bits stays below
    2 * d * 2**b.
    """
    below = worth.denominator
    above = worth.numerator % below
    step = min(31, 61 - below.bit_length())
    if step < 1:
        return np.array([round_half_even(int(item) * worth) for item in amount], np.int64)
    quotient = np.zeros_like(amount)
    remainder = np.zeros_like(amount)
    for shift in range((62 // step) * step, -1, -step):
        digit = (amount >> shift) & ((1 << step) - 1)
        total = (remainder << step) + digit * above
        quotient = (quotient << step) + total // below
        remainder = total % below
    result = whole_part + quotient
    twice = 2 * remainder
    result += (twice > below) | ((twice == below) & (result % 2 == 1))
    return result
