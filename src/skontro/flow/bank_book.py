# SPDX-License-Identifier: Apache-2.0
"""What the house called and let go, as the matcher needs it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from skontro.house.bank_lines import Line
from skontro.house.reconciliation import BORDER_IN, BORDER_OUT, PAY_IN, PAY_OUT, Expected
from skontro.store.database import Unit
from skontro.store.register import current_records
from skontro.store.rows import find_all
from skontro.store.schema import border_payment, participant, pay_in, pay_out, register
from skontro.store.settlement import chunks

if TYPE_CHECKING:
    from skontro.flow.house import House

LET_GO = ("released", "paid", "returned")


def load_book(house: House, unit: Unit, lines: Iterable[Line]) -> list[Expected]:
    """Return every payment that some lines may be of.

    Open pay-ins, pay-outs on their way and border money, and those earlier pay-outs whose ids the
    lines name.

    Args:
        house: The house.
        unit: A unit of work or a reading.
        lines: The lines.
    """
    firms = {row.number: row for row in find_all(unit, participant)}
    names, accounts = _said(unit, "name"), _said(unit, "account")
    found = list[Expected]()
    for row in find_all(unit, pay_in, order=["id"], state=["called", "arrived", "missed"]):
        firm = firms[row.participant]
        found.append(
            Expected(PAY_IN, row.id, (firm.side, row.currency), row.due_minor, row.reference,
                     names.get(firm.id, ()), accounts.get(firm.id, ()))
        )  # fmt: skip
    outs = {row.id: row for row in find_all(unit, pay_out, order=["id"], state="released")}
    named = sorted({one.end_to_end for line in lines for one in line.entry.details
                    if one.end_to_end})  # fmt: skip
    for part in chunks(named):
        outs |= {row.id: row for row in find_all(unit, pay_out, end_to_end=list(part))}
    records = _records(unit, outs.values())
    for row in outs.values():
        paid_to = records.get(row.account, "").partition(" ")[0]
        firm_id = firms[row.participant].id if row.participant is not None else ""
        called, _, number = records.get(row.payee, "").partition("\n")
        found.append(
            Expected(PAY_OUT, row.id, (row.side, row.currency), row.amount_minor, row.end_to_end,
                     names.get(firm_id, ()) if firm_id else tuple(filter(None, [called])),
                     tuple(filter(None, [paid_to, number])), row.state in ("released", "paid"))
        )  # fmt: skip
    for row in find_all(unit, border_payment, order=["id"],
                        state=["released", "arrived", "returned"]):
        found.append(Expected(BORDER_IN, row.id, (row.creditor_side, row.creditor_currency),
                              row.creditor_minor, row.reference))  # fmt: skip
        found.append(Expected(BORDER_OUT, row.id, (row.debtor_side, row.debtor_currency),
                              row.debtor_minor, row.reference))  # fmt: skip
    return found


def _said(unit: Unit, what: str) -> dict[str, tuple[str, ...]]:
    """Return names or numbers of accounts of each participant."""
    return {
        firm: tuple(text.partition(" ")[0] if what == "account" else text for _, text in said)
        for firm, said in current_records(unit, "participant", what).items()
    }


def _records(unit: Unit, outs: Iterable[Any]) -> dict[int | None, str]:
    """Return what the register says of those who are paid and where."""
    wanted = sorted({one for row in outs for one in (row.account, row.payee) if one})
    found = dict[int | None, str]()
    for part in chunks(wanted):
        found |= {row.id: row.content or "" for row in find_all(unit, register, id=list(part))}
    return found
