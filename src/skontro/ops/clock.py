# SPDX-License-Identifier: Apache-2.0
"""What time it is: told to the flows, never asked by them."""

from __future__ import annotations

import datetime
from typing import Protocol

UTC = datetime.UTC


class Clock(Protocol):
    """Whoever can tell the time."""

    def now(self) -> datetime.datetime:
        """The time, aware, in UTC."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime.datetime:
        """The time by the machine's clock, in UTC."""
        return datetime.datetime.now(UTC)


class SetClock:
    """A clock that shows what it was set to; for demonstrations and tests alone."""

    def __init__(self, at: datetime.datetime) -> None:
        self._at = at.astimezone(UTC)

    def now(self) -> datetime.datetime:
        """The time it was set to."""
        return self._at

    def set(self, at: datetime.datetime) -> None:
        """Set the clock."""
        self._at = at.astimezone(UTC)

    def move(self, **parts: int) -> None:
        """Move the clock on, e.g. ``move(hours=2)``."""
        self._at += datetime.timedelta(**parts)
