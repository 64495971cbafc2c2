# SPDX-License-Identifier: Apache-2.0
"""Sums of money as integers of minor units, and their text.

An amount is an integer of the currency's minor unit (ISO 4217), below 2**62. Text is read
exactly or refused with a reason; nothing here is ever a binary fraction.
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import cache

from skontro.core.errors import MalformedNumber, UnknownCurrency

LIMIT_MINOR = 2**62
"""No amount and no sum reaches this."""

AMOUNT_REASONS: dict[str, str] = {
    "EmptyAmount": "there is no amount",
    "SurroundingSpace": "white space before or after the value",
    "NegativeAmount": "the amount is negative",
    "NotANumber": "the amount is not a number",
    "ExponentNotation": "the amount has an exponent; write all its digits",
    "ThousandsSeparator": "only digits and one decimal point; no comma, space, apostrophe or _",
    "NotAsciiDigits": "only the digits 0 to 9",
    "MalformedAmount": "only digits and one decimal point with digits on both sides",
    "TooManyDecimals": "more decimals than the currency has",
    "AmountTooLarge": "2**62 minor units or more",
    "ZeroAmount": "the amount is zero",
}
"""Why an amount can be refused: code and sentence, in the order in which they are looked for."""

_DECIMAL = re.compile(r"([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_EXPONENT = re.compile(r"-?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]+", re.ASCII)
_SEPARATED = re.compile(r"-?[0-9][0-9.,' _]*", re.ASCII)
_WORDS = frozenset({"nan", "inf", "infinity", "null", "none", "n/a", "#n/a"})


@cache
def exponents() -> dict[str, int]:
    """Return the number of decimals of each currency that has a minor unit (ISO 4217).

    Metals, funds without one and the codes for tests or no currency are not in it.

    Example:
        >>> exponents()["JPY"], exponents()["EUR"], exponents()["BHD"], "XAU" in exponents()
        (0, 2, 3, False)
    """
    from iso4217 import Currency

    return {item.code: item.exponent for item in Currency if item.exponent is not None}


def exponent(code: str) -> int:
    """Return the number of decimals of a currency.

    Args:
        code: Three capital letters, e.g. ``EUR``.

    Raises:
        UnknownCurrency: It is not a currency of ISO 4217 with a minor unit.

    Example:
        >>> exponent("AED")
        2
    """
    found = exponents().get(code)
    if found is None:
        raise UnknownCurrency(
            f"{code!r} is not a currency of ISO 4217 that trade is invoiced in",
            details={"currency": code},
        )
    return found


def format_minor(minor: int, decimals: int) -> str:
    """Write an amount of minor units as decimal text.

    Args:
        minor: The amount in minor units; any integer.
        decimals: Number of decimals of the currency.

    Example:
        >>> format_minor(-5, 2), format_minor(123456, 2), format_minor(7, 0)
        ('-0.05', '1234.56', '7')
    """
    sign, digits = ("-", str(-minor)) if minor < 0 else ("", str(minor))
    if decimals == 0:
        return sign + digits
    digits = digits.rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def amount_fault(text: str, decimals: int) -> str:
    """Return why decimal text is refused as an amount, or nothing if it is not.

    Zero is no fault here. The order in which reasons are looked for is that of
    :data:`AMOUNT_REASONS`.

    Args:
        text: What stood in the field.
        decimals: Number of decimals of the currency.

    Returns:
        A code of :data:`AMOUNT_REASONS`, or the empty string.

    Example:
        >>> amount_fault("1e3", 2), amount_fault("12.345", 2), amount_fault("12.3", 2)
        ('ExponentNotation', 'TooManyDecimals', '')
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        return _shape_fault(text)
    whole, fraction = match.group(1), match.group(2) or ""
    if len(fraction) > decimals:
        return "TooManyDecimals"
    digits = (whole + fraction.ljust(decimals, "0")).lstrip("0")
    if len(digits) > 19 or int(digits or "0") >= LIMIT_MINOR:
        return "AmountTooLarge"
    return ""


def _shape_fault(text: str) -> str:
    if not text:
        return "EmptyAmount"
    if text[0].isspace() or text[-1].isspace():
        return "SurroundingSpace"
    if text[0] == "-" and _DECIMAL.fullmatch(text[1:]):
        return "NegativeAmount"
    if text.lstrip("+-").lower() in _WORDS:
        return "NotANumber"
    if _EXPONENT.fullmatch(text):
        return "ExponentNotation"
    if _SEPARATED.fullmatch(text) and any(mark in text for mark in ",' _"):
        return "ThousandsSeparator"
    return "MalformedAmount" if text.isascii() else "NotAsciiDigits"


def parse_decimal(text: str, decimals: int) -> int:
    """Read decimal text as minor units, exactly or not at all.

    ASCII digits with at most one point between digits, and no more decimals than the currency
    has. Zero is read; whoever needs more than zero refuses it.

    Args:
        text: What stood in the field.
        decimals: Number of decimals of the currency.

    Raises:
        MalformedNumber: With the reason as its code.

    Example:
        >>> parse_decimal("1234.5", 2)
        123450
        >>> parse_decimal("1,234.50", 2)
        Traceback (most recent call last):
        skontro.core.errors.MalformedNumber: '1,234.50': only digits and one decimal point; no
        comma, space, apostrophe or _
    """
    fault = amount_fault(text, decimals)
    if fault:
        raise MalformedNumber(f"{shorten(text)!r}: {AMOUNT_REASONS[fault]}", code=fault)
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(decimals, "0"))


def round_half_even(value: Fraction) -> int:
    """Round an exact fraction to the nearest integer, a half to the even one.

    Example:
        >>> round_half_even(Fraction(5, 2)), round_half_even(Fraction(-7, 2))
        (2, -4)
    """
    return round(value)


def shorten(text: str, most: int = 200) -> str:
    """Cut a value that is too long to show; a NUL byte is shown as U+FFFD.

    Example:
        >>> shorten("abcdef", 3), shorten("a" + chr(0))
        ('abc…', 'a\ufffd')
    """
    text = text.replace("\0", "\ufffd")
    return text if len(text) <= most else text[:most] + "…"
