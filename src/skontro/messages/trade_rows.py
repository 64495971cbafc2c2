# SPDX-License-Identifier: Apache-2.0
"""What obligations of a file are for, read column by column; what many share is kept once."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.obligations import NO_DUE_DAY
from skontro.house.trade import (
    MILLI_DECIMALS,
    NUMBERS_BETWEEN,
    PAPERS,
    TERMS,
    TradeSaid,
    terms_text,
)
from skontro.messages.decimals import read_amounts
from skontro.messages.raw import RawTable
from skontro.messages.row_checks import joined_text, read_days, text_column
from skontro.messages.texts import encode

TRADE_COLUMNS = (
    *TERMS, "quantity", "weight", *PAPERS, "paper_date", "paper_issuer", "paper_digest",
)  # fmt: skip
"""Columns a file of registrations may have beside its own."""

Int64 = NDArray[np.int64]
_DIGEST = re.compile(r"([0-9a-f]{64})?", re.A)


@dataclass(frozen=True)
class Trades:
    """What obligations are for, as columns of shape (m,).

    Attributes:
        terms: Place of what each shares with others in ``texts``; nought where nothing is said.
        texts: Terms as canonical JSON; the first is empty.
        quantity_milli: Thousandths of the unit.
        weight_g: Grams.
        paper_day: Days since 1970-01-01, or ``NO_DUE_DAY``.
        numbers: Numbers of the papers.
        issuer: Who gave them out.
        digest: SHA-256 of the originals, hexadecimal, or empty.
    """

    terms: Int64
    texts: list[str]
    quantity_milli: Int64
    weight_g: Int64
    paper_day: Int64
    numbers: pa.Array
    issuer: pa.Array
    digest: pa.Array

    def __len__(self) -> int:
        return len(self.terms)

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
            text(self.issuer), text(self.digest),
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
        return cls.of_rows([
            (one.terms, one.quantity_milli, one.weight_g,
             NO_DUE_DAY if one.paper_day is None else one.paper_day, one.numbers,
             one.paper_issuer, one.paper_digest)
            for one in said
        ])  # fmt: skip

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
        terms = []
        for part in parts:
            number = [places.setdefault(text, len(places)) for text in ["", *part.texts]][1:]
            terms.append(np.array(number, np.int64)[part.terms])
        return cls(
            np.concatenate(terms), list(places),
            np.concatenate([part.quantity_milli for part in parts]),
            np.concatenate([part.weight_g for part in parts]),
            np.concatenate([part.paper_day for part in parts]),
            *(pa.concat_arrays([_flat(getattr(part, name)) for part in parts])
              for name in ("numbers", "issuer", "digest")),
        )  # fmt: skip

    def lines(self, row: int) -> tuple[str | int | None, ...]:
        """Return what is digested of a row: see :meth:`TradeSaid.lines`."""
        if not self.is_said[row]:
            return ()
        return tuple(column[row].as_py() for column in self.columns())

    def columns(self) -> tuple[pa.Array, ...]:
        """Return what is digested of each row: see :meth:`TradeSaid.lines`."""
        texts = pa.array(self.texts, pa.large_string()).take(pa.array(self.terms))
        day = pa.array(self.paper_day, mask=self.paper_day == NO_DUE_DAY)
        return (texts, pa.array(self.quantity_milli), pa.array(self.weight_g), day, self.numbers,
                self.issuer, self.digest)  # fmt: skip

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
        return np.asarray(same, np.bool_)


def _flat(column: pa.Array | pa.ChunkedArray) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def read_trades(raw: RawTable, mark: object) -> Trades:
    """Understand what obligations of a file are for.

    Args:
        raw: The rows.
        mark: Told which rows cannot be understood: rows, column and reason, as ``Faults.mark`` is.
    """
    count, names = raw.table.num_rows, raw.table.column_names
    if not any(name in names for name in TRADE_COLUMNS):
        return Trades.nothing(count)
    tell = getattr(mark, "mark")  # noqa: B009
    encoded = {name: encode(text_column(raw, name)) for name in TERMS if name in names}
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
    _, first, terms = np.unique(key, return_index=True, return_inverse=True)
    texts_of = [
        terms_text(
            {name: texts[int(index[row])].as_py() for name, index, texts in parts},
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
    )  # fmt: skip


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
