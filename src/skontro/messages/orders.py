# SPDX-License-Identifier: Apache-2.0
"""Payment orders as values: what pain.001, pacs.009 and pacs.029 are written from.

    OrderFile
    |- debtor: Payer           whose account pays, where, at which bank
    `- orders: PaymentOrder    payee, account, amount, and who stands behind it

Amounts are whole numbers of minor units. Nothing here asks the time or makes an id: what is
written from the same values is the same bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from skontro.core.money import exponents, format_minor
from skontro.house.addresses import PostalAddress
from skontro.house.identifiers import BankAccount

DEMONSTRATION = "DEMONSTRATION"
"""Stands in every file of a demonstration house."""

NO_ACCOUNT = BankAccount()
_PREFIX = 14


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody who pays or is paid.

    Attributes:
        name: Its name.
        address: Where it is, as far as known.
        lei: Legal entity identifier, or empty.
    """

    name: str
    address: PostalAddress = field(default_factory=PostalAddress)
    lei: str = ""


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """One payment.

    Attributes:
        end_to_end: The id it carries to the payee and back.
        amount_minor: How much, minor units.
        payee: Who is paid.
        account: On which account; :data:`NO_ACCOUNT` where it is not known.
        remittance: What the payee reads.
        reference: A creditor reference (ISO 11649), or empty.
        ultimate_debtor: Whose debt it pays, where one obligation stands behind it.
        ultimate_creditor: To whom that debt is owed.
        group: What kind of payment it is; payments of a kind stand together, with their total.
    """

    end_to_end: str
    amount_minor: int
    payee: Party
    account: BankAccount = NO_ACCOUNT
    remittance: str = ""
    reference: str = ""
    ultimate_debtor: Party | None = None
    ultimate_creditor: Party | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class OrderFile:
    """All that leaves one account at once.

    Attributes:
        message_id: Id of the file: the same for the same payments, see :func:`message_id`.
        created_at: When it was made, UTC, such as ``2026-02-05T11:00:00Z``.
        day: Day on which it is to be executed, ISO.
        house: Who sends it.
        payer: Holder of the account.
        account: The account that pays.
        currency: In which currency.
        orders: The payments, in their order.
        is_demonstration: Whether it is of a demonstration house.
    """

    message_id: str
    created_at: str
    day: str
    house: str
    payer: Party
    account: BankAccount
    currency: str
    orders: Sequence[PaymentOrder]
    is_demonstration: bool = False

    @property
    def total_minor(self) -> int:
        """What all payments come to, minor units."""
        return sum(order.amount_minor for order in self.orders)

    def groups(self) -> Iterator[tuple[str, list[PaymentOrder]]]:
        """Yield the payments kind by kind, each kind once, in the order they first come in."""
        found = dict[str, list[PaymentOrder]]()
        for order in self.orders:
            found.setdefault(order.group, []).append(order)
        yield from found.items()

    def amount(self, minor: int) -> str:
        """Return an amount of the file's currency as a message has it, e.g. ``20000.00``."""
        return format_minor(minor, exponents()[self.currency])


def message_id(house: str, what: str, payments: Iterable[str]) -> str:
    """Return the id of a file: of the payments in it and of nothing else.

    The same payments in a second file have the same id, and a bank refuses that file.

    Args:
        house: Id of the house.
        what: Kind of message.
        payments: End-to-end ids.

    Example:
        >>> message_id("alder-bakul", "pain.001", ["2026-01/A2/EUR/1"])
        'alder-bakul-674F4C46EDFB60BF'
    """
    text = "\n".join([house, what, *payments])
    digest = hashlib.sha256(text.encode()).hexdigest()[:16].upper()
    plain = "".join(mark for mark in house if mark.isascii() and (mark.isalnum() or mark == "-"))
    return f"{plain[:_PREFIX]}-{digest}"


def transfer_reference(message: str, end_to_end: str) -> str:
    """Return the UETR of a payment (RFC 4122, version 4 by form), the same for the same payment.

    Example:
        >>> transfer_reference("m", "e")[14]
        '4'
    """
    digits = list(hashlib.sha256(f"{message}\n{end_to_end}".encode()).hexdigest()[:32])
    digits[12], digits[16] = "4", "89ab"[int(digits[16], 16) % 4]
    text = "".join(digits)
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
