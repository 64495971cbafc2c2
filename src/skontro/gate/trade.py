# SPDX-License-Identifier: Apache-2.0
"""What an obligation is for: lines of goods or services, and the papers they go with.

One trade is a :class:`Trade`; many are :class:`TradeColumns`, whose texts are kept once each, so
that they are judged case by case and not one by one.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from skontro.core.errors import InvalidIdentifier
from skontro.house.identifiers import check_country

Int32 = NDArray[np.int32]
Int64 = NDArray[np.int64]
Flags = NDArray[np.bool_]

KINDS = ("cross_border_goods", "union_goods", "domestic_goods", "services", "advance")
"""Kinds of trade: over a border, in a customs union, in a country; services; paid ahead."""

GOODS_KINDS = KINDS[:3]

PAPERS = (
    "customs_declaration", "transport_document", "tax_evidence", "tax_invoice", "contract",
    "end_user_statement", "licence", "origin_certificate",
)  # fmt: skip
"""Kinds of papers."""

END_USES = (
    "food", "medical", "civil", "resale", "research", "energy", "humanitarian", "police",
    "military", "nuclear", "missile", "chemical_weapons", "biological_weapons",
)  # fmt: skip
"""What goods can be meant for."""

UNITS = {
    "KGM": "kilogram", "GRM": "gram", "TNE": "tonne", "LTR": "litre", "H87": "piece", "PR": "pair",
    "MTR": "metre", "MTK": "square metre", "MTQ": "cubic metre", "KWH": "kilowatt hour",
    "HUR": "hour", "DAY": "day", "MON": "month", "C62": "one",
}  # fmt: skip
"""Units of quantities, by their codes in UN/ECE Recommendation 20."""

UNIONS = {
    "EU": frozenset({
        "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE",
        "IT", "LT", "LU", "LV", "MC", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
    }),
}  # fmt: skip
"""Customs unions by name: countries by ISO 3166; rules of a house may add others."""

NO_DAY = np.iinfo(np.int32).min
"""In a column of days: not given."""

_COUNTRY = re.compile(r"[A-Z]{2}", re.A)
_DIGEST = re.compile(r"[0-9a-f]{64}", re.A)


@dataclass(frozen=True, slots=True)
class Line:
    """What one line of an invoice is for.

    Attributes:
        code: HS code, 6 to 10 digits, or class of a service, such as ``SC1``.
        value_minor: Its value, minor units of the obligation's currency.
        quantity_milli: How much, thousandths of the unit; 0 if not said.
        unit: One of :data:`UNITS`, or empty.
        weight_g: Net weight in grams; 0 if not said.
        origin: Where the goods were made, ISO 3166 alpha-2, or empty.
        transit: Countries they pass through.
        destination: Where they go to stay.
        end_use: One of :data:`END_USES`, or empty.
    """

    code: str = ""
    value_minor: int = 0
    quantity_milli: int = 0
    unit: str = ""
    weight_g: int = 0
    origin: str = ""
    transit: tuple[str, ...] = ()
    destination: str = ""
    end_use: str = ""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper as the register knows it; the original lies elsewhere.

    Attributes:
        kind: One of :data:`PAPERS`.
        number: Its number.
        date: ``YYYY-MM-DD``.
        issuer: Who gave it out.
        digest: SHA-256 of the original, 64 hexadecimal digits.
    """

    kind: str
    number: str = ""
    date: str = ""
    issuer: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Trade:
    """What an obligation is for.

    Attributes:
        kind: One of :data:`KINDS`.
        lines: Its lines.
        papers: Its papers.
        papers_due: Of an advance: when its papers come, ``YYYY-MM-DD``; else empty.

    Example:
        >>> Trade("services", (Line("SC1", 100),), (Paper("contract", "C-1"),)).lines[0].code
        'SC1'
    """

    kind: str
    lines: tuple[Line, ...] = ()
    papers: tuple[Paper, ...] = ()
    papers_due: str = ""


@dataclass(frozen=True, slots=True)
class Owed:
    """An obligation as goods and papers are judged for it.

    Attributes:
        debtor_side: Side of who owes: goods come in there.
        creditor_side: Side of who is owed: goods go out there.
        amount_minor: Its amount, minor units.
        trade: What it is for.
    """

    debtor_side: str
    creditor_side: str
    amount_minor: int
    trade: Trade


@dataclass(frozen=True)
class Texts:
    """A column of texts, told by their places among a few.

    Attributes:
        index: Place in ``texts`` of each, shape (m,).
        texts: The texts; where two are the same, :meth:`once` makes them one.

    Example:
        >>> Texts.of(["a", "b", "a"])[2]
        'a'
    """

    index: Int32
    texts: Sequence[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> Texts:
        """Return a column of texts."""
        places = dict[str, int]()
        index = [places.setdefault(text, len(places)) for text in texts]
        return cls(np.array(index, np.int32), list(places))

    @classmethod
    def same(cls, text: str, count: int) -> Texts:
        """Return a column that says the same in each row.

        Args:
            text: What it says.
            count: How many rows.
        """
        return cls(np.zeros(count, np.int32), [text])

    def once(self) -> Texts:
        """Return the same, if need be with each text kept once.

        Example:
            >>> Texts(np.array([0, 1], np.int32), ["a", "a"]).once()[1]
            'a'
        """
        places = dict[str, int]()
        moved = [places.setdefault(text, len(places)) for text in self.texts]
        if len(places) == len(self.texts):
            return self
        return Texts(np.array(moved, np.int32)[self.index], list(places))

    def __len__(self) -> int:
        return len(self.index)

    def __getitem__(self, place: int) -> str:
        return self.texts[int(self.index[place])]

    def told(self, says: Sequence[bool]) -> Flags:
        """Return for each row what is told of its text.

        Args:
            says: What is told of each of ``texts``.
        """
        if not len(self.texts):
            return np.zeros(len(self.index), np.bool_)
        return np.asarray(np.array(says, np.bool_)[self.index], np.bool_)


@dataclass(frozen=True)
class LineColumns:
    """Lines of many obligations, shape (k,).

    Attributes:
        owed: Place of the obligation of each line, never falling; None where each has one line.
        code: As in :class:`Line`, and so are the others.
        value_minor: Minor units.
        quantity_milli: Thousandths of the unit.
        unit: Codes of units.
        weight_g: Grams.
        origin: Country.
        transit: Countries, with a blank between two.
        destination: Country.
        end_use: Word.
    """

    owed: Int64 | None
    code: Texts
    value_minor: Int64
    quantity_milli: Int64
    unit: Texts
    weight_g: Int64
    origin: Texts
    transit: Texts
    destination: Texts
    end_use: Texts

    def __len__(self) -> int:
        return len(self.code)


@dataclass(frozen=True)
class PaperColumns:
    """Papers of many obligations, shape (p,), in any order.

    Attributes:
        owed: Place of the obligation each goes with.
        kind: One of :data:`PAPERS` each.
        day: Its date in days since 1970-01-01, or ``NO_DAY``.
        numbered: Whether it has a number.
        issued: Whether it says who gave it out.
        original: Whether the digest of its original is known.
    """

    owed: Int64
    kind: Texts
    day: Int32
    numbered: Flags
    issued: Flags
    original: Flags

    def __len__(self) -> int:
        return len(self.owed)


@dataclass(frozen=True)
class TradeColumns:
    """Many obligations and what they are for, shape (m,).

    Attributes:
        debtor_side: Side of who owes.
        creditor_side: Side of who is owed.
        amount_minor: Minor units.
        kind: One of :data:`KINDS` each.
        papers_due: Days since 1970-01-01, or ``NO_DAY``.
        lines: Their lines.
        papers: Their papers.
    """

    debtor_side: Texts
    creditor_side: Texts
    amount_minor: Int64
    kind: Texts
    papers_due: Int32
    lines: LineColumns
    papers: PaperColumns = field(default_factory=lambda: paper_columns([]))

    def __len__(self) -> int:
        return len(self.kind)

    @classmethod
    def of(cls, many: Sequence[Owed]) -> TradeColumns:
        """Return obligations as columns.

        Example:
            >>> trade = Trade("services", (Line("SC1", 5), Line("SF", 5)))
            >>> TradeColumns.of([Owed("A", "B", 10, trade)]).lines.owed.tolist()
            [0, 0]
        """
        lines = [(place, line) for place, one in enumerate(many) for line in one.trade.lines]
        papers = [(place, paper) for place, one in enumerate(many) for paper in one.trade.papers]
        return cls(
            Texts.of(one.debtor_side for one in many),
            Texts.of(one.creditor_side for one in many),
            np.array([one.amount_minor for one in many], np.int64),
            Texts.of(one.trade.kind for one in many),
            np.array([day_number(one.trade.papers_due) for one in many], np.int32),
            line_columns(lines),
            paper_columns(papers),
        )

    def without_lines(self) -> Flags:
        """Tell which obligations have no line at all, shape (m,)."""
        if self.lines.owed is None:
            return np.zeros(len(self), np.bool_)
        return np.asarray(np.bincount(self.lines.owed, minlength=len(self)) == 0, np.bool_)

    def with_lines(self, lines: LineColumns) -> TradeColumns:
        """Return the same with other lines."""
        return replace(self, lines=lines)


def line_columns(lines: Sequence[tuple[int, Line]]) -> LineColumns:
    """Return lines as columns.

    Args:
        lines: Place of the obligation and line, the places never falling.
    """
    only = [line for _, line in lines]
    return LineColumns(
        np.array([place for place, _ in lines], np.int64),
        Texts.of(line.code for line in only),
        np.array([line.value_minor for line in only], np.int64),
        np.array([line.quantity_milli for line in only], np.int64),
        Texts.of(line.unit for line in only),
        np.array([line.weight_g for line in only], np.int64),
        Texts.of(line.origin for line in only),
        Texts.of(" ".join(line.transit) for line in only),
        Texts.of(line.destination for line in only),
        Texts.of(line.end_use for line in only),
    )


def paper_columns(papers: Sequence[tuple[int, Paper]]) -> PaperColumns:
    """Return papers as columns.

    Args:
        papers: Place of the obligation and paper.
    """
    only = [paper for _, paper in papers]
    return PaperColumns(
        np.array([place for place, _ in papers], np.int64),
        Texts.of(paper.kind for paper in only),
        np.array([day_number(paper.date) for paper in only], np.int32),
        np.array([bool(paper.number.strip()) for paper in only], np.bool_),
        np.array([bool(paper.issuer.strip()) for paper in only], np.bool_),
        np.array([_DIGEST.fullmatch(paper.digest) is not None for paper in only], np.bool_),
    )


def day_number(text: str) -> int:
    """Return a day as days since 1970-01-01; what is no day is ``NO_DAY``.

    Example:
        >>> day_number("1970-01-02"), day_number("soon") == NO_DAY
        (1, True)
    """
    try:
        day = datetime.date.fromisoformat(text)
    except ValueError:
        return int(NO_DAY)
    if day.isoformat() != text:
        return int(NO_DAY)
    return (day - datetime.date(1970, 1, 1)).days


@cache
def is_country(text: str) -> bool:
    """Tell whether a text is a country of ISO 3166 alpha-2, written so.

    Example:
        >>> is_country("NL"), is_country("nl"), is_country("")
        (True, False, False)
    """
    if _COUNTRY.fullmatch(text) is None:
        return False
    try:
        return check_country(text) == text
    except InvalidIdentifier:
        return False
