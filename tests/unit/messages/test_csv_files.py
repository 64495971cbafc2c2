# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from skontro.core.errors import (
    DuplicateColumns,
    EmptyTable,
    UnreadableFile,
    WrongEncoding,
)
from skontro.core.intake import InputFile
from skontro.messages import csv_files, csv_scanning
from skontro.messages.csv_files import neutralised, read_csv, write_csv
from skontro.messages.raw import RawTable

Faults = list[tuple[int, str]]


def read(folder: Path, content: bytes) -> tuple[list[dict[str, str]], list[int], Faults]:
    path = folder / "t.csv"
    path.write_bytes(content)
    raw = read_csv("obligations", path)
    assert all(raw.refused.column("message").to_pylist())
    return raw.table.to_pylist(), raw.row.tolist(), faults_of(raw)


def faults_of(raw: RawTable) -> Faults:
    return [(item["row"], item["code"]) for item in raw.refused.to_pylist()]


@pytest.mark.parametrize(
    ("content", "rows"),
    [
        (b"a,b\n1,2\n", [("1", "2")]),
        (b"a,b\n1,2", [("1", "2")]),
        (b"a,b\r\n1,2\r\n3,4\r\n", [("1", "2"), ("3", "4")]),
        (b"a,b\r1,2\r3,4", [("1", "2"), ("3", "4")]),
        (b"\xef\xbb\xbfa,b\n1,2\n", [("1", "2")]),
        (b"\n\r\na,b\n\n1,2\n\n\n3,4\n\n", [("1", "2"), ("3", "4")]),
        (b'"a","b"\n"1","2"\n', [("1", "2")]),
        (b'a,b\n"x,y","l1\r\nl2"\n', [("x,y", "l1\r\nl2")]),
        (b'a,b\n"say ""so""",""\n', [('say "so"', "")]),
        (b'a,b\n5" pipe,""""\n', [('5" pipe', '"')]),
        (b"a;b\n1,5;2\n", [("1,5", "2")]),
        (b"a\tb\n1\t2\n", [("1", "2")]),
        (b"a,b\n,\n", [("", "")]),
        (b"a,b\n x , y \n", [(" x ", " y ")]),
        ("a,b\nä,\U0001f600\n".encode(), [("ä", "\U0001f600")]),
    ],
)
def test_what_a_csv_file_may_look_like(
    tmp_path: Path, content: bytes, rows: list[tuple[str, str]]
) -> None:
    found, numbers, refused = read(tmp_path, content)
    assert [tuple(row.values()) for row in found] == rows
    assert numbers == list(range(1, len(rows) + 1))
    assert refused == []


@pytest.mark.parametrize(
    ("content", "kept", "refused"),
    [
        (b"a,b\n1\n2,2\n3,3,3\n4,4\n", [2, 4], [(1, "RaggedRow"), (3, "RaggedRow")]),
        (b"a,b\n1,2,\n2,2\n", [2], [(1, "RaggedRow")]),
        (b'a,b\n1,"x\n2,2\n3,3\n', [2, 3], [(1, "MisplacedQuote")]),
        (b'a,b\n1,"x\n2,"y"\n3,3\n', [2, 3], [(1, "MisplacedQuote")]),
        (b'a,b\n"x"y,1\n2,2\n', [2], [(1, "MisplacedQuote")]),
        (b'a,b\n"x" ,1\n2,2', [2], [(1, "MisplacedQuote")]),
        (b'a,b\n1,1\n2,"', [1], [(2, "MisplacedQuote")]),
        (b'a,b\n1,1\n2,"""', [1], [(2, "MisplacedQuote")]),
        (b'a,b\n"1\n1",2\n3\n4,4\n', [1, 3], [(2, "RaggedRow")]),
        (b"a,b\n1,\xff\n2,2\n", [2], [(1, "InvalidUtf8")]),
        (b"a,b\n1,\xed\xa0\x80\n2,2\n", [2], [(1, "InvalidUtf8")]),
        (b"a,b\n1,1\nx\0y,2\n3,3\n", [1, 3], [(2, "ControlCharacter")]),
    ],
)
def test_a_row_that_cannot_be_read_is_refused_by_number_and_no_other(
    tmp_path: Path, content: bytes, kept: list[int], refused: Faults
) -> None:
    _, numbers, found = read(tmp_path, content)
    assert numbers == kept
    assert sorted(found) == refused


def test_the_line_is_shown_and_shortened(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(b"a,b\nx\xff" + b"y" * 5000 + b"\n1,2\n")
    (refusal,) = read_csv("obligations", path).refused.to_pylist()
    assert refusal["field"] == ""
    assert refusal["value"].startswith("x\ufffdyyy")
    assert len(refusal["value"]) == 201


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (b"", EmptyTable, "is empty"),
        (b"\n\n", EmptyTable, "no header"),
        (b"\xff\xfea\0,\0b\0", WrongEncoding, "UTF-16"),
        (b"a\0,\0b\0\n\0", WrongEncoding, "not text"),
        (b"\xe4,b\n1,2\n", WrongEncoding, "not UTF-8"),
        (b"PAR1....", UnreadableFile, "Parquet"),
        (b"PK\x03\x04....", UnreadableFile, "workbook"),
        (b'a,"b\n1,2\n', UnreadableFile, "quote"),
        (b"a,b,a\n1,2,3\n", DuplicateColumns, "'a'"),
    ],
)
def test_a_file_that_is_not_csv_is_refused(
    tmp_path: Path, content: bytes, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        read(tmp_path, content)


def test_a_quoted_field_without_end_is_given_up_after_a_megabyte(tmp_path: Path) -> None:
    most = csv_scanning.MOST_QUOTED_BYTES
    long = b'a,b\n1,"' + b"x" * (most - 2) + b'"\n2,2\n'
    assert read(tmp_path, long)[1:] == ([1, 2], [])
    longer = b'a,b\n1,"' + b"x" * (most + 2) + b'"\n2,2\n'
    assert read(tmp_path, longer)[1:] == ([2], [(1, "MisplacedQuote")])


def test_rows_longer_than_a_block_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_files, "_BYTES_PER_BLOCK", 8)
    content = b'a,b\n1,2\n"' + b"x\n" * 50 + b'",3\n4\n5,6\n'
    rows, numbers, refused = read(tmp_path, content)
    assert [row["a"] for row in rows] == ["1", "x\n" * 50, "5"]
    assert (numbers, refused) == ([1, 2, 4], [(3, "RaggedRow")])


def _reference(content: bytes, columns: int) -> tuple[list[tuple[bytes, ...]], Faults]:
    """Read CSV a byte at a time, as docs/result-format.md says."""
    rows, faults, place, number = [], [], 0, 0
    while place < len(content):
        if content[place] in b"\r\n":
            place += 1
            continue
        number += 1
        begin, fields, good = place, [], True
        while True:
            if content[place : place + 1] == b'"':
                place, field = place + 1, b""
                while place < len(content):
                    if content[place : place + 2] == b'""':
                        field, place = field + b'"', place + 2
                    elif content[place : place + 1] == b'"':
                        break
                    else:
                        field, place = field + content[place : place + 1], place + 1
                good = place < len(content)
                place += 1
                good = good and (place >= len(content) or content[place] in b",\r\n")
                if not good:
                    break
            else:
                end = place
                while end < len(content) and content[end] not in b",\r\n":
                    end += 1
                field, place = content[place:end], end
            fields.append(field)
            if place >= len(content) or content[place] in b"\r\n":
                break
            place += 1
        if not good:
            place = begin
            while place < len(content) and content[place] not in b"\r\n":
                place += 1
            faults.append((number, "MisplacedQuote"))
        elif len(fields) != columns:
            faults.append((number, "RaggedRow"))
        else:
            rows.append((number, *fields))
    return rows, faults


@given(
    st.text(alphabet='ab,"\n\r', max_size=60).map(str.encode),
    st.sampled_from([1, 2, 3, 5, 8, 16, 1 << 21]),
)
def test_any_bytes_are_read_as_the_format_says_whatever_the_block_size(
    content: bytes, block: int
) -> None:
    header = ["a", "b"]
    data = np.frombuffer(b"a,b\n" + content, np.uint8)
    before = csv_files._BYTES_PER_BLOCK
    csv_files._BYTES_PER_BLOCK = block
    try:
        parts = csv_files._read_parts(data, 4, ",", header, InputFile("obligations"))
    finally:
        csv_files._BYTES_PER_BLOCK = before
    rows = [
        (number, *(text.encode() for text in row))
        for part in parts
        for number, *row in zip(
            part.row.tolist(), *(column.to_pylist() for column in part.table.columns), strict=True
        )
    ]
    expected_rows, expected_faults = _reference(content, 2)
    assert rows == expected_rows
    assert [item for part in parts for item in faults_of(part)] == expected_faults


@given(
    st.lists(
        st.tuples(*[st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))] * 3)
    )
)
def test_what_the_standard_library_writes_is_read(rows: list[tuple[str, str, str]]) -> None:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([("a", "b", "c"), *rows])
    data = np.frombuffer(out.getvalue().encode(), np.uint8)
    first = out.getvalue().index("\n") + 1
    parts = csv_files._read_parts(data, first, ",", ["a", "b", "c"], InputFile("x"))
    found = [
        tuple(row)
        for part in parts
        for row in zip(*(column.to_pylist() for column in part.table.columns), strict=True)
    ]
    assert found == rows


def test_formula_like_text_is_neutralised_and_numbers_are_not(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": ["=1+1", "+x", "-x", "@x", "\tx", "\rx", "x=", "", None, "'=x"],
            "code": pa.array(["-a", "b"] * 5).dictionary_encode(),
            "sum": pa.array([-1] * 10, pa.int64()),
            "=cmd": ["ok"] * 10,
        }
    )
    write_csv(table, tmp_path / "t.csv")
    text = (tmp_path / "t.csv").read_bytes().decode()
    back = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["text"] for row in back] == [
        "'=1+1", "'+x", "'-x", "'@x", "'\tx", "'\rx", "x=", "", "", "''=x",
    ]  # fmt: skip
    assert [row["code"] for row in back] == ["'-a", "b"] * 5
    assert {row["sum"] for row in back} == {"-1"}
    assert "'=cmd" in back[0]
    assert neutralised("") == ""


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_what_is_written_is_read_again(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "again.csv"
    table = pa.table({"n": pa.array(range(len(texts))), "t": pa.array(texts, pa.string())})
    write_csv(table, path)
    raw = read_csv("obligations", path)
    assert faults_of(raw) == []
    assert raw.table.column("t").to_pylist() == [neutralised(text) for text in texts]
    assert raw.table.column("n").to_pylist() == [str(n) for n in range(len(texts))]


def test_a_table_of_one_column_keeps_its_empty_rows(tmp_path: Path) -> None:
    write_csv(pa.table({"t": ["a", "", "b"]}), tmp_path / "t.csv")
    raw = read_csv("participants", tmp_path / "t.csv")
    assert raw.table.column("t").to_pylist() == ["a", "", "b"]


def test_plain_negative_numbers_are_no_formulas(tmp_path: Path) -> None:
    texts = ["-5", "-0.05", "-5+A1", "-", "-5.", "-1e3", "--5", "-5 "]
    write_csv(pa.table({"n": texts}), tmp_path / "t.csv")
    written = (tmp_path / "t.csv").read_text().splitlines()[1:]
    assert [text.strip('"') for text in written] == [
        "-5", "-0.05", "'-5+A1", "'-", "'-5.", "'-1e3", "'--5", "'-5 ",
    ]  # fmt: skip
    assert [neutralised(text) for text in texts] == [text.strip('"') for text in written]
