# SPDX-License-Identifier: Apache-2.0
"""Answers to orders: pain.002 from one's own bank, pacs.002 between banks."""

from __future__ import annotations

from skontro.house.bank import BankFile, PaymentStatus, StatusReport
from skontro.messages.bank_files.values import Values
from skontro.messages.xml_reading import Element

_GROUP, _BATCH, _PAYMENT = "OrgnlGrpInfAndSts", "OrgnlPmtInfAndSts", "TxInfAndSts"


class Statuses:
    """Reads what became of orders.

    Args:
        values: Reads the elements of the message.
    """

    places: tuple[tuple[str, ...], ...] = (
        ("GrpHdr",), (_GROUP,), (_BATCH,), (_BATCH, _PAYMENT), (_PAYMENT,),
    )  # fmt: skip

    def __init__(self, values: Values) -> None:
        self._read = values
        self._id = ""
        self._created = ""
        self._message = ""
        self._batch: tuple[str, str] | None = None
        self._found = list[PaymentStatus]()
        self._inside = list[PaymentStatus]()

    def take(self, where: tuple[str, ...], element: Element) -> None:
        """Read a part of the message."""
        read = self._read
        if where == ("GrpHdr",):
            self._id = read.name(element, "MsgId")
            self._created = read.text(element, "CreDtTm")
        elif where == (_GROUP,):
            self._message = read.name(element, "OrgnlMsgId")
            status = read.text(element, "GrpSts")
            if status:
                self._found.append(
                    PaymentStatus(status, message=self._message,
                                  reasons=read.reasons(element, "StsRsnInf"))
                )  # fmt: skip
        elif where == (_BATCH, _PAYMENT):
            # the group's own status stands before its payments and is forgotten with the first
            batch = self._batch or self._begin_batch(element.getparent())
            self._inside.append(self._payment(element, batch[0]))
        elif where == (_BATCH,):
            self._batch or self._begin_batch(element)
            self._found += self._inside
            self._batch, self._inside = None, []
        elif where == (_PAYMENT,):
            self._found.append(self._payment(element, ""))

    def _begin_batch(self, element: Element) -> tuple[str, str]:
        read = self._read
        self._batch = (read.name(element, "OrgnlPmtInfId"), read.text(element, "PmtInfSts"))
        if self._batch[1]:
            self._found.append(
                PaymentStatus(self._batch[1], batch=self._batch[0], message=self._message,
                              reasons=read.reasons(element, "StsRsnInf"))
            )  # fmt: skip
        return self._batch

    def _payment(self, element: Element, batch: str) -> PaymentStatus:
        read = self._read
        return PaymentStatus(
            status=read.text(element, "TxSts"), end_to_end=read.name(element, "OrgnlEndToEndId"),
            batch=batch,
            message=read.name(element, "OrgnlGrpInf", "OrgnlMsgId") or self._message,
            payment=read.name(element, "OrgnlUETR") or read.name(element, "OrgnlTxId"),
            bank_reference=read.name(element, "AcctSvcrRef"),
            reasons=read.reasons(element, "StsRsnInf"),
        )  # fmt: skip

    def file(self, kind: str) -> BankFile:
        """Return all that was read."""
        report = StatusReport(kind[:8], self._id, self._created, tuple(self._found))
        return BankFile(kind, self._id, reports=(report,))
