# SPDX-License-Identifier: Apache-2.0
"""How often somebody may ask: a count a minute for each, in this process.

Of several processes each lets through its part of the limit (``Settings.each_of``).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MINUTE_S = 60


class Rates:
    """Counts of requests. A minute begins with the first request of the one who asks.

    Args:
        seconds: Tells the time; only differences count.

    Example:
        >>> rates = Rates(lambda: 0)
        >>> rates.lets("somebody", 1), rates.lets("somebody", 1), rates.lets("another", 1)
        (True, False, True)
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._swept_at = seconds()
        self._counts: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def lets(self, who: str, most: int) -> bool:
        """Count a request, and say whether it is within what is let through.

        Args:
            who: Person, key or address.
            most: Requests a minute.
        """
        now = self._seconds()
        with self._lock:
            self._forget(now)
            began, many = self._counts.get(who, (now, 0))
            if now - began >= MINUTE_S:
                began, many = now, 0
            self._counts[who] = began, many + 1
        return many < most

    def _forget(self, now: float) -> None:
        """Drop whose minute is over, once a minute, so that strangers fill no memory."""
        if now - self._swept_at < MINUTE_S:
            return
        self._swept_at = now
        self._counts = {
            who: one for who, one in self._counts.items() if now - one[0] < MINUTE_S
        }
