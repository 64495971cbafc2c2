# SPDX-License-Identifier: Apache-2.0
"""What a party says an obligation is for: the goods or services, and the papers they go with.

The gate judges it (see ``gate/trade.py`` for the kinds, units, papers and end uses it knows); here
it is only what was said, in its one form. What many obligations share are their terms; what each
has for itself are amounts, days and numbers of papers.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from skontro.core.digest import canonical_json
from skontro.core.errors import Rejected
from skontro.core.money import parse_decimal

PAPERS = (
    "customs_declaration", "transport_document", "tax_evidence", "tax_invoice", "contract",
    "end_user_statement", "licence", "origin_certificate",
)  # fmt: skip
"""Kinds of papers; each is a column of a file, with the paper's number."""

TERMS = ("kind", "code", "unit", "origin", "transit", "destination", "end_use", "papers_due")
"""What many obligations share, but for which papers there are."""

NUMBERS_BETWEEN = " | "
"""What stands between the numbers of several papers."""

MILLI_DECIMALS = 3
_DIGEST = re.compile(r"([0-9a-f]{64})?", re.A)


@dataclass(frozen=True)
class TradeSaid:
    """What an obligation is for, as a party says it.

    Attributes:
        kind: Kind of trade, such as ``cross_border_goods``; empty if nothing is said.
        code: HS code, or class of a service.
        quantity: How much, with at most three decimals.
        unit: Code of the unit of the quantity.
        weight: Net weight in kilograms, with at most three decimals.
        origin: Where the goods were made, ISO 3166 alpha-2.
        transit: Countries they pass through, with a blank between two.
        destination: Where they go to stay.
        end_use: What they are for.
        papers: Numbers of papers by kind.
        paper_date: Date of the papers, ``YYYY-MM-DD``.
        paper_issuer: Who gave them out.
        paper_digest: SHA-256 of the originals, hexadecimal.
        papers_due: Of an advance: when its papers come.

    Example:
        >>> said = TradeSaid("services", "SC1", papers=(("contract", "C-1"),))
        >>> said.terms
        '{"code":"SC1","kind":"services","papers":["contract"]}'
    """

    kind: str = ""
    code: str = ""
    quantity: str = ""
    unit: str = ""
    weight: str = ""
    origin: str = ""
    transit: str = ""
    destination: str = ""
    end_use: str = ""
    papers: tuple[tuple[str, str], ...] = ()
    paper_date: str = ""
    paper_issuer: str = ""
    paper_digest: str = ""
    papers_due: str = ""

    @property
    def is_said(self) -> bool:
        """Whether anything is said."""
        return self != NOTHING

    @property
    def terms(self) -> str:
        """What it shares with others, canonical JSON; empty if nothing is said."""
        if not self.is_said:
            return ""
        shared: dict[str, object] = {name: getattr(self, name) for name in TERMS}
        return terms_text(shared, [kind for kind, _ in self.numbered])

    @property
    def numbered(self) -> list[tuple[str, str]]:
        """Its papers that have a number, in the order of :data:`PAPERS`; of several of a kind the
        numbers stand together, with a comma between two."""
        given = dict[str, str]()
        for kind, number in self.papers:
            if number:
                given[kind] = f"{given[kind]}, {number}" if kind in given else number
        return [(kind, given[kind]) for kind in PAPERS if kind in given]

    @property
    def numbers(self) -> str:
        """The numbers of its papers, in that order."""
        return NUMBERS_BETWEEN.join(number for _, number in self.numbered)

    @property
    def quantity_milli(self) -> int:
        """How much, in thousandths of the unit."""
        return parse_decimal(self.quantity, MILLI_DECIMALS) if self.quantity else 0

    @property
    def weight_g(self) -> int:
        """Net weight in grams."""
        return parse_decimal(self.weight, MILLI_DECIMALS) if self.weight else 0

    @property
    def paper_day(self) -> int | None:
        """Date of the papers in days since 1970-01-01."""
        if not self.paper_date:
            return None
        return (datetime.date.fromisoformat(self.paper_date) - datetime.date(1970, 1, 1)).days

    def lines(self) -> tuple[str | int | None, ...]:
        """What is digested of it; nothing if nothing is said."""
        if not self.is_said:
            return ()
        return (self.terms, self.quantity_milli, self.weight_g, self.paper_day, self.numbers,
                self.paper_issuer, self.paper_digest)  # fmt: skip

    def check(self) -> None:
        """Refuse what cannot be written down.

        Raises:
            Rejected: Naming the field.
        """
        unknown = [kind for kind, _ in self.papers if kind not in PAPERS]
        wrong = unknown[0] if unknown else ""
        for field in ("quantity", "weight", "paper_date", "papers_due"):
            try:
                text = getattr(self, field)
                if "date" in field or "due" in field:
                    if text and datetime.date.fromisoformat(text).isoformat() != text:
                        wrong = wrong or field
                elif text:
                    parse_decimal(text, MILLI_DECIMALS)
            except (ValueError, Rejected):
                wrong = wrong or field
        if not _DIGEST.fullmatch(self.paper_digest):
            wrong = wrong or "paper_digest"
        texts = [str(getattr(self, name)) for name in (*TERMS, "paper_issuer")]
        texts += [text for _, text in self.papers]
        if any(not text.isprintable() for text in texts):
            wrong = wrong or "papers"
        if wrong:
            raise Rejected(f"{wrong}: this cannot be what was meant", code="InvalidTrade",
                           next_step="see docs/obligations.md for the columns")  # fmt: skip


NOTHING = TradeSaid()
"""Nothing is said of what an obligation is for: the gate holds it."""

DIFFER = TradeSaid("papers that differ")
"""What stands where the two parties say different things: no kind of trade, so the gate holds."""


def terms_text(shared: dict[str, object], papers: list[str]) -> str:
    """Return what many obligations share as canonical JSON, what is empty left out.

    Args:
        shared: Values of :data:`TERMS`.
        papers: Kinds of the papers there are, in the order of :data:`PAPERS`.
    """
    kept = {name: value for name, value in shared.items() if value}
    if papers:
        kept["papers"] = papers
    return canonical_json(kept).decode()
