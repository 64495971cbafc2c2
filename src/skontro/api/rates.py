# SPDX-License-Identifier: Apache-2.0
"""How often somebody may ask: a count a minute for each, in this process."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

MINUTE_S = 60


class Rates:
    """Counts of requests, by whole minutes.

    Args:
        seconds: Tells the time; only differences count.

    Example:
        >>> rates = Rates(lambda: 0)
        >>> rates.lets("somebody", 1), rates.lets("somebody", 1), rates.lets("another", 1)
        (True, False, True)
    """

    def __init__(self, seconds: Callable[[], float] = time.monotonic) -> None:
        self._seconds = seconds
        self._minute = -1
        self._counts: dict[str, int] = {}
        self._lock = threading.Lock()

    def lets(self, who: str, most: int) -> bool:
        """Count a request, and say whether it is within what is let through.

        Args:
            who: Person, key or address.
            most: Requests a minute.
        """
        minute = int(self._seconds()) // MINUTE_S
        with self._lock:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            many = self._counts.get(who, 0) + 1
            self._counts[who] = many
        return many <= most
