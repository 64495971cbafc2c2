# SPDX-License-Identifier: Apache-2.0
"""Checks of columns that every reader of many rows makes: texts, ids, days, and what is refused."""

from __future__ import annotations

import datetime
import re

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.errors import InexactColumn
from skontro.core.obligations import NO_DUE_DAY
from skontro.core.participants import ID_REASONS, id_fault
from skontro.messages import scanning
from skontro.messages.raw import RawTable
from skontro.messages.texts import as_chunks, buffers, encode, is_text, take_rows, to_text

NO_DATE = -(2**40)
"""Stands for a text that is no date."""

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_EPOCH = datetime.date(1970, 1, 1).toordinal()
_FIRST_DAY = datetime.date.min.toordinal() - _EPOCH
_LAST_DAY = datetime.date.max.toordinal() - _EPOCH
_MOST_SHOWN = 200


def is_day_text(kind: pa.DataType) -> bool:
    """Tell whether a column of this type holds dates as text, or nothing at all."""
    return is_text(kind) or bool(pa.types.is_null(kind))


def text_column(raw: RawTable, name: str) -> pa.ChunkedArray:
    """Return a column of text, whole numbers or nothing as text.

    Raises:
        InexactColumn: It holds something else.
    """
    column = raw.table.column(name)
    kind = column.type.value_type if pa.types.is_dictionary(column.type) else column.type
    if is_text(kind):
        return column
    if pa.types.is_integer(kind) or pa.types.is_null(kind):
        return to_text(column)
    raise InexactColumn(
        f"{raw.name}: column {name!r} is of type {kind}, not text",
        details={"column": name, "type": str(kind)},
    )


def joined_text(column: pa.ChunkedArray) -> pa.LargeStringArray:
    """Return a column of text as one large_string array, nulls as empty text."""
    chunks = [chunk.cast(pa.large_string()) for chunk in as_chunks(column)]
    return pa.concat_arrays(chunks) if chunks else pa.array([], pa.large_string())


def id_faults(texts: pa.Array) -> NDArray[np.uint8]:
    """Return the place in ID_REASONS, from 1, of what is wrong with each text; nought if fine."""
    odd = np.zeros(len(texts), np.uint8)
    scanning.find_odd_texts(*buffers(texts), odd)
    codes = {code: place for place, code in enumerate(("", *ID_REASONS))}
    for place in np.flatnonzero(odd):
        odd[place] = codes[id_fault(texts[int(place)].as_py())]
    return odd


def day_of(text: str) -> int:
    """Return days since 1970-01-01, ``NO_DUE_DAY`` if empty, ``NO_DATE`` where it is no date.

    Example:
        >>> day_of("1970-01-02"), day_of("1970-1-2") == NO_DATE
        (1, True)
    """
    if not text:
        return NO_DUE_DAY
    if _DATE.fullmatch(text):
        try:
            return datetime.date.fromisoformat(text).toordinal() - _EPOCH
        except ValueError:
            pass
    return NO_DATE


def typed_days(raw: RawTable, name: str) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Read a column of dates that are not text.

    Returns:
        Days since 1970-01-01 (-1 where bad, ``NO_DUE_DAY`` where missing), and which are bad.

    Raises:
        InexactColumn: It is neither a date nor a time without time zone.
    """
    column = raw.table.column(name)
    kind = column.type
    if not pa.types.is_date(kind) and not (pa.types.is_timestamp(kind) and kind.tz is None):
        raise InexactColumn(
            f"{raw.name}: column {name!r} is of type {kind}, not a date",
            next_step="bring dates as text YYYY-MM-DD or as a date column without time zone",
        )
    typed = column.cast(pa.date32(), safe=False).cast(pa.int32())
    days = typed.fill_null(NO_DUE_DAY).to_numpy().astype(np.int32, copy=False)
    beyond = pc.fill_null(pc.or_(pc.less(typed, _FIRST_DAY), pc.greater(typed, _LAST_DAY)), False)
    bad = np.asarray(beyond.to_numpy(), np.bool_)
    if bad.any():
        days = days.copy()
        days[bad] = -1
    return days, bad


def read_days(raw: RawTable, name: str) -> tuple[NDArray[np.int32], NDArray[np.bool_]]:
    """Read a column of dates, text or not; a column that is not there has none.

    Returns:
        As :func:`typed_days`.
    """
    if name not in raw.table.column_names:
        count = raw.table.num_rows
        return np.full(count, NO_DUE_DAY, np.int32), np.zeros(count, np.bool_)
    column = raw.table.column(name)
    if not is_day_text(column.type):
        return typed_days(raw, name)
    index, texts = encode(column)
    days = np.array([day_of(text) for text in texts.to_pylist()], np.int64)[index]
    bad = np.asarray(days == NO_DATE, np.bool_)
    return np.where(bad, -1, days).astype(np.int32), bad


def refused_rows(
    raw: RawTable, name: str, rows: NDArray[np.int64], code: str, message: str
) -> pa.Table:
    """Return rejections of rows of a table for one reason.

    Args:
        raw: The table.
        name: The column at fault; empty where the whole row is.
        rows: Places of the rows in ``raw.table``, ascending.
        code: The reason, one word.
        message: The reason as a sentence.
    """
    if name:
        values = shortened(to_text(take_rows(raw.table.column(name), rows)))
    else:
        values = pa.chunked_array([pa.repeat(pa.scalar(""), len(rows))])
    return pa.table(
        {
            "row": pa.array(raw.row[rows], pa.int64()),
            "field": pa.repeat(pa.scalar(name), len(rows)),
            "value": values,
            "code": pa.repeat(pa.scalar(code), len(rows)),
            "message": pa.repeat(pa.scalar(message), len(rows)),
        }
    )


def shortened(values: pa.ChunkedArray) -> pa.ChunkedArray:
    """Cut values that are too long to show."""
    values = pc.replace_substring(values.cast(pa.string()), "\0", "\ufffd")
    long = pc.greater(pc.utf8_length(values), _MOST_SHOWN)
    if not pc.any(long).as_py():
        return values
    cut = pc.binary_join_element_wise(pc.utf8_slice_codeunits(values, 0, _MOST_SHOWN), "…", "")
    return pc.if_else(long, cut, values)
