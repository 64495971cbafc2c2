# SPDX-License-Identifier: Apache-2.0
"""An e-invoice as the house reads it: what it says, whichever syntax it says it in.

Names of fields are those of the European standard EN 16931; its numbers stand in brackets. Sums
are whole minor units of the invoice's currency, days are ``YYYY-MM-DD``, what is not given is
empty.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import asdict, dataclass

from skontro.core.digest import canonical_json
from skontro.core.errors import Rejected
from skontro.core.money import LIMIT_MINOR, exponents

INVOICE, CREDIT_NOTE = "invoice", "credit_note"
"""What a document is to the house: a claim, or what lowers one."""

HS_LIST = "HS"
"""Name of the Harmonised System among the lists of classifications, UNTDID 7143."""

_NUMBER = re.compile(r"([+-]?)([0-9]*)(?:\.([0-9]*))?", re.A)


@dataclass(frozen=True, slots=True)
class PartyId:
    """An identifier and the scheme it is of: a code of ISO 6523 or of the list of endpoints."""

    scheme: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceParty:
    """Seller, buyer, payee or tax representative.

    Attributes:
        name: Its name (BT-27, BT-44).
        vat: VAT identifier (BT-31, BT-48).
        tax_number: Other tax number (BT-32).
        legal_id: In a register of firms (BT-30, BT-47).
        identifiers: Other identifiers (BT-29, BT-46).
        endpoint: Where it receives e-invoices (BT-34, BT-49).
        trading_name: Under which it trades (BT-28, BT-45).
        address: Lines of its address, city and post code.
        country: ISO 3166 alpha-2 (BT-40, BT-55).
    """

    name: str = ""
    vat: str = ""
    tax_number: str = ""
    legal_id: PartyId = PartyId()
    identifiers: tuple[PartyId, ...] = ()
    endpoint: PartyId = PartyId()
    trading_name: str = ""
    address: tuple[str, ...] = ()
    country: str = ""

    @property
    def is_named(self) -> bool:
        """Whether anything is said of it."""
        return self != InvoiceParty()


@dataclass(frozen=True, slots=True)
class TaxRate:
    """One row of the breakdown of tax (BG-23).

    Attributes:
        category: Code of UNTDID 5305, such as ``S`` or ``AE``.
        rate: In percent, as its shortest exact text; empty where none is given.
        net_minor: What it is taken of.
        tax_minor: The tax.
        reason: Why there is none, in words or as a code.
    """

    category: str
    rate: str
    net_minor: int
    tax_minor: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One line (BG-25).

    Attributes:
        id: Its number.
        name: What was sold.
        description: The same at length.
        quantity: How much, exact decimal text.
        unit: Code of the unit.
        price: Net price of one, exact decimal text.
        net_minor: What the line comes to without tax.
        category: Tax category.
        rate: Tax rate in percent.
        classifications: Codes, each with the list it is of.
        origin: Country of origin, ISO 3166 alpha-2.
    """

    id: str
    name: str
    description: str
    quantity: str
    unit: str
    price: str
    net_minor: int
    category: str
    rate: str
    classifications: tuple[PartyId, ...] = ()
    origin: str = ""

    @property
    def hs_code(self) -> str:
        """Its code of the Harmonised System, digits only; empty where there is none."""
        found = [one.value for one in self.classifications if one.scheme == HS_LIST]
        return re.sub(r"[ .]", "", found[0]) if found else ""


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums of a document (BG-22).

    Attributes:
        lines_minor: All lines (BT-106).
        allowances_minor: Taken off the whole (BT-107).
        charges_minor: Put on the whole (BT-108).
        net_minor: Without tax (BT-109).
        tax_minor: Tax (BT-110).
        gross_minor: With tax (BT-112).
        prepaid_minor: Paid before (BT-113).
        rounding_minor: Rounding of what is payable (BT-114).
        payable_minor: What is still to be paid (BT-115).
    """

    lines_minor: int
    allowances_minor: int
    charges_minor: int
    net_minor: int
    tax_minor: int
    gross_minor: int
    prepaid_minor: int
    rounding_minor: int
    payable_minor: int


@dataclass(frozen=True, slots=True)
class Payment:
    """How it is to be paid (BG-16).

    Attributes:
        means: Code of UNTDID 4461.
        reference: To give with the payment (BT-83).
        accounts: Accounts of the payee (BT-84), each with its bank's BIC (BT-86) where given.
        terms: Terms in words (BT-20).
    """

    means: str = ""
    reference: str = ""
    accounts: tuple[tuple[str, str], ...] = ()
    terms: str = ""


@dataclass(frozen=True, slots=True)
class EInvoice:
    """An e-invoice or a credit note.

    Attributes:
        kind: ``invoice`` or ``credit_note``.
        type_code: Code of UNTDID 1001 (BT-3).
        number: Its number (BT-1).
        issued: When (BT-2).
        due: By when it is to be paid (BT-9).
        currency: Of all sums (BT-5).
        tax_currency: In which tax is booked, where that is another (BT-6).
        customization: Which specification it follows (BT-24).
        process: Which business process (BT-23).
        seller: Who is owed (BG-4).
        buyer: Who owes (BG-7).
        payee: Who is paid, where that is not the seller (BG-10).
        representative: Of the seller for tax (BG-11).
        totals: Its sums.
        taxes: Its breakdown of tax.
        lines: Its lines.
        payment: How it is to be paid.
        preceding: Numbers of the invoices it refers to, each with its day (BG-3).
        order: Number of the order (BT-13).
        contract: Number of the contract (BT-12).
        buyer_reference: What the buyer asked to be named (BT-10).
        delivered: When (BT-72).
        delivered_to: Country (BT-80).
        period: First and last day it is for (BG-14).
        notes: Notes (BT-22).
    """

    kind: str
    type_code: str
    number: str
    issued: str
    due: str
    currency: str
    tax_currency: str
    customization: str
    process: str
    seller: InvoiceParty
    buyer: InvoiceParty
    payee: InvoiceParty
    representative: InvoiceParty
    totals: Totals
    taxes: tuple[TaxRate, ...]
    lines: tuple[InvoiceLine, ...]
    payment: Payment
    preceding: tuple[tuple[str, str], ...] = ()
    order: str = ""
    contract: str = ""
    buyer_reference: str = ""
    delivered: str = ""
    delivered_to: str = ""
    period: tuple[str, str] = ("", "")
    notes: tuple[str, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of all it says, hexadecimal: the same however it is written down."""
        return hashlib.sha256(b"skontro.e-invoice/1\n" + canonical_json(asdict(self))).hexdigest()

    @property
    def hs_codes(self) -> tuple[str, ...]:
        """The HS codes of its lines, each once, in order."""
        return tuple(sorted({line.hs_code for line in self.lines if line.hs_code}))


def minor_of(text: str, currency: str, field: str) -> int:
    """Return an amount of an e-invoice in minor units; it may be below nought.

    Raises:
        Rejected: It is no decimal, or not a whole number of minor units.

    Example:
        >>> minor_of("-12.50", "EUR", "PayableAmount"), minor_of("7.", "EUR", "x")
        (-1250, 700)
    """
    found = _NUMBER.fullmatch(text.strip())
    if currency not in exponents():
        raise Rejected(f"{currency!r} is not a currency of ISO 4217", code="UnknownCurrency")
    if found is None or not (found[2] or found[3]) or len(text) > 64:
        raise Rejected(f"{field}: {text[:40]!r} is not a decimal number", code="MalformedNumber")
    width = exponents()[currency]
    fraction = (found[3] or "").ljust(width, "0")
    if fraction[width:].strip("0"):
        raise Rejected(f"{field}: {text.strip()} {currency} is not whole minor units",
                       code="TooManyDecimals")  # fmt: skip
    minor = int((found[2] or "0") + fraction[:width])
    if minor >= LIMIT_MINOR:
        raise Rejected(f"{field}: {text.strip()} is too large", code="AmountTooLarge")
    return -minor if found[1] == "-" else minor


def exact_text(text: str, field: str) -> str:
    """Return a decimal as its shortest exact text, empty for nothing.

    Example:
        >>> exact_text("019.500", "Percent"), exact_text("", "Percent"), exact_text("-0.0", "x")
        ('19.5', '', '0')
    """
    if not text:
        return ""
    found = _NUMBER.fullmatch(text.strip())
    if found is None or not (found[2] or found[3]) or len(text) > 64:
        raise Rejected(f"{field}: {text[:40]!r} is not a decimal number", code="MalformedNumber")
    whole, fraction = (found[2] or "").lstrip("0") or "0", (found[3] or "").rstrip("0")
    shortest = f"{whole}.{fraction}" if fraction else whole
    return f"-{shortest}" if found[1] == "-" and shortest != "0" else shortest
