# SPDX-License-Identifier: Apache-2.0
"""JSON lines in: one object a line, every value as the text that stands there, no number bent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from skontro.core.errors import EmptyTable, Rejection, SheetTooLong, UnreadableFile
from skontro.core.intake import rejection_table
from skontro.messages.raw import RawTable, file_source, row_refusal

MOST_LINE_BYTES = 1 << 20
MOST_COLUMNS = 1000
MOST_BYTES = 1 << 28
LISTS = {"registrations": "lines"}
"""In which table which key may hold a list of objects, whose values are texts."""
_UTF8_MARK = b"\xef\xbb\xbf"


class _Bad(Exception):
    """A line that cannot be read; its argument is the reason's code."""


def read_json_lines(name: str, path: Path) -> RawTable:
    """Read a file with one JSON object a line; the keys are the columns.

    Texts, numbers and truths are taken as they are written; null and a key that is missing are
    empty. A line that is no object, says a key twice, holds lists or objects, or is too long is
    refused by its number. Blank lines are no rows.

    Args:
        name: What the file is, for messages.
        path: Where it is.

    Raises:
        EmptyTable: There is no line.
        UnreadableFile: It is too large.
        SheetTooLong: There are too many different keys.
    """
    source = file_source(name, path)
    if source.size > MOST_BYTES:
        raise UnreadableFile(f"{name}: {path.name} has more than {MOST_BYTES:,} bytes",
                             next_step="use .csv or .parquet")  # fmt: skip
    columns: dict[str, list[str]] = {}
    numbers, refused, number = list[int](), list[Rejection](), 0
    with path.open("rb") as file:
        if file.read(3) != _UTF8_MARK:
            file.seek(0)
        while line := file.readline(MOST_LINE_BYTES + 1):
            if len(line) > MOST_LINE_BYTES:
                number += 1
                refused.append(row_refusal(number, "", line[:80].decode(errors="replace"),
                                           "LongLine"))  # fmt: skip
                while line and not line.endswith(b"\n"):
                    line = file.readline(MOST_LINE_BYTES)
                continue
            if not line.strip():
                continue
            number += 1
            try:
                said = _understood(line, LISTS.get(name, ""))
            except _Bad as bad:
                shown = line[:200].decode(errors="replace").strip()
                refused.append(row_refusal(number, "", shown, str(bad)))
                continue
            _add(name, columns, said, len(numbers))
            numbers.append(number)
    if number == 0:
        raise EmptyTable(f"{name}: {path.name} has no line")
    rows = len(numbers)
    table = pa.table({
        column: pa.chunked_array([pa.array(texts + [""] * (rows - len(texts)), pa.string())])
        for column, texts in columns.items()
    })
    return RawTable(name, table, np.array(numbers, np.int64), source, rejection_table(refused))


def _add(name: str, columns: dict[str, list[str]], said: dict[str, str], row: int) -> None:
    for column, text in said.items():
        texts = columns.setdefault(column, [])
        texts += [""] * (row - len(texts))
        texts.append(text)
    if len(columns) > MOST_COLUMNS:
        raise SheetTooLong(f"{name}: more than {MOST_COLUMNS:,} different keys")


def _understood(line: bytes, listed: str = "") -> dict[str, str]:
    try:
        text = line.decode()
    except UnicodeDecodeError:
        raise _Bad("InvalidUtf8") from None
    try:
        said = json.loads(text, parse_float=str, parse_int=str, parse_constant=str,
                          object_pairs_hook=_pairs)  # fmt: skip
    except (ValueError, RecursionError):
        raise _Bad("NotAnObject") from None
    if not isinstance(said, dict):
        raise _Bad("NotAnObject")
    return {key: _list(value) if key == listed else _text(value) for key, value in said.items()}


def _list(value: Any) -> str:
    """Return a list of objects as JSON; whoever reads the column understands it."""
    if not isinstance(value, list):
        return _text(value)
    if not all(isinstance(one, dict) for one in value):
        raise _Bad("NestedValue")
    return json.dumps([{key: _text(text) for key, text in one.items()} for one in value])


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    said = dict(pairs)
    if len(said) < len(pairs):
        raise _Bad("KeyTwice")
    return said


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        raise _Bad("NestedValue")
    if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _Bad("ControlCharacter")
    return value
