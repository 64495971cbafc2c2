# SPDX-License-Identifier: Apache-2.0
"""Payment orders to a bank: ISO 20022 pain.001.001.09, written as a stream.

One file is of one account and one day; payments of a kind stand together and are totalled. The
same payments give the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import IO

from skontro.messages.orders import OrderFile, PaymentOrder, transfer_reference
from skontro.messages.rails import PLAIN, Rail, fitted, rails, sent_address
from skontro.messages.schema_check import check_schema
from skontro.messages.xml_writing import (
    Xml,
    add_account,
    add_agent,
    add_party,
    has_bank,
    message,
)

PAIN001 = "pain.001.001.09"


def pain001(file: OrderFile, profile: str = PLAIN) -> bytes:
    """Return payment orders as a message, checked against the rail and the schema.

    Args:
        file: What is to leave.
        profile: The rail, see ``rails.toml``.

    Raises:
        Rejected: A payment breaks a rule of the rail; nothing is written.

    Example:
        >>> from skontro.house.identifiers import bank_account
        >>> from skontro.messages.orders import Party
        >>> account = bank_account(iban="NL91ABNA0417164300")
        >>> payee = bank_account(iban="DE89370400440532013000")
        >>> order = PaymentOrder("2026-01/A2/EUR/1", 2_000_000, Party("Aster Foods"), payee)
        >>> file = OrderFile("m-1", "2026-02-05T11:00:00Z", "2026-02-05", "Alder and Bakul",
        ...                  Party("Alder and Bakul"), account, "EUR", [order])
        >>> b'<InstdAmt Ccy="EUR">20000.00</InstdAmt>' in pain001(file)
        True
    """
    into = BytesIO()
    write_pain001(file, into, profile)
    data = into.getvalue()
    check_schema(data, PAIN001)
    return data


def write_pain001(file: OrderFile, into: IO[bytes], profile: str = PLAIN) -> None:
    """Write payment orders into a stream, checked against the rail; see :func:`pain001`."""
    file, rail = fitted(file, profile), rails()[profile]
    with message(into, PAIN001, is_demonstration=file.is_demonstration) as xml, (
        xml.element("CstmrCdtTrfInitn")
    ):
        xml.put(_header(xml, file))
        for number, (_, orders) in enumerate(file.groups(), 1):
            with xml.element("PmtInf"):
                _write_group(xml, file, rail, number, orders)


def _header(xml: Xml, file: OrderFile) -> object:
    head = xml.new("GrpHdr")
    xml.leaf(head, "MsgId", file.message_id)
    xml.leaf(head, "CreDtTm", file.created_at)
    xml.leaf(head, "NbOfTxs", str(len(file.orders)))
    xml.leaf(head, "CtrlSum", file.amount(file.total_minor))
    xml.leaf(xml.leaf(head, "InitgPty"), "Nm", file.house)
    return head


def _write_group(
    xml: Xml, file: OrderFile, rail: Rail, number: int, orders: Sequence[PaymentOrder]
) -> None:
    xml.text("PmtInfId", f"{file.message_id}-{number}")
    xml.text("PmtMtd", "TRF")
    xml.text("NbOfTxs", str(len(orders)))
    xml.text("CtrlSum", file.amount(sum(one.amount_minor for one in orders)))
    if rail.service:
        kind = xml.new("PmtTpInf")
        xml.leaf(xml.leaf(kind, "SvcLvl"), "Cd", rail.service)
        xml.put(kind)
    day = xml.new("ReqdExctnDt")
    xml.leaf(day, "Dt", file.day)
    xml.put(day)
    holder = xml.new("PmtInf")  # filled, and put child by child
    add_party(xml, holder, "Dbtr", file.payer, sent_address(file.payer, rail.name))
    add_account(xml, holder, "DbtrAcct", file.account, file.currency)
    add_agent(xml, holder, "DbtrAgt", file.account)
    for child in list(holder):
        xml.put(child)
    if rail.charges:
        xml.text("ChrgBr", rail.charges)
    for order in orders:
        xml.put(_payment(xml, file, rail, order))


def _payment(xml: Xml, file: OrderFile, rail: Rail, order: PaymentOrder) -> object:
    leaf, made = xml.leaf, xml.new("CdtTrfTxInf")
    identity = leaf(made, "PmtId")
    leaf(identity, "InstrId", order.end_to_end)
    leaf(identity, "EndToEndId", order.end_to_end)
    if rail.uetr:
        leaf(identity, "UETR", transfer_reference(file.message_id, order.end_to_end))
    amount = leaf(leaf(made, "Amt"), "InstdAmt", file.amount(order.amount_minor))
    amount.set("Ccy", file.currency)
    debtor, creditor = order.ultimate_debtor, order.ultimate_creditor
    if debtor is not None:
        add_party(xml, made, "UltmtDbtr", debtor, sent_address(debtor, rail.name))
    if has_bank(order.account):
        add_agent(xml, made, "CdtrAgt", order.account)
    add_party(xml, made, "Cdtr", order.payee, sent_address(order.payee, rail.name))
    add_account(xml, made, "CdtrAcct", order.account)
    if creditor is not None:
        add_party(xml, made, "UltmtCdtr", creditor, sent_address(creditor, rail.name))
    if order.remittance or order.reference:
        said = leaf(made, "RmtInf")
        if order.reference:
            info = leaf(leaf(said, "Strd"), "CdtrRefInf")
            leaf(leaf(leaf(info, "Tp"), "CdOrPrtry"), "Cd", "SCOR")
            leaf(info, "Ref", order.reference)
        else:
            leaf(said, "Ustrd", order.remittance)
    return made
