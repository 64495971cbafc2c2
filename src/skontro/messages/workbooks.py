# SPDX-License-Identifier: Apache-2.0
"""XLSX workbooks in and out: cells as exact text, strings never as formulas."""

from __future__ import annotations

import datetime
import re
import zipfile
from collections.abc import Callable, Collection
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from skontro.core.errors import (
    EmptyTable,
    MissingColumns,
    NoSuchFile,
    Rejection,
    SheetTooLong,
    UnreadableFile,
)
from skontro.core.intake import InputFile, rejection_table
from skontro.messages.bundles import BROKEN_ZIP
from skontro.messages.raw import RawTable, check_columns, file_source, row_refusal
from skontro.messages.texts import is_text

MOST_SHEET_ROWS = 1_048_576
MOST_SHEET_COLUMNS = 16_384
MOST_CELL_CHARACTERS = 32_767

MOST_UNPACKED_BYTES = 1 << 31
MOST_SHEET_CELLS = 1 << 26
"""A sheet is held as a whole rectangle up to its last row and column, however few cells it has."""

_PIECE = 1 << 20
_ROW = re.compile(rb"""<(?:\w+:)?row\s[^>]*?\br=["'](\d{1,9})["']""")
_ANY_ROW = re.compile(rb"<(?:\w+:)?row[\s>/]")
_WIDE_CELL = re.compile(rb"""\sr=["']([A-Za-z]{2,7})\d""")
_CELL_ROW = re.compile(rb"""\sr=["'][A-Za-z]{1,7}(\d{1,9})""")
_NO_CHARACTERS = "[\ufffe\uffff]"
_MOST_EXACT = 10**15
_MOST_DIGITS = 15
_ROWS_PER_BATCH = 1 << 14


def read_workbook(
    name: str, path: Path, *, sheet: str | None = None, exact: Collection[str] = ()
) -> RawTable:
    """Read one sheet of an XLSX workbook, its first row with anything in it being the header.

    Every cell becomes text: a number its shortest exact text, a date ``YYYY-MM-DD``. Row 1 is
    the row below the header; blank rows are no rows but count in the numbering, so that the
    sheet's own row is the number plus that of the header.

    Args:
        name: What the table is, for messages.
        path: Where the workbook is.
        sheet: Name of the sheet; the first visible one if not given.
        exact: Columns in which a number of more than 15 digits is refused: Excel has lost some.

    Raises:
        UnreadableFile: The file is damaged, encrypted or not a workbook.
        NoSuchFile: There is no such sheet.
        EmptyTable: The sheet is empty.
        SheetTooLong: The sheet is full to its last row, so that rows may have been cut off.
        MissingColumns: A column holds values but has no name.
    """
    found, cells = _open_sheet(name, path, sheet)
    if len(cells) >= MOST_SHEET_ROWS:
        raise SheetTooLong(
            f"{name}: sheet {found!r} is full to its last row, {MOST_SHEET_ROWS:,}; rows beyond it "
            "may have been cut off"
        )
    start = next((place for place, row in enumerate(cells) if any(map(_filled, row))), -1)
    if start < 0:
        raise EmptyTable(f"{name}: sheet {found!r} is empty")
    header = [_text_of(cell) for cell in cells[start]]
    width = _named_width(name, found, header, cells[start + 1 :])
    check_columns(name, header[:width], ())
    inexact = [column in exact for column in header[:width]]
    columns: list[list[str]] = [[] for _ in range(width)]
    numbers, refused = list[int](), list[Rejection]()
    for number, row in enumerate(cells[start + 1 :], 1):
        if not any(map(_filled, row)):
            continue
        texts = [_text_of(cell) for cell in row[:width]]
        lost = [place for place in range(width) if inexact[place] and _has_lost_digits(row[place])]
        if lost:
            refused.append(row_refusal(number, header[lost[0]], texts[lost[0]], "InexactCell"))
            continue
        numbers.append(number)
        for column, text in zip(columns, texts, strict=True):
            column.append(text)
    arrays = {
        item: pa.chunked_array([pa.array(column, pa.string())])
        for item, column in zip(header, columns, strict=False)
    }
    source = file_source(name, path)
    source = InputFile(name, path, None, found, source.size, source.changed_ns)
    places = np.array(numbers, np.int64)
    return RawTable(name, pa.table(arrays), places, source, rejection_table(refused))


def _open_sheet(name: str, path: Path, sheet: str | None) -> tuple[str, list[list[Any]]]:
    import python_calamine as calamine

    _check_unpacked(name, path)
    try:
        with calamine.CalamineWorkbook.from_path(path) as book:
            visible = [
                item.name
                for item in book.sheets_metadata
                if item.typ == calamine.SheetTypeEnum.WorkSheet
                and item.visible == calamine.SheetVisibleEnum.Visible
            ]
            if sheet is not None and sheet not in book.sheet_names:
                raise NoSuchFile(
                    f"{name}: {path.name} has no sheet {sheet!r}; its sheets: "
                    f"{', '.join(book.sheet_names)}",
                    next_step="name one of its sheets",
                )
            chosen = sheet if sheet is not None else next(iter(visible), None)
            if chosen is None:
                raise EmptyTable(f"{name}: {path.name} has no visible sheet")
            return chosen, book.get_sheet_by_name(chosen).to_python(skip_empty_area=False)
    except (calamine.CalamineError, OSError) as error:
        raise UnreadableFile(f"{name}: {path.name} cannot be read as XLSX: {error}") from error


def _check_unpacked(name: str, path: Path) -> None:
    """Refuse a workbook that unpacks to more than a machine should hold, before it is unpacked.

    What the file says of its own sizes is not believed: its parts are unpacked and let go.

    Raises:
        UnreadableFile: It is no workbook, damaged, or a bomb.
        SheetTooLong: A sheet spans too many cells.
    """
    left = MOST_UNPACKED_BYTES
    try:
        with zipfile.ZipFile(path) as packed:
            for part in packed.infolist():
                is_sheet = part.filename.lower().startswith("xl/worksheets/")
                rows, columns, before = 1, 26, b""
                with packed.open(part) as stream:
                    while piece := stream.read(_PIECE):
                        left -= len(piece)
                        if left < 0:
                            raise UnreadableFile(
                                f"{name}: {path.name} unpacks to more than "
                                f"{MOST_UNPACKED_BYTES >> 30} GiB",
                                next_step="use .csv or .parquet",
                            )
                        if is_sheet:
                            text = before + piece
                            numbers = _ROW.findall(text)
                            if len(numbers) < len(_ANY_ROW.findall(text)):
                                numbers += _CELL_ROW.findall(text)
                            rows = max(rows, *map(int, numbers), 1)
                            columns = max(columns, *map(_column, set(_WIDE_CELL.findall(text))), 1)
                            before = piece[-200:]
                if rows * columns > MOST_SHEET_CELLS:
                    raise SheetTooLong(
                        f"{name}: {path.name} has a sheet of {rows:,} rows and {columns:,} columns"
                    )
    except BROKEN_ZIP as error:
        raise UnreadableFile(f"{name}: {path.name} cannot be read as XLSX: {error}") from error


def _column(letters: bytes) -> int:
    """Return the number of a column by its letters.

    Example:
        >>> _column(b"Z"), _column(b"AA"), _column(b"XFD")
        (26, 27, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = 26 * number + letter - 64
    return number


def _filled(cell: Any) -> bool:
    return cell is not None and cell != ""


def _named_width(name: str, sheet: str, header: list[str], rows: list[list[Any]]) -> int:
    """Return the number of columns up to the last with a name; none beyond may hold a value."""
    width = max((place for place, text in enumerate(header, 1) if text), default=0)
    for row in rows:
        if any(map(_filled, row[width:])):
            raise MissingColumns(f"{name}: sheet {sheet!r} has a column with values but no name")
    return width


def _text_of(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        return str(cell)
    if isinstance(cell, float):  # not money: what a sheet holds, taken to exact text at once
        return str(int(cell)) if cell.is_integer() and abs(cell) < _MOST_EXACT else _digits_of(cell)
    if isinstance(cell, datetime.datetime):
        midnight = cell.time() == datetime.time()
        return cell.date().isoformat() if midnight else cell.isoformat(" ")
    if isinstance(cell, datetime.date | datetime.time):
        return cell.isoformat()
    return "" if cell is None else str(cell)


def _digits_of(number: float) -> str:  # not money: the shortest text that is this number
    return format(Decimal(repr(number)), "f")


def _has_lost_digits(cell: Any) -> bool:
    if not isinstance(cell, int | float) or isinstance(cell, bool):  # not money: only counted
        return False
    return len(Decimal(repr(cell)).normalize().as_tuple().digits) > _MOST_DIGITS or (
        abs(cell) >= _MOST_EXACT
    )


def write_workbook(table: pa.Table, path: Path, *, sheet: str = "Sheet1") -> None:
    """Write a table as an XLSX workbook of one sheet, row by row, in little memory.

    Text is written as text, whatever it begins with; whole numbers of 16 and more digits too,
    which Excel would otherwise shorten.

    Args:
        table: What to write.
        path: Where to; overwritten if there.
        sheet: Name of the sheet.

    Raises:
        SheetTooLong: More rows, columns or text in a cell than Excel holds; nothing is written.
    """
    import xlsxwriter

    _check_fits(table)
    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    with xlsxwriter.Workbook(path, options) as book:
        book.set_properties({"created": datetime.datetime(2000, 1, 1)})
        page = book.add_worksheet(sheet)
        page.freeze_panes(1, 0)
        for place, column in enumerate(table.column_names):
            page.write_string(0, place, column)
        writers = [_cell_writer(page, kind) for kind in table.schema.types]
        number = 1
        for batch in table.to_batches(max_chunksize=_ROWS_PER_BATCH):
            for row in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                for place, (write, value) in enumerate(zip(writers, row, strict=True)):
                    if value is not None:
                        write(number, place, value)
                number += 1


def _check_fits(table: pa.Table) -> None:
    if table.num_rows + 1 > MOST_SHEET_ROWS:
        raise SheetTooLong(
            f"{table.num_rows:,} rows and a header do not fit on a sheet of {MOST_SHEET_ROWS:,}"
        )
    if table.num_columns > MOST_SHEET_COLUMNS:
        raise SheetTooLong(f"{table.num_columns:,} columns do not fit on a sheet")
    for name, column in zip(table.column_names, table.columns, strict=True):
        if not is_text(column.type):
            continue
        text = column.cast(pa.large_string())
        if pc.any(pc.match_substring_regex(text, _NO_CHARACTERS)).as_py():
            raise SheetTooLong(
                f"column {name!r} holds U+FFFE or U+FFFF, which no sheet gives back",
                code="NotForSheets",
            )
        most = pc.max(pc.utf8_length(text)).as_py() or 0
        if most > MOST_CELL_CHARACTERS // 2 and any(
            len(item.encode("utf-16-le")) // 2 > MOST_CELL_CHARACTERS
            for item in text.to_pylist()
            if item is not None
        ):
            raise SheetTooLong(
                f"column {name!r} holds a text of more than {MOST_CELL_CHARACTERS:,} characters"
            )


def _cell_writer(page: Any, kind: pa.DataType) -> Callable[[int, int, Any], Any]:
    if pa.types.is_boolean(kind):
        return page.write_boolean  # type: ignore[no-any-return]
    if pa.types.is_integer(kind):
        return lambda row, column, value: (
            page.write_number(row, column, value)
            if -_MOST_EXACT < value < _MOST_EXACT
            else page.write_string(row, column, str(value))
        )
    return lambda row, column, value: page.write_string(row, column, str(value))
