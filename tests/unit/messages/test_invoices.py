# SPDX-License-Identifier: Apache-2.0
"""E-invoices judged: valid ones read to the last field, bad ones refused with rule and place."""

from __future__ import annotations

import re
import socket
import threading
import zlib
from dataclasses import asdict, replace

import pytest
from tests.conftest import ROOT
from tests.made_invoices import (
    KINDS,
    Made,
    MadeLine,
    carry,
    make_cii,
    make_pdf,
    make_ubl,
    party_of,
    worked_invoices,
)

from skontro.core.errors import Rejected
from skontro.messages.invoices import CREDIT_NOTE, INVOICE, check_invoice
from skontro.messages.invoices.document import exact_text, minor_of
from skontro.messages.invoices.mapping import KnownFirm, KnownFirms, claim_of
from skontro.messages.invoices.reading import day_of
from skontro.messages.invoices.rules import EN16931, check_schema
from skontro.messages.xml_reading import read_xml

SAMPLES = ROOT / "../shared/data/einvoice"
MAKERS = [make for make, _ in KINDS.values()]
FULL = Made(
    lines=[MadeLine(10_000, "Tea", 4, "KGM", "S", 20, "090240"), MadeLine(5_000, rate=10),
           MadeLine(700, category="E", rate=0)],
    prepaid_minor=2_000, rounding_minor=1, note="a & b <c>",
    seller=replace(party_of("A1"), endpoint=("0088", "5790000435975"), lei="5493001KJTIIGC8Y1R12"),
    buyer=replace(party_of("B1"), endpoint=("0088", "4012345000009")),
)  # fmt: skip


# ---- what is valid -----------------------------------------------------------------------------


@pytest.mark.parametrize("make", MAKERS)
def test_all_that_the_house_uses_is_read(make: object) -> None:
    """UBL, CII and the PDF say the same; every field the house uses is as it was made."""
    found = check_invoice(make(FULL), name="full")  # type: ignore[operator]
    assert found.refusal is None, found
    invoice = found.invoice
    assert invoice is not None
    assert (invoice.kind, invoice.type_code, invoice.number) == (INVOICE, "380", "R-1")
    assert (invoice.issued, invoice.due, invoice.currency) == ("2026-01-02", "2026-01-30", "EUR")
    assert invoice.totals.payable_minor == FULL.payable_minor == 16_201
    assert (invoice.totals.prepaid_minor, invoice.totals.rounding_minor) == (2_000, 1)
    assert [(tax.category, tax.rate, tax.net_minor, tax.tax_minor) for tax in invoice.taxes] == [
        ("S", "20", 10_000, 2_000), ("S", "10", 5_000, 500), ("E", "0", 700, 0),
    ]  # fmt: skip
    assert invoice.seller.vat == "NL810000003B01"
    assert invoice.seller.legal_id == type(invoice.seller.legal_id)("0199", "5493001KJTIIGC8Y1R12")
    assert asdict(invoice.buyer.endpoint) == {"scheme": "0088", "value": "4012345000009"}
    assert (invoice.buyer.name, invoice.buyer.country) == ("Bakul Mills", "IN")
    tea = invoice.lines[0]
    assert (tea.name, tea.quantity, tea.unit, tea.price) == ("Tea", "4", "KGM", "25")
    assert (tea.hs_code, tea.net_minor, invoice.hs_codes) == ("090240", 10_000, ("090240",))
    assert invoice.notes == ("a & b <c>",)
    ubl = check_invoice(make_ubl(FULL)).invoice
    assert ubl is not None
    assert invoice.digest == ubl.digest


def test_credit_notes_name_the_invoice_they_lower() -> None:
    note = Made(number="C-1", type_code="381", preceding=("R-1",))
    for make in MAKERS:
        invoice = check_invoice(make(note)).invoice
        assert invoice is not None
        assert (invoice.kind, invoice.preceding) == (CREDIT_NOTE, (("R-1", ""),))


def test_the_worked_example_as_invoices_is_valid() -> None:
    for place, (name, made) in enumerate(worked_invoices().items()):
        found = check_invoice(MAKERS[place % 3](made), name=name)
        assert found.is_valid, found
        assert not [one for one in found.findings if one.severity == "fatal"]


def test_peppol_is_recognised_and_what_is_not_applied_is_said() -> None:
    peppol = replace(
        FULL, customization="urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:"
        "billing:3.0", process="urn:fdc:peppol.eu:2017:poacc:billing:01:1.0",
    )  # fmt: skip
    found = check_invoice(make_ubl(peppol))
    assert (found.profile, found.is_valid) == ("Peppol BIS Billing 3.0", True)
    assert "was not applied" in found.remarks[0]
    plain = check_invoice(make_ubl(FULL))
    assert (plain.profile, plain.remarks) == ("EN 16931", ())


@pytest.mark.parametrize(
    ("customization", "profile"),
    [("urn:cen.eu:en16931:2017#compliant#urn:factur-x.eu:1p0:basic", "Factur-X BASIC"),
     ("urn:cen.eu:en16931:2017#conformant#urn:factur-x.eu:1p0:extended", "Factur-X EXTENDED"),
     ("urn:cen.eu:en16931:2017#compliant#urn:xeinkauf.de:kosit:xrechnung_3.0", "XRechnung"),
     ("urn:cen.eu:en16931:2017", "EN 16931")],
)  # fmt: skip
def test_profiles_of_pdfs(customization: str, profile: str) -> None:
    """Each is judged by the rules of its profile; a wrong sum is found whichever they are."""
    made = replace(FULL, customization=customization)
    found = check_invoice(make_pdf(made))
    assert (found.profile, found.is_valid, found.carrier) == (profile, True, "pdf"), found
    wrong = make_cii(made).replace(b">162.01</ram:Due", b">162.02</ram:Due")
    (rule,) = check_invoice(carry({"ZUGFeRD-invoice.xml": wrong})).broken
    assert rule == ("BR-FXEXT-CO-16" if "EXTENDED" in profile else "BR-CO-16")


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="NO SAMPLES: ../shared/data/einvoice is not there")
def test_samples_get_the_verdict_their_authors_state() -> None:
    """The authors keep all of them as valid examples; the one on rounding is about a sum of lines
    that is nought, where a reader that counts in binary fractions would see BR-CO-10 broken."""
    paths = sorted(SAMPLES.glob("*.xml"))
    assert len(paths) == 9
    payable = {}
    for path in paths:
        found = check_invoice(path.read_bytes(), name=path.name)
        assert found.is_valid, found
        assert found.invoice is not None
        invoice = found.invoice
        assert invoice.lines
        assert invoice.seller.name
        assert sum(line.net_minor for line in invoice.lines) == invoice.totals.lines_minor
        payable[path.name] = (invoice.kind, invoice.number, invoice.currency,
                              invoice.totals.payable_minor, invoice.due)  # fmt: skip
    assert payable == {
        "CII-BR-CO-10-RoundingIssue.xml": ("invoice", "0", "EUR", 0, "2021-03-26"),
        "CII_business_example_01.xml": ("invoice", "TOSL108", "NOK", 80178, "2013-07-20"),
        "CII_example1.xml": ("invoice", "12115118", "EUR", 25033, "2015-01-09"),
        "CII_example2.xml": ("invoice", "TOSL108", "NOK", 80178, "2013-07-20"),
        "CII_example3.xml": ("invoice", "TOSL108", "DKK", 112500, "2013-05-10"),
        "ubl-tc434-creditnote1.xml": ("credit_note", "018304 / 28865", "EUR", 10011, ""),
        "ubl-tc434-example1.xml": ("invoice", "12115118", "EUR", 25033, "2015-01-09"),
        "ubl-tc434-example2.xml": ("invoice", "TOSL108", "NOK", 80178, "2013-07-20"),
        "ubl-tc434-example3.xml": ("invoice", "TOSL108", "DKK", 200500, "2013-05-10"),
    }


def test_lines_that_add_up_to_nought_are_no_rounding_issue() -> None:
    """The twin of that sample: 0.1, 0.2 and -0.3 are nought in decimals, not in binary."""
    lines = [MadeLine(10), MadeLine(20), MadeLine(-30, quantity=-1)]
    found = check_invoice(make_cii(Made(lines=lines)))
    assert "BR-CO-10" not in found.broken
    assert found.is_valid, found


# ---- what is not -------------------------------------------------------------------------------


def broken(data: bytes, old: str, new: str) -> bytes:
    assert old.encode() in data, old
    return data.replace(old.encode(), new.encode(), 1)


def test_a_changed_sum_breaks_the_rule_of_that_sum() -> None:
    for make, tag in ((make_ubl, "cbc:PayableAmount"), (make_cii, "ram:DuePayableAmount")):
        data = make(FULL)
        text = re.search(rb"<%s[^>]*>162.01" % tag.encode(), data)
        assert text is not None
        found = check_invoice(data.replace(text.group(), text.group()[:-1] + b"2"), name="x.xml")
        assert found.broken == ("BR-CO-16",)
        assert found.refusal is not None
        assert found.refusal.code == "InvalidByRules"
        assert "BR-CO-16" in found.refusal.message
        assert found.refusal.place
        assert found.refusal.next_step
        assert found.invoice is not None  # a person sees what it says


def test_codes_that_are_on_no_list_are_refused() -> None:
    ubl = check_invoice(broken(make_ubl(FULL), "<cbc:ID>S</cbc:ID>", "<cbc:ID>Q</cbc:ID>"))
    assert ubl.refusal is not None
    assert {"BR-CL-17", "BR-CL-18"} & set(ubl.broken)
    cii = check_invoice(broken(make_cii(FULL), "CategoryCode>S<", "CategoryCode>Q<"))
    assert cii.refusal is not None


def test_what_is_said_twice_is_refused_and_never_read_by_chance() -> None:
    """Where a schema allows two, the rules refuse it, or fail, which refuses it as well."""
    cases = (
        (make_cii, b"ram:SpecifiedTradeSettlementHeaderMonetarySummation"),
        (make_cii, b"ram:ApplicableTradeTax"), (make_cii, b"ram:SellerTradeParty"),
        (make_ubl, b"cac:TaxSubtotal"), (make_ubl, b"cac:PartyLegalEntity"),
    )  # fmt: skip
    for make, tag in cases:
        data = make(FULL)
        start = data.rindex(b"<%s>" % tag)
        end = data.index(b"</%s>" % tag, start) + len(tag) + 3
        found = check_invoice(data[:end] + data[start:end] + data[end:])
        assert not found.is_valid, tag


def test_rules_that_fail_are_told_and_nothing_else_is(capfd: pytest.CaptureFixture[str]) -> None:
    data = make_ubl(FULL)
    entity = re.search(rb"<cac:PartyLegalEntity>.*?</cac:PartyLegalEntity>", data)
    assert entity is not None
    found = check_invoice(data.replace(entity.group(), entity.group() * 2, 1))
    assert found.broken == ("rules",)
    assert capfd.readouterr().err == ""


HOSTILE = {
    "a document type": (b'<!DOCTYPE a [<!ENTITY x SYSTEM "secret.txt">]><a>&x;</a>',
                        "XmlDocumentType"),
    "another root": (b"<Order/>", "XmlNamespace"),
    "an envelope": (b"<StandardBusinessDocument/>", "XmlNamespace"),
    "ZUGFeRD 1": (b'<r:CrossIndustryDocument xmlns:r="urn:ferd:x:1p0"/>', "XmlNamespace"),
    "a wrong namespace": (make_ubl(FULL).replace(b"xsd:Invoice-2", b"xsd:Invoice-3"),
                          "XmlNamespace"),
    "an empty one": (make_ubl(FULL)[:200] + b"/>", "XmlUnreadable"),
    "two roots": (make_ubl(FULL) + b"<a/>", "XmlTwoRoots"),
    "a schema broken": (broken(make_ubl(FULL), "cbc:IssueDate>2026-01-02", "cbc:IssueDate>soon"),
                        "InvalidBySchema"),
    "an unknown element": (broken(make_ubl(FULL), "<cbc:Note>", "<cbc:Surprise/><cbc:Note>"),
                           "InvalidBySchema"),
    "a zip file": (b"PK\x03\x04....", "NotAnInvoice"),
    "no lines at all": (broken(make_cii(FULL), "urn:cen.eu:en16931:2017",
                               "urn:factur-x.eu:1p0:minimum"), "NotAnInvoice"),
    "a PDF without one": (carry({"readme.txt": b"x"}), "PdfWithoutInvoice"),
    "a PDF with two": (carry({"factur-x.xml": make_cii(FULL), "xrechnung.xml": make_cii(FULL)}),
                       "PdfAmbiguous"),
    "a PDF in ruins": (make_pdf(FULL)[:300], "PdfBroken"),
    "a PDF with a bad one": (carry({"factur-x.xml": b"<a/>"}), "XmlNamespace"),
}  # fmt: skip


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile_files_are_refused_with_reason_and_next_step(what: str) -> None:
    data, code = HOSTILE[what]
    found = check_invoice(data, name="bad.xml")
    assert found.refusal is not None
    assert found.refusal.code == code, found.refusal
    assert found.refusal.next_step
    assert found.invoice is None


def test_a_second_invoice_inside_is_refused() -> None:
    """Goal: what is judged and what is read can never be two different invoices.

    Method: a whole invoice within an extension, alone and within a signature; and within the
    signature's object only the local name. Each is refused before any schema looks at it.
    """
    inner = make_ubl(replace(FULL, number="OTHER")).split(b"?>", 1)[1]
    sign = b'<ds:Signature xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:Object>%s</ds:Object>'
    sign += b"</ds:Signature>"
    for content in (inner, sign % inner, sign % b'<Invoice xmlns=""/>'):
        extension = (
            b'<ext:UBLExtensions xmlns:ext="urn:oasis:names:specification:ubl:schema:xsd:'
            b'CommonExtensionComponents-2"><ext:UBLExtension><ext:ExtensionContent>%s'
            b"</ext:ExtensionContent></ext:UBLExtension></ext:UBLExtensions><cbc:CustomizationID>"
        ) % content
        data = make_ubl(FULL).replace(b"<cbc:CustomizationID>", extension, 1)
        found = check_invoice(data, name="wrapped.xml")
        assert found.refusal is not None
        assert found.refusal.code == "SignatureWrapping", found.refusal


def test_nothing_is_fetched() -> None:
    """Goal: where a document says its schema lies is never asked.

    Method: a listener on loopback counts who comes while an invoice that names it is judged; and
    since not every version of the parser would go there, the hint is gone before it could.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.3)
        came = list[object]()

        def listen() -> None:
            try:
                came.append(server.accept())
            except TimeoutError:
                return

        listening = threading.Thread(target=listen)
        listening.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/x.xsd"
        hint = ('xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
                f'xsi:schemaLocation="urn:x {url}" xmlns="urn:oasis')  # fmt: skip
        data = broken(make_ubl(FULL), 'xmlns="urn:oasis', hint)
        found = check_invoice(data)
        assert found.is_valid, found
        listening.join()
    assert not came
    root = read_xml(data)
    assert url in str(root.attrib)
    assert check_schema(root, EN16931) == ()
    assert url not in str(root.attrib)


def test_too_much_is_refused_at_once() -> None:
    lines = check_invoice(make_ubl(Made(lines=[MadeLine(100)] * 1001)))
    assert lines.refusal is not None
    assert lines.refusal.code == "TooManyLines"
    large = check_invoice(make_ubl(replace(FULL, note="x" * (9 * 2**20))))
    assert large.refusal is not None
    assert large.refusal.code == "XmlTooLarge"


def test_a_pdf_that_unpacks_to_too_much_is_refused() -> None:
    """A quarter of a gigabyte of zeros, packed once and packed twice; then the reader goes on."""
    data = zlib.compress(b"\0" * 2**28, 9)
    for body in (data, zlib.compress(data)):
        found = check_invoice(bomb_of(body, twice=body is not data), name="bomb.pdf")
        assert found.refusal is not None
        assert found.refusal.code in {"PdfTooMuch", "PdfBroken", "XmlTooLarge"}, found.refusal
    assert check_invoice(make_pdf(FULL)).is_valid


def bomb_of(body: bytes, *, twice: bool) -> bytes:
    """A PDF whose e-invoice is a packed stream as given."""
    packing = b"[/FlateDecode /FlateDecode]" if twice else b"/FlateDecode"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R /Names << /EmbeddedFiles << /Names [(factur-x.xml) "
        b"3 0 R] >> >> >>",
        b"<< /Type /Pages /Kids [] /Count 0 >>",
        b"<< /Type /Filespec /F (factur-x.xml) /UF (factur-x.xml) /EF << /F 4 0 R >> >>",
        b"<< /Type /EmbeddedFile /Filter %s /Length %d >>\nstream\n%s\nendstream"
        % (packing, len(body), body),
    ]
    out, places = b"%PDF-1.7\n", []
    for number, one in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return out + (b"xref\n0 5\n0000000000 65535 f \n%strailer\n<< /Size 5 /Root 1 0 R >>\n"
                  b"startxref\n%d\n%%%%EOF\n" % (table, len(out)))  # fmt: skip


# ---- sums, numbers, days -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "currency", "minor"),
    [("12.5", "EUR", 1250), ("-0.01", "EUR", -1), ("+7", "JPY", 7), (".5", "EUR", 50),
     ("1.2340", "KWD", 1234), ("0012.00", "JPY", 12)],
)  # fmt: skip
def test_sums_are_exact(text: str, currency: str, minor: int) -> None:
    assert minor_of(text, currency, "x") == minor


@pytest.mark.parametrize("text", ["", ".", "1,5", "1e3", "0.001", "NaN", "1 000", "٣", "9" * 70])
def test_what_is_no_exact_sum_is_refused(text: str) -> None:
    with pytest.raises(Rejected):
        minor_of(text, "EUR", "x")


def test_days_and_rates() -> None:
    assert day_of("20260228", "x") == day_of("2026-02-28+01:00", "x") == "2026-02-28"
    assert (exact_text("25.00", "x"), exact_text("000", "x")) == ("25", "0")
    for text in ("2026-02-30", "26-01-01", "20261301", "yesterday"):
        with pytest.raises(Rejected):
            day_of(text, "x")


# ---- to the house ------------------------------------------------------------------------------

FIRMS = [
    KnownFirm("A1", "NL", tax_number="810000003B01", lei="5493001KJTIIGC8Y1R12"),
    KnownFirm("B1", "IN", tax_number="27AABCB1000F1ZK", endpoint="0088:4012345000009"),
    KnownFirm("D1", "DE", tax_number="810000003B01"),
]


def read(made: Made) -> object:
    found = check_invoice(make_ubl(made))
    assert found.is_valid, found
    return found.invoice


def test_parties_are_found_by_their_numbers() -> None:
    claim = claim_of(read(FULL), KnownFirms(FIRMS))  # type: ignore[arg-type]
    assert (claim.creditor, claim.debtor, claim.amount_minor) == ("A1", "B1", 16_201)
    assert (claim.number, claim.due, claim.issued) == ("R-1", "2026-01-30", "2026-01-02")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"seller": replace(party_of("A2"), endpoint=("0088", "1"))}, "UnknownParty"),
        ({"buyer": replace(party_of("B2"))}, "UnknownParty"),
        ({"seller": replace(party_of("A1"), endpoint=("0088", "4012345000009"))}, "PartyUnclear"),
        ({"seller": replace(party_of("A1"), lei="HWUPKR0MPOU8FGXBT394")}, "PartyUnclear"),
        ({"type_code": "389"}, "SelfBilled"),
        ({"process": "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"}, "SelfBilled"),
        ({"type_code": "393"}, "Factored"),
        ({"type_code": "325"}, "ProForma"),
        ({"type_code": "384"}, "Corrected"),
        ({"type_code": "130"}, "KindNotTaken"),
        ({"payee": "The Factor"}, "OtherPayee"),
        ({"prepaid_minor": 18_201, "rounding_minor": 0}, "NothingPayable"),
        ({"type_code": "381"}, "CreditWithoutInvoice"),
        ({"type_code": "381", "preceding": ("R-1", "R-2")}, "CreditWithoutInvoice"),
    ],
)
def test_what_the_house_cannot_take_is_refused_with_what_to_do(
    changes: dict[str, object], code: str
) -> None:
    made = replace(FULL, **changes)  # type: ignore[arg-type]
    with pytest.raises(Rejected) as refused:
        claim_of(read(made), KnownFirms(FIRMS))  # type: ignore[arg-type]
    assert refused.value.code == code
    assert len(refused.value.next_step) > 10


def test_a_payee_that_is_the_seller_is_the_seller() -> None:
    claim_of(read(replace(FULL, payee="alder PHARMA")), KnownFirms(FIRMS))  # type: ignore[arg-type]
