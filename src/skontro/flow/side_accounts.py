# SPDX-License-Identifier: Apache-2.0
"""What stands on the sides' accounts and whose it is; rates, limits, what runs count on."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from skontro.core.fixing import Fixing
from skontro.house.revaluation import own_rate
from skontro.house.rules import HouseRules
from skontro.house.settlement import SideAccount
from skontro.store.cycles import chosen_run
from skontro.store.database import Unit
from skontro.store.journal import balances
from skontro.store.rows import find, find_all
from skontro.store.schema import (
    border_payment,
    cycle,
    fixing,
    house_rules,
    left_payment,
    money_line,
    participant,
    pay_out,
    working_balance,
)
from skontro.store.settlement import newest_fixing, plan_sums

if TYPE_CHECKING:
    from skontro.flow.house import House

Place = tuple[str, str]
"""A side and a currency: one bank account. The hub's has an empty side."""

HUB = ""
UNDER_WAY = ("final", "instructed", "planned")
"""States of a cycle whose run counts on money that has not settled anything yet."""

_EXCHANGE = re.compile(r"RF[0-9]{2}X")
_SIDE_KINDS = ("bank", "suspense", "pool", "working", "capital", "border", "revaluation",
               "charges")  # fmt: skip
_FIRM_KINDS = ("held", "due", "claim")


class Accounts:
    """The sides' accounts, as the journal has them."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._rules_by_version = dict[int, HouseRules]()

    # ---- rules and rates ---------------------------------------------------------------------

    def rules_of(self, unit: Unit, cycle_id: str | None) -> HouseRules:
        """Return the rules a cycle is under; those in force now if none is given."""
        if cycle_id is None:
            row = find_all(unit, house_rules, order=["-version"], limit=1)[0]
        else:
            version = find(unit, cycle, id=cycle_id).rules_version
            if version in self._rules_by_version:
                return self._rules_by_version[version]
            row = find(unit, house_rules, version=version)
        rules = HouseRules.from_json(json.loads(row.content))
        self._rules_by_version[row.version] = rules
        return rules

    def fixing_of(self, unit: Unit, cycle_id: str | None) -> Fixing | None:
        """Return the rates of a cycle; the newest declared ones if none is given."""
        row = newest_fixing(unit) if cycle_id is None else find(unit, fixing, cycle=cycle_id)
        if row is None:
            return None
        rates = {code: Fraction(text) for code, text in json.loads(row.rates).items()}
        return Fixing(row.unit, rates)

    def rate(self, rates: Fixing, currency: str) -> Fraction:
        """Return how many minor units of a currency one of the house's unit is worth."""
        return own_rate(rates, self.house.unit, currency)

    def book_currency(self, side: str) -> str:
        """Return the currency a side's border position is booked in; the hub's is the unit."""
        found = self.house.rules.side(side)
        if found is None or self.house.unit in found.currencies:
            return self.house.unit
        return found.currencies[0]

    # ---- accounts ----------------------------------------------------------------------------

    def accounts(self, unit: Unit) -> dict[Place, SideAccount]:
        """Return every account of every side, checked: what it holds is what it must hold."""
        sums = dict[Place, dict[str, int]]()
        sides = {row.id: row.side for row in find_all(unit, participant)}
        for kind in (*_SIDE_KINDS, *_FIRM_KINDS):
            for code, amount in balances(unit, f"{kind}:").items():
                owner, _, currency = code.removeprefix(f"{kind}:").rpartition(":")
                side = sides[owner] if kind in _FIRM_KINDS else owner
                place = sums.setdefault((side, currency), {})
                place[kind] = place.get(kind, 0) + amount
        for side_rules in self.house.rules.sides:
            for currency in side_rules.currencies:
                sums.setdefault((side_rules.id, currency), {})
        leaving, hard_out, missing = self._leaving(unit), self._must_leave(unit), missed(unit)
        found = dict[Place, SideAccount]()
        for (side, currency), has in sorted(sums.items()):
            working = -has.get("working", 0) - has.get("capital", 0)
            gone = missing.get((side, currency), 0)
            account = SideAccount(
                bank=has.get("bank", 0),
                held=-has.get("held", 0),
                due=-has.get("due", 0),
                suspense=gone - has.get("suspense", 0),
                missing=gone,
                pool=-has.get("pool", 0) - has.get("claim", 0),
                working=working,
                border=-has.get("border", 0),
                revaluation=-has.get("revaluation", 0),
                charges=-has.get("charges", 0),
                limit=self.working_limit(unit, side, currency) if side else working,
                leaving=leaving.get((side, currency), 0),
                hard_out=hard_out.get((side, currency), 0),
            )
            account.check()
            found[side, currency] = account
        return found

    def account(self, unit: Unit, side: str, currency: str) -> SideAccount:
        """Return one account of a side."""
        return self.accounts(unit).get((side, currency), SideAccount())

    def working_limit(self, unit: Unit, side: str, currency: str) -> int:
        """Return how much of a side's working balance may be drawn, by act or by the rules."""
        said = find_all(unit, working_balance, order=["-balance_act"], limit=1, side=side,
                        currency=currency)  # fmt: skip
        if said:
            return int(said[0].limit_minor)
        rules = self.house.rules.side(side)
        agreed = None if rules is None else rules.working_balance(currency)
        return 0 if agreed is None else agreed.limit_minor

    def _leaving(self, unit: Unit) -> dict[Place, int]:
        """What sponsors are about to take out, or took out before the house was restored."""
        kinds = ("working", "capital")
        rows = find_all(unit, pay_out, purpose=list(kinds), state=["ready", "released"])
        return _summed([
            *(((row.side, row.currency), row.amount_minor) for row in rows),
            *self.gone(unit, *kinds).items(),
        ])

    def unexplained(self, unit: Unit) -> list[Any]:
        """Return what left before the house was restored and is none of its payments yet."""
        rows = find_all(unit, left_payment, order=["end_to_end"])
        if not rows:
            return []
        known = {row.end_to_end for row in find_all(unit, pay_out,
                                                    release_act_kind="house.resume")}  # fmt: skip
        known |= {row.reference for row in find_all(unit, border_payment,
                                                    release_act_kind="house.resume")}  # fmt: skip
        return [row for row in rows if row.end_to_end not in known]

    def gone(self, unit: Unit, *kinds: str) -> dict[Place, int]:
        """Return what of that left each account as withdrawals of some kinds, or as exchanges.

        Args:
            unit: A unit of work or a reading.
            kinds: Some of the funds, or ``exchange``.
        """
        return _summed(
            ((row.side, row.currency), row.amount_minor)
            for row in self.unexplained(unit)
            if ("exchange" if _EXCHANGE.match(row.end_to_end) else
                row.end_to_end.partition("/")[0]) in kinds
        )  # fmt: skip

    def _must_leave(self, unit: Unit) -> dict[Place, int]:
        """Border money that must still leave each account: hard, exchanged, or a revaluation's."""
        every = [row for row in find_all(unit, border_payment)
                 if row.state not in ("stopped", "returned")]  # fmt: skip
        out = self._hard(unit, every)[0]
        rows = find_all(unit, pay_out, purpose="revaluation", state=["ready", "released"])
        return _summed([
            *out.items(), *(((row.side, row.currency), row.amount_minor) for row in rows),
            *self.gone(unit, "revaluation", "exchange").items(),
        ])

    def _hard(
        self, unit: Unit, rows: Sequence[Any] | None = None
    ) -> tuple[dict[Place, int], dict[Place, int]]:
        """Money that must still leave each account for another side's, and that is to come."""
        if rows is None:
            rows = [row for row in find_all(unit, border_payment)
                    if row.debtor_side != row.creditor_side and not is_replaced(row)]

        out = _summed(
            ((row.debtor_side, row.debtor_currency), row.debtor_minor - row.sent_minor)
            for row in rows
        )
        come = _summed(
            ((row.creditor_side, row.creditor_currency), row.creditor_minor - row.arrived_minor)
            for row in rows
        )
        return out, come

    # ---- what other runs count on ------------------------------------------------------------

    def counted_on(self, unit: Unit, cycle_id: str | None = None) -> dict[Place, int]:
        """Return what runs not yet settled will be short of on each account.

        Args:
            unit: A unit of work or a reading.
            cycle_id: A cycle whose own run is not looked at.
        """
        found = dict[Place, int]()
        for row in self.under_way(unit, cycle_id):
            for place, (came, went) in plan_sums(unit, chosen_run(unit, row.id).id).items():
                found[place] = found.get(place, 0) + max(0, went - came)
        return found

    def under_way(self, unit: Unit, cycle_id: str | None = None) -> list[Any]:
        """Return the cycles whose run is published and not settled, but for one of them."""
        rows = find_all(unit, cycle, order=["number"], state=list(UNDER_WAY))
        return [row for row in rows if row.id != cycle_id]

    def room(self, unit: Unit, rates: Fixing, cycle_id: str | None = None) -> dict[str, int]:
        """Return how much more money each side's accounts can go without, in the house's unit.

        Border money not yet there does not count, and what other runs count on is taken off.

        Args:
            unit: A unit of work or a reading.
            rates: The fixing it is valued at.
            cycle_id: The cycle that asks.
        """
        wanted = self.counted_on(unit, cycle_id)
        found = dict[str, int]()
        for (side, currency), account in self.accounts(unit).items():
            if side and currency in rates.rates:
                left = max(0, account.room - wanted.get((side, currency), 0))
                worth = left / self.rate(rates, currency)
                found[side] = found.get(side, 0) + worth.numerator // worth.denominator
        return found


def is_replaced(row: Any) -> bool:
    """Whether a border payment is due under another reference now, or was never needed."""
    return bool(row.state == "returned" or (row.state == "stopped" and row.instead_of))


def missed(unit: Unit) -> dict[Place, int]:
    """Return what banks paid beyond what two people let go, and nobody gave back yet."""
    return _summed(
        ((row.side, row.currency), -row.amount_minor - row.matched_minor)
        for row in find_all(unit, money_line, state="suspense")
        if row.amount_minor < 0
    )


def _summed(pairs: Iterable[tuple[Place, int]]) -> dict[Place, int]:
    found = dict[Place, int]()
    for place, amount in pairs:
        found[place] = found.get(place, 0) + amount
    return found


def with_money(account: SideAccount, **moved: int) -> SideAccount:
    """Return an account after some of its figures moved by so much.

    Example:
        >>> with_money(SideAccount(bank=5, held=5), held=-5, border=5).border
        5
    """
    return replace(account, **{name: getattr(account, name) + by for name, by in moved.items()})
