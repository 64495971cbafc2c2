# SPDX-License-Identifier: Apache-2.0
"""Money of the sides, from a seat: what others left with them, what leaves, what banks said."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from skontro.core.errors import NoSuchFile, Rejected
from skontro.flow.seat import Part

if TYPE_CHECKING:
    from skontro.flow.house import House

Given = Mapping[str, Any]
Move = Callable[["House", Given, str | None], Any]


class MoneySeat(Part):
    """Working balances, pools, capital, withdrawals, exchanges, and what banks said of payments."""

    def funds(self) -> dict[str, list[dict[str, Any]]]:
        """Return what others left with the sides one sees, what of it leaves, and exchanges.

        Returns:
            ``funds`` as ``Settlement.funds`` has them, ``withdrawals`` and ``exchanges``.

        Raises:
            NoSuchFile: One sees no side.
        """
        scope = self.reading("settlement.read", "funds")
        if not scope.everything and not scope.sides:
            raise NoSuchFile("the accounts of the sides are the house's", code="NoSuchPage",
                             next_step="see the money of one's own firm")  # fmt: skip
        money = self.house.settlement
        with self.house.database.widened("board"):
            found = {"funds": money.funds(), "withdrawals": money.withdrawals(),
                     "exchanges": money.exchanges()}  # fmt: skip
        if scope.everything:
            return found
        return {
            name: [one for one in rows if one.get("side", one.get("debtor_side")) in scope.sides]
            for name, rows in found.items()
        }

    def move(self, kind: str, given: Given) -> dict[str, Any]:
        """Make something ready to leave, take that back, or note what a bank said of a payment.

        What is made ready leaves when two people release it. What a bank said is noted under the
        bank's own id: the same again has no further effect, whether it comes so or in a file.

        Args:
            kind: One of :data:`MOVES`.
            given: What it takes, amounts in minor units.

        Returns:
            ``kind``, and ``number`` of a payment or ``done`` of a line, where there is one.

        Raises:
            Forbidden: The actor may not, or the gate holds it.
            Conflict: So much is not free, or the bank said something else before.
        """
        with self.doing("settlement.work", f"money: {kind}") as doing:
            if kind not in MOVES:
                raise Rejected(f"{kind!r} is no move of money", code="InvalidOptions",
                               next_step=f"one of: {', '.join(MOVES)}")  # fmt: skip
            came = MOVES[kind](self.house, given, self.person)
            told: dict[str, Any] = {"kind": kind, "number": None, "line": None}
            if isinstance(came, int):
                told["number"] = came
            elif came:
                told["line"] = dict(came)
            doing.after = {"kind": kind, "number": told["number"]} | {
                name: given[name] for name in _LOGGED if given.get(name) is not None
            }  # fmt: skip
        return told


_LOGGED = ("side", "currency", "amount_minor", "purpose", "bank_reference", "pay_out", "payment",
           "participant", "sells", "sell_minor", "buys", "buy_minor")  # fmt: skip
"""What the audit log says of a move: no names and no accounts."""


def _fund(house: House, given: Given, _person: str | None) -> None:
    house.settlement.fund(
        given["side"], given["currency"], given["amount_minor"],
        bank_reference=given["bank_reference"], purpose=given["purpose"], payer=given["payer"],
        payer_account=given["payer_account"],
    )  # fmt: skip


def _withdraw(house: House, given: Given, person: str | None) -> int:
    return house.settlement.withdraw(
        given["side"], given["currency"], given["amount_minor"], purpose=given["purpose"],
        firm=given["participant"] or None, payee=given["payee"],
        payee_account=given["payee_account"], person=person,
    )  # fmt: skip


def _exchange(house: House, given: Given, person: str | None) -> int:
    return house.settlement.exchange(
        given["side"], (given["sells"], given["sell_minor"]),
        (given["buys"], given["buy_minor"]), person=person,
    )  # fmt: skip


def _stop(house: House, given: Given, person: str | None) -> None:
    house.settlement.stop(given["payment"], exchange=given["is_exchange"], person=person)


def _receive(house: House, given: Given, _person: str | None) -> Any:
    return house.settlement.receive(
        given["side"], given["currency"], given["amount_minor"],
        bank_reference=given["bank_reference"], reference=given["reference"],
        payer=given["payer"], payer_account=given["payer_account"],
        value_day=given["value_day"] or None,
    )  # fmt: skip


def _sent(house: House, given: Given, _person: str | None) -> Any:
    return house.settlement.sent(
        given["side"], given["currency"], given["pay_out"],
        bank_reference=given["bank_reference"], amount_minor=given["amount_minor"],
        value_day=given["value_day"] or None,
    )  # fmt: skip


def _returned(house: House, given: Given, _person: str | None) -> None:
    house.settlement.returned(
        given["side"], given["currency"], given["pay_out"],
        bank_reference=given["bank_reference"], value_day=given["value_day"] or None,
    )  # fmt: skip


def _border_sent(house: House, given: Given, _person: str | None) -> Any:
    return house.settlement.border_sent(
        given["payment"], bank_reference=given["bank_reference"],
        amount_minor=given["amount_minor"], currency=given["currency"],
    )  # fmt: skip


def _border_arrived(house: House, given: Given, _person: str | None) -> Any:
    return house.settlement.border_arrived(
        given["payment"], given["amount_minor"], bank_reference=given["bank_reference"],
        payer=given["payer"],
    )  # fmt: skip


def _border_returned(house: House, given: Given, _person: str | None) -> None:
    house.settlement.border_returned(
        given["payment"], bank_reference=given["bank_reference"],
        value_day=given["value_day"] or None,
    )  # fmt: skip


MOVES: dict[str, Move] = {
    "withdraw": _withdraw, "exchange": _exchange, "stop": _stop, "fund": _fund,
    "receive": _receive, "sent": _sent, "returned": _returned, "border_sent": _border_sent,
    "border_arrived": _border_arrived, "border_returned": _border_returned,
}  # fmt: skip
"""What can be done with the money of a side in one step; all else takes two people."""
