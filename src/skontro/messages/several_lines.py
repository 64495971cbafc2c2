# SPDX-License-Identifier: Apache-2.0
"""Obligations with several lines in a table: rows that belong together, or lists in one row.

A row each: rows of one sender and reference with a ``line`` of 1, 2, ... are one obligation, and
each says its own code, quantity, weight, countries and ``value``. A list: the column ``lines``
holds a list of objects with the same names, as JSON; lines of JSON have it as it is. Whichever way
they come, what is handed on is a row an obligation with its lines as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from skontro.core.errors import Rejected
from skontro.core.money import exponents, parse_decimal
from skontro.house.trade import LINE_COLUMNS, LineSaid
from skontro.messages.raw import RawTable
from skontro.messages.row_checks import joined_text, text_column
from skontro.messages.texts import encode

LINES = "lines"
"""Column with all lines of a row: a list of objects, or the same as JSON."""

LINE_TABLE_COLUMNS = ("line", "value", "value_minor")
"""Columns a file with a row a line may have beside those of registrations."""

LINE_KEYS = (*LINE_COLUMNS, "value", "value_minor")
"""What an object of ``lines`` may name; all of it is text."""

_KEY = ("sender", "reference")
Flags = NDArray[np.bool_]


def gather_lines(raw: RawTable) -> None:
    """Make a row an obligation of a table that has lines; of one that has none, nothing.

    Args:
        raw: The table; changed. Rows that do not go together are moved to the refused ones.

    Raises:
        MalformedRow: A row of a table with a row a line could not be read: a line would be missing.
    """
    names = raw.table.column_names
    if LINES in names:
        _let_single_be_one(raw)
    elif any(name in names for name in LINE_TABLE_COLUMNS):
        _put_together(raw)


def _let_single_be_one(raw: RawTable) -> None:
    """Write a single line that has no value into the columns of its row."""
    texts, singles = _texts(raw, LINES), dict[int, dict[str, str]]()
    for row, text in enumerate(texts):
        if text and text.count("{") == 1:
            lines, wrong = lines_said(text, "")
            if not wrong and len(lines) == 1 and not lines[0].value_minor:
                singles[row] = {name: getattr(lines[0], name) for name in LINE_COLUMNS}
                texts[row] = ""
    if not singles:
        return
    for name in (LINES, *LINE_COLUMNS):
        column = texts if name == LINES else _texts(raw, name)
        for row, said in singles.items():
            column[row] = said.get(name, "") or column[row]
        new = pa.chunked_array([pa.array(column, pa.large_string())])
        if name in raw.table.column_names:
            raw.table = raw.table.set_column(raw.table.column_names.index(name), name, new)
        else:
            raw.table = raw.table.append_column(name, new)


def _texts(raw: RawTable, name: str) -> list[str]:
    if name not in raw.table.column_names:
        return [""] * raw.table.num_rows
    return [text or "" for text in joined_text(text_column(raw, name)).to_pylist()]


def _is_given(raw: RawTable, name: str) -> Flags:
    if name not in raw.table.column_names:
        return np.zeros(raw.table.num_rows, np.bool_)
    given = pc.greater(pc.binary_length(joined_text(text_column(raw, name))), 0)
    return np.asarray(given.to_numpy(zero_copy_only=False), np.bool_)


def _put_together(raw: RawTable) -> None:
    """Let rows of one sender and reference with a number of a line be one row."""
    raw.need(*_KEY)
    if _is_given(raw, "line").any():
        raw.whole()
        raw.set_aside(_misplaced(raw))
    is_line = _is_given(raw, "line")
    has_value = _is_given(raw, "value") | _is_given(raw, "value_minor")
    keys = _keys(raw)
    _, first, which, many = np.unique(
        np.where(is_line, keys, -1 - np.arange(len(keys))), return_index=True,
        return_inverse=True, return_counts=True,
    )  # fmt: skip
    is_several = (many[which] > 1) | has_value
    rows = np.flatnonzero(is_several)
    columns = {name: _texts(raw, name) for name in LINE_KEYS if name in raw.table.column_names}
    numbers = _texts(raw, "line")
    found: dict[int, list[tuple[int, int]]] = {}
    for row in rows.tolist():
        found.setdefault(int(first[which[row]]), []).append((int(numbers[row] or 1), row))
    lines = np.full(len(keys), "", object)
    for head, group in found.items():
        lines[head] = json.dumps([
            {name: texts[row] for name, texts in columns.items() if texts[row]}
            for _, row in sorted(group)
        ])  # fmt: skip
    blank = pa.array(is_several)
    for name in columns:
        if name in LINE_COLUMNS:
            place = raw.table.column_names.index(name)
            texts = joined_text(text_column(raw, name))
            none = pa.scalar("", pa.large_string())
            raw.table = raw.table.set_column(
                place, name, pa.chunked_array([pc.if_else(blank, none, texts)])
            )
    heads = np.sort(first)
    left = [name for name in raw.table.column_names if name not in LINE_TABLE_COLUMNS]
    raw.table = raw.table.append_column(
        LINES, pa.chunked_array([pa.array(lines.tolist(), pa.large_string())])
    ).select([*left, LINES]).take(pa.array(heads))  # fmt: skip
    raw.row = raw.row[heads]


def _keys(raw: RawTable) -> NDArray[np.int64]:
    """Number rows by sender and reference."""
    (sender, _), (reference, texts) = (encode(text_column(raw, name)) for name in _KEY)
    return np.asarray(sender.astype(np.int64) * len(texts) + reference, np.int64)


def _misplaced(raw: RawTable) -> list[tuple[int, str, str, str]]:
    """Find rows of obligations whose lines are not numbered from 1 on, or that do not agree."""
    numbers, keys = _texts(raw, "line"), _keys(raw).tolist()
    groups: dict[int, list[int]] = {}
    for row, number in enumerate(numbers):
        if number:
            groups.setdefault(keys[row], []).append(row)
    shared = {
        name: _texts_or_days(raw, name) for name in raw.table.column_names
        if name not in (*LINE_KEYS, "line")
    }  # fmt: skip
    faults = list[tuple[int, str, str, str]]()
    for rows in groups.values():
        said = sorted(numbers[row].strip().rjust(9, "0") for row in rows)
        if said != [str(place).rjust(9, "0") for place in range(1, len(rows) + 1)]:
            faults += [(row, "line", "LinesOutOfOrder", numbers[row]) for row in rows]
            continue
        differs = next((name for name, texts in shared.items()
                        if len({texts[row] for row in rows}) > 1), "")  # fmt: skip
        if differs:
            faults += [(row, differs, "LinesDiffer", str(shared[differs][row])) for row in rows]
    return faults


def _texts_or_days(raw: RawTable, name: str) -> list[Any]:
    return list(raw.table.column(name).to_pylist())


# ---- understood --------------------------------------------------------------------------------


def lines_said(text: str, currency: str) -> tuple[tuple[LineSaid, ...], str]:
    """Understand the lines of a row.

    Args:
        text: JSON: a list of objects with texts under :data:`LINE_KEYS`.
        currency: Of the obligation.

    Returns:
        The lines, and what cannot be understood; empty where all can.

    Example:
        >>> lines_said('[{"code":"300490","value":"5.00"}]', "EUR")[0][0].value_minor
        500
        >>> lines_said('[{"kode":"1"}]', "EUR")[1]
        'line 1, kode'
    """
    try:
        given = json.loads(text)
    except ValueError:
        return (), LINES
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        return (), LINES
    found = list[LineSaid]()
    for place, one in enumerate(given, 1):
        line, wrong = line_said(one, currency)
        if wrong:
            return (), f"line {place}, {wrong}"
        found.append(line)
    return tuple(found), ""


def line_said(given: Mapping[str, Any], currency: str) -> tuple[LineSaid, str]:
    """Understand one line: see :func:`lines_said`."""
    for key, text in given.items():
        if key not in LINE_KEYS or not isinstance(text, str):
            return LineSaid(), key if key.isprintable() else LINES
    said: dict[str, Any] = {name: given[name] for name in LINE_COLUMNS if name in given}
    values = set[int]()
    for key, decimals in (("value", exponents().get(currency, 2)), ("value_minor", 0)):
        if given.get(key):
            try:
                values.add(parse_decimal(given[key], decimals))
            except (ValueError, Rejected):
                return LineSaid(), key
    if len(values) > 1:
        return LineSaid(), "value"
    return LineSaid(values.pop() if values else 0, **said), ""


def json_lines(lines: Sequence[Mapping[str, str]]) -> str:
    """Return lines as the column ``lines`` has them; empty where there are none."""
    return json.dumps([dict(one) for one in lines]) if lines else ""
