# SPDX-License-Identifier: Apache-2.0
"""Documents in: e-invoices become obligations, credit notes lower them; the bytes are kept.

Each document is a unit of work of its own: a thousand in one go, and one that is refused stops no
other. The same document again has no further effect, however it is written down; another one
under the same number is refused.
"""

from __future__ import annotations

import base64
import hashlib
import os
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from skontro.core.errors import Conflict, Forbidden, Rejected, SkontroError
from skontro.flow.corrections import give_credit_in
from skontro.house.obligations import Registration
from skontro.messages.beside import Beside
from skontro.messages.bundles import Source, open_sources
from skontro.messages.invoices import CREDIT_NOTE, CheckedInvoice, EInvoice, Refusal
from skontro.messages.invoices.many import WORKERS, check_many
from skontro.messages.invoices.mapping import Claim, KnownFirm, KnownFirms, claim_of, trade_of
from skontro.store.database import Unit
from skontro.store.documents import (
    find_document,
    listed_documents,
    taxes_of,
    with_seller,
    write_document,
)
from skontro.store.obligations import (
    files_for,
    find_firms,
    firms_by_number,
    registered_before,
    same_document,
)
from skontro.store.register import checked_record, commit_record, current_records
from skontro.store.rows import find, find_all, next_numbers
from skontro.store.schema import document, participant, register

if TYPE_CHECKING:
    from skontro.flow.house import House

Progress = Callable[[str], None]
_PACKED = "zlib+base64:"
_EVERY = 25


@dataclass(frozen=True, slots=True)
class DocumentOutcome:
    """What came of one file.

    Attributes:
        name: The file.
        outcome: ``taken``, ``credited``, ``repeated`` or ``refused``.
        kind: ``invoice`` or ``credit_note``, as far as it could be read.
        number: The seller's number of it.
        seller: Id of the participant that is owed.
        buyer: Id of the one that owes.
        amount_minor: What is to be paid, or is credited.
        currency: ISO 4217.
        due: By when.
        obligation: The obligation it became or lowers.
        state: The state that is in.
        document: The number under which the document is kept.
        digest: SHA-256 of the file.
        profile: What it says it follows.
        broken: Rules it breaks.
        warnings: Rules whose warnings it raises.
        remarks: What to know of the verdict.
        refusal: Why it was not taken.
    """

    name: str
    outcome: str
    kind: str = ""
    number: str = ""
    seller: str = ""
    buyer: str = ""
    amount_minor: int = 0
    currency: str = ""
    due: str = ""
    obligation: int | None = None
    state: str = ""
    document: int | None = None
    digest: str = ""
    profile: str = ""
    broken: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()
    refusal: Refusal | None = None


@dataclass(frozen=True)
class IntakeReport:
    """What came of many files.

    Attributes:
        files: What came of each, in the order they were given in.
        dry_run: Whether nothing was written: it is what would happen.
    """

    files: list[DocumentOutcome] = field(default_factory=list)
    dry_run: bool = False

    def count(self, outcome: str) -> int:
        """Return how many files came to this."""
        return Counter(one.outcome for one in self.files)[outcome]

    def as_json(self) -> dict[str, Any]:
        """The report as plain values."""
        return {
            "dry_run": self.dry_run, "files": len(self.files),
            **{name: self.count(name) for name in ("taken", "credited", "repeated", "refused")},
            "documents": [asdict(one) for one in self.files],
        }  # fmt: skip


class _Undone(Exception):
    """Raised at the end of a dry run, so that nothing of it becomes true."""


class Documents:
    """Documents as they come in."""

    def __init__(self, house: House) -> None:
        self.house = house

    def read(
        self,
        paths: Sequence[str | os.PathLike[str]],
        *,
        sender: str = "",
        person: str | None = None,
        beside: Mapping[str, Beside] | None = None,
        dry_run: bool = False,
        workers: int = WORKERS,
        progress: Progress | None = None,
    ) -> IntakeReport:
        """Take in e-invoices and credit notes: files, folders and zip files.

        Each is judged by its schema and by the rules of EN 16931 first. An invoice becomes an
        obligation that its seller has registered under the invoice's number; a credit note lowers
        the one obligation whose invoice it names. Credit notes come last, whatever the order.

        Args:
            paths: Where they are.
            sender: Who hands them in: the seller, the buyer, or an agent that files for one of
                them; the seller of each if not given.
            person: Who of the house took them in, if one did.
            beside: What is said of documents beside them, by number.
            dry_run: Say what would happen, and let nothing of it become true.
            workers: How many processes judge.
            progress: Told what is done now.

        Example:
            ``house.documents.read(["january/"], dry_run=True).count("taken")``
        """
        say = progress or (lambda _: None)
        intake = _Intake(self.house, sender, person, dict(beside or {}))
        checked = check_many(open_sources(paths), workers=workers)
        if not dry_run:
            return IntakeReport(self._all(checked, intake, say))
        files = list[DocumentOutcome]()
        try:
            with self.house.database.unit("document.dry_run") as unit:
                intake.within = unit
                files = list(self._all(checked, intake, say))
                raise _Undone
        except _Undone:
            return IntakeReport(files, dry_run=True)

    def read_sources(
        self, sources: Iterable[Source], *, sender: str, person: str | None, few: int
    ) -> IntakeReport:
        """Take in documents as :meth:`read` does, from wherever they come.

        Args:
            sources: The files, each read when it is its turn.
            sender: Who hands them in.
            person: The person who does, if it is one.
            few: Fewer files than so many are judged here, without processes of their own.
        """
        intake = _Intake(self.house, sender, person, {})
        return IntakeReport(self._all(check_many(sources, few=few), intake, lambda _: None))

    def _all(
        self,
        checked: Iterator[tuple[bytes, CheckedInvoice]],
        intake: _Intake,
        say: Progress,
    ) -> list[DocumentOutcome]:
        found = dict[int, DocumentOutcome]()
        notes = list[tuple[int, bytes, CheckedInvoice]]()
        for place, (data, one) in enumerate(checked):
            if place % _EVERY == 0:
                say(f"reading: {place:,} files")
            if one.invoice is not None and one.invoice.kind == CREDIT_NOTE and one.is_valid:
                notes.append((place, zlib.compress(data, 1), one))
            else:
                found[place] = intake.take(data, one)
        for place, packed, one in notes:
            found[place] = intake.take(zlib.decompress(packed), one)
        return [found[place] for place in sorted(found)]

    # ---- looking -----------------------------------------------------------------------------

    def show(self, number: int) -> dict[str, Any]:
        """Return a document as it is kept, with its tax by rate; not its bytes.

        Raises:
            Rejected: There is none of that number.
        """
        with self.house.database.read() as unit:
            found = with_seller(unit, number)
            if found is None:
                raise Rejected(f"there is no document {number}", code="NoSuchDocument")
            taxes = taxes_of(unit, [found["obligation"]]).get(found["obligation"], [])
        return found | {"taxes": taxes}

    def listed(self, *, after: int = 0, most: int = 100) -> list[dict[str, Any]]:
        """Return documents by number, without their bytes.

        Args:
            after: From after this number on.
            most: How many at most.
        """
        with self.house.database.read() as unit:
            return listed_documents(unit, after, most)

    def original(self, number: int) -> bytes:
        """Return the bytes of a document as they came in.

        Raises:
            Rejected: There is none, or its bytes are erased.
            Conflict: They are not what was committed to.
        """
        with self.house.database.read() as unit:
            row = find(unit, document, id=number)
            if row is None:
                raise Rejected(f"there is no document {number}", code="NoSuchDocument")
            record = find(unit, register, id=row.original)
            text = checked_record(unit, row.original, record.commitment)
        if text is None:
            raise Rejected(f"the bytes of document {number} are erased", code="Erased")
        data = zlib.decompress(base64.b64decode(text.removeprefix(_PACKED)))
        if hashlib.sha256(data).hexdigest() != row.original_digest:
            raise Conflict(f"the bytes of document {number} are not what came in",
                           code="RecordChanged")  # fmt: skip
        return data

    def taxes(self, unit: Unit, obligations: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
        """Return net and tax by rate of obligations: see :func:`store.documents.taxes_of`."""
        return taxes_of(unit, obligations)


class _Intake:
    """One intake of many files: who is who, who hands in, what is said beside them.

    Attributes:
        within: The unit of work of a dry run, in which all of it is done; else each document has
            its own.
    """

    def __init__(
        self, house: House, sender: str, person: str | None, beside: dict[str, Beside]
    ) -> None:
        self.house, self.sender, self.person = house, sender, person
        self.beside = beside
        self.within: Unit | None = None
        with house.database.read() as unit:
            self.firms = KnownFirms(known_firms(house, unit))
            self.spoken_for = self._spoken_for(unit)

    def _spoken_for(self, unit: Unit) -> set[str]:
        """Return the sender and whom it files for; none where nobody is known to hand in."""
        who = find_firms(unit, [self.sender]).get(self.sender) if self.sender else None
        if who is None:
            return set()
        numbers = {firm for _, firm in files_for(unit, self.house.today, [who.number])}
        return {who.id, *(row.id for row in firms_by_number(unit, numbers))}

    def take(self, data: bytes, checked: CheckedInvoice) -> DocumentOutcome:
        """Take one document in, or say why not."""
        invoice = checked.invoice
        told: dict[str, Any] = {
            "name": checked.name, "digest": checked.digest, "profile": checked.profile,
            "broken": checked.broken, "remarks": checked.remarks,
            "warnings": tuple(sorted(
                {one.rule for one in checked.findings} - set(checked.broken)
            )),
        }  # fmt: skip
        if invoice is not None:
            told |= {"kind": invoice.kind, "number": invoice.number, "currency": invoice.currency,
                     "amount_minor": invoice.totals.payable_minor, "due": invoice.due}  # fmt: skip
        if invoice is None or checked.refusal is not None:
            return DocumentOutcome(outcome="refused", refusal=checked.refusal, **told)
        try:
            self._check_party(invoice)
            claim = claim_of(invoice, self.firms)
            told |= {"seller": claim.creditor, "buyer": claim.debtor}
            return DocumentOutcome(**told, **self._recorded(data, checked, invoice, claim))
        except SkontroError as error:
            if error.code in ("StoreBusy", "StoreLost", "OutcomeUnknown"):
                raise
            refusal = Refusal(error.code, "", f"{checked.name}: {error.message}", error.next_step)
            return DocumentOutcome(outcome="refused", refusal=refusal, **told)

    def _check_party(self, invoice: EInvoice) -> None:
        """Refuse what the sender is no party to, and say nothing of who is.

        Raises:
            Forbidden: The sender is neither seller nor buyer, and files for neither.
        """
        if not self.spoken_for:
            return
        for party, role in ((invoice.seller, "seller"), (invoice.buyer, "buyer")):
            with suppress(Rejected):
                if self.firms.find(party, role) in self.spoken_for:
                    return
        raise Forbidden(f"{self.sender} is no party to it, and files for none of them",
                        code="NotPermitted", next_step="ask a party to it")  # fmt: skip

    def _recorded(
        self, data: bytes, checked: CheckedInvoice, invoice: EInvoice, claim: Claim
    ) -> dict[str, Any]:
        if self.within is not None:
            with self.within.attempt():
                return self._record(self.within, data, checked, invoice, claim)

        def work() -> dict[str, Any]:
            with self.house.database.unit("document.read") as unit:
                return self._record(unit, data, checked, invoice, claim)

        return self.house.database.repeat(work)

    def _record(
        self, unit: Unit, data: bytes, checked: CheckedInvoice, invoice: EInvoice, claim: Claim
    ) -> dict[str, Any]:
        """Write a document and what it does, within a unit of work."""
        self.house.check_writable(unit)
        firms = find_firms(unit, (claim.creditor, claim.debtor))
        seller, buyer = firms[claim.creditor], firms[claim.debtor]
        unit.hold("document", seller.number, claim.kind, claim.number)
        known = find_document(unit, seller.number, claim.kind, claim.number)
        if known is not None and known.content_digest != invoice.digest:
            raise Conflict(
                f"{claim.creditor} has given another {claim.kind.replace('_', ' ')} the number "
                f"{claim.number!r}", code="IdempotencyMismatch",
                next_step="ask the seller for a credit note and a new invoice with its own number",
            )  # fmt: skip
        if claim.kind == CREDIT_NOTE:
            done = self._credit(unit, claim, seller, buyer)
            done["outcome"] = "credited" if known is None else "repeated"
        else:
            done = self._register(unit, claim, invoice, (seller, buyer))
        if known is None:
            number = self._keep(unit, data, checked, invoice, seller, done["obligation"])
            return done | {"document": number}
        return done | {"document": known.id}

    def _register(
        self, unit: Unit, claim: Claim, invoice: EInvoice, parties: tuple[Any, Any]
    ) -> dict[str, Any]:
        """Register what an invoice says; let its buyer accept it where that was said."""
        obligations, beside = self.house.obligations, self.beside.get(claim.number, Beside())
        sender = self.sender or claim.creditor
        who = find_firms(unit, [sender]).get(sender)
        if who is None:
            raise Rejected(f"{sender!r} is not a participant", code="UnknownParticipant",
                           next_step="list them with: skontro participants list")  # fmt: skip
        party = obligations.party_for(unit, parties, who)
        # A buyer has invoices of many sellers, who may number alike; no id of a firm has a colon.
        is_own = party.id == claim.creditor
        said = Registration(
            sender=sender,
            reference=claim.number if is_own else f"{claim.creditor}:{claim.number}",
            debtor=claim.debtor, creditor=claim.creditor, amount_minor=claim.amount_minor,
            currency=claim.currency, due_date=claim.due, document=claim.number,
            document_date=claim.issued, trade=trade_of(invoice, beside.trade, beside.lines),
        )  # fmt: skip
        said.check()
        known = registered_before(unit, party.number, said.reference)
        number, state = obligations.register_in(
            unit, said, person=self.person, source="e-invoice"
        )
        if beside.accepted_by and state == "registered":
            state = obligations.confirm_in(unit, number, beside.accepted_by, person=self.person)
        return {"outcome": "taken" if known is None else "repeated", "obligation": number,
                "state": state}  # fmt: skip

    def _credit(self, unit: Unit, claim: Claim, seller: Any, buyer: Any) -> dict[str, Any]:
        """Let a credit note lower the obligation whose invoice it names."""
        rows = [
            row
            for row in same_document(unit, buyer.number, seller.number, claim.preceding)
            if row.currency == claim.currency
        ]
        if len(rows) != 1:
            what = "none" if not rows else f"{len(rows)}"
            raise Rejected(
                f"it lowers invoice {claim.preceding!r}, of which there is {what} in "
                f"{claim.currency} between {claim.creditor} and {claim.debtor}",
                code="UnknownInvoice",
                next_step="take the invoice in first, or record it by hand: skontro obligations "
                "credit OBLIGATION",
            )
        by = self.sender or claim.creditor
        found = give_credit_in(
            self.house.obligations, unit, rows[0].number, by, claim.number, claim.amount_minor,
            claim.number, self.person,
        )  # fmt: skip
        return {"obligation": rows[0].number, "state": found["state"]}

    def _keep(
        self, unit: Unit, data: bytes, checked: CheckedInvoice, invoice: EInvoice, seller: Any,
        obligation: int,
    ) -> int:  # fmt: skip
        """Write a document, its tax and its bytes; return its number."""
        house, totals = self.house, invoice.totals
        (number,) = next_numbers(unit, document)
        record = commit_record(
            unit, "document", str(number), "original",
            _PACKED + base64.b64encode(zlib.compress(data, 6)).decode(),
            purpose="what an obligation rests on", at=house.at,
            retain_until=house.keep_until("obligation", seller.side),
        )  # fmt: skip
        write_document(
            unit,
            {"id": number, "seller": seller.number, "kind": invoice.kind, "number": invoice.number,
             "obligation": obligation, "syntax": checked.syntax, "carrier": checked.carrier,
             "profile": checked.profile, "content_digest": invoice.digest,
             "original_digest": checked.digest, "original_bytes": checked.size,
             "original": record.id, "currency": invoice.currency, "net_minor": totals.net_minor,
             "tax_minor": totals.tax_minor, "prepaid_minor": totals.prepaid_minor,
             "rounding_minor": totals.rounding_minor, "payable_minor": totals.payable_minor,
             "hs_codes": " ".join(invoice.hs_codes), "person": self.person,
             "filed_at": house.at},
            [{"category": tax.category, "rate": tax.rate, "net_minor": tax.net_minor,
              "tax_minor": tax.tax_minor, "reason": tax.reason} for tax in invoice.taxes],
        )  # fmt: skip
        return number


def known_firms(house: House, unit: Unit) -> list[KnownFirm]:
    """Return what the house knows of participants by which documents name them."""
    country = {side.id: side.jurisdiction for side in house.rules.sides}
    said = {
        what: {firm: rows[-1][1]
               for firm, rows in current_records(unit, "participant", what).items()}
        for what in ("lei", "tax_number", "registration_number", "endpoint")
    }  # fmt: skip
    return [
        KnownFirm(row.id, country.get(row.side, ""),
                  **{what: texts.get(row.id, "") for what, texts in said.items()})
        for row in find_all(unit, participant, order=["number"])
    ]  # fmt: skip
