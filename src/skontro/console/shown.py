# SPDX-License-Identifier: Apache-2.0
"""How values are shown to people: amounts with their thousands apart, times to the minute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from skontro.core.money import exponent, format_minor

NARROW = " "
"""A narrow space that does not break."""

STATES: dict[str, str] = {
    "registered": "wait", "confirmed": "good", "disputed": "bad", "withdrawn": "over",
    "held": "wait", "entered": "live", "discharged": "good", "open": "live", "final": "good",
    "settled": "good", "closed": "over", "drafted": "wait", "proposed": "live", "done": "good",
    "called": "wait", "arrived": "good", "missed": "bad", "ready": "wait", "released": "live",
    "paid": "good", "returned": "bad", "stopped": "bad", "active": "good", "suspended": "bad",
    "default": "bad", "matched": "good", "suspense": "wait", "waits": "wait", "new": "live",
    "doubt": "bad", "written": "wait", "sent": "good", "admitted": "good", "planned": "wait",
    "waiting": "wait", "running": "live", "failed": "bad",
    "delivered": "good", "taken": "good", "credited": "good", "repeated": "wait",
    "paused": "wait", "ended": "over",
    "booked": "good", "duplicate": "wait", "left": "over", "expired": "over", "refused": "bad",
}  # fmt: skip
"""The colour of a state; its word always stands beside it."""


def money(text: str) -> str:
    """Show decimal text with its thousands apart.

    Example:
        >>> money("-1234567.50").replace(NARROW, "_")
        '-1_234_567.50'
    """
    sign, digits = ("-", text[1:]) if text.startswith("-") else ("", text)
    whole, dot, rest = digits.partition(".")
    if not whole.isdigit():
        return text
    return f"{sign}{int(whole):,}".replace(",", NARROW) + dot + rest


def minor(amount: int, currency: str) -> str:
    """Show minor units of a currency as an amount.

    Example:
        >>> minor(123456, "EUR").replace(NARROW, "_")
        '1_234.56'
    """
    return money(format_minor(amount, exponent(currency)))


def per_cent(text: str) -> str:
    """Show a share of six decimals in per cent, to the second decimal.

    Example:
        >>> per_cent("0.752941").replace(NARROW, "_")
        '75.29_%'
    """
    hundredths = (int(text.replace(".", "")) + 50) // 100
    return f"{hundredths // 100}.{hundredths % 100:02d}{NARROW}%"


def moment(text: str | None) -> str:
    """Show a time in UTC to the minute.

    Example:
        >>> moment("2026-01-30T15:00:00.000000Z")
        '2026-01-30 15:00'
    """
    return "" if not text else text[:16].replace("T", " ")


def words(text: str) -> str:
    """Show a name of the program as words.

    Example:
        >>> words("participant.admit")
        'participant admit'
    """
    return text.replace(".", " ").replace("_", " ")


def state_class(state: str) -> str:
    """Return the class of a state's label."""
    return STATES.get(state, "plain")


FILTERS: dict[str, Callable[..., Any]] = {
    "money": money, "minor": minor, "per_cent": per_cent, "moment": moment, "words": words,
    "state_class": state_class,
}  # fmt: skip
"""The filters of the templates."""
