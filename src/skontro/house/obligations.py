# SPDX-License-Identifier: Apache-2.0
"""What one party says of an obligation, and the digests that stand for it.

A digest is SHA-256 over lines of text: no value holds a line's end, so no two contents share one.
"""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from skontro.core.errors import Rejected
from skontro.core.money import LIMIT_MINOR, exponents
from skontro.core.participants import ID_REASONS, id_fault
from skontro.house.trade import NOTHING, TradeSaid

SAID_HEADING = b"skontro.registration/1\n"
CONTENT_HEADING = b"skontro.obligation/1\n"
SAID_WITH_TRADE = b"skontro.registration/2\n"
CONTENT_WITH_TRADE = b"skontro.obligation/2\n"


@dataclass(frozen=True)
class Registration:
    """What one party says of one obligation.

    Attributes:
        sender: Id of the party that says it, debtor or creditor; or of an agent that files for
            one of them alone.
        reference: Id the sender chose; saying the same again under it is harmless.
        debtor: Who owes.
        creditor: Who is owed.
        amount_minor: How much, minor units.
        currency: In which currency.
        due_date: By when, e.g. ``2026-01-31``; empty if not said.
        document: Number of the invoice; empty if not said.
        document_date: Its date; empty if not said.
        trade: What it is for, and with which papers; without it the gate holds it.
    """

    sender: str
    reference: str
    debtor: str
    creditor: str
    amount_minor: int
    currency: str
    due_date: str = ""
    document: str = ""
    document_date: str = ""
    trade: TradeSaid = NOTHING

    @property
    def body_digest(self) -> bytes:
        """Digest of all the sender says.

        Example:
            >>> said = Registration("B", "1", "A", "B", 5, "EUR")
            >>> said.body_digest.hex()[:8]
            '53ba9259'
        """
        return text_digest(
            SAID_WITH_TRADE if self.trade.is_said else SAID_HEADING,
            self.sender, self.reference, self.debtor, self.creditor, self.amount_minor,
            self.currency, self.due_date, self.document, self.document_date, *self.trade.digested,
        )  # fmt: skip

    def said_by(self, party: str) -> Registration:
        """Return the same, said by the party an agent files for."""
        return self if party == self.sender else replace(self, sender=party)

    def check(self) -> None:
        """Refuse what cannot be an obligation, whoever the parties are.

        Raises:
            Rejected: Naming the field and the reason.

        Example:
            >>> Registration("B", "1", "A", "A", 5, "EUR").check()
            Traceback (most recent call last):
            skontro.core.errors.Rejected: debtor and creditor are the same firm
        """
        for field in ("sender", "reference", "debtor", "creditor", "document"):
            text = getattr(self, field)
            fault = id_fault(text) if text or field != "document" else ""
            if fault:
                raise Rejected(f"{field}: {ID_REASONS[fault]}", code=fault)
        if self.debtor == self.creditor:
            raise Rejected("debtor and creditor are the same firm", code="SelfObligation")
        if not 0 < self.amount_minor < LIMIT_MINOR:
            raise Rejected(
                "an amount is above nought and below 2**62 minor units",
                code="AmountTooLarge" if self.amount_minor > 0 else "NonPositiveAmount",
            )
        if self.currency not in exponents():
            raise Rejected(f"{self.currency!r} is not a currency of ISO 4217",
                           code="UnknownCurrency")  # fmt: skip
        self.trade.check()
        for field in ("due_date", "document_date"):
            _check_day(field, getattr(self, field))


def _check_day(field: str, text: str) -> None:
    if not text:
        return
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:
        raise Rejected(f"{field}: {text!r} is not a date written YYYY-MM-DD", code="InvalidDate")


def text_digest(heading: bytes, *values: str | int | None) -> bytes:
    """Return the digest of values, each on a line of its own; None is an empty line.

    Args:
        heading: Of what, with a line's end.
        values: Texts without line ends, whole numbers.
    """
    lines = "\n".join(["" if value is None else str(value) for value in values])
    return hashlib.sha256(heading + lines.encode()).digest()


def content_digest(
    number: int,
    debtor: int,
    creditor: int,
    amount_minor: int,
    currency: str,
    due_day: int | None,
    document: str,
    document_day: int | None,
    trade: Sequence[str | int | None] = (),
) -> bytes:
    """Digest of what the gate judges of an obligation: parties, amount, dates, document, trade.

    Args:
        number: Of the obligation.
        debtor: Number of the firm.
        creditor: Number of the firm.
        amount_minor: As agreed, minor units.
        currency: ISO 4217.
        due_day: Days since 1970-01-01, if given.
        document: Number of the invoice, or empty.
        document_day: Its date, as ``due_day``.
        trade: What it is for, as :attr:`TradeSaid.digested` gives it; nothing if nothing is said.
    """
    return text_digest(
        CONTENT_WITH_TRADE if trade else CONTENT_HEADING, number, debtor, creditor, amount_minor,
        currency, due_day, document, document_day, *trade,
    )  # fmt: skip
