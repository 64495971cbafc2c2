# SPDX-License-Identifier: Apache-2.0
"""Home-made e-invoices: UBL, CII and PDFs that carry CII, valid by schema and rules.

``python -m tests.made_invoices FOLDER [COUNT]`` writes so many, a third of each kind;
``python -m tests.made_invoices FOLDER --worked`` writes one for each obligation of the worked
example, whose parties are those of :func:`invoice_firms`.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from tests.made_house import COUNTRY, FIRMS, OBLIGATIONS, SIDE, MadeHouse, make_firms

from skontro.core.money import exponent, format_minor, parse_decimal
from skontro.house.firms import Firm

TAX_NUMBERS = {
    "A1": "NL810000003B01", "A2": "NL810000106B01", "A3": "NL810000209B01",
    "B1": "27AABCB1000F1ZK", "B2": "27AABCB1001F1ZJ", "B3": "27AABCB1002F1ZI",
}  # fmt: skip
"""Made-up tax numbers that stand every check, by firm of the worked example."""

TAX_RATES = {"A": 20, "B": 18}
"""Percent of tax within a side; across a border it is nought."""

BUSINESS = "urn:cen.eu:en16931:2017"


@dataclass(frozen=True)
class MadeParty:
    """Seller or buyer."""

    name: str
    vat: str
    country: str = "NL"
    city: str = "Somewhere"
    endpoint: tuple[str, str] = ("", "")
    lei: str = ""
    tax_number: str = ""


@dataclass(frozen=True)
class MadeLine:
    """A line: net in minor units; the price of one is the net by the quantity."""

    net_minor: int
    name: str = "Goods"
    quantity: int = 1
    unit: str = "KGM"
    category: str = "S"
    rate: int = 20
    hs: str = ""


@dataclass(frozen=True)
class Made:
    """An invoice or credit note, all of it made up; sums in minor units."""

    number: str = "R-1"
    seller: MadeParty = field(default_factory=lambda: party_of("A1"))
    buyer: MadeParty = field(default_factory=lambda: party_of("A2"))
    lines: Sequence[MadeLine] = (MadeLine(10_000),)
    currency: str = "EUR"
    issued: str = "2026-01-02"
    due: str = "2026-01-30"
    prepaid_minor: int = 0
    rounding_minor: int = 0
    type_code: str = "380"
    preceding: Sequence[str] = ()
    customization: str = BUSINESS
    process: str = ""
    note: str = "made up, for tests"
    payee: str = ""

    @property
    def is_note(self) -> bool:
        return self.type_code == "381"

    @property
    def taxes(self) -> list[tuple[str, int, int, int]]:
        """Category, rate, net and tax of each."""
        nets = dict[tuple[str, int], int]()
        for line in self.lines:
            key = (line.category, line.rate)
            nets[key] = nets.get(key, 0) + line.net_minor
        return [(*key, net, (2 * net * key[1] + 100) // 200) for key, net in nets.items()]

    @property
    def net_minor(self) -> int:
        return sum(line.net_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(row[3] for row in self.taxes)

    @property
    def payable_minor(self) -> int:
        return self.net_minor + self.tax_minor - self.prepaid_minor + self.rounding_minor

    def text(self, minor: int) -> str:
        """A sum as decimal text."""
        return format_minor(minor, exponent(self.currency))


EXEMPT = {"G": "Export outside the EU", "AE": "Reverse charge", "E": "Exempt"}


def party_of(firm: str) -> MadeParty:
    """A firm of the worked example as a party."""
    name = next(row[1] for row in FIRMS if row[0] == firm)
    country = COUNTRY[SIDE[firm]]
    number = TAX_NUMBERS[firm]
    return MadeParty(name, number if number.startswith(country) else country + number, country)


# ---- UBL ---------------------------------------------------------------------------------------


def make_ubl(made: Made) -> bytes:
    """The invoice or credit note in UBL 2.1."""
    kind = "CreditNote" if made.is_note else "Invoice"
    urn = "urn:oasis:names:specification:ubl:schema:xsd:"
    cur = f'currencyID="{made.currency}"'
    due = f"<cbc:DueDate>{made.due}</cbc:DueDate>" if made.due and not made.is_note else ""
    profile = f"<cbc:ProfileID>{escape(made.process)}</cbc:ProfileID>" if made.process else ""
    before = "".join(
        f"<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>{escape(one)}</cbc:ID>"
        "</cac:InvoiceDocumentReference></cac:BillingReference>" for one in made.preceding
    )  # fmt: skip
    taxes = "".join(
        f"<cac:TaxSubtotal><cbc:TaxableAmount {cur}>{made.text(net)}</cbc:TaxableAmount>"
        f"<cbc:TaxAmount {cur}>{made.text(tax)}</cbc:TaxAmount>"
        f"{_ubl_category('TaxCategory', category, rate, reason=True)}</cac:TaxSubtotal>"
        for category, rate, net, tax in made.taxes
    )
    prepaid = (f"<cbc:PrepaidAmount {cur}>{made.text(made.prepaid_minor)}</cbc:PrepaidAmount>"
               if made.prepaid_minor else "")  # fmt: skip
    rounding = (
        f"<cbc:PayableRoundingAmount {cur}>{made.text(made.rounding_minor)}"
        "</cbc:PayableRoundingAmount>" if made.rounding_minor else ""
    )
    gross = made.net_minor + made.tax_minor
    payee = (f"<cac:PayeeParty><cac:PartyName><cbc:Name>{escape(made.payee)}</cbc:Name>"
             "</cac:PartyName></cac:PayeeParty>" if made.payee else "")  # fmt: skip
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<{kind} xmlns="{urn}{kind}-2" xmlns:cac="{urn}CommonAggregateComponents-2"
 xmlns:cbc="{urn}CommonBasicComponents-2">
<cbc:CustomizationID>{escape(made.customization)}</cbc:CustomizationID>{profile}
<cbc:ID>{escape(made.number)}</cbc:ID><cbc:IssueDate>{made.issued}</cbc:IssueDate>{due}
<cbc:{kind}TypeCode>{made.type_code}</cbc:{kind}TypeCode><cbc:Note>{escape(made.note)}</cbc:Note>
<cbc:DocumentCurrencyCode>{made.currency}</cbc:DocumentCurrencyCode>
<cbc:BuyerReference>ours</cbc:BuyerReference>{before}
<cac:AccountingSupplierParty>{_ubl_party(made.seller)}</cac:AccountingSupplierParty>
<cac:AccountingCustomerParty>{_ubl_party(made.buyer)}</cac:AccountingCustomerParty>{payee}
<cac:PaymentTerms><cbc:Note>as agreed</cbc:Note></cac:PaymentTerms>
<cac:TaxTotal><cbc:TaxAmount {cur}>{made.text(made.tax_minor)}</cbc:TaxAmount>{taxes}</cac:TaxTotal>
<cac:LegalMonetaryTotal>
<cbc:LineExtensionAmount {cur}>{made.text(made.net_minor)}</cbc:LineExtensionAmount>
<cbc:TaxExclusiveAmount {cur}>{made.text(made.net_minor)}</cbc:TaxExclusiveAmount>
<cbc:TaxInclusiveAmount {cur}>{made.text(gross)}</cbc:TaxInclusiveAmount>
{prepaid}{rounding}<cbc:PayableAmount {cur}>{made.text(made.payable_minor)}</cbc:PayableAmount>
</cac:LegalMonetaryTotal>
{"".join(_ubl_line(made, place, line) for place, line in enumerate(made.lines, 1))}
</{kind}>
"""
    return text.encode()


def _ubl_category(tag: str, category: str, rate: int, *, reason: bool = False) -> str:
    why = EXEMPT.get(category, "") if reason else ""
    why = f"<cbc:TaxExemptionReason>{why}</cbc:TaxExemptionReason>" if why else ""
    return (f"<cac:{tag}><cbc:ID>{category}</cbc:ID><cbc:Percent>{rate}</cbc:Percent>{why}"
            f"<cac:TaxScheme><cbc:ID>VAT</cbc:ID></cac:TaxScheme></cac:{tag}>")  # fmt: skip


def _ubl_party(party: MadeParty) -> str:
    scheme, value = party.endpoint
    end = f"<cbc:EndpointID schemeID={quoteattr(scheme)}>{value}</cbc:EndpointID>" if value else ""
    numbers = "".join(
        f"<cac:PartyTaxScheme><cbc:CompanyID>{escape(number)}</cbc:CompanyID><cac:TaxScheme>"
        f"<cbc:ID>{kind}</cbc:ID></cac:TaxScheme></cac:PartyTaxScheme>"
        for number, kind in ((party.vat, "VAT"), (party.tax_number, "TAX")) if number
    )
    lei = f'<cbc:CompanyID schemeID="0199">{party.lei}</cbc:CompanyID>' if party.lei else ""
    return (
        f"<cac:Party>{end}<cac:PostalAddress><cbc:CityName>{escape(party.city)}</cbc:CityName>"
        f"<cac:Country><cbc:IdentificationCode>{party.country}</cbc:IdentificationCode>"
        f"</cac:Country></cac:PostalAddress>{numbers}<cac:PartyLegalEntity><cbc:RegistrationName>"
        f"{escape(party.name)}</cbc:RegistrationName>{lei}</cac:PartyLegalEntity></cac:Party>"
    )


def _ubl_line(made: Made, place: int, line: MadeLine) -> str:
    kind, counted = (("CreditNoteLine", "CreditedQuantity") if made.is_note
                     else ("InvoiceLine", "InvoicedQuantity"))  # fmt: skip
    cur = f'currencyID="{made.currency}"'
    goods = (
        '<cac:CommodityClassification><cbc:ItemClassificationCode listID="HS">'
        f"{line.hs}</cbc:ItemClassificationCode></cac:CommodityClassification>" if line.hs else ""
    )
    price = made.text(line.net_minor // line.quantity)
    return (
        f"<cac:{kind}><cbc:ID>{place}</cbc:ID><cbc:{counted} unitCode=\"{line.unit}\">"
        f"{line.quantity}</cbc:{counted}><cbc:LineExtensionAmount {cur}>"
        f"{made.text(line.net_minor)}</cbc:LineExtensionAmount><cac:Item><cbc:Name>"
        f"{escape(line.name)}</cbc:Name>{goods}"
        f"{_ubl_category('ClassifiedTaxCategory', line.category, line.rate)}</cac:Item>"
        f"<cac:Price><cbc:PriceAmount {cur}>{price}</cbc:PriceAmount></cac:Price></cac:{kind}>"
    )


# ---- CII ---------------------------------------------------------------------------------------


def make_cii(made: Made) -> bytes:
    """The invoice or credit note in CII."""
    urn = "urn:un:unece:uncefact:data:standard:"
    taxes = "".join(
        f"<ram:ApplicableTradeTax><ram:CalculatedAmount>{made.text(tax)}</ram:CalculatedAmount>"
        f"<ram:TypeCode>VAT</ram:TypeCode>{_cii_reason(category)}<ram:BasisAmount>{made.text(net)}"
        f"</ram:BasisAmount><ram:CategoryCode>{category}</ram:CategoryCode>"
        f"<ram:RateApplicablePercent>{rate}</ram:RateApplicablePercent></ram:ApplicableTradeTax>"
        for category, rate, net, tax in made.taxes
    )
    before = "".join(
        f"<ram:InvoiceReferencedDocument><ram:IssuerAssignedID>{escape(one)}"
        "</ram:IssuerAssignedID></ram:InvoiceReferencedDocument>" for one in made.preceding
    )
    process = (
        "<ram:BusinessProcessSpecifiedDocumentContextParameter><ram:ID>"
        f"{escape(made.process)}</ram:ID></ram:BusinessProcessSpecifiedDocumentContextParameter>"
        if made.process else ""
    )  # fmt: skip
    rounding = (f"<ram:RoundingAmount>{made.text(made.rounding_minor)}</ram:RoundingAmount>"
                if made.rounding_minor else "")  # fmt: skip
    prepaid = (f"<ram:TotalPrepaidAmount>{made.text(made.prepaid_minor)}</ram:TotalPrepaidAmount>"
               if made.prepaid_minor else "")  # fmt: skip
    due = f"<ram:DueDateDateTime>{_cii_day(made.due)}</ram:DueDateDateTime>" if made.due else ""
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossIndustryInvoice xmlns:rsm="{urn}CrossIndustryInvoice:100"
 xmlns:ram="{urn}ReusableAggregateBusinessInformationEntity:100"
 xmlns:udt="{urn}UnqualifiedDataType:100">
<rsm:ExchangedDocumentContext>{process}<ram:GuidelineSpecifiedDocumentContextParameter>
<ram:ID>{escape(made.customization)}</ram:ID></ram:GuidelineSpecifiedDocumentContextParameter>
</rsm:ExchangedDocumentContext>
<rsm:ExchangedDocument><ram:ID>{escape(made.number)}</ram:ID>
<ram:TypeCode>{made.type_code}</ram:TypeCode>
<ram:IssueDateTime>{_cii_day(made.issued)}</ram:IssueDateTime>
<ram:IncludedNote><ram:Content>{escape(made.note)}</ram:Content></ram:IncludedNote>
</rsm:ExchangedDocument>
<rsm:SupplyChainTradeTransaction>
{"".join(_cii_line(made, place, line) for place, line in enumerate(made.lines, 1))}
<ram:ApplicableHeaderTradeAgreement><ram:BuyerReference>ours</ram:BuyerReference>
<ram:SellerTradeParty>{_cii_party(made.seller)}</ram:SellerTradeParty>
<ram:BuyerTradeParty>{_cii_party(made.buyer)}</ram:BuyerTradeParty>
</ram:ApplicableHeaderTradeAgreement><ram:ApplicableHeaderTradeDelivery/>
<ram:ApplicableHeaderTradeSettlement>
<ram:InvoiceCurrencyCode>{made.currency}</ram:InvoiceCurrencyCode>
{f"<ram:PayeeTradeParty><ram:Name>{escape(made.payee)}</ram:Name></ram:PayeeTradeParty>"
 if made.payee else ""}{taxes}
<ram:SpecifiedTradePaymentTerms><ram:Description>as agreed</ram:Description>{due}
</ram:SpecifiedTradePaymentTerms>
<ram:SpecifiedTradeSettlementHeaderMonetarySummation>
<ram:LineTotalAmount>{made.text(made.net_minor)}</ram:LineTotalAmount>
<ram:TaxBasisTotalAmount>{made.text(made.net_minor)}</ram:TaxBasisTotalAmount>
<ram:TaxTotalAmount currencyID="{made.currency}">{made.text(made.tax_minor)}</ram:TaxTotalAmount>
{rounding}<ram:GrandTotalAmount>{made.text(made.net_minor + made.tax_minor)}</ram:GrandTotalAmount>
{prepaid}<ram:DuePayableAmount>{made.text(made.payable_minor)}</ram:DuePayableAmount>
</ram:SpecifiedTradeSettlementHeaderMonetarySummation>{before}
</ram:ApplicableHeaderTradeSettlement></rsm:SupplyChainTradeTransaction></rsm:CrossIndustryInvoice>
"""
    return text.encode()


def _cii_reason(category: str) -> str:
    why = EXEMPT.get(category, "")
    return f"<ram:ExemptionReason>{why}</ram:ExemptionReason>" if why else ""


def _cii_day(day: str) -> str:
    return f'<udt:DateTimeString format="102">{day.replace("-", "")}</udt:DateTimeString>'


def _cii_party(party: MadeParty) -> str:
    scheme, value = party.endpoint
    end = (
        f"<ram:URIUniversalCommunication><ram:URIID schemeID={quoteattr(scheme)}>{value}"
        "</ram:URIID></ram:URIUniversalCommunication>" if value else ""
    )
    lei = (f'<ram:SpecifiedLegalOrganization><ram:ID schemeID="0199">{party.lei}</ram:ID>'
           "</ram:SpecifiedLegalOrganization>" if party.lei else "")  # fmt: skip
    numbers = "".join(
        f"<ram:SpecifiedTaxRegistration><ram:ID schemeID=\"{kind}\">{escape(number)}</ram:ID>"
        "</ram:SpecifiedTaxRegistration>"
        for number, kind in ((party.vat, "VA"), (party.tax_number, "FC")) if number
    )
    return (f"<ram:Name>{escape(party.name)}</ram:Name>{lei}<ram:PostalTradeAddress><ram:CityName>"
            f"{escape(party.city)}</ram:CityName><ram:CountryID>{party.country}</ram:CountryID>"
            f"</ram:PostalTradeAddress>{end}{numbers}")  # fmt: skip


def _cii_line(made: Made, place: int, line: MadeLine) -> str:
    goods = (
        '<ram:DesignatedProductClassification><ram:ClassCode listID="HS">'
        f"{line.hs}</ram:ClassCode></ram:DesignatedProductClassification>" if line.hs else ""
    )
    return (
        "<ram:IncludedSupplyChainTradeLineItem><ram:AssociatedDocumentLineDocument><ram:LineID>"
        f"{place}</ram:LineID></ram:AssociatedDocumentLineDocument><ram:SpecifiedTradeProduct>"
        f"<ram:Name>{escape(line.name)}</ram:Name>{goods}</ram:SpecifiedTradeProduct>"
        "<ram:SpecifiedLineTradeAgreement><ram:NetPriceProductTradePrice><ram:ChargeAmount>"
        f"{made.text(line.net_minor // line.quantity)}</ram:ChargeAmount>"
        "</ram:NetPriceProductTradePrice></ram:SpecifiedLineTradeAgreement>"
        f"<ram:SpecifiedLineTradeDelivery><ram:BilledQuantity unitCode=\"{line.unit}\">"
        f"{line.quantity}</ram:BilledQuantity></ram:SpecifiedLineTradeDelivery>"
        "<ram:SpecifiedLineTradeSettlement><ram:ApplicableTradeTax><ram:TypeCode>VAT"
        f"</ram:TypeCode><ram:CategoryCode>{line.category}</ram:CategoryCode>"
        f"<ram:RateApplicablePercent>{line.rate}</ram:RateApplicablePercent>"
        "</ram:ApplicableTradeTax><ram:SpecifiedTradeSettlementLineMonetarySummation>"
        f"<ram:LineTotalAmount>{made.text(line.net_minor)}</ram:LineTotalAmount>"
        "</ram:SpecifiedTradeSettlementLineMonetarySummation></ram:SpecifiedLineTradeSettlement>"
        "</ram:IncludedSupplyChainTradeLineItem>"
    )


# ---- PDF ---------------------------------------------------------------------------------------


def make_pdf(made: Made, *, name: str = "factur-x.xml") -> bytes:
    """The invoice in CII, carried by a PDF of one empty page."""
    return carry({name: make_cii(made)})


def carry(files: dict[str, bytes]) -> bytes:
    """A PDF of one empty page that carries files."""
    from pypdf import PdfWriter

    writer = PdfWriter()
    writer.add_blank_page(200, 200)
    for name, data in files.items():
        writer.add_attachment(name, data)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# ---- many, and the worked example --------------------------------------------------------------

KINDS = {"ubl": (make_ubl, ".xml"), "cii": (make_cii, ".xml"), "pdf": (make_pdf, ".pdf")}


def make_many(count: int, *, lines: int = 3) -> list[tuple[str, bytes]]:
    """So many valid invoices between the firms of the worked example, a third of each kind."""
    firms = [row[0] for row in FIRMS]
    made = []
    for number in range(count):
        seller, buyer = firms[number % 6], firms[(number // 6 * 5 + number + 1) % 6]
        if seller == buyer:
            buyer = firms[(number + 2) % 6]
        rate = TAX_RATES[SIDE[seller]]
        one = Made(
            number=f"N-{number}", seller=party_of(seller), buyer=party_of(buyer),
            lines=[MadeLine(1000 + 7 * number + 100 * place, f"Goods {place}", rate=rate,
                            hs="300490") for place in range(lines)],
        )  # fmt: skip
        make, suffix = KINDS[("ubl", "cii", "pdf")[number % 3]]
        made.append((f"{number:05d}{suffix}", make(one)))
    return made


def worked_invoices() -> dict[str, Made]:
    """An invoice of each obligation of the worked example, by its id: ``invoice o1`` and so on.

    Across the border there is no tax; within a side there is.
    """
    found = {}
    for row in csv.DictReader(OBLIGATIONS.splitlines()):
        debtor, creditor = row["debtor"], row["creditor"]
        amount = parse_decimal(row["amount"], exponent(row["currency"]))
        if SIDE[debtor] == SIDE[creditor]:
            rate = TAX_RATES[SIDE[creditor]]
            net = (2 * amount * 100 + 100 + rate) // (2 * (100 + rate))
            line = MadeLine(net, "Medicine", category="S", rate=rate, hs="300490")
        else:
            line = MadeLine(amount, "Medicine", category="G", rate=0, hs="300490")
        one = Made(
            number=f"invoice {row['id']}", seller=party_of(creditor), buyer=party_of(debtor),
            lines=(line,), currency=row["currency"], issued="2025-12-01", due=row["due_date"],
        )  # fmt: skip
        assert one.payable_minor == amount
        found[row["id"]] = one
    return found


def write_worked(folder: Path) -> None:
    """Write the worked example's invoices: UBL, CII and PDF in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    for place, (name, one) in enumerate(worked_invoices().items()):
        make, suffix = list(KINDS.values())[place % 3]
        (folder / f"{name}{suffix}").write_bytes(make(one))


def invoice_firms() -> list[Firm]:
    """The six firms of the example, with the tax numbers their invoices name."""
    return [replace(firm, tax_number=TAX_NUMBERS[firm.id]) for firm in make_firms()]


def admit_invoice_firms(made: MadeHouse) -> None:
    """Admit the six firms with their tax numbers; both sides have a pack."""
    if not made.house.goods.packs():
        made.adopt_packs()
    made.both(made.house.participants.propose_admission(invoice_firms(), "P1", made.keys["P1"]))


def main() -> None:
    """Write invoices into a folder."""
    folder = Path(sys.argv[1])
    if sys.argv[2:] == ["--worked"]:
        write_worked(folder)
        return
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in make_many(int(sys.argv[2]) if len(sys.argv) > 2 else 1000):
        (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
