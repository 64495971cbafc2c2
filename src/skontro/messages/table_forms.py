# SPDX-License-Identifier: Apache-2.0
"""How a sender's tables are written: its names of columns, delimiter, encoding, decimal mark, days.

All of it is declared, none guessed: "1.234" is a thousand in one country and a little more than
one in another. What does not fit the declaration is refused by row and column.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skontro.core.digest import canonical_json
from skontro.core.errors import InvalidOptions, MissingColumns
from skontro.messages.csv_files import read_csv
from skontro.messages.raw import RawTable, check_columns
from skontro.messages.registration_rows import REGISTRATION_COLUMNS
from skontro.messages.several_lines import LINE_TABLE_COLUMNS
from skontro.messages.tables import TableLike, kind_of, read_table
from skontro.messages.texts import is_text
from skontro.messages.trade_rows import TRADE_COLUMNS

AMOUNTS = ("amount", "quantity", "weight", "value")
DAYS = ("due_date", "document_date", "paper_date", "papers_due")
COLUMNS = (
    *(name for item in REGISTRATION_COLUMNS for name in item.split("|")),
    "due_date", "document", "document_date", *TRADE_COLUMNS, *LINE_TABLE_COLUMNS,
)  # fmt: skip
"""Names of columns the house knows in a file of registrations."""

FORMS_OF_DAYS = {
    "YYYY-MM-DD": r"^([0-9]{4})-([0-9]{2})-([0-9]{2})$",
    "YYYYMMDD": r"^([0-9]{4})([0-9]{2})([0-9]{2})$",
    "DD.MM.YYYY": r"^(?P<d>[0-9]{2})\.(?P<m>[0-9]{2})\.(?P<y>[0-9]{4})$",
    "DD/MM/YYYY": r"^(?P<d>[0-9]{2})/(?P<m>[0-9]{2})/(?P<y>[0-9]{4})$",
    "DD-MM-YYYY": r"^(?P<d>[0-9]{2})-(?P<m>[0-9]{2})-(?P<y>[0-9]{4})$",
    "MM/DD/YYYY": r"^(?P<m>[0-9]{2})/(?P<d>[0-9]{2})/(?P<y>[0-9]{4})$",
}
"""Forms of days that may be declared."""

ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "ascii",
    *(f"iso8859-{number}" for number in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)),
    *(f"cp{number}" for number in range(1250, 1259)),
    "cp437", "cp850", "cp852", "cp866", "koi8-r", "koi8-u", "mac-roman", "big5", "gb18030",
    "euc-jp", "shift_jis", "cp932", "euc-kr", "cp949",
)  # fmt: skip
"""Encodings that may be declared."""

_DELIMITERS = ",;\t|:^~#!/ "
_GROUPINGS = (".", ",", "'", " ", "\u00a0", "\u202f")


@dataclass(frozen=True)
class TableForm:
    """How a sender's tables are written.

    Attributes:
        columns: What the sender calls a column of the house, by the house's name.
        constants: What a column of the house says in every row, where the table has none.
        delimiter: Between fields of CSV; empty: the first of comma, semicolon, tabulator and bar
            that stands in the header.
        encoding: Of CSV.
        decimal: Decimal mark of CSV and JSON lines: a point or a comma.
        grouping: What stands between thousands; empty: nothing.
        days: Form of days: one of :data:`FORMS_OF_DAYS`.
        sheet: Sheet of a workbook; empty: its first visible one.
    """

    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    delimiter: str = ""
    encoding: str = "utf-8"
    decimal: str = "."
    grouping: str = ""
    days: str = "YYYY-MM-DD"
    sheet: str = ""

    def check(self) -> None:
        """Refuse what cannot be declared.

        Raises:
            InvalidOptions: Naming it.

        Example:
            >>> TableForm(decimal="*").check()
            Traceback (most recent call last):
            skontro.core.errors.InvalidOptions: the decimal mark '*' is neither point nor comma
        """
        unknown = sorted({*self.columns, *self.constants} - set(COLUMNS))
        wrong = (
            f"{unknown[0]!r} is no column of the house" if unknown
            else f"the decimal mark {self.decimal!r} is neither point nor comma"
            if self.decimal not in (".", ",")
            else f"{self.grouping!r} cannot stand between thousands"
            if self.grouping and (self.grouping not in _GROUPINGS or self.grouping == self.decimal)
            else f"{self.delimiter!r} cannot be a delimiter"
            if self.delimiter and self.delimiter not in _DELIMITERS
            else f"{self.days!r} is no form of days: {', '.join(FORMS_OF_DAYS)}"
            if self.days not in FORMS_OF_DAYS
            else f"{self.encoding!r} is no encoding that is read"
            if self.encoding not in ENCODINGS
            else "a column has both a name and a constant"
            if set(self.columns) & set(self.constants)
            else ""
        )  # fmt: skip
        if wrong:
            raise InvalidOptions(wrong, next_step="see docs/messages.md, tables in")

    def as_text(self) -> str:
        """Return it as canonical JSON, as it is kept."""
        return canonical_json(asdict(self)).decode()

    @classmethod
    def of_text(cls, text: str) -> TableForm:
        """Return it from what is kept."""
        return cls(**json.loads(text))


PLAIN = TableForm()
"""How tables are written that nothing was declared of."""


def encoding_of(name: str) -> str:
    """Return an encoding by any of its names, as it is declared.

    Example:
        >>> encoding_of("Windows-1252"), encoding_of("latin1"), encoding_of("UTF8")
        ('cp1252', 'iso8859-1', 'utf-8')
    """
    try:
        return codecs.lookup(name).name.replace("iso8859_", "iso8859-")
    except LookupError:
        raise InvalidOptions(f"{name!r} is no encoding", next_step="such as cp1252") from None


def read_formed(name: str, given: TableLike, form: TableForm, *, sheet: str = "") -> RawTable:
    """Read a table of a sender, its columns under the house's names and in the house's writing.

    Args:
        name: What it is, for messages.
        given: A path, or a table with the Arrow interface.
        form: How it is written.
        sheet: Sheet of a workbook; as the form says if not given.

    Raises:
        Rejected: It cannot be read as a whole.
    """
    form.check()
    kind = kind_of(name, given)
    if kind == "csv":
        raw = read_csv(name, Path(given), delimiter=form.delimiter, encoding=form.encoding)
    else:
        chosen = (sheet or form.sheet or None) if kind == "xlsx" else sheet or None
        raw = read_table(name, given, sheet=chosen)
        if kind != "jsonl" and (form.decimal != "." or form.grouping):
            form = TableForm(form.columns, form.constants, days=form.days)
    _rename(raw, form)
    for column in AMOUNTS:
        _point(raw, column, form)
    for column in DAYS:
        _iso(raw, column, form)
    return raw


def _rename(raw: RawTable, form: TableForm) -> None:
    """Give columns the house's names and add what is the same in every row."""
    found = raw.table.column_names
    missing = [theirs for theirs in form.columns.values() if theirs not in found]
    if missing:
        raise MissingColumns(
            f"{raw.name}: no column {missing[0]!r}, which this sender's form names; found: "
            f"{', '.join(found[:30]) or 'none'}",
            next_step="correct the table, or what is remembered: skontro messages form SENDER",
        )
    ours = {theirs: name for name, theirs in form.columns.items()}
    raw.table = raw.table.rename_columns([ours.get(name, name) for name in found])
    for name, text in form.constants.items():
        column = pa.array([text] * raw.table.num_rows, pa.string())
        raw.table = raw.table.append_column(name, pa.chunked_array([column]))
    check_columns(raw.name, raw.table.column_names, ())


def _point(raw: RawTable, column: str, form: TableForm) -> None:
    """Write amounts with a point and nothing between thousands."""
    if (form.decimal, form.grouping) == (".", "") or column not in raw.table.column_names:
        return
    mark, between = re.escape(form.decimal), re.escape(form.grouping)
    grouped = f"[0-9]{{1,3}}({between}[0-9]{{3}})+|" if form.grouping else ""
    pattern = rf"^-?({grouped}[0-9]+)({mark}[0-9]+)?$"

    def written(texts: pa.ChunkedArray) -> pa.ChunkedArray:
        if form.grouping:
            texts = pc.replace_substring(texts, form.grouping, "")
        return pc.replace_substring(texts, form.decimal, ".")

    _rewrite(raw, column, pattern, "WrongDecimalMark", written)


def _iso(raw: RawTable, column: str, form: TableForm) -> None:
    """Write days as ``YYYY-MM-DD``."""
    if form.days == "YYYY-MM-DD" or column not in raw.table.column_names:
        return
    pattern = FORMS_OF_DAYS[form.days]

    def written(texts: pa.ChunkedArray) -> pa.ChunkedArray:
        if form.days == "YYYYMMDD":
            return pc.replace_substring_regex(texts, pattern, r"\1-\2-\3")
        order = {name: place for place, name in enumerate(re.findall(r"\?P<(.)>", pattern), 1)}
        plain = re.sub(r"\?P<.>", "", pattern)
        return pc.replace_substring_regex(
            texts, plain, rf"\{order['y']}-\{order['m']}-\{order['d']}"
        )

    _rewrite(raw, column, re.sub(r"\?P<.>", "", pattern), "WrongDay", written)


def _rewrite(raw: RawTable, column: str, pattern: str, code: str, written: Any) -> None:
    """Rewrite the texts of a column that fit a pattern; set rows aside that do not."""
    place = raw.table.column_names.index(column)
    texts = raw.table.column(place)
    if not is_text(texts.type):
        return
    texts = pc.fill_null(texts.cast(pa.large_string()), "")
    fits = pc.or_(pc.equal(texts, ""), pc.match_substring_regex(texts, pattern))
    rows = np.flatnonzero(~fits.to_numpy())
    raw.table = raw.table.set_column(place, column, written(texts))
    raw.set_aside([(int(row), column, code, texts[int(row)].as_py()) for row in rows])


def template(form: TableForm = PLAIN, *, example: bool = False) -> pa.Table:
    """Return an empty table with every column the house knows, under the sender's names.

    Args:
        form: How the sender writes tables; its constants need no column.
        example: With two rows that show what goes where.
    """
    names = [name for name in COLUMNS
             if name not in ("amount_minor", "value_minor") and name not in form.constants]
    rows = _EXAMPLE if example else []
    return pa.table({
        form.columns.get(name, name): pa.array(
            [_in_form(name, row.get(name, ""), form) for row in rows], pa.string()
        )
        for name in names
    })  # fmt: skip


def _in_form(name: str, text: str, form: TableForm) -> str:
    if name in AMOUNTS:
        return text.replace(".", form.decimal)
    if name in DAYS and text:
        year, month, day = text.split("-")
        return form.days.replace("YYYY", year).replace("MM", month).replace("DD", day)
    return text


_EXAMPLE = [
    {"sender": "SELLER", "reference": "R-1", "debtor": "BUYER", "creditor": "SELLER",
     "amount": "1250.00", "currency": "EUR", "due_date": "2026-02-28", "document": "R-1",
     "document_date": "2026-01-15", "kind": "domestic_goods", "code": "300490", "quantity": "10",
     "unit": "KGM", "weight": "12.5", "tax_invoice": "R-1", "paper_date": "2026-01-15",
     "paper_issuer": "SELLER"},
    {"sender": "BUYER", "reference": "P-7", "debtor": "BUYER", "creditor": "SELLER",
     "amount": "1250.00", "currency": "EUR", "due_date": "2026-02-28", "document": "R-1",
     "document_date": "2026-01-15"},
]  # fmt: skip

