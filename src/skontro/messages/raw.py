# SPDX-License-Identifier: Apache-2.0
"""What every reader hands over: columns as given, and the rows that could not be read."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.core.errors import DuplicateColumns, MalformedRow, MissingColumns, Rejection
from skontro.core.intake import InputFile, rejection_table
from skontro.core.money import shorten

ROW_REASONS: dict[str, str] = {
    "RaggedRow": "not as many fields as there are columns",
    "MisplacedQuote": "a quote opens and does not close where the field ends",
    "InvalidUtf8": "the text is not UTF-8",
    "InexactCell": "a number of more than 15 digits, of which a sheet loses some; make it text",
    "WrongDecimalMark": "not a number with the decimal mark and grouping that were declared",
    "WrongDay": "not a day in the form that was declared",
    "NotAnObject": "not one JSON object on a line of its own",
    "NestedValue": "a list or an object where a text or a number should stand",
    "KeyTwice": "a key that stands twice",
    "LongLine": "a line of more than 2**20 bytes",
    "LinesOutOfOrder": "lines of one sender and reference are numbered 1, 2, ..., each once",
    "LinesDiffer": "rows of one sender and reference say different things of the obligation",
    "ControlCharacter": "a NUL byte, or in an id another control character or a line break",
}
"""Why a row cannot be read: code and sentence."""


@dataclass
class RawTable:
    """A table as it came, before anything is understood.

    Attributes:
        name: What it is, for messages: ``obligations``, ``participants``, ...
        table: Columns as given; from CSV and XLSX all text.
        row: Number of each row, 1 being the first row of data, shape (m,).
        source: Where it came from.
        refused: Rows that could not be read, as :func:`rejection_table` makes it; they are not
            in ``table``.
    """

    name: str
    table: pa.Table
    row: NDArray[np.int64]
    source: InputFile
    refused: pa.Table

    def need(self, *names: str) -> None:
        """Refuse the table if a column is missing.

        Raises:
            MissingColumns: Names what is missing, shows what is there, suggests what was meant.
        """
        check_columns(self.name, self.table.column_names, names)

    def whole(self) -> None:
        """Refuse the table if a row could not be read.

        Raises:
            MalformedRow: Names the first such row.
        """
        if self.refused.num_rows:
            (first,) = self.refused.sort_by("row").slice(0, 1).to_pylist()
            where = f", {first['field']}" if first["field"] else ""
            raise MalformedRow(
                f"{self.name}, row {first['row']}{where}: {first['message']}: {first['value']!r}",
                code=first["code"],
                details={"row": first["row"], "rows_refused": self.refused.num_rows},
            )

    def set_aside(self, faults: Iterable[tuple[int, str, str, str]]) -> None:
        """Move rows to the refused ones.

        Args:
            faults: Place of the row in ``table``, column, code, value; a row's first counts.
        """
        first = dict[int, tuple[str, str, str]]()
        for place, column, code, value in faults:
            first.setdefault(place, (column, code, value))
        if not first:
            return
        refused = [
            row_refusal(int(self.row[place]), column, value, code)
            for place, (column, code, value) in first.items()
        ]
        self.refused = pa.concat_tables([self.refused, rejection_table(refused)])
        keep = np.ones(len(self.row), np.bool_)
        keep[list(first)] = False
        self.table = self.table.filter(pa.array(keep))
        self.row = self.row[keep]


def row_refusal(row: int, column: str, value: str, code: str) -> Rejection:
    """Return a rejection of a row that cannot be read."""
    return Rejection(row, column, shorten(value), code, ROW_REASONS[code])


def check_columns(name: str, found: Sequence[str], needed: Sequence[str]) -> None:
    """Refuse column names of which one stands twice or one that is needed is missing.

    Args:
        name: What the table is, for messages.
        found: The column names.
        needed: Names that must be there; ``a|b`` where one of several will do.

    Raises:
        DuplicateColumns: A name stands twice.
        MissingColumns: A needed one is not there.

    Example:
        >>> check_columns("obligations", ["id", "Amount"], ["id", "amount|amount_minor"])
        Traceback (most recent call last):
        skontro.core.errors.MissingColumns: obligations: no column amount or amount_minor; found:
        id, Amount; did you mean Amount?
    """
    twice = sorted({item for item in found if found.count(item) > 1})
    if twice:
        raise DuplicateColumns(
            f"{name}: column {', '.join(map(repr, twice))} stands more than once",
            details={"columns": twice},
        )
    missing = [item for item in needed if not any(one in found for one in item.split("|"))]
    if not missing:
        return
    lower = {item.strip().lower(): item for item in found}
    meant = [
        lower[close]
        for item in missing
        for one in item.split("|")
        for close in difflib.get_close_matches(one, list(lower), n=1)
    ]
    shown = ", ".join(shorten(item, 40) for item in found[:30]) or "none"
    message = (
        f"{name}: no column {', '.join(item.replace('|', ' or ') for item in missing)}; "
        f"found: {shown}{', ...' if len(found) > 30 else ''}"
    )
    if meant:
        message += f"; did you mean {', '.join(dict.fromkeys(meant))}?"
    raise MissingColumns(message, details={"missing": missing, "found": list(found)})


def file_source(name: str, path: Path) -> InputFile:
    """Return the source of a table that is a file, with its size and time of change."""
    state = path.stat()
    return InputFile(name, path=path, size=state.st_size, changed_ns=state.st_mtime_ns)
