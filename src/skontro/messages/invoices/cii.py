# SPDX-License-Identifier: Apache-2.0
"""Invoices and credit notes in CII, the Cross Industry Invoice; what Factur-X and ZUGFeRD carry."""

from __future__ import annotations

from skontro.core.errors import Rejected
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

CII = "urn:un:unece:uncefact:data:standard:"
CII_ROOT = f"{{{CII}CrossIndustryInvoice:100}}CrossIndustryInvoice"
NAMES = {
    "rsm": f"{CII}CrossIndustryInvoice:100",
    "ram": f"{CII}ReusableAggregateBusinessInformationEntity:100",
    "udt": f"{CII}UnqualifiedDataType:100",
    "qdt": f"{CII}QualifiedDataType:100",
}
CREDIT_CODES = ("81", "83", "261", "296", "308", "381", "396", "420", "458", "532")
"""Kinds of documents, by UNTDID 1001, that are credit notes."""

_DAYS = "102"


def read_cii(root: Element) -> EInvoice:
    """Read a CII document that its schema allows.

    Raises:
        Rejected: A sum or a day cannot be understood; the message names the element.
    """
    page = Place(root, NAMES)
    context, head = page.part("rsm:ExchangedDocumentContext"), page.part("rsm:ExchangedDocument")
    trade = page.part("rsm:SupplyChainTradeTransaction")
    agreed = trade.part("ram:ApplicableHeaderTradeAgreement")
    delivery = trade.part("ram:ApplicableHeaderTradeDelivery")
    settled = trade.part("ram:ApplicableHeaderTradeSettlement")
    currency, code = settled.text("ram:InvoiceCurrencyCode"), head.text("ram:TypeCode")
    period = settled.part("ram:BillingSpecifiedPeriod")
    dues = [_day(one, "ram:DueDateDateTime") for one in settled.all(_TERMS)]
    return EInvoice(
        kind=CREDIT_NOTE if code in CREDIT_CODES else INVOICE,
        type_code=code,
        number=head.text("ram:ID"),
        issued=_day(head, "ram:IssueDateTime"),
        due=one_day(dues, "DueDateDateTime"),
        currency=currency,
        tax_currency=settled.text("ram:TaxCurrencyCode"),
        customization=context.text("ram:GuidelineSpecifiedDocumentContextParameter/ram:ID"),
        process=context.text("ram:BusinessProcessSpecifiedDocumentContextParameter/ram:ID"),
        seller=_party(agreed.part("ram:SellerTradeParty")),
        buyer=_party(agreed.part("ram:BuyerTradeParty")),
        payee=_party(settled.part("ram:PayeeTradeParty")),
        representative=_party(agreed.part("ram:SellerTaxRepresentativeTradeParty")),
        totals=_totals(settled, currency),
        taxes=tuple(_tax(one, currency) for one in settled.all("ram:ApplicableTradeTax")),
        lines=tuple(_line(one, currency)
                    for one in trade.all("ram:IncludedSupplyChainTradeLineItem")),
        payment=_payment(settled),
        preceding=tuple(
            (one.text("ram:IssuerAssignedID"),
             _day(one, "ram:FormattedIssueDateTime", "qdt:DateTimeString"))
            for one in settled.all("ram:InvoiceReferencedDocument")
        ),
        order=agreed.text("ram:BuyerOrderReferencedDocument/ram:IssuerAssignedID"),
        contract=agreed.text("ram:ContractReferencedDocument/ram:IssuerAssignedID"),
        buyer_reference=agreed.text("ram:BuyerReference"),
        delivered=_day(delivery.part("ram:ActualDeliverySupplyChainEvent"),
                       "ram:OccurrenceDateTime"),
        delivered_to=delivery.text("ram:ShipToTradeParty/ram:PostalTradeAddress/ram:CountryID"),
        period=(_day(period, "ram:StartDateTime"), _day(period, "ram:EndDateTime")),
        notes=head.texts("ram:IncludedNote/ram:Content"),
    )  # fmt: skip


_TERMS = "ram:SpecifiedTradePaymentTerms"


def _day(place: Place, path: str, text: str = "udt:DateTimeString") -> str:
    """Return a day written ``YYYYMMDD``, the only form of the standard."""
    found, field = place.part(f"{path}/{text}"), path.rsplit(":", 1)[-1]
    if found.element is None:
        return ""
    form = found.attribute("format")
    if form != _DAYS:
        raise Rejected(f"{field}: format {form!r}, not {_DAYS}", code="InvalidDate")
    return day_of(clean(found.element.text), field)


def _party(place: Place) -> InvoiceParty:
    numbers = [id_of(one.element) for one in place.all("ram:SpecifiedTaxRegistration/ram:ID")]
    where = place.part("ram:PostalTradeAddress")
    identifiers = [id_of(one.element)
                   for path in ("ram:GlobalID", "ram:ID") for one in place.all(path)]  # fmt: skip
    return InvoiceParty(
        name=place.text("ram:Name"),
        vat=next((one.value for one in numbers if one.scheme == "VA"), ""),
        tax_number=next((one.value for one in numbers if one.scheme != "VA"), ""),
        legal_id=place.id("ram:SpecifiedLegalOrganization/ram:ID"),
        identifiers=tuple(one for one in identifiers if one.value),
        endpoint=place.id("ram:URIUniversalCommunication/ram:URIID"),
        trading_name=place.text("ram:SpecifiedLegalOrganization/ram:TradingBusinessName"),
        address=tuple(text for path in (
            "ram:LineOne", "ram:LineTwo", "ram:LineThree", "ram:CityName", "ram:PostcodeCode",
            "ram:CountrySubDivisionName",
        ) if (text := where.text(path))),
        country=where.text("ram:CountryID"),
    )  # fmt: skip


def _totals(settled: Place, currency: str) -> Totals:
    sums = settled.part("ram:SpecifiedTradeSettlementHeaderMonetarySummation")
    taxes = [
        minor_of(clean(one.element.text), currency, "TaxTotalAmount")
        for one in sums.all("ram:TaxTotalAmount")
        if one.attribute("currencyID") in (currency, "")
    ]
    return Totals(
        lines_minor=sums.sum("ram:LineTotalAmount", currency),
        allowances_minor=sums.sum("ram:AllowanceTotalAmount", currency),
        charges_minor=sums.sum("ram:ChargeTotalAmount", currency),
        net_minor=sums.sum("ram:TaxBasisTotalAmount", currency),
        tax_minor=taxes[0] if taxes else 0,
        gross_minor=sums.sum("ram:GrandTotalAmount", currency),
        prepaid_minor=sums.sum("ram:TotalPrepaidAmount", currency),
        rounding_minor=sums.sum("ram:RoundingAmount", currency),
        payable_minor=sums.sum("ram:DuePayableAmount", currency),
    )


def _tax(one: Place, currency: str) -> TaxRate:
    return TaxRate(
        one.text("ram:CategoryCode"),
        exact_text(one.text("ram:RateApplicablePercent"), "RateApplicablePercent"),
        one.sum("ram:BasisAmount", currency), one.sum("ram:CalculatedAmount", currency),
        one.text("ram:ExemptionReason") or one.text("ram:ExemptionReasonCode"),
    )  # fmt: skip


def _line(line: Place, currency: str) -> InvoiceLine:
    product, settled = line.part("ram:SpecifiedTradeProduct"), line.part(
        "ram:SpecifiedLineTradeSettlement"
    )
    quantity = line.part("ram:SpecifiedLineTradeDelivery/ram:BilledQuantity")
    price = line.text(
        "ram:SpecifiedLineTradeAgreement/ram:NetPriceProductTradePrice/ram:ChargeAmount"
    )
    tax = settled.part("ram:ApplicableTradeTax")
    count = clean(quantity.element.text) if quantity.element is not None else ""
    return InvoiceLine(
        id=line.text("ram:AssociatedDocumentLineDocument/ram:LineID"),
        name=product.text("ram:Name"),
        description=product.text("ram:Description"),
        quantity=exact_text(count, "BilledQuantity"),
        unit=quantity.attribute("unitCode"),
        price=exact_text(price, "ChargeAmount"),
        net_minor=settled.part("ram:SpecifiedTradeSettlementLineMonetarySummation").sum(
            "ram:LineTotalAmount", currency
        ),
        category=tax.text("ram:CategoryCode"),
        rate=exact_text(tax.text("ram:RateApplicablePercent"), "RateApplicablePercent"),
        classifications=tuple(
            id_of(one.element, "listID")
            for one in product.all("ram:DesignatedProductClassification/ram:ClassCode")
        ),
        origin=product.text("ram:OriginTradeCountry/ram:ID"),
    )


def _payment(settled: Place) -> Payment:
    means = settled.all("ram:SpecifiedTradeSettlementPaymentMeans")
    accounts = []
    for one in means:
        account = one.part("ram:PayeePartyCreditorFinancialAccount")
        number = account.text("ram:IBANID") or account.text("ram:ProprietaryID")
        accounts.append(
            (number, one.text("ram:PayeeSpecifiedCreditorFinancialInstitution/ram:BICID"))
        )
    terms = [text for one in settled.all(_TERMS) if (text := one.text("ram:Description"))]
    return Payment(
        means=next((one.text("ram:TypeCode") for one in means), ""),
        reference=settled.text("ram:PaymentReference"),
        accounts=tuple(one for one in accounts if one[0]),
        terms="; ".join(terms),
    )
