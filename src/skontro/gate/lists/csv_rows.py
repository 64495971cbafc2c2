# SPDX-License-Identifier: Apache-2.0
"""CSV as lists have it: every field as text, every row whole, or the list is refused."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence

from skontro.gate.lists.source import MOST_FIELD, Reading, refuse, too_large

_MARK = "\ufeff"
_END_MARK = "\x1a"


class Rows:
    """The rows of a CSV file, one after the other.

    Attributes:
        ended_in_line: Whether the last line had an end, known once all are read.
        end_mark: Whether a 0x1A byte stood at the end, as old programs write it.
    """

    def __init__(self, reading: Reading, separator: str = ",") -> None:
        self.name = reading.name
        self.ended_in_line = False
        self.end_mark = False
        self._reading = reading
        self._rows = csv.reader(self._lines(), delimiter=separator, strict=True)

    def _lines(self) -> Iterator[str]:
        first = True
        for line in self._reading.lines():
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError:
                raise refuse(
                    "ListEncoding", f"{self.name} is not UTF-8",
                    "fetch it again, and open it in no other program",
                ) from None  # fmt: skip
            if first:
                text, first = text.removeprefix(_MARK), False
            if self.end_mark and text.strip():
                raise refuse("ListUnreadable", f"{self.name} goes on behind its end mark")
            if _END_MARK in text:
                text, _, rest = text.partition(_END_MARK)
                if rest.strip():
                    raise refuse("ListUnreadable", f"{self.name} goes on behind its end mark")
                self.end_mark = True
                if not text:
                    continue
            if "\0" in text:
                raise refuse("ListEncoding", f"{self.name} is not text: a NUL byte")
            self.ended_in_line = text.endswith("\n")
            yield text

    def __iter__(self) -> Iterator[list[str]]:
        while True:
            try:
                row = next(self._rows)
            except StopIteration:
                return
            except csv.Error as error:
                if "unexpected end" in str(error):
                    raise refuse("ListTruncated", f"{self.name} ends inside a field") from None
                if "limit" in str(error):
                    raise too_large(f"a field of {self.name}") from None
                raise refuse(
                    "ListUnreadable", f"{self.name}, line {self._rows.line_num}: {error}"
                ) from None
            if any(len(value) > MOST_FIELD for value in row):
                raise too_large(f"a field of {self.name}")
            if row:
                yield row

    @property
    def line(self) -> int:
        """Number of the line that was read last."""
        return self._rows.line_num


def plain(column: str) -> str:
    """Return a column's name as it is compared.

    Example:
        >>> plain("Business registration number (s)")
        'businessregistrationnumbers'
    """
    return re.sub(r"[^0-9a-z]", "", column.casefold())


class Table:
    """Rows below a header, read by the names of columns.

    Args:
        rows: The rows below the header.
        header: The header.
        needed: Columns it must have.

    Raises:
        ListRefused: A column is missing, or stands there twice.
    """

    def __init__(self, rows: Rows, header: Sequence[str], needed: Sequence[str]) -> None:
        self.rows = rows
        self.width = len(header)
        names = [plain(column) for column in header]
        twice = sorted({name for name in names if name and names.count(name) > 1})
        missing = [column for column in needed if plain(column) not in names]
        if missing or twice:
            what = f"no column {missing[0]!r}" if missing else f"two columns {twice[0]!r}"
            raise refuse("ListHeaderChanged", f"{rows.name} has {what}",
                         "check whether the authority changed the format")  # fmt: skip
        self._place = {name: place for place, name in enumerate(names)}

    def has(self, column: str) -> bool:
        """Tell whether there is a column."""
        return plain(column) in self._place

    def place(self, column: str) -> int:
        """Return the place of a column in every row; -1 where there is none."""
        return self._place.get(plain(column), -1)

    def __iter__(self) -> Iterator[list[str]]:
        """Yield the rows, an empty text at the end for columns that are not there.

        Raises:
            ListRefused: A row is longer or shorter than the header.
        """
        short = 0
        for row in self.rows:
            if short:
                raise refuse("ListUnreadable", f"{self.rows.name}, line {short}: another width")
            if len(row) != self.width:
                short = self.rows.line
                continue
            if any(row):
                row.append("")
                yield row
        if short:
            raise refuse("ListTruncated", f"{self.rows.name}: its last row is not whole")
        if not self.rows.ended_in_line:
            raise refuse("ListTruncated", f"{self.rows.name}: its last line has no end")
