# SPDX-License-Identifier: Apache-2.0
"""What obligations of a file are for, read column by column; what many share is kept once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.obligations import NO_DUE_DAY
from skontro.house.trade import (
    LINE_COLUMNS,
    LINE_TERMS,
    MILLI_DECIMALS,
    MOST_LINES,
    NUMBERS_BETWEEN,
    PAPERS,
    TERMS,
    LineSaid,
    TradeSaid,
    lines_digest,
    terms_text,
)
from skontro.messages.decimals import read_amounts
from skontro.messages.raw import RawTable
from skontro.messages.row_checks import joined_text, read_days, text_column
from skontro.messages.several_lines import LINES, lines_said
from skontro.messages.texts import encode

TRADE_COLUMNS = (
    *TERMS, "quantity", "weight", *PAPERS, "paper_date", "paper_issuer", "paper_digest",
)  # fmt: skip
"""Columns a file of registrations may have beside its own."""

Int64 = NDArray[np.int64]
_DIGEST = re.compile(r"([0-9a-f]{64})?", re.A)


def _none() -> Int64:
    return np.zeros(0, np.int64)


@dataclass(frozen=True)
class LineRows:
    """Lines of those obligations that have several, as columns of shape (k,).

    Attributes:
        row: Place of the obligation each is of, never falling; a line's number is its place there.
        terms: Place of what each shares with others in the ``texts`` of its :class:`Trades`.
        quantity_milli: Thousandths of the unit.
        weight_g: Grams.
        value_minor: Minor units of the obligation's currency.
    """

    row: Int64 = field(default_factory=_none)
    terms: Int64 = field(default_factory=_none)
    quantity_milli: Int64 = field(default_factory=_none)
    weight_g: Int64 = field(default_factory=_none)
    value_minor: Int64 = field(default_factory=_none)

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: Int64, count: int) -> LineRows:
        """Return the lines of some of the obligations, numbered as these are; of -1 none.

        Args:
            rows: Places of the obligations, in any order, any of them more than once.
            count: How many obligations there are.
        """
        if not len(self):
            return self
        many = np.bincount(self.row, minlength=count)
        first = np.cumsum(many) - many
        there = np.maximum(rows, 0)
        taken = np.where(rows < 0, 0, many[there])
        row = np.repeat(np.arange(len(rows)), taken)
        place = np.arange(len(row)) - np.repeat(np.cumsum(taken) - taken, taken)
        index = np.repeat(first[there], taken) + place
        return LineRows(row, self.terms[index], self.quantity_milli[index], self.weight_g[index],
                        self.value_minor[index])  # fmt: skip

    @property
    def number(self) -> Int64:
        """The number of each within its obligation, from one on, shape (k,)."""
        if not len(self):
            return self.row
        starts = np.flatnonzero(np.r_[True, self.row[1:] != self.row[:-1]])
        many = np.diff(np.r_[starts, len(self.row)])
        return np.asarray(np.arange(len(self.row)) - np.repeat(starts, many) + 1, np.int64)

    @classmethod
    def joined(cls, parts: Sequence[tuple[LineRows, int, Int64]]) -> LineRows:
        """Return the lines of several one after the other.

        Args:
            parts: Lines, how many obligations they are of, and the new place of each old text.
        """
        before, rows, terms = 0, list[Int64](), list[Int64]()
        for lines, count, places in parts:
            rows.append(lines.row + before)
            terms.append(places[lines.terms] if len(lines) else lines.terms)
            before += count
        if not sum(map(len, rows)):
            return NO_LINES
        return cls(
            np.concatenate(rows), np.concatenate(terms),
            *(np.concatenate([getattr(lines, name) for lines, _, _ in parts])
              for name in ("quantity_milli", "weight_g", "value_minor")),
        )  # fmt: skip


NO_LINES = LineRows()
"""Each has one line alone."""


@dataclass(frozen=True)
class Trades:
    """What obligations are for, as columns of shape (m,).

    Of one that has several lines, ``texts`` says how many; quantity and weight are nought then.

    Attributes:
        terms: Place of what each shares with others in ``texts``; nought where nothing is said.
        texts: Terms as canonical JSON; the first is empty.
        quantity_milli: Thousandths of the unit.
        weight_g: Grams.
        paper_day: Days since 1970-01-01, or ``NO_DUE_DAY``.
        numbers: Numbers of the papers.
        issuer: Who gave them out.
        digest: SHA-256 of the originals, hexadecimal, or empty.
        lines: Lines of those that have several.
    """

    terms: Int64
    texts: list[str]
    quantity_milli: Int64
    weight_g: Int64
    paper_day: Int64
    numbers: pa.Array
    issuer: pa.Array
    digest: pa.Array
    lines: LineRows = NO_LINES

    def __len__(self) -> int:
        return len(self.terms)

    @property
    def has_lines(self) -> NDArray[np.bool_]:
        """Which have several lines, shape (m,)."""
        found = np.zeros(len(self), np.bool_)
        found[self.lines.row] = True
        return found

    @property
    def is_said(self) -> NDArray[np.bool_]:
        """Of which anything is said, shape (m,)."""
        return np.asarray(self.terms > 0, np.bool_)

    def take(self, rows: Int64) -> Trades:
        """Return some of the rows; of row -1 nothing is said."""
        there = np.maximum(rows, 0)
        if len(self) == 0:
            return Trades.nothing(len(rows))
        gone = rows < 0

        def kept(column: Int64, none: int) -> Int64:
            return np.where(gone, none, column[there])

        def text(column: pa.Array) -> pa.Array:
            return pc.if_else(pa.array(gone), pa.scalar("", pa.large_string()),
                              column.take(pa.array(there)))  # fmt: skip

        return Trades(
            kept(self.terms, 0), self.texts, kept(self.quantity_milli, 0),
            kept(self.weight_g, 0), kept(self.paper_day, NO_DUE_DAY), text(self.numbers),
            text(self.issuer), text(self.digest), self.lines.take(rows, len(self)),
        )  # fmt: skip

    def without(self, rows: NDArray[np.bool_]) -> Trades:
        """Return the same, where of some rows nothing is said, and no text is left that only they
        had.

        Args:
            rows: Which, shape (m,).
        """
        if not rows.any():
            return self
        left = self.take(np.where(rows, -1, np.arange(len(self))))
        used, place = np.unique(
            np.concatenate([[0], left.terms, left.lines.terms]), return_inverse=True
        )
        return replace(
            left, texts=[left.texts[one] for one in used.tolist()],
            terms=place[1 : 1 + len(left)],
            lines=replace(left.lines, terms=place[1 + len(left) :]),
        )  # fmt: skip

    def with_differing(self, rows: NDArray[np.bool_], differ: TradeSaid) -> Trades:
        """Return the same, where some rows say what stands for a difference."""
        if not rows.any():
            return self
        both = Trades.joined([self, Trades.of([differ])])
        return both.take(np.where(rows, len(self), np.arange(len(self))))

    @classmethod
    def nothing(cls, count: int) -> Trades:
        """Return rows of which nothing is said."""
        none, empty = np.zeros(count, np.int64), pa.array([""] * count, pa.large_string())
        return cls(none, [""], none, none, np.full(count, NO_DUE_DAY, np.int64), empty, empty,
                   empty)  # fmt: skip

    @classmethod
    def of(cls, said: Sequence[TradeSaid]) -> Trades:
        """Return what was said one by one as columns."""
        found = cls.of_rows([
            (one.terms, one.quantity_milli, one.weight_g,
             NO_DUE_DAY if one.paper_day is None else one.paper_day, one.numbers,
             one.paper_issuer, one.paper_digest)
            for one in said
        ])  # fmt: skip
        lines = [(row, *line.digested) for row, one in enumerate(said) for line in one.whole_lines]
        return found.with_lines(lines)

    def with_lines(self, lines: Sequence[tuple[int, str, int, int, int]]) -> Trades:
        """Return the same, some of them with lines.

        Args:
            lines: Row, terms, thousandths of the unit, grams and minor units of each line, the
                rows never falling.
        """
        if not lines:
            return self
        row, terms, *amounts = zip(*lines, strict=True)
        texts = list(self.texts)
        index = places_in(texts, terms)
        return replace(self, texts=texts, lines=LineRows(
            *(np.array(column, np.int64) for column in (row, index, *amounts))
        ))  # fmt: skip

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[str, int, int, int, str, str, str]]) -> Trades:
        """Return rows of terms, quantity, weight, day, numbers, issuer and digest as columns."""
        if not rows:
            return cls.nothing(0)
        terms, quantity, weight, day, *texts = zip(*rows, strict=True)
        places = {"": 0}
        index = [places.setdefault(text, len(places)) for text in terms]
        return cls(
            np.array(index, np.int64), list(places), np.array(quantity, np.int64),
            np.array(weight, np.int64), np.array(day, np.int64),
            *(pa.array(column, pa.large_string()) for column in texts),
        )  # fmt: skip

    @classmethod
    def joined(cls, parts: Sequence[Trades]) -> Trades:
        """Return the rows of several one after the other."""
        places = dict[str, int]()
        terms, lines = [], []
        for part in parts:
            number = [places.setdefault(text, len(places)) for text in ["", *part.texts]][1:]
            moved = np.array(number, np.int64)
            terms.append(moved[part.terms])
            lines.append((part.lines, len(part), moved))
        numbers, issuer, digest = (
            pa.concat_arrays([_flat(getattr(part, name)) for part in parts])
            for name in ("numbers", "issuer", "digest")
        )
        return cls(
            np.concatenate(terms), list(places),
            np.concatenate([part.quantity_milli for part in parts]),
            np.concatenate([part.weight_g for part in parts]),
            np.concatenate([part.paper_day for part in parts]),
            numbers, issuer, digest, LineRows.joined(lines),
        )  # fmt: skip

    def digested(self, row: int) -> tuple[str | int | None, ...]:
        """Return what is digested of a row: see :attr:`TradeSaid.digested`."""
        if not self.is_said[row]:
            return ()
        found = tuple(column[row].as_py() for column in self.columns())
        own = np.flatnonzero(self.lines.row == row)
        return (*found, self._digest_of(own.tolist())) if len(own) else found

    def all_digested(self) -> list[tuple[str | int | None, ...]]:
        """Return what is digested of every row, as :meth:`digested` does of one."""
        columns = [column.to_pylist() for column in self.columns()]
        lines, is_said, has_lines = self.line_digests(), self.is_said, self.has_lines
        return [
            () if not is_said[row] else
            (*one, lines[row].as_py()) if has_lines[row] else one
            for row, one in enumerate(zip(*columns, strict=True))
        ]  # fmt: skip

    def _digest_of(self, places: Iterable[int]) -> str:
        lines = self.lines
        return lines_digest(
            (self.texts[lines.terms[one]], int(lines.quantity_milli[one]),
             int(lines.weight_g[one]), int(lines.value_minor[one]))
            for one in places
        )  # fmt: skip

    def line_digests(self) -> pa.Array:
        """Return the digest of the lines of each row; empty where it has one alone."""
        found = [""] * len(self)
        lines, numbers = self.lines, self.lines.number
        rows = [self.texts[place] for place in lines.terms.tolist()], *(
            column.tolist() for column in (lines.quantity_milli, lines.weight_g, lines.value_minor)
        )
        every = list(zip(*rows, strict=True))
        starts = np.flatnonzero(numbers == 1).tolist() if len(lines) else []
        for start, end in zip(starts, [*starts[1:], len(lines)], strict=False):
            found[int(lines.row[start])] = lines_digest(every[start:end])
        return pa.array(found, pa.large_string())

    def columns(self) -> tuple[pa.Array, ...]:
        """Return what is digested of each row but for lines: see :attr:`TradeSaid.digested`."""
        texts = pa.array(self.texts, pa.large_string()).take(pa.array(self.terms))
        day = pa.array(self.paper_day, mask=self.paper_day == NO_DUE_DAY)
        return (texts, pa.array(self.quantity_milli), pa.array(self.weight_g), day, self.numbers,
                self.issuer, self.digest)  # fmt: skip

    def worth(self, amount_minor: int, whole_minor: int) -> Trades:
        """Return the same for a part of an amount: each line is worth that part, at least 1.

        Args:
            amount_minor: The part.
            whole_minor: The amount that lines are of now.
        """
        if not len(self.lines):
            return self
        value = [max(1, one * amount_minor // whole_minor)
                 for one in self.lines.value_minor.tolist()]  # fmt: skip
        return replace(self, lines=replace(self.lines, value_minor=np.array(value, np.int64)))

    def same_as(self, other: Trades) -> NDArray[np.bool_]:
        """Tell where two say the same."""
        whole = Trades.joined([self, other])
        first, second = whole.terms[: len(self)], whole.terms[len(self) :]
        same = (
            (first == second) & (self.quantity_milli == other.quantity_milli)
            & (self.weight_g == other.weight_g) & (self.paper_day == other.paper_day)
        )  # fmt: skip
        for name in ("numbers", "issuer", "digest"):
            equal = pc.equal(getattr(self, name), getattr(other, name))
            same &= equal.to_numpy(zero_copy_only=False)
        if len(whole.lines):
            equal = pc.equal(self.line_digests(), other.line_digests())
            same &= equal.to_numpy(zero_copy_only=False)
        return np.asarray(same, np.bool_)


def places_in(texts: list[str], wanted: Iterable[str]) -> list[int]:
    """Return the place of each wanted text among texts; those that are missing are added.

    Example:
        >>> known = ["", "a"]
        >>> places_in(known, ["b", "a", "b"]), known
        ([2, 1, 2], ['', 'a', 'b'])
    """
    places = {text: place for place, text in enumerate(texts)}
    found = []
    for text in wanted:
        if text not in places:
            places[text] = len(texts)
            texts.append(text)
        found.append(places[text])
    return found


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def read_trades(raw: RawTable, mark: object, currency: Callable[[int], str] = str) -> Trades:
    """Understand what obligations of a file are for.

    Args:
        raw: The rows.
        mark: Told which rows cannot be understood: rows, column and reason, as ``Faults.mark`` is.
        currency: Of a row: in which the values of its lines are.
    """
    count, names = raw.table.num_rows, raw.table.column_names
    if not any(name in names for name in (*TRADE_COLUMNS, LINES)):
        return Trades.nothing(count)
    tell = getattr(mark, "mark")  # noqa: B009
    several = _several(raw, tell, currency)
    encoded = {name: encode(text_column(raw, name)) for name in TERMS if name in names}
    if several:
        encoded = _without_own(encoded, several)
    key, parts = np.zeros(count, np.int64), []
    for name, (index, texts) in encoded.items():
        for place, text in enumerate(texts.to_pylist()):
            if not text.isprintable():
                tell(index == place, name, "InvalidTrade")
        parts.append((name, index, texts))
    present = []
    numbers = pa.array([""] * count, pa.large_string())
    for kind in PAPERS:
        if kind not in names:
            continue
        text = joined_text(text_column(raw, kind))
        there = pc.greater(pc.binary_length(text), 0)
        given = there.to_numpy(zero_copy_only=False)
        present.append((kind, given))
        before = pc.greater(pc.binary_length(numbers), 0)
        between = pc.if_else(pc.and_(there, before), NUMBERS_BETWEEN, "").cast(pa.large_string())
        numbers = pc.binary_join_element_wise(
            numbers, between, text, pa.scalar("", pa.large_string())
        )
    if present:
        odd = pc.invert(pc.utf8_is_printable(pc.if_else(pc.equal(numbers, ""), "-", numbers)))
        tell(odd.to_numpy(zero_copy_only=False), present[0][0], "InvalidTrade")
    for _, index, texts in parts:
        key = _numbered(key * len(texts) + index.astype(np.int64))
    for _, given in present:
        key = key * 2 + given.astype(np.int64)
    many = np.zeros(count, np.int64)
    if several:
        many[list(several)] = [len(lines) for lines in several.values()]
        key = _numbered(key * (MOST_LINES + 1) + many)
    _, first, terms = np.unique(key, return_index=True, return_inverse=True)
    texts_of = [
        terms_text(
            {name: texts[int(index[row])].as_py() for name, index, texts in parts}
            | {"lines": int(many[row])},
            [kind for kind, given in present if given[row]],
        )
        for row in first.tolist()
    ]
    quantity, weight = (_thousandths(raw, name, tell) for name in ("quantity", "weight"))
    day, bad = read_days(raw, "paper_date")
    tell(bad, "paper_date", "InvalidDate")
    digest = _digests(raw, tell)
    is_said = np.array([text != "{}" for text in texts_of], np.bool_)[terms]
    is_said |= (quantity > 0) | (weight > 0) | (day != NO_DUE_DAY)
    issuer = _issuers(raw, tell)
    for column in (issuer, digest):
        is_said |= pc.greater(pc.binary_length(column), 0).to_numpy(zero_copy_only=False)
    return Trades(
        np.where(is_said, terms + 1, 0), ["", *texts_of], quantity, weight,
        day.astype(np.int64), numbers, issuer, digest,
    ).with_lines([
        (row, *line.digested) for row, lines in sorted(several.items()) for line in lines
    ])  # fmt: skip


def _several(
    raw: RawTable, tell: object, currency: Callable[[int], str]
) -> dict[int, tuple[LineSaid, ...]]:
    """Return the lines of rows that have several, with what is said of all of them."""
    if LINES not in raw.table.column_names:
        return {}
    texts = joined_text(text_column(raw, LINES))
    rows = np.flatnonzero(pc.binary_length(texts).to_numpy(zero_copy_only=False)).tolist()
    names = [name for name in LINE_COLUMNS if name in raw.table.column_names]
    place = pa.array(rows, pa.int64())
    beside = [joined_text(text_column(raw, name)).take(place).to_pylist() for name in names]
    found, faults = dict[int, tuple[LineSaid, ...]](), dict[str, list[int]]()
    for at, row in enumerate(rows):
        lines, wrong = lines_said(str(texts[row].as_py()), currency(row))
        if not wrong and lines:
            head = {name: column[at] for name, column in zip(names, beside, strict=True)}
            said = TradeSaid(**head, lines=lines)
            wrong = said.wrong_line()
            found[row] = said.whole_lines
        if wrong:
            faults.setdefault(wrong, []).append(row)
            found.pop(row, None)
    for wrong, at_fault in faults.items():
        where = np.zeros(len(texts), np.bool_)
        where[at_fault] = True
        tell(where, wrong if wrong.startswith("line ") else LINES, "InvalidLine")  # type: ignore
    return found


def _without_own(
    encoded: dict[str, tuple[NDArray[np.int32], pa.Array]], several: Iterable[int]
) -> dict[str, tuple[NDArray[np.int32], pa.Array]]:
    """Return columns of terms where rows with several lines say nothing that their lines say."""
    rows, found = np.array(list(several), np.int64), dict(encoded)
    for name in LINE_TERMS:
        if name in encoded:
            index, texts = encoded[name]
            place = pc.index(texts, "").as_py()
            if place < 0:
                place = len(texts)
                texts = pa.concat_arrays([texts, pa.array([""], texts.type)])
            index = index.copy()
            index[rows] = place
            found[name] = index, texts
    return found


def _numbered(key: Int64) -> Int64:
    """Return small numbers for keys, equal ones for equal ones."""
    if not len(key) or int(key.max()) < 2**40:
        return key
    return np.asarray(np.unique(key, return_inverse=True)[1], np.int64)


def _thousandths(raw: RawTable, name: str, tell: object) -> Int64:
    found = np.zeros(raw.table.num_rows, np.int64)
    if name not in raw.table.column_names:
        return found
    text = joined_text(text_column(raw, name))
    rows = np.flatnonzero(pc.binary_length(text).to_numpy(zero_copy_only=False))
    given = pa.chunked_array([text.take(pa.array(rows))])
    amounts = read_amounts(given, np.full(len(rows), MILLI_DECIMALS, np.int8), name)
    found[rows] = amounts.minor
    wrong = np.zeros(len(found), np.bool_)
    wrong[rows[amounts.fault > 0]] = True
    tell(wrong, name, "InvalidTrade")  # type: ignore[operator]
    return found


def _issuers(raw: RawTable, tell: object) -> pa.Array:
    if "paper_issuer" not in raw.table.column_names:
        return pa.array([""] * raw.table.num_rows, pa.large_string())
    index, texts = encode(text_column(raw, "paper_issuer"))
    for place, text in enumerate(texts.to_pylist()):
        if not text.isprintable():
            tell(index == place, "paper_issuer", "InvalidTrade")  # type: ignore[operator]
    return texts.take(pa.array(index))


def _digests(raw: RawTable, tell: object) -> pa.Array:
    if "paper_digest" not in raw.table.column_names:
        return pa.array([""] * raw.table.num_rows, pa.large_string())
    text = joined_text(text_column(raw, "paper_digest"))
    fits = pc.match_substring_regex(text, r"^([0-9a-f]{64})?$")
    tell(~fits.to_numpy(zero_copy_only=False), "paper_digest", "InvalidTrade")  # type: ignore
    return text
