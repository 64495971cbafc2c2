# SPDX-License-Identifier: Apache-2.0
"""Sheets of XLSX workbooks as columns of exact text."""

from __future__ import annotations

from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from skontro.verify.amounts import shown
from skontro.verify.lines import Refused
from skontro.verify.verdict import ClaimFailed, require

MUST_BE_EXACT = {
    "id", "debtor", "creditor", "amount", "amount_minor", "currency", "due_date", "name", "side",
    "home_currency", "accepts_conversion", "unit_of_account", "rate", "participant", "limit",
    "debtor_side", "creditor_side", "quota",
}  # fmt: skip
DIGITS_A_SHEET_KEEPS = 15
MOST_ROWS = 1 << 20


def read_sheet(path: Path, sheet: str | None) -> tuple[pa.Table, NDArray[np.int64], list[Refused]]:
    """Read a sheet; its first row with anything in it holds the names of the columns.

    A number becomes its shortest exact text, a date ``YYYY-MM-DD``. Empty rows are no rows, but
    they count in the numbering.

    Args:
        path: The workbook.
        sheet: The sheet's name; the first visible one if not given.

    Returns:
        The rows as text columns, the number of each, and row, field, value and code of those in
        which a sum or a rate has more digits than a sheet keeps.
    """
    rows = _cells(path, sheet)
    require(len(rows) < MOST_ROWS, f"{path.name} is full to its last row")
    top = next((k for k, row in enumerate(rows) if not _is_empty(row)), None)
    if top is None:
        raise ClaimFailed(f"{path.name} is empty")
    names = [cell_text(cell) for cell in rows[top]]
    while names and not names[-1]:
        names.pop()
    width = len(names)
    exact = [k for k, name in enumerate(names) if name in MUST_BE_EXACT]
    columns: list[list[str]] = [[] for _ in names]
    numbers: list[int] = []
    refused: list[Refused] = []
    for number, row in enumerate(rows[top + 1 :], 1):
        require(_is_empty(row[width:]), f"{path.name}: values stand under no name")
        if _is_empty(row):
            continue
        texts = [cell_text(cell) for cell in row[:width]]
        lost = [k for k in exact if _lost_digits(row[k])]
        if lost:
            refused.append((number, names[lost[0]], shown(texts[lost[0]]), "InexactCell"))
            continue
        numbers.append(number)
        for column, text in zip(columns, texts, strict=True):
            column.append(text)
    require(len(set(names)) == len(names), f"{path.name}: a column stands twice")
    arrays = [pa.array(column, pa.large_string()) for column in columns]
    return pa.table(arrays, names=names), np.array(numbers, np.int64), refused


def _cells(path: Path, sheet: str | None) -> list[list[Any]]:
    import python_calamine as calamine

    with calamine.CalamineWorkbook.from_path(path) as book:
        if sheet is None:
            seen = [
                each.name
                for each in book.sheets_metadata
                if each.typ == calamine.SheetTypeEnum.WorkSheet
                and each.visible == calamine.SheetVisibleEnum.Visible
            ]
            require(seen, f"{path.name} has no visible sheet")
            sheet = seen[0]
        require(sheet in book.sheet_names, f"{path.name} has no sheet {sheet}")
        cells: list[list[Any]] = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        return cells


def count_sheets(path: Path) -> int:
    """How many sheets of any kind a workbook has, hidden ones too."""
    import python_calamine as calamine

    with calamine.CalamineWorkbook.from_path(path) as book:
        return len(book.sheets_metadata)


def _is_empty(row: list[Any]) -> bool:
    return all(cell is None or cell == "" for cell in row)


def cell_text(cell: Any) -> str:
    """One cell as text.

    Example:
        >>> cell_text(12.0), cell_text(0.5), cell_text(True), cell_text(None)
        ('12', '0.5', 'true', '')
    """
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):  # not money: a cell as the sheet has it
        plain = Decimal(repr(cell))
        return str(int(cell)) if cell == int(cell) and abs(cell) < 10**15 else format(plain, "f")
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return str(cell)


def _lost_digits(cell: Any) -> bool:
    if isinstance(cell, bool) or not isinstance(cell, int | float):  # not money: as above
        return False
    digits = Decimal(repr(cell)).normalize().as_tuple().digits
    return len(digits) > DIGITS_A_SHEET_KEEPS or abs(cell) >= 10**DIGITS_A_SHEET_KEEPS
