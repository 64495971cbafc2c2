# SPDX-License-Identifier: Apache-2.0
"""Times and days as they are written down: UTC text, sortable."""

from __future__ import annotations

import datetime

from skontro.core.errors import Rejected

_EPOCH = datetime.date(1970, 1, 1)


def as_text(at: datetime.datetime) -> str:
    """Write an instant down.

    Example:
        >>> as_text(datetime.datetime(2026, 1, 31, 12, tzinfo=datetime.UTC))
        '2026-01-31T12:00:00.000000Z'
    """
    return at.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def from_text(text: str) -> datetime.datetime:
    """Read an instant that was written down.

    Example:
        >>> from_text("2026-01-31T12:00:00.000000Z").hour
        12
    """
    return datetime.datetime.fromisoformat(text)


def day_number(day: str | datetime.date) -> int:
    """Return the days since 1970-01-01.

    Example:
        >>> day_number("1970-01-02")
        1
    """
    day = datetime.date.fromisoformat(day) if isinstance(day, str) else day
    return (day - _EPOCH).days


def day_text(number: int) -> str:
    """Return the day a number stands for.

    Example:
        >>> day_text(1)
        '1970-01-02'
    """
    return (_EPOCH + datetime.timedelta(days=number)).isoformat()


def read_instant(text: str) -> datetime.datetime | None:
    """Read an instant with its offset, or a day as its beginning in UTC; nothing of no text.

    Raises:
        Rejected: It is neither.

    Example:
        >>> read_instant("2026-01-30T16:00+01:00").isoformat()
        '2026-01-30T15:00:00+00:00'
        >>> read_instant("2026-01-30").isoformat(), read_instant("")
        ('2026-01-30T00:00:00+00:00', None)
    """
    if not text:
        return None
    step = "write a day, 2026-01-30, or a time with its offset, 2026-01-30T15:00Z"
    try:
        at = datetime.datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(datetime.UTC)
    except (ValueError, OverflowError):
        raise Rejected(f"{text[:40]!a} is not a time", code="InvalidOptions",
                       next_step=step) from None  # fmt: skip
    if len(text) > len("2026-01-30"):
        raise Rejected(f"{text[:40]!a} does not say in which zone", code="InvalidOptions",
                       next_step=step)  # fmt: skip
    return at.replace(tzinfo=datetime.UTC)
