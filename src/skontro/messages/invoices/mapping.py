# SPDX-License-Identifier: Apache-2.0
"""From an e-invoice to what the house registers: who owes whom, how much, by when, for what."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from skontro.core.errors import InvalidIdentifier, Rejected
from skontro.core.money import shorten
from skontro.house.identifiers import check_tax_number, knows_tax_numbers
from skontro.house.trade import NOTHING, LineSaid, TradeSaid
from skontro.messages.invoices.checking import SELF_BILLING
from skontro.messages.invoices.document import (
    CREDIT_NOTE,
    EInvoice,
    InvoiceLine,
    InvoiceParty,
    PartyId,
)

LEI_SCHEME = "0199"

INVOICE_CODES = frozenset({"380", "82", "84", "326", "383", "386", "388", "875", "876", "877"})
"""Kinds of documents, by UNTDID 1001, that are a claim of the seller's own."""

CREDIT_NOTE_CODES = frozenset({"381", "81", "83", "532"})
_SELF_BILLED = frozenset({"261", "389", "471", "473", "500", "501", "502", "503", "527"})
_FACTORED = frozenset({"393", "396", "472"})
_WHY_NOT = {
    "325": ("ProForma", "it is a pro forma invoice: nothing is owed on it",
            "ask the seller for the invoice"),
    "384": ("Corrected", "it corrects an earlier invoice",
            "ask the seller for a credit note to the earlier one, and a new invoice"),
}  # fmt: skip
_THOUSANDTHS = re.compile(r"[0-9]{1,15}(\.[0-9]{1,3})?", re.A)
_COMPACT = re.compile(r"[ \-./\u00a0\u2007\u2009\u202f]")


@dataclass(frozen=True, slots=True)
class KnownFirm:
    """What the house knows of a participant by which documents name it.

    Attributes:
        id: Its id.
        country: Jurisdiction of its side.
        lei: Legal entity identifier.
        tax_number: Tax or VAT number, as the register has it.
        registration_number: In the register of firms of its country.
        endpoint: Where it receives e-invoices: scheme, colon, identifier.
    """

    id: str
    country: str
    lei: str = ""
    tax_number: str = ""
    registration_number: str = ""
    endpoint: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """What a document says to the house.

    Attributes:
        kind: ``invoice`` or ``credit_note``.
        number: The seller's number of it.
        creditor: Id of the seller.
        debtor: Id of the buyer.
        amount_minor: What is to be paid, or what the credit note takes back.
        currency: ISO 4217.
        due: By when; empty if not said.
        issued: When it was written.
        preceding: The invoice that a credit note lowers.
    """

    kind: str
    number: str
    creditor: str
    debtor: str
    amount_minor: int
    currency: str
    due: str
    issued: str
    preceding: str = ""


class KnownFirms:
    """Participants, found by what documents name them by; never by their names.

    Args:
        firms: All of them.
    """

    def __init__(self, firms: Iterable[KnownFirm]) -> None:
        self._of = dict[tuple[str, str], set[str]]()
        self._lei = dict[str, str]()
        for firm in firms:
            self._lei[firm.id] = firm.lei
            if firm.tax_number:
                self._add("tax", _tax_key(firm.country, firm.tax_number), firm.id)
            if firm.lei:
                self._add("lei", firm.lei, firm.id)
            if firm.registration_number:
                key = f"{firm.country} {_compact(firm.registration_number)}"
                self._add("register", key, firm.id)
            if firm.endpoint:
                self._add("endpoint", firm.endpoint.upper(), firm.id)

    def _add(self, kind: str, key: str, firm: str) -> None:
        self._of.setdefault((kind, key), set()).add(firm)

    def find(self, party: InvoiceParty, role: str) -> str:
        """Return the participant that a party of a document is.

        Args:
            party: As the document names it.
            role: ``seller`` or ``buyer``, for messages.

        Raises:
            Rejected: It is none, could be several, or its identifiers contradict each other.
        """
        keys = list(dict.fromkeys(_keys(party)))
        found = {firm for key in keys for firm in self._of.get(key, ())}
        shown = ", ".join(f"{kind} {key}" for kind, key in keys) or "nothing the house knows"
        if not found:
            raise Rejected(
                f"the {role} {shorten(party.name, 80)!r} is no participant; it is named by "
                f"{shorten(shown, 200)}", code="UnknownParty",
                next_step="admit it, or write its tax number, LEI or endpoint into the register: "
                "skontro participants change",
            )  # fmt: skip
        if len(found) > 1:
            raise Rejected(
                f"the {role} could be {', '.join(sorted(found)[:5])}: {shorten(shown, 200)}",
                code="PartyUnclear",
                next_step="ask the sender for a document whose identifiers are of one firm",
            )
        (firm,) = found
        said = next((key for kind, key in keys if kind == "lei"), "")
        if said and self._lei[firm] and said != self._lei[firm]:
            raise Rejected(f"the {role} would be {firm}, but has another LEI, {said}",
                           code="PartyUnclear",
                           next_step="ask the sender which is right")  # fmt: skip
        return firm


def _keys(party: InvoiceParty) -> Iterable[tuple[str, str]]:
    """Yield what a party is named by, the way the house writes it."""
    if party.vat:
        vat = _compact(party.vat)
        yield "tax", _tax_key(vat[:2], vat)
    if party.tax_number and party.country:
        yield "tax", _tax_key(party.country, party.tax_number)
    others = (party.legal_id, party.endpoint, *party.identifiers)
    yield from (("lei", _compact(one.value)) for one in others if one.scheme == LEI_SCHEME)
    yield from (("endpoint", _endpoint(one)) for one in others if one.scheme and one.value)
    if party.legal_id.value and party.country:
        yield "register", f"{party.country} {_compact(party.legal_id.value)}"


def _endpoint(one: PartyId) -> str:
    return f"{one.scheme}:{one.value}".upper()


def _compact(text: str) -> str:
    return _COMPACT.sub("", text).upper()


def _tax_key(country: str, number: str) -> str:
    """Return a tax number with its country before it, in the one form of that country."""
    compact = _compact(number)
    plain = compact.removeprefix(country)
    if knows_tax_numbers(country):
        for one in (compact, plain):
            try:
                return f"{country} {check_tax_number(one, country)}"
            except InvalidIdentifier:
                continue
    return f"{country} {plain}"


def claim_of(invoice: EInvoice, firms: KnownFirms) -> Claim:
    """Return what a document says to the house.

    Args:
        invoice: A valid one.
        firms: The participants.

    Raises:
        Rejected: It is no claim of one participant on another that the house can take; what to do
            instead is said.
    """
    _check_kind(invoice)
    creditor, debtor = firms.find(invoice.seller, "seller"), firms.find(invoice.buyer, "buyer")
    if invoice.payee.is_named and not _is_same(invoice.payee, invoice.seller):
        raise Rejected(
            f"it is to be paid to {shorten(invoice.payee.name, 80)!r}, not to the seller",
            code="OtherPayee",
            next_step="register it by hand for who is owed, or flag it as factored",
        )
    sums = invoice.totals
    if sums.payable_minor != (
        sums.net_minor + sums.tax_minor - sums.prepaid_minor + sums.rounding_minor
    ):
        raise Rejected("what is payable is not net and tax less what was paid before",
                       code="SumsDisagree",
                       next_step="ask the sender for an invoice whose sums agree")  # fmt: skip
    if sums.payable_minor <= 0:
        what = "credits" if invoice.kind == CREDIT_NOTE else "asks for"
        raise Rejected(
            f"it {what} nothing: what is payable is not above nought", code="NothingPayable",
            next_step="leave it out; what it takes back, a credit note says",
        )  # fmt: skip
    return Claim(
        invoice.kind, invoice.number, creditor, debtor, invoice.totals.payable_minor,
        invoice.currency, invoice.due, invoice.issued, _preceding(invoice),
    )  # fmt: skip


def _check_kind(invoice: EInvoice) -> None:
    code = invoice.type_code
    if code in _SELF_BILLED or invoice.process == SELF_BILLING:
        raise Rejected(
            "it is self-billed: the buyer wrote it", code="SelfBilled",
            next_step="let the buyer register what it owes: skontro obligations register --by "
            "BUYER; the seller confirms",
        )  # fmt: skip
    if code in _FACTORED:
        raise Rejected("it is factored: somebody else than the seller is owed", code="Factored",
                       next_step="let whoever is owed register it, if it takes part")  # fmt: skip
    if code in _WHY_NOT:
        kind, message, step = _WHY_NOT[code]
        raise Rejected(message, code=kind, next_step=step)
    if code not in (CREDIT_NOTE_CODES if invoice.kind == CREDIT_NOTE else INVOICE_CODES):
        raise Rejected(f"documents of kind {code!r} are not taken", code="KindNotTaken",
                       next_step="register what is owed by hand: skontro obligations register")


def _is_same(payee: InvoiceParty, seller: InvoiceParty) -> bool:
    ids = {payee.legal_id, *payee.identifiers} - {PartyId()}
    if ids:
        return bool(ids & {seller.legal_id, *seller.identifiers})
    return payee.name.casefold() in (seller.name.casefold(), seller.trading_name.casefold())


def _preceding(invoice: EInvoice) -> str:
    if invoice.kind != CREDIT_NOTE:
        return ""
    numbers = list(dict.fromkeys(number for number, _ in invoice.preceding if number))
    if len(numbers) == 1:
        return numbers[0]
    raise Rejected(
        "it names no invoice that it lowers" if not numbers
        else f"it lowers {len(numbers)} invoices, and does not say each by how much",
        code="CreditWithoutInvoice",
        next_step="record it by hand: skontro obligations credit OBLIGATION",
    )  # fmt: skip


def trade_of(
    invoice: EInvoice, said: TradeSaid, beside: Mapping[str, Mapping[str, str]] | None = None
) -> TradeSaid:
    """Return what an obligation is for: what is said beside the invoice, and its lines.

    An e-invoice alone does not say enough for the gate; nothing is said then, so that whoever
    knows, the seller or the buyer, can still say it. Where code, quantity or weight of the whole
    are said beside it, that is a single line, whatever lines the invoice has.

    Args:
        invoice: What it says of its lines.
        said: What was said beside it.
        beside: What was said of single lines, by the invoice's id of each.

    Raises:
        Rejected: A line comes to nothing or less, or lines are named that the invoice has not.
    """
    codes, beside = invoice.hs_codes, beside or {}
    if not said.is_said:
        return NOTHING
    unknown = sorted(set(beside) - {line.id for line in invoice.lines})
    if unknown:
        raise Rejected(f"the invoice has no line {unknown[0]!r}", code="InvalidLine",
                       next_step="name lines as the invoice numbers them")  # fmt: skip
    is_whole = said.code or said.quantity or said.weight
    if len(invoice.lines) > 1 and not is_whole and (codes or beside):
        return replace(said, lines=tuple(
            _line_of(line, beside.get(line.id, {})) for line in invoice.lines
        ))  # fmt: skip
    if not said.code and len(codes) == 1:
        said = replace(said, code=codes[0])
    if beside and not is_whole:
        words: dict[str, Any] = dict(beside[invoice.lines[0].id])
        said = replace(said, **words)
    return said


def _line_of(line: InvoiceLine, beside: Mapping[str, str]) -> LineSaid:
    """Return what a line of an invoice says, and what is said beside it."""
    if line.net_minor <= 0:
        raise Rejected(
            f"line {shorten(line.id, 40)!r} comes to nothing or less", code="InvalidLine",
            next_step="say code, quantity and weight of the whole beside it, as a single line",
        )  # fmt: skip
    fits = _THOUSANDTHS.fullmatch(line.quantity) is not None
    found = {"code": line.hs_code, "origin": line.origin,
             "quantity": line.quantity if fits else "", "unit": line.unit if fits else ""}
    return LineSaid(line.net_minor, **{**found, **beside})
