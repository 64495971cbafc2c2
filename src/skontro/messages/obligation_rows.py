# SPDX-License-Identifier: Apache-2.0
"""Rows of obligations understood and checked, all at once, each fault kept with its row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.fixing import Fixing
from skontro.core.money import AMOUNT_REASONS, exponents
from skontro.core.obligations import NO_DUE_DAY, Obligations, gross_by_currency, guard_sums
from skontro.core.participants import ID_REASONS, Participants
from skontro.core.workers import workers
from skontro.messages import scanning
from skontro.messages.decimals import REASONS, read_amounts
from skontro.messages.raw import RawTable
from skontro.messages.row_checks import (
    NO_DATE,
    day_of,
    id_faults,
    is_day_text,
    joined_text,
    refused_rows,
    text_column,
    typed_days,
)
from skontro.messages.texts import TextNumbers, buffers, encode, is_text, take_rows

OBLIGATION_COLUMNS = ("id", "debtor", "creditor", "amount|amount_minor", "currency")

OTHER_REASONS: dict[str, str] = {
    "SelfObligation": "a participant owes itself",
    "UnknownParticipant": "the participants file does not name this firm",
    "UnknownCurrency": "not a currency of ISO 4217 with a minor unit",
    "NoRate": "the fixing has no rate for this currency",
    "AmountsDisagree": "amount and amount_minor are not the same sum",
    "InvalidDueDate": "not a date written YYYY-MM-DD",
    "DuplicateObligation": "this id stands more than once, with different content",
}

_AMOUNT_COLUMNS = ("amount", "amount_minor")
_FAULTS: list[tuple[str, str]] = [
    ("", ""),
    *((name, code) for name in ("id", "debtor", "creditor") for code in ID_REASONS),
    ("creditor", "SelfObligation"),
    ("debtor", "UnknownParticipant"),
    ("creditor", "UnknownParticipant"),
    ("currency", "UnknownCurrency"),
    ("currency", "NoRate"),
    *((name, code) for name in _AMOUNT_COLUMNS for code in AMOUNT_REASONS),
    ("amount_minor", "AmountsDisagree"),
    ("due_date", "InvalidDueDate"),
    ("id", "DuplicateObligation"),
]
_FAULT = {item: place for place, item in enumerate(_FAULTS)}
_MESSAGES = ID_REASONS | AMOUNT_REASONS | OTHER_REASONS
_FEW_GONE = 1000


@dataclass
class ObligationRows:
    """What came of the rows.

    Attributes:
        obligations: The accepted ones.
        participants: The firms of the participants file, else those of the accepted rows.
        seen: Every id that stood as debtor or creditor, in accepted rows or not.
        rejections: The refused ones, by row number.
        repeated: Rows left out because an earlier one says the same.
    """

    obligations: Obligations
    participants: Participants
    seen: pa.Array
    rejections: pa.Table
    repeated: int


@dataclass
class _Work:
    """Columns as they become understood; a row's first fault stays."""

    raw: RawTable
    fault: NDArray[np.uint8]
    ids: pa.LargeStringArray
    debtor: NDArray[np.int32]
    creditor: NDArray[np.int32]
    firms: pa.Array
    shared: NDArray[np.int64]
    encoded: dict[str, tuple[NDArray[np.int32], pa.Array]]
    currency: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))
    codes: list[str] = field(default_factory=list)
    minor: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    due_day: NDArray[np.int32] = field(default_factory=lambda: np.zeros(0, np.int32))

    def mark(self, where: NDArray[np.bool_], column: str, code: str) -> None:
        """Give rows that have no fault yet this one."""
        self.fault[where & (self.fault == 0)] = _FAULT[column, code]


def read_obligations(
    raw: RawTable, participants: Participants | None, fixing: Fixing | None
) -> ObligationRows:
    """Understand and check every row; refuse the bad ones by number, keep the good ones.

    A row's first fault counts, in the order: ids, self-owed, unknown firms, currency, amount,
    due date, and last an id that stands more than once with different content, for which all
    its rows are refused. Rows that say the same count once: the first stays.

    Args:
        raw: The rows as read.
        participants: The firms of the participants file, or None.
        fixing: The declared rates, or None.

    Raises:
        MissingColumns: A needed column is not there.
        InexactColumn: A column's type cannot hold what it should.
        AmountOverflow: The amounts of one currency reach 2**62 minor units.
    """
    raw.need(*OBLIGATION_COLUMNS)
    work = _start(raw, participants)
    _check_ids(work)
    _check_firms(work, participants)
    _read_currencies(work, fixing)
    _read_amounts(work)
    _read_due_days(work)
    repeats = _find_repeats(work)
    rejections = _rejections(work)
    keep = work.fault == 0
    keep[repeats] = False
    obligations, numbered = _accepted(work, keep, participants)
    return ObligationRows(obligations, numbered, work.firms, rejections, len(repeats))


def _start(raw: RawTable, participants: Participants | None) -> _Work:
    """Number the texts of the columns and look for ids that stand again, on two threads."""
    names = ["debtor", "creditor", "currency"]
    columns = {name: text_column(raw, name) for name in names}
    if "due_date" in raw.table.column_names and is_day_text(raw.table.column("due_date").type):
        columns["due_date"] = raw.table.column("due_date")
    with workers(2) as pool:
        encoding = {name: pool.submit(encode, column) for name, column in columns.items()}
        ids = joined_text(text_column(raw, "id"))
        sharing = pool.submit(_rows_with_shared_ids, ids)
        encoded = {name: future.result() for name, future in encoding.items()}
        shared = sharing.result()
    table = TextNumbers()
    debtor, creditor = (
        table.add(texts)[index] for index, texts in (encoded.pop("debtor"), encoded.pop("creditor"))
    )
    if participants is not None:
        table.add(pa.array(participants.id, pa.large_string()))
    firms = table.texts()
    _replace(raw, "id", ids)
    _replace(raw, "debtor", pa.DictionaryArray.from_arrays(debtor, firms))
    _replace(raw, "creditor", pa.DictionaryArray.from_arrays(creditor, firms))
    fault = np.zeros(len(ids), np.uint8)
    return _Work(raw, fault, ids, debtor, creditor, firms, shared, encoded)


def _replace(raw: RawTable, name: str, column: pa.Array) -> None:
    """Keep a column of text in its smaller form; one with nulls or of another type stays."""
    old = raw.table.column(name)
    if is_text(old.type) and old.null_count == 0:
        raw.table = raw.table.set_column(raw.table.column_names.index(name), name, column)


def _check_ids(work: _Work) -> None:
    _mark_ids(work, "id", id_faults(work.ids))
    firms = id_faults(work.firms)
    if firms.any():
        _mark_ids(work, "debtor", firms[work.debtor])
        _mark_ids(work, "creditor", firms[work.creditor])


def _mark_ids(work: _Work, column: str, faults: NDArray[np.uint8]) -> None:
    if faults.any():
        for place, code in enumerate(ID_REASONS, 1):
            work.mark(faults == place, column, code)


def _check_firms(work: _Work, participants: Participants | None) -> None:
    work.mark(work.debtor == work.creditor, "creditor", "SelfObligation")
    if participants is None:
        return
    known = np.zeros(len(work.firms), np.bool_)
    known[_places(work.firms, participants.id)] = True
    if not known.all():
        work.mark(~known[work.debtor], "debtor", "UnknownParticipant")
        work.mark(~known[work.creditor], "creditor", "UnknownParticipant")


def _places(firms: pa.Array, ids: list[str]) -> NDArray[np.int32]:
    found = pc.index_in(pa.array(ids, pa.large_string()), firms)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.int32)


def _read_currencies(work: _Work, fixing: Fixing | None) -> None:
    index, texts = work.encoded.pop("currency")
    codes = texts.to_pylist()
    _replace(work.raw, "currency", pa.DictionaryArray.from_arrays(index, texts))
    work.codes = sorted(set(codes))
    place = {code: number for number, code in enumerate(work.codes)}
    work.currency = np.array([place[code] for code in codes], np.int32)[index]
    unknown = np.array([code not in exponents() for code in work.codes], np.bool_)
    if unknown.any():
        work.mark(unknown[work.currency], "currency", "UnknownCurrency")
    if fixing is not None:
        unrated = np.array([code not in fixing.rates for code in work.codes], np.bool_)
        if unrated.any():
            work.mark(unrated[work.currency], "currency", "NoRate")


def _read_amounts(work: _Work) -> None:
    table = work.raw.table
    present = [name for name in _AMOUNT_COLUMNS if name in table.column_names]
    for name in present:
        width = np.array([exponents().get(code, 0) for code in work.codes], np.int8)
        if name == "amount_minor":
            width[:] = 0
        amounts = read_amounts(table.column(name), width[work.currency], name)
        if amounts.fault.any():
            for place, code in enumerate(REASONS):
                if code:
                    work.mark(amounts.fault == place, name, code)
        if len(work.minor):
            work.mark(work.minor != amounts.minor, name, "AmountsDisagree")
        else:
            work.minor = amounts.minor


def _read_due_days(work: _Work) -> None:
    count = work.raw.table.num_rows
    if "due_date" not in work.raw.table.column_names:
        work.due_day = np.full(count, NO_DUE_DAY, np.int32)
        return
    column = work.raw.table.column("due_date")
    kind = column.type
    if is_day_text(kind):
        index, texts = work.encoded.pop("due_date")
        _replace(work.raw, "due_date", pa.DictionaryArray.from_arrays(index, texts))
        days = np.array([day_of(text) for text in texts.to_pylist()], np.int64)[index]
        bad = days == NO_DATE
        if bad.any():
            work.mark(bad, "due_date", "InvalidDueDate")
        work.due_day = np.where(bad, -1, days).astype(np.int32)
        return
    work.due_day, bad = typed_days(work.raw, "due_date")
    if bad.any():
        work.mark(bad, "due_date", "InvalidDueDate")


def _find_repeats(work: _Work) -> NDArray[np.int64]:
    """Refuse ids that stand more than once with different content; return rows that repeat."""
    rows = work.shared
    if len(rows) == 0:
        return rows
    group = pc.dictionary_encode(work.ids.take(pa.array(rows))).indices.to_numpy()
    _, first = np.unique(group, return_index=True)
    before = first[group]
    differs = np.zeros(len(rows), np.bool_)
    for values in _contents(work, rows):
        differs |= values != values[before]
    conflict = np.zeros(len(first), np.bool_)
    conflict[group[differs]] = True
    marked = np.zeros(len(work.fault), np.bool_)
    marked[rows[conflict[group]]] = True
    work.mark(marked, "id", "DuplicateObligation")
    is_later = before != np.arange(len(rows))
    return np.asarray(rows[is_later & (work.fault[rows] == 0)], np.int64)


def _rows_with_shared_ids(ids: pa.LargeStringArray) -> NDArray[np.int64]:
    """Return rows whose id stands in another row too, and perhaps a few more."""
    hashes = np.empty(len(ids), np.uint64)
    scanning.hash_texts(*buffers(ids), hashes)
    ordered = np.sort(hashes)
    shared = ordered[1:][ordered[1:] == ordered[:-1]]
    if len(shared) == 0:
        return np.zeros(0, np.int64)
    place = np.minimum(np.searchsorted(shared, hashes), len(shared) - 1)
    return np.flatnonzero(shared[place] == hashes)


def _contents(work: _Work, rows: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Return integers for the given rows, column by column, that differ where contents do."""
    valid = work.fault[rows] == 0
    columns = [
        work.debtor[rows].astype(np.int64),
        work.creditor[rows].astype(np.int64),
        work.currency[rows].astype(np.int64),
        np.where(valid, work.minor[rows], -1),
        work.due_day[rows].astype(np.int64),
    ]
    known = {"id", "debtor", "creditor", "currency", "due_date", *_AMOUNT_COLUMNS}
    for name in work.raw.table.column_names:
        if name not in known:
            taken = take_rows(work.raw.table.column(name), rows)
            if pa.types.is_dictionary(taken.type):
                taken = taken.cast(taken.type.value_type)
            indices = pc.dictionary_encode(taken).combine_chunks().indices
            indices = indices.cast(pa.int64()).fill_null(-1)
            columns.append(indices.to_numpy(zero_copy_only=False))
    return columns


def _rejections(work: _Work) -> pa.Table:
    tables = [work.raw.refused]
    for place in np.unique(work.fault[work.fault > 0]) if work.fault.any() else []:
        name, code = _FAULTS[place]
        rows = np.flatnonzero(work.fault == place)
        tables.append(refused_rows(work.raw, name, rows, code, _MESSAGES[code]))
    joined = pa.concat_tables(tables)
    return joined.sort_by("row") if joined.num_rows else joined


def _accepted(
    work: _Work, keep: NDArray[np.bool_], participants: Participants | None
) -> tuple[Obligations, Participants]:
    ids, carried = work.ids, work.raw.table
    columns: list[NDArray[Any]] = [
        work.raw.row, work.debtor, work.creditor, work.minor, work.currency, work.due_day,
    ]  # fmt: skip
    if not keep.all():
        ids, carried, columns = _only(keep, ids, carried, columns)
    row, debtor, creditor, minor, currency, due_day = columns
    used = np.flatnonzero(np.bincount(currency, minlength=len(work.codes)))
    currencies = tuple(work.codes[place] for place in used)
    index_of = np.zeros(len(work.codes) + 1, np.int16)
    index_of[used] = np.arange(len(used))
    currency_index = index_of[currency]
    guard_sums(gross_by_currency(minor, currency_index, len(currencies)), currencies)
    number, numbered = _number(work.firms, debtor, creditor, participants)
    obligations = Obligations(
        row, ids, number[debtor], number[creditor], minor, currency_index, currencies, due_day,
        carried,
    )  # fmt: skip
    return obligations, numbered


def _only(
    keep: NDArray[np.bool_], ids: pa.Array, carried: pa.Table, columns: list[NDArray[Any]]
) -> tuple[pa.Array, pa.Table, list[NDArray[Any]]]:
    """Return what stays of everything; by stretches where few rows go, which is faster."""
    gone = np.flatnonzero(~keep)
    if len(gone) > _FEW_GONE:
        mask = pa.array(keep)
        return ids.filter(mask), carried.filter(mask), [column[keep] for column in columns]
    begin, end = [0, *(gone + 1).tolist()], [*gone.tolist(), len(keep)]
    runs = [(low, high) for low, high in zip(begin, end, strict=True) if high > low]
    if not runs:
        return ids[:0], carried[:0], [column[:0] for column in columns]
    return (
        pa.concat_arrays([ids[low:high] for low, high in runs]),
        pa.concat_tables([carried.slice(low, high - low) for low, high in runs]),
        [np.concatenate([column[low:high] for low, high in runs]) for column in columns],
    )


def _number(
    firms: pa.Array,
    debtor: NDArray[np.int32],
    creditor: NDArray[np.int32],
    participants: Participants | None,
) -> tuple[NDArray[np.int32], Participants]:
    """Number the firms in the order of their ids' UTF-8 bytes; return also who they are."""
    number = np.full(len(firms), -1, np.int32)
    if participants is not None:
        number[_places(firms, participants.id)] = np.arange(len(participants))
        return number, participants
    is_used = np.zeros(len(firms), np.bool_)
    is_used[debtor] = True
    is_used[creditor] = True
    used = np.flatnonzero(is_used)
    texts = firms.take(pa.array(used))
    order = pc.sort_indices(texts.cast(pa.large_binary())).to_numpy()
    number[used[order]] = np.arange(len(used))
    return number, Participants.plain(texts.take(pa.array(order)).to_pylist())
