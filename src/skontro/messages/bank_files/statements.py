# SPDX-License-Identifier: Apache-2.0
"""Statements (camt.053), reports of the day (camt.052) and notices (camt.054)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from skontro.core.money import LIMIT_MINOR
from skontro.house.bank import Balance, BankDetail, BankEntry, BankFile, BankStatement, Reason
from skontro.messages.bank_files.values import Values
from skontro.messages.xml_reading import Element

_HOLDERS = {"Stmt": "camt.053", "Rpt": "camt.052", "Ntfctn": "camt.054"}
_NOT_PROVIDED = ("NOTPROVIDED", "NOT PROVIDED", "NOTPROVIDED.", "NONREF")


class Statements:
    """Reads what stands on accounts.

    Args:
        values: Reads the elements of the message.
    """

    places: tuple[tuple[str, ...], ...] = (("GrpHdr",), *(
        (holder, *("Ntry", "NtryDtls", "TxDtls")[:deep]) for holder in _HOLDERS for deep in range(4)
    ))  # fmt: skip

    def __init__(self, values: Values) -> None:
        self._read = values
        self._id = ""
        self._created = ""
        self._found = list[BankStatement]()
        self._head: BankStatement | None = None
        self._entries = list[BankEntry]()
        self._entry: BankEntry | None = None
        self._details = list[BankDetail]()
        self._group: dict[str, Any] = {}

    def take(self, where: tuple[str, ...], element: Element) -> None:
        """Read a part of the message."""
        if where == ("GrpHdr",):
            self._id = self._read.name(element, "MsgId")
            self._created = self._read.text(element, "CreDtTm")
        elif len(where) == 1:
            self._end_statement(element)
        elif where[1:] == ("Ntry",):
            self._end_entry(element)
        elif where[1:] == ("Ntry", "NtryDtls"):
            self._end_details(element)
        elif where[1:] == ("Ntry", "NtryDtls", "TxDtls"):
            self._begin(element.getparent().getparent().getparent())
            self._begin_entry(element.getparent().getparent())
            self._batch(element.getparent())  # forgotten with the first payment
            self._details.append(self._detail(element))

    def file(self, kind: str) -> BankFile:
        """Return all that was read."""
        return BankFile(kind, self._id, statements=tuple(self._found))

    # ---- statements --------------------------------------------------------------------------

    def _begin(self, holder: Element) -> None:
        """Read what stands before the entries, once."""
        if self._head is None:
            self._head = self._statement(holder)

    def _end_statement(self, element: Element) -> None:
        # where there was an entry, the head was read with it and has been forgotten
        head = self._head or self._statement(element)
        entries = tuple(self._entries)
        self._head, self._entries = None, []
        currencies = {one.currency for one in entries} | {one.currency for one in head.balances}
        currency = head.currency or (currencies.pop() if len(currencies) == 1 else "")
        for place, one in enumerate(entries, 1):
            if currency and one.currency != currency:
                raise self._currency(element, f"entry {place}", one.currency, currency)
        for balance in head.balances:
            if currency and balance.currency != currency:
                raise self._currency(element, f"balance {balance.kind}", balance.currency,
                                     currency)  # fmt: skip
        if len(currencies) > 1 or (entries and not currency):
            raise self._currency(element, "statement", " and ".join(sorted(currencies)), "one")
        if sum(abs(one.amount_minor) for one in entries) >= LIMIT_MINOR:
            raise self._read.refuse(element, "its lines add up to 2**62 minor units or more",
                                    code="AmountTooLarge")  # fmt: skip
        self._found.append(replace(head, currency=currency, entries=entries))

    def _currency(self, element: Element, what: str, found: str, wanted: str) -> Exception:
        return self._read.refuse(
            element, f"{what} is in {found}, and the account in {wanted}",
            code="CurrencyDiffers",
            next_step="ask the bank for a statement in the currency of the account; nothing of "
            "the file was taken",
        )  # fmt: skip

    def _statement(self, element: Element) -> BankStatement:
        read = self._read
        account = read.first(element, "Acct")
        number = read.account(account)
        if not number:
            raise read.refuse(element, "it does not say of which account it is",
                              code="NoAccount")  # fmt: skip
        local = element.tag.rpartition("}")[2]
        page = read.first(element, f"{local}Pgntn")
        span = read.first(element, "FrToDt")
        return BankStatement(
            kind=_HOLDERS[local], id=read.name(element, "Id"), account=number,
            currency=read.text(account, "Ccy"),
            number=read.name(element, "ElctrncSeqNb") or read.name(element, "LglSeqNb"),
            page=read.number(page, "PgNb") or 1,
            is_last=page is None or read.yes(page, "LastPgInd"),
            created_at=read.text(element, "CreDtTm") or self._created,
            from_day=read.day(span, "FrDtTm") or read.day(span, "FrDt"),
            to_day=read.day(span, "ToDtTm") or read.day(span, "ToDt"),
            is_copy=bool(read.text(element, "CpyDplctInd")),
            balances=tuple(self._balance(one) for one in read.all(element, "Bal")),
        )  # fmt: skip

    def _balance(self, element: Element) -> Balance:
        minor, currency = self._read.signed(element, self._read.first(element, "Amt"))
        kind = self._read.choice(element, "Tp", "CdOrPrtry") or self._read.choice(element, "Tp")
        return Balance(kind, minor, currency, self._read.day(element, "Dt"))

    # ---- entries -----------------------------------------------------------------------------

    def _begin_entry(self, element: Element) -> None:
        """Read what stands before the details, once."""
        if self._entry is None:
            self._entry = self._said(element)

    def _said(self, element: Element) -> BankEntry:
        read = self._read
        minor, currency = read.signed(element, read.first(element, "Amt"))
        return BankEntry(
            amount_minor=minor, currency=currency, state=read.choice(element, "Sts"),
            booking_day=read.day(element, "BookgDt"), value_day=read.day(element, "ValDt"),
            bank_reference=_known(read.name(element, "AcctSvcrRef")),
            entry_reference=_known(read.name(element, "NtryRef")),
            is_reversal=read.yes(element, "RvslInd"), code=self._code(element),
        )  # fmt: skip

    def _code(self, element: Element) -> str:
        read = self._read
        kind = read.first(element, "BkTxCd")
        domain = read.first(kind, "Domn")
        if domain is None:
            return read.text(kind, "Prtry", "Cd")
        family = read.first(domain, "Fmly")
        parts = (read.text(domain, "Cd"), read.text(family, "Cd"), read.text(family, "SubFmlyCd"))
        return "/".join(filter(None, parts))

    def _end_details(self, element: Element) -> None:
        """Read of a group what stands beside its payments."""
        self._begin(element.getparent().getparent())
        self._begin_entry(element.getparent())
        self._batch(element)

    def _batch(self, element: Element) -> None:
        batch = self._read.first(element, "Btch")
        if batch is not None:
            ident = self._read.name(batch, "PmtInfId") or self._read.name(batch, "MsgId")
            self._group.setdefault("batch", ident)
            count = self._read.number(batch, "NbOfTxs")
            self._group["payments"] = self._group.get("payments", 0) + count

    def _end_entry(self, element: Element) -> None:
        self._begin(element.getparent())
        self._begin_entry(element)
        entry, self._entry = self._entry, None
        details, self._details = tuple(self._details), []
        group, self._group = self._group, {}
        if entry is None:
            return
        if len(details) == 1 and not details[0].amount_minor:
            details = (replace(details[0], amount_minor=abs(entry.amount_minor)),)
        self._entries.append(
            replace(entry, details=details, text=self._read.text(element, "AddtlNtryInf"), **group)
        )

    def _detail(self, element: Element) -> BankDetail:
        read = self._read
        refs = read.first(element, "Refs")
        parties = read.first(element, "RltdPties")
        agents = read.first(element, "RltdAgts")
        reference, text = read.references(read.first(element, "RmtInf"))
        came_back = read.first(element, "RtrInf")
        reason = Reason()
        if came_back is not None:
            why = " ".join(read.text(one) for one in read.all(came_back, "AddtlInf"))
            reason = Reason(read.choice(came_back, "Rsn") or "MS03", why)
        return BankDetail(
            amount_minor=self._detail_amount(element),
            end_to_end=_known(read.name(refs, "EndToEndId")), reference=reference,
            text=text or read.text(element, "AddtlTxInf"),
            debtor=read.party(read.first(parties, "Dbtr"), read.first(parties, "DbtrAcct"),
                              read.first(agents, "DbtrAgt")),
            creditor=read.party(read.first(parties, "Cdtr"), read.first(parties, "CdtrAcct"),
                                read.first(agents, "CdtrAgt")),
            behind_debtor=read.party(read.first(parties, "UltmtDbtr"), None),
            behind_creditor=read.party(read.first(parties, "UltmtCdtr"), None),
            bank_reference=_known(read.name(refs, "AcctSvcrRef")),
            message=_known(read.name(refs, "MsgId")), batch=_known(read.name(refs, "PmtInfId")),
            payment=_known(read.name(refs, "UETR") or read.name(refs, "TxId")), reason=reason,
        )  # fmt: skip

    def _detail_amount(self, element: Element) -> int:
        """What a payment is of its entry, in the currency of the account; nought if not said."""
        read = self._read
        entry = self._entry
        amount = read.first(element, "Amt")
        if amount is None:
            amount = read.first(element, "AmtDtls", "TxAmt", "Amt")
        if amount is None or entry is None:
            return 0
        minor, currency = read.amount(amount, element)
        if currency != entry.currency:
            if read.first(element, "Amt") is not None:
                raise self._currency(element, "a payment of an entry", currency, entry.currency)
            return 0  # what was ordered, before it was exchanged
        return minor


def _known(text: str) -> str:
    """Return a reference, or nothing where the bank says that there is none."""
    return "" if text.upper() in _NOT_PROVIDED else text
