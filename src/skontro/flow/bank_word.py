# SPDX-License-Identifier: Apache-2.0
"""What only a bank's file can say: money that went by itself, a rejection, a fuller word."""

from __future__ import annotations

from typing import Any

from skontro.core.errors import Conflict
from skontro.flow.border_back import BorderBack
from skontro.flow.money import _body, _told, place_of
from skontro.gate.verdicts import RELEASED
from skontro.house.settlement import post
from skontro.store.database import Unit
from skontro.store.register import commit_record
from skontro.store.rows import change, find, find_all, next_numbers
from skontro.store.schema import money_line, pay_out


class BankWord(BorderBack):
    """What banks say of what the house did not ask for."""

    def went(
        self, side: str, currency: str, amount_minor: int, *, bank_reference: str,
        reference: str, payee: str = "", value_day: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Note that money went that nobody let go: charges, a mistake, a payment paid twice.

        The bank's books count: the money is missing, and the line waits in suspense until it
        comes back (see :meth:`propose_assignment`).

        Args:
            side: From which side's account.
            currency: In which currency.
            amount_minor: How much, above nought.
            bank_reference: The bank's id of it; saying the same again is harmless.
            reference: What the bank says of it.
            payee: Who was paid, by the bank's word.
            value_day: The bank's value date.

        Returns:
            The number of the line, its state, and how much of it was matched.

        Raises:
            Conflict: The bank said something else under this id before.
        """
        self._check_sum(side, currency, amount_minor)
        body = _body([side, currency, amount_minor, reference, payee, "went"])
        with self.house.database.unit("money.went", exclusive=True) as unit:
            known = self._known_line(unit, side, currency, bank_reference, body)
            if known is not None:
                return _told(known.id, known.state, known.matched_minor)
            number = next_numbers(unit, money_line)[0]
            record = None
            if payee.strip():
                record = commit_record(
                    unit, "money_line", str(number), "payer", payee, purpose="reconciliation",
                    at=self.house.at, retain_until=self.house.keep_until("payment", side),
                ).id  # fmt: skip
            self._write_line(
                unit, number, side, currency, bank_reference, -amount_minor, body,
                content={"went": amount_minor}, reference=reference, state="suspense",
                lines=post("paid_more", amount_minor, currency, side=side), payer=record,
                matched_minor=0, value_day=value_day,
            )  # fmt: skip
            self.stop_uncovered(unit)
        return _told(number, "suspense", 0)

    def rejected(self, end_to_end: str, code: str) -> bool:
        """Note that a bank refused to send a payment: nothing left, and it is due again.

        Hard border money as well; that is ready again under a new reference.

        Args:
            end_to_end: The id it carried.
            code: Why, by the bank's code.

        Returns:
            Whether there is such a payment that had been let go; saying it again is harmless.

        Raises:
            Conflict: The bank booked it as well, in whole or in part.
        """
        with self.house.database.unit("money.rejected", exclusive=True) as unit:
            self.house.check_writable(unit)
            return self.take_rejected(unit, end_to_end, code)

    def take_rejected(self, unit: Unit, end_to_end: str, code: str) -> bool:
        """Note it in a unit of work that is under way: see :meth:`rejected`."""
        row = find(unit, pay_out, end_to_end=end_to_end, state=["released", "paid",
                                                                "returned"])  # fmt: skip
        if row is None:
            return self._border_rejected(unit, end_to_end, code)
        lines = find_all(unit, money_line, pay_out=row.id, reversed_by=0)
        if row.state == "returned" and not lines:
            return True
        if lines:
            raise Conflict(
                f"the bank refused pay-out {row.id}, and booked it", code="BankDiffers",
                next_step="ask the bank which of the two is right",
            )  # fmt: skip
        self.house.note(
            unit, "cycle.step", {"step": "rejected", "pay_out": row.id, "code": code},
            cycle=row.cycle,
        )  # fmt: skip
        change(unit, pay_out, {"id": row.id}, state="returned")
        if row.line is not None:
            change(unit, money_line, {"id": row.line}, state="suspense")
        if row.cycle is not None:
            self.make_ready(unit, row.cycle)
        return True

    def claim(self, line_id: int, *, reference: str, payer: str, payer_account: str) -> bool:
        """Match money in suspense after all, as the bank now says more of it.

        Args:
            line_id: The line.
            reference: Of the pay-in it is for.
            payer: Who paid, by the bank's word.
            payer_account: From which account.

        Returns:
            Whether some of it was.
        """
        with self.house.database.unit("money.claim", exclusive=True) as unit:
            self.house.check_writable(unit)
            line = find(unit, money_line, id=line_id)
            if line is None or line.state != "suspense" or line.pay_out is not None:
                return False
            row = self._pay_in_meant(unit, line.side, line.currency, reference, payer,
                                     payer_account)  # fmt: skip
            if row is None:
                return False
            left = line.amount_minor - line.matched_minor
            placed = place_of(row, left)
            if placed.over == left or (line.payer is not None and self.house.gate.judge_payer(
                unit, line.id, line.payer
            )[0] != RELEASED):  # fmt: skip
                return False
            lines = self._fill_pay_in(unit, row, placed, "assigned", "assigned_repaid")
            change(unit, money_line, {"id": line.id}, pay_in=line.pay_in or row.id,
                   matched_minor=line.matched_minor + left - placed.over,
                   state="suspense" if placed.over else "matched")  # fmt: skip
            self.house.note(
                unit, "suspense",
                {"line": line.id, "pay_in": row.id, "matched_minor": left - placed.over},
                cycle=row.cycle, lines=lines,
            )  # fmt: skip
            if placed.repaid:
                self.look_again(unit)
        return True
