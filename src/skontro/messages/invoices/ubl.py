# SPDX-License-Identifier: Apache-2.0
"""Invoices and credit notes in UBL 2.1."""

from __future__ import annotations

from skontro.messages.invoices.document import (
    CREDIT_NOTE,
    INVOICE,
    EInvoice,
    InvoiceLine,
    InvoiceParty,
    Payment,
    TaxRate,
    Totals,
    exact_text,
    minor_of,
)
from skontro.messages.invoices.reading import Element, Place, clean, day_of, id_of, one_day

UBL = "urn:oasis:names:specification:ubl:schema:xsd:"
INVOICE_ROOT = f"{{{UBL}Invoice-2}}Invoice"
CREDIT_NOTE_ROOT = f"{{{UBL}CreditNote-2}}CreditNote"
NAMES = {"cac": f"{UBL}CommonAggregateComponents-2", "cbc": f"{UBL}CommonBasicComponents-2"}
_SEPA = "SEPA"


def read_ubl(root: Element) -> EInvoice:
    """Read a UBL document that its schema allows.

    Raises:
        Rejected: A sum or a day cannot be understood; the message names the element.
    """
    page = Place(root, NAMES)
    is_note = root.tag == CREDIT_NOTE_ROOT
    currency = page.text("cbc:DocumentCurrencyCode")
    if is_note:
        dues = [day_of(one, "PaymentDueDate")
                for one in page.texts("cac:PaymentMeans/cbc:PaymentDueDate")]  # fmt: skip
    else:
        dues = [day_of(page.text("cbc:DueDate"), "DueDate")]
    period = page.part("cac:InvoicePeriod")
    return EInvoice(
        kind=CREDIT_NOTE if is_note else INVOICE,
        type_code=page.text("cbc:CreditNoteTypeCode" if is_note else "cbc:InvoiceTypeCode"),
        number=page.text("cbc:ID"),
        issued=day_of(page.text("cbc:IssueDate"), "IssueDate"),
        due=one_day(dues, "PaymentDueDate"),
        currency=currency,
        tax_currency=page.text("cbc:TaxCurrencyCode"),
        customization=page.text("cbc:CustomizationID"),
        process=page.text("cbc:ProfileID"),
        seller=_party(page.part("cac:AccountingSupplierParty/cac:Party")),
        buyer=_party(page.part("cac:AccountingCustomerParty/cac:Party")),
        payee=_party(page.part("cac:PayeeParty")),
        representative=_party(page.part("cac:TaxRepresentativeParty")),
        totals=_totals(page, currency),
        taxes=_taxes(page, currency),
        lines=tuple(_line(one, currency) for one in page.all(
            "cac:CreditNoteLine" if is_note else "cac:InvoiceLine")),
        payment=_payment(page),
        preceding=tuple(
            (one.text("cbc:ID"), day_of(one.text("cbc:IssueDate"), "IssueDate"))
            for one in page.all("cac:BillingReference/cac:InvoiceDocumentReference")
        ),
        order=page.text("cac:OrderReference/cbc:ID"),
        contract=page.text("cac:ContractDocumentReference/cbc:ID"),
        buyer_reference=page.text("cbc:BuyerReference"),
        delivered=day_of(page.text("cac:Delivery/cbc:ActualDeliveryDate"), "ActualDeliveryDate"),
        delivered_to=page.text(
            "cac:Delivery/cac:DeliveryLocation/cac:Address/cac:Country/cbc:IdentificationCode"
        ),
        period=(day_of(period.text("cbc:StartDate"), "StartDate"),
                day_of(period.text("cbc:EndDate"), "EndDate")),
        notes=page.texts("cbc:Note"),
    )  # fmt: skip


def _party(place: Place) -> InvoiceParty:
    vat = tax_number = ""
    for scheme in place.all("cac:PartyTaxScheme"):
        number = scheme.text("cbc:CompanyID")
        if scheme.text("cac:TaxScheme/cbc:ID") == "VAT":
            vat = vat or number
        else:
            tax_number = tax_number or number
    trading_name = place.text("cac:PartyName/cbc:Name")
    where = place.part("cac:PostalAddress")
    identifiers = [id_of(one.element) for one in place.all("cac:PartyIdentification/cbc:ID")]
    return InvoiceParty(
        name=place.text("cac:PartyLegalEntity/cbc:RegistrationName") or trading_name,
        vat=vat,
        tax_number=tax_number,
        legal_id=place.id("cac:PartyLegalEntity/cbc:CompanyID"),
        identifiers=tuple(one for one in identifiers if one.scheme != _SEPA and one.value),
        endpoint=place.id("cbc:EndpointID"),
        trading_name=trading_name,
        address=tuple(text for path in (
            "cbc:StreetName", "cbc:AdditionalStreetName", "cac:AddressLine/cbc:Line",
            "cbc:CityName", "cbc:PostalZone", "cbc:CountrySubentity",
        ) if (text := where.text(path))),
        country=where.text("cac:Country/cbc:IdentificationCode"),
    )  # fmt: skip


def _totals(page: Place, currency: str) -> Totals:
    sums = page.part("cac:LegalMonetaryTotal")
    return Totals(
        lines_minor=sums.sum("cbc:LineExtensionAmount", currency),
        allowances_minor=sums.sum("cbc:AllowanceTotalAmount", currency),
        charges_minor=sums.sum("cbc:ChargeTotalAmount", currency),
        net_minor=sums.sum("cbc:TaxExclusiveAmount", currency),
        tax_minor=_tax_total(page, currency),
        gross_minor=sums.sum("cbc:TaxInclusiveAmount", currency),
        prepaid_minor=sums.sum("cbc:PrepaidAmount", currency),
        rounding_minor=sums.sum("cbc:PayableRoundingAmount", currency),
        payable_minor=sums.sum("cbc:PayableAmount", currency),
    )


def _tax_total(page: Place, currency: str) -> int:
    for one in page.all("cac:TaxTotal/cbc:TaxAmount"):
        if one.attribute("currencyID") == currency:
            return minor_of(clean(one.element.text), currency, "TaxAmount")
    return 0


def _taxes(page: Place, currency: str) -> tuple[TaxRate, ...]:
    rows = []
    for total in page.all("cac:TaxTotal"):
        for one in total.all("cac:TaxSubtotal"):
            category = one.part("cac:TaxCategory")
            rows.append(TaxRate(
                category.text("cbc:ID"), exact_text(category.text("cbc:Percent"), "Percent"),
                one.sum("cbc:TaxableAmount", currency), one.sum("cbc:TaxAmount", currency),
                category.text("cbc:TaxExemptionReason")
                or category.text("cbc:TaxExemptionReasonCode"),
            ))  # fmt: skip
    return tuple(rows)


def _line(line: Place, currency: str) -> InvoiceLine:
    quantity = line.part("cbc:InvoicedQuantity")
    if quantity.element is None:
        quantity = line.part("cbc:CreditedQuantity")
    category = line.part("cac:Item/cac:ClassifiedTaxCategory")
    count = clean(quantity.element.text) if quantity.element is not None else ""
    return InvoiceLine(
        id=line.text("cbc:ID"),
        name=line.text("cac:Item/cbc:Name"),
        description=line.text("cac:Item/cbc:Description"),
        quantity=exact_text(count, "InvoicedQuantity"),
        unit=quantity.attribute("unitCode"),
        price=exact_text(line.text("cac:Price/cbc:PriceAmount"), "PriceAmount"),
        net_minor=line.sum("cbc:LineExtensionAmount", currency),
        category=category.text("cbc:ID"),
        rate=exact_text(category.text("cbc:Percent"), "Percent"),
        classifications=tuple(
            id_of(one.element, "listID")
            for one in line.all("cac:Item/cac:CommodityClassification/cbc:ItemClassificationCode")
        ),
        origin=line.text("cac:Item/cac:OriginCountry/cbc:IdentificationCode"),
    )


def _payment(page: Place) -> Payment:
    means = page.all("cac:PaymentMeans")
    accounts = [
        (one.text("cac:PayeeFinancialAccount/cbc:ID"),
         one.text("cac:PayeeFinancialAccount/cac:FinancialInstitutionBranch/cbc:ID"))
        for one in means
    ]  # fmt: skip
    return Payment(
        means=next((one.text("cbc:PaymentMeansCode") for one in means), ""),
        reference=next((text for one in means if (text := one.text("cbc:PaymentID"))), ""),
        accounts=tuple(one for one in accounts if one[0]),
        terms=page.text("cac:PaymentTerms/cbc:Note"),
    )
