# SPDX-License-Identifier: Apache-2.0
"""Which of the ways of money in suspense are open to a line, and what each could be about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from skontro.flow.suspense import comes_back_later, open_of
from skontro.house.suspense_ways import WAYS, Way
from skontro.store.database import Unit
from skontro.store.rows import find, find_all
from skontro.store.schema import border_payment, money_line, participant, pay_in, pay_out

if TYPE_CHECKING:
    from skontro.flow.house import House

MOST, LOOKED_AT = 8, 500
"""How many of a kind are named, those nearest in amount first, out of so many of the newest: any
other is written in by hand."""

Found = list[tuple[int, int]]
"""Amounts with the numbers of what they are."""


class Ways:
    """The ways that are open to lines in suspense.

    Args:
        house: The house.
        unit: A reading.
    """

    def __init__(self, house: House, unit: Unit) -> None:
        self.house, self.unit = house, unit
        self._accounts = dict[tuple[str, str], dict[str, Found]]()

    def of(self, line: int, likely: Sequence[int] = ()) -> list[tuple[Way, dict[str, Any]]]:
        """Return the ways that are open to a line, each with what its act takes.

        Args:
            line: Its number; one that is not in suspense has no ways.
            likely: Pay-ins that it likely is, the likeliest first.

        Returns:
            A way once for each payment it could be about; handlers look at all of it again.
        """
        row = find(self.unit, money_line, id=line)
        if row is None or row.state != "suspense" or comes_back_later(self.unit, row):
            return []
        left, found = open_of(row), list[tuple[Way, dict[str, Any]]]()
        for way in WAYS:
            if not left or way.sign * left < 0 or not self._may(row, left, way):
                continue
            for value in self._about(row, left, way, likely) if way.of else [way.value]:
                found.append((way, {"line": line} | ({way.field: value} if way.field else {})))
        return found

    def _may(self, row: Any, left: int, way: Way) -> bool:
        money = self.house.settlement
        if way.name == "return":
            return row.payer is not None
        if way.name == "charge":
            return money._may_be_charge(self.unit, row)
        if way.name == "difference":
            return abs(left) <= money._write_off_limit(row.side, row.currency)
        return True

    def _about(self, row: Any, left: int, way: Way, likely: Sequence[int]) -> list[int]:
        """Return what money that is nobody's could be about, on the line's own account."""
        place = (row.side, row.currency)
        if place not in self._accounts:
            self._accounts[place] = self._account(*place)
        found = near(self._accounts[place][way.of], left, likely if way.of == "pay_in" else ())
        if way.of in ("pay_out", "border_payment"):
            named: dict[str, Any] = {way.of: found, "reversed_by": 0}
            came_back = {getattr(one, way.of) for one in find_all(self.unit, money_line, **named)
                         if one.amount_minor > 0} if found else set()  # fmt: skip
            found = [number for number in found if number not in came_back]
        return found[:MOST]

    def _account(self, side: str, currency: str) -> dict[str, Found]:
        unit = self.unit
        place: dict[str, Any] = {"side": side, "currency": currency}
        firms = {one.number for one in find_all(unit, participant, side=side)}
        called = find_all(unit, pay_in, currency=currency, state=["called", "missed"])
        suspense = find_all(unit, money_line, state="suspense", **place)
        paid = find_all(unit, pay_out, state="paid", order=["-id"], limit=LOOKED_AT, **place)
        hard = find_all(unit, border_payment, debtor_side=side, debtor_currency=currency,
                        state="released", order=["-id"], limit=LOOKED_AT)  # fmt: skip
        return {
            "pay_in": [(one.due_minor - one.arrived_minor, one.id) for one in called
                       if one.participant in firms and one.arrived_minor < one.due_minor],
            "money_line": [(-open_of(one), one.id) for one in suspense if open_of(one) < 0],
            "pay_out": [(one.amount_minor, one.id) for one in paid],
            "border_payment": [(one.debtor_minor, one.id) for one in hard
                               if one.sent_minor == one.debtor_minor and not one.arrived_minor],
        }  # fmt: skip


def near(found: Found, left: int, first: Sequence[int] = ()) -> list[int]:
    """Return the numbers of a few: first ones first, then those whose amounts are nearest.

    Example:
        >>> near([(100, 1), (50, 2), (70, 3)], 60, first=[1])
        [1, 2, 3]
    """
    there = {number for _, number in found}
    liked = [number for number in first if number in there]
    rest = sorted((abs(amount - left), number) for amount, number in found
                  if number not in liked)  # fmt: skip
    return [*liked, *(number for _, number in rest)][: 3 * MOST]
