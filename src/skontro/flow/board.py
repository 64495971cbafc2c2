# SPDX-License-Identifier: Apache-2.0
"""The settlement board: per cycle and side what came, what covers it, what leaves, what waits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from skontro.flow.bank_word import BankWord
from skontro.flow.side_accounts import Place
from skontro.house.settlement import FUNDS, PAID_IN, WAITS, SideAccount
from skontro.store.cycles import chosen_run, last_run
from skontro.store.database import Unit
from skontro.store.rows import find_all
from skontro.store.schema import (
    border_payment,
    money_line,
    participant,
    pay_in,
    pay_out,
    pay_out_due,
    plan_line,
    working_balance,
)
from skontro.store.settlement import late_sums

STATES = ("ready", "released", "paid", "returned", "stopped")


class Board(BankWord):
    """How the settlement of a cycle stands."""

    def board(self, cycle_id: str) -> dict[str, Any]:
        """Return how the settlement of a cycle stands, side by side.

        Args:
            cycle_id: The cycle.

        Returns:
            ``sides``: per side and currency the pay-ins (due, arrived, late, covered by the pool,
            missing), what the account holds and for whom, the cover, and the pay-outs: sums by
            state, and a row for each that waits with the reason. ``border``: the positions
            against their quotas, and the hard payments of the cycle.

        Raises:
            NoSuchFile: There is no such cycle.
        """
        with self.house.database.read() as unit:
            row = self.house.cycles._row(unit, cycle_id)
            firms = {firm.number: firm for firm in find_all(unit, participant)}
            ins = self._pay_ins_by_place(unit, row, firms)
            outs = self._pay_outs_by_place(unit, row, firms)
            accounts = self.accounts(unit)
            sides = [
                {"side": side, "currency": currency,
                 "pay_ins": ins.get((side, currency), _no_ins()),
                 "account": _shown(accounts.get((side, currency), SideAccount())),
                 "pay_outs": outs.get((side, currency), _no_outs())}
                for side, currency in sorted({*accounts, *ins, *outs})
            ]  # fmt: skip
            hard = [
                {name: getattr(one, name) for name in
                 ("id", "debtor_side", "creditor_side", "amount_minor", "debtor_currency",
                  "debtor_minor", "creditor_currency", "creditor_minor", "sent_minor",
                  "arrived_minor", "reference", "state")}
                for one in find_all(unit, border_payment, order=["id"], cycle=cycle_id)
            ]  # fmt: skip
            state, deadline = row.state, row.pay_in_deadline
        return {"cycle": cycle_id, "state": state, "deadline": deadline, "sides": sides,
                "border": self.border() | {"hard": hard}}  # fmt: skip

    def _pay_ins_by_place(
        self, unit: Unit, row: Any, firms: Mapping[int, Any]
    ) -> dict[Place, dict[str, Any]]:
        found = dict[Place, dict[str, Any]]()
        came_late = late_sums(unit, row.id, row.pay_in_deadline)
        for one in find_all(unit, pay_in, order=["id"], cycle=row.id):
            firm = firms[one.participant]
            late = came_late.get(one.id, 0)
            place = found.setdefault((firm.side, one.currency), _no_ins())
            missing = one.due_minor - one.arrived_minor - one.covered_minor
            figures = {
                "due_minor": one.due_minor, "arrived_minor": one.arrived_minor,
                "late_minor": late, "covered_minor": one.covered_minor, "missing_minor": missing,
            }  # fmt: skip
            for name, amount in figures.items():
                place[name] += amount
            place["rows"].append(
                {"pay_in": one.id, "participant": firm.id, "state": one.state,
                 "reference": one.reference, **figures}
            )  # fmt: skip
        return found

    def _pay_outs_by_place(
        self, unit: Unit, row: Any, firms: Mapping[int, Any]
    ) -> dict[Place, dict[str, Any]]:
        found = dict[Place, dict[str, Any]]()
        rows = find_all(unit, pay_out, order=["id"], cycle=row.id)
        for one in rows:
            place = found.setdefault((one.side, one.currency), _no_outs())
            place[f"{one.state}_minor"] += one.amount_minor
        for number, currency, amount, why in self._waiting(unit, row, rows):
            firm = firms[number]
            place = found.setdefault((firm.side, currency), _no_outs())
            place["waiting_minor"] += amount
            place["waiting"].append(
                {"participant": firm.id, "amount_minor": amount, "why": why,
                 "says": BEFORE.get(why) or WAITS[why]}
            )  # fmt: skip
        return found

    def _waiting(
        self, unit: Unit, row: Any, rows: Sequence[Any]
    ) -> list[tuple[int, str, int, str]]:
        """Return what waits: participant, currency, minor units and why."""
        if row.state in ("settled", "closed"):
            return self._waiting_dues(unit, row, rows) + self._not_placed(unit, row)
        if row.state not in ("final", "instructed", "planned"):
            return []
        missing = any(
            one.arrived_minor + one.covered_minor < one.due_minor
            for one in find_all(unit, pay_in, cycle=row.id)
        )
        why = "plan" if row.state == "planned" else "pay-ins" if missing else "calls"
        return [
            (line.participant, line.currency, line.pay_out_minor, why)
            for line in find_all(unit, plan_line, run=chosen_run(unit, row.id).id)
            if line.pay_out_minor
        ] + self._not_placed(unit, row)

    def _waiting_dues(
        self, unit: Unit, row: Any, rows: Sequence[Any]
    ) -> list[tuple[int, str, int, str]]:
        served = dict[tuple[int, str], int]()
        for one in rows:
            if one.purpose == "settlement" and one.state in ("ready", "released", "paid"):
                key = (one.participant, one.currency)
                served[key] = served.get(key, 0) + one.amount_minor
        found = []
        for due in find_all(unit, pay_out_due, order=["participant"], cycle=row.id):
            left = due.amount_minor - served.get((due.participant, due.currency), 0)
            if left:
                found.append((due.participant, due.currency, left, due.waits_for or "cover"))
        return found

    def _not_placed(self, unit: Unit, row: Any) -> list[tuple[int, str, int, str]]:
        """What the final run would have paid, and the recast that took its place does not."""
        final, chosen = last_run(unit, row.id, ["final"]), chosen_run(unit, row.id)
        if chosen.id == final.id:
            return []
        now = {
            (line.participant, line.currency): line.pay_out_minor
            for line in find_all(unit, plan_line, run=chosen.id)
        }
        found = []
        for line in find_all(unit, plan_line, order=["participant"], run=final.id):
            left = line.pay_out_minor - now.get((line.participant, line.currency), 0)
            if left > 0:
                found.append((line.participant, line.currency, left, "recast"))
        return found

    # ---- what others left with the sides -----------------------------------------------------

    def funds(self) -> list[dict[str, Any]]:
        """Return the working balances, pools and capital of the house, with their money.

        Returns:
            Per side (empty: the hub) and currency: sponsor's record and agreement, limit, money
            that came and went, what is there, what is drawn and what may still be drawn; of a
            pool what it holds, and what participants owe it.
        """
        with self.house.database.read() as unit:
            accounts = self.accounts(unit)
            moves = self._fund_moves(unit)
            found = []
            for (side, currency), account in accounts.items():
                agreed = find_all(unit, working_balance, order=["-balance_act"], limit=1,
                                  side=side, currency=currency)  # fmt: skip
                rules = self.house.rules.side(side)
                said = None if rules is None else rules.working_balance(currency)
                agreement = agreed[0].agreement if agreed else said.agreement if said else ""
                came, went = moves.get((side, currency, "working" if side else "capital"), (0, 0))
                pool_came, pool_went = moves.get((side, currency, "pool"), (0, 0))
                found.append({
                    "side": side, "currency": currency, "agreement": agreement,
                    "sponsor": agreed[0].sponsor if agreed else None,
                    "limit_minor": account.limit, "in_minor": came, "out_minor": went,
                    "there_minor": account.working, "drawn_minor": account.drawn,
                    "drawable_minor": max(0, account.drawable - account.drawn),
                    "pool_in_minor": pool_came, "pool_out_minor": pool_went,
                    "pool_minor": account.pool,
                    "pool_owed_minor": pool_came - pool_went - account.pool,
                })  # fmt: skip
        return found

    def _fund_moves(self, unit: Unit) -> dict[tuple[str, str, str], tuple[int, int]]:
        """Money of each fund that came and went."""
        found = dict[tuple[str, str, str], tuple[int, int]]()
        outs = {row.id: row for row in find_all(unit, pay_out, purpose=list(FUNDS))}
        for line in find_all(unit, money_line, reversed_by=0):
            out = outs.get(line.pay_out)
            purpose = line.reference if out is None else out.purpose
            nobodys = line.state != "matched" or line.pay_out or line.pay_in
            if out is None and (nobodys or line.reference not in PAID_IN):
                continue  # whatever its payer wrote
            came, went = found.get((line.side, line.currency, purpose), (0, 0))
            if line.amount_minor > 0 and out is None:
                came += line.amount_minor
            else:
                went -= line.amount_minor
            found[line.side, line.currency, purpose] = (came, went)
        return found


BEFORE = {
    "calls": "the pay-ins came; the money is not placed yet",
    "pay-ins": "pay-ins it is to be paid from are missing",
    "plan": "the money is placed; it is not settled yet",
    "recast": "the money did not come; what is owed stays owed",
}
"""Why a pay-out waits before its cycle is settled, or for another one."""


def _no_ins() -> dict[str, Any]:
    names = ("due_minor", "arrived_minor", "late_minor", "covered_minor", "missing_minor")
    return dict.fromkeys(names, 0) | {"rows": []}


def _no_outs() -> dict[str, Any]:
    return {f"{state}_minor": 0 for state in STATES} | {"waiting_minor": 0, "waiting": []}


def _shown(account: SideAccount) -> dict[str, int]:
    names = (
        "bank", "held", "due", "suspense", "pool", "working", "border", "revaluation", "charges",
        "drawn",        "cover", "short",
    )  # fmt: skip
    return {f"{name}_minor": getattr(account, name) for name in names}
