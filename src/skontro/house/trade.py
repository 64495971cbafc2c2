# SPDX-License-Identifier: Apache-2.0
"""What a party says an obligation is for: the goods or services, and the papers they go with.

The gate judges it (see ``gate/trade.py`` for the kinds, units, papers and end uses it knows); here
it is only what was said, in its one form. What many obligations share are their terms; what each
has for itself are amounts, days and numbers of papers.
"""

from __future__ import annotations

import datetime
import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass, fields, replace

from skontro.core.digest import canonical_json
from skontro.core.errors import Rejected
from skontro.core.money import LIMIT_MINOR, parse_decimal

PAPERS = (
    "customs_declaration", "transport_document", "tax_evidence", "tax_invoice", "contract",
    "end_user_statement", "licence", "origin_certificate",
)  # fmt: skip
"""Kinds of papers; each is a column of a file, with the paper's number."""

TERMS = ("kind", "code", "unit", "origin", "transit", "destination", "end_use", "papers_due")
"""What many obligations share, but for which papers there are."""

LINE_TERMS = ("code", "unit", "origin", "transit", "destination", "end_use")
"""Which of these a line has for itself, where an obligation has several."""

LINE_COLUMNS = (*LINE_TERMS, "quantity", "weight")
"""What is said of a line beside its value."""

MOST_LINES = 999
"""How many lines an obligation may have."""

NUMBERS_BETWEEN = " | "
"""What stands between the numbers of several papers."""

MILLI_DECIMALS = 3
_DIGEST = re.compile(r"([0-9a-f]{64})?", re.A)


@dataclass(frozen=True)
class LineSaid:
    """One of several lines of an obligation, as a party says it; see :class:`TradeSaid`.

    Attributes:
        value_minor: What it comes to without tax, minor units of the obligation's currency.
        code: HS code, or class of a service.
        quantity: How much, with at most three decimals.
        unit: Code of the unit of the quantity.
        weight: Net weight in kilograms, with at most three decimals.
        origin: Where the goods were made.
        transit: Countries they pass through, with a blank between two.
        destination: Where they go to stay.
        end_use: What they are for.
    """

    value_minor: int = 0
    code: str = ""
    quantity: str = ""
    unit: str = ""
    weight: str = ""
    origin: str = ""
    transit: str = ""
    destination: str = ""
    end_use: str = ""

    @property
    def terms(self) -> str:
        """What it shares with other lines, canonical JSON."""
        return terms_text({name: getattr(self, name) for name in LINE_TERMS}, [])

    @property
    def quantity_milli(self) -> int:
        """How much, in thousandths of the unit."""
        return parse_decimal(self.quantity, MILLI_DECIMALS) if self.quantity else 0

    @property
    def weight_g(self) -> int:
        """Net weight in grams."""
        return parse_decimal(self.weight, MILLI_DECIMALS) if self.weight else 0

    @property
    def digested(self) -> tuple[str, int, int, int]:
        """What is digested of it."""
        return self.terms, self.quantity_milli, self.weight_g, self.value_minor


@dataclass(frozen=True)
class TradeSaid:
    """What an obligation is for, as a party says it.

    Where it has several lines, ``lines`` says code, quantity, weight and value of each; what is
    said beside them of unit, countries and end use counts for the lines that say none. A single
    line without a value is the same as saying it without lines.

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
        lines: Its lines, where it has several.

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
    lines: tuple[LineSaid, ...] = ()

    def __post_init__(self) -> None:
        if len(self.lines) == 1 and not self.lines[0].value_minor:
            (line,) = self.lines
            for name in LINE_COLUMNS:
                object.__setattr__(self, name, getattr(line, name) or getattr(self, name))
            object.__setattr__(self, "lines", ())

    @property
    def whole_lines(self) -> tuple[LineSaid, ...]:
        """Its lines, each with what is said of all; none where it has one alone.

        Example:
            >>> lines = (LineSaid(500, "300490"), LineSaid(700, "300410", origin="IN"))
            >>> said = TradeSaid("cross_border_goods", origin="NL", lines=lines)
            >>> [line.origin for line in said.whole_lines]
            ['NL', 'IN']
        """
        return tuple(
            replace(line, **{
                name: getattr(line, name) or getattr(self, name) for name in LINE_TERMS
            })
            for line in self.lines
        )  # fmt: skip

    @property
    def is_said(self) -> bool:
        """Whether anything is said."""
        return self != NOTHING

    @property
    def terms(self) -> str:
        """What it shares with others, canonical JSON; empty if nothing is said."""
        if not self.is_said:
            return ""
        own = LINE_TERMS if self.lines else ()
        shared: dict[str, object] = {
            name: getattr(self, name) for name in TERMS if name not in own
        } | {"lines": len(self.lines)}
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

    @property
    def digested(self) -> tuple[str | int | None, ...]:
        """What is digested of it; nothing if nothing is said."""
        if not self.is_said:
            return ()
        lines = [line.digested for line in self.whole_lines]
        return (self.terms, self.quantity_milli, self.weight_g, self.paper_day, self.numbers,
                self.paper_issuer, self.paper_digest,
                *([lines_digest(lines)] if lines else []))  # fmt: skip

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
        wrong = wrong or self.wrong_line()
        if wrong:
            raise Rejected(f"{wrong}: this cannot be what was meant", code="InvalidTrade",
                           next_step="see docs/obligations.md for the columns")  # fmt: skip


    def wrong_line(self) -> str:
        """Name what of the lines cannot be meant; empty where nothing is wrong."""
        if not self.lines:
            return ""
        if len(self.lines) > MOST_LINES:
            return f"lines: at most {MOST_LINES}"
        beside = [name for name in ("code", "quantity", "weight") if getattr(self, name)]
        if beside:
            return f"{beside[0]} beside lines, each of which has its own"
        for place, line in enumerate(self.lines, 1):
            fault = _line_fault(line)
            if fault:
                return f"line {place}, {fault}"
        return ""


def _line_fault(line: LineSaid) -> str:
    """Name what is wrong of one of several lines; empty where nothing is."""
    if not 0 < line.value_minor < LIMIT_MINOR:
        return "value: each of several lines has one, above nought"
    for field in ("quantity", "weight"):
        try:
            if text := getattr(line, field):
                parse_decimal(text, MILLI_DECIMALS)
        except (ValueError, Rejected):
            return field
    return next((name for name in LINE_TERMS if not getattr(line, name).isprintable()), "")


NOTHING = TradeSaid()
"""Nothing is said of what an obligation is for: the gate holds it."""

DIFFER = TradeSaid("papers that differ")
"""What stands where the two parties say different things: no kind of trade, so the gate holds."""


def lines_digest(lines: Iterable[tuple[str, int, int, int]]) -> str:
    """Return the digest of several lines, hexadecimal.

    Args:
        lines: Terms, thousandths of the unit, grams and minor units of each, in order.
    """
    rows = ["\t".join(map(str, line)) for line in lines]
    return hashlib.sha256(("skontro.lines/1\n" + "\n".join(rows)).encode()).hexdigest()


LINE_FIELDS = tuple(one.name for one in fields(LineSaid))
"""Everything that is said of one of several lines."""


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
