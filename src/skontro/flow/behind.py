# SPDX-License-Identifier: Apache-2.0
"""What stands behind payments: who is paid on which account, and for which obligations."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

from skontro.core.money import exponents, format_minor
from skontro.house.addresses import NOWHERE, PostalAddress, read_address
from skontro.house.firms import read_account
from skontro.house.identifiers import BankAccount
from skontro.messages.orders import NO_ACCOUNT, Party
from skontro.messages.transparency import transparency
from skontro.store.database import Unit
from skontro.store.orders import (
    by_creditor,
    goods_of,
    invoices_of,
    register_texts,
    settled_obligations,
)
from skontro.store.register import current_records
from skontro.store.rows import find_all
from skontro.store.schema import border_payment, cycle, participant, pay_out
from skontro.store.settlement import chunks

if TYPE_CHECKING:
    from skontro.flow.house import House

SETTLEMENT = "settlement"
BORDER = "border"
EXCHANGE = "exchange"
_IN_GROUPS = re.compile(r"[A-Z]{2}[0-9]{2}( [A-Z0-9]{1,4}){2,8}")


class Behind:
    """What stands behind the payments of one release.

    Args:
        house: The house.
        unit: A unit of work.
        body: What is to leave, as acts have it.
    """

    def __init__(self, house: House, unit: Unit, body: Mapping[str, Any]) -> None:
        self.house = house
        self.unit = unit
        self.body = body

    # ---- rows --------------------------------------------------------------------------------

    @cached_property
    def _pay_outs(self) -> dict[int, Any]:
        found = dict[int, Any]()
        for part in chunks([one["pay_out"] for one in self.body["payments"]]):
            found |= {row.id: row for row in find_all(self.unit, pay_out, id=list(part))}
        return found

    def row(self, said: Mapping[str, Any]) -> Any:
        """Return the row of a payment."""
        return self._pay_outs[said["pay_out"]]

    @cached_property
    def _firms(self) -> dict[int, Any]:
        return {firm.number: firm for firm in find_all(self.unit, participant)}

    @cached_property
    def _texts(self) -> dict[int, str | None]:
        """What the register says of the accounts and payees."""
        wanted = [
            said[name][0] for said in self.body["payments"] for name in ("payee", "account")
            if name in said
        ]  # fmt: skip
        return register_texts(self.unit, wanted)

    @cached_property
    def _names(self) -> dict[str, str]:
        return self.house.participants.names(self.unit)

    @cached_property
    def _addresses(self) -> dict[str, PostalAddress]:
        records = current_records(self.unit, "participant", "address")
        return {firm: read_address(said[-1][1]) for firm, said in records.items()}

    @cached_property
    def _leis(self) -> dict[str, str]:
        records = current_records(self.unit, "participant", "lei")
        return {firm: said[-1][1] for firm, said in records.items()}

    # ---- who is paid -------------------------------------------------------------------------

    def payee(self, said: Mapping[str, Any]) -> tuple[Party, BankAccount]:
        """Return who is paid by a payment, and on which account."""
        if "participant" in said:
            text = self._texts.get(said["account"][0]) or ""
            return self._party(said["participant"]), read_account(text)
        name, _, rest = (self._texts.get(said["payee"][0]) or "").partition("\n")
        account = rest.strip()
        if _IN_GROUPS.fullmatch(account):
            account = account.replace(" ", "")
        return Party(name.strip()), read_account(account) if account else NO_ACCOUNT

    def _party(self, firm: str) -> Party:
        return Party(self._names.get(firm, ""), self._addresses.get(firm, NOWHERE),
                     self._leis.get(firm, ""))  # fmt: skip

    def ultimate(self, said: Mapping[str, Any]) -> tuple[Party | None, Party | None]:
        """Return whose debt a payment pays and to whom, where one obligation stands behind it."""
        rows = self._obligations(said)
        if len(rows) != 1:
            return None, None
        ends = (self._firms[rows[0].debtor].id, self._firms[rows[0].creditor].id)
        return self._party(ends[0]), self._party(ends[1])

    # ---- for what ----------------------------------------------------------------------------

    @cached_property
    def _owed(self) -> dict[str, dict[int, list[Any]]]:
        """What money settles of what payees are owed, by cycle and creditor."""
        firms = dict[str, set[int]]()
        for row in self._pay_outs.values():
            if row.purpose == SETTLEMENT:
                firms.setdefault(row.cycle, set()).add(row.participant)
        return {
            cycle_id: by_creditor(
                settled_obligations(self.unit, cycle_id, creditors=sorted(numbers))
            )
            for cycle_id, numbers in firms.items()
        }

    def _obligations(self, said: Mapping[str, Any]) -> Sequence[Any]:
        """Return the obligations behind a payment."""
        row = self.row(said)
        if row.purpose != SETTLEMENT:
            return []
        rows = self._owed[row.cycle].get(row.participant, [])
        if self._firms[row.participant].accepts_conversion:
            return rows
        return [one for one in rows if one.currency == row.currency]

    def _across(self, cycle_id: str, debtor_side: str, creditor_side: str) -> list[Any]:
        """Return what money settles between two sides; an empty side is the hub: any other."""
        return [
            one
            for one in self._all_settled(cycle_id)
            if self._side(one.debtor) != self._side(one.creditor)
            and debtor_side in ("", self._side(one.debtor))
            and creditor_side in ("", self._side(one.creditor))
        ]

    def _side(self, number: int) -> str:
        return str(self._firms[number].side)

    def _all_settled(self, cycle_id: str) -> list[Any]:
        if cycle_id not in self._settled:
            self._settled[cycle_id] = settled_obligations(self.unit, cycle_id)
        return self._settled[cycle_id]

    @cached_property
    def _settled(self) -> dict[str, list[Any]]:
        return {}

    # ---- written -----------------------------------------------------------------------------

    def transparency(self, at: str, files: Sequence[Mapping[str, str]]) -> bytes:
        """Return the transparency file that goes with payment files.

        Raises:
            Conflict: Something is missing.
        """
        house, body = self.house, self.body
        payments = [self._payment(said) for said in body["payments"]]
        payments += [self._border(said) for said in body["border"]]
        rows = [row for one in payments for row in one["obligations"]]
        told = self._told({row.number: row for row in rows})
        for one in payments:
            one["obligations"] = [told[row.number] for row in one["obligations"]]
        head = {
            "house": house.id, "house_name": house.name, "demonstration": house.kind == "demo",
            "cycle": body["cycle"], "side": body["side"], "currency": body["currency"],
            "at": f"{at[:19]}Z", "payment_files": list(files),
        }  # fmt: skip
        return transparency(head, payments)

    def _payment(self, said: Mapping[str, Any]) -> dict[str, Any]:
        row = self.row(said)
        payee, account = self.payee(said)
        return {
            "end_to_end": said["end_to_end"], "purpose": said["purpose"],
            "amount": self._amount(said["amount_minor"], row.currency),
            "currency": row.currency, "cycle": row.cycle, "verdict": row.verdict_id,
            "payee": {
                "id": said.get("participant"), "name": payee.name, "account": account.number,
                "country": self._country(said.get("participant")),
            },
            "obligations": self._obligations(said),
        }  # fmt: skip

    def _border(self, said: Mapping[str, Any]) -> dict[str, Any]:
        (row,) = find_all(self.unit, border_payment, id=said["border_payment"])
        planned = [] if row.cycle is None else find_all(self.unit, cycle, id=row.cycle)
        rows = self._across(row.cycle, row.debtor_side, row.creditor_side) if planned else []
        return {
            "end_to_end": row.reference, "purpose": BORDER if rows else EXCHANGE,
            "amount": self._amount(row.debtor_minor, row.debtor_currency),
            "currency": row.debtor_currency, "cycle": row.cycle,
            "payee": {"side": row.creditor_side or "hub", "currency": row.creditor_currency,
                      "amount": self._amount(row.creditor_minor, row.creditor_currency)},
            "obligations": rows,
        }  # fmt: skip

    def _told(self, rows: Mapping[int, Any]) -> dict[int, dict[str, Any]]:
        """What is said of each obligation."""
        numbers = sorted(rows)
        goods, filed = goods_of(self.unit, numbers), invoices_of(self.unit, numbers)
        return {number: self._obligation(rows[number], goods, filed) for number in numbers}

    def _obligation(
        self, row: Any, goods: Mapping[int, Mapping[str, Any]], filed: Mapping[int, str]
    ) -> dict[str, Any]:
        return {
            "obligation": row.number, "currency": row.currency, "verdict": row.verdict_id,
            "gross": self._amount(row.amount_minor, row.currency),
            "set_off": self._amount(row.set_off_minor, row.currency),
            "paid": self._amount(row.settled_minor, row.currency),
            "debtor": self._end(row.debtor), "creditor": self._end(row.creditor),
            "invoice": row.document or filed.get(row.number, ""),
            "goods": dict(goods.get(row.number, {})),
        }  # fmt: skip

    def _end(self, number: int) -> dict[str, str]:
        firm = self._firms[number].id
        return {"id": firm, "name": self._names.get(firm, ""), "country": self._country(firm)}

    @cached_property
    def _sides(self) -> dict[str, str]:
        return {firm.id: firm.side for firm in self._firms.values()}

    def _country(self, firm: str | None) -> str:
        """Return the country of a firm: that of its address, or else of its side."""
        if firm is None:
            return ""
        side = self.house.rules.side(self._sides[firm])
        where = self._addresses.get(firm, NOWHERE).country
        return where or ("" if side is None else side.jurisdiction)

    @staticmethod
    def _amount(minor: int, currency: str) -> str:
        return format_minor(minor, exponents()[currency])
