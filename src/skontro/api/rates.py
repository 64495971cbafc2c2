# SPDX-License-Identifier: Apache-2.0
"""How often somebody may ask: a count a minute for each, in this process."""

from __future__ import annotations

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter


class Rates:
    """Counts of requests.

    Example:
        >>> rates = Rates()
        >>> rates.lets("somebody", 1), rates.lets("somebody", 1), rates.lets("another", 1)
        (True, False, True)
    """

    def __init__(self) -> None:
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def lets(self, who: str, most: int) -> bool:
        """Count a request, and say whether it is within what is let through.

        Args:
            who: Person, key or address.
            most: Requests a minute.
        """
        return bool(self._limiter.hit(RateLimitItemPerMinute(most), who))
