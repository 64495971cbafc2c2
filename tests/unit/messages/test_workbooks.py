# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import datetime
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
import xlsxwriter

from skontro.core.errors import (
    DuplicateColumns,
    EmptyTable,
    MissingColumns,
    NoSuchFile,
    SheetTooLong,
    UnreadableFile,
)
from skontro.messages import workbooks
from skontro.messages.workbooks import read_workbook, write_workbook


def make(path: Path, rows: dict[int, list[Any]], *, sheets: tuple[str, ...] = ("S",)) -> Path:
    """Write rows (by their place from 0) on every sheet, typed as xlsxwriter takes them."""
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for name in sheets:
            page = book.add_worksheet(name)
            for place, row in rows.items():
                for column, cell in enumerate(row):
                    if isinstance(cell, datetime.datetime):
                        page.write_datetime(place, column, cell, day)
                    elif isinstance(cell, str):
                        page.write_string(place, column, cell)
                    elif cell is not None:
                        page.write(place, column, cell)
    return path


def test_cells_become_their_shortest_exact_text(tmp_path: Path) -> None:
    rows = {
        0: ["text", "sum", "day", "yes", "none"],
        1: [" =1+1", 1234.5, datetime.datetime(2026, 1, 10), True, None],
        2: ["007", 100, datetime.datetime(2026, 1, 10, 8, 30), False, 1e-7],
        3: ["é", 0.1, datetime.datetime(2026, 12, 31), True, -5],
    }
    raw = read_workbook("obligations", make(tmp_path / "t.xlsx", rows))
    assert raw.table.to_pydict() == {
        "text": [" =1+1", "007", "é"],
        "sum": ["1234.5", "100", "0.1"],
        "day": ["2026-01-10", "2026-01-10 08:30:00", "2026-12-31"],
        "yes": ["true", "false", "true"],
        "none": ["", "0.0000001", "-5"],
    }
    assert raw.source.sheet == "S"


def test_blank_rows_count_but_are_no_rows_and_the_header_may_stand_lower(tmp_path: Path) -> None:
    path = make(tmp_path / "t.xlsx", {2: ["id", "x"], 3: ["a", 1], 6: ["b", 2], 7: [None, 3]})
    raw = read_workbook("obligations", path)
    assert raw.row.tolist() == [1, 4, 5]
    assert raw.table.column("id").to_pylist() == ["a", "b", ""]


def test_a_number_of_which_the_sheet_lost_digits_is_refused_where_it_matters(
    tmp_path: Path,
) -> None:
    rows = {0: ["id", "note"], 1: [123456789012345678, 1], 2: ["a", 1 / 3], 3: [10**15 - 1, 1]}
    path = make(tmp_path / "t.xlsx", rows)
    raw = read_workbook("obligations", path, exact={"id"})
    assert raw.row.tolist() == [2, 3]
    assert raw.table.column("id").to_pylist() == ["a", "999999999999999"]
    (refused,) = raw.refused.to_pylist()
    assert (refused["row"], refused["field"], refused["code"]) == (1, "id", "InexactCell")


def test_a_sheet_is_chosen_by_name_or_is_the_first(tmp_path: Path) -> None:
    path = make(tmp_path / "t.xlsx", {0: ["id"], 1: ["a"]}, sheets=("one", "two"))
    assert read_workbook("obligations", path).source.sheet == "one"
    assert read_workbook("obligations", path, sheet="two").source.sheet == "two"
    with pytest.raises(NoSuchFile, match="no sheet 'three'; its sheets: one, two"):
        read_workbook("obligations", path, sheet="three")


def test_sheets_that_cannot_be_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmptyTable):
        read_workbook("obligations", make(tmp_path / "empty.xlsx", {}))
    with pytest.raises(MissingColumns, match="no name"):
        read_workbook("obligations", make(tmp_path / "name.xlsx", {0: ["a"], 1: [1, 2]}))
    with pytest.raises(DuplicateColumns):
        read_workbook("obligations", make(tmp_path / "twice.xlsx", {0: ["a", "a"], 1: [1, 2]}))
    monkeypatch.setattr(workbooks, "MOST_SHEET_ROWS", 3)
    assert read_workbook("obligations", make(tmp_path / "f.xlsx", {0: ["a"], 1: [1]})).row.size
    with pytest.raises(SheetTooLong, match="cut off"):
        read_workbook("obligations", make(tmp_path / "full.xlsx", {0: ["a"], 1: [1], 2: [1]}))


@pytest.mark.parametrize("cut", [0, 10, 500, -30])
def test_a_damaged_workbook_is_refused(tmp_path: Path, cut: int) -> None:
    path = make(tmp_path / "t.xlsx", {0: ["id"], 1: ["a"]})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(UnreadableFile, match="XLSX"):
        read_workbook("obligations", path)


def test_a_workbook_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make(tmp_path / "t.xlsx", {0: ["id"], 1: ["a" * 30_000]})
    monkeypatch.setattr(workbooks, "MOST_UNPACKED_BYTES", 20_000)
    with pytest.raises(UnreadableFile, match="unpacks to more than"):
        read_workbook("obligations", path)


@pytest.mark.parametrize("row", ['<row r="1048576">', '<row spans="1:2" r="1048576">', "<row>"])
def test_two_cells_far_apart_are_refused_before_the_sheet_is_spread_out(
    tmp_path: Path, row: str
) -> None:
    path = make(tmp_path / "t.xlsx", {0: ["id"], 1: ["a"]})
    far = tmp_path / "far.xlsx"
    with zipfile.ZipFile(path) as given, zipfile.ZipFile(far, "w") as packed:
        for part in given.infolist():
            text = given.read(part)
            if part.filename == "xl/worksheets/sheet1.xml":
                cell = f'{row}<c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>'
                text = text.replace(b"</sheetData>", cell.encode())
            packed.writestr(part.filename, text)
    with pytest.raises(SheetTooLong, match="16,384 columns"):
        read_workbook("obligations", far)


def test_text_and_long_numbers_are_written_as_text(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["=1+1", "+1", "http://example.org", "007", None, "a\x01b\nc"],
            "sum": pa.array([2**62 - 1, -5, 10**15, 10**15 - 1, None, 0], pa.int64()),
            "yes": [True, False, None, True, True, True],
            "day": pa.array([datetime.date(2026, 1, 1)] * 6),
            "code": pa.array(["=x"] * 6).dictionary_encode(),
        }
    )
    write_workbook(table, tmp_path / "t.xlsx")
    raw = read_workbook("obligations", tmp_path / "t.xlsx", exact={"sum"})
    assert raw.refused.num_rows == 0
    back = raw.table.to_pydict()
    assert back["text"] == ["=1+1", "+1", "http://example.org", "007", "", "a\x01b\nc"]
    assert back["sum"] == [str(2**62 - 1), "-5", str(10**15), str(10**15 - 1), "", "0"]
    assert back["yes"] == ["true", "false", "", "true", "true", "true"]
    assert back["day"] == ["2026-01-01"] * 6
    assert back["code"] == ["=x"] * 6


def test_equal_tables_give_equal_bytes(tmp_path: Path) -> None:
    table = pa.table({"a": ["x", "y"], "n": [1, 2]})
    for name in ("1.xlsx", "2.xlsx"):
        write_workbook(table, tmp_path / name)
    assert (tmp_path / "1.xlsx").read_bytes() == (tmp_path / "2.xlsx").read_bytes()


def test_a_character_that_no_sheet_gives_back_is_refused(tmp_path: Path) -> None:
    """Else an honest result would not pass its own check."""
    for text in ("a\ufffe", "\uffffb"):
        with pytest.raises(SheetTooLong, match="FFFE"):
            write_workbook(pa.table({"t": [None, text]}), tmp_path / "t.xlsx")
    assert list(tmp_path.iterdir()) == []
    write_workbook(pa.table({"t": ["\ufdd0", "\ufffd"]}), tmp_path / "t.xlsx")


def test_what_no_sheet_holds_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    with pytest.raises(SheetTooLong, match="1,048,576 rows"):
        write_workbook(pa.table({"n": pa.nulls(1_048_576, pa.int64())}), path)
    with pytest.raises(SheetTooLong, match="columns"):
        write_workbook(pa.table({str(n): [1] for n in range(16_385)}), path)
    with pytest.raises(SheetTooLong, match="column 't'"):
        write_workbook(pa.table({"t": ["\U0001f600" * 16_384]}), path)
    assert not path.exists()
    write_workbook(pa.table({"t": ["\U0001f600" * 16_383, "x" * 32_767]}), path)
    back = read_workbook("obligations", path).table.column("t").to_pylist()
    assert [len(text) for text in back] == [16_383, 32_767]


def test_a_directory_whose_names_are_no_text(tmp_path: Path) -> None:
    """The long run of changed files found it: the name of a part is not UTF-8, though marked so."""
    path = tmp_path / "t.xlsx"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("xl/\u00e9.xml", "<a/>")
    path.write_bytes(path.read_bytes().replace("\u00e9".encode(), b"\xe5D"))
    with pytest.raises(UnreadableFile, match="cannot be read as XLSX"):
        read_workbook("t", path)
