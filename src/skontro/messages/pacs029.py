# SPDX-License-Identifier: Apache-2.0
"""Several movements settled at once in a payment system: ISO 20022 pacs.029.001.02.

The multilateral settlement request is what a clearing house sends a payment system: whom to debit
and whom to credit, all or nothing. Debits come to just as much as credits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from skontro.core.errors import Unbalanced, invariant
from skontro.core.money import exponents, format_minor
from skontro.house.identifiers import BankAccount
from skontro.messages.schema_check import check_schema
from skontro.messages.xml_writing import Xml, add_account, message

PACS029 = "pacs.029.001.02"


@dataclass(frozen=True, slots=True)
class Movement:
    """What one account in the system gives or gets.

    Attributes:
        amount_minor: Above nought it gets, below it gives; minor units.
        name: Who it is.
        bic: As whom it is known there.
        account: Its account.
        reference: What it is for.
    """

    amount_minor: int
    name: str
    bic: str
    account: BankAccount
    reference: str


@dataclass(frozen=True, slots=True)
class SettlementRequest:
    """Movements that are settled together.

    Attributes:
        message_id: Id of the file.
        created_at: When it was made, UTC.
        cycle: What is settled.
        system: Code of the payment system (ISO 20022).
        currency: In which currency.
        movements: Two or more.
        is_demonstration: Whether it is of a demonstration house.
    """

    message_id: str
    created_at: str
    cycle: str
    system: str
    currency: str
    movements: Sequence[Movement]
    is_demonstration: bool = False


def pacs029(request: SettlementRequest) -> bytes:
    """Return a settlement request as a message, checked against the schema.

    Raises:
        Unbalanced: Debits and credits are not the same.
        InvariantViolation: It would not be valid; nothing is written.
    """
    total = sum(one.amount_minor for one in request.movements if one.amount_minor > 0)
    invariant(
        sum(one.amount_minor for one in request.movements) == 0 < total,
        "debits and credits of a settlement request differ", error=Unbalanced,
    )  # fmt: skip
    into = BytesIO()
    decimals = exponents()[request.currency]
    with message(into, PACS029, is_demonstration=request.is_demonstration) as xml, (
        xml.element("MulSttlmReq")
    ):
        head = xml.new("GrpHdr")
        xml.leaf(head, "MsgId", request.message_id)
        xml.leaf(head, "CreDtTm", request.created_at)
        xml.leaf(head, "NbOfSttlmReqs", "1")
        xml.leaf(head, "CtrlSum", format_minor(total, decimals))
        settled = xml.leaf(head, "SttlmInf")
        xml.leaf(settled, "SttlmMtd", "CLRG")
        xml.leaf(xml.leaf(settled, "ClrSys"), "Cd", request.system)
        xml.put(head)
        with xml.element("SttlmReq"):
            xml.text("InstrId", f"{request.message_id}-1")
            xml.text("SttlmCycl", request.cycle)
            xml.text("NbOfMvmntRcrds", str(len(request.movements)))
            for number, one in enumerate(request.movements, 1):
                xml.put(_movement(xml, request, number, one, decimals))
    data = into.getvalue()
    check_schema(data, PACS029)
    return data


def _movement(
    xml: Xml, request: SettlementRequest, number: int, one: Movement, decimals: int
) -> object:
    made = xml.new("MvmntRcrd")
    xml.leaf(made, "Id", f"{request.message_id}-{number}")
    xml.leaf(made, "SeqNb", str(number))
    amount = xml.leaf(made, "Amt")
    said = xml.leaf(amount, "Amt", format_minor(abs(one.amount_minor), decimals))
    said.set("Ccy", request.currency)
    xml.leaf(amount, "CdtDbt", "CRDT" if one.amount_minor > 0 else "DBIT")
    party = xml.leaf(made, "Ptcpt")
    xml.leaf(party, "Nm", one.name)
    xml.leaf(xml.leaf(xml.leaf(party, "Id"), "OrgId"), "AnyBIC", one.bic)
    add_account(xml, made, "PtcptAcct", one.account)
    xml.leaf(made, "Ref", one.reference)
    return made
