# SPDX-License-Identifier: Apache-2.0
"""Hard border money that did not get there: refused or given back, and due again by a new id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from skontro.core.errors import Conflict
from skontro.flow.money import _body
from skontro.flow.suspense import Suspense, _built_on, unassigned
from skontro.house.identifiers import make_creditor_reference
from skontro.house.settlement import post
from skontro.store.database import Unit
from skontro.store.rows import change, find, find_all, next_numbers
from skontro.store.schema import border_payment, money_line

_COPIED = (
    "cycle", "debtor_side", "creditor_side", "amount_minor", "debtor_currency", "debtor_minor",
    "creditor_currency", "creditor_minor",
)  # fmt: skip


class BorderBack(Suspense):
    """What becomes of border payments that banks refuse or give back."""

    def border_returned(
        self, payment_id: int, *, bank_reference: str, value_day: str | None = None
    ) -> None:
        """Note that a bank gave hard border money back: it is due again, under a new reference.

        Where the bank's word that it left has not come yet, the money waits in suspense for it:
        the order of the two makes no difference.

        Args:
            payment_id: The border payment.
            bank_reference: The bank's id of the line; saying the same again is harmless.
            value_day: The bank's value date.

        Raises:
            Conflict: It never left, came back already, or is at the other side.
        """
        with self.house.database.unit("money.border_returned", exclusive=True) as unit:
            row = find(unit, border_payment, id=payment_id)
            side, currency = ("", "") if row is None else (row.debtor_side, row.debtor_currency)
            body = _body([side, currency, payment_id, "border returned"])
            if self._known_line(unit, side, currency, bank_reference, body) is not None:
                return
            if row is None or row.state != "released" or row.arrived_minor or (
                self._border_early(unit, row) is not None
            ):  # fmt: skip
                raise Conflict(
                    f"border payment {payment_id} did not leave, came back already, or arrived",
                    code="NotReleased",
                    next_step="note as money that came what is no such payment: "
                    "skontro settlement receive",
                )  # fmt: skip
            number = next_numbers(unit, money_line)[0]
            self._write_line(
                unit, number, side, currency, bank_reference, row.debtor_minor, body,
                content={"border_returned": row.id}, cycle=row.cycle, reference=row.reference,
                lines=post("unclaimed", row.debtor_minor, currency, side=side),
                state="suspense", border_payment=row.id, matched_minor=0, value_day=value_day,
            )  # fmt: skip
            if row.sent_minor == row.debtor_minor:
                self._border_back(unit, row, find(unit, money_line, id=number))

    def _border_left(self, unit: Unit, row: Any) -> None:
        early = self._border_early(unit, row)
        if early is not None and row.sent_minor == row.debtor_minor:
            self._border_back(unit, row, early)

    def _border_early(self, unit: Unit, row: Any) -> Any:
        """Return the line of one that came back before it was said to have left, or None."""
        lines = find_all(unit, money_line, border_payment=row.id, state="suspense", reversed_by=0)
        return next((line for line in lines if is_back(line, row)), None)

    def _border_back(self, unit: Unit, row: Any, line: Any) -> None:
        """Let a border payment that came back be due again."""
        self.house.note(
            unit, "suspense", {"line": line.id, "border_returned": row.id}, cycle=row.cycle,
            lines=post("border_back", row.debtor_minor, row.debtor_currency, side=row.debtor_side),
        )  # fmt: skip
        change(unit, money_line, {"id": line.id}, state="matched",
               matched_minor=line.amount_minor)  # fmt: skip
        self._border_again(unit, row)

    def _border_again(self, unit: Unit, row: Any) -> None:
        """Make a border payment ready once more, under a new reference: the same for the same."""
        change(unit, border_payment, {"id": row.id}, state="returned")
        first, tried = row, 2
        while first.instead_of is not None:
            first = find(unit, border_payment, id=first.instead_of)
        name = f"{first.reference[4:]}R"
        while find(unit, border_payment, reference=make_creditor_reference(f"{name}{tried}")):
            tried += 1
        reference = make_creditor_reference(f"{name}{tried}")
        self.insert_border(unit, reference, instead_of=row.id,
                           **{name: getattr(row, name) for name in _COPIED})  # fmt: skip

    def _border_rejected(self, unit: Unit, reference: str, code: str) -> bool:
        """Note that a bank refused to send a border payment: nothing left, and it is due again."""
        row = find(unit, border_payment, reference=reference,
                   state=["released", "arrived", "returned"])  # fmt: skip
        if row is None:
            return False
        lines = find_all(unit, money_line, border_payment=row.id, reversed_by=0)
        if row.state == "returned" and not lines:
            return True
        if lines or row.state == "arrived" or row.sent_minor or row.arrived_minor:
            raise Conflict(
                f"the bank refused border payment {row.id}, and it was booked",
                code="BankDiffers", next_step="ask the bank which of the two is right",
            )  # fmt: skip
        self.house.note(
            unit, "cycle.step", {"step": "rejected", "border_payment": row.id, "code": code},
            cycle=row.cycle,
        )  # fmt: skip
        self._border_again(unit, row)
        return True

    def _undo_line(
        self, unit: Unit, line: Any, said: Mapping[str, Any], postings: list[tuple[str, int]]
    ) -> None:
        if "border_returned" in said and line.state == "matched":
            raise _built_on(line.id, "undo the entry that made it due again first")
        if "border_returned" not in said:
            super()._undo_line(unit, line, said, postings)
            row = (None if line.border_payment is None or line.amount_minor > 0
                   else find(unit, border_payment, id=line.border_payment))  # fmt: skip
            if row is not None and row.state == "returned":
                raise _built_on(line.id, "the money came back since")

    def _undo_assignment(
        self, unit: Unit, line: Any, said: Mapping[str, Any], postings: list[tuple[str, int]]
    ) -> None:
        if "border_returned" not in said:
            super()._undo_assignment(unit, line, said, postings)
            return
        later = find(unit, border_payment, instead_of=said["border_returned"], state="ready")
        if later is None:
            raise _built_on(line.id, "it was released again since")
        change(unit, border_payment, {"id": later.id}, state="stopped")
        change(unit, border_payment, {"id": said["border_returned"]}, state="released")
        self._not_short(unit, said)
        change(unit, money_line, {"id": line.id}, state="suspense",
               matched_minor=unassigned(line, said))  # fmt: skip


def is_back(line: Any, row: Any) -> bool:
    """Whether a line of a border payment is its money come back, and not come to the other side."""
    here = (line.side, line.currency) == (row.debtor_side, row.debtor_currency)
    return bool(line.amount_minor > 0 and here)
