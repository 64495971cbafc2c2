# SPDX-License-Identifier: Apache-2.0
"""What banks charge, and small differences: taken out of suspense by two people, and borne."""

from __future__ import annotations

from typing import Any

from skontro.core.errors import Conflict
from skontro.flow.money import MoneyLines
from skontro.house.settlement import post
from skontro.store.database import Unit
from skontro.store.rows import change, find
from skontro.store.schema import border_payment, money_line, pay_out

CHARGE, DIFFERENCE = "charge", "difference"


class Charges(MoneyLines):
    """The account of charges."""

    def _book_charge(
        self, unit: Unit, act_id: int, line: Any, left: int, what: str
    ) -> dict[str, Any]:
        """Book what is missing by a bank line, or over, as a charge or a small difference."""
        if what == CHARGE and (left > 0 or not self._may_be_charge(unit, line)):
            raise Conflict(
                f"line {line.id} is no charge: {left} minor units of it are open",
                code="NoCharge", next_step="a charge is money that left and was nobody's payment; "
                "a small difference of a payment is written off: --difference",
            )  # fmt: skip
        most = self._write_off_limit(line.side, line.currency)
        if what == DIFFERENCE and abs(left) > most:
            raise Conflict(
                f"{abs(left)} minor units are open, and {most} may be written off",
                code="TooLarge", next_step="say whose it is: skontro settlement assign; how much "
                "may be written off is a rule: [side.A.write_off] in house.toml",
            )  # fmt: skip
        scheme = "charged" if what == CHARGE else "written_off" if left < 0 else "written_up"
        change(unit, money_line, {"id": line.id}, state="matched",
               matched_minor=line.matched_minor + abs(left))  # fmt: skip
        self.house.note(
            unit, "suspense", {"line": line.id, what: abs(left), "matched_minor": abs(left)},
            act_id=act_id, lines=post(scheme, abs(left), line.currency, side=line.side),
        )  # fmt: skip
        self.look_again(unit)
        return {"line": line.id, what: abs(left), "left_minor": 0}

    def _may_be_charge(self, unit: Unit, line: Any) -> bool:
        """Whether a line was nobody's payment, or one that came back with a part missing."""
        if line.pay_out:
            return bool(find(unit, pay_out, id=line.pay_out).state == "returned")
        if line.border_payment:
            return bool(find(unit, border_payment, id=line.border_payment).state == "returned")
        return True

    def _write_off_limit(self, side: str, currency: str) -> int:
        rules = self.house.rules.side(side)
        return 0 if rules is None else rules.write_off_minor(currency)
