# SPDX-License-Identifier: Apache-2.0
"""Tables in and out: CSV, Parquet, XLSX, JSON lines, and anything with the Arrow interface."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from skontro.core.errors import EmptyTable, InexactColumn, NoSuchFile, UnknownFormat
from skontro.core.fixing import FIXING_COLUMNS, Fixing, choose_grid
from skontro.core.intake import (
    BORDER_QUOTA_COLUMNS,
    PAY_IN_LIMIT_COLUMNS,
    InputFile,
    Intake,
    border_quotas_from_table,
    pay_in_limits_from_table,
)
from skontro.core.obligations import Obligations, gross_by_currency
from skontro.core.participants import PARTICIPANT_COLUMNS, Participants
from skontro.messages.arrow_tables import read_arrow, read_parquet, write_parquet
from skontro.messages.csv_files import read_csv, write_csv
from skontro.messages.json_lines import read_json_lines
from skontro.messages.obligation_rows import OBLIGATION_COLUMNS, read_obligations
from skontro.messages.raw import RawTable
from skontro.messages.texts import is_text, to_text
from skontro.messages.workbooks import read_workbook, write_workbook

TableLike = Any
"""A path (text or pathlib) of a CSV, Parquet or XLSX file, or a table with the Arrow interface."""

Progress = Callable[[str], None]
"""Told, in a few words, what is done now."""

KINDS = {
    ".csv": "csv",
    ".txt": "csv",
    ".tsv": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}
"""What a name ends in, and what is in the file."""

_KNOWN_COLUMNS = frozenset(
    {
        *(name for item in OBLIGATION_COLUMNS for name in item.split("|")),
        "due_date",
        *PARTICIPANT_COLUMNS,
        *FIXING_COLUMNS,
        *PAY_IN_LIMIT_COLUMNS,
        *BORDER_QUOTA_COLUMNS,
    }
)


def read_intake(
    obligations: TableLike,
    participants: TableLike | None = None,
    fixing: TableLike | None = None,
    pay_in_limits: TableLike | None = None,
    border_quotas: TableLike | None = None,
    sheet: str | None = None,
    progress: Progress | None = None,
    *,
    may_be_empty: bool = False,
) -> Intake:
    """Read and check everything a calculation is made from.

    A bad row among the obligations is refused by its number and the rest goes on; in the other
    tables, which are short and meant to be right, it refuses the table.

    Args:
        obligations: Columns ``id, debtor, creditor, currency`` and ``amount`` (decimal text) or
            ``amount_minor`` (whole minor units); ``due_date`` and any others are optional.
        participants: Column ``id``; optional ``name, side, home_currency, accepts_conversion``.
        fixing: Columns ``currency, unit_of_account, rate``.
        pay_in_limits: Columns ``participant, limit, currency``.
        border_quotas: Columns ``debtor_side, creditor_side, quota, currency``.
        sheet: The sheet of the obligations' workbook; its first visible one if not given.
        progress: Told what is done now.
        may_be_empty: Take obligations without a row, as a house's quiet cycle has them.

    Raises:
        Rejected: An input cannot be used as a whole; the class and the message say why.
    """
    say = progress if progress is not None else _silent
    inputs = list[InputFile]()
    rates = None
    if fixing is not None:
        given = _small("fixing", fixing, FIXING_COLUMNS, inputs)
        rates = Fixing.from_table(given.table, rows=given.row.tolist())
    firms = None
    if participants is not None:
        say("reading participants")
        given = _small("participants", participants, ("id",), inputs)
        if given.table.num_rows == 0:
            raise EmptyTable("participants: there is no row below the header")
        firms = Participants.from_table(given.table, rows=given.row.tolist(), fixing=rates)
    say("reading obligations")
    raw = read_table("obligations", obligations, sheet=sheet)
    raw.need(*OBLIGATION_COLUMNS)
    if raw.table.num_rows + raw.refused.num_rows == 0 and not may_be_empty:
        raise EmptyTable("obligations: there is no row below the header")
    inputs.insert(0, raw.source)
    say("checking obligations")
    rows = read_obligations(raw, firms, rates)
    _check_grid(rates, rows.obligations)
    limits = quotas = None
    if pay_in_limits is not None:
        given = _small("pay_in_limits", pay_in_limits, PAY_IN_LIMIT_COLUMNS, inputs)
        known, numbers = set(rows.seen.to_pylist()), given.row.tolist()
        limits = pay_in_limits_from_table(
            given.table, rows.participants, known, fixing=rates, rows=numbers
        )
    if border_quotas is not None:
        given = _small("border_quotas", border_quotas, BORDER_QUOTA_COLUMNS, inputs)
        sides, numbers = set(rows.participants.side) - {""}, given.row.tolist()
        quotas = border_quotas_from_table(given.table, sides, fixing=rates, rows=numbers)
    return Intake(
        rows.obligations, rows.participants, rates, limits, quotas, rows.rejections,
        rows.repeated, inputs,
    )  # fmt: skip


def _silent(_words: str) -> None:
    pass


def _small(
    name: str, given: TableLike, needed: tuple[str, ...], inputs: list[InputFile]
) -> RawTable:
    """Read a table all of whose rows must be right, its known columns as text."""
    raw = read_table(name, given)
    raw.need(*needed)
    raw.whole()
    for place, item in enumerate(raw.table.schema):
        if item.name in _KNOWN_COLUMNS and not is_text(item.type):
            if pa.types.is_floating(item.type):
                raise InexactColumn(f"{name}: column {item.name!r} is of type {item.type}")
            raw.table = raw.table.set_column(place, item.name, to_text(raw.table.column(place)))
    inputs.append(raw.source)
    return raw


def _check_grid(fixing: Fixing | None, obligations: Obligations) -> None:
    """Refuse at once a fixing for which no unit of account fits."""
    if fixing is None:
        return
    codes = obligations.currencies
    index = obligations.currency_index
    count = np.bincount(index, minlength=len(codes)).tolist()
    gross = gross_by_currency(obligations.amount_minor, index, len(codes))
    choose_grid(
        fixing,
        codes,
        dict(zip(codes, count, strict=True)),
        dict(zip(codes, gross, strict=True)),
    )


def read_table(name: str, given: TableLike, *, sheet: str | None = None) -> RawTable:
    """Read a table as it is: columns as given, rows that cannot be read set aside.

    Args:
        name: What it is, for messages.
        given: A path of a CSV, Parquet, XLSX or JSON lines file, or a table with the Arrow
            interface.
        sheet: Sheet of a workbook; its first visible one if not given.

    Raises:
        Rejected: It cannot be read as a whole.
    """
    if not isinstance(given, str | os.PathLike):
        return read_arrow(name, given)
    path = Path(given)
    if not path.is_file():
        what = "a folder" if path.is_dir() else "not a file" if path.exists() else "not there"
        raise NoSuchFile(f"{name}: {path} is {what}", details={"path": str(path)})
    kind = _kind_of(name, path)
    if sheet is not None and kind != "xlsx":
        raise UnknownFormat(
            f"{name}: {path.name} has no sheets", next_step="name a sheet only for a .xlsx file"
        )
    if kind == "csv":
        return read_csv(name, path)
    if kind == "parquet":
        return read_parquet(name, path)
    if kind == "jsonl":
        return read_json_lines(name, path)
    return read_workbook(name, path, sheet=sheet, exact=_KNOWN_COLUMNS)


def kind_of(name: str, given: TableLike) -> str:
    """Return what kind of table is given: csv, parquet, xlsx, jsonl or arrow.

    Raises:
        UnknownFormat: The name ends in nothing known.
    """
    if not isinstance(given, str | os.PathLike):
        return "arrow"
    return _kind_of(name, Path(given))


def _kind_of(name: str, path: Path) -> str:
    kind = KINDS.get(path.suffix.lower())
    if kind is None:
        raise UnknownFormat(
            f"{name}: {path.name} is neither .csv, .parquet, .xlsx nor .jsonl",
            details={"path": str(path)},
        )
    return kind


def write_table(table: pa.Table, path: str | os.PathLike[str]) -> None:
    """Write a table as CSV, Parquet or XLSX, as the name's ending says.

    In CSV, text that a spreadsheet would take for a formula gets an apostrophe before it;
    plain numbers never. In XLSX text is written as text. In both, fractions, dates and times are
    written as the text that Arrow makes of them. In Parquet everything is as it is.

    Args:
        table: What to write; plain columns only.
        path: Where to; overwritten if there.

    Raises:
        UnknownFormat: The name ends in nothing known.
        SheetTooLong: The table does not fit on a sheet; nothing is written.
    """
    target = Path(path)
    kind = _kind_of("table", target)
    if kind == "csv":
        write_csv(_readable(table), target)
    elif kind == "parquet":
        write_parquet(table, target)
    elif kind == "jsonl":
        raise UnknownFormat("tables are not written as JSON lines",
                            next_step="name it .csv, .parquet or .xlsx")  # fmt: skip
    else:
        write_workbook(_readable(table), target)


def _readable(table: pa.Table) -> pa.Table:
    """Turn fractions, dates and times into text, the same in every kind of file that shows text."""
    for place, item in enumerate(table.schema):
        kind = item.type.value_type if pa.types.is_dictionary(item.type) else item.type
        plain = (is_text, pa.types.is_integer, pa.types.is_boolean, pa.types.is_null)
        if not any(is_one(kind) for is_one in plain):
            text = table.column(place).cast(kind).cast(pa.large_string())
            table = table.set_column(place, item.name, text)
    return table
