# SPDX-License-Identifier: Apache-2.0
"""The journal as people read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skontro.store.journal import balances, head

if TYPE_CHECKING:
    from skontro.flow.house import House


class Journal:
    """What happened, in order; and what stands on the accounts."""

    def __init__(self, house: House) -> None:
        self.house = house

    def head(self) -> tuple[int, str]:
        """Number and hash of the last entry: kept elsewhere, it guards all before it."""
        with self.house.database.read() as unit:
            return head(unit)

    def balances(self, prefix: str = "") -> dict[str, int]:
        """What stands on each account whose code begins so; debit above nought."""
        with self.house.database.read() as unit:
            return balances(unit, prefix)
