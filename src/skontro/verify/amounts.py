# SPDX-License-Identifier: Apache-2.0
"""What an amount, a date and an id look like, by this reading of the format."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from skontro.verify.text import Text, in_halves

Int64 = NDArray[np.int64]
AMOUNT_LIMIT = 2**62
LONGEST_SHOWN = 200
LONGEST_ID = 256

_PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?", re.ASCII)
_WITH_EXPONENT = re.compile(r"-?[0-9]+(\.[0-9]+)?[eE][-+]?[0-9]+", re.ASCII)
_WITH_SEPARATORS = re.compile(r"-?[0-9](?=.*[,' _])[0-9.,' _]*", re.ASCII)
_NO_NUMBER = {"nan", "inf", "infinity", "null", "none", "n/a", "#n/a"}
_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})", re.ASCII)


@cache
def exponents() -> dict[str, int]:
    """Decimals of each currency of ISO 4217 that has a minor unit."""
    from iso4217 import Currency

    return {each.code: each.exponent for each in Currency if each.exponent is not None}


def shown(text: str) -> str:
    """A value as a report of refused rows shows it."""
    text = text.replace("\0", "\ufffd")
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN] + "\u2026"


def why_no_amount(text: str, decimals: int) -> str:
    """The code under which a text is refused as an amount, or nothing.

    Example:
        >>> why_no_amount("12,5", 2), why_no_amount("0.00", 2), why_no_amount("7", 0)
        ('ThousandsSeparator', 'ZeroAmount', '')
    """
    if _PLAIN.fullmatch(text):
        whole, _, part = text.partition(".")
        if len(part) > decimals:
            return "TooManyDecimals"
        digits = (whole + part + "0" * (decimals - len(part))).lstrip("0")
        if len(digits) > 19 or int(digits or "0") >= AMOUNT_LIMIT:
            return "AmountTooLarge"
        return "" if digits else "ZeroAmount"
    if text == "":
        return "EmptyAmount"
    if text != text.strip():
        return "SurroundingSpace"
    if text.startswith("-") and _PLAIN.fullmatch(text[1:]):
        return "NegativeAmount"
    if text.lstrip("+-").lower() in _NO_NUMBER:
        return "NotANumber"
    if _WITH_EXPONENT.fullmatch(text):
        return "ExponentNotation"
    if _WITH_SEPARATORS.fullmatch(text):
        return "ThousandsSeparator"
    return "MalformedAmount" if text.isascii() else "NotAsciiDigits"


def read_sum(text: str, decimals: int) -> int | None:
    """Minor units of a sum, nought allowed; nothing if it is not exact decimal text."""
    if why_no_amount(text, decimals) not in ("", "ZeroAmount"):
        return None
    whole, _, part = text.partition(".")
    return int(whole + part.ljust(decimals, "0"))


@njit(cache=True, nogil=True)
def _amounts(start: Any, data: Any, places: Any, out: Any, lo: Any, hi: Any) -> Any:
    """Minor units of each amount; -1 where it is not plainly one (looked at again in words)."""
    for k in range(lo, hi):
        value = np.int64(0)
        end = start[k + 1]
        point = start[k] - 1
        good = end > start[k] and places[k] >= 0
        for i in range(start[k], end):
            byte = data[i]
            if byte == 46 and point < start[k] and i > start[k] and i < end - 1:
                point = i
                continue
            if byte < 48 or byte > 57 or value > 400000000000000000:
                good = False
                break
            value = value * 10 + (np.int64(byte) - 48)
        behind = end - 1 - point if point >= start[k] else 0
        if not good or behind > places[k]:
            out[k] = -1
            continue
        for _ in range(places[k] - behind):
            if value > 400000000000000000:
                good = False
                break
            value *= 10
        out[k] = value if good and 0 < value < (np.int64(1) << 62) else -1


def read_amounts(text: Text, places: NDArray[np.int8]) -> Int64:
    """Amounts in minor units; -1 where a text is not plainly an amount above nought.

    Args:
        text: Decimal texts.
        places: Decimals of each row's currency, -1 for none.

    Example:
        >>> from skontro.verify.text import make_text
        >>> read_amounts(make_text(["12.5", "1e3"]), np.array([2, 2], np.int8)).tolist()
        [1250, -1]
    """
    out = np.empty(len(text), np.int64)
    in_halves(len(text), lambda lo, hi: _amounts(text.start, text.data, places, out, lo, hi))
    return out


@njit(cache=True, nogil=True)
def _days(start: Any, data: Any, out: Any, lo: Any, hi: Any) -> Any:
    """Days since 1970-01-01 of each date; -1 where it must be looked at again."""
    for k in range(lo, hi):
        at = start[k]
        if start[k + 1] == at:
            out[k] = 2147483647
            continue
        out[k] = -1
        if start[k + 1] - at != 10 or data[at + 4] != 45 or data[at + 7] != 45:
            continue
        good = True
        for i in (0, 1, 2, 3, 5, 6, 8, 9):
            if data[at + i] < 48 or data[at + i] > 57:
                good = False
        if not good:
            continue
        year = np.int64(0)
        for i in range(4):
            year = year * 10 + np.int64(data[at + i]) - 48
        month = (np.int64(data[at + 5]) - 48) * 10 + np.int64(data[at + 6]) - 48
        day = (np.int64(data[at + 8]) - 48) * 10 + np.int64(data[at + 9]) - 48
        if year < 1971 or month < 1 or month > 12 or day < 1 or day > 28:
            continue
        # days of a year that begins in March, so that the leap day is its last
        shifted = year - 1 if month <= 2 else year
        since_march = (month + 9) % 12
        in_year = (153 * since_march + 2) // 5 + day - 1
        leap = shifted // 4 - shifted // 100 + shifted // 400
        out[k] = 365 * shifted + leap + in_year - 719468


def read_days(text: Text) -> NDArray[np.int32]:
    """Days since 1970-01-01; 2**31 - 1 where there is no date, -2**31 where it is none at all.

    Example:
        >>> from skontro.verify.text import make_text
        >>> read_days(make_text(["1970-01-02", "2026-02-30", ""])).tolist()
        [1, -2147483648, 2147483647]
    """
    out = np.empty(len(text), np.int64)
    in_halves(len(text), lambda lo, hi: _days(text.start, text.data, out, lo, hi))
    known: dict[str, int] = {}
    for k in np.flatnonzero(out == -1):
        value = text.value(int(k))
        if value not in known:
            known[value] = _day(value)
        out[k] = known[value]
    return out.astype(np.int32)


def _day(text: str) -> int:
    found = _DATE.fullmatch(text)
    if found is None:
        return -(2**31)
    try:
        return (date(*(int(part) for part in found.groups())) - date(1970, 1, 1)).days
    except ValueError:
        return -(2**31)


def why_no_id(text: str) -> str:
    """The code under which a text is refused as an id, or nothing.

    Example:
        >>> why_no_id("A 1"), why_no_id(" A"), why_no_id("a\\tb")
        ('', 'SurroundingSpace', 'ControlCharacter')
    """
    if text == "":
        return "EmptyId"
    if len(text.encode("utf-8", "surrogatepass")) > LONGEST_ID:
        return "IdTooLong"
    if any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in text):
        return "ControlCharacter"
    return "SurroundingSpace" if text != text.strip() else ""


@njit(cache=True, nogil=True)
def _odd(start: Any, data: Any, out: Any, lo: Any, hi: Any) -> Any:
    for k in range(lo, hi):
        at = start[k]
        end = start[k + 1]
        odd = end == at or end - at > 256
        if not odd:
            # a space, or anything beyond ASCII, at either end; a control character anywhere
            odd = data[at] == 32 or data[end - 1] == 32 or data[at] > 127 or data[end - 1] > 127
            for i in range(at, end):
                if data[i] < 32 or data[i] == 127 or data[i] == 0xC2:
                    odd = True
        out[k] = odd


def odd_ids(text: Text) -> Int64:
    """Places of the texts that must be looked at one by one before they can be ids."""
    out = np.zeros(len(text), np.bool_)
    in_halves(len(text), lambda lo, hi: _odd(text.start, text.data, out, lo, hi))
    return np.flatnonzero(out)
