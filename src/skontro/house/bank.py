# SPDX-License-Identifier: Apache-2.0
"""What banks say, as plain values: statements with their entries, status reports, returns.

Whatever version and syntax it came in, it reads the same here. Amounts are minor units of the
account's currency, above nought where money came and below where it went; days are
``2026-01-31``; what a bank did not say is empty.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from skontro.core.digest import canonical_json

BOOKED, PENDING = "BOOK", "PDNG"
REJECTED = "RJCT"
OPENING, CLOSING = ("OPBD", "PRCD"), ("CLBD",)
"""Kinds of balances that begin and end a statement, the better one first."""


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody at the other end, by the bank's word.

    Attributes:
        name: Its name.
        account: IBAN or national number.
        bank: BIC of its bank.
    """

    name: str = ""
    account: str = ""
    bank: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a payment was rejected or returned.

    Attributes:
        code: ISO code such as ``AC04``, or the bank's own.
        text: What the bank adds.
    """

    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class BankDetail:
    """One payment within an entry.

    Attributes:
        amount_minor: How much of the entry; nought where the bank does not say.
        end_to_end: Id that went with it from payer to payee.
        reference: Structured reference of the payee, e.g. ISO 11649; several with spaces between.
        text: What the payer wrote.
        debtor: Who paid.
        creditor: Who was paid.
        behind_debtor: For whom the debtor paid, if the bank says.
        behind_creditor: For whom the creditor was paid.
        bank_reference: The bank's id of it.
        message: Id of the order it was part of.
        batch: Id of the group of payments it was ordered in.
        payment: Id of the payment between banks, or its UETR.
        reason: Why it came back, if it did.
    """

    amount_minor: int = 0
    end_to_end: str = ""
    reference: str = ""
    text: str = ""
    debtor: Party = Party()
    creditor: Party = Party()
    behind_debtor: Party = Party()
    behind_creditor: Party = Party()
    bank_reference: str = ""
    message: str = ""
    batch: str = ""
    payment: str = ""
    reason: Reason = Reason()


@dataclass(frozen=True, slots=True)
class BankEntry:
    """One line of an account.

    Attributes:
        amount_minor: How much; below nought where it went.
        currency: In which currency.
        state: ``BOOK``, ``PDNG`` or another word of the bank.
        booking_day: When it was booked.
        value_day: From when it counts for interest.
        bank_reference: The bank's id of it.
        entry_reference: Its reference in this statement.
        is_reversal: Whether it undoes an earlier one.
        code: What kind of line it is, ``PMNT/ICDT/ESCT`` or the bank's own code.
        batch: Id of the group of payments booked in one sum.
        payments: How many payments it holds by the bank's count; nought if it does not count.
        details: The payments in it, as far as they are told.
        text: What the bank adds.
    """

    amount_minor: int
    currency: str
    state: str = BOOKED
    booking_day: str = ""
    value_day: str = ""
    bank_reference: str = ""
    entry_reference: str = ""
    is_reversal: bool = False
    code: str = ""
    batch: str = ""
    payments: int = 0
    details: tuple[BankDetail, ...] = ()
    text: str = ""

    @property
    def day(self) -> str:
        """When it was booked, else its value day."""
        return self.booking_day or self.value_day


@dataclass(frozen=True, slots=True)
class Balance:
    """What stood on an account.

    Attributes:
        kind: ``OPBD``, ``CLBD``, ``PRCD``, ``ITBD`` and so on.
        amount_minor: How much.
        currency: In which currency.
        day: On which day.
    """

    kind: str
    amount_minor: int
    currency: str
    day: str


@dataclass(frozen=True, slots=True)
class BankStatement:
    """A statement (camt.053), a report during the day (camt.052) or notices (camt.054).

    Attributes:
        kind: ``camt.053`` and so on, without its version.
        id: The bank's id of it.
        account: Which account, IBAN or national number.
        currency: Of the account; empty where neither account nor entries say.
        number: Its number, electronic or else legal; empty if it has none.
        page: Which page of it, from 1.
        is_last: Whether no page follows.
        created_at: When the bank wrote it.
        from_day: First day it covers.
        to_day: Last day it covers.
        is_copy: Whether the bank says it is a copy or a duplicate.
        balances: What stood on the account.
        entries: The lines, in the bank's order.
    """

    kind: str
    id: str
    account: str
    currency: str = ""
    number: str = ""
    page: int = 1
    is_last: bool = True
    created_at: str = ""
    from_day: str = ""
    to_day: str = ""
    is_copy: bool = False
    balances: tuple[Balance, ...] = ()
    entries: tuple[BankEntry, ...] = ()

    def balance(self, kinds: tuple[str, ...]) -> Balance | None:
        """Return the first balance of the first of some kinds that is there."""
        for kind in kinds:
            for one in self.balances:
                if one.kind == kind:
                    return one
        return None

    @property
    def day(self) -> str:
        """The day it ends with: of its closing balance, its period, its lines or its writing."""
        closing = self.balance(CLOSING)
        last = max((one.day for one in self.entries), default="")
        return (closing.day if closing else "") or self.to_day or last or self.created_at[:10]

    def digest(self) -> str:
        """Digest of what it says; when it was written, and whether as a copy, does not count."""
        said = [
            self.kind, self.id, self.account, self.currency, self.number, self.page, self.is_last,
            self.from_day, self.to_day,
            [[one.kind, one.amount_minor, one.currency, one.day] for one in self.balances],
            [entry_row(one) for one in self.entries],
        ]  # fmt: skip
        return hashlib.sha256(canonical_json(said)).hexdigest()


@dataclass(frozen=True, slots=True)
class PaymentStatus:
    """What a bank says of a payment, a group of them or a whole order.

    Attributes:
        status: ``RJCT``, ``ACCP``, ``ACSC`` and so on.
        end_to_end: Which payment; empty where it is said of all in the group or the order.
        batch: Which group of payments of the order.
        message: Which order.
        payment: Id of the payment between banks, or its UETR.
        bank_reference: The bank's id of it.
        reasons: Why.
    """

    status: str
    end_to_end: str = ""
    batch: str = ""
    message: str = ""
    payment: str = ""
    bank_reference: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class StatusReport:
    """A bank's answer to orders (pain.002, pacs.002).

    Attributes:
        kind: ``pain.002`` or ``pacs.002``.
        id: The bank's id of it.
        created_at: When the bank wrote it.
        statuses: What it says, from the whole order down to each payment.
    """

    kind: str
    id: str
    created_at: str = ""
    statuses: tuple[PaymentStatus, ...] = ()


@dataclass(frozen=True, slots=True)
class ReturnedPayment:
    """A payment that comes back (pacs.004).

    Attributes:
        id: The bank's id of the return.
        amount_minor: How much comes back.
        currency: In which currency.
        day: When it is settled between the banks.
        end_to_end: Id that went with the payment.
        message: Id of the order, as far as it is told.
        payment: Id of the payment between banks, or its UETR.
        debtor: Who had paid.
        creditor: Who was to be paid.
        reasons: Why.
    """

    id: str
    amount_minor: int
    currency: str
    day: str = ""
    end_to_end: str = ""
    message: str = ""
    payment: str = ""
    debtor: Party = Party()
    creditor: Party = Party()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class BankFile:
    """Everything one file of a bank says.

    Attributes:
        kind: Message and version, e.g. ``camt.053.001.08``.
        id: The bank's id of the message.
        statements: Statements, reports or notices.
        reports: Answers to orders.
        returns: Payments that come back.
    """

    kind: str
    id: str
    statements: tuple[BankStatement, ...] = ()
    reports: tuple[StatusReport, ...] = ()
    returns: tuple[ReturnedPayment, ...] = ()


def entry_row(entry: BankEntry) -> list[Any]:
    """Return an entry as plain values, in order: to be hashed, compared and written down."""
    return [
        entry.amount_minor, entry.currency, entry.state, entry.booking_day, entry.value_day,
        entry.bank_reference, entry.entry_reference, entry.is_reversal, entry.code, entry.batch,
        entry.payments, [_detail_row(one) for one in entry.details], entry.text,
    ]  # fmt: skip


def entry_of_row(row: list[Any]) -> BankEntry:
    """Return an entry from what :func:`entry_row` gave.

    Example:
        >>> entry = BankEntry(5, "EUR", details=(BankDetail(5, reason=Reason("AC04")),))
        >>> entry_of_row(entry_row(entry)) == entry
        True
    """
    values = [*row[:11], tuple(_detail_of_row(one) for one in row[11]), row[12]]
    return BankEntry(*values)


def _detail_row(one: BankDetail) -> list[Any]:
    parties = [one.debtor, one.creditor, one.behind_debtor, one.behind_creditor]
    return [
        one.amount_minor, one.end_to_end, one.reference, one.text,
        *([party.name, party.account, party.bank] for party in parties),
        one.bank_reference, one.message, one.batch, one.payment,
        [one.reason.code, one.reason.text],
    ]  # fmt: skip


def _detail_of_row(row: list[Any]) -> BankDetail:
    values = [*row[:4], *(Party(*one) for one in row[4:8]), *row[8:12], Reason(*row[12])]
    return BankDetail(*values)
