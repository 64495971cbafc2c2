# SPDX-License-Identifier: Apache-2.0
"""Border money between accounts in a payment system: ISO 20022 pacs.009.001.08."""

from __future__ import annotations

from io import BytesIO

from skontro.house.identifiers import BankAccount
from skontro.messages.orders import OrderFile, PaymentOrder, transfer_reference
from skontro.messages.schema_check import check_schema
from skontro.messages.xml_writing import Xml, add_account, message

PACS009 = "pacs.009.001.08"


def pacs009(file: OrderFile, system: str, sender: str) -> bytes:
    """Return transfers between banks as a message, checked against the schema.

    Args:
        file: What is to leave; each payee's account names its bank.
        system: Code of the payment system (ISO 20022), e.g. ``TGT``.
        sender: BIC of the side whose account pays.

    Raises:
        InvariantViolation: It would not be valid; nothing is written.
    """
    into = BytesIO()
    with message(into, PACS009, is_demonstration=file.is_demonstration) as xml, (
        xml.element("FICdtTrf")
    ):
        xml.put(_header(xml, file, system))
        for order in file.orders:
            xml.put(_transfer(xml, file, sender, order))
    data = into.getvalue()
    check_schema(data, PACS009)
    return data


def _header(xml: Xml, file: OrderFile, system: str) -> object:
    head = xml.new("GrpHdr")
    xml.leaf(head, "MsgId", file.message_id)
    xml.leaf(head, "CreDtTm", file.created_at)
    xml.leaf(head, "NbOfTxs", str(len(file.orders)))
    xml.leaf(head, "CtrlSum", file.amount(file.total_minor))
    settled = xml.leaf(head, "SttlmInf")
    xml.leaf(settled, "SttlmMtd", "CLRG")
    xml.leaf(xml.leaf(settled, "ClrSys"), "Cd", system)
    return head


def _transfer(xml: Xml, file: OrderFile, sender: str, order: PaymentOrder) -> object:
    made = xml.new("CdtTrfTxInf")
    identity = xml.leaf(made, "PmtId")
    xml.leaf(identity, "InstrId", order.end_to_end)
    xml.leaf(identity, "EndToEndId", order.end_to_end)
    xml.leaf(identity, "UETR", transfer_reference(file.message_id, order.end_to_end))
    amount = xml.leaf(made, "IntrBkSttlmAmt", file.amount(order.amount_minor))
    amount.set("Ccy", file.currency)
    xml.leaf(made, "IntrBkSttlmDt", file.day)
    _add_bank(xml, made, "InstgAgt", BankAccount(bic=sender))
    _add_bank(xml, made, "InstdAgt", order.account)
    _add_bank(xml, made, "Dbtr", BankAccount(bic=sender), file.payer.name)
    add_account(xml, made, "DbtrAcct", file.account, file.currency)
    _add_bank(xml, made, "Cdtr", order.account, order.payee.name)
    add_account(xml, made, "CdtrAcct", order.account)
    if order.remittance:
        xml.leaf(xml.leaf(made, "RmtInf"), "Ustrd", order.remittance)
    return made


def _add_bank(xml: Xml, parent: object, name: str, account: BankAccount, who: str = "") -> None:
    made = xml.leaf(xml.leaf(parent, name), "FinInstnId")
    xml.leaf(made, "BICFI", account.bic)
    if who:
        xml.leaf(made, "Nm", who)
