# SPDX-License-Identifier: Apache-2.0
"""What requests bring and answers hold: amounts as decimal text, times in UTC, days as text."""

from __future__ import annotations

import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

from skontro.core.money import exponent, format_minor, parse_decimal


def _is_day(text: str) -> str:
    if text:
        datetime.date.fromisoformat(text)
    return text


def _is_time(text: str) -> str:
    datetime.datetime.fromisoformat(text)
    return text


Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Short = Annotated[str, StringConstraints(max_length=200)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Code = Annotated[str, Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])]
Day = Annotated[str, StringConstraints(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"),
                AfterValidator(_is_day)]  # fmt: skip
Time = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]{5,15}(Z|\+00:00)$",
                            examples=["2026-01-30T15:00:00Z"]),
                 AfterValidator(_is_time)]  # fmt: skip
Amount = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}(\.[0-9]{1,4})?$")]
Value = Annotated[str, StringConstraints(pattern=r"^([0-9]{1,19}(\.[0-9]{1,4})?)?$")]
Signature = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class Asked(BaseModel):
    """Something a request brings: what is not known is refused."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Told(BaseModel):
    """Something an answer holds."""


def amount_text(minor: int, currency: str) -> str:
    """Return an amount as decimal text.

    Example:
        >>> amount_text(10000000, "EUR")
        '100000.00'
    """
    return format_minor(minor, exponent(currency))


def amount_minor(text: str, currency: str) -> int:
    """Read an amount exactly.

    Raises:
        Rejected: It has more decimals than the currency, or the currency is none.

    Example:
        >>> amount_minor("0.05", "EUR")
        5
    """
    return parse_decimal(text, exponent(currency))


class Problem(Told):
    """Why something was refused, as RFC 9457 has it."""

    type: str = Field(examples=["/problems/NoSuchObligation"])
    title: str
    status: int = Field(examples=[404])
    detail: str = Field(examples=["there is no obligation 7"])
    code: str = Field(examples=["NoSuchObligation"])
    next_step: str
    errors: list[dict[str, str]] | None = None


class Empty(Told):
    """An answer that says no more than that it is done."""

    done: bool = True


Values = dict[str, Any]


_OTHER_CURRENCY = {"sent": "debtor_currency", "arrived": "creditor_currency"}


def in_text(value: Any, currency: str = "") -> Any:
    """Return plain values with amounts as decimal text: ``due_minor`` becomes ``due``.

    The currency is the one that stands beside an amount, or above it.

    Args:
        value: Plain values.
        currency: Of what says none.

    Example:
        >>> in_text({"currency": "EUR", "rows": [{"due_minor": 5}], "set_off_points": 7})
        {'currency': 'EUR', 'rows': [{'due': '0.05'}], 'set_off_points': '7'}
    """
    if isinstance(value, list | tuple):
        return [in_text(one, currency) for one in value]
    if not isinstance(value, dict):
        return value
    code = value.get("currency") or value.get("unit") or currency
    told = dict[str, Any]()
    for name, one in value.items():
        stem = name.removesuffix("_minor")
        if stem != name and isinstance(one, int):
            other = value.get(f"{stem}_currency") or value.get(_OTHER_CURRENCY.get(stem, ""))
            told[stem] = amount_text(one, other or code) if other or code else str(one)
        elif name.endswith("_points") and isinstance(one, int):
            told[name] = str(one)
        else:
            told[name] = in_text(one, code if isinstance(code, str) else currency)
    return told
