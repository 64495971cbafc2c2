# SPDX-License-Identifier: Apache-2.0
"""The border positions of a house: what may flow, what did, what it is worth, what is paid hard."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import ceil
from typing import Any

from skontro.core.errors import Conflict, InvariantViolation
from skontro.core.fixing import Fixing
from skontro.flow.side_accounts import HUB, UNDER_WAY, Accounts, Place
from skontro.house.border import CARRIED, BothWays, border_rows
from skontro.house.identifiers import make_creditor_reference
from skontro.house.imbalance import compensable, structural_imbalance
from skontro.house.positions import (
    BorderTerms,
    Key,
    Leg,
    Limit,
    QuotaRow,
    Standing,
    border_payments,
    border_terms,
    carried_by_side,
    flow_limits,
    key_of,
    settle_borders,
)
from skontro.house.revaluation import own_rate, worth
from skontro.house.settlement import post
from skontro.store.cycles import chosen_run, last_run
from skontro.store.database import Unit
from skontro.store.journal import balances
from skontro.store.rows import change, find, find_all, insert, next_numbers
from skontro.store.schema import border_leg, border_payment, border_quota, cycle, left_payment
from skontro.store.settlement import member_sums


class Borders(Accounts):
    """What the sides owe each other."""

    # ---- terms and standing ------------------------------------------------------------------

    def terms(self, unit: Unit, cycle_id: str | None = None) -> BorderTerms:
        """Return quotas and tranche tables: those in force, or those a cycle goes by.

        A cycle goes by the rules it was opened under and by the quotas in force when its final
        run was approved; so nothing changes under a plan.
        """
        rules = self.rules_of(unit, cycle_id)
        final = None if cycle_id is None else last_run(unit, cycle_id, ["final"])
        minors = {
            (row.debtor_side, row.creditor_side): row.quota_minor for row in rules.border_quotas
        }
        for row in find_all(unit, border_quota, order=["quota_act"]):
            if final is None or row.quota_act < final.published_act:
                minors[row.debtor_side, row.creditor_side] = row.quota_minor
        at_hub = next((one for one in rules.border_quotas
                       if HUB in (one.debtor_side, one.creditor_side)), None)  # fmt: skip
        rows = []
        for (debtor, creditor), minor in sorted(minors.items()):
            said = rules.border_quota(debtor, creditor) or rules.border_quota(creditor, debtor)
            if HUB in (debtor, creditor):
                said = at_hub  # one table holds there for all, for quotas agreed later as well
            table = None if said is None else rules.tranche_table(said.tranches)
            rows.append(QuotaRow(debtor, creditor, minor, table or CARRIED))
        return border_terms(rows)

    def standing(self, unit: Unit, *, booked: bool = False) -> dict[Key, Standing]:
        """Return where each position stands after the last cycle that moved it.

        Args:
            unit: A unit of work or a reading.
            booked: Leave out what is planned and not settled yet.
        """
        found = dict[Key, Standing]()
        states = ["booked"] if booked else ["planned", "booked"]
        for row in find_all(unit, border_leg, order=["number"], state=states):
            found[row.side, row.other_side] = Standing(
                row.position_minor, row.carried_minor, row.carried_other_minor
            )
        return found

    def positions(self, unit: Unit) -> dict[tuple[str, str], int]:
        """Return the border positions: debtor side, creditor side, minor units of the unit.

        The hub has an empty side. Positions of nought are left out.
        """
        found = dict[tuple[str, str], int]()
        for (side, other), stands in self.standing(unit).items():
            if stands.position > 0:
                found[side, other] = stands.position
            elif stands.position < 0:
                found[other, side] = -stands.position
        return found

    # ---- what may flow -----------------------------------------------------------------------

    def border_room(self, unit: Unit, cycle_id: str, sides: Sequence[str]) -> list[Any] | None:
        """Return how much may flow over each border in a run, as the clearing takes it.

        Nothing is let through that could not be covered: not past quotas, not past what the
        short side's accounts can go without, and not what other runs already count on.

        Args:
            unit: A reading.
            cycle_id: Which cycle's run.
            sides: The sides that have participants.

        Returns:
            Rows of debtor side, creditor side, unit and most; None with a single side.
        """
        if len(sides) < 2:
            return None
        rates = self.fixing_of(unit, cycle_id)
        code = self.house.unit
        if rates is None:
            return [(side, HUB, code, 0) for side in sides]
        limits = self._limits(unit, cycle_id, rates)
        sums = member_sums(unit, cycle_id)
        gross = sum((total / self.rate(rates, one) for one, total in sums.items()), Fraction(0))
        rows = [
            row
            for row in border_rows(limits, code, unlimited=int(gross) + 1)
            if {row[0], row[1]} <= {*sides, HUB}
        ]
        return rows or [(side, HUB, code, 0) for side in sides]

    def _limits(self, unit: Unit, cycle_id: str, rates: Fixing) -> dict[Key, Limit]:
        final = last_run(unit, cycle_id, ["final"])
        return flow_limits(
            self.terms(unit, None if final is None else cycle_id),
            self.standing(unit),
            self.room(unit, rates, cycle_id),
            self._pending(unit, cycle_id),
        )

    def check_borders(self, unit: Unit, cycle_id: str, summary: Mapping[str, Any]) -> None:
        """Refuse to publish a run whose flows could not be covered any more.

        Money may have been taken out, or another run may count on it, since it was computed.

        Raises:
            Conflict: Saying what would flow and what may.
        """
        rates = self.fixing_of(unit, cycle_id)
        flows = flows_of(summary)
        if rates is None or not flows:
            return
        limits = self._limits(unit, cycle_id, rates)
        for key, flow in flows.items():
            limit = limits.get(key, BothWays(0, 0))
            most = limit.owing if flow > 0 else limit.owed
            if most is not None and abs(flow) > most:
                raise Conflict(
                    f"{ceil(abs(flow))} would flow between {key[0]} and {key[1] or 'the hub'}, and "
                    f"{most} may now",
                    code="StaleApproval", next_step="run it again: less will flow",
                )  # fmt: skip

    def _pending(self, unit: Unit, cycle_id: str) -> dict[Key, BothWays[int]]:
        """Flows of published runs that are not planned yet, in each direction."""
        found = dict[Key, BothWays[int]]()
        for row in self.under_way(unit, cycle_id):
            if row.state == "planned":
                continue
            for key, flow in flows_of(json.loads(chosen_run(unit, row.id).summary)).items():
                most, way = ceil(abs(flow)), found.get(key)
                owing, owed = (0, 0) if way is None else (way.owing, way.owed)
                found[key] = BothWays(owing + most * (flow > 0), owed + most * (flow < 0))
        return found

    # ---- what a cycle does -------------------------------------------------------------------

    def plan_borders(self, unit: Unit, cycle_id: str, run: Any) -> list[Leg]:
        """Write down what a run's plan does to each position; nothing is booked yet."""
        last = find_all(unit, border_leg, order=["-number"], limit=1)
        was = self.terms(unit, last[0].cycle) if last else None
        legs = settle_borders(
            self.terms(unit, cycle_id), self.standing(unit), flows_of(json.loads(run.summary)),
            was=was,
        )  # fmt: skip
        for number, leg in zip(next_numbers(unit, border_leg, len(legs)), legs, strict=True):
            insert(
                unit, border_leg, number=number, cycle=cycle_id, side=leg.key[0],
                other_side=leg.key[1], before_minor=leg.before, flow_minor=leg.flow,
                position_minor=leg.position, quota_owing_minor=leg.quota.owing,
                quota_owed_minor=leg.quota.owed, hard_minor=leg.hard, carried_minor=leg.carried,
                hard_other_minor=leg.hard_other, carried_other_minor=leg.carried_other,
                state="planned",
            )  # fmt: skip
        return legs

    def legs(self, unit: Unit, cycle_id: str) -> list[Leg]:
        """Return what a cycle did to each position."""
        rows = find_all(unit, border_leg, order=["number"], cycle=cycle_id)
        return [_as_leg(row) for row in rows]

    def book_borders(self, unit: Unit, cycle_id: str) -> None:
        """Let a cycle's planned positions count, and write down who pays whom what hard."""
        change(unit, border_leg, {"cycle": cycle_id}, state="booked", or_none=True)
        legs = self.legs(unit, cycle_id)
        terms, rates = self.terms(unit, cycle_id), self.fixing_of(unit, cycle_id)
        if rates is None:
            return
        has_capital = terms.hub is not None and bool(terms.hub.table.capital_account)
        number = find(unit, cycle, id=cycle_id).number
        for place, one in enumerate(border_payments(legs, through_hub=has_capital), 1):
            debtor, creditor = self.book_currency(one.debtor_side), self.book_currency(
                one.creditor_side)  # fmt: skip
            pays, gets = (
                worth(one.amount, self.rate(rates, currency)) for currency in (debtor, creditor)
            )
            if pays == 0 or gets == 0:
                continue  # less than a minor unit of a side's own currency
            # The same for the same debt, whatever house computes it.
            reference = make_creditor_reference(f"B{number:05d}{place:08d}")
            self.insert_border(
                unit, reference, cycle=cycle_id, debtor_side=one.debtor_side,
                creditor_side=one.creditor_side, amount_minor=one.amount, debtor_currency=debtor,
                debtor_minor=pays, creditor_currency=creditor, creditor_minor=gets,
            )  # fmt: skip

    def insert_border(self, unit: Unit, reference: str, **values: Any) -> int:
        """Write a border payment down: ready, or as one that left before the house was restored.

        Raises:
            Conflict: Another amount left then under its reference.
        """
        number = next_numbers(unit, border_payment)[0]
        left = find(unit, left_payment, end_to_end=reference)
        state: dict[str, Any] = {"state": "ready"}
        if left is not None:
            side, code, minor = (values[f"debtor_{name}"] for name in ("side", "currency", "minor"))
            if (left.side, left.currency, left.amount_minor) != (side, code, minor):
                raise Conflict(
                    f"{left.amount_minor} {left.currency} left as {reference} before the restore, "
                    f"and {minor} {code} are to leave",
                    code="BankDiffers", next_step="ask the bank what left; nothing is paid twice",
                )  # fmt: skip
            state = {"state": "released", "sent_minor": minor, "release_act": left.resume_act,
                     "release_act_kind": "house.resume"}  # fmt: skip
        insert(unit, border_payment, id=number, reference=reference, **state, **values)
        if left is not None:
            self.note_border_left(unit, number, left)
        return int(number)

    def note_border_left(self, unit: Unit, number: int, left: Any) -> None:
        """Book a border payment that left before the restore: it is not paid again."""
        row = find(unit, border_payment, id=number)
        self.house.note(
            unit, "suspense", {"border_payment": number, "left": left.end_to_end},
            cycle=row.cycle, act_id=left.resume_act,
            lines=post("border_left_before", left.amount_minor, row.debtor_currency,
                       side=row.debtor_side),
        )  # fmt: skip

    def revalue(self, unit: Unit, cycle_id: str, *, act_id: int | None = None) -> dict[str, Any]:
        """Bring what each side's books say of its border to what it is worth at the newest fixing.

        What is carried is worth its amount at the newest fixing; hard money on its way is worth
        what was said when it fell due. The difference is booked per side, with what rounding
        left over.

        Returns:
            By side: currency, what was in the books and what is now, minor units; above nought
            the side owes.
        """
        rates = self.fixing_of(unit, None)
        if rates is None:
            return {}
        lines, told = list[tuple[str, int]](), dict[str, Any]()
        carried = carried_by_side(self.standing(unit, booked=True))
        hard_out, hard_come = self._hard(unit)
        for side_rules in self.house.rules.sides:
            side, currency = side_rules.id, self.book_currency(side_rules.id)
            if currency not in rates.rates:
                continue
            now = worth(carried.get(side, 0), self.rate(rates, currency))
            now += hard_out.get((side, currency), 0) - hard_come.get((side, currency), 0)
            booked = self._booked_borders(unit, side)
            # Money on its way between two accounts of the side is still what it was sold for.
            for code, minor in self._being_exchanged(unit, side).items():
                booked[code] = booked.get(code, 0) + minor
            now -= self._in_other_currencies(rates, booked, currency)
            before = booked.get(currency, 0)
            if now != before:
                scheme = "loss" if now > before else "gain"
                lines += post(scheme, abs(now - before), currency, side=side)
                told[side] = {"currency": currency, "before_minor": before, "now_minor": now}
        if told:
            self.house.note(unit, "revaluation", {"sides": told}, cycle=cycle_id, act_id=act_id,
                            lines=lines)  # fmt: skip
        return told

    def _being_exchanged(self, unit: Unit, side: str) -> dict[str, int]:
        """What has left for an exchange and is not there yet, by the currency it left in."""
        found = dict[str, int]()
        for row in find_all(unit, border_payment, debtor_side=side, creditor_side=side,
                            state=["released", "arrived"]):  # fmt: skip
            there = row.debtor_minor * row.arrived_minor
            left = max(0, row.sent_minor * row.creditor_minor - there)
            part = round(Fraction(left, row.creditor_minor))
            found[row.debtor_currency] = found.get(row.debtor_currency, 0) + part
        return found

    def _booked_borders(self, unit: Unit, side: str) -> dict[str, int]:
        prefix = f"border:{side}:"
        return {
            code.removeprefix(prefix): -amount for code, amount in balances(unit, prefix).items()
        }

    def _in_other_currencies(
        self, rates: Fixing, booked: Mapping[str, int], currency: str
    ) -> int:
        """What a side's border is in other currencies than the one it is booked in, in that one."""
        own = self.rate(rates, currency)
        return sum(
            worth(amount, own / self.rate(rates, other))
            for other, amount in booked.items()
            if other != currency and other in rates.rates
        )

    # ---- looking -----------------------------------------------------------------------------

    def positions_now(self) -> dict[tuple[str, str], int]:
        """Return the border positions as they stand: see :meth:`positions`."""
        with self.house.database.read() as unit:
            return self.positions(unit)

    def border(self) -> dict[str, Any]:
        """Return every border position against its quota, and how one-sided trade has become.

        Returns:
            ``positions``: per pair of sides, or side and hub, the position, quota, share, speed
            and alarm as the side sees it. ``sides``: the same over all positions of a side.
            ``compensable``: how much of the trade between sides so far could ever be set off
            against other such trade, as exact fraction text; None without any.
        """
        with self.house.database.read() as unit:
            legs = find_all(unit, border_leg, order=["number"])
            standing, terms = self.standing(unit), self.terms(unit)
            trade = self._trade(unit)
            alarm = self.house.rules.alarm
        history = dict[Key, list[tuple[int, BothWays[int]]]]()
        for row in legs:
            quota = BothWays(row.quota_owing_minor, row.quota_owed_minor)
            history.setdefault((row.side, row.other_side), []).append((row.position_minor, quota))
        positions = []
        for key in sorted({*terms.keys(), *standing}):
            seen = history.get(key, [(0, terms.quota(key))])
            look = structural_imbalance(seen, cycles=alarm.cycles, share=alarm.quota_share)
            stands = standing.get(key, Standing())
            quota = terms.quota(key)
            positions.append(
                {"side": key[0], "other_side": key[1], "carried_minor": stands.carried,
                 "quota_owing_minor": quota.owing, "quota_owed_minor": quota.owed,
                 **_shown(look)}
            )  # fmt: skip
        whole = sum(trade.values())
        share = None if whole == 0 else str(Fraction(compensable(trade), whole))
        return {
            "unit": self.house.unit, "positions": positions,
            "sides": _by_side(legs, alarm.cycles, alarm.quota_share), "compensable": share,
        }  # fmt: skip

    def _trade(self, unit: Unit) -> dict[tuple[str, str], int]:
        """What sides owed each other, by debtor and creditor side, in all final runs so far."""
        found = dict[tuple[str, str], Fraction]()
        after = ["settled", "closed", *UNDER_WAY]
        for row in find_all(unit, cycle, order=["number"], state=after):
            for block in json.loads(last_run(unit, row.id, ["final"]).summary)["blocks"]:
                for one in block["sides"]:
                    ends = one["debtor_side"], one["creditor_side"]
                    if ends[0] != ends[1]:
                        worth = Fraction(int(one["gross_points"]), block["unit_minor_points"])
                        found[ends] = found.get(ends, Fraction(0)) + worth
        return {ends: round(worth) for ends, worth in found.items()}


def flows_of(summary: Mapping[str, Any]) -> dict[Key, Fraction]:
    """Return what a run adds to each position, exact, minor units of the house's unit."""
    found = dict[Key, Fraction]()
    for block in summary["blocks"]:
        for row in block["border"]:
            key, sign = key_of(row["debtor_side"], row["creditor_side"])
            flow = Fraction(int(row["amount_points"]), block["unit_minor_points"])
            found[key] = found.get(key, Fraction(0)) + sign * flow
    return found


def check_kept(
    legs: Sequence[Leg], kept: Mapping[Place, int], rates: Fixing, unit: str, lines: int
) -> None:
    """Stop if what the sides keep of a cycle's money is not what flows over their borders.

    Args:
        legs: What the cycle does to each position.
        kept: What each side takes in more than it is to pay out, by side and currency.
        rates: The cycle's fixing.
        unit: The house's unit.
        lines: How many pay-ins and pay-outs were rounded.

    Raises:
        InvariantViolation: By more than rounding can explain.
    """
    flow, money = dict[str, int](), dict[str, Fraction]()
    for leg in legs:
        for side, sign in ((leg.key[0], 1), (leg.key[1], -1)):
            flow[side] = flow.get(side, 0) + sign * leg.flow
    most = Fraction(len(legs) + 1)
    for (side, currency), amount in kept.items():
        rate = own_rate(rates, unit, currency)
        money[side] = money.get(side, Fraction(0)) + amount / rate
        most += lines / rate + lines
    for side in money:
        if abs(money[side] - flow.get(side, 0)) > most:
            raise InvariantViolation(
                f"side {side} keeps other money than flows over its border",
                details={"kept": str(money[side]), "flow": flow.get(side, 0)},
            )


def _as_leg(row: Any) -> Leg:
    return Leg(
        key=(row.side, row.other_side), before=row.before_minor, flow=row.flow_minor,
        quota=BothWays(row.quota_owing_minor, row.quota_owed_minor), hard=row.hard_minor,
        carried=row.carried_minor, hard_other=row.hard_other_minor,
        carried_other=row.carried_other_minor,
    )  # fmt: skip


def _shown(look: Any) -> dict[str, Any]:
    return {
        "position_minor": look.position, "share": None if look.share is None else str(look.share),
        "speed": str(look.speed), "same_side": look.same_side, "cycles_left": look.cycles_left,
        "alarm": look.alarm,
    }  # fmt: skip


def _by_side(legs: Sequence[Any], cycles: int, share: Fraction) -> list[dict[str, Any]]:
    """How one-sided each side's trade is over all its positions."""
    at, quota = dict[tuple[str, str], dict[Key, int]](), dict[tuple[str, Key], BothWays[int]]()
    order = list(dict.fromkeys(row.cycle for row in legs))
    for row in legs:
        key = (row.side, row.other_side)
        at.setdefault((row.side, row.cycle), {})[key] = row.position_minor
        quota[row.side, key] = BothWays(row.quota_owing_minor, row.quota_owed_minor)
        if row.other_side:
            at.setdefault((row.other_side, row.cycle), {})[key] = -row.position_minor
            quota[row.other_side, key] = BothWays(row.quota_owed_minor, row.quota_owing_minor)
    found = []
    for side in sorted({side for side, _ in at}):
        ways = [one for (owner, _), one in quota.items() if owner == side]
        whole = BothWays(sum(one.owing for one in ways), sum(one.owed for one in ways))
        history = [(sum(at[side, one].values()), whole) for one in order if (side, one) in at]
        look = structural_imbalance(history, cycles=cycles, share=share)
        found.append({"side": side, **_shown(look)})
    return found
