# SPDX-License-Identifier: Apache-2.0
"""Bank files written as banks write them: statements, notices, answers, returns, of any version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from xml.sax.saxutils import escape

from skontro.core.money import exponent, format_minor

URN = "urn:iso:std:iso:20022:tech:xsd:"
MESSAGES = {"camt.052": ("BkToCstmrAcctRpt", "Rpt"), "camt.053": ("BkToCstmrStmt", "Stmt"),
            "camt.054": ("BkToCstmrDbtCdtNtfctn", "Ntfctn")}  # fmt: skip


@dataclass(frozen=True)
class Paid:
    """One payment of an entry."""

    amount: int = 0
    end_to_end: str = ""
    reference: str = ""
    text: str = ""
    name: str = ""
    account: str = ""
    reason: str = ""
    bank_reference: str = ""


@dataclass(frozen=True)
class Booked:
    """An entry; above nought where it came."""

    amount: int
    day: str
    ref: str = ""
    paid: tuple[Paid, ...] = ()
    state: str = "BOOK"
    batch: str = ""
    count: int = 0
    entry_ref: str = ""
    reversal: bool = False
    text: str = ""
    code: tuple[str, str, str] | None = None


@dataclass(frozen=True)
class Sheet:
    """A statement, report or notice."""

    account: str
    currency: str
    id: str
    day: str
    entries: tuple[Booked, ...] = ()
    opening: int | None = None
    number: int | None = None
    kind: str = "camt.053"
    version: str = "08"
    created: str = ""
    page: int = 0
    last: bool = True
    closing: int | None = field(default=None)
    copy: bool = False

    def bytes(self) -> bytes:
        return write_sheets([self])


def tag(name: str, inside: str | None, attributes: str = "") -> str:
    return f"<{name}{attributes}>{inside}</{name}>" if inside else ""


def text(name: str, value: Any) -> str:
    return tag(name, escape(str(value)) if value not in ("", None) else None)


def amount(value: int, currency: str, name: str = "Amt") -> str:
    said = format_minor(abs(value), exponent(currency))
    return f'<{name} Ccy="{currency}">{said}</{name}><CdtDbtInd>{_mark(value)}</CdtDbtInd>'


def _mark(value: int) -> str:
    return "DBIT" if value < 0 else "CRDT"


def write_sheets(sheets: Sequence[Sheet], message: str = "") -> bytes:
    """Write some statements of one kind and version as one message."""
    first = sheets[0]
    outer, _ = MESSAGES[first.kind]
    created = first.created or f"{first.day}T22:00:00Z"
    head = tag("GrpHdr", text("MsgId", message or f"M-{first.id}") + text("CreDtTm", created))
    body = "".join(_sheet(one) for one in sheets)
    said = tag(outer, head + body)
    return (f'<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="{URN}{first.kind}.001.'
            f'{first.version}">{said}</Document>\n').encode()  # fmt: skip


def _sheet(one: Sheet) -> str:
    holder = MESSAGES[one.kind][1]
    ident = tag("Id", text("IBAN", one.account) if one.account[:2].isalpha()
                else tag("Othr", text("Id", one.account)))  # fmt: skip
    inside = text("Id", one.id)
    if one.page:
        inside += tag(f"{holder}Pgntn", text("PgNb", one.page) + text("LastPgInd",
                                                                     str(one.last).lower()))
    inside += text("ElctrncSeqNb", one.number)
    inside += text("CreDtTm", one.created or f"{one.day}T22:00:00Z")
    inside += text("CpyDplctInd", "DUPL" if one.copy else "")
    inside += tag("Acct", ident + text("Ccy", one.currency))
    closing = one.closing
    if one.opening is not None:
        if one.page in (0, 1):
            inside += _balance("OPBD", one.opening, one)
        if closing is None and one.last:
            closing = one.opening + sum(e.amount for e in one.entries if e.state == "BOOK")
    if closing is not None:
        inside += _balance("CLBD", closing, one)
    return tag(holder, inside + "".join(_entry(e, one) for e in one.entries))


def _balance(kind: str, value: int, one: Sheet) -> str:
    return tag("Bal", tag("Tp", tag("CdOrPrtry", text("Cd", kind)))
               + amount(value, one.currency) + tag("Dt", text("Dt", one.day)))  # fmt: skip


def _entry(e: Booked, one: Sheet) -> str:
    old = one.version in ("02", "03", "04", "05", "06")
    inside = text("NtryRef", e.entry_ref) + amount(e.amount, one.currency)
    inside += text("RvslInd", "true" if e.reversal else "")
    inside += text("Sts", e.state) if old else tag("Sts", text("Cd", e.state))
    inside += tag("BookgDt", text("Dt", e.day)) + tag("ValDt", text("Dt", e.day))
    inside += text("AcctSvcrRef", e.ref)
    if e.code is None:
        inside += tag("BkTxCd", tag("Prtry", text("Cd", "TRF")))
    else:
        domain, family, detail = e.code
        inside += tag("BkTxCd", tag("Domn", text("Cd", domain) + tag(
            "Fmly", text("Cd", family) + text("SubFmlyCd", detail)
        )))
    details = ""
    if e.batch or e.count:
        details += tag("Btch", text("PmtInfId", e.batch) + text("NbOfTxs", e.count or ""))
    details += "".join(_paid(p, e, one, old) for p in e.paid)
    return tag("Ntry", inside + tag("NtryDtls", details) + text("AddtlNtryInf", e.text))


def _paid(p: Paid, e: Booked, one: Sheet, old: bool) -> str:
    inside = tag("Refs", text("AcctSvcrRef", p.bank_reference) + text("EndToEndId", p.end_to_end))
    sign = 1 if e.amount > 0 else -1
    if p.amount and old:
        said = format_minor(p.amount, exponent(one.currency))
        inside += tag("AmtDtls", tag("TxAmt", f'<Amt Ccy="{one.currency}">{said}</Amt>'))
    elif p.amount:
        inside += amount(sign * p.amount, one.currency)
    role = "Dbtr" if e.amount > 0 else "Cdtr"
    inside_party = text("Nm", p.name) if old else tag("Pty", text("Nm", p.name))
    account = tag("Id", text("IBAN", p.account) if p.account[:2].isalpha()
                  else tag("Othr", text("Id", p.account)))  # fmt: skip
    inside += tag("RltdPties", tag(role, inside_party) + tag(f"{role}Acct", account))
    remittance = text("Ustrd", p.text)
    remittance += tag("Strd", tag("CdtrRefInf", text("Ref", p.reference)))
    inside += tag("RmtInf", remittance)
    inside += tag("RtrInf", tag("Rsn", text("Cd", p.reason)))
    return tag("TxDtls", inside)


def write_status(
    message: str, statuses: Sequence[tuple[str, str, str]], *, created: str = "2026-01-05T10:00:00Z"
) -> bytes:
    """Write a pain.002: end-to-end id, status and reason of each payment."""
    rows = "".join(
        tag("TxInfAndSts", text("OrgnlEndToEndId", name) + text("TxSts", status)
            + tag("StsRsnInf", tag("Rsn", text("Cd", reason))))
        for name, status, reason in statuses
    )  # fmt: skip
    said = tag("GrpHdr", text("MsgId", message) + text("CreDtTm", created))
    said += tag("OrgnlGrpInfAndSts", text("OrgnlMsgId", "O-1") + text("OrgnlMsgNmId", "pain.001"))
    said += tag("OrgnlPmtInfAndSts", text("OrgnlPmtInfId", "P-1") + rows)
    return (f'<Document xmlns="{URN}pain.002.001.10">{tag("CstmrPmtStsRpt", said)}'
            "</Document>").encode()  # fmt: skip


def write_return(message: str, end_to_end: str, minor: int, currency: str, day: str,
                 reason: str = "AC04") -> bytes:  # fmt: skip
    """Write a pacs.004 of one payment."""
    said = format_minor(minor, exponent(currency))
    row = text("RtrId", f"R-{message}") + text("OrgnlEndToEndId", end_to_end)
    row += f'<RtrdIntrBkSttlmAmt Ccy="{currency}">{said}</RtrdIntrBkSttlmAmt>'
    row += text("IntrBkSttlmDt", day) + tag("RtrRsnInf", tag("Rsn", text("Cd", reason)))
    head = tag("GrpHdr", text("MsgId", message) + text("CreDtTm", f"{day}T10:00:00Z"))
    return (f'<Document xmlns="{URN}pacs.004.001.09">{tag("PmtRtr", head + tag("TxInf", row))}'
            "</Document>").encode()  # fmt: skip


def paged(sheet: Sheet, cuts: Sequence[int]) -> list[Sheet]:
    """Divide a statement into pages."""
    bounds = [0, *cuts, len(sheet.entries)]
    opening = sheet.opening or 0
    closing = opening + sum(e.amount for e in sheet.entries if e.state == "BOOK")
    many = len(bounds) - 1
    return [
        replace(sheet, page=n, last=n == many, entries=sheet.entries[bounds[n - 1] : bounds[n]],
                opening=opening if n == 1 else None, closing=closing if n == many else None)
        for n in range(1, many + 1)
    ]  # fmt: skip
