# SPDX-License-Identifier: Apache-2.0
"""E-invoices in: UBL 2.1, CII, and the PDFs of Factur-X and ZUGFeRD that carry CII.

    from skontro.messages.invoices import check_invoice

    found = check_invoice(Path("invoice.xml").read_bytes(), name="invoice.xml")
    found.is_valid, found.broken, found.invoice.totals.payable_minor
"""

from skontro.messages.invoices.checking import CheckedInvoice, Refusal, check_invoice
from skontro.messages.invoices.document import (
    CREDIT_NOTE,
    INVOICE,
    EInvoice,
    InvoiceLine,
    InvoiceParty,
    PartyId,
    TaxRate,
    Totals,
)
from skontro.messages.invoices.rules import Finding

__all__ = [
    "CREDIT_NOTE",
    "INVOICE",
    "CheckedInvoice",
    "EInvoice",
    "Finding",
    "InvoiceLine",
    "InvoiceParty",
    "PartyId",
    "Refusal",
    "TaxRate",
    "Totals",
    "check_invoice",
]
