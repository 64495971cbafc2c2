# SPDX-License-Identifier: Apache-2.0
"""Tables as their senders write them: declared, not guessed, and refused where they differ."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pytest

from skontro.core.errors import InvalidOptions, MissingColumns, Rejected, WrongEncoding
from skontro.messages.registration_rows import read_registrations
from skontro.messages.table_forms import (
    COLUMNS,
    ENCODINGS,
    TableForm,
    encoding_of,
    read_formed,
    template,
)
from skontro.messages.tables import read_table, write_table

GERMAN = TableForm(
    columns={"amount": "Betrag", "due_date": "Fällig", "debtor": "Käufer", "document": "Nr."},
    constants={"currency": "EUR", "sender": "A1", "creditor": "A1"},
    delimiter=";", encoding="cp1252", decimal=",", grouping=".", days="DD.MM.YYYY",
)  # fmt: skip
HEAD = "reference;Betrag;Fällig;Käufer;Nr.\n"


def written(path: Path, text: str, encoding: str = "cp1252") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def codes(raw: object) -> list[tuple[int, str, str, str]]:
    rows = read_registrations(raw).faults.rejections().to_pylist()  # type: ignore[arg-type]
    return [(row["row"], row["field"], row["value"], row["code"]) for row in rows]


def test_a_sender_s_table_is_read_in_its_own_writing(tmp_path: Path) -> None:
    path = written(
        tmp_path / "t.csv",
        HEAD + "1;1.234.567,89;31.12.2026;B1;R1\n2;0,5;01.02.2026;B2;R2\n3;1000,00;;B3;ü\n",
    )
    rows = read_registrations(read_formed("t", path, GERMAN))
    assert rows.amount_minor.tolist() == [123_456_789, 50, 100_000]
    assert rows.faults.good.all()
    assert rows.document.to_pylist() == ["R1", "R2", "ü"]
    assert [rows.firms[int(one)].as_py() for one in rows.debtor] == ["B1", "B2", "B3"]
    assert rows.due_day[0] == 20_818


def test_what_does_not_fit_the_declaration_is_refused_by_row_and_column(tmp_path: Path) -> None:
    """A point where a comma was declared is never taken for one; nor the other way round."""
    path = written(
        tmp_path / "t.csv",
        HEAD + "1;12.50;31.12.2026;B1;R\n2;1.23,4;31.12.2026;B1;R\n3;1,234,5;31.12.2026;B1;R\n"
        "4;1,00;2026-12-31;B1;R\n5;1,00;31.02.2026;B1;R\n6;1,00;31.12.2026;B1;R\n",
    )
    raw = read_formed("t", path, GERMAN)
    assert codes(raw) == [
        (1, "amount", "12.50", "WrongDecimalMark"), (2, "amount", "1.23,4", "WrongDecimalMark"),
        (3, "amount", "1,234,5", "WrongDecimalMark"), (4, "due_date", "2026-12-31", "WrongDay"),
        (5, "due_date", "2026-02-31", "InvalidDate"),
    ]  # fmt: skip
    point = written(tmp_path / "p.csv", HEAD.replace(";", ",") + '1,"12,50",,B1,R\n')
    plain = TableForm(columns=GERMAN.columns, constants=GERMAN.constants, encoding="cp1252")
    assert codes(read_formed("t", point, plain))[0][1] == "amount"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", "^", ":", "~"])
def test_any_common_delimiter(tmp_path: Path, delimiter: str) -> None:
    text = 'a;reference\n"x;y";1\nz;2\n'.replace(";", delimiter)
    raw = read_formed("t", written(tmp_path / "t.csv", text), TableForm(delimiter=delimiter))
    assert raw.table.to_pydict() == {"a": [f"x{delimiter}y", "z"], "reference": ["1", "2"]}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_any_common_encoding(tmp_path: Path, encoding: str) -> None:
    """What each can write is read back; the plain letters at least."""
    letters = "".join(
        letter for letter in "abcäßéñłşжшяδωאبคあ漢글" if _can(letter, encoding)
    )  # fmt: skip
    path = written(tmp_path / "t.csv", f"reference,document\n1,{letters}\n", encoding)
    raw = read_formed("t", path, TableForm(encoding=encoding))
    assert raw.table.to_pydict() == {"reference": ["1"], "document": [letters]}


def _can(letter: str, encoding: str) -> bool:
    try:
        return letter.encode(encoding).decode(encoding) == letter
    except UnicodeError:
        return False


def test_another_encoding_than_declared_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "reference\nä\n")
    with pytest.raises(WrongEncoding, match="at byte"):
        read_formed("t", path, TableForm(encoding="euc-jp"))
    assert encoding_of("latin-1") == "iso8859-1"
    with pytest.raises(InvalidOptions):
        encoding_of("klingon")


@pytest.mark.parametrize(
    "form",
    [TableForm(columns={"colour": "x"}), TableForm(decimal=";"), TableForm(grouping="."),
     TableForm(delimiter='"'), TableForm(days="YY-MM-DD"), TableForm(encoding="utf-7"),
     TableForm(columns={"amount": "x"}, constants={"amount": "1"})],
)  # fmt: skip
def test_what_cannot_be_declared_is_refused(form: TableForm, tmp_path: Path) -> None:
    with pytest.raises(InvalidOptions):
        form.check()
    with pytest.raises(InvalidOptions):
        read_formed("t", tmp_path / "none.csv", form)


def test_a_form_is_kept_as_text() -> None:
    assert TableForm.of_text(GERMAN.as_text()) == GERMAN


def test_columns_that_a_form_names_must_be_there(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "reference;Betrag\n1;2\n")
    with pytest.raises(MissingColumns, match="Fällig"):
        read_formed("t", path, GERMAN)
    both = written(tmp_path / "b.csv", HEAD.replace("reference", "reference;amount") + "1;2;3;;;\n")
    with pytest.raises(Rejected, match="more than once"):
        read_formed("t", both, GERMAN)


# ---- JSON lines --------------------------------------------------------------------------------


def test_json_lines_keep_every_number_as_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"reference": "1", "amount": 12.10, "note": null}\n\n'
        '{"reference": 2, "amount": "0.1", "flag": true}\n{"amount": 1e3}\n'
        '{"amount": 123456789012345678901234567890.5}\n'
    )
    raw = read_table("t", path)
    assert raw.table.to_pydict() == {
        "reference": ["1", "2", "", ""], "amount": ["12.10", "0.1", "1e3",
                                                    "123456789012345678901234567890.5"],
        "note": ["", "", "", ""], "flag": ["", "true", "", ""],
    }  # fmt: skip
    assert raw.row.tolist() == [1, 2, 3, 4]


def test_lines_that_are_no_objects_are_refused_by_number(tmp_path: Path) -> None:
    lines = [
        b'{"a": "1"}', b"[1]", b'{"a": "1", "a": "2"}', b'{"a": [1]}', b'{"a": {"b": 1}}', b"{",
        b"\xff", b"[" * 100_000, b'{"a": "\\u0000"}', b'{"a": "\\ud800"}', b'{"a": NaN}',
        b'{"a": "' + b"x" * (1 << 20) + b'"}', b'{"a": "2"}',
    ]  # fmt: skip
    path = tmp_path / "t.ndjson"
    path.write_bytes(b"\xef\xbb\xbf" + b"\n".join(lines))
    raw = read_table("t", path)
    assert raw.table.to_pydict() == {"a": ["1", "NaN", "2"]}
    refused = raw.refused.sort_by("row").to_pylist()
    assert [(row["row"], row["code"]) for row in refused] == [
        (2, "NotAnObject"), (3, "KeyTwice"), (4, "NestedValue"), (5, "NestedValue"),
        (6, "NotAnObject"), (7, "InvalidUtf8"), (8, "NotAnObject"), (9, "ControlCharacter"),
        (10, "ControlCharacter"), (12, "LongLine"),
    ]  # fmt: skip


def test_json_lines_as_registrations_with_a_form(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    row = {"reference": "1", "Betrag": "1.000,50", "Fällig": "31.12.2026", "Käufer": "B1"}
    path.write_text(json.dumps(row | {"Nr.": "R"}) + "\n")
    rows = read_registrations(read_formed("t", path, GERMAN))
    assert rows.amount_minor.tolist() == [100_050]


# ---- workbooks, Parquet, templates -------------------------------------------------------------


@pytest.mark.parametrize("suffix", [".xlsx", ".parquet"])
def test_numbers_of_workbooks_have_no_mark_of_their_own(tmp_path: Path, suffix: str) -> None:
    """A decimal comma is how CSV is written; a workbook's numbers are numbers."""
    table = pa.table({
        "reference": ["1"], "Betrag": ["1000.50"], "Fällig": ["31.12.2026"], "Käufer": ["B1"],
        "Nr.": ["R"],
    })  # fmt: skip
    write_table(table, tmp_path / f"t{suffix}")
    rows = read_registrations(read_formed("t", tmp_path / f"t{suffix}", GERMAN))
    assert (rows.amount_minor.tolist(), rows.due_day.tolist()) == ([100_050], [20_818])


@pytest.mark.parametrize("suffix", [".csv", ".xlsx"])
def test_a_template_is_read_back(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t{suffix}"
    write_table(template(example=True), path)
    rows = read_registrations(read_table("t", path))
    assert rows.faults.good.all()
    assert rows.amount_minor.tolist() == [125_000, 125_000]
    assert rows.trades.is_said.tolist() == [True, False]
    assert set(template().column_names) == set(COLUMNS) - {"amount_minor", "value_minor"}
    assert template().num_rows == 0
    theirs = template(GERMAN).column_names
    assert "Betrag" in theirs
    assert not {"amount", "currency"} & set(theirs)


def test_formulas_stay_text(tmp_path: Path) -> None:
    path = written(tmp_path / "t.csv", "reference,document\n=1+1,@SUM(A1)\n")
    raw = read_formed("t", path, TableForm())
    assert raw.table.to_pydict() == {"reference": ["=1+1"], "document": ["@SUM(A1)"]}
    write_table(raw.table, tmp_path / "out.csv")
    assert "'=1+1" in (tmp_path / "out.csv").read_text()
