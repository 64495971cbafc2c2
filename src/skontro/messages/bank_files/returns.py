# SPDX-License-Identifier: Apache-2.0
"""Payments that come back: pacs.004."""

from __future__ import annotations

from skontro.house.bank import BankFile, ReturnedPayment
from skontro.messages.bank_files.values import Values
from skontro.messages.xml_reading import Element


class Returns:
    """Reads which payments come back.

    Args:
        values: Reads the elements of the message.
    """

    places: tuple[tuple[str, ...], ...] = (("GrpHdr",), ("TxInf",))

    def __init__(self, values: Values) -> None:
        self._read = values
        self._id = ""
        self._message = ""
        self._day = ""
        self._found = list[ReturnedPayment]()

    def take(self, where: tuple[str, ...], element: Element) -> None:
        """Read a part of the message."""
        read = self._read
        if where == ("GrpHdr",):
            self._id = read.name(element, "MsgId")
            self._day = read.day(element, "IntrBkSttlmDt")
        else:
            # what stands before the first payment is forgotten with it
            order = read.text(element.getparent(), "OrgnlGrpInf", "OrgnlMsgId")
            self._message = order or self._message
            self._found.append(self._returned(element))

    def _returned(self, element: Element) -> ReturnedPayment:
        read = self._read
        minor, currency = read.amount(read.first(element, "RtrdIntrBkSttlmAmt"), element)
        chain = read.first(element, "RtrChain")
        before = read.first(element, "OrgnlTxRef")
        debtor = read.party(read.first(before, "Dbtr"), read.first(before, "DbtrAcct"))
        creditor = read.party(read.first(before, "Cdtr"), read.first(before, "CdtrAcct"))
        if before is None:  # who returns it stands as the debtor of the chain
            debtor = read.party(read.first(chain, "Cdtr"), read.first(chain, "CdtrAcct"))
            creditor = read.party(read.first(chain, "Dbtr"), read.first(chain, "DbtrAcct"))
        return ReturnedPayment(
            id=read.name(element, "RtrId"), amount_minor=minor, currency=currency,
            day=read.day(element, "IntrBkSttlmDt") or self._day,
            end_to_end=read.name(element, "OrgnlEndToEndId"),
            message=read.name(element, "OrgnlGrpInf", "OrgnlMsgId") or self._message,
            payment=read.name(element, "OrgnlUETR") or read.name(element, "OrgnlTxId"),
            debtor=debtor, creditor=creditor, reasons=read.reasons(element, "RtrRsnInf"),
        )  # fmt: skip

    def file(self, kind: str) -> BankFile:
        """Return all that was read."""
        return BankFile(kind, self._id, returns=tuple(self._found))
