# SPDX-License-Identifier: Apache-2.0
"""E-invoices read and judged: bytes in, what they say and a verdict out.

In this order, and no step is taken on what an earlier one refused: what kind of file it is, the
XML read safely, one invoice and no other in it, the schema, the rules, the fields.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

from skontro.core.errors import Rejected, SkontroError
from skontro.core.money import shorten
from skontro.messages.invoices.cii import CII_ROOT, read_cii
from skontro.messages.invoices.document import EInvoice
from skontro.messages.invoices.pdf import MOST_PDF, embedded_xml
from skontro.messages.invoices.reading import Element, clean
from skontro.messages.invoices.rules import (
    EN16931,
    EXTENDED,
    FATAL,
    Finding,
    check_rules,
    check_schema,
)
from skontro.messages.invoices.ubl import CREDIT_NOTE_ROOT, INVOICE_ROOT, read_ubl
from skontro.messages.xml_reading import read_xml

MOST_XML = 8 * 2**20
"""Bytes of an e-invoice, its attached files among them."""

MOST_LINES = 1000
"""Lines of an e-invoice: the rules look at each line with every other in places."""

MOST_ELEMENTS = 30_000
"""Elements of an e-invoice, whatever they are."""

ROOTS = {INVOICE_ROOT: "ubl", CREDIT_NOTE_ROOT: "ubl", CII_ROOT: "cii"}
"""Outermost elements that are read, and their syntax."""

_LOCAL = frozenset(root.rpartition("}")[2] for root in ROOTS)
_MOST_OF = {
    "InvoiceLine": MOST_LINES, "CreditNoteLine": MOST_LINES,
    "IncludedSupplyChainTradeLineItem": MOST_LINES, "AllowanceCharge": 500,
    "SpecifiedTradeAllowanceCharge": 500, "TaxSubtotal": 100,
    "ApplicableTradeTax": MOST_LINES + 100,
}  # fmt: skip
"""How many elements of a kind there may be: those that rules compare with each other."""

_PDF, _ZIP = b"%PDF-", b"PK\x03\x04"
_SIGNATURES = "http://www.w3.org/2000/09/xmldsig#"
_HINTS = {
    "StandardBusinessDocument": "it is an envelope: hand over the invoice that is in it",
    "CrossIndustryDocument": "it is ZUGFeRD 1: ask the sender for ZUGFeRD 2 or Factur-X",
    "Signature": "it is a signature around something: ask the sender for the invoice itself",
}
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a file is not taken.

    Attributes:
        code: The reason, one word.
        place: Where in the file; empty for the whole.
        message: The reason as a sentence.
        next_step: What to do about it.
    """

    code: str
    place: str
    message: str
    next_step: str

    @classmethod
    def of(cls, error: SkontroError, place: str = "") -> Refusal:
        """Return an error as the refusal of one file among many."""
        return cls(error.code, place, error.message, error.next_step)


@dataclass(frozen=True, slots=True)
class CheckedInvoice:
    """What came of reading and judging one file.

    Attributes:
        name: The file.
        digest: SHA-256 of its bytes, hexadecimal.
        size: Bytes in it.
        carrier: ``xml`` or ``pdf``; empty where it is neither.
        syntax: ``ubl`` or ``cii``; empty where it is neither.
        rules: Which rules it was judged by.
        profile: What it says it follows, in words.
        findings: Rules it breaks, and warnings.
        remarks: What a reader must know of the verdict, such as rules that were not applied.
        refusal: Why it is not taken; None where it may be.
        invoice: What it says, as far as that could be read.
    """

    name: str
    digest: str
    size: int
    carrier: str = ""
    syntax: str = ""
    rules: str = ""
    profile: str = ""
    findings: tuple[Finding, ...] = ()
    remarks: tuple[str, ...] = ()
    refusal: Refusal | None = None
    invoice: EInvoice | None = None

    @property
    def is_valid(self) -> bool:
        """Whether schema and rules allow it."""
        return self.refusal is None

    @property
    def broken(self) -> tuple[str, ...]:
        """Ids of the rules it breaks, each once, in order."""
        return tuple(sorted({one.rule for one in self.findings if one.severity == FATAL}))


def check_invoice(data: bytes, *, name: str = "the document") -> CheckedInvoice:
    """Read an e-invoice and judge it by schema and rules. Nothing is raised for a bad one.

    Args:
        data: A UBL or CII document, or a PDF that carries one.
        name: What messages call it.

    Example:
        >>> check_invoice(b"<Invoice/>", name="a.xml").refusal.code
        'XmlNamespace'
    """
    found = CheckedInvoice(name, hashlib.sha256(data).hexdigest(), len(data))
    try:
        return _checked(found, data)
    except SkontroError as error:
        return replace(found, refusal=Refusal.of(error))
    except RecursionError:
        deep = Rejected(f"{name}: it is nested too deep", code="XmlTooDeep")
        return replace(found, refusal=Refusal.of(deep))


def _checked(found: CheckedInvoice, data: bytes) -> CheckedInvoice:
    name = found.name
    if data[:1024].lstrip().startswith(_PDF):
        found = replace(found, carrier="pdf")
        if len(data) > MOST_PDF:
            raise Rejected(f"{name}: it has more than {MOST_PDF:,} bytes", code="PdfTooLarge")
        data = embedded_xml(data, name=name)
    elif data.startswith(_ZIP):
        raise Rejected(f"{name}: it is a zip file, not an invoice", code="NotAnInvoice",
                       next_step="hand over the zip file itself, or what is in it")  # fmt: skip
    root = _opened(data, name)
    found = replace(found, carrier=found.carrier or "xml", syntax=ROOTS[root.tag])
    customization, process = _claims(root)
    profile, rules, remarks, follows = _profile(customization, process, found.carrier)
    found = replace(found, rules=rules, profile=profile, remarks=remarks)
    findings = check_schema(root, rules)
    if findings:
        first = findings[0]
        return replace(found, findings=findings, refusal=Refusal(
            "InvalidBySchema", first.place,
            f"{name}, {first.place}: its schema does not allow it: {first.text}",
            "ask the sender for an invoice that its schema allows",
        ))  # fmt: skip
    findings = check_rules(root, rules, profile=follows)
    found = replace(found, findings=findings)
    try:
        found = replace(found, invoice=_read(root, name))
    except Rejected as error:
        found = replace(found, refusal=Refusal.of(error))
    return replace(found, refusal=_broken(found)) if found.broken else found


def _opened(data: bytes, name: str) -> Element:
    """Return the outermost element, provided there is one invoice and no other."""
    root = read_xml(data, most=MOST_XML, name=name)
    if root.tag not in ROOTS:
        space, _, local = str(root.tag).rpartition("}")
        raise Rejected(
            f"{name}, line {root.sourceline or 1}: its outermost element "
            f"{shorten(local, 60)!r} of {shorten(space[1:], 80)!r} is no invoice in UBL 2.1 or CII",
            code="XmlNamespace",
            next_step=_HINTS.get(local, "hand over an invoice or credit note in UBL 2.1 or CII"),
        )
    elements, counts = 0, dict.fromkeys(_MOST_OF, 0)
    for one in root.iterdescendants():
        elements += 1
        space, _, local = str(one.tag).rpartition("}")
        if local in _LOCAL and (one.tag in ROOTS or _in_signature(one)):
            raise Rejected(
                f"{name}, line {one.sourceline}: a second invoice stands inside it",
                code="SignatureWrapping",
                next_step="ask the sender for one invoice in one file",
            )
        if local in counts:
            counts[local] += 1
    many = next((each for each, count in counts.items() if count > _MOST_OF[each]), "")
    if many or elements > MOST_ELEMENTS:
        what = f"{_MOST_OF[many]:,} {many}" if many else f"{MOST_ELEMENTS:,} elements"
        raise Rejected(f"{name}: it has more than {what}", code="TooManyLines",
                       next_step="register it in a table: skontro obligations import")  # fmt: skip
    return root


def _in_signature(one: Element) -> bool:
    return any(str(each.tag).startswith(f"{{{_SIGNATURES}}}") for each in one.iterancestors())


def _claims(root: Element) -> tuple[str, str]:
    """Return which specification and which process a document says it follows."""
    if ROOTS[root.tag] == "ubl":
        return (clean(root.findtext("{*}CustomizationID")), clean(root.findtext("{*}ProfileID")))
    start = "{*}ExchangedDocumentContext/{*}"
    return (
        clean(root.findtext(f"{start}GuidelineSpecifiedDocumentContextParameter/{{*}}ID")),
        clean(root.findtext(f"{start}BusinessProcessSpecifiedDocumentContextParameter/{{*}}ID")),
    )


PEPPOL = "urn:fdc:peppol.eu:2017:poacc:billing:3.0"
SELF_BILLING = "urn:fdc:peppol.eu:2017:poacc:selfbilling:01:1.0"
_UNAPPLIED = {
    PEPPOL: "Peppol BIS Billing 3.0",
    "urn:xeinkauf.de:kosit:xrechnung": "XRechnung",
    "urn:xoev-de:kosit:standard:xrechnung": "XRechnung",
    "urn:fdc:nen.nl:nlcius": "NLCIUS",
    "urn:www.cenbii.eu": "CEN BII",
}


def _profile(
    customization: str, process: str, carrier: str
) -> tuple[str, str, tuple[str, ...], bool]:
    """Return what a document follows in words, its set of rules, remarks, and whether it says it
    follows Factur-X.

    Raises:
        Rejected: It says itself that it is no invoice by the standard.
    """
    low = customization.lower()
    if low.endswith((":minimum", ":basicwl")) or low.endswith(("#minimum", "#basicwl")):
        raise Rejected(
            f"the profile {shorten(customization, 80)!r} has no lines: it is no invoice by EN "
            "16931", code="NotAnInvoice",
            next_step="ask the sender for the profile EN 16931 or EXTENDED",
        )  # fmt: skip
    if "extended" in low and ("factur-x" in low or "zugferd" in low):
        return EXTENDED, EXTENDED, (), True
    for start, name in _UNAPPLIED.items():
        if start in low:
            remark = f"{name} is recognised; what its own rules add to EN 16931 was not applied"
            return name, EN16931, (remark,), False
    if process == SELF_BILLING:
        remark = "Peppol self-billing is recognised; its own rules were not applied"
        return "Peppol self-billing", EN16931, (remark,), False
    if "factur-x.eu" in low:
        return "Factur-X BASIC", EN16931, (), False
    if low == "urn:cen.eu:en16931:2017":
        return EN16931, EN16931, (), carrier == "pdf"
    remark = (
        f"it says it follows {shorten(customization, 80)!r}, whose own rules were not applied"
    )
    return shorten(customization, 80) or "none", EN16931, (remark,), False


def _broken(found: CheckedInvoice) -> Refusal:
    first = [one for one in found.findings if one.severity == FATAL][:_SHOWN]
    more = len(found.broken) - _SHOWN
    ids = ", ".join(found.broken[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
    return Refusal(
        "InvalidByRules", first[0].place,
        f"{found.name}: it breaks {ids}: {first[0].text}",
        "ask the sender for an invoice that the rules allow",
    )  # fmt: skip


def _read(root: Element, name: str) -> EInvoice:
    try:
        return read_cii(root) if root.tag == CII_ROOT else read_ubl(root)
    except Rejected as error:
        raise Rejected(f"{name}: {error.message}", code=error.code,
                       next_step=error.next_step) from None  # fmt: skip


def as_json(found: CheckedInvoice, *, with_lines: bool = True) -> dict[str, Any]:
    """Return a checked file as plain values, its invoice with sums as whole minor units."""
    from dataclasses import asdict

    value = asdict(found) | {"valid": found.is_valid, "broken": list(found.broken)}
    if not with_lines and value["invoice"]:
        value["invoice"].pop("lines")
    return value
